"""`strength`, `shifts`, `forecast`, `history`: what a logbook says of strength over time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from analysis.figures import Trace, band, by_athlete, figure, interval_points, line
from analysis.logbook import Logbook, Machines
from analysis.measures import working
from analysis.measures import day_strength
from analysis.measures.day_strength import Estimate
from analysis.measures.e1rm import e1rm as e1rm_of
from analysis.measures.working import WorkingRule
from analysis.models.strength import forecast as ahead
from analysis.models.strength import sentences, verdicts
from analysis.models.strength.lifts import Lifts, gather
from analysis.models.strength.population import Population, published
from analysis.models.strength.shifts import Flags, Floats, Ints, Repairs, find
from analysis.models.strength.verdicts import Changes
from analysis.result import DECIMALS, Figure, Result
from analysis.say import count, whose

COLUMNS = (
    "athlete", "scope", "name", "horizon_days", "since", "change_pct", "low_pct", "high_pct",
    "p_up", "p_within_10", "verdict", "best_block", "below_best_pct", "lifts", "days", "shifts",
)  # fmt: skip
WHOLE = "all lifts"
"""Name of the lifter's own row."""
SHIFT_COLUMNS = ("athlete", "lift", "day", "kind", "change_pct", "days_off", "lifter_days_off")
RESUMED_DAYS, AWAY_DAYS = 56, 28
"""A step after so many days without the lift, or without any training, is a return."""
EXACT = 0.01
"""A load is doubled or halved exactly within this (log units)."""
LEADS, LATELY_DAYS = 3, 56.0
"""Lifts to lead with: those of most days in so many last days."""
FORECAST_DAYS = (7, 28, 56)
"""Days after the last training day that are forecast."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known of the strength in a logbook.

    Attributes:
        lifts: the lifts and their days.
        repairs: their steps and odd days.
        told: changes of lifts, muscles, lifters.
        kinds: per row of the days, which kind of step begins there; "" for none.
        unknown: names in `liftdose.toml` that no lift has.
    """

    lifts: Lifts
    repairs: Repairs
    told: tuple[Changes, Changes, Changes]
    kinds: list[str]
    unknown: tuple[str, ...]


def known(
    logbook: Logbook,
    population: Population | None = None,
    estimate: Estimate | None = None,
    rule: WorkingRule | None = None,
) -> Known:
    """Return what is known of the strength in a logbook; worked out once."""
    estimate, rule = estimate or Estimate(), rule or WorkingRule()
    numbers = population or published()
    return logbook.once(
        ("strength", id(population) if population else None, estimate, rule),
        lambda: _known(logbook, numbers, estimate, rule),
    )


def _known(
    logbook: Logbook, population: Population, estimate: Estimate, rule: WorkingRule
) -> Known:
    lifts = gather(logbook, population, estimate=estimate, rule=rule)
    kept, begun, unknown = _overruled(lifts, logbook.machines)
    repairs = find(lifts.series, kept=kept, told=begun)
    told = verdicts.changes(lifts.series, repairs, population, lifts.units, end=lifts.end)
    alone, muscles, lifters = told
    return Known(lifts, repairs, (alone, muscles, lifters), _kinds(lifts, repairs, begun), unknown)


def _overruled(
    lifts: Lifts, machines: dict[str, Machines] | Any
) -> tuple[Flags, Flags, tuple[str, ...]]:
    """Return which lifts are one machine all along, and on which rows another begins."""
    series = lifts.series
    kept, begun = np.zeros(series.lifts, bool), np.zeros(len(series.lift), bool)
    names = lifts.table["lift"].str.casefold()
    unknown = []
    for athlete, said in machines.items():
        own = (lifts.table["athlete"] == athlete).to_numpy()
        for name in said.same:
            mine = own & (names == name.casefold()).to_numpy()
            kept |= mine
            unknown += [] if mine.any() else [name]
        for name, day in said.new_from:
            mine = own & (names == name.casefold()).to_numpy()
            unknown += [] if mine.any() else [name]
            from_day = (day - date(1970, 1, 1)).days
            for lift in np.flatnonzero(mine):
                rows = np.flatnonzero((series.lift == lift) & (series.day >= from_day))
                begun[rows[:1]] = True
    return kept, begun, tuple(dict.fromkeys(unknown))


