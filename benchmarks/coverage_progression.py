"""How often the intervals of `progression` hold the truth, on simulated logs.

    python benchmarks/coverage_progression.py [--logs 400]

Each case plants a rate of +1 % per 4 weeks in sets, runs the public measure on them, and counts
the intervals that hold it; least squares on the same days stands beside it. Noise is in % of the
e1RM: `noise` a day, `swing` a correlated part that returns to the line with time constant
`tau` days, `drift` a random walk per √28 days. Prints the tables of docs/measures.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl

from analysis import schema
from analysis.logbook import Logbook
from analysis.measures.progression import progression

RATE = np.log(1.01) / 28
"""The planted rate: +1 % per 4 weeks, as a log slope per day."""


@dataclass(frozen=True)
class Case:
    """One kind of simulated log."""

    days: int
    every: int
    noise: float = 4.0
    swing: float = 0.0
    tau: float = 14.0
    drift: float = 0.0
    exercises: int = 1
    slope_sd_pct_per_week: float = 0.0
    shared: bool = False

    @property
    def label(self) -> str:
        """The noise in words."""
        slow = f", swing {self.swing:g} % over {self.tau:g} d" if self.swing else ""
        walk = f", drift {self.drift:g} % per √28 d" if self.drift else ""
        return f"noise {self.noise:g} %{slow}{walk}{' (shared)' if self.shared else ''}"


def series(case: Case, logs: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return days and log e1RM, each (logs, exercises, days)."""
    shape = (logs, case.exercises, case.days)
    gaps = rng.integers(max(1, case.every - 2), case.every + 3, (logs, 1, case.days))
    day = np.broadcast_to(np.cumsum(gaps, axis=2), shape).astype(float)
    source = (logs, 1, case.days) if case.shared else shape
    slow = rng.normal(0, 1, source)
    for step in range(1, case.days):
        keep = np.exp(-gaps[..., step] / case.tau)
        slow[..., step] = keep * slow[..., step - 1] + np.sqrt(1 - keep**2) * slow[..., step]
    walk = np.cumsum(np.sqrt(gaps / 28) * rng.normal(0, 1, source), axis=2)
    rate = RATE + rng.normal(0, case.slope_sd_pct_per_week / 700, (*shape[:2], 1))
    noise = case.noise * rng.normal(0, 1, shape)
    return day, rate * day + (noise + case.swing * slow + case.drift * walk) / 100


def as_logbook(day: np.ndarray, log_e1rm: np.ndarray) -> Logbook:
    """Return a logbook with one single a day: its load is the e1RM."""
    exercises = day.shape[1]
    who, what, _ = (axis.ravel() for axis in np.indices(day.shape))
    start = np.datetime64("2020-01-01", "us") + (day.ravel() * 86_400e6).astype("timedelta64[us]")
    lifts = [f"lift {number}" for number in range(exercises)]
    sets = pl.DataFrame({"who": who, "what": what, "started_at": start}).select(
        pl.format("log {}", pl.col("who").cast(pl.String).str.zfill(5)).alias("athlete"),
        pl.col("started_at").cast(pl.String).alias("session"),
        "started_at",
        *(pl.format("lift {}", "what").alias(name) for name in ("exercise", "exercise_id")),
        (pl.col("what") + 1).cast(pl.Int32).alias("exercise_number"),
        pl.lit(1, pl.Int32).alias("set_number"),
        pl.lit("work").alias("kind"),
        pl.Series("load_kg", 100 * np.exp(log_e1rm.ravel())),
        pl.lit("external").alias("load_basis"),
        pl.lit(1.0).alias("reps"),
    )
    missing = [c for c in schema.SETS if c.name not in sets.columns]
    return Logbook(
        sets=sets.with_columns(pl.lit(None, c.dtype).alias(c.name) for c in missing),
        ledger=schema.empty(schema.LEDGER),
        rejected=schema.empty(schema.REJECTED),
        exercises=schema.empty(schema.EXERCISES),
        catalogue=SimpleNamespace(
            exercises=pl.DataFrame({"exercise_id": lifts, "name": lifts}),
            muscle_roles=pl.DataFrame(
                {"exercise_id": lifts, "muscle": "quads", "role": "direct"}, strict=False
            ),
            muscles=pl.DataFrame({"muscle": ["quads"], "group": ["quads"], "order": [0]}),
        ),
    )


def coverage(case: Case, logs: int, seed: int = 20) -> dict[str, float | str]:
    """Return the share of 95 % intervals that hold the planted rate, and their width."""
    day, log_e1rm = series(case, logs, np.random.default_rng(seed))
    table = progression(as_logbook(day, log_e1rm), min_exercises=2).table
    scope = "exercise" if case.exercises == 1 else "muscle"
    rows = table[(table["scope"] == scope) & (table["status"] == "ok")]
    held = (rows["low"] <= 1) & (rows["high"] >= 1)
    centred = day - day.mean(axis=2, keepdims=True)
    return {
        "case": case.label,
        "held_pct": 100 * held.mean(),
        "width_pct": (rows["high"] - rows["low"]).median(),
        "least_squares_pct": 100 * _least_squares(centred, log_e1rm).mean(),
        "logs": len(rows),
    }


def _least_squares(t: np.ndarray, y: np.ndarray) -> np.ndarray:
    from scipy.stats import t as student

    n = t.shape[2]
    squares = (t**2).sum(axis=2)
    slope = (t * y).sum(axis=2) / squares
    left = y - y.mean(axis=2, keepdims=True) - slope[..., None] * t
    se = np.sqrt((left**2).sum(axis=2) / (n - 2) / squares)
    return np.abs(slope - RATE) <= student.ppf(0.975, n - 2) * se


NOISES: tuple[dict[str, float], ...] = (
    {},
    {"noise": 3, "swing": 3, "tau": 14},
    {"noise": 3, "swing": 4, "tau": 28},
    {"noise": 3, "swing": 5, "tau": 60},
    {"noise": 3, "swing": 6, "tau": 180},
    {"noise": 4.2, "drift": 3},
    {"noise": 4.2, "drift": 9},
)
EXERCISE_CASES = [
    Case(days=days, every=every, **noise)
    for days, every in ((9, 9), (24, 7), (60, 5), (150, 4))
    for noise in NOISES
]
MUSCLE_CASES = [
    Case(days=24, every=7, exercises=k, slope_sd_pct_per_week=sd, **noise)
    for noise in ({}, {"drift": 5.0}, {"drift": 5.0, "shared": True})
    for sd in (0.0, 0.1, 0.3)
    for k in (3, 6)
]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=400)
    logs = parser.parse_args().logs
    exercises = [
        {"days": case.days, "every_d": case.every, **coverage(case, logs)}
        for case in EXERCISE_CASES
    ]
    muscles = [
        {
            "exercises": case.exercises,
            "slope_sd": case.slope_sd_pct_per_week,
            **coverage(case, logs),
        }
        for case in MUSCLE_CASES
    ]
    for rows in (exercises, muscles):
        print(pd.DataFrame(rows).round(1).to_string(index=False))


if __name__ == "__main__":
    main()
