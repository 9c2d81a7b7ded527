"""How fast are the mixed models, and do all programs find the same point?

    python benchmarks/mixed.py                    # everything that is installed
    python benchmarks/mixed.py --only cohort car1 --no-statsmodels
    python benchmarks/mixed.py --r                # lme4 and nlme too, where R has them

Every program fits the same data in this process run (R in its own process, timed inside R).
Ours and the compiled ones are timed `--repeats` times and the best is shown; slow ones once.
"Full results" is: formula, fit, table with Satterthwaite dof, random effects with their errors.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.models import mixed

FORMULA = "y ~ week + volume + intensity + male"
NLME_S = 40.0  # nlme 3.1 on R 4.2, 1,000 athletes, the same two cores; --r measures it again


def cohort(athletes: int, seed: int = 0, first: int = 0) -> pd.DataFrame:
    """Weekly log strength: about 54 weeks an athlete, own intercept and own slope."""
    rng = np.random.default_rng([seed, first])
    counts = rng.integers(44, 65, athletes)
    athlete = np.repeat(np.arange(athletes), counts)
    n = len(athlete)
    effects = rng.normal(size=(athletes, 2)) @ np.array([[0.15, 0.0005], [0.0, 0.002]])
    week = np.concatenate([np.arange(count, dtype=float) for count in counts])
    data = pd.DataFrame(
        {
            "athlete": athlete + first,
            "week": week,
            "volume": rng.normal(10, 3, n),
            "intensity": rng.normal(75, 8, n),
            "male": rng.integers(0, 2, athletes)[athlete],
        }
    )
    growth = 0.003 + effects[athlete, 1]
    dose = 0.002 * data["volume"] + 0.001 * data["intensity"] + 0.3 * data["male"]
    data["y"] = 4.4 + effects[athlete, 0] + growth * week + dose + rng.normal(0, 0.036, n)
    return data


def nested_cohort(athletes: int) -> pd.DataFrame:
    """Ten exercises an athlete, about six rows each, in weeks 0 to 29."""
    rng = np.random.default_rng(7)
    counts = rng.integers(4, 9, athletes * 10)
    cell = np.repeat(np.arange(athletes * 10), counts)
    athlete, n = cell // 10, len(cell)
    data = pd.DataFrame(
        {"athlete": athlete, "exercise": cell % 10, "week": rng.integers(0, 30, n).astype(float)}
    )
    own = rng.normal(0, [0.15, 0.002], (athletes, 2))
    data["y"] = (
        4.4
        + own[athlete, 0]
        + rng.normal(0, 0.1, athletes * 10)[cell]
        + (0.003 + own[athlete, 1]) * data["week"]
        + rng.normal(0, 0.036, n)
    )
    return data


def serial_cohort(athletes: int) -> pd.DataFrame:
    """The cohort with residuals that correlate 0.5 from week to week."""
    data = cohort(athletes, seed=3)
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 0.036, len(data))
    first = data["week"].to_numpy() == 0
    for i in range(1, len(noise)):
        if not first[i]:
            noise[i] = 0.5 * noise[i - 1] + np.sqrt(0.75) * noise[i]
    return data.assign(day=7.0 * data["week"], y=data["y"] + noise)


def full_results(fit: mixed.MixedFit) -> float:
    """Ask for every table, so that nothing is left to be computed later."""
    fit.tidy(), fit.random_effects, fit.random_cov, fit.glance()
    return fit.loglik


@dataclass(frozen=True)
class Timing:
    """Wall and processor seconds of the fastest run, and the log-likelihood found."""

    seconds: float
    cpu_s: float
    loglik: float


def best_of(repeats: int, run: Callable[[], float]) -> Timing:
    seconds, cpu, value = [], [], np.nan
    for _ in range(repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        value = run()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return Timing(min(seconds), min(cpu), value)


def show(title: str, rows: dict[str, Timing]) -> None:
    """Print one table. On a busy machine processor seconds compare better than wall seconds."""
    first = next(iter(rows.values()))
    print(f"\n{title}")
    head = f"{'program':<28}{'wall s':>9}{'× ours':>9}{'cpu s':>9}{'× ours':>9}"
    print(f"{head}{'log-likelihood':>24}{'− ours':>11}")
    for name, row in rows.items():
        wall = f"{row.seconds:>9.3f}{row.seconds / first.seconds:>9.1f}"
        cpu = f"{row.cpu_s:>9.3f}{row.cpu_s / first.cpu_s:>9.1f}"
        print(f"{name:<28}{wall}{cpu}{row.loglik:>24.9f}{row.loglik - first.loglik:>11.1e}")


def ours(data: pd.DataFrame, **model) -> float:
    return full_results(mixed.fit(FORMULA, data, **model))


def statsmodels_fit(data: pd.DataFrame, scale: float) -> float:
    """MixedLM needs a scaled slope to converge; its likelihood is put back to the same units."""
    import statsmodels.formula.api as smf

    data = data.assign(scaled=data["week"] / scale)
    formula = FORMULA.replace("week", "scaled")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = smf.mixedlm(formula, data, groups="athlete", re_formula="~scaled")
        fit = model.fit(reml=True)
    return float(fit.llf) - float(np.log(scale))


def mixedlm_rs_fit(data: pd.DataFrame) -> float:
    import mixedlm_rs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = mixedlm_rs.MixedLM.from_formula(
            FORMULA, data, groups=data["athlete"], re_formula="~week"
        )
        return float(model.fit(reml=True).llf)


def lme_python_fit(data: pd.DataFrame) -> float:
    import lme_python
    import polars as pl

    fit = lme_python.lmer(f"{FORMULA} + (week | athlete)", pl.from_pandas(data), reml=True)
    return float(fit.log_likelihood)


def r_fit(data: pd.DataFrame, call: str, package: str) -> Timing:
    """Fit in R; seconds are R's own, without reading the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        data.to_csv(path, index=False, float_format="%.17g")
        script = (
            f"suppressMessages(library({package})); d <- read.csv('{path}'); "
            f"s <- system.time(m <- suppressWarnings({call})); "
            "cat(s[['elapsed']], s[['user.self']] + s[['sys.self']], "
            "sprintf('%.9f', as.numeric(logLik(m))))"
        )
        command = ["Rscript", "-e", script]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:  # a program that fails is a line of the table too
        print(f"{call[:40]}… failed: {done.stderr.strip().splitlines()[-1]}")
        return Timing(np.nan, np.nan, np.nan)
    return Timing(*map(float, done.stdout.split()[-3:]))


