"""From a file to its records as text, whatever the file's state.

A regular file (`lines.Lines.regular`) is scanned as it is, lazily and in streaming. Any other is
first mended into a regular copy, line by line: wrapped lines unwrapped, unquoted commas joined,
other encodings decoded, and a quote that was never closed ended where the next line shows that it
is a record of its own. What cannot be mended is turned away with its lines.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from analysis import schema
from analysis.ingest import lines
from analysis.ingest.vendors import Peek, Vendor, _sqlite

HEAD_BYTES = 65_536
DELIMITERS = (",", ";", "\t")
LARGE_BYTES = 32_000_000
"""From this size on, a file is first read as its app usually writes it, for speed."""

MAX_RECORD = 1_000_000
"""Characters of a record beyond which it is none: the longest note seen has four thousand."""

MAX_INSIDE = 2_000
"""Lines of a record beyond which its quote was never closed."""

SUSPECT = 50
"""Lines of one record that are worth a word."""

SHOWN = 200
"""Characters of a record that is turned away, as it is shown."""

CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\v\f")

csv.field_size_limit(2 * MAX_RECORD)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one text file.

    Attributes:
        rows: text columns under the lower-case header, plus `source_row`; no blank ones.
        rejected: `schema.REJECTED` rows for records that are no records.
        lines: the file's lines, counted from its bytes.
        header: lines that are the header, which may stand in a file more than once.
        inside: lines inside a longer record.
        blank: lines that hold nothing.
        mended: lines whose quotes were mended.
        long: first and last line of records that go over very many lines.
        encoding: what the text was read as, empty for UTF-8.
        unknown: bytes that are no character of that encoding.
    """

    rows: pl.LazyFrame
    rejected: pl.DataFrame
    lines: int
    header: int
    inside: int
    blank: int
    mended: tuple[int, ...] = ()
    long: tuple[tuple[int, int], ...] = ()
    encoding: str = ""
    unknown: int = 0


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
    line = next((line for line in text.splitlines() if line.strip()), "")[:MAX_RECORD]
    delimiter = max(DELIMITERS, key=line.count)
    header = next(csv.reader([line], delimiter=delimiter), []) if line else []
    return Peek(path, start[:16], tuple(cell.strip() for cell in header), delimiter, text)


def read(
    first: Peek,
    vendor: Vendor,
    label: str,
    workdir: Path,
    encoding: str | None,
) -> Records:
    """Return the records of a text file.

    Args:
        first: the file's peek.
        vendor: whose format it is.
        label: the file's name for messages.
        workdir: where a mended copy may be written.
        encoding: encoding the caller names, for files that are not UTF-8.

    Numbers of a file that is read quickly are taken for numbers as it is read; a cell that is
    none raises a polars error, and the file must be read again with care.

    Raises:
        LookupError: there is no such encoding, and the file needs one.
    """
    marked = lines.marked_encoding(first.magic)
    counted = lines.count(first.path, first.delimiter, len(first.header), marked)
    if counted.regular and marked is None:
        rows = scan(first.path, first, vendor, broken=counted.broken)
        if counted.blank:
            names = [cell.lower() for cell in first.header]
            rows = rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in names))
        return Records(
            rows, schema.empty(schema.REJECTED), counted.total, int(not first.headerless),
            counted.inside, counted.blank,
        )  # fmt: skip
    return mend(first, vendor, label, workdir, encoding, counted.total)


def mend(
    first: Peek,
    vendor: Vendor,
    label: str,
    workdir: Path,
    encoding: str | None,
    total: int,
) -> Records:
    """Write a regular copy of an irregular file and return its records."""
    chosen = text_encoding(first.path, encoding)
    splitter = _Splitter(first, vendor)
    copy = workdir / f"mended-{len(list(workdir.iterdir()))}.csv"
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(cell.lower() for cell in first.header), "source_row"])
        with first.path.open(encoding=chosen or "utf-8-sig", errors="replace") as text:
            writer.writerows(splitter.records(text))
    width = len(first.header)
    frame = pl.DataFrame(
        [
            (label, line, "whole record", cells, f"a record of {width} cells, as the header has")
            for line, cells in splitter.rejected
        ],
        schema=schema.polars_schema(schema.REJECTED),
        orient="row",
    )
    rows = pl.scan_csv(copy, infer_schema=False).with_columns(pl.col("source_row").cast(pl.Int64))
    return Records(
        rows, frame, total, splitter.header, splitter.inside, splitter.blank,
        tuple(splitter.mended), tuple(splitter.long), chosen, splitter.unknown,
    )  # fmt: skip


