"""Hevy: Profile → Settings → Export & Import Data → Export Workouts.

One line per set, 14 columns. Load and distance unit are two settings of the account; the header
names both. `set_index` counts from 0 within one run of an exercise. Dates are written in the
phone's language. Notes hold line breaks, real or as backslash-n, by app version.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, translate
from analysis.ingest.vendors._times import dates

KINDS = {"normal": "work", "dropset": "drop"}
LOADS = {"weight_kg": "kg", "weight_lbs": "lb"}
DISTANCES = {"distance_km": "km", "distance_miles": "mi"}
SIGNATURE = frozenset({"exercise_title", "set_index", "set_type", "start_time"})


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, translate the set kinds, read the dates."""
    assert raw is not None
    load = next(name for name in LOADS if name in peek.columns)
    distance = next((name for name in DISTANCES if name in peek.columns), None)
    optional = {
        "workout": "title", "superset": "superset_id", "rpe": "rpe", "load": load,
        "duration_s": "duration_seconds", "distance": distance,
    }  # fmt: skip
    names = {
        "started_at": "start_time", "exercise": "exercise_title", "set_number": "set_index",
        "kind": "set_type", "reps": "reps",
        **{ours: theirs for ours, theirs in optional.items() if theirs in peek.columns},
    }  # fmt: skip
    columns = {
        **{ours: pl.col(theirs) for ours, theirs in names.items()},
        "started_text": pl.col("start_time"),
        "started_at": dates("start_time", quick=peek.quick),
        "ended_at": dates("end_time", quick=peek.quick)
        if "end_time" in peek.columns
        else pl.lit(None),
        "kind": translate(pl.col("set_type"), KINDS),
        "set_number": pl.col("set_index").cast(pl.Int32, strict=False) + 1,
        "note": _note(peek),
        "source_row": pl.col("source_row"),
    }
    return Staged(raw.select(**columns), names, LOADS[load], DISTANCES.get(distance or ""))


def _note(peek: Peek) -> pl.Expr:
    notes = [name for name in ("exercise_notes", "description") if name in peek.columns]
    if not notes:
        return pl.lit(None, dtype=pl.String)
    return pl.map_batches(notes, _joined, return_dtype=pl.String, is_elementwise=True)


def _joined(notes: Sequence[pl.Series]) -> pl.Series:
    """Put what stands on an exercise above what stands on the workout; most columns are empty."""
    texts = [each.to_frame().select(_or_null(pl.first())).to_series() for each in notes]
    texts = [each for each in texts if each.null_count() < each.len()] or texts[:1]
    text = texts[0]
    if len(texts) > 1:
        text = pl.select(pl.concat_str(texts, separator="\n", ignore_nulls=True)).to_series()
        text = text.to_frame().select(_or_null(pl.first())).to_series()
    if text.str.contains("\\n", literal=True).any():
        text = text.str.replace_all("\\n", "\n", literal=True)
    return text


def _or_null(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


VENDOR = Vendor(
    name="hevy",
    title="Hevy",
    how_to_export="Profile → Settings → Export & Import Data → Export Workouts",
    recognise=lambda peek: peek.columns >= SIGNATURE and bool(peek.columns & set(LOADS)),
    stage=stage,
    carries=Carries(
        units="header",
        kinds=("work", "warmup", "drop", "failure"),
        effort=("rpe",),
        supersets=True,
        durations=True,
        distances=True,
        notes=True,
        verified=("kg or lb, km or miles",),
    ),
    free_text=frozenset({"description", "exercise_notes"}),
    numbers=frozenset({*LOADS, *DISTANCES, "reps", "duration_seconds", "rpe"}),
    looks_like=SIGNATURE | {"reps", "rpe"},
    one_of=tuple(LOADS),
    by_row=True,
)
