"""The next top set of a lift: level, drift, and an error of fixed shape.

From the days as logged, without any repair: light days and old stations come back, and a forecast
that has removed them is too sure (measured: docs/strength.md#forecast). The error is not normal:
real days miss low more often and further than high, so quantiles have their own shape.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.figures import Trace, band, by_athlete, figure, line
from analysis.logbook import Logbook
from analysis.measures.day_strength import E1rmRule
from analysis.measures.e1rm import e1rm
from analysis.models.strength import verdicts
from analysis.models.strength.known import Known, as_days, known
from analysis.models.strength.level import follow
from analysis.models.strength.lifts import Lifts
from analysis.models.strength.population import Population, published
from analysis.models.strength.regimes import Floats, Ints, Series, none
from analysis.result import Figure, Result
from analysis.say import count

FORECAST_DAYS = (7, 28, 56)
"""Days after the last training day that are forecast."""
FASTER = 0.2
"""Power of (1 + days ahead / 28) that the SD gains over a random walk's: the further ahead, the
likelier another phase of a programme. It makes 50, 80 and 95 % ranges hold alike over weeks 1–4
and 5–8."""
SHARES = (0.025, 0.10, 0.25, 0.50, 0.75, 0.90, 0.975)
"""Probability below each of a forecast's quantiles."""


def ahead(series: Series, population: Population, day: Floats) -> tuple[Floats, Floats]:
    """Return mean and SD of the log e1RM of a top set on a later day.

    Args:
        series: the days of the lifts.
        population: what is known of lifts in general.
        day: (lift): the day that is asked for, after the lift's last.
    """
    nothing = np.empty((0, series.lifts))
    known = follow(series, none(series), population, starts=nothing, end=day)
    weight = known.cells.T
    mean = np.sum(weight * known.level, axis=0)
    variance = known.level_sd**2 + population.cell_r[:, None] ** 2 + (known.level - mean) ** 2
    ahead_days = day - series.day[series.last]
    return mean, np.sqrt(np.sum(weight * variance, axis=0)) * (1 + ahead_days / 28) ** FASTER


def quantiles(mean: Floats, sd: Floats, population: Population) -> Floats:
    """Return the (lift, share) quantiles at `SHARES`."""
    drawn: Floats = mean[:, None] + sd[:, None] * np.array(population.tails)
    return drawn


def forecast(
    logbook: Logbook, *, population: Population | None = None, estimate: E1rmRule | None = None
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
    numbers, settings = population or published(), estimate or E1rmRule()
    what = known(logbook, population, estimate)
    lifts, series = what.lifts, what.lifts.series
    current = np.flatnonzero(series.day[series.last] >= lifts.end - verdicts.RECENT)
    if len(current):
        table = _rows(lifts, current, numbers, settings)
    else:
        head = ["athlete", "exercise", "day", "horizon_days", "quantity", "reps", *RANGES]
        table = pd.DataFrame(columns=head)
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


def _rows(lifts: Lifts, current: Ints, population: Population, estimate: E1rmRule) -> pd.DataFrame:
    """Return the rows of `forecast`, of every horizon at once."""
    series, times = lifts.series, len(FORECAST_DAYS)
    horizon = np.repeat(FORECAST_DAYS, len(current))
    again = Series(
        (series.lift + series.lifts * np.arange(times)[:, None]).ravel(),
        np.tile(series.day, times),
        np.tile(series.value, times),
    )
    mean, sd = ahead(again, population, np.add.outer(FORECAST_DAYS, lifts.end).ravel())
    of = (current + series.lifts * np.arange(times)[:, None]).ravel()
    e1rm_kg = np.exp(quantiles(mean, sd, population))[of]
    reps, per_load = (np.tile(usual, times) for usual in _usual(lifts, current, estimate))
    values = np.concatenate([e1rm_kg, e1rm_kg / per_load[:, None]])
    names = lifts.table.iloc[np.tile(current, 2 * times)]
    return pd.DataFrame(
        {
            "athlete": names["athlete"].to_numpy(),
            "exercise": names["lift"].to_numpy(),
            "day": as_days(np.tile(lifts.end[np.tile(current, times)] + horizon, 2)),
            "horizon_days": np.tile(horizon, 2),
            "quantity": np.repeat(["e1rm", "load"], len(of)),
            "reps": np.concatenate([np.ones(len(of)), reps]),
            **dict(zip(RANGES, values.round(4).T, strict=True)),
        }
    )


def _usual(lifts: Lifts, current: Ints, estimate: E1rmRule) -> tuple[Floats, Floats]:
    """Return the usual repetitions of each lift, and the e1RM per kg of load at these."""
    series = lifts.series
    reps = np.array(
        [
            np.median(
                lifts.reps[max(series.last[one] - 7, series.first[one]) : series.last[one] + 1]
            )
            for one in current
        ]
    )
    load = np.exp(lifts.load[series.last[current]])
    return reps, e1rm(load, reps, estimate.formula, rep_cap=None) / load


def _logged(what: Known) -> pd.DataFrame:
    series = what.lifts.series
    rows = series.day > what.lifts.end[series.lift] - DRAWN_DAYS
    names = what.lifts.table.iloc[series.lift[rows]]
    return pd.DataFrame(
        {
            "athlete": names["athlete"].to_numpy(),
            "exercise": names["lift"].to_numpy(),
            "day": as_days(series.day[rows]),
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
    return figure(traces, x="", y="Estimated 1RM (kg)", time_axis="x", load_axis="y", **menu)


def fan(days: pd.DataFrame, ranges: pd.DataFrame, series: int = 0) -> list[Trace]:
    """Return a lift's days with the faint fan of its forecast."""
    name, last = str(ranges["exercise"].iloc[0]), days.iloc[-1]
    when = [last["day"], *ranges["day"]]

    def ends(side: str, share: int) -> list[float]:
        return [float(last["e1rm_kg"]), *map(float, ranges[f"{side}_{share}_kg"])]

    fans = [
        band(when, ends("low", share), ends("high", share), said, series=series)
        for share, said in ((95, f"{name}: 95 % of sets to come"), (50, f"{name}: 50 %"))
    ]
    hover = "%{x}: %{y:.1f} kg<extra>%{fullData.name}</extra>"
    return [*fans, line(days["day"], days["e1rm_kg"], name, series=series, hover=hover)]
