"""The level behind a lift's days, and how it changed: a Kalman filter over a grid of variances.

    value(day) = level(day) + error          SD of a day's error: r / √weight
    level(t + d) = level(t) + drift · d + noise      SD of the noise: q √d

What is asked is a change between two days, so the change since each start rides along in the
state: `since` is the sum of the level's own movements, never of a step between regimes, across
which the level is diffuse. The answer is exact for given (q, r), seen from the last day, and
averaged over a grid of (q, r) by likelihood × population weight: a short log leans on how other
people's lifts behave, a long one on itself.

Everything but a scale depends on q/r alone. Both grids grow by the same factor, so that a grid of
seven by six needs twelve filters, not 42, and the days are swept once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.models.strength.population import Population
from analysis.models.strength.regimes import Floats, Repairs, Series

CHUNK = 256
"""Lifts swept together: their arrays stay in the processor's cache."""
DIFFUSE = 1e8
"""Variance of the level after a step, in units of the error's."""
BREAK_DAYS, COMEBACK_DAYS, COMEBACK = 28.0, 56.0, 4.0
"""For so long after a break of a lift its level moves faster: variance times this."""
LOG_EVERY = 16
"""Days whose variances are multiplied before one logarithm is taken."""


@dataclass(frozen=True, slots=True)
class Levels:
    """What the filter knows of each lift at its end day.

    Attributes:
        cells: (lift, cell of the grid): posterior weight; sums to 1.
        evidence: (lift, cell): log-likelihood of the days.
        level: (cell, lift): mean of the level on the end day.
        level_sd: (cell, lift): its SD.
        change: (start, lift): mean change from each start to the end; NaN before the first day.
        change_sd: (start, lift): its SD.
    """

    cells: Floats
    evidence: Floats
    level: Floats
    level_sd: Floats
    change: Floats
    change_sd: Floats


def follow(
    series: Series,
    repairs: Repairs,
    population: Population,
    *,
    starts: Floats,
    end: Floats,
) -> Levels:
    """Follow every lift to its end day.

    Args:
        series: the days of the lifts.
        repairs: steps and weights.
        population: the grid, its weights and the drift.
        starts: (start, lift): days from which a change is asked; NaN for none.
        end: (lift): day to which it is asked, no day before the lift's last.
    """
    lifts = series.lifts
    days = np.bincount(series.lift, minlength=lifts)
    order = np.argsort(days, kind="stable")
    cells = population.cells
    out = Levels(
        cells=np.empty((lifts, cells)),
        evidence=np.empty((lifts, cells)),
        level=np.empty((cells, lifts)),
        level_sd=np.empty((cells, lifts)),
        change=np.empty(starts.shape),
        change_sd=np.empty(starts.shape),
    )
    for begin in range(0, lifts, CHUNK):
        chosen = order[begin : begin + CHUNK]
        sweep = _Sweep(series, repairs, population, chosen, starts[:, chosen], end[chosen])
        sweep.run()
        sweep.write(out, chosen)
    return out


