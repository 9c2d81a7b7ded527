"""Each block's own strength, per athlete and exercise, with its variance.

Only the block's own sets enter. A smoother that has seen the other blocks would carry the future
into the past, and the lead placebo would fire for that alone.

The noise from day to day differs between exercises and is badly known for each: its variance is
shrunk to the middle of the logbook's, with the weight of `PRIOR_DAYS` days. Where a logbook is
too small to have a middle, 4.2 % stands in, the median over 830 real series
(docs/dose_response.md).
"""

from __future__ import annotations

import polars as pl

from analysis.exercises import Catalogue
from analysis.measures import counting, top_sets, weeks
from analysis.measures.load import series_load
from analysis.measures.top_sets import Estimate
from analysis.panel.blocks import block_of, origins
from analysis.panel.options import PanelOptions

SERIES = ["athlete", "lift"]
PRIOR_DAYS = 10.0
TYPICAL_NOISE = 0.042
LEAST_NOISE = 0.01
"""A lifter who repeats 5 × 100 kg shows no noise, because loads and reps come in steps; strength
is then still not known better than to a step."""
NEAR_FAILURE_RIR = 1.0
ENOUGH_DAYS = 5


def daily_strength(
    work: pl.DataFrame, catalogue: Catalogue, options: PanelOptions
) -> pl.DataFrame:
    """Return the log e1RM of every lift and day that has one.

    Returns:
        One row per `athlete`, `lift` and `day` (for "weekly_maximum", week): `exercise_id`,
        `log_e1rm` and `effort_known`.
    """
    estimate = Estimate(options.formula, options.rep_cap, options.body_mass_kg)
    logged = top_sets.rir_known()
    sets = (
        counting.named(work.filter(pl.col("set_count") > 0), catalogue)
        .with_columns(series_load(options.body_mass_kg), logged.alias("rir"), weeks.day())
        .filter(pl.col("strength_load_kg").is_not_null())
        .with_columns(_effort_used(options.rir_share).alias("effort_known"))
        .filter(~pl.col("effort_known") | pl.col("rir").is_not_null())
        .with_columns(pl.when("effort_known").then(pl.col("rir")).alias("rir_used"))
        .with_columns(top_sets.e1rm("strength_load_kg", "reps", "rir_used", estimate))
    )
    return _summarise(sets, options).drop_nulls("log_e1rm").sort(*SERIES, "day")


def _effort_used(least_share: float) -> pl.Expr:
    return pl.col("rir").is_not_null().mean().over(SERIES) >= least_share


def _summarise(sets: pl.DataFrame, options: PanelOptions) -> pl.DataFrame:
    kept = [pl.col("exercise_id").first(), pl.col("effort_known").first()]
    log = pl.col("e1rm_kg").log()
    if options.outcome_from == "weekly_maximum":
        week = weeks.week(options.week_starts).alias("day")
        return sets.group_by(*SERIES, week).agg(*kept, log.max().alias("log_e1rm"))
    if options.outcome_from == "working":
        return sets.group_by(*SERIES, "day").agg(*kept, log.mean().alias("log_e1rm"))
    if options.outcome_from == "failure":
        sets = sets.filter(pl.col("rir") <= NEAR_FAILURE_RIR)
    heaviest = pl.col("strength_load_kg") == pl.col("strength_load_kg").max().over(*SERIES, "day")
    return (
        sets.filter(heaviest)
        .group_by(*SERIES, "day", maintain_order=True)
        .agg(*kept, log.first().alias("log_e1rm"))
    )


def block_strength(
    daily: pl.DataFrame, blocks: pl.DataFrame, options: PanelOptions
) -> pl.DataFrame:
    """Return each block's strength estimate from its own days.

    Returns:
        One row per `athlete`, `lift` and `block`: `exercise_id`, `strength_pct` (100 × mean log
        e1RM: differences read as %), `variance` (of it, %²), `days`, `effort_known`.
    """
    return (
        daily.join(origins(blocks), on="athlete")
        .with_columns(block_of(pl.col("day"), options.block_weeks), pl.col("log_e1rm") * 100)
        .group_by(*SERIES, "exercise_id", "block")
        .agg(
            pl.col("log_e1rm").mean().alias("strength_pct"),
            (pl.len() * pl.col("log_e1rm").var(ddof=0)).alias("squares"),
            pl.len().cast(pl.Float64).alias("days"),
            pl.col("effort_known").first(),
        )
        .with_columns(_noise_variance() / pl.col("days"))
        .drop("squares")
        .sort(*SERIES, "block")
    )


def _noise_variance() -> pl.Expr:
    squares = pl.col("squares").sum().over(SERIES)
    spare = (pl.col("days") - 1).sum().over(SERIES)
    own = pl.when(spare >= ENOUGH_DAYS).then(squares / spare)
    middle = own.median().fill_null((100 * TYPICAL_NOISE) ** 2).clip((100 * LEAST_NOISE) ** 2)
    return ((PRIOR_DAYS * middle + squares) / (PRIOR_DAYS + spare)).alias("variance")
