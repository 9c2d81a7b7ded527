"""Exports and set tables into a store: what is new is read, and joined to what is there.

What was read before is skipped, by the hash of its content. A newer export of an athlete joins
the older ones by the rule of `duplicates`: a union, counted once, nothing dropped. So that the
union is the one that reading all at once would give, whatever came first, the inputs of an athlete
with several are kept as they were read, beside the set table; one whose sets all stand in others
is not kept.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analysis import schema
from analysis.ingest import (
    Options,
    Paths,
    duplicates,
    find,
    many,
    people_index,
    remembered,
    set_tables,
)
from analysis.ingest import people as who_is_who
from analysis.ingest.load_unit import says
from analysis.ingest.parts import Part, runs
from analysis.ingest.set_tables import STORED
from analysis.ingest.sheets import layout
from analysis.ingest.sources import Source
from analysis.ingest.staging import Account, settle_across
from analysis.logbook import About, Machines
from analysis.notes import Note, loudest_first
from analysis.paths import existing
from analysis.problems import NoUsableDataError
from analysis.progress import Tell
from analysis.store import (
    Accounts,
    Change,
    Input,
    Store,
    StoreError,
    changing,
    hashed,
)

NOTHING_SAID = Options()

PIECE_ROWS = 32_768
"""Rows of a file of sets: a newer export rewrites the files that its athlete stands in."""

LEAST_CHUNK, MOST_CHUNK = 1_000_000, 2_500_000
"""Rows of a set table that are in memory at once: more make fewer and fuller files."""

LABEL = "input"
"""Beside the set table, in `copies`: which input a row is of."""

STAGED = ".staged"

FULL_ROWS = 65_536
"""Rows of a row group: as many as a reader skips at once."""


def add(
    paths: Paths,
    folder: Path,
    options: Options = NOTHING_SAID,
    say: Callable[[Note], object] = str,
) -> pl.DataFrame:
    """Read exports into a store.

    Args:
        paths: files, folders or zips; or Parquet files of set tables (`schema.SETS`).
        folder: the store; made when absent.
        options: what the caller says about the files.
        say: gets each note, one line each; by default nobody does.

    Returns:
        The ledger of what was new; of a set table, a row per athlete.

    Raises:
        NoUsableDataError: nothing could be read, and the store has nothing of it either.
        OutputError: another run is writing there, or there is no room.
        StoreError: the store is of another version, or was built with other corrections.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    with changing(folder) as store:
        workdir = store.folder / STAGED
        workdir.mkdir()
        try:
            if tables := set_tables.of([existing(path) for path in given]):
                adding = _from_tables(store, given, tables, workdir, options)
            else:
                adding = _from_exports(store, given, workdir, options)
            for note in loudest_first(adding.notes):
                say(note)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
    if not adding.read and not adding.known:
        raise NoUsableDataError(["no usable data", *loudest_first(adding.notes)])
    return adding.ledger()


@dataclass(slots=True)
class _Fresh:
    """What one bucket gets.

    Attributes:
        accounts: of what was read.
        keys: their keys, in the same order.
        rows: their sets by athlete, where they stand together already.
        about, machines: what the athletes say of themselves, now.
    """

    accounts: list[Account] = field(default_factory=list)
    keys: list[tuple[str, str, int]] = field(default_factory=list)
    rows: pl.DataFrame | None = None
    about: dict[str, About] = field(default_factory=dict)
    machines: dict[str, Machines] = field(default_factory=dict)


