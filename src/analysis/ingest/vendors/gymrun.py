"""GymRun: Settings → Backup and export → Export as CSV.

One line per set with its time; a workout is one routine of one visit, and began with the visit's
first set. No unit is named. `Duration` and `Distance` have been seen empty only: of a duration
that is read which says its unit (`0:01:30`, `90 s`), any other value is left empty and told.
`Para6` to `Para10` are the lifter's own fields and join the note.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor
from analysis.ingest.vendors._times import clock_seconds, sitting, worded_seconds

SIGNATURE = frozenset({"date", "time", "routine", "exercise", "set", "weight", "reps", "para6",
                       "duration", "distance", "note"})  # fmt: skip
NAMES = {
    "started_at": "date", "workout": "routine", "exercise": "exercise", "set_number": "set",
    "load": "weight", "reps": "reps", "note": "note", "duration_s": "duration",
    "distance": "distance",
}  # fmt: skip
OWN_FIELDS = ("para6", "para7", "para8", "para9", "para10")


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, read the dates, begin each workout with the visit."""
    assert raw is not None
    own = [
        pl.when(pl.col(name) != "").then(pl.format(f"{name.title()}: {{}}", name))
        for name in OWN_FIELDS
        if name in peek.columns
    ]
    moment = pl.concat_str("date", "time", separator=" ")
    forms = ("%d.%m.%y %H:%M:%S", "%d.%m.%Y %H:%M:%S")  # the short year first: %Y reads it too
    rows = raw.select(
        "source_row",
        "exercise",
        "reps",
        workout=pl.col("routine"),
        set_number=pl.col("set").cast(pl.Int32, strict=False),
        load=pl.col("weight"),
        duration_s=_seconds(pl.col("duration")),
        distance=pl.col("distance"),
        note=pl.concat_str(
            pl.when(pl.col("note") != "").then("note"), *own, separator="\n", ignore_nulls=True
        ),
        started_text=moment,
        done_at=pl.coalesce(
            *(moment.str.to_datetime(form, strict=False, time_unit="us") for form in forms)
        ),
    ).with_columns(started_at=sitting("done_at"))
    return Staged(rows, NAMES, None)


def _seconds(text: pl.Expr) -> pl.Expr:
    """A duration as seconds, in text; one without a unit stays no number, to be told."""
    clock = clock_seconds(text)
    said = pl.when(text.str.contains(r"\d\s*[^\W\d_]")).then(worded_seconds(text))
    return (
        pl.when(clock != text)
        .then(clock)
        .when(said.is_not_null())
        .then(said.cast(pl.String))
        .when(text != "")
        .then(pl.format("{} (of which unit?)", text))
    )


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
