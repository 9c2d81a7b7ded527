"""A store: the set table of many athletes on a disk, in buckets, whole at any time.

    STORE/manifest.json                  the truth: which files are this state
    STORE/sets/0017-000007-0000.parquet   sets of athletes of bucket 17, by athlete
    STORE/accounts/0017-000007.json       what became of each input; what people say of themselves
    STORE/copies/0017-000007.parquet      the inputs of athletes with several, as they were read
    STORE/rejected/, units/              as in a logbook
    STORE/starts/000007.npy              an index of workouts: one log under two names shows by it

A state's files never change. A new state writes files of new names, then replaces the manifest,
which is one step on any disk; the files that only the state before had go at the next change. So
whoever reads by the manifest sees one whole state, whatever dies and whenever.

An athlete's bucket is a hash of the name that no library and no version changes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl

from analysis import exercises, schema
from analysis.logbook import SHARED, UNITS, About, Logbook, Machines, mapped
from analysis.notes import Note, loudest_first
from analysis.outputs import clear_words, locked
from analysis.problems import UserError

MANIFEST = "manifest.json"
FORMAT = "liftdose store"
LAYOUT = 1
"""Version of the folder's layout."""

KINDS = ("sets", "accounts", "copies", "rejected", "units", "starts", "shared", "exercises")
"""Folders of a store, each with one kind of file."""

BUCKET_SETS = 200_000
"""Sets of a bucket aimed at when a store is made: what one worker holds, with all it computes."""

FEWEST_BUCKETS, MOST_BUCKETS = 16, 1024


class StoreError(UserError):
    """A folder that is no store, or one of another version."""


def is_store(path: str | Path) -> bool:
    """Whether a path is a store's folder."""
    return (Path(path) / MANIFEST).is_file()


def given_store(paths: Sequence[str | Path]) -> Store | None:
    """Return the store among given paths; None where there is none.

    Raises:
        StoreError: something else is given beside it.
    """
    stores = [path for path in paths if is_store(path)]
    if not stores:
        return None
    if len(paths) > 1:
        raise StoreError(
            f"{stores[0]} is a store: read it alone, or add the other files to it first "
            f"(liftdose ingest PATH… --store {stores[0]})"
        )
    return Store.open(stores[0])


def buckets_for(sets: int) -> int:
    """Return how many buckets a new store gets: a power of 2."""
    wanted = FEWEST_BUCKETS
    while wanted < MOST_BUCKETS and wanted * BUCKET_SETS < sets:
        wanted *= 2
    return wanted


