"""Coach folder: seconds for N clients of a year each, analysis included.

    python benchmarks/coach.py [clients] [workers]

Processor seconds are of this process and its workers together; over two idle processors the time
on the wall is about half of them.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from analysis.pages.coach import coach_folder
from analysis.simulate.sample import write_sample


def main(clients: int, workers: int | None) -> None:
    with tempfile.TemporaryDirectory(prefix="liftdose-") as work:
        samples = write_sample(Path(work) / "samples")
        folder = Path(work) / "clients"
        folder.mkdir()
        for number in range(clients):
            shutil.copy(samples[number % len(samples)], folder / f"client-{number:03d}.csv")
        start = time.perf_counter()
        done = coach_folder(folder, Path(work) / "out", workers=workers)
        wall, cpu = time.perf_counter() - start, sum(os.times()[:4])
    print(f"{len(done.clients.table)} clients: {wall:.1f} s on the wall, {cpu:.1f} processor s")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(given[0] if given else 100, given[1] if len(given) > 1 else None)
