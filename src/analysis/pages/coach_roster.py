"""The clients as a coach reads them: each row of numbers as words, with its weeks beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.measures.flags import Finding
from analysis.measures.triage import SHOWN_WEEKS, STATUSES
from analysis.measures.words import count
from analysis.pages.flags import KINDS
from analysis.report import Against, Badge, Entry, Rate, Roster
from analysis.result import Result


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
        ("in 4 weeks", f"last of {SHOWN_WEEKS} weeks", "% per 4 weeks, 95 % interval"),
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


def tells(low: float, high: float) -> str:
    """Return what an interval of a rate tells.

    >>> tells(0.2, 4), tells(-3, -1), tells(-1, 2)
    ('rising', 'falling', 'cannot tell')
    """
    return "rising" if low > 0 else "falling" if high < 0 else "cannot tell"


def _entry(
    numbers: Mapping[str, Any], row: Mapping[str, Any], flags: Sequence[Finding], own: bool
) -> Entry:
    known: dict[str, Any] = {k: None if pd.isna(v) else v for k, v in numbers.items()}
    last, days = known["last_session"], known["days_off"]
    on = last.date().isoformat() if last is not None else ""
    urgent = [each.sentence for each in flags if each.level == "attention"]
    lacking = row["why"] if last is None else row["lacking"]
    return Entry(
        name=known["client"],
        status=known["status"],
        page=known["page"] or "",
        badges=[Badge(KINDS.get(each.flag, each.flag), each.level, each.size) for each in flags],
        reason=" ".join(filter(None, [*urgent, lacking])),
        last=on if own else ago(days),
        last_date="" if own else on,
        days_off=days,
        sessions=Against(known["sessions_4_weeks"], known["sessions_own_normal"]),
        sets=Against(known["sets_last_week"], known["sets_own_4_week_mean"]),
        weeks=row.get("weekly_sets", ()),
        rate=_rate(known),
    )


def _rate(known: Mapping[str, Any]) -> Rate | None:
    rate, low, high = (known[f"strength_{end}_pct"] for end in ("per_4_weeks", "low", "high"))
    return None if rate is None else Rate(rate, low, high, tells(low, high))
