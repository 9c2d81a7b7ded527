"""A fitted linear mixed model: numbers first, then every question one may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from analysis.models.mixed import tables
from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.design import Design
from analysis.models.mixed.deviance import Evaluation, Likelihood
from analysis.models.mixed.encoding import Encoding, ModelError
from analysis.models.mixed.fixed_effects import FixedEffects
from analysis.models.mixed.optimise import Optimum
from analysis.models.mixed.random_effects import RandomEffects
from analysis.models.mixed.serial import Serial

Robust = Literal["CR2"] | None


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted linear mixed model. Everything is in the units of the data.

    Attributes:
        likelihood: the model; `optimum` and `evaluation` its best θ and what holds there.
        design: the rows, None when fitted from statistics.
        correlation: serial correlation of the residuals, None when not asked for.
        converged: the optimum was reached, and σ did not collapse.
        singular: some random covariance is not of full rank; an answer, not a failure.
        messages: what was left out, and every warning.
    """

    likelihood: Likelihood
    optimum: Optimum
    evaluation: Evaluation
    design: Design | None
    correlation: Serial | None
    converged: bool
    singular: bool
    messages: tuple[str, ...]

    @property
    def encoding(self) -> Encoding:
        """Names and basis of the columns."""
        return self.likelihood.encoding

    @property
    def params(self) -> pd.Series:
        """Fixed effects by term."""
        return self._fixed.params

    @cached_property
    def cov_params(self) -> pd.DataFrame:
        """Model-based covariance of the fixed effects."""
        return self._fixed.covariance()

    @property
    def std_errors(self) -> pd.Series:
        """Model-based standard errors of the fixed effects."""
        return pd.Series(np.sqrt(np.diag(self.cov_params)), self.params.index, name="std_error")

    @cached_property
    def dof(self) -> pd.Series:
        """Satterthwaite degrees of freedom of each fixed effect."""
        return self.contrasts(_each(self.params.index))["dof"].rename("dof")

    @property
    def residual_sd(self) -> float:
        """σ; with weights, of a row of weight 1."""
        return self.evaluation.sigma * abs(self.encoding.response_scale)

    @property
    def random_cov(self) -> dict[str, pd.DataFrame]:
        """Covariance matrix of the random terms of every level, outermost first."""
        return self._random.cov

    @property
    def loglik(self) -> float:
        """Log-likelihood, restricted when fitted by REML (lme4's constant)."""
        return -0.5 * self.evaluation.deviance

    @property
    def n_obs(self) -> int:
        """Rows used."""
        return self.likelihood.n_obs

    @cached_property
    def n_groups(self) -> dict[str, int]:
        """Number of groups by level, outermost first."""
        statistics = self.likelihood.statistics
        return {
            level.name: len(statistics.starts(level.depth))
            for level in reversed(self.encoding.levels)
        }

    def conf_int(self, level: float = 0.95, *, robust: Robust = None) -> pd.DataFrame:
        """Return `conf_low` and `conf_high` of each fixed effect, t with its own dof."""
        return self.tidy(level, robust=robust).set_index("term")[["conf_low", "conf_high"]]

    def tidy(self, level: float = 0.95, *, robust: Robust = None) -> pd.DataFrame:
        """Return one row per fixed effect.

        Columns: `term, estimate, std_error, statistic, dof, p_value, conf_low, conf_high`.
        `robust="CR2"` gives cluster-robust errors by the outermost group, with their own dof.
        """
        return self.contrasts(_each(self.params.index), level, robust=robust).reset_index()

    def contrast(
        self, weights: Mapping[str, float], level: float = 0.95, *, robust: Robust = None
    ) -> pd.Series:
        """Return one linear combination of fixed effects, as a row of `tidy`."""
        return self.contrasts({"contrast": weights}, level, robust=robust).iloc[0]

    def contrasts(
        self,
        weights: Mapping[str, Mapping[str, float]],
        level: float = 0.95,
        *,
        robust: Robust = None,
    ) -> pd.DataFrame:
        """Return linear combinations Σ weight · effect by name, columns as in `tidy`."""
        return self._fixed.contrasts(weights, level, robust)

    def robust_cov(self, robust: Literal["CR2"] = "CR2") -> pd.DataFrame:
        """Return the cluster-robust covariance of the fixed effects."""
        return self._fixed.covariance(robust)

    @property
    def random_effects(self) -> dict[str, pd.DataFrame]:
        """Predicted random effects by level, outermost first.

        One row per group; columns are the terms, and `<term>_std_error`, the root of the
        variance of prediction with the fixed effects estimated.
        """
        return self._random.tables

    def random_effects_cov(self, level: str) -> FloatArray:
        """Return (groups, terms, terms) covariances of prediction, in `random_effects` order."""
        return self._random.prediction_cov(level)

    def group_contrast(
        self, weights: Mapping[str, float], level: str | None = None
    ) -> pd.DataFrame:
        """Return a combination of each group's own coefficients (fixed + random), shrunken.

        Args:
            weights: Σ weight · coefficient over the predictors, fixed or random.
            level: name of a level; the finest by default.

        Returns:
            One row per group with `estimate` and `std_error`, random effects of the level and
            of those above it included.
        """
        return self._random.group_contrast(weights, level)

    def glance(self) -> pd.DataFrame:
        """Return one row about the fit as a whole."""
        k = self.likelihood.size + len(self.params) + (self.likelihood.fixed_sigma is None)
        k += self.correlation is not None
        row = {
            "n_obs": self.n_obs,
            **{f"n_{name}": count for name, count in self.n_groups.items()},
            "residual_sd": self.residual_sd,
            "loglik": self.loglik,
            "aic": 2.0 * k - 2.0 * self.loglik,
            "bic": np.log(self.n_obs) * k - 2.0 * self.loglik,
            "method": "REML" if self.likelihood.reml else "ML",
            "phi_per_day": np.nan if self.correlation is None else self.correlation.phi,
            "converged": self.converged,
            "singular": self.singular,
        }
        return pd.DataFrame([row])

    def augment(self) -> pd.DataFrame:
        """Return one row per row used, in the order and with the index of the data.

        Columns: `response`, `fixed` (fixed effects alone), `fitted` (with random effects),
        `residual` (response − fitted), `scaled_residual` (in σ, weights accounted for).
        """
        if self.design is None:
            raise ModelError("fitted from statistics: the rows are not here to augment")
        return tables.augment(self.design, self.evaluation, self._random.by_level[0].total)

    @cached_property
    def _fixed(self) -> FixedEffects:
        return FixedEffects(
            self.likelihood, self.optimum.theta, self.evaluation, self.design, self.correlation
        )

    @cached_property
    def _random(self) -> RandomEffects:
        return RandomEffects(self.likelihood, self.optimum.theta, self.evaluation)


def _each(terms: pd.Index) -> dict[str, dict[str, float]]:
    return {str(term): {str(term): 1.0} for term in terms}
