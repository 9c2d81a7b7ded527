"""`strength` and `shifts`: what changed, and where a lift's level jumped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from analysis.figures import Trace, by_athlete, figure, interval_points
from analysis.logbook import Logbook
from analysis.measures import day_strength, working
from analysis.measures.day_strength import E1rmRule
from analysis.measures.working import WorkingRule
from analysis.models.strength import sentences, verdicts
from analysis.models.strength.known import (
    Known,
    as_days,
    days_off,
    first_member,
    known,
    lifter_days_off,
    records,
)
from analysis.models.strength.lifts import Lifts
from analysis.models.strength.population import Population, published
from analysis.models.strength.regimes import Floats, Ints
from analysis.models.strength.verdicts import Changes
from analysis.notes import Note
from analysis.result import DECIMALS, Figure, Result
from analysis.say import count, whose

COLUMNS = (
    "athlete", "scope", "name", "horizon_days", "since", "change_pct", "low_pct", "high_pct",
    "p_up", "p_within_10", "verdict", "best_block", "below_best_pct", "lifts", "days", "shifts",
)  # fmt: skip
WHOLE = "all lifts"
"""Name of the lifter's own row."""
SHIFT_COLUMNS = ("athlete", "lift", "day", "kind", "change_pct", "days_off", "lifter_days_off")


def strength(
    logbook: Logbook,
    *,
    population: Population | None = None,
    estimate: E1rmRule | None = None,
    rule: WorkingRule | None = None,
) -> Result:
    """Say what changed, per lift, per muscle and for the lifter, since when, and how sure.

    A muscle's change is the mean change of the lifter's own lifts that train it directly and were
    trained in the last 28 days; a lifter's is that of all such lifts. The horizon is the shortest
    of 8, 13, 26, 52 weeks (not 52 for the lifter) or the whole log that is decided. Where a
    lift's level jumped, no change is claimed across that day (`shifts`).

    Args:
        logbook: the sets and the catalogue.
        population: how lifts behave in general; the published numbers when not given.
        estimate: the e1RM formula, its repetition cap and the body mass.
        rule: which sets are working sets.

    Returns:
        Result whose table has one row per `athlete`, `scope` ("lifter", "muscle", "lift") and
        `name`: `horizon_days` and `since` (the day it counts from), `change_pct` with `low_pct`
        and `high_pct` (95 % interval), `p_up` (probability of a rise), `p_within_10` (that the
        change is within 10 % either way), `verdict` ("up" and "down" from a probability of 0.95,
        "probably up" and "probably down" from 0.90; else "no large change" where 0.95 probable;
        else "open"; "none" for too short a log, or a lift not trained in the last 28 days, only
        once in 56, or with days that differ by more than 20 %),
        `best_block` (first day of a lift's best 28 days since its last step), `below_best_pct`
        (how far the last 28 days are below it: 0 within 3 %, null where it cannot be told),
        `lifts` (in the mean), `days` (with an e1RM) and `shifts` (steps found).
    """
    estimate, rule = estimate or E1rmRule(), rule or WorkingRule()
    numbers = population or published()
    key = ("strength told", id(logbook.catalogue), numbers.key, estimate, rule)
    return logbook.once(key, lambda: _told(logbook, numbers, estimate, rule))


def _told(
    logbook: Logbook, population: Population, estimate: E1rmRule, rule: WorkingRule
) -> Result:
    what = known(logbook, population, estimate, rule)
    table = pd.concat([_lifters(what), _muscles(what), alone(what)], ignore_index=True)
    table = table.sort_values("athlete", kind="stable", ignore_index=True)
    numbers = table.select_dtypes("float").columns
    table[numbers] = table[numbers].round(DECIMALS)
    return Result(
        name="strength",
        title="What changed in strength",
        table=table[list(COLUMNS)],
        summary=_summary(table),
        draw=_draw,
        notes=_notes(what, logbook, estimate, rule),
        settings={**asdict(estimate), **asdict(rule), **_settings(population)},
    )


def _settings(population: Population) -> dict[str, Any]:
    names = ("drift_per_year", "hidden_steps", "doubt", "lift_scale", "shared_muscle",
             "shared_lifter", "shared_return")  # fmt: skip
    return {name: getattr(population, name) for name in names}


