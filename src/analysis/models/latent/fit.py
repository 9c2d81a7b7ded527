"""`smooth`: latent log strength of many series, day by day, with a band."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models.latent.kalman import Days, Floats, Ratios, Smoothed, innovations, smooth_days
from analysis.models.latent.observations import Daily, Indices, collapse, pad, pad_with_markers

# Newton's method on many small problems at once, with differences for derivatives.
#
# All trial points of one round are evaluated in one sweep (see `kalman.innovations`), series that
# have arrived leave the batch, and a step that loses ground is shortened.


Objective = Callable[[Floats, Indices], Floats]
"""(trial, parameter, problem) points and the problems' numbers → (trial, problem) values."""

STEP = 0.01
"""Spacing of the differences, in logarithms of a variance ratio."""
GAIN_TOLERANCE = 1e-7
"""A problem has arrived when a Newton step promises less than this."""
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where each problem ended.

    Attributes:
        point: (parameter, problem) best points.
        value: their values.
        curvature: second derivative along the first parameter.
        converged: whether no step promises a gain any more.
    """

    point: Floats
    value: Floats
    curvature: Floats
    converged: NDArray[np.bool_]


def best_of(objective: Objective, grid: Floats) -> Floats:
    """Return for each problem the best point of a (trial, parameter, problem) grid."""
    problems = np.arange(grid.shape[2])
    best = objective(grid, problems).argmax(axis=0)
    return grid[best, :, problems].T.copy()


def maximise(objective: Objective, start: Floats, low: Floats, high: Floats) -> Optimum:
    """Climb from each start to a maximum within the bounds.

    Args:
        objective: what to maximise.
        start: (parameter, problem) first points.
        low: (parameter, problem) lower bounds.
        high: (parameter, problem) upper bounds.
    """
    size, count = start.shape
    best, value = start.copy(), np.full(count, -np.inf)
    gradient, hessian = np.zeros((size, count)), np.zeros((count, size, size))
    radius, converged = np.full(count, 2.0), np.zeros(count, dtype=bool)
    trial, active = start.copy(), np.arange(count)
    for _ in range(MAX_ROUNDS):
        values = objective(trial[None, :, active] + _offsets(size)[:, :, None], active)
        better = values[0] >= value[active] - 1e-12 * np.abs(values[0])
        won = active[better]
        best[:, won], value[won] = trial[:, won], values[0, better]
        gradient[:, won], hessian[won] = _differences(values[:, better], size)
        radius[active] *= np.where(better, 2.0, 0.25)
        step, gain = _newton(
            gradient[:, active],
            hessian[active],
            _free(best, gradient, low, high)[:, active],
            radius[active],
        )
        done = (gain < GAIN_TOLERANCE) | (radius[active] < 1e-7)
        converged[active[done]] = True
        active, step = active[~done], step[:, ~done]
        if not active.size:
            break
        trial[:, active] = np.clip(best[:, active] + step, low[:, active], high[:, active])
    return Optimum(best, value, hessian[:, 0, 0], converged)


def _offsets(size: int) -> Floats:
    axes = np.eye(size) * STEP
    corner = [axes.sum(axis=0)] if size == 2 else []
    return np.array([np.zeros(size), *axes, *-axes, *corner])


def _differences(values: Floats, size: int) -> tuple[Floats, Floats]:
    centre, up, down = values[0], values[1 : size + 1], values[size + 1 : 2 * size + 1]
    gradient = (up - down) / (2 * STEP)
    curvature = (up - 2 * centre + down) / STEP**2
    hessian = np.zeros((values.shape[1], size, size))
    hessian[:, range(size), range(size)] = curvature.T
    if size == 2:
        corner = (values[-1] - centre) / STEP**2 - gradient.sum(axis=0) / STEP
        hessian[:, 0, 1] = hessian[:, 1, 0] = corner - curvature.sum(axis=0) / 2
    return gradient, hessian


def _free(point: Floats, gradient: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Tell which coordinates are not pressed against a bound."""
    pressed: NDArray[np.bool_] = ((point <= low) & (gradient < 0)) | (
        (point >= high) & (gradient > 0)
    )
    return ~pressed