@dataclass(slots=True)
class _Adding:
    """One run of `add`, bucket by bucket."""

    change: Change
    notes: list[Note] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    known: int = 0
    sets: int = 0
    athletes: int = 0
    touched: set[str] = field(default_factory=set)
    entries: list[people_index.Prints] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Sets of the inputs that were new."""
        return sum(each.ledger["sets"] + each.ledger["duplicates"] for each in self.inputs)

    def count_known(self, inputs: int) -> None:
        """Say how many inputs were there before, unchanged."""
        self.known = inputs
        if inputs:
            self.notes.append(Note("unchanged", count=inputs))

    def ledger(self) -> pl.DataFrame:
        return Accounts(tuple(self.inputs)).ledger()

    def join(self, bucket: int, fresh: _Fresh, known: Accounts | None = None) -> None:
        """Join what is new to a bucket, and write its files of the new state.

        Args:
            bucket: its number.
            fresh: what is new.
            known: the accounts of the bucket, where they have been read.
        """
        store = self.change.store
        old = store.accounts(bucket) if known is None else known
        new = [
            _input(account, *key) for account, key in zip(fresh.accounts, fresh.keys, strict=True)
        ]
        names = {each.athlete for each in new}
        replaced = {each.label for each in new}
        kept = [each for each in old.inputs if each.label not in replaced]
        gone = {each.athlete for each in old.inputs if each.label in replaced and _gave(each)}
        back = {each.athlete for each in kept if each.athlete in names and _gave(each)} | gone
        holding = _holding(store.paths("sets", bucket), back)
        before = _live(store, bucket, holding, [each for each in kept if each.athlete in back])
        times = Counter(each.athlete for each in fresh.accounts)
        several = [
            each
            for each in fresh.accounts
            if each.athlete in back or times[each.athlete] > 1 or each.settled.places
        ]
        mine = sorted([*before.values(), *several], key=lambda each: (each.athlete, each.label))
        said = settle_across([each for each in mine if each.sets])
        self.notes += said
        self._write_sets(bucket, fresh, mine, back, holding)
        self._write_copies(bucket, mine)
        settled = {(each.athlete, each.label): each for each in mine}
        after = [_settled(each, settled, said) for each in (*kept, *new)]
        self.inputs += after[len(kept) :]
        self._write_beside("rejected", bucket, replaced, [a.rejected for a in fresh.accounts])
        units = [a.units for a in fresh.accounts if a.units is not None]
        self._write_beside("units", bucket, replaced, units)
        had = {each.athlete for each in old.inputs if _gave(each)}
        has = {each.athlete for each in after if _gave(each)}
        self.athletes += len(has) - len(had)
        accounts = Accounts(
            tuple(sorted(after, key=lambda each: (each.athlete, each.label))),
            {**{k: v for k, v in old.about.items() if k not in fresh.about}, **fresh.about},
            {**{k: v for k, v in old.machines.items() if k not in fresh.machines},
             **fresh.machines},
        )  # fmt: skip
        self.write_accounts(bucket, accounts)

    def write_accounts(self, bucket: int, accounts: Accounts) -> None:
        """Write what became of the inputs of a bucket."""
        self.change.without("accounts", bucket)
        path = self.change.path("accounts", bucket, "json")
        path.write_text(accounts.as_json(), encoding="utf-8", newline="\n")

    def _write_sets(
        self,
        bucket: int,
        fresh: _Fresh,
        mine: Sequence[Account],
        back: set[str],
        holding: Sequence[Path],
    ) -> None:
        store, change = self.change.store, self.change
        apart = {id(each) for each in mine}
        alone = [each.part for each in fresh.accounts if each.sets and id(each) not in apart]
        if fresh.rows is not None and not mine:
            rows = fresh.rows
        else:
            parts = [
                *(duplicates.kept(part, duplicates.Settled(), numbers=True)
                  for part in runs(alone)),
                *(duplicates.kept(each.part, each.settled, numbers=True)
                  for each in mine if each.sets),
            ]  # fmt: skip
            rows = pl.concat(parts).collect() if parts else pl.DataFrame(schema=STORED)
            rows = rows.sort("athlete", maintain_order=True)
        names = set(rows["athlete"].unique().to_list())
        self.touched |= names | back
        self.entries.append(people_index.prints(rows))
        self.sets += rows.height
        others = [path for path in store.paths("sets", bucket) if path not in holding]
        taken = [*holding, *_small(others, rows.height)]
        if taken:
            whole = pl.concat(map(_stored, taken)).collect()
            stay = whole.filter(~pl.col("athlete").is_in(list(back)))
            self.sets -= whole.height - stay.height
            rows = pl.concat([stay, rows]).sort("athlete", maintain_order=True)
            for path in taken:
                change.drop(path)
        self.write_pieces(bucket, rows)

    def write_pieces(self, bucket: int, rows: pl.DataFrame) -> None:
        """Write sets that stand by athlete into files of a bucket, each of whole athletes."""
        names = self.change.pieces(bucket)
        sizes = rows["athlete"].rle().struct.field("len").to_numpy()
        for first, end in set_tables.whole_athletes(sizes, PIECE_ROWS):
            write_sets(rows.slice(first, end - first), next(names))

    def _write_copies(self, bucket: int, mine: Sequence[Account]) -> None:
        """Keep the inputs of athletes with several as they were read."""
        old = self.change.store.table("copies", bucket)
        of: dict[str, list[Account]] = defaultdict(list)
        for each in mine:
            if each.sets:
                of[each.athlete].append(each)
        tables = [
            duplicates.kept(each.part, duplicates.Settled(), numbers=True).with_columns(
                pl.lit(each.label).alias(LABEL)
            )
            for group in of.values()
            if len(group) > 1 or any(each.settled.places or each.settled.moved for each in group)
            for each in group
        ]
        touched = {each.athlete for each in mine}
        if old is not None:
            tables.insert(0, old.filter(~pl.col("athlete").is_in(list(touched))).lazy())
        if not tables:
            return
        rows = pl.concat(tables).collect()
        self.change.without("copies", bucket)
        if rows.height:
            write_sets(rows, self.change.path("copies", bucket))

    def _write_beside(
        self, kind: str, bucket: int, replaced: set[str], new: Sequence[pl.DataFrame]
    ) -> None:
        old = self.change.store.table(kind, bucket)
        tables = [table for table in new if table.height]
        if old is not None:
            left = old.filter(~pl.col("source_file").is_in(list(replaced)))
            if left.height == old.height and not tables:
                return
            tables.insert(0, left)
        self.change.without(kind, bucket)
        if tables and (whole := pl.concat(tables)).height:
            whole.write_parquet(self.change.path(kind, bucket))

    def end(self, different: Sequence[Sequence[str]]) -> None:
        """Look for logs under two names, write the index, and make the state the store's."""
        change, store = self.change, self.change.store
        self._index(different)
        manifest = store.manifest
        change.commit(
            manifest.sets + self.sets,
            manifest.athletes + self.athletes,
            [tuple(names) for names in different],
        )

    def _index(self, different: Sequence[Sequence[str]]) -> None:
        change, store = self.change, self.change.store
        new = people_index.ordered(np.concatenate([people_index.NOTHING, *self.entries], axis=1))
        if not new.shape[1] and not self.touched:
            return
        paths = store.paths("starts")
        there = people_index.opened(paths)
        touched = np.array([hashed(name) for name in self.touched], dtype=np.uint64)
        found = people_index.suspects(new, there, touched, who_is_who.SHARED_WORKOUTS)
        old = store.shared()
        apart = ~pl.col("athlete").is_in(list(self.touched))
        pairs = old.filter(apart & ~pl.col("other").is_in(list(self.touched)))
        if found:
            fresh = who_is_who.shared(_sets_of(change.pending(), found), different=different)
            fresh = fresh.join(pairs, on=["athlete", "other"], how="anti")
            involved = pl.col("athlete").is_in(list(self.touched))
            fresh = fresh.filter(involved | pl.col("other").is_in(list(self.touched)))
            self.notes += who_is_who.said_of(fresh)
            pairs = pl.concat([pairs, fresh]).sort("athlete", "other")
        if not pairs.equals(old):
            change.without("shared")
            if pairs.height:
                pairs.write_parquet(change.path("shared"))
        taken = people_index.mergeable([run.shape[1] for run in there], new.shape[1])
        merged = [run[:, ~np.isin(run[1], touched)] for run in there[len(there) - taken :]]
        for path in paths[len(paths) - taken :]:
            change.drop(path)
        if new.shape[1]:
            whole = people_index.ordered(np.concatenate([*merged, new], axis=1))
            np.save(change.path("starts", ending="npy"), whole)


