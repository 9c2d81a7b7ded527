"""Writing simulated logs as the apps' own exports, to the byte.

The exact shape of every dialect (delimiter, quotes, number format, order of workouts) follows
real exports. What an app does not hold (FitNotes: time of day, RPE, set kinds; Strong's S2: set
kinds) is lost here as it is in life.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import polars as pl

from analysis.simulate import (
    alpha_progression,
    backups,
    fit_notes,
    fitbod,
    fitnotes,
    gymbook,
    gymrun,
    hevy,
    hevy_api,
    jefit,
    liftosaur,
    lyfta,
    macrofactor,
    repcount,
    strong,
    stronglifts,
)
from analysis.simulate.cells import RUN, Dialect
from analysis.simulate.cohort import KG_PER_LB, Cohort

APPS = (strong, hevy, fitnotes, fitbod, repcount, liftosaur, jefit, lyfta, stronglifts, fit_notes,
        gymbook, alpha_progression, gymrun, hevy_api, macrofactor, backups)  # fmt: skip
DIALECTS: dict[str, Dialect] = {
    name: dialect for app in APPS for name, dialect in app.DIALECTS.items()
}
"""Every dialect, as vendor-variant-unit. Some name no unit: reading those needs `--unit`."""


SET_EVERY = timedelta(minutes=3)
"""Apps that time each set are given a set every three minutes."""


def write(log: pl.DataFrame, dialect: str, path: Path) -> None:
    """Write the log of one athlete as an export.

    Args:
        log: rows of `Cohort.sets` of one athlete, or the same columns. `body_kg` beside them is
            written where the app holds body mass.
        dialect: a key of `DIALECTS`.
        path: file to write.

    Raises:
        ValueError: the dialect is not known.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"dialect is {dialect!r}, expected one of {', '.join(DIALECTS)}")
    unit = dialect.rsplit("-", 1)[1]
    style, shown = DIALECTS[dialect], _in_unit(log, unit)
    path.write_bytes(style.render(shown, unit))
    for name, data in (style.beside(shown) if style.beside else {}).items():
        path.with_name(name).write_bytes(data)


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
    if "body_kg" not in log.columns:
        log = log.with_columns(body_kg=pl.lit(None, dtype=pl.Float64))
    return log.with_columns(
        load=pl.when(same).then(pl.col("load")).otherwise(converted),
        body_mass=(pl.col("body_kg") / (KG_PER_LB if unit == "lb" else 1.0)),
        done_at=pl.col("started_at") + SET_EVERY * pl.int_range(pl.len()).over("started_at"),
        first_of_exercise=pl.col("set_number") == pl.col("set_number").min().over(RUN),
        first_of_workout=pl.int_range(pl.len()).over("started_at") == 0,
    )
