"""Recovery, as far as a training log shows it: days between leg sessions, lighter weeks, sleep."""

from __future__ import annotations

from typing import Any

import polars as pl

from analysis.audit.finding import Finding, not_measurable
from analysis.audit.leg_log import LEGS, LegLog, in_order, median
from analysis.measures.words import count, number
from analysis.result import Result

SLEEP = "sleep_h"
"""Column of hours slept the night before, for who joins one to the set table by date."""

MOBILITY = "mobility"

IRREGULAR = 0.25
"""Above this share of weeks, lighter weeks are how someone trains. Our convention."""


def leg_recovery(log: LegLog) -> Result:
    """Return the days between direct sessions of each leg muscle.

    Returns:
        Result whose table has one row per `muscle`: `sessions` (days with a direct set),
        `typical_gap_days` (median), `longest_gap_days`, `deloads` (weeks at or below 60 % of the
        mean of the 4 before) of `compared` weeks.
    """
    table = log.rests.select(
        pl.col("group").alias("muscle"),
        "sessions",
        pl.col("median_gap_days").alias("typical_gap_days"),
        "longest_gap_days",
        pl.col("deload_weeks").alias("deloads"),
        pl.col("compared_weeks").alias("compared"),
    )
    return Result(
        name="leg-recovery",
        title="Days between leg sessions",
        table=in_order(table),
        summary=f"{rest_days(log).shows} {deloads(log).shows}",
        notes=(
            "Deloads: weeks at or below 60 % of the 4 weeks before, of the weeks compared. "
            "Whether a light week was planned, the log does not say.",
        ),
        settings={"deload_pct": 60},
    )


def rest_days(log: LegLog) -> Finding:
    """Find the days from one direct leg session to the next."""
    row = _legs(log)
    if row is None or row["median_gap_days"] is None:
        return Finding("Fewer than two days with leg work (n < 2).", "cannot tell yet")
    gap = float(row["median_gap_days"])
    return Finding(
        f"{number(gap, 0)} days from one leg session to the next, longest "
        f"{number(float(row['longest_gap_days']), 0)} "
        f"(n = {count(int(row['sessions']), 'leg day')}).",
        "done" if gap >= 2 else "partly done",
        gap,
        "days between leg sessions (median)",
        int(row["sessions"]),
    )


def deloads(log: LegLog) -> Finding:
    """Find the weeks in which leg volume fell to 60 % of the weeks before or less."""
    row = _legs(log)
    compared = 0 if row is None else int(row["compared_weeks"])
    if row is None or not compared:
        return Finding("Too few weeks to tell a lighter one (n = 0).", "cannot tell yet")
    light = int(row["deload_weeks"])
    irregular = light > IRREGULAR * compared
    doubt = "; too irregular to call any of them a rest" if irregular else ""
    return Finding(
        f"{count(light, 'lighter week')} for the legs (n = {count(compared, 'week')} compared)"
        f"{doubt}.",
        "cannot tell yet" if irregular else "noted",
        float(light),
        "lighter weeks",
        compared,
    )


def sleep(log: LegLog) -> Finding:
    """Find the hours slept before leg days, where a sleep column was joined."""
    if SLEEP not in log.sets.columns:
        return not_measurable(f"hours of sleep (no column {SLEEP} is joined to the sets)")
    nights = log.sets.group_by("day").agg(pl.col(SLEEP).mean())[SLEEP].drop_nulls()
    if nights.is_empty():
        return not_measurable(f"hours of sleep ({SLEEP} is empty on leg days)")
    hours = median(nights)
    return Finding(
        f"{number(hours)} h of sleep before a typical leg day "
        f"(n = {count(len(nights), 'night')}).",
        "noted",
        hours,
        "h of sleep (median)",
        len(nights),
    )


def mobility(log: LegLog) -> Finding:
    """Find logged stretching, rolling and mobility work."""
    kinds = log.logbook.catalogue.exercises.filter(pl.col("pattern") == MOBILITY)["exercise_id"]
    done = log.logbook.sets.filter(pl.col("exercise_id").is_in(kinds.implode()))
    if done.is_empty():
        return not_measurable("no stretching, foam rolling or mobility entry")
    days = done["started_at"].dt.date().n_unique()
    return Finding(
        f"{count(done.height, 'entry', 'entries')} of stretching or mobility on "
        f"{count(days, 'day')}.",
        "done",
        float(done.height),
        "entries",
        days,
    )


def _legs(log: LegLog) -> dict[str, Any] | None:
    rows = log.rests.filter(pl.col("group") == LEGS)
    return rows.row(0, named=True) if rows.height else None
