"""Variances that all athletes share, by restricted likelihood from a few dozen of them.

Only efficiency hangs on them: intervals are cluster-robust by athlete. The likelihood needs one
small sum per athlete (log|V|, y'Py and the normal equations), so it can be added over bodies of
data. σ² is profiled out; three ratios are searched on the log scale.

Athletes differ in how noisy their logs are. Each one's cross-products are divided by its own
residual variance, shrunk towards the shared one as if that were known from 20 rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.models.dose.inputs import Floats, Ints
from analysis.models.dose.whitening import CrossProducts, Days, Sums, Variances

ENOUGH_ATHLETES = 40
"""Most athletes that the variances are learnt from."""

ENOUGH_SERIES = 4
"""Most exercises of an athlete that they are learnt from."""

ENOUGH_ROWS = 20
"""Strength days from which a person may be one of those that they are learnt from."""

FEWEST_ROWS = 4
"""Strength days of somebody without which nothing can be learnt."""

PRIOR_ROWS = 20
"""Rows that the shared residual variance weighs against an athlete's own."""

GROWTH = "week"
TYPICAL = Variances(0.06, 0.10, 0.15)
"""Middle of a weak prior on the ratios: it matters only where a few athletes cannot tell that a
walk is there, and a likelihood at its edge would take it for none."""

PRIOR_SD = 1.5
"""Of the logs of the ratios."""

LOWEST, HIGHEST = 1e-6, 50.0
DIFFERENCE = 1e-3
"""Of the logs of the ratios, for slopes."""


@dataclass(frozen=True, eq=False)
class Deviance:
    """One body's share of the deviance at some ratios; shares add.

    Attributes:
        log_det: Σ log|V| and what projecting intercepts and growth adds.
        gram: [X y]ᵀP[X y] summed, growth projected out.
        n_free: rows less intercepts and growths.
    """

    log_det: float
    gram: Floats
    n_free: int

    def __add__(self, other: Deviance) -> Deviance:
        return Deviance(
            self.log_det + other.log_det, self.gram + other.gram, self.n_free + other.n_free
        )

    def profiled(self) -> tuple[float, float]:
        """Return −2 log restricted likelihood but for a constant, and σ²."""
        xx, xy, yy = self.gram[:-1, :-1], self.gram[:-1, -1], self.gram[-1, -1]
        keep = np.diag(xx) > 1e-9
        xx, xy = xx[np.ix_(keep, keep)], xy[keep]
        beta = np.linalg.lstsq(xx, xy, rcond=1e-12)[0]
        free = self.n_free - len(xy)
        variance = float(yy - xy @ beta) / free
        rank = np.linalg.eigvalsh(xx)
        log_xx = float(np.log(rank[rank > 1e-12 * rank.max(initial=1e-300)]).sum())
        return self.log_det + log_xx + free * np.log(variance), variance


def surprise(log_ratio: Floats) -> float:
    """Return what the weak prior adds to the deviance."""
    typical = np.log([TYPICAL.muscle, TYPICAL.exercise, TYPICAL.session])
    return float((((log_ratio - typical) / PRIOR_SD) ** 2).sum())


def growth_out(products: CrossProducts) -> tuple[CrossProducts, Floats]:
    """Project each athlete's own growth out; return also log tᵀPt, 0 where there is no growth."""
    at = products.names.index(GROWTH)
    rest = [i for i in range(len(products.names)) if i != at]
    information = products.gram[:, at, at]
    # a growth from two weeks' rows that the walks explain is a division by nothing
    grows = information > 1e-9 * np.maximum(products.n_rows, 1)
    across = products.gram[:, rest, at]
    share = across / np.where(grows, information, np.inf)[:, None]
    gram = products.gram[:, rest][:, :, rest] - share[:, :, None] * across[:, None, :]
    names = tuple(products.names[i] for i in rest)
    left = CrossProducts(names, gram, products.log_det, products.n_rows, products.n_series)
    return left, np.log(np.where(grows, information, 1.0))


def deviance(products: CrossProducts) -> Deviance:
    """Return what some athletes add to the deviance; the last column of names is the response."""
    left, log_growth = growth_out(products)
    # an athlete whose every row is an intercept or a growth adds nothing
    free = products.n_rows - products.n_series - (log_growth != 0)
    told = free > 0
    log_det = float((products.log_det + log_growth)[told].sum())
    return Deviance(log_det, left.gram[told].sum(axis=0), int(free[told].sum()))


