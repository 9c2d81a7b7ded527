"""How much and how often: weekly sets and training days of each leg muscle."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl

from analysis.figures import bars, figure
from analysis.legs.leg_log import (
    GROUPS,
    LEGS,
    MUSCLES,
    Answer,
    LegLog,
    in_order,
    nothing_logged,
    share_pct,
    unmapped_note,
)
from analysis.measures import weeks
from analysis.result import Figure, Result
from analysis.say import count, number

FEW_SETS = 4.0
"""Fractional sets a week from which trials can detect growth (Pelland et al. 2025, doi
10.1007/s40279-025-02344-w: about 4). A threshold of detection, not a biological minimum."""


def leg_volume(log: LegLog) -> Result:
    """Return weekly sets per leg muscle.

    Returns:
        Result whose table has one row per `muscle`: `direct_now` and `fractional_now` (sets a
        week in the last block), `direct_log` and `fractional_log` (mean of all logged weeks).
    """
    direct, fractional = log.now("direct"), log.now("fractional")
    logged = {rule: log.over_log(f"{rule}_sets") for rule in ("direct", "fractional")}
    table = pl.DataFrame(
        {
            "muscle": MUSCLES,
            "direct_now": [direct.get(name, 0.0) for name in MUSCLES],
            "direct_log": [logged["direct"].get(name, 0.0) for name in MUSCLES],
            "fractional_now": [fractional.get(name, 0.0) for name in MUSCLES],
            "fractional_log": [logged["fractional"].get(name, 0.0) for name in MUSCLES],
        }
    )
    return Result(
        name="leg-volume",
        title="Leg sets a week",
        table=in_order(table),
        summary=weekly_sets(log).shows,
        draw=_draw,
        notes=(
            f"“Now” is the last {log.block_weeks} weeks, “log” all "
            f"{count(log.logged_weeks, 'week')} with a log. Direct: the muscle does the work. "
            "Fractional: half a set more for each set in which it helps.",
            "Trials measured quads and hamstrings; for glutes, calves and adductors the counting "
            "is carried over.",
            "How far another counting rule would move these numbers: “Volume under every counting "
            "rule” (measures.sensitivity).",
            *unmapped_note(log),
        ),
        settings={"block_weeks": log.block_weeks, "few_sets": FEW_SETS},
    )


def weekly_sets(log: LegLog) -> Answer:
    """Find the direct sets a week of every group now."""
    direct = log.now("direct")
    total = direct.get(LEGS, 0.0)
    said = ", ".join(f"{name} {number(direct.get(name, 0.0))}" for name in GROUPS)
    return Answer(
        f"Direct sets a week, last {log.block_weeks} weeks: {said} "
        f"(log of {count(log.logged_weeks, 'week')}).",
        "done" if total >= FEW_SETS else "partly done" if total else "not done",
        total,
        "direct leg sets a week",
        log.logged_weeks,
    )


def muscle_sets(log: LegLog, muscle: str) -> Answer:
    """Find the weekly sets of one muscle, now and over the log."""
    now, usual = log.now("direct").get(muscle, 0.0), log.over_log("direct_sets").get(muscle, 0.0)
    counted = log.now("fractional").get(muscle, 0.0)
    helping = f" ({number(counted)} with half of the sets it helps in)" if counted > now else ""
    enough = now > 0 and counted >= FEW_SETS
    return Answer(
        f"{number(now)} direct sets a week now{helping}, {number(usual)} over the log.",
        "done" if enough else "partly done" if counted else "not done",
        now,
        "direct sets a week",
        log.logged_weeks,
    )


def covered(log: LegLog) -> Answer:
    """Find how many of the five leg groups got a direct set in the last block."""
    direct = log.now("direct")
    without = [name for name in GROUPS if not direct.get(name, 0.0)]
    trained = len(GROUPS) - len(without)
    left = f"; no direct set for {', '.join(without)}" if without and trained else ""
    if not trained:
        left = _last_leg_day(log)
    return Answer(
        f"{trained} of {len(GROUPS)} leg groups had direct sets in the last {log.block_weeks} "
        f"weeks{left}.",
        "done" if not without else "partly done" if trained else "not done",
        float(trained),
        "leg groups",
        log.block_weeks,
    )


def _last_leg_day(log: LegLog) -> str:
    if log.sets.is_empty():
        return "; none in the whole log"
    last = log.sets.select(pl.col("day").max()).item()
    since = (log.logbook.sets.select(weeks.day().max()).item() - last).days
    return f"; last on {last}, {count(since, 'day')} before the log ends"


def leg_frequency(log: LegLog) -> Result:
    """Return training days per leg muscle.

    Returns:
        Result whose table has one row per `muscle`: `days_a_week` (mean direct days of a logged
        week), `two_days_pct` (share of logged weeks with two direct days or more).
    """
    days = pl.col("direct_days")
    table = log.days.group_by("muscle").agg(
        days.mean().alias("days_a_week"), (100 * (days >= 2).mean()).alias("two_days_pct")
    )
    return Result(
        name="leg-frequency",
        title="Leg days a week",
        table=in_order(table),
        summary=leg_days(log).shows,
        notes=("Weeks without any log are unknown and left out.",),
    )


def leg_days(log: LegLog) -> Answer:
    """Find on how many days of a logged week the legs were trained directly."""
    days = log.days.filter(pl.col("muscle") == LEGS)["direct_days"]
    if days.is_empty():
        return Answer("No week holds a log (n = 0).", "cannot tell yet")
    mean, twice = float(days.sum()) / len(days), share_pct(days >= 2)
    return Answer(
        f"Legs on {number(mean)} days of a logged week; on two days or more in "
        f"{number(twice, 0)} % of weeks (n = {count(len(days), 'week')}).",
        "done" if twice >= 75 else "partly done" if twice >= 25 else "not done",
        mean,
        "leg days a week",
        len(days),
    )


def consistency(log: LegLog) -> Answer:
    """Find the share of logged weeks with any direct leg set."""
    sets = log.weekly.filter(pl.col("muscle") == LEGS)["direct_sets"]
    if sets.is_empty():
        return Answer("No week holds a log (n = 0).", "cannot tell yet")
    share = share_pct(sets > 0)
    return Answer(
        f"{number(share, 0)} % of logged weeks hold leg work (n = {count(len(sets), 'week')}).",
        "done" if share >= 75 else "partly done" if share else "not done",
        share,
        "% of logged weeks",
        len(sets),
    )


def _draw(table: pd.DataFrame) -> Figure:
    hover = "%{y}: %{x:.1f} direct sets a week<extra>%{fullData.name}</extra>"
    parts = (("direct_log", "whole log", 4), ("direct_now", "now", 0))
    rows = table.iloc[::-1]
    return figure(
        [
            bars(rows[name], rows["muscle"], said, series=place, hover=hover, orientation="h")
            for name, said, place in parts
        ],
        x="Direct sets a week",
        y="",
        barmode="group",
        height=340,
    )


# What is left out: the longest stretch without direct work of a leg muscle, calves first.


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
        log.weekly.group_by("muscle")
        .agg(share.alias("without_pct"))
        .join(_longest(log), on="muscle", how="left")
        .select(
            "muscle",
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


def calf_neglect(log: LegLog) -> Answer:
    """Find the longest stretch without a direct calf set, with its dates."""
    row = _row(log, "calves")
    if not log.logged_weeks:
        return Answer("No week holds a log (n = 0).", "cannot tell yet")
    if row is None:
        weeks = count(log.logged_weeks, "week")
        return Answer(f"No logged week is without calf work (n = {weeks}).", "done", 0.0, "weeks",
                       log.logged_weeks)  # fmt: skip
    longest = int(row["longest_weeks"])
    if longest == log.logged_weeks:
        return Answer(
            f"No direct calf set in any of {count(longest, 'logged week')}.",
            "not done",
            float(longest),
            "weeks without calf work",
            log.logged_weeks,
        )
    return Answer(
        f"Longest time without calf work: {count(longest, 'logged week')}, "
        f"{row['first_day']} to {row['last_day']} (n = {count(log.logged_weeks, 'week')}).",
        _word(longest, log.logged_weeks),
        float(longest),
        "weeks without calf work",
        log.logged_weeks,
    )


def calf_share(log: LegLog) -> Answer:
    """Find calf sets for every ten quad sets over the log."""
    mean = log.over_log("direct_sets")
    quads, calves = mean.get("quads", 0.0), mean.get("calves", 0.0)
    if not quads + calves:
        return nothing_logged("direct quad or calf set")
    ratio = 10 * calves / quads if quads else None
    compared = f": {number(ratio)} for every ten quad sets" if ratio is not None else ""
    return Answer(
        f"{number(calves)} direct calf sets a week against {number(quads)} for quads{compared} "
        f"(n = {count(log.logged_weeks, 'week')}).",
        "noted" if calves else "not done",
        ratio,
        "calf sets for every ten quad sets",
        log.logged_weeks,
    )


def calf_kind(log: LegLog) -> Answer:
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
    return Answer(
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
    run = (pl.col("direct_sets") == 0).rle_id().over("muscle", order_by="week")
    return (
        log.weekly.lazy()
        .with_columns(run.alias("run"))
        .filter(pl.col("direct_sets") == 0)
        .group_by("muscle", "run")
        .agg(
            pl.len().cast(pl.Int64).alias("longest_weeks"),
            pl.col("week").min().cast(pl.Date).alias("first_day"),
            (pl.col("week").max().cast(pl.Date) + pl.duration(days=6)).alias("last_day"),
        )
        .sort("muscle", "longest_weeks", "first_day", descending=[False, True, False])
        .unique("muscle", keep="first", maintain_order=True)
        .drop("run")
        .collect()
    )


def _row(log: LegLog, muscle: str) -> dict[str, Any] | None:
    rows = _longest(log).filter(pl.col("muscle") == muscle)
    return rows.row(0, named=True) if rows.height else None


def _blind_weeks(log: LegLog) -> tuple[str, ...]:
    """Return a sentence when the calves' gap holds sets that no rule maps to a muscle."""
    row = _row(log, "calves")
    if row is None:
        return ()
    inside = pl.col("week").cast(pl.Date).is_between(row["first_day"], row["last_day"])
    weeks = log.weekly.filter(pl.col("muscle") == LEGS, inside)
    unmapped = int(weeks["unmapped_sets"].sum() or 0)
    if not unmapped:
        return ()
    return (
        f"The calves' longest stretch holds {count(unmapped, 'set')} under unmapped names; if "
        "these were calf raises, the stretch is shorter.",
    )