def _newton(
    gradient: Floats, hessian: Floats, free: NDArray[np.bool_], radius: Floats
) -> tuple[Floats, Floats]:
    """Return the uphill step and the gain it promises; curvature by size leaves saddles."""
    both = free.T[:, :, None] & free.T[:, None, :]
    size = len(gradient)
    bent, axes = np.linalg.eigh(np.where(both, hessian, 0.0) - np.where(both, 0.0, np.eye(size)))
    uphill = np.where(free, gradient, 0.0)
    along = np.einsum("nij,in->nj", axes, uphill)
    step = np.einsum("nij,nj->in", axes, along / np.maximum(np.abs(bent), 1e-6))
    gain: Floats = (uphill * step).sum(axis=0)
    length = np.abs(step).max(axis=0)
    return step * np.minimum(1.0, radius / np.maximum(length, 1e-300)), gain


# What is believed about a strength series before it is seen, so that short ones stay sane.


@dataclass(frozen=True, slots=True)
class Prior:
    """Shrinkage of a series' variances; a long series outweighs it.

    The centres of scale and level are rounded from 679 athlete-by-exercise series of 20 days or
    more in the exports of 24 lifters (medians 0.71 and 0.016, quartiles 0.0105 and 0.026); those
    of the slope are the spread of yearly growth in such logs (quartiles +2 and +26 %). The widths
    are wide on purpose: one SD is a factor of e in a variance's root.

    Attributes:
        scale: error SD as a share of the stated one; the stated variance holds the spread
            between people, most of which is constant within one.
        scale_days: days of observation that the prior on the scale is worth.
        level_sd: SD of the level's daily random step, log units (0.015 = 8 % in 28 days).
        level_log_sd: prior SD of the log of that variance, relative to the error.
        slope_sd: SD of the first day's slope, log units per day (0.0005 = 18 % in a year).
        slope_change_sd: SD of the slope's daily random step, log units per day.
        slope_change_log_sd: prior SD of the log of that variance, relative to the error.
    """

    scale: float = 0.7
    scale_days: float = 4.0
    level_sd: float = 0.015
    level_log_sd: float = 2.0
    slope_sd: float = 0.0005
    slope_change_sd: float = 0.00003
    slope_change_log_sd: float = 2.0


# Variances of one batch of series by penalised maximum likelihood, and the model's evidence.


NEARLY_DIFFUSE = 1e8
"""Starting variance of the slope, relative to the error, where no prior is given."""
LOW, HIGH = np.array([-18.0, -36.0]), np.array([6.0, 2.0])
"""Bounds of the log variance ratios of level and slope: e^-18 of the error per day is nothing."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Fitted variances of each series; arrays are (series).

    Attributes:
        ratios: variances relative to the error variance.
        error_var: error variance of a day with typical noise.
        dof: what the error variance rests on, prior included.
        loglik: log-likelihood at these values, without the penalty.
        evidence: −BIC/2: log-likelihood less half the log of the days per free variance.
        level_spread: posterior SD of the log of the level's ratio; 0 without a prior.
        converged: whether the search ended at an optimum.
    """

    ratios: Ratios
    error_var: Floats
    dof: Floats
    loglik: Floats
    evidence: Floats
    level_spread: Floats
    converged: NDArray[np.bool_]


