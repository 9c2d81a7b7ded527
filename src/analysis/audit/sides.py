"""Left against right, where sides are logged."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import polars as pl

from analysis.audit.finding import Finding, not_measurable
from analysis.audit.leg_log import LegLog
from analysis.measures.top_sets import SERIES_CAP, Estimate, top_sets
from analysis.measures.words import count, number
from analysis.result import Result

EVEN_PCT = 10.0
"""A gap up to this is called even: twice the day-to-day noise of a top set (median 4.2 %)."""


def leg_sides(log: LegLog) -> Result:
    """Return the gap between the legs, per exercise with both sides logged on a day.

    Returns:
        Result whose table has one row per `exercise`: `left_kg` and `right_kg` (median e1RM of
        the first top set, over days with both sides), `gap_pct` (100 · (left − right) / the
        stronger; positive when the left is stronger) and `days`.
    """
    table = _gaps_once(log)
    return Result(
        name="leg-sides",
        title="Left and right",
        table=table,
        summary=side_gap(log).shows,
        notes=("Only sets of exercises for one leg whose side is logged can be compared.",),
        settings={"e1rm": "epley", "rep_cap": SERIES_CAP},
    )


def side_gap(log: LegLog) -> Finding:
    """Find the largest gap between left and right."""
    table = _gaps_once(log)
    if table.empty:
        return not_measurable("no leg exercise names its side (left or right) with a load")
    widest = max(table.to_dict("records"), key=lambda row: abs(row["gap_pct"]))
    stronger = "left" if widest["gap_pct"] > 0 else "right"
    gap = abs(float(widest["gap_pct"]))
    said = (
        f"{widest['exercise']}: {stronger} stronger by {number(gap)} %"
        if gap
        else f"{widest['exercise']}: no difference"
    )
    return Finding(
        f"{said} (n = {count(int(widest['days']), 'day')}; {count(len(table), 'exercise')}).",
        "done" if gap <= EVEN_PCT else "partly done",
        gap,
        "% gap",
        int(widest["days"]),
    )


def _gaps_once(log: LegLog) -> pd.DataFrame:
    return log.logbook.once("leg sides", lambda: _gaps(log))


def _gaps(log: LegLog) -> pd.DataFrame:
    sides = log.logbook.sets["side"]
    if sides.null_count() == sides.len():
        return pd.DataFrame(columns=["exercise", "left_kg", "right_kg", "gap_pct", "days"])
    left, right = (_tops(log, side) for side in ("left", "right"))
    gap = 100 * (pl.col("left_kg") - pl.col("right_kg")) / pl.max_horizontal("left_kg", "right_kg")
    return (
        left.join(right, on=["lift", "day"])
        .group_by(pl.col("lift").alias("exercise"))
        .agg(
            pl.col("left_kg").median(),
            pl.col("right_kg").median(),
            pl.len().cast(pl.Int64).alias("days"),
        )
        .select("exercise", "left_kg", "right_kg", gap.alias("gap_pct"), "days")
        .sort("exercise")
        .to_pandas()
    )


def _tops(log: LegLog, side: str) -> pl.DataFrame:
    legs = pl.col("exercise_id").is_in(log.sets["exercise_id"].unique().implode())
    one = replace(log.logbook, sets=log.logbook.sets.filter(pl.col("side") == side, legs))
    tops = top_sets(one, Estimate(rep_cap=SERIES_CAP)).filter(pl.col("e1rm_kg").is_not_null())
    return tops.select("lift", "day", pl.col("e1rm_kg").alias(f"{side}_kg"))
