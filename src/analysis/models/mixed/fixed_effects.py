"""Fixed effects of a fit: estimates, their covariance, and t inference on combinations of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.models.mixed import tables
from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.design import Design
from analysis.models.mixed.deviance import Evaluation, Likelihood
from analysis.models.mixed.encoding import ModelError
from analysis.models.mixed.robust import ClusterRobust
from analysis.models.mixed.satterthwaite import VarianceUncertainty, variance_uncertainty
from analysis.models.mixed.serial import Serial, gaps_d, whitened


@dataclass(frozen=True, eq=False)
class FixedEffects:
    """What a fit says about its fixed part; see `MixedFit` for the public names."""

    likelihood: Likelihood
    theta: FloatArray
    evaluation: Evaluation
    design: Design | None
    serial: Serial | None

    @cached_property
    def params(self) -> pd.Series:
        """Estimates by term, in raw units."""
        encoding = self.likelihood.encoding
        values = encoding.pilot[encoding.fixed] + self._to_raw @ self.evaluation.beta
        return pd.Series(values, index=list(encoding.terms), name="estimate")

    def covariance(self, robust: str | None = None) -> pd.DataFrame:
        """Covariance of the estimates: the model's own, or cluster-robust."""
        terms = list(self.likelihood.encoding.terms)
        raw = self._to_raw @ self._stored(robust) @ self._to_raw.T
        return pd.DataFrame(raw, index=terms, columns=terms)

    def contrasts(
        self, weights: Mapping[str, Mapping[str, float]], level: float, robust: str | None
    ) -> pd.DataFrame:
        """Combinations Σ weight · effect by name, with Satterthwaite t inference."""
        raw = tables.weight_matrix(weights, list(self.params.index))
        stored = raw @ self._to_raw
        variance = np.einsum("ki,ij,kj->k", stored, self._stored(robust), stored)
        dof = self._uncertainty.dof(stored, variance) if robust is None else self._cr2.dof(stored)
        estimate = raw @ self.params.to_numpy()
        return tables.estimates(list(weights), estimate, np.sqrt(variance), dof, level)

    @cached_property
    def _to_raw(self) -> FloatArray:
        return self.likelihood.encoding.coefficients(self.likelihood.encoding.fixed)

    def _stored(self, robust: str | None) -> FloatArray:
        if robust is None:
            return self.evaluation.sigma**2 * self.evaluation.inverse
        if robust != "CR2":
            raise ModelError(f"robust is {robust!r}, expected 'CR2' or None")
        return self._cr2.covariance

    @cached_property
    def _cr2(self) -> ClusterRobust:
        return ClusterRobust(self.likelihood.statistics, self.evaluation)

    @cached_property
    def _uncertainty(self) -> VarianceUncertainty:
        serial, design = self.serial, self.design
        if serial is None or serial.at_edge or design is None:
            return variance_uncertainty(self.likelihood, self.theta, self.evaluation.sigma)
        gaps = gaps_d(design)

        def at_range(log_range: float) -> Likelihood:
            there = whitened(design, gaps, float(np.exp(log_range)))
            return Likelihood(there, reml=self.likelihood.reml, sigma=self.likelihood.fixed_sigma)

        log_range = float(np.log(serial.range_d))
        return variance_uncertainty(
            self.likelihood, self.theta, self.evaluation.sigma, log_range, at_range
        )
