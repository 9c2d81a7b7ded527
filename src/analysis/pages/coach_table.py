"""The index as a table for the terminal: who needs attention, and why, without opening a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from textwrap import wrap
from typing import Any

import pandas as pd
from rich.cells import cell_len, chop_cells, set_cell_size

from analysis.measures.triage import STATUSES
from analysis.measures.words import count
from analysis.result import Result
from analysis.terminal import printable

ROWS = 40
"""Clients printed; the page has all."""

NARROW, WIDE = 80, 120
"""Letters a line takes: at least, and at most."""

HEADS = ("last", "sessions", "sets", "strength, %")
WIDTHS = (10, 9, 11, 22)
"""Of the numbers; the client has the rest of the line."""

KEY = (
    "Sessions: in 4 weeks (own normal). Sets: in the last week (own 4-week mean). Strength: % "
    "per 4 weeks (95 % interval)."
)


def table_lines(clients: Result, *, width: int = NARROW, rows: int = ROWS) -> Iterator[str]:
    """Yield the clients in groups, most urgent first, flags below the numbers.

    Args:
        clients: the index; see `coach_index.listed`.
        width: of the terminal, letters.
        rows: how many clients to show; files that were not read come after them.
    """
    width = min(max(width, NARROW), WIDE)
    records = [dict(zip(map(str, clients.table), row, strict=True)) for row in
               clients.table.itertuples(index=False, name=None)]  # fmt: skip
    yield _line("client", HEADS, width)
    for status in STATUSES:
        group = [row for row in records if row["status"] == status]
        if not group:
            continue
        yield ""
        yield f"{status.upper()} ({len(group)})"
        shown = group[: max(rows, 3)]
        rows -= len(shown)
        for row in shown:
            yield from _client(row, width)
        if len(shown) < len(group):
            yield f"  and {count(len(group) - len(shown), 'more client')} on the page"
    yield ""
    yield from wrap(KEY, width)


def _client(row: Mapping[str, Any], width: int) -> Iterator[str]:
    told = (row["why"], row["other_flags"])
    below = _in_a_line("; ".join(text for text in told if isinstance(text, str) and text))
    name = _in_a_line(row["client"])
    if row["status"] == STATUSES[-1]:
        if not below.startswith(name):
            yield _cut(name, width)
    else:
        last = row["last_session"]
        numbers = (
            "" if pd.isna(last) else f"{last:%Y-%m-%d}",
            _beside(row["sessions_4_weeks"], row["sessions_own_normal"]),
            _beside(row["sets_last_week"], row["sets_own_4_week_mean"]),
            _rate(row),
        )
        yield _line(name, numbers, width)
    for line in wrap(below, width - 2, max_lines=2, placeholder=" …"):
        yield f"  {line}"


def _line(name: str, numbers: tuple[str, ...], width: int) -> str:
    room = width - sum(WIDTHS) - 2 * len(WIDTHS)
    cells = [set_cell_size(_cut(name, room), room), numbers[0].ljust(WIDTHS[0])]
    cells += [text.rjust(size) for text, size in zip(numbers[1:], WIDTHS[1:], strict=True)]
    return "  ".join(cells).rstrip()


def _cut(name: str, room: int) -> str:
    return name if cell_len(name) <= room else f"{chop_cells(name, room - 1)[0]}…"


def _in_a_line(text: str) -> str:
    return printable(text, instead="?", keep="")


def _beside(now: float, normal: float) -> str:
    if isnan(now):
        return ""
    return f"{now:.0f}" if isnan(normal) else f"{now:.0f} ({normal:.1f})"


def _rate(row: Mapping[str, Any]) -> str:
    ends = ("strength_per_4_weeks_pct", "strength_low_pct", "strength_high_pct")
    rate, low, high = (row[end] for end in ends)
    if isnan(rate):
        return ""
    return f"{rate:+.1f} ({low:+.1f} to {high:+.1f})".replace("-", "−")
