"""Each week's volume against the weeks before it: a description of loading, not of risk.

Ratios of recent to earlier load are coupled by arithmetic and have no causal basis as injury
predictors (Impellizzeri 2020 IJSPP 15:907, doi 10.1123/ijspp.2019-0864), so the mean here leaves
out the week itself and nothing is called a danger. A deload is a logged week at or below 60 % of
that mean.
"""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import polars as pl

from analysis.figures import Trace, figure, line
from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.drawing import by_athlete
from analysis.measures.words import count, number, whose
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy

ALL = "all groups"
"""The row of the whole week: working sets, each once, whatever they train."""

WEEKS_BEFORE = 4
KNOWN_BEFORE = 3
"""Of the weeks before, how many must hold a log for their mean to be one."""

DELOAD_PCT = 60.0


def loading(
    logbook: Logbook,
    *,
    rule: WorkingRule | None = None,
    deload_pct: float = DELOAD_PCT,
    week_starts: str = "monday",
) -> Result:
    """Compare each week's fractional sets with the mean of the 4 weeks before.

    Args:
        logbook: the sets and the catalogue.
        rule: which sets are working sets.
        deload_pct: a week at or below this share of the mean is a deload week.
        week_starts: weekday that weeks begin on.

    Returns:
        Result whose table has one row per `athlete`, `week` and `group` ("all groups" for every
        working set): `sets` (fractional sets; null in a week without a log), `mean_before`
        (sets per week over the logged ones of the 4 weeks before; null under 3 of them),
        `pct_of_mean` and `is_deload` (null where there is no mean, and in an athlete's last
        week, which may not be over).
    """
    rule = rule or WorkingRule()
    calendar = weeks.calendar(logbook.sets, week_starts)
    table = _compared(_weekly(logbook, rule, week_starts, calendar), deload_pct)
    return Result(
        name="loading",
        title="Weekly volume against the 4 weeks before",
        table=tidy(table),
        summary=_summary(table, deload_pct),
        draw=_draw,
        notes=(
            "A description of how volume moved; it predicts no injury.",
            *counting.left_out(working.work(logbook, rule), logbook.catalogue),
            *weeks.unknown_note(calendar),
        ),
        settings={**asdict(rule), "deload_pct": deload_pct, "week_starts": week_starts},
    )


def _weekly(
    logbook: Logbook, rule: WorkingRule, week_starts: str, calendar: pl.DataFrame
) -> pl.DataFrame:
    done = working.work(logbook, rule).with_columns(weeks.week(week_starts))
    key = ["athlete", "week", "group"]
    per_group = (
        counting.by_group(done, logbook.catalogue)
        .group_by(key)
        .agg(counting.credit("fractional").sum().alias("sets"))
    )
    every = (
        done.group_by("athlete", "week")
        .agg(pl.col("set_count").sum().alias("sets"))
        .select("athlete", "week", pl.lit(ALL).alias("group"), "sets")
    )
    names = [ALL, *counting.groups(logbook.catalogue)]
    return weeks.spread(pl.concat([every, per_group.select(every.columns)]), calendar, names)


def _compared(weekly: pl.DataFrame, deload_pct: float) -> pl.DataFrame:
    series = ["athlete", "group"]
    before = pl.col("sets").shift(1).rolling_mean(WEEKS_BEFORE, min_samples=KNOWN_BEFORE)
    is_over = pl.col("week") < pl.col("week").max().over("athlete")
    ratio = pl.when(pl.col("mean_before") > 0).then(100 * pl.col("sets") / pl.col("mean_before"))
    return (
        weekly.select("athlete", "week", "group", "sets")
        .with_columns(before.over(series, order_by="week").alias("mean_before"))
        .with_columns(ratio.alias("pct_of_mean"))
        .with_columns(
            pl.when(is_over).then(pl.col("pct_of_mean") <= deload_pct).alias("is_deload")
        )
    )


def _summary(table: pl.DataFrame, deload_pct: float) -> str:
    whole = table.filter(pl.col("group") == ALL, pl.col("is_deload").is_not_null())
    if whole.is_empty():
        return f"No week follows {KNOWN_BEFORE} logged weeks, so none can be compared (n = 0)."
    deloads = int(whole["is_deload"].sum())
    middle = whole.select(pl.col("pct_of_mean").median()).item()
    return (
        f"{count(deloads, 'deload week')} (at most {deload_pct:g} % of the 4 weeks before) of "
        f"{count(whole.height, 'week')} compared; the typical week is {number(middle, 0)} % of "
        f"the mean before it{whose(whole['athlete'].unique().to_list())}."
    )


def _draw(table: pd.DataFrame) -> Figure:
    traces, menu = by_athlete(table[table["group"] == ALL], _lines)
    return figure(traces, x="", y="Working sets per week", time_axis="x", **menu)


def _lines(rows: pd.DataFrame) -> list[Trace]:
    hover = "week of %{x}: %{y:.0f} sets<extra>%{fullData.name}</extra>"
    return [
        line(rows["week"], rows["sets"], "this week", hover=hover),
        line(rows["week"], rows["mean_before"], "mean of 4 weeks before", series=1, hover=hover),
    ]
