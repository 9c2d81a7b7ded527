"""`clients.toml`: what a coach says about a folder of clients. Absent, the defaults hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, asdict, dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

import pydantic
from pydantic import create_model

from analysis.ingest.clock import is_zone
from analysis.ingest.remembered import LifterTable, Remembered
from analysis.logbook import About
from analysis.measures.intensity import ZONES
from analysis.problems import PathError
from analysis.settings import TEXT, YES_NO, Rule, held, number, read, whole, word
from analysis.settings import Settings as Table
from analysis.signals.flags import Thresholds, described
from analysis.units import LOAD_UNITS

FILE = "clients.toml"
DAYS = ("newest", "own")

DOC = {
    "unit": '"kg" or "lb", for exports that do not name it; without it the numbers must tell',
    "show": '"kg" or "lb", the unit that pages open in; without it, that of the export',
    "article": "true shows what an article on leg training claims, beside the log",
    "encoding": 'of text files that are not UTF-8, such as "cp1252"',
    "tz": 'time zone, such as "Europe/Berlin", for exports in UTC',
    "zones": "first repetition of each rep zone, ascending",
}
"""Settings that hold for all clients or for one."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """What holds for one client.

    Attributes:
        name: how the client is called; empty for the name of the file or folder.
        unit: unit of exports that name none; None where the numbers must tell.
        show: the unit that the page opens in; None for that of the export.
        article: whether the page shows the claims of an article.
        encoding: of text that is not UTF-8.
        tz: time zone, for exports in UTC; None for that of a `liftdose.toml`.
        zones: first repetition of each rep zone.
        thresholds: from when on something is a flag.
        about: body mass, goals and injuries; None for those of a `liftdose.toml`.
    """

    name: str = ""
    unit: str | None = None
    show: str | None = None
    article: bool = False
    encoding: str | None = None
    tz: str | None = None
    zones: tuple[int, ...] = ZONES
    thresholds: Thresholds = field(default_factory=Thresholds)
    about: About | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for a folder.

    Attributes:
        today: the day that flags are raised on: a date, "newest" (the newest day of all
            clients) or "own" (each client's own last day, for a folder of finished logs).
        everyone: what holds for clients without an entry of their own.
        clients: name of a file (with or without its ending) or folder -> its settings.
        different: names that are different people's, whatever their logs suggest.
    """

    today: date | str = "newest"
    everyone: ClientSettings = field(default_factory=ClientSettings)
    clients: Mapping[str, ClientSettings] = field(default_factory=dict)
    different: Sequence[Sequence[str]] = ()

    def earlier(self, back: timedelta) -> Settings:
        """Return what holds when every date lies this much earlier."""
        return replace(self, today=self.today - back) if isinstance(self.today, date) else self

    def of(self, path: Path) -> ClientSettings:
        """Return what holds for the client whose file or folder this is."""
        return self.entry(path) or self.everyone

    def entry(self, path: Path) -> ClientSettings | None:
        """Return what is said of this file or folder by its name, None where nothing is."""
        return self.clients.get(path.name) or self.clients.get(path.stem)

    def unused(self, paths: list[Path]) -> list[str]:
        """Return the entries that name none of these files and folders."""
        names = {path.name for path in paths} | {path.stem for path in paths}
        return sorted(set(self.clients) - names)


def _is_encoding(value: object) -> bool:
    from analysis.ingest.records import is_encoding

    return isinstance(value, str) and is_encoding(value)


def _are_zones(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) > 1
        and all(type(each) is int and each >= 1 for each in value)
        and all(one < other for one, other in pairwise(value))
    )


def _day(value: object) -> date | str | None:
    if type(value) is date or value in DAYS:
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


TODAY = Rule(
    lambda v: _day(v) is not None, '"newest", "own" or a date such as 2026-01-31', into=_day
)
UNIT = word(LOAD_UNITS, "kg or lb")
ZONE = Rule(
    lambda v: isinstance(v, str) and is_zone(v),
    "the name of a time zone",
    remedy='such as "Europe/Berlin"',
)