def _verdict_columns(
    told: Changes, end: Floats, least: float = verdicts.DECIDED
) -> dict[str, Any]:
    """Return the columns of a verdict; `end` is the last day of each unit."""
    judged = verdicts.judge(told, least=least)
    units, horizon = np.arange(told.mean.shape[1]), judged.horizon
    some = horizon >= 0

    def at(values: Floats) -> Floats:
        return np.where(some, values[horizon, units], np.nan) if len(units) else np.empty(0)

    mean, sd, days = at(told.mean), at(told.sd), at(told.days)
    return {
        "horizon_days": days,
        "since": as_days(end - days),
        "change_pct": 100 * np.expm1(mean),
        "low_pct": 100 * np.expm1(mean - 1.96 * sd),
        "high_pct": 100 * np.expm1(mean + 1.96 * sd),
        "p_up": at(told.p_up),
        "p_within_10": at(told.p_within),
        "verdict": judged.verdict.astype(object),
        "lifts": at(told.lifts.astype(float)),
    }


def _lifters(what: Known) -> pd.DataFrame:
    units = what.lifts.units[1]
    return pd.DataFrame(
        {
            "athlete": what.lifts.athletes,
            "scope": "lifter",
            "name": WHOLE,
            **_verdict_columns(what.told[2], what.lifts.end[first_member(units)]),
            **_totals(what, units),
        }
    )


def _muscles(what: Known) -> pd.DataFrame:
    units = what.lifts.units[0]
    return pd.DataFrame(
        {
            "athlete": what.lifts.muscles["athlete"],
            "scope": "muscle",
            "name": what.lifts.muscles["muscle"],
            **_verdict_columns(what.told[1], what.lifts.end[first_member(units)]),
            **_totals(what, units),
        }
    )


def _totals(what: Known, units: verdicts.Units) -> dict[str, Any]:
    days, steps = _days_and_steps(what)
    return {
        "best_block": np.full(units.count, np.datetime64("NaT", "s"), "datetime64[s]"),
        "below_best_pct": np.nan,
        "days": np.bincount(units.unit, days[units.lift], minlength=units.count).astype(int),
        "shifts": np.bincount(units.unit, steps[units.lift], minlength=units.count).astype(int),
    }


def _days_and_steps(what: Known) -> tuple[Ints, Ints]:
    lift, count_ = what.lifts.series.lift, what.lifts.series.lifts
    steps = np.bincount(lift, what.repairs.step, minlength=count_)
    return np.bincount(lift, minlength=count_), steps.astype(np.int64)


def alone(what: Known, least: float = verdicts.DECIDED) -> pd.DataFrame:
    """Return the rows of single lifts, decided at `least`."""
    lifts = what.lifts
    best_day, below = verdicts.best_blocks(lifts.series, what.repairs)
    current = verdicts.is_current(lifts.series, what.repairs, lifts.end)
    days, steps = _days_and_steps(what)
    return pd.DataFrame(
        {
            "athlete": lifts.table["athlete"],
            "scope": "lift",
            "name": lifts.table["lift"],
            **_verdict_columns(what.told[0], lifts.end, least),
            "best_block": as_days(np.where(current, best_day, np.nan)),
            "below_best_pct": np.where(current, -100 * np.expm1(-below), np.nan),
            "days": days.astype(int),
            "shifts": steps.astype(int),
        }
    )


def _summary(table: pd.DataFrame) -> str:
    if table.empty:
        return "Too little log to say how strength changed: no exercise on six days or more."
    own = records(table[table["scope"] == "lifter"])
    if len(own) == 1:
        return sentences.of_row(own[0])
    words = pd.Series([row["verdict"] for row in own]).value_counts()
    told = ", ".join(f"{n} {word}" for word, n in words.items())
    return f"Strength of {count(len(own), 'athlete')}: {told}."


def _notes(
    what: Known, logbook: Logbook, estimate: E1rmRule, rule: WorkingRule
) -> tuple[Note | str, ...]:
    lifts, series = what.lifts, what.lifts.series
    current = verdicts.is_current(series, what.repairs, lifts.end)
    done = working.done(logbook, rule).filter(pl.col("set_count") > 0)
    facts = {"fewest": verdicts.FEWEST_DAYS, "names": ", ".join(what.unknown)}
    counted = (
        ("lifts not current", int(np.sum(~current)),
         "{n:lift} not trained lately, or too erratic, are no part of a mean."),
        ("lifts too short", lifts.short, "{n:lift} on fewer than {fewest} days stay out."),
        ("steps", int(what.repairs.step.sum()),
         "{n:step} of a lift's level count as another machine, another way of logging or a "
         "return, not as strength. If one is wrong, say so in liftdose.toml: [strength] "
         'same_machine = ["Lift"], or new_machine_from = {{ "Lift" = 2026-05-03 }}.'),
        ("odd days", int(what.repairs.odd.sum()),
         "{n:odd day} are ignored: light days or typing errors."),
        ("unknown lifts", len(what.unknown),
         "liftdose.toml names lifts that the log has not: {names}."),
    )  # fmt: skip
    return (
        *(Note(kind, count=n, facts=facts, sentence=said) for kind, n, said in counted if n),
        *day_strength.notes(done, day_strength.top_sets(logbook, estimate, rule), estimate),
        "Strength is estimated from sets, not tested, and a slightly different machine looks "
        "like strength.",
    )


