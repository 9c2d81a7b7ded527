"""Where a file's sets lie while they are staged: in memory, or as rows of a Parquet file.

A small file is checked in memory, and many of them are then laid into one Parquet file: a file of
its own for each would cost more than the reading. A large one goes through in pieces, straight
into a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

PLACE = "place"
"""Number of a set among those of its file, from 0."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file's staged sets.

    Attributes:
        path: the Parquet file that holds them.
        first: the first of its rows that is of this file.
        rows: how many are; None where all are.
        table: the sets themselves, where they have not been laid down yet.
    """

    path: Path = Path()
    first: int = 0
    rows: int | None = None
    table: pl.DataFrame | None = None

    def scan(self) -> pl.LazyFrame:
        """The sets, in file order."""
        if self.table is not None:
            return self.table.lazy()
        rows = pl.scan_parquet(self.path)
        return rows if self.rows is None else rows.slice(self.first, self.rows)

    def numbered(self) -> pl.LazyFrame:
        """The sets with `place`."""
        if self.table is None and self.rows is None:
            return pl.scan_parquet(self.path, row_index_name=PLACE)
        return self.scan().with_row_index(PLACE)


def laid(parts: Iterable[Part], path: Path) -> list[Part]:
    """Write parts that are in memory into one file; return where each lies."""
    tables = [part.table for part in parts if part.table is not None]
    pl.concat(tables, how="diagonal").write_parquet(path, compression="lz4", statistics=False)
    ends, laid_down = 0, []
    for table in tables:
        laid_down.append(Part(path, ends, table.height))
        ends += table.height
    return laid_down


def runs(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts with neighbours in one file joined: a scan each costs more than its rows."""
    held: Part | None = None
    for part in parts:
        if held is not None and _goes_on(held, part):
            held = Part(held.path, held.first, (held.rows or 0) + (part.rows or 0))
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held


def _goes_on(held: Part, part: Part) -> bool:
    return (
        held.path == part.path
        and held.rows is not None
        and part.rows is not None
        and held.first + held.rows == part.first
    )
