"""Fit a three-level meta-analysis and ask it for means, heterogeneity and predictions.

    y_ij = x_ij'β + u_j + w_ij + e_ij,   u ~ N(0, τ²_study), w ~ N(0, τ²_effect), e ~ N(0, v_ij)

for effect i of study j with known sampling variance v_ij (Van den Noortgate et al. 2013, Behav
Res Methods 45:576). It is the mixed model with weights 1/v and a residual SD of exactly 1, so the
engine is the one that the logs go through. Effects of one study share people, and their sampling
errors correlate in ways that papers do not report: intervals are therefore cluster-robust by
study (CR2 with Satterthwaite degrees of freedom; Pustejovsky & Tipton 2018, JBES 36:672).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.measures.words import count
from analysis.models import mixed
from analysis.models.mixed.batched import FloatArray

PRECISION = "inverse_variance"


@dataclass(frozen=True, eq=False)
class MetaFit:
    """A fitted meta-analysis, in the units of the effects.

    Attributes:
        mixed: the mixed model behind it.
        effects: the rows used.
        study: its column that names the study.
        variance: its column of sampling variances.
        notes: what was left out, counted, and every warning.
    """

    mixed: mixed.MixedFit
    effects: pd.DataFrame
    study: str
    variance: str
    notes: tuple[str, ...]

    @property
    def tau2(self) -> pd.Series:
        """Variance of the true effects by level: between studies, then within them."""
        found = {name: float(np.asarray(cov)[0, 0]) for name, cov in self.mixed.random_cov.items()}
        return pd.Series(found, name="tau2")

    @property
    def i2_pct(self) -> pd.Series:
        """Share of the total variance that is true heterogeneity, by level, in %.

        The typical sampling variance is (k − p) / tr P with P the residual-maker of the
        fixed-effects model (Higgins & Thompson 2002, Stat Med 21:1539, for several levels).
        """
        rows, weight = self._weighted_rows
        inverse = np.linalg.inv(rows @ rows.T)
        leverage = np.einsum("ik,ij,jk->k", rows, inverse, rows)
        typical = (len(weight) - len(rows)) / (weight * (1.0 - leverage)).sum()
        share = self.tau2 / (self.tau2.sum() + typical)
        return pd.Series(100.0 * share, name="i2_pct")

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per fixed effect with cluster-robust intervals, as `MixedFit.tidy`."""
        return self.mixed.tidy(level, robust="CR2")

    def predict(self, at: Mapping[str, float], level: float = 0.95) -> pd.Series:
        """Return the mean effect at `at`, and where the true effect of a new study would lie.

        Args:
            at: value of every term of `tidy` (`Intercept` is 1); a term left out counts 0.
            level: probability that both intervals hold.

        Returns:
            The columns of `tidy`, `predict_low` and `predict_high`. The prediction interval adds
            τ² of all levels to the squared standard error (Higgins, Thompson & Spiegelhalter
            2009, JRSS A 172:137), with the degrees of freedom of the mean.
        """
        from scipy import stats

        mean = self.mixed.contrast(at, level, robust="CR2").copy()
        spread = np.sqrt(mean["std_error"] ** 2 + self.tau2.sum())
        reach = stats.t.ppf(0.5 + level / 2.0, mean["dof"]) * spread
        mean["predict_low"] = mean["estimate"] - reach
        mean["predict_high"] = mean["estimate"] + reach
        return mean

    @property
    def n_studies(self) -> int:
        """Number of studies."""
        return int(self.effects[self.study].nunique())

    @property
    def _weighted_rows(self) -> tuple[FloatArray, FloatArray]:
        """Moderators times √weight (terms, effects), and the weights, in the engine's order."""
        design = self.mixed.design
        if design is None or design.weights is None:
            raise mixed.ModelError("a meta-analysis is fitted from rows with sampling variances")
        return design.rows[design.encoding.fixed], design.weights


def fit(
    effects: pd.DataFrame,
    formula: str = "yi ~ 1",
    *,
    study: str = "study",
    effect: str = "effect_id",
    variance: str = "vi",
    reml: bool = True,
) -> MetaFit:
    """Fit a three-level meta-analysis or meta-regression.

    Args:
        effects: one row per effect size.
        formula: the effect on its moderators, `"yi ~ 1"` or `"yi ~ weeks + trained"`.
        study: column that names the study, the cluster of the robust intervals.
        effect: column that names the effect within its study.
        variance: column of known sampling variances, in squared units of the effect.
        reml: restricted likelihood; False to compare formulas by log-likelihood.

    Returns:
        The fit. Where every study has one effect the level within studies is left out: it could
        not be told from the level between them.

    Raises:
        ModelError: a column is absent, an effect is named twice, a variance is not positive,
            there are fewer than two studies, or the model has no unique answer.
    """
    used, notes = _usable(effects, formula, study, effect, variance)
    random = {study: "~ 1"}
    groups = [study]
    if used[study].duplicated().any():
        random[f"{study}/{effect}"] = "~ 1"
        groups.append(effect)
    else:
        notes = (*notes, "every study has one effect: heterogeneity within studies is unknown")
    found = mixed.fit(
        formula,
        used.assign(**{PRECISION: 1.0 / used[variance]}),
        groups=groups,
        random=random,
        reml=reml,
        weights=PRECISION,
        residual_sd=1.0,
    )
    return MetaFit(found, used, study, variance, (*notes, *found.messages))


def _usable(
    effects: pd.DataFrame, formula: str, study: str, effect: str, variance: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    from formulaic import Formula

    needed = {study, effect, variance, *(str(v) for v in Formula(formula).required_variables)}
    absent = sorted(needed - set(effects.columns))
    if absent:
        raise mixed.ModelError(f"no column {', '.join(absent)} in the effects")
    used = effects.dropna(subset=sorted(needed)).reset_index(drop=True)
    _refuse(used, study, effect, variance)
    lost = len(effects) - len(used)
    if not lost:
        return used, ()
    studies = effects[study].nunique() - used[study].nunique()
    whole = count(studies, "whole study", "whole studies")
    return used, (f"{count(lost, 'effect')} with a missing value left out, {whole} among them",)


def _refuse(used: pd.DataFrame, study: str, effect: str, variance: str) -> None:
    twice = used[used.duplicated([study, effect])]
    if len(twice):
        names = twice[[study, effect]].astype(str).agg("/".join, axis=1).unique()
        raise mixed.ModelError(f"effects named twice: {', '.join(names[:5])}")
    bad = used[~(np.isfinite(used[variance]) & (used[variance] > 0))]
    if len(bad):
        raise mixed.ModelError(
            f"{len(bad)} sampling variances are not positive, the first in study "
            f"{bad.iloc[0][study]}: {variance} = {bad.iloc[0][variance]:g}"
        )
    if used[study].nunique() < 2:
        raise mixed.ModelError(f"{used[study].nunique()} study: a meta-analysis needs two or more")
