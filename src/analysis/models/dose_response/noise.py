"""Errors of successive changes: real swings of strength, and estimates that two changes share.

A change is y_b+1 − y_b. Its noise is the swing of strength itself, taken as independent from
block to block, and the noise of the two estimates; y_b+1 is also in the next change, with the
other sign. With M the known covariance of the estimates' part (tridiagonal: `change_variance`,
`next_covariance`) and c its mean variance, the working covariance of an athlete's changes is

    Ω = σ² · ((1 − share) · c · I + share · M),

and `share` is what fits the data best (restricted likelihood). Rows multiplied by the inverse
Cholesky factor of Ω have independent errors. Only efficiency hangs on this model: standard errors
are cluster-robust by athlete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from analysis.models.dose_response.series import Floats, series_number


LARGEST_SHARE = 0.99
"""At 1 nothing but the estimates' noise would be left, and Ω could be singular."""


@dataclass(frozen=True, slots=True)
class Chains:
    """Rows that follow each other block by block, in one athlete and muscle.

    Attributes:
        steps: for k = 1, 2 …, the rows that are k-th in their chain; the row before each is the
            row above it.
        ends: the last row of every chain.
        variance: of the estimates' noise in each change.
        covariance: with the change in the next row, 0 where that is no neighbour.
    """

    steps: tuple[NDArray[np.int64], ...]
    ends: NDArray[np.int64]
    variance: Floats
    covariance: Floats

    def whiten(self, share: float, columns: Floats) -> tuple[Floats, float]:
        """Return L⁻¹ · columns (rows first) and log|L| for Ω = L Lᵀ at σ = 1."""
        pivot = (1 - share) * self.variance.mean() + share * self.variance
        white = columns.copy()
        for rows in self.steps:
            root = np.sqrt(pivot[rows - 1])
            below = share * self.covariance[rows - 1] / root
            pivot[rows] -= below**2
            white[rows - 1] /= root[:, None]
            white[rows] -= below[:, None] * white[rows - 1]
        white[self.ends] /= np.sqrt(pivot[self.ends])[:, None]
        return white, 0.5 * float(np.log(pivot).sum())

    def best_share(self, response: Floats, design: Floats) -> float:
        """Return the share of the estimates' noise with the highest restricted likelihood."""
        columns = np.column_stack([design, response])

        def deviance(share: float) -> float:
            white, log_l = self.whiten(share, columns)
            triangle = np.linalg.qr(white, mode="r")
            diagonal = np.abs(np.diag(triangle))
            spare = len(white) - design.shape[1]
            log_xx = float(np.log(np.maximum(diagonal[:-1], 1e-300)).sum())
            residual = float(np.log(max(float(diagonal[-1]), 1e-300)))
            return float(2 * (log_l + log_xx + spare * residual))

        return likeliest_share(deviance)


def likeliest_share(deviance: Callable[[float], float]) -> float:
    """Return the share at which a deviance is least."""
    found = minimize_scalar(
        deviance, bounds=(0.0, LARGEST_SHARE), method="bounded", options={"xatol": 1e-3}
    )
    return float(found.x)


def chains(rows: pd.DataFrame) -> Chains:
    """Return the chains of a panel's rows, sorted by athlete, muscle and block."""
    series = series_number(rows)
    block = rows["block"].to_numpy()
    follows = np.zeros(len(rows), dtype=bool)
    follows[1:] = (series[1:] == series[:-1]) & (block[1:] == block[:-1] + 1)
    at = np.arange(len(rows))
    start = np.maximum.accumulate(np.where(follows, 0, at))
    place = at - start
    steps = tuple(np.flatnonzero(place == k) for k in range(1, int(place.max(initial=0)) + 1))
    followed = np.r_[follows[1:], False]
    covariance = rows["next_covariance"].to_numpy(float) * followed
    return Chains(
        steps, np.flatnonzero(~followed), rows["change_variance"].to_numpy(float), covariance
    )