def _threshold(each: Field[Any]) -> Rule:
    low, high = each.metadata["low"], each.metadata["high"]
    return whole(low, high) if isinstance(each.default, int) else number(low, high)


if TYPE_CHECKING:
    ThresholdTable = Table
else:  # made of `Thresholds`, where name, bounds and default of each stand
    ThresholdTable = create_model(
        "ThresholdTable",
        __base__=Table,
        **{each.name: (Annotated[float, _threshold(each)], each.default) for each in described()},
    )


class Everyone(Table):
    """What may be said of all clients, or of one."""

    unit: Annotated[str | None, UNIT] = None
    show: Annotated[str | None, UNIT] = None
    article: Annotated[bool, YES_NO] = False
    encoding: Annotated[
        str | None, Rule(_is_encoding, "the name of a text encoding, such as cp1252")
    ] = None
    tz: Annotated[str | None, ZONE] = None
    zones: Annotated[
        tuple[int, ...], Rule(_are_zones, "whole numbers from 1 up, ascending, two or more")
    ] = ZONES
    thresholds: ThresholdTable = ThresholdTable()

    def over(self, base: ClientSettings) -> ClientSettings:
        """Return what holds where this is said, and `base` elsewhere."""
        said = {name: getattr(self, name) for name in self.model_fields_set & set(DOC)}
        changed = self.thresholds.model_dump(exclude_unset=True)
        return replace(base, **said, thresholds=replace(base.thresholds, **changed))


class ClientTable(Everyone):
    """One `[clients.<name>]`."""

    name: Annotated[str, Rule(TEXT.holds, "a name")] = ""
    lifter: LifterTable | None = None

    def over(self, base: ClientSettings) -> ClientSettings:
        """Return what holds of this client; `base` is what holds of all."""
        about = base.about if self.lifter is None else self.lifter.about
        return replace(super().over(base), name=self.name, about=about)


class ClientsFile(Everyone):
    """What a `clients.toml` holds."""

    today: Annotated[date | str, TODAY] = "newest"
    clients: dict[str, ClientTable] = pydantic.Field(default={})


def load(path: Path) -> Settings:
    """Read a `clients.toml`.

    Raises:
        SettingsError: the text is no TOML, a key is unknown, or a value breaks a rule.
    """
    return parse(path.read_bytes(), path.name)


def settings_for(
    given: list[Path],
    file: Path | None = None,
    today: str | None = None,
    tz: str | None = None,
) -> Settings:
    """Return what holds for these folders.

    Args:
        given: folders and files of clients; the first `clients.toml` in one holds.
        file: a settings file that holds instead.
        today: the day of the flags, in place of the file's.
        tz: every client's time zone, in place of the file's.

    Raises:
        PathError: the file does not exist.
        SettingsError: as `load`.
    """
    if file is not None and not file.is_file():
        raise PathError(f"{file}: no such file")
    files = [file] if file else [path / FILE for path in given if (path / FILE).is_file()]
    settings = load(files[0]) if files else Settings()
    if today is not None:
        settings = replace(settings, today=held("--today", "today", today, TODAY))
    if tz is not None:
        zone = held("--tz", "tz", tz, ZONE)
        settings = replace(
            settings,
            everyone=replace(settings.everyone, tz=zone),
            clients={name: replace(each, tz=zone) for name, each in settings.clients.items()},
        )
    return settings


def told_of_people(settings: Settings, said: Remembered) -> Settings:
    """Return the settings with what a `liftdose.toml` says of people.

    Names of one person get one name, that of the first, unless `clients.toml` gives them theirs.
    """
    named = dict(settings.clients)
    for group in said.same_person:
        for name in group:
            known = named.get(name, settings.everyone)
            named[name] = replace(known, name=known.name or PurePosixPath(group[0]).stem)
    return replace(settings, clients=named, different=said.different_people)


