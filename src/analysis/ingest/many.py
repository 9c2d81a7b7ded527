"""Many files: staged in chunks, each chunk's sets in one Parquet file, by one process or several.

What a file decides (its dates' order, its decimal sign, its unit) it decides alone. Files in which
nothing is to be decided are checked together, the others each by itself, all in memory; what is
laid down is put together. A file whose unit nothing
tells is asked about where the question can be put: in the process that began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import polars as pl

from analysis import exercises
from analysis.ingest import batches
from analysis.ingest.parts import laid
from analysis.ingest.remembered import Ask, Undecided
from analysis.ingest.sources import Source
from analysis.ingest.staging import Account, check_file, no_room
from analysis.notes import Note
from analysis.problems import is_disk_full
from analysis.progress import Tell, silent
from analysis.workers import HERE, Lost, Workers, mapped

CHUNK_FILES = 64
CHUNK_BYTES = 32_000_000
"""Files, and bytes of them, that are staged together: they are in memory until laid down."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said about all files that are read.

    Attributes:
        unit: "kg" or "lb", for files that do not say.
        encoding: for text files that are not UTF-8.
        tz: the lifter's time zone, for exports in UTC.
        overrides: an `exercises.toml` that corrects the catalogue.
        alone: whether a single file will never be compared with another.
    """

    unit: str | None = None
    encoding: str | None = None
    tz: str | None = None
    overrides: Path | None = None
    alone: bool = True

    @property
    def catalogue(self) -> exercises.Catalogue:
        """The catalogue with what the file of corrections holds now."""
        digest = "" if self.overrides is None else sha256(self.overrides.read_bytes()).hexdigest()
        return _catalogue(self.overrides, digest)


@dataclass(frozen=True, slots=True)
class _Chunk:
    sources: tuple[Source, ...]
    said: Said
    workdir: Path
    alone: bool

    @property
    def name(self) -> str:
        first, more = self.sources[0].label, len(self.sources) - 1
        return f"{first} and {more} more" if more else first


def stage(
    sources: Sequence[Source],
    said: Said,
    workdir: Path,
    *,
    who: Workers = HERE,
    ask: Ask | None = None,
    tell: Tell = silent,
) -> list[Account]:
    """Stage files and return their accounts, in the order of the files.

    Args:
        sources: the files.
        said: what is said about them.
        workdir: where their sets are laid; it must be seen by whoever does the work.
        who: who does it.
        ask: gets each file whose unit nothing tells; called in this process only.
        tell: gets the steps done, the steps in all and what comes next.

    Raises:
        OutputError: there is no room for the staged sets.
        SettingsError: a `liftdose.toml` beside a file breaks a rule.
    """
    alone = said.alone and len(sources) == 1
    if who.start is None:
        return _staged_here(sources, said, workdir, alone, ask, tell)
    chunks = [
        _Chunk(tuple(each), said, workdir / f"chunk-{number}", alone)
        for number, each in enumerate(_chunks(sources))
    ]
    found: list[Account] = []
    for chunk, accounts in zip(
        chunks, mapped(_stage_chunk, chunks, who, name=lambda each: each.name, tell=tell),
        strict=True,
    ):  # fmt: skip
        if isinstance(accounts, Lost):
            found += [_died(source, accounts) for source in chunk.sources]
            continue
        for source, account in zip(chunk.sources, accounts, strict=True):
            found.append(account or _asked(source, said, workdir, ask))
    return found


def _staged_here(
    sources: Sequence[Source], said: Said, workdir: Path, alone: bool, ask: Ask | None, tell: Tell
) -> list[Account]:
    found: list[Account] = []
    catalogue, done = said.catalogue, 0
    for number, chunk in enumerate(_chunks(sources)):
        target = workdir / f"chunk-{number}"
        target.mkdir()
        tell(done, len(sources), chunk[0].label)
        accounts = []
        together = batches.checked(chunk, said.unit, catalogue, target)
        for source, account in zip(chunk, together, strict=True):
            if account is None:
                tell(done, len(sources), source.label)
                aside = target / f"file-{done}"
                account = _checked(source, said, catalogue, aside, ask, alone)
            accounts.append(account)
            done += 1
        found += _laid(accounts, target)
    tell(done, len(sources), "")
    return found


def _stage_chunk(chunk: _Chunk) -> list[Account | None]:
    """Stage the files of a chunk; None stands for one that somebody must be asked about."""
    # A second try must not find what a first left.
    workdir = chunk.workdir
    tries = 0
    while workdir.exists():
        tries += 1
        workdir = chunk.workdir.with_name(f"{chunk.workdir.name}-{tries}")
    workdir.mkdir(parents=True)
    accounts: list[Account | None] = []
    catalogue = chunk.said.catalogue
    together = batches.checked(chunk.sources, chunk.said.unit, catalogue, workdir)
    for number, (source, known) in enumerate(zip(chunk.sources, together, strict=True)):
        asked: list[Undecided] = []
        target = workdir / f"file-{number}"
        account = known or _checked(
            source, chunk.said, catalogue, target, asked.append, chunk.alone
        )
        accounts.append(None if asked else account)
    whole = iter(_laid([each for each in accounts if each is not None], workdir))
    return [each and next(whole) for each in accounts]


def _checked(
    source: Source,
    said: Said,
    catalogue: exercises.Catalogue,
    target: Path,
    ask: Ask | None,
    alone: bool,
) -> Account:
    return check_file(
        source, said.unit, said.encoding, catalogue, target, ask, said.tz,
        alone=alone,
    )  # fmt: skip


def _asked(source: Source, said: Said, workdir: Path, ask: Ask | None) -> Account:
    target = workdir / f"asked-{len(list(workdir.iterdir()))}"
    target.mkdir()
    return _laid([_checked(source, said, said.catalogue, target / "file", ask, False)], target)[0]


def _laid(accounts: list[Account], target: Path) -> list[Account]:
    """Lay the sets of accounts into one file."""
    small = [each for each in accounts if each.part.table is not None]
    if small:
        try:
            parts = laid((each.part for each in small), target / "sets.parquet")
        except (OSError, pl.exceptions.PolarsError) as error:
            if is_disk_full(error):
                raise no_room(target, small[0].label) from error
            raise
        for account, part in zip(small, parts, strict=True):
            account.part = part
    return accounts


def _died(source: Source, lost: Lost) -> Account:
    return Account.refused(
        Note("unreadable", source.label, source.athlete, facts={"why": f"reading it, {lost.why}"})
    )


def _chunks(sources: Sequence[Source]) -> list[list[Source]]:
    found: list[list[Source]] = []
    held = 0
    for source in sources:
        try:
            size = source.path.stat().st_size
        except OSError:
            size = 0  # reading it will say why
        if not found or len(found[-1]) >= CHUNK_FILES or held + size > CHUNK_BYTES:
            found.append([])
            held = 0
        found[-1].append(source)
        held += size
    return found


@lru_cache(maxsize=2)
def _catalogue(overrides: Path | None, _digest: str) -> exercises.Catalogue:
    """A process that stages many chunks reads the catalogue once, as long as it is the same."""
    return exercises.load(overrides)
