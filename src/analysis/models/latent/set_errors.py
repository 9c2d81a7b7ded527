"""What one set is worth as evidence of strength.

A set says how strong a lifter is only through three guesses: how many reps were left, the
formula, and the lifter's own reps-load curve. Each adds variance, so five honest reps near
failure weigh more than fifteen of unknown effort:

* effort logged: SD of 0.95 rep for a logged reserve, the size of the mean error of such ratings
  (Halperin et al. 2022, doi 10.1007/s40279-021-01559-x); none for a set marked as failure;
* effort unknown: the reserve is a half-normal number of reps, mean 2.0 and SD 1.5 for the
  default scale of 2.5. This is an assumption of this program, not a finding;
* the curve: the between-person SD of reps at a share of the 1RM, 0 at one rep to 4.4 at 20 (Nuzzo
  et al. 2024, doi 10.1007/s40279-023-01937-7);
* the day: a 1RM differs from itself on retest by 4.2 % (Grgic et al. 2020).
"""

from __future__ import annotations

import math
from itertools import pairwise

import polars as pl

from analysis.measures.e1rm import e1rm_expr

TO_FAILURE = ("failure", "amrap")
RETEST_SD = 0.042
RATING_SD_REPS = 0.95
CURVE_SD_REPS = ((1.0, 0.0), (4.94, 1.90), (7.15, 2.19), (9.75, 2.51), (12.37, 2.88),
                 (14.80, 3.31), (17.11, 3.80), (19.53, 4.37))  # fmt: skip
"""Mean reps at 90 … 60 % of the 1RM and their between-person SD (Nuzzo et al. 2024, Fig. 2)."""


def half_normal_mean(scale: float) -> float:
    """Return the mean of a half-normal reserve, reps."""
    return scale * math.sqrt(2 / math.pi)


def reps_to_failure(unknown_rir_scale: float) -> pl.Expr:
    """Return reps done plus the reserve: logged, or the mean of what is assumed."""
    return pl.col("reps") + pl.col("reserve").fill_null(half_normal_mean(unknown_rir_scale))


def variance(formula: str, unknown_rir_scale: float) -> pl.Expr:
    """Return the variance of a set's log e1RM: errors in reps times the formula's slope."""
    unknown_sd = unknown_rir_scale * math.sqrt(1 - 2 / math.pi)
    effort_sd = (
        pl.when(pl.col("reserve").is_null())
        .then(unknown_sd)
        .when(pl.col("kind").is_in(TO_FAILURE))
        .then(0.0)
        .otherwise(RATING_SD_REPS)
    )
    reps = reps_to_failure(unknown_rir_scale)
    middle = pl.max_horizontal(reps, 2.0)  # below, the formulas' rule for one rep breaks the slope
    low, high = (
        e1rm_expr(pl.col("load"), middle + half, formula, rep_cap=None).log()
        for half in (-0.5, 0.5)
    )
    return RETEST_SD**2 + (high - low) ** 2 * (effort_sd**2 + _curve_sd(reps) ** 2)


def _curve_sd(reps: pl.Expr) -> pl.Expr:
    sd = pl.lit(CURVE_SD_REPS[-1][1])
    for (left, low), (right, high) in reversed(list(pairwise(CURVE_SD_REPS))):
        between = low + (reps - left) * ((high - low) / (right - left))
        sd = pl.when(reps <= right).then(between).otherwise(sd)
    return sd
