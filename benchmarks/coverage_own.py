"""Do the intervals of athletes' own slopes hold, and does what differs between people repeat?

    python benchmarks/coverage_own.py                               # a quick look: 10 cohorts
    python benchmarks/coverage_own.py --cohorts 60 --lifters 30

Worlds of `dose_worlds.py` in which gains come at once and stay, with the same effect for all and
with effects that differ. Each lifter's true effect is known: how often the interval of the own
slope, the shrunken one and the one of a lifter not yet seen hold it; how often the SD of true
slopes lies in its interval; what is said of reliability; and how often people are said to be told
apart by the halves of their logs, where every true difference does repeat.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import ndtr

from analysis.models.cohort.spread import spread
from analysis.models.dose.effects import body, columns_of
from analysis.models.dose.inputs import Weekly
from analysis.models.dose.people import own_slopes, repeatability
from analysis.models.dose.whitening import Days
from coverage_dose import spoken
from dose_worlds import BASE, cohort

HEADS = ("SD of effects", "lifters", "cohorts", "own slope holds %", "shrunken holds %",
         "not yet seen holds %", "SD holds %", "with errors as they are", "SD found",
         "reliability said", "true", "halves correlate", "told apart %")  # fmt: skip


def row(sd: float, lifters: int, cohorts: int) -> str:
    """Simulate cohorts of one spread of effects and return a row of the table."""
    world = replace(BASE, effect_sd_pct=sd)
    own_holds: list[bool] = []
    shrunken: list[bool] = []
    seen, in_sd, raw, sds, said, true, halves, apart = ([] for _ in range(8))
    variances = None
    for seed in range(cohorts):
        found = cohort(world, lifters, 50_000_000 + seed)
        days = Days(found.athlete, found.series, found.week, found.day, found.strength,
                    np.ones(len(found.athlete)))  # fmt: skip
        weekly = Weekly(found.logged, {"sets": found.sets})
        reduced = body(days, weekly, ["sets"], variances=variances)
        variances = reduced.variances
        repeats = repeatability(reduced, days, columns_of(weekly, ["sets"]), "sets")
        table = own_slopes(reduced, "sets")
        told = table["own"].notna().to_numpy()
        own, error = (table[name].to_numpy()[told] for name in ("own", "own_error"))
        effect = found.effect[told]
        as_is = spread(own, error)
        raw.append(as_is.sd_low <= sd <= as_is.sd_high)
        error = error * repeats.error_ratio
        whole = spread(own, error)
        own_holds += list(np.abs(own - effect) < 1.96 * error)
        shrunken += list((whole.low <= effect) & (effect <= whole.high))
        if sd:
            reach = (whole.new_high - world.effect_pct, whole.new_low - world.effect_pct)
            seen.append(float(ndtr(reach[0] / sd) - ndtr(reach[1] / sd)))
            true.append(float(np.corrcoef(own, effect)[0, 1] ** 2))
        else:
            seen.append(float(whole.new_low <= world.effect_pct <= whole.new_high))
        in_sd.append(whole.sd_low <= sd <= whole.sd_high)
        sds.append(whole.sd)
        said.append(whole.reliability)
        halves.append(repeats.observed)
        apart.append(repeats.told_apart)

    def mean(values: Sequence[float]) -> str:
        return f"{np.mean(values):.2f}" if values else "–"

    cells = [
        f"{sd:g}", f"{lifters}", f"{cohorts}", spoken(np.array(own_holds)),
        spoken(np.array(shrunken)), f"{100 * np.mean(seen):.0f}", spoken(np.array(in_sd)),
        spoken(np.array(raw)), mean(sds), mean(said), mean(true), mean(halves),
        spoken(np.array(apart)),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=10)
    parser.add_argument("--lifters", type=int, default=30)
    args = parser.parse_args()
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
    for sd in (0.0, 0.3, 0.6):
        print(row(sd, args.lifters, args.cohorts), flush=True)


if __name__ == "__main__":
    main()