class Target:
    """The penalised log-likelihood of a batch, with the error variance concentrated out."""

    def __init__(self, days: Days, typical: Floats, prior: Prior | None, *, trend: bool) -> None:
        self.days, self.prior, self.trend, self.size = days, prior, trend, 1 + trend
        series = days.gap.shape[1]
        first = 1.0 if prior is None else prior.scale**2 * typical
        self.worth = 0.0 if prior is None else prior.scale_days
        self.guess = np.broadcast_to(np.asarray(first), series)
        self.dof = days.count - (2 if trend and prior is None else 1)
        start = NEARLY_DIFFUSE if prior is None else prior.slope_sd**2 / self.guess
        self.start = np.broadcast_to(np.asarray(start if trend else 0.0), series)
        self.centre, self.width = self._penalty()

    def _penalty(self) -> tuple[Floats, Floats]:
        if self.prior is None:
            return np.zeros((2, len(self.guess))), np.full(2, np.inf)
        steps = np.array([self.prior.level_sd, self.prior.slope_change_sd])
        width = np.array([self.prior.level_log_sd, self.prior.slope_change_log_sd])
        return 2 * np.log(steps)[:, None] - np.log(self.guess), width

    def ratios(self, point: Floats, series: Indices) -> Ratios:
        """Return the variance ratios at (…, parameter, problem) logarithms."""
        level = np.exp(point[..., 0, :])
        slope = np.exp(point[..., 1, :]) if self.trend else np.zeros_like(level)
        return Ratios(level, slope, self.start[series])

    def __call__(self, point: Floats, series: Indices) -> Floats:
        """Return the value at (trial, parameter, problem) points of some of the problems."""
        everyone = len(series) == len(self.guess)
        days = self.days if everyone else self.days.take(series)
        squares, log_det = innovations(days, self.ratios(point, series))
        dof = self.dof[series] + self.worth
        error = (squares + self.worth * self.guess[series]) / dof
        miss = (point - self.centre[: self.size, series]) / self.width[: self.size, None]
        penalty: Floats = (miss**2).sum(axis=-2)
        value: Floats = -0.5 * (dof * np.log(error) + log_det + penalty)
        return value

    def grid(self, level: Floats | None) -> Floats:
        """Return first points: the level's range, then the slope's beneath the level's best."""
        ones = np.ones_like(self.guess)
        if level is None:
            line: Floats = np.linspace(-15, 1, 7)[:, None, None] * ones
            return line
        spread = np.array([-28.0, -20, -14, -9]) if self.prior is None else np.array([-3.0, 1, 5])
        points = [
            np.stack([np.clip(level - less, LOW[0], HIGH[0]), self.centre[1] + slope])
            for less in (0.0, 3.0)
            for slope in spread
        ]
        grid: Floats = np.clip(np.array(points), LOW[None, :, None], HIGH[None, :, None])
        return grid


def estimate(
    days: Days, typical: Floats, prior: Prior | None, *, level: Floats | None = None
) -> tuple[Estimate, Floats]:
    """Fit one model to a batch of series.

    Args:
        days: the observations, noise relative to the series' typical noise.
        typical: the typical noise variance of each series.
        prior: shrinkage; None for plain maximum likelihood with a diffuse slope.
        level: the local level model's best point; when given, the local linear trend is fitted.

    Returns:
        The estimate, and the best point of the level's log ratio.
    """
    target = Target(days, typical, prior, trend=level is not None)
    ones = np.ones((target.size, len(typical)))
    low, high = LOW[: target.size, None] * ones, HIGH[: target.size, None] * ones
    found = maximise(target, best_of(target, target.grid(level)), low, high)
    return _finish(target, found), found.point[0]


def _finish(target: Target, found: Optimum) -> Estimate:
    point = found.point
    ratios = target.ratios(point, np.arange(point.shape[1]))
    squares, log_det = innovations(target.days, ratios)
    dof = target.dof + target.worth
    error = (squares + target.worth * target.guess) / dof
    observed = target.days.count
    loglik = -0.5 * (observed * math.log(2 * math.pi) + (observed - 1) * np.log(error) + log_det)
    loglik -= 0.5 * squares / error
    if target.trend and target.prior is None:
        loglik += 0.5 * np.log(NEARLY_DIFFUSE * error)
    evidence = loglik - 0.5 * (1 + len(point)) * np.log(observed)
    return Estimate(ratios, error, dof, loglik, evidence, _spread(target, found), found.converged)


def _spread(target: Target, found: Optimum) -> Floats:
    if target.prior is None:
        return np.zeros_like(target.guess)
    curvature = np.maximum(-found.curvature, target.width[0] ** -2)
    return np.asarray(1 / np.sqrt(curvature), dtype=float)


# One chunk of series: fit both models, choose, smooth, and take the changes.


Model = Literal["auto", "level", "trend"]

OUTLIER_ROUNDS = 4
"""Rounds of reweighting. In 24 real logs a fifth moves the median state by 0.005 of its SD and
one in twenty by more than 0.08; a few series that allow two readings still change."""

