"""One file: recognise it, check its records, stage its sets on disk, account for each record."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from analysis import schema
from analysis.exercises import Catalogue
from analysis.ingest import clock, duplicates, load_unit, records, remembered, set_table
from analysis.ingest.duplicates import Copy, Settled
from analysis.ingest.load_unit import Decision, Says, decide, number, says
from analysis.ingest.parts import Part, laid
from analysis.ingest.remembered import Ask
from analysis.ingest.set_table import Origin
from analysis.ingest.sheets import layout
from analysis.ingest.sheets.grid import is_workbook
from analysis.ingest.sheets.staged import OWN_TABLE, own_table
from analysis.ingest.sources import Source
from analysis.ingest.vendors import HEADER, REST_BY_SHAPE, Peek, Staged, Vendor, identify
from analysis.notes import Note, first_names
from analysis.problems import OutputError, UnreadableError, is_disk_full

MOSTLY = 0.1
"""Share of a file's records beyond which those that are turned away are said first and loudly."""

SMALL_BYTES = 200_000
"""Below this, planning a query takes longer than running it: half of a small file's time."""

HELP = {
    "started_at": " Is the month's name in another language, or is day and month not to be told "
    "apart? Change the phone's language or the column's format and export again",
    "load_kg": " Are decimals and thousands marked in two ways? Write them in one",
}
"""What helps against the fault of most records, by the column at fault."""

NO_ROWS = pl.Series([], dtype=pl.Int64)
NOTHING_REJECTED = schema.empty(schema.REJECTED)
"""Of accounts to begin with; nothing changes a table in its place."""

Broken = (
    pl.exceptions.PolarsError, OSError, ValueError, LookupError, sqlite3.Error, UnreadableError,
    OverflowError, RecursionError, MemoryError, ArithmeticError,
)  # fmt: skip
"""What a damaged or hostile file may raise in whoever reads it; it ends that file, not the run."""


class _NotQuickError(ValueError):
    """A large file has dates that are not in its app's most usual form."""


@dataclass(slots=True)
class Account:
    """What became of one file.

    `lines`, `header`, `inside` and `blank` are counted from the file, the others from what came
    out of it at the other end; `ledger_row` holds one against the other.
    """

    label: str
    athlete: str = ""
    app: str | None = None
    title: str = ""
    path: Path | None = None
    part: Part = field(default_factory=Part)
    workdir: Path = Path()
    lines: int | None = None
    header: int = 0
    inside: int = 0
    blank: int = 0
    alone: bool = False
    several: bool = False
    measured: bool = False
    idle: pl.Series = field(default_factory=lambda: NO_ROWS)
    not_set_kinds: tuple[tuple[str, int], ...] = ()
    blame: Counter[str] = field(default_factory=Counter)
    sets: int = 0
    with_sets: int = 0
    not_sets: int = 0
    duplicates: int = 0
    rejected: pl.DataFrame = field(default_factory=lambda: NOTHING_REJECTED)
    turned_away: int = 0
    notes: list[Note] = field(default_factory=list)
    units: pl.DataFrame | None = None
    settled: Settled = field(default_factory=Settled)
    family: str = ""

    @classmethod
    def refused(cls, note: Note) -> Account:
        """Return the account of a file that is not read."""
        return cls(note.file, notes=[note])

    def say(self, kind: str, count: int = 0, **facts: object) -> None:
        """Add a note about this file."""
        self.notes.append(Note(kind, self.label, self.athlete, count, facts))

    def told_units(self, decision: Decision) -> None:
        """Take down what was decided on the units of this file."""
        self.notes += [decision.note] if decision.note else []
        if decision.table is not None:
            label = pl.lit(self.label).alias("source_file")
            self.units = decision.table.select(label, pl.all())

    @property
    def records(self) -> int:
        """Lines on which a record starts; of a file without lines, what was found in it."""
        if self.lines is None:
            return self.with_sets + self.not_sets + self.duplicates + self.turned_away
        return self.lines - self.header - self.inside - self.blank

    @property
    def unaccounted(self) -> int:
        """Records that are neither sets, no sets, duplicates nor rejected; negative: too many."""
        found = self.with_sets + self.not_sets + self.duplicates + self.turned_away
        return self.records - found

    def kept(self) -> pl.LazyFrame:
        """The sets of this file that no other file stands for."""
        return duplicates.kept(self.part, self.settled)

    @property
    def is_table(self) -> bool:
        """Whether the file that its sets lie in is the set table as it is."""
        return self.alone and self.part.rows is None and not self.duplicates

    def copy(self) -> Copy:
        """The file as the search for duplicates sees it."""
        return Copy(self.label, self.athlete, self.family or self.app or "", self.part)

    def settle(self, settled: Settled) -> None:
        """Count the sets that another copy stands for as duplicates."""
        self.settled = settled
        rows = self.kept().select(pl.len(), pl.col("source_row").n_unique().alias("records"))
        sets, records = rows.collect().row(0)
        before = self.with_sets
        self.sets, self.with_sets = sets, records if self.several else sets
        self.duplicates += before - self.with_sets

    def ledger_row(self) -> tuple[str | int | None, ...]:
        """The file's row of `schema.LEDGER`."""
        return (
            self.label, self.app, self.lines, self.header, self.inside, self.blank, self.records,
            self.with_sets, self.not_sets, self.duplicates, self.turned_away, self.unaccounted,
            self.sets, "; ".join(f"{word} {n}" for word, n in self.not_set_kinds),
        )  # fmt: skip


