"""Refuse what has no answer, before fitting, with the reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.models.mixed.basis import RANK_TOLERANCE
from analysis.models.mixed.batched import FloatArray, IntArray
from analysis.models.mixed.encoding import ModelError
from analysis.models.mixed.statistics import Statistics

NEARLY_SATURATED = 1.25
"""Warn below this many rows per random effect: σ is then learnt from very few rows."""


def check(statistics: Statistics, *, residual_known: bool) -> tuple[str, ...]:
    """Raise `ModelError` if the model has no unique answer; return warnings."""
    encoding = statistics.encoding
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
