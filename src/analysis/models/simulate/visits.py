"""Laying the programme on the calendar: which exercise on which day, and how strong that day."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.models.simulate.scenario import Scenario
from analysis.models.simulate.truth import PLACES, Truth
from analysis.models.simulate.vocabulary import lifts

DAYS = {2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 4, 5)}
"""Weekdays of each number of training days, Monday 0."""


def lay_out(
    scenario: Scenario, truth: Truth, athletes: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    """Lay every exercise of every logged week on a day, in the shape `perform` asks for."""
    athlete, muscle, place, week, turn, sets = _turns(scenario, truth, athletes)
    block = week // scenario.block_weeks
    own = athletes[athlete]
    lift = lifts()[truth.lift[athlete, muscle, place, block]]
    days = own["days"].to_numpy()
    day = (muscle + (place + PLACES * turn) * ((days + 1) // 2) + turn) % days
    level, before = _day_levels(scenario, truth, (athlete, muscle, week, day), rng)
    offset = _offsets(scenario, truth, rng)[athlete, muscle, place, block] + own["strength"]
    shift = rng.integers(-2, 3, len(athlete))
    return (
        own.with_columns(
            _started_at(scenario, own, week, day),
            workout=pl.Series(day + 1).cast(pl.String).str.replace("^", "Day "),
            place=pl.Series(muscle * PLACES + place),
            exercise=lift["exercise"],
            basis=lift["basis"],
            step=pl.Series(np.where(own["unit"] == "lb", lift["step_lb"], lift["step_kg"])),
            target_reps=pl.Series(np.maximum(lift["reps"].to_numpy() + shift, 3)),
            target_rir=own["habit_rir"],
            expected=pl.Series(before) + offset,
            level=pl.Series(level) + offset,
            sets=pl.Series(sets),
            warmups=pl.Series(np.where(place == 0, rng.integers(0, 3, len(athlete)), 0)),
        )
        .sort("index", "started_at", "place")
        .with_columns(
            ended_at=pl.col("started_at")
            + pl.duration(minutes=(5 + 3 * pl.col("sets").sum().over("index", "started_at"))),
            exercise_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(
                "index", "started_at"
            ),
        )
    )


def _turns(
    scenario: Scenario, truth: Truth, athletes: pl.DataFrame
) -> tuple[NDArray[np.int64], ...]:
    """Split each exercise's week into turns in the gym; return where they are and their sets."""
    done = (truth.sets > 0) & truth.logged[:, None, None, :]
    where = np.nonzero(done)
    weekly = truth.sets[where]
    wanted = -(-weekly // scenario.sets_per_session)
    turns = np.minimum(wanted, athletes["days"].to_numpy()[where[0]])
    row = np.repeat(np.arange(len(weekly)), turns)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(turns) - turns, turns)
    sets = weekly[row] // turns[row] + (turn < weekly[row] % turns[row])
    return *(axis[row] for axis in where), turn, sets


def _started_at(
    scenario: Scenario, own: pl.DataFrame, week: NDArray[Any], day: NDArray[Any]
) -> pl.Series:
    """Return the workout's start; its minute follows from the day, so that visits share it."""
    weekday = np.array([[*DAYS[n], *(0,) * (5 - len(DAYS[n]))] for n in DAYS])
    days = own["days"].to_numpy()
    since = week * 7 + weekday[days - min(DAYS), day]
    minute = (own["index"].to_numpy() * 7 + since * 13) % 60
    first = datetime.combine(scenario.start, time())
    return pl.Series(
        "started_at",
        np.datetime64(first, "us")
        + since.astype("timedelta64[D]")
        + (own["hour"].to_numpy() * 60 + minute).astype("timedelta64[m]"),
    )


def _day_levels(
    scenario: Scenario, truth: Truth, where: tuple[NDArray[Any], ...], rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return log strength on the day, and as the lifter expects it from the block before.

    Of the day noise, 0.6 is shared by the whole session and 0.8 is each exercise's own
    (0.6² + 0.8² = 1).
    """
    athlete, muscle, week, day = where
    block = week // scenario.block_weeks
    shared = rng.standard_normal((scenario.n_athletes, scenario.weeks, max(DAYS)))
    noise = 0.6 * shared[athlete, week, day] + 0.8 * rng.standard_normal(len(athlete))
    level = truth.level[athlete, muscle, block] + scenario.day_noise_pct / 100.0 * noise
    return level, truth.level[athlete, muscle, np.maximum(block - 1, 0)]


def _offsets(scenario: Scenario, truth: Truth, rng: np.random.Generator) -> NDArray[Any]:
    """Return each athlete's log strength in each lift relative to the muscle's level."""
    own = 0.1 * rng.standard_normal((scenario.n_athletes, lifts().height))
    typical: NDArray[np.float64] = np.log(lifts()["one_rm_kg"].to_numpy())
    athlete = np.arange(scenario.n_athletes)[:, None, None, None]
    return np.asarray(typical[truth.lift] + own[athlete, truth.lift])