def stage_file(
    source: Source,
    unit: str | None,
    encoding: str | None,
    catalogue: Catalogue,
    target: Path,
    ask: Ask | None = None,
    tz: str | None = None,
    *,
    alone: bool = False,
) -> Account:
    """Read one file into a staged set table and return its account.

    A file that cannot be read yields an account with a note that says why. `ask` is asked where
    neither `unit`, a `liftdose.toml` nor the numbers tell the unit. `tz` is the zone of an export
    in UTC, where a `liftdose.toml` does not name another. A file that is read `alone` is compared
    with no other.

    Raises:
        OutputError: there is no room for the staged table.
        SettingsError: a `liftdose.toml` beside it breaks a rule.
    """
    account = check_file(source, unit, encoding, catalogue, target, ask, tz, alone=alone)
    if account.part.table is not None:
        (account.part,) = laid([account.part], target / "sets.parquet")
    return account


def check_file(
    source: Source,
    unit: str | None,
    encoding: str | None,
    catalogue: Catalogue,
    target: Path,
    ask: Ask | None = None,
    tz: str | None = None,
    *,
    alone: bool = False,
) -> Account:
    """Read one file as `stage_file` does; a small one's sets stay in memory."""
    said, zone = says(source, unit, ask), tz or remembered.zone_of(source.export)
    found = _recognise(source, encoding)
    if isinstance(found, Note):
        return Account.refused(found)
    peek, vendor = found
    target.mkdir(parents=True, exist_ok=True)
    large = source.path.stat().st_size > records.LARGE_BYTES
    try:
        account = _account(source, vendor, target, alone)
        try:
            first = replace(peek, quick=large)
            _stage(account, vendor, first, said, encoding, catalogue, zone)
        except (pl.exceptions.ComputeError, _NotQuickError) as error:
            if is_disk_full(error) or not large:
                raise
            account = _account(source, vendor, target, alone)
            _stage(account, vendor, peek, said, encoding, catalogue, zone)
    except Broken as error:
        if is_disk_full(error):
            raise no_room(target.parent, source.label) from error
        account = _account(source, vendor, target, alone)  # nothing of it is used
        account.say("cannot be read", app=vendor.title, why=_short(error))
    return account


def no_room(folder: Path, label: str) -> OutputError:
    """Return the error of a full disk while a file is staged."""
    return OutputError(
        f"no room left in the temporary folder {folder.parent} while reading {label}: free some, "
        "or name another by TMPDIR"
    )


def _recognise(source: Source, encoding: str | None) -> tuple[Peek, Vendor] | Note:
    """Return the first look at a file and whose it is, or why it is not read."""
    try:
        peek = records.peek(source.path)
        if not peek.magic:
            return Note("empty", source.label, source.athlete)
        vendor = _vendor(source, peek, encoding)
    except UnreadableError as error:
        return Note("unknown format", source.label, source.athlete, facts={"why": str(error)})
    except OSError as error:
        return Note("unreadable", source.label, source.athlete, facts={"why": _short(error)})
    header = vendor.missing_header(peek) if vendor.missing_header is not None else None
    if header is not None:
        peek = replace(peek, header=header, headerless=True)
    return peek, vendor


