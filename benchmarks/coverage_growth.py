"""Does the interval of a girth's trend hold? Simulated tapes, in worlds the line does not know.

    python benchmarks/coverage_growth.py
    python benchmarks/coverage_growth.py --people 4000 --seed 2

A girth grows by a straight line, with growth that slows, or not at all; the tape errs by 0.4 cm
(Student errors), and water, fat and the season move it: a slow drift, or a wave of a year. True is
the change of the grown part from the first to the last measurement. Writes a Markdown table: how
often the 95 % interval holds, its mean width in cm, and how often growth is claimed.
"""

from __future__ import annotations

import argparse

import numpy as np

from analysis.measures import trend

WORLDS = {
    "a line": {},
    "nothing grows": {"growth_sd": 0.0},
    "growth slows": {"slows": True},
    "slow drift, 0.3 cm a month": {"drift": 0.3},
    "a wave of a year, 0.5 cm": {"wave": 0.5},
    "slips of the tape, 5 % of 3 cm": {"slips": 0.05},
}
SPANS = ((5, 60), (10, 30), (20, 30), (40, 14))
"""Measurements, and days between them on average."""


def simulate(rng, people, n, every, *, growth_sd=1.5, slows=False, drift=0.0, wave=0.0, slips=0.0):
    """Return days, girths (both people × n) and the true change of each person."""
    gap = rng.exponential(every, (people, n)).round().clip(1)
    day = gap.cumsum(axis=1)
    years = (day - day[:, :1]) / 365.25
    shape = (1 - np.exp(-2 * years)) / (1 - np.exp(-2)) if slows else years
    grown = rng.normal(0, growth_sd, (people, 1)) * shape
    error = 0.4 * np.sqrt(3 / 5) * rng.standard_t(5, gap.shape)
    walk = (rng.normal(0, drift, gap.shape) * np.sqrt(gap / 28)).cumsum(axis=1)
    turn = np.sqrt(2) * wave * np.sin(2 * np.pi * (years + rng.random((people, 1))))
    slip = rng.choice([-3, 3], gap.shape) * (rng.random(gap.shape) < slips)
    return day, 55 + grown + error + walk + turn + slip, grown[:, -1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    heads = [f"{n}, every {every} days" for n, every in SPANS]
    print("| world |", " | ".join(heads), "|")
    print("|---" * (len(heads) + 1) + "|")
    for place, (name, world) in enumerate(WORLDS.items()):
        cells = []
        for n, every in SPANS:
            rng = np.random.default_rng([asked.seed, place, n])
            day, girth, true = simulate(rng, asked.people, n, every, **world)
            person = np.repeat(np.arange(asked.people), n)
            found = trend.fit(person, day.ravel(), girth.ravel())
            span = day[:, -1] - day[:, 0]
            low, high = found.low * span, found.high * span
            holds = 100 * np.mean((low <= true) & (true <= high))
            claimed = 100 * np.mean((low > 0) | (high < 0))
            cells.append(f"{holds:.1f} ({np.mean(high - low):.1f} cm, {claimed:.0f} %)")
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
