"""A set table that somebody hands over, as Parquet: sorted into the buckets of a store.

A table of any size goes through in chunks. Where each athlete's sets stand together, a chunk is a
number of whole athletes, and its part of a bucket is theirs, one after another: no row is moved.
Else each chunk is parted into groups of buckets, laid aside in files; then each group is read as a
whole, which is what has to fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis import schema
from analysis.ingest.set_table import LOGGED_NUMBER
from analysis.problems import UnreadableError, UserError
from analysis.progress import Tell
from analysis.store import hashed

CHUNK_ROWS = 1_000_000
GROUP_ROWS = 2_000_000
"""Rows that are in memory at once, and once more while they are put in order."""

MAGIC = b"PAR1"
BLOCK = 1 << 20

STORED = pl.Schema([*schema.polars_schema(schema.SETS).items(), (LOGGED_NUMBER, pl.Int32)])
"""Columns of a store's files of sets: the set table, and what two exports are told apart by."""


def of(given: Sequence[str | Path]) -> list[Path]:
    """Return the Parquet files among given paths; those of a folder are parts of one table."""
    found: list[Path] = []
    for path in map(Path, given):
        if path.is_dir():
            found += sorted(part for part in path.glob("*.parquet") if _is_parquet(part))
        elif _is_parquet(path):
            found.append(path)
    return found


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def content(paths: Sequence[Path]) -> tuple[str, int]:
    """Return the hash of the files' content, one after another, and their size."""
    digest = sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    return digest.hexdigest(), sum(path.stat().st_size for path in paths)


def rows(paths: Sequence[Path]) -> int:
    """Return how many sets a table in parts holds."""
    return int(pl.concat(map(scan, paths)).select(pl.len()).collect().item())


def scan(path: Path) -> pl.LazyFrame:
    """Return a set table, lazily, with the columns that a store keeps.

    Raises:
        UnreadableError: it lacks a column of the set table that must be there.
        UserError: it is of another version.
    """
    try:
        version = pl.read_parquet_metadata(path).get(schema.VERSION_KEY, str(schema.VERSION))
        found = pl.scan_parquet(path, glob=False)
        names = set(found.collect_schema().names())
    except pl.exceptions.PolarsError as error:
        raise UnreadableError(f"{path.name}: no table that can be read: {error}") from None
    if version != str(schema.VERSION):
        raise UserError(
            f"{path.name} is a set table of version {version}; this liftdose reads "
            f"{schema.VERSION}: make it again from the exports (liftdose ingest)"
        )
    missing = [each.name for each in schema.SETS if each.required and each.name not in names]
    if missing:
        raise UnreadableError(
            f"{path.name} is no set table: it lacks {', '.join(missing)}; see docs/columns.md"
        )
    return found.select(
        (pl.col(name) if name in names else pl.lit(None)).cast(kind).alias(name)
        for name, kind in STORED.items()
    )


@dataclass(frozen=True, slots=True)
class Lying:
    """A set table in which each athlete's sets stand together.

    Attributes:
        paths: the table, in parts.
        heights: rows of each part.
        athletes: names, in the order of the table.
        sizes: rows of each athlete.
    """

    paths: tuple[Path, ...]
    heights: tuple[int, ...]
    athletes: tuple[str, ...]
    sizes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Lying | None:
        """Look where athletes stand; None where one stands in several places."""
        runs = [_named(scan(path).select("athlete").collect()) for path in paths]
        joined = (  # an athlete may go on in the next part
            pl.concat(runs)
            .group_by(pl.col("value").rle_id().alias("run"), maintain_order=True)
            .agg(pl.col("value").first(), pl.col("len").sum().cast(pl.Int64))
        )
        if joined["value"].n_unique() < joined.height:
            return None
        heights = tuple(int(each["len"].sum()) for each in runs)
        return cls(tuple(paths), heights, tuple(joined["value"]), joined["len"].to_numpy())

    def chunks(self, rows: int) -> Iterator[pl.DataFrame]:
        """Yield the table in chunks of whole athletes, of so many rows if one has not more."""
        for first, end in whole_athletes(self.sizes, rows):
            yield pl.concat(list(self._between(first, end))).collect()

    def _between(self, first: int, end: int) -> Iterator[pl.LazyFrame]:
        start = 0
        for path, height in zip(self.paths, self.heights, strict=True):
            low, high = max(first - start, 0), min(end - start, height)
            if low < high:
                yield scan(path).slice(low, high - low)
            start += height


def whole_athletes(sizes: npt.NDArray[np.integer], rows: int) -> Iterator[tuple[int, int]]:
    """Yield first row and end of stretches of whole athletes, of so many rows if one has not more.

    Args:
        sizes: rows of each athlete, in their order.
        rows: of a stretch, at most.
    """
    ends, first = np.cumsum(sizes), 0
    while first < ends[-1:].sum():
        fits = np.searchsorted(ends, first + rows, "right")
        end = int(ends[max(fits - 1, np.searchsorted(ends, first, "right"))])
        yield first, end
        first = end


