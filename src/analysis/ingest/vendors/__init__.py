"""Export formats, one module each; every module here holds one `VENDOR`.

A vendor module says how to recognise one app's export and how to rename and translate its
columns. It does no unit arithmetic, no number parsing and no validation: `analysis.ingest` does
those once, for all. To support a new app, add one file with a `VENDOR` and one folder under
`tests/vendors/` with an export and the set table it must become (see CONTRIBUTING.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Literal

import polars as pl

from analysis.ingest.vendors._by_name import REFUSED as REFUSED
from analysis.problems import UnreadableError, nearest

STAGED_TEXT = (
    "workout", "exercise", "set_number", "kind", "load", "load_unit", "reps", "rir", "rpe",
    "duration_s", "distance", "distance_unit", "rest_s", "tempo", "side", "superset", "technique",
    "note", "load_basis", "body_mass", "body_mass_unit", "not_set",
)  # fmt: skip
"""Columns a vendor may fill, all text, as the export writes them, but `set_number` (an integer
that counts from 1). `load_unit`, `distance_unit` and `body_mass_unit` name the unit of their
neighbour in the same row; `load_basis` is a word of `schema.LOAD_BASES` where the export itself
says what a load counts; `not_set` says why a record is no set, empty for sets. Besides these:
`started_at`, `ended_at` and `done_at` (datetimes) with `started_text` (the raw date), and
`source_row`; and `person`, in a file that holds the sets of several people."""

COVARIATES = pl.Schema(
    {"date": pl.Date, "name": pl.String, "value": pl.Float64, "unit": pl.String}
)
"""Body measures: one row per day and measure. The unit ends the name, as everywhere
(`body_mass_kg`), and stands in `unit` for those who print it."""

_JSON_KEY = re.compile(r'"(\w{1,40})"\s*:')


REST_BY_SHAPE = "rest timer, by its shape"
"""`not_set` of a row that stands where a rest timer would, under a word nobody knows."""

HEADER = "header"
"""`not_set` of a line that is structure and no record: a header, the title of a section."""


@dataclass(frozen=True, slots=True)
class Peek:
    """The first look at a file, enough to recognise it.

    Attributes:
        path: the file.
        magic: its first bytes.
        header: cells of the first line that is not blank, stripped, as written; none for a file
            that is no table, such as JSON.
        delimiter: what separates those cells.
        head: the first lines as text.
        tables: table names, for an SQLite file.
        quick: the file is large and taken to be in the app's most usual form, so that it can be
            read in pieces; where a date turns out to be in another, it is read again without.
        headerless: the file begins with a record; `header` is what should stand above it.
    """

    path: Path
    magic: bytes = b""
    header: tuple[str, ...] = ()
    delimiter: str = ","
    head: str = ""
    tables: frozenset[str] = frozenset()
    quick: bool = False
    headerless: bool = False

    @property
    def columns(self) -> frozenset[str]:
        """Header cells in lower case."""
        return _lowered(self.header)

    def named(self, spellings: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Return our column -> the header's cell in lower case, by the spellings of each."""
        return {
            ours: spelling
            for ours, known in spellings.items()
            for spelling in known
            if spelling in self.columns
        }

    @property
    def keys(self) -> frozenset[str]:
        """Names of the members of a JSON file's objects, as far as the first look goes."""
        is_json = self.head.lstrip().startswith(("{", "["))
        return frozenset(_JSON_KEY.findall(self.head)) if is_json else frozenset()


@lru_cache(maxsize=64)
def _lowered(header: tuple[str, ...]) -> frozenset[str]:
    """Every vendor asks this of every file."""
    return frozenset(cell.lower() for cell in header)


