"""GymRun's export: a line per set with its time; no unit anywhere."""

from __future__ import annotations

import polars as pl

from analysis.simulate.cells import RUN, equipment_first, on_a_line, row, short, table, whole


def _cells(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write GymRun: nothing quoted, eight parameters of which the last are never filled."""
    del unit  # nothing says it
    return row(
        log,
        pl.col("done_at").dt.strftime("%d.%m.%Y"),
        pl.col("done_at").dt.strftime("%H:%M:%S"),
        pl.col("workout"),
        equipment_first(),
        pl.col("set_number").cum_count().over(RUN).cast(pl.String),
        short("load").fill_null("0"),
        whole("reps"),
        *[pl.lit("")] * 7,
        on_a_line("note"),
        *[pl.lit("1")] * 3,
    )


GYMRUN = table(
    "Date;Time;Routine;Exercise;Set;Weight;Reps;Duration;Distance;Para6;Para7;Para8;Para9;Para10;"
    "Note;Type;Book;Version1",
    ";",
    _cells,
    holds=("workout", "done_at", "note"),
)
DIALECTS = {"gymrun-kg": GYMRUN}
