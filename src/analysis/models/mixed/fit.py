"""Fit a linear mixed model from a table, or from sufficient statistics of its partitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from analysis.models.mixed import inference
from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.cross_products import Statistics, check, combine, reduce
from analysis.models.mixed.design import Design, Table, as_pandas, build
from analysis.models.mixed.deviance import Evaluation, Likelihood, Optimum, is_singular, minimise
from analysis.models.mixed.formula import Encoding, ModelError, Random, design_columns
from analysis.models.mixed.inference import FixedEffects, RandomEffects
from analysis.models.mixed.serial import Serial, fit_serial

# A fitted linear mixed model: numbers first, then every question one may ask of it.


Robust = Literal["CR1", "CR2"] | None


@dataclass(frozen=True, eq=False, repr=False)
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
        """Covariance of the random terms of every level, outermost first, then crossed."""
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
        """Number of groups by level, outermost first, then by crossed factor."""
        statistics = self.likelihood.statistics
        nested = {
            level.name: len(statistics.starts(level.depth))
            for level in reversed(self.encoding.levels)
        }
        return nested | {factor.name: len(factor.labels) for factor in self.encoding.crossed}

    def conf_int(self, level: float = 0.95, *, robust: Robust = None) -> pd.DataFrame:
        """Return `low` and `high` of each fixed effect, t with its own dof."""
        return self.tidy(level, robust=robust).set_index("term")[["low", "high"]]

    def tidy(self, level: float = 0.95, *, robust: Robust = None) -> pd.DataFrame:
        """Return one row per fixed effect.

        Columns: `term, estimate, std_error, statistic, dof, p_value, low, high`.
        `robust="CR2"` gives cluster-robust errors by the outermost group, with their own dof;
        `"CR1"` those without adjustment for leverage, with groups − 1.
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

    def robust_cov(self, robust: Literal["CR1", "CR2"] = "CR2") -> pd.DataFrame:
        """Return the cluster-robust covariance of the fixed effects."""
        return self._fixed.covariance(robust)

    @property
    def random_effects(self) -> dict[str, pd.DataFrame]:
        """Predicted random effects by level, outermost first, then by crossed factor.

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
        return inference.augment(self.design, self.evaluation, self._random.by_level[0].total)

    def predict(self, data: Table, *, groups: bool = True) -> pd.Series:
        """Return predictions for the rows of a table, in its order.

        Args:
            data: predictors and group columns, coded as when fitted; no response is needed.
            groups: whether a known group's own effects are added; a group that was not fitted
                gets the fixed effects alone.
        """
        table = as_pandas(data)
        fixed = design_columns(self.encoding, table, "fixed")
        value = pd.Series(fixed @ self.params.to_numpy(), index=table.index, name="prediction")
        if not groups:
            return value
        for level, effects in self.random_effects.items():
            terms = [name for name in effects.columns if not str(name).endswith("_std_error")]
            if not terms:
                continue
            own = design_columns(self.encoding, table, level)
            keys = table[level.split("/")]
            index = pd.Index(keys.iloc[:, 0]) if keys.shape[1] == 1 else pd.MultiIndex.from_frame(
                keys
            )  # fmt: skip
            modes = effects[terms].reindex(index).fillna(0.0).to_numpy()
            value += (own * modes).sum(axis=1)
        return value

    def __repr__(self) -> str:
        spread = "\n".join(
            f"  {level}: " + ", ".join(f"{term} {sd:.4g}" for term, sd in sds.items())
            for level, sds in self._random_sds().items()
        )
        said = "".join(f"\n{message}" for message in self.messages)
        fixed = self.tidy().to_string(index=False, float_format="{:.4g}".format)
        return (
            f"{self._headline()}\n{fixed}\nSD of random effects\n{spread}\n"
            f"  residual: {self.residual_sd:.4g}{said}"
        )

    def _repr_html_(self) -> str:
        sds = [
            {"level": level, "term": term, "sd": sd}
            for level, own in self._random_sds().items()
            for term, sd in own.items()
        ]
        tables = (self.tidy(), pd.DataFrame([*sds, {"level": "residual", "sd": self.residual_sd}]))
        said = "".join(f"<li>{escape(message)}</li>" for message in self.messages)
        drawn = "".join(
            table.to_html(index=False, float_format="{:.4g}".format, na_rep="") for table in tables
        )
        return f"<p>{escape(self._headline())}</p>{drawn}<ul>{said}</ul>"

    def _headline(self) -> str:
        sizes = ", ".join(f"{n:,} of {name}" for name, n in self.n_groups.items())
        method = "REML" if self.likelihood.reml else "maximum likelihood"
        state = "converged" if self.converged else "NOT CONVERGED"
        return f"Mixed model by {method}, {state}: {self.n_obs:,} rows, groups: {sizes}"

    def _random_sds(self) -> dict[str, pd.Series]:
        return {
            level: pd.Series(np.sqrt(np.diag(cov)), cov.index)
            for level, cov in self.random_cov.items()
        }

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


def likelihood_ratio(small: MixedFit, large: MixedFit) -> pd.Series:
    """Return the likelihood-ratio test of a model against one that holds it.

    Args:
        small: the smaller model.
        large: the one that holds it, fitted to the same rows; both by maximum likelihood where
            their fixed terms differ, by either where only random parts do.

    Returns:
        `statistic`, `df` (parameters apart), `p_value`. Where random parts differ a variance of
        0 is at its edge and the test errs towards no difference; half the p-value is right for
        one variance (Self & Liang 1987, JASA 82:605), and `at_edge` says so.

    Raises:
        ModelError: the fits are not comparable.
    """
    apart = set(small.params.index) ^ set(large.params.index)
    if apart and (small.likelihood.reml or large.likelihood.reml):
        raise ModelError(
            f"fixed terms differ ({', '.join(sorted(apart))}), and restricted likelihoods of "
            "other fixed terms do not compare; fit both with reml=False"
        )
    if small.likelihood.reml != large.likelihood.reml:
        raise ModelError("one fit is by restricted likelihood, the other is not")
    if small.n_obs != large.n_obs:
        raise ModelError(f"{small.n_obs} and {large.n_obs} rows: fit both to the same rows")
    df = _parameters(large) - _parameters(small)
    if df <= 0 or not set(small.params.index) <= set(large.params.index):
        raise ModelError("the first fit must be the smaller one, held by the second")
    statistic = max(2.0 * (large.loglik - small.loglik), 0.0)
    edge = large.likelihood.size != small.likelihood.size
    p = float(chdtrc(df, statistic))
    return pd.Series({"statistic": statistic, "df": df, "p_value": p, "at_edge": edge})


def _parameters(fit: MixedFit) -> int:
    return fit.likelihood.size + len(fit.params) + (fit.correlation is not None)


DEGENERATE = 1e-4
"""Residual sd, relative to the least-squares residual sd, below which σ has collapsed."""


def fit(
    formula: str,
    data: Table,
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
        data: one row per observation, pandas or polars. Rows with a missing value are left out
            and counted.
        groups: grouping column, or columns from outermost to innermost: `["athlete",
            "exercise"]` nests exercises within athletes.
        random: random part, `"~ week"` (intercept and slope, correlated) for one level, or one
            per path: `{"athlete": "~ week", "athlete/exercise": "~ 1"}`. A name that is no path
            is a column that crosses the groups: `{"athlete": "~ week", "site": "~ 1"}` where
            athletes train at several sites, lme4's `(1 | site)` beside `(week | athlete)`. Of
            those a few hundred groups in all, and intervals are the model's own.
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
