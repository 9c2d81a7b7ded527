"""Strength over time: what changed, since when, and how sure that is. docs/strength.md."""

from analysis.models.strength.facts import Facts, facts, history, leading, lift_lines
from analysis.models.strength.next_sets import forecast
from analysis.models.strength.result import shifts, strength

__all__ = ["Facts", "facts", "forecast", "history", "leading", "lift_lines", "shifts", "strength"]
