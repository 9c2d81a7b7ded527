"""Liftosaur's export: a line per set of the program, those not done included, in UTC."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from analysis.simulate.cells import equipment_after, newest_first, quoted, row, short, table, whole


def _cells(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write Liftosaur; after each workout stands a set that was planned and not done."""
    done = newest_first(log).with_row_index("at").with_columns(planned=pl.lit(False))
    last = pl.col("at") == pl.col("at").max().over("started_at")
    rows = pl.concat([done, done.filter(last).with_columns(planned=pl.lit(True))])
    rows = rows.sort("at", "planned")
    only = ~pl.col("planned")
    unit_word = pl.lit(unit)
    return row(
        rows,
        pl.col("started_at").dt.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        pl.lit("Program"),
        pl.col("workout"),
        quoted(equipment_after(", ")),
        (pl.col("kind") == "warmup").cast(pl.Int8).cast(pl.String),
        whole("reps"),
        pl.when(only).then(whole("reps")),
        pl.lit("0"),
        pl.lit("8"),  # asked for, whatever was reached
        pl.when(only).then(short("rpe")),
        pl.lit("0"),
        short("load").fill_null("0"),
        unit_word,
        pl.when(only).then(short("load").fill_null("0")),
        pl.when(only).then(unit_word),
        pl.lit("0"),
        pl.when(only).then(
            (pl.col("done_at") + timedelta(milliseconds=250)).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        ),
        pl.lit("Muscle"),
        quoted(pl.lit("Muscle,Other")),
        pl.when(pl.col("note").is_not_null()).then(quoted(pl.col("note"))),
    )


LIFTOSAUR = table(
    "Workout DateTime,Program,Day Name,Exercise,Is Warmup Set?,Required Reps,Completed Reps,"
    "Is AMRAP?,Required RPE,Completed RPE,Log RPE?,Required Weight Value,Required Weight Unit,"
    "Completed Weight Value,Completed Weight Unit,Ask Weight?,Completed Reps Time,"
    "Target Muscles,Synergist Muscles,Notes",
    ",",
    _cells,
    kinds=("work", "warmup"),
    holds=("workout", "rpe", "done_at", "note"),
)
DIALECTS = {"liftosaur-kg": LIFTOSAUR, "liftosaur-lb": LIFTOSAUR}
