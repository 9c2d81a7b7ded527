"""Weekly sums per exercise first, per muscle group after.

A set trains three muscle groups: joined first, every number of it would be copied three times.
So sets are added up to one row per day and run of an exercise, and only those rows are shared out
to the groups, as arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.load import BodyMass, effective_load, tonnage
from analysis.measures.slices import Slices
from analysis.measures.working import WorkingRule

if TYPE_CHECKING:
    from analysis.exercises import Catalogue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    calendar = weeks.calendar_of(logbook, week_starts)
    rows = logbook.once(
        ("week sums", rule, max_rir, tuple(failure_kinds), body_mass_kg, week_starts),
        lambda: _per_run(
            working.classified(logbook, rule),
            counting.hard(max_rir, failure_kinds),
            effective_load(body_mass_kg),
            weeks.week(week_starts),
        ),
    )
    place = weeks.place_of_week(rows, calendar)
    shares = Shares(rows["exercise_id"], place, calendar.height, logbook.catalogue)
    return Weekly(calendar, rows, place, shares, logbook.catalogue)


def _per_run(sets: pl.DataFrame, hard: pl.Expr, load: pl.Expr, week: pl.Expr) -> pl.DataFrame:
    """Return the sums of each run of an exercise: sets in training order need no grouping."""
    is_set, is_work = pl.col("standing") == "working", pl.col("standing").is_in(working.WORK)
    moved = tonnage()
    numbers = sets.lazy().with_columns(load, hard.alias("hard")).select(
        pl.struct("athlete", weeks.day(), "exercise_id").rle_id().alias("run"),
        is_set.cast(pl.Float64).alias("set_count"),
        (is_set & pl.col("hard").fill_null(False)).cast(pl.Float64).alias("hard_sets"),
        (is_set & pl.col("hard").is_null()).cast(pl.Float64).alias("effort_unknown_sets"),
        pl.when(is_work).then(moved).fill_null(0.0).alias("tonnage_kg"),
        (is_work & moved.is_null()).cast(pl.Int64).alias("no_tonnage_sets"),
        is_work.alias("work"),
    ).collect()  # fmt: skip
    runs = Slices(numbers["run"].to_numpy())
    first = sets.select("athlete", "started_at", "exercise_id")[runs.first]
    rows = first.select("athlete", week, weeks.day(), "exercise_id")
    total = [
        pl.Series(name, runs.each(np.add, numbers[name]), numbers[name].dtype) for name in NUMBERS
    ]
    worked = pl.Series(runs.each(np.maximum, numbers["work"]), dtype=pl.Boolean)
    weekday = pl.col("day").dt.weekday() - 1
    return (
        rows.with_columns(*total, pl.lit(2).pow(weekday).cast(pl.UInt8).alias("days"))
        .filter(worked)
        .drop("day")
    )


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
        reached = (
            pl.DataFrame({"exercise_id": exercises})
            .with_row_index("row")
            .join(roles, on="exercise_id", how="inner", maintain_order="left")
        )
        self._reached: dict[str, _Reached] = {}
        for (role,), part in reached.group_by("role"):
            row = part["row"].to_numpy()
            cell = target[row] * len(self.groups) + part["group"].to_numpy()
            self._reached[str(role)] = _Reached(row, cell)

    def total(self, values: pl.Series, rule: counting.Rule) -> Floats:
        """Return the sums of the rows' values, weighed by the rule: targets × groups."""
        cells = self.targets * len(self.groups)
        known, sums = values.to_numpy(), np.zeros(cells)
        for role, weight in counting.weights(rule).items():
            if role in self._reached:
                row, cell = self._reached[role]
                sums += weight * np.bincount(cell, known[row], minlength=cells)
        return sums.reshape(self.targets, len(self.groups))

    def union(self, bits: pl.Series, roles: Sequence[str]) -> NDArray[np.uint8]:
        """Return the bits that any row of these roles has: targets × groups."""
        known, found = bits.to_numpy(), np.zeros(self.targets * len(self.groups), np.uint8)
        for role in roles:
            if role in self._reached:
                row, cell = self._reached[role]
                np.bitwise_or.at(found, cell, known[row])
        return found.reshape(self.targets, len(self.groups))
