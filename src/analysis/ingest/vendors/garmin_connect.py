"""Garmin Connect: the sets of one activity as the site loads them (`…/exerciseSets`).

Loads are grams, times GMT without saying so. A rest is a record of its own, after its set. Where
the lifter did not confirm an exercise, the watch's guess stands with its probability: such a set
keeps the guess in its name, so that no muscle is given to it unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, _json
from analysis.ingest.vendors._times import utc

NAMES = {
    "started_at": "startTime", "exercise": "exercises", "load": "weight",
    "reps": "repetitionCount", "duration_s": "duration",
}  # fmt: skip
COLUMNS = ("activity", "begun", "startTime", "exercise", "duration", "repetitionCount", "weight",
           "setType")  # fmt: skip


def exercise_name(category: str | None, name: str | None, confirmed: bool) -> str:
    """Return an exercise's name in words: `BARBELL_BENCH_PRESS` is Barbell Bench Press.

    Args:
        category: the kind of exercise, as Garmin spells it.
        name: the exercise within its kind; None where only the kind is known.
        confirmed: whether the lifter said so; a guess stays known as one.
    """
    words = (name or category or "unknown").replace("_", " ").title()
    return words if confirmed else f"Garmin's guess: {words}"


def unfold(text: str, peek: Peek) -> pl.DataFrame:
    """One row per set or rest, in the order of the file."""
    del peek
    return _json.table(_sets(_json.parse(text)), COLUMNS)


NEST = _json.Nest(("exerciseSets",), mark="setType")


def _sets(document: Any) -> Iterator[dict[str, Any]]:
    by_activity = groupby(NEST.records(document), key=lambda found: id(found[0]))
    for number, (_, found) in enumerate(by_activity):
        of_one = list(found)
        starts = sorted(
            one["startTime"] for _, one in of_one if isinstance(one.get("startTime"), str)
        )
        for activity, one in of_one:
            yield {
                **{key: one.get(key) for key in COLUMNS if key in one},
                "activity": activity.get("activityId", number),
                "begun": starts[0] if starts else None,
                "exercise": _named(list(_json.objects(one, "exercises"))) if one else None,
            }


def _named(exercises: Sequence[dict[str, Any]]) -> str:
    def probability(one: dict[str, Any]) -> float:
        value = one.get("probability")
        return float(value) if isinstance(value, int | float) else 0.0

    best = max(exercises, key=probability, default={})
    category, name = (_json.text(best.get(key)) for key in ("category", "name"))
    return exercise_name(category, name, bool(best) and probability(best) >= 100)


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Tell sets from rests, turn grams into kg, give each set the rest that follows it."""
    del peek
    assert raw is not None
    resting = pl.col("setType") == "REST"
    rest = pl.when(resting.shift(-1) & (pl.col("activity") == pl.col("activity").shift(-1)))
    grams = pl.col("weight").cast(pl.Float64, strict=False)
    columns = {
        "exercise": pl.col("exercise"),
        # 0 is what stands where nothing was entered, for bodyweight and for barbells alike.
        "load": pl.when(grams != 0).then((grams / 1000).cast(pl.String)),
        "reps": pl.when(pl.col("repetitionCount") != "0").then("repetitionCount"),
        "duration_s": pl.col("duration"),
        "rest_s": rest.then(pl.col("duration").shift(-1)),
        "started_text": pl.col("startTime"),
        "started_at": _gmt("begun"),
        "done_at": _gmt("startTime")
        + pl.duration(milliseconds=pl.col("duration").cast(pl.Float64, strict=False) * 1000),
        "not_set": pl.when(resting).then(pl.lit("rest timer")),
        "source_row": pl.col("source_row"),
    }
    return Staged(raw.select(**columns), NAMES, "kg")


def _gmt(column: str) -> pl.Expr:
    return utc(pl.col(column) + "Z")


VENDOR = Vendor(
    name="garmin_connect",
    title="Garmin Connect",
    how_to_export="no button; the exerciseSets of an activity as the site loads them, as JSON",
    recognise=lambda peek: peek.keys >= {"exerciseSets", "setType"},
    stage=stage,
    carries=Carries(
        units="fixed",
        set_times=True,
        durations=True,
        clock="utc",
        documented=("exerciseSets of one activity",),
    ),
    unfold=unfold,
    count=NEST.count,
    family="garmin_fit",
)
