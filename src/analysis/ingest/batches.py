"""Small files of one dialect, read as one: they differ in nothing but their rows.

Most of the cost of a small file is planning a dozen queries. So files with one header, whose app
looks at each record by itself, are put together as bytes and go through the same checks as one
large file would. A record's number says which file it is of.

Only what needs no decision stays: a file that is not regular, or in which a record is turned away,
a word is unknown or a workout stands twice, is read alone, as any file is, and so are all of a
batch where something that a file decides for itself (a decimal comma, a date in another form)
turns up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from analysis import schema
from analysis.exercises import Catalogue
from analysis.ingest import lines, records, set_table
from analysis.ingest.load_unit import UNIT_SCHEMA, says
from analysis.ingest.parts import Part
from analysis.ingest.set_table import FILE, Origin
from analysis.ingest.sheets import layout
from analysis.ingest.sources import Source
from analysis.ingest.staging import Account, Broken
from analysis.ingest.vendors import Peek, Vendor, identify
from analysis.problems import UnreadableError

FEWEST = 8
"""Files from which on reading them together is worth it. A group of them that one spoils is halved
down to so many, which costs the others little."""

MOST_BYTES = 4_000_000
"""Of a file: a larger one gains nothing."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A file that may be read with others.

    Attributes:
        place: among the files asked for.
        source: the file.
        body: its bytes after the header, ended by a line feed.
        counted: its lines.
    """

    place: int
    source: Source
    body: bytes
    counted: lines.Lines

    @property
    def records(self) -> int:
        """Records in it, the header apart."""
        return self.counted.records - 1


def checked(
    sources: Sequence[Source], unit: str | None, catalogue: Catalogue, workdir: Path
) -> list[Account | None]:
    """Return the accounts of files that could be read together; None for each of the others.

    Args:
        sources: the files.
        unit: "kg" or "lb", said of files that do not say.
        catalogue: maps exercise names.
        workdir: the folder of the accounts, in which nothing is written.

    Raises:
        SettingsError: a `liftdose.toml` beside a file breaks a rule.
    """
    found: list[Account | None] = [None] * len(sources)
    for members, peek, vendor in _groups(sources, unit):
        for place, account in _accounts(members, peek, vendor, catalogue, workdir):
            found[place] = account
    return found


def _groups(
    sources: Sequence[Source], unit: str | None
) -> Iterator[tuple[list[_Member], Peek, Vendor]]:
    """Yield the files that may be read together, with a peek of them and their app."""
    peeks: dict[tuple[tuple[str, ...], str], list[tuple[int, Peek]]] = defaultdict(list)
    for place, source in enumerate(sources):
        says(source, unit)
        if (peek := _first_look(source)) is not None:
            peeks[peek.header, peek.delimiter].append((place, peek))
    for each in peeks.values():
        vendor = _by_row(each[0][1]) if len(each) >= FEWEST else None
        if vendor is None:
            continue
        members = [_member(place, sources[place], peek) for place, peek in each]
        regular = [member for member in members if member is not None]
        if len(regular) >= FEWEST:
            yield regular, replace(each[0][1], quick=True), vendor


def _first_look(source: Source) -> Peek | None:
    if not source.member and layout.beside(source.export):
        return None  # a recipe may describe it
    try:
        if source.path.stat().st_size > MOST_BYTES:
            return None
        peek = records.peek(source.path)
    except (OSError, UnreadableError):
        return None
    return peek if peek.header else None


def _by_row(peek: Peek) -> Vendor | None:
    """Return the app of a header, where it looks at each record by itself."""
    try:
        vendor = identify(peek)
    except UnreadableError:
        return None
    return vendor if vendor.by_row else None


def _member(place: int, source: Source, peek: Peek) -> _Member | None:
    """Return a file with its lines; None where any reader of CSV might read it in its own way."""
    if lines.marked_encoding(peek.magic) is not None:
        return None
    try:
        counted = lines.count(source.path, peek.delimiter, len(peek.header))
        body = source.path.read_bytes().partition(b"\n")[2]
    except OSError:
        return None
    if not counted.regular or counted.blank or counted.records < 2:
        return None
    return _Member(place, source, body if body.endswith(b"\n") else body + b"\n", counted)


def _accounts(
    members: Sequence[_Member], peek: Peek, vendor: Vendor, catalogue: Catalogue, workdir: Path
) -> Iterator[tuple[int, Account]]:
    """Yield the accounts of files by place; of a group that one of them spoils, its halves'."""
    try:
        yield from list(_read(members, peek, vendor, catalogue, workdir))
    except Broken:
        half = len(members) // 2
        if half >= FEWEST:
            for part in (members[:half], members[half:]):
                yield from _accounts(part, peek, vendor, catalogue, workdir)