def hashed(athlete: str) -> int:
    """Return the number of 64 bits by which an athlete is known in a store."""
    digest = blake2b(athlete.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One state of a store.

    Attributes:
        state: its number, one more with every change.
        buckets: how many there are.
        files: kind -> paths of this state, from the store's folder, sorted.
        left: files that only the state before had, for readers who have just begun.
        sets: rows of the set table.
        athletes: people in it.
        schema: version of the set table.
        different: names that somebody called different people's.
    """

    state: int = 0
    buckets: int = FEWEST_BUCKETS
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    sets: int = 0
    athletes: int = 0
    schema: int = schema.VERSION
    different: tuple[tuple[str, ...], ...] = ()

    def of(self, kind: str, bucket: int | None = None) -> tuple[str, ...]:
        """Return the files of a kind, of one bucket or of all."""
        every = self.files.get(kind, ())
        if bucket is None:
            return every
        start = f"{kind}/{bucket:04d}-"
        return tuple(path for path in every if path.startswith(start))

    def as_json(self) -> str:
        """Return the text of the file."""
        said = {
            "format": FORMAT, "layout": LAYOUT, "schema": self.schema, "state": self.state,
            "buckets": self.buckets, "n_sets": self.sets, "n_athletes": self.athletes,
            **{kind: sorted(self.files.get(kind, ())) for kind in KINDS},
            "different_people": self.different,
            "left_by_the_state_before": sorted(self.left),
        }  # fmt: skip
        # one line a key: with thousands of files, an indent would cost more than the rest
        lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in said.items())
        return "{\n" + ",\n".join(lines) + "\n}\n"


@dataclass(frozen=True, slots=True)
class Store:
    """A store in one of its states."""

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: str | Path) -> Store:
        """Open a store in the state that it is in.

        Raises:
            StoreError: there is no store, or one that this version does not read.
        """
        path = Path(folder) / MANIFEST
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StoreError(f"{folder} is no store: it has no {MANIFEST}") from None
        except (OSError, ValueError) as error:
            raise StoreError(f"{path} cannot be read: {error}") from None
        if not isinstance(said, dict) or said.get("format") != FORMAT:
            raise StoreError(f"{path} is not of a store of liftdose")
        layout, version = said.get("layout"), said.get("schema")
        if layout != LAYOUT or version != schema.VERSION:
            raise StoreError(
                f"{folder} is of version {layout}.{version}; this liftdose reads "
                f"{LAYOUT}.{schema.VERSION}. Build it again from the exports, in a new folder: "
                "liftdose ingest PATH… --store NEW"
            )
        files = {kind: tuple(said.get(kind, ())) for kind in KINDS}
        left = tuple(said.get("left_by_the_state_before", ()))
        return cls(
            Path(folder),
            Manifest(said["state"], said["buckets"], files, left, said["n_sets"],
                     said["n_athletes"], version, tuple(map(tuple, said["different_people"]))),
        )  # fmt: skip

    def made_for(self, sets: int) -> Store:
        """Return a store that is new with as many buckets as so many sets ask for."""
        if self.manifest.state:
            return self
        return replace(self, manifest=replace(self.manifest, buckets=buckets_for(sets)))

    def bucket_of(self, athlete: str) -> int:
        """Return the bucket of an athlete."""
        return hashed(athlete) % self.manifest.buckets

    @property
    def buckets(self) -> list[int]:
        """Numbers of the buckets that hold sets."""
        return sorted({int(Path(path).name[:4]) for path in self.manifest.of("sets")})

    @property
    def athletes(self) -> list[str]:
        """Names of the athletes who have sets, sorted."""
        inputs = (each for bucket in self.buckets for each in self.accounts(bucket).inputs)
        return sorted({each.athlete for each in inputs if each.ledger["sets"]})

    def paths(self, kind: str, bucket: int | None = None) -> list[Path]:
        """Return the files of a kind."""
        return [self.folder / path for path in self.manifest.of(kind, bucket)]

    def scan(self, bucket: int | None = None) -> pl.LazyFrame:
        """Return the set table, lazily, in no order of athletes."""
        columns = [column.name for column in schema.SETS]
        found = self.paths("sets", bucket)
        if not found:
            return schema.empty(schema.SETS).lazy()
        return pl.scan_parquet(found, glob=False).select(columns)

    def accounts(self, bucket: int) -> Accounts:
        """Return what became of the inputs of a bucket."""
        found = self.paths("accounts", bucket)
        return Accounts.read(found[0]) if found else Accounts()

    def table(self, kind: str, bucket: int) -> pl.DataFrame | None:
        """Return the rejected records, units or copies of a bucket; None where there are none."""
        found = self.paths(kind, bucket)
        return pl.read_parquet(found[0]) if found else None

    def shared(self) -> pl.DataFrame:
        """Return the pairs of athletes whose logs hold the same workouts."""
        found = self.paths("shared")
        return pl.read_parquet(found[0]) if found else pl.DataFrame(schema=SHARED)

    def catalogue(self) -> exercises.Catalogue:
        """Return the catalogue with the corrections that the store was built with."""
        found = self.paths("exercises")
        return exercises.load(found[0] if found else None)

    def logbook(
        self, bucket: int | None = None, athlete: str | Sequence[str] | None = None
    ) -> Logbook:
        """Return a logbook: of one bucket, of one athlete or some, or of all.

        Rows stand by athlete, and as the athlete's files have them. A logbook of all is in
        memory as a whole: `buckets` and `workers.mapped` are for what is larger.

        Raises:
            StoreError: there is no such athlete.
        """
        names = [athlete] if isinstance(athlete, str) else athlete
        wanted = range(self.manifest.buckets) if bucket is None else [bucket]
        if names is not None:
            wanted = sorted({self.bucket_of(name) for name in names})
        accounts = Accounts.joined(self.accounts(each) for each in wanted)
        rows = [self.scan(each) for each in wanted]
        if names is not None:
            accounts = accounts.of(names)
            for name in sorted(set(names) - set(accounts.athletes)):
                raise StoreError(f"{name!r} is not in {self.folder}")
            rows = [each.filter(pl.col("athlete").is_in(list(names))) for each in rows]
        sets = pl.concat(rows).collect().sort("athlete", maintain_order=True)
        catalogue, named = mapped(self.catalogue(), sets.lazy())
        files = [each.label for each in accounts.inputs]
        there = pl.col("athlete").is_in(accounts.athletes)
        shared = self.shared().filter(there & pl.col("other").is_in(accounts.athletes))

        def beside(kind: str, empty: pl.DataFrame) -> pl.DataFrame:
            found = [table for each in wanted if (table := self.table(kind, each)) is not None]
            return pl.concat([empty, *found]).filter(pl.col("source_file").is_in(files))

        return Logbook(
            sets=sets,
            ledger=accounts.ledger(),
            rejected=beside("rejected", schema.empty(schema.REJECTED)),
            exercises=named,
            catalogue=catalogue,
            notes=tuple(loudest_first(accounts.notes())),
            provenance=tuple(each.provenance() for each in accounts.inputs),
            units=beside("units", pl.DataFrame(schema=UNITS)),
            machines=accounts.machines,
            shared=shared,
            different=self.manifest.different,
        ).told(accounts.about)


@dataclass(frozen=True, slots=True)
class Input:
    """What became of one input: a file of exports, or an athlete's part of a set table.

    Attributes:
        athlete: whose it is.
        label: its name in the ledger, no two of an athlete alike.
        key: hash of its content and of what was said about it: the same key is the same sets.
        sha256: hash of its content.
        bytes: its size.
        family: apps whose exports hold the same log.
        several: whether a record may hold several sets.
        ledger: its row of `schema.LEDGER`, by column.
        notes: what reading it had to say.
        covered: whether all its sets stand in other inputs, so that it is not kept beside them.
    """

    athlete: str
    label: str
    key: str
    sha256: str
    bytes: int
    family: str
    several: bool
    ledger: Mapping[str, Any]
    notes: tuple[Note, ...] = ()
    covered: bool = False

    def provenance(self) -> dict[str, str | int]:
        """Return its entry in a logbook's provenance."""
        return {
            "file": self.label, "athlete": self.athlete, "app": str(self.ledger["vendor"] or ""),
            "bytes": self.bytes, "sha256": self.sha256,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Accounts:
    """What became of the inputs of a bucket, and what its people say of themselves."""

    inputs: tuple[Input, ...] = ()
    about: Mapping[str, About] = field(default_factory=dict)
    machines: Mapping[str, Machines] = field(default_factory=dict)

    @property
    def athletes(self) -> list[str]:
        """Names, sorted."""
        return sorted({each.athlete for each in self.inputs})

    def of(self, athletes: Sequence[str]) -> Accounts:
        """Return the part of some athletes."""
        names = set(athletes)
        return Accounts(
            tuple(each for each in self.inputs if each.athlete in names),
            {name: said for name, said in self.about.items() if name in names},
            {name: said for name, said in self.machines.items() if name in names},
        )

    @classmethod
    def joined(cls, each: Iterable[Accounts]) -> Accounts:
        """Return several as one, inputs by athlete."""
        found = list(each)
        inputs = [one for accounts in found for one in accounts.inputs]
        return cls(
            tuple(sorted(inputs, key=lambda one: one.athlete)),
            {name: said for one in found for name, said in one.about.items()},
            {name: said for one in found for name, said in one.machines.items()},
        )

    def ledger(self) -> pl.DataFrame:
        """Return `schema.LEDGER`."""
        rows = [{**each.ledger, "source_file": each.label} for each in self.inputs]
        return pl.DataFrame(rows, schema=schema.polars_schema(schema.LEDGER), orient="row")

    def notes(self) -> Iterator[Note]:
        """Yield what reading had to say."""
        for each in self.inputs:
            yield from each.notes

    @classmethod
    def read(cls, path: Path) -> Accounts:
        """Read a file of `as_json`."""
        said = json.loads(path.read_text(encoding="utf-8"))
        inputs = tuple(
            Input(**{**each, "notes": tuple(Note(**note) for note in each["notes"])})
            for each in said["inputs"]
        )
        if not said["about"] and not said["machines"]:
            return cls(inputs)
        about, machines = _typed()
        return cls(
            inputs,
            {name: about.validate_python(each) for name, each in said["about"].items()},
            {name: machines.validate_python(each) for name, each in said["machines"].items()},
        )

    def as_json(self) -> str:
        """Return the text of the file."""
        inputs = [
            {**{name: getattr(each, name) for name in Input.__slots__},
             "notes": [_plain(note) for note in each.notes]}
            for each in self.inputs
        ]  # fmt: skip
        said = {
            "inputs": inputs,
            "about": {name: asdict(each) for name, each in sorted(self.about.items())},
            "machines": {name: asdict(each) for name, each in sorted(self.machines.items())},
        }
        return json.dumps(said, ensure_ascii=False, default=str)


def _plain(note: Note) -> dict[str, Any]:
    return {
        "kind": note.kind, "file": note.file, "athlete": note.athlete, "count": int(note.count),
        "facts": dict(note.facts),
    }  # fmt: skip


@cache
def _typed() -> tuple[Any, Any]:
    """What reads people's own words back: dates and tuples, from JSON."""
    from pydantic import TypeAdapter

    return TypeAdapter(About), TypeAdapter(Machines)


class Change:
    """A new state in the making: files under new names, then the manifest, in one step.

    Made inside `changing`, which holds the store against other writers.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._state = store.manifest.state + 1
        self._files = {kind: set(store.manifest.of(kind)) for kind in KINDS}
        self._new: list[Path] = []
        self._pieces: Counter[int] = Counter()

    def path(
        self, kind: str, bucket: int | None = None, ending: str = "parquet", piece: str = ""
    ) -> Path:
        """Return the path of a new file of a kind, which becomes one of this state.

        Args:
            kind: one of `KINDS`.
            bucket: whose it is; None where the kind is of the whole store.
            ending: of the name.
            piece: number of the file, where a bucket gets several: none, or four digits.
        """
        start = "" if bucket is None else f"{bucket:04d}-"
        name = f"{kind}/{start}{self._state:06d}{piece and '-'}{piece}.{ending}"
        self._files[kind].add(name)
        path = self.store.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._new.append(path)
        return path

    def without(self, kind: str, bucket: int | None = None) -> None:
        """Leave the files of a kind out of the new state."""
        self._files[kind] -= set(self.store.manifest.of(kind, bucket))

    def pieces(self, bucket: int) -> Iterator[Path]:
        """Yield paths of new files of sets of a bucket, of which there may be many."""
        while True:
            piece = self._pieces[bucket]
            self._pieces[bucket] += 1
            yield self.path("sets", bucket, piece=f"{piece:04d}")

    def drop(self, path: Path) -> None:
        """Leave one file out of the new state."""
        name = path.relative_to(self.store.folder).as_posix()
        self._files[name.partition("/")[0]].discard(name)

    def pending(self) -> Store:
        """Return the store as it will be, with what has been written so far."""
        files = {kind: tuple(sorted(names)) for kind, names in self._files.items()}
        return Store(self.store.folder, replace(self.store.manifest, files=files))

    def commit(self, sets: int, athletes: int, different: Iterable[tuple[str, ...]] = ()) -> Store:
        """Make the new state the store's.

        Args:
            sets: rows of the set table.
            athletes: people in it.
            different: names that somebody called different people's.
        """
        old = self.store.manifest
        for path in self._new:
            _to_disk(path)
        new = replace(
            old,
            state=self._state,
            files={kind: tuple(sorted(names)) for kind, names in self._files.items()},
            left=tuple(
                sorted(
                    name
                    for kind in KINDS
                    for name in old.of(kind)
                    if name not in self._files[kind]
                )
            ),
            sets=sets,
            athletes=athletes,
            different=tuple(different),
        )
        target = self.store.folder / MANIFEST
        aside = target.with_name(f".{MANIFEST}-{self._state}")
        aside.write_text(new.as_json(), encoding="utf-8", newline="\n")
        _to_disk(aside)
        aside.replace(target)
        _to_disk(self.store.folder)
        return Store(self.store.folder, new)


@contextmanager
def changing(folder: Path) -> Iterator[Store]:
    """Hold a store for a change; what an ended or killed run has left is swept before.

    Args:
        folder: the store; made when absent.

    Raises:
        OutputError: another run is writing there, or the folder cannot be written.
        StoreError: the folder holds something else, or a store of another version.
    """
    with clear_words(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            if is_store(folder):
                store = Store.open(folder)
            elif strangers := _strangers(folder):
                raise StoreError(
                    f"{folder} holds {strangers[0]}, and is no store: name another folder"
                )
            else:
                store = Store(folder, Manifest())
            _sweep(store)
            yield store


def _strangers(folder: Path) -> list[str]:
    """Return what stands in a folder without a manifest, besides what a killed run left."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if not (path.name in KINDS and path.is_dir()) and not path.name.startswith(".")
    )


def _sweep(store: Store) -> None:
    """Remove files that are of no state: those of the one before the last, and of killed runs."""
    for kind in KINDS:
        folder, current = store.folder / kind, store.manifest.of(kind)
        there = {entry.name for entry in os.scandir(folder)} if folder.is_dir() else set()
        for name in there - {path.rpartition("/")[2] for path in current}:
            if re.fullmatch(r"(\d{4}-)?\d{6}(-\d{4})?\.(parquet|json|npy|toml)", name):
                (folder / name).unlink(missing_ok=True)
    for path in store.folder.glob(f".{MANIFEST}-*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(store.folder / ".staged", ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Make sure that a file, or a folder's list of files, outlives a loss of power."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # a folder cannot be opened on Windows
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
