"""The profiled deviance of a nested linear mixed model, and its gradient, from cross-products.

Notation as in Bates, Mächler, Bolker & Walker 2015 (J Stat Softw 67(1), §3): random effects
u ~ N(0, σ² L Lᵀ), L lower triangular, θ the entries of the L of every level. For each group, with
B = Zᵀ[Z X y] and A its Z part,

    M = LᵀAL + I = R Rᵀ,   V = R⁻¹LᵀB,   S = Σ [..]ᵀ[..] − VᵀV,   log|·| = 2 Σ log diag R.

What is left after one level is eliminated is summed into the groups above it, so nested levels
form a block arrow and the cost is one pass over the finest groups. The gradient is the same
passage backwards (reverse mode), so it costs about as much as the deviance. Factors that cross the
levels come last, as one dense block (`crossed`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from analysis.models.mixed.batched import (
    FloatArray,
    IntArray,
    cholesky,
    multiply,
    solve_lower,
    solve_upper,
    sum_by_group,
)
from analysis.models.mixed.cross_products import Statistics
from analysis.models.mixed.crossed import CrossedElimination, eliminate

LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, eq=False)
class Elimination:
    """One level eliminated at some θ.

    Attributes:
        factor: L, (terms, terms).
        cross: B, (terms, columns, groups), after the levels below were eliminated.
        root: R, the Cholesky factor of M, (terms, terms, groups).
        half: V = R⁻¹LᵀB.
    """

    factor: FloatArray
    cross: FloatArray
    root: FloatArray
    half: FloatArray


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The likelihood at one θ and residual variance, in the stored basis.

    Attributes:
        deviance: −2 log (restricted) likelihood in raw units.
        gradient: its derivative in θ, empty when not asked for.
        beta: fixed effects; `inverse` is (XᵀV⁻¹X)⁻¹ for V in units of σ².
        sigma: residual standard deviation.
        eliminations: one per level, finest first.
        crossed: of the factors that cross the levels, after those.
    """

    deviance: float
    gradient: FloatArray
    beta: FloatArray
    inverse: FloatArray
    sigma: float
    rss: float
    eliminations: tuple[Elimination, ...]
    crossed: CrossedElimination | None


