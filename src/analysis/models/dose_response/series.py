"""The rows of a panel by their series, one athlete's muscle: numbers, means and lags of them.

In numpy, because a page asks for them some fifty times on a dozen rows each, where a pandas
group-by costs twenty times the arithmetic.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


SERIES = ["athlete", "muscle"]


def series_number(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number of each row's series, 0, 1, … in the order in which they appear."""
    athlete, muscle = (pd.factorize(rows[name])[0] for name in SERIES)
    both = athlete.astype(np.int64) * (int(muscle.max(initial=0)) + 1) + muscle
    return pd.factorize(both)[0].astype(np.int64)


def own_mean(rows: pd.DataFrame, values: Floats) -> Floats:
    """Return the mean of a row's series in every row.

    Args:
        rows: rows of a panel.
        values: numbers, none missing; the first axis is of the rows.
    """
    number = series_number(rows)
    n = np.bincount(number)
    if values.ndim == 1:
        return np.asarray((np.bincount(number, values) / n)[number])
    means = [(np.bincount(number, column) / n)[number] for column in values.T]
    return np.column_stack(means) if means else values


def shifted(panel: pd.DataFrame, name: str, blocks: int) -> pd.Series:
    """Return a column as it was `blocks` blocks before (negative: after), NaN where unknown."""
    block = panel["block"].to_numpy(np.int64)
    place, number = block - block.min(initial=0), series_number(panel)
    span = int(place.max(initial=0)) + 1
    cells = np.full((int(number.max(initial=-1)) + 1, span), np.nan)
    cells[number, place] = panel[name].to_numpy(float)
    there = place - blocks
    known = (there >= 0) & (there < span)
    values = np.full(len(panel), np.nan)
    values[known] = cells[number[known], there[known]]
    return pd.Series(values, panel.index)
