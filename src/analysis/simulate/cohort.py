"""A whole cohort: the logs that the athletes would have kept, beside the truth behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.simulate.cells import fractions, lifts
from analysis.simulate.scenario import Scenario

# The planted truth: weekly sets, doses and block levels of strength, as whole arrays.
#
# Axes are always in this order: athlete, muscle, place (each muscle is trained by the exercises of
# `PLACES` places in the programme), then block or week.


PLACES = 2
BLOCKS_PER_YEAR = 365.25 / 28
STRESS_CORRELATION = 0.6

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Truth:
    """Arrays of one simulated cohort.

    Attributes:
        lift: row of `lifts()` per athlete, muscle, place and block.
        sets: working sets per athlete, muscle, place and week.
        logged: whether an athlete's week is in the log.
        dose: fractional sets per week, per athlete, muscle and week.
        level: log strength at the start of a block, per athlete and muscle, 0 at the first.
        weekly_level: the same at the start of every week: gains accrue week by week.
        slope: within effect of each athlete, % per weekly set and block.
    """

    lift: Integers
    sets: Integers
    logged: NDArray[np.bool_]
    dose: Floats
    level: Floats
    weekly_level: Floats
    slope: Floats


def draw(scenario: Scenario, rng: np.random.Generator) -> Truth:
    """Draw the programme of every athlete and let strength follow the planted law."""
    noise, stress = _noise(scenario, rng), _stress(scenario, rng)
    unseen = noise + scenario.confounding_pct * stress
    lift = _programme(scenario, rng)
    sets = _sets(scenario, unseen, stress, rng)
    dose = _dose(scenario, lift, sets)
    slope = scenario.within_pct + scenario.within_sd_pct * rng.standard_normal(scenario.n_athletes)
    level = _weekly_levels(scenario, dose, slope, unseen, rng)
    borders = level[..., :: scenario.block_weeks]
    return Truth(lift, sets, _logged(scenario, rng), dose, borders, level, slope)


def _autoregressive(white: Floats, correlation: float) -> Floats:
    """Return a stationary series of unit variance along the last axis."""
    series = white.copy()
    fresh = np.sqrt(1.0 - correlation**2)
    for block in range(1, series.shape[-1]):
        series[..., block] = correlation * series[..., block - 1] + fresh * white[..., block]
    return series


def _noise(scenario: Scenario, rng: np.random.Generator) -> Floats:
    shape = (scenario.n_athletes, len(scenario.muscles), scenario.blocks)
    white = rng.standard_normal(shape)
    return scenario.drift_pct * _autoregressive(white, scenario.autocorrelation)


def _stress(scenario: Scenario, rng: np.random.Generator) -> Floats:
    white = rng.standard_normal((scenario.n_athletes, 1, scenario.blocks))
    return _autoregressive(white, STRESS_CORRELATION)


def _programme(scenario: Scenario, rng: np.random.Generator) -> Integers:
    """Deal each muscle's common lifts to its places, and swap one now and then."""
    table = lifts().with_row_index("row").filter(pl.col("common") == 1)
    athletes = scenario.n_athletes
    chosen = np.empty((athletes, len(scenario.muscles), PLACES, scenario.blocks), dtype=np.int64)
    chance = scenario.exercise_changes / BLOCKS_PER_YEAR
    for m, muscle in enumerate(scenario.muscles):
        rows = table.filter(pl.col("muscle") == muscle)["row"].to_numpy().astype(np.int64)
        if len(rows) < PLACES:
            raise ValueError(f"muscles holds {muscle!r}, expected one with {PLACES} known lifts")
        dealt = rng.permuted(np.tile(rows, (athletes, 1)), axis=1)
        for place in range(PLACES):
            hand = dealt[:, place::PLACES]
            swaps = (rng.random((athletes, scenario.blocks)) < chance).cumsum(axis=1)
            chosen[:, m, place] = np.take_along_axis(hand, swaps % hand.shape[1], axis=1)
    return chosen


