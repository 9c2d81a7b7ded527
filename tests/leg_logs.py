"""Small leg logs, written as they would be said, over the catalogue that is shipped."""

from datetime import datetime, timedelta

import polars as pl

from analysis import exercises, schema
from analysis.logbook import Logbook

MONDAY = datetime(2024, 1, 1)
CATALOGUE = exercises.load()


def did(week, lift, n=1, *, day=0, load=100.0, reps=8.0, athlete="ann", **more):
    """Return `n` sets of a lift in a week (0 is the first), on a day of it (0 is Monday)."""
    started = MONDAY + timedelta(weeks=week, days=day)
    return [
        {
            "athlete": athlete,
            "session": started.isoformat(),
            "started_at": started,
            "exercise": lift,
            "exercise_number": 1,
            "set_number": place,
            "kind": "work",
            "load_kg": load,
            "reps": reps,
            "app": "test",
            "source_file": "test.csv",
            "source_row": place + 1,
            **more,
        }
        for place in range(1, n + 1)
    ]


def log(*runs, extra=()):
    """Return the logbook of these runs; names are mapped by the shipped catalogue."""
    rows = [row for run in runs for row in run]
    columns = schema.polars_schema(schema.SETS) | dict(extra)
    written = pl.DataFrame(rows, schema=columns)
    found = CATALOGUE.match(written["exercise"].to_list())
    bases = CATALOGUE.exercises.select("exercise_id", pl.col("load_basis").alias("basis"))
    mapped = (
        written.drop("exercise_id")
        .join(found.drop("method"), on="exercise", how="left", maintain_order="left")
        .join(bases, on="exercise_id", how="left", maintain_order="left")
        .with_columns(pl.col("basis").fill_null("unknown").alias("load_basis"))
        .select(list(columns))
    )
    counts = mapped.group_by("exercise").agg(pl.len().cast(pl.Int64).alias("sets"))
    return Logbook(
        sets=mapped,
        ledger=schema.empty(schema.LEDGER),
        rejected=schema.empty(schema.REJECTED),
        exercises=found.join(counts, on="exercise", maintain_order="left"),
        catalogue=CATALOGUE,
    )
