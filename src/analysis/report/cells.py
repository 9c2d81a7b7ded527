"""Table cells: as text a person reads, and as CSV a spreadsheet cannot be hurt by.

Columns go through whole: pandas' own row access and `to_csv` take ten times as long on the
small tables of a page.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from math import ceil, isfinite, isnan, log10
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from typing import TypeAlias

    import polars as pl

    Frame: TypeAlias = pd.DataFrame | pl.DataFrame

UNITS = {
    "kg": "kg",
    "s": "s",
    "m": "m",
    "min": "min",
    "pct": "%",
    "days": "days",
    "weeks": "weeks",
}
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


def cells(values: pd.Series[Any]) -> list[Any]:
    """Return a column as plain values: dates as ISO text, None for missing."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "M":
        return _iso(values.to_numpy())
    return [None if _is_missing(value) else value for value in values.tolist()]


def number_texts(numbers: list[Any]) -> list[str]:
    """Return a column's numbers as printed, all with the same decimals."""
    spec = f"z,.{decimals(numbers)}f"  # z: no minus before a rounded zero
    texts = [MISSING if _is_missing(number) else format(number, spec) for number in numbers]
    return "\n".join(texts).replace("-", "−").split("\n") if texts else []


def plain_text(value: Any) -> str:
    """Return a value as a person writes it: ISO dates, yes and no, a dash for missing."""
    if isinstance(value, str):
        return value
    if _is_missing(value):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        text = number_texts([value])[0]
        return text.rstrip("0").rstrip(".") if "." in text else text
    if hasattr(value, "hour"):
        return str(value.isoformat(sep=" ")).removesuffix(" 00:00:00")
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
    names, series = zip(*table.items(), strict=True) if table.shape[1] else ((), ())
    columns = [_inert_cells(values) for values in series]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([inert(str(name)) for name in names])
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _inert_cells(values: pd.Series[Any]) -> list[Any]:
    plain = cells(values)
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufM":
        return plain
    return [inert(value if isinstance(value, str) else _csv_value(value)) for value in plain]


def _csv_value(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _polars_csv(table: pl.DataFrame) -> str:
    import polars as pl

    text = pl.col(pl.String)
    risky = text.str.contains(r"^[=+\-@\t\r]")
    safe = table.with_columns(pl.when(risky).then(pl.lit("'") + text).otherwise(text).name.keep())
    return safe.rename({name: inert(name) for name in table.columns}).write_csv()


def _iso(stamps: np.ndarray[Any, Any]) -> list[Any]:
    missing = np.isnat(stamps)
    days = stamps.astype("datetime64[D]")
    whole = bool((days[~missing] == stamps[~missing]).all())
    if whole:
        texts = np.datetime_as_string(days).tolist()
    else:
        seconds = np.datetime_as_string(stamps, unit="s").tolist()
        texts = [text.replace("T", " ") for text in seconds]
    return [None if no else text for text, no in zip(texts, missing.tolist(), strict=True)]


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return isnan(value)
    return value is None or value is pd.NA or value is pd.NaT


def decimals(numbers: list[Any]) -> int:
    """Return how many decimals a column is printed with: the largest has three figures."""
    sizes = [abs(n) for n in numbers if not _is_missing(n) and isfinite(n)]
    if all(float(size).is_integer() for size in sizes):
        return 0
    digits_before_point = ceil(log10(max(sizes)))
    return min(max(3 - digits_before_point, 1 if digits_before_point < 4 else 0), 5)
