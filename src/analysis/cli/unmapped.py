"""`liftdose exercises`: the names that no rule maps, listed, and decided one by one.

What is decided stands in the `exercises.toml` beside the logs, where every command finds it. An
answer is written at once, so that stopping in the middle loses nothing.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.cli.reading import Encoding, Overrides, Paths, bar, result, say
from analysis.terminal import printable

if TYPE_CHECKING:
    from analysis.exercises import Catalogue
    from analysis.logbook import Logbook

OFFERED, FOUND = 3, 9
"""Suggestions of a name, and exercises shown of a search."""

QUESTION = "A number, words to search for, Enter to skip, q to stop: "
LEAVE, STOP = ("", "s", "skip"), ("q", "quit")


def exercises(
    paths: Paths,
    listed: Annotated[
        bool, typer.Option("--list", help="Only list the names, and decide nothing.")
    ] = False,
    exercises: Overrides = None,
    encoding: Encoding = None,
) -> None:
    """List the exercise names that nothing maps, and say one by one which exercise each is.

    Answers may come from a pipe, a line per name: the number of a suggestion, the id of an
    exercise, words to search for, an empty line to skip, or q.
    """
    from analysis.ingest import read

    with bar("Reading") as shown:
        # Names are asked for, not loads: which unit these are in does not matter here.
        logbook = read(
            paths, encoding=encoding, overrides=exercises, ask=lambda _: "kg", tell=shown
        )
    counts = dict(logbook.unmapped.select("exercise", "sets").iter_rows())
    if not counts:
        result(f"All {logbook.exercises.height} names are mapped.")
        return
    target = exercises or _target(paths)
    result(_sum(counts, logbook))
    if listed:
        for line in _lines(counts, logbook.catalogue):
            result(line)
        result(f"Decide them: {shlex.join(['liftdose', 'exercises', *paths])}")
        result(f'or write "the name" = "the id" under [names] in {target}')
        return
    decided = _decide_each(counts, logbook.catalogue, target)
    result(_done(decided, len(counts), target if decided else None))


def _target(paths: list[str]) -> Path:
    """Return the `exercises.toml` in force, or the one to make beside the logs."""
    from analysis.ingest.sources import SETTINGS, overrides_beside
    from analysis.paths import existing

    first = existing(paths[0])
    folder = first if first.is_dir() else first.parent
    return overrides_beside(paths) or folder / SETTINGS[0]


def _sum(counts: dict[str, int], logbook: Logbook) -> str:
    from analysis.say import count

    sets = sum(counts.values())
    share = 100 * sets / max(logbook.sets.height, 1)
    names = count(len(counts), "name")
    return (
        f"{names} of {logbook.exercises.height} {'is' if len(counts) == 1 else 'are'} not mapped: "
        f"{count(sets, 'set')} ({share:.1f} % of all) that count for no muscle."
    )


def _lines(counts: dict[str, int], catalogue: Catalogue) -> Iterator[str]:
    for name, sets in counts.items():
        yield f"{sets:>7,} sets  {name}"
        for found in catalogue.suggest(name, OFFERED):
            yield f"              {_described(found, catalogue)}"


def _described(exercise_id: str, catalogue: Catalogue) -> str:
    """Return an exercise with its name and the muscles that it trains."""
    import polars as pl

    from analysis.say import spoken

    row = catalogue.exercises.filter(pl.col("exercise_id") == exercise_id).row(0, named=True)
    roles = catalogue.muscle_roles.filter(pl.col("exercise_id") == exercise_id)
    direct = roles.filter(pl.col("role") == "direct")["muscle"].to_list()
    return f"{exercise_id}: {row['name']} ({', '.join(map(spoken, direct)) or 'no muscle'})"


def _decide_each(counts: dict[str, int], catalogue: Catalogue, target: Path) -> int:
    """Ask for each name; return how many were decided."""
    from analysis.exercises.overrides import decide

    known = set(catalogue.exercises["exercise_id"]) - set(catalogue.read)
    decided = 0
    for place, (name, sets) in enumerate(counts.items(), 1):
        say(f"\n{place} of {len(counts)}: {name}, {sets:,} sets")
        offered = _offer(catalogue.suggest(name, OFFERED), catalogue)
        while (answer := _asked()) not in LEAVE:
            if answer is None or answer in STOP:
                return decided
            if answer.isdecimal() and 1 <= int(answer) <= len(offered):
                answer = offered[int(answer) - 1]
            if answer in known:
                decide(target, name, answer)
                decided += 1
                say(f"{name} is {answer}.")
                break
            if answer.isdecimal():
                say(f"{answer} is not among them.")
            else:
                offered = _offer(search(answer, catalogue, FOUND), catalogue) or offered
    return decided


def _asked() -> str | None:
    """Return what is answered; None at the end of the input."""
    typer.echo(QUESTION, nl=False, err=True)
    line = sys.stdin.readline()
    if not sys.stdin.isatty():
        say(printable(line.strip()))  # a transcript of answers from a pipe reads as a talk does
    return " ".join(line.split()) if line else None


def _offer(found: list[str], catalogue: Catalogue) -> list[str]:
    for number, exercise_id in enumerate(found, 1):
        say(f"  {number}  {_described(exercise_id, catalogue)}")
    if not found:
        say("  nothing like it; search by another word, such as curl")
    return found


def search(words: str, catalogue: Catalogue, most: int) -> list[str]:
    """Return ids of exercises for words: those whose name holds them all, then what is like them.

    Entries that were made of names by their parts are no exercises to choose.
    """
    wanted = words.casefold().split()
    named = catalogue.exercises.select("exercise_id", "name").iter_rows()
    holding = [
        (len(name), found)
        for found, name in named
        if found not in catalogue.read and all(word in name.casefold() for word in wanted)
    ]
    like = catalogue.suggest(words, most)
    return list(dict.fromkeys([*(found for _, found in sorted(holding)), *like]))[:most]


def _done(decided: int, names: int, target: Path | None) -> str:
    if target is None:
        return f"Nothing was decided; {names} left as they are."
    left = names - decided
    rest = f" {left} left as {'it is' if left == 1 else 'they are'}." if left else ""
    return f"{decided} of {names} decided, in {target}: make the pages anew.{rest}"