def _account(source: Source, vendor: Vendor, target: Path, alone: bool) -> Account:
    return Account(
        source.label, source.athlete, vendor.name, vendor.title, source.path, workdir=target,
        alone=alone, family=vendor.family,
    )  # fmt: skip


def _vendor(source: Source, peek: Peek, encoding: str | None) -> Vendor:
    """The reader of a file: of the recipe beside it that describes it, else of its app."""
    layouts = () if source.member else layout.beside(source.export)
    if layouts:
        return own_table(layouts, encoding)
    if is_workbook(source.path):
        raise UnreadableError(
            "is a workbook; `liftdose recipe FILE` drafts a recipe.toml by which it can be read"
        )
    return identify(peek)


def _stage(
    account: Account,
    vendor: Vendor,
    peek: Peek,
    said: Says,
    encoding: str | None,
    catalogue: Catalogue,
    zone: str | None,
) -> None:
    account.measured = vendor.covariates is not None
    account.several = vendor.several or not peek.quick
    found = _records(account, vendor, peek, encoding)
    if not peek.quick:  # several queries follow: a small file is read once
        found = replace(found, rows=found.rows.collect(engine="in-memory").lazy())
    staged = _on_the_wall(set_table.plain_numbers(found), account, vendor, zone)
    unit_of = _units(account, vendor, staged, said)
    if unit_of is None:
        _refuse_loads(account, staged)
    else:
        origin = Origin(account.athlete, vendor.name, account.label)
        checked = set_table.check(staged, origin, catalogue, unit_of, numbers=not account.alone)
        account.part = _staged_sets(checked.sets, account, large=peek.quick)
        account.sets = int(account.part.scan().select(pl.len()).collect().item())
        _settle(account, checked.odd, staged)
        if peek.quick and account.blame["started_at"]:
            raise _NotQuickError
        _count_unnamed_distances(account, staged)
        _count_unknown_kinds(account)
        _number_twin_sessions(account)
    _count_records(account, vendor, peek)
    _drop_pasted(account)
    _say_what_is_missing(account)


def _staged_sets(sets: pl.LazyFrame, account: Account, *, large: bool) -> Part:
    """Run the check of a file: in memory, or in pieces where it is large."""
    if not large:
        size = 0 if account.path is None else account.path.stat().st_size
        how = pl.QueryOptFlags.none() if size < SMALL_BYTES else pl.QueryOptFlags()
        return Part(table=sets.collect(engine="in-memory", optimizations=how))
    target = account.workdir / "sets.parquet"
    # Light compression and no statistics: a third of the time for a file read whole anyway.
    sets.sink_parquet(
        target, statistics=False, compression="lz4",
        metadata={schema.VERSION_KEY: str(schema.VERSION)},
    )  # fmt: skip
    return Part(target)


def _on_the_wall(staged: Staged, account: Account, vendor: Vendor, zone: str | None) -> Staged:
    """Turn an export in UTC to the lifter's wall clock, or say that its zone is not known."""
    if vendor.carries.clock != "utc":
        return staged
    if zone is not None:
        return replace(staged, rows=clock.on_the_wall(staged.rows, zone))
    account.say("utc", app=vendor.title, file_name=remembered.FILE)
    return staged


def _records(account: Account, vendor: Vendor, peek: Peek, encoding: str | None) -> Staged:
    if vendor.unfold is not None:
        if vendor.separator is not None:
            peek = replace(peek, delimiter=vendor.separator(peek))
        text, chosen = records.whole_text(peek.path, encoding)
        _say_encoding(account, chosen, encoding, text.count("\N{REPLACEMENT CHARACTER}"))
        rows = vendor.unfold(text, peek)
        account.lines, account.header, account.inside, account.blank = records.unfolded_lines(
            peek, text, rows["source_row"]
        )
        return vendor.stage(rows.lazy(), peek)
    if not peek.header or vendor.name == OWN_TABLE:
        return vendor.stage(None, peek)
    if peek.headerless:
        account.say("headerless", app=vendor.title)
    found = records.read(peek, vendor, account.label, account.workdir, encoding)
    account.lines, account.header = found.lines, found.header
    account.inside, account.blank = found.inside, found.blank
    account.rejected = found.rejected
    _say_encoding(account, found.encoding, encoding, found.unknown)
    if found.mended:
        lines = first_names(found.mended)
        account.say("quotes mended", len(found.mended), lines=f"line {lines}")
    if found.long:
        lines = first_names(f"{first}\u2013{last}" for first, last in found.long)
        account.say("long records", len(found.long), lines=f"lines {lines}")
    return vendor.stage(found.rows, peek)