def _kinds(lifts: Lifts, repairs: Repairs, begun: Flags) -> list[str]:
    """Return the kind of step that begins on each row: a word of `sentences.SHIFTS`, or ""."""
    kinds = np.where(repairs.odd, "odd day", "").astype(object)
    for row in np.flatnonzero(repairs.step):
        load = lifts.load[row] - lifts.load[row - 1]
        if begun[row]:
            kinds[row] = "told"
        elif abs(abs(load) - np.log(2)) <= EXACT:
            kinds[row] = "doubled" if load > 0 else "halved"
        elif days_off(lifts, row) >= RESUMED_DAYS or lifter_days_off(lifts, row) >= AWAY_DAYS:
            kinds[row] = "return"
        else:
            kinds[row] = "other"
    return [str(kind) for kind in kinds]


def days_off(lifts: Lifts, row: int) -> int:
    """Return the days since the lift was last trained."""
    return int(lifts.series.day[row] - lifts.series.day[row - 1])


def lifter_days_off(lifts: Lifts, row: int) -> int:
    """Return the longest time without any training since the lift was last trained."""
    person = lifts.units[1].unit[lifts.series.lift[row]]
    days = lifts.training[person]
    between = days[(days >= lifts.series.day[row - 1]) & (days <= lifts.series.day[row])]
    return int(np.diff(between).max(initial=0))