def write_sets(rows: pl.DataFrame, path: Path) -> None:
    """Write sets as a store keeps them; the file says the version of its columns."""
    rows.write_parquet(
        path,
        row_group_size=FULL_ROWS,
        compression_level=1,
        metadata={schema.VERSION_KEY: str(schema.VERSION)},
    )


def _stored(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False).select(STORED.names())


def _small(paths: Sequence[Path], new: int) -> list[Path]:
    """Return the last files that new rows are made one with: so there are never many."""
    taken: list[Path] = []
    for path in reversed(paths):
        if new >= PIECE_ROWS // 2 or (height := _height(path)) >= 2 * new:
            break
        taken.insert(0, path)
        new += height
    return taken


def _height(path: Path) -> int:
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _holding(paths: Sequence[Path], athletes: set[str]) -> list[Path]:
    """Return the files that hold sets of some athletes."""
    if not paths or not athletes:
        return []
    rows = pl.scan_parquet(list(paths), glob=False, include_file_paths="path")
    found = rows.filter(pl.col("athlete").is_in(list(athletes))).select("path").unique().collect()
    names = set(found["path"])
    return [path for path in paths if str(path) in names]


def _sets_of(store: Store, numbers: set[int]) -> pl.DataFrame:
    """Return what is compared of the logs of some athletes, known by their numbers."""
    wanted: dict[int, list[str]] = defaultdict(list)
    for bucket in {number % store.manifest.buckets for number in numbers}:
        for name in store.accounts(bucket).athletes:
            if hashed(name) in numbers:
                wanted[bucket].append(name)
    needed = ["athlete", "started_at", "reps", "load_kg"]
    rows = [
        store.scan(bucket).select(needed).filter(pl.col("athlete").is_in(names))
        for bucket, names in wanted.items()
    ]
    return pl.concat(rows).collect()


