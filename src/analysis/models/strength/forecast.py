"""The next top set of a lift: level, drift, and an error of fixed shape.

From the days as logged, without any repair: light days and old stations come back, and a forecast
that has removed them is too sure (measured: docs/strength.md#forecast). The error is not normal:
real days miss low more often and further than high, so quantiles have their own shape.
"""

from __future__ import annotations

import numpy as np

from analysis.models.strength.level import follow
from analysis.models.strength.population import Population
from analysis.models.strength.shifts import Floats, Series, none

FASTER = 0.2
"""Power of (1 + days ahead / 28) that the SD gains over a random walk's: the further ahead, the
likelier another phase of a programme. It makes 50, 80 and 95 % ranges hold alike over weeks 1–4
and 5–8."""
SHARES = (0.025, 0.10, 0.25, 0.50, 0.75, 0.90, 0.975)
"""Probability below each of a forecast's quantiles."""


def ahead(series: Series, population: Population, day: Floats) -> tuple[Floats, Floats]:
    """Return mean and SD of the log e1RM of a top set on a later day.

    Args:
        series: the days of the lifts.
        population: what is known of lifts in general.
        day: (lift): the day that is asked for, after the lift's last.
    """
    nothing = np.empty((0, series.lifts))
    known = follow(series, none(series), population, starts=nothing, end=day)
    weight = known.cells.T
    mean = np.sum(weight * known.level, axis=0)
    variance = known.level_sd**2 + population.cell_r[:, None] ** 2 + (known.level - mean) ** 2
    ahead_days = day - series.day[series.last]
    return mean, np.sqrt(np.sum(weight * variance, axis=0)) * (1 + ahead_days / 28) ** FASTER


def quantiles(mean: Floats, sd: Floats, population: Population) -> Floats:
    """Return the (lift, share) quantiles at `SHARES`."""
    drawn: Floats = mean[:, None] + sd[:, None] * np.array(population.tails)
    return drawn
