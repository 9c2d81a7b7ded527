"""What is known of the strength in a logbook: worked out once, told by every result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.logbook import Logbook, Machines
from analysis.measures.day_strength import E1rmRule
from analysis.measures.working import WorkingRule
from analysis.models.strength import verdicts
from analysis.models.strength.lifts import Lifts, gather
from analysis.models.strength.population import Population, published
from analysis.models.strength.regimes import Flags, Floats, Ints, Repairs, Series, find
from analysis.models.strength.verdicts import Changes

if TYPE_CHECKING:
    from analysis.exercises import Catalogue

RESUMED_DAYS, AWAY_DAYS = 56, 28
"""A step after so many days without the lift, or without any training, is a return."""
EXACT = 0.01
"""A load is doubled or halved exactly within this (log units)."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known of the strength in a logbook.

    Attributes:
        lifts: the lifts and their days.
        repairs: their steps and odd days.
        told: changes of lifts, muscles, lifters.
        kinds: per row of the days, which kind of step begins there; "" for none.
        unknown: names in `liftdose.toml` that no lift has.
        catalogue: that muscles are named by; kept, so that its id stays its own.
    """

    lifts: Lifts
    repairs: Repairs
    told: tuple[Changes, Changes, Changes]
    kinds: list[str]
    unknown: tuple[str, ...]
    catalogue: Catalogue


def known(
    logbook: Logbook,
    population: Population | None = None,
    estimate: E1rmRule | None = None,
    rule: WorkingRule | None = None,
) -> Known:
    """Return what is known of the strength in a logbook; worked out once."""
    estimate, rule = estimate or E1rmRule(), rule or WorkingRule()
    numbers = population or published()
    # muscles are part of it, and a logbook that groups them otherwise shares what was made
    key = ("strength", id(logbook.catalogue), numbers.key, estimate, rule)
    return logbook.once(key, lambda: _known(logbook, numbers, estimate, rule))


def _known(
    logbook: Logbook, population: Population, estimate: E1rmRule, rule: WorkingRule
) -> Known:
    lifts = gather(logbook, population, estimate=estimate, rule=rule)
    kept, begun, unknown = overruled(lifts.table, lifts.series, logbook.machines)
    repairs = find(lifts.series, kept=kept, told=begun)
    told = verdicts.changes(lifts.series, repairs, population, lifts.units, end=lifts.end)
    alone, muscles, lifters = told
    kinds = _kinds(lifts, repairs, begun)
    return Known(lifts, repairs, (alone, muscles, lifters), kinds, unknown, logbook.catalogue)


def overruled(
    table: pd.DataFrame, series: Series, machines: Mapping[str, Machines]
) -> tuple[Flags, Flags, tuple[str, ...]]:
    """Return which lifts are one machine all along, and on which rows another begins.

    Args:
        table: one row per lift, in the order of its number: `athlete`, `lift`.
        series: the days of the lifts.
        machines: what `liftdose.toml` says, by athlete.

    Returns:
        Flags per lift and per row, and the names that no lift has.
    """
    kept, begun = np.zeros(series.lifts, bool), np.zeros(len(series.lift), bool)
    names = table["lift"].str.casefold()
    unknown = []
    for athlete, said in machines.items():
        own = (table["athlete"] == athlete).to_numpy()
        for name in said.same:
            mine = own & (names == name.casefold()).to_numpy()
            kept |= mine
            unknown += [] if mine.any() else [name]
        for name, day in said.new_from:
            mine = own & (names == name.casefold()).to_numpy()
            unknown += [] if mine.any() else [name]
            from_day = (day - date(1970, 1, 1)).days
            for lift in np.flatnonzero(mine):
                rows = np.flatnonzero((series.lift == lift) & (series.day >= from_day))
                begun[rows[:1]] = True
    return kept, begun, tuple(dict.fromkeys(unknown))


def _kinds(lifts: Lifts, repairs: Repairs, begun: Flags) -> list[str]:
    """Return the kind of step that begins on each row: a word of `sentences.SHIFTS`, or ""."""
    kinds = np.where(repairs.odd, "odd day", "").astype(object)
    for row in np.flatnonzero(repairs.step).tolist():
        load = lifts.load[row] - lifts.load[row - 1]
        if begun[row]:
            kinds[row] = "told"
        elif abs(abs(load) - np.log(2)) <= EXACT:
            kinds[row] = "doubled" if load > 0 else "halved"
        elif days_off(lifts, row) >= RESUMED_DAYS or lifter_days_off(lifts, row) >= AWAY_DAYS:
            kinds[row] = "return"
        else:
            kinds[row] = "other"
    return [str(kind) for kind in kinds]


def days_off(lifts: Lifts, row: int) -> int:
    """Return the days since the lift was last trained."""
    return int(lifts.series.day[row] - lifts.series.day[row - 1])


def lifter_days_off(lifts: Lifts, row: int) -> int:
    """Return the longest time without any training since the lift was last trained."""
    person = lifts.units[1].unit[lifts.series.lift[row]]
    days = lifts.training[person]
    between = days[(days >= lifts.series.day[row - 1]) & (days <= lifts.series.day[row])]
    return int(np.diff(between).max(initial=0))


def as_days(days: Floats) -> Any:
    """Return day numbers as dates, NaN as no date."""
    whole = np.where(
        np.isnan(days), np.datetime64("NaT", "D"), np.nan_to_num(days).astype("M8[D]")
    )
    return whole.astype("datetime64[s]")


def first_member(units: verdicts.Units) -> Ints:
    """Return the first lift of each unit."""
    members: Ints = units.lift[np.searchsorted(units.unit, np.arange(units.count))]
    return members


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    names = [str(name) for name in table]
    columns = (values.tolist() for _, values in table.items())
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
