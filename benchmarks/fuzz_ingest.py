"""Damaged exports by the hundred thousand: nothing crashes, hangs, or goes missing unsaid.

    python -m benchmarks.fuzz_ingest --inputs 100000 --processes 2 --seed 1

Seeds are the golden exports of every vendor, as text, SQLite, FIT, JSON and XML, and each of them
in a zip. Half of the inputs are damaged anywhere (bytes, lines, quotes, separators, truncation);
half of those of plain tables have one cell replaced, neither in the header nor by a quote, and
then every set of another record must be the same as from the sound file. What a record's
neighbours tell (its place in the workout, the rest and the note that stand in a row of their own)
is left out of that comparison.

Counted: inputs, internal errors, inputs over 5 s of processor time per MB (never less than 5 s),
the largest growth of memory, files with lines unaccounted for, and cells that changed another row.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl
from tests.golden import CASES, as_exported

from analysis import exercises
from analysis.ingest import records, sources
from analysis.ingest.sources import Source
from analysis.ingest.staging import Account, stage_file
from analysis.ingest.vendors import identify

NEIGHBOURS = (
    "session", "exercise_number", "set_number", "rest_s", "note", "tempo", "side", "kind",
    "source_file",
)  # fmt: skip
"""Columns that a record's neighbours help to tell, or words beside it."""

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
    """A sound export, with what is read from it."""

    name: str
    data: bytes
    table: bool
    delimiter: str
    dates: frozenset[int]


def seeds(folder: Path) -> list[Seed]:
    """Return every golden export as bytes."""
    found = []
    for case in CASES:
        (folder / case.name).mkdir()
        path = as_exported(next(case.glob("export.*")), folder / case.name)
        first = records.peek(path)
        vendor = identify(first)
        data = path.read_bytes()
        plain = bool(first.header) and vendor.unfold is None and b"\n" in data
        regular = plain and data.count(b"\n") <= len(data)
        dates = frozenset(
            place
            for place, cell in enumerate(first.header)
            if any(
                word in cell.lower()
                for word in ("date", "time", "start", "end", "dat", "zeit", "orario")
            )
        )
        found.append(Seed(case.name, data, regular, first.delimiter, dates))
    return found


def read(path: Path, workdir: Path) -> tuple[Account | None, pl.DataFrame]:
    """Read one file as `ingest` does, zips unpacked."""
    workdir.mkdir()
    files, _ = sources.find([path], "athlete", workdir)
    parts, last = [], None
    for number, source in enumerate(files):
        last = stage_file(
            Source(source.path, source.label, "athlete", source.export), "kg", None, CATALOGUE,
            workdir / f"staged-{number}", tz="UTC",
        )  # fmt: skip
        if last.sets:
            parts.append(last.kept().collect())
    return last, pl.concat(parts) if parts else pl.DataFrame()


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
    """Return the export with one plain cell replaced, and the line of it; None where none is."""
    lines = seed.data.split(b"\n")
    delimiter = seed.delimiter.encode()
    plain = [n for n, line in enumerate(lines) if n and b'"' not in line and delimiter in line]
    if not plain:
        return None
    number = chance.choice(plain)
    cells = lines[number].rstrip(b"\r").split(delimiter)
    place = chance.randrange(len(cells))
    if place in seed.dates:
        return None
    text = chance.choice(CELLS)
    if seed.delimiter in text:
        return None
    cells[place] = text.encode()
    lines[number] = delimiter.join(cells)
    return b"\n".join(lines), number + 1


def others_same(sound: pl.DataFrame, found: pl.DataFrame, line: int) -> bool:
    """Whether all sets but those of one line are the same."""
    if sound.is_empty() or found.is_empty():
        return sound.filter(pl.col("source_row") != line).is_empty() if sound.width else True
    columns = [name for name in sound.columns if name not in NEIGHBOURS]
    parts = [each.filter(pl.col("source_row") != line).select(columns) for each in (sound, found)]
    return parts[0].equals(parts[1])


def run(seed_number: int, inputs: int) -> dict[str, Any]:
    """Fuzz with one random seed; return the counts."""
    warnings.simplefilter("ignore")
    chance = random.Random(seed_number)
    counts: Counter[str] = Counter()
    worst: list[str] = []
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        all_seeds = seeds(folder)
        sound = {}
        for each in all_seeds:
            (folder / "one").write_bytes(each.data)
            sound[each.name] = read(folder / "one", folder / f"sound-{each.name}")[1]
        base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(inputs):
            each = chance.choice(all_seeds)
            made = with_cell(each, chance) if each.table and chance.random() < 0.5 else None
            data, line = made or (damaged(each.data, chance), 0)
            path = folder / f"input-{number}"
            zipped = made is None and chance.random() < 0.1
            if zipped:
                with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr("log.csv", each.data)
                data = damaged(path.read_bytes(), chance)
            path.write_bytes(data)
            workdir = folder / f"work-{number}"
            started = time.process_time()
            kind = "cells" if made else "zips" if zipped else "anywhere"
            counts[kind] += 1
            counts[f"{each.name.split('_')[0]} inputs"] += 1
            try:
                account, found = read(path, workdir)
            except Exception as error:
                counts["internal errors"] += 1
                worst.append(
                    f"{each.name} {seed_number}/{number}: {type(error).__name__}: {error}"
                )
                (Path(tempfile.gettempdir()) / f"fuzz-crash-{seed_number}-{number}").write_bytes(
                    data
                )
            else:
                if account is not None and account.unaccounted:
                    counts["unaccounted"] += 1
                    worst.append(f"{each.name} {seed_number}/{number}: {account.unaccounted} lost")
                    (
                        Path(tempfile.gettempdir()) / f"fuzz-lost-{seed_number}-{number}"
                    ).write_bytes(data)
                if made and not others_same(sound[each.name], found, line):
                    counts["other rows changed"] += 1
                    worst.append(f"{each.name} {seed_number}/{number}: line {line}")
                    (
                        Path(tempfile.gettempdir()) / f"fuzz-cell-{seed_number}-{number}"
                    ).write_bytes(data)
            spent = time.process_time() - started
            slowest = max(slowest, spent)
            counts["too slow"] += spent > 5 * max(1.0, len(data) / 1e6)
            path.unlink()
            _clear(workdir)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
    return {
        "counts": dict(counts),
        "worst": worst[:40],
        "grown_mb": grown / 1024,
        "slowest_s": slowest,
    }


def _clear(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Run and print the counts."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--inputs", type=int, default=1000)
    asked.add_argument("--processes", type=int, default=1)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--piece", type=int, default=1000)
    options = asked.parse_args()
    pieces = [options.seed * 1_000_000 + n for n in range(-(-options.inputs // options.piece))]
    total: Counter[str] = Counter()
    grown = slowest = 0.0
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        for done in pool.map(run, pieces, [options.piece] * len(pieces)):
            total.update(done["counts"])
            grown, slowest = max(grown, done["grown_mb"]), max(slowest, done["slowest_s"])
            for line in done["worst"]:
                print(line, flush=True)
            print(
                json.dumps({"so far": sum(total[k] for k in ("cells", "zips", "anywhere"))}),
                flush=True,
            )
    print(
        json.dumps(
            {**dict(sorted(total.items())), "grown_mb": grown, "slowest_s": slowest}, indent=1
        )
    )


if __name__ == "__main__":
    main()
