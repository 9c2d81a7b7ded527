"""Minimise the deviance over θ.

The deviance depends on L only through LLᵀ, so a column of L may change sign freely and θ needs no
bounds: θ_ii ≥ 0 is a convention, put back at the end. That removes the trap of Newton steps that
clip at θ_ii = 0, where a slope that looks like an active bound is a descent direction of the
mirrored column. A zero column is always stationary, so it is accepted only if the curvature
there is not negative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.deviance import Evaluation, Likelihood

RELATIVE_DECREMENT = 1e-13
"""Predicted gain, relative to the deviance, below which θ is final (8 digits in variances)."""

START_DECREMENT = 1e-6
START_GROUPS = 500
START_SCALES = (0.3, 1.0, 3.0, 10.0)

SAME_CURVATURE = 1e-3
"""Length of a step after which the curvature is the same to more digits than the next needs."""

MAX_STEPS = 100
DIFFERENCE = 1e-5


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the deviance is least.

    Attributes:
        theta: with every diagonal entry ≥ 0.
        deviance: its value there.
        converged: whether the last predicted gain was below tolerance.
        steps: Newton steps taken.
        hessian: curvature used last, to start a neighbouring problem with.
    """

    theta: FloatArray
    deviance: float
    converged: bool
    steps: int
    hessian: FloatArray


def minimise(
    likelihood: Likelihood,
    warm: Optimum | None = None,
    tolerance: float = RELATIVE_DECREMENT,
) -> Optimum:
    """Find θ; a singular end point is tried again from other starts and the best kept.

    `warm` is the optimum of a neighbouring problem.
    """
    if likelihood.size == 0:
        none = np.empty(0)
        return Optimum(none, likelihood.evaluate(none).deviance, True, 0, np.empty((0, 0)))
    identity = _flatten([np.eye(len(f)) for f in likelihood.factors(np.zeros(likelihood.size))])
    if warm is None:
        best = _newton(likelihood, _start(likelihood, identity), tolerance)
    else:
        best = _newton(likelihood, warm.theta, tolerance, warm.hessian)
    if is_singular(likelihood, best.theta) or not best.converged:
        for other in (_mirrored(likelihood, best.theta), 0.1 * identity):
            again = _newton(likelihood, other, tolerance)
            if again.deviance < best.deviance - 1e-10 * (1.0 + abs(best.deviance)):
                best = again
    signs = _flatten([_signs(factor) for factor in likelihood.factors(best.theta)])
    hessian = best.hessian * np.outer(signs, signs)
    return replace(best, theta=best.theta * signs, hessian=hessian)


def _start(likelihood: Likelihood, identity: FloatArray) -> FloatArray:
    """Most of the way is walked on a few hundred groups, where a step costs next to nothing."""
    few = likelihood.statistics.thinned(START_GROUPS)
    if few is likelihood.statistics:
        scales = [scale * identity for scale in START_SCALES]
        return min(scales, key=lambda at: likelihood.evaluate(at, gradient=False).deviance)
    sketch = Likelihood(few, reml=likelihood.reml, sigma=likelihood.fixed_sigma)
    return _newton(sketch, _start(sketch, identity), START_DECREMENT).theta


def is_singular(likelihood: Likelihood, theta: FloatArray, tolerance: float = 1e-4) -> bool:
    """Say whether some level's covariance matrix has no full rank (lme4's rule and tolerance)."""
    return any(
        np.linalg.svd(factor, compute_uv=False).min(initial=np.inf) < tolerance
        for factor in likelihood.factors(theta)
    )


def difference_hessian(
    slope: Callable[[FloatArray], FloatArray], at: FloatArray, base: FloatArray | None = None
) -> FloatArray:
    """Differentiate a gradient: central differences, or forward ones where `base` is given."""
    hessian = np.empty((len(at), len(at)))
    for i in range(len(at)):
        step = np.zeros(len(at))
        step[i] = DIFFERENCE * max(abs(at[i]), 0.1)
        if base is None:
            hessian[i] = (slope(at + step) - slope(at - step)) / (2.0 * step[i])
        else:
            hessian[i] = (slope(at + step) - base) / step[i]
    return 0.5 * (hessian + hessian.T)


