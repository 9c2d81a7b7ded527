"""Small dense linear algebra on many groups at once.

Arrays hold one small matrix per group with the groups on the last axis, shape (rows, columns,
groups). The loops run over the rows of the small matrices; every operation inside is one pass
over all groups, so the time of a step does not depend on how many groups there are in Python.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def cholesky(matrices: FloatArray) -> FloatArray:
    """Return the lower Cholesky factor of each symmetric positive-definite matrix."""
    factor = np.zeros_like(matrices)
    for i in range(len(matrices)):
        for j in range(i + 1):
            rest = matrices[i, j]
            for k in range(j):
                rest = rest - factor[i, k] * factor[j, k]
            factor[i, j] = np.sqrt(rest) if i == j else rest / factor[j, j]
    return factor


def solve_lower(factor: FloatArray, right: FloatArray) -> FloatArray:
    """Solve R V = B for lower-triangular R, per group."""
    solution = right.copy()
    for i in range(len(factor)):
        for k in range(i):
            solution[i] -= factor[i, k] * solution[k]
        solution[i] /= factor[i, i]
    return solution


def solve_upper(factor: FloatArray, right: FloatArray) -> FloatArray:
    """Solve R' W = V for lower-triangular R, per group."""
    solution = right.copy()
    for i in reversed(range(len(factor))):
        for k in range(i + 1, len(factor)):
            solution[i] -= factor[k, i] * solution[k]
        solution[i] /= factor[i, i]
    return solution


def multiply(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the product of one matrix per group with another, or with a common matrix.

    Not by BLAS: its threads cost more than these thin products on a busy machine.
    """
    rule = (
        "ik,kmn->imn" if left.ndim == 2 else "ikn,kj->ijn" if right.ndim == 2 else "ikn,kjn->ijn"
    )
    return np.asarray(np.einsum(rule, left, right), dtype=float)


def transpose(matrices: FloatArray) -> FloatArray:
    """Return each group's matrix transposed."""
    return np.swapaxes(matrices, 0, 1)


def sum_by_group(values: FloatArray, starts: IntArray) -> FloatArray:
    """Sum runs of the last axis; run i begins at `starts[i]` and no run is empty."""
    return np.add.reduceat(values, starts, axis=-1)
