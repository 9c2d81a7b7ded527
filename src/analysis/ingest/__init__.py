"""From files, folders and zips to one set table, with an account of every record.

`read` returns a `Logbook` in memory; `write` streams the same tables to a folder, in memory that
does not grow with the log.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from analysis import exercises, schema
from analysis.ingest import clock, duplicates, people, records, remembered, sources
from analysis.ingest.remembered import Ask
from analysis.ingest.staging import Account, stage_file
from analysis.logbook import SHARED, About, Logbook, Machines
from analysis.notes import Note, loudest_first
from analysis.outputs import scratch_folder, whole_file, whole_folder
from analysis.problems import NoUsableDataError, UserError
from analysis.progress import Tell, silent, told

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
    """

    unit: str | None = None
    athlete: str | None = None
    encoding: str | None = None
    overrides: Path | None = None
    ask: Ask | None = None
    tell: Tell = silent
    tz: str | None = None

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
        parts = [account.kept() for account in self.accounts if account.sets]
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

    def mapped(self, sets: pl.LazyFrame) -> tuple[exercises.Catalogue, pl.DataFrame]:
        """Return the catalogue with what names say by their parts, and every name as mapped."""
        counts = sets.group_by("exercise").agg(pl.len().cast(pl.Int64).alias("sets")).collect()
        names = counts["exercise"].to_list()
        catalogue = self.catalogue.with_parts(names)
        table = (
            catalogue.match(names)
            .join(counts, on="exercise")
            .select(column.name for column in schema.EXERCISES)
            .sort("sets", "exercise", descending=[True, False])
        )
        return catalogue, table


UNITS = {"source_file": pl.String, "exercise": pl.String, "unit": pl.String,
         "confidence": pl.Float64, "reason": pl.String}  # fmt: skip


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
) -> Logbook:
    """Read exports into memory.

    Args:
        paths: files, folders or zips. Without `athlete`, a file or zip is one athlete, and so is
            each file or folder directly inside a folder.
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

    Raises:
        NoUsableDataError: nothing could be read.
        PathError: a path does not exist.
        SettingsError: an `exercises.toml` or `liftdose.toml` breaks a rule.
    """
    corrected = Path(overrides) if overrides else None
    options = Options(unit, athlete, encoding, corrected, ask, tell, tz)
    with scratch_folder() as workdir:
        intake = _take_in(paths, options, workdir)
        sets = intake.sets().collect()
        catalogue, named = intake.mapped(sets.lazy())
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
            if len(only) == 1 and only[0].alone and not only[0].duplicates:
                shutil.move(only[0].staged, target)
            else:
                intake.sets().sink_parquet(target)
            ledger = intake.ledger()
            schema.write_csv(ledger, draft / "ledger.csv")
            schema.write_csv(intake.rejected(), draft / "rejected.csv")
            catalogue, named = intake.mapped(pl.scan_parquet(target))
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


def _take_in(paths: Paths, options: Options, workdir: Path, must_read: bool = True) -> _Intake:
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    files, refused = sources.find(given, options.athlete, workdir)
    said = remembered.of_people(given)
    files, joined = (files, []) if options.athlete else people.joined(files, said.same_person)
    overrides = options.overrides or sources.overrides_beside(given)
    catalogue = exercises.load(overrides)
    accounts = [
        stage_file(
            file,
            options.unit,
            options.encoding,
            catalogue,
            workdir / f"staged-{number}",
            options.ask,
            options.tz,
            alone=len(files) == 1,
        )
        for number, file in enumerate(told(files, options.tell, lambda file: file.label))
    ]
    accounts += [Account.refused(note) for note in refused]
    intake = _Intake(
        accounts, catalogue, joined, said.different_people, remembered.machines(files),
        remembered.about(files),
    )  # fmt: skip
    if overrides is not None:
        intake.notes.append(Note("overrides", facts={"name": overrides.name}))
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
    copies = [account.copy() for account in with_sets]
    before = [account.settled for account in with_sets]
    for account, was, now in zip(
        with_sets, before, duplicates.across(copies, before), strict=True
    ):
        if now.sets == was.sets and not now.moved:
            continue
        account.settle(now)
        if workouts := now.workouts - was.workouts:
            differ = f"; {now.differing} of them differ from that copy" if now.differing else ""
            facts = {"sets": now.sets - was.sets, "differ": differ}
            intake.notes.append(
                Note("duplicates", account.label, account.athlete, workouts, facts)
            )
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
