"""Simulated cohorts of any size for timing: as a set table in parts, or as the apps' own exports.

    python benchmarks/cohorts.py sets DIR 1000000      # DIR/part-00000.parquet …, whole lifters
    python benchmarks/cohorts.py exports DIR 1000000   # one file per lifter, in six dialects

Every lifter is simulated, none is copied: loads, repetitions and gaps differ, as do the lengths of
the logs (8 weeks to 2 years; about 500 sets a lifter, 100,000 lifters for 50 million sets). A part
holds some 500 lifters of the same mix of lengths whatever the size asked for, so that costs per
set compare. The set table is written without the detour over export files; `tests/test_scale.py`
holds it against what reading the exports gives.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from analysis import schema
from analysis.exercises import shipped
from analysis.simulate.cohort import Cohort, simulate
from analysis.simulate.formats import export
from analysis.simulate.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Habit:
    """A kind of lifter in a part: how many, and how long and how much they log."""

    lifters: int
    weeks: int
    sets_mean: float
    missing_weeks: float


MIX = (
    Habit(250, 8, 4.0, 0.15),
    Habit(130, 12, 4.0, 0.2),
    Habit(75, 16, 5.0, 0.25),
    Habit(35, 36, 5.0, 0.3),
    Habit(10, 104, 6.0, 0.1),
)
"""One part: most logs are short, and the long ones hold much of the sets."""

FIRST_MONDAY, STARTS = date(2022, 1, 3), 52


def cohorts(part: int) -> Iterator[Cohort]:
    """Yield the cohorts of one part; the number of the part is their seed."""
    start = FIRST_MONDAY + timedelta(weeks=part * 7 % STARTS)
    for place, habit in enumerate(MIX):
        made = simulate(
            Scenario(
                n_athletes=habit.lifters,
                weeks=habit.weeks,
                start=start,
                sets_mean=habit.sets_mean,
                missing_weeks=habit.missing_weeks,
            ),
            seed=part * len(MIX) + place,
        )
        named = pl.format(f"p{part:05d}-{place}-{{}}", "athlete").alias("athlete")
        yield Cohort(
            made.sets.with_columns(named),
            made.truth.with_columns(named),
            made.athletes.with_columns(named),
            made.scenario,
        )


def set_table(cohort: Cohort) -> pl.DataFrame:
    """Return a cohort's logs as the set table that an app which keeps everything would give."""
    catalogue = shipped()
    mapped = catalogue.match(cohort.sets["exercise"].unique().sort()).select(
        "exercise", "exercise_id"
    )
    known = catalogue.exercises.select("exercise_id", "load_basis")
    sets = cohort.sets.join(mapped, on="exercise", how="left", maintain_order="left").join(
        known, on="exercise_id", how="left", maintain_order="left"
    )
    held = {
        "session": pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M"),
        "load_basis": pl.col("load_basis").fill_null("unknown"),
        "rir": 10 - pl.col("rpe"),
        "superset": pl.col("superset").cast(pl.String),
        "app": pl.lit("hevy"),
        "source_file": pl.format("{}.csv", "athlete"),
        "source_row": pl.int_range(pl.len()).over("athlete") + 2,
    }
    columns = [
        held.get(column.name, pl.col(column.name) if column.name in sets.columns else pl.lit(None))
        .cast(column.dtype)
        .alias(column.name)
        for column in schema.SETS
    ]
    return sets.select(columns)


def write_sets(folder: Path, sets: int) -> int:
    """Write parts of the set table until they hold so many sets; return how many they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    written, part = 0, 0
    while written < sets:
        path = folder / f"part-{part:05d}.parquet"
        if not path.exists():  # its number is its seed: what is there is the same
            aside = path.with_suffix(".aside")
            table = pl.concat(set_table(cohort) for cohort in cohorts(part))
            table.write_parquet(aside, compression="zstd")
            aside.replace(path)
        written += int(pl.scan_parquet(path).select(pl.len()).collect().item())
        part += 1
    return written


def write_exports(folder: Path, sets: int) -> int:
    """Write one export per lifter until they hold so many sets; return how many they hold."""
    written, part = 0, 0
    while written < sets:
        for cohort in cohorts(part):
            export(cohort, folder)
            written += cohort.sets.height
        part += 1
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("form", choices=("sets", "exports"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", type=int)
    asked = parser.parse_args()
    write = write_sets if asked.form == "sets" else write_exports
    sys.stdout.write(f"{write(asked.folder, asked.sets):,} sets in {asked.folder}\n")


if __name__ == "__main__":
    main()
