"""Shifts: where a lift's logged level jumped, and days that are no measure of strength.

Twice the load overnight is another way of logging, another machine or a slip, not strength. Left
in, it is the loudest change of any log. So the days of a lift are cut into *regimes* at such steps
(no change is ever claimed across one), and odd days get a weight of nearly nothing.

A *step* is where the medians of up to four days before and after it differ by more than what the
lift's own day-to-day noise explains, and by 20 % at least; where the two days that touch make up
most of it (a beginner's ramp does not); and where the two sides hardly overlap. An *odd day* lies
far from six neighbours that agree with one another. Figures: docs/strength.md#shifts.

Flat arrays, rows of one lift together and in order of day; no loop over lifts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SIDE, FEWEST = 4, 3
"""Days that a side of a step is judged by, at most and at least."""
SMALLEST_STEP, STEP_NOISES = 0.20, 5.0
"""A step is larger than this, in log units, and than so many standard errors of its medians."""
SMALLEST_DOUBT, DOUBT_NOISES = 0.06, 3.5
"""The same for a step that may be one: strength, or a slightly different machine."""
ABRUPT = 0.60
"""Share of the step that the two days which touch must make up."""
NEIGHBOURS = 3
"""Days on each side that a single day is compared with."""
ODD, ODD_NOISES, AGREE = 0.40, 6.0, 0.15
"""An odd day is this far (log units, and noises) from neighbours that agree within `AGREE`."""
ODD_WEIGHT = 1e-4
LEAST_NOISE = 0.015
"""Plates come in steps: a lift of equal loads has no less error than this (log units)."""
TAIL_DOF = 4.0
"""Student weight of an ordinary day: (ν + 1) / (ν + z²), at most 1."""


@dataclass(frozen=True, slots=True)
class Series:
    """The days of many lifts, flat: rows of one lift together, in order of day.

    Attributes:
        lift: number of the lift, 0, 1, …, without a gap; every lift has a row.
        day: day number; no day twice in a lift.
        value: log of the e1RM of that day.
    """

    lift: Ints
    day: Floats
    value: Floats

    @property
    def lifts(self) -> int:
        """How many lifts there are."""
        return int(self.lift[-1]) + 1 if len(self.lift) else 0

    @property
    def first(self) -> Ints:
        """Row of the first day of each lift."""
        return np.searchsorted(self.lift, np.arange(self.lifts)).astype(np.int64)

    @property
    def last(self) -> Ints:
        """Row of the last day of each lift."""
        after = np.searchsorted(self.lift, np.arange(self.lifts), side="right")
        return after.astype(np.int64) - 1

    def take(self, lifts: Flags) -> tuple[Series, Flags]:
        """Return the chosen lifts, numbered anew, and which rows they are."""
        rows = lifts[self.lift]
        number = np.cumsum(lifts) - 1
        chosen = number[self.lift[rows]].astype(np.int64)
        return Series(chosen, self.day[rows], self.value[rows]), rows


@dataclass(frozen=True, slots=True)
class Repairs:
    """What stands between the logged days and strength; arrays are per row but for `noise`.

    Attributes:
        step: a new regime begins on this day.
        size: size of the step, log units; 0 where none is.
        odd: the day is ignored.
        weight: what a day counts, 0 to 1.
        noise: SD of a lift's day, log units, from successive differences; one per lift.
        doubt: size of a step too small to be called one, log units; 0 where none is.
    """

    step: Flags
    size: Floats
    odd: Flags
    weight: Floats
    noise: Floats
    doubt: Floats

    @property
    def regime(self) -> Ints:
        """Number of each row's regime, growing over all rows of all lifts."""
        return np.cumsum(self.step).astype(np.int64)


def none(series: Series) -> Repairs:
    """Return no repair at all: every day as logged."""
    rows = len(series.lift)
    nothing = np.zeros(rows, bool)
    return Repairs(
        nothing, np.zeros(rows), nothing, np.ones(rows), day_noise(series), np.zeros(rows)
    )


