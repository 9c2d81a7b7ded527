"""The tables of a notebook's HTML output, built anew from their words.

Nothing of the HTML itself is taken over: a cell is its text, escaped. What pandas adds for its
own index is put where a reader looks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from analysis.report.cells import MISSING

MISSING_WORDS = {"NaN", "nan", "NaT", "<NA>", "None", "null", ""}
MOST_SPANNED = 100
_NUMBER = re.compile(r"[+−-]?\d[\d,_]*(\.\d*)?(e[+-]?\d+)?\s?%?\Z")

Row = list["Cell"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's words, whether it is a head, and how many columns and rows it spans."""

    text: str
    is_head: bool
    span: int = 1
    rows: int = 1


def tables(html: str, caption: str = "Table") -> list[Markup]:
    """Return every table of an HTML text, without tables inside tables.

    Args:
        html: what a cell put out.
        caption: what to call a table, for those who do not see it.
    """
    soup = BeautifulSoup(html, "html.parser")
    found = [each for each in soup.find_all("table") if each.find_parent("table") is None]
    return [_table(each, caption) for each in found if each.find("tr")]


def _table(table: Tag, caption: str) -> Markup:
    given = [_cells(row) for row in table.find_all("tr") if row.find_parent("table") is table]
    rows = list(_filled(given))
    n_heads = next((n for n, row in enumerate(rows) if not all(c.is_head for c in row)), len(rows))
    heads, body = _merged(rows[:n_heads]), rows[n_heads:]
    heads, body = _without_positions(heads, body)
    numbers = _number_columns(body)
    if not body:
        body = [[Cell("no rows", is_head=False, span=max(1, *map(len, heads)))]]
    return Markup('<table><caption class="hidden">{}</caption>{}{}</table>').format(
        caption,
        Markup("<thead>{}</thead>").format(_join(_tr(row, numbers, "col") for row in heads))
        if heads
        else "",
        Markup("<tbody>{}</tbody>").format(_join(_tr(row, numbers, "row") for row in body)),
    )


def _cells(row: Tag) -> Row:
    in_head = row.find_parent("thead") is not None
    return [
        Cell(
            cell.get_text(" ", strip=True),
            in_head or cell.name == "th",
            _span(cell, "colspan"),
            _span(cell, "rowspan"),
        )
        for cell in row.find_all(["td", "th"], recursive=False)
    ]


def _span(cell: Tag, name: str) -> int:
    text = str(cell.get(name, "1"))
    return min(int(text), MOST_SPANNED) if re.fullmatch(r"[1-9]\d{0,3}", text) else 1


def _filled(rows: list[Row]) -> Iterator[Row]:
    """Yield the rows with an empty cell wherever one above reaches down, as pandas prints them."""
    due: dict[int, int] = {}  # column -> rows that a cell above still covers
    for row in rows:
        filled: Row = []
        place = 0
        for cell in [*row, None]:
            while due.get(place, 0) > 0:
                due[place] -= 1
                filled.append(Cell("", is_head=True))
                place += 1
            if cell is not None:
                due |= dict.fromkeys(range(place, place + cell.span), cell.rows - 1)
                filled.append(cell)
                place += cell.span
        yield filled


def _merged(heads: list[Row]) -> list[Row]:
    """Put the index's name, which pandas writes into a row of its own, into the row of names."""
    if len(heads) != 2 or not _is_plain(heads) or len(heads[0]) != len(heads[1]):
        return heads
    pairs = list(zip(*heads, strict=True))
    if any(upper.text and lower.text for upper, lower in pairs):
        return heads
    return [[upper if upper.text else lower for upper, lower in pairs]]


def _without_positions(heads: list[Row], body: list[Row]) -> tuple[list[Row], list[Row]]:
    """Leave out an index without a name that only counts rows."""
    rows = [*heads, *body]
    if (
        all(row and row[0].is_head and row[0].text.isdigit() for row in body)
        and heads
        and _is_plain(rows)
        and all(row and not row[0].text for row in heads)
    ):
        return [row[1:] for row in heads], [row[1:] for row in body]
    return heads, body


def _is_plain(rows: list[Row]) -> bool:
    return all(cell.span == 1 for row in rows for cell in row)


def _number_columns(body: list[Row]) -> set[int]:
    """Return the columns that hold numbers and nothing else."""
    if not _is_plain(body):
        return set()
    width = max((len(row) for row in body), default=0)
    columns = [[row[place].text for row in body if place < len(row)] for place in range(width)]
    told = [[text for text in column if text not in MISSING_WORDS] for column in columns]
    return {n for n, column in enumerate(told) if column and all(map(_NUMBER.match, column))}


def _tr(row: Row, numbers: set[int], scope: str) -> Markup:
    return Markup("<tr>{}</tr>").format(_join(_td(row, numbers, scope)))


def _td(row: Row, numbers: set[int], scope: str) -> Iterator[Markup]:
    for place, cell in enumerate(row):
        more = Markup(' class="n"') if place in numbers else Markup()
        if cell.span > 1:
            more += Markup(' colspan="{}"').format(cell.span)
        if cell.is_head:
            yield Markup('<th scope="{}"{}>{}</th>').format(scope, more, cell.text)
        else:
            text = MISSING if cell.text in MISSING_WORDS else cell.text
            yield Markup("<td{}>{}</td>").format(more, text)


def _join(parts: Iterator[Markup]) -> Markup:
    return Markup().join(parts)
