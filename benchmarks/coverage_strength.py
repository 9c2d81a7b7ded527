"""Do strength verdicts hold? Simulated lifters, scenario by scenario, by the claim as printed.

    OPENBLAS_NUM_THREADS=1 python benchmarks/coverage_strength.py              # 150 lifters each
    OPENBLAS_NUM_THREADS=1 python benchmarks/coverage_strength.py --lifters 600 --seed 7

The lifters share nothing with the model but that levels move: growth slows down, strength comes in
waves as well as in a random walk, errors have Student tails and a part that all lifts of a day
share, and the log is as untidy as people's are. A change is compared with the true change of the
same lifts. Where the program says that a level jumped, it claims no change across that day, and
the truth leaves the same day out.

Writes one JSON document to standard output: per scenario, scope and horizon, how often the 95 %
interval holds, its width, the root mean square error, and that of "+10 % a year"; and of the
claims that would be printed the share with the wrong sign and the exaggeration, mean of
|claimed| over mean of |true|.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from analysis.models.strength import regimes, verdicts
from analysis.models.strength.population import Population, published
from analysis.models.strength.regimes import Floats, Ints, Series
from analysis.models.strength.verdicts import DECIDED, LEADING, PROBABLE, Units

NAMED = {28.0: "4 weeks", 56.0: "8 weeks", 91.0: "13 weeks", 182.0: "26 weeks", 364.0: "52 weeks"}


@dataclass(frozen=True)
class World:
    """What goes on in a simulated log; every part may be switched on alone.

    Attributes:
        growth_sd: SD of growth between lifters, log units a year.
        unequal: SD of the log of a lift's own wander; 0.5 is ordinary.
        waves: SD of slow waves of strength.
        shared_day_sd: error that all lifts of a day share.
        rotation: lifts are taken up and dropped in turn.
        stations: rate per year and lift of a change of machine of 4 to 15 %.
        doubled: share of lifts that are logged double from some day on.
        typing: share of days with a slip of the finger.
        light: share of days that are deliberately light.
        breaks: whether the lifter stays away for 8 to 30 weeks, loses and regains.
        jumps: rate per year and lift of a true jump of 5 to 15 %.
        only_warmups: share of days on which only an unmarked warm-up of the lift was logged.
        losing: growth is negative.
    """

    growth_sd: float = 0.12
    unequal: float = 0.5
    waves: float = 0.02
    shared_day_sd: float = 0.012
    rotation: bool = False
    stations: float = 0.0
    doubled: float = 0.0
    typing: float = 0.0
    light: float = 0.0
    breaks: bool = False
    jumps: float = 0.0
    only_warmups: float = 0.0
    losing: bool = False


PLAIN = World()
MESSY = World(
    rotation=True, stations=0.4, doubled=0.06, typing=0.01, light=0.04, breaks=True,
    shared_day_sd=0.02, only_warmups=0.02, unequal=0.8,
)  # fmt: skip
SCENARIOS: dict[str, World] = {
    "plain": PLAIN,
    "rotation": replace(PLAIN, rotation=True),
    "station changes": replace(PLAIN, stations=0.6),
    "doubled loads": replace(PLAIN, doubled=0.3),
    "typing errors": replace(PLAIN, typing=0.03),
    "light days": replace(PLAIN, light=0.10),
    "breaks": replace(PLAIN, breaks=True),
    "shared day effects": replace(PLAIN, shared_day_sd=0.03),
    "unmarked warm-ups only": replace(PLAIN, only_warmups=0.06),
    "losing strength": replace(PLAIN, losing=True),
    "messy": MESSY,
    "messy, losing": replace(MESSY, losing=True),
    "very unequal lifts (apart)": replace(PLAIN, unequal=1.4),
    "jumpy lifts (apart)": replace(PLAIN, jumps=2.0),
}


@dataclass(frozen=True)
class Log:
    """Simulated lifters: their days, what was true, and who is whose.

    Attributes:
        series: the logged days.
        truth: per row, the true log strength of the lift on that day.
        lifter: per lift.
        muscle: per lift; a number of its own for each lifter's muscles.
        paths: per lift, the true log strength on every day from 0.
    """

    series: Series
    truth: Floats
    lifter: Ints
    muscle: Ints
    paths: list[Floats]


def simulate(world: World, lifters: int, rng: np.random.Generator) -> Log:
    """Return the logs of so many lifters."""
    drawn = [
        (days, values, path, person, 10 * person + muscle)
        for person in range(lifters)
        for days, values, path, muscle in _lifter(world, rng)
    ]
    counts = [len(days) for days, *_ in drawn]
    series = Series(
        np.repeat(np.arange(len(drawn)), counts),
        np.concatenate([days for days, *_ in drawn]).astype(float),
        np.concatenate([values for _, values, *_ in drawn]),
    )
    truth = np.concatenate([path[days] for days, _, path, *_ in drawn])
    owner, muscle = (np.array([each[place] for each in drawn]) for place in (3, 4))
    return Log(series, truth, owner, muscle, [path for _, _, path, *_ in drawn])


def _lifter(world: World, rng: np.random.Generator) -> Iterator[tuple[Ints, Floats, Floats, int]]:
    """Yield the lifts of one lifter: days, log e1RM, true path, muscle."""
    length = int(rng.integers(120, 900))
    trains = np.flatnonzero(rng.random(length) < 0.5)
    begin, away = int(rng.uniform(0.3, 0.9) * length), int(rng.integers(56, 210))
    if world.breaks:
        trains = trains[(trains < begin) | (trains >= begin + away)]
    end = int(trains[-1]) + 1
    growth = rng.normal(0.10, world.growth_sd)
    if world.losing:
        growth = -abs(rng.normal(0.15, 0.10))
    body = _path(rng, end, growth, 0.0025, 0.0)
    if world.breaks and begin + away < end:
        body += _break(end, begin, away, rng)
    shared_day = rng.normal(0, world.shared_day_sd, end)
    for muscle in range(int(rng.integers(2, 6))):
        shared = body + _path(rng, end, rng.normal(0, 0.05), 0.0025, world.waves)
        for _ in range(int(rng.integers(1, 5))):
            days = trains[rng.random(len(trains)) < rng.uniform(0.15, 0.5)]
            if world.rotation and rng.random() < 0.7:
                days = _in_turn(days, rng)
            if len(days) < verdicts.FEWEST_DAYS:
                continue
            own = 0.006 * np.exp(rng.normal(0, world.unequal))
            growth_here = rng.normal(0, 0.05 * (1 + world.unequal))
            path = shared + _path(rng, end, growth_here, own, world.waves / 2)
            path = path + _jumps(rng, end, world.jumps, 0.05, 0.15)
            error = 0.036 * np.exp(rng.normal(0, 0.45)) * _student(rng, len(days))
            logged = path[days] + shared_day[days] + error + _artefacts(world, days, rng)
            yield days, 4.5 + logged, path, muscle


def _path(
    rng: np.random.Generator, days: int, growth: float, wander: float, wave: float
) -> Floats:
    """Return a level over days: growth that slows, a random walk, and a slow wave."""
    time = np.arange(days) / 365.25
    slowing = growth * (1 - np.exp(-time)) / (1 - np.exp(-1.0))
    walk = np.cumsum(rng.normal(0, wander, days))
    period = rng.uniform(120, 400)
    turn = np.sin(2 * np.pi * (np.arange(days) / period + rng.random()))
    path: Floats = slowing + walk + np.sqrt(2) * wave * turn
    return path


def _break(days: int, begin: int, away: int, rng: np.random.Generator) -> Floats:
    """Return the loss over a break and its return over ten weeks."""
    loss = rng.uniform(0.05, 0.25)
    time = np.arange(days)
    lost = loss * np.clip((time - begin) / away, 0, 1)
    lost[time >= begin + away] = loss * np.exp(-(time[time >= begin + away] - begin - away) / 35)
    return -lost


def _jumps(rng: np.random.Generator, days: int, rate: float, low: float, high: float) -> Floats:
    level = np.zeros(days)
    for at in rng.integers(0, days, rng.poisson(rate * days / 365.25)):
        level[at:] += rng.choice([-1, 1]) * rng.uniform(low, high)
    return level


def _in_turn(days: Ints, rng: np.random.Generator) -> Ints:
    """Keep the days of spells of 5 to 12 weeks, with spells of 4 to 12 weeks between."""
    kept = np.zeros(len(days), bool)
    at = -rng.integers(0, 60)
    while len(days) and at < days[-1]:
        until = at + rng.integers(35, 85)
        kept |= (days >= at) & (days < until)
        at = until + rng.integers(28, 85)
    return days[kept]


def _student(rng: np.random.Generator, count: int) -> Floats:
    drawn: Floats = rng.standard_t(5, count) * np.sqrt(3 / 5)
    return drawn


def _artefacts(world: World, days: Ints, rng: np.random.Generator) -> Floats:
    """Return what is logged on each day that is no strength."""
    length = int(days[-1]) + 1
    extra = _jumps(rng, length, world.stations, 0.04, 0.15)[days]
    if rng.random() < world.doubled:
        extra[days >= days[0] + rng.uniform(0.2, 1.0) * (days[-1] - days[0])] += np.log(2)
    slips = rng.random(len(days)) < world.typing
    extra[slips] += rng.choice(np.log([10, 0.1, 2, 0.5, 2.2]), slips.sum())
    light = rng.random(len(days)) < world.light
    extra[light] -= rng.uniform(0.08, 0.25, light.sum())
    warm = rng.random(len(days)) < world.only_warmups
    extra[warm] -= rng.uniform(0.3, 0.8, warm.sum())
    return extra


def judged(log: Log, population: Population) -> dict[str, dict[str, Floats]]:
    """Return per scope the claims with their truth; arrays are (horizon, unit)."""
    series = log.series
    repairs = regimes.find(series)
    people, lifter = np.unique(log.lifter, return_inverse=True)
    last = np.full(len(people), -np.inf)
    np.maximum.at(last, lifter, series.day[series.last])
    end = last[lifter]
    lifts = np.arange(series.lifts)
    groups, muscle = np.unique(log.muscle, return_inverse=True)
    kinds = (
        Units(lifts, muscle, len(groups), population.shared_muscle),
        Units(lifts, lifter, len(people), population.shared_lifter, horizons=3),
    )
    told = verdicts.changes(series, repairs, population, kinds, end=end)
    claimed_not = _unclaimed(log, repairs)
    found = {}
    alone = Units(lifts, lifts, series.lifts, 0.0)
    for scope, changes, units, least in (
        ("lift", told[0], alone, DECIDED),
        ("lift to lead with", told[0], alone, LEADING),
        ("muscle", told[1], kinds[0], DECIDED),
        ("lifter", told[2], kinds[1], DECIDED),
    ):
        target = np.zeros(changes.mean.shape)
        equal = np.zeros(changes.mean.shape)
        for row in range(len(target)):
            start = end[units.lift] - changes.days[row][units.unit]
            true = np.array(
                [
                    _true_change(log.paths[one], begin, finish, claimed_not[one])
                    if np.isfinite(begin)
                    else 0.0
                    for one, begin, finish in zip(units.lift, start, end[units.lift], strict=True)
                ]
            )
            weight = changes.weight[row]
            target[row] = np.bincount(units.unit, weight * true, minlength=units.count)
            share = np.bincount(units.unit, weight > 0, minlength=units.count)
            equal[row] = np.bincount(units.unit, (weight > 0) * true, minlength=units.count)
            equal[row] /= np.maximum(share, 1)
        drift = np.log(1.10) * changes.days / 365.25
        judged_ = verdicts.judge(changes, least=least)
        found[scope] = {
            "days": changes.days, "mean": changes.mean, "sd": changes.sd,
            "true": np.where(np.isnan(changes.mean), np.nan, target), "drift": drift,
            "equal": np.where(np.isnan(changes.mean), np.nan, equal),
            "said": _said(judged_),
            "horizon": judged_.horizon,
        }  # fmt: skip
    return found


def _said(told: verdicts.Verdicts) -> Floats:
    """Return 2, −2 for up, down; 1, −1 for probably; 9 for no large change; 0 else."""
    words = {"up": 2, "down": -2, "probably up": 1, "probably down": -1, "no large change": 9}
    return np.array([words.get(str(word), 0) for word in told.verdict], dtype=float)


Gap = tuple[float, float, float]
"""Two days across which the program claims nothing, and what truly changed between them."""


def _unclaimed(log: Log, repairs: regimes.Repairs) -> dict[int, list[Gap]]:
    """Return the gaps of each lift."""
    gaps: dict[int, list[Gap]] = {lift: [] for lift in range(log.series.lifts)}
    for row in np.flatnonzero(repairs.step):
        across = log.truth[row] - log.truth[row - 1]
        gaps[int(log.series.lift[row])].append(
            (log.series.day[row - 1], log.series.day[row], across)
        )
    return gaps


def _true_change(path: Floats, begin: float, end: float, gaps: list[Gap]) -> float:
    change = path[min(int(end), len(path) - 1)] - path[max(int(begin), 0)]
    for low, high, across in gaps:
        if high > begin and low >= begin:
            change -= across
        elif high > begin > low:
            change -= path[int(high)] - path[int(begin)]
    return float(change)


def summary(found: dict[str, Floats]) -> dict[str, object]:
    """Return the figures of one scope."""
    error = found["mean"] - found["true"]
    holds = np.abs(error) < 1.96 * found["sd"]
    naive = found["drift"] - found["true"]
    by_horizon = {}
    for days, name in (*NAMED.items(), (None, "whole log")):
        known = ~np.isnan(found["mean"])
        known &= (found["days"] == days) if days else ~np.isin(found["days"], list(NAMED))
        if known.sum() < 20:
            continue
        by_horizon[name] = {
            "n": int(known.sum()),
            "holds": _pct(holds[known]),
            "holds_equal_weights": _pct(
                (np.abs(found["mean"] - found["equal"]) < 1.96 * found["sd"])[known]
            ),
            "width": round(float(100 * 2 * 1.96 * found["sd"][known].mean()), 1),
            "rmse": _rms(error[known]),
            "rmse_of_10_pct_a_year": _rms(naive[known]),
        }
    return {"by_horizon": by_horizon, **_claims(found)}


def _claims(found: dict[str, Floats]) -> dict[str, object]:
    units = np.arange(found["mean"].shape[1])
    claimed = found["mean"][found["horizon"], units]
    true = found["true"][found["horizon"], units]
    told = found["horizon"] >= 0
    out: dict[str, object] = {"units": int(told.sum())}
    for name, code in (("decided", 2), ("probably", 1)):
        some = told & (np.abs(found["said"]) == code)
        if some.sum():
            out[name] = {
                "share": _pct(some[told]),
                "wrong_sign": _pct(claimed[some] * true[some] < 0),
                "exaggeration": round(
                    float(np.abs(claimed[some]).mean() / np.abs(true[some]).mean()), 2
                ),
            }
    flat = told & (found["said"] == 9)
    if flat.sum():
        out["no large change"] = {
            "share": _pct(flat[told]),
            "true": _pct(np.abs(np.expm1(true[flat])) <= 0.10),
        }
    return out


def _pct(holds: Floats) -> float:
    return round(float(100 * np.mean(holds)), 1)


def _rms(errors: Floats) -> float:
    return round(float(100 * np.sqrt(np.mean(errors**2))), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifters", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="scenarios whose name holds this")
    parser.add_argument("--brief", action="store_true", help="one line per scenario and scope")
    asked = parser.parse_args()
    population = published()
    report = {}
    for place, (name, world) in enumerate(SCENARIOS.items()):
        if asked.only not in name:
            continue
        rng = np.random.default_rng([asked.seed, place])
        found = judged(simulate(world, asked.lifters, rng), population)
        report[name] = {scope: summary(part) for scope, part in found.items()}
        if asked.brief:
            for scope, part in report[name].items():
                _print(name, scope, part)
    if not asked.brief:
        print(json.dumps({"probable": PROBABLE, "scenarios": report}, indent=1))


def _print(name: str, scope: str, part: dict) -> None:
    row = "  ".join(
        f"{h.split()[0]}:{v['holds']:.0f}/{v['holds_equal_weights']:.0f} "
        f"{v['rmse']:.1f}<{v['rmse_of_10_pct_a_year']:.1f} w{v['width']:.0f}"
        for h, v in part["by_horizon"].items()
    )
    decided, probably = part.get("decided", {}), part.get("probably", {})
    print(
        f"{name[:22]:22} {scope[:8]:8} {row} | dec {decided.get('share')} wrong "
        f"{decided.get('wrong_sign')} x{decided.get('exaggeration')} prob {probably.get('share')} "
        f"wrong {probably.get('wrong_sign')} flat {part.get('no large change')}",
        flush=True,
    )


if __name__ == "__main__":
    main()
