"""`liftdose ingest` against a bare polars scan of the same Hevy file, in one run.

    python benchmarks/ingest.py              # 1,000,000 rows
    python benchmarks/ingest.py --rows 10000000

Each program runs in a process of its own; wall time and peak memory are of the whole process, the
start of Python included. The baseline is `polars.scan_csv(file).sink_parquet(out)`: it reads and
writes the same rows, but checks, converts and maps nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generate import hevy

BARE = "import polars, sys; polars.scan_csv(sys.argv[1]).sink_parquet(sys.argv[2])"


def run(command: list[str]) -> tuple[float, float, float]:
    """Return wall s, CPU s and peak MB of a command that must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{command} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def best(command: list[str], repeats: int) -> tuple[float, float, float]:
    """Return the least wall, CPU and memory over several runs."""
    runs = [run(command) for _ in range(repeats)]
    return tuple(min(column) for column in zip(*runs, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liftdose-bench-") as folder:
        source = Path(folder) / "hevy.csv"
        hevy(source, options.rows, seed=1)
        size = source.stat().st_size / 1e6
        bare_out, our_out = str(Path(folder) / "bare.parquet"), str(Path(folder) / "out")
        bare = best([sys.executable, "-c", BARE, str(source), bare_out], options.repeats)
        ingest = [sys.executable, "-m", "analysis", "ingest", str(source), "--out", our_out]
        ours = best(ingest, options.repeats)
    print(f"{options.rows:,} Hevy rows, {size:,.0f} MB, least of {options.repeats} runs")
    print(f"{'':24}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    for name, row in (("polars scan → parquet", bare), ("liftdose ingest", ours)):
        print(f"{name:24}" + "".join(f"{value:9.2f}" for value in row))
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    print(f"{'ratio':24}" + "".join(f"{ratio:9.2f}" for ratio in ratios))


if __name__ == "__main__":
    main()
