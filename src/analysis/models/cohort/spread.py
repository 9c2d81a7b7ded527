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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import chdtri, ndtr

from analysis.models.dose.effects import BANDS, LOG_WEEKS, Body, primary
from analysis.models.dose.inputs import SHAPES, Floats, Ints, shape
from analysis.models.dose.pooling import FEWEST_CLUSTERS, Fit, TooLittleError

GRID = 240
REACH = 10.0
"""Where τ's grid ends, in SDs of an own slope; beyond, the likelihood of 5 slopes is < 1e-4."""

FEWEST_POINTS, FINER, NEGLIGIBLE = 24, 48, 1e-9
"""Points of the grid that must carry weight, more than negligible; else a finer one is laid where
the weight is."""

BLOCK = 5_000
"""Athletes whose grids are in memory at once."""

STEPS = 40
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
    at = (np.arange(GRID) + 0.5) / GRID  # denser near 0
    tau = top * at**2
    weight = _likely(own, v, tau, at)
    carries = np.flatnonzero(weight > NEGLIGIBLE)
    if len(carries) < FEWEST_POINTS:  # so many slopes that the likelihood falls between points
        ends = tau[[max(carries[0] - 1, 0), min(carries[-1] + 1, GRID - 1)]]
        tau = ends[0] + (ends[1] - ends[0]) / FINER * (np.arange(FINER) + 0.5)
        weight = _likely(own, v, tau, np.ones(FINER))
    precision = 1 / (tau[:, None] ** 2 + v)
    mu = (precision * own).sum(1) / precision.sum(1)
    mu_var = 1 / precision.sum(1)
    ends, shrunken = (np.empty((2, k)), np.empty(k))
    for some in (slice(at, at + BLOCK) for at in range(0, k, BLOCK)):
        kept = tau[:, None] ** 2 * precision[:, some]
        centre = kept * own[some] + (1 - kept) * mu[:, None]
        width = np.sqrt(kept * v[some] + (1 - kept) ** 2 * mu_var[:, None])
        shrunken[some] = weight @ centre
        for end, p in zip(ends, (tail, 1 - tail), strict=True):
            end[some] = _quantile(p, centre, width, weight)
    next_width = np.sqrt(tau**2 + mu_var)
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
        shrunken=shrunken,
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
    from scipy.optimize import brentq  # takes a third of a second to load

    return float(brentq(lambda squared: _q(squared, own, v) - target, 0.0, top, xtol=1e-14))


