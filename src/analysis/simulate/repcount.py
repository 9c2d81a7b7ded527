"""RepCount's export, in English with commas and in Swedish with semicolons; no unit anywhere."""

from __future__ import annotations

import polars as pl

from analysis.simulate.cells import newest_first, quoted, row, short, table, whole


def _cells(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write RepCount: exercise, notes and workout quoted; loads blank where there are none."""
    del unit  # nothing says it
    return row(
        newest_first(log),
        pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M"),
        pl.col("ended_at").dt.strftime("%Y-%m-%d %H:%M"),
        quoted(pl.col("exercise")),
        short("load"),
        whole("reps"),
        quoted(pl.col("note")),
        pl.lit(""),
        pl.lit(""),
        whole("duration_s"),
        pl.lit("Other"),
        quoted(pl.col("workout")),
        short("body_mass"),
    )


HOLDS = ("ended_at", "workout", "duration_s", "body_mass_kg", "note")
SWEDISH = table(
    "Starttid;Sluttid;Övning;Vikt;Reps;Anteckningar;Kcal;Distans;Tid;Kategori;Namn;Kroppsvikt",
    ";",
    _cells,
    holds=HOLDS,
)
ENGLISH = table(
    "Workout Start,Workout End,Exercise,Weight,Reps,Notes,Kcal,Distance,Duration,Category,Name,"
    "Bodyweight",
    ",",
    _cells,
    holds=HOLDS,
)
DIALECTS = {"repcount-swedish-kg": SWEDISH, "repcount-english-lb": ENGLISH}
