"""Intervals that do not lean on normal theory: parametric bootstrap and profile likelihood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import chdtri

from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.deviance import Likelihood
from analysis.models.mixed.encoding import ModelError
from analysis.models.mixed.mixed_fit import MixedFit
from analysis.models.mixed.optimise import minimise
from analysis.models.mixed.statistics import Statistics

EMPTY = 1e-12
"""Eigenvalue, relative to the largest, of a direction that the rows of a group do not span."""


def bootstrap(fit: MixedFit, draws: int = 200, *, seed: int = 1) -> pd.DataFrame:
    """Refit data simulated from the fit, to see how far variance components can stray.

    Cross-products of simulated responses are drawn directly (normal, with a χ² for what the
    columns do not span), so rows are not needed. A serial correlation is held at its estimate.

    Returns:
        One row per draw: `residual_sd`; `<level>.<term>_sd` and `<level>.<term>.<term>_corr` for
        every random term; and the fixed effects by name. Percentiles are the interval.
    """
    rng = np.random.default_rng(seed)
    simulate = _Simulator(fit)
    rows = []
    for _ in range(draws):
        statistics = simulate(rng)
        likelihood = Likelihood(
            statistics, reml=fit.likelihood.reml, sigma=fit.likelihood.fixed_sigma
        )
        optimum = minimise(likelihood, fit.optimum)
        evaluation = likelihood.evaluate(optimum.theta, gradient=False)
        again = replace(fit, likelihood=likelihood, optimum=optimum, evaluation=evaluation)
        rows.append(components(again))
    return pd.DataFrame(rows)


def components(fit: MixedFit) -> dict[str, float]:
    """Return the standard deviations, correlations and fixed effects of a fit by name."""
    found = {"residual_sd": fit.residual_sd}
    for level, cov in fit.random_cov.items():
        sd = np.sqrt(np.diag(cov))
        for i, term in enumerate(cov.columns):
            found[f"{level}.{term}_sd"] = float(sd[i])
            for j in range(i):
                product = sd[i] * sd[j]
                shared = float(cov.iloc[i, j] / product) if product > 0 else np.nan
                found[f"{level}.{cov.columns[j]}.{term}_corr"] = shared
    return found | {str(term): float(value) for term, value in fit.params.items()}


class _Simulator:
    """Draws UᵀU with a new response from the fitted model, in the stored basis."""

    def __init__(self, fit: MixedFit) -> None:
        self._fit = fit
        self._statistics = fit.likelihood.statistics
        design = np.moveaxis(self._statistics.gram[:-1, :-1], -1, 0)
        values, vectors = np.linalg.eigh(design)
        spanned = values > EMPTY * values[:, -1:]
        self._root = vectors * np.sqrt(np.where(spanned, values, 0.0))[:, None, :]
        self._spanned = spanned
        self._rest = np.maximum(self._statistics.counts - spanned.sum(1), 0)

    def __call__(self, rng: np.random.Generator) -> Statistics:
        sigma = self._fit.evaluation.sigma
        total = self._coefficients(rng)
        noise = rng.normal(0.0, sigma, self._spanned.shape) * self._spanned
        gram = self._statistics.gram.copy()
        pulled = np.einsum("cij,cj->ic", self._root, noise)
        expected = np.einsum("ijc,jc->ic", gram[:-1, :-1], total)
        left = sigma**2 * rng.chisquare(np.maximum(self._rest, 1)) * (self._rest > 0)
        gram[:-1, -1] = gram[-1, :-1] = expected + pulled
        squares = np.einsum("ic,ic->c", total, expected + 2.0 * pulled)
        gram[-1, -1] = squares + (noise**2).sum(1) + left
        return replace(self._statistics, gram=gram)

    def _coefficients(self, rng: np.random.Generator) -> FloatArray:
        """Draw every group's random effects around the fixed effects, down to the finest."""
        fit, statistics = self._fit, self._statistics
        cells = len(statistics.cells)
        total = np.zeros((len(statistics.gram) - 1, cells))
        total[fit.encoding.fixed] = fit.evaluation.beta[:, None]
        factors = fit.likelihood.factors(fit.optimum.theta)
        for level, factor in zip(fit.encoding.levels, factors, strict=True):
            starts = statistics.starts(level.depth)
            drawn = fit.evaluation.sigma * factor @ rng.normal(size=(len(factor), len(starts)))
            total[level.columns] += np.repeat(drawn, np.diff(np.r_[starts, cells]), axis=1)
        return total


def profile_interval(fit: MixedFit, term: str, level: float = 0.95) -> tuple[float, float]:
    """Return the profile-likelihood interval of one fixed effect (always by full likelihood).

    All other parameters, variances included, are re-estimated at each value tried; the ends are
    where twice the log-likelihood has dropped by the χ²(1) quantile.
    """
    if term not in fit.params.index:
        raise ModelError(f"no term {term}; the terms are {', '.join(map(str, fit.params.index))}")
    profile = _Profile(fit, list(fit.params.index).index(term))
    best = minimise(Likelihood(fit.likelihood.statistics, reml=False, sigma=profile.sigma))
    allowed = best.deviance + float(chdtri(1, 1.0 - level))
    centre, step = float(fit.params[term]), float(fit.std_errors[term])
    ends = []
    for sign in (-1.0, 1.0):
        far = centre + 2.0 * sign * step
        while profile(far) < allowed:
            far += 2.0 * sign * step
        end = brentq(lambda at: profile(at) - allowed, centre, far, xtol=1e-8 * step, rtol=1e-12)
        ends.append(float(end))
    return ends[0], ends[1]


class _Profile:
    """Least deviance as a function of the value one fixed effect is held at.

    The other fixed columns are changed so that every combination of them keeps that effect at
    the value; random parts keep the old columns, so the new ones are appended.
    """

    def __init__(self, fit: MixedFit, at: int) -> None:
        self._statistics = fit.likelihood.statistics
        self._warm = fit.optimum
        self.sigma = fit.likelihood.fixed_sigma
        encoding = fit.encoding
        self._encoding, self._row = encoding, encoding.coefficients(encoding.fixed)[at]
        self._pilot = encoding.pilot[encoding.fixed[at]]
        self._pivot = int(np.argmax(np.abs(self._row)))

    def __call__(self, value: float) -> float:
        fixed, row, pivot = self._encoding.fixed, self._row, self._pivot
        size, others = len(self._encoding.names), np.delete(np.arange(len(fixed)), pivot)
        change = np.zeros((size, size + len(others)))
        change[: size - 1, : size - 1] = np.eye(size - 1)
        for new, old in enumerate(others):
            change[fixed[old], size - 1 + new] = 1.0
            change[fixed[pivot], size - 1 + new] = -row[old] / row[pivot]
        change[-1, -1] = 1.0
        change[fixed[pivot], -1] = -(value - self._pilot) / row[pivot]
        gram = np.einsum("ia,ijc,jb->abc", change, self._statistics.gram, change, optimize=True)
        names = (*self._encoding.names[:-1], *(f"other {i}" for i in others), "response")
        basis = np.eye(len(names))
        basis[-1, -1] = self._encoding.basis[-1, -1]
        encoding = replace(
            self._encoding,
            names=names,
            fixed=np.arange(size - 1, size - 1 + len(others)),
            basis=basis,
        )
        held = replace(self._statistics, gram=gram, encoding=encoding)
        self._warm = minimise(Likelihood(held, reml=False, sigma=self.sigma), self._warm)
        return self._warm.deviance