# From exports.


def _from_exports(
    store: Store, given: Sequence[str | Path], workdir: Path, options: Options
) -> _Adding:
    found = find(given, options, workdir)
    if options.athlete:  # one name for files of many folders: the label says whose it is
        found.files = [replace(file, label=f"{file.athlete}/{file.label}") for file in found.files]
    _same_corrections(store, found.overrides)
    known: dict[int, Accounts] = {}
    fresh, keys = _not_known(store, found.files, options, known)
    accounts = many.stage(
        fresh,
        many.Said(options.unit, options.encoding, options.tz, found.overrides, alone=False),
        workdir,
        who=options.who,
        ask=options.ask,
        tell=options.tell,
    )
    store = store.made_for(sum(each.sets for each in accounts))
    adding = _Adding(Change(store), [*found.notes, *found.refused])
    adding.count_known(len(found.files) - len(fresh))
    for account in accounts:
        adding.notes += account.notes
    if found.overrides is not None and not store.manifest.of("exercises"):
        shutil.copyfile(found.overrides, adding.change.path("exercises", ending="toml"))
    by_bucket: dict[int, _Fresh] = defaultdict(_Fresh)
    for source, account, key in zip(fresh, accounts, keys, strict=True):
        account.athlete = source.athlete
        each = by_bucket[store.bucket_of(source.athlete)]
        each.accounts.append(account)
        each.keys.append(key)
    _say_of_people(store, found.files, known, by_bucket)
    for bucket, each in sorted(by_bucket.items()):
        adding.join(bucket, each, known.get(bucket) if store.manifest.state else None)
    different = sorted({*store.manifest.different, *map(tuple, found.different)})
    if by_bucket or tuple(different) != store.manifest.different:
        adding.end(different)
    return adding


def _not_known(
    store: Store, files: Sequence[Source], options: Options, known: dict[int, Accounts]
) -> tuple[list[Source], list[tuple[str, str, int]]]:
    """Return the files that are not in the store as they are now, and their keys.

    What is looked up of buckets is added to `known`.
    """
    fresh: list[Source] = []
    keys: list[tuple[str, str, int]] = []
    for file in files:
        key = _key(file, options)
        bucket = store.bucket_of(file.athlete)
        if bucket not in known:
            known[bucket] = store.accounts(bucket)
        of = [each for each in known[bucket].inputs if each.athlete == file.athlete]
        if any(each.key == key[0] and each.ledger["vendor"] for each in of):
            continue
        fresh.append(replace(file, label=_label(file.label, key[1], of)))
        keys.append(key)
    return fresh, keys


def _say_of_people(
    store: Store,
    files: Sequence[Source],
    known: dict[int, Accounts],
    by_bucket: dict[int, _Fresh],
) -> None:
    """Put what athletes say of themselves with their bucket, where it is something new."""
    about, machines = remembered.about(files), remembered.machines(files)
    for name in {file.athlete for file in files}:
        bucket = store.bucket_of(name)
        old = known.get(bucket, Accounts())
        if (said := about.get(name, About())) != old.about.get(name, About()):
            by_bucket[bucket].about[name] = said
        if (said_of := machines.get(name, Machines())) != old.machines.get(name, Machines()):
            by_bucket[bucket].machines[name] = said_of


