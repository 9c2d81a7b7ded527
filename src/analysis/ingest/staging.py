"""One file: recognise it, check its records, stage its sets on disk, account for each record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from analysis import schema
from analysis.exercises import Catalogue
from analysis.ingest import clock, load_unit, records, remembered, set_table
from analysis.ingest.duplicates import Copy
from analysis.ingest.load_unit import Says, decide, number, says
from analysis.ingest.remembered import Ask
from analysis.ingest.set_table import Origin
from analysis.ingest.sheets import layout
from analysis.ingest.sheets.grid import is_workbook
from analysis.ingest.sheets.staged import OWN_TABLE, own_table
from analysis.ingest.sources import Source
from analysis.ingest.vendors import Peek, Staged, UnknownFormatError, Vendor, identify


@dataclass(slots=True)
class Account:
    """What became of one file. `records` = `sets` + `not_sets` + `duplicates` + rejected."""

    label: str
    athlete: str = ""
    app: str | None = None
    path: Path | None = None
    staged: Path = Path()
    sets: int = 0
    not_sets: int = 0
    duplicates: int = 0
    rejected: pl.DataFrame = field(default_factory=lambda: schema.empty(schema.REJECTED))
    notes: list[str] = field(default_factory=list)
    units: pl.DataFrame | None = None
    dropped: list[str] = field(default_factory=list)
    family: str = ""

    @classmethod
    def refused(cls, label: str, reason: str) -> Account:
        """Return the account of a file that is not read."""
        return cls(label, notes=[f"{label}: {reason}"])

    def kept(self) -> pl.LazyFrame:
        """The sets of this file that no other file stands for."""
        rows = pl.scan_parquet(self.staged)
        if not self.dropped:
            return rows
        return rows.filter(~pl.col("session").is_in(self.dropped))

    def drop(self, sessions: list[str]) -> None:
        """Count the sets of these sessions as duplicates."""
        self.dropped = sessions
        before = self.sets
        self.sets = int(self.kept().select(pl.len()).collect().item())
        self.duplicates = before - self.sets

    def copy(self) -> Copy:
        """The file as the search for duplicates sees it."""
        return Copy(self.label, self.athlete, self.family or self.app or "", self.staged)

    def ledger_row(self) -> tuple[str, str | None, int, int, int, int, int]:
        """The file's row of `schema.LEDGER`."""
        turned_away = self.rejected["source_row"].n_unique()
        records = self.sets + self.not_sets + self.duplicates + turned_away
        return (
            self.label,
            self.app,
            records,
            self.sets,
            self.not_sets,
            self.duplicates,
            turned_away,
        )


def stage_file(
    source: Source,
    unit: str | None,
    encoding: str | None,
    catalogue: Catalogue,
    target: Path,
    ask: Ask | None = None,
    tz: str | None = None,
) -> Account:
    """Read one file into a staged set table and return its account.

    A file that cannot be read yields an account with a note that says why. `ask` is asked where
    neither `unit`, a `liftdose.toml` nor the numbers tell the unit. `tz` is the zone of an export
    in UTC, where a `liftdose.toml` does not name another.

    Raises:
        SettingsError: a `liftdose.toml` beside it breaks a rule.
    """
    peek = records.peek(source.path)
    if not peek.magic:
        return Account.refused(source.label, "is empty")
    try:
        vendor = _vendor(source, peek, encoding)
    except UnknownFormatError as error:
        return Account.refused(source.label, str(error))
    said = says(source, unit, ask)
    zone = tz or remembered.zone_of(source.export)
    target.mkdir()
    account = Account(
        source.label, source.athlete, vendor.name, source.path, target / "sets.parquet"
    )
    account.family = vendor.family
    try:
        try:
            _stage(account, vendor, peek, said, encoding, catalogue, zone, sound=True)
        except pl.exceptions.ComputeError:  # a large file that is not sound after all
            account = Account(
                source.label, source.athlete, vendor.name, source.path, account.staged
            )
            account.family = vendor.family
            _stage(account, vendor, peek, said, encoding, catalogue, zone, sound=False)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        account.notes.append(f"{source.label}: cannot be read as {vendor.title}: {_short(error)}")
    return account


def _vendor(source: Source, peek: Peek, encoding: str | None) -> Vendor:
    """The reader of a file: of the recipe beside it that describes it, else of its app."""
    layouts = () if source.member else layout.beside(source.export)
    if layouts:
        return own_table(layouts, encoding)
    if is_workbook(source.path):
        raise UnknownFormatError(
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
    *,
    sound: bool,
) -> None:
    staged = _on_the_wall(_records(account, vendor, peek, encoding, sound), account, vendor, zone)
    unit_of = _units(account, vendor, staged, said)
    if unit_of is None:
        _refuse_loads(account, staged)
        return
    origin = Origin(account.athlete, vendor.name, account.label)
    checked = set_table.check(staged, origin, catalogue, unit_of)
    # Light compression and no statistics: a third of the time for a file read whole anyway.
    checked.sets.sink_parquet(account.staged, statistics=False, compression="lz4")
    account.sets = int(pl.scan_parquet(account.staged).select(pl.len()).collect().item())
    _settle(account, checked.odd, staged)
    _count_unnamed_distances(account, staged)
    _number_twin_sessions(account)
    if account.sets == 0 and vendor.covariates is not None:
        account.notes.append(
            f"{account.label}: {vendor.title} holds no set here; the body measures in it are read "
            "as covariates"
        )
    elif account.sets == 0:
        account.notes.append(f"{account.label}: {vendor.title}, but it holds no set")


