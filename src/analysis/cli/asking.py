"""The one question: are these loads kg or lb? Asked on a terminal, and never twice."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analysis.cli.saying import say
from analysis.terminal import printable

if TYPE_CHECKING:
    from analysis.cli.bars import Bar
    from analysis.ingest.remembered import Undecided

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
