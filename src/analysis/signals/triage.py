"""One row per athlete: what a coach with thirty of them looks at on a Monday.

Every number stands beside the athlete's own normal, never beside another athlete's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from statistics import mean
from typing import Any

import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures import weeks, working
from analysis.measures.mapping import understated
from analysis.models.strength.result import strength
from analysis.result import Result
from analysis.say import count
from analysis.signals.flags import FLAGS, Finding, Thresholds, find, newest_day

STATUSES = ("needs attention", "on track", "away", "too little data", "not read")
"""How an athlete stands, in the order of the list."""

SAID = {"needs attention": "need attention"}
"""A status as said of several."""

COLUMNS = (
    "athlete", "status", "why", "other_flags", "last_session", "days_off", "sessions_4_weeks",
    "sessions_own_normal", "sets_last_week", "sets_own_4_week_mean", "strength_verdict",
    "strength_change_pct", "strength_low_pct", "strength_high_pct", "strength_days",
    "strength_lifts", "unmapped_pct",
)  # fmt: skip

_URGENCY = {flag: place for place, flag in enumerate(FLAGS)}

EARLIER_BLOCKS = 6
"""Blocks of 4 weeks before the last that say what is normal."""


SHOWN_WEEKS = 12
"""Weeks to today whose sets stand in `weekly_sets`."""

LEAST_WEEKS = 2
"""Fewest logged weeks among the four before the last that make a mean."""


def triage(
    logbook: Logbook, thresholds: Thresholds | None = None, *, today: date | None = None
) -> Result:
    """Say for every athlete how the last weeks stand against their own normal, and what is up.

    Args:
        logbook: the sets and the catalogue.
        thresholds: from when on something is a flag.
        today: the day it is said on; the newest day of the logbook when not given.

    Returns:
        Result whose table has one row per `athlete`, most urgent first: `status` (a word of
        `STATUSES`), `why` (the flags that ask for attention, or what is missing),
        `other_flags`; `last_session`, `days_off`; `sessions_4_weeks` (in the 28 days to today)
        and `sessions_own_normal` (mean of up to six earlier such blocks that hold a log);
        `sets_last_week` (working sets in the 7 days to today) and `sets_own_4_week_mean` (mean
        of the logged weeks among the four before, null with fewer than two);
        `strength_verdict` (a word of `strength`), with `strength_change_pct`,
        `strength_low_pct` and `strength_high_pct` (mean change of the athlete's own
        `strength_lifts` recent lifts, 95 % interval) over `strength_days` days;
        `unmapped_pct`, the share of sets whose exercise is not in the catalogue.
    """
    rule = thresholds or Thresholds()
    today = today or newest_day(logbook)
    found = find(logbook, rule, today=today)
    rows = [
        row(logbook.athlete(name), [each for each in found if each.athlete == name], rule, today)
        for name in logbook.athletes
        if today
    ]
    return as_result(rows, rule, today)


def row(
    logbook: Logbook, found: Sequence[Finding], rule: Thresholds, today: date
) -> dict[str, Any]:
    """Return the facts on a logbook that holds one athlete, with the flags found in it.

    They are the columns of `triage`, but that `why` and `other_flags` are still facts:
    `asking` and `other` (pairs of a flag and how many things it found, most urgent first) and
    `lacking` (what is missing for a judgement). `weekly_sets` are working sets a week over the
    `SHOWN_WEEKS` to today, oldest first; None where nothing is logged. `understated` are the
    muscles that names which nothing maps seem to train.
    """
    until = logbook.until(today)
    lacking = _lacking(until.sets, rule)
    urgent = [each for each in found if each.level == "attention"]
    away = any(each.flag == "inactive" for each in found) and not urgent
    status = (
        "needs attention" if urgent
        else "away" if away
        else "too little data" if lacking
        else "on track"
    )  # fmt: skip
    return {
        "athlete": logbook.athletes[0],
        "status": status,
        "asking": _sizes(urgent),
        "other": _sizes([each for each in found if each.level != "attention"]),
        "lacking": lacking,
        **_attendance(until.sets, today),
        **_sets(until, today),
        **_strength(until),
        "unmapped_pct": 100 * until.sets["exercise_id"].null_count() / max(until.sets.height, 1),
        "understated": _understated(until),
    }


def not_read(name: str, reason: str) -> dict[str, Any]:
    """Return the facts on a client whose files give no sets."""
    known = {"athlete": name, "status": "not read", "lacking": reason, "asking": (), "other": ()}
    return dict.fromkeys(COLUMNS) | known


def as_result(
    rows: Sequence[dict[str, Any]],
    rule: Thresholds,
    today: date | None,
    *,
    person: str = "athlete",
) -> Result:
    """Return the facts of `row` and `not_read` as a Result, most urgent first.

    `person` is what the people are called, and the name of their column.
    """
    ranked = [each | _said(each) for each in sorted(rows, key=_rank)]
    table = pd.DataFrame(ranked, columns=list(COLUMNS)).rename(columns={"athlete": person})
    table = table.astype({"last_session": "datetime64[s]"})
    numbers = table.columns[5:].drop("strength_verdict")
    table[numbers] = table[numbers].astype(float)
    counts = {status: int((table["status"] == status).sum()) for status in STATUSES}
    told = ", ".join(f"{n} {SAID.get(status, status)}" for status, n in counts.items() if n)
    return Result(
        name="triage",
        title="Who needs attention",
        table=table,
        summary=f"{count(len(table), person)}: {told or 'no log'}.",
        notes=(
            f"Own normal is the {person}'s own earlier log; weeks without a log are unknown and "
            "enter no mean.",
            f"Strength is the mean change of the {person}'s own recent lifts over the shortest of "
            "8, 13 and 26 weeks, or the whole log, for which the log can tell.",
        ),
        settings={**asdict(rule), "today": today.isoformat() if today else "own last day"},
    )


def _rank(each: dict[str, Any]) -> tuple[int, int, int, str]:
    """Status first, then the most urgent flag that asks for attention, then how many ask."""
    asking = each["asking"]
    place = min((_URGENCY[flag] for flag, _ in asking), default=len(_URGENCY))
    return STATUSES.index(each["status"]), place, -len(asking), each["athlete"]


def _sizes(found: Sequence[Finding]) -> tuple[tuple[str, int], ...]:
    ranked = sorted(found, key=lambda each: _URGENCY[each.flag])
    return tuple((each.flag, each.size) for each in ranked)


def _said(each: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns that are in words: flags in a word each, with their evidence counted."""
    asking, other = (
        ", ".join(f"{flag} ({size})" if size > 1 else flag for flag, size in each[kind])
        for kind in ("asking", "other")
    )
    why = "; ".join(filter(None, [asking, each["lacking"]]))
    return {"why": why, "other_flags": other}


