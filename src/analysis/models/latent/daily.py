"""From a table of sets' estimates to padded arrays of daily observations.

The sets of one day share that day's form, the lifter's own reps-load curve and one sense of
effort, so three sets are worth less than three independent ones: their errors are taken to
correlate (see `collapse`). Weights within a day are inverse variances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models.latent.kalman import Days, Floats

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Daily:
    """One row per series and day, series after series, days ascending.

    Attributes:
        names: the series.
        begin: first row of each series, and the number of rows at the end.
        day: day number.
        value: precision-weighted mean of the day's estimates.
        noise: its variance.
        sets: number of estimates that day.
    """

    names: pd.Index
    begin: Indices
    day: Floats
    value: Floats
    noise: Floats
    sets: Indices

    @property
    def length(self) -> Indices:
        """Days of each series."""
        return np.diff(self.begin)

    @property
    def typical_noise(self) -> Floats:
        """Mean variance of each series."""
        sums: Floats = np.add.reduceat(self.noise, self.begin[:-1])
        return sums / self.length

    def rows_of(self, series: Indices) -> Indices:
        """Return the rows of some series, in the order of the series."""
        length = self.length[series]
        skipped = self.begin[series] - (np.cumsum(length) - length)
        rows: Indices = np.arange(length.sum()) + np.repeat(skipped, length)
        return rows

    def take(self, series: Indices) -> Daily:
        """Return some of the series."""
        rows = self.rows_of(series)
        begin = np.append(0, np.cumsum(self.length[series]))
        return Daily(
            self.names[series],
            begin,
            self.day[rows],
            self.value[rows],
            self.noise[rows],
            self.sets[rows],
        )


def collapse(observations: pd.DataFrame, within_day_correlation: float) -> Daily:
    """Return the daily means of a table with `series`, `day`, `log_e1rm` and `variance`.

    Errors of one day are e = √v (√c z + √(1−c) ε) with z shared: c = 1 makes ten sets worth one,
    c = 0 makes them independent.

    Raises:
        ValueError: a column is missing, or a variance is not positive, or a number is not finite.
    """
    _check(observations)
    codes, names = pd.factorize(observations["series"], sort=True)
    day = observations["day"].to_numpy(dtype=float)
    order = np.lexsort((day, codes)) if _unsorted(codes, day) else slice(None)
    codes, day = codes[order], day[order]
    value = observations["log_e1rm"].to_numpy(dtype=float)[order]
    noise = observations["variance"].to_numpy(dtype=float)[order]
    new_day = np.flatnonzero(np.diff(codes, prepend=-1) | (np.diff(day, prepend=np.nan) != 0))
    if len(new_day) < len(day):
        precision = 1 / noise
        alone = 1 / np.add.reduceat(precision, new_day)
        value = np.add.reduceat(precision * value, new_day) * alone
        shared = (np.add.reduceat(np.sqrt(precision), new_day) * alone) ** 2
        noise = within_day_correlation * shared + (1 - within_day_correlation) * alone
    sets = np.diff(new_day, append=len(day))
    begin = np.searchsorted(codes[new_day], np.arange(len(names) + 1))
    return Daily(pd.Index(names), begin, day[new_day], value, noise, sets)


def _check(observations: pd.DataFrame) -> None:
    missing = {"series", "day", "log_e1rm", "variance"} - set(observations.columns)
    if missing:
        raise ValueError(f"observations lack the columns {', '.join(sorted(missing))}")
    numbers = observations[["day", "log_e1rm", "variance"]].to_numpy(dtype=float)
    wrong = ~np.isfinite(numbers).all(axis=1) | (numbers[:, 2] <= 0)
    if wrong.any() or observations["series"].isna().any():
        raise ValueError(
            f"{max(wrong.sum(), 1)} observations are not finite, lack a series, or have a "
            f"variance that is not above 0 (first at row {int(wrong.argmax())})"
        )


def _unsorted(codes: NDArray[np.intp], day: Floats) -> bool:
    ahead = np.diff(codes)
    return bool(((ahead < 0) | ((ahead == 0) & (np.diff(day) < 0))).any())


def pad(daily: Daily, typical: Floats) -> Days:
    """Return the series as padded arrays, their noise relative to the series' typical noise."""
    place = np.repeat(np.arange(len(daily.names)), daily.length)
    relative = daily.noise / typical[place]
    return _scatter(place, daily.day, daily.value, relative, np.ones(len(place)))


def pad_with_markers(
    daily: Daily, typical: Floats, before_last: tuple[float, ...]
) -> tuple[Days, Indices, Indices]:
    """Return padded arrays with unobserved rows so many days before the last day.

    Returns:
        The arrays; for each row of `daily` its row in them; and the (marker, series) rows of the
        markers, −1 where the series had not begun.
    """
    count, size = len(daily.names), len(daily.day)
    marks = daily.day[daily.begin[1:] - 1] - np.array(before_last)[:, None]
    marks = np.where(marks >= daily.day[daily.begin[:-1]], marks, np.nan)
    place = np.append(
        np.repeat(np.arange(count), daily.length), np.tile(np.arange(count), len(marks))
    )
    day = np.append(daily.day, marks)
    seen = (np.arange(len(day)) < size).astype(float)
    value, noise = np.append(daily.value, np.zeros(marks.size)), np.ones(len(day))
    noise[:size] = daily.noise / typical[place[:size]]
    order = np.lexsort((-seen, day, place))
    order = order[~np.isnan(day[order])]
    fresh = (np.diff(place[order], prepend=-1) > 0) | (np.diff(day[order], prepend=np.nan) != 0)
    kept = order[fresh]
    row = np.full(len(day), -1)
    first = np.searchsorted(place[kept], np.arange(count))
    row[order] = np.cumsum(fresh) - 1 - first[place[order]]
    days = _scatter(*(part[kept] for part in (place, day, value, noise, seen)))
    return days, row[:size], row[size:].reshape(marks.shape)


def _scatter(place: Indices, day: Floats, value: Floats, noise: Floats, seen: Floats) -> Days:
    count = int(place[-1]) + 1
    first = np.searchsorted(place, np.arange(count))
    row = np.arange(len(place)) - first[place]
    arrays = [np.zeros((int(row.max()) + 1, count)) for _ in range(4)]
    arrays[2][...] = 1.0
    gap = np.where(row > 0, np.diff(day, prepend=day[0]), 0.0)
    for array, content in zip(arrays, (gap, value, noise, seen), strict=True):
        array[row, place] = content
    return Days(*arrays)