@dataclass(frozen=True, slots=True)
class Staged:
    """A vendor's rows under the names of `STAGED_TEXT`, not yet checked.

    Attributes:
        rows: one row per record, columns of `STAGED_TEXT` that the app has.
        names: staged column -> the column's name in the export, for error messages.
        load_unit: "kg" or "lb" where the whole file has one unit, "" where the column
            `load_unit` says it row by row, None where nothing says it.
        distance_unit: the same for `distance`.
        body_mass_unit: the same for `body_mass`; None: it is in the unit of the row's load.
    """

    rows: pl.LazyFrame
    names: Mapping[str, str]
    load_unit: str | None
    distance_unit: str | None = None
    body_mass_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file holds besides sets.

    Attributes:
        rows: as `COVARIATES`.
        notes: what could not be read, a sentence each.
    """

    rows: pl.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Carries:
    """What an app's export holds, of what the set table has room for.

    Attributes:
        units: where the unit of loads is said.
        kinds: the words of `schema.KINDS` that its sets can have.
        effort: "rpe", "rir" or both, where sets can have them.
        supersets: which exercises were alternated.
        set_times: when each set was done.
        body_mass: the lifter's body mass.
        durations: timed sets.
        distances: sets over a distance.
        notes: what the lifter wrote.
        load_bases: what its loads count, where the export itself says so.
        planned: records of what was planned, skipped or not done: told apart, never sets.
        clock: whether its times are the lifter's wall clock, UTC, or days only.
        verified: the layouts that were read from real exports.
        documented: the layouts known from documentation or code alone.
    """

    units: Literal["header", "column", "header or column", "fixed", "nowhere", "some layouts"]
    kinds: tuple[str, ...] = ("work",)
    effort: tuple[Literal["rpe", "rir"], ...] = ()
    supersets: bool = False
    set_times: bool = False
    body_mass: bool = False
    durations: bool = False
    distances: bool = False
    notes: bool = False
    load_bases: tuple[str, ...] = ()
    planned: bool = False
    clock: Literal["wall", "utc", "day"] = "wall"
    verified: tuple[str, ...] = ()
    documented: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vendor:
    """How to recognise one app's export and rename its columns.

    Attributes:
        name: short name, the `app` column.
        title: the app's name as people know it.
        how_to_export: where the export hides in the app, one line.
        recognise: true for this vendor's files; signatures of two vendors must not overlap.
        stage: renames and translates. Gets the records as text columns under the export's own
            header (plus `source_row`) for text formats, None for others, and the peek.
        carries: what the export holds.
        unfold: for text that is no table of one set a line (several tables in one file, weeks or
            sets as columns, sets packed into a cell, an indented report): from the whole text to
            the text columns that `stage` gets. One row per set and one row per line that holds
            none, with a word in `not_set` (`HEADER` for structure); rows of one record share its
            `source_row`.
        separator: what separates the cells of such text, where its first line does not tell.
        free_text: header names (lower case) of cells that may hold line breaks.
        numbers: header names (lower case) of cells that are numbers in a sound file.
        join_cells: mends a record of too many cells, for apps that do not quote commas.
        looks_like: columns by which a near miss is named in the error message.
        one_of: columns for the load, by unit; a file holds one of them.
        family: the vendor whose log this one holds too, for an app of two kinds of export.
        count: counts the records of a file that has no lines of its own (JSON, SQLite) by another
            route than the one by which they are read, to be held against it.
        covariates: reads what else the file holds (body mass, sleep …).
        several: a line of the table holds several sets.
        by_row: `stage` looks at no record but the one before and the one after, and reads dates
            that tell by themselves what they mean where the peek is `quick`: files with one
            header may then be read together.
        missing_header: the header of this vendor's files that have lost theirs, None for others.
    """

    name: str
    title: str
    how_to_export: str
    recognise: Callable[[Peek], bool]
    stage: Callable[[pl.LazyFrame | None, Peek], Staged]
    carries: Carries
    unfold: Callable[[str, Peek], pl.DataFrame] | None = None
    separator: Callable[[Peek], str] | None = None
    free_text: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    join_cells: Callable[[list[str], int], list[str]] | None = None
    looks_like: frozenset[str] = field(default_factory=frozenset)
    one_of: tuple[str, ...] = ()
    family: str = ""
    count: Callable[[Peek], int] | None = None
    covariates: Callable[[Peek], Measured] | None = None
    several: bool = False
    by_row: bool = False
    missing_header: Callable[[Peek], tuple[str, ...] | None] | None = None


@cache
def known_vendors() -> tuple[Vendor, ...]:
    """Return every vendor in this package, by module name."""
    names = sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_"))
    return tuple(import_module(f"{__name__}.{name}").VENDOR for name in names)


def identify(peek: Peek) -> Vendor:
    """Return the one vendor that recognises the file.

    Raises:
        UnreadableError: the format is known by name and not read.
        UnreadableError: none does, or more than one; the message says what was found.
    """
    for known in REFUSED:
        if known.recognise(peek):
            raise UnreadableError(known.reason)
    match [vendor for vendor in known_vendors() if vendor.recognise(peek)]:
        case [vendor]:
            return vendor
        case []:
            raise UnreadableError(" ".join(_explain(peek)))
        case several:
            names = ", ".join(vendor.title for vendor in several)
            raise UnreadableError(f"reads as more than one app's export: {names}")


def _near_miss(vendor: Vendor, peek: Peek) -> str:
    """Say which columns of an app are missing, and which of the file's are spelt like them."""
    missing: list[tuple[str, ...]] = [(name,) for name in sorted(vendor.looks_like - peek.columns)]
    if vendor.one_of and not peek.columns & set(vendor.one_of):
        missing.append(vendor.one_of)
    spare = sorted(peek.columns - vendor.looks_like)
    words = []
    for names in missing:
        near = sorted({found for name in names for found in nearest(name, spare)})
        meant = f" (is {' or '.join(map(repr, near))} meant? Then rename it)" if near else ""
        words.append(" or ".join(names) + meant)
    return f"It looks like {vendor.title}, but lacks {', '.join(words)}."


