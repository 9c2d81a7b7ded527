"""How long each measure takes: on one lifter's log, or on a simulated cohort.

    python benchmarks/measures.py [--sets 20000]         # one lifter
    python benchmarks/measures.py --cohort 1000000       # 2,000 lifters

The one log is the longest of the bundled samples, repeated with later dates until it is long
enough. Prints the second run of each measure, so that imports are not counted; of a cohort, the
first, by CPU seconds, with what the measures share (which sets are working sets) apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from analysis.exercises import shipped
from analysis.ingest import read
from analysis.logbook import Logbook
from analysis.measures import working

sys.path.insert(0, str(Path(__file__).parent))

from cohorts import write_sets

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "sample"
MEASURES = (
    *("working", "volume", "sensitivity", "intensity", "frequency"),
    *("balance", "technique", "loading", "recovery"),
)
HOMES = {"sensitivity": "volume", "loading": "recent", "e1rm": "day_strength"}
"""Files of measures that are not named after them."""


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


def on_cohort(sets: int) -> None:
    with TemporaryDirectory(prefix="liftdose-measures-") as folder:
        write_sets(Path(folder), sets)
        table = pl.concat(pl.read_parquet(path) for path in sorted(Path(folder).glob("*.parquet")))
    nothing = pl.DataFrame()
    logbook = Logbook(table, nothing, nothing, nothing, shipped())
    print(f"{logbook.sets.height:,} sets")
    start = time.process_time()
    working.classified(logbook, working.WorkingRule())
    print(f"{'shared':12} {time.process_time() - start:6.2f} CPU s")
    for name in (*MEASURES, "e1rm"):
        home = HOMES.get(name, name)
        measure = getattr(import_module(f"analysis.measures.{home}"), name)
        start = time.process_time()
        result = measure(logbook)
        seconds = time.process_time() - start
        print(f"{name:12} {seconds:6.2f} CPU s  {len(result.table):9,} rows", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=20_000)
    parser.add_argument("--cohort", type=int, help="sets of a simulated cohort")
    asked = parser.parse_args()
    if asked.cohort:
        on_cohort(asked.cohort)
        return
    logbook = long_log(asked.sets)
    print(f"{logbook.sets.height:,} sets")
    for name in MEASURES:
        measure = getattr(import_module(f"analysis.measures.{HOMES.get(name, name)}"), name)
        measure(logbook)
        start = time.perf_counter()
        result = measure(logbook)
        seconds = time.perf_counter() - start
        print(f"{name:12} {seconds:6.3f} s  {len(result.table):6,} rows")


if __name__ == "__main__":
    main()
