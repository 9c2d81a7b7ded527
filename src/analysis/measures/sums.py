"""Weekly sums per exercise first, per muscle group after.

A set trains three muscle groups: joined first, every number of it would be copied three times.
So sets are added up to one row per day and run of an exercise, and only those rows are shared out
to the groups, as arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.load import BodyMass, effective_load, tonnage
from analysis.measures.slices import Floats, Ints, Slices
from analysis.measures.working import WorkingRule

if TYPE_CHECKING:
    from analysis.exercises import Catalogue


NUMBERS = ("set_count", "hard_sets", "effort_unknown_sets", "tonnage_kg", "no_tonnage_sets")
"""What is added up."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """What was done each week.

    Attributes:
        calendar: every week of every athlete (`weeks.calendar`).
        rows: one row per run of an exercise that holds work: `athlete`, `week`, `exercise_id`;
            `set_count`, `hard_sets` and `effort_unknown_sets` of them; `tonnage_kg` of all work
            with a load and `no_tonnage_sets` without one; `days`, the bit of the day of the week.
        place: of each row's week in the calendar.
        shares: those rows by week and muscle group.
        catalogue: the exercises and their muscles.
    """

    calendar: pl.DataFrame
    rows: pl.DataFrame
    place: Ints
    shares: Shares
    catalogue: Catalogue

    def total(self, name: str, rule: counting.Rule) -> Floats:
        """Return a number of the rows, weighed by the rule: weeks × groups."""
        return self.shares.total(self.rows[name], rule)

    def totals(self, name: str, rules: Iterable[str]) -> dict[str, Floats]:
        """Return `total` by several rules."""
        return self.shares.totals(self.rows[name], rules)

    def days(self, *roles: str) -> Ints:
        """Return on how many days each week trained a group in one of these roles."""
        return np.bitwise_count(self.shares.union(self.rows["days"], roles)).astype(np.int64)

    def per_athlete(self) -> Shares:
        """Return the rows by athlete, in the calendar's order, and muscle group."""
        athlete = self.calendar.select(pl.col("athlete").rle_id()).to_series().to_numpy()
        n_athletes = int(athlete[-1]) + 1 if len(athlete) else 0
        target = athlete[self.place].astype(np.int64)
        return Shares(self.rows["exercise_id"], target, n_athletes, self.catalogue)

    def table(self, numbers: Mapping[str, NDArray[Any]]) -> pl.DataFrame:
        """Return the numbers with every group in every week (`weeks.spread`)."""
        return weeks.spread(self.calendar, self.shares.groups, numbers)


def weekly(
    logbook: Logbook,
    rule: WorkingRule | None = None,
    *,
    max_rir: float = counting.MAX_RIR,
    failure_kinds: Sequence[str] = counting.FAILURE_KINDS,
    body_mass_kg: BodyMass = None,
    week_starts: str = "monday",
) -> Weekly:
    """Return the weekly sums of a logbook, made once for all measures of these choices."""
    rule = rule or WorkingRule()
    choices = (rule, max_rir, tuple(failure_kinds), body_mass_kg, week_starts)
    rows = logbook.once(
        ("week sums", *choices),
        lambda: _per_run(
            working.classified(logbook, rule),
            counting.hard(max_rir, failure_kinds),
            effective_load(body_mass_kg),
            weeks.week(week_starts),
        ),
    )

    def shared_out() -> Weekly:
        calendar = weeks.calendar_of(logbook, week_starts)
        place = weeks.place_of_week(rows, calendar)
        shares = Shares(rows["exercise_id"], place, calendar.height, logbook.catalogue)
        return Weekly(calendar, rows, place, shares, logbook.catalogue)

    # a logbook that groups muscles otherwise shares what was made
    return logbook.once(("weekly", id(logbook.catalogue), *choices), shared_out)