def _sets(
    scenario: Scenario, unseen: Floats, stress: Floats, rng: np.random.Generator
) -> Integers:
    """Draw whole working sets per place and week about each block's plan."""
    shape = unseen.shape
    habit = scenario.sets_sd_between * rng.standard_normal(shape[:2])[..., None]
    shortfall = np.zeros(shape)
    shortfall[..., 1:] = -unseen[..., :-1]
    drawn = scenario.sets_sd_within * rng.standard_normal(shape)
    planned = (
        scenario.sets_mean
        + habit
        + drawn
        + scenario.confounding_sets * stress
        + scenario.feedback_sets * shortfall
    )
    weekly = np.repeat(np.clip(planned, 1.0, 30.0), scenario.block_weeks, axis=-1)
    if scenario.doses != "blocks":
        usual = np.repeat(planned - drawn, scenario.block_weeks, axis=-1)
        weekly = np.clip(usual + _off_the_calendar(scenario, drawn, rng), 1.0, 30.0)
    share = np.repeat(weekly[:, :, None, :] / PLACES, PLACES, axis=2)
    return np.floor(share + rng.random(share.shape)).astype(np.int64)


def _off_the_calendar(scenario: Scenario, drawn: Floats, rng: np.random.Generator) -> Floats:
    """Return what is planned beyond the usual, by week: anew, or by blocks of one's own start."""
    athletes, muscles, _ = drawn.shape
    if scenario.doses == "weekly":
        shape = (athletes, muscles, scenario.weeks)
        return np.asarray(scenario.sets_sd_within * rng.standard_normal(shape))
    start = rng.integers(0, scenario.block_weeks, (athletes, 1, 1))
    later = scenario.sets_sd_within * rng.standard_normal((athletes, muscles, 1))
    blocks = np.concatenate([drawn, later], axis=-1)
    at = (np.arange(scenario.weeks) + start) // scenario.block_weeks
    wanted = np.broadcast_to(at, (athletes, muscles, scenario.weeks))
    return np.asarray(np.take_along_axis(blocks, wanted, axis=-1))


def _dose(scenario: Scenario, lift: Integers, sets: Integers) -> Floats:
    """Count fractional sets per muscle and week by the catalogue's roles."""
    weight = np.zeros((lifts().height, len(scenario.muscles)))
    row_of = {name: row for row, name in enumerate(lifts()["exercise"])}
    for exercise, muscle, share in fractions().iter_rows():
        if muscle in scenario.muscles:
            weight[row_of[exercise], scenario.muscles.index(muscle)] = share
    weekly_lift = np.repeat(lift, scenario.block_weeks, axis=-1)
    return np.stack(
        [
            (sets * weight[weekly_lift, muscle]).sum(axis=(1, 2))
            for muscle in range(len(scenario.muscles))
        ],
        axis=1,
    )


def block_mean(weekly: Floats, block_weeks: int) -> Floats:
    """Return the mean over each block of the last axis."""
    blocks = weekly.reshape(*weekly.shape[:-1], -1, block_weeks)
    return np.asarray(blocks.mean(axis=-1))


def _weekly_levels(
    scenario: Scenario, dose: Floats, slope: Floats, unseen: Floats, rng: np.random.Generator
) -> Floats:
    """Return log strength at the start of every week.

    A week's sets act from the next week on, by the scenario's kernel; growth and what is unseen of
    a block come evenly over its weeks. Where gains come at once and stay, the changes over a block
    add up to the planted law.
    """
    own_mean = dose.mean(axis=-1, keepdims=True)
    cohort_mean = own_mean.mean(axis=0, keepdims=True)
    yearly = rng.standard_normal((scenario.n_athletes, 1, 1)) * scenario.growth_sd_pct_year
    growth = (scenario.growth_pct_year + yearly) * scenario.block_weeks / 52.18
    a_block = (
        growth
        + scenario.between_pct * (own_mean - cohort_mean)
        + np.repeat(unseen, scenario.block_weeks, axis=-1)
    )
    level = np.zeros(dose.shape)
    level[..., 1:] = np.cumsum(a_block[..., :-1], axis=-1) / scenario.block_weeks / 100.0
    week = np.arange(scenario.weeks, dtype=float)
    since = week[:, None] - week[None, :]
    arrived = np.where(since > 0, scenario.arrived(np.maximum(since, 1.0)), 0.0)
    gained = (dose - own_mean) @ arrived.T
    level += slope[:, None, None] * gained / scenario.block_weeks / 100.0
    return level


