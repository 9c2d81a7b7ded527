"""Every table that crosses a border in this package, one definition each.

The set table is the house's lingua franca: each vendor file writes it, each measure reads it.
One row is one performed set. The unit of a column is the suffix of its name. Muscles are not in
it: they join from `analysis.exercises`, so that a mapping fix needs no second import.

`docs/columns.md` is printed from here; a test fails when the two differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

KINDS = {
    "work": "a working set, or a set whose app does not mark kinds",
    "warmup": "marked as warm-up by the lifter or the app",
    "drop": "a drop set: load lowered, no rest",
    "failure": "marked as taken to failure",
    "backoff": "a lighter set after the top set",
    "amrap": "as many reps as possible",
    "myo": "a myo-rep or rest-pause cluster",
    "cooldown": "marked as cool-down",
}
"""Set kinds. A vendor's unknown word is kept as it is and reported, never swallowed."""

LOAD_BASES = {
    "external": "load_kg is the whole load on the bar, stack or sled",
    "per_hand": "load_kg is one dumbbell, kettlebell or handle of two",
    "added": "body mass plus load_kg",
    "assistance": "body mass minus load_kg: a bigger number is an easier set",
    "bodyweight": "body mass alone; load_kg is empty or 0, or the body mass itself",
    "total": "load_kg is all that is moved, body mass included",
    "none": "no load in the exercise: timed, distance, mobility",
    "unknown": "what load_kg counts is not known: the exercise is unmapped, or its name does not "
    "say what it is done with",
}


PLAIN_TYPES = {
    pl.String: "text",
    pl.Float64: "number",
    pl.Int32: "whole number",
    pl.Int64: "whole number",
    pl.Date: "date",
    pl.Datetime: "date and time",
}
"""A column's type as a reader of a CSV or XLSX file knows it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, what it means, and the values it may hold."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    doc: str
    required: bool = False
    low: float | None = None
    high: float | None = None
    vocabulary: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        """The allowed range in words, empty when there is none."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.low:,.0f} to {self.high:,.0f}"

    @property
    def kind(self) -> str:
        """The type in a word of `PLAIN_TYPES`."""
        return next(words for dtype, words in PLAIN_TYPES.items() if self.dtype == dtype)


VERSION = 1
"""Of the set table, raised when a column comes, goes or changes its meaning. A table that bears no
version is of version 1."""

VERSION_KEY = "liftdose.schema"
"""Where a Parquet file says the version of its set table."""

SETS: tuple[Column, ...] = (
    Column("athlete", pl.String, "who lifted; a folder or file name, or --athlete", required=True),
    Column(
        "session",
        pl.String,
        "one workout of one athlete: its start, with #2 … for a second one of the same start",
        required=True,
    ),
    Column(
        "started_at",
        pl.Datetime("us"),
        "start of the workout on the lifter's wall clock, no zone; midnight where the app "
        "exports the day only",
        required=True,
    ),
    Column("ended_at", pl.Datetime("us"), "end of the workout, where the app exports it"),
    Column("workout", pl.String, "name of the workout as logged"),
    Column("exercise", pl.String, "the exercise as the export names it", required=True),
    Column("exercise_id", pl.String, "the catalogue's id; empty when the name is not mapped"),
    Column(
        "exercise_number",
        pl.Int32,
        "1-based place of this run of one exercise in the workout; a second run of the same "
        "exercise has its own number",
        low=1,
        high=1000,
    ),
    Column(
        "set_number",
        pl.Int32,
        "1-based place of the set in its run of the exercise",
        low=1,
        high=1000,
    ),
    Column("kind", pl.String, "what sort of set", required=True, vocabulary=tuple(KINDS)),
    Column("load_kg", pl.Float64, "load as logged, in kg; see load_basis", low=0, high=1500),
    Column("load_basis", pl.String, "what load_kg counts", True, vocabulary=tuple(LOAD_BASES)),
    Column(
        "reps", pl.Float64, "repetitions; empty for timed or distance work", low=0, high=20_000
    ),
    Column(
        "rir", pl.Float64, "reps in reserve; 10 - RPE where only RPE is logged", low=0, high=10
    ),
    Column("rpe", pl.Float64, "rating of perceived exertion as logged", low=1, high=10),
    Column("duration_s", pl.Float64, "duration of the set, s", low=0, high=172_800),
    Column("distance_m", pl.Float64, "distance of the set, m", low=0, high=1_000_000),
    Column(
        "rest_s", pl.Float64, "rest after the set as logged or configured, s", low=0, high=86_400
    ),
    Column("done_at", pl.Datetime("us"), "when the set was done, where the app logs it"),
    Column(
        "body_mass_kg",
        pl.Float64,
        "the lifter's body mass that day, where the export holds it",
        low=20,
        high=400,
    ),
    Column(
        "tempo",
        pl.String,
        "eccentric-bottom-concentric-top in s, X explosive, ? not said; from a field of the app "
        "or a note that says it plainly",
    ),
    Column(
        "side",
        pl.String,
        "left or right; from a field of the app or a note that says it and nothing else",
    ),
    Column("superset", pl.String, "sets of one workout that share it were alternated"),
    Column("technique", pl.String, "a technique that the app has a field for"),
    Column("note", pl.String, "what the lifter wrote about the set, exercise or workout"),
    Column("app", pl.String, "the app whose export this is", required=True),
    Column("source_file", pl.String, "file the set came from, relative, no folders above", True),
    Column("source_row", pl.Int64, "line in that file where the record starts (header = 1)", True),
)