def text_encoding(path: Path, named: str | None) -> str:
    """Return the encoding of a text file; empty for UTF-8.

    Raises:
        LookupError: the file needs the encoding that the caller names, and there is none such.
    """
    with path.open("rb") as file:
        marked = lines.marked_encoding(file.read(4))
        if marked:
            return marked
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while data := file.read(lines.BLOCK_BYTES):
                decoder.decode(data)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            return ""
    chosen = named or "cp1252"
    if not is_encoding(chosen):
        raise LookupError(f"there is no text encoding called {chosen!r}")
    return chosen


def is_encoding(name: str) -> bool:
    """Whether Python knows an encoding of text by this name."""
    try:
        b"a".decode(name)
    except LookupError:  # unknown, or a codec of bytes such as zlib
        return False
    except ValueError:  # one letter is none in, say, UTF-16
        return True
    return True


def whole_text(path: Path, encoding: str | None) -> tuple[str, str]:
    """Return a file's text, and its encoding where that is not UTF-8; raises as `read`."""
    chosen = text_encoding(path, encoding)
    return path.read_bytes().decode(chosen or "utf-8-sig", errors="replace"), chosen


def unfolded_lines(first: Peek, text: str, rows: pl.Series) -> tuple[int, int, int, int]:
    """Return the lines, header lines, lines inside a record and blank lines of a file of no table.

    The lines come from the bytes, and what is inside a record from a reader of CSV; a first line
    that no row is of is the header.

    Args:
        first: the file's peek.
        text: its text.
        rows: the lines on which the vendor found something.
    """
    marked = lines.marked_encoding(first.magic)
    total = lines.count(first.path, first.delimiter, 0, marked).total
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=first.delimiter)
    end = blank = inside = top = 0
    for cells in reader:
        start, end = end + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            inside += end - start
            top = top or start
        else:
            blank += end - start + 1
    return total, int(top > 0 and top not in rows), inside, blank


def scan(
    source: Path | bytes, first: Peek, vendor: Vendor, *, broken: Collection[int]
) -> pl.LazyFrame:
    """Scan regular text: cells stripped, lines numbered.

    Args:
        source: the file, or its bytes.
        first: its peek.
        vendor: whose format it is.
        broken: numbers of the cells in which lines end, where records go over several.
    """
    names = [cell.lower() for cell in first.header]
    numbers = [cell for cell in first.header if first.quick and cell.lower() in vendor.numbers]
    rows = pl.scan_csv(
        source,
        separator=first.delimiter,
        has_header=not first.headerless,
        new_columns=names if first.headerless else None,
        infer_schema=False,
        schema_overrides=dict.fromkeys(numbers, pl.Float64),
        row_index_name="record",
        with_column_names=None if first.headerless else _lower,
        glob=False,
    )
    record = pl.col("record").cast(pl.Int64) + (1 if first.headerless else 2)
    texts = [name for name in names if name not in {cell.lower() for cell in numbers}]
    if over_lines := [name for place, name in enumerate(names) if place in broken]:
        breaks = pl.sum_horizontal(
            pl.col(name).str.count_matches("\n", literal=True) for name in over_lines
        ).cast(pl.Int64)
        record = record + breaks.cum_sum() - breaks
    rows = rows.with_columns(source_row=record).drop("record")
    stripped = {name: pl.col(name).str.strip_chars() for name in texts}
    return rows.with_columns(**stripped).with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in texts
    )


def _lower(names: list[str]) -> list[str]:
    return [name if name == "record" else name.strip().strip("\ufeff").lower() for name in names]


