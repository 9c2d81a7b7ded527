"""A folder of clients: an index that says who needs attention, a page each, one workbook.

Clients are read and their pages made one per process. The index does not depend on how many
processes there are; on the pages, the last digits of a linear algebra may.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from analysis import __version__
from analysis.ingest.people import SHARED_WORKOUTS, without
from analysis.ingest.people import shared as shared_workouts
from analysis.ingest.remembered import Ask, of_people
from analysis.ingest.sources import readable
from analysis.logbook import GAVE_SETS
from analysis.notes import first_names
from analysis.outputs import folder_names, whole_folder
from analysis.pages.client_page import SCRIPT, Client, Intake, Job, make, take_in, without_name
from analysis.pages.clients import (
    FILE,
    ClientSettings,
    Settings,
    client_paths,
    is_hidden,
    parked,
    settings_for,
    told_of_people,
)
from analysis.pages.roster import roster, weekly, workbook
from analysis.paths import existing
from analysis.problems import NoUsableDataError, SettingsError
from analysis.progress import Tell, silent, told
from analysis.pseudonyms import shift
from analysis.report import Prose, Report, Section, write_shared_script
from analysis.result import Result
from analysis.say import count
from analysis.signals import triage
from analysis.signals.flags import FLAGS, LEVELS, Finding, Thresholds
from analysis.store import Store, given_store
from analysis.workers import one_thread_each, processes

# Who the clients of a folder are: a file or folder each, or several people sorted by app.
#
# A coach keeps a file or a folder per client. An archive has a folder per app instead, with many
# people in it: exports of three or more people show themselves by training in the same weeks
# without one session in common. Then each file is a client, and files that share sessions are one.


SAME_WEEKS = 4
"""Weeks that two logs hold, with no session in common, before they are two people's."""

PEOPLE = 3
"""Such logs in one folder before it is no client's: one person may well use two apps."""

Mapper = Callable[[Callable[[Client], Intake], Sequence[Client]], Iterable[Intake]]


def take_in_all(
    found: Sequence[Path], settings: Settings, over: Mapper
) -> tuple[list[Intake], list[str]]:
    """Read every client.

    Args:
        found: a file or folder per client; see `client_paths`.
        settings: what the coach says about them.
        over: `map`, or one that spreads its calls over processes.

    Returns:
        One intake per client, and what a coach should know about who they are.

    Raises:
        SettingsError: two files of one client name two units.
    """
    files = [file for path in found for file in _files(path, settings)]
    if not any(path.is_dir() for path in found) or len(files) == len(found):
        return list(over(take_in, clients(found, settings))), []
    alone = list(over(take_in, clients(files, settings)))
    crowded = [path for path in found if _people_in(path, alone, settings) >= PEOPLE]
    if not crowded:
        mixed = [path for path in found if _people_in(path, alone, settings) > 1]
        again = _reread(clients(found, settings), alone, over)
        return again, [_said_of_two(path) for path in mixed]
    linked = clients(files, settings, _links(alone, settings.different))
    several = sum(len(client.paths) > 1 for client in linked)
    names = ", ".join(path.name for path in crowded)
    return _reread(linked, alone, over), [
        f"Several people's logs stand in one folder ({names}): they train in the same weeks and "
        "share no session. So each file is a client here, and files that share sessions are one "
        f"({count(several, 'client')} of several files). A folder that is one client's gets a "
        f"name in {FILE}."
    ]


def clients(
    found: Sequence[Path], settings: Settings, links: Sequence[set[Path]] = ()
) -> list[Client]:
    """Return the clients of these files and folders: those of one name, or linked, are one.

    Raises:
        SettingsError: the entries of one client differ.
    """
    own = _names(found, settings)
    first = {path: min(group) for group in links for path in group}
    named: dict[str, list[Path]] = {}
    for path in found:
        named.setdefault(own[first.get(path, path)], []).append(path)
    return [
        Client(name, tuple(paths), _agreed(name, paths, settings)) for name, paths in named.items()
    ]