def _same_corrections(store: Store, overrides: Path | None) -> None:
    built = store.paths("exercises")
    before = built[0].read_bytes() if built else None
    now = overrides.read_bytes() if overrides is not None else before
    if store.manifest.state and now != before:
        raise StoreError(
            f"{store.folder} was built with other corrections of exercises than {overrides}: "
            "names that it maps would be mapped in two ways. Build it again, in a new folder"
        )


def _key(source: Source, options: Options) -> tuple[str, str, int]:
    """Return the key of a file, the hash of its content, and its size."""
    data = source.path.read_bytes() if source.path.is_file() else b""
    content = sha256(data).hexdigest()
    words = (
        content, says(source, options.unit).unit, options.encoding,
        options.tz or remembered.zone_of(source.export),
        () if source.member else layout.beside(source.export),
    )  # fmt: skip
    return sha256(repr(words).encode()).hexdigest(), content, len(data)


def _label(label: str, content: str, known: Sequence[Input]) -> str:
    """Return the name of a new input: of the one that it replaces, else one that is not taken.

    An input is replaced where its content is the same, read otherwise, or gave no set.
    """
    for each in known:
        if each.sha256 == content or (each.label == label and not _gave(each)):
            return each.label
    taken = {each.label for each in known}
    number, free = 1, label
    while free in taken:
        number += 1
        free = f"{label} ({number})"
    return free


# From set tables.


def _from_tables(
    store: Store,
    given: Sequence[str | Path],
    tables: Sequence[Path],
    workdir: Path,
    options: Options,
) -> _Adding:
    """Add a set table in parts, bucket by bucket."""
    named = {existing(path) for path in given}
    if strange := sorted(named - {*tables, *(path.parent for path in tables)}):
        raise StoreError(
            f"{strange[0]} is no set table: name either set tables or exports, not both at once"
        )
    store = store.made_for(set_tables.rows(tables))
    adding, known = _Adding(Change(store)), 0
    content = set_tables.content(tables)
    name = existing(given[0]).name
    lying = set_tables.Lying.of(tables)
    if lying is not None:
        there, unchanged = _known(store, lying.athletes, content[0])
        if unchanged == len(lying.athletes):
            adding.count_known(unchanged)
            return adding
        if not there:
            _lay(adding, lying, name, content, options.tell)
            adding.end(store.manifest.different)
            return adding
    parted = set_tables.Sorted.of(tables, store.manifest.buckets, workdir / "table", options.tell)
    for bucket, rows in parted.each():
        fresh, skipped = _of_table(rows, name, content, store.accounts(bucket))
        known += skipped
        if fresh.accounts:
            adding.join(bucket, fresh)
    adding.count_known(known)
    if adding.touched:
        adding.end(store.manifest.different)
    return adding


def _known(store: Store, athletes: Sequence[str], sha256: str) -> tuple[int, int]:
    """Return how many athletes of a table are in a store, and how many of them by this table."""
    if not store.manifest.state:
        return 0, 0
    names = set(athletes)
    of = [
        (each.athlete, each.sha256)
        for bucket in {store.bucket_of(name) for name in names}
        for each in store.accounts(bucket).inputs
        if each.athlete in names
    ]
    return len({name for name, _ in of}), len({name for name, sha in of if sha == sha256})


def _lay(
    adding: _Adding, table: set_tables.Lying, name: str, content: tuple[str, int], tell: Tell
) -> None:
    """Lay a table of people who are new into the buckets as it is read: nothing is sorted."""
    store = adding.change.store
    buckets = store.manifest.buckets
    new: dict[int, list[Input]] = defaultdict(list)
    chunks = table.chunks(min(max(buckets * PIECE_ROWS, LEAST_CHUNK), MOST_CHUNK))
    done, in_all = 0, sum(table.heights)
    for chunk in chunks:
        tell(done, in_all, name)
        adding.entries.append(people_index.prints(chunk))
        for bucket, rows, people in set_tables.by_bucket(chunk, buckets):
            adding.write_pieces(bucket, rows)
            for athlete, size, app in people:
                account = Account(
                    f"{athlete}/{name}", athlete, app, sets=size, with_sets=size, family=app
                )
                new[bucket].append(_input(account, content[0], *content))
        done += chunk.height
    tell(done, in_all, "")
    for bucket, inputs in sorted(new.items()):
        old = store.accounts(bucket)
        inputs = [*old.inputs, *inputs]
        inputs.sort(key=lambda each: (each.athlete, each.label))
        adding.write_accounts(bucket, replace(old, inputs=tuple(inputs)))
    adding.inputs += [each for bucket in sorted(new) for each in new[bucket]]
    adding.touched |= set(table.athletes)
    adding.sets += in_all
    adding.athletes += len(table.athletes)


