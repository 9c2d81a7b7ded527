"""What counting sets from logs does to an effect: sets as counted, and sets as they were done.

    python benchmarks/dose_counted.py                      # four cohorts of 400 lifters
    python benchmarks/dose_counted.py --lifters 100 --cohorts 1

Simulated lifters (`analysis.simulate`: four in five never mark a warm-up, three in ten climb to a
top set) are written as exports and read again. The strength days are those of the files both
times; the weekly sets are those that the program counts, and those that were done. What the two
estimates differ by is what the counting does. "On counted" is the slope of true on counted weekly
sets, within lifters: the share of an effect that random errors of counting leave.
"""

from __future__ import annotations

import argparse
import tempfile

import numpy as np

from analysis import read
from analysis.estimate import Estimate
from analysis.models.dose import muscle_logs
from analysis.models.dose.effects import body, effect
from analysis.models.dose.inputs import Floats, Weekly
from analysis.models.dose.logs import MuscleLogs
from analysis.simulate import Scenario, export, simulate
from analysis.simulate.cohort import draw


def done(scenario: Scenario, seed: int, logs: MuscleLogs) -> Floats:
    """Return the weekly sets that were done, as `logs` has those that are counted."""
    dose = draw(scenario, np.random.default_rng(seed)).dose[:, 0]
    first = np.datetime64(scenario.start, "D").astype(int)
    late = (logs.starts - first) // 7  # a log may begin after the first week
    at = np.minimum(late[:, None] + np.arange(logs.weekly.logged.shape[1]), dose.shape[1] - 1)
    return np.where(logs.weekly.logged, np.take_along_axis(dose, at, axis=1), np.nan)


def kept(counted: Floats, true: Floats) -> float:
    """Return the slope of true on counted weekly sets, within lifters."""
    x, y = (each - np.nanmean(each, axis=1, keepdims=True) for each in (counted, true))
    return float(np.nansum(x * y) / np.nansum(x * x))


def found(logs: MuscleLogs, sets: Floats) -> tuple[Estimate, Estimate | None]:
    """Return the effect of some weekly sets, and the lead."""
    one = effect(body(logs.days, Weekly(logs.weekly.logged, {"sets": sets}), ["sets"]), "sets")
    return one.estimate, one.placebo.lead


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lifters", type=int, default=400)
    parser.add_argument("--cohorts", type=int, default=4)
    parser.add_argument("--planted", type=float, default=0.4, help="% per set")
    parser.add_argument("--seed", type=int, default=1, help="of the first cohort")
    asked = parser.parse_args()
    scenario = Scenario(
        n_athletes=asked.lifters, muscles=("quads",), within_pct=asked.planted, doses="offset"
    )
    print("| seed | on counted | as counted (SE) | lead | as done (SE) | lead |\n|" + "---|" * 6)
    for seed in range(asked.seed, asked.seed + asked.cohorts):
        with tempfile.TemporaryDirectory() as folder:
            export(simulate(scenario, seed), folder)
            logs = muscle_logs(read(folder), "quads")
        true = done(scenario, seed, logs)
        counted = logs.weekly.doses["sets"]
        cells = [
            f"{one.value:+.3f} ({one.std_error:.3f}) | {lead.value:+.3f}"
            for one, lead in (found(logs, counted), found(logs, true))
        ]
        print(f"| {seed} | {kept(counted, true):.3f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
