"""Strong's exports: S1 without units, S2 with a unit on every row, S3 in kg and fully quoted."""

from __future__ import annotations

import polars as pl

from analysis.simulate.cells import (
    ALL_KINDS,
    RUN,
    UNIT_WORDS,
    decimal,
    minutes,
    once,
    quoted,
    row,
    short,
    table,
    whole,
)
from analysis.simulate.cohort import KG_PER_LB

HOLDS = ("ended_at", "workout", "rpe", "duration_s", "note")
TAGS = {"warmup": "W", "drop": "D", "failure": "F"}


def _duration() -> pl.Expr:
    hours = pl.format("{}h {}m", minutes() // 60, minutes() % 60)
    return pl.when(minutes() >= 60).then(hours).otherwise(pl.format("{}m", minutes()))


def _order() -> pl.Expr:
    """Number the sets; a warm-up shows W and takes no number."""
    counts = (pl.col("kind") != "warmup").cast(pl.Int64).cum_sum().over(RUN)
    return pl.col("kind").replace_strict(TAGS, default=counts.cast(pl.String))


def _date() -> pl.Expr:
    return pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M:%S")


def _s1(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write S1: no unit anywhere, loads of lb users with the dust of a trip through kg."""
    dusty = pl.col("load") * KG_PER_LB * 2.2046226218487757 if unit == "lb" else pl.col("load")
    return row(
        log,
        _date(),
        quoted(pl.col("workout")),
        _duration(),
        quoted(pl.col("exercise")),
        _order(),
        dusty.cast(pl.String).fill_null("0"),
        whole("reps").fill_null("0"),
        pl.lit("0"),
        decimal("duration_s").fill_null("0"),
        once("note", "first_of_exercise"),
        once("workout_note", "first_of_workout"),
        short("rpe"),
    )


def _s2(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write S2: a unit on every loaded row, no set kinds."""
    number = pl.col("set_number").cum_count().over(RUN).cast(pl.String)
    return row(
        log,
        _date(),
        quoted(pl.col("workout")),
        quoted(pl.col("exercise")),
        number,
        short("load"),
        pl.when(pl.col("load").is_not_null()).then(pl.lit(UNIT_WORDS[unit])),
        whole("reps"),
        short("rpe"),
        pl.lit(""),
        pl.lit(""),
        whole("duration_s").fill_null("0"),
        once("note", "first_of_exercise"),
        once("workout_note", "first_of_workout"),
        _duration(),
    )


def _s3(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write S3: every field quoted, notes and rest timers as rows of their own."""
    del unit  # S3 is in kg for everyone
    sets = log.with_row_index("at").with_columns(
        number=pl.col("started_at").rank("dense"), order=_order(), place=pl.lit(1)
    )
    nothing = [pl.lit(None, pl.Float64).alias(name) for name in ("load", "reps", "rpe")]
    notes = sets.filter(pl.col("first_of_exercise") & pl.col("note").is_not_null()).with_columns(
        *nothing, order=pl.lit("Note"), place=pl.lit(0), duration_s=pl.lit(None, pl.Float64)
    )
    rests = sets.with_columns(
        *nothing, order=pl.lit("Rest Timer"), place=pl.lit(2), duration_s=pl.lit(120.0),
        note=pl.lit(None, pl.String),
    )  # fmt: skip
    rows = pl.concat(
        [notes, sets.with_columns(note=pl.lit(None, pl.String)), rests], how="vertical"
    ).sort("at", "place")
    cells = (
        whole("number"), _date(), pl.col("workout"),
        (minutes() * 60).cast(pl.String), pl.col("exercise"), pl.col("order"),
        decimal("load"), whole("reps"), decimal("rpe"), pl.lit(""),
        decimal("duration_s"), pl.col("note"), pl.col("workout_note"),
    )  # fmt: skip
    return row(rows, *(quoted(cell) for cell in cells))


S1 = table(
    "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,"
    "Workout Notes,RPE",
    ",",
    _s1,
    kinds=ALL_KINDS,
    holds=HOLDS,
)
S2 = table(
    "Date;Workout Name;Exercise Name;Set Order;Weight;Weight Unit;Reps;RPE;Distance;"
    "Distance Unit;Seconds;Notes;Workout Notes;Workout Duration",
    ";",
    _s2,
    holds=HOLDS,
)
S3 = table(
    '"Workout #";"Date";"Workout Name";"Duration (sec)";"Exercise Name";"Set Order";'
    '"Weight (kg)";"Reps";"RPE";"Distance (meters)";"Seconds";"Notes";"Workout Notes"',
    ";",
    _s3,
    kinds=ALL_KINDS,
    holds=HOLDS,
)
DIALECTS = {
    "strong-s1-lb": S1, "strong-s1-kg": S1, "strong-s2-lb": S2, "strong-s2-kg": S2,
    "strong-s3-kg": S3,
}  # fmt: skip
