"""FitNotes backup: Settings → Backup. An SQLite file that also holds supersets and times.

`metric_weight` is kg whatever the lifter's unit; `unit` is a display code and is ignored. Rows
may stand out of date order (imports): sets are taken by day, then by row id.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, _sqlite

TABLES = {
    "training_log": ("_id", "date", "exercise_id", "metric_weight", "reps"),
    "exercise": ("_id", "name"),
}
"""What every backup has."""

SETS = """
SELECT t._id, t.date, e.name, t.metric_weight, t.reps, {columns}
FROM training_log t
LEFT JOIN (SELECT _id, min(name) AS name FROM exercise GROUP BY _id) e ON e._id = t.exercise_id
{joins}
ORDER BY t.date, t._id
"""
# What newer versions of the backup hold, and where; older ones lack the table or the column. The
# joins have one row per key, so that a damaged file cannot multiply sets.
OPTIONAL = {
    "distance": ("training_log", ("distance",), "t.distance"),
    "duration_s": ("training_log", ("duration_seconds",), "t.duration_seconds"),
    "note": ("Comment", ("owner_type_id", "owner_id", "comment"), "c.comment"),
    "superset": (
        "WorkoutGroupExercise",
        ("exercise_id", "date", "workout_group_id"),
        "g.superset",
    ),
    "start": ("WorkoutTime", ("workout_date", "start_date_time", "end_date_time"), "w.start"),
    "end": ("WorkoutTime", ("workout_date", "start_date_time", "end_date_time"), "w.end"),
}
JOINS = {
    "Comment": """
LEFT JOIN (SELECT owner_id, group_concat(comment, char(10)) AS comment FROM Comment
           WHERE owner_type_id = 1 GROUP BY owner_id) c ON c.owner_id = t._id""",
    "WorkoutGroupExercise": """
LEFT JOIN (SELECT exercise_id, date, min(workout_group_id) AS superset FROM WorkoutGroupExercise
           GROUP BY exercise_id, date) g ON g.exercise_id = t.exercise_id AND g.date = t.date""",
    "WorkoutTime": """
LEFT JOIN (SELECT workout_date, min(start_date_time) AS start, max(end_date_time) AS end
           FROM WorkoutTime GROUP BY workout_date) w ON w.workout_date = t.date""",
}
NAMES = {
    "started_at": "date", "exercise": "name", "load": "metric_weight", "reps": "reps",
    "distance": "distance", "duration_s": "duration_seconds",
}  # fmt: skip


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Read the sets; `source_row` is the row id in `training_log`."""
    del raw  # not a text format
    with _sqlite.opened(peek.path) as base:
        for table, columns in TABLES.items():
            if not _sqlite.has(base, table, *columns):
                raise ValueError(f"its table {table} lacks one of {', '.join(columns)}")
        there = {
            name: (table, column)
            for name, (table, columns, column) in OPTIONAL.items()
            if _sqlite.has(base, table, *columns)
        }
        joined = dict.fromkeys(table for table, _ in there.values() if table in JOINS)
        query = SETS.format(
            columns=", ".join(there[name][1] if name in there else "NULL" for name in OPTIONAL),
            joins="".join(JOINS[table] for table in joined),
        )
        names = ("source_row", "day", "exercise", "load", "reps", *OPTIONAL)
        log = _sqlite.rows(base, query, names)
    return Staged(
        log.lazy().select(
            pl.coalesce(
                pl.col("source_row").cast(pl.Int64, strict=False),
                -1 - pl.int_range(pl.len(), dtype=pl.Int64),
            ).alias("source_row"),
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


def count(peek: Peek) -> int:
    """Rows of the log, counted by the database itself."""
    with _sqlite.opened(peek.path) as base:
        return int(base.execute("SELECT count(*) FROM training_log").fetchone()[0])


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
    count=count,
    carries=Carries(
        units="fixed",
        supersets=True,
        durations=True,
        distances=True,
        notes=True,
        verified=("versions 14 and 22",),
    ),
)
