"""Weekly doses as inputs of a process: bands of weeks before and after, and lag kernels.

A dose enters as its deviation from the athlete's own mean. A week without a log between the first
and the last logged week is unknown: its dose is the expectation given the known weeks within six
weeks on either side, by the cohort's own autocovariance (simple kriging). An expectation makes a
Berkson error, which leaves a linear effect where it is; zero, the person's mean or a plain local
mean do not (docs/dose_response.md).

Bands are sums over weeks divided by four, so that an effect is *per one more weekly set for four
weeks*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import add

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PULSE = 4
"""Weeks that an effect is stated for."""

REACH = 6
"""Weeks on either side of an unknown one that tell its dose."""

AHEAD = "ahead"
OWN = "own"
LAGS = {"1_4": (1, 4), "5_8": (5, 8), "9_12": (9, 12), "13_on": (13, None)}
"""Bands of weeks before an outcome, first and last week."""

SMALLEST_EIGENVALUE = 0.01
"""Of the autocorrelation matrix: pairwise estimates need not be a covariance."""

BUILD_UP_WEEKS = (0.0, 1.0, 2.0, 4.0, 8.0)
HALF_LIVES_WEEKS = (None, 26.0, 13.0)


@dataclass(frozen=True, eq=False)
class Weekly:
    """Weekly doses of some athletes, padded to the longest log.

    Attributes:
        logged: (athletes, weeks) whether the week holds a log of any kind; week 0 is the first.
        doses: by name (athletes, weeks), per week; NaN where not defined although logged. Values
            in weeks without a log are not looked at.
    """

    logged: Bools
    doses: Mapping[str, Floats]

    @property
    def n_weeks(self) -> Ints:
        """Weeks from the first to the last logged one."""
        weeks = self.logged.shape[1]
        return np.asarray(weeks - np.argmax(self.logged[:, ::-1], axis=1))

    def known(self, name: str) -> Bools:
        """Return in which weeks a dose is known."""
        return self.logged & np.isfinite(self.doses[name])

    def mean(self, name: str) -> Floats:
        """Return each athlete's mean over the weeks that are known; 0 where none is."""
        known = self.known(name)
        total = np.where(known, self.doses[name], 0.0).sum(axis=1)
        return np.asarray(total / np.maximum(known.sum(axis=1), 1))

    def deviation(self, name: str) -> Floats:
        """Return known doses less the athlete's mean, 0 elsewhere."""
        own = self.mean(name)[:, None]
        return np.where(self.known(name), self.doses[name] - own, 0.0)


Shared = Mapping[str, tuple[Floats, Ints]]
"""By measure, the autocovariance of all bodies of logs together."""


def autocovariance(weekly: Weekly, name: str) -> tuple[Floats, Ints]:
    """Return Σ d(t) d(t+j) over known pairs, j = 0 … 12, and how many pairs.

    Both add over athletes, files and sites.
    """
    deviation, known = weekly.deviation(name), weekly.known(name)
    weeks = known.shape[1]
    ends = [(max(weeks - j, 0), j) for j in range(2 * REACH + 1)]
    sums = [float((deviation[:, :end] * deviation[:, j:]).sum()) for end, j in ends]
    pairs = [int((known[:, :end] & known[:, j:]).sum()) for end, j in ends]
    return np.array(sums), np.array(pairs, dtype=np.int64)


def added(bodies: Sequence[Shared], measures: Sequence[str]) -> dict[str, tuple[Floats, Ints]]:
    """Return the autocovariances of some bodies together, added in their order."""
    return {
        name: (
            reduce(add, (each[name][0] for each in bodies)),
            reduce(add, (each[name][1] for each in bodies)),
        )
        for name in measures
    }


def filled(
    weekly: Weekly,
    name: str,
    shared: tuple[Floats, Ints] | None = None,
    *,
    unknown: str = "kriged",
) -> Floats:
    """Return deviations of a dose on a calendar that is `REACH` weeks longer at both ends.

    Args:
        weekly: the doses.
        name: which.
        shared: autocovariance of all bodies of data, where there are several.
        unknown: `"kriged"`, the expectation from the weeks around; `"zero"`, no dose at all.

    Returns:
        (athletes, weeks + 2 · REACH); week t is at column t + REACH. Weeks more than `REACH`
        from any known one are 0, the athlete's mean.
    """
    if unknown == "zero":
        inside = np.arange(weekly.logged.shape[1]) < weekly.n_weeks[:, None]
        dose = np.where(weekly.logged, weekly.doses[name], 0.0)
        weekly = Weekly(inside, {name: dose})
    deviation, known = weekly.deviation(name), weekly.known(name)
    wide = np.pad(deviation, ((0, 0), (2 * REACH, 2 * REACH)))
    seen = np.pad(known, ((0, 0), (2 * REACH, 2 * REACH)))
    correlation = _correlation(*(shared or autocovariance(weekly, name)))
    around = np.r_[-REACH:0, 1 : REACH + 1]
    middle = np.arange(REACH, wide.shape[1] - REACH)
    athlete, at = np.nonzero(~seen[:, middle])
    columns = middle[at][:, None] + around
    near = seen[athlete[:, None], columns]
    told = near.any(axis=1)
    athlete, at, columns, near = athlete[told], at[told], columns[told], near[told]
    code = near @ (1 << np.arange(2 * REACH))
    patterns, which = np.unique(code, return_inverse=True)
    weights = _kriging_weights(patterns, correlation, around)
    result = wide[:, middle].copy()
    result[athlete, at] = (weights[which] * wide[athlete[:, None], columns]).sum(axis=1)
    return result


