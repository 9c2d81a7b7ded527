"""Fit a linear mixed model from a table, or from sufficient statistics of its partitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import pandas as pd

from analysis.models.mixed.checks import check
from analysis.models.mixed.design import Design, build
from analysis.models.mixed.deviance import Likelihood
from analysis.models.mixed.encoding import ModelError, Random
from analysis.models.mixed.mixed_fit import MixedFit
from analysis.models.mixed.optimise import Optimum, is_singular, minimise
from analysis.models.mixed.serial import Serial, fit_serial
from analysis.models.mixed.statistics import Statistics, combine, reduce

DEGENERATE = 1e-4
"""Residual sd, relative to the least-squares residual sd, below which σ has collapsed."""


def fit(
    formula: str,
    data: pd.DataFrame,
    *,
    groups: str | Sequence[str],
    random: Random,
    reml: bool = True,
    weights: str | None = None,
    correlation: Literal["car1"] | None = None,
    time: str | None = None,
    residual_sd: float | None = None,
) -> MixedFit:
    """Fit a linear mixed model by (restricted) maximum likelihood.

    Args:
        formula: fixed part in Wilkinson notation (formulaic), `"log_e1rm ~ week + volume"`.
        data: one row per observation. Rows with a missing value are left out and counted.
        groups: grouping column, or columns from outermost to innermost: `["athlete",
            "exercise"]` nests exercises within athletes.
        random: random part, `"~ week"` (intercept and slope, correlated) for one level, or one
            per path: `{"athlete": "~ week", "athlete/exercise": "~ 1"}`.
        reml: restricted likelihood; False for maximum likelihood, to compare fixed parts.
        weights: column of known relative precisions: the residual variance of a row is σ²/weight.
        correlation: `"car1"` lets residuals of one finest group correlate exp(−days / range).
        time: column of days (or dates) that orders the rows of a group, for `correlation`.
        residual_sd: σ, where known. With `weights` 1/variance and `residual_sd=1.0` the model is
            a (multi-level) meta-analysis with known sampling variances.

    Returns:
        The fit. A fit on the boundary (`singular`) is an answer, and says so in `messages`.

    Raises:
        ModelError: no unique answer: rank-deficient (the column is named), saturated, no
            residual, or a column that is absent or not finite.
    """
    if time is not None and correlation is None:
        raise ModelError("time= is used by correlation='car1' only; leave it out or ask for that")
    design = build(formula, data, groups=groups, random=random, weights=weights, time=time)
    return fit_design(design, reml=reml, correlation=correlation, residual_sd=residual_sd)


def fit_design(
    design: Design,
    *,
    reml: bool,
    correlation: str | None = None,
    residual_sd: float | None = None,
) -> MixedFit:
    """Fit a design that is already built."""
    if correlation is None:
        return fit_statistics(reduce(design), reml=reml, residual_sd=residual_sd, design=design)
    if correlation != "car1":
        raise ModelError(f"correlation is {correlation!r}, expected 'car1' or None")
    known = residual_sd is not None
    messages = check(reduce(design), residual_known=known)
    sigma = _stored(design.encoding.response_scale, residual_sd)
    serial, likelihood, optimum = fit_serial(design, reml=reml, sigma=sigma)
    if serial.at_edge:
        messages += (f"serial correlation at the edge of its range: {serial.range_d:.3g} days",)
    return _finish(likelihood, optimum, messages, design, serial)


def fit_statistics(
    statistics: Statistics | Iterable[Statistics],
    *,
    reml: bool = True,
    residual_sd: float | None = None,
    design: Design | None = None,
) -> MixedFit:
    """Fit from sufficient statistics: one, or those of every partition.

    Args:
        statistics: from `sufficient_statistics`; several are added first.
        reml: restricted likelihood.
        residual_sd: σ, where known.
        design: the rows, where they are at hand; `augment` needs them.

    Returns:
        The same fit as from all rows at once, without `augment`.
    """
    whole = statistics if isinstance(statistics, Statistics) else combine(statistics)
    messages = check(whole, residual_known=residual_sd is not None)
    sigma = _stored(whole.encoding.response_scale, residual_sd)
    likelihood = Likelihood(whole, reml=reml, sigma=sigma)
    return _finish(likelihood, minimise(likelihood), messages, design, None)


def _stored(response_scale: float, residual_sd: float | None) -> float | None:
    if residual_sd is None:
        return None
    if not residual_sd > 0:
        raise ModelError(f"residual_sd must be positive, not {residual_sd}")
    return residual_sd / abs(response_scale)


def _finish(
    likelihood: Likelihood,
    optimum: Optimum,
    messages: tuple[str, ...],
    design: Design | None,
    serial: Serial | None,
) -> MixedFit:
    evaluation = likelihood.evaluate(optimum.theta, gradient=False)
    singular = is_singular(likelihood, optimum.theta)
    messages = (*likelihood.statistics.notes, *messages)
    if singular:
        messages += ("singular: a random term has no variance of its own, or a correlation of ±1",)
    degenerate = likelihood.fixed_sigma is None and evaluation.sigma < DEGENERATE
    if degenerate:
        messages += (
            "degenerate: the residual variance went to zero; random effects fit every row",
        )
    converged = optimum.converged and not degenerate
    if not optimum.converged:
        messages += (f"not converged after {optimum.steps} steps",)
    return MixedFit(likelihood, optimum, evaluation, design, serial, converged, singular, messages)
