"""From block estimates to the change of a muscle's strength, with what its errors share.

A change is taken within an exercise and only then pooled: the exercises that a lifter does change
with the dose, and a mean over a changing mix turned a true zero into +1 % per set. Pooling is by
precision, 1 / (v_b + v_b+1 + τ²), where τ² is what changes of one muscle's exercises differ by
beyond their noise (DerSimonian & Laird 1986, Control Clin Trials 7:177, one τ² for the table).

Two changes in a row share the estimate between them: their errors correlate negatively. The
covariance with the next change is returned, for the model to use.
"""

from __future__ import annotations

import polars as pl

CELL = ["athlete", "muscle", "block"]


def exercise_changes(strength: pl.DataFrame, roles: pl.DataFrame) -> pl.DataFrame:
    """Return the change from each block to the next, per exercise that trains a muscle directly.

    Args:
        strength: from `block_strength`.
        roles: `exercise_id`, `muscle`, one row per exercise and muscle it trains directly.

    Returns:
        One row per `athlete`, `muscle`, `lift` and `block`: `change_pct` to the next block,
        `variance` of it, `next_variance` (of the next block's estimate), `change_days`.
    """
    ahead = strength.select(
        "athlete",
        "lift",
        pl.col("block") - 1,
        pl.col("strength_pct").alias("next_pct"),
        pl.col("variance").alias("next_variance"),
        pl.col("days").alias("next_days"),
    )
    return (
        strength.join(ahead, on=["athlete", "lift", "block"])
        .join(roles, on="exercise_id")
        .with_columns(
            (pl.col("next_pct") - pl.col("strength_pct")).alias("change_pct"),
            pl.col("variance") + pl.col("next_variance"),
            (pl.col("days") + pl.col("next_days")).alias("change_days"),
        )
    )


def muscle_changes(changes: pl.DataFrame, max_change_pct: float) -> pl.DataFrame:
    """Pool the exercises of a muscle by precision.

    Returns:
        One row per `athlete`, `muscle` and `block`: `change_pct`, `change_variance` (%²),
        `next_covariance` (with the change of the block after), `exercises`, `change_days`,
        `effort_known` (share of the exercises), `implausible` (changes left out for size).
    """
    plausible = pl.col("change_pct").abs() <= max_change_pct
    kept = changes.filter(plausible)
    weighed = kept.with_columns(
        (1 / (pl.col("variance") + _between_exercises(kept))).alias("precision")
    ).with_columns((pl.col("precision") / pl.col("precision").sum().over(CELL)).alias("share"))
    pooled = weighed.group_by(CELL).agg(
        (pl.col("share") * pl.col("change_pct")).sum().alias("change_pct"),
        (1 / pl.col("precision").sum()).alias("change_variance"),
        pl.len().cast(pl.Int64).alias("exercises"),
        pl.col("change_days").sum(),
        pl.col("effort_known").cast(pl.Float64).mean(),
    )
    odd = changes.group_by(CELL).agg((~plausible).sum().cast(pl.Int64).alias("implausible"))
    return odd.join(pooled, on=CELL, how="left").join(_shared(weighed), on=CELL, how="left")


def _shared(weighed: pl.DataFrame) -> pl.DataFrame:
    after = weighed.select(
        "athlete", "muscle", "lift", pl.col("block") - 1, pl.col("share").alias("next_share")
    )
    both = weighed.join(after, on=["athlete", "muscle", "lift", "block"])
    product = pl.col("share") * pl.col("next_share") * pl.col("next_variance")
    return both.group_by(CELL).agg((-product.sum()).alias("next_covariance"))


def _between_exercises(changes: pl.DataFrame) -> float:
    """Return τ², the variance of changes between exercises of one muscle and block."""
    w = 1 / pl.col("variance")
    mean = (w * pl.col("change_pct")).sum() / w.sum()
    cells = changes.group_by(CELL).agg(
        (w * (pl.col("change_pct") - mean) ** 2).sum().alias("q"),
        (pl.len() - 1).cast(pl.Float64).alias("df"),
        (w.sum() - (w**2).sum() / w.sum()).alias("c"),
    )
    q, df, c = cells.select("q", "df", "c").sum().row(0)
    return max(0.0, (q - df) / c) if c else 0.0
