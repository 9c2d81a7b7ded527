"""Runs killed at random moments: no half-written file, and a rerun as if nothing had happened.

    python -m benchmarks.kills --kills 100 --command ingest
    python -m benchmarks.kills --kills 100 --command report --seed 2

A run is ended by kill -9 after a random part of the time that the last undisturbed one took, half
of them in its last third, where it writes, and every second one into a folder that holds another
run's output; a run that ended before its kill does not count. After each kill every file under its
final name must be one of the two runs', whole; with the index there, all of them must be of one
run. After the rerun the folder must be that of an undisturbed run, byte for byte, and nothing may
be left in the temporary folder. The logs are the sample's first sets, so that a run is short.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from analysis.simulate.sample import write_sample

INDEX = {"ingest": "ledger.csv", "report": "index.html", "coach": "index.html"}


def command(name: str, logs: Path, out: Path) -> list[str]:
    """Return a command line."""
    more = {"ingest": [], "report": [], "coach": ["--workers", "1"]}[name]
    return [sys.executable, "-m", "analysis", name, str(logs), "--out", str(out), *more]


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file that does not hide itself."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def run(name: str, logs: Path, out: Path, environment: dict[str, str]) -> float:
    """Run undisturbed; return the seconds it took."""
    started = time.monotonic()
    subprocess.run(command(name, logs, out), env=environment, capture_output=True, check=True)
    return time.monotonic() - started


def write_logs(folder: Path, lines: int) -> None:
    """Write the first lines of each of the sample's logs."""
    folder.mkdir()
    for path in write_sample(folder):
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[: lines + 1]))


def main() -> None:
    """Kill, look, run again, compare; print the counts."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--kills", type=int, default=10)
    asked.add_argument("--command", choices=list(INDEX), default="ingest")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--lines", type=int, default=130, help="sets of each of the three logs")
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
        environment = {**os.environ, "TMPDIR": str(base / "tmp")}
        run(options.command, other, base / "before", environment)
        length = run(options.command, logs, base / "sound", environment)
        before, sound = digests(base / "before"), digests(base / "sound")
        while counts["kills"] < options.kills:
            out = base / "out"
            used = bool(counts["kills"] % 2)
            if used:
                shutil.copytree(base / "before", out)
            process = subprocess.Popen(
                command(options.command, logs, out), env=environment, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            low = 0.67 if chance.random() < 0.5 else 0.0
            time.sleep(length * chance.uniform(low, 1.0))
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            if process.wait() == -signal.SIGKILL:
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
            length = run(options.command, logs, out, environment)
            counts["rerun differs"] += digests(out) != sound
            counts["left in the temporary folder"] += any((base / "tmp").glob("liftdose-*"))
            shutil.rmtree(out)
            if counts["kills"] % 10 == 9:
                print(json.dumps(counts), flush=True)
    print(
        json.dumps({"command": options.command, "length_s": round(length, 1), **counts}, indent=1)
    )


if __name__ == "__main__":
    main()
