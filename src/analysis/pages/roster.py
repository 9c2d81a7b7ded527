"""The clients as a coach reads them: each row of numbers as words, with its weeks beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path
from textwrap import wrap
from typing import Any

import pandas as pd
from rich.cells import cell_len, chop_cells, set_cell_size

from analysis.measures.mapping import said_of_understated
from analysis.pages.slices import KINDS
from analysis.report import Against, Badge, Entry, Rate, Roster, write_workbook
from analysis.result import Result
from analysis.say import count, spoken
from analysis.signals.flags import FLAGS, Finding, Thresholds, described
from analysis.signals.triage import SHOWN_WEEKS, STATUSES
from analysis.terminal import printable


def roster(clients: Result, rows: Sequence[Mapping[str, Any]], found: Sequence[Finding]) -> Roster:
    """Return the clients of a folder as a block of the index.

    Args:
        clients: the numbers, most urgent first; see `coach_index.listed`.
        rows: what they were made from, with `weekly_sets`; see `triage.row`.
        found: every flag of every client.
    """
    by_name = {row["athlete"]: row for row in rows}
    flags: dict[str, list[Finding]] = {name: [] for name in by_name}
    for each in found:
        flags[each.athlete].append(each)
    names = list(map(str, clients.table))
    own = clients.settings["today"] == "own last day"
    return Roster(
        clients,
        [
            _entry(
                dict(zip(names, each, strict=True)), by_name[each[0]], flags.get(each[0], []), own
            )
            for each in clients.table.itertuples(index=False, name=None)
        ],
        [(status, status.capitalize()) for status in STATUSES],
        ("in 4 weeks", f"last of {SHOWN_WEEKS} weeks", "change of own lifts, 95 % interval"),
    )


def weekly(rows: Sequence[Mapping[str, Any]]) -> Result:
    """Return the sets of the last weeks as a Result: a row per client, a column per week."""
    ago = [f"{weeks}_weeks_ago" for weeks in reversed(range(SHOWN_WEEKS))]
    read = sorted((row for row in rows if row.get("weekly_sets")), key=lambda row: row["athlete"])
    table = pd.DataFrame([row["weekly_sets"] for row in read], columns=ago, dtype=float)
    table.insert(0, "client", [row["athlete"] for row in read])
    return Result(
        "weekly-sets", "Weekly sets", table,
        f"Working sets a week of {count(len(table), 'client')}; 0 weeks ago are the last 7 days.",
        notes=("Empty: nothing is logged in that week, which is unknown rather than none.",),
    )  # fmt: skip


def ago(days: float | None) -> str:
    """Return when something was, as one says it; empty for never.

    >>> [ago(days) for days in (0, 1, 13, 15, 100)]
    ['today', 'yesterday', '13 days ago', '2 weeks ago', '3 months ago']
    """
    if days is None:
        return ""
    whole = int(days)
    if whole <= 1:
        return ("today", "yesterday")[whole]
    if whole < 14:
        return f"{whole} days ago"
    if whole < 61:
        return f"{whole // 7} weeks ago"
    return f"{whole // 30} months ago" if whole < 731 else f"{whole // 365} years ago"


def told(verdict: str, days: float) -> str:
    """Return a verdict on strength with its time.

    >>> told("up", 56.0), told("open", 91.0)
    ('up in 8 weeks', 'too close to call in 13 weeks')
    """
    word = {"open": "too close to call"}.get(verdict, verdict)
    return f"{word} in {days / 7:.0f} weeks"


def _entry(
    numbers: Mapping[str, Any], row: Mapping[str, Any], flags: Sequence[Finding], own: bool
) -> Entry:
    known: dict[str, Any] = {k: None if pd.isna(v) else v for k, v in numbers.items()}
    last, days = known["last_session"], known["days_off"]
    on = last.date().isoformat() if last is not None else ""
    urgent = [each.sentence for each in flags if each.level == "attention"]
    return Entry(
        name=known["client"],
        status=known["status"],
        page=known["page"] or "",
        badges=[Badge(KINDS.get(each.flag, each.flag), each.level, each.size) for each in flags],
        reason=" ".join(filter(None, [*urgent, row["lacking"]])),
        last=on if own else ago(days),
        last_date="" if own else on,
        days_off=days,
        sessions=Against(known["sessions_4_weeks"], known["sessions_own_normal"]),
        sets=Against(known["sets_last_week"], known["sets_own_4_week_mean"]),
        weeks=row.get("weekly_sets", ()),
        rate=_rate(known),
        summary=row.get("summary", ""),
        goals=row.get("goals", ""),
        unmapped=_unmapped(known["unmapped_pct"], row.get("understated", ())),
    )


def _unmapped(share: float | None, muscles: Sequence[str]) -> str:
    """Return how much of a log counts for no muscle and which it may be, "" for next to none.

    >>> _unmapped(4.2, ("lats", "upper_back")), _unmapped(0.4, ("lats",))
    ('4 % of the sets are under names that are not mapped. Understated: lats and upper back.', '')
    """
    if share is None or share < 1:
        return ""
    which = said_of_understated(muscles) or "Which muscles they train is not known."
    return f"{share:.0f} % of the sets are under names that are not mapped. {which}"


def _rate(known: Mapping[str, Any]) -> Rate | None:
    change, low, high = (known[f"strength_{end}_pct"] for end in ("change", "low", "high"))
    if change is None:
        return None
    return Rate(change, low, high, told(known["strength_verdict"], known["strength_days"]))


# The index as a table for the terminal: who needs attention, and why, without opening a page.


ROWS = 40
"""Clients printed; the page has all."""

NARROW, WIDE = 80, 120
"""Letters a line takes: at least, and at most."""

HEADS = ("last", "sessions", "sets", "strength, %")
WIDTHS = (10, 9, 11, 23)
"""Of the numbers; the client has the rest of the line."""

KEY = (
    "Sessions: in 4 weeks (own normal). Sets: in the last week (own 4-week mean). Strength: "
    "change of the client's own lifts, % (95 % interval), over the shortest time that tells."
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
            _rate_coach_table(row),
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


def _rate_coach_table(row: Mapping[str, Any]) -> str:
    ends = ("strength_change_pct", "strength_low_pct", "strength_high_pct")
    change, low, high = (row[end] for end in ends)
    if isnan(change):
        return ""
    weeks = f"{row['strength_days'] / 7:.0f} wk"
    return f"{change:+.0f} ({low:+.0f} to {high:+.0f}), {weeks}".replace("-", "−")


# `clients.xlsx`: the index as numbers and dates under a coach's words, and a legend.


SHEET_HEADS = {
    "client": ("Client", "the coach's name, or that of the file or folder"),
    "status": ("Status", f"one of: {', '.join(STATUSES)}"),
    "why": ("Needs attention for", "flags that ask for it, with their number; or what is missing"),
    "other_flags": ("Other flags", "flags to know of"),
    "last_session": ("Last session", "date"),
    "days_off": ("Days off", "from the last session to the day of the flags"),
    "sessions_4_weeks": ("Sessions, last 4 weeks", "in the 28 days to the day of the flags"),
    "sessions_own_normal": (
        "Sessions, own normal",
        "mean of up to six earlier such blocks that hold a log",
    ),
    "sets_last_week": ("Sets, last week", "working sets in the last 7 days"),
    "sets_own_4_week_mean": (
        "Sets, own 4-week mean",
        "mean of the logged weeks among the four before; two at least",
    ),
    "strength_verdict": ("Strength", "up, down, probably so, no large change, or open"),
    "strength_change_pct": (
        "Strength, % change",
        "mean over the client's own recent lifts",
    ),
    "strength_low_pct": ("Strength, low", "lower end of its 95 % interval"),
    "strength_high_pct": ("Strength, high", "upper end of its 95 % interval"),
    "strength_days": (
        "Strength, over days",
        "the shortest of 8, 13 and 26 weeks, or the whole log, that tells",
    ),
    "strength_lifts": ("Lifts", "that the change is the mean of"),
    "unmapped_pct": ("Unmapped, %", "share of the sets whose exercise is not in the catalogue"),
}
"""Column of the index -> its head in the workbook, and what it says."""

TINTS = {"needs attention": "#FDF1E8", "too little data": "#EEF4F9", "not read": "#EEF4F9"}
"""Ground of a status; the word stands in the cell too."""


def workbook(
    path: Path, clients: Result, flags: Result, weekly: Result, rules: Thresholds
) -> Path | None:
    """Write the clients, their flags and weeks, and a legend; None without xlsxwriter."""
    named = clients.table[list(SHEET_HEADS)].rename(
        columns={key: SHEET_HEADS[key][0] for key in SHEET_HEADS}
    )
    words = {name: spoken(name).capitalize() for name in map(str, flags.table)}
    sheets = [
        Result("clients", "Clients", named, ""),
        Result("flags", "Flags", flags.table.rename(columns=words), ""),
        weekly,
        Result("legend", "Legend", _legend(rules), ""),
    ]
    try:
        return write_workbook(path, sheets, tints=TINTS)
    except ModuleNotFoundError:
        return None


def _legend(rules: Thresholds) -> pd.DataFrame:
    rows: list[tuple[str, str, float | None, str]] = [
        ("flag", name, None, meaning) for name, meaning in FLAGS.items()
    ]
    rows += [("column", head, None, meaning) for head, meaning in SHEET_HEADS.values()]
    rows += [
        ("threshold", each.name, float(getattr(rules, each.name)), each.metadata["doc"])
        for each in described()
    ]
    return pd.DataFrame(rows, columns=["What", "Name", "Value", "Meaning"])
