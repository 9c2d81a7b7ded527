"""Damaged exports by the hundred thousand: nothing crashes, hangs, or goes missing unsaid.

    python -m benchmarks.fuzz_ingest --inputs 100000 --processes 2 --seed 1
    python -m benchmarks.fuzz_ingest --minutes 14 --seed 2 --app jefit --app rp_hypertrophy
    python -m benchmarks.fuzz_ingest --inputs 5000 --together

Seeds are the golden exports, as text, SQLite, FIT, JSON and XML: every vendor as often, and each
of its exports as often as the others. A tenth of the inputs stand in a zip. Half of the inputs are
damaged anywhere (bytes, lines, quotes, separators, truncation); half of those of plain tables have
one cell replaced, neither in the header nor by a quote, and then every set of another record must
be the same as from the sound file. What a record's neighbours tell (its place in the workout, the
rest and the note that stand in a row of their own) is left out of that comparison, and so are
cells that the whole file rests on: see `EVIDENCE`.

With `--together` an input is six files of one sound export, up to half of them damaged, and what
reading them together gives (sets, account, notes, units, records turned away) must be what each
gives alone; counted are also the files that were read with others.

Counted by vendor: inputs, internal errors, inputs over 5 s of processor time per MB (never less
than 5 s), files with lines unaccounted for, and cells that changed another row; and in all the
slowest input and the largest growth of memory. Inputs at fault are kept in the temporary folder.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import resource
import shutil
import tempfile
import time
import warnings
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl
from tests.golden import CASES, as_exported

from analysis import exercises
from analysis.ingest import batches, records, sources
from analysis.ingest.sources import Source
from analysis.ingest.staging import Account, check_file
from analysis.ingest.vendors import identify, known_vendors

NEIGHBOURS = (
    "session", "exercise_number", "set_number", "rest_s", "note", "tempo", "side", "kind",
    "source_file",
)  # fmt: skip
"""Columns that a record's neighbours help to tell, or words beside it."""

EVIDENCE = {
    "openpowerlifting": ("name",),
}  # fmt: skip
"""Cells that say something of the whole file: whether a file of meets is one person's."""

STARTED_BY_A_SET = ("gymbook", "gymrun")
"""Vendors whose workouts begin with the time of their first set: that cell is evidence for the
start of its own workout, and for nothing else of it."""

