"""One athlete's log, seen through the muscles of the legs; each table is computed once.

The catalogue groups gastrocnemius and soleus as calves. Here both also stand alone, because a
seated raise trains the one and not the other (Kinoshita 2023, doi 10.3389/fphys.2023.1272106),
and the legs stand as one group, so that every measure also speaks of leg days as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd
import polars as pl

from analysis.exercises import Catalogue
from analysis.logbook import Logbook
from analysis.measures import (
    balance,
    counting,
    day_strength,
    intensity,
    recovery,
    sums,
    technique,
    volume,
    weeks,
    working,
)
from analysis.measures.frequency import days_of
from analysis.measures.recent import coverage_of
from analysis.models.strength.result import strength
from analysis.notes import Many, Note
from analysis.result import Result, rounded

GROUPS = ("quads", "hamstrings", "glutes", "calves", "adductors")
APART = ("gastrocnemius", "soleus")
MUSCLES = ("quads", "hamstrings", "glutes", "calves", "gastrocnemius", "soleus", "adductors")
"""Rows of every leg table, in this order."""

LEGS = "legs"
"""The five groups as one: a set counts once, whatever of them it trains."""


def with_legs(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue in which gastrocnemius, soleus and the legs are groups as well."""
    muscles = catalogue.muscles
    apart = muscles.filter(pl.col("muscle").is_in(APART)).with_columns(
        pl.col("muscle").alias("group")
    )
    whole = muscles.filter(pl.col("group").is_in(GROUPS)).with_columns(pl.lit(LEGS).alias("group"))
    return replace(catalogue, muscles=pl.concat([muscles, apart, whole]))


