"""Variances of one batch of series by penalised maximum likelihood, and the model's evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.models.latent.kalman import Days, Floats, Ratios, innovations
from analysis.models.latent.maximise import Indices, Optimum, best_of, maximise
from analysis.models.latent.prior import Prior

NEARLY_DIFFUSE = 1e8
"""Starting variance of the slope, relative to the error, where no prior is given."""
LOW, HIGH = np.array([-18.0, -36.0]), np.array([6.0, 2.0])
"""Bounds of the log variance ratios of level and slope: e^-18 of the error per day is nothing."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Fitted variances of each series; arrays are (series).

    Attributes:
        ratios: variances relative to the error variance.
        error_var: error variance of a day with typical noise.
        dof: what the error variance rests on, prior included.
        loglik: log-likelihood at these values, without the penalty.
        evidence: −BIC/2: log-likelihood less half the log of the days per free variance.
        level_spread: posterior SD of the log of the level's ratio; 0 without a prior.
        converged: whether the search ended at an optimum.
    """

    ratios: Ratios
    error_var: Floats
    dof: Floats
    loglik: Floats
    evidence: Floats
    level_spread: Floats
    converged: NDArray[np.bool_]


class Target:
    """The penalised log-likelihood of a batch, with the error variance concentrated out."""

    def __init__(self, days: Days, typical: Floats, prior: Prior | None, *, trend: bool) -> None:
        self.days, self.prior, self.trend, self.size = days, prior, trend, 1 + trend
        series = days.gap.shape[1]
        first = 1.0 if prior is None else prior.scale**2 * typical
        self.worth = 0.0 if prior is None else prior.scale_days
        self.guess = np.broadcast_to(np.asarray(first), series)
        self.dof = days.count - (2 if trend and prior is None else 1)
        start = NEARLY_DIFFUSE if prior is None else prior.slope_sd**2 / self.guess
        self.start = np.broadcast_to(np.asarray(start if trend else 0.0), series)
        self.centre, self.width = self._penalty()

    def _penalty(self) -> tuple[Floats, Floats]:
        if self.prior is None:
            return np.zeros((2, len(self.guess))), np.full(2, np.inf)
        steps = np.array([self.prior.level_sd, self.prior.slope_change_sd])
        width = np.array([self.prior.level_log_sd, self.prior.slope_change_log_sd])
        return 2 * np.log(steps)[:, None] - np.log(self.guess), width

    def ratios(self, point: Floats, series: Indices) -> Ratios:
        """Return the variance ratios at (…, parameter, problem) logarithms."""
        level = np.exp(point[..., 0, :])
        slope = np.exp(point[..., 1, :]) if self.trend else np.zeros_like(level)
        return Ratios(level, slope, self.start[series])

    def __call__(self, point: Floats, series: Indices) -> Floats:
        """Return the value at (trial, parameter, problem) points of some of the problems."""
        everyone = len(series) == len(self.guess)
        days = self.days if everyone else self.days.take(series)
        squares, log_det = innovations(days, self.ratios(point, series))
        dof = self.dof[series] + self.worth
        error = (squares + self.worth * self.guess[series]) / dof
        miss = (point - self.centre[: self.size, series]) / self.width[: self.size, None]
        penalty: Floats = (miss**2).sum(axis=-2)
        value: Floats = -0.5 * (dof * np.log(error) + log_det + penalty)
        return value

    def grid(self, level: Floats | None) -> Floats:
        """Return first points: the level's range, then the slope's beneath the level's best."""
        ones = np.ones_like(self.guess)
        if level is None:
            line: Floats = np.linspace(-15, 1, 7)[:, None, None] * ones
            return line
        spread = np.array([-28.0, -20, -14, -9]) if self.prior is None else np.array([-3.0, 1, 5])
        points = [
            np.stack([np.clip(level - less, LOW[0], HIGH[0]), self.centre[1] + slope])
            for less in (0.0, 3.0)
            for slope in spread
        ]
        grid: Floats = np.clip(np.array(points), LOW[None, :, None], HIGH[None, :, None])
        return grid


def estimate(
    days: Days, typical: Floats, prior: Prior | None, *, level: Floats | None = None
) -> tuple[Estimate, Floats]:
    """Fit one model to a batch of series.

    Args:
        days: the observations, noise relative to the series' typical noise.
        typical: the typical noise variance of each series.
        prior: shrinkage; None for plain maximum likelihood with a diffuse slope.
        level: the local level model's best point; when given, the local linear trend is fitted.

    Returns:
        The estimate, and the best point of the level's log ratio.
    """
    target = Target(days, typical, prior, trend=level is not None)
    ones = np.ones((target.size, len(typical)))
    low, high = LOW[: target.size, None] * ones, HIGH[: target.size, None] * ones
    found = maximise(target, best_of(target, target.grid(level)), low, high)
    return _finish(target, found), found.point[0]


def _finish(target: Target, found: Optimum) -> Estimate:
    point = found.point
    ratios = target.ratios(point, np.arange(point.shape[1]))
    squares, log_det = innovations(target.days, ratios)
    dof = target.dof + target.worth
    error = (squares + target.worth * target.guess) / dof
    observed = target.days.count
    loglik = -0.5 * (observed * math.log(2 * math.pi) + (observed - 1) * np.log(error) + log_det)
    loglik -= 0.5 * squares / error
    if target.trend and target.prior is None:
        loglik += 0.5 * np.log(NEARLY_DIFFUSE * error)
    evidence = loglik - 0.5 * (1 + len(point)) * np.log(observed)
    return Estimate(ratios, error, dof, loglik, evidence, _spread(target, found), found.converged)


def _spread(target: Target, found: Optimum) -> Floats:
    if target.prior is None:
        return np.zeros_like(target.guess)
    curvature = np.maximum(-found.curvature, target.width[0] ** -2)
    return np.asarray(1 / np.sqrt(curvature), dtype=float)