def _explain(peek: Peek) -> Iterator[str]:
    if not peek.header:
        yield "not a text table, a zip or a backup that liftdose knows."
    else:
        cells = ", ".join(cell[:40] for cell in peek.header[:6])
        cells += ", …" if len(peek.header) > 6 else ""
        yield f"no known app exports the columns {cells}."
        for vendor in known_vendors():
            found = vendor.looks_like & peek.columns
            if len(found) * 2 > len(vendor.looks_like):
                yield _near_miss(vendor, peek)
    yield "See `liftdose formats` for what can be read."
    if peek.header:
        yield "For a table of your own, `liftdose recipe FILE` drafts a recipe."


def measures(table: pl.DataFrame) -> pl.DataFrame:
    """Return `COVARIATES` from a table of one row a day: `date`, and measures by their names.

    A girth of both sides (`left_thigh_cm`, `right_thigh_cm`) is also one of its own, their mean,
    on the days that both were taken. An empty cell or 0 is no measure.
    """
    names = [name for name in table.columns if name != "date"]
    both = {
        name.removeprefix("left_"): (pl.col(name) + pl.col(f"right_{name[5:]}")) / 2
        for name in names
        if name.startswith("left_") and f"right_{name[5:]}" in names
    }
    taken = table.with_columns(
        pl.when(pl.col(name) > 0).then(pl.col(name)).alias(name) for name in names
    )
    return (
        taken.with_columns(**both)
        .unpivot(index="date", variable_name="name", value_name="value")
        .drop_nulls()
        .with_columns(unit=pl.col("name").str.extract(r"_([a-z]+)$").replace("pct", "%"))
        .select(COVARIATES.names())
    )


def translate(word: pl.Expr, vocabulary: Mapping[str, str]) -> pl.Expr:
    """Return our word for the app's; a word that is not listed stays as it is, to be reported."""
    chosen = word
    for theirs, ours in vocabulary.items():
        chosen = pl.when(word == theirs).then(pl.lit(ours)).otherwise(chosen)
    return chosen
