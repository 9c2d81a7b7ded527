"""What a logged load means: the one place where `load_kg` and `load_basis` become kilograms.

`external`     the load itself;
`per_hand`     two of them, for tonnage; one where the set is logged for one side;
`added`        body mass + load;      `assistance`  body mass − load;
`bodyweight`   body mass;             `total`       the load itself, body mass is in it;
`none`, `unknown`  no number.

Where a known exercise's name does not say what it is done with (a bare "Bulgarian Split Squat"),
its basis is `unknown`: no tonnage, but the logged number may be followed within the exercise.

The three that need body mass take it from the caller, or else from the set's own row, where the
export holds it, and are null without it: a guess would be worth more than the load.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

BodyMass = float | Mapping[str, float] | None
"""Body mass in kg: one number for everyone, one per athlete, or not known."""

RANKED = ("external",)
"""Bases whose loads may be ranked against other exercises' loads.

Assistance would rank the easiest set first, a dumbbell half of what is lifted; the others say
nothing about an external load at all.
"""

OWN_SCALE = ("external", "per_hand")
"""Bases whose logged load may be followed over time within one exercise without body mass."""


def effective_load(body_mass_kg: BodyMass = None) -> pl.Expr:
    """Return `effective_load_kg`: what one repetition moves, in kg, null where not known."""
    load, basis = pl.col("load_kg"), pl.col("load_basis")
    body = body_mass(body_mass_kg)
    hands = pl.when(pl.col("side").is_null()).then(2.0).otherwise(1.0)
    return (
        pl.when(basis == "external")
        .then(load)
        .when(basis == "total")
        .then(load)
        .when(basis == "per_hand")
        .then(load * hands)
        .when(basis == "added")
        .then(body + load.fill_null(0.0))
        .when(basis == "assistance")
        .then((body - load).clip(lower_bound=0.0))
        .when(basis == "bodyweight")
        .then(body)
        .alias("effective_load_kg")
    )


def series_load(body_mass_kg: BodyMass = None) -> pl.Expr:
    """Return `strength_load_kg`: the load that an e1RM of one exercise is taken from.

    The logged load where that is a scale of its own (one dumbbell stays one dumbbell), otherwise
    the effective load, which needs body mass. Null for work without repetitions.
    """
    own_scale = pl.col("load_basis").is_in(OWN_SCALE) | (
        (pl.col("load_basis") == "unknown") & pl.col("exercise_id").is_not_null()
    )
    logged = pl.when(own_scale).then(pl.col("load_kg"))
    load = logged.otherwise(effective_load(body_mass_kg))
    return pl.when((load > 0) & (pl.col("reps") >= 1)).then(load).alias("strength_load_kg")


def body_mass(body_mass_kg: BodyMass) -> pl.Expr:
    """Return the body mass of each row's lifter in kg, null where neither caller nor log says."""
    if isinstance(body_mass_kg, Mapping):
        said = pl.col("athlete").replace_strict(
            dict(body_mass_kg), default=None, return_dtype=pl.Float64
        )
        return pl.coalesce(said, "body_mass_kg")
    return pl.coalesce(pl.lit(body_mass_kg, dtype=pl.Float64), "body_mass_kg")


def tonnage() -> pl.Expr:
    """Return `tonnage_kg` of a set: effective load × repetitions; needs `effective_load_kg`."""
    return (pl.col("effective_load_kg") * pl.col("reps")).alias("tonnage_kg")