def _correlation(sums: Floats, pairs: Ints) -> Floats:
    """Return the Toeplitz autocorrelation matrix of 13 weeks, made positive definite."""
    covariance = sums / np.maximum(pairs, 1)
    size = len(covariance)
    if covariance[0] <= 0:
        return np.eye(size)
    lag = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    values, vectors = np.linalg.eigh((covariance / covariance[0])[lag])
    return np.asarray((vectors * np.maximum(values, SMALLEST_EIGENVALUE)) @ vectors.T)


def _kriging_weights(patterns: Ints, correlation: Floats, around: Ints) -> Floats:
    """Return the weights of the twelve weeks around, for each pattern of known ones."""
    near = (patterns[:, None] >> np.arange(2 * REACH)) & 1 == 1
    place = around + REACH
    target = np.where(near, correlation[REACH, place], 0.0)
    both = near[:, :, None] & near[:, None, :]
    system = np.where(both, correlation[np.ix_(place, place)], np.eye(2 * REACH))
    return np.asarray(np.linalg.solve(system, target[..., None])[..., 0])


def bands(deviation: Floats) -> dict[str, Floats]:
    """Return own week, four weeks ahead and the bands before, each (athletes, weeks).

    Args:
        deviation: from `filled`.
    """
    weeks = deviation.shape[1] - 2 * REACH
    total = np.pad(np.cumsum(deviation, axis=1), ((0, 0), (1, 0)))
    at = np.arange(REACH, REACH + weeks)

    def between(first: Ints, last: Ints) -> Floats:
        """Sum over columns `first` to `last`, both included, cut to those that exist."""
        low, high = np.maximum(first, 0), np.maximum(last + 1, 0)
        return np.asarray((total[:, high] - total[:, np.minimum(low, high)]) / PULSE)

    found = {
        OWN: deviation[:, at],
        AHEAD: between(at + 1, at + PULSE),
    }
    for name, (near, far) in LAGS.items():
        first = np.zeros_like(at) if far is None else at - far
        found[name] = between(first, at - near)
    return found


def kernel_names(
    build_up_weeks: Sequence[float] = BUILD_UP_WEEKS,
    half_lives_weeks: Sequence[float | None] = HALF_LIVES_WEEKS,
) -> dict[str, tuple[float, float | None]]:
    """Return the lag kernels tried, by name: build-up τ and half-life, both in weeks."""
    return {
        f"gain_{tau:g}_{'ever' if half is None else f'{half:g}'}": (tau, half)
        for tau, half in product(build_up_weeks, half_lives_weeks)
    }


def kernel(deviation: Floats, build_up_weeks: float, half_life_weeks: float | None) -> Floats:
    """Return a dose through a kernel (1 − e^(−j/τ)) · 2^(−j/h) of the weeks j since.

    Scaled to the largest response to four weeks of one set, so that a coefficient is the *gain at
    its peak*; without decay that is the eventual gain.
    """
    length = deviation.shape[1]
    j = np.arange(1, length + 1, dtype=float)
    rise = np.ones(length) if build_up_weeks == 0 else 1 - np.exp(-j / build_up_weeks)
    shape = rise if half_life_weeks is None else rise * 0.5 ** (j / half_life_weeks)
    peak = PULSE if half_life_weeks is None else np.convolve(shape, np.ones(PULSE))[:length].max()
    size = 2 * length
    spectrum = np.fft.rfft(deviation, size, axis=1) * np.fft.rfft(np.r_[0.0, shape], size)
    response = np.fft.irfft(spectrum, size, axis=1)[:, :length]
    return np.asarray(response[:, REACH : length - REACH] / peak)


# Shapes of a weekly dose: a set more may bring less where there are many.


SHAPES = {
    "linear": "{}",
    "log": "{}_log",
    "sqrt": "{}_sqrt",
    "reciprocal": "{}_reciprocal",
}
"""Shapes of a weekly dose, with the name of the measure that holds them."""


def shape(name: str, dose: Floats) -> Floats:
    """Return a weekly dose in a shape; 1 is added because a week may hold none."""
    match name:
        case "log":
            return np.log1p(dose)
        case "sqrt":
            return np.sqrt(np.maximum(dose, 0.0))
        case "reciprocal":
            return np.asarray(-1.0 / (1.0 + dose))
    return dose


def with_shapes(doses: Mapping[str, Floats], measure: str = "sets") -> dict[str, Floats]:
    """Return doses with the shapes of one, and whether the muscle was trained at all."""
    dose = doses[measure]
    made = {SHAPES[name].format(measure): shape(name, dose) for name in SHAPES}
    trained = np.where(np.isfinite(dose), np.asarray(dose > 0, dtype=float), np.nan)
    return {**doses, **made, "trained": trained}