PARAMETERS = (
    "days",
    "model",
    "trend_weight",
    "level_sd_per_sqrt_day",
    "slope_change_sd",
    "scale",
    "dof",
    "loglik",
    "converged",
)
CHANGES = ("change", "change_sd", "earlier_change", "earlier_change_sd", "longest_gap_days")
"""Columns of `LatentFit.parameters` and `.changes` that a chunk yields."""


@dataclass(frozen=True, slots=True)
class ChunkFit:
    """Arrays of one chunk, row by row or series by series; columns as in `fit.LatentFit`."""

    mean: Floats
    sd: Floats
    error_sd: Floats
    parameters: dict[str, Any]
    changes: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class _Posterior:
    """Log strength of every padded row, and the changes over the windows, in natural units."""

    mean: Floats
    variance: Floats
    change: Floats
    change_var: Floats


def fit_chunk(
    daily: Daily,
    *,
    model: Model,
    prior: Prior | None,
    tail_dof: float | None,
    window_days: float,
) -> ChunkFit:
    """Fit a chunk of series; see `fit.smooth` for the arguments."""
    typical = daily.typical_noise
    if tail_dof is not None:
        daily = _doubt_outliers(daily, typical, prior, tail_dof)
    days = pad(daily, typical)
    flat, best = estimate(days, typical, prior)
    tilted = flat if model == "level" else estimate(days, typical, prior, level=best)[0]
    trend_weight = _trend_weight(flat, tilted, model)
    trend = trend_weight > 0.5
    chosen = _choose(trend, tilted, flat)
    marked, row, markers = pad_with_markers(daily, typical, (0.0, window_days, 2 * window_days))
    posterior = _posterior(marked, chosen, markers)
    widening = student_widening(tail_dof)
    place = np.repeat(np.arange(len(daily.names)), daily.length)
    parameters = {
        "days": daily.length,
        "model": np.where(trend, "trend", "level"),
        "trend_weight": trend_weight,
        "level_sd_per_sqrt_day": np.sqrt(chosen.ratios.level * chosen.error_var),
        "slope_change_sd": np.sqrt(chosen.ratios.slope * chosen.error_var),
        "scale": np.sqrt(chosen.error_var / typical),
        "dof": chosen.dof,
        "loglik": chosen.loglik,
        "converged": chosen.converged,
    }
    changes = {
        "change": posterior.change[0],
        "change_sd": np.sqrt(posterior.change_var[0] * widening),
        "earlier_change": posterior.change[1],
        "earlier_change_sd": np.sqrt(posterior.change_var[1] * widening),
        "longest_gap_days": _longest_gap(daily, window_days),
    }
    return ChunkFit(
        posterior.mean[row, place],
        np.sqrt(posterior.variance[row, place] * widening),
        np.sqrt(daily.noise * (chosen.error_var / typical)[place]),
        parameters,
        changes,
    )


def student_widening(tail_dof: float | None) -> float:
    """Return the factor by which the posterior variance is too small under Student errors.

    The weights count a day near the line for more than it is worth: Student's t holds
    (ν + 1)/(ν + 3) of the information that they pretend. Without it a nominal 95 % band held 90 %.
    """
    return 1.0 if tail_dof is None else (tail_dof + 3) / (tail_dof + 1)


def _doubt_outliers(daily: Daily, typical: Floats, prior: Prior | None, tail_dof: float) -> Daily:
    """Return the days with more noise where they fit badly: errors of Student's t, by EM.

    Light days, typing errors and another machine are common in logs; a Gaussian error would
    read each of them as a change of strength.
    """
    place = np.repeat(np.arange(len(daily.names)), daily.length)
    doubted = daily
    for _ in range(OUTLIER_ROUNDS):
        days = pad(doubted, typical)
        flat, _ = estimate(days, typical, prior)
        states = smooth_days(days, flat.ratios, np.empty((0, len(typical)), dtype=np.intp))
        row = np.arange(len(place)) - daily.begin[place]
        miss = (daily.value - states.level[row, place]) ** 2 / flat.error_var[place]
        squares = (miss + states.level_var[row, place]) * typical[place] / daily.noise
        weight = (tail_dof + 1) / (tail_dof + squares)
        doubted = replace(daily, noise=daily.noise / weight)
    return doubted