def _read(
    members: Sequence[_Member], peek: Peek, vendor: Vendor, catalogue: Catalogue, workdir: Path
) -> Iterator[tuple[int, Account]]:
    """Yield the accounts of files.

    Raises:
        Broken: one of them holds something that it must be read alone for.
    """
    rows = _records(members, peek, vendor)
    staged = vendor.stage(rows.lazy(), peek)
    present = staged.rows.collect_schema().names()
    if (
        staged.load_unit is None
        or "person" in present
        or set_table.plain_numbers(staged) is not staged
        or (staged.distance_unit is None and "distance" in present)
    ):
        raise UnreadableError("a unit or a form of numbers is to be decided")
    origin = Origin("", vendor.name, "")
    check = set_table.check(staged, origin, catalogue, pl.DataFrame(schema=UNIT_SCHEMA), many=True)
    sets = check.sets.collect(engine="in-memory")
    file = (sets["source_row"] // FILE).alias("file")
    alone = _to_be_read_alone(sets.with_columns(file), check.odd)
    sets = sets.with_columns(
        pl.col("source_row") % FILE,
        pl.Series("athlete", [each.source.athlete for each in members]).gather(file),
        pl.Series("source_file", [each.source.label for each in members]).gather(file),
    )
    heights = np.bincount(file.to_numpy(), minlength=len(members))
    ends = np.cumsum(heights)
    for number, member in enumerate(members):
        height = int(heights[number])
        if number in alone or height != member.records:
            continue
        source, counted = member.source, member.counted
        yield member.place, Account(
            source.label, source.athlete, vendor.name, vendor.title, source.path,
            part=Part(table=sets.slice(int(ends[number]) - height, height)), workdir=workdir,
            lines=counted.total, header=1, inside=counted.inside, several=True, sets=height,
            with_sets=height, family=vendor.family,
        )  # fmt: skip


def _records(members: Sequence[_Member], peek: Peek, vendor: Vendor) -> pl.DataFrame:
    """Return the records of all files, `source_row` with the number of the file."""
    header = peek.path.read_bytes().partition(b"\n")[0]
    whole = b"".join(
        [header.removeprefix(b"\xef\xbb\xbf"), b"\n", *(each.body for each in members)]
    )
    inside = any(each.counted.inside for each in members)
    rows = records.scan(whole, peek, vendor, lines_inside=inside).collect(engine="in-memory")
    heights = np.array([each.records for each in members])
    if rows.height != heights.sum():
        raise UnreadableError("as many records as lines tell of were not found")
    line = rows["source_row"].to_numpy()
    first = np.repeat(line[np.cumsum(heights) - heights], heights)
    file = np.repeat(np.arange(len(members), dtype=np.int64), heights)
    return rows.with_columns(pl.Series("source_row", line - first + 2 + file * FILE))


def _to_be_read_alone(sets: pl.DataFrame, odd: Sequence[pl.DataFrame]) -> set[int]:
    """Return the numbers of files of which something must be told or decided."""
    workout = ["file", "session", "workout"]
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in workout)
    starts = sets.select(*workout, begins.alias("begins")).filter("begins")
    again = starts.filter(pl.struct("file", "session").is_duplicated())
    strange = sets.filter(~pl.col("kind").is_in(list(schema.KINDS)).fill_null(False))
    return {
        *again["file"].to_list(),
        *strange["file"].to_list(),
        *(number for each in odd for number in (each["source_row"] // FILE).to_list()),
    }
