"""Progressive overload of each leg exercise: is load, repetitions or e1RM rising?"""

from __future__ import annotations

import polars as pl

from analysis.legs.leg_log import LEGS, Answer, LegLog
from analysis.measures.e1rm import REP_CAP
from analysis.measures.load import series_load
from analysis.models.strength.sentences import of_row
from analysis.models.strength.verdicts import DOWN, FEWEST_DAYS, STEADY, UP
from analysis.result import Result, tidy
from analysis.say import count, listing, number

ENDS = 4
"""Sessions at each end of the log that "then" and "now" are the median of."""


def leg_overload(log: LegLog) -> Result:
    """Return how each leg exercise moves.

    Returns:
        Result whose table has one row per `exercise`, most sessions first: `verdict` (a word of
        `strength`, or why there is none), `change_pct` with `low_pct` and `high_pct` (95 %
        interval) since `since`, `beat_last_pct` (share of sessions whose first top set beats the
        one before: a higher e1RM, or where there is none, more load or repetitions with no less
        of the other; null under 5 sessions) and `sessions`.
    """
    changes = log.changes.filter(pl.col("scope") == "lift")
    table = (
        _beaten(log)
        .join(changes, left_on="lift", right_on="name", how="left")
        .select(
            pl.col("lift").alias("exercise"),
            _verdict().alias("verdict"),
            "since",
            "change_pct",
            "low_pct",
            "high_pct",
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
            "one before (a repeat does not count); the verdict is the safer sign. Where too many "
            "repetitions leave no e1RM, “Top sets then and now” shows load and repetitions.",
            "Each exercise counts over its own time, the shortest for which the log can tell.",
            *_without_load(log),
        ),
        settings={"e1rm": "epley", "rep_cap": REP_CAP, "min_days": FEWEST_DAYS},
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


def overload(log: LegLog) -> Answer:
    """Find how many leg exercises rise or fall."""
    told = log.changes.filter(pl.col("scope") == "lift", pl.col("verdict") != "none")
    if told.is_empty():
        return Answer(
            f"No leg exercise trained lately has the {FEWEST_DAYS} days over four weeks that a "
            "verdict needs (n = 0).",
            "cannot tell yet",
        )
    rising, falling, steady = (int((told["verdict"] == word).sum()) for word in (UP, DOWN, STEADY))
    return Answer(
        f"Of {count(told.height, 'leg exercise')} with enough days, {rising:,} up, "
        f"{falling:,} down, {steady:,} without a large change, "
        f"{told.height - rising - falling - steady:,} not to be told surely.",
        _word(rising, falling),
        float(rising),
        "leg exercises up",
        told.height,
    )


def strength_gain(log: LegLog) -> Answer:
    """Find the change of the legs, or else of the exercise with the most days."""
    whole = log.changes.filter(pl.col("scope") == "muscle", pl.col("name") == LEGS)
    single = log.changes.filter(pl.col("scope") == "lift")
    known = pl.concat([whole, single.sort("days", descending=True, maintain_order=True)]).filter(
        pl.col("verdict") != "none"
    )
    if known.is_empty():
        return Answer("Too few days for a verdict on leg strength (n = 0).", "cannot tell yet")
    row = known.row(0, named=True)
    verdict = row["verdict"]
    days, lifts = count(int(row["days"]), "day"), count(int(row["lifts"]), "lift")
    return Answer(
        f"{of_row(row)} n = {days} of {lifts}.",
        _word(int(verdict == UP), int(verdict == DOWN)),
        float(row["change_pct"]),
        "% change",
        int(row["days"]),
    )


def _word(rising: int, falling: int) -> str:
    if rising:
        return "partly done" if falling else "done"
    return "not done" if falling else "cannot tell yet"


def _verdict() -> pl.Expr:
    return (
        pl.when(pl.col("verdict").is_null())
        .then(pl.lit("fewer than six days with an e1RM"))
        .when(pl.col("verdict") == "none")
        .then(pl.lit("not trained lately, or too short"))
        .otherwise(pl.col("verdict"))
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
