"""What five more sets a day do to the day's e1RM where strength has not changed.

    python benchmarks/day_strength.py

Simulated days of three and of eight sets, sent through `top_sets` as a log would be, with reserves
that are not logged. Prints the bias of the first top set, which the verdicts use, and of the day's
best set, which they do not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import polars as pl

from analysis import schema
from analysis.logbook import Logbook
from analysis.measures.day_strength import top_sets

DAYS = 3000
DAY_SD, RESERVE = 0.02, (2.0, 1.0)
FATIGUES = (0.0, 0.005, 0.01)
"""Of the e1RM, per set done before."""
WORLDS = {
    "same load all day": lambda _, sets: np.ones(sets),
    "loads vary by 4 %": lambda rng, sets: np.exp(rng.normal(0, 0.04, sets)),
    "loads rise to the last set": lambda _, sets: np.linspace(0.85, 1.0, sets),
    "one top set, then 10 % less": lambda _, sets: np.r_[1.0, np.full(sets - 1, 0.9)],
}


def log(shape, sets: int, fatigue: float, seed: int) -> Logbook:
    """Return days of one lift with so many sets each."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(DAYS):
        strength = 100 * np.exp(rng.normal(0, DAY_SD))
        loads = np.round(76 * shape(rng, sets) / 2.5) * 2.5
        able = 30 * (strength * (1 - fatigue * np.arange(sets)) / loads - 1)
        reps = np.maximum(np.floor(able - np.maximum(rng.normal(*RESERVE, sets), 0)), 1)
        started = datetime(2000, 1, 1) + timedelta(days=day)
        rows += [
            {"athlete": "a", "session": str(day), "started_at": started, "exercise": "Squat",
             "exercise_number": 1, "set_number": place + 1, "kind": "work", "load_kg": float(load),
             "load_basis": "external", "reps": float(rep), "app": "x", "source_file": "x",
             "source_row": 1}
            for place, (load, rep) in enumerate(zip(loads, reps, strict=True))
        ]  # fmt: skip
    sets_table = pl.DataFrame(rows, schema=schema.polars_schema(schema.SETS))
    nothing = SimpleNamespace(exercises=pl.DataFrame(schema={"exercise_id": str, "name": str}))
    empty = (schema.empty(each) for each in (schema.LEDGER, schema.REJECTED, schema.EXERCISES))
    return Logbook(sets_table, *empty, catalogue=nothing)


def means(shape, sets: int, fatigue: float, seed: int) -> tuple[float, float]:
    tops = top_sets(log(shape, sets, fatigue, seed)).drop_nulls("e1rm_kg")
    return tuple(float(tops[name].log().mean()) for name in ("e1rm_kg", "best_e1rm_kg"))


def main() -> None:
    print("bias in %, eight sets a day less three: first top set (best set)")
    print(f"{'fatigue per set':28}", *(f"{100 * each:>14.1f} %" for each in FATIGUES))
    for place, (name, shape) in enumerate(WORLDS.items()):
        cells = []
        for fatigue in FATIGUES:
            few, many = (means(shape, sets, fatigue, 10 * place + sets) for sets in (3, 8))
            first, best = (100 * (b - a) for a, b in zip(few, many, strict=True))
            cells.append(f"{first:+8.2f} ({best:+.2f})")
        print(f"{name:28}", *cells)


if __name__ == "__main__":
    main()
