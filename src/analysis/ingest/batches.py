"""Small files of one dialect, read as one: they differ in nothing but their rows.

Most of the cost of a small file is planning a dozen queries. So files with one header, whose app
looks no further than a record's neighbours, are put together as bytes and go through the same
checks as one large file would. A record's number says which file it is of, and an empty row stands
between two files, so that neither has a neighbour in the other. Where the app names no unit of
loads, each file's numbers decide for it, as they would alone.

Only what needs no other decision stays: a file that is not regular, or in which a record is turned
away, a word is unknown, a workout stands twice or the unit cannot be told, is read alone, as any
file is, and so are all of a batch where something else that a file decides for itself (a decimal
comma, a date that may mean two days) turns up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis import schema
from analysis.exercises import Catalogue
from analysis.ingest import lines, records, set_table
from analysis.ingest.load_unit import UNIT_SCHEMA, Decision, decide, number, says
from analysis.ingest.parts import Part
from analysis.ingest.set_table import FILE, Origin
from analysis.ingest.sheets import layout
from analysis.ingest.sources import Source
from analysis.ingest.staging import Account, Broken, kinds_of
from analysis.ingest.vendors import HEADER, REST_BY_SHAPE, Peek, Staged, Vendor, identify
from analysis.problems import UnreadableError

FEWEST = 8
"""Files from which on reading them together is worth it. A group of them that one spoils is halved
down to so many, which costs the others little."""

MOST_BYTES = 4_000_000
"""Of a file: a larger one gains nothing."""

_NOTHING_ODD = pl.DataFrame(schema={"source_row": pl.Int64, "not_set": pl.String})


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
        for place, account in _accounts(members, peek, vendor, unit, catalogue, workdir):
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
        members: dict[str, list[_Member]] = defaultdict(list)
        vendors: dict[str, Vendor] = {}
        for place, peek in each if len(each) >= FEWEST else ():
            vendor = _by_row(peek)
            member = None if vendor is None else _member(place, sources[place], peek)
            if vendor is not None and member is not None:
                vendors[vendor.name] = vendor
                members[vendor.name].append(member)
        for name, regular in members.items():
            if len(regular) >= FEWEST:
                yield regular, replace(each[0][1], quick=True), vendors[name]


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
    """Return the app of a file, where it looks at records only and its clock is the lifter's."""
    try:
        vendor = identify(peek)
    except UnreadableError:
        return None
    headless = vendor.missing_header is not None and vendor.missing_header(peek) is not None
    return vendor if vendor.by_row and not headless and vendor.carries.clock != "utc" else None


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
    members: Sequence[_Member],
    peek: Peek,
    vendor: Vendor,
    unit: str | None,
    catalogue: Catalogue,
    workdir: Path,
) -> Iterator[tuple[int, Account]]:
    """Yield the accounts of files by place; of a group that one of them spoils, its halves'."""
    try:
        yield from list(_read(members, peek, vendor, unit, catalogue, workdir))
    except Broken:
        half = len(members) // 2
        if half >= FEWEST:
            for part in (members[:half], members[half:]):
                yield from _accounts(part, peek, vendor, unit, catalogue, workdir)


