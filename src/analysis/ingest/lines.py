"""How many lines a text file holds, counted from its bytes: the check on whoever parses it.

A parser that loses records cannot tell. So the lines are counted by another route, arrays over
blocks of bytes, in memory that does not grow with the file:

    lines = header + records + lines inside a longer record + blank

A line is inside a longer record where the quotes before it are odd in number. The same pass says
whether the file is regular, that is, whether any reader of CSV must read it in the same way: every
record of the header's width, quotes only where cells begin and end, UTF-8, and nothing inside a
quoted cell that looks like a record of its own, as after a quote that was never closed.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK_BYTES = 4_000_000
LF, CR, QUOTE = 10, 13, 34
UNICODE_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
"""First bytes that name an encoding; UTF-32 first, for its mark begins like that of UTF-16."""

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lines:
    r"""The lines of one file.

    Attributes:
        total: all of them; `\r\n` ends one line, as `\n` and a lone `\r` do.
        blank: those that hold nothing but spaces, separators and quotes.
        inside: those that begin inside a quoted cell and are not blank, and blank ones there.
        regular: whether a fast reader may be trusted with the file as it is.
    """

    total: int
    blank: int
    inside: int
    regular: bool

    @property
    def records(self) -> int:
        """Lines on which a record starts, the header's among them."""
        return self.total - self.blank - self.inside


def marked_encoding(start: bytes) -> str | None:
    """Return the encoding that a file's first bytes name, UTF-8 apart."""
    return next((name for mark, name in UNICODE_MARKS.items() if start.startswith(mark)), None)


def count(path: Path, delimiter: str = ",", width: int = 0, encoding: str | None = None) -> Lines:
    """Count a text file's lines.

    Args:
        path: the file.
        delimiter: what separates cells.
        width: cells of the header; 0 where lines are no cells.
        encoding: of text that bytes alone do not show the line ends of, such as UTF-16.
    """
    counter = _Counter(ord(delimiter), width)
    for block in _blocks(path, encoding):
        counter.add(block)
    return counter.lines()


def _blocks(path: Path, encoding: str | None) -> Iterator[bytes]:
    """Yield a file in blocks of whole lines, each ended by a line feed, as UTF-8."""
    rest = b""
    for data in _read(path, encoding):
        data = rest + data
        end = max(data.rfind(b"\n"), data[:-1].rfind(b"\r")) + 1
        rest = data[end:]
        if end:
            yield data[:end]
    if rest:
        yield rest if rest.endswith((b"\n", b"\r")) else rest + b"\n"


def _read(path: Path, encoding: str | None) -> Iterator[bytes]:
    with path.open("rb") as file:
        first = file.read(len(codecs.BOM_UTF8))
        file.seek(len(codecs.BOM_UTF8) if first == codecs.BOM_UTF8 else 0)
        if encoding is None:
            while data := file.read(BLOCK_BYTES):
                yield data
            return
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        while data := file.read(BLOCK_BYTES):
            yield decoder.decode(data).encode()
        yield decoder.decode(b"", final=True).encode()


class _Counter:
    """Sums over blocks; what a block leaves open is carried into the next."""

    def __init__(self, delimiter: int, width: int) -> None:
        self.total = self.blank = self.inside = 0
        self.regular = True
        self._delimiter, self._width = delimiter, width
        self._open = False  # a quote of an earlier block is not closed yet
        self._cells = 0  # separators of the record that an earlier block left open
        self._gap = False  # a blank line stands before this block
        self._header = b""
        self._edge = np.zeros(256, dtype=np.bool_)
        self._edge[[LF, CR, QUOTE, delimiter]] = True
        self._filled = np.ones(256, dtype=np.uint8)
        self._filled[[9, 32, LF, CR, QUOTE, delimiter]] = 0

    def lines(self) -> Lines:
        return Lines(self.total, self.blank, self.inside, self.regular and not self._open)

    def add(self, block: bytes) -> None:
        if not self._header:
            self._header = block.partition(b"\n")[0]
            repeated = block.count(self._header) - 1
        else:
            repeated = block.count(self._header)
        data: Bytes = np.frombuffer(block, dtype=np.uint8)
        ends = _line_ends(data)
        starts = np.concatenate(([0], ends[:-1] + 1))
        quotes = data == QUOTE
        any_quote = bool(quotes.any())
        odd = _odd_before(quotes, self._open) if any_quote else np.full(data.size, self._open)
        inside: Flags = odd[starts]
        filled = np.maximum.reduceat(self._filled[data], starts) > 0
        self.total += ends.size
        self.inside += int(inside.sum())
        self.blank += int((~filled & ~inside).sum())
        if self.regular:
            self.regular = (
                repeated <= 0
                and _is_plain(block)
                and (not any_quote or self._well_placed(data, quotes, odd))
                and self._even_width(data, starts, odd, inside, filled)
            )
        self._open = bool(odd[-1] ^ quotes[-1])

    def _well_placed(self, data: Bytes, quotes: Flags, odd: Flags) -> bool:
        """Whether each quote opens or closes a cell, or stands for itself inside one."""
        place = np.flatnonzero(quotes)
        opens = ~odd[place]
        before = data[np.maximum(place[opens] - 1, 0)]
        after = data[np.minimum(place[~opens] + 1, data.size - 1)]
        begins = (place[opens] == 0) | self._edge[before]
        return bool(begins.all() and self._edge[after].all())

    def _even_width(
        self, data: Bytes, starts: Any, odd: Flags, inside: Flags, filled: Flags
    ) -> bool:
        """Whether every record has the header's width, and no line inside one has it too."""
        if self._width == 0:
            return False
        between = data == self._delimiter
        own = np.add.reduceat(between & ~odd, starts, dtype=np.int64)
        whole = np.add.reduceat(between, starts, dtype=np.int64) if inside.any() else own
        record = np.flatnonzero(~inside)
        wanted = self._width - 1
        first = int(record[0]) if record.size else inside.size
        self._cells += int(own[:first].sum())
        if record.size == 0:
            return bool((whole < wanted).all())
        ended_right = not inside[0] or self._cells == wanted
        sums = np.add.reduceat(own, record)
        full = filled[record]
        last_open = bool(odd[-1] ^ (data[-1] == QUOTE))
        closed = sums[:-1] if last_open else sums
        right = (closed == wanted) | ~full[: closed.size]
        self._cells = int(sums[-1]) if last_open else 0
        gaps = np.flatnonzero(~full)
        after_gap = bool(full.any()) and (
            self._gap or bool(gaps.size and gaps[0] < np.flatnonzero(full)[-1])
        )
        self._gap = self._gap or bool(gaps.size)
        hidden = wanted > 0 and bool((whole[inside] >= wanted).any())
        return ended_right and bool(right.all()) and not after_gap and not hidden


def _line_ends(data: Bytes) -> npt.NDArray[np.intp]:
    returns = data == CR
    if returns.any():
        alone = returns.copy()
        alone[:-1] &= data[1:] != LF
        return np.flatnonzero((data == LF) | alone)
    return np.flatnonzero(data == LF)


def _odd_before(quotes: Flags, open_before: bool) -> Flags:
    """Whether an odd number of quotes stands before each byte."""
    so_far = np.cumsum(quotes, dtype=np.uint8)  # modulo 256: odd stays odd
    odd: Flags = (so_far & 1).view(np.bool_)
    return odd ^ quotes ^ open_before


def _is_plain(block: bytes) -> bool:
    """Whether a block is UTF-8 of plain lines: no NUL, no carriage return that ends a line."""
    if b"\0" in block or block.count(b"\r") != block.count(b"\r\n"):
        return False
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
