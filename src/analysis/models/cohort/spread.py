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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import chdtri, ndtr

from analysis.models.dose_response.model import (
    FEWEST_BLOCKS,
    FEWEST_CLUSTERS,
    FORMS,
    Chains,
    Floats,
    FormFit,
    TooLittleError,
    Whitened,
    chains,
    compare_forms,
    likeliest_share,
    usable,
)

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


# Each athlete's own slope, from that athlete's blocks alone: what shrinkage starts from.
#
# An athlete's own slope is a regression of own changes on own growth and own exposure. What the
# pooled model holds fixed for everyone (training years) is taken out first; what is constant
# for an
# athlete is part of the own growth. Errors of successive changes are those of the pooled model
# (`dose_response.noise`), but their share is found anew with every athlete's growth and slope
# taken
# out: the pooled model counts what athletes differ by as noise, and the SD of true slopes would
# come out some 7 % too small. Noise is pooled over athletes: a dozen blocks do not tell one
# athlete's noise from another's.


OWN = 2
"""Parameters of an athlete's own line: growth and slope."""

LEAST_SPREAD = 1e-9


def own_slopes(white: Whitened, exposure: str) -> pd.DataFrame:
    """Return each athlete's own slope, unshrunken.

    Args:
        white: rows of the pooled model.
        exposure: its column whose slope is asked for.

    Returns:
        One row per athlete of the model: `athlete`, `n_blocks`, `own` and `own_error` (its
        standard error, noise pooled; both NaN where not estimated), `reason` (why not, or "").
        The noise's degrees of freedom are in `.attrs["dof"]`.
    """
    x = white.raw_x[:, white.terms.index(exposure)]
    series = pd.Series(x).groupby(white.who)
    counts, wide = series.size().to_numpy(), (series.max() - series.min()).to_numpy()
    reasons = [_too_little(int(n), float(s)) for n, s in zip(counts, wide, strict=True)]
    told = np.array([not reason for reason in reasons])
    table = pd.DataFrame(
        {
            "athlete": white.rows["athlete"].unique(),
            "n_blocks": counts,
            "own": np.nan,
            "own_error": np.nan,
            "reason": reasons,
        }
    )
    table.attrs["dof"] = int((counts[told] - OWN).sum())
    if told.any():
        kept = told[white.who]
        columns = np.column_stack([np.ones(len(x)), x, _own_part(white, exposure)])
        lines = _Lines(chains(white.rows[kept]), columns[kept], counts[told])
        slope, error = lines.at(likeliest_share(lines.deviance))
        table.loc[told, "own"], table.loc[told, "own_error"] = slope, error
    return table


class _Lines:
    """Straight lines, one per athlete, through rows whitened at a share of the estimates' noise.

    Args:
        chain: which rows follow each other.
        columns: 1, exposure and change, one row per block, sorted by athlete.
        counts: rows of each athlete.
    """

    def __init__(self, chain: Chains, columns: Floats, counts: Floats) -> None:
        self._chain, self._columns = chain, columns
        self._starts = np.r_[0, np.cumsum(counts)[:-1]].astype(int)
        self._spare = len(columns) - OWN * len(counts)

    def deviance(self, share: float) -> float:
        """Return −2 log restricted likelihood, σ profiled out."""
        white, log_l = self._chain.whiten(share, self._columns)
        _, _, size, rss = self._solve(white)
        return 2 * log_l + float(np.log(size).sum()) + self._spare * float(np.log(rss))

    def at(self, share: float) -> tuple[Floats, Floats]:
        """Return slopes and their standard errors."""
        white, _ = self._chain.whiten(share, self._columns)
        slope, scale, _, rss = self._solve(white)
        return slope, scale * np.sqrt(rss / self._spare)

    def _solve(self, white: Floats) -> tuple[Floats, Floats, Floats, float]:
        """Return slopes, their errors at σ = 1, determinants and residual sum of squares."""
        g, x, y = white.T
        gg, gx, xx, gy, xy = (
            np.add.reduceat(product, self._starts)
            for product in (g * g, g * x, x * x, g * y, x * y)
        )
        size = gg * xx - gx**2
        slope, growth = (gg * xy - gx * gy) / size, (xx * gy - gx * xy) / size
        rss = float(y @ y - slope @ xy - growth @ gy)
        return slope, np.sqrt(gg / size), size, rss


def _own_part(white: Whitened, exposure: str) -> Floats:
    """Return the changes less what all athletes share."""
    shared = [
        place
        for place, term in enumerate(white.terms)
        if term != exposure and not term.startswith("growth")
    ]
    change = white.rows["change_pct"].to_numpy(float)
    return np.asarray(change - white.raw_x[:, shared] @ white.beta[shared])


def _too_little(n_blocks: int, spread: float) -> str:
    if n_blocks < FEWEST_BLOCKS:
        return f"fewer than {FEWEST_BLOCKS} usable blocks"
    return "" if spread > LEAST_SPREAD else "the sets do not vary from block to block"


# The fitted dose-response of a cohort with two bands: for one dose, and for all at once.
#
# The curve is the expected change of strength by the next block, for an athlete of usual growth
# and
# usual dose, after a block of a given dose: growth + f(dose) − mean f. It is a within curve: it
# says
# what the same athletes did after blocks of more and of less, not how athletes with other habits
# fare.
#
# The shape f is not known beforehand. A band around the shape that AIC likes best leaves out that
# it might have liked another, and held the whole truth in 85 % of simulated cohorts, not 95. So
# the
# curve is the mean of all shapes of `dose_response.forms` by Akaike weight (Burnham & Anderson
# 2002,
# Model selection and multimodel inference), and the bands are quantiles of curves drawn from
# all of
# them: shape by its weight, then a multivariate t with that shape's CR2 covariance. The pointwise
# band holds at any one dose. The simultaneous band holds at all doses together: its half-width is
# c · SD of the curves, c the quantile of their largest distance from the mean over the doses,
# in SDs
# (the max-t of Hothorn, Bretz & Westfall 2008, Biom J 50:346). Draws are seeded.


