"""Lay numbers of a fit out as tidy tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.design import Design
from analysis.models.mixed.deviance import Evaluation
from analysis.models.mixed.encoding import Level, ModelError
from analysis.models.mixed.statistics import Statistics


def weight_matrix(weights: Mapping[str, Mapping[str, float]], terms: Sequence[str]) -> FloatArray:
    """Return one row per named combination, one column per term; unknown terms are refused."""
    unknown = {term for each in weights.values() for term in each} - set(terms)
    if unknown:
        raise ModelError(f"no term {', '.join(sorted(unknown))}; the terms are {', '.join(terms)}")
    rows = [[each.get(term, 0.0) for term in terms] for each in weights.values()]
    return np.array(rows, dtype=float).reshape(len(weights), len(terms))


def estimates(
    names: Sequence[str],
    estimate: FloatArray,
    std_error: FloatArray,
    dof: FloatArray,
    level: float,
) -> pd.DataFrame:
    """Return the broom columns, one row per estimate, with t quantiles at its own dof."""
    if not 0 < level < 1:
        raise ModelError(f"level is {level}, expected between 0 and 1")
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / std_error
    reach = stdtrit(dof, 0.5 + level / 2.0) * std_error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": std_error,
            "statistic": statistic,
            "dof": dof,
            "p_value": 2.0 * stdtr(dof, -np.abs(statistic)),
            "conf_low": estimate - reach,
            "conf_high": estimate + reach,
        },
        index=pd.Index(names, name="term"),
    )


def group_labels(statistics: Statistics, level: Level) -> pd.DataFrame:
    """Return an empty table with one row per group of the level."""
    names = list(statistics.encoding.groups[: level.depth])
    cells = statistics.cells.iloc[statistics.starts(level.depth)][names]
    if len(names) == 1:
        return pd.DataFrame(index=pd.Index(cells[names[0]], name=names[0]))
    return pd.DataFrame(index=pd.MultiIndex.from_frame(cells))


def random_effects(
    statistics: Statistics, level: Level, modes: FloatArray, cov: FloatArray
) -> pd.DataFrame:
    """Return random effects and their standard errors of prediction, one row per group."""
    table = group_labels(statistics, level)
    for term, values in zip(level.terms, modes, strict=True):
        table[term] = values
    for i, term in enumerate(level.terms):
        table[f"{term}_std_error"] = np.sqrt(cov[i, i])
    return table


def augment(design: Design, evaluation: Evaluation, total: FloatArray) -> pd.DataFrame:
    """Return response, fit and residual of every row, in the order of the data."""
    encoding, rows = design.encoding, design.rows
    counts = np.diff(np.r_[design.starts, rows.shape[1]])
    shift = np.einsum("mn,mn->n", rows[:-1], np.repeat(total, counts, axis=1))
    common = evaluation.beta @ rows[encoding.fixed]
    taken_out = np.linalg.solve(encoding.basis.T, rows)[-1] - rows[-1] * encoding.response_scale
    root = 1.0 if design.weights is None else np.sqrt(design.weights)
    scale = encoding.response_scale
    values = {
        "response": (taken_out + scale * rows[-1]) / root,
        "fixed": (taken_out + scale * common) / root,
        "fitted": (taken_out + scale * shift) / root,
        "residual": scale * (rows[-1] - shift) / root,
        "scaled_residual": (rows[-1] - shift) / evaluation.sigma,
    }
    back = np.argsort(design.order)
    return pd.DataFrame({name: column[back] for name, column in values.items()}, design.index)
