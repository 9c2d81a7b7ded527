"""The arithmetic of Banister's model; `analysis.models.impulse` decides whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FITNESS_DAYS = (20.0, 80.0)
FATIGUE_DAYS = (2.0, 25.0)
"""Where time constants are looked for: common ones are 30–60 d and 7–15 d, with room on both
sides. Review of the model: Stephens Hemingway et al. 2021, doi 10.31236/osf.io/ap75j."""
FOLDS = 5
"""Blocks of outcomes that are held out in turn."""


@dataclass(frozen=True, slots=True)
class Banister:
    """Coefficients of the model.

    Attributes:
        baseline: p0, in the outcome's unit.
        fitness_gain: k1, outcome per unit of load; positive.
        fitness_days: τ1.
        fatigue_gain: k2, subtracted; positive.
        fatigue_days: τ2.
        same_day: whether the load of day t counts for the performance of day t.
    """

    baseline: float
    fitness_gain: float
    fitness_days: float
    fatigue_gain: float
    fatigue_days: float
    same_day: bool

    def predict(self, daily_load: ArrayLike) -> Floats:
        """Return the performance of each day.

        Args:
            daily_load: load of every day, 0 on rest days, one number a day without gaps.
        """
        load = np.asarray(daily_load, dtype=float)
        fitness = faded_sum(load, self.fitness_days, same_day=self.same_day)
        fatigue = faded_sum(load, self.fatigue_days, same_day=self.same_day)
        return self.baseline + self.fitness_gain * fitness - self.fatigue_gain * fatigue


def faded_sum(daily_load: Floats, days: float, *, same_day: bool) -> Floats:
    """Return Σ w(s) e^(−(t−s)/τ) for each day t.

    Args:
        daily_load: load of every day.
        days: the time constant τ.
        same_day: whether the sum runs to s = t, or ends at t − 1.
    """
    from scipy.signal import lfilter

    fade = np.exp(-1 / days)
    total: Floats = lfilter([1.0], [1.0, -fade], daily_load)
    return total if same_day else total - daily_load


def _gains(
    load: Floats, days: NDArray[np.intp], values: Floats, shell: Banister
) -> tuple[Banister, float]:
    """Return the model with the best gains for its time constants, and its squared error."""
    from scipy.optimize import lsq_linear

    fitness = faded_sum(load, shell.fitness_days, same_day=shell.same_day)[days]
    fatigue = faded_sum(load, shell.fatigue_days, same_day=shell.same_day)[days]
    design = np.column_stack([np.ones_like(values), fitness, -fatigue])
    size = np.maximum(np.abs(design).max(axis=0), 1e-300)
    found = lsq_linear(design / size, values, bounds=([-np.inf, 0, 0], np.inf))
    p0, k1, k2 = (float(value) for value in found.x / size)
    return replace(shell, baseline=p0, fitness_gain=k1, fatigue_gain=k2), float(2 * found.cost)


def least_squares(
    load: Floats, days: NDArray[np.intp], values: Floats, same_day: bool
) -> Banister:
    """Return the best model: the gains are linear, so only the time constants are searched."""
    from scipy.optimize import minimize

    def best(point: Floats) -> tuple[Banister, float]:
        shell = Banister(0.0, 0.0, float(point[0]), 0.0, float(point[1]), same_day)
        return _gains(load, days, values, shell)

    grid = [
        np.array([slow, fast])
        for slow in np.geomspace(*FITNESS_DAYS, 6)
        for fast in np.geomspace(*FATIGUE_DAYS, 6)
    ]
    start = min(grid, key=lambda point: best(point)[1])
    scale = max(best(start)[1], 1e-300)

    def error(point: Floats) -> float:
        return best(point)[1] / scale

    limits = [FITNESS_DAYS, FATIGUE_DAYS]
    found = minimize(error, start, method="Nelder-Mead", bounds=limits, options={"xatol": 1e-3})
    return best(np.asarray(found.x, dtype=float))[0]


def _fitness_alone(load: Floats, days: NDArray[np.intp], values: Floats, same_day: bool) -> Floats:
    """Return the prediction for every day of the best single curve, with no fatigue."""
    from scipy.optimize import minimize_scalar

    def line(tau: float) -> tuple[Floats, float]:
        curve = faded_sum(load, tau, same_day=same_day)
        straight = np.polynomial.Polynomial.fit(curve[days], values, 1)
        return straight(curve), float(((straight(curve[days]) - values) ** 2).sum())

    found = minimize_scalar(lambda tau: line(tau)[1], bounds=FITNESS_DAYS, method="bounded")
    return line(float(found.x))[0]


def held_out_errors(
    load: Floats, days: NDArray[np.intp], values: Floats, same_day: bool
) -> tuple[float, float, float]:
    """Return mean squared errors of model, straight line and fitness alone on unseen blocks.

    The blocks are contiguous, because a neighbour of yesterday's test tells most of today's.
    """
    squares = np.zeros((3, len(values)))
    for block in np.array_split(np.arange(len(values)), FOLDS):
        kept = np.setdiff1d(np.arange(len(values)), block)
        model = least_squares(load, days[kept], values[kept], same_day)
        line = np.polynomial.Polynomial.fit(days[kept], values[kept], 1)
        single = _fitness_alone(load, days[kept], values[kept], same_day)
        guesses = (model.predict(load)[days[block]], line(days[block]), single[days[block]])
        squares[:, block] = [(guess - values[block]) ** 2 for guess in guesses]
    full, straight, alone = (float(row.mean()) for row in squares)
    return full, straight, alone