class Likelihood:
    """Deviance of a model as a function of θ, over fixed sufficient statistics."""

    def __init__(self, statistics: Statistics, *, reml: bool, sigma: float | None) -> None:
        """Prepare the parts that do not depend on θ; `sigma` (stored units) fixes σ."""
        self.statistics = statistics
        self.encoding = encoding = statistics.encoding
        self.reml = reml
        self.fixed_sigma = sigma
        self.n_obs = statistics.n_obs
        self.dof = self.n_obs - len(encoding.fixed) if reml else self.n_obs
        self.total: FloatArray = np.asarray(statistics.gram.sum(-1), dtype=float)
        self._parents, self.children = _nesting(statistics)
        self._kept = _kept_rows(statistics)
        self._cells = np.ascontiguousarray(statistics.gram[self._kept[0]])
        self._lower = [np.tril_indices(len(part.terms)) for part in encoding.parts]
        self._fixed_block = np.ix_(encoding.fixed, encoding.fixed)
        self._constant = self._units(statistics)

    @property
    def size(self) -> int:
        """Number of entries of θ."""
        return sum(len(rows) for rows, _ in self._lower)

    def factors(self, theta: FloatArray) -> list[FloatArray]:
        """Return L of every level, finest first, then of every crossed factor."""
        factors, at = [], 0
        for lower in self._lower:
            factor = np.zeros((int(lower[0].max(initial=-1)) + 1,) * 2)
            factor[lower] = theta[at : at + len(lower[0])]
            factors.append(factor)
            at += len(lower[0])
        return factors

    def evaluate(
        self, theta: FloatArray, *, sigma: float | None = None, gradient: bool = True
    ) -> Evaluation:
        """Evaluate at θ; σ is profiled out unless given here or fixed by the model."""
        factors = self.factors(theta)
        eliminations, total, log_det = self._eliminate(factors[: len(self.encoding.levels)])
        crossed = None
        if self.encoding.crossed:
            across = factors[len(self.encoding.levels) :]
            crossed = eliminate(total, self.encoding.crossed, across)
            total, log_det = total - crossed.left, log_det + crossed.log_det
        x, fixed_sigma = self.encoding.fixed, sigma or self.fixed_sigma
        information = total[self._fixed_block]
        inverse = np.asarray(np.linalg.inv(information), dtype=float)
        beta = inverse @ total[x, -1]
        rss = float(total[-1, -1] - total[x, -1] @ beta)
        variance = rss / self.dof if fixed_sigma is None else fixed_sigma**2
        deviance = log_det + self.dof * (LOG_2PI + np.log(variance)) + rss / variance
        if self.reml:
            deviance += float(np.linalg.slogdet(information)[1])
        slope = np.empty(0)
        if gradient:
            slope = self._gradient(eliminations, crossed, self._seed(beta, inverse, variance))
        return Evaluation(
            float(deviance) + self._constant,
            slope,
            beta,
            inverse,
            float(np.sqrt(variance)),
            rss,
            eliminations,
            crossed,
        )

    def _units(self, statistics: Statistics) -> float:
        """What the change of basis and known weights add to the deviance."""
        encoding = self.encoding
        units = 2.0 * self.dof * float(np.log(abs(encoding.response_scale)))
        if self.reml:
            to_stored = encoding.basis[np.ix_(encoding.fixed, encoding.fixed)]
            units -= 2.0 * float(np.linalg.slogdet(to_stored)[1])
        return float(units + statistics.log_jacobian)

    def _eliminate(
        self, factors: list[FloatArray]
    ) -> tuple[tuple[Elimination, ...], FloatArray, float]:
        total, cells, log_det = self.total.copy(), self._cells, 0.0
        eliminations = []
        for k, (level, factor) in enumerate(zip(self.encoding.levels, factors, strict=True)):
            cross = cells[np.searchsorted(self._kept[k], level.columns)]
            scaled = multiply(factor.T, cross)
            system = multiply(scaled[:, level.columns], factor)
            system[np.diag_indices(len(factor))] += 1.0
            root = cholesky(system)
            half = solve_lower(root, scaled)
            eliminations.append(Elimination(factor, cross, root, half))
            log_det += 2.0 * float(np.log(root[np.diag_indices(len(factor))]).sum())
            total -= np.matmul(half, half.swapaxes(1, 2)).sum(0)
            if k + 1 < len(factors):
                above = self._kept[k + 1]
                left = cells[np.searchsorted(self._kept[k], above)]
                left = left - np.einsum("qcn,qmn->cmn", half[:, above], half)
                cells = sum_by_group(left, self._parents[k])
        return tuple(eliminations), total, log_det

    def _seed(self, beta: FloatArray, inverse: FloatArray, variance: float) -> FloatArray:
        """Derivative of the deviance in the cross-products left after every elimination."""
        x = self.encoding.fixed
        seed = np.zeros_like(self.total)
        contrast = np.zeros(len(self.total))
        contrast[x] = -beta
        contrast[-1] = 1.0
        seed += np.outer(contrast, contrast) / variance
        if self.reml:
            seed[self._fixed_block] += inverse
        return seed

    def _gradient(
        self,
        eliminations: tuple[Elimination, ...],
        crossed: CrossedElimination | None,
        seed: FloatArray,
    ) -> FloatArray:
        slopes: list[FloatArray] = []  # from the last entries of θ to the first
        if crossed is not None:
            sizes = [factor.columns.shape for factor in self.encoding.crossed]
            full, seed = crossed.backward(seed, [(size[0], size[1]) for size in sizes])
            lower = self._lower[len(eliminations) :]
            slopes += [own[at] for own, at in zip(full, lower, strict=True)][::-1]
        above: FloatArray | None = None
        for k in reversed(range(len(eliminations))):
            done, own = eliminations[k], self.encoding.levels[k].columns
            pulled = multiply(done.half, -seed)
            if above is not None:
                above = np.repeat(above, self.children[k], axis=-1)
                pulled -= self._pull(done.half, self._kept[k + 1], above)
            back, weight = solve_upper(done.root, pulled), solve_upper(done.root, done.half)
            inner = weight[:, own]
            moved = done.cross - multiply(multiply(done.cross[:, own], done.factor), weight)
            slope = 2.0 * inner.sum(-1).T + 2.0 * np.einsum("imn,jmn->ij", moved, back)
            slopes.append(slope[self._lower[k]])
            if k:
                above = self._push(k, done.factor, back, weight, above)
        return np.concatenate(slopes[::-1]) if slopes else np.empty(0)

    @staticmethod
    def _pull(half: FloatArray, kept: IntArray, above: FloatArray) -> FloatArray:
        """V times the symmetric derivative that comes from the level above."""
        pulled = np.einsum("qcn,cmn->qmn", half[:, kept], above)
        pulled[:, kept] += np.einsum("qmn,cmn->qcn", half, above)
        return np.asarray(0.5 * pulled, dtype=float)

    def _push(
        self,
        k: int,
        factor: FloatArray,
        back: FloatArray,
        weight: FloatArray,
        above: FloatArray | None,
    ) -> FloatArray:
        """Derivative in the cross-products that level k received from the level below."""
        own, kept = self.encoding.levels[k].columns, self._kept[k]
        down = np.zeros((len(kept), back.shape[1], back.shape[2]))
        rows = np.searchsorted(kept, own)
        down[rows] = 2.0 * multiply(factor, back)
        inner = -multiply(weight[:, own], factor) - np.einsum("imn,jmn->ijn", back, weight)
        inner[np.diag_indices(len(own))] += 1.0
        down[np.ix_(rows, own)] += multiply(multiply(factor, inner), factor.T)
        if above is not None:
            down[np.searchsorted(kept, self._kept[k + 1])] += above
        return down


def _kept_rows(statistics: Statistics) -> list[IntArray]:
    """Return, per level, the columns that it or a level above treats as random."""
    levels = statistics.encoding.levels
    return [
        np.unique(np.concatenate([level.columns for level in levels[k:]])).astype(np.int64)
        for k in range(len(levels))
    ]


def _nesting(statistics: Statistics) -> tuple[list[IntArray], list[IntArray]]:
    """Return, per level but the top, the first group and the number of groups in each parent."""
    starts = [statistics.starts(level.depth) for level in statistics.encoding.levels]
    first = [np.searchsorted(low, high) for low, high in pairwise(starts)]
    children = [np.diff(np.r_[at, len(low)]) for at, low in zip(first, starts[:-1], strict=True)]
    return first, children


# Minimise the deviance over θ.
#
# The deviance depends on L only through LLᵀ, so a column of L may change sign freely and θ
# needs no
# bounds: θ_ii ≥ 0 is a convention, put back at the end. That removes the trap of Newton steps that
# clip at θ_ii = 0, where a slope that looks like an active bound is a descent direction of the
# mirrored column. A zero column is always stationary, so it is accepted only if the curvature
# there is not negative.


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
