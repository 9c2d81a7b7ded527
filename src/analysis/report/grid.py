"""A result's table as HTML rows. Built as text: a template takes 50 times as long per cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from analysis.report.cells import MISSING, Head, head, number_texts, plain_text

ALL_ROWS = 200
"""A table of up to this many rows is shown whole."""
FIRST_ROWS = 100
"""Of a longer one, this many rows are shown; the CSV download holds all."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready for the page."""

    heads: list[Head]
    rows: Markup
    shown: int
    total: int

    @property
    def whole(self) -> bool:
        """Whether every row is shown."""
        return self.shown == self.total


def grid(table: pd.DataFrame, links: Mapping[str, str] | None = None) -> Grid:
    """Return the table's heads and its first rows.

    Args:
        table: what to show.
        links: column to show -> column with the relative address that its cells link to; the
            address columns themselves are not shown.
    """
    links = links or {}
    top = table if len(table) <= ALL_ROWS else table.head(FIRST_ROWS)
    names = [name for name in top.columns if name not in set(links.values())]
    heads = [head(str(name), top[name]) for name in names]
    columns = [
        _link_cells(top[name], top[links[name]]) if name in links else _cells(top[name], each)
        for name, each in zip(names, heads, strict=True)
    ]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*columns, strict=True))
    return Grid(heads, Markup(rows), len(top), len(table))


def _cells(values: pd.Series[Any], each: Head) -> list[str]:
    cells = values.tolist()
    if not each.number:
        return [f"<td>{escape(plain_text(cell))}</td>" for cell in cells]
    texts = number_texts(cells)
    if not each.in_kg:
        return [f'<td class="n">{text}</td>' for text in texts]
    return [
        f'<td class="n">{text}</td>' if text == MISSING else _kg_cell(cell, text)
        for cell, text in zip(cells, texts, strict=True)
    ]


def _kg_cell(value: float, text: str) -> str:
    return f'<td class="n" data-kg="{value:.10g}">{text}</td>'


def _link_cells(values: pd.Series[Any], addresses: pd.Series[Any]) -> list[str]:
    return [
        f'<td><a href="{escape(relative(address))}">{escape(plain_text(value))}</a></td>'
        for value, address in zip(values.tolist(), addresses.tolist(), strict=True)
    ]


def relative(address: str) -> str:
    """Return the address, which must stay inside the report's folder.

    Raises:
        ValueError: it names a scheme or a host, as a script or an outside page would.
    """
    if ":" in address.split("/")[0] or address.startswith(("/", "\\")):
        raise ValueError(f"link {address!r} leaves the report: only relative addresses are kept")
    return address