def _trend_weight(flat: Estimate, tilted: Estimate, model: Model) -> Floats:
    if model != "auto":
        return np.full(flat.evidence.shape, float(model == "trend"))
    weight: Floats = 1 / (1 + np.exp(np.clip(flat.evidence - tilted.evidence, -700, 700)))
    return weight


def _choose(trend: NDArray[np.bool_], tilted: Estimate, flat: Estimate) -> Estimate:
    def pick(yes: Any, no: Any, names: tuple[str, ...]) -> list[Any]:
        return [np.where(trend, getattr(yes, name), getattr(no, name)) for name in names]

    ratios = Ratios(*pick(tilted.ratios, flat.ratios, ("level", "slope", "start")))
    rest = ("error_var", "dof", "loglik", "evidence", "level_spread", "converged")
    return Estimate(ratios, *pick(tilted, flat, rest))


def _posterior(days: Days, chosen: Estimate, markers: Indices) -> _Posterior:
    """Average the smoother over the uncertain wander of the level.

    Two points, one posterior SD of its log variance below and above, carry that uncertainty into
    the band; with the wander taken as known, a nominal 95 % band held 93.5 %.
    """
    if not chosen.level_spread.any():
        return _smoothed(days, chosen.ratios, chosen.error_var, markers)
    low, high = (
        _smoothed(
            days,
            replace(chosen.ratios, level=chosen.ratios.level * np.exp(side * chosen.level_spread)),
            chosen.error_var,
            markers,
        )
        for side in (-1, 1)
    )
    return _Posterior(
        (low.mean + high.mean) / 2,
        (low.variance + high.variance) / 2 + ((low.mean - high.mean) / 2) ** 2,
        (low.change + high.change) / 2,
        (low.change_var + high.change_var) / 2 + ((low.change - high.change) / 2) ** 2,
    )


def _smoothed(days: Days, ratios: Ratios, error: Floats, markers: Indices) -> _Posterior:
    states = smooth_days(days, ratios, markers[:2])
    change, variance = _changes(states, markers)
    return _Posterior(states.level, states.level_var * error, change, variance * error)


def _changes(states: Smoothed, markers: Indices) -> tuple[Floats, Floats]:
    late, early = markers[:-1], markers[1:]
    series = np.arange(markers.shape[1])
    known = (late >= 0) & (early >= 0)
    covariance = states.anchor_cov[np.arange(len(late))[:, None], early, series]
    change = states.level[late, series] - states.level[early, series]
    variance = states.level_var[late, series] + states.level_var[early, series] - 2 * covariance
    return (
        np.where(known, change, np.nan),
        np.where(known, np.maximum(np.nan_to_num(variance), 0.0), np.nan),
    )


def _longest_gap(daily: Daily, window_days: float) -> Floats:
    place = np.repeat(np.arange(len(daily.names)), daily.length)
    last = daily.day[daily.begin[1:] - 1][place]
    gap = np.diff(daily.day, prepend=daily.day[0])
    gap[daily.begin[:-1]] = 0
    longest: Floats = np.maximum.reduceat(
        np.where(daily.day > last - window_days, gap, 0.0), daily.begin[:-1]
    )
    return longest


# Words for a change and its uncertainty: gaining, plateau, losing, or cannot tell.


DETRAINING_GAP_DAYS = 14.0
"""Days without the exercise from which a loss is called detraining: this program's convention."""


