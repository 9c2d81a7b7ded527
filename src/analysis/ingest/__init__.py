"""From files, folders and zips to one set table, with an account of every record.

`read` returns a `Logbook` in memory; `write` streams the same tables to a folder. What one very
large file takes in memory is measured in docs/store.md.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import polars as pl

from analysis import exercises, schema
from analysis.ingest import clock, duplicates, many, people, records, remembered, sources
from analysis.ingest.parts import runs
from analysis.ingest.remembered import Ask
from analysis.ingest.staging import Account, settle_across
from analysis.logbook import SHARED, UNITS, About, Logbook, Machines, mapped
from analysis.notes import Note, loudest_first
from analysis.outputs import scratch_folder, whole_file, whole_folder
from analysis.problems import NoUsableDataError, UserError
from analysis.progress import Tell, silent
from analysis.store import StoreError, given_store
from analysis.workers import HERE, Workers

Paths = str | Path | Iterable[str | Path]


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says about the files.

    Attributes:
        unit: "kg" or "lb", for files that do not say.
        athlete: one name for everything that is read.
        encoding: for text files that are not UTF-8.
        overrides: an `exercises.toml` that corrects the catalogue.
        ask: gets each file whose unit neither the caller nor a `liftdose.toml` beside it says,
            and whose numbers do not tell it either; returns the unit or None.
        tell: gets the files read, the files in all and the next one's name.
        tz: the lifter's time zone, for exports in UTC.
        who: who reads many files: this process, several, or a cluster.
    """

    unit: str | None = None
    athlete: str | None = None
    encoding: str | None = None
    overrides: Path | None = None
    ask: Ask | None = None
    tell: Tell = silent
    tz: str | None = None
    who: Workers = HERE

    def __post_init__(self) -> None:
        if self.tz is not None and not clock.is_zone(self.tz):
            raise UserError(f"{self.tz!r} is no time zone; a name such as Europe/Berlin is one")


@dataclass(slots=True)
class _Intake:
    """Everything that one run reads, staged on disk."""

    accounts: list[Account]
    catalogue: exercises.Catalogue
    notes: list[Note] = field(default_factory=list)
    different: Sequence[Sequence[str]] = ()
    machines: dict[str, Machines] = field(default_factory=dict)
    about: dict[str, About] = field(default_factory=dict)
    shared: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SHARED))

    def sets(self) -> pl.LazyFrame:
        with_sets = [account for account in self.accounts if account.sets]
        untouched = duplicates.Settled()
        parts = [
            duplicates.kept(part, settled)
            for settled, group in groupby(with_sets, key=lambda each: each.settled)
            for part in (
                runs(each.part for each in group)
                if settled == untouched
                else [each.part for each in group]
            )
        ]
        return pl.concat(parts) if parts else schema.empty(schema.SETS).lazy()

    def ledger(self) -> pl.DataFrame:
        rows = [account.ledger_row() for account in self.accounts]
        return pl.DataFrame(rows, schema=schema.polars_schema(schema.LEDGER), orient="row")

    def rejected(self) -> pl.DataFrame:
        parts = [account.rejected for account in self.accounts]
        return pl.concat([schema.empty(schema.REJECTED), *parts])

    def units(self) -> pl.DataFrame:
        parts = [account.units for account in self.accounts if account.units is not None]
        return pl.concat(parts) if parts else pl.DataFrame(schema=UNITS)


