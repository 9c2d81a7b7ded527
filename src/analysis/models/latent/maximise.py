"""Newton's method on many small problems at once, with differences for derivatives.

All trial points of one round are evaluated in one sweep (see `kalman.innovations`), series that
have arrived leave the batch, and a step that loses ground is shortened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.models.latent.daily import Indices
from analysis.models.latent.kalman import Floats

Objective = Callable[[Floats, Indices], Floats]
"""(trial, parameter, problem) points and the problems' numbers → (trial, problem) values."""

STEP = 0.01
"""Spacing of the differences, in logarithms of a variance ratio."""
GAIN_TOLERANCE = 1e-7
"""A problem has arrived when a Newton step promises less than this."""
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where each problem ended.

    Attributes:
        point: (parameter, problem) best points.
        value: their values.
        curvature: second derivative along the first parameter.
        converged: whether no step promises a gain any more.
    """

    point: Floats
    value: Floats
    curvature: Floats
    converged: NDArray[np.bool_]


def best_of(objective: Objective, grid: Floats) -> Floats:
    """Return for each problem the best point of a (trial, parameter, problem) grid."""
    problems = np.arange(grid.shape[2])
    best = objective(grid, problems).argmax(axis=0)
    return grid[best, :, problems].T.copy()


def maximise(objective: Objective, start: Floats, low: Floats, high: Floats) -> Optimum:
    """Climb from each start to a maximum within the bounds.

    Args:
        objective: what to maximise.
        start: (parameter, problem) first points.
        low: (parameter, problem) lower bounds.
        high: (parameter, problem) upper bounds.
    """
    size, count = start.shape
    best, value = start.copy(), np.full(count, -np.inf)
    gradient, hessian = np.zeros((size, count)), np.zeros((count, size, size))
    radius, converged = np.full(count, 2.0), np.zeros(count, dtype=bool)
    trial, active = start.copy(), np.arange(count)
    for _ in range(MAX_ROUNDS):
        values = objective(trial[None, :, active] + _offsets(size)[:, :, None], active)
        better = values[0] >= value[active] - 1e-12 * np.abs(values[0])
        won = active[better]
        best[:, won], value[won] = trial[:, won], values[0, better]
        gradient[:, won], hessian[won] = _differences(values[:, better], size)
        radius[active] *= np.where(better, 2.0, 0.25)
        step, gain = _newton(
            gradient[:, active],
            hessian[active],
            _free(best, gradient, low, high)[:, active],
            radius[active],
        )
        done = (gain < GAIN_TOLERANCE) | (radius[active] < 1e-7)
        converged[active[done]] = True
        active, step = active[~done], step[:, ~done]
        if not active.size:
            break
        trial[:, active] = np.clip(best[:, active] + step, low[:, active], high[:, active])
    return Optimum(best, value, hessian[:, 0, 0], converged)


def _offsets(size: int) -> Floats:
    axes = np.eye(size) * STEP
    corner = [axes.sum(axis=0)] if size == 2 else []
    return np.array([np.zeros(size), *axes, *-axes, *corner])


def _differences(values: Floats, size: int) -> tuple[Floats, Floats]:
    centre, up, down = values[0], values[1 : size + 1], values[size + 1 : 2 * size + 1]
    gradient = (up - down) / (2 * STEP)
    curvature = (up - 2 * centre + down) / STEP**2
    hessian = np.zeros((values.shape[1], size, size))
    hessian[:, range(size), range(size)] = curvature.T
    if size == 2:
        corner = (values[-1] - centre) / STEP**2 - gradient.sum(axis=0) / STEP
        hessian[:, 0, 1] = hessian[:, 1, 0] = corner - curvature.sum(axis=0) / 2
    return gradient, hessian


def _free(point: Floats, gradient: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Tell which coordinates are not pressed against a bound."""
    pressed: NDArray[np.bool_] = ((point <= low) & (gradient < 0)) | (
        (point >= high) & (gradient > 0)
    )
    return ~pressed


def _newton(
    gradient: Floats, hessian: Floats, free: NDArray[np.bool_], radius: Floats
) -> tuple[Floats, Floats]:
    """Return the uphill step and the gain it promises; curvature by size leaves saddles."""
    both = free.T[:, :, None] & free.T[:, None, :]
    size = len(gradient)
    bent, axes = np.linalg.eigh(np.where(both, hessian, 0.0) - np.where(both, 0.0, np.eye(size)))
    uphill = np.where(free, gradient, 0.0)
    along = np.einsum("nij,in->nj", axes, uphill)
    step = np.einsum("nij,nj->in", axes, along / np.maximum(np.abs(bent), 1e-6))
    gain: Floats = (uphill * step).sum(axis=0)
    length = np.abs(step).max(axis=0)
    return step * np.minimum(1.0, radius / np.maximum(length, 1e-300)), gain
