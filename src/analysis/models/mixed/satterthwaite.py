"""Degrees of freedom for fixed effects, after Satterthwaite.

For a contrast c with variance v(ψ) = cᵀC(ψ)c, where ψ are the variance parameters,
dof = 2 v² / (gᵀ A g), g = ∂v/∂ψ and A = 2 H⁻¹ the covariance of ψ̂ from the Hessian H of the
deviance (Giesbrecht & Burns 1985, Biometrics 41:477; as in lmerTest, Kuznetsova, Brockhoff &
Christensen 2017, J Stat Softw 82(13)). ψ = (θ, log σ, log range): σ and the range drop out where
they are fixed. Directions in which the deviance is flat or at a boundary carry no uncertainty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.deviance import Likelihood

FLAT = 1e-8
"""Share of the largest curvature below which a direction counts as flat (lmerTest's 1e-8)."""

STEP = 1e-5
RANGE_STEP = 2e-3


@dataclass(frozen=True, eq=False)
class VarianceUncertainty:
    """How uncertain the variance parameters are, and what that does to the fixed effects.

    Attributes:
        covariance: A, of the variance parameters.
        slopes: (parameters, fixed, fixed), ∂C/∂ψ.
    """

    covariance: FloatArray
    slopes: FloatArray

    def dof(self, contrasts: FloatArray, variance: FloatArray) -> FloatArray:
        """Return degrees of freedom, one per row of `contrasts`, given cᵀCc."""
        slope = np.einsum("ki,aij,kj->ka", contrasts, self.slopes, contrasts)
        spread = np.einsum("ka,ab,kb->k", slope, self.covariance, slope)
        with np.errstate(divide="ignore"):
            return np.asarray(2.0 * variance**2 / spread)


def variance_uncertainty(
    likelihood: Likelihood,
    theta: FloatArray,
    sigma: float,
    log_range: float | None = None,
    at_range: Callable[[float], Likelihood] | None = None,
) -> VarianceUncertainty:
    """Differentiate deviance and covariance around the optimum.

    `at_range` gives the likelihood at another log range, where the range is a parameter.
    """
    sigma_free = likelihood.fixed_sigma is None
    at = np.r_[theta, [np.log(sigma)] * sigma_free]

    def look(where: FloatArray, model: Likelihood = likelihood) -> _Look:
        level = float(np.exp(where[-1])) if sigma_free else sigma
        seen = model.evaluate(where[: len(theta)], sigma=level)
        slope = 2.0 * (model.dof - seen.rss / level**2)
        return _Look(
            seen.deviance, np.r_[seen.gradient, [slope] * sigma_free], level**2 * seen.inverse
        )

    here, pairs = look(at), []
    for i in range(len(at)):
        step = np.zeros(len(at))
        step[i] = STEP * max(abs(at[i]), 0.1)
        pairs.append((look(at + step), here, step[i]))
    if at_range is not None and log_range is not None:
        ahead, behind = (at_range(log_range + sign * RANGE_STEP) for sign in (0.5, -0.5))
        pairs.append((look(at, ahead), look(at, behind), RANGE_STEP))
    return _assemble(pairs, len(at), here.deviance)


@dataclass(frozen=True, slots=True)
class _Look:
    deviance: float
    slope: FloatArray
    covariance: FloatArray


def _assemble(
    pairs: list[tuple[_Look, _Look, float]], smooth: int, centre: float
) -> VarianceUncertainty:
    """Join differences (higher, lower, step); those after `smooth` have no analytic gradient."""
    size = len(pairs)
    hessian = np.zeros((size, size))
    for i, (up, down, step) in enumerate(pairs):
        hessian[i, :smooth] = (up.slope - down.slope) / step
        if i >= smooth:
            hessian[:smooth, i] = hessian[i, :smooth]
            hessian[i, i] = (up.deviance - 2.0 * centre + down.deviance) / (0.5 * step) ** 2
    hessian = 0.5 * (hessian + hessian.T)
    slopes = [(up.covariance - down.covariance) / step for up, down, step in pairs]
    values, vectors = np.linalg.eigh(hessian)
    held = values > FLAT * max(float(values.max(initial=0.0)), 1e-300)
    covariance = 2.0 * (vectors[:, held] / values[held]) @ vectors[:, held].T
    fixed = len(pairs[0][0].covariance) if pairs else 0
    return VarianceUncertainty(covariance, np.array(slopes).reshape(size, fixed, fixed))