def strength(
    logbook: Logbook,
    *,
    population: Population | None = None,
    estimate: Estimate | None = None,
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
        else "open"; "none" for a lift not trained in the last 28 days or too short a log),
        `best_block` (first day of a lift's best 28 days since its last step), `below_best_pct`
        (how far the last 28 days are below it: 0 within 3 %, null where it cannot be told),
        `lifts` (in the mean), `days` (with an e1RM) and `shifts` (steps found).
    """
    what = known(logbook, population, estimate, rule)
    table = pd.concat([_lifters(what), _muscles(what), _alone(what)], ignore_index=True)
    table = table.sort_values("athlete", kind="stable", ignore_index=True)
    numbers = table.select_dtypes("float").columns
    table[numbers] = table[numbers].round(DECIMALS)
    return Result(
        name="strength",
        title="What changed in strength",
        table=table[list(COLUMNS)],
        summary=_summary(table),
        draw=_draw,
        notes=_notes(what, logbook, estimate or Estimate(), rule or WorkingRule()),
        settings={
            **asdict(estimate or Estimate()),
            **asdict(rule or WorkingRule()),
            **_settings(population or published()),
        },
    )


def _settings(population: Population) -> dict[str, Any]:
    names = ("drift_per_year", "hidden_steps", "doubt", "lift_scale", "shared_muscle",
             "shared_lifter")  # fmt: skip
    return {name: getattr(population, name) for name in names}


def _verdict_columns(told: Changes, end: Floats, least: float = verdicts.DECIDED) -> dict[str, Any]:
    """Return the columns of a verdict; `end` is the last day of each unit."""
    judged = verdicts.judge(told, least=least)
    units, horizon = np.arange(told.mean.shape[1]), judged.horizon
    some = horizon >= 0

    def at(values: Floats) -> Floats:
        return np.where(some, values[horizon, units], np.nan) if len(units) else np.empty(0)

    mean, sd, days = at(told.mean), at(told.sd), at(told.days)
    return {
        "horizon_days": days,
        "since": _as_days(end - days),
        "change_pct": 100 * np.expm1(mean),
        "low_pct": 100 * np.expm1(mean - 1.96 * sd),
        "high_pct": 100 * np.expm1(mean + 1.96 * sd),
        "p_up": at(told.p_up),
        "p_within_10": at(told.p_within),
        "verdict": judged.verdict.astype(object),
        "lifts": at(told.lifts.astype(float)),
    }


def _as_days(days: Floats) -> Any:
    whole = np.where(np.isnan(days), np.datetime64("NaT"), np.nan_to_num(days).astype("M8[D]"))
    return whole.astype("datetime64[s]")


def _lifters(what: Known) -> pd.DataFrame:
    units = what.lifts.units[1]
    return pd.DataFrame(
        {
            "athlete": what.lifts.athletes,
            "scope": "lifter",
            "name": WHOLE,
            **_verdict_columns(what.told[2], what.lifts.end[_first_member(units)]),
            **_totals(what, units),
        }
    )


def _muscles(what: Known) -> pd.DataFrame:
    units = what.lifts.units[0]
    return pd.DataFrame(
        {
            "athlete": what.lifts.muscles["athlete"],
            "scope": "muscle",
            "name": what.lifts.muscles["group"],
            **_verdict_columns(what.told[1], what.lifts.end[_first_member(units)]),
            **_totals(what, units),
        }
    )


def _first_member(units: verdicts.Units) -> Ints:
    members: Ints = units.lift[np.searchsorted(units.unit, np.arange(units.count))]
    return members


def _totals(what: Known, units: verdicts.Units) -> dict[str, Any]:
    days, steps = _days_and_steps(what)
    return {
        "best_block": np.full(units.count, np.datetime64("NaT"), "datetime64[s]"),
        "below_best_pct": np.nan,
        "days": np.bincount(units.unit, days[units.lift], minlength=units.count).astype(int),
        "shifts": np.bincount(units.unit, steps[units.lift], minlength=units.count).astype(int),
    }


def _days_and_steps(what: Known) -> tuple[Ints, Ints]:
    lift, count_ = what.lifts.series.lift, what.lifts.series.lifts
    steps = np.bincount(lift, what.repairs.step, minlength=count_)
    return np.bincount(lift, minlength=count_), steps.astype(np.int64)


def _alone(what: Known, least: float = verdicts.DECIDED) -> pd.DataFrame:
    lifts = what.lifts
    best_day, below = verdicts.best_blocks(lifts.series, what.repairs)
    current = lifts.series.day[lifts.series.last] >= lifts.end - verdicts.RECENT
    days, steps = _days_and_steps(what)
    return pd.DataFrame(
        {
            "athlete": lifts.table["athlete"],
            "scope": "lift",
            "name": lifts.table["lift"],
            **_verdict_columns(what.told[0], lifts.end, least),
            "best_block": _as_days(np.where(current, best_day, np.nan)),
            "below_best_pct": np.where(current, -100 * np.expm1(-below), np.nan),
            "days": days.astype(int),
            "shifts": steps.astype(int),
        }
    )


def leading(logbook: Logbook) -> pd.DataFrame:
    """Return the lifts to lead with: rows of `strength` decided at 0.975, of the lifts that were
    trained on most days of the last eight weeks, three an athlete."""
    what = known(logbook)
    lift, day = what.lifts.series.lift, what.lifts.series.day
    lately = np.bincount(
        lift, day > what.lifts.end[lift] - LATELY_DAYS, minlength=what.lifts.series.lifts
    )
    rows = _alone(what, verdicts.LEADING).assign(lately=lately)
    rows = rows.sort_values("lately", ascending=False, kind="stable")
    decided = rows["verdict"].isin([verdicts.UP, verdicts.DOWN])
    leads = rows[decided].groupby("athlete", sort=False).head(LEADS)
    return leads.sort_values("athlete", kind="stable")[list(COLUMNS)].reset_index(drop=True)


def _summary(table: pd.DataFrame) -> str:
    if table.empty:
        return "Too little log to say how strength changed: no exercise on six days or more."
    own = table[table["scope"] == "lifter"].to_dict("records")
    if len(own) == 1:
        return sentences.of_row(own[0])
    words = pd.Series([row["verdict"] for row in own]).value_counts()
    told = ", ".join(f"{n} {word}" for word, n in words.items())
    return f"Strength of {count(len(own), 'athlete')}: {told}."


def _notes(
    what: Known, logbook: Logbook, estimate: Estimate, rule: WorkingRule
) -> tuple[str, ...]:
    lifts, series = what.lifts, what.lifts.series
    current = series.day[series.last] >= lifts.end - verdicts.RECENT if series.lifts else np.array([])
    done = working.work(logbook, rule).filter(pl.col("set_count") > 0)
    notes = [
        f"{count(int((~current.astype(bool)).sum()), 'lift')} not trained in the last 28 days of "
        "the log are no part of a mean.",
        f"{count(lifts.short, 'lift')} on fewer than {verdicts.FEWEST_DAYS} days are left out.",
        f"{count(int(what.repairs.step.sum()), 'step')} of a lift's level count as another "
        "machine, another way of logging or a return, not as strength; "
        f"{count(int(what.repairs.odd.sum()), 'odd day')} are ignored. If one is wrong, say so in "
        'liftdose.toml: [strength] same_machine = ["Lift"], or new_machine_from = '
        '{ "Lift" = 2026-05-03 }.',
        *day_strength.notes(done, day_strength.top_sets(logbook, estimate, rule), estimate),
        "Strength is estimated from sets, not tested, and a slightly different machine looks "
        "like strength.",
    ]
    if what.unknown:
        notes.append(f"liftdose.toml names lifts that the log has not: {', '.join(what.unknown)}.")
    return tuple(note for note in notes if not note.startswith("0 "))


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
    said = [sentences.horizon(row) for row in ordered.to_dict("records")]
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
    what = known(logbook)
    table = _shift_rows(what, odd_days=odd_days)
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
            f"{count(int(what.repairs.odd.sum()), 'odd day')} are ignored: far from the days "
            "before and after, mostly light days or typing errors.",
        ),
    )


def _shift_rows(what: Known, *, odd_days: bool) -> pd.DataFrame:
    lifts, repairs = what.lifts, what.repairs
    rows = np.flatnonzero(repairs.step | (repairs.odd & odd_days))
    names = lifts.table.iloc[lifts.series.lift[rows]]
    first = np.isin(rows, lifts.series.first)
    table = pd.DataFrame(
        {
            "athlete": names["athlete"].to_numpy(),
            "lift": names["lift"].to_numpy(),
            "day": _as_days(lifts.series.day[rows]),
            "kind": [what.kinds[row] for row in rows],
            "change_pct": np.round(100 * np.expm1(repairs.size[rows]), DECIMALS),
            "days_off": [0 if new else days_off(lifts, row) for row, new in zip(rows, first, strict=True)],
            "lifter_days_off": [
                0 if new else lifter_days_off(lifts, row)
                for row, new in zip(rows, first, strict=True)
            ],
        },
        columns=list(SHIFT_COLUMNS),
    )
    table.loc[table["kind"] == "odd day", "change_pct"] = np.nan
    return table.sort_values(["athlete", "day", "lift"], ascending=[True, False, True],
                             ignore_index=True)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page says of strength first; sentences are made by `sentences`.

    Attributes:
        lifter: the lifter's row of `strength`, None with too little log.
        leads: the lifts to lead with (`leading`).
        muscles: rows of `strength`, decided first.
        at_best: current lifts at their best block, most days first.
        below_best: current lifts below it.
        shifts: steps of the last half year (`shifts`).
        break_days: length of the last break of 28 days or more that ended in the last half year.
    """

    lifter: dict[str, Any] | None
    leads: list[dict[str, Any]]
    muscles: list[dict[str, Any]]
    at_best: list[dict[str, Any]]
    below_best: list[dict[str, Any]]
    shifts: list[dict[str, Any]]
    break_days: int


HALF_YEAR = 182.0


def facts(logbook: Logbook) -> Facts:
    """Return what a page of one athlete says of strength first."""
    what, table = known(logbook), strength(logbook).table
    if table.empty:
        return Facts(None, [], [], [], [], [], 0)
    by_scope = {str(scope): rows.to_dict("records") for scope, rows in table.groupby("scope")}
    order = {word: place for place, word in enumerate(sentences.VERDICTS)}
    muscles = sorted(
        by_scope.get("muscle", []),
        key=lambda row: (order[row["verdict"]], -max(row["p_up"], 1 - row["p_up"])),
    )
    current = sorted(by_scope["lift"], key=lambda row: -row["days"])
    end = what.lifts.end.max()
    steps = _shift_rows(what, odd_days=False)
    recent = steps[steps["day"] > pd.Timestamp(_as_days(np.array([end - HALF_YEAR]))[0])]
    days = what.lifts.training[0]
    gaps = np.diff(days)
    breaks = gaps[(gaps >= AWAY_DAYS) & (days[1:] > end - HALF_YEAR)]
    return Facts(
        by_scope["lifter"][0],
        leading(logbook).to_dict("records"),
        [row for row in muscles if row["verdict"] != verdicts.NONE],
        [row for row in current if row["below_best_pct"] == 0],
        [row for row in current if row["below_best_pct"] > 0],
        recent.to_dict("records"),
        int(breaks[-1]) if len(breaks) else 0,
    )


def history(logbook: Logbook) -> pd.DataFrame:
    """Return the line behind the verdicts of each muscle: strength then, beside today's.

    The same mean change of the lifter's own recent lifts as the verdict, from each of up to sixty
    days to the last: at eight weeks back the band is the verdict's own interval.

    Returns:
        One row per `athlete`, `group` and `day`: `index` (100 is the last training day), `low`
        and `high` (95 % band), `lifts` (that reach back so far).
    """
    return logbook.once(("strength history",), lambda: _history(known(logbook)))


POINTS = 60


def _history(what: Known) -> pd.DataFrame:
    lifts = what.lifts
    units = lifts.units[0]
    if not units.count:
        return pd.DataFrame(columns=["athlete", "group", "day", "index", "low", "high", "lifts"])
    told, back = verdicts.through_time(
        lifts.series, what.repairs, published(), units, end=lifts.end, points=POINTS
    )
    place, unit = np.nonzero(~np.isnan(told.mean))
    mean, sd = told.mean[place, unit], told.sd[place, unit]
    end = lifts.end[_first_member(units)][unit]
    table = pd.DataFrame(
        {
            "athlete": lifts.muscles["athlete"].to_numpy()[unit],
            "group": lifts.muscles["group"].to_numpy()[unit],
            "day": _as_days(end - back[place]),
            "index": 100 * np.exp(-mean),
            "low": 100 * np.exp(-mean - 1.96 * sd),
            "high": 100 * np.exp(-mean + 1.96 * sd),
            "lifts": told.lifts[place, unit],
        }
    )
    ends = ["index", "low", "high"]
    table[ends] = table[ends].round(DECIMALS)
    return table.sort_values(["athlete", "group", "day"], kind="stable", ignore_index=True)


# The next top set of each current lift.


def forecast(
    logbook: Logbook, *, population: Population | None = None, estimate: Estimate | None = None
) -> Result:
    """Forecast the top set of each current lift, one, four and eight weeks ahead.

    From the days as logged, light days and old stations included, because these come again.

    Returns:
        Result whose table has one row per `athlete`, `exercise`, `horizon_days` (after the last
        training day; `day` is the date) and `quantity`: "e1rm" (`reps` 1), and "load" at the
        lift's usual repetitions (`reps`): `low_95_kg`, `low_80_kg`, `low_50_kg`, `middle_kg`,
        `high_50_kg`, `high_80_kg`, `high_95_kg`, the ends of the ranges that hold the next top
        set with 50, 80 and 95 % probability.
    """
    numbers, settings = population or published(), estimate or Estimate()
    what = known(logbook, population, estimate)
    lifts, series = what.lifts, what.lifts.series
    current = np.flatnonzero(series.day[series.last] >= lifts.end - verdicts.RECENT)
    parts = []
    for horizon in FORECAST_DAYS if len(current) else ():
        mean, sd = ahead.ahead(series, numbers, lifts.end + horizon)
        e1rm_kg = np.exp(ahead.quantiles(mean, sd, numbers))[current]
        reps, per_load = _usual(lifts, current, settings)
        for quantity, of, values in (
            ("e1rm", np.ones(len(current)), e1rm_kg),
            ("load", reps, e1rm_kg / per_load[:, None]),
        ):
            names = lifts.table.iloc[current]
            rows = pd.DataFrame(values, columns=list(RANGES)).round(4)
            rows.insert(0, "athlete", names["athlete"].to_numpy())
            rows.insert(1, "exercise", names["lift"].to_numpy())
            rows.insert(2, "day", _as_days(lifts.end[current] + horizon))
            rows.insert(3, "horizon_days", horizon)
            rows.insert(4, "quantity", quantity)
            rows.insert(5, "reps", of)
            parts.append(rows)
    head = ["athlete", "exercise", "day", "horizon_days", "quantity", "reps", *RANGES]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=head)
    table = table.sort_values(
        ["athlete", "exercise", "horizon_days", "quantity"], kind="stable", ignore_index=True
    )
    past = _logged(what)
    return Result(
        name="forecast",
        title="The next top sets",
        table=table,
        summary=(
            f"Ranges for the next top set of {count(table['exercise'].nunique(), 'lift')} "
            "trained in the last 28 days: half of the sets to come fall into the 50 % range, "
            "19 of 20 into the 95 % range."
        ),
        draw=lambda rows: _draw_forecast(rows, past),
        notes=(
            "A forecast of what will be logged if training goes on as before, not of what could "
            "be lifted.",
        ),
        settings=asdict(settings),
    )