POINTS = 41
MIDDLE = (0.025, 0.975)
"""Quantiles of the doses seen that the curve spans."""

DRAWS = 20_000
SEED = 20_250_101
LEAST_WEIGHT = 0.005
"""Shapes of less Akaike weight are left out of curve and bands."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A fitted curve over the doses seen.

    Attributes:
        table: one row per dose: `dose`, `change_pct`, `conf_low`, `conf_high` (pointwise),
            `all_low`, `all_high` (simultaneous), `blocks` (used, nearest to that dose).
        weights: Akaike weight of every shape tried, largest first.
        mean_dose: of the blocks used; where the published slope is laid against the curve.
        quartiles: the first and the third quartile of the doses.
        contrast: change from the one to the other: estimate, and ends of its interval.
    """

    table: pd.DataFrame
    weights: dict[str, float]
    mean_dose: float
    quartiles: tuple[float, float]
    contrast: tuple[float, float, float]


def dose_curve(panel: pd.DataFrame, *, forms: Sequence[str] = FORMS, level: float = 0.95) -> Curve:
    """Fit the shapes and return their mean with its bands.

    Raises:
        TooLittleError: fewer than five athletes, or too few changes for a line.
    """
    fits = compare_forms(panel, forms)
    if fits[0].model.pooled is None:
        raise TooLittleError(
            f"{fits[0].model.n_athletes} athletes, {FEWEST_CLUSTERS} or more are needed for a "
            "curve that speaks of others like them"
        )
    seen = usable(panel, ["dose", "training_years"])["dose"].to_numpy(float)
    quartiles = np.quantile(seen, (0.25, 0.75))
    first, last = np.quantile(seen, MIDDLE)
    doses = np.linspace(first, last, POINTS)
    weights = akaike_weights(fits)
    drawn, mean = _draw(fits, weights, np.r_[doses, quartiles], seen)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn[:, :POINTS], (tail, 1 - tail), axis=0)
    sd = drawn[:, :POINTS].std(axis=0)
    far = np.abs((drawn[:, :POINTS] - mean[:POINTS]) / sd).max(axis=1)
    reach = float(np.quantile(far, level)) * sd
    table = pd.DataFrame(
        {
            "dose": doses,
            "change_pct": mean[:POINTS],
            "conf_low": low,
            "conf_high": high,
            "all_low": np.minimum(mean[:POINTS] - reach, low),
            "all_high": np.maximum(mean[:POINTS] + reach, high),
            "blocks": _nearest(doses, seen),
        }
    )
    steps = drawn[:, -1] - drawn[:, -2]
    ends = np.quantile(steps, (tail, 1 - tail))
    return Curve(
        table=table,
        weights=dict(zip((fit.name for fit in fits), map(float, weights), strict=True)),
        mean_dose=float(seen.mean()),
        quartiles=(float(quartiles[0]), float(quartiles[1])),
        contrast=(float(mean[-1] - mean[-2]), float(ends[0]), float(ends[1])),
    )


def akaike_weights(fits: Sequence[FormFit]) -> Floats:
    """Return exp(−ΔAIC / 2) of every fit, as shares; negligible ones are 0."""
    aic = np.array([fit.aic for fit in fits])
    share = np.exp(-(aic - aic.min()) / 2)
    share = np.where(share / share.sum() < LEAST_WEIGHT, 0.0, share)
    return np.asarray(share / share.sum())


def _draw(
    fits: Sequence[FormFit], weights: Floats, doses: Floats, seen: Floats
) -> tuple[Floats, Floats]:
    """Return curves drawn from all shapes, one per row, and their mean by weight."""
    rng = np.random.default_rng(SEED)
    parts, mean = [], np.zeros(len(doses))
    for fit, weight in zip(fits, weights, strict=True):
        if n := round(DRAWS * weight):
            middle, root, dof = _fitted(fit, doses, seen)
            normal = rng.standard_normal((n, root.shape[1])) @ root.T
            scale = np.sqrt(rng.chisquare(dof, n) / dof)
            parts.append(middle + normal / scale[:, None])
            mean += weight * middle
    return np.concatenate(parts), mean


def _fitted(fit: FormFit, doses: Floats, seen: Floats) -> tuple[Floats, Floats, float]:
    """Return a shape's curve, a root of its covariance, and the fewest dof over the doses."""
    at, usual = fit.basis(doses), fit.basis(seen)
    columns = {name: values - usual[name].mean() for name, values in at.items()}
    columns["growth"] = np.ones(len(doses))
    nothing = np.zeros(len(doses))
    rows = np.column_stack([columns.get(term, nothing) for term in fit.model.terms])
    values, vectors = np.linalg.eigh(fit.model.robust_covariance)
    root = rows @ (vectors * np.sqrt(np.maximum(values, 0.0)))
    assert fit.model.pooled is not None
    some = rows[np.linspace(0, len(doses) - 1, 7).astype(int)]
    asked = {
        str(place): dict(zip(fit.model.terms, map(float, row), strict=True))
        for place, row in enumerate(some)
    }
    dof = fit.model.pooled.contrasts(asked, robust="CR2")["dof"]
    return rows @ fit.model.beta, root, float(dof.min())


def _nearest(doses: Floats, seen: Floats) -> Floats:
    """Count the blocks nearest to each dose; those beyond either end are not counted."""
    half = (doses[1] - doses[0]) / 2
    edges = np.r_[doses - half, doses[-1] + half]
    return np.asarray(np.histogram(seen, edges)[0])
