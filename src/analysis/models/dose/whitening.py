"""From exercise-days to one matrix of cross-products per athlete, without a row being whitened.

    y = a_e + g·t + Σ f·D(t) + C(t) + U_e(t) + session + error,   V = cov of all but the effects

C is a random walk of the muscle, U_e one of every exercise, by week; intercepts a_e are diffuse.
What every later question needs of an athlete is G = [X y]ᵀP[X y], P the inverse of V with the
intercepts projected out. The state (C, U_1 … U_E) is eliminated week by week in information form,
all athletes at once:

    Λ += HᵀR⁻¹H,  η += HᵀR⁻¹[X y],  M = I + Q^½ΛQ^½
    G −= (Q^½η)ᵀM⁻¹(Q^½η),  η −= ΛQ^½M⁻¹Q^½η,  Λ −= ΛQ^½M⁻¹Q^½Λ,  log|V| += log|M|

R = σ²I + s²11ᵀ over the exercises of a day needs only sums per day (Sherman & Morrison 1950). The
columns of X are the same all week, so that HᵀR⁻¹[X y] needs only sums per week. Weeks without the
muscle are one step of a longer gap. Equal to dense generalised least squares to 1e-8 (tests).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.models.dose.inputs import Floats, Ints

BATCH_BYTES = 2e8
"""Memory that one batch of athletes may take."""


@dataclass(frozen=True, eq=False)
class Days:
    """Strength days: one row per athlete, exercise and day.

    Attributes:
        athlete: codes from 0.
        series: codes of an athlete's exercises; a new one where a level is not comparable.
        week: whole weeks since the athlete's first logged week.
        day: any number that is the same for one athlete's rows of one day.
        strength: 100 × log of the estimated one-repetition maximum, so that 1 is about 1 %.
        weight: relative precision of a row; 0 leaves it out.
    """

    athlete: Ints
    series: Ints
    week: Ints
    day: Ints
    strength: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.athlete)

    def of(self, rows: Ints | np.ndarray) -> Days:
        """Return some of the rows."""
        return Days(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Variances:
    """Variances in units of one set's: walks per week, and what the exercises of a day share.

    Attributes:
        muscle: of the muscle's walk, per week.
        exercise: of every exercise's own walk, per week.
        session: of what a day adds to all its exercises.
        residual: σ², of one day of one exercise, %².
    """

    muscle: float
    exercise: float
    session: float
    residual: float = 1.0


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """All that leaves an athlete.

    Attributes:
        names: columns, the response last.
        gram: (athletes, columns, columns), [X y]ᵀP[X y].
        log_det: log|V| + log|ZᵀV⁻¹Z| of each athlete, Z the intercepts.
        n_rows: exercise-days of each athlete.
        n_series: intercepts of each athlete.
    """

    names: tuple[str, ...]
    gram: Floats
    log_det: Floats
    n_rows: Ints
    n_series: Ints

    def __add__(self, other: CrossProducts) -> CrossProducts:
        if self.names != other.names:
            raise ValueError(f"columns are {self.names} and {other.names}")
        pairs = (
            (getattr(self, n), getattr(other, n)) for n in list(self.__dataclass_fields__)[1:]
        )
        return CrossProducts(self.names, *(np.concatenate(pair) for pair in pairs))

    def pick(self, names: Sequence[str]) -> CrossProducts:
        """Return the sub-matrices of some columns."""
        at = [self.names.index(name) for name in names]
        return replace(self, names=tuple(names), gram=self.gram[:, at][:, :, at])

    def of(self, athletes: Ints | np.ndarray) -> CrossProducts:
        """Return some of the athletes."""
        parts = (getattr(self, n)[athletes] for n in list(self.__dataclass_fields__)[1:])
        return CrossProducts(self.names, *parts)

    def scaled(self, scale: Floats) -> CrossProducts:
        """Return cross-products with each athlete's variances multiplied by `scale`."""
        return replace(self, gram=self.gram / scale[:, None, None])


