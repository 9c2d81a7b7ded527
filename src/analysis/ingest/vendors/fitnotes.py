"""FitNotes for Android: Settings → Spreadsheet Export.

One line per set, dated by the day only: two sessions of a day are one workout here. Old versions
do not quote, so a comma in an exercise's name adds a cell; it is joined again from the right,
where the number of cells is fixed.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor
from analysis.ingest.vendors._times import clock_seconds

LOADS = {"weight (kgs)": "kg", "weight (lbs)": "lb", "weight": ""}
SIGNATURE = frozenset({"date", "exercise", "category", "reps", "distance unit", "time"})


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, read the day and the clock time."""
    assert raw is not None
    load = next(name for name in LOADS if name in peek.columns)
    names = {
        "started_at": "date", "exercise": "exercise", "load": load, "reps": "reps",
        "distance": "distance", "duration_s": "time",
    }  # fmt: skip
    columns = {
        **{ours: pl.col(theirs) for ours, theirs in names.items()},
        "started_text": pl.col("date"),
        "started_at": pl.col("date").str.to_datetime("%Y-%m-%d", strict=False, time_unit="us"),
        "duration_s": clock_seconds(pl.col("time")),
        "distance_unit": pl.col("distance unit"),
        "source_row": pl.col("source_row"),
    }
    if "comment" in peek.columns:
        columns["note"] = pl.col("comment")
    if not LOADS[load]:
        columns["load_unit"] = pl.col("weight unit")
    return Staged(raw.select(**columns), names, LOADS[load], "")


def join_cells(cells: list[str], width: int) -> list[str]:
    """Join the cells that a comma in the exercise's name split."""
    extra = len(cells) - width
    return [cells[0], ",".join(cells[1 : 2 + extra]), *cells[2 + extra :]]


VENDOR = Vendor(
    name="fitnotes",
    title="FitNotes",
    how_to_export="Settings → Spreadsheet Export → Workout data → Save Export",
    recognise=lambda peek: peek.columns >= SIGNATURE and bool(peek.columns & set(LOADS)),
    stage=stage,
    carries=Carries(
        units="header or column",
        durations=True,
        distances=True,
        notes=True,
        clock="day",
        verified=("units in the header", "units in a column", "with comments"),
    ),
    free_text=frozenset({"comment"}),
    join_cells=join_cells,
    looks_like=SIGNATURE,
    one_of=tuple(LOADS),
    by_row=True,
)
