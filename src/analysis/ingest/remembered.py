"""`liftdose.toml`: what was said once about the exports of a folder, so that nobody asks again.

    unit = "kg"                    # exports here that name no unit and are not listed below
    tz = "Europe/Berlin"           # the lifter's time zone, for exports in UTC

    [units]
    "strong.csv" = "lb"            # by name: a newer export under the same name keeps its answer

    [strength]                     # jumps in the log that are, or are no, change of machine
    same_machine = ["Leg press"]
    new_machine_from = { "Lat pulldown" = 2026-05-03 }

It stands beside the exports. A name is the file's, with a zip's `strong.zip/inner.csv`; in a file
that stands elsewhere, because the folder of the export cannot be written, it is the whole path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.ingest.clock import is_zone
from analysis.logbook import Machines
from analysis.problems import SettingsError
from analysis.settings import no_others, parse_toml, table
from analysis.units import LOAD_UNITS

if TYPE_CHECKING:
    from analysis.ingest.sources import Source

FILE = "liftdose.toml"
HEAD = (
    "# What liftdose was told about the exports of this folder. Edit or delete it as you like.\n"
)
_UNITS_TABLE = re.compile(r"^[ \t]*\[units\][ \t]*(#.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a `liftdose.toml` says.

    Attributes:
        unit: of exports that are not listed; None where the numbers must tell.
        units: name of an export -> its unit.
        tz: time zone of the lifter; None where nobody has said it.
        machines: what was said of jumps in the log.
    """

    unit: str | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    tz: str | None = None
    machines: Machines = field(default_factory=Machines)


@dataclass(frozen=True, slots=True)
class Undecided:
    """A file that names no unit and whose numbers do not decide.

    Attributes:
        label: its name in messages.
        export: the file that the user has: for a member of a zip, the zip.
        name: its name in a `liftdose.toml` beside it.
        app: the app's name as people know it.
        loads: a few of its loads as exported, with their exercise.
        reason: what the numbers suggest.
    """

    label: str
    export: Path
    name: str
    app: str
    loads: tuple[tuple[str, float], ...]
    reason: str

    @property
    def path(self) -> str:
        """Its name in a `liftdose.toml` that stands elsewhere."""
        return str(self.export.resolve().parent / self.name)

    @property
    def line(self) -> str:
        """The line that answers the question for good, under `[units]`, less the answer.

        Pasted as it is, it is refused: a line ready to paste would be a guess.
        """
        return f'{_quoted(self.name)} = "kg or lb"'


Ask = Callable[[Undecided], str | None]
"""Gets a file of an unknown unit; returns "kg", "lb", or None where nobody knows."""


def load(path: Path) -> Remembered:
    """Read a `liftdose.toml`; one that is not there says nothing.

    Raises:
        SettingsError: it is no TOML, a key is unknown, or a unit is neither kg nor lb.
    """
    return _parsed(path.read_text(encoding="utf-8-sig"), path.name) if path.is_file() else _NOTHING


def unit_of(export: Path, name: str) -> str | None:
    """Return the unit that the `liftdose.toml` beside an export says; errors as `load`."""
    said = load(export.parent / FILE)
    return said.units.get(name, said.unit)


def zone_of(export: Path) -> str | None:
    """Return the time zone that the `liftdose.toml` beside an export says; errors as `load`."""
    return load(export.parent / FILE).tz


def machines(sources: Iterable[Source]) -> dict[str, Machines]:
    """Return per athlete what the `liftdose.toml` beside each export says of machines."""
    said: dict[str, Machines] = {}
    for source in sources:
        beside = load(source.export.parent / FILE).machines
        before = said.get(source.athlete, Machines())
        said[source.athlete] = Machines(
            tuple(dict.fromkeys(before.same + beside.same)),
            tuple(dict.fromkeys(before.new_from + beside.new_from)),
        )
    return {athlete: each for athlete, each in said.items() if each != Machines()}


def remember(path: Path, name: str, unit: str) -> None:
    """Write the unit of an export into a `liftdose.toml`; what else stands in it stays.

    Raises:
        OSError: the file cannot be written.
        SettingsError: as `load`.
    """
    before = path.read_text(encoding="utf-8-sig") if path.is_file() else HEAD
    wanted = {**_parsed(before, path.name).units, name: unit}
    line = f"{_quoted(name)} = {_quoted(unit)}"
    if found := _UNITS_TABLE.search(before):
        text = f"{before[: found.end()]}\n{line}{before[found.end() :]}"
    else:
        text = f"{before.rstrip()}\n\n[units]\n{line}\n"
    if _parsed(text, path.name).units != wanted:
        raise SettingsError(path.name, "units", wanted, "expected a table, [units]")
    draft = path.with_suffix(".toml.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@cache
def _parsed(text: str, file: str) -> Remembered:
    given = parse_toml(text, file)
    no_others(file, "", given, ("unit", "units", "tz", "strength"))
    zone = given.get("tz")
    if zone is not None and not (isinstance(zone, str) and is_zone(zone)):
        hint = 'write tz = "Europe/Berlin"'
        raise SettingsError(file, "tz", zone, "expected the name of a time zone", hint)
    units = table(file, "units", given.get("units", {}))
    places = {"unit": given.get("unit", "kg"), **{f'units."{key}"': units[key] for key in units}}
    for key, value in places.items():
        if value not in LOAD_UNITS:
            raise SettingsError(file, key, value, "expected kg or lb", f'write {key} = "kg"')
    return Remembered(given.get("unit"), units, zone, _machines(file, given.get("strength", {})))


def _machines(file: str, given: object) -> Machines:
    said = table(file, "strength", given)
    no_others(file, "strength.", said, ("same_machine", "new_machine_from"))
    same = said.get("same_machine", [])
    if not isinstance(same, list) or not all(isinstance(name, str) for name in same):
        hint = 'write same_machine = ["Leg press"]'
        raise SettingsError(file, "strength.same_machine", same, "expected names of lifts", hint)
    begun = table(file, "strength.new_machine_from", said.get("new_machine_from", {}))
    return Machines(
        tuple(same), tuple((name, _day(file, name, day)) for name, day in begun.items())
    )


def _day(file: str, name: str, day: object) -> date:
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    try:
        return date.fromisoformat(str(day))
    except ValueError:
        place, hint = f'strength.new_machine_from."{name}"', f'write "{name}" = 2026-05-03'
        raise SettingsError(file, place, day, "expected a date", hint) from None


_NOTHING = Remembered()


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's, but for the control character DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