class Sums:
    """Strength days summed to athlete-weeks, ready to be whitened at any variances."""

    def __init__(self, days: Days, n_athletes: int, columns: Mapping[str, Floats]) -> None:
        """Sort and sum.

        Args:
            days: rows of any order.
            n_athletes: how many there are, with rows or without.
            columns: by name (athletes, weeks): the columns of X.
        """
        self.names = (*columns, "strength")
        self.n_athletes = n_athletes
        kept = days.of(days.weight > 0)
        kept = kept.of(np.lexsort((kept.series, kept.day, kept.week, kept.athlete)))
        self._x = np.stack(list(columns.values()), axis=-1)
        self.n_rows = np.bincount(kept.athlete, minlength=n_athletes).astype(np.int64)
        first_row, series = np.unique(
            coded(kept.athlete, kept.series), return_index=True, return_inverse=True
        )[1:]
        self.n_series = np.bincount(kept.athlete[first_row], minlength=n_athletes).astype(np.int64)
        first = np.cumsum(self.n_series) - self.n_series
        place = series.ravel() - first[kept.athlete] + 1
        self._batches = [
            _Batch(kept, place, athletes, int(self.n_series[athletes].max()), self._x)
            for athletes in _similar(self.n_series, self.n_rows, self._x.shape[-1])
        ]

    def whitened(self, variances: Variances, names: Sequence[str] | None = None) -> CrossProducts:
        """Return the cross-products at some variances, of all or some columns."""
        return self.whitened_each([variances], names)[0]

    def whitened_each(
        self, variances: Sequence[Variances], names: Sequence[str] | None = None
    ) -> list[CrossProducts]:
        """Return the cross-products at each of several variances, in one pass over the weeks."""
        names = self.names[:-1] if names is None else tuple(names)
        at = np.array([self.names.index(name) for name in names], dtype=np.int64)
        size = len(names) + 1
        gram = np.zeros((len(variances), self.n_athletes, size, size))
        log_det = np.zeros((len(variances), self.n_athletes))
        for batch in self._batches:
            gram[:, batch.athletes], log_det[:, batch.athletes] = batch.eliminate(variances, at)
        residual = np.array([each.residual for each in variances])
        log_det += (self.n_rows - self.n_series) * np.log(residual)[:, None]
        gram /= residual[:, None, None, None]
        return [
            CrossProducts((*names, "strength"), one, log, self.n_rows, self.n_series)
            for one, log in zip(gram, log_det, strict=True)
        ]


class _Batch:
    """Athletes with about as many exercises, whose states are eliminated together."""

    def __init__(self, days: Days, place: Ints, athletes: Ints, n_series: int, x: Floats) -> None:
        # most weeks first: those who still have a k-th week are then the first so many
        seen = days.athlete[np.unique(coded(days.athlete, days.week), return_index=True)[1]]
        n_weeks = np.bincount(seen, minlength=int(athletes.max()) + 1)[athletes]
        self.athletes = athletes = athletes[np.argsort(-n_weeks, kind="stable")]
        self._size = n_series + 1
        mine = np.full(int(days.athlete.max()) + 1, -1)
        mine[athletes] = np.arange(len(athletes))
        rows = np.flatnonzero(mine[days.athlete] >= 0)
        rows = rows[np.argsort(mine[days.athlete[rows]], kind="stable")]
        who, week, day = mine[days.athlete[rows]], days.week[rows], days.day[rows]
        new_week = np.r_[True, (np.diff(who) != 0) | (np.diff(week) != 0)]
        new_day = np.r_[True, (np.diff(who) != 0) | (np.diff(day) != 0)] | new_week
        week_of: Ints = np.cumsum(new_week).astype(np.int64) - 1
        day_of: Ints = np.cumsum(new_day).astype(np.int64) - 1
        self._who, at = who[new_week], week[new_week]
        starts = np.flatnonzero(np.r_[True, np.diff(self._who) != 0])
        self._step = np.arange(len(at)) - np.repeat(starts, np.diff(np.r_[starts, len(at)]))
        self._gap = np.where(self._step == 0, 0, np.diff(at, prepend=0))
        # [H y] of a day, weighted: its moments are those of the rows less a share of the day's sum
        weight, y, at_row = days.weight[rows], days.strength[rows], place[rows]
        level = np.zeros_like(at_row)
        # y less a level of each series: the level is projected out, but its digits are not
        y = y - _level(who * self._size + at_row, y)
        own = np.zeros((len(at), self._size + 1, self._size + 1))
        last = level + self._size
        for i, j, value in (
            (level, level, weight), (level, at_row, weight), (at_row, level, weight),
            (at_row, at_row, weight), (level, last, weight * y), (last, level, weight * y),
            (at_row, last, weight * y), (last, at_row, weight * y), (last, last, weight * y * y),
        ):  # fmt: skip
            np.add.at(own, (week_of, i, j), value)
        self._own = own
        per_day = np.zeros((int(day_of[-1]) + 1, self._size + 1))
        np.add.at(per_day, (day_of, level), weight)
        np.add.at(per_day, (day_of, at_row), weight)
        np.add.at(per_day, (day_of, last), weight * y)
        self._day = per_day
        self._first_day = np.searchsorted(week_of[new_day], np.arange(len(at)))
        self._x = x[athletes[self._who], at]
        self._log_weight = np.zeros(len(athletes))
        np.add.at(self._log_weight, who, np.log(weight))
        self._day_who = who[new_day]
        present = np.zeros((len(athletes), self._size), dtype=bool)
        present[who, at_row] = True
        present[:, 0] = True
        self._absent = ~present

    def eliminate(self, variances: Sequence[Variances], columns: Ints) -> tuple[Floats, Floats]:
        """Return G and log-determinant at σ² = 1: (variances, athletes, …)."""
        moments, log_det = self._moments(np.array([each.session for each in variances]))
        x = self._x[:, columns]
        c, n, m, p = len(variances), len(self.athletes), self._size, len(columns) + 1
        gram, cross = np.zeros((c, n, p, p)), np.zeros((c, n, m, p))
        information = np.zeros((c, n, m, m))
        information[:, :, 0, 0] = 1.0  # the walk's level at its start: intercepts absorb it
        walks = [np.r_[each.muscle, np.full(m - 1, each.exercise)] for each in variances]
        root = np.sqrt(np.array(walks))[:, None, :]
        for rows in self._steps():
            k = len(rows)
            here, seen, gap = moments[:, rows], x[rows], np.sqrt(self._gap[rows])
            if gap.any():
                left = _predict(information[:, :k], cross[:, :k], gap[:, None] * root)
                information[:, :k], cross[:, :k], down, log_m = left
                gram[:, :k] -= down
                log_det[:, :k] += log_m
            information[:, :k] += here[..., :m, :m]
            cross[:, :k, :, :-1] += here[..., :m, :1] * seen[:, None, :]
            cross[:, :k, :, -1] += here[..., :m, -1]
            row = np.concatenate([seen * here[..., 0, :1], here[..., 0, -1:]], axis=-1)
            gram[:, :k, :-1] += seen[:, :, None] * row[..., None, :]
            gram[:, :k, -1, :-1] += row[..., -1:] * seen
            gram[:, :k, -1, -1] += here[..., -1, -1]
        information[..., np.arange(m), np.arange(m)] += self._absent
        root_last = np.linalg.cholesky(information)
        half = np.linalg.solve(root_last, cross)
        gram -= half.swapaxes(-1, -2) @ half
        log_det += 2 * np.log(np.diagonal(root_last, axis1=-2, axis2=-1)).sum(axis=-1)
        return gram, log_det

    def _moments(self, session: Floats) -> tuple[Floats, Floats]:
        """Return [H y]ᵀR⁻¹[H y] of every athlete-week, and log|R| of every athlete."""
        total, session = self._day[:, 0], session[:, None]
        share = session / (1 + session * total)
        shrunk = self._day * np.sqrt(share)[..., None]
        outer = shrunk[..., :, None] * shrunk[..., None, :]
        log_det = np.repeat(-self._log_weight[None, :], len(session), axis=0)
        for one, log in zip(log_det, np.log1p(session * total), strict=True):
            np.add.at(one, self._day_who, log)
        return self._own - np.add.reduceat(outer, self._first_day, axis=1), log_det

    def _steps(self) -> Iterator[Ints]:
        order = np.argsort(self._step, kind="stable")
        return iter(np.split(order, np.cumsum(np.bincount(self._step))[:-1]))