def _read(
    members: Sequence[_Member],
    peek: Peek,
    vendor: Vendor,
    unit: str | None,
    catalogue: Catalogue,
    workdir: Path,
) -> Iterator[tuple[int, Account]]:
    """Yield the accounts of files.

    Raises:
        Broken: one of them holds something that it must be read alone for.
    """
    staged = vendor.stage(_records(members, peek, vendor).lazy(), peek)
    rows = staged.rows.filter(pl.col("source_row").is_not_null())  # the empty rows have served
    staged = replace(staged, rows=rows.collect(engine="in-memory").lazy())
    present = staged.rows.collect_schema().names()
    if "person" in present or set_table.plain_numbers(staged) is not staged:
        raise UnreadableError("whose a set is, or a form of numbers, is to be decided")
    units: list[Decision] = []
    if staged.load_unit is None:
        units = [
            decide(each, vendor.title, says(member.source, unit))
            for member, each in zip(members, _each(staged, members), strict=True)
        ]
        staged = _in_units(staged, units)
    origin = Origin("", vendor.name, "")
    check = set_table.check(staged, origin, catalogue, pl.DataFrame(schema=UNIT_SCHEMA), many=True)
    sets = check.sets.collect(engine="in-memory")
    file = (sets["source_row"] // FILE).alias("file")
    odd = pl.concat([_NOTHING_ODD, *check.odd], how="diagonal").with_columns(
        file=pl.col("source_row") // FILE
    )
    idle = odd.filter(pl.col("not_set").is_not_null())
    alone = _to_be_read_alone(sets.with_columns(file), odd)
    alone |= {place for place, each in enumerate(units) if each.table is None}
    sets = sets.with_columns(
        pl.col("source_row") % FILE,
        pl.Series("athlete", [each.source.athlete for each in members]).gather(file),
        pl.Series("source_file", [each.source.label for each in members]).gather(file),
    )
    heights = np.bincount(file.to_numpy(), minlength=len(members))
    not_sets = np.bincount(idle["file"].to_numpy(), minlength=len(members))
    ends, far = np.cumsum(heights), _unnamed_distances(staged, len(members))
    for place, member in enumerate(members):
        height, others = int(heights[place]), int(not_sets[place])
        if place in alone or not height or height + others != member.records:
            continue
        source, counted = member.source, member.counted
        account = Account(
            source.label, source.athlete, vendor.name, vendor.title, source.path,
            part=Part(table=sets.slice(int(ends[place]) - height, height)), workdir=workdir,
            lines=counted.total, header=1, inside=counted.inside, several=True, sets=height,
            with_sets=height, not_sets=others, family=vendor.family,
            not_set_kinds=kinds_of(idle.filter(pl.col("file") == place)) if others else (),
        )  # fmt: skip
        if units:
            account.told_units(units[place])
        if far[place]:
            account.say("distance", int(far[place]))
        yield member.place, account


def _each(staged: Staged, members: Sequence[_Member]) -> Iterator[Staged]:
    """Yield what is staged of each file."""
    rows, first = staged.rows.collect(), 0
    for member in members:
        yield replace(staged, rows=rows.slice(first, member.records).lazy())
        first += member.records


def _in_units(staged: Staged, units: Sequence[Decision]) -> Staged:
    """Return the rows with the unit of each, by its file and exercise."""
    tables = [
        each.table.select("exercise", load_unit="unit", file=pl.lit(number, dtype=pl.Int64))
        for number, each in enumerate(units)
        if each.table is not None
    ]
    if not tables:
        raise UnreadableError("no file's unit can be told")
    rows = staged.rows.with_columns(file=pl.col("source_row") // FILE)
    rows = rows.join(
        pl.concat(tables).lazy(), on=["file", "exercise"], how="left", maintain_order="left"
    )
    return replace(staged, rows=rows.drop("file"), load_unit="")


def _unnamed_distances(staged: Staged, files: int) -> npt.NDArray[np.int64]:
    """Count the distances of each file, where nothing names their unit."""
    if staged.distance_unit is not None or "distance" not in staged.rows.collect_schema().names():
        return np.zeros(files, dtype=np.int64)
    rows = staged.rows.filter(number("distance").fill_null(0) != 0)
    file = rows.select(pl.col("source_row") // FILE).collect()["source_row"]
    return np.bincount(file.to_numpy(), minlength=files)


def _records(members: Sequence[_Member], peek: Peek, vendor: Vendor) -> pl.DataFrame:
    """Return the records of all files, `source_row` with the number of the file.

    Before each file stands a row of nulls.
    """
    header = peek.path.read_bytes().partition(b"\n")[0]
    whole = b"".join(
        [header.removeprefix(b"\xef\xbb\xbf"), b"\n", *(each.body for each in members)]
    )
    broken = frozenset().union(*(each.counted.broken for each in members))
    rows = records.scan(whole, peek, vendor, broken=broken).collect(engine="in-memory")
    heights = np.array([each.records for each in members])
    if rows.height != heights.sum():
        raise UnreadableError("as many records as lines tell of were not found")
    line = rows["source_row"].to_numpy()
    starts = np.cumsum(heights) - heights
    first = np.repeat(line[starts], heights)
    file = np.repeat(np.arange(len(members), dtype=np.int64), heights)
    rows = rows.with_columns(pl.Series("source_row", line - first + 2 + file * FILE))
    place = np.insert(np.arange(rows.height), starts, -1)
    return rows.select(pl.all().gather(pl.Series(place).replace(-1, None)))


def _to_be_read_alone(sets: pl.DataFrame, odd: pl.DataFrame) -> set[int]:
    """Return the numbers of files of which something must be told or decided."""
    workout = ["file", "session", "workout"]
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in workout)
    starts = sets.select(*workout, begins.alias("begins")).filter("begins")
    again = starts.filter(pl.struct("file", "session").is_duplicated())
    strange = sets.filter(~pl.col("kind").is_in(list(schema.KINDS)).fill_null(False))
    told = odd.filter(pl.col("not_set").is_in([HEADER, REST_BY_SHAPE]).fill_null(True))
    return {*again["file"].to_list(), *strange["file"].to_list(), *told["file"].to_list()}