def find(series: Series, *, kept: Flags | None = None, told: Flags | None = None) -> Repairs:
    """Find steps and odd days.

    Args:
        series: the days of the lifts.
        kept: per lift, whether the user says that it was one machine all along: no step is
            sought.
        told: per row, whether the user says that another machine began on this day.
    """
    noise = day_noise(series)
    step = np.zeros(len(series.lift), bool)
    if told is not None:
        step = told & ~_opens(series)
    free = np.ones(series.lifts, bool) if kept is None else ~kept
    step = _cut(series, step, noise, free, SMALLEST_STEP, STEP_NOISES)
    odd, weight = _weigh(series, step, noise)
    size = np.where(step, _step_size(series, step, odd), 0.0)
    finer = _cut(series, step, noise, free, SMALLEST_DOUBT, DOUBT_NOISES)
    doubt = np.where(finer & ~step, _step_size(series, finer, odd), 0.0)
    return Repairs(step, size, odd, weight, noise, doubt)


def _cut(
    series: Series, step: Flags, noise: Floats, sought: Flags, smallest: float, noises: float
) -> Flags:
    """Return the steps with all further ones of at least this size."""
    step = step.copy()
    while sought.any():
        # One step per regime and round: each cut changes the sides of the days near it.
        part, rows = series.take(sought)
        found = _clearest_steps(part, step[rows], noise[sought], smallest, noises)
        cut = np.flatnonzero(rows)[found]
        step[cut] = True
        sought = np.zeros(series.lifts, bool)
        sought[series.lift[cut]] = True
    return step


def day_noise(series: Series) -> Floats:
    """Return each lift's day-to-day SD, log units: a median, so that no step raises it."""
    pairs = ~_opens(series)[1:]
    lift = series.lift[1:][pairs]
    change = np.abs(np.diff(series.value)[pairs])
    order = np.lexsort((change, lift))
    count = np.bincount(lift, minlength=series.lifts)
    start = np.cumsum(count) - count
    noise = np.full(series.lifts, LEAST_NOISE)
    some = count > 0
    low, high = start[some] + (count[some] - 1) // 2, start[some] + count[some] // 2
    middle = (change[order][low] + change[order][high]) / 2
    noise[some] = np.maximum(1.48 * middle / np.sqrt(2), LEAST_NOISE)
    return noise


def _opens(series: Series) -> Flags:
    """Return whether a row is its lift's first."""
    opens = np.zeros(len(series.lift), bool)
    opens[series.first] = True
    return opens


def _shifted(values: Floats, regime: Ints, by: int) -> Floats:
    """Return the value `by` rows further on, NaN beyond the regime."""
    other = np.full(len(values), np.nan)
    if abs(by) >= len(values):
        return other
    here, there = (
        (slice(None, -by), slice(by, None))
        if by > 0
        else (
            slice(-by, None),
            slice(None, by),
        )
    )
    other[here] = np.where(regime[here] == regime[there], values[there], np.nan)
    return other


def _regimes(series: Series, step: Flags) -> Ints:
    return np.cumsum(step | _opens(series)).astype(np.int64)


