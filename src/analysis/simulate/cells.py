"""Cells of an export: numbers and text as the apps spell them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import polars as pl

from analysis.exercises import load


class Dialect(NamedTuple):
    """How one app writes: its header line, delimiter, and the cells of each row.

    The header may hold `{word}` (kg or lbs) and `{unit}` (kg or lb). `cells` takes the log of one
    athlete with loads in the export's unit, and that unit.
    """

    header: str
    delimiter: str
    cells: Callable[[pl.DataFrame, str], pl.DataFrame]


RUN = ["started_at", "exercise_number"]
"""What makes one run of one exercise in the log of one athlete."""


def row(log: pl.DataFrame, *cells: pl.Expr) -> pl.DataFrame:
    """Return the cells of every set, in the order given."""
    return log.select(cell.alias(str(place)) for place, cell in enumerate(cells))


def short(column: str) -> pl.Expr:
    """Write 100.0 as 100 and 37.5 as 37.5."""
    return decimal(column).str.strip_suffix(".0")


def decimal(column: str) -> pl.Expr:
    """Write 100.0 as 100.0."""
    return pl.col(column).cast(pl.String)


def whole(column: str) -> pl.Expr:
    """Write 8.0 as 8."""
    return pl.col(column).cast(pl.Int64).cast(pl.String)


def quoted(text: pl.Expr) -> pl.Expr:
    """Wrap text in quotes, inner ones doubled; an empty pair for nothing."""
    return pl.concat_str(pl.lit('"'), text.fill_null("").str.replace_all('"', '""'), pl.lit('"'))


def once(column: str, where: str) -> pl.Expr:
    """Show a note on the first row of its exercise or workout, quoted; elsewhere nothing."""
    return pl.when(pl.col(where)).then(quoted(pl.col(column)))


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
