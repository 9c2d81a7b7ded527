"""Fitbod: Log → Settings → Export Workout Data (on some phones under Profile → Settings).

One line per set, newest workout first, always kg, in UTC. `multiplier` says how many of the
logged load there are: 2 for a pair of dumbbells, handles or sides, 4 for two dumbbells used on
one leg at a time, 0 for what is not loaded. Notes are not quoted, so a comma in one adds a cell.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor
from analysis.ingest.vendors._times import utc

SIGNATURE = frozenset({"date", "exercise", "weight(kg)", "iswarmup", "multiplier"})
NAMES = {
    "started_at": "date", "exercise": "exercise", "load": "weight(kg)", "reps": "reps",
    "duration_s": "duration(s)", "distance": "distance(m)", "kind": "iswarmup", "note": "note",
    "load_basis": "multiplier",
}  # fmt: skip
HELD = {1.0: "external", 2.0: "per_hand", 4.0: "per_hand"}


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, read the instant, tell loads per hand."""
    assert raw is not None
    note, multiplier = pl.col("note"), pl.col("multiplier")
    if "" in peek.columns:  # saved again with one more column: a comma in a note moves into it
        moved = pl.col("") != ""
        note = pl.when(moved).then(pl.format("{},{}", note, multiplier)).otherwise(note)
        multiplier = pl.when(moved).then(pl.col("")).otherwise(multiplier)
    times = multiplier.str.strip_chars().cast(pl.Float64, strict=False)
    rows = raw.select(
        "source_row",
        "exercise",
        started_text=pl.col("date"),
        started_at=utc(pl.col("date")),
        load=pl.col("weight(kg)"),
        reps=pl.col("reps"),
        duration_s=pl.col("duration(s)"),
        distance=pl.col("distance(m)"),
        kind=pl.when(pl.col("iswarmup").str.to_lowercase() == "true")
        .then(pl.lit("warmup"))
        .otherwise(pl.lit("work")),
        load_basis=pl.when(pl.col("weight(kg)").cast(pl.Float64, strict=False) > 0).then(
            times.replace_strict(HELD, default=None, return_dtype=pl.String)
        ),
        note=pl.when(note != "").then(note),
    )
    return Staged(rows, NAMES, "kg", "m")


def join_cells(cells: list[str], width: int) -> list[str]:
    """Join the cells that a comma in the note split."""
    extra = len(cells) - width
    return [*cells[:9], ",".join(cells[9 : 10 + extra]), *cells[10 + extra :]]


VENDOR = Vendor(
    name="fitbod",
    title="Fitbod",
    how_to_export="Log → Settings (gear) → Export Workout Data",
    recognise=lambda peek: peek.columns >= SIGNATURE,
    stage=stage,
    carries=Carries(
        units="fixed",
        kinds=("work", "warmup"),
        durations=True,
        distances=True,
        notes=True,
        load_bases=("external", "per_hand"),
        clock="utc",
        verified=("the app's own layout", "saved again by a spreadsheet"),
    ),
    join_cells=join_cells,
    looks_like=SIGNATURE | {"reps", "note"},
)
