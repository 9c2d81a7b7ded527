"""Do the intervals of the dose-response hold, and does the placebo veto what is true?

    python benchmarks/coverage_dose.py                                # a quick look: 40 cohorts
    python benchmarks/coverage_dose.py --cohorts 300 --lifters 30     # the tables of the docs
    python benchmarks/coverage_dose.py --cohorts 150 --lifters 120
    python benchmarks/coverage_dose.py --factor --lifters 1000      # bias per unit of lead
    python benchmarks/coverage_dose.py --old ../before/src ...      # the block model, same cohorts

Worlds are in `dose_worlds.py`; they share no assumption with the model. A world's truth is what a
week's set brings 5 to 12 weeks later, averaged. Brackets hold the Monte-Carlo interval of a share
(Wilson). `--old` is the source folder of a checkout from before the change, where the model of
four-week blocks is still in place; its unit is % per block and set, the same number for gains that
come at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dose_worlds import WORLDS, Cohort, World, cohort

COLUMNS = ("estimate", "se", "low", "high", "p", "lead", "lead_se", "lead_p", "veto", "bounded",
           "at_once", "at_once_low", "at_once_high", "gain", "gain_low", "gain_high",
           "control", "control_se", "control_p")  # fmt: skip
CHUNK = 10
"""Cohorts whose logs are whitened together."""

Model = Callable[[list[Cohort]], list[tuple[float, ...]]]


class NewModel:
    """The model in continuous time.

    The variances of a world are learnt once, from its first cohort: only efficiency hangs on
    them. `learn_each` learns them anew in every cohort, as the program does, at five times the
    cost.
    """

    def __init__(self, asked: argparse.Namespace) -> None:
        self._smallest, self._gains, self._learn_each = (
            asked.smallest,
            asked.gains,
            asked.learn_each,
        )
        self._repair = asked.repair
        self._measures = ["sets", "other"] if asked.control else ["sets"]
        self._variances: Any = None

    def start(self, first: Cohort) -> None:
        """Learn the variances of a world."""
        from analysis.models.dose.effects import body

        if not self._learn_each:
            self._variances = body(*_logs(first, self._repair), ["sets"]).variances

    def __call__(self, cohorts: list[Cohort]) -> list[tuple[float, ...]]:
        """Return what `COLUMNS` names, of each cohort."""
        from analysis.models.dose.effects import body

        kernels = ["sets"] if self._gains else []
        if self._learn_each:
            return [
                self._row(body(*_logs(each, self._repair), self._measures, kernels=kernels))
                for each in cohorts
            ]
        return [self._row(each) for each in self._together(cohorts, kernels)]

    def _together(self, cohorts: list[Cohort], kernels: list[str]) -> Iterator[Any]:
        """Whiten several cohorts in one pass; each keeps its own autocovariance and scales."""
        from analysis.models.dose.effects import Body, columns_of
        from analysis.models.dose.variances import own_scale
        from analysis.models.dose.whitening import Days, Sums

        logs = [_logs(each, self._repair) for each in cohorts]
        sizes = [len(weekly.logged) for _, weekly in logs]
        first = np.cumsum([0, *sizes])
        parts = [columns_of(weekly, self._measures, kernels=kernels) for _, weekly in logs]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        series = [days.series + 100_000 * at for at, (days, _) in zip(first, logs, strict=False)]
        athlete = [days.athlete + at for at, (days, _) in zip(first, logs, strict=False)]
        days = Days(
            np.concatenate(athlete), np.concatenate(series),
            *(np.concatenate([getattr(each, name) for each, _ in logs])
              for name in ("week", "day", "strength", "weight")),
        )  # fmt: skip
        whole = Sums(days, int(first[-1]), columns).whitened(self._variances)
        for at, size, (_, weekly) in zip(first, sizes, logs, strict=False):
            products = whole.of(np.arange(at, at + size))
            scale = np.clip(own_scale(products, ["log_weeks", "sets_own"]), 0.04, 25.0)
            mean = {"sets": weekly.mean("sets")}
            yield Body(products.scaled(scale), mean, self._variances, scale)

    def _row(self, logs: Any) -> tuple[float, ...]:
        from analysis.models.dose.effects import at_once, effect, eventual_gain, joint

        one = effect(logs, "sets", smallest=self._smallest)
        lead = one.placebo.lead
        more = (np.nan,) * 6
        if self._gains:
            both = (at_once(logs, "sets")[0], eventual_gain(logs, "sets").estimate)
            more = tuple(n for e in both for n in (e.value, e.low, e.high))
        control = (np.nan,) * 3
        if len(self._measures) > 1:  # the other muscle's sets, this one's held
            away = joint(logs, self._measures)[0]["other"]
            control = (away.value, away.std_error, away.p_value)
        return (
            one.estimate.value, one.estimate.std_error, one.estimate.low,
            one.estimate.high, one.estimate.p_value,
            *((lead.value, lead.std_error, lead.p_value) if lead else (np.nan,) * 3),
            one.placebo.fires, one.placebo.kind == "bounded", *more, *control,
        )  # fmt: skip


def _logs(found: Cohort, repair: bool = False) -> tuple[Any, Any]:
    from analysis.models.dose.inputs import Weekly
    from analysis.models.dose.whitening import Days
    from analysis.models.strength import regimes

    ones = np.ones(len(found.athlete))
    days = Days(found.athlete, found.series, found.week, found.day, found.strength, ones)
    if repair:  # as the program does with a logbook: where a level jumps, another series begins
        days = days.of(np.lexsort((days.day, days.series)))
        lift = np.unique(days.series, return_inverse=True)[1]
        series = regimes.Series(lift, days.day.astype(float), days.strength / 100)
        seen = regimes.find(series)
        days = replace(days, series=lift + seen.regime, weight=(~seen.odd).astype(float))
    return days, Weekly(found.logged, {"sets": found.sets, "other": found.other})


class OldModel:
    """The model of four-week blocks, from its own rooms."""

    def start(self, first: Cohort) -> None:
        """Nothing is learnt once for a world."""

    def __call__(self, cohorts: list[Cohort]) -> list[tuple[float, ...]]:
        """Return what `COLUMNS` names, of each cohort."""
        return [old_model(each) for each in cohorts]


def old_model(found: Cohort) -> tuple[float, ...]:
    """Return what `COLUMNS` names, as far as the model of blocks has it."""
    from importlib import import_module

    import polars as pl

    panel = import_module("analysis.panel")
    within_effect = import_module("analysis.models.dose_response").within_effect
    n = len(found.logged)
    logged = found.logged.reshape(n, -1, 4)
    seen = np.cumsum(logged.any(-1)[:, ::-1], axis=1)[:, ::-1] > 0
    who, block = np.nonzero(seen)
    calendar = pl.DataFrame({"athlete": who, "block": block}).with_columns(
        weeks=pl.lit(4), logged_weeks=logged.sum(-1)[seen], origin=pl.lit(0), block_start=pl.lit(0)
    )
    dose = np.nan_to_num(found.sets).reshape(n, -1, 4).sum(-1)[seen]
    unknown = ("hard_sets", "effort_unknown_sets", "frequency", "intensity_pct", "mean_reps")
    summed = calendar.select("athlete", "block", muscle=pl.lit("quads")).with_columns(
        dose=dose, **{name: pl.lit(None, pl.Float64) for name in unknown}
    )
    strength = (
        pl.DataFrame({"athlete": found.athlete, "lift": found.series, "block": found.week // 4,
                      "y": found.strength})
        .group_by("athlete", "lift", "block")
        .agg(strength_pct=pl.col("y").mean(), days=pl.len().cast(pl.Float64))
        .with_columns(variance=4.2**2 / pl.col("days"), effort_known=pl.lit(False),
                      exercise_id=pl.lit("squat"))
        .sort("athlete", "lift", "block")
    )  # fmt: skip
    options = panel.PanelOptions()
    roles = pl.DataFrame({"exercise_id": ["squat"], "muscle": ["quads"]})
    exposure = panel.per_week(calendar, summed, ["quads"], options)
    one = within_effect(panel.assemble(exposure, panel.exercise_changes(strength, roles), options))
    lead = one.lead
    return (
        one.estimate, one.std_error, one.conf_low, one.conf_high, one.p_value,
        *((lead.estimate, lead.std_error, lead.p_value) if lead else (np.nan,) * 3),
        one.lead_fires, np.nan, *(np.nan,) * 9,
    )  # fmt: skip


def factor(lifters: int) -> Iterator[str]:
    """Say how large the bias is for each unit of lead, in one large cohort of each kind."""
    from analysis.models.dose.effects import body, effect

    base = replace(WORLDS["zero"], missing=0.0)
    state = {"confounding_pct": 1.0, "confounding_sets": 1.0}
    kinds = {
        f"unseen state, weekly memory {memory:g}": replace(base, **state, state_memory=memory)
        for memory in (0.5, 0.8, 0.9, 0.95)
    }
    kinds |= {
        f"feedback {sets:g} sets per %": replace(base, feedback_sets=sets) for sets in (0.2, 0.5)
    }
    yield "| source of bias | bias, 5–12 weeks | lead | bias / lead |\n|---|---|---|---|"
    for name, world in kinds.items():
        one = effect(body(*_logs(cohort(world, lifters, 1)), ["sets"]), "sets")
        lead = one.placebo.lead
        assert lead is not None
        bias = one.estimate
        yield (
            f"| {name} | {bias.value:+.3f} ({bias.std_error:.3f}) | {lead.value:+.3f} "
            f"({lead.std_error:.3f}) | {bias.value / lead.value:.1f} |"
        )


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, in %."""
    z = 1.96
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(100 * (middle - reach), 0.0), min(100 * (middle + reach), 100.0)