def by_bucket(
    chunk: pl.DataFrame, buckets: int
) -> Iterator[tuple[int, pl.DataFrame, list[tuple[str, int, str]]]]:
    """Yield the buckets of a chunk of whole athletes: rows by athlete, and who is in them.

    Each athlete is a name, rows, and the app of the first.
    """
    runs = _named(chunk)
    length = runs["len"].to_numpy().astype(np.int64)
    start = np.cumsum(length) - length
    apps = chunk["app"].gather(start)
    people = sorted(
        (hashed(name) % buckets, name, int(at), int(size), app)
        for name, at, size, app in zip(runs["value"], start, length, apps, strict=True)
    )
    for bucket, group in groupby(people, key=itemgetter(0)):
        each = list(group)
        rows = pl.concat([chunk.slice(at, size) for _, _, at, size, _ in each], rechunk=False)
        yield bucket, rows, [(name, size, app) for _, name, _, size, app in each]


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """Return `value`, `len`: the runs of one athlete's sets.

    Raises:
        UserError: a set is nobody's.
    """
    if table["athlete"].null_count():
        raise UserError("a set without an athlete: name them all")
    return table["athlete"].rle().struct.unnest()


@dataclass(frozen=True, slots=True)
class Sorted:
    """A set table in groups of buckets.

    Attributes:
        buckets: how many there are.
        groups: how many groups they are in; consecutive buckets are in one.
        table: the table, where all of it is one group.
        workdir: where the groups lie otherwise, one folder each.
    """

    buckets: int
    groups: int
    table: pl.LazyFrame | None
    workdir: Path

    @classmethod
    def of(cls, paths: Sequence[Path], buckets: int, workdir: Path, tell: Tell) -> Sorted:
        """Part a set table.

        Args:
            paths: the table, in parts.
            buckets: of the store.
            workdir: where groups may be laid aside; does not exist.
            tell: gets the chunks done, the chunks in all and what comes next.
        """
        total, groups = rows(paths), 1
        while groups < buckets and groups * GROUP_ROWS < total:
            groups *= 2
        if groups == 1:
            return cls(buckets, groups, pl.concat(map(scan, paths)), workdir)
        for group in range(groups):
            (workdir / f"{group:04d}").mkdir(parents=True)
        chunks = [(path, start) for path in paths for start in range(0, rows([path]), CHUNK_ROWS)]
        for number, (path, start) in enumerate(chunks):
            tell(number, len(chunks), path.name)
            chunk = scan(path).slice(start, CHUNK_ROWS).collect()
            for group, part in _parted(chunk, buckets, buckets // groups):
                part.write_parquet(
                    workdir / f"{group:04d}" / f"{number:06d}.parquet",
                    compression="lz4", statistics=False,
                )  # fmt: skip
        tell(len(chunks), len(chunks), "")
        return cls(buckets, groups, None, workdir)

    def each(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield the buckets that hold sets, and their sets by athlete, as the table has them."""
        for group in range(self.groups):
            if self.table is not None:
                whole = self.table.collect()
            else:
                found = sorted((self.workdir / f"{group:04d}").glob("*.parquet"))
                if not found:
                    continue
                whole = pl.read_parquet(found, glob=False)
                for path in found:
                    path.unlink()
            yield from _parted(whole, self.buckets, 1)


def _parted(
    table: pl.DataFrame, buckets: int, together: int
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield a table's rows by groups of so many buckets, in them by bucket and athlete.

    Sets of an athlete stand in runs, of which there are few: only the runs are sorted.
    """
    runs = _named(table)
    names = runs["value"].unique()
    home = {name: hashed(name) % buckets for name in names}
    bucket = np.array([home[name] for name in runs["value"]], dtype=np.int64)
    rank = runs["value"].rank("dense").to_numpy()
    length = runs["len"].to_numpy().astype(np.int64)
    order = np.lexsort((np.arange(len(length)), rank, bucket))
    if not np.array_equal(order, np.arange(len(length))):
        table = table[_rows_of(order, length)]
    group = bucket[order] // together
    ends = np.cumsum(length[order])
    for start, end in zip(*_edges(group), strict=True):
        first = int(ends[start - 1]) if start else 0
        yield int(group[start]), table.slice(first, int(ends[end - 1]) - first)


def _rows_of(order: npt.NDArray[np.int64], length: npt.NDArray[np.int64]) -> pl.Series:
    """Return the numbers of the rows, run by run in a new order."""
    starts = (np.cumsum(length) - length)[order]
    lengths = length[order]
    before = np.cumsum(lengths) - lengths
    return pl.Series(np.arange(lengths.sum()) + np.repeat(starts - before, lengths))


def _edges(values: npt.NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """Return where each run of equal values starts and ends."""
    change = np.flatnonzero(np.diff(values)) + 1
    return [0, *change.tolist()], [*change.tolist(), len(values)]
