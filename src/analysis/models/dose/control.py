"""Which muscle's dose is the negative control of another's, and that dose.

Sets that do not train a muscle cannot have made it stronger. An unseen state of the whole lifter
(sleep, illness, a job) moves them all the same, so their dose shows it; `placebo` says how it is
judged, docs/dose_response.md how often it catches.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting, working
from analysis.models.dose.logs import DoseOptions, MuscleLogs, weekly_sets
from analysis.models.dose.placebo import CONTROL

TRAINING_ROLES = ("direct", "indirect")
"""Roles in which an exercise trains a muscle: a set of it is a dose."""


def muscle_of(
    logbook: Logbook, muscles: Collection[str], options: DoseOptions | None = None
) -> str:
    """Return the muscle whose dose is the control; empty where there is none.

    It is the muscle with the most sets in these logs, by the counting rule, among those that share
    no logged exercise with any of `muscles`, direct or assisting; of two alike the first by name.

    Args:
        logbook: the sets and the catalogue.
        muscles: the muscle whose strength it is, and the one whose dose is asked about.
        options: how sets are counted, and of which exercise the strength is.
    """
    options = options or DoseOptions()
    weights = counting.weights(options.rule)
    logged = (
        working.dosed(logbook, options.working)
        .group_by("exercise_id")
        .agg(pl.col("soft_count").sum().alias("sets"))
        .filter(pl.col("sets") > 0)
    )
    trained = (
        logbook.catalogue.muscle_roles.filter(pl.col("role").is_in(TRAINING_ROLES))
        .select("exercise_id", "muscle", "role")
        .unique()
        .join(logged, on="exercise_id")
    )
    own = pl.col("muscle").is_in(list(muscles)) | (pl.col("exercise_id") == options.exercise)
    shared = trained.filter(
        pl.col("exercise_id").is_in(trained.filter(own)["exercise_id"].implode())
    )
    weight = pl.col("role").replace_strict(weights, default=0.0, return_dtype=pl.Float64)
    free = (
        trained.filter(~pl.col("muscle").is_in(shared["muscle"].implode()))
        .group_by("muscle")
        .agg((weight * pl.col("sets")).sum().round(6).alias("sets"))
        .filter(pl.col("sets") > 0)
        .sort("sets", "muscle", descending=[True, False])
    )
    return str(free["muscle"][0]) if free.height else ""


def beside(
    logbook: Logbook, logs: MuscleLogs, options: DoseOptions, trained: str = ""
) -> MuscleLogs:
    """Return a muscle's logs with the control's weekly sets as the dose `control`.

    Args:
        logbook: the sets and the catalogue, as the logs were made of.
        logs: one muscle's.
        options: as the logs were made with.
        trained: the muscle whose dose is asked about, where it is another.
    """
    muscle = muscle_of(logbook, {logs.muscle, trained or logs.muscle}, options)
    if not muscle:
        return logs
    doses = {**logs.weekly.doses, CONTROL: weekly_sets(logbook, muscle, options)}
    return replace(logs, weekly=replace(logs.weekly, doses=doses), controlled_by=muscle)
