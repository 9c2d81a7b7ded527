"""A whole cohort: the logs that the athletes would have kept, beside the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analysis.models.simulate.scenario import Scenario
from analysis.models.simulate.sets import KG_PER_LB, perform
from analysis.models.simulate.truth import Truth, block_mean, draw
from analysis.models.simulate.visits import DAYS, lay_out

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