def _q_profile(own: Floats, v: Floats, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    ends = (_squared_sd(own, v, float(chdtri(len(own) - 1, p))) for p in (tail, 1 - tail))
    low, high = np.sqrt(list(ends))
    return float(low), float(high)


def _likely(own: Floats, v: Floats, tau: Floats, step: Floats) -> Floats:
    """Return the weight of each point of a grid of τ: restricted likelihood × step."""
    precision = 1 / (tau[:, None] ** 2 + v)
    total = precision.sum(1)
    mu = (precision * own).sum(1) / total
    q = (precision * (own - mu[:, None]) ** 2).sum(1)
    log = 0.5 * (np.log(precision).sum(1) - np.log(total) - q)
    weight = np.exp(log - log.max()) * step
    return np.asarray(weight / weight.sum())


def _quantile(p: float, centre: Floats, width: Floats, weight: Floats) -> Floats:
    """Return a quantile of normal mixtures: grid of τ down, athletes across."""
    low = (centre - 10 * width).min(0)
    high = (centre + 10 * width).max(0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        below = weight @ ndtr((middle - centre) / width) < p
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


# The fitted dose-response of a cohort with two bands: for one dose, and for all at once.
#
# The curve is the change of strength 5 to 12 weeks later, for an athlete of usual dose, after four
# weeks of another weekly dose: b · (f(dose) − mean f). It is a within curve: it says what the same
# athletes did after weeks of more and of less, not how athletes with other habits fare.
#
# The shape f is not known beforehand. A band around the shape that the likelihood likes best would
# leave out that it might have liked another. So the curve is the mean of all shapes by likelihood,
# and the bands are quantiles of curves drawn from all of them: shape by its weight, then a t with
# that shape's CR2 error. The pointwise band holds at any one dose. The simultaneous band holds at
# all doses together: its half-width is c · SD of the curves, c the quantile of their largest
# distance from the mean over the doses, in SDs (the max-t of Hothorn, Bretz & Westfall 2008, Biom
# J 50:346). Draws are seeded.


POINTS = 41
MIDDLE = (0.025, 0.975)
"""Quantiles of the doses seen that the curve spans."""

DRAWS = 20_000
SEED = 20_250_101
LEAST_WEIGHT = 0.005
"""Shapes of less weight are left out of curve and bands."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A fitted curve over the doses seen.

    Attributes:
        table: one row per dose: `dose`, `change_pct`, `low`, `high` (pointwise),
            `all_low`, `all_high` (simultaneous), `weeks` (logged, nearest to that dose).
        weights: of every shape tried, largest first.
        mean_dose: of the weeks logged; where the published slope is laid against the curve.
        quartiles: the first and the third quartile of the doses.
        contrast: change from the one to the other: estimate, and ends of its interval.
    """

    table: pd.DataFrame
    weights: dict[str, float]
    mean_dose: float
    quartiles: tuple[float, float]
    contrast: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Doses:
    """Weekly sets of all logged weeks of those who train the muscle, as counts per value.

    Attributes:
        value: ascending, no two alike.
        weeks: logged weeks with that many sets.
    """

    value: Floats
    weeks: Ints

    @classmethod
    def of(cls, sets: Floats) -> Doses:
        """Count weekly sets: (athletes, weeks), NaN where no log is."""
        trains = np.nansum(sets, axis=1) > 0
        value, weeks = np.unique(sets[np.isfinite(sets) & trains[:, None]], return_counts=True)
        return cls(value, weeks.astype(np.int64))

    @classmethod
    def joined(cls, each: Sequence[Doses]) -> Doses:
        """Return the counts of all, whatever their order."""
        value, place = np.unique(np.concatenate([e.value for e in each]), return_inverse=True)
        weeks = np.concatenate([e.weeks for e in each])
        return cls(value, np.bincount(place, weeks, minlength=len(value)).astype(np.int64))

    def mean(self, form: Callable[[Floats], Floats] = lambda value: value) -> float:
        """Return the mean over weeks of a form of the dose."""
        return float(form(self.value) @ self.weeks / self.weeks.sum())

    def quantiles(self, shares: Sequence[float]) -> Floats:
        """Return quantiles, between neighbours in a line, as `np.quantile` does."""
        last = np.cumsum(self.weeks)
        where = np.array(shares) * (last[-1] - 1)
        below, above = (
            self.value[np.searchsorted(last, place, side="right")]
            for place in (np.floor(where), np.ceil(where))
        )
        return np.asarray(below + (where - np.floor(where)) * (above - below))


def dose_curve(reduced: Body, seen: Doses, level: float = 0.95) -> Curve:
    """Fit the shapes and return their mean with its bands.

    Raises:
        TooLittleError: fewer than five athletes, or too few weeks for a line.
    """
    fits = {
        name: reduced.fit([LOG_WEEKS, *(f"{pattern.format('sets')}_{band}" for band in BANDS)])
        for name, pattern in SHAPES.items()
    }
    n = max(each.n_athletes for each in fits.values())
    if n < FEWEST_CLUSTERS:
        raise TooLittleError(
            f"{n} athletes, {FEWEST_CLUSTERS} or more are needed for a curve that speaks of "
            "others like them"
        )
    quartiles = seen.quantiles((0.25, 0.75))
    first, last = (float(end) for end in seen.quantiles(MIDDLE))
    doses = np.linspace(first, last, POINTS)
    weights = _weights(fits)
    drawn, mean = _draw(fits, weights, np.r_[doses, quartiles], seen)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn[:, :POINTS], (tail, 1 - tail), axis=0)
    sd = np.maximum(drawn[:, :POINTS].std(axis=0), 1e-12)
    far = np.abs((drawn[:, :POINTS] - mean[:POINTS]) / sd).max(axis=1)
    reach = float(np.quantile(far, level)) * sd
    table = pd.DataFrame(
        {
            "dose": doses,
            "change_pct": mean[:POINTS],
            "low": low,
            "high": high,
            "all_low": np.minimum(mean[:POINTS] - reach, low),
            "all_high": np.maximum(mean[:POINTS] + reach, high),
            "weeks": _nearest(doses, seen),
        }
    )
    steps = drawn[:, -1] - drawn[:, -2]
    ends = np.quantile(steps, (tail, 1 - tail))
    return Curve(
        table=table,
        weights=dict(sorted(weights.items(), key=lambda item: -item[1])),
        mean_dose=seen.mean(),
        quartiles=(float(quartiles[0]), float(quartiles[1])),
        contrast=(float(mean[-1] - mean[-2]), float(ends[0]), float(ends[1])),
    )


def _weights(fits: dict[str, Fit]) -> dict[str, float]:
    least = min(each.rss for each in fits.values())
    share = {name: float(np.exp(-(each.rss - least) / 2)) for name, each in fits.items()}
    whole = sum(share.values())
    share = {name: each if each / whole >= LEAST_WEIGHT else 0.0 for name, each in share.items()}
    return {name: each / sum(share.values()) for name, each in share.items()}


def _draw(
    fits: dict[str, Fit], weights: dict[str, float], doses: Floats, seen: Doses
) -> tuple[Floats, Floats]:
    """Return curves drawn from all shapes, one per row, and their mean by weight."""
    rng = np.random.default_rng(SEED)
    parts, mean = [], np.zeros(len(doses))
    for name, fit in fits.items():
        if n := round(DRAWS * weights[name]):
            slope = fit.contrast(primary(SHAPES[name].format("sets")))
            rise = shape(name, doses) - seen.mean(partial(shape, name))
            drawn = slope.value + slope.std_error * rng.standard_t(slope.dof, n)
            parts.append(drawn[:, None] * rise)
            mean += weights[name] * slope.value * rise
    return np.concatenate(parts), mean


def _nearest(doses: Floats, seen: Doses) -> Ints:
    """Count the weeks nearest to each dose; those beyond either end are not counted."""
    half = (doses[1] - doses[0]) / 2
    edges = np.r_[doses - half, doses[-1] + half]
    return np.asarray(np.histogram(seen.value, edges, weights=seen.weeks)[0]).astype(np.int64)
