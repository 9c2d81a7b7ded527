"""Writing simulated logs as the apps' own exports, to the byte.

The exact shape of every dialect (delimiter, quotes, number format, order of workouts) follows
real exports. What an app does not hold (FitNotes: time of day, RPE, set kinds; Strong's S2: set
kinds) is lost here as it is in life.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from analysis.simulate.cells import RUN
from analysis.simulate.cohort import KG_PER_LB, Cohort
from analysis.simulate.fitnotes import F1, F3
from analysis.simulate.hevy import HEVY
from analysis.simulate.strong import S1, S2, S3, UNIT_WORDS

DIALECTS = {
    "strong-s1-lb": S1, "strong-s1-kg": S1, "strong-s2-lb": S2, "strong-s2-kg": S2,
    "strong-s3-kg": S3, "hevy-kg": HEVY, "hevy-lb": HEVY, "fitnotes-f1-kg": F1,
    "fitnotes-f1-lb": F1, "fitnotes-f3-kg": F3, "fitnotes-f3-lb": F3,
}  # fmt: skip
"""Every dialect, as app-variant-unit. S1 names no unit: reading it needs evidence or `--unit`."""


def write(log: pl.DataFrame, dialect: str, path: Path) -> None:
    """Write the log of one athlete as an export.

    Args:
        log: rows of `Cohort.sets` of one athlete, or the same columns.
        dialect: a key of `DIALECTS`.
        path: file to write.

    Raises:
        ValueError: the dialect is not known.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"dialect is {dialect!r}, expected one of {', '.join(DIALECTS)}")
    style, unit = DIALECTS[dialect], dialect.rsplit("-", 1)[1]
    cells = style.cells(_in_unit(log, unit), unit)
    lines = cells.select(pl.concat_str(pl.all().fill_null(""), separator=style.delimiter))
    text = "\n".join([style.header.format(word=UNIT_WORDS[unit], unit=unit), *lines.to_series()])
    path.write_bytes((text + "\n").encode())


def export(cohort: Cohort, directory: Path | str, apps: Sequence[str] | None = None) -> list[Path]:
    """Write one export per athlete, named after the athlete.

    Args:
        cohort: what `simulate` returned.
        directory: folder to write to; made when it is not there.
        apps: dialects to deal to the athletes in turn, in place of the cohort's own.

    Returns:
        The files, in the order of `cohort.athletes`.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    names, own = cohort.athletes["athlete"].to_list(), cohort.athletes["app"].to_list()
    dealt = [apps[i % len(apps)] for i in range(len(names))] if apps else own
    logs = cohort.sets.partition_by("athlete", as_dict=True)
    paths = []
    for name, dialect in zip(names, dealt, strict=True):
        paths.append(folder / f"{name}.csv")
        write(logs[(name,)], dialect, paths[-1])
    return paths


def _in_unit(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Give loads in the export's unit; a log kept in the other one shows two decimals."""
    converted = (pl.col("load_kg") / (KG_PER_LB if unit == "lb" else 1.0)).round(2)
    same = pl.col("unit") == unit
    return log.with_columns(
        load=pl.when(same).then(pl.col("load")).otherwise(converted),
        first_of_exercise=pl.col("set_number") == pl.col("set_number").min().over(RUN),
        first_of_workout=pl.int_range(pl.len()).over("started_at") == 0,
    )