def clients_of(store: Store, settings: Settings) -> list[Client]:
    """Return the people of a store as clients, each with what is said under that name."""
    return [Client(name, (store.folder,), settings.of(Path(name))) for name in store.athletes]


def _names(found: Sequence[Path], settings: Settings) -> dict[Path, str]:
    """Return the coach's name of each, or its own; with the folders above until all differ."""
    names = {path: settings.of(path).name or readable(_stem(path)) for path in found}
    for above in range(1, 8):
        twice = Counter(names.values())
        for path in found:
            if twice[names[path]] > 1 and not settings.of(path).name:
                names[path] = " ".join(map(readable, path.resolve().parts[-above - 1 :]))
    return names


def _stem(path: Path) -> str:
    return path.name if path.is_dir() else path.stem


def _agreed(name: str, own: list[Path], settings: Settings) -> ClientSettings:
    several = [each for path in own if (each := settings.entry(path))] or [settings.everyone]
    if any(each != several[0] for each in several):
        rule = "the entries of one client must say the same unit, encoding, zones and thresholds"
        raise SettingsError(FILE, "name", name, rule)
    return several[0]


def _files(path: Path, settings: Settings) -> list[Path]:
    """Return what may be a client by itself: a folder that something is said of stays whole."""
    if path.is_file() or settings.of(path) != settings.everyone:
        return [path]
    return [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file() and not any(map(is_hidden, file.relative_to(path).parts))
    ]


def _reread(again: list[Client], alone: list[Intake], over: Mapper) -> list[Intake]:
    """Take in the clients; those of one file that was read by itself are not read twice."""
    read = {(each.client.name, each.client.paths): each for each in alone}
    missing = [each for each in again if (each.name, each.paths) not in read]
    fresh = iter(over(take_in, missing))
    return [read.get((each.name, each.paths)) or next(fresh) for each in again]


def _people_in(path: Path, alone: list[Intake], settings: Settings) -> int:
    """Return how many people's logs stand in a folder beyond doubt."""
    return len(_apart(_inside(path, alone), settings.different))


def _inside(path: Path, alone: list[Intake]) -> list[Intake]:
    return [each for each in alone if path in each.client.paths[0].parents]


def _apart(intakes: list[Intake], different: Sequence[Sequence[str]]) -> list[set[Path]]:
    """Return the groups of linked files that hold the same weeks as another, but no session."""
    groups = _links(intakes, different)
    weeks = [
        {day for each in intakes if each.client.paths[0] in group for day in _weeks(each)}
        for group in groups
    ]
    return [
        group
        for group, own in zip(groups, weeks, strict=True)
        if any(own is not other and len(own & other) >= SAME_WEEKS for other in weeks)
    ]


def _weeks(intake: Intake) -> list[Any]:
    assert intake.logbook is not None
    return intake.logbook.sets["started_at"].dt.truncate("1w").unique().to_list()


def _links(intakes: list[Intake], different: Sequence[Sequence[str]]) -> list[set[Path]]:
    """Return the files that were read, those that share sessions in one set."""
    groups = [set(each.client.paths) for each in intakes if each.logbook is not None]
    path_of = {each.client.name: each.client.paths[0] for each in intakes}
    sizes = {
        each.client.name: each.logbook.sets["started_at"].n_unique()
        for each in intakes
        if each.logbook is not None
    }
    found = shared(intakes, fewest=1, by_load=False, different=different)
    for one, other, both in found.iter_rows():
        if both >= min(SHARED_WORKOUTS, max(2, min(sizes[one], sizes[other]) / 2)):
            ours = [g for g in groups if path_of[one] in g or path_of[other] in g]
            groups = [g for g in groups if g not in ours] + [set().union(*ours)]
    return sorted(groups, key=min)


