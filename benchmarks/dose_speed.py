"""How long dose and response take: 120 lifters from a logbook, 10,000 from cross-products.

    python benchmarks/dose_speed.py                    # wall seconds: let nothing else run
    python benchmarks/dose_speed.py --lifters 1000     # a quick look at the second part

First 120 simulated lifters are written as exports and read; what is timed begins after reading.
Then a cohort of arrays (`dose_worlds.py`) is reduced to cross-products in parts of 500, as a store
of buckets would; the parts are added, and effect, placebo and athletes' slopes fitted from the sum
alone. The fit of 120 of the same cross-products stands beside it: a ratio that no machine moves.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import numpy as np

import analysis as lab
from analysis.models.dose.effects import (
    BANDS,
    LOG_WEEKS,
    Body,
    at_once,
    body,
    body_of,
    columns_of,
    effect,
)
from analysis.models.dose.inputs import Weekly, autocovariance
from analysis.models.dose.variances import GROWTH, learnt, telling
from analysis.models.dose.whitening import CrossProducts, Days, Sums
from analysis.simulate import Scenario, export, simulate
from dose_worlds import BASE, Cohort, cohort

PART = 500


def timed(work: Callable[[], Any]) -> tuple[Any, str]:
    """Return what a piece of work gives, and its seconds in words."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, f"{time.perf_counter() - wall:.2f} s wall, {time.process_time() - cpu:.2f} s cpu"


def arrays(found: Cohort) -> tuple[Days, Weekly]:
    """Return a cohort as the model takes it."""
    ones = np.ones(len(found.athlete))
    days = Days(found.athlete, found.series, found.week, found.day, found.strength, ones)
    return days, Weekly(found.logged, {"sets": found.sets})


def reduced(parts: list[tuple[Days, Weekly]]) -> tuple[CrossProducts, Any, dict[str, Any]]:
    """Reduce parts to cross-products; variances from the first, autocovariance from all."""
    sums, pairs = (sum(each) for each in zip(
        *(autocovariance(weekly, "sets") for _, weekly in parts), strict=True))  # fmt: skip
    shared = {"sets": (sums, pairs)}
    days, weekly = parts[0]
    n = len(weekly.logged)
    columns = columns_of(weekly, ["sets"], shared=shared)
    held = [LOG_WEEKS, *(f"sets_{name}" for name in BANDS)]
    few = {name: columns[name] for name in (GROWTH, *held)}
    variances = learnt(Sums(telling(days, n), n, few), held)
    products = [
        Sums(days, len(weekly.logged), columns_of(weekly, ["sets"], shared=shared)).whitened(
            variances
        )
        for days, weekly in parts
    ]
    mean = {"sets": np.concatenate([weekly.mean("sets") for _, weekly in parts])}
    return reduce(add, products), variances, mean


def answers(found: Body) -> tuple[Any, Any]:
    """Return the effect with its placebo, and the fit with athletes' own slopes."""
    return effect(found, "sets", smallest=0.1), at_once(found, "sets")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lifters", type=int, default=10_000, help="of the second part")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        export(simulate(Scenario(n_athletes=120, weeks=64, muscles=("quads",)), 1), folder)
        logbook, reading = timed(lambda: lab.read(folder))
    print(f"120 lifters, {logbook.sets.height:,} sets: reading {reading}")
    from analysis.models.dose import muscle_logs

    logs, first = timed(lambda: muscle_logs(logbook, "quads"))
    found, second = timed(lambda: body(logs.days, logs.weekly, ["sets"]))
    one, third = timed(lambda: answers(found))
    print(f"  strength days and weekly doses {first}")
    print(f"  variances and cross-products {second}")
    print(f"  effect, placebo, slopes {third}: {one[0].estimate.value:+.2f}")
    _, everything = timed(lambda: lab.dose_response(logbook, muscle="quads"))
    print(f"  lab.dose_response, all of its rows and sensitivities: {everything}")
    parts = [arrays(cohort(BASE, min(PART, args.lifters), seed))
             for seed in range(max(args.lifters // PART, 1))]  # fmt: skip
    days = sum(len(each) for each, _ in parts)
    (products, variances, mean), making = timed(lambda: reduced(parts))
    print(f"{len(products.gram):,} lifters, {days:,} exercise-days: cross-products {making}")
    (large, _), fitting = timed(
        lambda: answers(body_of(products, "sets", variances, mean)),
    )
    e = large.estimate
    print(f"  from cross-products: effect, placebo, slopes {fitting}: {e.value:.3f} "
          f"[{e.low:.3f}, {e.high:.3f}] for {BASE.truth:.2f}")  # fmt: skip
    few = np.arange(120)
    _, beside = timed(
        lambda: answers(body_of(products.of(few), "sets", variances, {"sets": mean["sets"][few]}))
    )
    print(f"  the same of 120 of them {beside}")


if __name__ == "__main__":
    main()
