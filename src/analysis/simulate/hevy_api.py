"""Hevy's API: workouts as JSON, always kg, in UTC, newest first."""

from __future__ import annotations

import json

import polars as pl

from analysis.simulate.cells import ALL_KINDS, Dialect, lifts
from analysis.simulate.hevy import KINDS


def _json(log: pl.DataFrame, unit: str) -> bytes:
    """Write one list of workouts."""
    del unit  # always kg
    names = dict(lifts().select("exercise", "hevy").iter_rows())
    named = log.with_columns(exercise=pl.col("exercise").replace(names))
    workouts = []
    for workout in reversed(named.partition_by("started_at", maintain_order=True)):
        first = workout.row(0, named=True)
        runs = workout.partition_by("exercise_number", maintain_order=True)
        workouts.append(
            {
                "id": f"{first['started_at']:%Y%m%d%H%M}",
                "title": first["workout"],
                "description": first["workout_note"] or "",
                "start_time": f"{first['started_at']:%Y-%m-%dT%H:%M:%S}+00:00",
                "end_time": f"{first['ended_at']:%Y-%m-%dT%H:%M:%S}+00:00",
                "exercises": [_exercise(index, run) for index, run in enumerate(runs)],
            }
        )
    return json.dumps(workouts, ensure_ascii=False).encode()


def _exercise(index: int, run: pl.DataFrame) -> dict[str, object]:
    first = run.row(0, named=True)
    return {
        "index": index,
        "title": first["exercise"],
        "notes": first["note"] or "",
        "exercise_template_id": "00000000",
        "supersets_id": first["superset"],
        "sets": [
            {
                "index": place,
                "type": KINDS[each["kind"]],
                "weight_kg": each["load_kg"],
                "reps": each["reps"],
                "distance_meters": None,
                "duration_seconds": each["duration_s"],
                "rpe": each["rpe"],
                "custom_metric": None,
            }
            for place, each in enumerate(run.iter_rows(named=True))
        ],
    }


DIALECTS = {
    "hevy_api-kg": Dialect(
        _json,
        ALL_KINDS,
        frozenset({"ended_at", "workout", "rpe", "superset", "duration_s", "note"}),
    )
}