def read(
    paths: Paths,
    *,
    unit: str | None = None,
    athlete: str | None = None,
    encoding: str | None = None,
    overrides: str | Path | None = None,
    ask: Ask | None = None,
    tell: Tell = silent,
    tz: str | None = None,
    who: Workers = HERE,
) -> Logbook:
    """Read exports into memory.

    Args:
        paths: files, folders or zips; or a store, alone. Without `athlete`, a file or zip is one
            athlete, and so is each file or folder directly inside a folder.
        unit: "kg" or "lb", for exports that do not name it. Without it, the numbers must tell.
        athlete: one name for everything.
        encoding: for text that is not UTF-8.
        overrides: an `exercises.toml` that corrects the catalogue; without it, the one that
            stands in a given folder or beside a given file is used.
        ask: gets each file whose unit neither `unit` nor a `liftdose.toml` beside it says, and
            whose numbers do not tell it either; returns the unit or None.
        tell: gets the files read, the files in all and the next one's name.
        tz: the lifter's time zone (`Europe/Berlin`), for exports that bear UTC; without it, the
            one that a `liftdose.toml` beside the file names.
        who: who reads many files; see `analysis.workers`.

    Raises:
        NoUsableDataError: nothing could be read.
        StoreError: a store is given together with something else.
        PathError: a path does not exist.
        SettingsError: an `exercises.toml` or `liftdose.toml` breaks a rule.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if (store := given_store(given)) is not None:
        if unit or athlete or encoding or overrides or tz:
            raise StoreError(
                f"{store.folder} is a store: units, names, encodings, time zones and corrections "
                "are said when exports are read into it (liftdose ingest PATH… --store)"
            )
        book = store.logbook()
        return replace(book, notes=(*book.notes, *people.said_of(book.shared)))
    corrected = Path(overrides) if overrides else None
    options = Options(unit, athlete, encoding, corrected, ask, tell, tz, who)
    with scratch_folder() as workdir:
        intake = _take_in(given, options, workdir)
        sets = intake.sets().collect()
        catalogue, named = mapped(intake.catalogue, sets.lazy())
        return Logbook(
            sets=sets,
            ledger=intake.ledger(),
            rejected=intake.rejected(),
            exercises=named,
            catalogue=catalogue,
            notes=tuple(loudest_first(intake.notes)),
            provenance=tuple(_provenance(account) for account in intake.accounts),
            units=intake.units(),
            machines=intake.machines,
            shared=intake.shared,
            different=tuple(map(tuple, intake.different)),
        ).told(intake.about)


def write(
    paths: Paths,
    out: Path,
    options: Options = Options(),
    say: Callable[[Note], object] = str,
) -> pl.DataFrame:
    """Read exports and write `sets.parquet`, `ledger.csv`, `rejected.csv`, `exercises.csv`.

    `exercises.toml` lists the names that no rule maps, ready to edit. `units.csv` says how the
    unit of each exercise was found, for files that do not name one.

    Args:
        paths: files, folders or zips.
        out: folder to write into; made when absent.
        options: what the caller says about the files.
        say: gets each note, one line each; by default nobody does.

    Returns:
        The ledger.

    Raises:
        NoUsableDataError: nothing could be read; the ledger is written all the same.
    """
    with scratch_folder() as workdir:
        intake = _take_in(paths, options, workdir, must_read=False)
        for note in loudest_first(intake.notes):
            say(note)
        with whole_folder(out, "ingest", index="ledger.csv") as draft:
            target = draft / "sets.parquet"
            only = [account for account in intake.accounts if account.sets]
            if len(only) == 1 and only[0].is_table:
                shutil.move(only[0].part.path, target)
            else:
                version = {schema.VERSION_KEY: str(schema.VERSION)}
                intake.sets().sink_parquet(target, metadata=version)
            ledger = intake.ledger()
            schema.write_csv(ledger, draft / "ledger.csv")
            schema.write_csv(intake.rejected(), draft / "rejected.csv")
            catalogue, named = mapped(intake.catalogue, pl.scan_parquet(target))
            schema.write_csv(named, draft / "exercises.csv")
            schema.write_csv(intake.units(), draft / "units.csv")
        offer_overrides(out, named, catalogue)
    _require_sets(intake)
    return ledger


def offer_overrides(out: Path, named: pl.DataFrame, catalogue: exercises.Catalogue) -> Path | None:
    """Write a ready-to-edit `exercises.toml` for the names that no rule maps, if there are any.

    Put beside the exports it is honoured by every command. A file that is there is kept.
    """
    unmapped = named.filter(pl.col("exercise_id").is_null())
    target = out / sources.SETTINGS[0]
    if unmapped.is_empty() or target.exists():
        return None
    counts = dict(unmapped.select("exercise", "sets").iter_rows())
    with whole_file(target) as aside:
        exercises.write_overrides(aside, list(counts), catalogue, counts)
    return target


@dataclass(slots=True)
class Found:
    """The files under given paths, whose they are, and what is said beside them.

    Attributes:
        files: those that can be opened.
        refused: a note for each that cannot.
        notes: on who is who, and on corrections.
        overrides: the `exercises.toml` that holds.
        different: names that somebody called different people's.
    """

    files: list[sources.Source]
    refused: list[Note]
    notes: list[Note]
    overrides: Path | None
    different: Sequence[Sequence[str]]


def find(given: Sequence[str | Path], options: Options, workdir: Path) -> Found:
    """Find the files under paths; zips are unpacked into `workdir`.

    Raises:
        PathError: a path does not exist.
        SettingsError: a `liftdose.toml` breaks a rule.
    """
    files, refused = sources.find(given, options.athlete, workdir)
    said = remembered.of_people(given)
    files, joined = (files, []) if options.athlete else people.joined(files, said.same_person)
    overrides = options.overrides or sources.overrides_beside(given)
    named = [] if overrides is None else [Note("overrides", facts={"name": overrides.name})]
    return Found(files, refused, [*joined, *named], overrides, said.different_people)


def _take_in(paths: Paths, options: Options, workdir: Path, must_read: bool = True) -> _Intake:
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    found = find(given, options, workdir)
    files = found.files
    told = many.Said(options.unit, options.encoding, options.tz, found.overrides)
    accounts = many.stage(
        files, told, workdir, who=options.who, ask=options.ask, tell=options.tell
    )
    accounts += [Account.refused(note) for note in found.refused]
    intake = _Intake(
        accounts, told.catalogue, found.notes, found.different, remembered.machines(files),
        remembered.about(files),
    )  # fmt: skip
    for account in accounts:
        intake.notes += account.notes
    _settle_duplicates(intake)
    if not accounts:
        intake.notes.append(Note("no file at all"))
    if must_read:
        _require_sets(intake)
    return intake


def _settle_duplicates(intake: _Intake) -> None:
    with_sets = [account for account in intake.accounts if account.sets]
    intake.notes += settle_across(with_sets)
    if len({account.athlete for account in with_sets}) > 1:
        needed = ["athlete", "started_at", "reps", "load_kg"]
        intake.shared = people.shared(intake.sets().select(needed), different=intake.different)
        intake.notes += people.said_of(intake.shared)


def _require_sets(intake: _Intake) -> None:
    if not any(account.sets for account in intake.accounts):
        raise NoUsableDataError(["no usable data", *loudest_first(intake.notes)])


def _provenance(account: Account) -> dict[str, str | int]:
    data = account.path.read_bytes() if account.path is not None else b""
    return {
        "file": account.label,
        "athlete": account.athlete,
        "app": account.app or "",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest() if data else "",
    }


__all__ = ["NoUsableDataError", "Options", "read", "records", "write"]
