"""One number with its interval, and how intervals of a small sample are made."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import stdtr, stdtrit  # scipy.stats takes a second to load

from analysis.say import interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with a t interval.

    Attributes:
        estimate: the number.
        std_error: its standard error.
        dof: degrees of freedom of that standard error.
        level: probability that the interval is made for.
    """

    estimate: float
    std_error: float
    dof: float
    level: float = 0.95

    @property
    def reach(self) -> float:
        """Half the length of the interval."""
        return float(stdtrit(self.dof, 0.5 + self.level / 2)) * self.std_error

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.estimate - self.reach

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.estimate + self.reach

    @property
    def p_value(self) -> float:
        """Two-sided p-value against zero."""
        return 2 * float(stdtr(self.dof, -abs(self.estimate) / self.std_error))

    @property
    def words(self) -> str:
        """The estimate with its interval, as a sentence says it."""
        return interval(self.estimate, self.low, self.high, level=self.level)

    def times(self, factor: float) -> Estimate:
        """Return the same estimate in a unit `factor` times smaller."""
        return Estimate(self.estimate * factor, self.std_error * abs(factor), self.dof, self.level)