class _Sweep:
    """One chunk of lifts, padded below; arrays are (ratio, lift) or (start, ratio, lift)."""

    def __init__(
        self,
        series: Series,
        repairs: Repairs,
        population: Population,
        lifts: NDArray[np.intp],
        starts: Floats,
        end: Floats,
    ) -> None:
        first, last = series.first[lifts], series.last[lifts]
        self.population, self.starts, self.end = population, starts, end
        self.count = last - first + 1
        rows = first + np.arange(int(self.count.max()))[:, None]
        seen = rows <= last
        rows = np.minimum(rows, last)
        day = series.day[rows]
        self.first_day, self.last_day = day[0], series.day[last]
        self.gap = np.diff(day, axis=0, prepend=day[:1])
        # The drift is known, so it is taken off the days and put back at the end.
        self.value = series.value[rows] - population.drift_per_day * (day - self.first_day)
        self.noise = 1.0 / repairs.weight[rows]
        self.seen = seen.astype(float)
        self.step = repairs.step[rows] & seen
        pace = _pace(day, self.gap)
        self.wander = self.gap * pace
        self.after_start = np.clip(day - np.nan_to_num(starts)[:, None], 0.0, self.gap) * pace

    def run(self) -> None:
        ratio = self.population.ratios[:, None] ** 2
        shape = (len(ratio), len(self.count))
        self.level = np.broadcast_to(self.value[0], shape).copy()
        self.variance = np.broadcast_to(self.noise[0], shape).copy()
        self.squares, self.log_det, self.terms = (np.zeros(shape) for _ in range(3))
        product = np.ones(shape)
        self.since, self.with_level, self.since_var = (
            np.zeros((len(self.starts), *shape)) for _ in range(3)
        )
        some_start = bool(len(self.starts))
        any_step = self.step.any(axis=1)
        for row in range(1, len(self.gap)):
            self.variance += ratio * self.wander[row]
            if any_step[row]:
                self.variance += DIFFUSE * self.step[row]
            if some_start:
                moved = ratio * self.after_start[:, row][:, None]
                self.with_level += moved
                self.since_var += moved
            seen = self.seen[row]
            total = self.variance + self.noise[row]
            precision = seen / total
            surprise = self.value[row] - self.level
            # A regime's first day says nothing of the variances.
            counts = seen * ~self.step[row]
            scaled = surprise * precision
            self.squares += surprise * scaled * counts
            product *= np.where(counts > 0, total, 1.0)
            self.terms += counts
            if row % LOG_EVERY == 0:
                self.log_det += np.log(product)
                product[...] = 1.0
            self.level += self.variance * scaled
            keep = 1.0 - self.variance * precision
            if any_step[row]:
                keep = np.where(seen > 0, self.noise[row] / total, 1.0)
            if some_start:
                self.since += self.with_level * scaled
                self.since_var -= self.with_level * self.with_level * precision
                self.with_level *= keep
            self.variance *= keep
        self.log_det += np.log(product)
        silent = self.end - self.last_day
        self.variance += ratio * silent
        if some_start:
            asked = np.clip(self.end - np.nan_to_num(self.starts), 0.0, silent)
            self.since_var += ratio * asked[:, None]

    def write(self, out: Levels, lifts: NDArray[np.intp]) -> None:
        population = self.population
        drift, ratio = population.drift_per_day, population.cell_ratio
        error = population.cell_r[:, None]
        evidence = -0.5 * (
            self.squares[ratio] / error**2
            + self.log_det[ratio]
            + 2 * self.terms[ratio] * np.log(error)
        )
        posterior = evidence + np.log(population.weights)[:, None]
        posterior = np.exp(posterior - posterior.max(axis=0))
        posterior /= posterior.sum(axis=0)
        out.evidence[lifts] = evidence.T
        out.cells[lifts] = posterior.T
        out.level[:, lifts] = self.level[ratio] + drift * (self.end - self.first_day)
        out.level_sd[:, lifts] = np.sqrt(self.variance[ratio]) * error
        reached = self.starts >= self.first_day
        for place in range(len(self.starts)):
            mean = self.since[place][ratio]
            centre = np.sum(posterior * mean, axis=0)
            spread = self.since_var[place][ratio] * error**2 + (mean - centre) ** 2
            change = centre + drift * (self.end - self.starts[place])
            out.change[place, lifts] = np.where(reached[place], change, np.nan)
            sd = np.sqrt(np.sum(posterior * spread, axis=0))
            out.change_sd[place, lifts] = np.where(reached[place], sd, np.nan)


def _pace(day: Floats, gap: Floats) -> Floats:
    """Return how fast a level wanders up to each row: strength comes back fast after a break."""
    resumed = np.maximum.accumulate(np.where(gap >= BREAK_DAYS, day, -np.inf), axis=0)
    return np.where((day > resumed) & (day <= resumed + COMEBACK_DAYS), COMEBACK, 1.0)
