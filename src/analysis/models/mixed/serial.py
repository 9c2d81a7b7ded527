"""Residuals that remember: continuous-time first-order autocorrelation, CAR(1).

Within one series (the rows of a finest group, in time order) two residuals `gap` days apart
correlate exp(−gap / range) (Pinheiro & Bates 2000, *Mixed-Effects Models in S and S-PLUS*,
§5.3.1: corCAR1 with φ = exp(−1/range) per day). Taking from each row its prediction from the row
before makes the residuals independent, so the model is fitted to whitened rows and only the range
is searched for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.models.mixed.batched import FloatArray, IntArray
from analysis.models.mixed.cross_products import Statistics, reduce
from analysis.models.mixed.design import Design
from analysis.models.mixed.deviance import RELATIVE_DECREMENT, Likelihood, Optimum, minimise
from analysis.models.mixed.formula import ModelError

SHORTEST = 1.0 / 36.0
"""Shortest range tried, in median gaps: neighbours then correlate e⁻³⁶, that is not at all."""

LONGEST = 100.0
"""Longest range tried, in longest series: the residual is then a random intercept."""

GRID = 7
COARSE = 1e-7
"""Relative decrement on the grid, which only has to say between which two points to look."""


@dataclass(frozen=True, slots=True)
class Serial:
    """Serial correlation of the residuals.

    Attributes:
        range_d: days over which the correlation falls to 1/e.
        at_edge: the data put the range at an end of what was searched.
    """

    range_d: float
    at_edge: bool

    @property
    def phi(self) -> float:
        """Correlation of two residuals one day apart."""
        return float(np.exp(-1.0 / self.range_d))


def gaps_d(design: Design) -> FloatArray:
    """Days since the row before in the same series, infinite for the first row."""
    if design.time_d is None:
        raise ModelError("correlation='car1' needs time=, a column of days or dates")
    gaps = np.diff(design.time_d, prepend=-np.inf)
    gaps[design.starts] = np.inf
    ties = int((gaps == 0).sum())
    if ties:
        raise ModelError(
            f"{ties} rows share the time of another row of the same "
            f"{'/'.join(design.encoding.groups)}; CAR(1) needs one row per time: average them, "
            "or add the column that tells them apart to groups"
        )
    if not np.isfinite(gaps).any():
        raise ModelError("CAR(1) needs series of two rows or more")
    return gaps


def whitened(design: Design, gaps: FloatArray, range_d: float) -> Statistics:
    """Return the cross-products of rows whose residuals are independent at this range."""
    correlation = np.exp(-gaps / range_d)
    variance = -np.expm1(-2.0 * gaps / range_d)
    scale = 1.0 / np.sqrt(variance)
    rows, before = np.empty_like(design.rows), np.empty(len(gaps) - 1)
    for old, new in zip(design.rows, rows, strict=True):
        np.multiply(correlation[1:], old[:-1], out=before)
        np.subtract(old[1:], before, out=new[1:])
        new[0] = old[0]
        new *= scale
    return reduce(design, rows, float(np.log(variance).sum()))


def fit_serial(
    design: Design, *, reml: bool, sigma: float | None
) -> tuple[Serial, Likelihood, Optimum]:
    """Search the range that minimises the deviance; θ starts from the last range's θ."""
    gaps = gaps_d(design)
    inner = gaps[np.isfinite(gaps)]
    middle, span = float(np.median(inner)), _longest_series_d(design.time_d, design.starts)
    low, high = np.log(SHORTEST * middle), np.log(LONGEST * max(span, middle))
    search = _Search(design, gaps, reml, sigma)
    grid = np.r_[low, np.linspace(np.log(0.3 * middle), high, GRID)]
    values = [search(at, COARSE) for at in grid]
    best = int(np.argmin(values))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, GRID)])
    from scipy.optimize import minimize_scalar  # takes a third of a second to load

    found = minimize_scalar(
        search, bounds=bounds, method="bounded", options={"xatol": 1e-5, "maxiter": 60}
    )
    log_range = float(found.x) if found.fun < values[best] else float(grid[best])
    search(log_range)
    at_edge = bool(min(log_range - low, high - log_range) < 1e-2)
    return Serial(float(np.exp(log_range)), at_edge), search.likelihood, search.optimum


class _Search:
    """Deviance as a function of the log range, remembering θ between calls."""

    likelihood: Likelihood
    optimum: Optimum

    def __init__(self, design: Design, gaps: FloatArray, reml: bool, sigma: float | None) -> None:
        self._design, self._gaps, self._reml, self._sigma = design, gaps, reml, sigma
        self._warm: Optimum | None = None

    def __call__(self, log_range: float, tolerance: float = RELATIVE_DECREMENT) -> float:
        statistics = whitened(self._design, self._gaps, float(np.exp(log_range)))
        self.likelihood = Likelihood(statistics, reml=self._reml, sigma=self._sigma)
        self._warm = self.optimum = minimise(self.likelihood, self._warm, tolerance)
        return self.optimum.deviance


def _longest_series_d(time_d: FloatArray | None, starts: IntArray) -> float:
    if time_d is None:
        return 0.0
    ends = np.r_[starts[1:], len(time_d)] - 1
    return float((time_d[ends] - time_d[starts]).max())
