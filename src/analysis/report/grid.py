"""A result's table as HTML rows.

Built as text, since a template takes many times as long per cell, and without the end tags and
quotes that HTML lets one leave out: the cells are most of a page's own size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from analysis.report.cells import Head, cells, head, number_texts, plain_text

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
    table: pd.DataFrame, links: Mapping[str, str] | None = None, most: int = ALL_ROWS
) -> Grid:
    """Return the table's heads and its first rows.

    Args:
        table: what to show.
        links: column to show -> column with the relative address that its cells link to; the
            address columns themselves are not shown. Nor is the column `athlete` where it says
            the same in every row; the CSV has it.
        most: rows that there is room for.
    """
    links = links or {}
    hidden = {*links.values(), *(["athlete"] if _one_athlete(table) else [])}
    newest = _runs_with_time(table, hidden)
    top = table
    if len(table) > most:
        few = min(FIRST_ROWS, most)
        top = table.tail(few) if newest else table.head(few)
    series = {str(name): values for name, values in top.items()}
    heads = [head(name, series[name]) for name in series if name not in hidden]
    columns = [
        _link_cells(series[each.column], series[links[each.column]])
        if each.column in links
        else _cells(series[each.column], each)
        for each in heads
    ]
    rows = "".join("<tr>" + "".join(row) for row in zip(*columns, strict=True))
    return Grid(heads, Markup(rows), len(top), len(table), newest)


def _runs_with_time(table: pd.DataFrame, hidden: set[str]) -> bool:
    """Return whether the first column is of dates that never go back: the last rows are news."""
    first = next((values for name, values in table.items() if name not in hidden), None)
    return first is not None and first.dtype.kind == "M" and bool(first.is_monotonic_increasing)


def _one_athlete(table: pd.DataFrame) -> bool:
    if "athlete" not in table or len(table) < 2:
        return False
    return bool((table["athlete"] == table["athlete"].iloc[0]).all())


def _cells(values: pd.Series[Any], each: Head) -> list[str]:
    plain = cells(values)
    if not each.number:
        return [f"<td>{text}" for text in _escaped([_spoken(plain_text(c)) for c in plain])]
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


def _link_cells(values: pd.Series[Any], addresses: pd.Series[Any]) -> list[str]:
    return [
        f'<td><a href="{escape(relative(str(address)))}">{escape(plain_text(value))}</a>'
        for value, address in zip(cells(values), cells(addresses), strict=True)
    ]


def relative(address: str) -> str:
    """Return the address, which must stay inside the report's folder.

    Raises:
        ValueError: it names a scheme or a host, as a script or an outside page would.
    """
    if ":" in address.split("/")[0] or address.startswith(("/", "\\")):
        raise ValueError(f"link {address!r} leaves the report: only relative addresses are kept")
    return address
