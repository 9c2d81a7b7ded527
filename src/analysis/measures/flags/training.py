"""One athlete's log as the flags read it, and what a flag is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting, top_sets, weeks, working
from analysis.measures.flags.thresholds import Thresholds
from analysis.measures.top_sets import SERIES_CAP, Estimate


@dataclass(frozen=True, slots=True)
class Finding:
    """One flag of one athlete, with the rows that say so.

    Attributes:
        athlete: whose.
        flag: a word of `FLAGS`.
        level: "attention", "notice" or "good".
        sentence: what was found; never the text of a note.
        rows: the evidence, one row per thing found.
        first: date of the oldest evidence.
        last: date of the newest.
    """

    athlete: str
    flag: str
    level: str
    sentence: str
    rows: pd.DataFrame
    first: date
    last: date

    @property
    def size(self) -> int:
        """How many things were found; a record of load and of e1RM is one exercise."""
        own = self.flag in ("record", "odd entry")
        return int(self.rows["lift"].nunique()) if own else len(self.rows)


@dataclass(frozen=True, slots=True)
class Training:
    """One athlete's sets, prepared once for all flags.

    Attributes:
        athlete: who.
        sets: every logged set with `day`.
        work: the sets that are work, with `day`, `lift`, `pattern` and `set_count`.
        tops: the top sets of `top_sets.top_sets`, up to 15 repetitions.
        catalogue: which exercise trains what.
        today: the day the flags are raised on.
    """

    athlete: str
    sets: pl.DataFrame
    work: pl.DataFrame
    tops: pl.DataFrame
    logbook: Logbook
    today: date

    @property
    def last_day(self) -> date:
        """The athlete's last logged day up to today."""
        last = self.sets["day"].max()
        assert isinstance(last, date)
        return last

    @property
    def days_off(self) -> int:
        """Days from the last logged day to today."""
        return (self.today - self.last_day).days

    def trained_lately(self, rule: Thresholds) -> bool:
        """Whether the block before today holds a session; the flags of a block need one."""
        return self.days_off < 7 * rule.block_weeks

    def is_away(self, rule: Thresholds) -> bool:
        """Whether the athlete has been off for so long that this is no news."""
        return self.days_off > 7 * rule.away_weeks

    def block_start(self, n_weeks: int) -> date:
        """Return the first of the days of the block that ends with the last logged day."""
        return self.last_day - timedelta(days=7 * n_weeks - 1)


def prepare(logbook: Logbook, athlete: str, today: date) -> Training | None:
    """Return an athlete's log up to today, None where it holds nothing."""
    own = logbook.athlete(athlete).until(today)
    if own.sets.is_empty():
        return None
    pattern = own.catalogue.exercises.select("exercise_id", "pattern")
    done = counting.named(working.work(own), own.catalogue).with_columns(weeks.day())
    return Training(
        athlete=athlete,
        sets=own.sets.with_columns(weeks.day()),
        work=done.join(pattern, on="exercise_id", how="left", maintain_order="left"),
        tops=top_sets.top_sets(own, Estimate(rep_cap=SERIES_CAP)),
        logbook=own,
        today=today,
    )