FAR = 4.0
"""Ends this many times the middle one run off the chart; the table holds them."""


def _draw(table: pd.DataFrame) -> Figure:
    shown = table[(table["scope"] != "lift") & table["change_pct"].notna()]
    traces, menu = by_athlete(shown, _forest)
    rows = int(shown.groupby("athlete").size().max()) if len(shown) else 1
    drawn = figure(traces, x="Change (%), each over its own time", y="", **menu)
    drawn["layout"] |= {"height": 110 + 26 * rows, "showlegend": False}
    drawn["layout"]["xaxis"] |= {"zeroline": True, "zerolinewidth": 2}
    drawn["layout"]["yaxis"] |= {"autorange": "reversed", "type": "category", "dtick": 1}
    ends = shown[["low_pct", "high_pct"]].abs().to_numpy()
    if len(ends) and ends.max() > (most := FAR * float(np.median(ends))):
        drawn["layout"]["xaxis"]["range"] = [-most, most]
    return drawn


def _forest(rows: pd.DataFrame) -> list[Trace]:
    ordered = rows.sort_values(["scope", "change_pct"], ascending=[True, False], kind="stable")
    said = [sentences.horizon(row) for row in records(ordered)]
    return [
        interval_points(
            ordered["change_pct"],
            ordered["name"].tolist(),
            ordered["low_pct"],
            ordered["high_pct"],
            "change with 95 % interval",
            hover="%{y}: %{x:+.1f} % %{customdata}<extra></extra>",
        )
        | {"customdata": said}
    ]


def shifts(logbook: Logbook, *, odd_days: bool = False) -> Result:
    """Say where a lift's logged level jumped, by how much, and which kind of jump it is.

    Args:
        logbook: the sets and the catalogue.
        odd_days: whether single days that are ignored get a row too.

    Returns:
        Result whose table has one row per step, newest first: `athlete`, `lift`, `day` (the first
        at the new level), `kind` ("doubled", "halved": the load, exactly; "return": after 56 days
        without the lift or 28 without training; "told": the user says so; "other": another
        machine or style; "odd day"), `change_pct` (medians of up to four days before and after),
        `days_off` (since the lift was last trained), `lifter_days_off` (longest time without any
        training since then).
    """
    key = ("shifts", id(logbook.catalogue), odd_days)
    return logbook.once(key, lambda: _shifts(known(logbook), odd_days=odd_days))


def _shifts(what: Known, *, odd_days: bool) -> Result:
    table = shift_rows(what, odd_days=odd_days)
    steps = table[table["kind"] != "odd day"]
    return Result(
        name="shifts",
        title="Where a level jumped",
        table=table,
        summary=(
            f"{count(len(steps), 'step')} in {count(steps['lift'].nunique(), 'exercise')}"
            f"{whose(steps['athlete'].unique().tolist())}; no change of strength is claimed "
            "across one."
        ),
        notes=(
            Note(
                "odd days",
                count=int(what.repairs.odd.sum()),
                sentence="{n:odd day} ignored: far from the days before and after, mostly light "
                "days or typing errors.",
            ),
        ),
    )


def shift_rows(what: Known, *, odd_days: bool) -> pd.DataFrame:
    """Return the table of `shifts`."""
    lifts, repairs = what.lifts, what.repairs
    rows = np.flatnonzero(repairs.step | (repairs.odd & odd_days))
    names = lifts.table.iloc[lifts.series.lift[rows]]
    table = pd.DataFrame(
        {
            "athlete": names["athlete"].to_numpy(),
            "lift": names["lift"].to_numpy(),
            "day": as_days(lifts.series.day[rows]),
            "kind": [what.kinds[row] for row in rows],
            "change_pct": np.round(100 * np.expm1(repairs.size[rows]), DECIMALS),
            "days_off": [_off(days_off, lifts, row) for row in rows.tolist()],
            "lifter_days_off": [_off(lifter_days_off, lifts, row) for row in rows.tolist()],
        },
        columns=list(SHIFT_COLUMNS),
    )
    table.loc[table["kind"] == "odd day", "change_pct"] = np.nan
    return table.sort_values(["athlete", "day", "lift"], ascending=[True, False, True],
                             ignore_index=True)  # fmt: skip


def _off(days: Callable[[Lifts, int], int], lifts: Lifts, row: int) -> int:
    """Return the days off before a row, 0 on a lift's first day, which may be an odd one."""
    return 0 if row in lifts.series.first else days(lifts, row)
