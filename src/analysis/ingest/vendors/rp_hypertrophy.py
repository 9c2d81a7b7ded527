"""RP Hypertrophy: the mesocycles as its web app loads them (unofficial, no export button).

Mesocycles hold weeks, days, exercises, sets. Only sets of status `complete` were done: skipped
ones bear -1 repetitions, and those that wait bear a target. `microRirs` and `repsTarget` are
targets too and are never read as done. Each set says when it was finished, in UTC; a day has no
start, so its first finished set stands for it. Where every set done of an exercise bears a body
mass, the load includes it; a set added to a lift on a bar bears one too, and its load does not.
Exercises are numbers: their names stand in a list that the app keeps apart, and are taken from it
where it stands beside the log as `exercises.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import polars as pl

from analysis.ingest.vendors import (
    COVARIATES,
    Carries,
    Measured,
    Peek,
    Staged,
    Vendor,
    _json,
    translate,
)
from analysis.ingest.vendors._times import utc
from analysis.units import KG_PER

KINDS = {"regular": "work", "myorep": "myo", "myorep-match": "myo"}
NOT_SETS = {"skipped": "skipped", "ready": "planned", "pendingReps": "planned",
            "pendingWeight": "planned"}  # fmt: skip
NAMES = {
    "started_at": "finishedAt", "exercise": "exerciseId", "set_number": "position",
    "kind": "setType", "load": "weight", "reps": "reps", "body_mass": "bodyweight",
}  # fmt: skip
SET = ("setType", "weight", "reps", "bodyweight", "unit", "finishedAt", "status")
COLUMNS = (*SET, "day", "workout", "exerciseId", "begun", "ended", "whole_body")


def unfold(text: str, peek: Peek) -> pl.DataFrame:
    """One row per set, done or not, in the order of the mesocycles."""
    del peek
    return _json.table(_sets(_json.parse(text)), COLUMNS)


NEST = _json.Nest(("weeks", "days", "exercises", "sets"), mark="setType")


def _sets(document: Any) -> Iterator[dict[str, Any]]:
    by_day = groupby(NEST.records(document), key=lambda found: id(found[2]))
    for number, (_, found) in enumerate(by_day, start=1):
        of_day = list(found)
        cycle, week, day = of_day[0][:3]
        done = sorted(
            one["finishedAt"]
            for *_, one in of_day
            if one.get("status") == "complete" and isinstance(one.get("finishedAt"), str)
        )
        place = _json.place(week, cycle.get("weeks"))
        on_a_bar = {
            id(exercise)
            for *_, exercise, one in of_day
            if one.get("status") == "complete" and one.get("bodyweight") is None
        }
        for *_, exercise, one in of_day:
            yield {
                **{key: one.get(key) for key in SET},
                "unit": one.get("unit") or _unit(cycle, day),
                "exerciseId": exercise.get("exerciseId") if one else None,
                "workout": f"{cycle.get('name')}, week {place}, {day.get('label')}",
                "day": number,
                "begun": done[0] if done else one.get("finishedAt"),
                "ended": done[-1] if done else None,
                "whole_body": "" if id(exercise) in on_a_bar else "yes",
            }


def _days(document: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each day with its mesocycle."""
    for cycle in _json.objects(document):
        for week in _json.objects(cycle, "weeks"):
            for day in _json.objects(week, "days"):
                yield cycle, day


def _unit(cycle: dict[str, Any], day: dict[str, Any]) -> Any:
    return day.get("unit") or cycle.get("unit")


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Tell sets from plans, read the times, name the exercises."""
    assert raw is not None
    with_body = pl.col("bodyweight").is_not_null() & (pl.col("whole_body") == "yes")
    columns = {
        "exercise": pl.col("exerciseId").replace_strict(
            _json.names_beside(peek.path),
            default=pl.format("RP exercise {}", "exerciseId"),
            return_dtype=pl.String,
        ),
        "workout": pl.col("workout"),
        "kind": translate(pl.col("setType"), KINDS),
        "load": pl.col("weight"),
        "load_unit": pl.col("unit"),
        "load_basis": pl.when(with_body).then(pl.lit("total")),
        "reps": pl.col("reps"),
        "body_mass": pl.col("bodyweight"),
        "started_text": pl.col("begun"),
        "started_at": utc(pl.col("begun")),
        "ended_at": utc(pl.col("ended")),
        "done_at": utc(pl.col("finishedAt")),
        "not_set": pl.when(pl.col("status") != "complete").then(
            translate(pl.col("status"), NOT_SETS)
        ),
        "source_row": pl.col("source_row"),
    }
    return Staged(raw.select(**columns), NAMES, "")


def covariates(peek: Peek) -> Measured:
    """Body mass as the lifter gave it on a day, and the day's mean ratings, 0 to 3."""
    rows: list[tuple[Any, str, float, str]] = []
    document = _json.parse(peek.path.read_text(encoding="utf-8"))
    for cycle, day in _days(document):
        unit = _unit(cycle, day)
        at = day.get("bodyweightAt") or day.get("finishedAt")
        mass = day.get("bodyweight")
        if isinstance(mass, int | float) and unit in KG_PER:
            rows.append((at, "body_mass_kg", mass * KG_PER[unit], "kg"))
        for name in ("pump", "soreness", "workload"):
            given = [
                group[name]
                for group in _json.objects(day, "muscleGroups")
                if isinstance(group.get(name), int) and 0 <= group[name] <= 3
            ]
            if given:
                rows.append((day.get("finishedAt"), f"rp_{name}", sum(given) / len(given), "0-3"))
    frame = pl.DataFrame(
        [row for row in rows if isinstance(row[0], str)],
        schema={**COVARIATES, "date": pl.String},
        orient="row",
    )
    return Measured(
        frame.with_columns(date=pl.col("date").str.slice(0, 10).str.to_date(strict=False))
        .drop_nulls("date")
        .group_by("date", "name", "unit", maintain_order=True)
        .agg(pl.col("value").mean())
        .select(COVARIATES.names())
    )


VENDOR = Vendor(
    name="rp_hypertrophy",
    title="RP Hypertrophy",
    how_to_export="no export in the app; the mesocycles as its web app loads them, saved as JSON",
    recognise=lambda peek: peek.keys >= {"microRirs", "weeks"},
    stage=stage,
    carries=Carries(
        units="column",
        kinds=("work", "myo"),
        set_times=True,
        body_mass=True,
        load_bases=("total",),
        planned=True,
        clock="utc",
        verified=("a list of mesocycles",),
    ),
    unfold=unfold,
    count=NEST.count,
    covariates=covariates,
)
