"""Hevy's export: the unit in the header, newest workout first."""

from __future__ import annotations

import polars as pl

from analysis.simulate.cells import ALL_KINDS, RUN, lifts, quoted, row, short, table, whole

KINDS = {"work": "normal", "warmup": "warmup", "drop": "dropset", "failure": "failure"}


def _cells(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write Hevy: text quoted, numbers bare, newest workout first."""
    del unit  # the header says it
    names = dict(lifts().select("exercise", "hevy").iter_rows())
    rows = log.with_columns(
        started=_time("started_at"),
        ended=_time("ended_at"),
        exercise=pl.col("exercise").replace(names),
        index=pl.col("set_number").cum_count().over(RUN) - 1,
        kind=pl.col("kind").replace_strict(KINDS),
        rpe=pl.col("rpe").replace(6.5, 7.0),  # the app offers no 6.5
    ).sort("started_at", descending=True, maintain_order=True)
    return row(
        rows,
        quoted(pl.col("workout")),
        quoted(pl.col("started")),
        quoted(pl.col("ended")),
        quoted(pl.col("workout_note")),
        quoted(pl.col("exercise")),
        whole("superset"),
        quoted(pl.col("note")),
        whole("index"),
        quoted(pl.col("kind")),
        short("load"),
        whole("reps"),
        pl.lit(""),
        whole("duration_s"),
        short("rpe"),
    )


def _time(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%-d %b %Y, %H:%M")


HEVY = table(
    '"title","start_time","end_time","description","exercise_title","superset_id",'
    '"exercise_notes","set_index","set_type","weight_{word}","reps","distance_km",'
    '"duration_seconds","rpe"',
    ",",
    _cells,
    kinds=ALL_KINDS,
    holds=("ended_at", "workout", "rpe", "superset", "duration_s", "note"),
)
DIALECTS = {"hevy-kg": HEVY, "hevy-lb": HEVY}
