"""Strong (iOS, Android): Settings → Export Strong Data.

One line per set under a dozen dialects of one header, by app version and platform. A workout is
known by its `Date`. Some dialects name the unit in the header or in a column; the most common
one names none. Rest timers and notes may stand as rows of their own.
"""

from __future__ import annotations

import re

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, translate
from analysis.ingest.vendors._times import iso, since, worded_seconds

SPELLINGS = {
    "started_text": ("date",),
    "workout": ("workout name", "nom de l'entraînement"),
    "length": ("duration", "duration (sec)", "workout duration", "durée"),
    "exercise": ("exercise name", "nom de l'exercice"),
    "order": ("set order", "ordre de la série"),
    "load": ("weight", "weight (kg)", "weight (lbs)", "kg", "lb", "lbs", "poids"),
    "load_unit": ("weight unit",),
    "reps": ("reps", "réps"),
    "rpe": ("rpe",),
    "distance": ("distance", "distance (meters)", "km", "mi", "mi."),
    "distance_unit": ("distance unit",),
    "duration_s": ("seconds", "secondes"),
    "note": ("notes",),
    "workout_note": ("workout notes", "notes d'entraînement"),
}
LOAD_UNITS = {"weight (kg)": "kg", "weight (lbs)": "lb", "kg": "kg", "lb": "lb", "lbs": "lb"}
DISTANCE_UNITS = {"distance (meters)": "m", "km": "km", "mi": "mi", "mi.": "mi"}
# Columns of the most common dialect: a header in another language is read by place.
PLACES = (
    "started_text", "workout", "length", "exercise", "order", "load", "reps", "distance",
    "duration_s", "note", "workout_note", "rpe",
)  # fmt: skip
KINDS = {"W": "warmup", "WARM_UP": "warmup", "D": "drop", "DROP_SET": "drop",
         "F": "failure", "FAILURE": "failure"}  # fmt: skip
NOT_SETS = {"Rest Timer": "rest timer", "Note": "note"}
NEEDED = frozenset({"started_text", "exercise", "order", "load", "reps"})
_FIRST_RECORD = re.compile(r"\n\"?\d{4}-\d{2}-\d{2} \d{2}:\d{2}")


def recognise(peek: Peek) -> bool:
    """Known header words, or the common shape in an unknown language."""
    cells = _cells(peek)
    if set(_named(cells)) >= NEEDED:
        return True
    by_place = len(cells) == len(PLACES) and cells[-1] == "rpe"
    return by_place and _FIRST_RECORD.search(peek.head) is not None


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, tell sets from rest timers and notes, read dates and durations."""
    assert raw is not None
    names = _columns(peek)
    rows = raw.select(
        pl.col("source_row"),
        *(_or_null(pl.col(theirs)).alias(ours) for ours, theirs in names.items()),
    )
    order = pl.col("order").str.strip_chars()
    columns = {
        "started_at": pl.col("started_text").map_batches(iso, return_dtype=pl.Datetime("us")),
        "kind": pl.when(order.str.contains(r"^\d+$")).then(pl.lit("work"))
        .otherwise(translate(order, KINDS)),
        "not_set": order.replace_strict(NOT_SETS, default=None, return_dtype=pl.String),
        "rest_s": _rest(names),
        "note": _note(names),
    }  # fmt: skip
    rows = rows.with_columns(**columns)
    if "length" in names:
        rows = rows.with_columns(
            ended_at=since(pl.col("started_at"), worded_seconds(pl.col("length")))
        )
    load, distance = names.get("load", ""), names.get("distance", "")
    by_row = "" if "load_unit" in names else None
    return Staged(
        rows.drop("order", "length", "workout_note", strict=False),
        {**names, "started_at": names["started_text"], "kind": names["order"]},
        LOAD_UNITS.get(load, by_row),
        DISTANCE_UNITS.get(distance, "" if "distance_unit" in names else None),
    )


def _or_null(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _columns(peek: Peek) -> dict[str, str]:
    """Our column -> the header's cell, lower case; by place where a header word is unknown."""
    cells = _cells(peek)
    found = _named(cells)
    if len(cells) == len(PLACES) and NEEDED - set(found):
        return dict(zip(PLACES, cells, strict=True))
    return found


def _cells(peek: Peek) -> list[str]:
    return [cell.lower().replace("\u2019", "'") for cell in peek.header]


def _named(cells: list[str]) -> dict[str, str]:
    return {
        ours: next(spelling for spelling in spellings if spelling in cells)
        for ours, spellings in SPELLINGS.items()
        if set(spellings) & set(cells)
    }


def _rest(names: dict[str, str]) -> pl.Expr:
    """Rest as configured, from the rest-timer row that follows the set."""
    timer = pl.col("order").shift(-1) == "Rest Timer"
    if "duration_s" not in names:
        return pl.lit(None, dtype=pl.String)
    return pl.when(timer).then(pl.col("duration_s").shift(-1))


def _note(names: dict[str, str]) -> pl.Expr:
    """The exercise's note, from its cell or from the note row before it, and the workout's."""
    parts = []
    if "note" in names:
        before = pl.when(pl.col("order").shift(1) == "Note").then(pl.col("note").shift(1))
        parts.append(pl.coalesce("note", before))
    if "workout_note" in names:
        parts.append(pl.col("workout_note"))
    if not parts:
        return pl.lit(None, dtype=pl.String)
    text = pl.concat_str(parts, separator="\n", ignore_nulls=True)
    return pl.when(text != "").then(text)


VENDOR = Vendor(
    name="strong",
    title="Strong",
    how_to_export="Settings → Export Strong Data (iOS: Profile → Settings → Export Data)",
    recognise=recognise,
    stage=stage,
    carries=Carries(
        units="some layouts",
        kinds=("work", "warmup", "drop", "failure"),
        effort=("rpe",),
        durations=True,
        distances=True,
        notes=True,
        verified=("every header since 2015",),
    ),
    free_text=frozenset({"notes", "workout notes", "workout name", "notes d'entraînement"}),
    looks_like=frozenset({"date", "workout name", "exercise name", "set order", "reps"}),
    one_of=("weight", "weight (kg)", "weight (lbs)"),
)
