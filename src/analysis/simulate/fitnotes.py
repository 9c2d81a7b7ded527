"""FitNotes' exports: F1 with the unit in the header, F3 with units and comments on the rows."""

from __future__ import annotations

import polars as pl

from analysis.simulate.cells import clock, decimal, lifts, quoted, row, table, whole


def _columns(log: pl.DataFrame) -> pl.DataFrame:
    names = dict(lifts().select("exercise", "fitnotes").iter_rows())
    parts = dict(lifts().select("exercise", "category").iter_rows())
    return log.with_columns(
        date=pl.col("started_at").dt.strftime("%Y-%m-%d"),
        category=pl.col("exercise").replace_strict(parts, default="Abs"),
        exercise=pl.col("exercise").replace(names),
        time=clock(pl.col("duration_s"), "0"),
        load=pl.when(pl.col("reps").is_not_null()).then(pl.col("load").fill_null(0.0)),
    )


def _f1(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write F1: the unit in the header, nothing quoted."""
    del unit
    return row(
        _columns(log),
        pl.col("date"), pl.col("exercise"), pl.col("category"), decimal("load"),
        whole("reps"), pl.lit(""), pl.lit(""), pl.col("time"),
    )  # fmt: skip


def _f3(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write F3: the unit on every loaded row, the comment quoted."""
    words = {"kg": "kgs", "lb": "lbs"}
    return row(
        _columns(log),
        pl.col("date"), pl.col("exercise"), pl.col("category"), decimal("load"),
        pl.when(pl.col("load").is_not_null()).then(pl.lit(words[unit])),
        whole("reps"), pl.lit(""), pl.lit(""), pl.col("time"),
        quoted(pl.col("note")),
    )  # fmt: skip


F1 = table(
    "Date,Exercise,Category,Weight ({unit}s),Reps,Distance,Distance Unit,Time",
    ",",
    _f1,
    holds=("duration_s",),
)
F3 = table(
    "Date,Exercise,Category,Weight,Weight Unit,Reps,Distance,Distance Unit,Time,Comment",
    ",",
    _f3,
    holds=("duration_s", "note"),
)
DIALECTS = {
    "fitnotes-f1-kg": F1, "fitnotes-f1-lb": F1, "fitnotes-f3-kg": F3, "fitnotes-f3-lb": F3,
}  # fmt: skip