def shared(intakes: Iterable[Intake], **how: Any) -> pl.DataFrame:
    """Return the pairs of clients that share sessions; see `ingest.people.shared`."""
    needed = ["athlete", "started_at", "reps", "load_kg"]
    logs = [each.logbook.sets.select(needed) for each in intakes if each.logbook is not None]
    nothing = pl.DataFrame(schema={"athlete": str, "started_at": pl.Datetime, "reps": float,
                                   "load_kg": float})  # fmt: skip
    return shared_workouts(pl.concat(logs) if logs else nothing, **how)


def said_of_shared(pairs: pl.DataFrame) -> Iterator[str]:
    """Yield, per client, those whose logs hold the same sessions: never a line per pair."""
    for (one,), rows in pairs.group_by("athlete", maintain_order=True):
        others, most = rows["other"].to_list(), rows["sessions"].to_list()
        yield (
            f"{one} shares {count(max(most), 'session')} with {first_names(others)}; if they are "
            f"one person, give them the same name in {FILE}."
        )


def said_of_unread(intakes: Iterable[Intake]) -> Iterator[str]:
    """Yield the files of a client that gave no set, where others did."""
    for each in intakes:
        if each.logbook is None:
            continue
        for file in each.logbook.ledger.filter(~GAVE_SETS)["source_file"]:
            why = [str(note) for note in each.logbook.notes if note.file == file]
            yield f"{each.client.name}: not read: {why[0] if why else file}"


def said_of_missing(intakes: Iterable[Intake]) -> Iterator[str]:
    """Yield what no coach may miss: that a good part of a client's file is not in the pages."""
    for each in intakes:
        for note in each.logbook.notes if each.logbook is not None else ():
            if note.loud:
                yield f"{each.client.name}: {note}"


def _said_of_two(path: Path) -> str:
    return (
        f"{path.name} holds 2 logs of the same weeks without a session in common; if they are "
        f"two people's, move one into a folder of its own."
    )


# The coach's index: one row per client, every flag, and the same as a workbook.


def listed(rows: list[dict[str, Any]], rules: Thresholds, day: date | None) -> Result:
    """Return the rows of all clients, most urgent first; `day` is None for own last days."""
    result = triage.as_result(rows, rules, day, person="client")
    pages = {row["athlete"]: row.get("page", "") for row in rows}
    table = result.table.assign(page=result.table["client"].map(pages))
    return replace(result, name="clients", title="At a glance", table=table)


def raised(found: list[Finding], day: date | None) -> Result:
    """Return every flag of every client; those that ask for attention first."""
    ranked = sorted(
        found, key=lambda each: (LEVELS.index(each.level), list(FLAGS).index(each.flag))
    )
    rows = [
        {
            "client": each.athlete,
            "flag": each.flag,
            "level": each.level,
            "sentence": each.sentence,
            "evidence": len(each.rows),
            "first_date": pd.Timestamp(each.first),
            "last_date": pd.Timestamp(each.last),
        }
        for each in ranked
    ]
    columns = ("client", "flag", "level", "sentence", "evidence", "first_date", "last_date")
    return Result(
        name="flags",
        title="Every flag",
        table=pd.DataFrame(rows, columns=list(columns)),
        summary=f"{count(len(rows), 'flag')}; the rows behind each stand on the client's page.",
        settings={"today": day.isoformat() if day else "each client's own last day"},
    )


def index_page(
    clients: Result,
    flags: Result,
    rows: list[dict[str, Any]],
    found: list[Finding],
    notes: Sequence[str],
    missing: Sequence[str] = (),
) -> Report:
    """Return the page that leads to the clients' pages, what is `missing` from them first."""
    meaning = pd.DataFrame({"flag": list(FLAGS), "meaning": list(FLAGS.values())})
    key = Result("meanings", "What the flags mean", meaning, "Most urgent first.")
    said = [Section("reading", "About the files", [Prose("\n\n".join(notes))])] if notes else []
    shown = replace(clients, table=clients.table.drop(columns="page"), settings={})
    return Report(
        "Clients",
        [
            replace(roster(clients, rows, found), result=shown),
            *said,
            Section("every-flag", "Flags", [replace(flags, settings={}), key]),
            weekly(rows),
        ],
        subtitle="Who needs attention, against each client's own normal",
        takeaways=missing,
        header=[("Flags as of", _as_of(clients))],
        provenance={"liftdose": __version__, "settings": dict(clients.settings)},
        shared_script=SCRIPT,
    )