def spoken(flags: np.ndarray) -> str:
    """Return a share with its Monte-Carlo interval."""
    low, high = wilson(float(flags.mean()), len(flags))
    return f"{100 * flags.mean():.1f} [{low:.0f}–{high:.0f}]"


def row(
    name: str, world: World, lifters: int, cohorts: int, model: OldModel | NewModel,
    keep: Path | None,
) -> str:  # fmt: skip
    """Simulate a world's cohorts and return its row of the table."""
    truth = world.truth
    seeds = [1_000_000 * list(WORLDS).index(name) + number for number in range(cohorts)]
    stem = f"{name}-{lifters}".replace(" ", "_").replace("%", "pct").replace(",", "")
    file = keep / f"{stem}.npy" if keep else None
    found = np.load(file) if file and file.exists() else np.empty((0, len(COLUMNS)))
    found = np.pad(found, ((0, 0), (0, len(COLUMNS) - found.shape[1])), constant_values=np.nan)
    if len(found) < cohorts:
        model.start(cohort(world, lifters, seeds[0]))
    for first in range(len(found), cohorts, CHUNK):
        rows = model([cohort(world, lifters, seed) for seed in seeds[first : first + CHUNK]])
        found = np.vstack([found, np.array(rows, dtype=float)])
        if file:  # a run that is stopped goes on from here
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, found)
    found = found[:cohorts]
    at = {column: found[:, place] for place, column in enumerate(COLUMNS)}
    holds = (at["low"] <= truth) & (truth <= at["high"])
    cells = [
        name, f"{cohorts}", f"{truth:.2f}",
        f"{at['estimate'].mean():.3f} (SD {at['estimate'].std():.3f}, SE {at['se'].mean():.3f})",
        spoken(holds), spoken(at["p"] < 0.05), spoken(at["lead_p"] < 0.05),
        spoken(at["veto"] > 0), f"{at['lead'].mean():+.3f}",
    ]  # fmt: skip
    if np.isfinite(at["control"]).all():
        cells += [f"{at['control'].mean():+.3f}", spoken(at["control_p"] < 0.05)]
    if np.isfinite(at["gain"]).all():
        end = world.effect_pct
        cells += [
            f"{np.mean(at['at_once']):.2f}",
            f"{np.mean(at['gain']):.2f}",
            spoken((at["gain_low"] <= end) & (end <= at["gain_high"])),
        ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=40)
    parser.add_argument("--lifters", type=int, default=120)
    parser.add_argument("--only", default="", help="worlds whose name holds one of these, by |")
    parser.add_argument("--old", type=Path, help="source folder with the model of blocks")
    parser.add_argument("--smallest", type=float, default=0.1, help="smallest effect of interest")
    parser.add_argument("--gains", action="store_true", help="the eventual gain too")
    parser.add_argument("--learn-each", action="store_true", help="variances of every cohort")
    parser.add_argument("--repair", action="store_true", help="new intercepts where levels jump")
    parser.add_argument("--control", action="store_true", help="another muscle's dose, too")
    parser.add_argument("--factor", action="store_true", help="bias per unit of lead, instead")
    parser.add_argument(
        "--keep",
        type=Path,
        help="folder for the numbers of every cohort; a run goes on from those that are there",
    )
    args = parser.parse_args()
    if args.old:
        sys.path.insert(0, str(args.old))
    model: OldModel | NewModel = OldModel() if args.old else NewModel(args)
    heads = ["world", "cohorts", "truth", "mean", "holds %", "p < .05 %", "lead p < .05 %",
             "veto %", "lead"]  # fmt: skip
    heads += ["control", "control p < .05 %"] if args.control else []
    heads += ["at once", "gain", "gain holds %"] if args.gains and not args.old else []
    started = time.perf_counter()
    if args.factor:
        for line in factor(args.lifters):
            print(line, flush=True)
        return
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    for name, world in WORLDS.items():
        if any(part in name for part in args.only.split("|")):
            print(row(name, world, args.lifters, args.cohorts, model, args.keep), flush=True)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
