"""Fatigue within a day: later sets of an exercise estimate less strength than the first.

Left in, a day of five sets would look weaker than a day of one, and more volume would look like
less strength. The mean fall from the first set is pooled over the whole table, by rank, and
taken off; nothing about one athlete's trend is used.
"""

from __future__ import annotations

import polars as pl

LAST_RANK = 6
"""Sets from the sixth on share one mean."""
FEWEST_PAIRS = 30
"""A rank with fewer sets than this in the table is left as it is."""

_DAY = ("series", "day")


def remove_rank_effect(estimates: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with `log_e1rm` freed of the pooled effect of the set's rank in its day.

    Args:
        estimates: sets with `series`, `day`, `exercise_number`, `set_number`, `effort` and
            `log_e1rm`.
    """
    ranked = estimates.sort(*_DAY, "exercise_number", "set_number", maintain_order=True)
    ranked = ranked.with_columns(
        pl.int_range(1, pl.len() + 1).over(_DAY).clip(upper_bound=LAST_RANK).alias("rank"),
        (pl.col("log_e1rm") - pl.col("log_e1rm").first().over(_DAY)).alias("fall"),
    )
    effect = rank_effects(ranked).select("effort", "rank", "mean_fall")
    joined = ranked.join(effect, on=["effort", "rank"], how="left", maintain_order="left")
    corrected = pl.col("log_e1rm") - pl.col("mean_fall").fill_null(0.0)
    return joined.with_columns(corrected.alias("log_e1rm")).drop("rank", "fall", "mean_fall")


def rank_effects(ranked: pl.DataFrame) -> pl.DataFrame:
    """Return one row per `effort` and `rank` above 1: `mean_fall` (log units) and `pairs`."""
    return (
        ranked.filter(pl.col("rank") > 1)
        .group_by("effort", "rank")
        .agg(pl.col("fall").mean().alias("mean_fall"), pl.len().alias("pairs"))
        .filter(pl.col("pairs") >= FEWEST_PAIRS)
        .sort("effort", "rank")
    )