def bench_cohort(args: argparse.Namespace) -> None:
    data = cohort(args.athletes)
    model = {"groups": "athlete", "random": "~ week"}
    rows = {"liftdose": best_of(args.repeats, lambda: ours(data, **model))}
    if importlib.util.find_spec("mixedlm_rs"):
        rows["mixedlm-rs"] = best_of(args.repeats, lambda: mixedlm_rs_fit(data))
    if importlib.util.find_spec("lme_python"):
        rows["lme-python"] = best_of(args.repeats, lambda: lme_python_fit(data))
    if args.r:
        call = f"lmer({FORMULA} + (week | athlete), d)"
        rows["lme4 (defaults)"] = r_fit(data, call, "lme4")
        call = f"lme({FORMULA}, random = ~ week | athlete, data = d)"
        rows["nlme"] = r_fit(data, call, "nlme")
    if args.statsmodels:
        rows["statsmodels (scaled week)"] = best_of(1, lambda: statsmodels_fit(data, 15.0))
    show(f"{args.athletes:,} athletes, {len(data):,} rows, intercept and slope, REML", rows)


def bench_unscaled(args: argparse.Namespace) -> None:
    """Seconds since 1970 as the time column: the same model, hostile units."""
    data = cohort(1000)
    unscaled = data.assign(week=1.7e9 + 604_800.0 * data["week"])
    model = {"groups": "athlete", "random": "~ week"}
    shift = float(np.log(604_800.0))
    rows = {
        "liftdose, weeks": best_of(args.repeats, lambda: ours(data, **model)),
        "liftdose, epoch seconds": best_of(args.repeats, lambda: ours(unscaled, **model) + shift),
    }
    if args.r:
        call = f"lmer({FORMULA} + (week | athlete), d)"
        rows["lme4, weeks"] = r_fit(data, call, "lme4")
        hostile = r_fit(data.assign(week=604_800.0 * data["week"]), call, "lme4")
        rows["lme4, seconds from 0"] = replace(hostile, loglik=hostile.loglik + shift)
    show("1,000 athletes, unscaled time (log-likelihoods put back to weeks)", rows)


def bench_nested(args: argparse.Namespace) -> None:
    data = nested_cohort(args.athletes)
    cells = data.groupby(["athlete", "exercise"]).ngroups

    def run() -> float:
        model = {"athlete": "~ week", "athlete/exercise": "~ 1"}
        fit = mixed.fit("y ~ week", data, groups=["athlete", "exercise"], random=model)
        return full_results(fit)

    rows = {"liftdose": best_of(args.repeats, run)}
    if args.r:
        call = "lmer(y ~ week + (week | athlete) + (1 | athlete:exercise), d)"
        rows["lme4 (defaults)"] = r_fit(data, call, "lme4")
    show(f"nested: {args.athletes:,} athletes, {cells:,} cells, {len(data):,} rows", rows)


def bench_car1(args: argparse.Namespace) -> None:
    data = serial_cohort(1000)

    def run() -> float:
        model = {"random": "~ week", "correlation": "car1", "time": "day"}
        return full_results(mixed.fit(FORMULA, data, groups="athlete", **model))

    rows = {"liftdose": best_of(args.repeats, run)}
    if args.r:
        call = (
            f"lme({FORMULA}, random = ~ week | athlete, data = d, "
            "correlation = corCAR1(form = ~ day | athlete))"
        )
        rows["nlme"] = r_fit(data, call, "nlme")
    show(f"CAR(1): 1,000 athletes, {len(data):,} rows", rows)
    ratio = NLME_S / rows["liftdose"].seconds
    print(f"nlme took {NLME_S:.0f} s at this size on these cores when idle: {ratio:.0f} × ours")


def bench_partitions(args: argparse.Namespace) -> None:
    parts, size = 20, args.athletes // 2
    model = {"groups": "athlete", "random": "~ week"}
    kept, reducing = [], 0.0
    for part in range(parts):
        data = cohort(size, seed=11, first=part * size)
        start = time.perf_counter()
        kept.append(mixed.sufficient_statistics(FORMULA, data, **model))
        reducing += time.perf_counter() - start
    rows = {"liftdose, fitting": best_of(1, lambda: full_results(mixed.fit_statistics(kept)))}
    show(f"{parts} partitions, {parts * size:,} athletes", rows)
    print(f"reducing the rows to statistics: {reducing:.2f} s in one process")


BENCHES = {
    "cohort": bench_cohort,
    "unscaled": bench_unscaled,
    "nested": bench_nested,
    "car1": bench_car1,
    "partitions": bench_partitions,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES))
    parser.add_argument("--athletes", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-statsmodels", dest="statsmodels", action="store_false")
    parser.add_argument("--r", action="store_true", help="time lme4 and nlme too")
    args = parser.parse_args()
    args.r = args.r and shutil.which("Rscript") is not None
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    for name in args.only:
        BENCHES[name](args)


if __name__ == "__main__":
    main()