def learnt(
    sums: Sums,
    columns: Sequence[str],
    *,
    share: Callable[[Deviance], Deviance] = lambda mine: mine,
) -> Variances:
    """Return the likeliest variances.

    Args:
        sums: strength days of the athletes to learn from.
        columns: effects held in the model besides intercepts and growth.
        share: adds the deviance of other bodies of data.
    """
    names = (GROWTH, *columns)

    def at(log_ratio: Floats) -> Variances:
        return Variances(*np.exp(np.clip(log_ratio, np.log(LOWEST), np.log(HIGHEST))))

    def objective(log_ratio: Floats) -> tuple[float, Floats]:
        """Return the deviance and its slope: four points in one pass over the weeks."""
        points = [log_ratio, *(log_ratio + step for step in DIFFERENCE * np.eye(3))]
        value = np.array(
            [
                share(deviance(each)).profiled()[0] + surprise(point)
                for each, point in zip(
                    sums.whitened_each([at(point) for point in points], names), points, strict=True
                )
            ]
        )
        return float(value[0]), (value[1:] - value[0]) / DIFFERENCE

    first = np.log([TYPICAL.muscle, TYPICAL.exercise, TYPICAL.session])
    from scipy.optimize import minimize  # takes a third of a second to load

    found = minimize(objective, first, jac=True, method="L-BFGS-B",
                     bounds=[(np.log(LOWEST), np.log(HIGHEST))] * 3,
                     options={"ftol": 1e-6, "maxiter": 20})  # fmt: skip
    ratio = at(found.x)
    _, variance = share(deviance(sums.whitened(ratio, names))).profiled()
    return Variances(ratio.muscle, ratio.exercise, ratio.session, variance)


def telling(days: Days, n_athletes: int) -> Days:
    """Return the days that the variances are learnt from.

    Up to `ENOUGH_ATHLETES` of those with 20 rows or more, evenly spread, and of each the few
    exercises with most days: rarely done ones cost most of the time and tell least.
    """
    kept = days.of(days.weight > 0)
    rows = np.bincount(kept.athlete, minlength=n_athletes)
    return main_series(kept.of(np.isin(kept.athlete, to_learn_from(rows))))


def to_learn_from(rows: Ints) -> Ints:
    """Return the places of the athletes to learn from, evenly spread, by strength days of each."""
    enough = np.flatnonzero(rows >= min(ENOUGH_ROWS, rows.max(initial=0)))
    most = min(ENOUGH_ATHLETES, len(enough))
    return enough[np.linspace(0, len(enough) - 1, most).round().astype(np.int64)]


def names_to_learn_from(rows: Mapping[str, int]) -> list[str]:
    """Return the same by name, in their order, of athletes that come from several places."""
    names = sorted(rows)
    return [names[place] for place in to_learn_from(np.array([rows[name] for name in names]))]


def main_series(days: Days) -> Days:
    """Return the days of each athlete's `ENOUGH_SERIES` exercises with most of them."""
    pairs, member, counts = np.unique(
        np.column_stack([days.athlete, days.series]), axis=0, return_inverse=True,
        return_counts=True,
    )  # fmt: skip
    order = np.lexsort((-counts, pairs[:, 0]))
    first = np.flatnonzero(np.r_[True, np.diff(pairs[order, 0]) != 0])
    rank = np.empty(len(pairs), dtype=np.int64)
    rank[order] = np.arange(len(pairs)) - np.repeat(first, np.diff(np.r_[first, len(pairs)]))
    return days.of(rank[member.ravel()] < ENOUGH_SERIES)


def own_scale(products: CrossProducts, held: Sequence[str]) -> Floats:
    """Return each athlete's residual variance in shared units, shrunk.

    Args:
        products: at the shared variances.
        held: columns that are taken out besides intercepts and growth.
    """
    left, _ = growth_out(products.pick([GROWTH, *held, "strength"]))
    xx, xy = left.gram[:, :-1, :-1], left.gram[:, :-1, -1]
    size = np.sqrt(np.maximum(np.diagonal(xx, axis1=1, axis2=2), 1e-12))
    unit = xx / size[:, :, None] / size[:, None, :] + 1e-6 * np.eye(xx.shape[1])
    beta = np.linalg.solve(unit, (xy / size)[..., None])[..., 0]
    squares = np.maximum(left.gram[:, -1, -1] - (xy / size * beta).sum(axis=1), 0.0)
    free = np.maximum(products.n_rows - products.n_series - 1 - len(held), 0)
    return np.asarray((squares + PRIOR_ROWS) / (free + PRIOR_ROWS))