def _median_of_few(beside: Floats) -> tuple[Floats, Floats]:
    """Return the median of each row, NaN left out, and how many values it is of."""
    ordered = np.sort(beside, axis=1)  # NaN last
    count = beside.shape[1] - np.isnan(beside).sum(axis=1)
    row, some = np.arange(len(beside)), np.maximum(count, 1)
    middle = (ordered[row, (some - 1) // 2] + ordered[row, some // 2]) / 2
    return middle, count.astype(float)


def _near(values: Floats, regime: Ints, rows: Ints, steps: range) -> Floats:
    """Return for some rows the values so many rows further on, NaN beyond the regime."""
    other = rows[:, None] + np.array(steps)
    inside = (other >= 0) & (other < len(values))
    other = np.where(inside, other, 0)
    found: Floats = np.where(
        inside & (regime[other] == regime[rows][:, None]), values[other], np.nan
    )
    return found


def _clearest_steps(
    series: Series,
    step: Flags,
    noise: Floats,
    smallest: float = SMALLEST_STEP,
    noises: float = STEP_NOISES,
) -> Ints:
    """Return the row of the clearest step of each regime that has one."""
    value, regime = series.value, _regimes(series, step)
    # Only days that leap are looked at closer: few, and the medians are the dear part.
    leap = np.abs(np.diff(value)) > ABRUPT * smallest
    near = np.flatnonzero(leap & (regime[1:] == regime[:-1])) + 1
    before = _near(value, regime, near, range(-SIDE, 0))
    after = _near(value, regime, near, range(SIDE))
    jump = value[near] - value[near - 1]
    (low, n_before), (high, n_after) = _median_of_few(before), _median_of_few(after)
    size = high - low
    error = noise[series.lift[near]] * np.sqrt(1.57 * (1 / np.maximum(n_before, 1) + 1 / n_after))
    line, up = (low + high) / 2, np.sign(size)
    strays = np.sum((up * (before.T - line) > 0), axis=0)
    strays += np.sum((up * (after.T - line) < 0), axis=0)
    is_step = (
        (np.minimum(n_before, n_after) >= FEWEST)
        & (np.abs(size) > np.maximum(smallest, noises * error))
        & (jump * up >= ABRUPT * np.abs(size))
        & (strays <= 1)
    )
    rows, clear = near[is_step], np.abs(jump[is_step])
    order = np.lexsort((-clear, regime[rows]))
    rows = rows[order]
    clearest: Ints = rows[np.diff(regime[rows], prepend=-1) != 0].astype(np.int64)
    return clearest


def _step_size(series: Series, step: Flags, odd: Flags) -> Floats:
    """Return how far the level jumps into each row: median after less median before."""
    value = np.where(odd, np.nan, series.value)
    regime = _regimes(series, step)
    rows = np.flatnonzero(step)
    size = np.zeros(len(value))
    if len(rows):
        after = _near(value, regime, rows, range(SIDE))
        before = _near(value, regime, rows - 1, range(-SIDE + 1, 1))
        size[rows] = np.nan_to_num(_median_of_few(after)[0] - _median_of_few(before)[0])
    return size


def _weigh(series: Series, step: Flags, noise: Floats) -> tuple[Flags, Floats]:
    """Return which days are odd, and what each day counts."""
    value, regime = series.value, _regimes(series, step)
    sides = range(1, NEIGHBOURS + 1)
    before = np.stack([_shifted(value, regime, -k) for k in sides], axis=1)
    after = np.stack([_shifted(value, regime, k) for k in sides], axis=1)
    around, n_around = _median_of_few(np.concatenate([before, after], axis=1))
    (low, n_before), (high, n_after) = _median_of_few(before), _median_of_few(after)
    spread = noise[series.lift]
    limit = np.maximum(ODD, ODD_NOISES * spread)
    agree = ~(np.abs(low - high) > AGREE)  # one side alone agrees with itself
    odd = (np.abs(value - around) > limit) & agree & (n_around >= FEWEST)
    # A leap of the last or first two days may be a step that has not shown itself yet.
    edge = np.minimum(n_before, n_after) < 2
    inner = np.where(n_after < n_before, low, high)
    full = np.maximum(n_before, n_after) >= FEWEST
    odd |= edge & full & (np.abs(value - inner) > limit)
    z = np.where(n_around >= 2, (value - around) / spread, 0.0)
    weight = np.minimum(1.0, (TAIL_DOF + 1) / (TAIL_DOF + z * z))
    return odd, np.where(odd, ODD_WEIGHT, weight)
