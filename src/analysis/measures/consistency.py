"""Is this person training? Days, sessions per calendar week, streaks and gaps.

Everything is counted over calendar weeks, logged or not: sessions per *logged* week would call
somebody regular who trains three weeks and stays away for three.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import pandas as pd
import polars as pl

from analysis.figures import bars, figure
from analysis.logbook import Logbook
from analysis.measures import weeks, working
from analysis.result import Figure, Result, tidy
from analysis.say import count, time_off, times

YEAR_WEEKS = 52
"""Calendar weeks to the last log that a sentence speaks of; fewer where the log is shorter."""

BREAK_DAYS = 28
"""Days without a session from which a gap is a break."""


@dataclass(frozen=True, slots=True)
class Break:
    """Four weeks or more without a session: the days of the sessions before and after it."""

    before: date
    after: date

    @property
    def days(self) -> int:
        """Days between the two sessions."""
        return (self.after - self.before).days


@dataclass(frozen=True, slots=True)
class Consistency:
    """What the calendar of one athlete says.

    Attributes:
        first: first logged day.
        last: last logged day.
        weeks: calendar weeks of the last year of the log, the running one included.
        logged_weeks: those of them that hold a session.
        a_week: sessions in the middle one of the logged weeks.
        streak: weeks in a row with a session, up to the last.
        best_streak: the longest such run of the whole log.
        breaks: longest first.
        recent: sessions in the last 28 days of the log.
        usual: sessions in 28 days, median of the up to six such spans before that lie within the
            log; None without three.
    """

    first: date
    last: date
    weeks: int
    logged_weeks: int
    a_week: float
    streak: int
    best_streak: int
    breaks: tuple[Break, ...]
    recent: int
    usual: float | None

    @property
    def empty_weeks(self) -> int:
        """Weeks of the last year without a log."""
        return self.weeks - self.logged_weeks

    @property
    def back_from(self) -> Break | None:
        """The break that ended in the last eight weeks of the log, if any."""
        late = self.last - timedelta(days=56)
        return next((gap for gap in self.breaks if gap.after > late), None)


def by_day(logbook: Logbook) -> pl.DataFrame:
    """Return one row per `athlete` and logged `day`: `sessions` and working `sets`; made once."""
    return logbook.once("training by day", lambda: _by_day(logbook))


def _by_day(logbook: Logbook) -> pl.DataFrame:
    days = logbook.sets.group_by("athlete", weeks.day()).agg(
        pl.col("session").n_unique().cast(pl.Int64).alias("sessions")
    )
    sets = (
        working.work(logbook)
        .group_by("athlete", weeks.day())
        .agg(pl.col("set_count").sum().cast(pl.Float64).alias("sets"))
    )
    return (
        days.join(sets, on=["athlete", "day"], how="left")
        .with_columns(pl.col("sets").fill_null(0.0))
        .sort("athlete", "day")
    )


def by_week(days: pl.DataFrame) -> pl.DataFrame:
    """Return one row per `athlete` and calendar `week` from first to last log.

    `sessions`, `training_days` and `sets` are null in a week that holds no log.
    """
    monday = pl.col("day").dt.truncate("1w").alias("week")
    logged = days.group_by("athlete", monday).agg(
        pl.col("sessions").sum(),
        pl.len().cast(pl.Int64).alias("training_days"),
        pl.col("sets").sum(),
    )
    spans = logged.group_by("athlete").agg(
        pl.date_range(pl.col("week").min(), pl.col("week").max(), "1w").alias("week")
    )
    return (
        spans.explode("week").join(logged, on=["athlete", "week"], how="left")
        .sort("athlete", "week")
    )  # fmt: skip


def of_athlete(days: pl.DataFrame) -> Consistency:
    """Return what the calendar says of one athlete's rows of `by_day`."""
    trained: list[date] = days["day"].to_list()
    weekly = by_week(days)["sessions"].to_list()
    year = weekly[-YEAR_WEEKS:]
    known = [sessions for sessions in year if sessions is not None]
    gaps = [
        Break(before, after)
        for before, after in pairwise(trained)
        if (after - before).days >= BREAK_DAYS
    ]
    runs = _runs(weekly)
    recent, usual = _spans(days)
    return Consistency(
        first=trained[0],
        last=trained[-1],
        weeks=len(year),
        logged_weeks=len(known),
        a_week=float(pd.Series(known).median()),
        streak=runs[-1],
        best_streak=max(runs),
        breaks=tuple(sorted(gaps, key=lambda gap: -gap.days)),
        recent=recent,
        usual=usual,
    )


