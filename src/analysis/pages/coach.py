"""A folder of clients: an index that says who needs attention, a page each, one workbook.

Clients are read and their pages made one per process. The index does not depend on how many
processes there are; on the pages, the last digits of a linear algebra may.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from analysis.ingest.remembered import Ask
from analysis.logbook import GAVE_SETS
from analysis.measures import triage
from analysis.measures.flags import Finding
from analysis.measures.words import count
from analysis.pages.athletes import folder_names
from analysis.pages.clients import FILE, Settings, client_paths, parked, settings_for
from analysis.pages.coach_clients import said_of_shared, said_of_unread, take_in_all
from analysis.pages.coach_index import index_page, listed, raised
from analysis.pages.coach_pages import SCRIPT, Intake, Job, make, take_in
from analysis.pages.coach_roster import weekly
from analysis.pages.coach_workbook import workbook
from analysis.paths import existing
from analysis.problems import NoUsableDataError
from analysis.progress import Tell, silent, told
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
    whole: bool = False,
    ask: Ask | None = None,
    tell: Tell = silent,
) -> Coached:
    """Write the pages of a coach's clients.

    Args:
        paths: a folder with a file or folder per client, or the files themselves. Where folders
            hold several people's logs, as sorted by app, each file is a client.
        out: folder to write into: `index.html`, `clients.xlsx`, `plotly.min.js` and a folder per
            client.
        settings: what the coach says; by default the `clients.toml` of the folder, if any.
        workers: processes; by default one per processor. 1 stays in this process.
        whole: whether each client's page carries its own script, so that it can be sent alone.
        ask: gets each file whose unit nothing tells; returns the unit or None. See `ingest.read`.
        tell: gets the clients done, the clients in all and whose turn it is.

    Raises:
        PathError: a path does not exist.
        NoUsableDataError: no client could be read.
        SettingsError: clients.toml breaks a rule, or two files of one client name two units.
    """
    given = [existing(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    inside, out = client_paths(given), Path(out)
    settings = settings or settings_for(given)
    alone = len(inside) == 1 and inside[0].is_file()
    with _mapper(1 if alone else workers or os.cpu_count() or 1) as over:
        reading = _telling(over, tell, lambda client: f"reading {client.name}")
        intakes, who = take_in_all(inside, settings, reading)
        intakes = [_asked(intake, ask) for intake in intakes]
        jobs = _jobs(intakes, settings, out, "" if whole else f"../{SCRIPT}")
        making = _telling(over, tell, lambda job: f"page of {job.intake.client.name}")
        rows, found = _gather(making(make, jobs), intakes)
    notes = (
        *who,
        *_parked(given),
        *_unused(settings, inside, intakes),
        *_failed(rows),
        *said_of_unread(intakes),
        *said_of_shared(intakes),
        *_long_gone(rows, settings),
    )
    day = None if settings.today == "own" else jobs[0].today
    rules = settings.everyone.thresholds
    clients, flags = listed(rows, rules, day), raised(found, day)
    write_shared_script(out, SCRIPT)
    index = index_page(clients, flags, rows, found, notes).save(out / "index.html")
    book = workbook(out / "clients.xlsx", clients, flags, weekly(rows), rules)
    return Coached(index, book, clients, flags, notes)


def _telling(over: Any, tell: Tell, name: Callable[[Any], str]) -> Any:
    """Return a `map` that tells before each item which one of how many it is."""

    def mapped(step: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        done = zip(told(items, tell, name), over(step, items), strict=True)
        return (made for _, made in done)

    return mapped


def _asked(intake: Intake, ask: Ask | None) -> Intake:
    """Read a client of which a file gave nothing once more, with somebody there to ask."""
    whole = intake.logbook is not None and intake.logbook.ledger.select(GAVE_SETS.all()).item()
    return intake if whole or ask is None else take_in(intake.client, ask)


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


def _jobs(intakes: list[Intake], settings: Settings, out: Path, script: str) -> list[Job]:
    read = [intake for intake in intakes if intake.newest]
    if not read:
        reasons = [f"{intake.client.name}: {intake.reason}" for intake in intakes]
        raise NoUsableDataError("\n".join(["no client could be read", *reasons]))
    newest = max(intake.newest for intake in read if intake.newest)
    folders = folder_names(sorted(intake.client.name for intake in read))
    return [
        Job(intake, _today(settings, intake, newest), out, folders[intake.client.name], script)
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


def _parked(given: list[Path]) -> Iterator[str]:
    if names := parked(given):
        yield f"Left out, since the name begins with _: {', '.join(names)}."


def _long_gone(rows: list[dict[str, Any]], settings: Settings) -> Iterator[str]:
    """Yield a word of advice where nearly everybody is inactive: the logs are finished ones."""
    read = [row for row in rows if row["status"] != "not read"]
    gone = [row for row in read if row["status"] == "away" or "inactive" in row["why"]]
    if settings.today == "newest" and len(gone) > max(3, 0.6 * len(read)):
        yield (
            f"{len(gone)} of {count(len(read), 'client')} had no session for long on the newest "
            f'day of all. For finished logs, let `today = "own"` stand in {FILE}, or say '
            "--today own."
        )


def _unused(settings: Settings, found: list[Path], intakes: list[Intake]) -> Iterator[str]:
    files = [path for each in intakes for path in each.client.paths]
    for key in settings.unused([*found, *files]):
        yield f'{FILE}: clients."{key}" names no file or folder here.'


def _failed(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        if failure := row.get("failure"):
            yield (
                f"The page of {row['athlete']} could not be made, by a fault of the program: "
                f"{failure}"
            )