def only_legs(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue of `with_legs` without the groups that no leg table shows."""
    every = with_legs(catalogue)
    shown = pl.col("group").is_in([*MUSCLES, LEGS])
    return replace(every, muscles=every.muscles.filter(shown))


@dataclass(frozen=True)
class LegLog:
    """The measures of one athlete's legs.

    Attributes:
        logbook: one athlete's sets, with the catalogue of `only_legs`.
        block_weeks: length of "now", the weeks that end with the last logged day.
    """

    logbook: Logbook
    block_weeks: int = 4

    @classmethod
    def of(cls, logbook: Logbook, block_weeks: int = 4) -> LegLog:
        """Return the leg log of a logbook of one athlete."""
        return cls(logbook.regrouped(only_legs(logbook.catalogue)), block_weeks)

    @cached_property
    def sets(self) -> pl.DataFrame:
        """Working sets (and parts of sets) of direct leg work, with `lift`, `day` and kind."""
        catalogue = self.logbook.catalogue
        described = catalogue.exercises.select("exercise_id", "mechanic", "laterality", "pattern")
        done = working.work(self.logbook).filter(pl.col("exercise_id").is_in(self._ids.implode()))
        return (
            counting.named(done, catalogue)
            .join(described, on="exercise_id", how="left", maintain_order="left")
            .with_columns(weeks.day())
        )

    @cached_property
    def _ids(self) -> pl.Series:
        roles = self.logbook.catalogue.muscle_roles
        return roles.filter(pl.col("muscle") == LEGS, pl.col("role") == "direct")["exercise_id"]

    @cached_property
    def weekly(self) -> pl.DataFrame:
        """`volume` in the weeks that hold a log, per leg muscle and for the legs."""
        return self._of_logged_weeks(volume.table_of(sums.weekly(self.logbook)))

    @cached_property
    def logged_weeks(self) -> int:
        """Calendar weeks that hold a log of any training."""
        return self.weekly["week"].n_unique()

    @cached_property
    def days(self) -> pl.DataFrame:
        """`frequency` in the weeks that hold a log, per leg muscle and for the legs."""
        weekly = sums.weekly(self.logbook)
        return self._of_logged_weeks(weekly.table(days_of(weekly)))

    @cached_property
    def parts(self) -> pl.DataFrame:
        """`balance`: shares of compound and isolation, knee and hip, one leg and two."""
        return rounded(balance.table_of(self.logbook))

    @cached_property
    def rests(self) -> pl.DataFrame:
        """`recovery`: days between direct sessions, deload weeks."""
        return self._legs(recovery.table_of(self.logbook)).with_columns(
            pl.col("longest_gap_days").cast(pl.Float64)
        )

    @cached_property
    def leg_rest(self) -> dict[str, Any] | None:
        """The row of `rests` for the legs as one, None where there is none."""
        rows = self.rests.filter(pl.col("muscle") == LEGS)
        return rows.row(0, named=True) if rows.height else None

    @cached_property
    def techniques(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Sets, mentions and days of `technique`, by group and technique."""
        named = technique.table_of(self.logbook)
        counted = named.select("muscle", "technique", "sets", "mentions", "days").iter_rows()
        return {
            (group, name): (sets, mentions, days) for group, name, sets, mentions, days in counted
        }

    @cached_property
    def changes(self) -> pl.DataFrame:
        """`strength` of the leg exercises, and of the leg muscles."""
        exercises, ids = self.logbook.catalogue.exercises, self._ids.implode()
        lifts = exercises.filter(pl.col("exercise_id").is_in(ids))["name"].to_list()
        names = [*MUSCLES, LEGS, *lifts]
        return pl.from_pandas(strength(self.logbook).table).filter(pl.col("name").is_in(names))

    @cached_property
    def tops(self) -> pl.DataFrame:
        """The first top set of every leg exercise and day, in that order."""
        tops = day_strength.top_sets(self.logbook)
        return tops.filter(pl.col("exercise_id").is_in(self._ids.implode()))

    @cached_property
    def loads(self) -> pl.DataFrame:
        """`intensity` of direct leg work per week."""
        table = intensity.table_of(intensity.shared(self.logbook), self.logbook)
        return rounded(table.filter(pl.col("muscle") == LEGS))

    def now(self, rule: str) -> dict[str, float]:
        """Return sets a week in the last block by muscle, counted as "direct" or "fractional"."""
        return self._now[rule]

    @cached_property
    def _now(self) -> dict[str, dict[str, float]]:
        table = self._legs(coverage_of(self.logbook, block_weeks=self.block_weeks))
        columns = {"direct": "direct_last_block", "fractional": "last_block"}
        return {
            rule: dict(table.select("muscle", column).iter_rows())
            for rule, column in columns.items()
        }

    def over_log(self, column: str) -> dict[str, float]:
        """Return the mean of a column of `weekly` over the logged weeks, by muscle."""
        return self._over_log[column]

    @cached_property
    def _over_log(self) -> dict[str, dict[str, float]]:
        names = [f"{rule}_sets" for rule in counting.RULES]
        means = self.weekly.group_by("muscle").agg(pl.col(names).mean())
        return {name: dict(means.select("muscle", name).iter_rows()) for name in names}

    @staticmethod
    def _legs(table: pl.DataFrame) -> pl.DataFrame:
        return rounded(table.filter(pl.col("muscle").is_in([*MUSCLES, LEGS])))

    @staticmethod
    def _of_logged_weeks(table: pl.DataFrame) -> pl.DataFrame:
        return rounded(table.filter(pl.col("training_days").is_not_null()))


def median(values: pl.Series) -> float:
    """Return the median of numbers that are not empty."""
    return float(values.to_frame().select(pl.all().median()).item())


def share_pct(holds: pl.Series) -> float:
    """Return the percentage of true in truth values that are not empty."""
    return 100 * float(holds.cast(pl.Float64).to_frame().select(pl.all().mean()).item())


def unmapped_note(log: LegLog) -> tuple[Note, ...]:
    """Count the sets that may be leg work under a name no rule maps."""
    lost = log.logbook.unmapped
    if lost.is_empty():
        return ()
    said = (
        "{n:set} under {names:unmapped name} counted for no muscle; leg work may be among them "
        "(see the exercise mapping)."
    )
    facts = {"names": Many(lost.height)}
    return (Note("unmapped leg work", count=int(lost["sets"].sum()), facts=facts, sentence=said),)


def in_order(table: pl.DataFrame) -> pd.DataFrame:
    """Return a table with one row per `muscle`, in the order of `MUSCLES`."""
    order = pl.DataFrame({"muscle": list(MUSCLES)})
    return order.join(table, on="muscle", how="left", maintain_order="left").to_pandas()


# One thing that a log shows: a number, a sentence, and a word for how far it is done.


VERDICTS = {
    "done": "the log shows it",
    "partly done": "the log shows some of it",
    "not done": "the log shows none of it, and would show it",
    "cannot tell yet": "the log is too short or too noisy to say",
    "noted": "a fact that is neither good nor bad",
    "not measurable": "the file has no field for it; the text names the field",
}
"""Words for what a log shows. None says that a thing is worth doing: that is the evidence's."""

CARD_LEVELS = {"done": "good", "partly done": "attention", "not done": "attention"}
"""How a card with such a verdict looks; every other word is a notice."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a log shows of one topic.

    Attributes:
        shows: a short sentence with number, unit and n.
        verdict: a word of `VERDICTS`.
        number: the number the sentence turns on, None without one.
        unit: its unit, in words.
        n: how many sets, days or weeks it rests on; the sentence says which.
        missing: the field that is not in the file, empty when nothing is missing.
    """

    shows: str
    verdict: str
    number: float | None = None
    unit: str = ""
    n: int = 0
    missing: str = ""


def columns(answers: list[Answer]) -> dict[str, list[object]]:
    """Return the answers' data columns."""
    return {
        name: [getattr(answer, name) for answer in answers]
        for name in ("number", "unit", "n", "missing")
    }


def not_measurable(missing: str) -> Answer:
    """Return the finding that the file has no field for it."""
    return Answer(f"Not measurable from this file: {missing}.", "not measurable", missing=missing)


def nothing_logged(what: str) -> Answer:
    """Return the finding that there is nothing to measure."""
    return Answer(f"No {what} in this log (n = 0).", "not done", 0.0, "sets", 0)


def few(names: list[str], by: str = ", ", most: int = 4) -> str:
    """Return the first names and how many are left unnamed.

    >>> few(["calves", "sleep", "tempo"], most=2)
    'calves, sleep and 1 more'
    """
    more = len(names) - most
    return by.join(names[:most]) + (f" and {more} more" if more > 0 else "")


def also(finding: Answer, sentence: str) -> Answer:
    """Return the finding with one more sentence."""
    return replace(finding, shows=f"{finding.shows} {sentence}")


# One athlete at a time: the same result of each, stacked.


SAID = 3
"""Athletes whose sentence the stacked summary holds; the table holds all."""


def logs_of(logbook: Logbook, block_weeks: int = 4) -> dict[str, LegLog]:
    """Return the leg log of every athlete; of none, one that is empty."""
    names = logbook.athletes if len(logbook.athletes) > 1 else [""]
    return logbook.once(
        ("leg logs", block_weeks),
        lambda: {
            name: LegLog.of(logbook.athlete(name) if name else logbook, block_weeks)
            for name in names
        },
    )


def of_each(logs: Mapping[str, LegLog], part: Callable[[LegLog], Result]) -> Result:
    """Return one result over the athletes; with several, its table begins with `athlete`."""
    found = {name: part(log) for name, log in logs.items()}
    first = next(iter(found.values()))
    if len(found) == 1:
        return first
    tables = [one.table.assign(athlete=name) for name, one in found.items() if len(one.table)]
    table = pd.concat(tables, ignore_index=True) if tables else first.table.assign(athlete="")
    rest = [name for name in table.columns if name != "athlete"]
    said = " ".join(f"{name}: {one.summary}" for name, one in list(found.items())[:SAID])
    more = f" And {len(found) - SAID} more athletes." if len(found) > SAID else ""
    notes = dict.fromkeys(note for one in found.values() for note in one.notes)
    return replace(
        first, table=table[["athlete", *rest]], summary=said + more, draw=None, notes=tuple(notes)
    )
