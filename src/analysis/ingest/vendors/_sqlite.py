"""SQLite files that a stranger wrote: opened as data, never as programs.

The file is opened read-only and immutable. Its views and triggers may call no function that could
do harm, no text or blob longer than 1 MB is loaded, and a query that does not end is ended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import polars as pl

MAX_STEPS = 2_000
"""Times 100,000 instructions: some seconds, where a log of 100,000 sets takes a tenth of one."""

MAX_CELL_BYTES = 1_000_000


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an untrusted database.

    Raises:
        ValueError: it is no database, is damaged, or a query ran too long.
    """
    steps = iter(range(MAX_STEPS))
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as base:
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
            base.execute("PRAGMA trusted_schema = OFF")
            base.execute("PRAGMA query_only = ON")
            base.set_progress_handler(lambda: next(steps, None) is None, 100_000)
            base.text_factory = lambda data: data.decode("utf-8", errors="replace")
            yield base
    except sqlite3.Error as error:
        raise ValueError(f"is a database that cannot be read: {error}") from None


def has(base: sqlite3.Connection, table: str, *columns: str) -> bool:
    """Whether a table of these columns is there: no view and no virtual table, which are code."""
    found = base.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        " AND sql NOT LIKE 'CREATE VIRTUAL%'",
        (table,),
    )
    if found.fetchone() is None:
        return False
    names = {name for (name,) in base.execute("SELECT name FROM pragma_table_info(?)", (table,))}
    return names >= set(columns)


def rows(base: sqlite3.Connection, query: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """Return a query's rows as text columns."""
    cells = [
        [None if cell is None else _text(cell) for cell in row] for row in base.execute(query)
    ]
    return pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String), orient="row")


def _text(cell: object) -> str:
    return cell.decode("utf-8", errors="replace") if isinstance(cell, bytes) else str(cell)
