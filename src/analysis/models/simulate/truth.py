"""The planted truth: weekly sets, doses and block levels of strength, as whole arrays.

Axes are always in this order: athlete, muscle, place (each muscle is trained by the exercises of
`PLACES` places in the programme), then block or week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.models.simulate.scenario import Scenario
from analysis.models.simulate.vocabulary import fractions, lifts

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
        level: mean log strength per athlete, muscle and block, 0 at the first block.
        slope: within effect of each athlete, % per weekly set and block.
    """

    lift: Integers
    sets: Integers
    logged: NDArray[np.bool_]
    dose: Floats
    level: Floats
    slope: Floats


def draw(scenario: Scenario, rng: np.random.Generator) -> Truth:
    """Draw the programme of every athlete and let strength follow the planted law."""
    noise, stress = _noise(scenario, rng), _stress(scenario, rng)
    unseen = noise + scenario.confounding_pct * stress
    lift = _programme(scenario, rng)
    sets = _sets(scenario, unseen, stress, rng)
    dose = _dose(scenario, lift, sets)
    slope = scenario.within_pct + scenario.within_sd_pct * rng.standard_normal(scenario.n_athletes)
    level = _levels(scenario, dose, slope, unseen, rng)
    return Truth(lift, sets, _logged(scenario, rng), dose, level, slope)


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
    planned = (
        scenario.sets_mean
        + habit
        + scenario.sets_sd_within * rng.standard_normal(shape)
        + scenario.confounding_sets * stress
        + scenario.feedback_sets * shortfall
    )
    weekly = np.repeat(np.clip(planned, 1.0, 30.0), scenario.block_weeks, axis=-1)
    share = np.repeat(weekly[:, :, None, :] / PLACES, PLACES, axis=2)
    return np.floor(share + rng.random(share.shape)).astype(np.int64)


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


def _levels(
    scenario: Scenario, dose: Floats, slope: Floats, unseen: Floats, rng: np.random.Generator
) -> Floats:
    exposure = block_mean(dose, scenario.block_weeks)
    own_mean = exposure.mean(axis=-1, keepdims=True)
    cohort_mean = own_mean.mean(axis=0, keepdims=True)
    yearly = rng.standard_normal((scenario.n_athletes, 1, 1)) * scenario.growth_sd_pct_year
    growth = (scenario.growth_pct_year + yearly) * scenario.block_weeks / 52.18
    change_pct = (
        growth
        + slope[:, None, None] * (exposure - own_mean)
        + scenario.between_pct * (own_mean - cohort_mean)
        + unseen
    )
    level = np.zeros(exposure.shape)
    level[..., 1:] = np.cumsum(change_pct[..., :-1], axis=-1) / 100.0
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