LEDGER: tuple[Column, ...] = (
    Column("source_file", pl.String, "the file", required=True),
    Column("vendor", pl.String, "the app recognised; empty when none was"),
    Column(
        "lines",
        pl.Int64,
        "lines of a text file, counted from its bytes; of a database, the rows of its log; empty "
        "for a file that is not read or has no lines",
    ),
    Column("header_lines", pl.Int64, "lines that are a header"),
    Column("inside_lines", pl.Int64, "lines inside a longer record, such as those of a note"),
    Column("blank_lines", pl.Int64, "lines that hold nothing"),
    Column("records", pl.Int64, "the lines that are left: each is a record, or starts one"),
    Column("with_sets", pl.Int64, "records that gave a set"),
    Column("not_sets", pl.Int64, "rest timers, notes, planned or skipped sets, templates"),
    Column("duplicates", pl.Int64, "records of sets that stand in another file of the athlete"),
    Column("rejected", pl.Int64, "records with a value that breaks a rule; see rejected"),
    Column(
        "unaccounted",
        pl.Int64,
        "records that are none of these four: lost, or counted twice; 0 where all is well",
    ),
    Column("sets", pl.Int64, "sets kept; more than with_sets where a record holds several"),
    Column(
        "not_set_kinds",
        pl.String,
        "what is no set, by kind, with its count: planned, skipped, rest timer …; sets that were "
        "not done are counted here also where their record holds others",
    ),
)

REJECTED: tuple[Column, ...] = (
    Column("source_file", pl.String, "the file", required=True),
    Column("source_row", pl.Int64, "line where the record starts"),
    Column("column", pl.String, "the column at fault, as the export names it"),
    Column("value", pl.String, "what stands there"),
    Column("rule", pl.String, "what was expected"),
)

EXERCISES: tuple[Column, ...] = (
    Column("exercise", pl.String, "the exercise as the export names it", required=True),
    Column("exercise_id", pl.String, "the catalogue's id; empty when unmapped"),
    Column(
        "method",
        pl.String,
        "how the name was mapped",
        required=True,
        vocabulary=("override", "exact", "alias", "rule", "parts", "unmapped"),
    ),
    Column("sets", pl.Int64, "sets logged under that name", required=True),
)

COVARIATES: tuple[Column, ...] = (
    Column("athlete", pl.String, "whose measure it is", required=True),
    Column("date", pl.Date, "the day; for sleep, the morning", required=True),
    Column("name", pl.String, "what was measured; the unit ends the name", required=True),
    Column("value", pl.Float64, "the day's value; the mean where several were taken", True),
    Column("unit", pl.String, "the unit, as it is printed"),
)

TABLES = {
    "sets": SETS,
    "ledger": LEDGER,
    "rejected": REJECTED,
    "exercises": EXERCISES,
    "covariates": COVARIATES,
}


def polars_schema(table: tuple[Column, ...]) -> pl.Schema:
    """Return the polars schema of one of the tables above."""
    return pl.Schema({column.name: column.dtype for column in table})


def empty(table: tuple[Column, ...]) -> pl.DataFrame:
    """Return a table of no rows."""
    return pl.DataFrame(schema=polars_schema(table))


def inert(text: pl.Expr) -> pl.Expr:
    """Return text that no spreadsheet takes for a formula: an apostrophe goes before = + - @.

    Plain numbers stay as they are.
    """
    formula = text.str.contains(r"^[=+\-@\t\r]") & text.cast(pl.Float64, strict=False).is_null()
    return pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def write_csv(table: pl.DataFrame, path: Path) -> None:
    """Write a table as CSV with inert text cells."""
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    table.with_columns(inert(pl.col(name)).alias(name) for name in texts).write_csv(path)


def columns_page() -> Iterator[str]:
    """Yield the lines of `docs/columns.md`."""
    yield "# Columns of every table"
    yield ""
    yield "Printed from `src/analysis/schema.py`. The unit is the suffix of the name."
    for title, table in TABLES.items():
        yield ""
        yield f"## {title}"
        yield ""
        yield "| column | type | may be empty | range or words | meaning |"
        yield "|---|---|---|---|---|"
        for column in table:
            values = ", ".join(column.vocabulary) or column.bounds
            blank = "no" if column.required else "yes"
            yield f"| `{column.name}` | {column.kind} | {blank} | {values} | {column.doc} |"
