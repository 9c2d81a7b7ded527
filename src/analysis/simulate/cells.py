"""Cells of an export: numbers and text as the apps spell them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from analysis.exercises import load


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one app writes.

    Attributes:
        render: the bytes of an export, from the log of one athlete with loads in the export's
            unit, and that unit.
        kinds: the kinds of sets that the app tells apart; the others are plain work in it.
        holds: the columns of the set table that it holds besides start, exercise, load and
            repetitions.
        beside: files that the app writes beside the export, by name.
    """

    render: Callable[[pl.DataFrame, str], bytes]
    kinds: frozenset[str] = frozenset({"work"})
    holds: frozenset[str] = frozenset()
    beside: Callable[[pl.DataFrame], dict[str, bytes]] | None = None


UNIT_WORDS = {"kg": "kg", "lb": "lbs"}
ALL_KINDS = frozenset({"work", "warmup", "drop", "failure"})


def table(
    header: str,
    delimiter: str,
    cells: Callable[[pl.DataFrame, str], pl.DataFrame],
    kinds: Iterable[str] = ("work",),
    holds: Iterable[str] = (),
    start: str = "",
) -> Dialect:
    """Return the dialect of a table of one line a set.

    Args:
        header: its first line; may hold `{word}` (kg or lbs) and `{unit}` (kg or lb).
        delimiter: between the cells.
        cells: the cells of each row, from the log and its unit.
        kinds: as `Dialect.kinds`.
        holds: as `Dialect.holds`.
        start: what stands before the header.
    """

    def render(log: pl.DataFrame, unit: str) -> bytes:
        rows = cells(log, unit)
        lines = rows.select(pl.concat_str(pl.all().fill_null(""), separator=delimiter))
        first = header.format(word=UNIT_WORDS[unit], unit=unit)
        return (start + "\n".join([first, *lines.to_series()]) + "\n").encode()

    return Dialect(render, frozenset(kinds), frozenset(holds))


RUN = ["started_at", "exercise_number"]
"""What makes one run of one exercise in the log of one athlete."""


def row(log: pl.DataFrame, *cells: pl.Expr) -> pl.DataFrame:
    """Return the cells of every set, in the order given."""
    return log.select(cell.alias(str(place)) for place, cell in enumerate(cells))


def short(column: str) -> pl.Expr:
    """Write 100.0 as 100 and 37.5 as 37.5."""
    return decimal(column).str.strip_suffix(".0")


def short_text(value: float | None) -> str:
    """Write 100.0 as 100 and 37.5 as 37.5, and nothing for nothing."""
    return "" if value is None else repr(value).removesuffix(".0")


def decimal(column: str) -> pl.Expr:
    """Write 100.0 as 100.0."""
    return pl.col(column).cast(pl.String)


def whole(column: str) -> pl.Expr:
    """Write 8.0 as 8."""
    return pl.col(column).cast(pl.Int64).cast(pl.String)


def quoted(text: pl.Expr) -> pl.Expr:
    """Wrap text in quotes, inner ones doubled; an empty pair for nothing."""
    return pl.concat_str(pl.lit('"'), text.fill_null("").str.replace_all('"', '""'), pl.lit('"'))


def on_a_line(column: str) -> pl.Expr:
    """Text of an app that does not quote: line breaks become spaces."""
    return pl.col(column).str.replace_all("\n", " ")


def once(column: str, where: str) -> pl.Expr:
    """Show a note on the first row of its exercise or workout, quoted; elsewhere nothing."""
    return pl.when(pl.col(where)).then(quoted(pl.col(column)))


_EQUIPMENT = r"^(.*) \((.*)\)$"


def equipment_first() -> pl.Expr:
    """Name exercises as "Barbell Squat" where Strong says "Squat (Barbell)"."""
    return pl.col("exercise").str.replace(_EQUIPMENT, "$2 $1")


def equipment_after(separator: str) -> pl.Expr:
    """Name exercises as "Squat, Barbell", with the separator given."""
    return pl.col("exercise").str.replace(_EQUIPMENT, f"${{1}}{separator}${{2}}")


def clock(seconds: pl.Expr, hours: str = "02") -> pl.Expr:
    """Write seconds as H:MM:SS, with the hours padded as Python's format says."""
    whole = seconds.cast(pl.Int64)
    parts = (whole // 3600, whole // 60 % 60, whole % 60)
    padded = [part.cast(pl.String).str.zfill(2) for part in parts]
    if hours != "02":
        padded[0] = parts[0].cast(pl.String)
    return pl.concat_str(padded, separator=":")


def basis() -> pl.Expr:
    """What an exercise's load counts, a word of `schema.LOAD_BASES`, as the catalogue says."""
    known = dict(lifts().select("exercise", "basis").iter_rows())
    return pl.col("exercise").replace_strict(known, default="none")


def newest_first(log: pl.DataFrame) -> pl.DataFrame:
    """Put the newest workout first, its sets in the order they were done."""
    return log.sort("started_at", descending=True, maintain_order=True)


def minutes() -> pl.Expr:
    """Return the length of the workout in minutes."""
    return (pl.col("ended_at") - pl.col("started_at")).dt.total_minutes()


# The lifts that simulated athletes perform, and how each app names them.


ROLE_WEIGHT = {"direct": 1.0, "indirect": 0.5}
"""Fractional sets: a direct set counts 1, an indirect one 0.5 (Pelland et al. 2025)."""


@cache
def lifts() -> pl.DataFrame:
    """Return the lifts, one row each.

    Columns: `exercise` (Strong's name, the one used inside the simulator), `hevy`, `fitnotes`
    and `category` (FitNotes' name and body part), `muscle` (the one that drives its strength),
    `basis` (a word of `schema.LOAD_BASES`), `one_rm_kg` of a typical trained lifter (with body
    mass where the basis includes it), `step_kg` and `step_lb` (smallest jump in load), `reps`
    (usual target) and `common` (drawn in cohorts; the others only in the sample stories).
    """
    return pl.read_csv(files(__package__).joinpath("vocabulary.csv").read_bytes())


@cache
def fractions() -> pl.DataFrame:
    """Return what one set of an exercise counts for a muscle: `exercise, muscle, weight`.

    The roles are the catalogue's, so that the planted dose and the program's count agree.
    """
    catalogue = load()
    names = lifts()["exercise"].to_list()
    return (
        catalogue.match(names)
        .join(catalogue.muscle_roles, on="exercise_id")
        .with_columns(weight=pl.col("role").replace_strict(ROLE_WEIGHT, default=0.0))
        .filter(pl.col("weight") > 0)
        .select("exercise", "muscle", "weight")
        .sort("exercise", "muscle")
    )
