"""How long strength takes: 100,000 lifts, and one lifter's verdicts.

    OPENBLAS_NUM_THREADS=1 python benchmarks/strength.py                  # 100,000 × 100 days
    OPENBLAS_NUM_THREADS=1 python benchmarks/strength.py --series 5000

Steps, odd days, levels and five horizons of every lift, one process; and the verdicts of the
longest bundled log, from its set table on. On a busy machine read `cpu_seconds`. Writes one JSON
document to standard output; statsmodels fits one local level per series in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis import read, strength
from analysis.models.strength import regimes, verdicts
from analysis.models.strength.population import published
from analysis.models.strength.regimes import Series

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "sample"


def simulate(lifts: int, days: int, seed: int) -> Series:
    """Return lifts whose level wanders, seen every 1 to 7 days, with an error of 4 %."""
    rng = np.random.default_rng(seed)
    gap = rng.integers(1, 8, (lifts, days))
    level = (rng.normal(0, 0.008, gap.shape) * np.sqrt(gap)).cumsum(axis=1)
    value = 4.5 + level + rng.normal(0, 0.042, gap.shape)
    lift = np.repeat(np.arange(lifts), days)
    return Series(lift, gap.cumsum(axis=1).ravel().astype(float), value.ravel())


def statsmodels_cpu_seconds(series: Series, lifts: int) -> float:
    """Return statsmodels' mean time for a local level of one lift."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    start = time.process_time()
    for lift in range(lifts):
        rows = series.lift == lift
        day = (series.day[rows] - series.day[rows][0]).astype(int)
        daily = np.full(day[-1] + 1, np.nan)
        daily[day] = series.value[rows]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            UnobservedComponents(daily, "llevel").fit(disp=False)
    return (time.process_time() - start) / lifts


def one_lifter() -> dict[str, float]:
    """Return the time of the verdicts of the longest bundled log."""
    logbook = read(SAMPLE)
    longest = logbook.sets["athlete"].value_counts().sort("count")["athlete"][-1]
    own = logbook.athlete(longest)
    strength(own)  # imports are not counted
    seconds = []
    for _ in range(5):
        fresh = replace(own, sets=own.sets)
        start = time.process_time()
        table = strength(fresh).table
        seconds.append(time.process_time() - start)
    return {
        "sets": own.sets.height,
        "lifts": int((table["scope"] == "lift").sum()),
        "cpu_seconds": round(min(seconds), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=5000, help="lifts in memory, as a bucket")
    parser.add_argument("--statsmodels-series", type=int, default=20)
    asked = parser.parse_args()
    found = cpu = clock = 0.0
    for seed, begin in enumerate(range(0, asked.series, asked.at_once)):
        series = simulate(min(asked.at_once, asked.series - begin), asked.days, seed)
        wall, started = time.perf_counter(), time.process_time()
        repairs = regimes.find(series)
        found += time.process_time() - started
        (told,) = verdicts.changes(series, repairs, published(), (), end=series.day[series.last])
        verdicts.judge(told)
        cpu += time.process_time() - started
        clock += time.perf_counter() - wall
    theirs = statsmodels_cpu_seconds(series, asked.statsmodels_series)
    report = {
        "series": asked.series,
        "days": asked.days,
        "load_average": round(os.getloadavg()[0], 1),
        "cpu_seconds": round(cpu, 1),
        "of_which_steps": round(found, 1),
        "seconds": round(clock, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "statsmodels_cpu_seconds_per_series": round(theirs, 4),
        "times_faster_than_statsmodels": round(theirs / (cpu / asked.series)),
        "one_lifter": one_lifter(),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
