"""The lifts that simulated athletes perform, and how each app names them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import polars as pl

from analysis.exercises import load

ROLE_WEIGHT = {"direct": 1.0, "indirect": 0.5}
"""Fractional sets: a direct set counts 1, an indirect one 0.5 (Pelland et al. 2025)."""


@cache
def lifts() -> pl.DataFrame:
    """Return the lifts, one row each.

    Columns: `exercise` (Strong's name, the one used inside the simulator), `hevy`, `fitnotes`
    and `category` (FitNotes' name and body part), `muscle` (the one that drives its strength),
    `basis` (a word of `schema.LOAD_BASES`), `one_rm_kg` of a typical trained lifter (with body
    mass where the basis includes it), `step_kg` and `step_lb` (smallest jump in load), `reps`
    (usual target) and `common` (drawn in cohorts; the others only in the sample stories).
    """
    return pl.read_csv(files(__package__).joinpath("vocabulary.csv").read_bytes())


@cache
def fractions() -> pl.DataFrame:
    """Return what one set of an exercise counts for a muscle: `exercise, muscle, weight`.

    The roles are the catalogue's, so that the planted dose and the program's count agree.
    """
    catalogue = load()
    names = lifts()["exercise"].to_list()
    return (
        catalogue.match(names)
        .join(catalogue.group_roles, on="exercise_id")
        .with_columns(weight=pl.col("role").replace_strict(ROLE_WEIGHT, default=0.0))
        .filter(pl.col("weight") > 0)
        .select("exercise", muscle="group", weight="weight")
        .sort("exercise", "muscle")
    )
