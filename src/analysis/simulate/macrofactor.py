"""MacroFactor's workouts as JSON, in UTC, with the list of exercises that names them beside it."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import polars as pl

from analysis.simulate.cells import Dialect

Row = dict[str, Any]
SECOND = 1_000_000  # the app counts microseconds
TYPES = {"warmup": "warmUp", "failure": "failure"}


def _ids(log: pl.DataFrame) -> dict[str, str]:
    return {name: f"e{place:03}" for place, name in enumerate(log["exercise"].unique().sort())}


def _json(log: pl.DataFrame, unit: str) -> bytes:
    """Write workouts of blocks; a block of several exercises is a superset."""
    del unit  # nothing says it
    ids, workouts = _ids(log), []
    for workout in log.partition_by("started_at", maintain_order=True):
        first = workout.row(0, named=True)
        runs = [
            run.to_dicts() for run in workout.partition_by("exercise_number", maintain_order=True)
        ]
        length = first["ended_at"] - first["started_at"]
        workouts.append(
            {
                "id": f"{first['started_at']:%Y%m%d%H%M}",
                "name": first["workout"],
                "gymName": "Gym",
                "startTime": f"{first['started_at']:%Y-%m-%dT%H:%M:%S}.250000Z",
                "duration": int(length.total_seconds()) * SECOND,
                "workoutSource": {"runtimeType": "program", "programName": "Year"},
                "blocks": [
                    {"exercises": [_exercise(run, ids) for run in block]}
                    for _, block in groupby(runs, key=_block)
                ],
            }
        )
    return json.dumps(workouts, ensure_ascii=False).encode()


def _block(run: list[Row]) -> tuple[str, int]:
    """Exercises that share a superset stand in one block, all others in one of their own."""
    first = run[0]
    if first["superset"] is None:
        return "alone", first["exercise_number"]
    return "together", first["superset"]


def _exercise(run: list[Row], ids: dict[str, str]) -> dict[str, object]:
    return {
        "exerciseId": ids[run[0]["exercise"]],
        "baseWeight": None,
        "note": run[0]["note"] or "",
        "sets": [
            {
                "setType": TYPES.get(each["kind"], "standard"),
                "segments": [],
                "log": {
                    "runtimeType": "single",
                    "value": {
                        "weight": each["load"],
                        "fullReps": each["reps"],
                        "partialReps": None,
                        "rir": None if each["rpe"] is None else 10 - each["rpe"],
                        "distance": None,
                        "durationSeconds": each["duration_s"],
                        "restTimer": 120 * SECOND,
                        "isSkipped": False,
                    },
                    "target": None,
                },
            }
            for each in run
        ],
    }


def _exercises(log: pl.DataFrame) -> dict[str, bytes]:
    listed = [{"id": number, "name": name} for name, number in _ids(log).items()]
    return {"exercises.json": json.dumps(listed).encode()}


DIALECTS = {
    "macrofactor-kg": Dialect(
        _json,
        kinds=frozenset({"work", "warmup", "failure"}),
        holds=frozenset({"ended_at", "workout", "rir", "superset", "duration_s", "note"}),
        beside=_exercises,
    )
}