TOKENS = (
    b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf",
    b"'", b"=1+1", b"1e309", b"-1", b"nan", b"1,000", b"99999999999999999999", b"<script>",
    b"\x1b]0;x\x07", "\u202e".encode(), "Ā".encode(), b"{", b"}", b"[", b"]", b"<", b">", b":",
)  # fmt: skip
CELLS = (
    "", "x", "0", "-5", "1e309", "nan", "12.5.1", "31 Feb 2026", "2026-13-45", "9999999", "é",
    "W", "lbs", "1'000", "\x1b[2J", "=cmd", "\u202e", "many words in it", "🏋", "inf", " ", "1 0",
)  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A sound export; `evidence` are the places of its cells that the whole file rests on."""

    name: str
    vendor: str
    data: bytes
    table: bool
    delimiter: str
    evidence: frozenset[int]


def seeds(folder: Path) -> list[Seed]:
    """Return every golden export as bytes."""
    found = []
    for case in CASES:
        (folder / case.name).mkdir()
        path = as_exported(next(case.glob("export.*")), folder / case.name)
        first = records.peek(path)
        vendor = identify(first)
        data = path.read_bytes()
        table = bool(first.header) and vendor.unfold is None and b"\n" in data
        rests_on = EVIDENCE.get(vendor.name, ())
        places = [n for n, cell in enumerate(first.header) if cell.lower() in rests_on]
        found.append(Seed(case.name, vendor.name, data, table, first.delimiter, frozenset(places)))
    return found


def read(path: Path, workdir: Path) -> tuple[list[Account], pl.DataFrame]:
    """Read one file as `ingest` does, zips unpacked; the sets stay in memory."""
    workdir.mkdir()
    files, _ = sources.find([path], "athlete", workdir)
    accounts = [
        check_file(
            Source(source.path, source.label, "athlete", source.export), "kg", None, CATALOGUE,
            workdir / f"staged-{number}", tz="UTC",
        )
        for number, source in enumerate(files)
    ]  # fmt: skip
    parts = [each.kept().collect() for each in accounts if each.sets]
    return accounts, pl.concat(parts) if parts else pl.DataFrame()


CATALOGUE = exercises.load()


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return bytes damaged in one to five places."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        data = chance.choice((_at_a_byte, _at_a_line))(data, chance)
    return data


def _at_a_byte(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    before, after, token = data[:at], data[at:], chance.choice(TOKENS)
    return chance.choice((
        before + bytes((chance.randrange(256),)) + after[1:],
        before + after[chance.choice((1, 2, 8, 64)) :],
        before + token + after,
        before + token * chance.choice((1, 1, 50)) + after[1:],
        before + after[: chance.choice((4, 40, 400))] + after,
    ))  # fmt: skip


def _at_a_line(data: bytes, chance: random.Random) -> bytes:
    rows = data.split(b"\n")
    place = chance.randrange(len(rows) + 1)
    shuffled = chance.sample(rows, len(rows))
    return chance.choice((
        b"\n".join(shuffled),
        b"\n".join([*rows[:place], chance.choice(rows), *rows[place:]]),
        b"\n".join(rows[:place]),
    ))  # fmt: skip


def with_cell(seed: Seed, chance: random.Random) -> tuple[bytes, int] | None:
    """Return the export with one cell replaced, and the line of it; None where none is."""
    lines = seed.data.split(b"\n")
    whole, open_before = [], False
    for number, line in enumerate(lines):
        closed = line.count(b'"') % 2 == 0
        if number and closed and not open_before and seed.delimiter.encode() in line:
            whole.append(number)
        open_before ^= not closed
    if not whole:
        return None
    number = chance.choice(whole)
    mark = re.escape(seed.delimiter.encode())
    cells = re.finditer(rb'(?:^|%s)("(?:[^"]|"")*"|[^"%s\r]*)' % (mark, mark), lines[number])
    spans = [each.span(1) for n, each in enumerate(cells) if n not in seed.evidence]
    start, end = chance.choice(spans)
    text = chance.choice(CELLS).encode()
    if lines[number][start:end].startswith(b'"'):
        text = b'"%s"' % text
    elif seed.delimiter.encode() in text:
        return None
    lines[number] = lines[number][:start] + text + lines[number][end:]
    return b"\n".join(lines), number + 1


def others_same(sound: pl.DataFrame, found: pl.DataFrame, line: int, vendor: str) -> bool:
    """Whether all sets but those of one line are the same."""
    if sound.is_empty() or found.is_empty():
        return sound.filter(pl.col("source_row") != line).is_empty() if sound.width else True
    columns = [name for name in sound.columns if name not in NEIGHBOURS]
    mine = sound.filter(pl.col("source_row") == line)["session"]
    beside = sound.filter(pl.col("session").is_in(mine.implode()))["source_row"]
    parts = [each.filter(pl.col("source_row") != line) for each in (sound, found)]
    if vendor in STARTED_BY_A_SET:
        own = pl.col("source_row").is_in(beside.implode())
        parts = [each.with_columns(pl.when(~own).then("started_at")) for each in parts]
    return parts[0].select(columns).equals(parts[1].select(columns))


KEPT = Path(tempfile.gettempdir())


@cache
def sound() -> list[list[tuple[Seed, pl.DataFrame]]]:
    """Return the sound exports of each vendor with their sets, read once by each process."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        found: dict[str, list[tuple[Seed, pl.DataFrame]]] = defaultdict(list)
        for each in seeds(folder):
            (folder / "one").write_bytes(each.data)
            whole = read(folder / "one", folder / f"sound-{each.name}")[1]
            found[each.vendor].append((each, whole))
        return list(found.values())


def run(
    seed_number: int, inputs: int, apps: tuple[str, ...] = (), *, together: bool = False
) -> dict[str, Any]:
    """Fuzz with one random seed the exports of these vendors or all; return counts by vendor."""
    warnings.simplefilter("ignore")
    chance = random.Random(seed_number)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    at_fault: list[str] = []
    slowest = 0.0
    choices = [each for each in sound() if not apps or each[0][0].vendor in apps]
    if together:
        batches.FEWEST = 2
        able = {vendor.name for vendor in known_vendors() if vendor.by_row}
        choices = [each for each in choices if each[0][0].vendor in able]
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        for number in range(inputs):
            each, whole = chance.choice(chance.choice(choices))
            folder = Path(name) / str(number)
            folder.mkdir()
            started = time.process_time()
            kind, data, line = ("anywhere", each.data, 0) if together else made_of(each, chance)
            counts[each.vendor][kind] += 1
            if together:
                n_together, faults = not_alike(each, chance, folder)
                counts[each.vendor]["files read together"] += n_together
            else:
                faults = list(faults_of(data, whole, line, each.vendor, folder))
            spent = time.process_time() - started
            slowest = max(slowest, spent)
            if spent > 5 * max(1.0, len(data) / 1e6):
                faults.append(("too slow", f"{spent:.1f} s"))
            for fault, said in faults:
                counts[each.vendor][fault] += 1
                at_fault.append(f"{each.name} {seed_number}-{number} {fault}: {said}")
                kept = KEPT / f"fuzz-{seed_number}-{number}"
                if together:
                    shutil.copytree(folder, kept, dirs_exist_ok=True)
                else:
                    kept.write_bytes(data)
            shutil.rmtree(folder)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
    return {
        "counts": {vendor: dict(each) for vendor, each in counts.items()},
        "at_fault": at_fault,
        "grown_mb": grown / 1024,
        "slowest_s": slowest,
    }


