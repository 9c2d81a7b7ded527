"""Training frequency: on how many days of a week a muscle group is trained."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analysis.figures import Trace, bars, by_athlete, figure
from analysis.logbook import Logbook
from analysis.measures import counting, sums, weeks, working
from analysis.measures.slices import Ints
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy
from analysis.say import count, spoken, times, whose

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("0 days", "1 day", "2 days", "3 days", "4 days or more")


def frequency(
    logbook: Logbook, *, rule: WorkingRule | None = None, week_starts: str = "monday"
) -> Result:
    """Count the distinct training days of each muscle group per week.

    Args:
        logbook: the sets and the catalogue.
        rule: which sets are working sets.
        week_starts: weekday that weeks begin on.

    Returns:
        Result whose table has one row per `athlete`, `week` and `muscle`: `direct_days` (days
        with a direct set), `any_days` (days with a direct or an indirect set) and the week's
        `training_days` and `unmapped_sets`; null in a week without any log.
    """
    rule = rule or WorkingRule()
    weekly = sums.weekly(logbook, rule, week_starts=week_starts)
    table = weekly.table(days_of(weekly))
    return Result(
        name="frequency",
        title="Training days per muscle and week",
        table=tidy(table),
        summary=_summary(table),
        draw=_draw,
        notes=(
            *counting.left_out(working.done(logbook, rule), logbook.catalogue),
            *weeks.unknown_note(weekly.calendar),
        ),
        settings={**asdict(rule), "week_starts": week_starts},
    )


def days_of(weekly: sums.Weekly) -> dict[str, Ints]:
    """Return the days of each week with a direct set, and with any: weeks × groups."""
    return {"direct_days": weekly.days("direct"), "any_days": weekly.days("direct", "indirect")}


def _summary(table: pl.DataFrame) -> str:
    logged = table.filter(pl.col("training_days").is_not_null())
    if logged.is_empty():
        return "No week holds a log, so there is no frequency (n = 0)."
    mean = (
        logged.group_by("muscle", maintain_order=True)
        .agg(pl.col("direct_days").mean())
        .sort("direct_days", descending=True, maintain_order=True)
    )
    most, n_weeks = (
        mean.row(0, named=True),
        logged.select(pl.struct("athlete", "week").n_unique()).item(),
    )
    athletes = table["athlete"].unique().to_list()
    named = spoken(most["muscle"]).capitalize()
    return (
        f"{named}: trained directly about {times(most['direct_days'])} a week, more often than "
        f"any other muscle (n = {count(n_weeks, 'week')}{whose(athletes)})."
    )


def _draw(table: pd.DataFrame) -> Figure:
    traces, menu = by_athlete(table[table["training_days"].notna()], _stacked)
    return figure(
        traces,
        x="Share of logged weeks (%)",
        y="",
        barmode="stack",
        height=max(320, 60 + 20 * table["muscle"].nunique()),
        yaxis={"autorange": "reversed", "automargin": True, "tickmode": "linear"},
        **menu,
    )


def _stacked(rows: pd.DataFrame) -> list[Trace]:
    muscle, names = rows["muscle"].factorize()
    most = len(NAMES) - 1
    cell = muscle * len(NAMES) + rows["direct_days"].clip(upper=most).to_numpy().astype(int)
    n_weeks = np.bincount(cell, minlength=len(names) * len(NAMES)).reshape(len(names), -1)
    share = 100 * (n_weeks / n_weeks.sum(axis=1, keepdims=True))
    return [
        bars(
            share[:, days],
            names,
            NAMES[days],
            series=days,
            ordered=True,
            hover="%{y}: %{x:.0f} % of logged weeks<extra>%{fullData.name}</extra>",
            orientation="h",
        )
        for days in range(len(NAMES))
        if n_weeks[:, days].any()
    ]
