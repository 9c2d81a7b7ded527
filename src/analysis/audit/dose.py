"""How much and how often: weekly sets and training days of each leg muscle."""

from __future__ import annotations

import pandas as pd
import polars as pl

from analysis.audit.finding import Finding
from analysis.audit.leg_log import (
    GROUPS,
    LEGS,
    MUSCLES,
    LegLog,
    in_order,
    share_pct,
    unmapped_note,
)
from analysis.figures import bars, figure
from analysis.measures import weeks
from analysis.measures.words import count, number
from analysis.result import Figure, Result

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


def weekly_sets(log: LegLog) -> Finding:
    """Find the direct sets a week of every group now."""
    direct = log.now("direct")
    total = direct.get(LEGS, 0.0)
    said = ", ".join(f"{name} {number(direct.get(name, 0.0))}" for name in GROUPS)
    return Finding(
        f"Direct sets a week, last {log.block_weeks} weeks: {said} "
        f"(log of {count(log.logged_weeks, 'week')}).",
        "done" if total >= FEW_SETS else "partly done" if total else "not done",
        total,
        "direct leg sets a week",
        log.logged_weeks,
    )


def muscle_sets(log: LegLog, muscle: str) -> Finding:
    """Find the weekly sets of one muscle, now and over the log."""
    now, usual = log.now("direct").get(muscle, 0.0), log.over_log("direct_sets").get(muscle, 0.0)
    counted = log.now("fractional").get(muscle, 0.0)
    helping = f" ({number(counted)} with half of the sets it helps in)" if counted > now else ""
    enough = now > 0 and counted >= FEW_SETS
    return Finding(
        f"{number(now)} direct sets a week now{helping}, {number(usual)} over the log.",
        "done" if enough else "partly done" if counted else "not done",
        now,
        "direct sets a week",
        log.logged_weeks,
    )


def covered(log: LegLog) -> Finding:
    """Find how many of the five leg groups got a direct set in the last block."""
    direct = log.now("direct")
    without = [name for name in GROUPS if not direct.get(name, 0.0)]
    trained = len(GROUPS) - len(without)
    left = f"; no direct set for {', '.join(without)}" if without and trained else ""
    if not trained:
        left = _last_leg_day(log)
    return Finding(
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
    table = log.days.group_by(pl.col("group").alias("muscle")).agg(
        days.mean().alias("days_a_week"), (100 * (days >= 2).mean()).alias("two_days_pct")
    )
    return Result(
        name="leg-frequency",
        title="Leg days a week",
        table=in_order(table),
        summary=leg_days(log).shows,
        notes=("Weeks without any log are unknown and left out.",),
    )


def leg_days(log: LegLog) -> Finding:
    """Find on how many days of a logged week the legs were trained directly."""
    days = log.days.filter(pl.col("group") == LEGS)["direct_days"]
    if days.is_empty():
        return Finding("No week holds a log (n = 0).", "cannot tell yet")
    mean, twice = float(days.sum()) / len(days), share_pct(days >= 2)
    return Finding(
        f"Legs on {number(mean)} days of a logged week; on two days or more in "
        f"{number(twice, 0)} % of weeks (n = {count(len(days), 'week')}).",
        "done" if twice >= 75 else "partly done" if twice >= 25 else "not done",
        mean,
        "leg days a week",
        len(days),
    )


def consistency(log: LegLog) -> Finding:
    """Find the share of logged weeks with any direct leg set."""
    sets = log.weekly.filter(pl.col("group") == LEGS)["direct_sets"]
    if sets.is_empty():
        return Finding("No week holds a log (n = 0).", "cannot tell yet")
    share = share_pct(sets > 0)
    return Finding(
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
