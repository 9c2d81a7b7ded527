"""How athletes differ in what a set buys them, and whether that repeats.

An athlete's own effect is claimed only as far as it repeats. In a replicated within-person trial
(bioRxiv 2025.07.24.666533, n = 16, 8 against 16 weekly sets) the volume-specific response
correlated 0.04–0.06 between two phases, the general one 0.67–0.70. Here each log is cut at the
middle of its days; both halves get intercepts, growth and a slope of their own, and one mixed
model of both estimates how true slopes of the two halves correlate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.dose.effects import LOG_WEEKS, Body
from analysis.models.dose.inputs import LAGS, OWN, Floats
from analysis.models.dose.pooling import FEWEST_CLUSTERS, TooLittleError, moves, rows_of, with_sums
from analysis.models.dose.variances import growth_out
from analysis.models.dose.whitening import CrossProducts, Days, Sums, Variances
from analysis.models.mixed.fit import fit

REPEATS = 0.5
"""Correlation of own slopes between halves from which people are told apart."""


def _total(measure: str) -> dict[str, dict[str, float]]:
    return {f"{measure}_total": {f"{measure}_{name}": 1.0 for name in LAGS}}


def own_slopes(found: Body, measure: str) -> pd.DataFrame:
    """Return each athlete's own effect, if gains came at once and stayed.

    Returns:
        One row per athlete of the body: `own`, `own_error` (NaN where the doses do not move or
        the days are too few), `n_rows`.
    """
    needed = ["week", f"{measure}_{OWN}", *(f"{measure}_{name}" for name in LAGS), "strength"]
    products = with_sums(found.products.pick(needed), _total(measure))
    names = [f"{measure}_{OWN}", f"{measure}_total"]
    left, _ = growth_out(products.pick(["week", *names, "strength"]))
    told = moves(products, names[1:]) & (products.n_rows - products.n_series > len(names) + 2)
    own = np.full(len(left.gram), np.nan)
    error = own.copy()
    for athlete in np.flatnonzero(told):
        xx, xy = left.gram[athlete, :-1, :-1], left.gram[athlete, :-1, -1]
        if np.linalg.matrix_rank(xx, tol=1e-8 * np.trace(xx)) < len(xx):
            continue
        inverse = np.linalg.inv(xx)
        own[athlete], error[athlete] = (inverse @ xy)[1], np.sqrt(inverse[1, 1])
    return pd.DataFrame({"own": own, "own_error": error, "n_rows": products.n_rows})


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Whether own slopes of the first half of a log are those of the second.

    Attributes:
        n_athletes: with slopes in both halves.
        sd: of true slopes, geometric mean of the halves.
        correlation: of true slopes between halves; NaN where true slopes do not differ.
        observed: correlation of the estimated slopes, weighted by their precision.
        observed_low, observed_high: its 95 % interval (Fisher).
        error_ratio: how much further slopes of the halves lie apart than their errors say, 1 or
            more. What truly differs between people is alike in both halves, so this is error: of
            walks that are not walks, of growth that is no line.
    """

    n_athletes: int
    sd: float
    correlation: float
    observed: float
    observed_low: float
    observed_high: float
    error_ratio: float

    @property
    def told_apart(self) -> bool:
        """Whether people can be told apart: slopes differ, and the difference repeats."""
        return self.observed_low > 0 and (self.correlation >= REPEATS)


def repeatability(
    found: Body, days: Days, columns: Mapping[str, Floats], measure: str
) -> Repeatability:
    """Fit both halves of every log.

    Args:
        found: the body, for its variances and scales.
        days: its strength days.
        columns: its columns.
        measure: whose slopes.

    Raises:
        TooLittleError: fewer than five athletes have slopes in both halves.
    """
    halves = halves_of(days, columns, len(found.products.gram), measure, found.variances)
    return repeats([half.scaled(found.scale) for half in halves], measure)


