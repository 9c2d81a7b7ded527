"""Liftosaur: Me → Settings → Export history to CSV file.

One line per set of the program, done or not: a line without completed repetitions was planned and
is no set. Times are UTC, of the workout and of each set. Required repetitions, RPE and loads are
the plan's and are never read as what was done.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor
from analysis.ingest.vendors._times import utc

SIGNATURE = frozenset({"workout datetime", "completed reps", "completed weight value"})
NAMES = {
    "started_at": "workout datetime", "workout": "day name", "exercise": "exercise",
    "kind": "is warmup set?", "load": "completed weight value",
    "load_unit": "completed weight unit", "reps": "completed reps", "rpe": "completed rpe",
    "done_at": "completed reps time", "note": "notes",
}  # fmt: skip


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, read the instants, tell what was done from what was planned."""
    assert raw is not None
    del peek
    rows = raw.select(
        "source_row",
        "exercise",
        started_text=pl.col("workout datetime"),
        started_at=utc(pl.col("workout datetime")),
        done_at=utc(pl.col("completed reps time")),
        workout=pl.col("day name"),
        kind=pl.when(pl.col("is warmup set?") == "1")
        .then(pl.lit("warmup"))
        .when(pl.col("is amrap?") == "1")
        .then(pl.lit("amrap"))
        .otherwise(pl.lit("work")),
        load=pl.col("completed weight value"),
        load_unit=pl.col("completed weight unit"),
        reps=pl.col("completed reps"),
        rpe=pl.col("completed rpe"),
        note=pl.when(pl.col("notes").str.strip_chars() != "").then(pl.col("notes")),
        not_set=pl.when(pl.col("completed reps").fill_null("") == "").then(pl.lit("planned")),
    )
    return Staged(rows, NAMES, "")


VENDOR = Vendor(
    name="liftosaur",
    title="Liftosaur",
    how_to_export="Me → Settings → Export history to CSV file",
    recognise=lambda peek: peek.columns >= SIGNATURE,
    stage=stage,
    carries=Carries(
        units="column",
        kinds=("work", "warmup", "amrap"),
        effort=("rpe",),
        set_times=True,
        notes=True,
        planned=True,
        clock="utc",
        verified=("the one layout",),
    ),
    free_text=frozenset({"notes", "day name"}),
    looks_like=SIGNATURE | {"exercise", "completed reps time"},
)
