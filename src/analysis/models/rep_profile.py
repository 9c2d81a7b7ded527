"""One person's own reps-load curve, fitted to tests to failure at several loads.

The three curves and their estimation are those of the R package STMr (Jovanović, MIT licence),
whose README prints the numbers that the tests reproduce. Few tests make a rough curve: with three
tests and two parameters one residual degree of freedom is left, and `residual_sd_reps` says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def _epley_reps(share: Floats, k: float) -> Floats:
    return (1 - share) / (k * share)


def _modified_reps(share: Floats, k: float) -> Floats:
    return ((k - 1) * share + 1) / (k * share)


def _linear_reps(share: Floats, k: float) -> Floats:
    return (1 - share) * k + 1


PROFILES: dict[str, tuple[Callable[[Floats, float], Floats], float]] = {
    "epley": (_epley_reps, 0.033),
    "modified": (_modified_reps, 0.035),
    "linear": (_linear_reps, 33.0),
}
"""Reps to failure at a share of the 1RM, and where the search for k starts (STMr's defaults).

Epley's curve reaches one rep below the maximum: its 100 % is a "0RM". The modified curve and the
linear one pass through one rep at 100 %.
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """One fitted reps-load curve.

    Attributes:
        model: name in `PROFILES`.
        k: the curve's parameter (per rep for epley and modified; reps for linear).
        one_rm_kg: 1RM in kg, None when the share of 1RM was given instead of loads.
        zero_rm_kg: load in kg at which Epley's curve reaches 0 reps; epley with loads only.
        residual_sd_reps: residual SD in reps; NaN when there are no spare observations.
        converged: whether the search ended at an optimum.
    """

    model: str
    k: float
    one_rm_kg: float | None
    zero_rm_kg: float | None
    residual_sd_reps: float
    converged: bool


def fit_profile(
    share_of_1rm: ArrayLike,
    reps_to_failure: ArrayLike,
    model: str = "modified",
    *,
    weights: ArrayLike | None = None,
) -> Profile:
    """Fit the curve's one parameter where the 1RM is known; residuals are in reps.

    Args:
        share_of_1rm: load / 1RM of each test, 0 to 1.
        reps_to_failure: reps reached in each test.
        model: a name in `PROFILES`.
        weights: weight of each squared residual; equal when None.
    """
    share, reps = np.asarray(share_of_1rm, dtype=float), np.asarray(reps_to_failure, dtype=float)
    curve, start = PROFILES[model]
    root = np.sqrt(np.ones_like(reps) if weights is None else np.asarray(weights, dtype=float))
    (k,), sd, converged = _least_squares(lambda p: root * (curve(share, p[0]) - reps), [start])
    return Profile(model, k, None, None, sd, converged)


def fit_profile_and_max(
    load_kg: ArrayLike, reps_to_failure: ArrayLike, model: str = "modified"
) -> Profile:
    """Fit the curve's parameter and the 1RM together, from loads in kg; residuals are in reps.

    Args:
        load_kg: load of each test to failure; at least two different loads.
        reps_to_failure: reps reached in each test.
        model: a name in `PROFILES`.
    """
    load, reps = np.asarray(load_kg, dtype=float), np.asarray(reps_to_failure, dtype=float)
    if np.unique(load).size < 2:
        raise ValueError("a profile with its 1RM needs tests at two different loads or more")
    curve, start = PROFILES[model]
    (k, maximum), sd, converged = _least_squares(
        lambda p: curve(load / p[1], p[0]) - reps, [start, 1.1 * load.max()]
    )
    if model != "epley":
        return Profile(model, k, maximum, None, sd, converged)
    return Profile(model, k, maximum / (1 + k), maximum, sd, converged)


def _least_squares(
    residuals: Callable[[Floats], Floats], start: list[float]
) -> tuple[list[float], float, bool]:
    from scipy.optimize import least_squares

    fit = least_squares(residuals, start, x_scale=start, xtol=1e-12, ftol=1e-12, gtol=1e-12)
    spare = fit.fun.size - fit.x.size
    sd = math.sqrt(2 * fit.cost / spare) if spare else math.nan
    return [float(value) for value in fit.x], sd, bool(fit.success)
