"""Lyfta: Profile → Settings → Export data.

One line per set, newest workout first, no unit named. The first header cell begins with a space.
Newer exports add columns for reps in reserve and RPE.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, translate
from analysis.ingest.vendors._times import clock_seconds, dates, since, worded_seconds

SIGNATURE = frozenset({"title", "date", "exercise", "superset id", "weight", "set type"})
KINDS = {
    "NORMAL_SET": "work", "LEFT_SET": "work", "RIGHT_SET": "work", "WARMUP_SET": "warmup",
    "DROP_SET": "drop", "FAILURE_SET": "failure",
}  # fmt: skip
SIDES = {"LEFT_SET": "left", "RIGHT_SET": "right"}


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, translate the set types, read dates and lengths."""
    assert raw is not None
    names: dict[str, str] = {
        "started_at": "date", "workout": "title", "exercise": "exercise", "load": "weight",
        "reps": "reps", "distance": "distance", "duration_s": "time", "superset": "superset id",
        "kind": "set type",
        **{word: word for word in ("rir", "rpe") if word in peek.columns},
    }  # fmt: skip
    word = pl.col("set type").str.strip_chars()
    start = dates("date", quick=peek.quick)
    length = worded_seconds(clock_seconds(pl.col("duration")))
    time = pl.col("time")
    # Timed sets come as minutes:seconds.
    seconds = clock_seconds(time.str.replace(r"^(\d{1,2}:\d{2})$", "0:$1"))
    columns: dict[str, pl.Expr] = {
        **{ours: pl.col(theirs) for ours, theirs in names.items()},
        "started_text": pl.col("date"),
        "started_at": start,
        "ended_at": since(start, length),
        "kind": translate(word, KINDS),
        "side": word.replace_strict(SIDES, default=None, return_dtype=pl.String),
        "duration_s": seconds,
        "superset": pl.when(pl.col("superset id") != "").then(pl.col("superset id")),
        "source_row": pl.col("source_row"),
    }
    return Staged(raw.select(**columns), names, None)


VENDOR = Vendor(
    name="lyfta",
    title="Lyfta",
    how_to_export="Profile → Settings → Export data",
    recognise=lambda peek: peek.columns >= SIGNATURE,
    stage=stage,
    carries=Carries(
        units="nowhere",
        kinds=("work", "warmup", "drop", "failure"),
        effort=("rpe", "rir"),
        supersets=True,
        durations=True,
        verified=("ten columns",),
        documented=("with RIR and RPE", "set types but NORMAL_SET"),
    ),
    free_text=frozenset({"title"}),
    looks_like=SIGNATURE | {"reps", "duration"},
    by_row=True,
)
