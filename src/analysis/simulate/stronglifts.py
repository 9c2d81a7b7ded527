"""StrongLifts' exports: a line a workout until 2019, since then a line an exercise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import polars as pl

from analysis.simulate.cells import Dialect, short_text

Row = dict[str, Any]
SETS_A_BLOCK = 5


def _number(value: float | None) -> str:
    return f"{value or 0:g}"


def _blocks(sets: Iterable[Row]) -> Iterator[tuple[str, float, list[Row]]]:
    """Cut a workout into runs of one exercise and one load, of at most five sets."""
    for (_, load, name), run in groupby(
        sets, key=lambda each: (each["exercise_number"], each["load"] or 0.0, each["exercise"])
    ):
        rows = list(run)
        for start in range(0, len(rows), SETS_A_BLOCK):
            yield name, load, rows[start : start + SETS_A_BLOCK]


def _wide(log: pl.DataFrame, unit: str, year: int) -> bytes:
    """Write a line a workout; the columns repeat their names."""
    block = ["Weight (KG)", "Weight (LB)", *(f"Set {n}" for n in range(1, SETS_A_BLOCK + 1))]
    body = ["Workout", "Body Weight"] if year == 2016 else ["Body Weight (KG)", "Body Weight (LB)"]
    header = ["Date", "Note", *body]
    for place in (1, 2, 3):
        header += [f"Exercise {place}", *block]
    lines = [",".join(header)]
    for workout in log.partition_by("started_at", maintain_order=True):
        first = workout.row(0, named=True)
        mass = short_text(first["body_mass"])
        if year == 2016:
            cells = [
                f"{first['started_at']:%m/%d/%y}",
                '""',
                first["workout"],
                mass and mass + unit,
            ]
        else:
            sides = [mass if unit == each else "" for each in ("kg", "lb")]
            cells = [f"{first['started_at']:%m/%d/%y}", "", *sides]
        for name, load, sets in _blocks(workout.to_dicts()):
            other = load * 2.2 if unit == "kg" else load / 2.2
            both = {unit: _number(load), "kg" if unit == "lb" else "lb": f"{other:.1f}"}
            if year != 2016:
                both = {unit: _number(load)}
            cells += [name, both.get("kg", ""), both.get("lb", "")]
            cells += [_number(each["reps"]) for each in sets]
            cells += [""] * (SETS_A_BLOCK - len(sets))
        lines.append(",".join(cells))
    return ("\n".join(lines) + "\n").encode()


def _of_2016(log: pl.DataFrame, unit: str) -> bytes:
    return _wide(log, unit, 2016)


def _of_2018(log: pl.DataFrame, unit: str) -> bytes:
    return _wide(log, unit, 2018)


def _of_2026(log: pl.DataFrame, unit: str) -> bytes:
    """Write a line an exercise; a set more than was done stands at the end of each."""
    word = unit.upper()
    runs = log.partition_by("started_at", "exercise_number", maintain_order=True)
    most = max(run.height for run in runs) + 1
    pairs = [f"Set {n} (Reps),Set {n} ({word})" for n in range(1, most + 1)]
    lines = [
        f"\ufeffDate (yyyy/mm/dd),Workout,Workout Name,Program Name,Body Weight ({word}),Exercise,"
        f"Sets×Reps,Sets×Time,Top Set (Reps×{word}),e1RM ({word}),Reps,Volume ({word}),"
        f"Workout Volume ({word}),Duration (hours),Start Time (h:mm),End Time (h:mm),Notes,"
        + ",".join(pairs)
    ]
    starts = {start: n for n, start in enumerate(log["started_at"].unique().sort(), start=1)}
    for run in runs:
        sets = run.to_dicts()
        first = sets[0]
        reps = [_number(each["reps"]) for each in sets]
        loads = [_number(each["load"]) for each in sets]
        done = [cell for pair in zip(reps, loads, strict=True) for cell in pair]
        done += ["0", loads[-1], *[""] * (2 * (most - len(sets) - 1))]
        cells = [
            f"{first['started_at']:%Y/%m/%d}", str(starts[first["started_at"]]),
            f'"{first["workout"]}"', '"Program"', short_text(first["body_mass"]),
            f'"{first["exercise"]}"', "/".join([*reps, "-"]), "", *[""] * 6,
            f"{first['started_at']:%-I:%M %p}", f"{first['ended_at']:%-I:%M %p}",
            '"{}"'.format((first["note"] or "").replace('"', '""')),
        ]  # fmt: skip
        lines.append(",".join([*cells, *done]))
    return "\n".join(lines).encode()


OLD = frozenset({"body_mass_kg"})
NEW = Dialect(_of_2026, holds=OLD | {"ended_at", "workout", "note"})
DIALECTS = {
    "stronglifts-2016-lb": Dialect(_of_2016, holds=OLD | {"workout"}),
    "stronglifts-2018-kg": Dialect(_of_2018, holds=OLD),
    "stronglifts-2026-kg": NEW,
    "stronglifts-2026-lb": NEW,
}