def faults_of(
    data: bytes, whole: pl.DataFrame, line: int, vendor: str, folder: Path
) -> Iterator[tuple[str, str]]:
    """Yield what went wrong with one input; `line` is that of its one damaged cell, else 0."""
    path = folder / "input"
    path.write_bytes(data)
    try:
        accounts, found = read(path, folder / "work")
    except Exception as error:
        yield "internal errors", f"{type(error).__name__}: {error}"
        return
    if any(account.unaccounted for account in accounts):
        yield "lines unaccounted for", str([account.unaccounted for account in accounts])
    if line and not others_same(whole, found, line, vendor):
        yield "other rows changed", f"line {line}"


TOGETHER = 6


def not_alike(
    seed: Seed, chance: random.Random, folder: Path
) -> tuple[int, list[tuple[str, str]]]:
    """Read files of one export together and alone.

    Returns:
        How many were read with others, and what differs.
    """
    logs = [seed.data] * TOGETHER
    for place in chance.sample(range(TOGETHER), chance.choice((1, 1, 2, 3))):
        made = with_cell(seed, chance) if chance.random() < 0.7 else None
        logs[place] = damaged(seed.data, chance) if made is None else made[0]
    files = []
    for number, data in enumerate(logs):
        path = folder / f"p{number}.csv"
        path.write_bytes(data)
        files.append(Source(path, path.name, f"p{number}", path))
    unit = chance.choice(("kg", None))
    alone = [
        check_file(each, unit, None, CATALOGUE, folder / f"alone-{number}")
        for number, each in enumerate(files)
    ]
    together = batches.checked(files, unit, CATALOGUE, folder)
    faults = [
        ("together not as alone", f"{file.label}: {what}")
        for file, one, other in zip(files, alone, together, strict=True)
        if other is not None and (what := difference(one, other))
    ]
    return sum(each is not None for each in together), faults


def difference(one: Account, other: Account) -> str:
    """Return in what two accounts of one file differ; nothing where they are alike."""
    compared = {
        "ledger": one.ledger_row() == other.ledger_row(),
        "notes": one.notes == other.notes,
        "units": str(one.units) == str(other.units),
        "rejected": one.rejected.equals(other.rejected),
        "sets": one.part.scan().collect().equals(other.part.scan().collect()),
        "left out": one.settled == other.settled,
    }
    return ", ".join(what for what, same in compared.items() if not same)


def made_of(seed: Seed, chance: random.Random) -> tuple[str, bytes, int]:
    """Return what was done to a sound export, the damaged bytes, and the line of the cell."""
    if seed.table and chance.random() < 0.5:
        made = with_cell(seed, chance)
        if made is not None:
            return "one cell", *made
    if chance.random() < 0.1:
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("log.csv", seed.data)
        return "in a zip", damaged(whole.getvalue(), chance), 0
    return "anywhere", damaged(seed.data, chance), 0


def main() -> None:
    """Run and print the counts after each piece, so that a run cut short counts too."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--inputs", type=int, default=1_000_000)
    asked.add_argument("--minutes", type=float, default=1e9)
    asked.add_argument("--processes", type=int, default=1)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--piece", type=int, default=500)
    asked.add_argument("--app", action="append", default=[], help="one vendor; by default all")
    asked.add_argument("--together", action="store_true")
    options = asked.parse_args()
    apps = tuple(options.app)
    until = time.monotonic() + 60 * options.minutes
    left = iter(range(options.seed * 1_000_000, options.seed * 1_000_000
                      + -(-options.inputs // options.piece)))  # fmt: skip
    total: dict[str, Counter[str]] = defaultdict(Counter)
    grown = slowest = 0.0
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(run, n, options.piece, apps, together=options.together)
                   for n in islice(left, options.processes)}  # fmt: skip
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                found = each.result()
                for vendor, counts in found["counts"].items():
                    total[vendor].update(counts)
                grown = max(grown, found["grown_mb"])
                slowest = max(slowest, found["slowest_s"])
                print("\n".join(found["at_fault"] or ["-"]), flush=True)
            inputs = sum(total[v][kind] for v in total for kind in KINDS)
            said = {"inputs": inputs, "grown_mb": round(grown, 1), "slowest_s": round(slowest, 2)}
            by_vendor = {vendor: dict(sorted(total[vendor].items())) for vendor in sorted(total)}
            print(json.dumps({**said, "by_vendor": by_vendor}), flush=True)
            if time.monotonic() < until:
                running |= {pool.submit(run, n, options.piece, apps, together=options.together)
                            for n in islice(left, len(done))}  # fmt: skip


KINDS = ("anywhere", "in a zip", "one cell")

if __name__ == "__main__":
    main()