def _runs(weekly: list[int | None]) -> list[int]:
    """Return the lengths of the runs of weeks with a log; the last one ends with the log."""
    runs = [0]
    for sessions in weekly:
        if sessions is None:
            runs.append(0)
        else:
            runs[-1] += 1
    return runs


def _spans(days: pl.DataFrame) -> tuple[int, float | None]:
    ago = (pl.col("day").max() - pl.col("day")).dt.total_days() // 28
    sums = dict(
        days.group_by(ago.alias("span")).agg(pl.col("sessions").sum()).sort("span").iter_rows()
    )
    # the oldest span may begin before the log does
    whole = int((days["day"].max() - days["day"].min()).days // 28)  # type: ignore[operator, union-attr]
    before = [sums.get(span, 0) for span in range(1, min(whole, 7))]
    return int(sums[0]), float(pd.Series(before).median()) if len(before) >= 3 else None


def said(what: Consistency) -> str:
    """Return how regular the training is, in a sentence.

    >>> said(Consistency(date(2024, 1, 1), date(2025, 1, 1), 52, 40, 3.0, 9, 21, (), 12, 11.0))
    'You trained in 40 of the last 52 weeks, usually 3 times a week.'
    """
    often = f"usually {times(what.a_week)} a week"
    if what.weeks == 1:
        return f"You trained {times(what.a_week)} in the one week that is logged."
    if what.empty_weeks == 0:
        return f"You trained in each of the last {what.weeks} weeks, {often}."
    return f"You trained in {what.logged_weeks} of the last {what.weeks} weeks, {often}."


def said_of_gaps(what: Consistency) -> str:
    """Return the breaks and the streak in a sentence or two.

    >>> gaps = (Break(date(2024, 3, 1), date(2024, 5, 24)),)
    >>> said_of_gaps(Consistency(date(2024, 1, 1), date(2025, 1, 1), 52, 40, 3.0, 9, 21, gaps,
    ...                          12, None))
    'Longest break: 12 weeks, from 1 Mar to 24 May 2024. Last streak: 9 weeks; best: 21.'
    """
    if what.breaks:
        longest = what.breaks[0]
        more = len(what.breaks) - 1
        also = f" {count(more, 'more break')} of four weeks or more." if more else ""
        gap = f"Longest break: {time_off(longest.days)}, from {_between(longest)}.{also}"
    else:
        gap = "No break of four weeks or more."
    if what.streak == what.best_streak:
        return f"{gap} Last streak: {count(what.streak, 'week')}, the best so far."
    return f"{gap} Last streak: {count(what.streak, 'week')}; best: {what.best_streak}."


def _between(gap: Break) -> str:
    start = (
        f"{gap.before:%-d %b}" if gap.before.year == gap.after.year else f"{gap.before:%-d %b %Y}"
    )
    return f"{start} to {gap.after:%-d %b %Y}"


def consistency(logbook: Logbook) -> Result:
    """Count sessions per calendar week.

    Returns:
        Result whose table has one row per `athlete` and calendar `week` from first to last log:
        `sessions`, `training_days`, `sets` (working sets); null where the week holds no log.
    """
    days = by_day(logbook)
    told = [of_athlete(own) for _, own in days.group_by("athlete", maintain_order=True)]
    if len(told) == 1:
        summary = said(told[0])
    else:
        logged = sum(each.logged_weeks for each in told)
        summary = (
            f"{count(len(told), 'athlete')}: {logged:,} of {sum(t.weeks for t in told):,} weeks "
            "of the last year hold a log."
        )
    return Result(
        name="consistency",
        title="Sessions a week",
        table=tidy(by_week(days)),
        summary=summary,
        draw=_draw,
        notes=(
            "Weeks begin on Monday. A week without a log is unknown: rest and an unlogged "
            "workout look the same. It counts as a week of the calendar.",
        ),
    )


def calendar(logbook: Logbook) -> Result:
    """Return the days with a log: one row per `athlete` and `day`, `sessions` and `sets`."""
    days = by_day(logbook)
    told = [of_athlete(own) for _, own in days.group_by("athlete", maintain_order=True)]
    summary = (
        said_of_gaps(told[0])
        if len(told) == 1
        else f"{count(days.height, 'training day')} of {count(len(told), 'athlete')}."
    )
    return Result("calendar", "Training days", tidy(days), summary)


def _draw(table: pd.DataFrame) -> Figure:
    hover = "week of %{x}: %{y} sessions<extra></extra>"
    drawn = table.groupby("week", as_index=False)["sessions"].sum(min_count=1)
    return figure(
        [bars(drawn["week"], drawn["sessions"], "sessions", hover=hover)],
        x="",
        y="Sessions a week",
        time_axis="x",
        height=220,
        showlegend=False,
    )
