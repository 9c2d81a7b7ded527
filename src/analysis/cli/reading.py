"""How the commands read exports: a bar, a question where it must be, notes, and an account."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from analysis.paths import pasted
from analysis.problems import NoUsableDataError
from analysis.progress import Tell
from analysis.terminal import printable

if TYPE_CHECKING:
    import polars as pl
    from rich.progress import Progress

    from analysis.ingest.remembered import Undecided
    from analysis.logbook import Logbook


# What the command line prints: notes to stderr, results to stdout, plain text in both.


def say(line: str) -> None:
    """Print a note; a pipe of the results does not get it."""
    _print(line, err=True)


def result(line: str) -> None:
    """Print a line of the result."""
    _print(line, err=False)


def on_terminal() -> bool:
    """Whether a person looks at stderr: no pipe, no build server, no dumb terminal."""
    watched = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return watched and not os.environ.get("CI")


def _print(line: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    text = printable(line)
    if stream.isatty():
        width = shutil.get_terminal_size().columns
        text = "\n".join(_wrapped(part, width) for part in text.split("\n"))
    typer.echo(text, err=err)


def _wrapped(line: str, width: int) -> str:
    """Wrap a sentence between words; its bullet stands out, a path or command stays whole."""
    if len(line) <= width or line.startswith("  "):
        return line
    indent = "  " if line.startswith("- ") else ""
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False)  # fmt: skip


# The one question: are these loads kg or lb? Asked on a terminal, and never twice.


WORDS = {
    "kg": "kg", "kgs": "kg", "kilo": "kg", "kilos": "kg", "kilograms": "kg",
    "lb": "lb", "lbs": "lb", "pound": "lb", "pounds": "lb",
}  # fmt: skip
LEAVE = ("s", "skip")


class Asking:
    """Asks for the unit of a file (an `ingest.Ask`) and writes the answer down.

    The answer goes into the `liftdose.toml` beside the export; where that folder cannot be
    written, into one beside `--out`, under the export's whole path.

    Attributes:
        unknown: files whose unit nobody said.
    """

    def __init__(self, out: Path, bar: Bar) -> None:
        self._beside_out = out.resolve().parent
        self._bar = bar
        self.unknown: list[Undecided] = []

    def __call__(self, question: Undecided) -> str | None:
        """Return what was answered earlier, or is answered now."""
        from analysis.ingest.remembered import FILE, load

        unit = load(self._beside_out / FILE).units.get(question.path)
        if unit is None and sys.stdin.isatty() and sys.stderr.isatty():
            with self._bar.aside():
                unit = _answer(question)
                if unit is not None:
                    self._keep(question, unit)
        if unit is None:
            self.unknown.append(question)
        return unit

    def _keep(self, question: Undecided, unit: str) -> None:
        from analysis.ingest.remembered import FILE, remember

        beside_it = question.export.resolve().parent / FILE, question.name
        for path, name in (beside_it, (self._beside_out / FILE, question.path)):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                remember(path, name, unit)
            except OSError:
                continue
            say(f"Remembered in {path}, and not asked again. Edit it to say otherwise.")
            return
        say(f"Neither {beside_it[0]} nor {path} can be written: you will be asked again.")


def how_to_say(unknown: Iterable[Undecided], command: list[str] | None = None) -> str:
    """Return the exact commands, and the lines of `liftdose.toml`, that say a unit.

    Args:
        unknown: files whose unit nobody said.
        command: the arguments of the command that was run; None where it takes no `--unit`.
    """
    from analysis.ingest.remembered import FILE
    from analysis.units import LOAD_UNITS

    files, lines = list(unknown), []
    if command is not None:
        again = shlex.join(["liftdose", *command])
        lines = ["Say which it is, for this once:", *(f"  {again} --unit {u}" for u in LOAD_UNITS)]
    for folder in dict.fromkeys(each.export.parent for each in files):
        lines += [f"Say it for good, as kg or lb, in {folder / FILE}:", "  [units]"]
        lines += [f"  {each.line}" for each in files if each.export.parent == folder]
    return printable("\n".join(lines))


def _answer(question: Undecided) -> str | None:
    """Ask until a unit is named or the file is left out; there is no silent default."""
    loads = ", ".join(f"{exercise} {load:g}" for exercise, load in question.loads)
    where = question.export.parent / question.name
    say(f"{where}: {question.app} does not say whether its loads are kg or lb.")
    say(f"Heaviest logged: {loads}.")
    say(f"The numbers alone do not decide: {question.reason}.")
    while True:
        label = printable(question.label)
        text = f"Are the loads of {label} kg or lb? (kg, lb, or s to leave the file out) "
        typer.echo(text, nl=False, err=True)
        line = sys.stdin.readline()
        word = line.strip().lower()
        if not line or word in LEAVE:
            say("" if line else "\n")
            return None
        if word in WORDS:
            return WORDS[word]
        say(f"{word!r} is neither." if word else "No unit is taken for granted.")


# Progress bars: on stderr, on a terminal only, gone when the work is done.


class Bar:
    """What long work tells how far it is (a `progress.Tell`); draws nothing without a screen."""

    def __init__(self, screen: Progress | None) -> None:
        self._screen = screen
        self._task = screen.add_task("", total=None) if screen is not None else None

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show the steps done; a single step, whose end nobody knows, shows as a pulse."""
        if self._screen is not None and self._task is not None:
            shown = total if total > 1 else None
            counted = f"{done}/{total} " if total > 1 else ""
            text = f"{counted}{printable(what)[:60]}"
            self._screen.update(self._task, completed=done, total=shown, description=text)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the screen to a question."""
        if self._screen is None:
            yield
            return
        self._screen.stop()
        try:
            yield
        finally:
            self._screen.start()


@contextmanager
def bar(title: str) -> Iterator[Bar]:
    """Yield a bar for some long work.

    Args:
        title: what is being done, such as "Reading".
    """
    if not on_terminal():
        yield Bar(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn(title, markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as screen:
        yield Bar(screen)


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
Tz = Annotated[
    str | None,
    typer.Option("--tz", metavar="ZONE",
                 help="The lifter's time zone, such as Europe/Berlin, for exports in UTC."),
]  # fmt: skip
Tables = Annotated[
    list[Path] | None,
    typer.Option("--with", parser=pasted, metavar="FILE",
                 help="A table to join: athlete, date, columns; may be given several times."),
]  # fmt: skip
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
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", help="Processes that share the work.")
]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers do the work."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit 1 if a file or record could not be used.")
]


def without_names(logbook: Logbook, salt: Path) -> Logbook:
    """Return the logbook without its people; the secret behind their ids is made if missing."""
    from analysis.pseudonyms import anonymise

    return anonymise(logbook, secret(salt))


def secret(salt: Path) -> str:
    """Return the secret that a file holds; one is made where there is none.

    Raises:
        UserError: the file cannot be read, or holds no secret.
    """
    from analysis.problems import UserError
    from analysis.pseudonyms import LEAST_SALT, keep_salt

    try:
        kept = keep_salt(salt)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{salt}: no secret can be read there: {error}") from None
    if len(kept) < LEAST_SALT:
        raise UserError(
            f"{salt} holds {len(kept)} characters: {LEAST_SALT} or more make a secret; delete the "
            "file, and one is made"
        )
    return kept


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
        say(str(note))
    if asking.unknown:
        say(with_remedy("", asking).strip())
    print_ledger(logbook.ledger)
    return logbook


def with_tables(logbook: Logbook, tables: list[Path]) -> Logbook:
    """Return the logbook with tables joined to it, and say what became of their rows."""
    if not tables:
        return logbook
    from analysis.ingest.joined import join

    joined = join(logbook, tables)
    for note in joined.notes[len(logbook.notes) :]:
        say(str(note))
    return joined


def show(title: str, work: Callable[[Tell], Iterable[str]]) -> None:
    """Do long work behind a bar, then print what it yields: a bar and lines would mix."""
    with bar(title) as shown:
        lines = list(work(shown))
    for line in lines:
        result(line)


def with_remedy(message: str, asking: Asking) -> str:
    """Return a message, with the commands that say a unit where that is what is missing."""
    if not asking.unknown:
        return message
    return f"{message}\n{how_to_say(asking.unknown, sys.argv[1:])}"


def finish(ledger: pl.DataFrame, *, strict: bool) -> None:
    """Leave with the code for partial work where the caller is strict about it.

    Raises:
        Exit: with code 1, for a file that gave no set, or a record that was turned away or that
            nothing accounts for.
    """
    from analysis.logbook import GAVE_SETS

    unread = ledger.filter(~GAVE_SETS).height
    rejected = int(ledger["rejected"].sum())
    lost = int(ledger["unaccounted"].abs().sum())
    if strict and (unread or rejected or lost):
        said = f"{unread} files without a set, {rejected:,} records rejected"
        say(f"liftdose: strict: {said}" + (f", {lost:,} not accounted for" if lost else ""))
        raise typer.Exit(PARTIAL)


def print_ledger(ledger: pl.DataFrame) -> None:
    """Print what became of every file, and of all records."""
    rows = ledger.to_dicts()
    if 1 < len(rows) <= FEW_FILES:
        width = max(len(row["source_file"]) for row in rows)
        for row in rows:
            result(f"{row['source_file']:<{width}}  {row['vendor'] or 'not read':<10}"
                   f"{row['sets']:>8,} sets{_aside(row)}".rstrip())  # fmt: skip
    names = ("records", "with_sets", "not_sets", "duplicates", "rejected", "unaccounted", "sets")
    total = {name: sum(row[name] for row in rows) for name in names}
    files = sum(row["vendor"] is not None for row in rows)
    several = total["sets"] != total["with_sets"]
    lost = f" + {total['unaccounted']:,} not accounted for" if total["unaccounted"] else ""
    result(
        f"{files} of {len(rows)} files read: {total['records']:,} records = "
        f"{total['with_sets']:,} {'with sets' if several else 'sets'} + "
        f"{total['not_sets']:,} other entries + {total['duplicates']:,} duplicates + "
        f"{total['rejected']:,} rejected{lost}" + (f"; {total['sets']:,} sets" if several else "")
    )


def _aside(row: dict[str, Any]) -> str:
    words = {"not_sets": "other entries", "duplicates": "duplicates", "rejected": "rejected"}
    return "".join(f", {row[name]:,} {word}" for name, word in words.items() if row[name])
