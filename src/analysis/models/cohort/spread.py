"""How much athletes' true slopes differ, and what that says of each of them and of the next one.

Own slopes b_i with known sampling variances v_i come from normal true slopes:
b_i ~ N(μ, τ² + v_i), the normal-normal model of a random-effects meta-analysis.

- SD of true slopes, τ: Paule & Mandel's estimate (1982, J Res NBS 87:377) with the Q-profile
  interval (Viechtbauer 2007, Stat Med 26:37), exact for normal slopes.
- Reliability: τ² / (τ² + s²), the share of the variance of own slopes that is true difference,
  at the typical sampling variance s² (Higgins & Thompson 2002, Stat Med 21:1539).
- Shrunken slopes and the next athlete's: means and quantiles over τ, weighted by its restricted
  likelihood (a flat prior on τ; Gelman 2006, Bayesian Anal 1:515). With τ held at an estimate of
  0 every athlete would get the group's slope with the group's small error, which is false comfort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, ndtr

from analysis.models.dose_response.noise import Floats

GRID = 240
REACH = 10.0
"""Where τ's grid ends, in SDs of an own slope; beyond, the likelihood of 5 slopes is < 1e-4."""

STEPS = 60
"""Halvings of a quantile's bracket."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What own slopes say together. Slopes are in the unit of those given.

    Attributes:
        mean: of the true slopes.
        sd: of the true slopes; `sd_low` to `sd_high` its interval.
        typical_error: standard error of a typical own slope.
        new_low, new_high: interval for the true slope of an athlete not yet seen.
        shrunken: mean of each athlete's true slope; `low` to `high` its interval.
        level: probability that the intervals are made for.
    """

    mean: float
    sd: float
    sd_low: float
    sd_high: float
    typical_error: float
    new_low: float
    new_high: float
    shrunken: Floats
    low: Floats
    high: Floats
    level: float

    @property
    def reliability(self) -> float:
        """Share of the variance of own slopes that is true difference."""
        return self._reliability(self.sd)

    @property
    def reliability_low(self) -> float:
        """The share at the lower end of the SD's interval."""
        return self._reliability(self.sd_low)

    @property
    def reliability_high(self) -> float:
        """The share at the upper end of the SD's interval."""
        return self._reliability(self.sd_high)

    def _reliability(self, sd: float) -> float:
        return sd**2 / (sd**2 + self.typical_error**2)


def spread(own: Floats, error: Floats, level: float = 0.95) -> Spread:
    """Return what own slopes say together.

    Args:
        own: slopes of athletes, each from that athlete's rows alone.
        error: their standard errors.
        level: probability that the intervals are made for.

    Raises:
        ValueError: fewer than three slopes.
    """
    if len(own) < 3:
        raise ValueError(f"{len(own)} slopes, three or more are needed to see how they differ")
    v = np.asarray(error, dtype=float) ** 2
    k, tail = len(own), (1 - level) / 2
    typical = _typical(v)
    top = REACH * float(np.sqrt(typical + _squared_sd(own, v, k - 1.0)))
    tau, weight = _likely(own, v, top)
    precision = 1 / (tau[:, None] ** 2 + v)
    mu = (precision * own).sum(1) / precision.sum(1)
    mu_var = 1 / precision.sum(1)
    kept = tau[:, None] ** 2 * precision
    centre = kept * own + (1 - kept) * mu[:, None]
    width = np.sqrt(kept * v + (1 - kept) ** 2 * mu_var[:, None])
    next_width = np.sqrt(tau**2 + mu_var)
    ends = [_quantile(p, centre, width, weight) for p in (tail, 1 - tail)]
    new = [_quantile(p, mu[:, None], next_width[:, None], weight)[0] for p in (tail, 1 - tail)]
    low, high = _q_profile(own, v, level)
    if high == 0.0:  # less spread than noise alone would show: the likelihood still bounds it
        high = float(tau[np.searchsorted(weight.cumsum(), level)])
    return Spread(
        mean=float(weight @ mu),
        sd=float(np.sqrt(_squared_sd(own, v, k - 1.0))),
        sd_low=low,
        sd_high=high,
        typical_error=float(np.sqrt(typical)),
        new_low=float(new[0]),
        new_high=float(new[1]),
        shrunken=weight @ centre,
        low=ends[0],
        high=ends[1],
        level=level,
    )


def _typical(v: Floats) -> float:
    w = 1 / v
    return float((len(v) - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum()))


def _q(squared: float, own: Floats, v: Floats) -> float:
    w = 1 / (squared + v)
    return float((w * (own - (w @ own) / w.sum()) ** 2).sum())


def _squared_sd(own: Floats, v: Floats, target: float) -> float:
    """Return the τ² at which Q is `target`; 0 where it is below it already."""
    if _q(0.0, own, v) <= target:
        return 0.0
    top = float(np.var(own)) + float(v.max())
    while _q(top, own, v) > target:
        top *= 4
    return float(brentq(lambda squared: _q(squared, own, v) - target, 0.0, top, xtol=1e-14))


def _q_profile(own: Floats, v: Floats, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    ends = (_squared_sd(own, v, float(chdtri(len(own) - 1, p))) for p in (tail, 1 - tail))
    low, high = np.sqrt(list(ends))
    return float(low), float(high)


def _likely(own: Floats, v: Floats, top: float) -> tuple[Floats, Floats]:
    """Return a grid of τ, denser near 0, and the weight of each: restricted likelihood × step."""
    at = (np.arange(GRID) + 0.5) / GRID
    tau = top * at**2
    precision = 1 / (tau[:, None] ** 2 + v)
    total = precision.sum(1)
    mu = (precision * own).sum(1) / total
    q = (precision * (own - mu[:, None]) ** 2).sum(1)
    log = 0.5 * (np.log(precision).sum(1) - np.log(total) - q)
    weight = np.exp(log - log.max()) * at
    return tau, weight / weight.sum()


def _quantile(p: float, centre: Floats, width: Floats, weight: Floats) -> Floats:
    """Return a quantile of normal mixtures: grid of τ down, athletes across."""
    low = (centre - 10 * width).min(0)
    high = (centre + 10 * width).max(0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        below = weight @ ndtr((middle - centre) / width) < p
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)
