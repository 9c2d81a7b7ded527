"""How the commands read exports: a bar, a question where it must be, notes, and an account."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from analysis.cli.asking import Asking, how_to_say
from analysis.cli.bars import bar
from analysis.cli.saying import result, say
from analysis.paths import pasted
from analysis.problems import NoUsableDataError
from analysis.progress import Tell

if TYPE_CHECKING:
    import polars as pl

    from analysis.logbook import Logbook

PARTIAL = 1
FEW_FILES = 12
"""Files that are listed one by one; of more, only the sum is printed."""

Paths = Annotated[list[str], typer.Argument(help="Exports: files, folders or zips.")]
Out = Annotated[Path, typer.Option("--out", "-o", parser=pasted, metavar="DIR",
                                   help="Folder to write into.")]  # fmt: skip
Unit = Annotated[
    Literal["kg", "lb"] | None,
    typer.Option(help="Unit of loads, for exports that do not name it."),
]
Athlete = Annotated[str | None, typer.Option(help="One name for everything that is read.")]
Encoding = Annotated[str | None, typer.Option(help="For text files that are not UTF-8.")]
Overrides = Annotated[
    Path | None,
    typer.Option("--exercises", parser=pasted, metavar="FILE",
                 help="An exercises.toml that corrects the catalogue."),
]  # fmt: skip
Anonymise = Annotated[
    bool, typer.Option(help="No names, notes, titles or true dates; ids stay the same.")
]
Salt = Annotated[
    Path,
    typer.Option(parser=pasted, metavar="FILE",
                 help="The secret behind the ids; made once, never to be shared."),
]  # fmt: skip
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit 1 if a file or record could not be used.")
]


def without_names(logbook: Logbook, salt: Path) -> Logbook:
    """Return the logbook without its people; the secret behind their ids is made if missing."""
    from analysis.pseudonyms import anonymise, keep_salt

    return anonymise(logbook, keep_salt(salt))


def read(paths: list[str], out: Path, **said: Any) -> Logbook:
    """Read exports and say what there is to say about them.

    Args:
        paths: files, folders or zips.
        out: the folder that will be written; an answer is kept beside it where the export's own
            folder cannot be written.
        **said: further arguments of `ingest.read`.
    """
    from analysis.ingest import read as take_in

    with bar("Reading") as shown:
        asking = Asking(out, shown)
        try:
            logbook = take_in(paths, ask=asking, tell=shown, **said)
        except NoUsableDataError as error:
            raise NoUsableDataError(with_remedy(str(error), asking)) from error
    for note in logbook.notes:
        say(note)
    if asking.unknown:
        say(with_remedy("", asking).strip())
    print_ledger(logbook.ledger)
    return logbook


def show(title: str, work: Callable[[Tell], Iterable[str]]) -> None:
    """Do long work behind a bar, then print what it yields: a bar and lines would mix."""
    with bar(title) as shown:
        lines = list(work(shown))
    for line in lines:
        result(line)


def own_unit(logbook: Logbook) -> str:
    """Return the unit that one lifter's exports are in where they name none; otherwise kg."""
    units = logbook.units["unit"].unique().to_list()
    return units[0] if len(logbook.athletes) == 1 and len(units) == 1 else "kg"


def with_remedy(message: str, asking: Asking) -> str:
    """Return a message, with the commands that say a unit where that is what is missing."""
    if not asking.unknown:
        return message
    return f"{message}\n{how_to_say(asking.unknown, sys.argv[1:])}"


def finish(ledger: pl.DataFrame, *, strict: bool) -> None:
    """Leave with the code for partial work where the caller is strict about it.

    Raises:
        Exit: with code 1, for a file that gave no set or a record that was turned away.
    """
    from analysis.logbook import GAVE_SETS

    unread = ledger.filter(~GAVE_SETS).height
    rejected = int(ledger["rejected"].sum())
    if strict and (unread or rejected):
        say(f"liftdose: strict: {unread} files without a set, {rejected:,} records rejected")
        raise typer.Exit(PARTIAL)


def print_ledger(ledger: pl.DataFrame) -> None:
    """Print what became of every file, and of all records."""
    rows = ledger.to_dicts()
    if 1 < len(rows) <= FEW_FILES:
        width = max(len(row["source_file"]) for row in rows)
        for row in rows:
            result(f"{row['source_file']:<{width}}  {row['vendor'] or 'not read':<10}"
                   f"{row['sets']:>8,} sets{_aside(row)}".rstrip())  # fmt: skip
    total = {name: sum(row[name] for row in rows)
             for name in ("records", "sets", "not_sets", "duplicates", "rejected")}  # fmt: skip
    files = sum(row["vendor"] is not None for row in rows)
    result(
        f"{files} of {len(rows)} files read: {total['records']:,} records = "
        f"{total['sets']:,} sets + {total['not_sets']:,} no sets + "
        f"{total['duplicates']:,} duplicates + {total['rejected']:,} rejected"
    )


def _aside(row: dict[str, Any]) -> str:
    words = {"not_sets": "no sets", "duplicates": "duplicates", "rejected": "rejected"}
    return "".join(f", {row[name]:,} {word}" for name, word in words.items() if row[name])