def status_table(changes: pd.DataFrame, smallest_change: float, certainty: float) -> pd.DataFrame:
    """Return the table that `LatentFit.status` describes."""
    from scipy.special import stdtr, stdtrit

    change, sd, dof = (changes[name].to_numpy() for name in ("change", "change_sd", "dof"))
    sd = np.maximum(sd, 1e-12)
    p_gain = stdtr(dof, (change - smallest_change) / sd)
    p_loss = stdtr(dof, (-change - smallest_change) / sd)
    earlier_sd = np.maximum(changes["earlier_change_sd"].to_numpy(), 1e-12)
    earlier = stdtr(dof, (changes["earlier_change"].to_numpy() - smallest_change) / earlier_sd)
    p_plateau = 1 - p_gain - p_loss
    reach = stdtrit(dof, 0.975) * sd
    words = [
        (np.isnan(change), "too short"),
        ((p_gain >= certainty) & (earlier < 0.5), "breakthrough"),
        (p_gain >= certainty, "gaining"),
        (p_plateau >= certainty, "plateau"),
        (
            (p_loss >= certainty) & (changes["longest_gap_days"] >= DETRAINING_GAP_DAYS),
            "detraining",
        ),
        (p_loss >= certainty, "losing"),
    ]
    return pd.DataFrame(
        {
            "series": changes["series"],
            "last_day": changes["last_day"],
            "change_pct": 100 * np.expm1(change),
            "low_pct": 100 * np.expm1(change - reach),
            "high_pct": 100 * np.expm1(change + reach),
            "p_gain": p_gain,
            "p_plateau": p_plateau,
            "p_loss": p_loss,
            "longest_gap_days": changes["longest_gap_days"],
            "status": np.select(
                [test for test, _ in words], [word for _, word in words], "cannot tell"
            ),
        }
    )


CHUNK = 2048
"""Series per sweep: enough that a vectorised step outweighs its call, few enough for the cache."""
WITHIN_DAY_CORRELATION = 0.5
"""Correlation of the errors of sets of one day: between one worth of information and none shared.
An assumption; the error's size is estimated whatever it is."""
TAIL_DOF = 4.0
"""Degrees of freedom of the errors where real logs are reported: a day four SDs off then weighs a
quarter. A convention of robust statistics, not an estimate."""


@dataclass(frozen=True, slots=True)
class LatentFit:
    """Latent log strength of many series.

    Attributes:
        states: one row per series and observed day: `mean` (log e1RM), `sd`, `low`, `high` (the
            band, t quantiles), `observed` (the day's weighted mean), `sets`, and `error_sd` (SD
            of the day's error; larger for a day that fits badly when `tail_dof` is given).
        parameters: one row per series: `days`, `model` ("level" or "trend"), `trend_weight`
            (weight of the evidence for the trend, 0–1), `level_sd_per_sqrt_day`,
            `slope_change_sd` (both log units), `scale` (error SD as a share of the stated one),
            `dof`, `loglik`, `converged`.
        changes: one row per series: `last_day`, `change` over the window before it (log units)
            with `change_sd`, the same for the window before that (`earlier_change`,
            `earlier_change_sd`; missing where the series is too short), `longest_gap_days` within
            the last window, and `dof`.
        left_out: series with too few days, with their number of days.
        widening: factor on the posterior variance for Student errors, already in `states` and
            `changes`; 1 for Gaussian ones.
        settings: every parameter of the call.
    """

    states: pd.DataFrame
    parameters: pd.DataFrame
    changes: pd.DataFrame
    left_out: pd.DataFrame
    widening: float
    settings: dict[str, object]

    def status(self, smallest_change: float = 0.02, certainty: float = 0.8) -> pd.DataFrame:
        """Tell gain, plateau and loss over the last window, with probabilities.

        Args:
            smallest_change: smallest change worth noticing, log units; 0.02 is half of the 4.2 %
                by which a 1RM differs from itself on retest (Grgic et al. 2020).
            certainty: probability from which a word is used instead of "cannot tell".

        Returns:
            One row per series: `change_pct` with `low_pct`, `high_pct` (95 %), `p_gain`,
            `p_plateau`, `p_loss`, and `status`: *gaining*, *breakthrough* (gaining now, and more
            likely not before), *plateau*, *losing*, *detraining* (losing, with two weeks or more
            without the exercise), *cannot tell* or *too short*.
        """
        return status_table(self.changes, smallest_change, certainty)


