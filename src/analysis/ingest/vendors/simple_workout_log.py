"""Simple Workout Log (Android): its backup, an SQLite file `workoutlog.bak`.

One row of `workouts` is one exercise (or one weighing) at a minute of a day; its sets stand in
`reps`. Exercises follow each other at their own times: those less than
three hours apart are one workout, past midnight too. No unit is named.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, _sqlite
from analysis.ingest.vendors._times import moments, sitting

TABLES = {
    "workouts": ("id", "date", "time", "exercise", "type", "comment"),
    "reps": ("id", "date_id", "weight", "rep"),
}
SETS = """
SELECT r.id, w.date, w.time, w.exercise, r.weight, r.rep, w.comment, NULL
FROM reps r LEFT JOIN workouts w ON w.id = r.date_id ORDER BY w.date, w.time, r.id
"""
# Rows that are no sets are numbered below 0, each kind in a range of its own. Cardio was in no
# backup seen, so its times and distances are not read.
OTHERS = {
    "cardio": "SELECT -c.id, w.date, w.time, w.exercise, NULL, NULL, w.comment, 'cardio' "
    "FROM cardio c LEFT JOIN workouts w ON w.id = c.date_id ORDER BY c.id",
    "weight": "SELECT -1000000000 - x.id, w.date, w.time, w.exercise, x.weight, NULL, w.comment, "
    "'body mass' FROM weight x LEFT JOIN workouts w ON w.id = x.date_id ORDER BY x.id",
}
NAMES = {"started_at": "date", "exercise": "exercise", "load": "weight", "reps": "rep",
         "body_mass": "weight"}  # fmt: skip
COLUMNS = ("source_row", "date", "time", "exercise", "load", "reps", "note", "not_set")


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Read the sets; `source_row` is the row id in `reps`, negative for cardio and weighings.

    Body mass is in the unit of the loads, by the app's one setting.
    """
    del raw  # not a text format
    table = _read(peek)
    moment = moments(table.select(pl.format("{} {}:00", "date", "time")).to_series())
    weighed = (
        table.filter(pl.col("not_set") == "body mass")
        .unique("date", keep="last", maintain_order=True)
        .select("date", body_mass="load")
    )
    rows = (
        table.with_columns(at=moment)
        .with_columns(started_at=sitting("at", pl.col("not_set").is_not_null()))
        .join(weighed, on="date", how="left", maintain_order="left")
    )
    done = pl.col("not_set").is_null()
    return Staged(
        rows.lazy().select(
            "exercise", "reps", "source_row", "started_at", "not_set",
            started_text=pl.format("{} {}", "date", "time"),
            load=pl.when(done).then("load"),
            body_mass=pl.when(done).then("body_mass"),
            note=pl.when(pl.col("note") != "").then("note"),
        ),
        NAMES,
        None,
    )  # fmt: skip


def _read(peek: Peek) -> pl.DataFrame:
    with _sqlite.opened(peek.path) as base:
        for table, columns in TABLES.items():
            if not _sqlite.has(base, table, *columns):
                raise ValueError(
                    f"its table {table} lacks one of the columns {', '.join(columns)}"
                )
        parts = [_sqlite.rows(base, SETS, COLUMNS)]
        for table, query in OTHERS.items():
            if _sqlite.has(base, table, "id", "date_id", table if table == "weight" else "time"):
                parts.append(_sqlite.rows(base, query, COLUMNS))
    return pl.concat(parts).with_columns(pl.col("source_row").cast(pl.Int64))


def count(peek: Peek) -> int:
    """Rows of the tables that are read."""
    with _sqlite.opened(peek.path) as base:
        tables = [table for table in ("reps", *OTHERS) if _sqlite.has(base, table, "id")]
        return sum(base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)


VENDOR = Vendor(
    name="simple_workout_log",
    title="Simple Workout Log",
    how_to_export="Menu → Backup/Restore → Backup (a file workoutlog.bak)",
    recognise=lambda peek: peek.tables >= {"workouts", "reps", "exercises", "exercisetoroutine"},
    stage=stage,
    count=count,
    carries=Carries(
        units="nowhere",
        body_mass=True,
        notes=True,
        verified=("the backup of 2017",),
    ),
)
