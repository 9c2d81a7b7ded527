"""Growth of one athlete, with an interval that allows for good and bad months.

    y = a_exercise + b·ln(week) + shared drift + drift of the exercise + noise

Weeks near each other are alike, and the exercises of one body rise and fall together. How much is
not known from one log, so it is averaged over: the drift (Ornstein-Uhlenbeck, up to a random
walk) takes the times, sizes and prior weights of `measures.trend`, and a share of 0, ½ or all of
it is common to the exercises. Under p(a, b, σ²) ∝ 1/σ² each case gives a t distribution for b,
weighted by its restricted likelihood (Harville 1974); the interval is that of the mixture. Least
squares would treat a good month as growth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from analysis.measures.trend import GRID
from analysis.models.mixed.batched import FloatArray

SHARED = (0.0, 0.5, 1.0)
"""Shares of the drift that the exercises of one body have in common, equally likely."""

MOST_ROWS = 300
"""Rows of the dense covariance; longer logs are averaged over 2, 4, 8 … weeks."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Slope of log strength per unit of ln(week): a mixture of t distributions.

    Attributes:
        estimate: its mean.
        low: lower end of the interval.
        high: upper end.
        loglik_gain: restricted log-likelihood of the ln(week) curve above that of a straight
            line in weeks, drift averaged over, both predictors scaled alike.
    """

    estimate: float
    low: float
    high: float
    loglik_gain: float


def slope(table: pd.DataFrame, level: float) -> Slope:
    """Fit one athlete's rows (see `rows.Rows`)."""
    table = _thinned(table)
    curve, line = _mixtures(table, ("log_week", "week"))
    tail = (1.0 - level) / 2.0
    return Slope(
        estimate=float(curve.weight @ curve.slope),
        low=curve.quantile(tail),
        high=curve.quantile(1.0 - tail),
        loglik_gain=curve.evidence - line.evidence,
    )


def _thinned(table: pd.DataFrame) -> pd.DataFrame:
    step, thin = 1, table
    while len(thin) > MOST_ROWS:
        step *= 2
        block = (table["week"] - 1) // step
        thin = table.groupby(["exercise", block], sort=False).mean(numeric_only=True)
        thin = thin.drop(columns="week").assign(week=thin["week"]).reset_index("exercise")
    return thin


@dataclass(frozen=True, slots=True)
class _Mixture:
    """One t distribution of the slope per case of drift, and its weight."""

    slope: FloatArray
    scale: FloatArray
    weight: FloatArray
    dof: int
    evidence: float

    def quantile(self, p: float) -> float:
        from scipy.optimize import brentq
        from scipy.special import stdtr, stdtrit

        each = self.slope + self.scale * stdtrit(self.dof, p)

        def above(value: float) -> float:
            return float(self.weight @ stdtr(self.dof, (value - self.slope) / self.scale)) - p

        room = 1e-9 * self.scale.max()
        return float(brentq(above, each.min() - room, each.max() + room))


def _mixtures(table: pd.DataFrame, clocks: Sequence[str]) -> list[_Mixture]:
    """Return the slope on each clock; a covariance is factored once for all of them."""
    exercise = np.asarray(pd.factorize(table["exercise"])[0])
    own = (exercise[:, None] == np.arange(exercise.max() + 1)).astype(float)
    time = table[list(clocks)].to_numpy(dtype=float)
    spread = np.std(time - own @ (own.T @ time / own.sum(axis=0)[:, None]), axis=0)
    y = table["strength"].to_numpy(dtype=float)
    rows = np.column_stack([time / spread, own, y])
    found: list[list[tuple[float, float, float]]] = [[] for _ in clocks]
    priors = []
    for cov, prior in _drifts(table, exercise):
        root = np.linalg.cholesky(cov)
        white = solve_triangular(root, rows, lower=True)
        for k, cases in enumerate(found):
            columns = [k, *range(len(clocks), white.shape[1])]
            cases.append(_least_squares(white[:, columns], float(np.log(np.diag(root)).sum())))
        priors.append(prior)
    dof = len(y) - own.shape[1] - 1
    return [
        _mixture(np.array(cases), np.array(priors), float(unit), dof)
        for cases, unit in zip(found, spread, strict=True)
    ]


def _mixture(cases: FloatArray, priors: FloatArray, unit: float, dof: int) -> _Mixture:
    slopes, scales, logliks = cases.T
    likelihood = priors / priors.sum() * np.exp(logliks - logliks.max())
    return _Mixture(
        slope=slopes / unit,
        scale=scales / unit,
        weight=likelihood / likelihood.sum(),
        dof=dof,
        evidence=float(np.log(likelihood.sum()) + logliks.max()),
    )


def _drifts(
    table: pd.DataFrame, exercise: NDArray[np.int64]
) -> Iterator[tuple[FloatArray, float]]:
    """Yield the covariance of every case of drift, noise of variance 1 included, and its prior."""
    day = table["day"].to_numpy(dtype=float)
    apart = np.abs(day[:, None] - day[None, :])
    same = exercise[:, None] == exercise[None, :]
    for tau, ratio, prior in GRID:
        shares = (1.0,) if same.all() or not ratio else SHARED
        for share in shares:
            drift = ratio * np.exp(-apart / tau) * np.where(same, 1.0, share)
            yield np.eye(len(day)) + drift, prior / len(shares)


def _least_squares(white: FloatArray, log_root: float) -> tuple[float, float, float]:
    """Return the first coefficient, its scale and the restricted log-likelihood over σ².

    Args:
        white: design and response, the response last, with independent errors.
        log_root: half the log-determinant of the covariance that was taken out.
    """
    triangle = np.asarray(np.linalg.qr(white, mode="r"))
    inverse = np.linalg.inv(triangle[:-1, :-1])
    dof = len(white) - len(inverse)
    # A flat series leaves nothing; the floor keeps its interval a point, not a NaN.
    variance = max(float(triangle[-1, -1] ** 2), 1e-18) / dof
    log_information = np.log(np.abs(np.diag(triangle)[:-1])).sum()
    first = float((inverse @ triangle[:-1, -1])[0])
    scale = float(np.sqrt(variance) * np.linalg.norm(inverse[0]))
    return first, scale, float(-0.5 * dof * np.log(variance) - log_root - log_information)
