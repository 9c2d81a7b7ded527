"""GymRun: Settings → Backup and export → Export as CSV.

One line per set with its time; a workout is one routine of one visit, and began with the visit's
first set. No unit is named. What stands
in `Duration` and `Distance` has been seen empty only, so neither is read.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor
from analysis.ingest.vendors._times import sitting

SIGNATURE = frozenset({"date", "time", "routine", "exercise", "set", "weight", "reps", "para6"})
NAMES = {
    "started_at": "date", "workout": "routine", "exercise": "exercise", "set_number": "set",
    "load": "weight", "reps": "reps", "note": "note",
}  # fmt: skip


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, read the dates, begin each workout with the visit."""
    assert raw is not None
    del peek
    moment = pl.concat_str("date", "time", separator=" ")
    forms = ("%d.%m.%y %H:%M:%S", "%d.%m.%Y %H:%M:%S")  # the short year first: %Y reads it too
    rows = raw.select(
        "source_row",
        "exercise",
        "reps",
        workout=pl.col("routine"),
        set_number=pl.col("set").cast(pl.Int32, strict=False),
        load=pl.col("weight"),
        note=pl.when(pl.col("note") != "").then(pl.col("note")),
        started_text=moment,
        done_at=pl.coalesce(
            *(moment.str.to_datetime(form, strict=False, time_unit="us") for form in forms)
        ),
    ).with_columns(started_at=sitting("done_at"))
    return Staged(rows, NAMES, None)


VENDOR = Vendor(
    name="gymrun",
    title="GymRun",
    how_to_export="Settings → Backup and export → Export as CSV",
    recognise=lambda peek: peek.columns >= SIGNATURE,
    stage=stage,
    carries=Carries(
        units="nowhere",
        set_times=True,
        notes=True,
        verified=("four-digit years",),
        documented=("two-digit years",),
    ),
    free_text=frozenset({"note", "routine"}),
    looks_like=SIGNATURE,
)