def _as_of(clients: Result) -> str:
    today = str(clients.settings["today"])
    return "each client's own last day" if today == "own last day" else today


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
    salt: str | None = None,
    ask: Ask | None = None,
    tell: Tell = silent,
) -> Coached:
    """Write the pages of a coach's clients.

    Args:
        paths: a folder with a file or folder per client, or the files themselves; or a store.
            Where folders hold several people's logs, as sorted by app, each file is a client.
        out: folder to write into: `index.html`, `clients.xlsx`, `plotly.min.js` and a folder per
            client.
        settings: what the coach says; by default the `clients.toml` of the folder, if any.
        workers: processes; by default one per processor. 1 stays in this process.
        whole: whether each client's page carries its own script, so that it can be sent alone.
        salt: the secret behind ids and dates, for pages without names; see
            `pseudonyms.anonymise`. All clients' dates are shifted alike: the list compares them.
        ask: gets each file whose unit nothing tells; returns the unit or None. See `ingest.read`.
        tell: gets the clients done, the clients in all and whose turn it is.

    Raises:
        PathError: a path does not exist.
        NoUsableDataError: no client could be read.
        OutputError: the folder cannot be written.
        SettingsError: clients.toml breaks a rule, or two files of one client name two units.
    """
    given = [existing(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    store, out = given_store(given), Path(out)
    inside = client_paths(given) if store is None else [Path(each) for each in store.athletes]
    settings = told_of_people(settings or settings_for(given), of_people(given))
    alone = len(inside) == 1 and inside[0].is_file()
    with _mapper(1 if alone else workers or os.cpu_count() or 1) as over:
        reading = _telling(over, tell, lambda client: f"reading {client.name}")
        if store is None:
            intakes, who = take_in_all(inside, settings, reading)
            pairs = shared(intakes, different=settings.different)
        else:
            intakes, who = list(reading(take_in, clients_of(store, settings))), []
            pairs = without(store.shared(), settings.different)
        intakes = [_asked(intake, ask) for intake in intakes]
        said = (
            *who,
            *_parked(given),
            *_unused(settings, inside, intakes),
            *said_of_unread(intakes),
            *said_of_shared(pairs),
        )
        if salt is not None:
            intakes = [without_name(intake, salt) for intake in intakes]
            settings = settings.earlier(shift(salt))
            said = (f"{count(len(said), 'note')} on the reading are left out.",) if said else ()
        missing = tuple(said_of_missing(intakes))
        with whole_folder(out, "coach", anonymous=salt is not None) as draft:
            jobs = _jobs(intakes, settings, draft, "" if whole else f"../{SCRIPT}")
            making = _telling(over, tell, lambda job: f"page of {job.intake.client.name}")
            rows, found = _gather(making(make, jobs), intakes)
            notes = (*said, *_failed(rows), *_long_gone(rows, settings))
            day = None if settings.today == "own" else jobs[0].today
            rules = settings.everyone.thresholds
            clients, flags = listed(rows, rules, day), raised(found, day)
            write_shared_script(draft, SCRIPT)
            index = index_page(clients, flags, rows, found, notes, missing)
            index.save(draft / "index.html")
            book = workbook(draft / "clients.xlsx", clients, flags, weekly(rows), rules)
    beside = out / "clients.xlsx" if book is not None else None
    return Coached(out / "index.html", beside, clients, flags, (*missing, *notes))


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
    with one_thread_each(), processes(workers) as pool:
        yield pool.map


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
    gone = [row for row in read if row["status"] == "away" or "inactive" in dict(row["asking"])]
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
