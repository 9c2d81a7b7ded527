"""From planted effect to verdict: lifters are simulated, exported, read again and judged.

    python benchmarks/end_to_end.py                  # 200 lifters, +0.3 % planted, then 0
    python benchmarks/end_to_end.py --lifters 40     # a quick look
    python benchmarks/end_to_end.py --cohorts 20 --lifters 100 --quick   # how often it holds
    python benchmarks/end_to_end.py --doses weekly --build-up 2 --quick  # gains that take weeks

Each cohort is written as Strong, Hevy and FitNotes files, and goes through what
`liftdose test hypothesis.toml PATH --out DIR` does. The week's best set as outcome stands beside,
to show its bias. Gains come week by week; "truth" is what the plan asks for, the gain 5 to 12
weeks later, less than what is planted where gains take weeks to come. `--quick` leaves out
specification curve and power. "sets counted" is how many sets are counted for each set that the
planted law counts, within lifters: unmarked warm-ups that pass for work make an effect per counted
set smaller by as much.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from analysis.ingest import read
from analysis.pages.hypothesis import answer
from analysis.simulate import Scenario, export, simulate
from analysis.simulate.scenario import DOSES

APPS = ("strong-s2-lb", "hevy-kg", "fitnotes-f3-kg", "strong-s3-kg", "hevy-lb", "fitnotes-f1-lb")
MUSCLES = ("quads", "hamstrings", "chest")
PLAN = """\
question = "Does one more weekly quad set raise quad strength?"
muscle = "quads"
exposure = "fractional_sets"
outcome = "strength"
effect = "within"
smallest_effect = 0.1             # % strength 5 to 12 weeks after one more a week for four weeks
seed = 1
"""
QUICK = "[sensitivity]\nmax_specifications = 0\n[power]\nsimulations = 0\n"


def judge(scenario: Scenario, seed: int, plan: str, out: Path) -> dict:
    """Return `verdict.json` of one simulated cohort, with its truth, seconds and sets."""
    with tempfile.TemporaryDirectory() as folder:
        cohort = simulate(scenario, seed)
        export(cohort, folder)
        started = time.perf_counter()
        logbook = read(folder)
    plan_file = out / "hypothesis.toml"
    out.mkdir(parents=True, exist_ok=True)
    plan_file.write_text(plan, "utf-8")
    list(answer(plan_file, logbook, out))
    found = json.loads((out / "verdict.json").read_text("utf-8"))
    seconds = time.perf_counter() - started
    counted = sets_counted(out / "data" / "weeks.csv", cohort.truth)
    more = {"truth": scenario.later_pct, "seconds": seconds, "counted": counted}
    return found | more | {"sets": logbook.sets.height}


def sets_counted(weeks: Path, truth: pl.DataFrame) -> float:
    """Return the slope of counted on planted weekly sets, within lifters, by four weeks."""
    planted = truth.filter(pl.col("muscle") == "quads").select(
        "athlete", "block", pl.col("dose").alias("planted")
    )
    place = pl.int_range(pl.len()).over("athlete") // 4
    counted = (
        pl.read_csv(weeks)
        .with_columns(place.alias("block"))
        .group_by("athlete", "block")
        .agg(pl.col("sets").mean().alias("dose"))
        .drop_nulls()
    )
    both = counted.join(planted, on=["athlete", "block"])
    x, y = ((pl.col(name) - pl.col(name).mean().over("athlete")) for name in ("planted", "dose"))
    return both.select((x * y).sum() / (x * x).sum()).item()


def lines(args: argparse.Namespace, out: Path) -> Iterator[str]:
    plan = PLAN.replace('"strength"', f'"{args.outcome}"') + (QUICK if args.quick else "")
    heads = ("planted", "truth", "seed", "sets", "athletes", "days", "estimate", "holds",
             "verdict", "placebo", "weekly maximum", "curve", "detectable", "sets counted",
             "s")  # fmt: skip
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for planted in args.planted:
        for seed in range(args.seed, args.seed + args.cohorts):
            scenario = Scenario(
                n_athletes=args.lifters, within_pct=planted, muscles=MUSCLES, apps=APPS,
                doses=args.doses, build_up_weeks=args.build_up, half_life_weeks=args.half_life,
                weeks=args.weeks, warmups_marked=args.warmups_marked,
            )  # fmt: skip
            yield row(planted, seed, judge(scenario, seed, plan, out / f"{planted:g}-{seed}"))


def row(planted: float, seed: int, found: dict) -> str:
    curve, naive = found["specification_curve"], found["naive_maximum"]
    cells = (
        f"{planted:+.2f}", f"{found['truth']:+.2f}", f"{seed}", f"{found['sets']:,}",
        f"{found['n_athletes']}", f"{found['n_days']:,}", interval(found),
        "yes" if found["conf_low"] <= found["truth"] <= found["conf_high"] else "NO",
        found["verdict"],
        "fires" if found["lead_placebo"]["fires"] else "silent", interval(naive),
        f"{curve['median']:+.2f}, p {curve['p_joint'] or 1:.3f}" if curve else "–",
        f"{found['minimal_detectable_effect']:.2f}" if curve else "–",
        f"{found['counted']:.2f}",
        f"{found['seconds']:.0f}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def interval(found: dict) -> str:
    return f"{found['estimate']:+.3f} [{found['conf_low']:+.3f}, {found['conf_high']:+.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lifters", type=int, default=200)
    parser.add_argument("--planted", type=float, nargs="+", default=[0.3, 0.0], help="% per set")
    parser.add_argument("--doses", default="offset", choices=DOSES, help="how sets are planned")
    parser.add_argument("--build-up", type=float, default=0.0, help="weeks that gains take, τ")
    parser.add_argument("--half-life", type=float, help="weeks after which half of a gain is lost")
    parser.add_argument("--weeks", type=int, default=52, help="length of a log")
    parser.add_argument("--warmups-marked", type=float, default=0.2, help="share who mark them")
    parser.add_argument("--cohorts", type=int, default=1, help="cohorts of each planted effect")
    parser.add_argument("--seed", type=int, default=1, help="of the first cohort")
    parser.add_argument("--outcome", default="strength", help="of the plan")
    parser.add_argument("--quick", action="store_true", help="no curve, no power")
    parser.add_argument("--out", type=Path, help="keep the pages here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for line in lines(args, args.out or Path(scratch)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
