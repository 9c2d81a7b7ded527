"""What the leg sets are made of: compound and isolation, knee and hip, one leg and two."""

from __future__ import annotations

import polars as pl

from analysis.audit.finding import Finding, nothing_logged
from analysis.audit.leg_log import LEGS, MUSCLES, LegLog
from analysis.measures.words import count, number
from analysis.result import Result, tidy

CONTRASTS = ("mechanic", "laterality", "dominance")


def leg_balance(log: LegLog) -> Result:
    """Return the shares of kinds of leg work.

    Returns:
        Result whose table has one row per `muscle` (or "legs") and `part` (compound, isolation;
        for the legs also bilateral, unilateral, knee, hip): `share_pct` of the muscle's direct
        sets in that contrast, and `sets`.
    """
    order = {name: place for place, name in enumerate([LEGS, *MUSCLES])}
    place = pl.col("group").replace_strict(order, default=None, return_dtype=pl.Int64)
    mechanic = pl.col("contrast") == "mechanic"
    table = (
        log.parts.filter(pl.col("contrast").is_in(CONTRASTS), mechanic | (pl.col("group") == LEGS))
        .with_columns(place.alias("place"))
        .filter(pl.col("place").is_not_null())
        .sort("place", pl.col("contrast").cast(pl.Enum(CONTRASTS)), "part")
        .select(pl.col("group").alias("muscle"), "part", "share_pct", "sets")
    )
    return Result(
        name="leg-balance",
        title="What the leg sets are made of",
        table=tidy(table),
        summary=f"{mechanic_share(log).shows} {knee_and_hip(log).shows}",
        notes=(
            "Knee-dominant: squats, lunges, leg presses, leg extensions. Hip-dominant: deadlifts, "
            "hip thrusts, back extensions. Leg curls and calf work are neither.",
        ),
    )


def mechanic_share(log: LegLog) -> Finding:
    """Find the share of compound and isolation work."""
    sets = _sets(log, "mechanic")
    total = sum(sets.values())
    if not total:
        return nothing_logged("direct leg set")
    compound, isolation = sets.get("compound", 0.0), sets.get("isolation", 0.0)
    return Finding(
        f"{number(100 * compound / total, 0)} % compound and {number(100 * isolation / total, 0)} "
        f"% isolation (n = {count(round(total), 'leg set')}).",
        "done" if compound and isolation else "partly done",
        100 * compound / total,
        "% compound",
        round(total),
    )


def knee_and_hip(log: LegLog) -> Finding:
    """Find the balance of knee- and hip-dominant sets."""
    sets = _sets(log, "dominance")
    knee, hip = sets.get("knee", 0.0), sets.get("hip", 0.0)
    if not knee + hip:
        return nothing_logged("knee- or hip-dominant set")
    return Finding(
        f"{number(100 * knee / (knee + hip), 0)} % knee-dominant, "
        f"{number(100 * hip / (knee + hip), 0)} % hip-dominant "
        f"(n = {count(round(knee + hip), 'set')}).",
        "noted" if knee and hip else "partly done",
        100 * knee / (knee + hip),
        "% knee-dominant",
        round(knee + hip),
    )


def one_legged(log: LegLog) -> Finding:
    """Find the share of sets on one leg."""
    sets = _sets(log, "laterality")
    total = sum(sets.values())
    if not total:
        return nothing_logged("direct leg set")
    single = sets.get("unilateral", 0.0)
    return Finding(
        f"{number(100 * single / total, 0)} % on one leg at a time "
        f"(n = {count(round(total), 'leg set')}).",
        "done" if single else "not done",
        100 * single / total,
        "% unilateral",
        round(total),
    )


def _sets(log: LegLog, contrast: str) -> dict[str, float]:
    rows = log.parts.filter(pl.col("contrast") == contrast, pl.col("group") == LEGS)
    return dict(rows.select("part", "sets").iter_rows())