def _newton(
    likelihood: Likelihood,
    theta: FloatArray,
    tolerance: float = RELATIVE_DECREMENT,
    hessian: FloatArray | None = None,
) -> Optimum:
    """Newton steps; near the end, and at a warm start, the last curvature is good enough."""
    here, fresh = likelihood.evaluate(theta), False

    def slope(at: FloatArray) -> FloatArray:
        return likelihood.evaluate(at).gradient

    for taken in range(MAX_STEPS):
        if hessian is None:
            hessian, fresh = difference_hessian(slope, theta, here.gradient), True
        step, gain = _descent(hessian, here.gradient)
        if gain <= tolerance * (1.0 + abs(here.deviance)):
            return _last_step(likelihood, theta, here.deviance, step, taken, hessian)
        found = _line_search(likelihood, here.deviance, theta, step, gain)
        if found is None:
            if fresh:
                return Optimum(theta, here.deviance, False, taken, hessian)
            hessian = None
            continue
        length, here = found
        theta, fresh = theta + length * step, False
        if length < 1.0 or np.linalg.norm(step) > SAME_CURVATURE:
            hessian = None
    return Optimum(theta, here.deviance, False, MAX_STEPS, np.eye(len(theta)))


def _last_step(
    likelihood: Likelihood,
    theta: FloatArray,
    deviance: float,
    step: FloatArray,
    taken: int,
    hessian: FloatArray,
) -> Optimum:
    last = likelihood.evaluate(theta + step, gradient=False).deviance
    if last <= deviance:
        return Optimum(theta + step, last, True, taken, hessian)
    return Optimum(theta, deviance, True, taken, hessian)


def _line_search(
    likelihood: Likelihood, deviance: float, theta: FloatArray, step: FloatArray, gain: float
) -> tuple[float, Evaluation] | None:
    longest = 1.0 + float(np.linalg.norm(theta))
    length = min(1.0, longest / float(np.linalg.norm(step)))
    for _ in range(30):
        there = likelihood.evaluate(theta + length * step)
        if there.deviance < deviance - 1e-4 * length * gain:
            return length, there
        length *= 0.5
    return None


def _descent(hessian: FloatArray, slope: FloatArray) -> tuple[FloatArray, float]:
    """Newton step with every curvature made positive, and the gain it promises.

    Where the slope vanishes but a curvature is negative (a saddle), step along it.
    """
    values, vectors = np.linalg.eigh(hessian)
    floor = 1e-10 * max(float(np.abs(values).max()), 1e-300)
    along = vectors.T @ slope
    curvature = np.maximum(np.abs(values), floor)
    move = -along / curvature
    saddle = (values < -1e-6 * np.abs(values).max()) & (np.abs(move) < 1e-3)
    move[saddle] = np.where(along[saddle] > 0, -0.1, 0.1)
    return vectors @ move, float(0.5 * (curvature * move**2).sum())


def _flatten(factors: list[FloatArray]) -> FloatArray:
    return np.concatenate([factor[np.tril_indices(len(factor))] for factor in factors])


def _signs(factor: FloatArray) -> FloatArray:
    """Signs that make the diagonal positive, column by column."""
    return np.broadcast_to(np.where(np.diag(factor) < 0, -1.0, 1.0), factor.shape)


def _mirrored(likelihood: Likelihood, theta: FloatArray) -> FloatArray:
    """The same standard deviations with every correlation reversed, and no zero diagonal."""
    mirrored = []
    for factor in likelihood.factors(theta):
        flipped = np.tril(-factor, -1) + np.diag(np.maximum(np.abs(np.diag(factor)), 0.1))
        mirrored.append(flipped)
    return _flatten(mirrored)
