"""What a store costs, and that it is never half: `python benchmarks/store.py WHAT …`.

    files      --files 1000 --rows 2000     many small exports, against a bare polars scan of them
    build      --lifters 5000               a store from a set table of simulated lifters
    add        --lifters 5000 --exports 20  exports added one by one, beyond their reading
    question   --lifters 5000 --jobs 2      a plan and the cohort of a store, stage by stage
    kills      --kills 100                  a writer killed at random moments; readers meanwhile

Every program runs in a process of its own; CPU and peak memory are of that process and its
children. Simulated lifters are those of `analysis.simulate`, a year long, with a planted effect of
+0.3 % on the quads; they are written as a set table in parts of 500.
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
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import polars as pl

from analysis import schema
from analysis.exercises import shipped
from analysis.ingest import read
from analysis.simulate import Scenario, simulate
from analysis.simulate.sample import write_sample
from analysis.store import Store
from generate import hevy

PART = 500
PLANTED_PCT = 0.3
PLAN = (
    'question = "Does one more weekly quad set raise quad strength?"\nmuscle = "quads"\n'
    "smallest_effect = 0.1\nseed = 1\n"
)
BARE = (
    "import polars as pl, sys; pl.scan_csv(sys.argv[1] + '/*.csv', infer_schema=False)"
    ".sink_parquet(sys.argv[2])"
)


def run(command: list[str]) -> tuple[float, float, float]:
    """Return wall s, CPU s and peak MB of a command that must succeed, its children included."""
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    wall, after = time.perf_counter() - start, os.times()
    cpu = after[2] + after[3] - before[2] - before[3]
    return wall, cpu, usage.ru_maxrss / 1024


def show(name: str, measured: tuple[float, float, float], sets: int = 0) -> None:
    """Print one line."""
    wall, cpu, peak = measured
    each = f"{cpu / sets * 1e6:9.2f}" if sets else ""
    print(f"{name:44}{wall:9.1f}{cpu:9.1f}{peak:9.0f}{each}", flush=True)


def head(sets: bool = True) -> None:
    """Print the columns."""
    print(f"{'':44}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}" + ("  CPU s/1M" if sets else ""))


def liftdose(*said: object) -> list[str]:
    """Return a command line."""
    return [sys.executable, "-m", "analysis", *map(str, said)]


def cohort(folder: Path, lifters: int, **world: float) -> int:
    """Write simulated lifters as a set table in parts; return how many sets they hold.

    `world` is knobs of `Scenario`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = shipped()
    known = catalogue.exercises.select("exercise_id", "load_basis")
    total = 0
    for part in range(-(-lifters // PART)):
        scenario = Scenario(
            n_athletes=min(PART, lifters - part * PART), muscles=("quads",),
            within_pct=PLANTED_PCT, **world,
        )  # fmt: skip
        sets = simulate(scenario, seed=part).sets
        names = catalogue.match(sets["exercise"].unique().sort()).select("exercise", "exercise_id")
        sets = sets.join(names, on="exercise", how="left", maintain_order="left").join(
            known, on="exercise_id", how="left", maintain_order="left"
        )
        held = {
            "athlete": pl.format(f"p{part:04d}-{{}}", "athlete"),
            "session": pl.col("started_at").dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "load_basis": pl.col("load_basis").fill_null("unknown"),
            "rir": 10 - pl.col("rpe"),
            "app": pl.lit("hevy"),
            "source_file": pl.format("{}.csv", "athlete"),
            "source_row": pl.int_range(pl.len()).over("athlete") + 2,
        }
        sets.select(
            held.get(each.name, pl.col(each.name) if each.name in sets.columns else pl.lit(None))
            .cast(each.dtype)
            .alias(each.name)
            for each in schema.SETS
        ).write_parquet(folder / f"part-{part:05d}.parquet")
        total += sets.height
    return total


def files(asked: argparse.Namespace, base: Path) -> None:
    """Many small exports: one set table, and a store, against a bare scan."""
    logs = base / "logs"
    logs.mkdir()
    for number in range(asked.files):
        hevy(logs / f"lifter{number:05d}.csv", asked.rows, seed=number)
    sets = asked.files * asked.rows
    head()
    measured = {
        "polars: scan of all files → Parquet": [
            sys.executable, "-c", BARE, str(logs), str(base / "bare.parquet")],
        "liftdose ingest": liftdose("ingest", logs, "--out", base / "one"),
        "liftdose ingest --jobs 2": liftdose("ingest", logs, "--out", base / "two", "--jobs", 2),
        "liftdose ingest --store --jobs 2": liftdose(
            "ingest", logs, "--store", base / "store", "--jobs", 2),
    }  # fmt: skip
    for name, command in measured.items():
        show(name, run(command), sets)


def build(asked: argparse.Namespace, base: Path) -> int:
    """A store from a set table."""
    started = time.process_time()
    sets = cohort(
        base / "table", asked.lifters, warmups_marked=asked.marked, ramping=asked.ramping
    )
    spent = time.process_time() - started
    print(f"{asked.lifters:,} lifters, {sets:,} sets; simulated in {spent:.0f} CPU-s")
    head()
    command = liftdose("ingest", base / "table", "--store", base / "store")
    show("liftdose ingest TABLE --store", run(command), sets)
    return sets


def add(asked: argparse.Namespace, base: Path) -> None:
    """Exports added one by one: what joining costs beyond the reading, in one process."""
    from analysis.ingest import stored
    from analysis.ingest.stored import add as join

    build(asked, base)
    stage, reading = stored.many.stage, 0.0

    def timed(*files: object, **how: object) -> object:
        nonlocal reading
        started = time.perf_counter()
        found = stage(*files, **how)
        reading += time.perf_counter() - started
        return found

    stored.many.stage = timed
    for kind in ("of somebody new", "of somebody known"):
        beyond = []
        for number in range(asked.exports):
            rows = 500 if kind == "of somebody new" else 600
            export = hevy(base / f"new{number:03d}.csv", rows, seed=10_000 + number)
            started, reading = time.perf_counter(), 0.0
            join(export, base / "store")
            beyond.append(1000 * (time.perf_counter() - started - reading))
        beyond.sort()
        print(
            f"one export {kind}, beyond its reading: least {beyond[0]:.0f} ms, median "
            f"{beyond[len(beyond) // 2]:.0f}, most {beyond[-1]:.0f}",
            flush=True,
        )


def staged(command: list[str]) -> None:
    """Run a command and show what it says of its stages: seconds, CPU seconds, memory."""
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    lines = [line for line in said.splitlines() if " CPU-s, " in line]
    print("\n".join(f"    {line}" for line in lines), flush=True)


def question(asked: argparse.Namespace, base: Path) -> None:
    """A plan put to a store, and its cohort, stage by stage."""
    build(asked, base)
    (base / "hypothesis.toml").write_text(PLAN, "utf-8")
    for jobs in (1, asked.jobs):
        out = base / f"answer-{jobs}"
        print(f"liftdose test PLAN STORE --jobs {jobs}", flush=True)
        said = ("--out", out, "--jobs", jobs, "--register", base / f"register-{jobs}.json")
        staged(liftdose("test", base / "hypothesis.toml", base / "store", *said))
    found = [
        json.loads((base / f"answer-{jobs}" / "verdict.json").read_text("utf-8"))
        for jobs in (1, asked.jobs)
    ]
    one = found[0]
    inside = one["conf_low"] <= PLANTED_PCT <= one["conf_high"]
    print(
        f"planted {PLANTED_PCT:+.2f} %, found {one['estimate']:+.3f} ({one['conf_low']:+.3f} to "
        f"{one['conf_high']:+.3f}), n = {one['n_athletes']:,}, {one['verdict']}; planted effect "
        f"{'inside' if inside else 'OUTSIDE'} the interval; the same bytes from {asked.jobs} "
        f"processes: {found[0] == found[1]}"
    )
    print(f"liftdose cohort STORE --jobs {asked.jobs}", flush=True)
    staged(liftdose("cohort", base / "store", "--out", base / "cohort", "--jobs", asked.jobs))


def kills(asked: argparse.Namespace, base: Path) -> None:
    """A writer killed at random moments: each reader by manifest sees one whole state."""
    chance = random.Random(asked.seed)
    before, after = two_states(base)
    (base / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(base / "tmp")}

    def ingest(logs: Path, store: Path) -> list[str]:
        return liftdose("ingest", logs, "--store", store)

    def held(folder: Path) -> tuple[int, int]:
        """Rows, and different ones, as the manifest has them."""
        store = Store.open(folder)
        rows = pl.concat([pl.read_parquet(path) for path in store.paths("sets")])
        assert rows.height == store.manifest.sets
        return rows.height, rows.select(pl.struct("source_file", "source_row", "set_number")
                                        .n_unique()).item()  # fmt: skip

    subprocess.run(ingest(before, base / "old"), env=environment, capture_output=True, check=True)
    shutil.copytree(base / "old", base / "new")
    length = 60.0
    for _ in killed(ingest(after, base / "new"), environment, base / "new", length):
        continue
    old, new = held(base / "old"), held(base / "new")
    whole = read(after).sets.height
    length = 1.0
    counts = dict.fromkeys(
        ("kills", "old state", "new state", "neither", "looks", "rerun not whole"), 0
    )
    while counts["kills"] < asked.kills:
        store = base / "store"
        shutil.copytree(base / "old", store)
        until = length * chance.random()
        seen = [held(store) for _ in killed(ingest(after, store), environment, store, until)]
        counts["kills"] += 1
        counts["looks"] += len(seen)
        counts["neither"] += sum(each not in (old, new) for each in seen)
        counts["old state"] += seen[-1] == old
        counts["new state"] += seen[-1] == new
        length *= 1.1 if seen[-1] == old else 0.9  # half of the kills before the manifest
        if counts["kills"] % asked.rerun_every == 0:
            subprocess.run(ingest(after, store), env=environment, capture_output=True, check=True)
            counts["rerun not whole"] += held(store) != new or new[0] != whole
        shutil.rmtree(store)
        if counts["kills"] % 10 == 0:
            print(json.dumps(counts), flush=True)
    print(json.dumps({"rows": [old[0], new[0]], **counts}))


def two_states(base: Path) -> tuple[Path, Path]:
    """Write logs as they are, and as they were: one lifter fewer, the others' halves."""
    before, after = base / "before", base / "after"
    for folder in (before, after):
        folder.mkdir()
        write_sample(folder)
    first, *others = sorted(before.iterdir())
    first.unlink()
    for each in others:
        lines = each.read_bytes().splitlines(keepends=True)
        each.write_bytes(b"".join(lines[: len(lines) // 2]))
    return before, after


def killed(
    command: list[str], environment: dict[str, str], store: Path, after_s: float
) -> Iterator[None]:
    """Run a command and kill it some time after it has begun with a store; yield on the way."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    while not (store / ".staged").exists() and process.poll() is None:
        time.sleep(0.01)
    end = time.monotonic() + after_s
    while time.monotonic() < end and process.poll() is None:
        yield
        time.sleep(0.02)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    yield


WHAT = {each.__name__: each for each in (files, build, add, question, kills)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=list(WHAT))
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--lifters", type=int, default=5000)
    parser.add_argument("--marked", type=float, default=0.2, help="share who mark warm-up sets")
    parser.add_argument("--ramping", type=float, default=0.3, help="share who climb to a top set")
    parser.add_argument("--exports", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rerun-every", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="store-") as folder:
        WHAT[asked.what](asked, Path(folder))


if __name__ == "__main__":
    main()
