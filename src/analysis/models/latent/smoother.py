"""The backward pass: what every day looks like once the whole series is known.

Recursions of de Jong (1989) in the notation of Durbin & Koopman: no matrix is inverted, so the
local level model, whose slope has no variance, needs no case of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.models.latent.kalman import Days, Floats, Ratios, State


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