@dataclass(slots=True)
class _Splitter:
    """Splits lines into records as a careful person would, and remembers what it did."""

    first: Peek
    vendor: Vendor
    rejected: list[tuple[int, str]] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    long: list[tuple[int, int]] = field(default_factory=list)
    header: int = 0
    inside: int = 0
    blank: int = 0
    unknown: int = 0
    _shapes: frozenset[str] = frozenset()
    _dated: int = -1

    def records(self, text: Iterable[str]) -> Iterator[list[str]]:
        """Yield the cells of each record, with the line it starts on at the end."""
        self._dated, self._shapes = _dates(self._cells_of_head(), len(self.first.header))
        held: list[str] = []
        size, start = 0, 1
        for number, raw in enumerate(text, start=1):
            line = raw.rstrip("\n").replace("\0", "")
            self.unknown += line.count("\N{REPLACEMENT CHARACTER}")
            if not self.first.headerless and not self.header:
                self.header += bool(line.strip())
                self.blank += not line.strip()
                continue
            if held and (self._is_record(line) or len(held) >= MAX_INSIDE or size > MAX_RECORD):
                yield from self._unclosed(held, start)
                held = []
            if held:
                held.append(line)
                size += len(line)
                if '"' in line and _closed(held, self.first.delimiter):
                    yield from self._long(held, start)
                    held = []
            elif '"' in line and len(line) <= MAX_RECORD and not self._closed(line):
                held, size, start = [line], len(line), number
            else:
                yield from self._one(line, number)
        if held:
            yield from self._unclosed(held, start)

    def _closed(self, line: str) -> bool:
        return _closed([line], self.first.delimiter)

    def _one(self, line: str, number: int) -> Iterator[list[str]]:
        """Yield the record of one line, unless it is blank, the header or none."""
        if len(line) > MAX_RECORD:
            self.rejected.append((number, line[:SHOWN]))
            return
        cells = self._fitted(line)
        if cells is None:
            cells = self._repaired(line)
            if cells is not None:
                self.mended.append(number)
        if not any(cell.strip() for cell in (self._cells(line) if cells is None else cells)):
            self.blank += 1
        elif cells is None:
            self.rejected.append((number, line[:SHOWN]))
        elif tuple(cells) == self.first.header:
            self.header += 1
        else:
            yield [*cells, str(number)]

    def _long(self, held: list[str], start: int) -> Iterator[list[str]]:
        """Yield the record of several lines, whose quote was closed."""
        cells = self._fitted("\n".join(held))
        if cells is None:
            yield from self._unclosed(held, start)
        else:
            yield from self._spread(cells, held, start)

    def _spread(self, cells: list[str], held: list[str], start: int) -> Iterator[list[str]]:
        if not any(cells):
            self.blank += len(held)
            return
        self.inside += len(held) - 1
        if len(held) > SUSPECT:
            self.long.append((start, start + len(held) - 1))
        yield [*cells, str(start)]

    def _unclosed(self, held: list[str], start: int) -> Iterator[list[str]]:
        """Yield what can be read of lines after a quote that was never closed.

        Either the cell ends with the lines, or the first line is a record by itself and the
        others are looked at one by one.
        """
        whole = self._fitted("\n".join(held)) if len(held) <= MAX_INSIDE else None
        alone = self._repaired(held[0])
        if whole is not None and (len(held) > 1 or alone is None):
            self.mended.append(start)
            yield from self._spread(whole, held, start)
            return
        if alone is not None:
            self.mended.append(start)
            yield [*alone, str(start)]
        else:
            self.rejected.append((start, held[0][:SHOWN]))
        for number, line in enumerate(held[1:], start=start + 1):
            yield from self._one(line, number)

    def _cells(self, text: str) -> list[str]:
        parts = [part + "\n" for part in text.split("\n")]
        return next(csv.reader(parts, delimiter=self.first.delimiter), [])

    def _fitted(self, text: str) -> list[str] | None:
        """Return the cells of a record, None where there are not as many as the header has."""
        if len(text) > MAX_RECORD:
            return None
        width, delimiter = len(self.first.header), self.first.delimiter
        cells = self._cells(text)
        if len(cells) == 1 and delimiter in cells[0] and "\n" not in cells[0]:  # wrapped whole
            cells = self._cells(cells[0])
        if len(cells) > width and self.vendor.join_cells is not None:
            cells = self.vendor.join_cells(cells, width)
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        return [cell.strip() for cell in cells] if len(cells) == width else None

    def _repaired(self, line: str) -> list[str] | None:
        """Return the cells of a line with a stray quote, where they can be read in one way only.

        Tried are the line as it stands and without each of its quotes.
        """
        if '"' not in line or len(line) > MAX_RECORD or line.count('"') > 40:
            return None
        places = [place for place, char in enumerate(line) if char == '"']
        tried = [line, *(line[:place] + line[place + 1 :] for place in places)]
        found = {
            tuple(cells)
            for each in tried
            if (cells := self._fitted(each)) is not None and self._has_date(cells)
        }
        return list(found.pop()) if len(found) == 1 else None

    def _has_date(self, cells: Sequence[str]) -> bool:
        return 0 <= self._dated < len(cells) and _shape(cells[self._dated]) in self._shapes

    def _is_record(self, line: str) -> bool:
        """Whether a line is a record by the look of it: a date in its place, and cells enough.

        Of a line with an open quote, the cells before the quote must do.
        """
        if self._dated < 0 or len(line) > MAX_RECORD:
            return False
        if line.count(self.first.delimiter) < self._dated:
            return False
        cells = self._cells(line)
        if len(cells) == 1 and self.first.delimiter in cells[0]:
            cells = self._cells(cells[0])
        if not self._has_date([cell.strip() for cell in cells]):
            return False
        return self._fitted(line) is not None or (
            '"' in line and (not self._closed(line) or self._repaired(line) is not None)
        )

    def _cells_of_head(self) -> Iterator[list[str]]:
        """Yield the cells of those first lines that are records beyond doubt."""
        for line in self.first.head.splitlines()[0 if self.first.headerless else 1 :]:
            if len(line) <= MAX_RECORD and ('"' not in line or self._closed(line)):
                cells = self._fitted(line)
                if cells is not None:
                    yield cells


