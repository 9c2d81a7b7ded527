"""Which exercises trained a muscle group, in which role, how much and until when."""

from __future__ import annotations

import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.words import count, whose
from analysis.result import Result, tidy


def exercise_list(logbook: Logbook) -> Result:
    """List the exercises of each muscle group.

    Returns:
        Result whose table has one row per `athlete`, `group` and `exercise` (the catalogue's
        name): `role`, `sets` (working sets), `days` (with one), `last_day`; direct exercises
        first, then by sets.
    """
    done = counting.named(working.work(logbook), logbook.catalogue)
    table = (
        counting.by_group(done, logbook.catalogue)
        .filter(pl.col("role") != "stabiliser")
        .group_by("athlete", "group", pl.col("lift").alias("exercise"), "role")
        .agg(
            sets=pl.col("set_count").sum(),
            days=weeks.day().n_unique().cast(pl.Int64),
            last_day=weeks.day().max(),
        )
        .sort(
            "athlete", counting.place_of_group(logbook.catalogue), "role", "sets", "exercise",
            descending=[False, False, False, True, False],
        )
    )  # fmt: skip
    exercises = table["exercise"].n_unique()
    return Result(
        name="exercises",
        title="Exercises per muscle",
        table=tidy(table),
        summary=(
            f"{count(exercises, 'exercise')} trained {table['group'].n_unique()} muscle groups "
            f"(n = {count(done.height, 'working set')}{whose(logbook.athletes)})."
        ),
        notes=counting.left_out(done, logbook.catalogue),
    )
