"""What a muscle was given in a block: dose, hard sets, intensity and frequency."""

from __future__ import annotations

import polars as pl

from analysis.exercises import Catalogue
from analysis.measures import counting, top_sets, weeks
from analysis.measures.load import series_load
from analysis.measures.top_sets import Estimate
from analysis.panel.blocks import block_of, origins
from analysis.panel.options import PanelOptions

KEYS = ["athlete", "muscle", "block"]


def exposures(
    work: pl.DataFrame, blocks: pl.DataFrame, catalogue: Catalogue, options: PanelOptions
) -> pl.DataFrame:
    """Return the exposure of every muscle that `work` trains, in every block.

    Args:
        work: sets that are work (`measures.working.work`), with `muscles` to look at joined by
            the catalogue.
        blocks: from `calendar_blocks`.
        catalogue: which exercise trains which muscle.
        options: counting rule, effort and intensity.

    Returns:
        One row per `athlete`, `muscle` and `block` of `work`: sums over the block that
        `per_week` turns into means.
    """
    placed = work.join(origins(blocks), on="athlete").with_columns(
        block_of(weeks.day(), options.block_weeks)
    )
    by_muscle = counting.by_group(_with_intensity(placed, catalogue, options), catalogue)
    credit, direct = counting.credit(options.rule), pl.col("role") == "direct"
    hard = counting.hard(options.max_rir)
    return (
        by_muscle.rename({"group": "muscle"})
        .group_by(KEYS)
        .agg(
            credit.sum().alias("dose"),
            credit.filter(hard).sum().alias("hard_sets"),
            credit.filter(hard.is_null()).sum().alias("effort_unknown_sets"),
            weeks.day().filter(direct).n_unique().cast(pl.Float64).alias("frequency"),
            pl.col("pct_e1rm").filter(direct).mean().alias("intensity_pct"),
            pl.col("reps").filter(direct).mean().alias("mean_reps"),
        )
    )


def per_week(
    blocks: pl.DataFrame, summed: pl.DataFrame, muscles: list[str], options: PanelOptions
) -> pl.DataFrame:
    """Return exposures per logged week, on the full calendar of every athlete and muscle.

    A logged week without the muscle is 0. A block with too few logged weeks has no exposure: a
    week without a log is unknown, and a mean over what is left would be a guess.
    """
    totals = ["dose", "hard_sets", "effort_unknown_sets", "frequency"]
    known = pl.col("logged_weeks") >= options.enough_weeks
    share = pl.col("logged_weeks")
    return (
        blocks.join(pl.DataFrame({"muscle": muscles}), how="cross")
        .join(summed, on=KEYS, how="left")
        .with_columns(
            *(pl.when(known).then(pl.col(n).fill_null(0.0) / share).alias(n) for n in totals),
            *(pl.when(known).then(pl.col(n)).alias(n) for n in ("intensity_pct", "mean_reps")),
        )
    )


def _with_intensity(
    placed: pl.DataFrame, catalogue: Catalogue, options: PanelOptions
) -> pl.DataFrame:
    """Add `pct_e1rm`: load as % of the median e1RM of the past weeks, the own day excluded."""
    estimate = Estimate(options.formula, options.rep_cap, options.body_mass_kg)
    loaded = counting.named(placed, catalogue).with_columns(
        weeks.day(), series_load(options.body_mass_kg), top_sets.rir_known().alias("_rir")
    )
    daily = (
        loaded.filter(pl.col("strength_load_kg") > 0, pl.col("set_count") > 0)
        .with_columns(top_sets.e1rm("strength_load_kg", "reps", "_rir", estimate))
        .filter(pl.col("strength_load_kg") == _heaviest_of_day())
        .unique(["athlete", "lift", "day"], keep="first", maintain_order=True)
        .sort("athlete", "lift", "day")
    )
    past = pl.col("e1rm_kg").rolling_median_by(
        "day", window_size=f"{options.past_weeks}w", closed="left"
    )
    reference = daily.select(
        "athlete", "lift", "day", past.over("athlete", "lift").alias("reference_kg")
    )
    pct = 100 * pl.col("strength_load_kg") / pl.col("reference_kg")
    return loaded.join(
        reference, on=["athlete", "lift", "day"], how="left", maintain_order="left"
    ).with_columns(pct.alias("pct_e1rm"))


def _heaviest_of_day() -> pl.Expr:
    return pl.col("strength_load_kg").max().over("athlete", "lift", "day")