def parse(text: str | bytes, file: str = FILE) -> Settings:
    """Return the settings of a TOML text; `file` is its name, for errors.

    Raises:
        SettingsError: as `load`.
    """
    said = read(text, file, ClientsFile)
    everyone = said.over(ClientSettings())
    clients = {name: each.over(everyone) for name, each in said.clients.items()}
    return Settings(said.today, everyone, clients)


def client_paths(paths: list[Path]) -> list[Path]:
    """Return one path per client: a file is one, and so is each file or folder in a folder.

    What begins with `_`, such as `_left`, is left out; see `parked`.
    """
    found = _inside(paths)
    return [path for path in found if path in paths or not path.name.startswith("_")]


def parked(paths: list[Path]) -> list[str]:
    """Return the names of what a coach has put aside, by a `_` before the name."""
    left_in = client_paths(paths)
    return [path.name for path in _inside(paths) if path not in left_in]


def _inside(paths: list[Path]) -> list[Path]:
    inside = [sorted(path.iterdir()) if path.is_dir() else [path] for path in paths]
    return [path for each in inside for path in each if not is_hidden(path.name)]


def is_hidden(name: str) -> bool:
    """Whether a file or folder is no export: the system's own, or settings."""
    return name.startswith((".", "__MACOSX")) or name.endswith(".toml")


# A commented `clients.toml` to fill in: every setting with its default, every client by name.


GOAL = 'goals = [{ lift = "Squat (Barbell)", load_kg = 140, by = 2026-06-01 }]'
INJURY = 'injuries = [{ what = "left knee", since = 2026-01-10 }]'


def template(folder: Path | None = None) -> str:
    """Return the template.

    Args:
        folder: where the clients are; each gets an entry to fill in.
    """
    return "\n".join(_template_lines(client_paths([folder]) if folder else [])) + "\n"


def write_template(folder: Path, path: Path | None = None) -> str:
    """Write the template into the folder, or to `path`, and say so; nothing is overwritten.

    Raises:
        PathError: the folder does not exist, or cannot be written to.
    """
    target = path or folder / FILE
    if not folder.exists():
        raise PathError(f"{folder}: no such file or folder")
    if target.exists():
        return f"{target} is there already and was left as it is."
    try:
        target.write_text(template(folder), encoding="utf-8", newline="\n")
    except OSError as error:
        hint = "name another place with --settings FILE"
        raise PathError(f"{target}: {error.strerror}; {hint}") from error
    return f"Settings: {target}. Remove a # to change one, then run `liftdose coach` again."


def _template_lines(paths: list[Path]) -> Iterator[str]:
    yield "# What `liftdose coach` should know about this folder. Remove a # to change a setting."
    yield ""
    yield '# "newest": flags are raised on the newest day of all clients. "own": on each client\'s'
    yield "# own last day, for a folder of finished logs. Or a date, such as 2026-01-31."
    yield '# today = "newest"'
    for key, default in (("unit", '"kg"'), ("show", '"kg"'), ("article", "false"),
                         ("encoding", '"cp1252"'), ("tz", '"Europe/Berlin"'),
                         ("zones", str(list(ZONES)))):  # fmt: skip
        yield f"# {DOC[key]}"
        yield f"# {key} = {default}"
    yield ""
    yield "[thresholds]"
    defaults = asdict(Thresholds())
    for each in described():
        low, high = each.metadata["low"], each.metadata["high"]
        yield f"# {each.metadata['doc']} ({low:g} to {high:g})"
        yield f"# {each.name} = {defaults[each.name]}"
    yield ""
    yield "# One table per client, by the name of the file or folder; every setting above but"
    yield "# today may stand in it. Two files of one name are one client."
    for path in paths:
        yield f"[clients.{_quoted(path.stem if path.is_file() else path.name)}]"
        yield f"# name = {_quoted(path.stem)}"
        yield '# unit = "kg"'
        yield f"# lifter = {{ body_mass_kg = 80, {GOAL}, {INJURY} }}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
