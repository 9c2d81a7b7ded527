"""MacroFactor Workouts: the history as its service returns it (unofficial JSON).

Workouts hold blocks, which hold exercises, which hold sets; a block of several exercises is a
superset. `log.value` is what was done, `log.target` what was planned, which is not read.
Durations and rests are microseconds, times UTC. The unit of loads stands in the gym's profile,
not here; exercises are ids of a list that is kept apart, and are named where it stands beside the
log as `exercises.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, _json, translate
from analysis.ingest.vendors._times import since, utc

KINDS = {"warmUp": "warmup", "standard": "work", "failure": "failure"}
NAMES = {
    "started_at": "startTime", "exercise": "exerciseId", "kind": "setType", "load": "weight",
    "reps": "fullReps", "rir": "rir", "duration_s": "durationSeconds", "rest_s": "restTimer",
    "distance": "distance",
}  # fmt: skip
VALUE = ("weight", "fullReps", "partialReps", "rir", "distance", "durationSeconds", "restTimer",
         "isSkipped")  # fmt: skip
COLUMNS = ("startTime", "duration", "workout", "exerciseId", "note", "baseWeight", "superset",
           "setType", "runtimeType", "segments", *VALUE)  # fmt: skip


def unfold(text: str, peek: Peek) -> pl.DataFrame:
    """One row per set, in the order of the file."""
    del peek
    return _json.table(_sets(_json.parse(text)), COLUMNS)


NEST = _json.Nest(("blocks", "exercises", "sets"), mark="setType")


def _sets(document: Any) -> Iterator[dict[str, Any]]:
    for workout, block, exercise, one in NEST.records(document):
        log = next(_json.objects(one, "log"), {})
        value = next(_json.objects(log, "value"), {})
        alternated = len(_json.items(block.get("exercises"))) > 1
        yield {
            **{name: value.get(name) for name in VALUE},
            "startTime": workout.get("startTime"),
            "duration": workout.get("duration"),
            "workout": workout.get("name"),
            "exerciseId": exercise.get("exerciseId") if one else None,
            "note": exercise.get("note"),
            "baseWeight": exercise.get("baseWeight"),
            "superset": _json.place(block, workout.get("blocks")) if alternated else None,
            "setType": one.get("setType"),
            "runtimeType": log.get("runtimeType"),
            "segments": one.get("segments") or None,
        }


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, translate the set kinds, turn microseconds into seconds."""
    assert raw is not None
    kind = translate(pl.col("setType"), KINDS)
    plain = (pl.col("runtimeType") == "single").fill_null(False) & pl.col("segments").is_null()
    said = {"baseWeight": "base weight {}", "partialReps": "partials {}"}
    notes = [pl.when(pl.col("note") != "").then("note")] + [
        pl.when(pl.col(name).cast(pl.Float64, strict=False) != 0).then(pl.format(words, name))
        for name, words in said.items()
    ]
    columns = {
        **{ours: pl.col(theirs) for ours, theirs in NAMES.items()},
        "exercise": pl.col("exerciseId").replace_strict(
            _json.names_beside(peek.path),
            default=pl.format("MacroFactor exercise {}", "exerciseId"),
            return_dtype=pl.String,
        ),
        "workout": pl.col("workout"),
        "superset": pl.col("superset"),
        # A set in segments (rest-pause, drops) was in no export seen: its shape is not guessed.
        "kind": pl.when(plain).then(kind).otherwise(pl.format("{} in segments", kind)),
        "rest_s": _seconds("restTimer").cast(pl.String),
        "note": pl.concat_str(notes, separator="\n", ignore_nulls=True),
        "started_text": pl.col("startTime"),
        "started_at": utc(pl.col("startTime")),
        "ended_at": since(utc(pl.col("startTime")), _seconds("duration")),
        "not_set": pl.when(pl.col("isSkipped") == "true").then(pl.lit("skipped")),
        "source_row": pl.col("source_row"),
    }
    return Staged(raw.select(**columns), NAMES, None)


def _seconds(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64, strict=False) / 1_000_000


VENDOR = Vendor(
    name="macrofactor",
    title="MacroFactor Workouts",
    how_to_export="no export of sets in the app; the workout history of its service, as JSON",
    recognise=lambda peek: peek.keys >= {"blocks", "exerciseId", "setType", "fullReps"},
    stage=stage,
    carries=Carries(
        units="nowhere",
        kinds=("work", "warmup", "failure"),
        effort=("rir",),
        supersets=True,
        durations=True,
        notes=True,
        planned=True,
        clock="utc",
        verified=("a list of workouts",),
    ),
    unfold=unfold,
    count=NEST.count,
)
