"""The joint test of a specification curve: what it would look like if doses meant nothing.

The doses of each athlete are shuffled over the athlete's own blocks, the same shuffle in every
specification, and the whole curve is estimated again. Blocks of other lengths move with the block
of the plan in which they begin. Every shuffle is estimated by generalised least squares with a
growth of each athlete's own and the working covariance of the fit: the plan's model without
pooling, fast enough to repeat. Observed and shuffled curves are both estimated so, and compared
by two statistics: the median over specifications of the estimate, and of estimate / robust error.

A shuffle breaks the order of the doses in time. Where dose and strength both drift for other
reasons the test can be too ready to fire; `training_years` is held fixed for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.models.dose_response.noise import Floats
from analysis.models.dose_response.whitened import Whitened

Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Specification:
    """A fitted specification: its rows, noise share, exposure and block length in weeks."""

    white: Whitened
    noise_share: float
    exposure: str
    block_weeks: int


@dataclass(frozen=True, slots=True)
class Shuffled:
    """Result of the joint test.

    Attributes:
        n: shuffles.
        median: observed median of the estimates; `p_median` its p-value, two-sided.
        median_t: observed median of estimate / error; `p_median_t` its p-value, two-sided.
    """

    n: int
    median: float
    p_median: float
    median_t: float
    p_median_t: float


def shuffled(
    specifications: Sequence[Specification], block_weeks: int, n: int, seed: int
) -> Shuffled:
    """Return the joint test over specifications.

    Args:
        specifications: fitted ones.
        block_weeks: the plan's block length, whose blocks are shuffled.
        n: shuffles.
        seed: of the shuffles.
    """
    names = sorted({name for each in specifications for name in each.white.rows["athlete"]})
    last = max(int(each.white.rows["block"].max() * each.block_weeks) for each in specifications)
    keys = np.random.default_rng(seed).random((n, len(names), last // block_weeks + 1))
    place = {name: number for number, name in enumerate(names)}
    estimates, ts = [], []
    for each in specifications:
        doses = _doses(each, keys, place, block_weeks)
        estimate, error = _effects(each, doses)
        estimates.append(estimate * block_weeks / each.block_weeks)
        ts.append(estimate / error)
    median, median_t = np.median(estimates, axis=0), np.median(ts, axis=0)
    return Shuffled(n, float(median[0]), _p(median), float(median_t[0]), _p(median_t))


def _p(statistic: Floats) -> float:
    """Return the two-sided p-value of the first, among itself and the others."""
    return float(np.mean(np.abs(statistic) >= abs(statistic[0]) * (1 - 1e-12)))


def _doses(each: Specification, keys: Floats, place: dict[str, int], block_weeks: int) -> Floats:
    """Return doses, one column per arrangement: as they were, then shuffled."""
    rows = each.white.rows
    who = rows["athlete"].map(place).to_numpy()
    begins = (rows["block"].to_numpy() * each.block_weeks) // block_weeks
    dose = rows[each.exposure].to_numpy(float)
    # rows are sorted by athlete, so sorting by (athlete, key) permutes within each athlete
    order = [np.lexsort((key[who, begins], who)) for key in keys]
    return np.column_stack([dose, dose[np.array(order).T]])


def _effects(each: Specification, doses: Floats) -> tuple[Floats, Floats]:
    """Return estimate and cluster-robust error of every column of doses."""
    white = each.white
    starts = np.flatnonzero(np.r_[True, np.diff(white.who) != 0])
    held = [name not in (each.exposure, f"{each.exposure}_own_mean") and name[:6] != "growth"
            for name in white.terms]  # fmt: skip
    raw = np.column_stack([doses, white.raw_x[:, held], np.ones(len(doses))])
    columns, _ = white.chain.whiten(each.noise_share, raw)
    growth = columns[:, -1]
    both = np.column_stack([columns[:, :-1], white.y])
    slope = np.add.reduceat(both * growth[:, None], starts) / np.add.reduceat(
        growth**2, starts
    )[:, None]  # fmt: skip
    both -= growth[:, None] * slope[white.who]
    n = doses.shape[1]
    dose, covariates, y = both[:, :n], both[:, n:-1], both[:, -1:]
    if covariates.shape[1]:
        dose = dose - covariates @ np.linalg.lstsq(covariates, dose, rcond=None)[0]
        y = y - covariates @ np.linalg.lstsq(covariates, y, rcond=None)[0]
    squares = (dose**2).sum(axis=0)
    estimate = (dose * y).sum(axis=0) / squares
    scores = np.add.reduceat(dose * (y - dose * estimate), starts)
    if len(starts) == 1:
        scores = dose * (y - dose * estimate)
    return estimate, np.sqrt((scores**2).sum(axis=0)) / squares
