"""One number with its interval, and how intervals of a small sample are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit  # scipy.stats takes a second to load

from analysis.say import interval

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with a t interval.

    Attributes:
        value: the number, in `unit`.
        std_error: its standard error.
        dof: degrees of freedom of that standard error.
        level: probability that the interval is made for.
        n_athletes: whom it is from; 0 where it is not from a log.
        n_days: their strength days.
        unit: as a sentence says it, behind the number.
    """

    value: float
    std_error: float
    dof: float
    level: float = 0.95
    n_athletes: int = 0
    n_days: int = 0
    unit: str = "%"

    @property
    def reach(self) -> float:
        """Half the length of the interval."""
        return float(stdtrit(self.dof, 0.5 + self.level / 2)) * self.std_error

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.value - self.reach

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.value + self.reach

    @property
    def p_value(self) -> float:
        """Two-sided p-value against zero."""
        return 2 * float(stdtr(self.dof, -abs(self.value) / self.std_error))

    @property
    def cells(self) -> dict[str, Any]:
        """The estimate as cells of a table's row."""
        return {
            "estimate": self.value,
            "std_error": self.std_error,
            "low": self.low,
            "high": self.high,
            "p_value": self.p_value,
            "dof": self.dof,
            "n_athletes": self.n_athletes,
            "n_days": self.n_days,
        }

    @property
    def words(self) -> str:
        """The estimate with its interval, as a sentence says it."""
        return interval(self.value, self.low, self.high, unit=f" {self.unit}", level=self.level)

    def times(self, factor: float) -> Estimate:
        """Return the same estimate in a unit `factor` times smaller."""
        return replace(self, value=self.value * factor, std_error=self.std_error * abs(factor))


def holm(p_values: Sequence[float] | pd.Series) -> NDArray[np.float64]:
    """Return p-values adjusted by Holm (1979, Scand J Stat 6:65), whatever they have in common.

    A NaN was not asked: it stays, and counts for nothing.
    """
    from statsmodels.stats.multitest import multipletests  # takes a second to load

    adjusted = np.array(p_values, dtype=float)
    asked = ~np.isnan(adjusted)
    if asked.any():
        adjusted[asked] = multipletests(adjusted[asked], method="holm")[1]
    return adjusted
