"""Progression: how fast strength rises, per exercise and per muscle, with intervals that hold.

The outcome is the log e1RM of each day's first top set. An exercise's rate is the slope of a line
through it (`trend`), whose interval allows for drift. A muscle's rate is the mean over the
exercises that train it directly (`pooling`). Changes are taken within an exercise and then
pooled, so that a changing mix of exercises is no change in strength.
"""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import polars as pl

from analysis.figures import Trace, figure, interval_points
from analysis.logbook import Logbook
from analysis.measures import top_sets, working
from analysis.measures.drawing import by_athlete
from analysis.measures.pooling import pool
from analysis.measures.rates import rates
from analysis.measures.top_sets import SERIES_CAP, Estimate
from analysis.measures.words import count, listing, number, spoken, whose
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy

BLOCK_DAYS = 28
"""Rates are per 4 weeks."""


def progression(
    logbook: Logbook,
    *,
    estimate: Estimate | None = None,
    rule: WorkingRule | None = None,
    min_days: int = 8,
    min_span_days: int = 56,
    min_exercises: int = 3,
    level: float = 0.95,
) -> Result:
    """Estimate the rate of strength gain per exercise and per muscle group.

    Args:
        logbook: the sets and the catalogue.
        estimate: the e1RM formula, its rep cap (default 15) and the body mass.
        rule: which sets are working sets.
        min_days: fewest days with an e1RM that give an exercise a rate.
        min_span_days: shortest time from first to last of them.
        min_exercises: fewest exercises that give a muscle group a rate.
        level: probability that an interval holds.

    Returns:
        Result whose table has one row per `athlete`, `scope` ("muscle" or "exercise") and
        `name`: `pct_per_4_weeks` with `low` and `high` (same unit; the ends of the interval),
        `formula_low` and `formula_high` (same unit; an exercise's least and most rate over all
        e1RM formulas),
        `days` (with an e1RM; for a muscle, over its exercises), `span_days`, `exercises` (that
        a muscle's rate is over) and `status` ("ok", "too few days", "too short",
        "too few exercises"; the rate is null unless "ok").
    """
    estimate, rule = estimate or Estimate(rep_cap=SERIES_CAP), rule or WorkingRule()
    tops = top_sets.top_sets(logbook, estimate, rule)
    known = tops.filter(pl.col("e1rm_kg") > 0)
    by_exercise = logbook.once(
        ("rates", estimate, rule, min_days, min_span_days, level),
        lambda: rates(
            known, estimate, min_days=min_days, min_span_days=min_span_days, level=level
        ),
    )
    by_muscle = pool(by_exercise, known, logbook.catalogue, min_exercises, level)
    table = tidy(_in_percent(pl.concat([by_muscle, by_exercise], how="diagonal")))
    done = working.work(logbook, rule).filter(pl.col("set_count") > 0)
    return Result(
        name="progression",
        title="Rate of strength gain",
        table=table,
        summary=_summary(table, level),
        draw=_draw,
        notes=(
            *_short_notes(table, min_days, min_span_days, min_exercises),
            *top_sets.notes(done, tops, estimate),
            *_formula_note(table),
            "A rate describes this log: what else changed with time (technique, body mass, "
            "machines) is in it.",
        ),
        settings={
            **asdict(estimate),
            **asdict(rule),
            "min_days": min_days,
            "min_span_days": min_span_days,
            "min_exercises": min_exercises,
            "level": level,
        },
    )


def _in_percent(slopes: pl.DataFrame) -> pl.DataFrame:
    ends = {
        "pct_per_4_weeks": "slope",
        "low": "slope_low",
        "high": "slope_high",
        "formula_low": "formula_low",
        "formula_high": "formula_high",
    }
    return slopes.with_columns(
        (100 * ((BLOCK_DAYS * pl.col(source)).exp() - 1)).alias(name)
        for name, source in ends.items()
    ).select("athlete", "scope", "name", *ends, "days", "span_days", "exercises", "status")


def _summary(table: pd.DataFrame, level: float) -> str:
    ok = table[table["status"] == "ok"].assign(width=lambda rows: rows["high"] - rows["low"])
    for scope in ("muscle", "exercise"):
        part = ok[ok["scope"] == scope].sort_values("width", kind="stable")
        if len(part):
            clear = int(((part["low"] > 0) | (part["high"] < 0)).sum())
            sure = part.iloc[0]
            return (
                f"Best known {scope}: {spoken(sure['name'])}, "
                f"{sure['pct_per_4_weeks']:+.1f} % per 4 weeks ({100 * level:g} % interval "
                f"{sure['low']:+.1f} to {sure['high']:+.1f} %, "
                f"n = {count(int(sure['days']), 'day')}); {clear:,} of {count(len(part), scope)} "
                f"differ from no change{whose(list(part['athlete'].unique()))}."
            )
    return f"No exercise has enough days for a rate (n = {count(len(table), 'exercise')})."


def _short_notes(
    table: pd.DataFrame, min_days: int, min_span: int, min_exercises: int
) -> list[str]:
    reasons = {
        "too few days": f"fewer than {min_days} days with an e1RM",
        "too short": f"less than {min_span} days from first to last",
        "too few exercises": f"fewer than {min_exercises} exercises with a rate of their own",
    }
    sentences = []
    for status, reason in reasons.items():
        short = table[table["status"] == status]
        if len(short):
            column = "exercises" if status == "too few exercises" else "days"
            names = listing(
                {str(k): int(v) for k, v in short.groupby("name")[column].sum().items()}
            )
            sentences.append(f"No rate, {reason}: {number(len(short), 0)} – {names} ({column}).")
    return sentences


def _formula_note(table: pd.DataFrame) -> list[str]:
    spread = (table["formula_high"] - table["formula_low"]).dropna()
    if spread.empty:
        return []
    return [
        f"Another e1RM formula would move the median exercise's rate by up to "
        f"{number(spread.median(), 2)} points (% per 4 weeks; n = "
        f"{count(len(spread), 'exercise')})."
    ]


def _draw(table: pd.DataFrame) -> Figure:
    ok = table[table["status"] == "ok"]
    traces, menu = by_athlete(ok, _forest)
    rows = int(ok.groupby("athlete")["name"].size().max()) if len(ok) else 1
    return figure(
        traces,
        x="Rate (% per 4 weeks)",
        y="",
        height=max(320, 80 + 20 * rows),
        yaxis={"autorange": "reversed", "automargin": True, "type": "category", "dtick": 1},
        **menu,
    )


def _forest(rows: pd.DataFrame) -> list[Trace]:
    hover = "%{y}: %{x:+.1f} % per 4 weeks<extra></extra>"
    return [
        interval_points(
            part["pct_per_4_weeks"],
            list(part["name"]),
            part["low"],
            part["high"],
            f"{kind}s",
            series=place,
            hover=hover,
        )
        for place, (kind, part) in enumerate(rows.groupby("scope", sort=False))
    ]
