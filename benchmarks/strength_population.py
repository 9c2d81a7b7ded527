"""Estimate how lifts behave from a folder of logs, and test it on people it was not fitted on.

    OPENBLAS_NUM_THREADS=1 python benchmarks/strength_population.py FOLDER
    OPENBLAS_NUM_THREADS=1 python benchmarks/strength_population.py FOLDER --write

Weights of the grid by EM over the lifts' likelihoods (days repaired as for verdicts), the drift by
likelihood over a few values, the shape of a forecast's error from the quantiles of standardised
errors (days unrepaired). Fitted on one half of the people and scored on the other, both ways:
log-likelihood per lift beside a flat grid and the published weights. `--write` puts the numbers
into `population.toml` of the package. Writes one JSON document to standard output.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.models.strength import level, population, regimes
from analysis.models.strength.next_sets import SHARES
from analysis.models.strength.population import Population, fitted, published, smoothed
from analysis.models.strength.regimes import Floats
from forecast import errors_ahead
from strength_logs import People, people

DRIFTS = (0.0, 0.05, 0.10, 0.15)


def evidence(known: People, numbers: Population) -> Floats:
    """Return the log-likelihood of each lift in each cell."""
    series = known.series
    repairs = regimes.find(series)
    nothing = np.empty((0, series.lifts))
    end = series.day[series.last]
    return level.follow(series, repairs, numbers, starts=nothing, end=end).evidence


def score(log_likelihood: Floats, weights: Floats) -> float:
    """Return the mean log-likelihood per lift under the weights."""
    most = log_likelihood.max(axis=1)
    share = np.exp(log_likelihood - most[:, None]) @ weights
    return float(np.mean(np.log(share) + most))


def best_drift(known: People, numbers: Population) -> float:
    """Return the top of the parabola through the best of a few drifts and its neighbours."""
    scores = []
    for drift in DRIFTS:
        likely = evidence(known, replace(numbers, drift_per_year=drift))
        scores.append(score(likely, smoothed(fitted(likely))))
    square, line, _ = np.polyfit(DRIFTS, scores, 2)
    return float(-line / (2 * square))


def halves(known: People, likely: Floats) -> list[dict[str, float]]:
    """Return how weights of one half of the people do on the other."""
    half = np.random.default_rng(0).permutation(known.count) % 2
    flat = np.full(likely.shape[1], 1 / likely.shape[1])
    found = []
    for one in (0, 1):
        fit, test = half[known.person] == one, half[known.person] != one
        found.append(
            {
                "people_fitted": int(np.sum(half == one)),
                "lifts_tested": int(test.sum()),
                "fitted": round(score(likely[test], smoothed(fitted(likely[fit]))), 3),
                "published": round(score(likely[test], published().weights), 3),
                "flat": round(score(likely[test], flat), 3),
                "own": round(score(likely[test], smoothed(fitted(likely[test]))), 3),
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    known = people(asked.folder)
    drift = round(best_drift(known, published()), 3)
    numbers = replace(published(), drift_per_year=drift)
    likely = evidence(known, numbers)
    numbers = replace(numbers, weights=smoothed(fitted(likely)))
    errors = errors_ahead(known, numbers)
    tails = np.quantile(errors.standard, SHARES)
    years = float(
        np.sum(known.series.day[known.series.last] - known.series.day[known.series.first])
    )
    source = (
        f"{known.count} people, {known.series.lifts:,} lifts with 6 days or more, "
        f"{years / 365.25:,.0f} lift-years of public Strong, Hevy and FitNotes exports"
    )
    report = {
        "source": source,
        "drift_per_year": drift,
        "tails": [round(float(one), 2) for one in tails],
        "halves": halves(known, likely),
        "weights_per_mille": np.round(1000 * fitted(likely).reshape(population.WANDERS, -1))
        .astype(int)
        .tolist(),
    }
    if asked.write:
        home = Path(population.__file__).with_name("population.toml")
        home.write_text(page(report), encoding="utf-8")
    print(json.dumps(report, indent=1))


def page(report: dict) -> str:
    """Return `population.toml`."""
    rows = "\n".join(f"    {row}," for row in report["weights_per_mille"])
    return (
        "# Estimated by benchmarks/strength_population.py --write; docs/strength.md#population.\n"
        f'source = "{report["source"]}"\n'
        "# Growth of a level, log units a year.\n"
        f"drift_per_year = {report['drift_per_year']}\n"
        "# Quantiles of a forecast's error in SDs, at 2.5, 10, 25, 50, 75, 90 and 97.5 %.\n"
        f"tails = {report['tails']}\n"
        "# Lifts per mille in each cell: a row per wander q, a column per error r, ascending.\n"
        f"weights_per_mille = [\n{rows}\n]\n"
    )


if __name__ == "__main__":
    main()