def _of_table(
    rows: pl.DataFrame, name: str, content: tuple[str, int], old: Accounts
) -> tuple[_Fresh, int]:
    """Return what of a bucket of a set table is new, and how many athletes of it are known."""
    fresh = _Fresh()
    known: dict[str, list[Input]] = defaultdict(list)
    for each in old.inputs:
        known[each.athlete].append(each)
    start = skipped = 0
    for athlete, size, app in (
        rows.group_by("athlete", maintain_order=True)
        .agg(pl.len(), pl.col("app").first())
        .iter_rows()
    ):
        part = Part(table=rows.slice(start, size))
        start += size
        of = known[athlete]
        if any(each.sha256 == content[0] for each in of):
            skipped += 1
            continue
        label = _label(f"{athlete}/{name}", content[0], of)
        fresh.accounts.append(
            Account(label, athlete, app, part=part, sets=size, with_sets=size, family=app)
        )
        fresh.keys.append((content[0], content[0], content[1]))
    if not skipped:
        fresh.rows = rows
    return fresh, skipped


# Inputs, as they are kept.


def _gave(each: Input) -> bool:
    return bool(each.ledger["sets"] or each.ledger["duplicates"])


def _input(account: Account, key: str, content: str, size: int) -> Input:
    return Input(
        account.athlete, account.label, key, content, size,
        account.family or account.app or "", account.several, _ledger(account),
        tuple(account.notes),
    )  # fmt: skip


def _ledger(account: Account) -> dict[str, Any]:
    names = [column.name for column in schema.LEDGER]
    return dict(zip(names, account.ledger_row(), strict=True))


def _live(
    store: Store, bucket: int, holding: Sequence[Path], inputs: Iterable[Input]
) -> dict[str, Account]:
    """Return the accounts of inputs that are there, with their sets as they were read.

    Args:
        store: the store as it is.
        bucket: of these inputs.
        holding: the files of the bucket that hold sets of their athletes.
        inputs: of whole athletes.
    """
    live = [each for each in inputs if _gave(each) and not each.covered]
    if not live:
        return {}
    names = {each.athlete for each in live}
    of = pl.col("athlete").is_in(list(names))
    there = pl.scan_parquet(list(holding), glob=False)
    whole = there.select(STORED.names()).filter(of).collect()
    copies = store.table("copies", bucket)
    found = {}
    for each in live:
        rows = None if copies is None else _copy_of(copies, each)
        if rows is None or rows.is_empty():
            rows = whole.filter(pl.col("athlete") == each.athlete)
        account = _account(each, Part(table=rows))
        settled = duplicates.pasted(account.part)
        if settled.places:
            account.settle(settled)
        found[each.label] = account
    return found


def _copy_of(copies: pl.DataFrame, each: Input) -> pl.DataFrame:
    of = (pl.col("athlete") == each.athlete) & (pl.col(LABEL) == each.label)
    return copies.filter(of).drop(LABEL)


def _account(each: Input, part: Part) -> Account:
    said = each.ledger
    return Account(
        each.label, each.athlete, said["vendor"], part=part, lines=said["lines"],
        header=said["header_lines"], inside=said["inside_lines"], blank=said["blank_lines"],
        several=each.several, sets=part.scan().select(pl.len()).collect().item(),
        with_sets=said["with_sets"] + said["duplicates"], not_sets=said["not_sets"],
        turned_away=said["rejected"], family=each.family,
    )  # fmt: skip


def _settled(each: Input, accounts: dict[tuple[str, str], Account], said: Sequence[Note]) -> Input:
    """Return an input with what settling it with others has made of it."""
    account = accounts.get((each.athlete, each.label))
    if account is None:
        return each
    counts = ("with_sets", "duplicates", "sets", "unaccounted", "records")
    row = _ledger(account)
    notes = [note for note in each.notes if note.kind != "duplicates"]
    notes += [note for note in said if (note.athlete, note.file) == (each.athlete, each.label)]
    return replace(
        each,
        ledger={**each.ledger, **{name: row[name] for name in counts}},
        notes=tuple(notes),
        covered=not account.sets and account.duplicates > 0,
    )
