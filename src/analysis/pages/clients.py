"""`clients.toml`: what a coach says about a folder of clients. Absent, the defaults hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.ingest.remembered import LifterTable, Remembered
from analysis.logbook import About
from analysis.measures.intensity import ZONES
from analysis.problems import PathError, SettingsError
from analysis.settings import no_others, of_model, parse_toml, table
from analysis.signals.flags import Thresholds, described
from analysis.units import LOAD_UNITS

FILE = "clients.toml"
DAYS = ("newest", "own")

DOC = {
    "unit": '"kg" or "lb", for exports that do not name it; without it the numbers must tell',
    "show": '"kg" or "lb", the unit that pages open in; without it, that of the export',
    "article": "true shows what an article on leg training claims, beside the log",
    "encoding": 'of text files that are not UTF-8, such as "cp1252"',
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
        zones: first repetition of each rep zone.
        thresholds: from when on something is a flag.
        about: body mass, goals and injuries; None for those of a `liftdose.toml`.
    """

    name: str = ""
    unit: str | None = None
    show: str | None = None
    article: bool = False
    encoding: str | None = None
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


def load(path: Path) -> Settings:
    """Read a `clients.toml`.

    Raises:
        SettingsError: the text is no TOML, a key is unknown, or a value breaks a rule.
    """
    return parse(path.read_text(encoding="utf-8"), path.name)


def settings_for(
    given: list[Path], file: Path | None = None, today: str | None = None
) -> Settings:
    """Return what holds for these folders.

    Args:
        given: folders and files of clients; the first `clients.toml` in one holds.
        file: a settings file that holds instead.
        today: the day of the flags, in place of the file's.

    Raises:
        PathError: the file does not exist.
        SettingsError: as `load`.
    """
    if file is not None and not file.is_file():
        raise PathError(f"{file}: no such file")
    files = [file] if file else [path / FILE for path in given if (path / FILE).is_file()]
    settings = load(files[0]) if files else Settings()
    return replace(settings, today=_today("--today", today)) if today else settings


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


def parse(text: str, file: str = FILE) -> Settings:
    """Return the settings of a TOML text; `file` is its name, for errors.

    Raises:
        SettingsError: as `load`.
    """
    given = parse_toml(text, file)
    known = ("today", *DOC, "thresholds", "clients")
    no_others(file, "", given, known)
    everyone = _client(file, "", given, ClientSettings())
    entries = table(file, "clients", given.get("clients", {}))
    clients = {}
    for key, entry in entries.items():
        place = f'clients."{key}".'
        no_others(
            file, place, table(file, place[:-1], entry), ("name", *DOC, "thresholds", "lifter")
        )
        clients[key] = _client(file, place, entry, everyone)
    return Settings(_today(file, given.get("today", "newest")), everyone, clients)


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


def _client(
    file: str, place: str, given: Mapping[str, Any], base: ClientSettings
) -> ClientSettings:
    rules: dict[str, tuple[Callable[[Any], bool], str]] = {
        "name": (lambda v: isinstance(v, str) and v.strip() != "", "expected a name"),
        "unit": (lambda v: v in LOAD_UNITS, "expected kg or lb"),
        "show": (lambda v: v in LOAD_UNITS, "expected kg or lb"),
        "article": (lambda v: isinstance(v, bool), "expected true or false"),
        "encoding": (_is_encoding, "expected the name of a text encoding, such as cp1252"),
        "zones": (_are_zones, "expected whole numbers from 1 up, ascending, two or more"),
    }
    values: dict[str, Any] = {}
    for key, (is_right, rule) in rules.items():
        if key in given:
            if not is_right(given[key]):
                raise SettingsError(file, f"{place}{key}", given[key], rule)
            values[key] = tuple(given[key]) if key == "zones" else given[key]
    thresholds = table(file, f"{place}thresholds", given.get("thresholds", {}))
    if lifter := table(file, f"{place}lifter", given.get("lifter", {})):
        values["about"] = of_model(lifter, file, LifterTable, f"{place}lifter.").about
    return replace(
        base, **values, thresholds=_thresholds(file, place, thresholds, base.thresholds)
    )


def _thresholds(file: str, place: str, given: Mapping[str, Any], base: Thresholds) -> Thresholds:
    fields = {each.name: each for each in described()}
    no_others(file, f"{place}thresholds.", given, tuple(fields))
    for key, value in given.items():
        low, high = fields[key].metadata["low"], fields[key].metadata["high"]
        whole = isinstance(fields[key].default, int)
        number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            kind = "a whole number" if whole else "a number"
            rule = f"expected {kind} from {low:g} to {high:g}"
            raise SettingsError(file, f"{place}thresholds.{key}", value, rule)
    return replace(base, **given)


def _today(file: str, value: object) -> date | str:
    if type(value) is date:
        return value
    if isinstance(value, str):
        if value in DAYS:
            return value
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
    rule = 'expected "newest", "own" or a date such as 2026-01-31'
    raise SettingsError(file, "today", value, rule)


def _is_encoding(value: object) -> bool:
    from analysis.ingest.records import is_encoding

    return isinstance(value, str) and is_encoding(value)


def _are_zones(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(type(each) is int and each >= 1 for each in value)
        and all(one < other for one, other in pairwise(value))
    )


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
                         ("encoding", '"cp1252"'), ("zones", str(list(ZONES)))):  # fmt: skip
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
