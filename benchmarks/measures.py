"""How long each measure takes on one lifter's log of 20,000 sets.

    python benchmarks/measures.py [--sets 20000]

The log is the longest of the bundled samples, repeated with later dates until it is long enough.
Prints the second run of each measure, so that imports are not counted.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import polars as pl

from analysis.ingest import read
from analysis.logbook import Logbook

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "sample"
MEASURES = (
    *("working", "volume", "sensitivity", "intensity", "frequency"),
    *("balance", "technique", "loading", "recovery"),
)


def long_log(sets: int) -> Logbook:
    logbook = read(SAMPLE)
    longest = logbook.sets["athlete"].value_counts().sort("count")["athlete"][-1]
    one = logbook.athlete(longest)
    span = one.sets["started_at"].max() - one.sets["started_at"].min()
    copies = [
        one.sets.with_columns(
            pl.col("started_at") + n * span,
            pl.concat_str("session", pl.lit(f"+{n}")).alias("session"),
        )
        for n in range(-(-sets // one.sets.height))
    ]
    return replace(one, sets=pl.concat(copies).head(sets))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=20_000)
    logbook = long_log(parser.parse_args().sets)
    print(f"{logbook.sets.height:,} sets")
    for name in MEASURES:
        measure = getattr(import_module(f"analysis.measures.{name}"), name)
        measure(logbook)
        start = time.perf_counter()
        result = measure(logbook)
        seconds = time.perf_counter() - start
        print(f"{name:12} {seconds:6.3f} s  {len(result.table):6,} rows")


if __name__ == "__main__":
    main()