def smooth(
    observations: pd.DataFrame,
    *,
    model: Model = "auto",
    prior: Prior | None = Prior(),
    tail_dof: float | None = None,
    level: float = 0.95,
    within_day_correlation: float = WITHIN_DAY_CORRELATION,
    min_days: int = 3,
    window_days: float = 56,
    executor: Executor | None = None,
) -> LatentFit:
    """Estimate latent log strength from sets, for all series at once.

    A smoother knows the whole log: a state in March has seen April. It describes; it must never
    be the outcome of a dose-response model, where it would leak the future into the past and fake
    the lead placebo. There, take the days themselves (`analysis.models.dose`).

    Args:
        observations: one row per set: `series`, `day` (a number), `log_e1rm`, `variance`
            (stated error variance; only its ratios between sets matter, the size is estimated).
        model: "level" (local level), "trend" (local linear trend), or "auto": per series the one
            with the higher evidence (BIC; the first slope counts through its prior).
        prior: shrinkage of the variances; None for plain maximum likelihood, which needs `model`
            to be named, because a diffuse slope has no evidence to compare.
        tail_dof: degrees of freedom of Student's t errors, for real logs with their light days
            and typing errors (`TAIL_DOF` in this program's reports); None for Gaussian ones.
        level: coverage of the band, over the variances' uncertainty by t quantiles only.
        within_day_correlation: correlation of the errors of sets of one day (an assumption).
        min_days: series with fewer days are left out, and listed.
        window_days: length of the window for `changes`.
        executor: where chunks of series run; in this process when None.
    """
    if prior is None and model == "auto":
        raise ValueError("without a prior, name the model: a diffuse slope has no evidence")
    daily = collapse(observations, within_day_correlation)
    long_enough = daily.length >= max(min_days, 3)
    by_length = np.flatnonzero(long_enough)[np.argsort(daily.length[long_enough], kind="stable")]
    chunks = [by_length[at : at + CHUNK] for at in range(0, len(by_length), CHUNK)]
    step = partial(fit_chunk, model=model, prior=prior, tail_dof=tail_dof, window_days=window_days)
    run = map if executor is None else executor.map
    fits = list(run(step, [daily.take(chunk) for chunk in chunks]))
    settings: dict[str, object] = {
        "model": model,
        "prior": prior,
        "tail_dof": tail_dof,
        "level": level,
        "within_day_correlation": within_day_correlation,
        "min_days": max(min_days, 3),
        "window_days": window_days,
    }
    mean, sd, error_sd = np.empty((3, len(daily.day)))
    for chunk, fit in zip(chunks, fits, strict=True):
        rows = daily.rows_of(chunk)
        mean[rows], sd[rows], error_sd[rows] = fit.mean, fit.sd, fit.error_sd
    series = np.sort(by_length)
    fitted, rows = daily.take(series), daily.rows_of(series)
    order = np.argsort(by_length, kind="stable")
    parameters = _stack(fitted.names, [fit.parameters for fit in fits], order, PARAMETERS)
    changes = _stack(fitted.names, [fit.changes for fit in fits], order, CHANGES)
    changes = changes.assign(last_day=fitted.day[fitted.begin[1:] - 1], dof=parameters["dof"])
    states = _states(fitted, mean[rows], sd[rows], parameters["dof"].to_numpy(), level)
    states["error_sd"] = error_sd[rows]
    left_out = pd.DataFrame(
        {"series": daily.names[~long_enough], "days": daily.length[~long_enough]}
    )
    widening = student_widening(tail_dof)
    return LatentFit(states, parameters, changes, left_out, widening, settings)


def _states(daily: Daily, mean: Floats, sd: Floats, dof: Floats, level: float) -> pd.DataFrame:
    from scipy.special import stdtrit

    reach = np.repeat(stdtrit(dof, (1 + level) / 2), daily.length) * sd
    return pd.DataFrame(
        {
            "series": daily.names.repeat(daily.length),
            "day": daily.day,
            "mean": mean,
            "sd": sd,
            "low": mean - reach,
            "high": mean + reach,
            "observed": daily.value,
            "sets": daily.sets,
        }
    )


def _stack(
    names: pd.Index, parts: list[dict[str, Any]], order: Indices, columns: tuple[str, ...]
) -> pd.DataFrame:
    """Return the chunks' columns in the order of the series; no rows when there is no chunk."""
    stacked = {
        name: np.concatenate([part[name] for part in parts])[order] if parts else np.empty(0)
        for name in columns
    }
    return pd.DataFrame({"series": names, **stacked})
