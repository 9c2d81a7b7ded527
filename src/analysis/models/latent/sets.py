"""From performed sets to estimates of log strength, each with what it is worth.

Which sets count is decided here; what each is worth, in `set_errors`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import polars as pl

from analysis.measures.e1rm import REP_CAP, e1rm_expr, formula_named
from analysis.models.latent.set_errors import (
    TO_FAILURE,
    half_normal_mean,
    reps_to_failure,
    variance,
)
from analysis.models.latent.set_rank import remove_rank_effect

NOT_WORKING = ("warmup", "cooldown", "drop", "myo")
TOP_SHARE = 0.95
"""A set of unknown effort counts from this share of the day's top load in the exercise: lighter
ones are mostly warm-ups that no app marked, and say only "at least"."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates of log strength from sets.

    Attributes:
        table: one row per set used: `series` (athlete and exercise id), `athlete`, `exercise`,
            `exercise_id`, `day` (days since 1970-01-01), `log_e1rm` (log kg), `variance`,
            `effort` ("known" or "unknown").
        left_out: reason → number of sets not used; with the table's rows it sums to all sets.
        settings: every parameter of the call.
    """

    table: pd.DataFrame
    left_out: dict[str, int]
    settings: dict[str, object]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out and what was assumed, in sentences."""
        lines = [f"{count} sets not used: {reason}." for reason, count in self.left_out.items()]
        unknown = int((self.table["effort"] == "unknown").sum())
        if unknown:
            lines.append(
                f"Effort is not logged for {unknown} of {len(self.table)} sets used; each is "
                f"taken to have had about {half_normal_mean(self._scale):.1f} reps left "
                "(assumed), with a wider error."
            )
        return tuple(lines)

    @property
    def _scale(self) -> float:
        scale = self.settings["unknown_rir_scale"]
        return scale if isinstance(scale, float) else math.nan


def observations(
    sets: pl.DataFrame,
    *,
    formula: str = "epley",
    rep_cap: float = REP_CAP,
    unknown_rir_scale: float = 2.5,
    top_share: float = TOP_SHARE,
    body_mass_kg: Mapping[str, float] | None = None,
) -> Estimates:
    """Turn sets into the observations that `smooth` takes.

    Loads are taken as logged for the bases *external* and *per_hand* (one hand's load: a constant
    factor, which a log turns into a constant). *Added* load needs the athlete's body mass.
    Assistance, bodyweight and unmapped exercises are left out: their load is no measure of
    strength. Later sets of a day are freed of the pooled fatigue of their rank, so that more sets
    do not look like less strength.

    Args:
        sets: the set table.
        formula: name in `e1rm.FORMULAS`.
        rep_cap: most reps, logged reserve included.
        unknown_rir_scale: scale of the half-normal reserve where effort is unknown, reps.
        top_share: share of the day's top load from which a set of unknown effort counts.
        body_mass_kg: athlete → body mass, for added loads.
    """
    formula_named(formula)
    judged = _with_effort(sets, body_mass_kg or {}).with_columns(_reason(rep_cap).alias("reason"))
    usable = judged.filter(pl.col("reason").is_null())
    top = pl.col("load").max().over("series", "day")
    light = (pl.col("effort") == "unknown") & (pl.col("load") < top_share * top)
    used = usable.filter(~light)
    estimated = used.with_columns(
        e1rm_expr(pl.col("load"), reps_to_failure(unknown_rir_scale), formula, rep_cap=None)
        .log()
        .alias("log_e1rm"),
        variance(formula, unknown_rir_scale).alias("variance"),
    )
    left_out = dict(judged["reason"].drop_nulls().value_counts().sort("reason").iter_rows())
    left_out[f"effort unknown and below {top_share:.0%} of the day's top load"] = len(
        usable
    ) - len(used)
    settings: dict[str, object] = {
        "formula": formula,
        "rep_cap": rep_cap,
        "unknown_rir_scale": float(unknown_rir_scale),
        "top_share": top_share,
    }
    table = remove_rank_effect(estimated).select(
        "series", "athlete", "exercise", "exercise_id", "day", "log_e1rm", "variance", "effort"
    )
    return Estimates(table.to_pandas(), {k: n for k, n in left_out.items() if n}, settings)


def _with_effort(sets: pl.DataFrame, body_mass_kg: Mapping[str, float]) -> pl.DataFrame:
    mass = pl.col("athlete").replace_strict(
        dict(body_mass_kg), default=None, return_dtype=pl.Float64
    )
    failed = pl.col("rir").is_null() & pl.col("kind").is_in(TO_FAILURE)
    return sets.with_columns(
        pl.when(pl.col("load_basis") == "added")
        .then(pl.col("load_kg") + mass)
        .otherwise(pl.col("load_kg"))
        .alias("load"),
        pl.when(failed).then(0.0).otherwise(pl.col("rir")).alias("reserve"),
        pl.col("started_at").dt.date().to_physical().cast(pl.Float64).alias("day"),
        pl.concat_str("athlete", pl.coalesce("exercise_id", "exercise"), separator=" · ").alias(
            "series"
        ),
    ).with_columns(
        pl.when(pl.col("reserve").is_null())
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("known"))
        .alias("effort")
    )


def _reason(rep_cap: float) -> pl.Expr:
    """Return why a set is not used, null when it is; the first rule that applies is named."""
    basis, reps = pl.col("load_basis"), pl.col("reps")
    rules = {
        "warm-up, cool-down, drop set or cluster": pl.col("kind").is_in(NOT_WORKING),
        "no load that measures strength (assistance, bodyweight, timed or unmapped)": ~basis.is_in(
            ["external", "per_hand", "added"]
        ),
        "added load without a body mass": (basis == "added")
        & pl.col("load").is_null()
        & pl.col("load_kg").is_not_null(),
        "no load or no reps": (pl.col("load").fill_null(0) <= 0) | (reps.fill_null(0) < 1),
        f"more than {rep_cap:g} reps": reps + pl.col("reserve").fill_null(0) > rep_cap,
    }
    reason = pl.lit(None, dtype=pl.String)
    for words, rule in reversed(rules.items()):
        reason = pl.when(rule).then(pl.lit(words)).otherwise(reason)
    return reason
