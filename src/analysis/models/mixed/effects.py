"""Best linear unbiased predictions: what each group adds to the fixed effects, and how surely.

The variance is that of prediction (û − u), with the fixed effects estimated (Henderson 1975,
Biometrics 31:423; SAS's StdErrPred), so it is a little wider than lme4's `condVar`, which takes
the fixed effects as known. Variance parameters are taken as known in both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.models.mixed.batched import (
    FloatArray,
    IntArray,
    multiply,
    solve_lower,
    solve_upper,
    transpose,
)
from analysis.models.mixed.deviance import Elimination, Evaluation, Likelihood


@dataclass(frozen=True, eq=False)
class LevelEffects:
    """Predictions for the groups of one level, in the stored basis and units of σ.

    Attributes:
        modes: (terms, groups) random effects û.
        mode_cov: (terms, terms, groups) of û − u.
        total: (predictors, groups) fixed effect plus the random effects of this level and above.
        total_cov: (predictors, predictors, groups) of its error.
    """

    modes: FloatArray
    mode_cov: FloatArray
    total: FloatArray
    total_cov: FloatArray


def predict(likelihood: Likelihood, evaluation: Evaluation) -> list[LevelEffects]:
    """Return the effects of every level, finest first."""
    x, predictors = likelihood.encoding.fixed, len(likelihood.encoding.names) - 1
    total = np.zeros((predictors, 1))
    total[x, 0] = evaluation.beta
    cov = np.zeros((predictors, predictors, 1))
    cov[x[:, None], x, 0] = evaluation.inverse
    found: list[LevelEffects] = []
    levels = likelihood.encoding.levels
    for k in reversed(range(len(levels))):
        done = evaluation.eliminations[k]
        groups = done.cross.shape[-1]
        repeats = likelihood.children[k] if k + 1 < len(levels) else np.array([groups])
        above, above_cov = np.repeat(total, repeats, -1), np.repeat(cov, repeats, -1)
        effects = _level(done, levels[k].columns, above, above_cov)
        total, cov = effects.total, effects.total_cov
        found.append(effects)
    return found[::-1]


def _level(done: Elimination, own: IntArray, total: FloatArray, cov: FloatArray) -> LevelEffects:
    """Predict one level given the total coefficients and their error covariance above it."""
    reply = multiply(done.factor, solve_upper(done.root, done.half))
    to_total, to_response = reply[:, :-1], reply[:, -1]
    modes = to_response - np.einsum("qmn,mn->qn", to_total, total)
    spread = np.broadcast_to(done.factor.T[..., None], (*done.factor.shape, modes.shape[-1]))
    half = solve_lower(done.root, np.ascontiguousarray(spread))
    moved = multiply(to_total, cov)
    mode_cov = np.einsum("kin,kjn->ijn", half, half) + multiply(moved, transpose(to_total))
    new_total, new_cov = total.copy(), cov.copy()
    new_total[own] += modes
    new_cov[own] -= moved
    new_cov[:, own] -= transpose(moved)
    new_cov[np.ix_(own, own)] += mode_cov
    return LevelEffects(modes, mode_cov, new_total, new_cov)