def _on_the_wall(staged: Staged, account: Account, vendor: Vendor, zone: str | None) -> Staged:
    """Turn an export in UTC to the lifter's wall clock, or say that its zone is not known."""
    if vendor.carries.clock != "utc":
        return staged
    if zone is not None:
        return replace(staged, rows=clock.on_the_wall(staged.rows, zone))
    account.notes.append(
        f"{account.label}: {vendor.title} writes times in UTC; they stay so, and a late workout "
        f'may stand on the next day. Name the zone with --tz, or with tz = "Europe/Berlin" in a '
        f"{remembered.FILE} beside it"
    )
    return staged


def _records(
    account: Account, vendor: Vendor, peek: Peek, encoding: str | None, sound: bool
) -> Staged:
    if vendor.unfold is not None:
        text, note = records.whole_text(peek.path, encoding)
        account.notes += [f"{account.label}: {note}"] if note else []
        return vendor.stage(vendor.unfold(text, peek).lazy(), peek)
    if not peek.header or vendor.name == OWN_TABLE:
        return vendor.stage(None, peek)
    found = records.read(peek, vendor, account.label, account.staged.parent, encoding, sound=sound)
    account.notes += found.notes
    account.rejected = found.rejected
    return vendor.stage(found.rows, peek)


def _units(account: Account, vendor: Vendor, staged: Staged, said: Says) -> pl.DataFrame | None:
    """Unit per exercise for a file that names none; None when nothing decides."""
    if staged.load_unit is not None:
        return pl.DataFrame(schema=load_unit.UNIT_SCHEMA)
    table, note = decide(staged, vendor.title, said)
    account.notes += [note] if note else []
    if table is not None:
        account.units = table.select(pl.lit(account.label).alias("source_file"), pl.all())
    return table


def _refuse_loads(account: Account, staged: Staged) -> None:
    """Turn away every set of a file whose unit nobody knows."""
    rows = staged.rows
    columns = rows.collect_schema().names()
    rule = "a load whose unit is known: pass --unit kg or --unit lb"
    counted = (
        rows.filter(set_table.is_record(set(columns)))
        .select(
            source_row="source_row",
            value=pl.col("load").fill_null(""),
            not_set=pl.col("not_set") if "not_set" in columns else pl.lit(None, dtype=pl.String),
        )
        .collect()
    )
    sets = counted.filter(pl.col("not_set").is_null())
    account.not_sets = counted.height - sets.height
    refused = sets.select(
        source_file=pl.lit(account.label),
        source_row="source_row",
        column=pl.lit(staged.names.get("load", "load")),
        value="value",
        rule=pl.lit(rule),
    )
    account.rejected = pl.concat([account.rejected, refused])


def _settle(account: Account, odd: list[pl.DataFrame], staged: Staged) -> None:
    """Account for the records that are no sets, are rejected, or had a value cleared."""
    if not odd:
        return
    aside = pl.concat(odd).sort("source_row")
    if "not_set" in aside.columns:
        account.not_sets = int(aside["not_set"].is_not_null().sum())
        aside = aside.filter(pl.col("not_set").is_null())
    broken = pl.concat(set_table.broken(aside, staged.names, account.label))
    fatal = broken.filter("fatal").sort("source_row").drop("fatal")
    account.rejected = pl.concat([account.rejected, fatal])
    cleared = (
        broken.filter(~pl.col("fatal"))
        .group_by("column", "rule")
        .agg(pl.len(), pl.col("value").first(), pl.col("source_row").min())
    )
    account.notes += [
        f"{account.label}: {n} values of {column} cleared, the sets kept "
        f"(first: {value!r} in line {line}; expected {rule})"
        for column, rule, n, value, line in cleared.sort("column").iter_rows()
    ]


def _count_unnamed_distances(account: Account, staged: Staged) -> None:
    if staged.distance_unit is not None or "distance" not in staged.rows.collect_schema().names():
        return
    given = staged.rows.select((number("distance").fill_null(0) != 0).sum()).collect().item()
    if given:
        account.notes.append(
            f"{account.label}: the distance of {given} sets has no unit in this export; left empty"
        )


def _number_twin_sessions(account: Account) -> None:
    """Tell apart two workouts that start together: the second gets #2."""
    names = (
        pl.scan_parquet(account.staged)
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
    renamed = account.staged.with_name("renamed.parquet")
    columns = [column.name for column in schema.SETS]
    (
        pl.scan_parquet(account.staged)
        .join(
            names.lazy(),
            on=["session", "workout"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(session="label")
        .select(columns)
        .sink_parquet(renamed)
    )
    renamed.replace(account.staged)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
