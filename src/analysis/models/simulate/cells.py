"""Cells of an export: numbers and text as the apps spell them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl


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
