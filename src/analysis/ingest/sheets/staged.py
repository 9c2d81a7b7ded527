"""A file that a recipe describes, staged like any app's export."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

import polars as pl

from analysis.ingest.sheets import layout as layouts_of
from analysis.ingest.sheets.grid import read_tabs
from analysis.ingest.sheets.layout import Layout, Row
from analysis.ingest.vendors import Carries, Peek, Staged, Vendor

TEXTS = ("exercise", "workout", "load", "load_unit", "reps", "rpe", "rir", "duration_s", "note",
         "load_basis", "kind", "not_set", "started_text")  # fmt: skip


OWN_TABLE = "recipe"
"""The app column of what a recipe describes."""


def own_table(layouts: tuple[Layout, ...], encoding: str | None = None) -> Vendor:
    """Return the vendor of files that these layouts describe."""

    def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
        del raw  # the recipe's own reader takes the file
        tabs = read_tabs(peek.path, encoding)
        return staged(list(layouts_of.read(layouts, tabs)))

    return Vendor(
        name=OWN_TABLE,
        title="recipe.toml",
        how_to_export="`liftdose recipe FILE` drafts a recipe for a table of your own",
        recognise=lambda _: False,
        stage=stage,
        carries=Carries(units="some layouts", effort=("rpe", "rir"), notes=True, clock="day"),
    )


def staged(rows: Sequence[Row]) -> Staged:
    """Return rows as the columns that `ingest` checks."""
    texts = [_texts(row) for row in rows]
    table = pl.DataFrame(texts, schema=dict.fromkeys(TEXTS, pl.String), orient="row").with_columns(
        pl.Series("started_at", [_midnight(row) for row in rows], pl.Datetime("us")),
        pl.Series("source_row", [row.number for row in rows], pl.Int64),
    )
    names = {"started_at": "date", "load": "load", "reps": "reps", "exercise": "exercise"}
    has_unit = bool((table["load_unit"].is_not_null() & table["not_set"].is_null()).any())
    return Staged(table.lazy(), names, "" if has_unit else None)


def _midnight(row: Row) -> datetime | None:
    return None if row.at is None else datetime.combine(row.at, time())


def _texts(row: Row) -> tuple[str | None, ...]:
    """A row's texts in the order of `TEXTS`."""
    one = row.one
    said = (
        *(row.exercise, row.workout, one.load, row.unit if one.load else "", one.reps),
        *(one.rpe, one.rir, one.duration_s, row.note, one.basis, "work", one.planned, row.day),
    )
    return tuple(text or None for text in said)
