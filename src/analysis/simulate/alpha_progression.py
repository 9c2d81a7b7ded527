"""Alpha Progression's reports: of 2023 in pounds, of 2026 with warm-ups, effort and commas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl

from analysis.simulate.cells import Dialect, basis, equipment_after

Row = dict[str, Any]


def _workouts(log: pl.DataFrame, name: pl.Expr) -> Iterator[tuple[Row, list[list[Row]]]]:
    """Yield each workout, newest first: its first row and the rows of each exercise."""
    named = log.with_columns(name=name, basis=basis())
    for workout in reversed(named.partition_by("started_at", maintain_order=True)):
        runs = workout.partition_by("exercise_number", maintain_order=True)
        yield workout.row(0, named=True), [run.to_dicts() for run in runs]


def _length(first: Row) -> str:
    minutes = int((first["ended_at"] - first["started_at"]).total_seconds()) // 60
    return f"{minutes // 60}:{minutes % 60:02}\u00a0hr" if minutes >= 60 else f"{minutes}\u00a0min"


def _number(value: float | None) -> str:
    return f"{value or 0:g}"


def _of_2023(log: pl.DataFrame, unit: str) -> bytes:
    """Write the report of 2023: a moment of twelve hours, the superset behind the exercise."""
    del unit  # LBS
    lines = ["\ufeff", ""]
    for first, runs in _workouts(log, equipment_after(" ")):
        moment: datetime = first["started_at"]
        when = f"{moment:%Y-%m-%d} {moment.hour % 12 or 12}:{moment:%M}"
        half = moment.strftime("%p").lower()
        lines += [
            f'"{first["workout"]}"',
            f'"{when}\u00a0{half}",{_length(first)}',
            f'"Day 1 · Week 1 · {first["workout"]}"',
        ]
        for number, sets in enumerate(runs, start=1):
            extra = "" if sets[0]["superset"] is None else f',"Superset {sets[0]["superset"]}"'
            lines += [f'"{number}. {sets[0]["name"]}"{extra}', '"10 reps"', "#,LBS,REPS"]
            lines += [
                f"{place},{_number(each['load'])},{_number(each['reps'])}"
                for place, each in enumerate(sets, start=1)
            ]
            lines.append(f"{len(sets) + 1},-,-")
        lines += ["", ""]
    return "\n".join(lines).encode()


def _of_2026(log: pl.DataFrame, unit: str) -> bytes:
    """Write the report of 2026: semicolons, decimal commas, warm-ups behind the exercise."""
    del unit  # KG
    lines = [""]
    for first, runs in _workouts(log, equipment_after(" · ")):
        moment: datetime = first["started_at"]
        when = f"{moment:%Y-%m-%d} {moment.hour}:{moment:%M} h"
        lines.append(f'"{first["workout"]}";"{when}";"{_length(first)}"')
        for number, sets in enumerate(runs, start=1):
            lines += _exercise_of_2026(number, sets)
        lines.append("")
    return "\n".join(lines).encode()


def _exercise_of_2026(number: int, sets: list[Row]) -> Iterator[str]:
    warm = [each for each in sets if each["kind"] == "warmup"]
    behind = [
        f"WU{place} · {_load(each)} kg · {_number(each['reps'])} reps"
        for place, each in enumerate(warm, start=1)
    ]
    behind += [sets[0]["note"]] if sets[0]["note"] else []
    behind += [] if sets[0]["superset"] is None else [f"Superset {sets[0]['superset']}"]
    tail = f';"{"<br>".join(behind)}"' if behind else ""
    timed = sets[0]["duration_s"] is not None
    target = "60 secs" if timed else "8 reps"
    yield f'"{number}. {sets[0]["name"]} · {target}"{tail}'
    yield "#;KG;SECS" if timed else "#;KG;REPS;RIR"
    for place, each in enumerate((each for each in sets if each["kind"] != "warmup"), start=1):
        rir = "" if each["rpe"] is None else _number(10 - each["rpe"]).replace(".", ",")
        amount = _number(each["duration_s"]) if timed else f"{_number(each['reps'])};{rir}"
        yield f"{place};{_load(each)};{amount}"


def _load(each: Row) -> str:
    plus = "+" if each["basis"] == "bodyweight" else ""
    return plus + _number(each["load"]).replace(".", ",")


DIALECTS = {
    "alpha_progression-2023-lb": Dialect(
        _of_2023, holds=frozenset({"ended_at", "workout", "superset"})
    ),
    "alpha_progression-2026-kg": Dialect(
        _of_2026,
        kinds=frozenset({"work", "warmup"}),
        holds=frozenset({"ended_at", "workout", "rir", "superset", "duration_s", "note"}),
    ),
}
