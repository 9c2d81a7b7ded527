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
from analysis.models.mixed.design import RANK_TOLERANCE, Design, Table, build
from analysis.models.mixed.formula import Encoding, Level, ModelError, Random


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
    data: Table,
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
            where a partition may lack a category (or declare the column categorical), or a group
            of a crossed factor.

    Returns:
        Statistics that add with `+`; the sum over partitions equals the whole. A group may be
        split between partitions.
    """
    encoding = None if like is None else like.encoding
    design = build(formula, data, groups=groups, random=random, weights=weights, like=encoding)
    return reduce(design)


def from_cross_products(
    gram: FloatArray,
    terms: Sequence[str],
    response: str,
    *,
    group: str,
    labels: Sequence[object],
    random: Sequence[str] = (),
) -> Statistics:
    """Return sufficient statistics where only each group's cross-products are at hand.

    Args:
        gram: (groups, terms + 1, terms + 1): [X y]ᵀ[X y] of each group's rows, whitened where
            their residuals are correlated.
        terms: names of the columns of X, all of them fixed terms; no intercept is added.
        response: name of y.
        group: name of the grouping column.
        labels: a label for every group, sorted.
        random: terms that vary over groups.

    Returns:
        Statistics that count as many rows for a group as there are columns: a root of `gram` has
        so many. With `residual_sd` known, the fit does not depend on the number of rows.
    """
    size = len(terms) + 1
    rows = len(gram) * size
    names = (*terms, response)
    total = gram.sum(axis=0)
    scale = np.sqrt(np.maximum(np.diag(total), 1e-300) / rows)
    basis = np.diag(1.0 / scale)
    unit = total / np.outer(scale, scale)
    pilot = np.linalg.lstsq(unit[:-1, :-1], unit[:-1, -1], rcond=1e-12)[0]
    left = float(unit[-1, -1] - unit[:-1, -1] @ pilot) / rows
    # the response less its least-squares fit, scaled by what remains
    change = np.eye(size)
    change[:-1, -1] = -pilot
    if left > 1e-13:
        change[:, -1] /= np.sqrt(left)
    basis = basis @ change
    stored = np.moveaxis(basis.T @ gram @ basis, 0, -1)
    at = np.array([list(terms).index(name) for name in random], dtype=np.int64)
    encoding = Encoding(
        formula=f"{response} ~ 0 + {' + '.join(terms)}",
        groups=(group,),
        names=names,
        fixed=np.arange(len(terms), dtype=np.int64),
        levels=(Level(group, 1, tuple(random), at),),
        basis=basis,
    )
    cells = pd.DataFrame({group: list(labels)})
    counts = np.full(len(gram), size, dtype=np.int64)
    return Statistics(encoding, cells, np.ascontiguousarray(stored), counts, 0.0)


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


# Refuse what has no answer, before fitting, with the reason.


NEARLY_SATURATED = 1.25
"""Warn below this many rows per random effect: σ is then learnt from very few rows."""


def check(statistics: Statistics, *, residual_known: bool) -> tuple[str, ...]:
    """Raise `ModelError` if the model has no unique answer; return warnings."""
    encoding = statistics.encoding
    for level in encoding.levels:
        if level.terms and len(statistics.starts(level.depth)) < 2:
            raise ModelError(
                f"one group of {level.name}: what differs between groups cannot be told; leave "
                "the random part out"
            )
    total = statistics.gram.sum(-1)
    if statistics.n_obs <= len(encoding.fixed):
        raise ModelError(
            f"{statistics.n_obs} rows cannot identify {len(encoding.fixed)} fixed terms"
        )
    for columns in (encoding.fixed, *(level.columns for level in encoding.levels)):
        _refuse_dependent(total, columns, encoding.names)
    _refuse_perfect_fit(total, encoding.fixed)
    return () if residual_known else _saturation(statistics)


def _refuse_dependent(gram: FloatArray, columns: IntArray, names: Sequence[str]) -> None:
    part = gram[np.ix_(columns, columns)]
    kept: list[int] = []
    for i in range(len(columns)):
        fit = np.linalg.solve(part[np.ix_(kept, kept)], part[kept, i])
        if part[i, i] - part[kept, i] @ fit <= RANK_TOLERANCE * max(part[i, i], 1e-300):
            size = np.abs(fit) * np.sqrt(np.diag(part)[kept])
            held = size > 1e-6 * size.max(initial=0.0)
            others = [names[columns[k]] for k, on in zip(kept, held, strict=True) if on]
            why = f"a combination of {', '.join(others)}" if others else "constant"
            raise ModelError(
                f"rank-deficient design: column {names[columns[i]]} is {why}; leave one out"
            )
        kept.append(i)


def _refuse_perfect_fit(gram: FloatArray, fixed: IntArray) -> None:
    fit = np.linalg.solve(gram[np.ix_(fixed, fixed)], gram[fixed, -1])
    if gram[-1, -1] - gram[fixed, -1] @ fit <= 1e-20 * gram[-1, -1] or gram[-1, -1] == 0:
        raise ModelError("the fixed terms explain the response without any residual")


def _saturation(statistics: Statistics) -> tuple[str, ...]:
    """A group of n rows can absorb at most n random effects; σ needs rows beyond those."""
    warnings = []
    for level in statistics.encoding.levels:
        rows = np.add.reduceat(statistics.counts, statistics.starts(level.depth))
        absorbed = int(np.minimum(rows, len(level.terms)).sum())
        if absorbed >= statistics.n_obs:
            raise ModelError(
                f"saturated: {statistics.n_obs} rows, and the {len(level.terms)} random terms of "
                f"{len(rows)} {level.name} groups can fit every one of them, so the residual "
                "cannot be told from the random effects; drop a random term, or give "
                "residual_sd if it is known"
            )
        if statistics.n_obs < NEARLY_SATURATED * absorbed:
            warnings.append(
                f"nearly saturated: {statistics.n_obs} rows for {absorbed} random effects of "
                f"{level.name}; the residual and the random parts are hardly told apart"
            )
    return tuple(warnings)
