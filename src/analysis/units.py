"""Unit factors, each with its source. A unit is never guessed here.

Sources: the avoirdupois pound and the international mile, yard and foot are exact by the
international yard and pound agreement of 1959 (NIST Special Publication 811, appendix B).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

KG_PER = {"kg": 1.0, "lb": 0.45359237}
LOAD_UNITS = tuple(KG_PER)
M_PER = {"m": 1.0, "km": 1000.0, "mi": 1609.344, "yd": 0.9144, "ft": 0.3048}
CM_PER = {"cm": 1.0, "m": 100.0, "in": 2.54, "ft": 30.48}

_SPELLINGS = {
    "kg": "kg", "kgs": "kg", "kilogram": "kg", "kilograms": "kg",
    "lb": "lb", "lbs": "lb", "lb.": "lb", "lbs.": "lb", "pound": "lb", "pounds": "lb",
    "m": "m", "meter": "m", "meters": "m", "metres": "m",
    "km": "km", "kilometers": "km", "kilometres": "km",
    "mi": "mi", "mi.": "mi", "mile": "mi", "miles": "mi",
    "yd": "yd", "yards": "yd", "ft": "ft", "feet": "ft",
}  # fmt: skip


def in_base_unit(value: pl.Expr, unit: pl.Expr, factors: Mapping[str, float]) -> pl.Expr:
    """Return value × factor of the unit word in the same row; null where the word is no unit.

    Args:
        value: numbers.
        unit: the unit word of each row, in any spelling.
        factors: `KG_PER` or `M_PER`.
    """
    known = {word: factors[short] for word, short in _SPELLINGS.items() if short in factors}
    factor = (
        unit.str.strip_chars()
        .str.to_lowercase()
        .replace_strict(known, default=None, return_dtype=pl.Float64)
    )
    return value * factor
