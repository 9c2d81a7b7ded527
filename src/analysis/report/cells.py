"""Table cells: as text a person reads, and as CSV a spreadsheet cannot be hurt by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, isfinite, log10
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import polars as pl

    Frame = pd.DataFrame | pl.DataFrame

UNITS = {"kg": "kg", "s": "s", "m": "m", "min": "min", "pct": "%", "days": "days", "weeks": "weeks"}
"""Column suffix -> unit as printed in a table head."""

MISSING = "–"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Head:
    """One printed column head: words, unit, and the column's own name."""

    words: str
    unit: str
    column: str
    number: bool

    @property
    def in_kg(self) -> bool:
        """Whether the column follows the page's kg/lb switch."""
        return self.number and self.unit == "kg"


def head(column: str, values: pd.Series[Any]) -> Head:
    """Return a column's head: its words, and the unit that its suffix names."""
    words, _, suffix = column.rpartition("_")
    unit = UNITS.get(suffix, "") if words else ""
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return Head((words if unit else column).replace("_", " "), unit, column, number)


def number_texts(values: list[Any]) -> list[str]:
    """Return a column's numbers as printed, all with the same decimals."""
    decimals = _decimals(values)
    return [_number(value, decimals) for value in values]


def plain_text(value: Any) -> str:
    """Return a value as a person writes it: ISO dates, yes and no, a dash for missing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return number_texts([value])[0]
    if hasattr(value, "isoformat"):
        iso: str = value.isoformat(sep=" ") if hasattr(value, "hour") else value.isoformat()
        return iso.removesuffix(" 00:00:00")
    return str(value)


def inert(value: Any) -> Any:
    """Return a text cell that no spreadsheet takes for a formula; numbers are left alone.

    >>> inert("=HYPERLINK(0)"), inert(-2.5), inert("Squat")
    ("'=HYPERLINK(0)", -2.5, 'Squat')
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def csv_text(table: Frame) -> str:
    """Return a pandas or polars frame as CSV with inert text cells."""
    return _pandas_csv(table) if isinstance(table, pd.DataFrame) else _polars_csv(table)


def _pandas_csv(table: pd.DataFrame) -> str:
    safe = pd.DataFrame(
        {
            inert(str(name)): values if _is_plain(values) else values.astype(object).map(inert)
            for name, values in table.items()
        }
    )
    return safe.to_csv(index=False, lineterminator="\n")


def _polars_csv(table: pl.DataFrame) -> str:
    import polars as pl

    text = pl.col(pl.String)
    risky = text.str.contains(r"^[=+\-@\t\r]")
    safe = table.with_columns(pl.when(risky).then(pl.lit("'") + text).otherwise(text).name.keep())
    return safe.rename({name: inert(name) for name in table.columns}).write_csv()


def _is_plain(values: pd.Series[Any]) -> bool:
    kind = values.dtype.kind if hasattr(values.dtype, "kind") else "O"
    return kind in "biufM" and not isinstance(values.dtype, pd.CategoricalDtype)


def _decimals(values: Iterable[Any]) -> int:
    sizes = [abs(float(v)) for v in values if not pd.isna(v) and isfinite(v)]
    if all(size.is_integer() for size in sizes):
        return 0
    digits_before_point = ceil(log10(max(sizes)))
    return min(max(3 - digits_before_point, 1 if digits_before_point < 4 else 0), 5)


def _number(value: Any, decimals: int) -> str:
    if pd.isna(value):
        return MISSING
    return f"{float(value):,.{decimals}f}".replace("-", "−")
