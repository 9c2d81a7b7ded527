"""Do the intervals of the within effect hold what they promise? Simulated cohorts say.

    python benchmarks/coverage.py                 # 1,000 cohorts a scenario: the table in the docs
    python benchmarks/coverage.py --cohorts 100   # a quick look
    python benchmarks/coverage.py --end-to-end 200  # sets, app files, parser and all, once each

The many cohorts are simulated at the level of blocks: programmes, doses, missing weeks, dropout
and strength come from `analysis.simulate`; each exercise's block estimate is the truth with
4.2 % of noise a day. From there on it is the program's own panel and estimator.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from analysis.ingest import read
from analysis.models.dose_response import within_effect
from analysis.models.panel import PanelOptions, assemble, exercise_changes, panel, per_week
from analysis.simulate import Scenario, export, simulate
from analysis.simulate.cohort import Truth, draw

DAY_NOISE_PCT = 4.2
MUSCLE = "quads"
MOST_BROKEN = 300
TRAINED = ("quads", "hamstrings", "chest", "lats")
BASE = Scenario(n_athletes=30, weeks=52, muscles=(MUSCLE,), within_pct=0.3)
HOLDS = {
    "10 athletes": replace(BASE, n_athletes=10),
    "30 athletes": BASE,
    "300 athletes": replace(BASE, n_athletes=300),
    "slopes vary (SD 0.3)": replace(BASE, within_sd_pct=0.3),
    "autocorrelation 0.5": replace(BASE, autocorrelation=0.5),
    "30 % missing weeks": replace(BASE, missing_weeks=0.3),
    "zero effect": replace(BASE, within_pct=0.0),
    "one athlete, 2 years": replace(BASE, n_athletes=1, weeks=104, dropout=0.0),
}
BREAKS = {
    "feedback, 100 athletes": replace(BASE, n_athletes=100, feedback_sets=1.0),
    "strong confounding, 100 athletes": replace(
        BASE, n_athletes=100, confounding_pct=1.5, confounding_sets=2.0
    ),
    "mild confounding, 100 athletes": replace(
        BASE, n_athletes=100, confounding_pct=1.0, confounding_sets=1.0
    ),
    "mild confounding, 300 athletes": replace(
        BASE, n_athletes=300, confounding_pct=1.0, confounding_sets=1.0
    ),
    "strong confounding, 300 athletes": replace(
        BASE, n_athletes=300, confounding_pct=1.5, confounding_sets=2.0
    ),
}


def blocks_and_strength(
    scenario: Scenario, truth: Truth, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return calendar, summed doses and block strength, as the panel makes them from sets."""
    n, size = scenario.n_athletes, scenario.block_weeks
    logged = truth.logged.reshape(n, -1, size)
    seen = np.cumsum(logged.any(-1)[:, ::-1], axis=1)[:, ::-1] > 0
    athlete, block = np.nonzero(seen)
    dose = (truth.dose[:, 0] * truth.logged).reshape(n, -1, size).sum(-1)
    calendar = pl.DataFrame({"athlete": athlete, "block": block}).with_columns(
        weeks=pl.lit(size),
        logged_weeks=logged.sum(-1)[seen],
        origin=pl.lit(scenario.start),
        block_start=pl.lit(scenario.start) + pl.duration(weeks=size * pl.col("block")),
    )
    summed = calendar.select("athlete", "block", muscle=pl.lit(MUSCLE)).with_columns(
        dose=dose[seen],
        **{
            name: pl.lit(None, pl.Float64)
            for name in (
                "hard_sets", "effort_unknown_sets", "frequency", "intensity_pct", "mean_reps",
            )
        },
    )  # fmt: skip
    done = (truth.sets[:, 0] > 0) & truth.logged[:, None, :]
    turns = np.where(done, -(-truth.sets[:, 0] // scenario.sets_per_session), 0)
    days = turns.reshape(n, turns.shape[1], -1, size).sum(-1)
    who, place, when = np.nonzero(days)
    count = days[who, place, when]
    noise = DAY_NOISE_PCT * rng.standard_normal(len(who)) / np.sqrt(count)
    strength = pl.DataFrame(
        {
            "athlete": who,
            "lift": truth.lift[who, 0, place, when],
            "exercise_id": pl.repeat("squat", len(who), eager=True),
            "block": when,
            "strength_pct": 100 * truth.level[who, 0, when] + noise,
            "variance": DAY_NOISE_PCT**2 / count,
            "days": count.astype(float),
            "effort_known": np.zeros(len(who), dtype=bool),
        }
    )
    return calendar, summed, strength


def cohort(scenario: Scenario, seed: int, placebo: bool) -> tuple[float, ...]:
    """Return estimate, standard error, whether the interval holds, whether the placebo fires."""
    rng = np.random.default_rng(seed)
    options = PanelOptions(block_weeks=scenario.block_weeks)
    truth = draw(scenario, rng)
    calendar, summed, strength = blocks_and_strength(scenario, truth, rng)
    roles = pl.DataFrame({"exercise_id": ["squat"], "muscle": [MUSCLE]})
    exposure = per_week(calendar, summed, [MUSCLE], options)
    table = assemble(exposure, exercise_changes(strength, roles), options)
    found = within_effect(table, placebo=placebo)
    holds = found.conf_low <= scenario.within_pct <= found.conf_high
    zero_out = not found.conf_low <= 0 <= found.conf_high
    return found.estimate, found.std_error, holds, zero_out, found.lead_fires, found.dof


def run(scenario: Scenario, seeds: range, workers: int, placebo: bool) -> np.ndarray:
    one = partial(cohort, scenario, placebo=placebo)
    if workers == 1:
        return np.array([one(seed) for seed in seeds], dtype=float)
    with ProcessPoolExecutor(workers) as pool:
        return np.array(list(pool.map(one, seeds, chunksize=20)), dtype=float)


def table(cohorts: int, workers: int, only: str) -> Iterator[str]:
    heads = ("scenario", "cohorts", "planted", "mean estimate", "interval holds")
    yield f"| {' | '.join((*heads, 'zero excluded', 'placebo fires'))} |"
    yield "|---|---|---|---|---|---|---|"
    for number, (name, scenario) in enumerate({**HOLDS, **BREAKS}.items()):
        if only not in name:
            continue
        placebo = name in BREAKS or name == "zero effect"
        # Shares near 0 or 100 % need fewer cohorts than a coverage that must be told from 95 %.
        enough = min(cohorts, MOST_BROKEN) if name in BREAKS else cohorts
        seeds = range(number * 1_000_000, number * 1_000_000 + enough)
        found = run(scenario, seeds, workers, placebo)
        share = 100 * found.mean(axis=0)
        fires = f"{share[4]:.1f} %" if placebo else "–"
        yield (
            f"| {name} | {enough:,} | {scenario.within_pct:+.2f} | {found[:, 0].mean():+.3f} "
            f"(SD {found[:, 0].std():.3f}, SE {found[:, 1].mean():.3f}) | {share[2]:.1f} % "
            f"| {share[3]:.1f} % | {fires} |"
        )


def end_to_end(n_athletes: int, seed: int) -> Iterator[str]:
    """Plant +0.3 %, write app files, read them, and estimate."""
    made = simulate(Scenario(n_athletes=n_athletes, within_pct=0.3, muscles=TRAINED), seed)
    with tempfile.TemporaryDirectory() as folder:
        export(made, folder)
        logbook = read(folder)
    yield f"{logbook.sets.height:,} sets of {len(logbook.athletes)} lifters, planted +0.30"
    yield "| muscle | outcome | within effect, % per weekly set and block | placebo |"
    yield "|---|---|---|---|"
    for muscle in made.scenario.muscles:
        for outcome in ("top_sets", "working", "weekly_maximum"):
            found = within_effect(panel(logbook, muscle=muscle, outcome_from=outcome))
            lead = "fires" if found.lead_fires else "silent"
            yield (
                f"| {muscle} | {outcome} | {found.estimate:+.3f} [{found.conf_low:+.3f}, "
                f"{found.conf_high:+.3f}] | {lead} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=1000, help="simulated cohorts a scenario")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--only", default="", help="scenarios whose name holds this")
    parser.add_argument("--end-to-end", type=int, default=0, metavar="LIFTERS")
    parser.add_argument("--seed", type=int, default=1, help="of the end-to-end cohort")
    args = parser.parse_args()
    started = time.perf_counter()
    lines = (
        end_to_end(args.end_to_end, args.seed)
        if args.end_to_end
        else table(args.cohorts, args.workers, args.only)
    )
    for line in lines:
        print(line, flush=True)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
