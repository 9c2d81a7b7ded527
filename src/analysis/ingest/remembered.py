"""`liftdose.toml`: what was said once about the exports of a folder, so that nobody asks again.

    unit = "kg"                    # exports here that name no unit and are not listed below
    tz = "Europe/Berlin"           # the lifter's time zone, for exports in UTC
    same_person = [["ann.csv", "ann 2024.csv"]]    # names, files or folders of one person each
    different_people = [["ann", "twin"]]           # whatever their logs suggest

    [units]
    "strong.csv" = "lb"            # by name: a newer export under the same name keeps its answer

    [lifter]                       # body mass, target lifts and injuries, for page and flags
    body_mass_kg = 82
    goals = [{ lift = "Squat (Barbell)", load_kg = 140, by = 2026-06-01 }]
    injuries = [{ what = "left knee", since = 2026-01-10 }]

    [strength]                     # jumps in the log that are, or are no, change of machine
    same_machine = ["Leg press"]
    new_machine_from = { "Lat pulldown" = 2026-05-03 }

It stands beside the exports. A name is the file's, with a zip's `strong.zip/inner.csv`; in a file
that stands elsewhere, because the folder of the export cannot be written, it is the whole path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from analysis.ingest.clock import is_zone
from analysis.logbook import About, Goal, Injury, Machines
from analysis.outputs import whole_file
from analysis.paths import existing
from analysis.problems import SettingsError
from analysis.settings import Settings, read
from analysis.units import KG_PER, LOAD_UNITS

if TYPE_CHECKING:
    from analysis.ingest.sources import Source

FILE = "liftdose.toml"
HEAD = (
    "# What liftdose was told about the exports of this folder. Edit or delete it as you like.\n"
)
_UNITS_TABLE = re.compile(r"^[ \t]*\[units\][ \t]*(#.*)?$", re.MULTILINE)


def _unit(word: str) -> str:
    if word not in LOAD_UNITS:
        raise ValueError(word)
    return word


def _day(said: object) -> object:
    return date.fromisoformat(said) if isinstance(said, str) else said


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError(name)
    return name


Unit = Annotated[str, AfterValidator(_unit)]
Names = list[Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=2)]]
PEOPLE = 'expected lists of two names or more, such as [["ann.csv", "ann 2024.csv"]]'


class Jumps(Settings):
    """The table `[strength]`.

    Attributes:
        same_machine: lifts whose jump is no change of machine.
        new_machine_from: lift -> the first day on another machine.
    """

    same_machine: list[str] = Field(
        default=[], description='expected names of lifts; write same_machine = ["Leg press"]'
    )
    new_machine_from: dict[str, Annotated[date, BeforeValidator(_day)]] = Field(
        default={}, description='expected a date; write "Leg press" = 2026-05-03'
    )


Day = Annotated[date, BeforeValidator(_day)]


class GoalTable(Settings):
    """One target lift: its load in kg or in lb, and the day, if any."""

    lift: str = Field(min_length=1, description="expected the name of a lift")
    load_kg: float | None = Field(default=None, gt=0, le=1500, description="expected kg above 0")
    load_lb: float | None = Field(default=None, gt=0, le=3300, description="expected lb above 0")
    by: Day | None = Field(default=None, description="expected a date, such as 2026-06-01")

    @model_validator(mode="after")
    def _one_load(self) -> GoalTable:
        if (self.load_kg is None) == (self.load_lb is None):
            raise ValueError("a goal needs load_kg or load_lb")
        return self


class InjuryTable(Settings):
    """One injury: what, since when, and until when, if it is over."""

    what: str = Field(min_length=1, description="expected what hurts, in words")
    since: Day = Field(description="expected a date, such as 2026-01-10")
    until: Day | None = Field(default=None, description="expected a date, such as 2026-03-01")


class LifterTable(Settings):
    """The table `[lifter]`.

    Attributes:
        body_mass_kg: for added and bodyweight loads, where the export holds none.
        body_mass_lb: the same in lb.
        goals: target lifts.
        injuries: what hurts; flags are held back while it does.
    """

    body_mass_kg: float | None = Field(
        default=None, ge=20, le=400, description="expected kg from 20 to 400"
    )
    body_mass_lb: float | None = Field(
        default=None, ge=45, le=880, description="expected lb from 45 to 880"
    )
    goals: list[GoalTable] = Field(
        default=[],
        description='expected tables, such as [{ lift = "Squat (Barbell)", load_kg = 140 }]',
    )
    injuries: list[InjuryTable] = Field(
        default=[],
        description='expected tables, such as [{ what = "left knee", since = 2026-01-10 }]',
    )

    @property
    def about(self) -> About:
        """The same as a logbook holds it, loads in kg."""
        mass = self.body_mass_kg
        if mass is None and self.body_mass_lb is not None:
            mass = self.body_mass_lb * KG_PER["lb"]
        goals = tuple(
            Goal(each.lift, each.load_kg or (each.load_lb or 0.0) * KG_PER["lb"], each.by)
            for each in self.goals
        )
        hurt = tuple(Injury(each.what, each.since, each.until) for each in self.injuries)
        return About(mass, goals, hurt)


class Remembered(Settings):
    """What a `liftdose.toml` says.

    Attributes:
        unit: of exports that are not listed; None where the numbers must tell.
        units: name of an export -> its unit.
        tz: time zone of the lifter; None where nobody has said it.
        same_person: athletes, files or folders that are one person's; the first names them.
        different_people: athletes who are several people, whatever their logs suggest.
        lifter: body mass, goals and injuries.
        strength: what was said of jumps in the log.
    """

    unit: Unit | None = Field(default=None, description='expected kg or lb; write unit = "kg"')
    units: dict[str, Unit] = Field(
        default={}, description='expected kg or lb; write "strong.csv" = "kg"'
    )
    tz: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None, description='expected the name of a time zone; write tz = "Europe/Berlin"'
    )
    same_person: Names = Field(default=[], description=PEOPLE)
    different_people: Names = Field(default=[], description=PEOPLE)
    lifter: LifterTable = LifterTable()
    strength: Jumps = Jumps()

    @property
    def machines(self) -> Machines:
        """What was said of jumps, as a logbook holds it."""
        begun = tuple(self.strength.new_machine_from.items())
        return Machines(tuple(self.strength.same_machine), begun)


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


def of_people(paths: Iterable[str | Path]) -> Remembered:
    """Return what is said of people beside the given files and in the given folders.

    Raises:
        PathError: a path does not exist.
        SettingsError: as `load`.
    """
    found = [existing(path) for path in paths]
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in found)
    said = [load(folder / FILE) for folder in folders]
    return Remembered(
        same_person=[group for each in said for group in each.same_person],
        different_people=[group for each in said for group in each.different_people],
    )


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


def about(sources: Iterable[Source]) -> dict[str, About]:
    """Return per athlete what the `liftdose.toml` beside each export says of the lifter."""
    said = {each.athlete: load(each.export.parent / FILE).lifter.about for each in sources}
    return {athlete: each for athlete, each in said.items() if each != About()}


def remember(path: Path, name: str, unit: str) -> None:
    """Write the unit of an export into a `liftdose.toml`; what else stands in it stays.

    Raises:
        OutputError: the file cannot be written.
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
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")


@cache
def _parsed(text: str, file: str) -> Remembered:
    return read(text, file, Remembered)


_NOTHING = Remembered()


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's, but for the control character DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