def _logged(scenario: Scenario, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Say which weeks are in the log: all but the missing ones and those after dropping out."""
    week = np.arange(scenario.weeks)
    present = rng.random((scenario.n_athletes, scenario.weeks)) >= scenario.missing_weeks
    leaves = rng.random(scenario.n_athletes) < scenario.dropout
    last = np.where(leaves, rng.integers(4, scenario.weeks, scenario.n_athletes), scenario.weeks)
    present &= week < last[:, None]
    present[:, 0] = True
    return present


# Laying the programme on the calendar: which exercise on which day, and how strong that day.


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
    level = truth.weekly_level[athlete, muscle, week] + scenario.day_noise_pct / 100.0 * noise
    return level, truth.level[athlete, muscle, np.maximum(block - 1, 0)]


def _offsets(scenario: Scenario, truth: Truth, rng: np.random.Generator) -> NDArray[Any]:
    """Return each athlete's log strength in each lift relative to the muscle's level."""
    own = 0.1 * rng.standard_normal((scenario.n_athletes, lifts().height))
    typical: NDArray[np.float64] = np.log(lifts()["one_rm_kg"].to_numpy())
    athlete = np.arange(scenario.n_athletes)[:, None, None, None]
    return np.asarray(typical[truth.lift] + own[athlete, truth.lift])


# From a lifter's strength on the day to the sets that an app would have on file.
#
# A visit is one exercise in one workout. The lifter picks a load from the strength expected of
# the block, rounds it to what the gym offers, and stops a few reps short of the day's maximum.


Array = NDArray[np.float64]

KG_PER_LB = 0.45359237


def _epley(ratio: Array) -> Array:
    return 30.0 * (ratio - 1.0)


def _brzycki(ratio: Array) -> Array:
    return 37.0 - 36.0 / ratio


def _wathan(ratio: Array) -> Array:
    return -np.log(np.clip((100.0 / ratio - 48.8) / 53.8, 1e-6, None)) / 0.075


MOST_REPS: dict[str, Callable[[Array], Array]] = {
    "epley": _epley,
    "brzycki": _brzycki,
    "wathan": _wathan,
}
"""Reps to failure from strength ÷ load, each formula solved for reps (Epley 1985, Brzycki 1993,
Wathan 1994). Written here anew: the simulator must not share a bug with what it tests."""


def load_fraction(curve: str, reps: Array) -> Array:
    """Return load ÷ strength at which `reps` are the most that can be done."""
    if curve == "epley":
        return 1.0 / (1.0 + reps / 30.0)
    if curve == "brzycki":
        return (37.0 - reps) / 36.0
    return (48.8 + 53.8 * np.exp(-0.075 * reps)) / 100.0


def perform(
    visits: pl.DataFrame,
    rng: np.random.Generator,
    *,
    curve: str = "epley",
    fatigue_pct: float = 1.5,
    rir_noise: float = 0.7,
    set_noise_pct: float = 1.5,
) -> pl.DataFrame:
    """Perform every set of every visit.

    Args:
        visits: one row per exercise of a workout: `expected` and `level` (log strength in kg,
            as the lifter expects it and as it is on the day), `basis`, `body_kg`, `step` (in
            the lifter's `unit`), `unit` ("kg" or "lb"), `target_reps`, `target_rir`, `warmups`
            and `sets` (counts), and the booleans `warmups_marked`, `ramps`, `logs_rpe`.
        rng: source of every random number.
        curve: repetition curve, a key of `MOST_REPS`.
        fatigue_pct: strength lost with each hard set before, %; the climb to a top set costs none.
        rir_noise: SD of the reps in reserve about their target, and of the lifter's own reading.
        set_noise_pct: SD of strength from set to set, %.

    Returns:
        One row per set: every column of `visits`, and `set_number` (from 1), `warmup` (the
        truth), `kind` (as logged), `load` (in `unit`; null for a bare bodyweight set), `reps`,
        `rir` (the truth) and `rpe` (as logged, null where it is not).
    """
    counts = visits["warmups"] + visits["sets"]
    rows = visits[np.repeat(np.arange(visits.height), counts.to_numpy())]
    first = np.repeat(np.cumsum(counts.to_numpy()) - counts.to_numpy(), counts.to_numpy())
    number = np.arange(rows.height) - first
    work = number - rows["warmups"].to_numpy()
    warmup = work < 0
    top = rows["sets"].to_numpy() - 1
    target = rows["target_reps"].to_numpy().astype(float)
    wanted_rir = rows["target_rir"].to_numpy()

    share = load_fraction(curve, target + wanted_rir) * _climb(rows, work, top)
    total, load = _rounded(rows, np.exp(rows["expected"].to_numpy()) * share)
    hard_before = np.where(rows["ramps"].to_numpy(), 0, np.maximum(work, 0))
    tired = 1.0 - fatigue_pct / 100.0 * hard_before
    wobble = np.exp(set_noise_pct / 100.0 * rng.standard_normal(rows.height))
    most = MOST_REPS[curve](np.exp(rows["level"].to_numpy()) * wobble * tired / total)
    effort = np.maximum(wanted_rir + rir_noise * rng.standard_normal(rows.height), 0.0)
    held_back = warmup | (rows["ramps"].to_numpy() & (work < top))
    reps = np.floor(np.where(held_back, np.minimum(target, most - effort), most - effort))
    reps = np.clip(reps, 1, 30)
    rir = np.maximum(most - reps, 0.0)
    felt = np.round(2 * (10 - rir + rir_noise * rng.standard_normal(rows.height))) / 2
    shown = rows["logs_rpe"].to_numpy() & ~warmup
    return rows.with_columns(
        set_number=pl.Series(number + 1, dtype=pl.Int32),
        warmup=pl.Series(warmup),
        kind=pl.Series(np.where(warmup & rows["warmups_marked"].to_numpy(), "warmup", "work")),
        load=pl.Series(load).fill_nan(None),
        reps=pl.Series(reps),
        rir=pl.Series(rir),
        rpe=pl.Series(np.where(shown, np.clip(felt, 6, 10), np.nan)).fill_nan(None),
    )


def _climb(rows: pl.DataFrame, work: NDArray[np.int64], top: NDArray[np.int64]) -> Array:
    """Return each set's load as a share of the top set's."""
    to_top = np.clip(top - work, 0, 3)
    ramp = np.where(rows["ramps"].to_numpy(), 1.0 - 0.05 * to_top, 1.0)
    return np.where(work < 0, np.maximum(0.75 + 0.2 * (work + 1), 0.35), ramp)


def _rounded(rows: pl.DataFrame, wanted_kg: Array) -> tuple[Array, Array]:
    """Return what is moved in kg, and the load to log: what the gym offers nearest to it.

    A pull-up moves body mass plus the belt, an assisted one body mass minus the stack.
    """
    basis = rows["basis"].to_numpy()
    body = np.where(np.isin(basis, ("external", "per_hand")), 0.0, rows["body_kg"].to_numpy())
    sign = np.where(basis == "assistance", -1.0, 1.0)
    kg = np.where(rows["unit"].to_numpy() == "lb", KG_PER_LB, 1.0)
    step = rows["step"].to_numpy()
    least = np.where(body > 0, 0.0, step)
    load = np.maximum(np.round(sign * (wanted_kg - body) / kg / step) * step, least)
    load = np.where(basis == "bodyweight", 0.0, load)
    return body + sign * load * kg, np.where(basis == "bodyweight", np.nan, load)


LOG = (
    "athlete", "started_at", "ended_at", "workout", "exercise_number", "exercise", "set_number",
    "kind", "load", "unit", "load_kg", "reps", "rpe", "duration_s", "superset", "note",
    "workout_note", "warmup", "rir",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cohort:
    """Simulated logs and what is true of them.

    Attributes:
        sets: one row per set, by athlete and time, as the app holds it (`load` in the athlete's
            `unit`, `load_kg`, `kind`, `rpe` …), and the truth the app does not hold: `warmup`
            and `rir`.
        truth: one row per athlete, muscle and block: `block_start`, `dose` (fractional sets per
            week, all weeks), `dose_logged` (logged weeks only), `logged_weeks`, `log_strength`,
            `change_pct` (to the next block, null in the last), `within_pct` (true effect).
        athletes: one row per athlete: `app` (export dialect), `unit`, `body_kg`, `within_pct`.
        scenario: what was asked for.
    """

    sets: pl.DataFrame
    truth: pl.DataFrame
    athletes: pl.DataFrame
    scenario: Scenario


def simulate(scenario: Scenario, seed: int) -> Cohort:
    """Return one cohort; the same scenario and seed give the same cohort."""
    rng = np.random.default_rng(seed)
    truth = draw(scenario, rng)
    athletes = _athletes(scenario, truth, rng)
    visits = lay_out(scenario, truth, athletes, rng)
    sets = perform(
        visits,
        rng,
        curve=scenario.curve,
        fatigue_pct=scenario.fatigue_pct,
        rir_noise=scenario.rir_noise,
        set_noise_pct=scenario.set_noise_pct,
    )
    shown = athletes.select("athlete", "app", "unit", "body_kg", "within_pct")
    return Cohort(as_log(sets), _truth_table(scenario, truth, athletes), shown, scenario)


def as_log(sets: pl.DataFrame) -> pl.DataFrame:
    """Return performed sets as the log's columns, in the order they were done."""
    factor = pl.when(pl.col("unit") == "lb").then(KG_PER_LB).otherwise(1.0)
    blank = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in (
            ("duration_s", pl.Float64),
            ("superset", pl.Int64),
            ("note", pl.String),
            ("workout_note", pl.String),
        )
        if name not in sets.columns
    ]
    return (
        sets.with_columns(*blank, load_kg=pl.col("load") * factor)
        .select(LOG)
        .sort("athlete", "started_at", "exercise_number", "set_number", maintain_order=True)
    )


def _athletes(scenario: Scenario, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    n = scenario.n_athletes
    apps = [scenario.apps[i % len(scenario.apps)] for i in range(n)]
    width = max(3, len(str(n)))
    return pl.DataFrame(
        {
            "index": np.arange(n),
            "athlete": [f"lifter{i + 1:0{width}d}" for i in range(n)],
            "app": apps,
            "unit": [app.rsplit("-", 1)[1] for app in apps],
            "body_kg": np.round(rng.normal(78, 11, n).clip(48, 130), 1),
            "within_pct": truth.slope,
            "days": rng.choice(list(DAYS), n, p=(0.2, 0.35, 0.3, 0.15)),
            "hour": rng.integers(6, 21, n),
            "strength": rng.normal(-0.1, 0.25, n),
            "habit_rir": np.maximum(rng.normal(scenario.rir_mean, 0.5, n), 0.0),
            "warmups_marked": rng.random(n) < scenario.warmups_marked,
            "logs_rpe": rng.random(n) < scenario.rpe_logged,
            "ramps": rng.random(n) < scenario.ramping,
        }
    )


def _truth_table(scenario: Scenario, truth: Truth, athletes: pl.DataFrame) -> pl.DataFrame:
    n, muscles, blocks = truth.level.shape
    logged = np.broadcast_to(truth.logged[:, None, :], truth.dose.shape)
    weeks = block_mean(logged.astype(float), scenario.block_weeks) * scenario.block_weeks
    kept = block_mean(truth.dose * logged, scenario.block_weeks) * scenario.block_weeks
    change = np.full(truth.level.shape, np.nan)
    change[..., :-1] = 100.0 * np.diff(truth.level, axis=-1)
    block = np.tile(np.arange(blocks), n * muscles)
    first = np.datetime64(scenario.start, "us")
    return pl.DataFrame(
        {
            "athlete": np.repeat(athletes["athlete"].to_numpy(), muscles * blocks),
            "muscle": np.tile(np.repeat(np.array(scenario.muscles), blocks), n),
            "block": block,
            "block_start": first + (block * scenario.block_weeks * 7).astype("timedelta64[D]"),
            "dose": block_mean(truth.dose, scenario.block_weeks).ravel(),
            "dose_logged": (kept / np.where(weeks > 0, weeks, np.nan)).ravel(),
            "logged_weeks": weeks.astype(np.int64).ravel(),
            "log_strength": truth.level.ravel(),
            "change_pct": change.ravel(),
            "within_pct": np.repeat(truth.slope, muscles * blocks),
        }
    ).with_columns(pl.col("dose_logged", "change_pct").fill_nan(None))
