"""Fitbod's export: always kg, in UTC; a multiplier tells which loads are per hand."""

from __future__ import annotations

import polars as pl

from analysis.simulate.cells import (
    basis,
    decimal,
    equipment_first,
    newest_first,
    on_a_line,
    row,
    table,
    whole,
)

MULTIPLIERS = {"per_hand": "2.0", "none": "0.0"}


def _cells(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write Fitbod: nothing quoted, a space before repetitions and multiplier."""
    del unit  # always kg
    rows = newest_first(log)
    return row(
        rows,
        pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M:%S +0000"),
        equipment_first(),
        pl.format(" {}", whole("reps").fill_null("0")),
        decimal("load_kg").fill_null("0.0"),
        decimal("duration_s").fill_null("0.0"),
        *[pl.lit("0.0")] * 3,
        pl.when(pl.col("kind") == "warmup").then(pl.lit("true")).otherwise(pl.lit("false")),
        on_a_line("note"),
        pl.format(" {}", basis().replace_strict(MULTIPLIERS, default="1.0")),
    )


FITBOD = table(
    "Date,Exercise,Reps,Weight(kg),Duration(s),Distance(m),Incline,Resistance,isWarmup,Note,"
    "multiplier",
    ",",
    _cells,
    kinds=("work", "warmup"),
    holds=("duration_s", "note"),
)
DIALECTS = {"fitbod-kg": FITBOD}
