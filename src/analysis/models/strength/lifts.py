"""From a logbook to the days of its lifts, as arrays.

A *lift* is one exercise of one athlete, on one scale of load. It needs `FEWEST_DAYS` days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures.day_strength import E1rmRule, top_sets
from analysis.measures.working import WorkingRule
from analysis.models.strength.population import Population
from analysis.models.strength.regimes import Floats, Series
from analysis.models.strength.verdicts import FEWEST_DAYS, HORIZONS, Units


@dataclass(frozen=True, slots=True)
class Lifts:
    """The lifts of a logbook.

    Attributes:
        table: one row per lift, in the order of its number: `athlete`, `lift`, `exercise_id`.
        series: their days; the value is log e1RM.
        load: per row, log of the load of that day's set.
        reps: per row, its repetitions.
        end: per lift, last training day of its athlete.
        training: per athlete, the days with a strength set.
        muscles: one row per muscle unit: `athlete`, `muscle`.
        athletes: one name per lifter unit.
        units: muscles, then lifters.
        short: lifts with fewer days than are needed.
    """

    table: pd.DataFrame
    series: Series
    load: Floats
    reps: Floats
    end: Floats
    training: list[Floats]
    muscles: pd.DataFrame
    athletes: list[str]
    units: tuple[Units, Units]
    short: int


def gather(
    logbook: Logbook,
    population: Population,
    *,
    estimate: E1rmRule | None = None,
    rule: WorkingRule | None = None,
) -> Lifts:
    """Return the lifts of a logbook with their days."""
    days = top_sets(logbook, estimate, rule).with_columns(
        pl.col("e1rm_kg").log().alias("value"), pl.col("top_load_kg").log().alias("load")
    )
    end = days.group_by("athlete").agg(pl.col("day").max().alias("end"))
    known = days.filter(pl.col("value").is_not_null())
    enough = known.filter(pl.len().over("athlete", "lift") >= FEWEST_DAYS).join(
        end, on="athlete", how="left", maintain_order="left"
    )
    table = enough.unique(["athlete", "lift"], keep="first", maintain_order=True)
    number = enough.select(pl.struct("athlete", "lift").rle_id()).to_series().to_numpy()
    series = Series(
        number.astype(np.int64),
        enough["day"].to_physical().cast(pl.Float64).to_numpy(),
        enough["value"].to_numpy(),
    )
    athletes = table["athlete"].unique(maintain_order=True).to_list()
    muscles, of_muscles = _muscles(table, logbook, population)
    place = {name: at for at, name in enumerate(athletes)}
    lifter = np.array([place[name] for name in table["athlete"]], dtype=np.int64)
    lifters = Units(
        np.arange(len(lifter)), lifter, len(athletes), population.shared_lifter, len(HORIZONS) - 1
    )
    return Lifts(
        table=table.select("athlete", "lift", "exercise_id").to_pandas(),
        series=series,
        load=enough["load"].to_numpy(),
        reps=enough["top_reps"].to_numpy(),
        end=table["end"].to_physical().cast(pl.Float64).to_numpy(),
        training=_training_days(days, athletes),
        muscles=muscles,
        athletes=athletes,
        units=(of_muscles, lifters),
        short=known.select(pl.struct("athlete", "lift").n_unique()).item() - table.height,
    )


def _training_days(days: pl.DataFrame, athletes: list[str]) -> list[Floats]:
    """Return the days of each athlete with a strength set, ascending."""
    trained = days.select("athlete", "day").unique().sort("athlete", "day")
    own = trained.partition_by("athlete", as_dict=True)
    return [own[name,]["day"].to_physical().cast(pl.Float64).to_numpy() for name in athletes]


def _muscles(
    table: pl.DataFrame, logbook: Logbook, population: Population
) -> tuple[pd.DataFrame, Units]:
    direct = logbook.catalogue.muscle_roles.filter(pl.col("role") == "direct")
    members = (
        table.with_row_index("number")
        .join(direct, on="exercise_id", how="inner")
        .sort("athlete", "muscle", "number")
    )
    unit = members.select(pl.struct("athlete", "muscle").rle_id()).to_series().to_numpy()
    muscles = members.unique(["athlete", "muscle"], keep="first", maintain_order=True)
    units = Units(
        members["number"].to_numpy().astype(np.int64),
        unit.astype(np.int64),
        muscles.height,
        population.shared_muscle,
    )
    return muscles.select("athlete", "muscle").to_pandas(), units