def _lacking(sets: pl.DataFrame, rule: Thresholds) -> str:
    if sets.is_empty():
        return "no set up to this day"
    sessions = sets["session"].n_unique()
    days: Any = sets.select(weeks.day().max() - weeks.day().min()).item()
    if sessions >= rule.least_sessions and days.days >= 28:
        return ""
    return (
        f"{count(sessions, 'session')} in {count(days.days + 1, 'day')}, "
        f"{rule.least_sessions} in 28 days are needed"
    )


def _attendance(sets: pl.DataFrame, today: date) -> dict[str, Any]:
    last: Any = sets.select(weeks.day().max()).item()
    block = (pl.lit(today) - weeks.day()).dt.total_days() // 28
    sessions = sets.group_by(block.alias("block")).agg(pl.col("session").n_unique())
    earlier = sessions.filter(pl.col("block").is_between(1, EARLIER_BLOCKS))
    return {
        "last_session": last,
        "days_off": (today - last).days if last else None,
        "sessions_4_weeks": sessions.filter(pl.col("block") == 0)["session"].sum(),
        "sessions_own_normal": earlier["session"].mean(),
    }


def _sets(logbook: Logbook, today: date) -> dict[str, Any]:
    """Return the sets of the last week, the mean before, and `weekly_sets` (None: unlogged)."""
    ago = ((pl.lit(today) - weeks.day()).dt.total_days() // 7).alias("week")
    logged = dict.fromkeys(logbook.sets.select(ago).to_series().to_list(), 0.0)
    sums = working.work(logbook).group_by(ago).agg(pl.col("set_count").sum())
    weekly = logged | {week: float(sets) for week, sets in sums.iter_rows()}
    before = [weekly[week] for week in range(1, 5) if week in weekly]
    return {
        "sets_last_week": weekly.get(0, 0.0),
        "sets_own_4_week_mean": mean(before) if len(before) >= LEAST_WEEKS else None,
        "weekly_sets": [weekly.get(week) for week in reversed(range(SHOWN_WEEKS))],
    }


def _understated(logbook: Logbook) -> tuple[str, ...]:
    if not logbook.sets["exercise_id"].null_count():
        return ()
    return tuple(understated(logbook).table["muscle"].dropna())


def _strength(logbook: Logbook) -> dict[str, Any]:
    """Return the lifter's own row of `strength`."""
    table = strength(logbook).table
    own = table[table["scope"] == "lifter"].to_dict("records")
    row = own[0] if own else {}
    named = {"verdict": "verdict", "change_pct": "change_pct", "low_pct": "low_pct",
             "high_pct": "high_pct", "days": "horizon_days", "lifts": "lifts"}  # fmt: skip
    return {f"strength_{name}": row.get(column) for name, column in named.items()}
