"""Strength over time: what changed, since when, and how sure that is. docs/strength.md."""
