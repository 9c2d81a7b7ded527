"""Sufficient statistics of a linear mixed model: one small matrix of cross-products per group.

A row enters the likelihood only through U_cᵀU_c, where U_c holds the distinct columns
[Z X y] of the rows of the finest group c. These matrices add over rows, files and machines, so a
cohort is fitted from partitions without its rows ever being in one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.models.mixed.batched import FloatArray, IntArray, sum_by_group
from analysis.models.mixed.design import Design, build
from analysis.models.mixed.encoding import Encoding, ModelError, Random


@dataclass(frozen=True, eq=False)
class Statistics:
    """Cross-products of a data set, additive with `+` and `sum`.

    Attributes:
        encoding: names, levels and basis of the columns.
        cells: one row per finest group: its labels, sorted.
        gram: (columns, columns, finest groups), UᵀU in the encoding's basis.
        counts: rows of each finest group.
        log_jacobian: log-determinant of the known part of the residual covariance.
        notes: what was left out, counted.
    """

    encoding: Encoding
    cells: pd.DataFrame
    gram: FloatArray
    counts: IntArray
    log_jacobian: float
    notes: tuple[str, ...] = ()

    @property
    def n_obs(self) -> int:
        """Number of rows."""
        return int(self.counts.sum())

    def starts(self, depth: int) -> IntArray:
        """Return the first finest group of each group made by the first `depth` columns."""
        changed = np.zeros(len(self.cells), dtype=bool)
        changed[:1] = True
        for name in self.encoding.groups[:depth]:
            codes = pd.factorize(self.cells[name])[0]
            changed[1:] |= codes[1:] != codes[:-1]
        return np.flatnonzero(changed)

    def thinned(self, groups: int) -> Statistics:
        """Return about `groups` of the outermost groups, evenly spread, or all if fewer."""
        outer = self.starts(1)
        if len(outer) < 2 * groups:
            return self
        member = np.repeat(np.arange(len(outer)), np.diff(np.r_[outer, len(self.cells)]))
        chosen = np.flatnonzero(member % (len(outer) // groups) == 0)
        return replace(
            self,
            cells=self.cells.iloc[chosen],
            gram=self.gram[..., chosen],
            counts=self.counts[chosen],
        )

    def __add__(self, other: Statistics) -> Statistics:
        return combine([self, other])

    def __radd__(self, other: object) -> Statistics:
        if other == 0:  # sum() starts with 0
            return self
        return NotImplemented


def sufficient_statistics(
    formula: str,
    data: pd.DataFrame,
    *,
    groups: str | Sequence[str],
    random: Random,
    weights: str | None = None,
    like: Statistics | None = None,
) -> Statistics:
    """Reduce a table to what a mixed model needs of it.

    Args:
        formula: fixed part, `"y ~ week + volume"`.
        data: one row per observation.
        groups: grouping column, or columns from outermost to innermost.
        random: random part per level, as in `fit`.
        weights: column of known relative precisions.
        like: statistics of another partition, whose category coding is to be reused; needed only
            where a partition may lack a category (or declare the column categorical).

    Returns:
        Statistics that add with `+`; the sum over partitions equals the whole. A group may be
        split between partitions.
    """
    encoding = None if like is None else like.encoding
    design = build(formula, data, groups=groups, random=random, weights=weights, like=encoding)
    return reduce(design)


def reduce(
    design: Design, rows: FloatArray | None = None, log_jacobian: float = 0.0
) -> Statistics:
    """Sum the cross-products of the design's rows by group.

    `rows` replaces the design's rows by transformed ones whose residual covariance had the
    log-determinant `log_jacobian`.
    """
    rows = design.rows if rows is None else rows
    size = len(rows)
    gram = np.empty((size, size, len(design.starts)))
    product = np.empty(rows.shape[1])
    for i in range(size):
        for j in range(i + 1):
            np.multiply(rows[i], rows[j], out=product)
            gram[i, j] = gram[j, i] = sum_by_group(product, design.starts)
    counts = np.diff(np.r_[design.starts, rows.shape[1]])
    known = design.log_jacobian + log_jacobian
    return Statistics(design.encoding, design.cells, gram, counts, known, design.notes)


def combine(parts: Iterable[Statistics]) -> Statistics:
    """Add statistics of several partitions at once, in the basis of the first."""
    first, *others = parts
    if not others:
        return first
    everyone = [first, *(_in_basis(part, first.encoding) for part in others)]
    cells = pd.concat([part.cells for part in everyone], ignore_index=True)
    gram = np.concatenate([part.gram for part in everyone], axis=-1)
    counts = np.concatenate([part.counts for part in everyone])
    order, starts = _sorted_groups(cells)
    return replace(
        first,
        cells=cells.iloc[order[starts]].reset_index(drop=True),
        gram=sum_by_group(gram[..., order], starts),
        counts=np.add.reduceat(counts[order], starts),
        log_jacobian=sum(part.log_jacobian for part in everyone),
        notes=tuple(note for part in everyone for note in part.notes),
    )


def _in_basis(part: Statistics, target: Encoding) -> Statistics:
    """Re-express cross-products in another basis of the same columns: exact linear algebra."""
    if not target.same_columns(part.encoding):
        raise ModelError(
            f"partitions have other columns: {part.encoding.names} and {target.names}; "
            "declare categories, or pass like="
        )
    change = np.linalg.solve(part.encoding.basis, target.basis)
    half = np.tensordot(change.T, part.gram, axes=(1, 0))
    gram = np.tensordot(change.T, half, axes=(1, 1)).swapaxes(0, 1)
    return replace(part, gram=gram, encoding=target)


def _sorted_groups(cells: pd.DataFrame) -> tuple[IntArray, IntArray]:
    codes = [pd.factorize(cells[name], sort=True)[0] for name in cells]
    order = np.lexsort(codes[::-1])
    changed = np.zeros(len(order), dtype=bool)
    changed[:1] = True
    for code in codes:
        changed[1:] |= code[order][1:] != code[order][:-1]
    return order, np.flatnonzero(changed)
