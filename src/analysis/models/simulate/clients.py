"""Thirty invented clients: the three sample lifters, each met at ten moments of their year.

What a coach would see on that Monday differs by the moment: a sore knee, a week off, three weeks
away, calves left out, more leg work. Every client is drawn anew and all logs end in the same week.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from analysis.models.simulate.formats import write
from analysis.models.simulate.lifters import LIFTERS, WEEKS
from analysis.models.simulate.sample import START, year_of

MOMENTS = (2, 10, 17, 21, 26, 30, 35, 41, 47, 52)
"""Weeks of the story that the log holds."""

NAMES = (
    "Ada", "Bo", "Caro", "Dev", "Elif", "Finn", "Gus", "Hana", "Ida", "Jon", "Kim", "Lea", "Max",
    "Nia", "Ole", "Pia", "Quin", "Rosa", "Sam", "Tom", "Uma", "Vera", "Will", "Xena", "Yan",
    "Zoe", "Anouk", "Bela", "Cem", "Dina",
)  # fmt: skip


def write_clients(directory: Path | str, seed: int = 30) -> list[Path]:
    """Write one export per client; the bytes are the same every time.

    Args:
        directory: folder to write to; made when it is not there.
        seed: of days, loads and missed workouts.

    Returns:
        The files written, one per name of `NAMES`.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, name in enumerate(NAMES):
        lifter, weeks = LIFTERS[number % 3], MOMENTS[number // 3]
        log = _last_weeks(year_of(lifter, np.random.default_rng([seed, number])), weeks)
        paths.append(folder / f"{name}.csv")
        write(log, lifter.dialect, paths[-1])
    return paths


def _last_weeks(log: pl.DataFrame, weeks: int) -> pl.DataFrame:
    """Keep the first weeks of a year and move them to its end."""
    held = log.filter(pl.col("started_at") < START + timedelta(weeks=weeks))
    return held.with_columns(pl.col("started_at", "ended_at") + timedelta(weeks=WEEKS - weeks))