def _per_run(sets: pl.DataFrame, hard: pl.Expr, load: pl.Expr, week: pl.Expr) -> pl.DataFrame:
    """Return the sums of each run of an exercise: sets in training order need no grouping."""
    moved = tonnage()
    numbers = sets.lazy().with_columns(load, hard.alias("hard")).select(
        pl.struct("athlete", weeks.day(), "exercise_id").rle_id().alias("run"),
        pl.col("standing").to_physical().alias("standing"),
        pl.col("hard").fill_null(False).alias("hard"),
        pl.col("hard").is_null().alias("unknown"),
        moved.fill_null(0.0).alias("moved"),
        moved.is_null().alias("unmoved"),
    ).collect()  # fmt: skip
    standing, is_hard, unknown, kg, unmoved = (
        numbers[name].to_numpy() for name in numbers.columns[1:]
    )
    is_set = standing == working.CODES["working"]
    is_work = np.isin(standing, [working.CODES[name] for name in working.WORK])
    runs = Slices(numbers["run"].to_numpy())
    worked = np.flatnonzero(runs.each(np.maximum, is_work))
    total = [
        pl.Series(name, runs.each(np.add, values)[worked])
        for name, values in zip(NUMBERS, (
            is_set.astype(np.float64), (is_set & is_hard).astype(np.float64),
            (is_set & unknown).astype(np.float64), np.where(is_work, kg, 0.0),
            (is_work & unmoved).astype(np.int64),
        ), strict=True)
    ]  # fmt: skip
    first = np.zeros(sets.height, np.bool_)
    first[runs.first[worked]] = True
    weekday = weeks.day().dt.weekday() - 1
    return (
        sets.lazy()
        .filter(pl.Series(first))
        .select(
            "athlete", week, "exercise_id", *total,
            pl.lit(2).pow(weekday).cast(pl.UInt8).alias("days"),
        )
        .collect()
    )  # fmt: skip


class _Reached(NamedTuple):
    """Rows, the group that each trains in one role, and where it is added up."""

    row: NDArray[Any]
    cell: Ints


class Shares:
    """The rows of a table of exercises, shared out to the muscle groups that each trains."""

    def __init__(
        self, exercises: pl.Series, target: Ints, targets: int, catalogue: Catalogue
    ) -> None:
        """Find the groups of each row.

        Args:
            exercises: exercise id of each row, null where it is not mapped.
            target: where each row is added up, such as its week, from 0.
            targets: how many targets there are.
            catalogue: the exercises and their muscles.
        """
        self.groups = counting.muscles(catalogue)
        self.targets = targets
        roles = catalogue.muscle_roles.select(
            "exercise_id", "role", counting.place_of_muscle(catalogue).alias("group")
        )
        known = roles["exercise_id"].unique(maintain_order=True)
        number = pl.Enum(known)
        code = (
            exercises.cast(number, strict=False)
            .to_physical()
            .cast(pl.Int64)
            .fill_null(-1)
            .to_numpy()
        )
        roles = roles.with_columns(pl.col("exercise_id").cast(number).to_physical().alias("code"))
        self._reached: dict[str, _Reached] = {}
        for (role,), part in roles.group_by("role"):
            by_code = part.sort("code", maintain_order=True)
            trained = np.bincount(by_code["code"].to_numpy(), minlength=len(known) + 1)
            begins = np.cumsum(trained) - trained
            times = trained[code]  # the last of them is 0: of what trains nothing
            row = np.repeat(np.arange(len(code)), times)
            nth = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
            group = by_code["group"].to_numpy()[begins[code][row] + nth]
            self._reached[str(role)] = _Reached(row, target[row] * len(self.groups) + group)

    def total(self, values: pl.Series, rule: counting.Rule) -> Floats:
        """Return the sums of the rows' values, weighed by the rule: targets × groups."""
        return self._weighed(self._by_role(values, counting.weights(rule)), rule)

    def totals(self, values: pl.Series, rules: Iterable[str]) -> dict[str, Floats]:
        """Return `total` by several rules: each role is added up once."""
        wanted = list(rules)
        by_role = self._by_role(values, {role for one in wanted for role in counting.weights(one)})
        return {rule: self._weighed(by_role, rule) for rule in wanted}

    def _by_role(self, values: pl.Series, roles: Iterable[str]) -> dict[str, Floats]:
        known, cells = values.to_numpy(), self.targets * len(self.groups)
        reached = {role: self._reached[role] for role in roles if role in self._reached}
        return {
            role: np.bincount(cell, known[row], minlength=cells).astype(np.float64)
            for role, (row, cell) in reached.items()
        }

    def _weighed(self, by_role: Mapping[str, Floats], rule: counting.Rule) -> Floats:
        sums = np.zeros(self.targets * len(self.groups))
        for role, weight in counting.weights(rule).items():
            if role in by_role:
                sums += weight * by_role[role]
        return sums.reshape(self.targets, len(self.groups))

    def union(self, bits: pl.Series, roles: Sequence[str]) -> NDArray[np.uint8]:
        """Return the bits that any row of these roles has: targets × groups."""
        known, found = bits.to_numpy(), np.zeros(self.targets * len(self.groups), np.uint8)
        for role in roles:
            if role in self._reached:
                row, cell = self._reached[role]
                np.bitwise_or.at(found, cell, known[row])
        return found.reshape(self.targets, len(self.groups))
