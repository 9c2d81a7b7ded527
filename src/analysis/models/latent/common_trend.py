"""The trend that several exercises have in common, by generalised least squares.

Trend and each exercise's own wander are random walks; together they wander as much as the
exercises do one by one. How much of it is common, and how large it is, are averaged over a few
candidates by their likelihood. For each candidate the posterior is Gaussian and exact: an
exercise's weight is its precision, its intercept is its own, and a swap without overlap widens
the band instead of moving the line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.latent.daily import Indices
from analysis.models.latent.kalman import Floats

COMMON_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Candidates for the common trend's share of an exercise's wander, equally likely beforehand."""
WANDER_FACTORS = (0.5, 1.0, 2.0, 4.0)
"""Candidates for the wander, relative to its mean over the exercises one by one."""
DIFFUSE = 100.0
"""Prior variance of an intercept, log units: a factor of e^±20, which is no information."""
WEEK_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Weekly:
    """One row per exercise and week: its mean day, value and error variance.

    `begun` is the first day of the row's exercise.
    """

    exercise: Indices
    day: Floats
    value: Floats
    noise: Floats
    begun: Floats


def by_week(states: pd.DataFrame) -> Weekly:
    """Return precision-weighted weekly means; within a week strength is taken as constant.

    Args:
        states: `LatentFit.states` of the exercises: each day's value and error.
    """
    exercise, _ = pd.factorize(states["series"])
    day = states["day"].to_numpy()
    week = np.floor((day - day.min()) / WEEK_DAYS)
    new = (np.diff(exercise, prepend=-1) != 0) | (np.diff(week, prepend=np.nan) != 0)
    first = np.flatnonzero(new)
    precision = states["error_sd"].to_numpy() ** -2.0
    total = np.add.reduceat(precision, first)
    mean_day = np.add.reduceat(precision * day, first) / total
    value = np.add.reduceat(precision * states["observed"].to_numpy(), first) / total
    begun = day[np.searchsorted(exercise, exercise[first])]
    return Weekly(exercise[first], mean_day, value, 1 / total, begun)


def common_trend(weekly: Weekly, wander: float, weeks: Floats) -> tuple[Floats, Floats, float]:
    """Return mean and covariance of the trend at the weeks, and its share of the wander.

    Args:
        weekly: the exercises' weeks.
        wander: variance of an exercise's daily random step, mean over the exercises.
        weeks: days at which the trend is wanted; it is 0 on the first day of all.
    """
    shares = COMMON_SHARES if weekly.exercise.max() > 0 else (1.0,)
    candidates = [(share, factor) for share in shares for factor in WANDER_FACTORS]
    fits = [_fit(weekly, share, wander * factor, weeks) for share, factor in candidates]
    log_likelihood = np.array([fit.log_likelihood for fit in fits])
    weight = np.exp(log_likelihood - log_likelihood.max())
    weight /= weight.sum()
    mean: Floats = np.einsum("k,kw->w", weight, [fit.mean for fit in fits])
    within = np.einsum("k,kvw->vw", weight, [fit.covariance for fit in fits])
    apart = np.array([fit.mean for fit in fits]) - mean
    between: Floats = np.einsum("k,kv,kw->vw", weight, apart, apart)
    share = float(weight @ np.array([share for share, _ in candidates]))
    return mean, within + between, share


@dataclass(frozen=True, slots=True)
class _Fit:
    mean: Floats
    covariance: Floats
    log_likelihood: float


def _fit(weekly: Weekly, share: float, wander: float, weeks: Floats) -> _Fit:
    from scipy.linalg import cholesky, solve_triangular

    origin = weekly.begun.min()
    since, own, ahead = weekly.day - origin, weekly.day - weekly.begun, weeks - origin
    same = weekly.exercise[:, None] == weekly.exercise
    total = wander * share * np.minimum.outer(since, since) + np.diag(weekly.noise)
    total += same * (wander * (1 - share) * np.minimum.outer(own, own) + DIFFUSE)
    link = wander * share * np.minimum.outer(since, ahead)
    centred = weekly.value - weekly.value.mean()
    root = cholesky(total, lower=True)
    halves = solve_triangular(root, np.column_stack([link, centred]), lower=True)
    link_half, value_half = halves[:, :-1], halves[:, -1]
    covariance = wander * share * np.minimum.outer(ahead, ahead) - link_half.T @ link_half
    log_likelihood = -0.5 * float(value_half @ value_half) - float(np.log(np.diag(root)).sum())
    return _Fit(link_half.T @ value_half, covariance, log_likelihood)
