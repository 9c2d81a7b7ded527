"""Fit Notes for iOS (not FitNotes for Android): Settings → Export to CSV.

One line per set, also of those that were only planned: `Status` tells. Loads and body mass are
kg, with a decimal comma; times are UTC. The equipment is a column of its own and is part of what
the lifter calls the exercise.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor
from analysis.ingest.vendors._times import clock_seconds, utc

SIGNATURE = frozenset({"name", "bodyweight", "exercise", "equipment", "status", "categories"})
NOT_SETS = {"NotStarted": "planned"}
KINDS = {"Done": "work", "Failed": "failure"}


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, read the instants, tell planned sets from performed ones."""
    assert raw is not None
    optional = [word for word in ("rpe", "rir", "note") if word in peek.columns]
    old = "start date (utc)" in peek.columns
    status, exercise, equipment = (
        pl.col(name).str.strip_chars() for name in ("status", "exercise", "equipment")
    )
    equipment = equipment.str.replace("^Single ", "")  # of two dumbbells one is logged
    named = exercise.str.to_lowercase().str.contains(equipment.str.to_lowercase(), literal=True)
    plain = named | equipment.fill_null("").is_in(["", "None"])
    kind = status.replace(KINDS)
    if "iswarmup" in peek.columns:
        warm = pl.col("iswarmup").str.to_lowercase() == "true"
        kind = pl.when(warm & (status == "Done")).then(pl.lit("warmup")).otherwise(kind)
    columns: dict[str, pl.Expr] = {
        "started_text": pl.concat_str("start date (utc)", "start time (utc)", separator=" ")
        if old
        else pl.col("starttime"),
        "started_at": _two_cells("start") if old else utc(pl.col("starttime")),
        "ended_at": _two_cells("end") if old else utc(pl.col("endtime")),
        "workout": pl.col("name"),
        "exercise": pl.when(plain)
        .then(exercise)
        .otherwise(pl.format("{} ({})", exercise, equipment)),
        "kind": kind,
        "load": pl.col("weight"),
        "reps": pl.col("reps"),
        "distance": pl.col("distance"),
        "duration_s": clock_seconds(pl.col("time")),
        "body_mass": pl.when(~pl.col("bodyweight").is_in(["", "0", "0,0"])).then("bodyweight"),
        "not_set": status.replace_strict(NOT_SETS, default=None, return_dtype=pl.String),
        "source_row": pl.col("source_row"),
        **{word: pl.col(word) for word in optional},
    }
    names: dict[str, str] = {
        "started_at": "start date (utc)" if old else "starttime", "exercise": "exercise",
        "load": "weight", "reps": "reps", "distance": "distance", "duration_s": "time",
        "kind": "status", "body_mass": "bodyweight", "workout": "name",
        **{word: word for word in optional},
    }  # fmt: skip
    return Staged(raw.select(**columns), names, "kg", None, "kg")


def _two_cells(which: str) -> pl.Expr:
    """A date and a clock time in the American way, `1/27/2018` and `5:45:45 AM`."""
    text = pl.concat_str(f"{which} date (utc)", f"{which} time (utc)", separator=" ")
    plain = text.str.replace_all("[\u202f\u00a0]", " ")
    return plain.str.to_datetime("%m/%d/%Y %I:%M:%S %p", strict=False, time_unit="us")


VENDOR = Vendor(
    name="fit_notes",
    title="Fit Notes (iOS, with equipment and status)",
    how_to_export="Settings → Export to CSV",
    recognise=lambda peek: peek.columns >= SIGNATURE,
    stage=stage,
    carries=Carries(
        units="fixed",
        kinds=("work", "warmup", "failure"),
        effort=("rpe", "rir"),
        body_mass=True,
        durations=True,
        notes=True,
        planned=True,
        clock="utc",
        verified=("until about 2020: dates and times in two cells",),
        documented=("with warm-ups, RPE and RIR",),
    ),
    free_text=frozenset({"name", "note"}),
    looks_like=SIGNATURE | {"reps", "weight"},
)
