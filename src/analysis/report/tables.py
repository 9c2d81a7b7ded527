"""A result's table as HTML rows.

Built as text, since a template takes many times as long per cell, and without the end tags and
quotes that HTML lets one leave out: the cells are most of a page's own size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import ceil, isfinite, isnan, log10
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from analysis.report.glossary import loads_marked

if TYPE_CHECKING:
    from typing import TypeAlias

    import polars as pl

    Frame: TypeAlias = pd.DataFrame | pl.DataFrame


# Table cells: as text a person reads, and as CSV a spreadsheet cannot be hurt by.
#
# A table is taken apart once, column by column, for the page's rows and for its CSV: pandas' own
# row access and `to_csv` take ten times as long on the small tables of a page.


UNITS = {
    "kg": "kg",
    "s": "s",
    "m": "m",
    "min": "min",
    "pct": "%",
    "days": "days",
    "weeks": "weeks",
}
"""PlainColumn suffix -> unit as printed in a table head."""

MISSING = "–"
_PER = re.compile(r"_per_(\d+_)?(weeks|days|min|s|m)$")
_NEEDS_QUOTES = re.compile('[,"\n\r]')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MAYBE_FORMULA = re.compile(r"(?:\A|\0)[=+\-@\t\r]")


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


@dataclass(frozen=True, slots=True)
class PlainColumn:
    """One column of a table.

    Attributes:
        head: how it is printed.
        plain: values as Python has them: dates as ISO text, None for missing.
        kind: numpy's letter of its type, "O" for every type of pandas' own.
    """

    head: Head
    plain: list[Any]
    kind: str


@cache
def head(column: str, number: bool) -> Head:
    """Return a column's head: its words, and the unit that its suffix names."""
    words, _, suffix = column.rpartition("_")
    # the weeks of `pct_per_4_weeks` are what the number is per, not its unit
    unit = UNITS.get(suffix, "") if words and not _PER.search(column) else ""
    said = (words if unit else column).replace("_", " ")
    return Head(re.sub(r"\bpct\b", "%", said), unit, column, number)


def columns(table: pd.DataFrame) -> list[PlainColumn]:
    """Return the columns of a table."""
    return [_column(str(name), values) for name, values in table.items()]


def _column(name: str, values: pd.Series[Any]) -> PlainColumn:
    dtype = values.dtype
    kind = dtype.kind if isinstance(dtype, np.dtype) else "O"
    number = kind in "iuf" or (kind == "O" and _is_number(dtype))
    if kind == "M":
        plain = _iso(values.to_numpy())
    elif kind in "biu":  # holds no missing value
        plain = values.tolist()
    elif kind == "f":
        plain = [None if isnan(value) else value for value in values.tolist()]
    else:
        plain = [
            value if type(value) is str or not _is_missing(value) else None
            for value in values.tolist()
        ]
    return PlainColumn(head(name, number), plain, kind)


def _is_number(dtype: Any) -> bool:
    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)


def number_texts(numbers: list[Any]) -> list[str]:
    """Return a column's numbers as printed, all with the same decimals."""
    spec = f"z,.{decimals(numbers)}f"  # z: no minus before a rounded zero
    texts = [MISSING if n is None or n is pd.NA or isnan(n) else format(n, spec) for n in numbers]
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
    if isinstance(table, pd.DataFrame):
        return joined(csv_cells(columns(table)))
    return _polars_csv(table)


def csv_cells(table: list[PlainColumn]) -> list[list[str]]:
    """Return each column as the cells of its CSV, head first, quoted where they must be."""
    alone = len(table) == 1
    return [_quoted([inert(each.head.column), *_texts(each)], alone=alone) for each in table]


def joined(columns: list[list[str]]) -> str:
    """Return the CSV text of columns from `csv_cells`."""
    return "".join(f"{','.join(row)}\n" for row in zip(*columns, strict=True))


def _texts(column: PlainColumn) -> list[str]:
    if column.kind in "biufM" and None not in column.plain:
        return [*map(str, column.plain)]
    texts = ["" if value is None else str(value) for value in column.plain]
    if column.kind in "biufM":
        return texts
    if not _MAYBE_FORMULA.search("\0".join(texts)):
        return texts  # one look at the whole column, as for quotes: most hold nothing of the kind
    return ["" if value is None else str(inert(value)) for value in column.plain]


def _quoted(texts: list[str], *, alone: bool) -> list[str]:
    # one look at the whole column: most hold nothing that needs a quote
    if not _NEEDS_QUOTES.search("".join(texts)) and not alone:
        return texts
    return [
        '"{}"'.format(text.replace('"', '""'))
        if _NEEDS_QUOTES.search(text) or (alone and not text)
        else text
        for text in texts
    ]


def _polars_csv(table: pl.DataFrame) -> str:
    import polars as pl

    text = pl.col(pl.String)
    risky = text.str.contains(r"^[=+\-@\t\r]")
    safe = table.with_columns(pl.when(risky).then(pl.lit("'") + text).otherwise(text).name.keep())
    return safe.rename({name: inert(name) for name in table.columns}).write_csv()


def _iso(stamps: np.ndarray[Any, Any]) -> list[Any]:
    days = stamps.astype("datetime64[D]")
    if ((days == stamps) | np.isnat(stamps)).all():
        return [day_text(number) for number in days.astype(np.int64).tolist()]
    texts = np.datetime_as_string(stamps, unit="s").tolist()
    return [None if text == "NaT" else text.replace("T", " ") for text in texts]


