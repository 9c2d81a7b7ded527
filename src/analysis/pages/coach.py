"""A folder of clients: an index that says who needs attention, a page each, one workbook.

Clients are read and their pages made one per process. The index does not depend on how many
processes there are; on the pages, the last digits of a linear algebra may.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl

from analysis.measures import triage
from analysis.measures.flags import Finding
from analysis.measures.same_person import shared_sessions
from analysis.measures.words import count
from analysis.pages.athletes import folder_names
from analysis.pages.clients import FILE, Settings, SettingsError, client_paths, load
from analysis.pages.coach_index import index_page, listed, raised, workbook
from analysis.pages.coach_pages import SCRIPT, Client, Intake, Job, make, take_in
from analysis.problems import NoUsableDataError, PathError
from analysis.report import write_shared_script
from analysis.result import Result

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
"""What says how many threads the libraries of a process take, read when they load."""


@dataclass(frozen=True, slots=True)
class Coached:
    """What `coach_folder` wrote.

    Attributes:
        index: the page to open.
        workbook: `clients.xlsx`; None where xlsxwriter is not installed.
        clients: the index as a Result, one row per client, most urgent first; see
            `measures.triage.triage`, with `client` for `athlete` and `page`.
        flags: every flag of every client.
        notes: what a coach should know about the reading: entries without a client, and so on.
    """

    index: Path
    workbook: Path | None
    clients: Result
    flags: Result
    notes: tuple[str, ...]


def coach_folder(
    paths: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    settings: Settings | None = None,
    workers: int | None = None,
) -> Coached:
    """Write the pages of a coach's clients.

    Args:
        paths: a folder with a file or folder per client, or the files themselves.
        out: folder to write into: `index.html`, `clients.xlsx`, `plotly.min.js` and a folder per
            client.
        settings: what the coach says; by default the `clients.toml` of the folder, if any.
        workers: processes; by default one per processor. 1 stays in this process.

    Raises:
        PathError: a path does not exist.
        NoUsableDataError: no client could be read.
        SettingsError: clients.toml breaks a rule, or two files of one client name two units.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    for path in given:
        if not path.exists():
            raise PathError(f"{path}: no such file or folder")
    found, out = client_paths(given), Path(out)
    settings = settings or _settings_in(given)
    clients = _clients(found, settings)
    with _mapper(min(workers or os.cpu_count() or 1, len(clients))) as over:
        intakes = list(over(take_in, clients))
        jobs = _jobs(intakes, settings, out)
        rows, flags = _gather(over(make, jobs), intakes)
    notes = (*_unused(settings, found), *_failed(rows), *_shared(intakes))
    day = None if settings.today == "own" else jobs[0].today
    rules = settings.everyone.thresholds
    clients_listed, flags_raised = listed(rows, rules, day), raised(flags, day)
    write_shared_script(out, SCRIPT)
    index = index_page(clients_listed, flags_raised, notes).save(out / "index.html")
    book = workbook(out / "clients.xlsx", clients_listed, flags_raised, rules)
    return Coached(index, book, clients_listed, flags_raised, notes)


def _settings_in(given: list[Path]) -> Settings:
    files = [path / FILE for path in given if (path / FILE).is_file()]
    return load(files[0]) if files else Settings()


def _clients(found: list[Path], settings: Settings) -> list[Client]:
    named: dict[str, list[Path]] = {}
    stems = [path.name if path.is_dir() else path.stem for path in found]
    for path, stem in zip(found, stems, strict=True):
        above = f"{path.resolve().parent.name} {path.name}"
        own = stem if stems.count(stem) == 1 else above
        named.setdefault(settings.of(path).name or own, []).append(path)
    return [Client(name, tuple(own), _agreed(name, own, settings)) for name, own in named.items()]


def _agreed(name: str, own: list[Path], settings: Settings) -> Any:
    several = [settings.of(path) for path in own]
    if any(each != several[0] for each in several):
        rule = "the entries of one client must say the same unit, encoding, zones and thresholds"
        raise SettingsError(FILE, "name", name, rule)
    return several[0]


@contextmanager
def _mapper(workers: int) -> Iterator[Any]:
    """Yield `map`, or one that spreads its calls over processes, in the same order."""
    if workers <= 1:
        yield map
        return
    # Spawned, not forked: a fork copies the locks of polars' threads and may hang on them.
    with _one_thread_each(), ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield pool.map


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes started meanwhile use one thread: theirs would fight over the processors."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _jobs(intakes: list[Intake], settings: Settings, out: Path) -> list[Job]:
    read = [intake for intake in intakes if intake.newest]
    if not read:
        reasons = [f"{intake.client.name}: {intake.reason}" for intake in intakes]
        raise NoUsableDataError("\n".join(["no client could be read", *reasons]))
    newest = max(intake.newest for intake in read if intake.newest)
    folders = folder_names(sorted(intake.client.name for intake in read))
    return [
        Job(intake, _today(settings, intake, newest), out, folders[intake.client.name])
        for intake in read
    ]


def _today(settings: Settings, intake: Intake, newest: date) -> date:
    if isinstance(settings.today, date):
        return settings.today
    return intake.newest or newest if settings.today == "own" else newest


def _gather(
    made: Iterable[tuple[dict[str, Any], list[Finding]]], intakes: list[Intake]
) -> tuple[list[dict[str, Any]], list[Finding]]:
    rows, flags = [], []
    for row, found in made:
        rows.append(row)
        flags += found
    missing = [intake for intake in intakes if not intake.newest]
    rows += [triage.not_read(intake.client.name, intake.reason) for intake in missing]
    return rows, flags


def _unused(settings: Settings, found: list[Path]) -> Iterator[str]:
    for key in settings.unused(found):
        yield f'{FILE}: clients."{key}" names no file or folder here.'


def _failed(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        if failure := row.get("failure"):
            yield (
                f"The page of {row['athlete']} could not be made, by a fault of the program: "
                f"{failure}"
            )


def _shared(intakes: list[Intake]) -> Iterator[str]:
    """Yield the pairs of clients whose logs hold the same sessions."""
    logs = [intake.logbook.sets for intake in intakes if intake.logbook is not None]
    if not logs:
        return
    for one, other, both in shared_sessions(pl.concat(logs)).iter_rows():
        yield (
            f"{one} and {other} share {count(both, 'session')}; if they are one person, give "
            f"both the same name in {FILE}."
        )
