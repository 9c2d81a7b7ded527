"""Models: from sets and panels to effects with intervals."""
