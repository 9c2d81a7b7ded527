"""Strength per exercise and day: e1RM by a named formula, its spread, and records."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import polars as pl

from analysis.figures import DASHES, Trace, by_athlete, figure, line
from analysis.logbook import Logbook
from analysis.measures import day_strength, working
from analysis.measures.day_strength import Estimate
from analysis.measures.load import RANKED
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy
from analysis.say import count, number, whose

DRAWN_LIFTS = len(DASHES) + 1
"""Lifts in the figure, those with most days; more lines cannot be told apart."""


def strength(
    logbook: Logbook, *, estimate: Estimate | None = None, rule: WorkingRule | None = None
) -> Result:
    """Estimate strength per exercise and day, and find the records.

    Args:
        logbook: the sets and the catalogue.
        estimate: the e1RM formula, its rep cap and the body mass.
        rule: which sets are working sets.

    Returns:
        Result whose table has one row per `athlete`, `lift` and `day`: the columns of
        `top_sets.top_sets` (loads and e1RM in kg; `e1rm_kg` is of the first top set,
        `best_e1rm_kg` of the best set, which grows with the number of sets), `e1rm_low_kg` and
        `e1rm_high_kg` (least and most over all formulas), `is_e1rm_record`
        and `is_load_record` (above every earlier day; the first day is no record), and
        `rank_as_external` (whether the load may be ranked against other lifts' loads).
    """
    estimate, rule = estimate or Estimate(), rule or WorkingRule()
    tops = day_strength.top_sets(logbook, estimate, rule)
    formulas = list(day_strength.by_formula(estimate).values())
    table = tops.with_columns(
        pl.min_horizontal(formulas).alias("e1rm_low_kg"),
        pl.max_horizontal(formulas).alias("e1rm_high_kg"),
        _record("e1rm_kg").alias("is_e1rm_record"),
        _record("top_load_kg").alias("is_load_record"),
        pl.col("load_basis").is_in(RANKED).alias("rank_as_external"),
    )
    done = working.work(logbook, rule).filter(pl.col("set_count") > 0)
    return Result(
        name="strength",
        title="Estimated strength per exercise",
        table=tidy(table),
        summary=_summary(table, estimate),
        draw=_draw,
        notes=(
            *working.notes(logbook, rule),
            *day_strength.notes(done, tops, estimate),
            *_best_set_note(tops),
            *_spread_note(table),
        ),
        settings={**asdict(estimate), **asdict(rule)},
    )


def _record(name: str) -> pl.Expr:
    lift = ("athlete", "lift")
    before = pl.col(name).cum_max().forward_fill().over(lift).shift(1).over(lift)
    return (pl.col(name) > before * (1 + 1e-9)).fill_null(False)


def _summary(table: pl.DataFrame, estimate: Estimate) -> str:
    ranked = table.filter(pl.col("rank_as_external"), pl.col("e1rm_kg").is_not_null())
    records = int(table["is_e1rm_record"].sum())
    lifts = table.select(pl.struct("athlete", "lift").n_unique()).item() if table.height else 0
    if ranked.is_empty():
        return (
            f"No exercise with an external load gives an e1RM within {estimate.rep_cap:g} "
            f"repetitions (n = {count(lifts, 'exercise')})."
        )
    top = ranked.sort("e1rm_kg", descending=True, maintain_order=True).row(0, named=True)
    return (
        f"Highest estimated 1RM of an external load: {top['lift']}, {number(top['e1rm_kg'])} kg "
        f"by {estimate.formula.capitalize()} ({number(top['e1rm_low_kg'])} to "
        f"{number(top['e1rm_high_kg'])} kg over all formulas); {count(records, 'e1RM record')} "
        f"(n = {count(table.height, 'top set')} of {count(lifts, 'exercise')}"
        f"{whose(table['athlete'].unique().to_list())})."
    )


def _best_set_note(tops: pl.DataFrame) -> tuple[str, ...]:
    several = tops.filter(pl.col("sets") > 1, pl.col("e1rm_kg") > 0)
    if several.is_empty():
        return ()
    above = several.select((100 * (pl.col("best_e1rm_kg") / pl.col("e1rm_kg") - 1)).mean()).item()
    return (
        f"The first top set is used. The best set of the day is {number(above)} % higher on "
        f"average over {count(several.height, 'day')} with several sets of an exercise; part of "
        "that is only that a maximum grows with the number of sets.",
    )


def _spread_note(table: pl.DataFrame) -> tuple[str, ...]:
    spread = 100 * (pl.col("e1rm_high_kg") / pl.col("e1rm_low_kg") - 1)
    median = table.select(spread.median()).item()
    if median is None:
        return ()
    return (f"The formulas differ by {number(median)} % on the median top set.",)


def _draw(table: pd.DataFrame) -> Figure:
    traces, menu = by_athlete(table[table["e1rm_kg"].notna()], _lines)
    return figure(
        traces,
        x="",
        y="Estimated 1RM (kg), first top set",
        time_axis="x",
        load_axis="y",
        **menu,
    )


def _lines(rows: pd.DataFrame) -> list[Trace]:
    most_days = rows["lift"].value_counts().index[:DRAWN_LIFTS]
    hover = "%{x}: %{y:.1f} kg<extra>%{fullData.name}</extra>"
    return [
        line(part["day"], part["e1rm_kg"], str(lift), series=place, hover=hover)
        for place, lift in enumerate(most_days)
        for part in [rows[rows["lift"] == lift]]
    ]