def _say_encoding(account: Account, chosen: str, named: str | None, unknown: int) -> None:
    if chosen:
        how = "as its first bytes say" if chosen.startswith("utf") else (
            "as --encoding says" if named else "which is not UTF-8; name another by --encoding"
        )  # fmt: skip
        account.say("encoding", encoding=chosen.upper(), how=how)
    if unknown:
        account.say("unknown bytes", unknown, encoding=(chosen or "utf-8").upper())


def _units(account: Account, vendor: Vendor, staged: Staged, said: Says) -> pl.DataFrame | None:
    """Unit per exercise for a file that names none; None when nothing decides."""
    if staged.load_unit is not None:
        return pl.DataFrame(schema=load_unit.UNIT_SCHEMA)
    decision = decide(staged, vendor.title, said)
    account.told_units(decision)
    return decision.table


def _refuse_loads(account: Account, staged: Staged) -> None:
    """Turn away every set of a file whose unit nobody knows."""
    columns = staged.rows.collect_schema().names()
    counted = staged.rows.select(
        source_row="source_row",
        value=pl.col("load").cast(pl.String).fill_null(""),
        not_set=pl.col("not_set") if "not_set" in columns else pl.lit(None, dtype=pl.String),
    ).collect()
    sets = counted.filter(pl.col("not_set").is_null())
    idle = counted.filter(pl.col("not_set").is_not_null())
    account.idle, account.not_set_kinds = idle["source_row"], kinds_of(idle)
    refused = sets.select(
        source_file=pl.lit(account.label),
        source_row="source_row",
        column=pl.lit(staged.names.get("load", "load")),
        value="value",
        rule=pl.lit("a load whose unit is known: pass --unit kg or --unit lb"),
    )
    account.rejected = pl.concat([account.rejected, refused])


def _settle(account: Account, odd: list[pl.DataFrame], staged: Staged) -> None:
    """Account for the records that are no sets, are rejected, or had a value cleared."""
    if not odd:
        return
    aside = pl.concat(odd).sort("source_row")
    if "not_set" in aside.columns:
        structure = pl.col("not_set") == HEADER
        account.header += aside.filter(structure)["source_row"].n_unique()
        idle = aside.filter(pl.col("not_set").is_not_null() & ~structure)
        aside = aside.filter(pl.col("not_set").is_null())
        account.idle = idle["source_row"]
        account.not_set_kinds = kinds_of(idle)
        words = idle.filter(pl.col("not_set") == REST_BY_SHAPE)
        if words.height:
            kinds = first_names(repr(word) for word in words["kind"].unique().sort())
            account.say("unknown words", words.height, kinds=kinds)
    broken = pl.concat(set_table.broken(aside, staged.names, account.label))
    fatal = broken.filter("fatal").sort("source_row")
    account.blame.update(dict(fatal.group_by("typed").len().iter_rows()))
    fatal = fatal.drop("fatal", "typed")
    account.rejected = pl.concat([account.rejected, fatal])
    cleared = (
        broken.filter(~pl.col("fatal"))
        .group_by("column", "rule")
        .agg(pl.len(), pl.col("value").first(), pl.col("source_row").min())
    )
    for column, rule, n, value, line in cleared.sort("column").iter_rows():
        account.say("cleared", n, column=column, value=value, line=line, rule=rule)


