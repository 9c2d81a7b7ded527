"""Kalman filter and smoother for many short series at once.

Arrays are (day, series), padded below; every step is one vectorised sweep over the series, so
there is no loop over series, and the irregular gaps between days are part of the transition:

    level(t + d) = level(t) + d slope(t) + noise        y(t) = level(t) + error
    slope(t + d) = slope(t) + noise

The noise over a gap of d days is the sum of d daily steps in closed form, so that a series with
gaps is exactly a daily series with missing days (Durbin & Koopman's linear Gaussian model). The
local level model is the same with the slope held at 0. All variances here are relative to the
error variance, which is found in closed form afterwards.

The level starts diffuse: the first observed day fixes it. Its likelihood therefore counts from
the second day on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOG_EVERY = 16
"""Steps whose prediction variances are multiplied before one logarithm is taken: logarithms are
the dearest part of a likelihood, and 16 factors cannot leave the range of a double."""


@dataclass(frozen=True, slots=True)
class Days:
    """Daily observations of many series, padded; each array is (day, series).

    Attributes:
        gap: days since the row before; 0 in the first row and in padding.
        value: what was observed; 0 where nothing was.
        noise: relative error variance; 1 where nothing was observed.
        seen: 1.0 where there is an observation, else 0.0. The first row is always observed.
    """

    gap: Floats
    value: Floats
    noise: Floats
    seen: Floats

    def take(self, series: NDArray[np.intp]) -> Days:
        """Return some of the series, without the rows that none of them needs."""
        rows = int(np.flatnonzero(self.used[:, series].any(axis=1)).max()) + 1
        return Days(
            *(
                np.ascontiguousarray(part[:rows, series])
                for part in (self.gap, self.value, self.noise, self.seen)
            )
        )

    @property
    def used(self) -> NDArray[np.bool_]:
        """Rows that are no padding."""
        return (self.seen > 0) | (self.gap > 0)

    @property
    def count(self) -> Floats:
        """Observed days of each series."""
        total: Floats = self.seen.sum(axis=0)
        return total


@dataclass(frozen=True, slots=True)
class Ratios:
    """Variances relative to the error variance, each (…, series).

    Attributes:
        level: of the level's daily step.
        slope: of the slope's daily step; 0 for the local level model.
        start: of the slope on the first day; 0 for the local level model.
    """

    level: Floats
    slope: Floats
    start: Floats


class State:
    """Mean and covariance of level and slope; moves in place, one row at a time."""

    def __init__(self, days: Days, ratios: Ratios) -> None:
        zero = np.zeros_like(ratios.level)
        self.level, self.slope = days.value[0] + zero, zero.copy()
        self.p_ll, self.p_ls = days.noise[0] + zero, zero.copy()
        self.p_ss = ratios.start + zero
        self.ratios = ratios
        self.trend = bool(np.any(ratios.start > 0) or np.any(ratios.slope > 0))

    def predict(self, gap: Floats) -> None:
        """Move on by a gap of days."""
        self.p_ll += gap * self.ratios.level
        if not self.trend:
            return
        drift = self.ratios.slope
        self.level += gap * self.slope
        pairs = gap * (gap - 1) / 2
        squares = pairs * (2 * gap - 1) / 3
        self.p_ll += gap * (2 * self.p_ls + gap * self.p_ss) + squares * drift
        self.p_ls += gap * self.p_ss + pairs * drift
        self.p_ss += gap * drift

    def update(self, surprise: Floats, precision: Floats, keep: Floats) -> tuple[Floats, Floats]:
        """Take in an observation; return the gains of level and slope.

        Args:
            surprise: observed minus predicted.
            precision: 1 / variance of the surprise; 0 where nothing was observed.
            keep: 1 − gain of the level, computed without a difference, so that a slope that
                starts nearly diffuse loses no digits.
        """
        to_level = self.p_ll * precision
        self.level += to_level * surprise
        self.p_ll *= keep
        if not self.trend:
            return to_level, self.slope
        to_slope = self.p_ls * precision
        self.slope += to_slope * surprise
        self.p_ss -= to_slope * self.p_ls
        self.p_ls *= keep
        return to_level, to_slope


def innovations(days: Days, ratios: Ratios) -> tuple[Floats, Floats]:
    """Return per series the sum of squared standardised surprises, and the log determinant.

    Args:
        days: the observations.
        ratios: variance ratios, (series) or (trial, series) for several trials at once.
    """
    state = State(days, ratios)
    squares, log_det, product = (np.zeros_like(state.level) for _ in range(3))
    product += 1.0
    complete = np.all(days.seen > 0, axis=1).tolist()
    for row in range(1, len(days.gap)):
        state.predict(days.gap[row])
        variance = state.p_ll + days.noise[row]
        surprise = days.value[row] - state.level
        precision = 1.0 / variance
        keep = days.noise[row] * precision
        if not complete[row]:
            seen = days.seen[row] > 0
            precision = np.where(seen, precision, 0.0)
            keep, variance = np.where(seen, keep, 1.0), np.where(seen, variance, 1.0)
        state.update(surprise, precision, keep)
        squares += surprise * surprise * precision
        product *= variance
        if row % LOG_EVERY == 0:
            log_det += np.log(product)
            product[...] = 1.0
    return squares, log_det + np.log(product)


# The backward pass: what every day looks like once the whole series is known.
#
# Recursions of de Jong (1989) in the notation of Durbin & Koopman: no matrix is inverted, so the
# local level model, whose slope has no variance, needs no case of its own.


@dataclass(frozen=True, slots=True)
class Smoothed:
    """Posterior of level and slope, relative to the error variance; arrays are (day, series).

    Attributes:
        level: mean of the level.
        level_var: its variance.
        slope: mean of the slope per day.
        slope_var: its variance.
        anchor_cov: (anchor, day, series) covariance of the level with the level at the anchor
            row of the series; NaN after that row.
    """

    level: Floats
    level_var: Floats
    slope: Floats
    slope_var: Floats
    anchor_cov: Floats


@dataclass(slots=True)
class _Forward:
    """What the filter leaves behind for each row: state after the observation, and its pull."""

    level: Floats
    slope: Floats
    p_ll: Floats
    p_ls: Floats
    p_ss: Floats
    pull: Floats
    precision: Floats
    keep: Floats
    to_slope: Floats


def _forward(days: Days, ratios: Ratios) -> _Forward:
    kept = _Forward(*np.zeros((9, *days.gap.shape)))
    state = State(days, ratios)
    for row in range(len(days.gap)):
        if row:  # the first observation is already in the starting state
            state.predict(days.gap[row])
            precision = days.seen[row] / (state.p_ll + days.noise[row])
            keep = np.where(days.seen[row] > 0, days.noise[row] * precision, 1.0)
            surprise = days.value[row] - state.level
            _, kept.to_slope[row] = state.update(surprise, precision, keep)
            kept.precision[row], kept.keep[row] = precision, keep
            kept.pull[row] = surprise * precision
        for name in ("level", "slope", "p_ll", "p_ls", "p_ss"):
            getattr(kept, name)[row] = getattr(state, name)
    return kept


class _Backward:
    """Score r and information N of what comes after a row, and links c to the anchors."""

    def __init__(self, series: int, anchors: int) -> None:
        self.r_l, self.r_s, self.n_ll, self.n_ls, self.n_ss = np.zeros((5, series))
        self.c_l, self.c_s = np.full((2, anchors, series), np.nan)

    def across(self, gap: Floats) -> None:
        """Step back over the gap between two rows."""
        self.r_s = self.r_s + gap * self.r_l
        self.n_ss = self.n_ss + gap * (2 * self.n_ls + gap * self.n_ll)
        self.n_ls = self.n_ls + gap * self.n_ll
        self.c_s = self.c_s + gap * self.c_l

    def over(self, ahead: _Forward, row: int) -> None:
        """Step back over the observation of a row."""
        keep, to_slope = ahead.keep[row], ahead.to_slope[row]
        self.r_l = ahead.pull[row] + keep * self.r_l - to_slope * self.r_s
        mixed = keep * self.n_ls - to_slope * self.n_ss
        first = keep * self.n_ll - to_slope * self.n_ls
        self.n_ll = ahead.precision[row] + keep * first - to_slope * mixed
        self.n_ls = mixed
        self.c_l = keep * self.c_l - to_slope * self.c_s

    def anchor(self, here: NDArray[np.bool_], p_ll: Floats, p_ls: Floats) -> None:
        """Start the link of the anchors that stand at this row."""
        self.c_l = np.where(here, 1 - self.n_ll * p_ll - self.n_ls * p_ls, self.c_l)
        self.c_s = np.where(here, -self.n_ls * p_ll - self.n_ss * p_ls, self.c_s)

    def explained(self, level: Floats, slope: Floats) -> Floats:
        """Return the variance that later days take off a state with these covariances."""
        return level * (level * self.n_ll + 2 * slope * self.n_ls) + slope * slope * self.n_ss


def smooth_days(days: Days, ratios: Ratios, anchors: NDArray[np.intp]) -> Smoothed:
    """Return the smoothed level and slope of every row.

    Args:
        days: the observations.
        ratios: variance ratios, one per series.
        anchors: (anchor, series) rows whose covariance with all earlier rows is wanted; −1 none.
    """
    ahead = _forward(days, ratios)
    back = _Backward(days.gap.shape[1], len(anchors))
    shape = days.gap.shape
    level, level_var, slope, slope_var = (np.zeros(shape) for _ in range(4))
    out = Smoothed(level, level_var, slope, slope_var, np.zeros((len(anchors), *shape)))
    for row in range(len(days.gap) - 1, -1, -1):
        p_ll, p_ls, p_ss = ahead.p_ll[row], ahead.p_ls[row], ahead.p_ss[row]
        out.level[row] = ahead.level[row] + p_ll * back.r_l + p_ls * back.r_s
        out.slope[row] = ahead.slope[row] + p_ls * back.r_l + p_ss * back.r_s
        out.level_var[row] = p_ll - back.explained(p_ll, p_ls)
        out.slope_var[row] = p_ss - back.explained(p_ls, p_ss)
        back.anchor(anchors == row, p_ll, p_ls)
        out.anchor_cov[:, row] = p_ll * back.c_l + p_ls * back.c_s
        back.over(ahead, row)
        back.across(days.gap[row])
    return out
