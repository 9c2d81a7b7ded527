"""What rows of one number have in common, found by slices of their order, not by hashing."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Slices:
    """Rows that share a number, such as that of their lift.

    Such rows mostly lie together: their order is found once, and any number of reductions over
    them are passes over memory, where every window of polars groups all rows anew.

    Attributes:
        count: how many groups there are; they are numbered from 0, by ascending number.
        first: the first row of each group.
        of_row: the group of each row.
    """

    def __init__(self, number: Array) -> None:
        """Find the groups of these numbers."""
        together = bool((np.diff(number) >= 0).all())
        self._order = None if together else np.argsort(number, kind="stable")
        begins = np.diff(self._ordered(number), prepend=-1) != 0
        self._starts = np.flatnonzero(begins)
        self.count = len(self._starts)
        self.first = self._starts if self._order is None else self._order[self._starts]
        self.of_row = np.cumsum(begins) - 1
        if self._order is not None:
            back = np.empty_like(self._order)
            back[self._order] = np.arange(len(back))
            self.of_row = self.of_row[back]

    def each(self, reduce: np.ufunc, values: pl.Series | Array) -> Array:
        """Return what a ufunc makes of each group's values, in row order."""
        array = values.to_numpy() if isinstance(values, pl.Series) else values
        if not len(array):
            return array
        reduced: Array = reduce.reduceat(self._ordered(array), self._starts)
        return reduced

    def over(self, reduce: np.ufunc, values: pl.Series | Array) -> pl.Series:
        """Return the same, once per row of the group."""
        return pl.Series(self.each(reduce, values)[self.of_row])

    def _ordered(self, values: Array) -> Array:
        return values if self._order is None else values[self._order]
