"""Random effects of factors that cross the groups: eliminated last, as one dense block.

An athlete who trains at several sites ties the sites together, so sites cannot be a level of the
nest. Once the nested levels are eliminated, what is left of all rows is one matrix T of
cross-products of the distinct columns, among them a column for every group and term of the crossed
factors. With Λ = blockdiag(I ⊗ L) over the factors, c the crossed columns and W = ΛM⁻¹Λᵀ,

    M = ΛᵀT_ccΛ + I,   F = T − T_·c W T_c·,   log|·| = log|M|.

Its cost is the cube of the number of crossed columns, whatever the number of rows or athletes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.models.mixed.batched import FloatArray, IntArray
from analysis.models.mixed.formula import Crossed


@dataclass(frozen=True, eq=False)
class CrossedElimination:
    """The crossed block eliminated at some θ, or nothing where no factor is crossed.

    Attributes:
        columns: c, positions among the distinct columns.
        factor: Λ.
        cross: T_c·, before.
        root: R, the Cholesky factor of M.
        half: R⁻¹ΛᵀT_c·.
    """

    columns: IntArray
    factor: FloatArray
    cross: FloatArray
    root: FloatArray
    half: FloatArray

    @property
    def log_det(self) -> float:
        """log|M|."""
        return 2.0 * float(np.log(np.diag(self.root)).sum())

    @property
    def left(self) -> FloatArray:
        """What to take from T: T_·c W T_c·."""
        return np.asarray(self.half.T @ self.half)

    def backward(
        self, seed: FloatArray, sizes: Sequence[tuple[int, int]]
    ) -> tuple[list[FloatArray], FloatArray]:
        """Return the slope of the deviance in every L, and in T.

        Args:
            seed: slope of the deviance in F, symmetric.
            sizes: groups and terms of every factor.
        """
        weight = np.linalg.solve(self.root.T, np.linalg.solve(self.root, self.factor.T))  # M⁻¹Λᵀ
        inner = self.factor @ weight  # W
        own = self.cross[:, self.columns]
        seen = self.cross @ seed @ self.cross.T
        slope = 2.0 * (own - (np.eye(len(own)) - own @ inner) @ seen) @ weight.T
        slopes, at = [], 0
        for groups, terms in sizes:
            block = np.zeros((terms, terms))
            for _ in range(groups):
                block += slope[at : at + terms, at : at + terms]
                at += terms
            slopes.append(block)
        keep = np.eye(len(seed))
        keep[self.columns] -= inner @ self.cross
        before = keep @ seed @ keep.T
        before[np.ix_(self.columns, self.columns)] += inner
        return slopes, before


def eliminate(
    total: FloatArray, crossed: Sequence[Crossed], factors: Sequence[FloatArray]
) -> CrossedElimination:
    """Eliminate the crossed factors from T, given the L of each."""
    columns = np.concatenate([factor.columns.ravel() for factor in crossed])
    factor = np.zeros((len(columns),) * 2)
    at = 0
    for own, lower in zip(crossed, factors, strict=True):
        size = own.columns.size
        factor[at : at + size, at : at + size] = np.kron(np.eye(len(own.labels)), lower)
        at += size
    cross = total[columns]
    system = factor.T @ cross[:, columns] @ factor
    system[np.diag_indices(len(system))] += 1.0
    root = np.linalg.cholesky(system)
    return CrossedElimination(
        columns, factor, cross, root, np.linalg.solve(root, factor.T @ cross)
    )
