"""Runs killed at random moments: no half-written file, and a rerun as if nothing had happened.

    python -m benchmarks.kills --kills 100 --command ingest
    python -m benchmarks.kills --kills 100 --command report --seed 2

A run is ended by kill -9 after a random part of the processor time that the last undisturbed one
took, half of them in its last third, where it writes; a quarter end as soon as a first file stands
under its final name. Every second one goes into a folder that holds another run's output; a run
that ended before its kill does not count. After each kill every file under its final name must be
one of the two runs', whole; with the index there, all of them must be of one run. After the rerun
the folder must be that of an undisturbed run, byte for byte, and nothing may be left in the
temporary folder.

So that a hundred kills take minutes, the logs are the first sets of two of the sample's, and each
run is a process of its own that begins with the libraries loaded (a third of a short run), forked
from a server that did nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from analysis.simulate.sample import write_sample

INDEX = {"ingest": "ledger.csv", "report": "index.html", "coach": "index.html"}


LOADED = [f"analysis.{name}" for name in (
    "cli", "ingest", "ingest.vendors.strong", "ingest.vendors.hevy", "pages.lifter", "pages.coach",
)]  # fmt: skip
SERVER = get_context("forkserver")
TICKS = os.sysconf("SC_CLK_TCK")


def command(name: str, logs: Path, out: Path) -> list[str]:
    """Return the arguments of a command line."""
    more = {"ingest": [], "report": [], "coach": ["--workers", "1"]}[name]
    return [name, str(logs), "--out", str(out), *more]


def obey(arguments: list[str], temporary: Path) -> None:
    """Be the program: run one command line with its own temporary folder, in silence."""
    from analysis.cli import main

    os.setsid()
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.environ["TMPDIR"], tempfile.tempdir = str(temporary), None
    sys.argv = ["liftdose", *arguments]
    main()


def started(arguments: list[str], temporary: Path) -> ForkServerProcess:
    """Start a command line."""
    process = SERVER.Process(target=obey, args=(arguments, temporary))
    process.start()
    return process


def processor_s(process: ForkServerProcess) -> float:
    """Return the processor time that a process took, its threads' too; infinite once it ended."""
    try:
        said = Path(f"/proc/{process.pid}/stat").read_text()
    except OSError:
        return float("inf")
    fields = said.rpartition(") ")[2].split()
    return float("inf") if fields[0] == "Z" else (int(fields[11]) + int(fields[12])) / TICKS


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file that does not hide itself."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def files_of(folder: Path | None) -> set[tuple[str, int]]:
    """Return the names directly in a folder, and which files they name."""
    if folder is None or not folder.exists():
        return set()
    with os.scandir(folder) as inside:
        return {(each.name, each.inode()) for each in inside if not each.name.startswith(".")}


def run(arguments: list[str], temporary: Path) -> float:
    """Run undisturbed; return the seconds of processor time it took."""
    process, spent = started(arguments, temporary), 0.0
    while (now := processor_s(process)) < float("inf"):
        spent = now
        time.sleep(0.01)
    process.join()
    if process.exitcode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.exitcode}")
    return spent


def killed(arguments: list[str], temporary: Path, after_s: float, watched: Path | None) -> bool:
    """Start a run and kill it after so much processor time; False where it ended before.

    Where a folder is watched, it is killed once a file there is new or another.
    """
    process, was = started(arguments, temporary), files_of(watched)
    while processor_s(process) < after_s and files_of(watched) == was:
        time.sleep(0.002)
    if process.is_alive() and process.pid:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


def write_logs(folder: Path, lines: int) -> None:
    """Write the first lines of two of the sample's logs."""
    folder.mkdir()
    for path in write_sample(folder):
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[: lines + 1]))
    sorted(folder.iterdir())[-1].unlink()


def main() -> None:
    """Kill, look, run again, compare; print the counts."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--kills", type=int, default=10)
    asked.add_argument("--command", choices=list(INDEX), default="ingest")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--lines", type=int, default=24, help="sets of each of the two logs")
    options = asked.parse_args()
    chance = random.Random(options.seed)
    counts = dict.fromkeys(
        ("kills", "into a used folder", "some files there", "ended before the kill",
         "half-written", "mixed under an index", "rerun differs", "left in the temporary folder"),
        0,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        base = Path(name)
        logs, other = base / "logs", base / "other"
        for folder in (logs, other):
            write_logs(folder, options.lines)
        next(iter(sorted(other.iterdir()))).unlink()
        (base / "tmp").mkdir()
        SERVER.set_forkserver_preload(LOADED)

        def ask(folder: Path, out: Path) -> tuple[list[str], Path]:
            return command(options.command, folder, out), base / "tmp"

        run(*ask(other, base / "before"))
        length = run(*ask(logs, base / "sound"))
        before, sound = digests(base / "before"), digests(base / "sound")
        while counts["kills"] < options.kills:
            out = base / "out"
            used = bool(counts["kills"] % 2)
            if used:
                shutil.copytree(base / "before", out)
            after = length * chance.uniform(chance.choice((0.0, 0.67)), 1.0)
            watch = chance.random() < 0.25
            if killed(*ask(logs, out), 10 * length if watch else after, out if watch else None):
                counts["kills"] += 1
                counts["into a used folder"] += used
            else:
                counts["ended before the kill"] += 1
            found = digests(out) if out.exists() else {}
            counts["some files there"] += bool(found) and found not in (before, sound)
            known = [before, sound] if used else [sound]
            half = [n for n, d in found.items() if d not in {each.get(n) for each in known}]
            counts["half-written"] += bool(half)
            if INDEX[options.command] in found:
                counts["mixed under an index"] += found not in known
            length = run(*ask(logs, out))
            counts["rerun differs"] += digests(out) != sound
            counts["left in the temporary folder"] += any((base / "tmp").glob("liftdose-*"))
            shutil.rmtree(out)
            if counts["kills"] % 10 == 0:
                print(json.dumps({"processor_s": round(length, 2), **counts}), flush=True)
    print(
        json.dumps(
            {"command": options.command, "processor_s": round(length, 2), **counts}, indent=1
        )
    )


if __name__ == "__main__":
    main()