@cache
def day_text(days: int) -> str | None:
    """Return the ISO date of a day, counted from 1970-01-01; None for numpy's missing one.

    >>> day_text(0), day_text(-(2**63))
    ('1970-01-01', None)
    """
    text = str(np.datetime64(days, "D"))
    return None if text == "NaT" else text


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return isnan(value)
    return value is None or value is pd.NA or value is pd.NaT


def decimals(numbers: list[Any]) -> int:
    """Return how many decimals a column is printed with: the largest has three figures."""
    sizes = [abs(n) for n in numbers if n is not None and n is not pd.NA and isfinite(n)]
    if all(float(size).is_integer() for size in sizes):
        return 0
    digits_before_point = ceil(log10(max(sizes)))
    return min(max(3 - digits_before_point, 1 if digits_before_point < 4 else 0), 5)


AS_WRITTEN = ("note", "exercise", "lift", "name", "value", "first_value", "client")
"""Columns of the user's own words, in which no load changes its unit."""

_SLUG = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+\Z")

ROWS_PER_PAGE = 250
"""Rows that the tables of one page share: about 0.1 MB. The CSV downloads hold all rows."""
ALL_ROWS, FIRST_ROWS, FEW_ROWS = 200, 100, 6
"""Where there is room, up to 200 rows are shown whole and the first 100 of more; 6 always."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready for the page."""

    heads: list[Head]
    rows: Markup
    shown: int
    total: int
    newest: bool = False
    """Whether the rows shown are the last ones, of a table that runs with time."""

    @property
    def whole(self) -> bool:
        """Whether every row is shown."""
        return self.shown == self.total


def room(lengths: Sequence[int]) -> int:
    """Return how many rows each table may show so that all fit the page.

    >>> room([50, 60]), room([150] * 20), room([1000] * 500)
    (200, 12, 6)
    """
    left, tables = ROWS_PER_PAGE, sorted(lengths)
    for number, length in enumerate(tables):
        share = left // (len(tables) - number)
        if length > share:
            return min(max(share, FEW_ROWS), ALL_ROWS)
        left -= length
    return ALL_ROWS


def grid(
    table: Sequence[PlainColumn], links: Mapping[str, str] | None = None, most: int = ALL_ROWS
) -> Grid:
    """Return the table's heads and its first rows; its last ones where it runs with time.

    Args:
        table: what to show, from `cells.columns`.
        links: column to show -> column with the relative address that its cells link to; the
            address columns themselves are not shown. Nor is the column `athlete` where it says
            the same in every row; the CSV has it.
        most: rows that there is room for.
    """
    links = links or {}
    by_name = {each.head.column: each for each in table}
    shown = [each for each in table if not _left_out(each, set(links.values()))]
    total = len(table[0].plain) if table else 0
    few = total if total <= most else min(FIRST_ROWS, most)
    newest = bool(shown) and _runs_with_time(shown[0])
    part = slice(total - few, total) if newest else slice(few)
    columns = [
        _link_cells(each.plain[part], by_name[links[each.head.column]].plain[part])
        if each.head.column in links
        else _cells(each.plain[part], each.head)
        for each in shown
    ]
    rows = "".join("<tr>" + "".join(row) for row in zip(*columns, strict=True))
    return Grid([each.head for each in shown], Markup(rows), few, total, newest)


def _left_out(column: PlainColumn, addresses: set[str]) -> bool:
    """Return whether a column holds addresses, or one athlete's name in every row."""
    if column.head.column in addresses:
        return True
    return column.head.column == "athlete" and len(column.plain) > 1 == len(set(column.plain))


def _runs_with_time(column: PlainColumn) -> bool:
    """Return whether a column is of dates that never go back: the last rows are news."""
    days = column.plain
    if column.kind != "M" or None in days:
        return False
    return all(before <= after for before, after in pairwise(days))


def _cells(plain: list[Any], each: Head) -> list[str]:
    if not each.number:
        texts = _escaped([_spoken(plain_text(c)) for c in plain])
        if each.column not in AS_WRITTEN:
            texts = [str(loads_marked(text)) if " kg" in text else text for text in texts]
        return [f"<td>{text}" for text in texts]
    texts = number_texts(plain)
    if not each.in_kg:
        return [f"<td class=n>{text}" for text in texts]
    return [
        f"<td class=n>{text}" if cell is None else f"<td data-kg={cell:.6g}>{text}"
        for cell, text in zip(plain, texts, strict=True)
    ]


def _spoken(text: str) -> str:
    """Return a slug in words, as a person reads it; the CSV keeps the slug."""
    return text.replace("_", " ") if _SLUG.match(text) else text


def _escaped(texts: list[str]) -> list[str]:
    # one call for the column; a cell that holds the separator itself falls back to one by one
    together = str(escape("\x00".join(texts))).split("\x00")
    return together if len(together) == len(texts) else [str(escape(text)) for text in texts]


def _link_cells(values: list[Any], addresses: list[Any]) -> list[str]:
    return [
        f'<td><a href="{escape(relative(str(address)))}">{escape(plain_text(value))}</a>'
        for value, address in zip(values, addresses, strict=True)
    ]


def relative(address: str) -> str:
    """Return the address, which must stay inside the report's folder.

    Raises:
        ValueError: it names a scheme or a host, as a script or an outside page would.
    """
    if ":" in address.split("/")[0] or address.startswith(("/", "\\")):
        raise ValueError(f"link {address!r} leaves the report: only relative addresses are kept")
    return address