def _predict(
    information: Floats, cross: Floats, scale: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Let the state walk on: information, cross-products, what leaves G, and log|M|."""
    half = scale[..., :, None] * information
    system = half * scale[..., None, :]
    diagonal = np.arange(system.shape[-1])
    system[..., diagonal, diagonal] += 1.0
    root = np.linalg.cholesky(system)
    solved = np.linalg.solve(root, np.concatenate([half, scale[..., :, None] * cross], axis=-1))
    m = len(diagonal)
    to_state, to_cross = solved[..., :m], solved[..., m:]
    back = to_state.swapaxes(-1, -2)
    log_m = 2 * np.log(root[..., diagonal, diagonal]).sum(axis=-1)
    return (
        information - back @ to_state,
        cross - back @ to_cross,
        to_cross.swapaxes(-1, -2) @ to_cross,
        log_m,
    )


def coded(athlete: Ints, own: Ints) -> Ints:
    """Return a number for each pair of an athlete and a number of theirs, in the pairs' order."""
    code: Ints = athlete * (int(own.max(initial=0)) + 1) + own
    return code


def _level(code: Ints, values: Floats) -> Floats:
    counts = np.bincount(code)
    means = np.bincount(code, values) / np.maximum(counts, 1)
    return np.asarray(means[code])


def _similar(n_series: Ints, n_rows: Ints, n_columns: int) -> Iterator[Ints]:
    """Yield athletes with days, in batches of about as many exercises."""
    order = np.argsort(n_series, kind="stable")
    order = order[n_rows[order] > 0]
    while len(order):
        first = n_series[order[0]]
        alike = n_series[order] <= max(first + 5, 1.5 * first)
        size = int(n_series[order[alike][-1]]) + 1
        most = max(1, int(BATCH_BYTES / (8 * (n_columns + 1) * (n_columns + 1 + 6 * size))))
        taken = min(int(alike.sum()), most)
        yield np.sort(order[:taken])
        order = order[taken:]
