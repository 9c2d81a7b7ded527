"""The profiled deviance of a nested linear mixed model, and its gradient, from cross-products.

Notation as in Bates, Mächler, Bolker & Walker 2015 (J Stat Softw 67(1), §3): random effects
u ~ N(0, σ² L Lᵀ), L lower triangular, θ the entries of the L of every level. For each group, with
B = Zᵀ[Z X y] and A its Z part,

    M = LᵀAL + I = R Rᵀ,   V = R⁻¹LᵀB,   S = Σ [..]ᵀ[..] − VᵀV,   log|·| = 2 Σ log diag R.

What is left after one level is eliminated is summed into the groups above it, so nested levels
form a block arrow and the cost is one pass over the finest groups. The gradient is the same
passage backwards (reverse mode), so it costs about as much as the deviance.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from analysis.models.mixed.statistics import Statistics

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
    """

    deviance: float
    gradient: FloatArray
    beta: FloatArray
    inverse: FloatArray
    sigma: float
    rss: float
    eliminations: tuple[Elimination, ...]


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
        self._lower = [np.tril_indices(len(level.columns)) for level in encoding.levels]
        self._fixed_block = np.ix_(encoding.fixed, encoding.fixed)
        self._constant = self._units(statistics)

    @property
    def size(self) -> int:
        """Number of entries of θ."""
        return sum(len(rows) for rows, _ in self._lower)

    def factors(self, theta: FloatArray) -> list[FloatArray]:
        """Return L of every level, finest first."""
        factors, at = [], 0
        for level, lower in zip(self.encoding.levels, self._lower, strict=True):
            factor = np.zeros((len(level.columns),) * 2)
            factor[lower] = theta[at : at + len(lower[0])]
            factors.append(factor)
            at += len(lower[0])
        return factors

    def evaluate(
        self, theta: FloatArray, *, sigma: float | None = None, gradient: bool = True
    ) -> Evaluation:
        """Evaluate at θ; σ is profiled out unless given here or fixed by the model."""
        eliminations, total, log_det = self._eliminate(self.factors(theta))
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
            slope = self._gradient(eliminations, self._seed(beta, inverse, variance))
        return Evaluation(
            float(deviance) + self._constant,
            slope,
            beta,
            inverse,
            float(np.sqrt(variance)),
            rss,
            eliminations,
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

    def _gradient(self, eliminations: tuple[Elimination, ...], seed: FloatArray) -> FloatArray:
        slopes: list[FloatArray] = []
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
