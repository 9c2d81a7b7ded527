"""The last block against the athlete's own average: what changed, with no judgement.

The last block is the four weeks (a parameter) that end with the last logged day; the average is
over the athlete's earlier logged weeks. Weeks without a log are unknown and enter neither.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analysis.figures import Trace, bars, by_athlete, figure, line
from analysis.logbook import Logbook
from analysis.measures import counting, sums, weeks, working
from analysis.measures.load import effective_load, tonnage
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy
from analysis.say import count, number, spoken, whose

if TYPE_CHECKING:
    import pandas as pd

MEASURES = {
    "sessions": "sessions a week",
    "working_sets": "working sets a week",
    "sets_per_session": "working sets a session",
    "tonnage_kg": "tonnage a week, kg",
}


def recent(logbook: Logbook, *, block_weeks: int = 4) -> Result:
    """Compare the last block with the athlete's earlier weeks.

    Args:
        logbook: the sets and the catalogue.
        block_weeks: length of the last block, weeks.

    Returns:
        Result whose table has one row per `athlete` and `measure` (a word of `MEASURES`):
        `last_block` and `own_average` (means over logged weeks), `change_pct`, and
        `block_weeks_logged`, `earlier_weeks_logged`.
    """
    done = working.done(logbook).with_columns(effective_load(None))
    weekly = done.group_by("athlete", week_from_end()).agg(
        sessions=pl.col("session").n_unique().cast(pl.Float64),
        working_sets=pl.col("set_count").sum(),
        sets_per_session=pl.col("set_count").sum() / pl.col("session").n_unique(),
        tonnage_kg=tonnage().sum(),
    )
    table = (
        weekly.collect()
        .unpivot(list(MEASURES), index=["athlete", "weeks_ago"], variable_name="measure")
        .group_by("athlete", "measure", maintain_order=True)
        .agg(*_then_and_now("value", block_weeks))
        .with_columns(_change())
        .sort("athlete", pl.col("measure").cast(pl.Enum(list(MEASURES))))
    )
    return Result(
        name="recent",
        title="The last block against your own average",
        table=tidy(table),
        summary=_summary(table, block_weeks),
        notes=("Means over the weeks that hold a log; the others are unknown.",),
        settings={"block_weeks": block_weeks},
    )


def coverage(
    logbook: Logbook, *, block_weeks: int = 4, rule: counting.Rule = "fractional"
) -> Result:
    """Compare weekly sets per muscle group in the last block with the athlete's earlier weeks.

    Args:
        logbook: the sets and the catalogue.
        block_weeks: length of the last block, weeks.
        rule: how much a set counts for a muscle.

    Returns:
        Result whose table has one row per `athlete` and `muscle`, every group: `last_block` and
        `own_average` (sets a week by the rule, means over logged weeks), `change_pct`,
        `direct_last_block` (direct sets a week), and the logged weeks of each.
    """
    table = coverage_of(logbook, block_weeks=block_weeks, rule=rule)
    return Result(
        name="coverage",
        title="Weekly sets per muscle, last block",
        table=tidy(table),
        summary=_coverage_summary(table, block_weeks),
        draw=_draw,
        notes=counting.left_out(working.done(logbook), logbook.catalogue),
        settings={"block_weeks": block_weeks, "rule": rule},
    )


def coverage_of(
    logbook: Logbook, *, block_weeks: int = 4, rule: counting.Rule = "fractional"
) -> pl.DataFrame:
    """Return the table of `coverage`."""
    when = week_from_end()
    logged = logbook.sets.select("athlete", when).unique()
    per_exercise = (
        working.done(logbook)
        .select("athlete", when, "exercise_id", "set_count")
        .group_by("athlete", "weeks_ago", "exercise_id")
        .agg(pl.col("set_count").sum())
        .collect()
    )
    weekly = (
        counting.by_muscle(per_exercise, logbook.catalogue)
        .group_by("athlete", "weeks_ago", "muscle")
        .agg(sets=counting.credit(rule).sum(), direct=counting.credit("direct").sum())
    )
    every = pl.DataFrame({"muscle": counting.muscles(logbook.catalogue)})
    return (
        logged.join(every, how="cross")
        .join(weekly, on=["athlete", "weeks_ago", "muscle"], how="left")
        .with_columns(pl.col("sets", "direct").fill_null(0.0))
        .group_by("athlete", "muscle")
        .agg(
            *_then_and_now("sets", block_weeks),
            pl.col("direct").filter(pl.col("weeks_ago") < block_weeks).mean()
            .alias("direct_last_block"),
        )
        .with_columns(_change())
        .sort("athlete", counting.place_of_muscle(logbook.catalogue))
    )  # fmt: skip


def week_from_end() -> pl.Expr:
    """Whole weeks before the athlete's last logged day: 0 for the last seven days."""
    last = weeks.day().max().over("athlete")
    return ((last - weeks.day()).dt.total_days() // 7).alias("weeks_ago")


def _then_and_now(value: str, block_weeks: int) -> tuple[pl.Expr, ...]:
    now = pl.col("weeks_ago") < block_weeks
    return (
        pl.col(value).filter(now).mean().alias("last_block"),
        pl.col(value).filter(~now).mean().alias("own_average"),
        now.sum().cast(pl.Int64).alias("block_weeks_logged"),
        (~now).sum().cast(pl.Int64).alias("earlier_weeks_logged"),
    )


def _change() -> pl.Expr:
    own = pl.col("own_average")
    return pl.when(own > 0).then(100 * (pl.col("last_block") / own - 1)).alias("change_pct")


def _summary(table: pl.DataFrame, block_weeks: int) -> str:
    sets = table.filter(pl.col("measure") == "working_sets")
    if sets.is_empty() or sets["own_average"].is_null().all():
        return f"Too little log for a comparison: nothing before the last {block_weeks} weeks."
    now, own = (sets.select(pl.col(name).mean()).item() for name in ("last_block", "own_average"))
    return (
        f"Last {block_weeks} weeks: {number(now)} working sets a week against "
        f"{number(own)} before (n = {sets['block_weeks_logged'].sum()} and "
        f"{sets['earlier_weeks_logged'].sum()} logged weeks{whose(sets['athlete'].to_list())})."
    )


def _coverage_summary(table: pl.DataFrame, block_weeks: int) -> str:
    now = table.group_by("muscle").agg(pl.col("last_block").mean()).sort("last_block", "muscle")
    if now.is_empty():
        return "No set of this log reaches a muscle group."
    ranked = [row for row in now.reverse().to_dicts() if row["last_block"] > 0]
    most = ", ".join(
        f"{spoken(row['muscle'])} {row['last_block']:.0f}" for row in ranked[:MOST]
    )  # fmt: skip
    logged = int(table.select(pl.col("block_weeks_logged").max()).item())
    if not ranked:
        return f"Last {block_weeks} weeks: no set reaches a muscle."
    return (
        f"Sets a week in the last {block_weeks} weeks: {most} (n = {count(logged, 'logged week')}"
        f"{whose(table['athlete'].unique().to_list())})."
    )


MOST = 4
"""Muscles that a sentence names."""


def _draw(table: pd.DataFrame) -> Figure:
    traces, layout = by_athlete(table, _bars)
    return figure(traces, x="Sets a week", y="", barmode="group", height=560, **layout)


def _bars(rows: pd.DataFrame) -> list[dict[str, object]]:
    rows = rows.iloc[::-1]
    hover = "%{y}: %{x:.1f} sets a week<extra>%{fullData.name}</extra>"
    return [
        bars(
            rows["own_average"],
            rows["muscle"],
            "own average",
            series=4,
            hover=hover,
            orientation="h",
        ),
        bars(
            rows["last_block"],
            rows["muscle"],
            "last block",
            series=0,
            hover=hover,
            orientation="h",
        ),
    ]


# Each week's volume against the weeks before it: a description of loading, not of risk.
#
# Ratios of recent to earlier load are coupled by arithmetic and have no causal basis as injury
# predictors (Impellizzeri 2020 IJSPP 15:907, doi 10.1123/ijspp.2019-0864), so the mean here leaves
# out the week itself and nothing is called a danger. A deload is a logged week at or below 60 % of
# that mean.


ALL = "all muscles"
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
        Result whose table has one row per `athlete`, `week` and `muscle` ("all muscles" for every
        working set): `sets` (fractional sets; null in a week without a log), `mean_before`
        (sets per week over the logged ones of the 4 weeks before; null under 3 of them),
        `pct_of_mean` and `is_deload` (null where there is no mean, and in an athlete's last
        week, which may not be over).
    """
    rule = rule or WorkingRule()
    calendar = weeks.calendar_of(logbook, week_starts)
    table = compared(logbook, rule, deload_pct, week_starts)
    return Result(
        name="loading",
        title="Weekly volume against the 4 weeks before",
        table=tidy(table),
        summary=_summary_loading(table, deload_pct),
        draw=_draw_loading,
        notes=(
            "A description of how volume moved; it predicts no injury.",
            *counting.left_out(working.done(logbook, rule), logbook.catalogue),
            *weeks.unknown_note(calendar),
        ),
        settings={**asdict(rule), "deload_pct": deload_pct, "week_starts": week_starts},
    )


def _weekly(logbook: Logbook, rule: WorkingRule, week_starts: str) -> pl.DataFrame:
    weekly = sums.weekly(logbook, rule, week_starts=week_starts)
    per_group = weekly.total("set_count", "fractional")
    every = np.bincount(
        weekly.place, weekly.rows["set_count"].to_numpy(), minlength=weekly.calendar.height
    )
    numbers = {"sets": np.column_stack([every, per_group])}
    return weeks.spread(weekly.calendar, [ALL, *weekly.shares.groups], numbers)


def compared(
    logbook: Logbook, rule: WorkingRule, deload_pct: float, week_starts: str = "monday"
) -> pl.DataFrame:
    """Return the table of `loading`, as it is before it is rounded."""
    weekly = _weekly(logbook, rule, week_starts)
    series = ["athlete", "muscle"]
    before = pl.col("sets").shift(1).rolling_mean(WEEKS_BEFORE, min_samples=KNOWN_BEFORE)
    is_over = pl.col("week") < pl.col("week").max().over("athlete")
    ratio = pl.when(pl.col("mean_before") > 0).then(100 * pl.col("sets") / pl.col("mean_before"))
    return (
        weekly.select("athlete", "week", "muscle", "sets")
        .with_columns(before.over(series, order_by="week").alias("mean_before"))
        .with_columns(ratio.alias("pct_of_mean"))
        .with_columns(
            pl.when(is_over).then(pl.col("pct_of_mean") <= deload_pct).alias("is_deload")
        )
    )


def _summary_loading(table: pl.DataFrame, deload_pct: float) -> str:
    whole = table.filter(pl.col("muscle") == ALL, pl.col("is_deload").is_not_null())
    if whole.is_empty():
        return f"No week follows {KNOWN_BEFORE} logged weeks, so none can be compared (n = 0)."
    deloads = int(whole["is_deload"].sum())
    middle = whole.select(pl.col("pct_of_mean").median()).item()
    return (
        f"{count(deloads, 'deload week')} (at most {deload_pct:g} % of the 4 weeks before) of "
        f"{count(whole.height, 'week')} compared; the typical week is {number(middle, 0)} % of "
        f"the mean before it{whose(whole['athlete'].unique().to_list())}."
    )


def _draw_loading(table: pd.DataFrame) -> Figure:
    traces, menu = by_athlete(table[table["muscle"] == ALL], _lines)
    return figure(traces, x="", y="Working sets per week", time_axis="x", **menu)


def _lines(rows: pd.DataFrame) -> list[Trace]:
    hover = "week of %{x}: %{y:.0f} sets<extra>%{fullData.name}</extra>"
    return [
        line(rows["week"], rows["sets"], "this week", hover=hover),
        line(rows["week"], rows["mean_before"], "mean of 4 weeks before", series=1, hover=hover),
    ]