def _closed(held: Sequence[str], delimiter: str) -> bool:
    """Whether lines are a whole record to a reader of CSV, which would otherwise ask for more."""
    asked = False

    def more() -> Iterator[str]:
        nonlocal asked
        for line in held:
            yield line + "\n"
        asked = True
        yield "\n"

    reader = csv.reader(more(), delimiter=delimiter)
    next(reader, None)
    return not asked


def _shape(cell: str) -> str:
    """The look of a cell: `16 Jun 2026, 14:37` is `9 a 9, 9:9`."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", cell))


def _dates(rows: Iterable[list[str]], width: int) -> tuple[int, frozenset[str]]:
    """Return the column that holds dates and how they look; (-1, none) where no column does.

    It is the first of which nearly every cell has the digits of a date and few looks occur.
    """
    looks = [Counter[str]() for _ in range(width)]
    digits = [0] * width
    n = 0
    for cells in rows:
        n += 1
        for place, cell in enumerate(cells):
            if 6 <= sum(map(str.isdigit, cell)) <= 24 and len(cell) <= 40:
                digits[place] += 1
                looks[place][_shape(cell)] += 1
    for place in range(width):
        usual = {look for look, times in looks[place].items() if times * 50 >= n}
        if n and digits[place] >= 0.9 * n and 1 <= len(usual) <= 6:
            return place, frozenset(usual)
    return -1, frozenset()


def _decode(start: bytes) -> str | None:
    """Text of a file's first bytes; None when they are no text."""
    marked = lines.marked_encoding(start)
    if marked:
        whole = len(start) // 4 * 4
        return start[:whole].decode(marked, errors="replace").lstrip("\ufeff")
    controls = len(start) - len(start.translate(None, CONTROLS))
    if controls > len(start) // 50:
        return None
    return start.decode("utf-8-sig", errors="replace").replace("\0", "")


def _tables(path: Path) -> frozenset[str]:
    try:
        with _sqlite.opened(path) as base:
            found = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return frozenset(str(name) for (name,) in found)
    except ValueError:
        return frozenset()
