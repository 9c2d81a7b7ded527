"""What is left out: the longest stretch without direct work of a leg muscle, calves first."""

from __future__ import annotations

from typing import Any

import polars as pl

from analysis.audit.finding import Finding, nothing_logged
from analysis.audit.leg_log import LEGS, LegLog, in_order, unmapped_note
from analysis.measures.words import count, number
from analysis.result import Result

LONG_WEEKS = 4
"""A block: a longer stretch without calf work is called a gap. Our convention, no threshold."""

CALF_WORK = {"calf_knee_extended": "straight knee", "calf_knee_flexed": "bent knee"}


def leg_neglect(log: LegLog) -> Result:
    """Return the longest stretch of logged weeks without a direct set, per leg muscle.

    Returns:
        Result whose table has one row per `muscle`: `longest_weeks` (logged weeks in a row
        without a direct set; weeks without any log between them count for nothing),
        `first_day` and `last_day` of that stretch (a Monday, a Sunday), `without_pct` (share of
        all logged weeks without a direct set).
    """
    share = 100 * (pl.col("direct_sets") == 0).mean()
    table = (
        log.weekly.group_by("group")
        .agg(share.alias("without_pct"))
        .join(_longest(log), on="group", how="left")
        .select(
            pl.col("group").alias("muscle"),
            pl.col("longest_weeks").fill_null(0),
            "first_day",
            "last_day",
            "without_pct",
        )
    )
    return Result(
        name="leg-neglect",
        title="Longest time without direct work",
        table=in_order(table),
        summary=calf_neglect(log).shows,
        notes=(
            f"n = {count(log.logged_weeks, 'week')} with a log; a week that was not logged is "
            "neither trained nor neglected.",
            *_blind_weeks(log),
            *unmapped_note(log),
        ),
    )


def calf_neglect(log: LegLog) -> Finding:
    """Find the longest stretch without a direct calf set, with its dates."""
    row = _row(log, "calves")
    if not log.logged_weeks:
        return Finding("No week holds a log (n = 0).", "cannot tell yet")
    if row is None:
        weeks = count(log.logged_weeks, "week")
        return Finding(f"No logged week is without calf work (n = {weeks}).", "done", 0.0, "weeks",
                       log.logged_weeks)  # fmt: skip
    longest = int(row["longest_weeks"])
    if longest == log.logged_weeks:
        return Finding(
            f"No direct calf set in any of {count(longest, 'logged week')}.",
            "not done",
            float(longest),
            "weeks without calf work",
            log.logged_weeks,
        )
    return Finding(
        f"Longest time without calf work: {count(longest, 'logged week')}, "
        f"{row['first_day']} to {row['last_day']} (n = {count(log.logged_weeks, 'week')}).",
        _word(longest, log.logged_weeks),
        float(longest),
        "weeks without calf work",
        log.logged_weeks,
    )


def calf_share(log: LegLog) -> Finding:
    """Find calf sets for every ten quad sets over the log."""
    mean = log.over_log("direct_sets")
    quads, calves = mean.get("quads", 0.0), mean.get("calves", 0.0)
    if not quads + calves:
        return nothing_logged("direct quad or calf set")
    ratio = 10 * calves / quads if quads else None
    compared = f": {number(ratio)} for every ten quad sets" if ratio is not None else ""
    return Finding(
        f"{number(calves)} direct calf sets a week against {number(quads)} for quads{compared} "
        f"(n = {count(log.logged_weeks, 'week')}).",
        "noted" if calves else "not done",
        ratio,
        "calf sets for every ten quad sets",
        log.logged_weeks,
    )


def calf_kind(log: LegLog) -> Finding:
    """Find calf sets with the knee straight (gastrocnemius) and bent (soleus alone)."""
    found = (
        log.sets.filter(pl.col("pattern").is_in(list(CALF_WORK)))
        .group_by("pattern")
        .agg(pl.col("set_count").sum())
    )
    sets = {CALF_WORK[name]: round(n) for name, n in found.iter_rows()}
    total = sum(sets.values())
    if not total:
        return nothing_logged("calf raise")
    straight = sets.get("straight knee", 0)
    return Finding(
        f"{count(straight, 'calf set')} with a straight knee, {sets.get('bent knee', 0):,} with a "
        f"bent knee (n = {count(total, 'set')}).",
        "done" if straight else "partly done",
        100 * straight / total,
        "% of calf sets with a straight knee",
        total,
    )


def _word(longest: int, logged: int) -> str:
    if longest <= LONG_WEEKS:
        return "done"
    return "partly done" if longest < logged / 2 else "not done"


def _longest(log: LegLog) -> pl.DataFrame:
    return log.logbook.once("longest leg gaps", lambda: _gaps(log))


def _gaps(log: LegLog) -> pl.DataFrame:
    run = (pl.col("direct_sets") == 0).rle_id().over("group", order_by="week")
    return (
        log.weekly.lazy()
        .with_columns(run.alias("run"))
        .filter(pl.col("direct_sets") == 0)
        .group_by("group", "run")
        .agg(
            pl.len().cast(pl.Int64).alias("longest_weeks"),
            pl.col("week").min().cast(pl.Date).alias("first_day"),
            (pl.col("week").max().cast(pl.Date) + pl.duration(days=6)).alias("last_day"),
        )
        .sort("group", "longest_weeks", "first_day", descending=[False, True, False])
        .unique("group", keep="first", maintain_order=True)
        .drop("run")
        .collect()
    )


def _row(log: LegLog, muscle: str) -> dict[str, Any] | None:
    rows = _longest(log).filter(pl.col("group") == muscle)
    return rows.row(0, named=True) if rows.height else None


def _blind_weeks(log: LegLog) -> tuple[str, ...]:
    """Return a sentence when the calves' gap holds sets that no rule maps to a muscle."""
    row = _row(log, "calves")
    if row is None:
        return ()
    inside = pl.col("week").cast(pl.Date).is_between(row["first_day"], row["last_day"])
    weeks = log.weekly.filter(pl.col("group") == LEGS, inside)
    unmapped = int(weeks["unmapped_sets"].sum() or 0)
    if not unmapped:
        return ()
    return (
        f"The calves' longest stretch holds {count(unmapped, 'set')} under unmapped names; if "
        "these were calf raises, the stretch is shorter.",
    )
