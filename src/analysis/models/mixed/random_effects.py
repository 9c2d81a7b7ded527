"""Random effects of a fit in raw units, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.models.mixed import tables
from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.deviance import Evaluation, Likelihood
from analysis.models.mixed.effects import LevelEffects, predict
from analysis.models.mixed.encoding import ModelError


@dataclass(frozen=True, eq=False)
class RandomEffects:
    """What a fit says about its groups; see `MixedFit` for the public names."""

    likelihood: Likelihood
    theta: FloatArray
    evaluation: Evaluation

    @cached_property
    def cov(self) -> dict[str, pd.DataFrame]:
        """Covariance matrix of the random terms by level, outermost first."""
        found, encoding = {}, self.likelihood.encoding
        factors = self.likelihood.factors(self.theta)
        for level, factor in reversed(list(zip(encoding.levels, factors, strict=True))):
            half = encoding.coefficients(level.columns) @ factor * self.evaluation.sigma
            terms = list(level.terms)
            found[level.name] = pd.DataFrame(half @ half.T, index=terms, columns=terms)
        return found

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Predicted effects and their standard errors by level, outermost first."""
        return {
            level.name: tables.random_effects(self.likelihood.statistics, level, *self._raw(k))
            for k, level in reversed(list(enumerate(self.likelihood.encoding.levels)))
        }

    def prediction_cov(self, level: str) -> FloatArray:
        """Covariances of prediction, (groups, terms, terms)."""
        return np.moveaxis(self._raw(self._level(level))[1], -1, 0)

    def group_contrast(self, weights: Mapping[str, float], level: str | None) -> pd.DataFrame:
        """A combination of every group's total coefficients, with its standard error."""
        k = 0 if level is None else self._level(level)
        encoding, effects = self.likelihood.encoding, self.by_level[k]
        predictors = list(encoding.names[:-1])
        raw = tables.weight_matrix({"group": weights}, predictors)[0]
        stored = raw @ encoding.coefficients(np.arange(len(predictors)))
        variance = np.einsum("i,ijn,j->n", stored, effects.total_cov, stored)
        table = tables.group_labels(self.likelihood.statistics, encoding.levels[k])
        table["estimate"] = raw @ encoding.pilot + stored @ effects.total
        table["std_error"] = self.evaluation.sigma * np.sqrt(variance)
        return table

    @cached_property
    def by_level(self) -> list[LevelEffects]:
        """Effects in the stored basis, finest level first."""
        return predict(self.likelihood, self.evaluation)

    def _level(self, name: str) -> int:
        names = [level.name for level in self.likelihood.encoding.levels]
        if name not in names:
            raise ModelError(f"no level {name}; the levels are {', '.join(reversed(names))}")
        return names.index(name)

    def _raw(self, k: int) -> tuple[FloatArray, FloatArray]:
        encoding, effects = self.likelihood.encoding, self.by_level[k]
        to_raw = encoding.coefficients(encoding.levels[k].columns)
        cov = np.einsum("ia,abn,jb->ijn", to_raw, effects.mode_cov, to_raw)
        return to_raw @ effects.modes, self.evaluation.sigma**2 * cov
