"""Latent strength against its promises: speed, memory, statsmodels, and coverage.

    python benchmarks/latent.py                    # 100,000 series × 100 days, all of it
    python benchmarks/latent.py --series 5000      # smaller

Writes one JSON document to standard output. Speed and the ratio to statsmodels are of the same
run, on the same series; statsmodels fits local level and local linear trend, as `smooth` does.
On a busy machine read `cpu_seconds`, which two idle cores share; set OMP_NUM_THREADS=1 so that
statsmodels is not slowed by threads that wait for one another.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd

from analysis.models.latent import smooth
from analysis.models.latent.fit import TAIL_DOF

NOISE_SD, LEVEL_SD = 0.042, 0.008
"""Per day and per √day, log units: a real series' day-to-day noise and a plausible wander."""


def simulate(series: int, days: int, seed: int, slope_sd: float = 0.0) -> pd.DataFrame:
    """Return observations with their truth: a wandering level seen every 1 to 7 days."""
    rng = np.random.default_rng(seed)
    gap = rng.integers(1, 8, (series, days))
    gap[:, 0] = 0
    day = gap.cumsum(axis=1)
    truth = 4.5 + (rng.normal(0, LEVEL_SD, gap.shape) * np.sqrt(gap)).cumsum(axis=1)
    truth += rng.normal(0, slope_sd, (series, 1)) * day if slope_sd else 0.0
    return pd.DataFrame(
        {
            "series": np.repeat(np.arange(series), days),
            "day": day.ravel(),
            "log_e1rm": (truth + rng.normal(0, NOISE_SD, gap.shape)).ravel(),
            "variance": 0.08**2,
            "truth": truth.ravel(),
        }
    )


def with_light_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same with one day in twelve 20 % too low: deloads, another machine, typing."""
    light = np.random.default_rng(2).random(len(frame)) < 1 / 12
    return frame.assign(log_e1rm=frame["log_e1rm"] - 0.2 * light)


def coverage(frame: pd.DataFrame, tail_dof: float | None = None) -> float:
    states = smooth(frame, tail_dof=tail_dof).states
    truth = frame["truth"].to_numpy()
    return float(np.mean((states["low"] < truth) & (truth < states["high"])))


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def statsmodels_seconds(frame: pd.DataFrame, series: int) -> float:
    """Return the mean time per series of statsmodels' two fits and their smoothing."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    chosen = [one for _, one in frame[frame["series"] < series].groupby("series")]
    start = time.perf_counter()
    for one in chosen:
        daily = np.full(int(one["day"].max()) + 1, np.nan)
        daily[one["day"]] = one["log_e1rm"]
        for kind in ("llevel", "lltrend"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                UnobservedComponents(daily, kind).fit(disp=False)
    return (time.perf_counter() - start) / series


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--statsmodels-series", type=int, default=20)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    frame = simulate(asked.series, asked.days, seed=1)
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("fork")) as pool:
        before, start = cpu_seconds(), time.perf_counter()
        fit = smooth(frame, executor=pool)
        seconds = time.perf_counter() - start
    cpu = cpu_seconds() - before  # workers count once they have ended
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    theirs = statsmodels_seconds(frame, asked.statsmodels_series)
    mine = simulate(200, asked.days, seed=1)
    start = time.perf_counter()
    smooth(mine)
    small = (time.perf_counter() - start) / 200
    cases = {
        f"{days} days{', slopes vary' if slope else ''}": coverage(
            simulate(2000, days, seed=days, slope_sd=slope)
        )
        for days in (10, 30, 100)
        for slope in (0.0, 0.0005)
    }
    light = {
        f"{days} days, {name} errors": coverage(with_light_days(simulate(2000, days, days)), tail)
        for days in (30, 100)
        for name, tail in (("Gaussian", None), ("Student", TAIL_DOF))
    }
    report = {
        "series": asked.series,
        "days": asked.days,
        "workers": asked.workers,
        "load_average": round(os.getloadavg()[0], 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": round(peak),
        "peak_mb_of_a_worker": round(worker),
        "converged": float(fit.parameters["converged"].mean()),
        "statsmodels_seconds_per_series": round(theirs, 4),
        "times_faster_than_statsmodels": round(theirs / (seconds / asked.series)),
        "times_faster_in_a_batch_of_200_one_process": round(theirs / small),
        "coverage_of_95_percent_band": {k: round(v, 4) for k, v in cases.items()},
        "coverage_with_light_days": {k: round(v, 4) for k, v in light.items()},
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