def halves_of(
    days: Days, columns: Mapping[str, Floats], n_athletes: int, measure: str, variances: Variances
) -> list[CrossProducts]:
    """Return the cross-products of the first and of the second half of each log.

    Args:
        days: strength days.
        columns: of the model.
        n_athletes: how many there are, with days or without.
        measure: whose slopes.
        variances: shared.
    """
    wanted = {name: columns[name] for name in ("week", LOG_WEEKS, f"{measure}_{OWN}")}
    wanted |= {f"{measure}_{name}": columns[f"{measure}_{name}"] for name in LAGS}
    return [
        Sums(days.of(rows), n_athletes, wanted).whitened(variances)
        for rows in _cut(days, n_athletes)
    ]


def repeats(scaled: Sequence[CrossProducts], measure: str) -> Repeatability:
    """Fit the halves of every log, each athlete's divided by its own residual variance.

    Raises:
        TooLittleError: fewer than five athletes have slopes in both halves.
    """
    halves = [with_sums(half, _total(measure)) for half in scaled]
    names = [LOG_WEEKS, f"{measure}_{OWN}", f"{measure}_total"]
    told = np.logical_and(*(moves(half, names[2:]) for half in halves))
    n = int(told.sum())
    if n < FEWEST_CLUSTERS:
        raise TooLittleError(f"{n} athletes with slopes in both halves of their log, 5 are needed")
    parts = []
    for place, half in enumerate(halves):
        left, _ = growth_out(half.pick(["week", *names, "strength"]))
        rows = rows_of(left, told).rename(columns={names[2]: f"half_{place}"})
        parts.append(rows.assign(**{f"half_{1 - place}": 0.0}))
    model = fit(
        f"strength ~ 0 + {LOG_WEEKS} + {measure}_{OWN} + half_0 + half_1",
        pd.concat(parts, ignore_index=True),
        groups="athlete",
        random="~ 0 + half_0 + half_1",
        residual_sd=1.0,
    )
    cov = model.random_cov["athlete"].to_numpy()
    sd = float(np.sqrt(np.sqrt(max(cov[0, 0], 0) * max(cov[1, 1], 0))))
    correlation = float(cov[0, 1] / sd**2) if sd > 1e-6 else float("nan")
    return Repeatability(n, sd, correlation, *_observed(halves, told, measure))


def _cut(days: Days, n_athletes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows up to the median week of each athlete's days, and those after it."""
    n = np.bincount(days.athlete, minlength=n_athletes)
    week = days.week[np.lexsort((days.week, days.athlete))]
    begin, there = np.cumsum(n) - n, n > 0
    middle = np.full(n_athletes, np.inf)
    low, high = begin + (n - 1) // 2, begin + n // 2
    middle[there] = (week[low[there]] + week[high[there]]) / 2
    first = days.week <= middle[days.athlete]
    return np.flatnonzero(first), np.flatnonzero(~first)


def _observed(
    halves: list[CrossProducts], told: np.ndarray, measure: str
) -> tuple[float, float, float, float]:
    """Return the correlation of the halves' slopes with its interval, and the error ratio."""
    slopes, errors = [], []
    for half in halves:
        left, _ = growth_out(half.pick(["week", f"{measure}_total", "strength"]))
        information = left.gram[told, 0, 0]
        slopes.append(left.gram[told, 0, 1] / information)
        errors.append(1 / information)
    weight = 1 / (errors[0] + errors[1])
    weight = weight / weight.sum()
    slopes[1] = slopes[1] + weight @ (slopes[0] - slopes[1])  # what moved for all is no error
    first, second = (each - weight @ each for each in slopes)
    r = float((weight * first) @ second / np.sqrt((weight @ first**2) * (weight @ second**2)))
    reach = 1.96 / np.sqrt(max(1 / (weight**2).sum() - 3, 1.0))
    z = np.arctanh(np.clip(r, -0.999, 0.999))
    apart = (slopes[0] - slopes[1]) * np.sqrt(1 / (errors[0] + errors[1]))
    ratio = float(np.sqrt(max((apart**2).sum() / max(len(apart) - 1, 1), 1.0)))
    return r, float(np.tanh(z - reach)), float(np.tanh(z + reach)), ratio
