"""From a file to its records as text, whatever the file's state.

A regular file (every record as wide as the header, UTF-8) is scanned lazily and in streaming. An
irregular one is first mended into a regular copy: wrapped lines unwrapped, unquoted commas
joined, other encodings decoded; what cannot be mended is turned away with its line.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from analysis import schema
from analysis.ingest.vendors import Peek, Vendor

HEAD_BYTES = 65_536
DELIMITERS = (",", ";", "\t")
CHECKED_BYTES = 32_000_000
"""Up to this size every record is counted by a second reader before polars is trusted with it."""

CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\v\f")

csv.field_size_limit(16_000_000)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one text file.

    Attributes:
        rows: text columns under the lower-case header, plus `source_row`.
        rejected: `schema.REJECTED` rows for records that are no records.
        notes: what was done to read the file.
    """

    rows: pl.LazyFrame
    rejected: pl.DataFrame
    notes: tuple[str, ...] = ()


def peek(path: Path) -> Peek:
    """Return the first look at a file."""
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    if start.startswith(b"SQLite format 3\0"):
        return Peek(path, start[:16], tables=_tables(path))
    text = _decode(start)
    if text is None:
        return Peek(path, start[:16])
    if text.lstrip().startswith(("{", "[", "<")):  # JSON or XML
        return Peek(path, start[:16], head=text)
    line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=line.count)
    header = next(csv.reader([line], delimiter=delimiter), []) if line else []
    return Peek(path, start[:16], tuple(cell.strip() for cell in header), delimiter, text)


def read(
    first: Peek,
    vendor: Vendor,
    label: str,
    workdir: Path,
    encoding: str | None,
    *,
    sound: bool = False,
) -> Records:
    """Return the records of a text file.

    Args:
        first: the file's peek.
        vendor: whose format it is.
        label: the file's name for messages.
        workdir: where a mended copy may be written.
        encoding: encoding the caller names, for files that are not UTF-8.
        sound: take a large file's numbers for numbers as it is read, which is faster; a cell that
            is none raises a polars error, and the file must be read again without.
    """
    nothing = schema.empty(schema.REJECTED)
    if first.path.stat().st_size > CHECKED_BYTES:
        return Records(_scan(first, vendor, sound), nothing)
    if _is_regular(first):
        return Records(_scan(first, vendor, sound=False), nothing)
    return mend(first, vendor, label, workdir, encoding)


def _is_regular(first: Peek) -> bool:
    """Whether a second reader finds as many records, all of the header's width."""
    try:
        with first.path.open(encoding="utf-8-sig", newline="") as file:
            widths = Counter(map(len, csv.reader(file, delimiter=first.delimiter)))
        rows = pl.scan_csv(first.path, separator=first.delimiter, infer_schema=False)
        filled = rows.select(pl.any_horizontal(pl.all().is_not_null()).sum()).collect().item()
    except (UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError):
        return False
    records = widths.pop(len(first.header), 0) - 1  # the header is no record
    return set(widths) <= {0} and records == filled


def mend(first: Peek, vendor: Vendor, label: str, workdir: Path, encoding: str | None) -> Records:
    """Write a regular copy of an irregular file and return its records."""
    text, note = whole_text(first.path, encoding)
    header = [cell.lower() for cell in first.header]
    rejected: list[tuple[int, str]] = []
    copy = workdir / f"mended-{len(list(workdir.iterdir()))}.csv"
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*header, "source_row"])
        writer.writerows(_mended(text, first, vendor, rejected))
    rule = f"a record of {len(header)} cells, as the header has"
    frame = pl.DataFrame(
        [(label, line, "whole record", cells[:200], rule) for line, cells in rejected],
        schema=schema.polars_schema(schema.REJECTED),
        orient="row",
    )
    rows = pl.scan_csv(copy, infer_schema=False).with_columns(pl.col("source_row").cast(pl.Int64))
    return Records(rows, frame, (f"{label}: {note}",) if note else ())


def _scan(first: Peek, vendor: Vendor, sound: bool) -> pl.LazyFrame:
    numbers = [cell for cell in first.header if sound and cell.lower() in vendor.numbers]
    rows = pl.scan_csv(
        first.path,
        separator=first.delimiter,
        infer_schema=False,
        schema_overrides=dict.fromkeys(numbers, pl.Float64),
        row_index_name="record",
        with_column_names=lambda names: [
            name if name == "record" else name.strip().strip("\ufeff").lower() for name in names
        ],
    )
    breaks = [
        pl.col(cell.lower()).str.count_matches("\n", literal=True)
        for cell in first.header
        if cell.lower() in vendor.free_text
    ]
    if not breaks:
        return rows.with_columns(source_row=pl.col("record").cast(pl.Int64) + 2).drop("record")
    rows = rows.with_columns(inside=pl.sum_horizontal(breaks).cast(pl.Int64))
    line = pl.col("record").cast(pl.Int64) + 2 + pl.col("inside").cum_sum() - pl.col("inside")
    return rows.with_columns(source_row=line).drop("record", "inside")


def _mended(
    text: str, first: Peek, vendor: Vendor, rejected: list[tuple[int, str]]
) -> Iterator[list[str]]:
    width = len(first.header)
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=first.delimiter)
    end = 0
    seen_header = False
    for cells in reader:
        line, end = end + 1, reader.line_num
        if not any(cells):
            continue
        if not seen_header:
            seen_header = True
            continue
        fitted = _fit(cells, width, first.delimiter, vendor)
        if fitted is None:
            rejected.append((line, first.delimiter.join(cells)))
        else:
            yield [*(cell.strip() for cell in fitted), str(line)]


def _fit(cells: list[str], width: int, delimiter: str, vendor: Vendor) -> list[str] | None:
    if len(cells) == 1 and delimiter in cells[0] and "\n" not in cells[0]:  # wrapped in quotes
        cells = next(csv.reader([cells[0]], delimiter=delimiter))
    if len(cells) > width and vendor.join_cells is not None:
        cells = vendor.join_cells(cells, width)
    if len(cells) > width and not any(cells[width:]):
        cells = cells[:width]
    return cells if len(cells) == width else None


def _decode(start: bytes) -> str | None:
    """Text of a file's first bytes; None when they are no text."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start[: len(start) // 2 * 2].decode("utf-16", errors="replace").lstrip("\ufeff")
    controls = len(start) - len(start.translate(None, CONTROLS))
    if b"\0" in start or controls > len(start) // 50:
        return None
    return start.decode("utf-8-sig", errors="replace")


def whole_text(path: Path, encoding: str | None) -> tuple[str, str]:
    """Return a file's text, and a note where it is not plain UTF-8."""
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16"), "read as UTF-16, as its first bytes say"
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        chosen = encoding or "cp1252"
        why = (
            "as --encoding says" if encoding else "which is not UTF-8; name another by --encoding"
        )
        return data.decode(chosen, errors="replace"), f"read as {chosen}, {why}"


def _tables(path: Path) -> frozenset[str]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)) as base:
            base.text_factory = lambda name: name.decode("utf-8", errors="replace")
            found = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return frozenset(name for (name,) in found)
    except sqlite3.DatabaseError:
        return frozenset()
