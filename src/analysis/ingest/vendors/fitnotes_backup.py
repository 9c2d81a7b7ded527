"""FitNotes backup: Settings → Backup. An SQLite file that also holds supersets and times.

`metric_weight` is kg whatever the lifter's unit; `unit` is a display code and is ignored. Rows
may stand out of date order (imports): sets are taken by day, then by row id.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor

SETS = """
SELECT t._id, t.date, e.name, t.metric_weight, t.reps, {distance}, {duration}, {comment},
       {superset}, {start}, {end}
FROM training_log t LEFT JOIN exercise e ON e._id = t.exercise_id
ORDER BY t.date, t._id
"""
# What newer versions of the backup hold, and where; older ones lack the table or the column.
OPTIONAL = {
    "distance": ("training_log.distance", "t.distance"),
    "duration": ("training_log.duration_seconds", "t.duration_seconds"),
    "comment": (
        "Comment.comment",
        "(SELECT group_concat(c.comment, char(10)) FROM Comment c"
        " WHERE c.owner_type_id = 1 AND c.owner_id = t._id)",
    ),
    "superset": (
        "WorkoutGroupExercise.workout_group_id",
        "(SELECT min(g.workout_group_id) FROM WorkoutGroupExercise g"
        " WHERE g.exercise_id = t.exercise_id AND g.date = t.date)",
    ),
    "start": (
        "WorkoutTime.start_date_time",
        "(SELECT min(w.start_date_time) FROM WorkoutTime w WHERE w.workout_date = t.date)",
    ),
    "end": (
        "WorkoutTime.end_date_time",
        "(SELECT max(w.end_date_time) FROM WorkoutTime w WHERE w.workout_date = t.date)",
    ),
}
NAMES = {
    "started_at": "date", "exercise": "name", "load": "metric_weight", "reps": "reps",
    "distance": "distance", "duration_s": "duration_seconds",
}  # fmt: skip


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Read the sets; `source_row` is the row id in `training_log`."""
    del raw  # not a text format
    uri = f"{peek.path.resolve().as_uri()}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as base:
        base.text_factory = lambda data: data.decode("utf-8", errors="replace")
        wanted = {key: _if_there(base, where, sql) for key, (where, sql) in OPTIONAL.items()}
        rows = base.execute(SETS.format(**wanted)).fetchall()
    columns = ("source_row", "day", "exercise", "load", "reps", "distance", "duration_s", "note",
               "superset", "start", "end")  # fmt: skip
    table = pl.DataFrame(
        [[None if cell is None else str(cell) for cell in row] for row in rows],
        schema=dict.fromkeys(columns, pl.String),
        orient="row",
    )
    return Staged(
        table.lazy().select(
            pl.col("source_row").cast(pl.Int64),
            pl.col("exercise", "load", "superset", "note"),
            pl.col("day").alias("started_text"),
            pl.coalesce(_wall_clock("start"), _day()).alias("started_at"),
            _wall_clock("end").alias("ended_at"),
            *(_unless_zero(name) for name in ("reps", "distance", "duration_s")),
        ),
        NAMES,
        "kg",
        "m",
    )


def _if_there(base: sqlite3.Connection, where: str, sql: str) -> str:
    table, column = where.split(".")
    found = base.execute("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, column))
    return sql if found.fetchone() else "NULL"


def _day() -> pl.Expr:
    return pl.col("day").str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")


def _wall_clock(column: str) -> pl.Expr:
    """The clock on the lifter's wall: the offset is dropped, not applied."""
    return (
        pl.col(column)
        .str.slice(0, 19)
        .str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    )


def _unless_zero(column: str) -> pl.Expr:
    """The backup writes 0 where the spreadsheet export writes nothing."""
    return (
        pl.when(pl.col(column).cast(pl.Float64, strict=False) != 0)
        .then(pl.col(column))
        .alias(column)
    )


VENDOR = Vendor(
    name="fitnotes_backup",
    title="FitNotes backup",
    how_to_export="Settings → Backup → Save Backup (a .fitnotes file)",
    recognise=lambda peek: peek.tables >= {"training_log", "exercise"},
    stage=stage,
    carries=Carries(
        units="fixed",
        supersets=True,
        durations=True,
        distances=True,
        notes=True,
        verified=("versions 14 and 22",),
    ),
)
