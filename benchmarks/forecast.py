"""Forecasts of top sets to come against exponential smoothing, on people who were not fitted.

    OPENBLAS_NUM_THREADS=1 python benchmarks/forecast.py FOLDER

Every 28 days of every lift with six days so far, the first top set of the next four weeks and of
the four after them is forecast from the days before. Weights, drift and the shape of the error are
fitted on one half of the people and scored on the other, both ways; so is the constant of the
exponential smoothing, whose normal error has the SD of that lift's own past misses.

Writes one JSON document to standard output: how often 50, 80 and 95 % ranges hold, the CRPS (100 ×
log units), and its ratio to the smoothing with an interval by bootstrap over people.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import ndtri

from analysis.models.strength import level, next_sets
from analysis.models.strength.population import Population, fitted, published, smoothed
from analysis.models.strength.regimes import Floats, Ints, Series, none
from strength_logs import People, people

EVERY, WINDOWS = 28, ((1, 28), (29, 56))
FEWEST_BEFORE = 6
ALPHAS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
LEVELS = (np.arange(200) + 0.5) / 200
BOOTSTRAPS = 2000


@dataclass(frozen=True)
class Errors:
    """Forecasts beside what came; one row each.

    Attributes:
        window: 0 for weeks 1–4, 1 for weeks 5–8.
        person, mean, sd, came: the forecast and the day's log e1RM.
        before: the days that each forecast saw.
    """

    window: Ints
    person: Ints
    mean: Floats
    sd: Floats
    came: Floats
    before: Series

    @property
    def standard(self) -> Floats:
        """Errors in SDs."""
        return (self.came - self.mean) / self.sd


def errors_ahead(known: People, numbers: Population) -> Errors:
    """Forecast every window of every lift."""
    series = known.series
    begin, length, window, day, came, person = (list[int]() for _ in range(6))
    for lift, (first, last) in enumerate(zip(series.first, series.last, strict=True)):
        days = series.day[first : last + 1]
        for origin in np.arange(days[0] + EVERY, days[-1], EVERY):
            count = int(np.searchsorted(days, origin, side="right"))
            if count < FEWEST_BEFORE or days[count - 1] < origin - EVERY:
                continue
            for place, (low, high) in enumerate(WINDOWS):
                at = int(np.searchsorted(days, origin + low))
                if at < len(days) and days[at] <= origin + high:
                    begin.append(first)
                    length.append(count)
                    window.append(place)
                    day.append(days[at])
                    came.append(series.value[first + at])
                    person.append(known.person[lift])
    counts = np.array(length)
    number = np.repeat(np.arange(len(counts)), counts)
    rows = np.repeat(np.array(begin) - np.cumsum(counts) + counts, counts) + np.arange(
        counts.sum()
    )
    before = Series(number, series.day[rows], series.value[rows])
    mean, sd = next_sets.ahead(before, numbers, np.array(day, dtype=float))
    return Errors(np.array(window), np.array(person), mean, sd, np.array(came), before)


def smoothing(before: Series, alpha: float) -> tuple[Floats, Floats]:
    """Return level and SD of exponential smoothing of each lift's days."""
    first, last = before.first, before.last
    counts = last - first + 1
    level_, squares = before.value[first].copy(), np.zeros(len(first))
    for step in range(1, int(counts.max())):
        here = step < counts
        miss = before.value[(first + step)[here]] - level_[here]
        squares[here] += miss**2
        level_[here] += alpha * miss
    return level_, np.sqrt(np.maximum(squares / (counts - 1), 0.005**2))


def shape(tails: tuple[float, ...]) -> Floats:
    """Return the error's quantiles in SDs at `LEVELS`, straight between the seven on a probit."""
    known, asked = ndtri(next_sets.SHARES), ndtri(LEVELS)
    inside = np.interp(asked, known, tails)
    low = tails[0] + (asked - known[0]) * (tails[1] - tails[0]) / (known[1] - known[0])
    high = tails[-1] + (asked - known[-1]) * (tails[-1] - tails[-2]) / (known[-1] - known[-2])
    return np.where(asked < known[0], low, np.where(asked > known[-1], high, inside))


def crps(mean: Floats, sd: Floats, came: Floats, quantiles: Floats) -> Floats:
    """Return 100 × the CRPS of each forecast: twice the mean pinball loss over `LEVELS`."""
    miss = came[:, None] - (mean[:, None] + sd[:, None] * quantiles)
    return 200 * np.mean(np.maximum(LEVELS * miss, (LEVELS - 1) * miss), axis=1)


def ratio(mine: Floats, theirs: Floats, person: Ints) -> list[float]:
    """Return the ratio of mean scores with its 95 % bootstrap interval over people."""
    sums = np.stack([np.bincount(person, part) for part in (mine, theirs)])
    drawn = np.random.default_rng(0).integers(0, sums.shape[1], (BOOTSTRAPS, sums.shape[1]))
    ratios = sums[0][drawn].sum(axis=1) / sums[1][drawn].sum(axis=1)
    return [
        round(float(x), 3)
        for x in (mine.sum() / theirs.sum(), *np.quantile(ratios, (0.025, 0.975)))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    known = people(parser.parse_args().folder)
    half = np.random.default_rng(0).permutation(known.count) % 2
    scores: dict[str, list[Floats]] = {"mine": [], "smoothing": [], "window": [], "person": []}
    inside: list[Floats] = []
    for one in (0, 1):
        numbers = _fitted_on(known, half == one)
        seen = errors_ahead(known, numbers)
        fit, test = half[seen.person] == one, half[seen.person] != one
        tails = tuple(np.quantile(seen.standard[fit], next_sets.SHARES))
        alpha = min(ALPHAS, key=lambda a: _smoothed_score(seen, a)[fit].mean())
        scores["mine"].append(crps(seen.mean, seen.sd, seen.came, shape(tails))[test])
        scores["smoothing"].append(_smoothed_score(seen, alpha)[test])
        scores["window"].append(seen.window[test])
        scores["person"].append(seen.person[test])
        z = seen.standard[test]
        inside.append(np.stack([(z > tails[k]) & (z < tails[6 - k]) for k in (2, 1, 0)], axis=1))
    mine, theirs, window, person = (np.concatenate(scores[name]) for name in scores)
    holds = np.concatenate(inside)
    report = {"people": known.count, "forecasts": len(mine)}
    for place, name in enumerate(("weeks 1-4", "weeks 5-8")):
        some = window == place
        report[name] = {
            "crps": round(float(mine[some].mean()), 2),
            "crps_of_smoothing": round(float(theirs[some].mean()), 2),
            "ratio": ratio(mine[some], theirs[some], person[some]),
            "holds_50_80_95": [round(float(x), 1) for x in 100 * holds[some].mean(axis=0)],
        }
    print(json.dumps(report, indent=1))


def _smoothed_score(seen: Errors, alpha: float) -> Floats:
    mean, sd = smoothing(seen.before, alpha)
    return crps(mean, sd, seen.came, ndtri(LEVELS))


def _fitted_on(known: People, chosen: Floats) -> Population:
    numbers = published()
    part, _ = known.series.take(chosen[known.person])
    nothing = np.empty((0, part.lifts))
    end = part.day[part.last]
    likely = level.follow(part, none(part), numbers, starts=nothing, end=end).evidence
    return replace(numbers, weights=smoothed(fitted(likely)))


if __name__ == "__main__":
    main()
