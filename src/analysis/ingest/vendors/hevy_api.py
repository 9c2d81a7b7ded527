"""Hevy's API: what `GET /v1/workouts` of api.hevyapp.com returns, for subscribers with a key.

Workouts hold exercises, which hold sets. Always kg and metres, times in UTC. The key of a
superset is `supersets_id` in what is returned, `superset_id` in what is sent; both are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, _json, translate
from analysis.ingest.vendors._times import utc
from analysis.ingest.vendors.hevy import KINDS

NAMES = {
    "started_at": "start_time", "exercise": "title", "set_number": "index", "kind": "type",
    "load": "weight_kg", "reps": "reps", "distance": "distance_meters",
    "duration_s": "duration_seconds", "rpe": "rpe", "superset": "supersets_id",
}  # fmt: skip
SET = ("index", "type", "weight_kg", "reps", "distance_meters", "duration_seconds", "rpe",
       "custom_metric")  # fmt: skip
COLUMNS = ("start_time", "end_time", "workout", "description", "title", "notes", "supersets_id",
           *SET)  # fmt: skip


def unfold(text: str, peek: Peek) -> pl.DataFrame:
    """One row per set, in the order of the file."""
    del peek
    return _json.table(_sets(_json.parse(text)), COLUMNS)


NEST = _json.Nest(("exercises", "sets"), mark="weight_kg", before="workouts")


def _sets(document: Any) -> Iterator[dict[str, Any]]:
    for workout, exercise, one in NEST.records(document):
        yield {
            **{name: one.get(name) for name in SET},
            "start_time": workout.get("start_time"),
            "end_time": workout.get("end_time"),
            "workout": workout.get("title"),
            "description": workout.get("description"),
            "title": exercise.get("title") if one else None,
            "notes": exercise.get("notes"),
            "supersets_id": exercise.get("supersets_id", exercise.get("superset_id")),
        }


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, translate the set kinds, read the times."""
    del peek
    assert raw is not None
    metric = pl.format("custom metric {}", "custom_metric")
    note = pl.concat_str(
        [pl.when(pl.col(name) != "").then(name) for name in ("notes", "description")]
        + [pl.when(pl.col("custom_metric").is_not_null()).then(metric)],
        separator="\n",
        ignore_nulls=True,
    )
    columns = {
        **{ours: pl.col(theirs) for ours, theirs in NAMES.items()},
        "workout": pl.col("workout"),
        "started_text": pl.col("start_time"),
        "started_at": utc(pl.col("start_time")),
        "ended_at": utc(pl.col("end_time")),
        "kind": translate(pl.col("type"), KINDS),
        "set_number": pl.col("index").cast(pl.Int32, strict=False) + 1,
        "note": note,
        "source_row": pl.col("source_row"),
    }
    return Staged(raw.select(**columns), NAMES, "kg", "m")


VENDOR = Vendor(
    name="hevy_api",
    title="Hevy API",
    how_to_export="Hevy Pro: Settings → Developer → API key; save every page of GET /v1/workouts",
    recognise=lambda peek: peek.keys >= {"exercises", "exercise_template_id", "sets"},
    stage=stage,
    carries=Carries(
        units="fixed",
        kinds=("work", "warmup", "drop", "failure"),
        effort=("rpe",),
        supersets=True,
        durations=True,
        distances=True,
        notes=True,
        clock="utc",
        verified=("a list of workouts",),
        documented=("pages of workouts",),
    ),
    unfold=unfold,
    count=NEST.count,
    family="hevy",
)
