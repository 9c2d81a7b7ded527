"""Strong (iOS, Android): Settings → Export Strong Data.

One line per set under a dozen dialects of one header, by app version and platform. A workout is
known by its `Date`. Some dialects name the unit in the header or in a column; the most common
one names none. Rest timers and notes may stand as rows of their own.
"""

from __future__ import annotations

import csv
import re

import polars as pl

from analysis.ingest.vendors import REST_BY_SHAPE, Carries, Peek, Staged, Vendor, translate
from analysis.ingest.vendors._times import dates, since, worded_seconds

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
# Layouts by which a file without its header line is read.
WITHOUT_HEADER = (
    ("date", "workout name", "duration", "exercise name", "set order", "weight", "reps",
     "distance", "seconds", "notes", "workout notes", "rpe"),
    ("date", "workout name", "duration", "exercise name", "set order", "weight", "reps",
     "distance", "seconds", "rpe"),
    ("date", "workout name", "exercise name", "set order", "weight", "weight unit", "reps",
     "distance", "distance unit", "seconds", "notes", "workout notes"),
    ("date", "workout name", "exercise name", "set order", "weight", "weight unit", "reps", "rpe",
     "distance", "distance unit", "seconds", "notes", "workout notes"),
    ("date", "workout name", "exercise name", "set order", "weight", "weight unit", "reps", "rpe",
     "distance", "distance unit", "seconds", "notes", "workout notes", "workout duration"),
    ("workout #", "date", "workout name", "duration (sec)", "exercise name", "set order",
     "weight (kg)", "reps", "rpe", "distance (meters)", "seconds", "notes", "workout notes"),
)  # fmt: skip
LOOKS = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?"),
    "set order": re.compile(r"\d+|[A-Z][A-Z_]*|Rest Timer|Note"),
    "weight": re.compile(r"[\d.,]*"), "weight (kg)": re.compile(r"[\d.,]*"),
    "weight unit": re.compile(r"kg|lbs?|"),
    "reps": re.compile(r"[\d.]*"),
    "seconds": re.compile(r"[\d.]*"),
}  # fmt: skip
NEEDED = frozenset({"started_text", "exercise", "order", "load", "reps"})
_FIRST_RECORD = re.compile(r"\n\"?\d{4}-\d{2}-\d{2} \d{2}:\d{2}")


def recognise(peek: Peek) -> bool:
    """Known header words, the common shape in an unknown language, or records without header."""
    cells = _cells(peek)
    if set(_named(cells)) >= NEEDED or missing_header(peek) is not None:
        return True
    by_place = len(cells) == len(PLACES) and cells[-1] == "rpe"
    return by_place and _FIRST_RECORD.search(peek.head) is not None


def missing_header(peek: Peek) -> tuple[str, ...] | None:
    """Return the header of a file that begins with records, by the look of its first lines."""
    if not any(LOOKS["date"].fullmatch(cell) for cell in peek.header[:2]):
        return None
    first = list(csv.reader(peek.head.splitlines()[:20], delimiter=peek.delimiter))
    whole = [cells for cells in first if len(cells) == len(peek.header)]
    for layout in WITHOUT_HEADER:
        if len(layout) == len(peek.header) and all(_looks(layout, cells) for cells in whole):
            return layout
    return None


def _looks(layout: tuple[str, ...], cells: list[str]) -> bool:
    return all(
        LOOKS[name].fullmatch(cell.strip()) is not None
        for name, cell in zip(layout, cells, strict=True)
        if name in LOOKS
    )


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
        "started_at": dates("started_text", quick=peek.quick),
        "kind": pl.when(order.str.contains(r"^\d+$")).then(pl.lit("work"))
        .otherwise(translate(order, KINDS)),
        "not_set": _not_set(order, names),
        "note": _note(names),
    }  # fmt: skip
    rows = rows.with_columns(**columns).with_columns(rest_s=_rest(names), logged_number=order)
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


def _not_set(order: pl.Expr, names: dict[str, str]) -> pl.Expr:
    """Name rest timers and notes; in a language that is not known, by their shape.

    A rest timer has a word where the number of the set stands, seconds, and neither load nor
    repetitions; it stands after a set. One letter is a kind of set.
    """
    known = order.replace_strict(NOT_SETS, default=None, return_dtype=pl.String)
    word = ~order.str.contains(r"^\d+$") & ~order.is_in(list(KINDS)) & (order.str.len_chars() > 1)
    idle = _nothing("load") & _nothing("reps")
    if "duration_s" not in names:
        return known
    rest = word & idle & ~_nothing("duration_s") & (pl.col("exercise").shift(1).is_not_null())
    return pl.coalesce(known, pl.when(rest).then(pl.lit(REST_BY_SHAPE)))


def _nothing(column: str) -> pl.Expr:
    return (pl.col(column).cast(pl.Float64, strict=False) == 0).fill_null(pl.col(column).is_null())


def _rest(names: dict[str, str]) -> pl.Expr:
    """Rest as configured, from the rest-timer row that follows the set."""
    timer = pl.col("not_set").shift(-1).is_in([NOT_SETS["Rest Timer"], REST_BY_SHAPE])
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
    missing_header=missing_header,
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
    by_row=True,
)
