"""Progressive overload of each leg exercise: is load, repetitions or e1RM rising?"""

from __future__ import annotations

import polars as pl

from analysis.legs.leg_log import LEGS, Finding, LegLog
from analysis.measures.load import series_load
from analysis.result import Result, tidy
from analysis.say import count, listing, number

ENDS = 4
"""Sessions at each end of the log that "then" and "now" are the median of."""


def leg_overload(log: LegLog) -> Result:
    """Return how each leg exercise moves.

    Returns:
        Result whose table has one row per `exercise`, most sessions first: `trend` (rising,
        falling, unclear: whether the interval is above, below or around 0; or why there is
        none), `pct_per_4_weeks` of e1RM with `low` and `high` (95 % interval), `beat_last_pct`
        (share of sessions whose first top set beats the one before: a higher e1RM, or where
        there is none, more load or repetitions with no less of the other; null under 5
        sessions) and `sessions`.
    """
    rates = log.rates.filter(pl.col("scope") == "exercise")
    table = (
        _beaten(log)
        .join(rates, left_on="lift", right_on="name", how="left")
        .select(
            pl.col("lift").alias("exercise"),
            _trend().alias("trend"),
            "pct_per_4_weeks",
            "low",
            "high",
            "beat_last_pct",
            "sessions",
        )
        .sort("sessions", "exercise", descending=[True, False])
    )
    return Result(
        name="leg-overload",
        title="Progress of each leg exercise",
        table=tidy(table),
        summary=overload(log).shows,
        notes=(
            "With no progress at all, noise alone would make up to half of the sessions beat the "
            "one before (a repeat does not count); the trend is the safer sign. Where too many "
            "repetitions leave no e1RM, “Top sets then and now” shows load and repetitions.",
            "Low and high: where the true trend may well lie. If 0 is between them, the log "
            "cannot tell rise from fall.",
            *_without_load(log),
        ),
        settings={"e1rm": "epley", "rep_cap": 15, "min_days": 8, "min_span_days": 56},
    )


def leg_top_sets(log: LegLog) -> Result:
    """Return each leg exercise's top set then and now.

    Returns:
        Result whose table has one row per `exercise` done on two days or more: the median load
        and repetitions of the first top set in the first sessions (`load_then_kg`, `reps_then`)
        and in the last (`load_now_kg`, `reps_now`), 4 of each or half of all; `sessions`.
    """
    ends = pl.min_horizontal(pl.lit(ENDS), pl.len() // 2)
    ordered = log.tops.sort("lift", "day")
    columns = {"load": ("top_load_kg", "_kg"), "reps": ("top_reps", "")}
    table = (
        ordered.group_by(pl.col("lift").alias("exercise"), maintain_order=True)
        .agg(
            *(
                part.median().alias(f"{name}_{when}{unit}")
                for name, (column, unit) in columns.items()
                for when, part in (
                    ("then", pl.col(column).head(ends)),
                    ("now", pl.col(column).tail(ends)),
                )
            ),
            pl.len().cast(pl.Int64).alias("sessions"),
        )
        .filter(pl.col("sessions") > 1)
        .sort("sessions", "exercise", descending=[True, False])
    )
    heavier = int((table["load_now_kg"] > table["load_then_kg"]).sum())
    more = int((table["reps_now"] > table["reps_then"]).sum())
    return Result(
        name="leg-top-sets",
        title="Top sets then and now",
        table=tidy(table),
        summary=f"Of {count(table.height, 'leg exercise')}, {heavier:,} are heavier now and "
        f"{more:,} are done for more repetitions.",
        notes=(f"Median of the first and of the last {ENDS} sessions, or of half of them.",),
    )


def overload(log: LegLog) -> Finding:
    """Find how many leg exercises clearly rise or fall."""
    rated = log.rates.filter(pl.col("scope") == "exercise", pl.col("status") == "ok")
    if rated.is_empty():
        return Finding(
            "No leg exercise has the 8 sessions over 8 weeks that a trend needs (n = 0).",
            "cannot tell yet",
        )
    rising, falling = int((rated["low"] > 0).sum()), int((rated["high"] < 0).sum())
    return Finding(
        f"Of {count(rated.height, 'leg exercise')} with enough sessions, {rising:,} clearly "
        f"rising, {falling:,} clearly falling, "
        f"{rated.height - rising - falling:,} cannot be told.",
        _word(rising, falling),
        float(rising),
        "leg exercises clearly rising",
        rated.height,
    )


def strength_gain(log: LegLog) -> Finding:
    """Find the pooled rate of the leg exercises, or else of the one with the most sessions."""
    pooled = log.rates.filter(pl.col("scope") == "muscle", pl.col("name") == LEGS)
    single = log.rates.filter(pl.col("scope") == "exercise")
    known = pl.concat([pooled, single.sort("days", descending=True, maintain_order=True)]).filter(
        pl.col("status") == "ok"
    )
    if known.is_empty():
        return Finding("Too few sessions for a leg strength trend (n = 0).", "cannot tell yet")
    row = known.row(0, named=True)
    what = "Leg strength" if row["name"] == LEGS else row["name"]
    over = f", {count(int(row['exercises']), 'exercise')}" if row["name"] == LEGS else ""
    rising, falling = int(row["low"] > 0), int(row["high"] < 0)
    return Finding(
        f"{what}: {row['pct_per_4_weeks']:+z.1f} % per 4 weeks (plausible "
        f"{row['low']:+z.1f} to {row['high']:+z.1f} %; "
        f"n = {count(int(row['days']), 'day')}{over}).",
        _word(rising, falling),
        float(row["pct_per_4_weeks"]),
        "% per 4 weeks",
        int(row["days"]),
    )


def _word(rising: int, falling: int) -> str:
    if rising:
        return "partly done" if falling else "done"
    return "not done" if falling else "cannot tell yet"


def _trend() -> pl.Expr:
    return (
        pl.when(pl.col("status").is_null())
        .then(pl.lit("no e1RM: too many repetitions"))
        .when(pl.col("status") != "ok")
        .then(pl.col("status"))
        .when(pl.col("low") > 0)
        .then(pl.lit("rising"))
        .when(pl.col("high") < 0)
        .then(pl.lit("falling"))
        .otherwise(pl.lit("unclear"))
    )


def _beaten(log: LegLog) -> pl.DataFrame:
    load, reps = pl.col("top_load_kg"), pl.col("top_reps")

    def last(column: str) -> pl.Expr:
        return pl.col(column).shift(1).over("lift", order_by="day")

    last_load, last_reps = last("top_load_kg"), last("top_reps")
    no_less = (load >= last_load) & (reps >= last_reps)
    more = no_less & ((load > last_load) | (reps > last_reps))
    beat = pl.coalesce(pl.col("e1rm_kg") > last("e1rm_kg"), more)
    return (
        log.tops.with_columns(beat.alias("beat"))
        .group_by("lift")
        .agg(
            pl.when(pl.len() > ENDS).then(100 * pl.col("beat").mean()).alias("beat_last_pct"),
            pl.len().cast(pl.Int64).alias("sessions"),
        )
    )


def _without_load(log: LegLog) -> tuple[str, ...]:
    lost = log.sets.filter(pl.col("set_count") > 0, series_load().is_null())
    if lost.is_empty():
        return ()
    names = listing(dict(lost["lift"].value_counts().iter_rows()), most=4)
    share = 100 * lost.height / max(log.sets.filter(pl.col("set_count") > 0).height, 1)
    return (
        f"Not followed, because they log no load of their own: {count(lost.height, 'leg set')} "
        f"({number(share, 0)} %), {names}.",
    )