RANGES = ("low_95_kg", "low_80_kg", "low_50_kg", "middle_kg", "high_50_kg", "high_80_kg",
          "high_95_kg")  # fmt: skip
DRAWN_LIFTS, DRAWN_DAYS = 4, 365.0


def _usual(lifts: Lifts, current: Ints, estimate: Estimate) -> tuple[Floats, Floats]:
    """Return the usual repetitions of each lift, and the e1RM per kg of load at these."""
    series = lifts.series
    reps = np.array(
        [
            np.median(lifts.reps[max(series.last[one] - 7, series.first[one]) : series.last[one] + 1])
            for one in current
        ]
    )
    load = np.exp(lifts.load[series.last[current]])
    return reps, e1rm_of(load, reps, estimate.formula, rep_cap=None) / load


def _logged(what: Known) -> pd.DataFrame:
    series = what.lifts.series
    rows = series.day > what.lifts.end[series.lift] - DRAWN_DAYS
    names = what.lifts.table.iloc[series.lift[rows]]
    return pd.DataFrame(
        {
            "athlete": names["athlete"].to_numpy(),
            "exercise": names["lift"].to_numpy(),
            "day": _as_days(series.day[rows]),
            "e1rm_kg": np.exp(series.value[rows]),
        }
    )


def _draw_forecast(table: pd.DataFrame, past: pd.DataFrame) -> Figure:
    shown = table[table["quantity"] == "e1rm"]

    def traces_of(rows: pd.DataFrame) -> list[Trace]:
        own = past[past["athlete"] == rows["athlete"].iloc[0]]
        own = own[own["exercise"].isin(rows["exercise"])]
        drawn: list[Trace] = []
        for place, lift in enumerate(own["exercise"].value_counts().index[:DRAWN_LIFTS]):
            drawn += fan(own[own["exercise"] == lift], rows[rows["exercise"] == lift], place)
        return drawn

    traces, menu = by_athlete(shown, traces_of)
    return figure(
        traces, x="", y="Estimated 1RM (kg)", time_axis="x", load_axis="y", **menu
    )


def fan(days: pd.DataFrame, ranges: pd.DataFrame, series: int = 0) -> list[Trace]:
    """Return a lift's days with the faint fan of its forecast."""
    name = str(ranges["exercise"].iloc[0])
    last = days.iloc[-1]
    when = [last["day"], *ranges["day"]]
    ends = {
        share: [
            [last["e1rm_kg"], *ranges[f"{side}_{share}_kg"]] for side in ("low", "high")
        ]
        for share in (50, 95)
    }
    return [
        band(when, *ends[95], f"{name}: 95 % of sets to come", series=series),
        band(when, *ends[50], f"{name}: 50 %", series=series),
        line(days["day"], days["e1rm_kg"], name, series=series,
             hover="%{x}: %{y:.1f} kg<extra>%{fullData.name}</extra>"),
    ]  # fmt: skip
