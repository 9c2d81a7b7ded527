"""Do a cohort's intervals hold? Own and shrunken slopes, their SD, the next athlete, the bands.

    python -m benchmarks.coverage_cohort                # 300 cohorts a row: the docs' tables
    python -m benchmarks.coverage_cohort --cohorts 50   # a quick look
    python -m benchmarks.coverage_cohort --load 8       # exports with no effect of days or load

Cohorts are panels with planted slopes and shapes (`tests.planted_panel`), 12 blocks an athlete, so
that the truth of every athlete and of every dose is known. `--load` starts from app exports.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from tests.planted_panel import planted

from analysis.ingest import read
from analysis.models.cohort.spread import dose_curve, own_slopes, spread
from analysis.models.cohort.study import ADJUST, HELD
from analysis.models.dose_response import within_effect
from analysis.models.dose_response.model import whiten
from analysis.models.panel import panel
from analysis.simulate import Scenario, export, simulate

MEAN = 0.3
NEXT = 200
"""Athletes not yet seen, per cohort."""

SLOPES = (
    # athletes, SD of true slopes, SD of further noise of the noisiest athlete
    (10, 0.0, 0.0), (10, 0.3, 0.0), (30, 0.0, 0.0), (30, 0.1, 0.0), (30, 0.3, 0.0),
    (100, 0.1, 0.0), (100, 0.3, 0.0), (30, 0.0, 6.0), (30, 0.3, 6.0),
)  # fmt: skip

SHAPES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    # shape, and the slope that makes one more set worth about 0.3 % at 8 sets
    "linear": (lambda x: x, 0.3),
    "log": (np.log1p, 2.7),
    "sqrt": (np.sqrt, 1.7),
    "reciprocal": (lambda x: -1 / (1 + x), 24.3),
    "up and down (none of the five)": (lambda x: np.sin(x / 4), -1.5),
}


LOAD = {
    "frequency, at the same sets": ("frequency", HELD["frequency"]),
    "frequency, sets not held": ("frequency", ADJUST),
    "load, at the same sets": ("intensity_pct", HELD["intensity_pct"]),
}


def cohort(seed: int, athletes: int, sd: float, uneven: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a panel whose athletes have slopes of their own, and those slopes."""
    rng = np.random.default_rng(seed + 1_000_000)
    table = planted(seed, athletes=athletes, slope=0.0)
    true = MEAN + sd * rng.standard_normal(athletes)
    own = table.groupby("athlete")["dose"].transform("mean")
    noise = uneven * rng.random(athletes)[table["athlete"]] * rng.standard_normal(len(table))
    table["change_pct"] += true[table["athlete"]] * (table["dose"] - own) + noise
    return table, true


def slopes(seed: int, athletes: int, sd: float, uneven: float) -> tuple[float, ...]:
    """Return what held in one cohort."""
    table, true = cohort(seed, athletes, sd, uneven)
    found = within_effect(table, placebo=False)
    own = own_slopes(whiten(found, table, "dose", ADJUST), "dose")
    each = spread(own["own"].to_numpy(), own["own_error"].to_numpy())
    new = MEAN + sd * np.random.default_rng(seed).standard_normal(NEXT)
    raw = np.abs(own["own"] - true) <= 1.96 * own["own_error"]
    pooled = found.model.pooled
    assert pooled is not None
    plug_in = pooled.group_contrast({"dose": 1.0})
    return (
        float(raw.mean()),
        float(((each.low <= true) & (true <= each.high)).mean()),
        float((np.abs(plug_in["estimate"] - true) <= 1.96 * plug_in["std_error"]).mean()),
        float(each.sd_low <= sd <= each.sd_high),
        float(((each.new_low <= new) & (new <= each.new_high)).mean()),
        each.sd,
        each.reliability,
        float(np.mean((own["own"] - true) ** 2) ** 0.5),
        float(np.mean((each.shrunken - true) ** 2) ** 0.5),
    )


def bands(seed: int, athletes: int, shape: str) -> tuple[float, ...]:
    """Return whether the bands of one cohort hold the planted curve."""
    curve, slope = SHAPES[shape]
    table = planted(seed, athletes=athletes, slope=slope, curve=curve)
    drawn = dose_curve(table).table
    usual = curve(table["dose"].to_numpy()).mean()
    true = 0.8 + slope * (curve(drawn["dose"].to_numpy()) - usual)
    one = (drawn["conf_low"] <= true) & (true <= drawn["conf_high"])
    every = (drawn["all_low"] <= true) & (true <= drawn["all_high"])
    return float(one.mean()), float(one.all()), float(every.all())


def slope_table(cohorts: int) -> Iterator[str]:
    yield ("| athletes | SD of true slopes | noise | own | shrunken | plug-in BLUP | SD | next "
           "athlete | mean SD found | mean reliability | RMSE own → shrunken |")  # fmt: skip
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for row in SLOPES:
        found = np.mean([slopes(seed, *row) for seed in range(cohorts)], axis=0)
        held = " | ".join(f"{100 * share:.1f} %" for share in found[:5])
        noise = "uneven" if row[2] else "even"
        yield (
            f"| {row[0]} | {row[1]:.1f} | {noise} | {held} | {found[5]:.2f} | {found[6]:.2f} "
            f"| {found[7]:.2f} → {found[8]:.2f} |"
        )


def band_table(cohorts: int) -> Iterator[str]:
    yield (
        "| athletes | planted shape | pointwise, at one dose | pointwise, everywhere | "
        "simultaneous, everywhere |"
    )
    yield "|---|---|---|---|---|"
    for athletes in (10, 30, 100):
        for shape in SHAPES:
            found = np.mean([bands(seed, athletes, shape) for seed in range(cohorts)], axis=0)
            held = " | ".join(f"{100 * share:.1f} %" for share in found)
            yield f"| {athletes} | {shape} | {held} |"


def load_table(cohorts: int) -> Iterator[str]:
    """Effects of days and load where the exports hold none, at the same sets."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in range(cohorts):
        scenario = Scenario(n_athletes=60, within_pct=MEAN)
        with tempfile.TemporaryDirectory() as folder:
            export(simulate(scenario, seed + 100), folder)
            logbook = read(folder)
        table = panel(logbook, muscle=scenario.muscles)
        for _, part in table.groupby("muscle"):
            for name, (exposure, held) in LOAD.items():
                fit = within_effect(part.reset_index(drop=True), exposure=exposure, adjust=held)
                holds = fit.conf_low <= 0 <= fit.conf_high
                found.setdefault(name, []).append((fit.estimate, holds, fit.lead_fires))
    yield "| exposure | fits | mean estimate (truth 0) | interval holds | placebo fires |"
    yield "|---|---|---|---|---|"
    for exposure, rows in found.items():
        mean = np.mean(rows, axis=0)
        yield (
            f"| {exposure} | {len(rows)} | {mean[0]:+.3f} | {100 * mean[1]:.0f} % "
            f"| {100 * mean[2]:.0f} % |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=300, help="simulated cohorts a row")
    parser.add_argument("--load", type=int, default=0, metavar="COHORTS")
    args = parser.parse_args()
    started = time.perf_counter()
    tables = [load_table(args.load)] if args.load else [
        slope_table(args.cohorts), band_table(args.cohorts)
    ]  # fmt: skip
    for lines in tables:
        for line in lines:
            print(line, flush=True)
        print(flush=True)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
