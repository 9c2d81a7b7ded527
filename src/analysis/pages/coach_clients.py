"""Who the clients of a folder are: a file or folder each, or several people sorted by app.

A coach keeps a file or a folder per client. An archive has a folder per app instead, with many
people in it: exports of three or more people show themselves by training in the same weeks
without one session in common. Then each file is a client, and files that share sessions are one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from analysis.logbook import GAVE_SETS
from analysis.measures.same_person import SHARED_SESSIONS, shared_sessions
from analysis.measures.words import count
from analysis.pages.clients import FILE, ClientSettings, Settings, is_hidden
from analysis.pages.coach_pages import Client, Intake, take_in
from analysis.problems import SettingsError

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
    crowded = [path for path in found if _is_crowd(path, alone)]
    if not crowded:
        mixed = [path for path in found if len(_apart(_inside(path, alone))) > 1]
        again = _reread(clients(found, settings), alone, over)
        return again, [_said_of_two(path) for path in mixed]
    linked = clients(files, settings, _links(alone))
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


def _names(found: Sequence[Path], settings: Settings) -> dict[Path, str]:
    """Return the coach's name of each, or its own; with the folders above until all differ."""
    names = {path: settings.of(path).name or _stem(path) for path in found}
    for above in range(1, 8):
        twice = Counter(names.values())
        for path in found:
            if twice[names[path]] > 1 and not settings.of(path).name:
                names[path] = " ".join(path.resolve().parts[-above - 1 :])
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


def _is_crowd(path: Path, alone: list[Intake]) -> bool:
    return len(_apart(_inside(path, alone))) >= PEOPLE


def _inside(path: Path, alone: list[Intake]) -> list[Intake]:
    return [each for each in alone if path in each.client.paths[0].parents]


def _apart(intakes: list[Intake]) -> list[set[Path]]:
    """Return the groups of linked files that hold the same weeks as another, but no session."""
    groups = _links(intakes)
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


def _links(intakes: list[Intake]) -> list[set[Path]]:
    """Return the files that were read, those that share sessions in one set."""
    groups = [set(each.client.paths) for each in intakes if each.logbook is not None]
    path_of = {each.client.name: each.client.paths[0] for each in intakes}
    sizes = {
        each.client.name: each.logbook.sets["started_at"].n_unique()
        for each in intakes
        if each.logbook is not None
    }
    for one, other, both in shared(intakes, fewest=1, by_load=False).iter_rows():
        if both >= min(SHARED_SESSIONS, max(2, min(sizes[one], sizes[other]) / 2)):
            ours = [g for g in groups if path_of[one] in g or path_of[other] in g]
            groups = [g for g in groups if g not in ours] + [set().union(*ours)]
    return sorted(groups, key=min)


def shared(intakes: Iterable[Intake], **how: Any) -> pl.DataFrame:
    """Return the pairs of clients that share sessions; see `same_person.shared_sessions`."""
    needed = ["athlete", "started_at", "reps", "load_kg"]
    logs = [each.logbook.sets.select(needed) for each in intakes if each.logbook is not None]
    nothing = pl.DataFrame(schema={"athlete": str, "started_at": pl.Datetime, "reps": float,
                                   "load_kg": float})  # fmt: skip
    return shared_sessions(pl.concat(logs) if logs else nothing, **how)


def said_of_shared(intakes: Iterable[Intake]) -> Iterator[str]:
    """Yield the pairs of clients whose logs hold the same sessions."""
    for one, other, both in shared(intakes).iter_rows():
        yield (
            f"{one} and {other} share {count(both, 'session')}; if they are one person, give "
            f"both the same name in {FILE}."
        )


def said_of_unread(intakes: Iterable[Intake]) -> Iterator[str]:
    """Yield the files of a client that gave no set, where others did."""
    for each in intakes:
        if each.logbook is None:
            continue
        for file in each.logbook.ledger.filter(~GAVE_SETS)["source_file"]:
            why = [note for note in each.logbook.notes if note.startswith(f"{file}: ")]
            yield f"{each.client.name}: not read: {why[0] if why else file}"


def _said_of_two(path: Path) -> str:
    return (
        f"{path.name} holds 2 logs of the same weeks without a session in common; if they are "
        f"two people's, move one into a folder of its own."
    )