def kinds_of(idle: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    """Count what is no set by its word, the most frequent first."""
    counts = idle.group_by("not_set").len().sort("len", "not_set", descending=[True, False])
    return tuple((str(word), int(n)) for word, n in counts.iter_rows())


def _count_records(account: Account, vendor: Vendor, peek: Peek) -> None:
    """Count, at the far end, the records that gave sets, are none, or were turned away."""
    rejected, idle = account.rejected["source_row"].unique(), account.idle
    if account.several:  # a record may hold good sets and bad ones
        rows = pl.Series([], dtype=pl.Int64)
        if account.sets:
            rows = account.part.scan().select("source_row").collect()["source_row"].unique()
        account.with_sets = rows.len()
        rejected = rejected.filter(~rejected.is_in(rows.implode()))
        taken = pl.concat([rows, rejected])
        idle = idle.unique().filter(~idle.unique().is_in(taken.implode()))
    else:
        account.with_sets = account.sets
    account.not_sets, account.turned_away = idle.len(), rejected.len()
    if vendor.count is not None:
        account.lines, account.header, account.inside, account.blank = vendor.count(peek), 0, 0, 0


def _drop_pasted(account: Account) -> None:
    if account.sets:
        settled = duplicates.pasted(account.part)
        if settled.places:
            account.settle(settled)
            account.say("pasted twice", settled.workouts, sets=settled.sets)


def _say_what_is_missing(account: Account) -> None:
    records, unknown = account.records, any(note.kind == "unit unknown" for note in account.notes)
    if account.unaccounted:
        account.say("unaccounted", abs(account.unaccounted), of=records)
    if account.sets == 0 and not account.turned_away:
        account.say("covariates" if account.measured else "no set", app=account.title)
    elif account.turned_away > MOSTLY * records and not unknown:
        by_rule = account.rejected.group_by("column", "rule")
        column, rule, _, value = (
            by_rule.agg(pl.len(), pl.col("value").mode().sort().first())
            .sort("len", "column", descending=[True, False])
            .row(0)
        )
        worst = account.blame.most_common(1)
        account.say(
            "mostly rejected", account.turned_away, of=records, column=column, value=value,
            rule=rule, help=HELP.get(worst[0][0] if worst else "", ""),
        )  # fmt: skip


def _count_unnamed_distances(account: Account, staged: Staged) -> None:
    if staged.distance_unit is not None or "distance" not in staged.rows.collect_schema().names():
        return
    given = staged.rows.select((number("distance").fill_null(0) != 0).sum()).collect().item()
    if given:
        account.say("distance", given)


def _count_unknown_kinds(account: Account) -> None:
    kinds = account.part.scan().group_by("kind").len().collect()
    unknown = kinds.filter(~pl.col("kind").is_in(list(schema.KINDS))).sort("kind")
    if unknown.height:
        names = first_names(map(repr, unknown["kind"]))
        account.say("unknown kind", int(unknown["len"].sum()), kinds=names)


def _number_twin_sessions(account: Account) -> None:
    """Tell apart two workouts that start together: the second gets #2."""
    names = (
        account.part.scan()
        .filter(pl.col("exercise_number") == 1)
        .group_by("session", "workout")
        .agg(pl.col("source_row").min())
        .collect()
        .sort("source_row")
    )
    if names["session"].n_unique() == names.height:
        return
    place = pl.col("source_row").cum_count().over("session")
    label = pl.when(place > 1).then(pl.format("{} #{}", "session", place)).otherwise("session")
    names = names.with_columns(label=label).drop("source_row")
    rows = account.part.scan()
    renamed = (
        rows.join(
            names.lazy(),
            on=["session", "workout"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(session="label")
        .select(rows.collect_schema().names())
    )
    if account.part.table is not None:
        account.part = Part(table=renamed.collect(engine="in-memory"))
        return
    aside = account.part.path.with_name("renamed.parquet")
    renamed.sink_parquet(aside)
    aside.replace(account.part.path)


def settle_across(accounts: Sequence[Account]) -> list[Note]:
    """Count once what stands in several files of an athlete; return what to say of each.

    Args:
        accounts: of files that hold sets.
    """
    notes = []
    before = [account.settled for account in accounts]
    found = duplicates.across([account.copy() for account in accounts], before)
    for account, was, now in zip(accounts, before, found, strict=True):
        if now.sets == was.sets and not now.moved:
            continue
        account.settle(now)
        if workouts := now.workouts - was.workouts:
            differ = f"; {now.differing} of them differ from that copy" if now.differing else ""
            facts = {"sets": now.sets - was.sets, "differ": differ}
            notes.append(Note("duplicates", account.label, account.athlete, workouts, facts))
        if now.doubtful:
            notes.append(Note("halves or copies", account.label, account.athlete, now.doubtful))
    return notes


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
