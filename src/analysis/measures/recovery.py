"""Time between sessions of a muscle: typical rest, longest neglect, deload weeks."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import polars as pl

from analysis.figures import Trace, bars, by_athlete, figure
from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.recent import ALL, DELOAD_PCT, compared
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy
from analysis.say import number, spoken, whose

if TYPE_CHECKING:
    import pandas as pd

SERIES = ["athlete", "muscle"]


def recovery(
    logbook: Logbook, *, rule: WorkingRule | None = None, deload_pct: float = DELOAD_PCT
) -> Result:
    """Measure the days between direct sessions of each muscle group.

    Args:
        logbook: the sets and the catalogue.
        rule: which sets are working sets.
        deload_pct: a week at or below this share of the 4 weeks before is a deload week.

    Returns:
        Result whose table has one row per `athlete` and `muscle` ("all muscles" for any training):
        `sessions` (days with a direct set), `median_gap_days` and `longest_gap_days` (from one
        session to the next), `longest_gap_from` (the session before it), `days_since_last` (to
        the athlete's last logged day), `deload_weeks` of `compared_weeks` (see `loading`). A
        group never trained directly has 0 sessions; its gaps are null.
    """
    rule = rule or WorkingRule()
    table = table_of(logbook, rule, deload_pct)
    return Result(
        name="recovery",
        title="Days between sessions of a muscle",
        table=tidy(table),
        summary=_summary(table),
        draw=_draw,
        notes=(
            "A gap is between logged sessions: training that was not logged looks like rest.",
            *counting.left_out(working.done(logbook, rule), logbook.catalogue),
        ),
        settings={**asdict(rule), "deload_pct": deload_pct},
    )


def table_of(
    logbook: Logbook, rule: WorkingRule | None = None, deload_pct: float = DELOAD_PCT
) -> pl.DataFrame:
    """Return the table of `recovery`."""
    rule = rule or WorkingRule()
    gaps = _gaps(_days(working.done(logbook, rule), logbook))
    deloads = _deloads(logbook, rule, deload_pct)
    return deloads.join(gaps, on=SERIES, how="left", maintain_order="left").select(
        *SERIES,
        pl.col("sessions").fill_null(0),
        "median_gap_days",
        "longest_gap_days",
        "longest_gap_from",
        "days_since_last",
        "deload_weeks",
        "compared_weeks",
    )


def _days(done: pl.LazyFrame, logbook: Logbook) -> pl.DataFrame:
    """Return one row per athlete, group and day with a direct set."""
    per_exercise = done.select("athlete", weeks.day(), "exercise_id").unique().collect()
    direct = counting.by_muscle(per_exercise, logbook.catalogue).filter(pl.col("role") == "direct")
    every = per_exercise.with_columns(pl.lit(ALL).alias("muscle"))
    return (
        pl.concat([frame.select(*SERIES, "day") for frame in (every, direct)])
        .unique()
        .sort(*SERIES, "day")
        .with_columns(pl.col("day").max().over("athlete").alias("last_day"))
    )


def _gaps(days: pl.DataFrame) -> pl.DataFrame:
    gap = pl.col("day").diff().dt.total_days()
    longest = gap.arg_max()
    return days.group_by(SERIES).agg(
        pl.len().cast(pl.Int64).alias("sessions"),
        gap.median().alias("median_gap_days"),
        gap.max().alias("longest_gap_days"),
        pl.col("day").get(longest - 1, null_on_oob=True).alias("longest_gap_from"),
        (pl.col("last_day") - pl.col("day")).dt.total_days().min().alias("days_since_last"),
    )


def _deloads(logbook: Logbook, rule: WorkingRule, deload_pct: float) -> pl.DataFrame:
    deload = pl.col("is_deload")
    return (
        compared(logbook, rule, deload_pct)
        .group_by(SERIES, maintain_order=True)
        .agg(
            deload.sum().cast(pl.Int64).alias("deload_weeks"),
            deload.count().cast(pl.Int64).alias("compared_weeks"),
        )
    )


def _summary(table: pl.DataFrame) -> str:
    known = table.filter(pl.col("muscle") != ALL, pl.col("longest_gap_days").is_not_null())
    if known.is_empty():
        return "No muscle group was trained directly on two days (n = 0)."
    row = known.sort("longest_gap_days", descending=True, maintain_order=True).row(0, named=True)
    every = table.filter(pl.col("muscle") == ALL).select(pl.col("median_gap_days").median()).item()
    return (
        f"Longest gap: {spoken(row['muscle'])}, {row['longest_gap_days']:,} days from "
        f"{row['longest_gap_from']} (n = {row['sessions']:,} sessions); sessions of any kind are "
        f"{number(every)} days apart (median{whose(table['athlete'].unique().to_list())})."
    )


def _draw(table: pd.DataFrame) -> Figure:
    traces, menu = by_athlete(table[table["sessions"] > 1], _gap_bars)
    return figure(
        traces,
        x="Days between direct sessions",
        y="",
        height=max(320, 60 + 24 * table["muscle"].nunique()),
        barmode="group",
        yaxis={"autorange": "reversed", "automargin": True, "tickmode": "linear"},
        **menu,
    )


def _gap_bars(rows: pd.DataFrame) -> list[Trace]:
    return [
        bars(
            rows[column],
            rows["muscle"],
            name,
            series=place,
            hover="%{y}: %{x:.0f} days<extra>%{fullData.name}</extra>",
            orientation="h",
        )
        for place, (column, name) in enumerate(
            [("median_gap_days", "typical gap"), ("longest_gap_days", "longest gap")]
        )
    ]
