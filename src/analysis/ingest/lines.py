"""How many lines a text file holds, counted from its bytes: the check on whoever parses it.

A parser that loses records cannot tell. So the lines are counted by another route, arrays over
blocks of bytes, in memory that does not grow with the file, at a fraction of what parsing costs:

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
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Flags = npt.NDArray[np.bool_]
    Bits = npt.NDArray[np.uint64]
    Counts = npt.NDArray[np.int64]

BLOCK_BYTES = 1_000_000
TAB, LF, CR, SPACE, QUOTE = 9, 10, 13, 32, 34
UNICODE_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
"""First bytes that name an encoding; UTF-32 first, for its mark begins like that of UTF-16."""

ONE, TOP = np.uint64(1), np.uint64(63)


@dataclass(frozen=True, slots=True)
class Lines:
    r"""The lines of one file.

    Attributes:
        total: all of them; `\r\n` ends one line, as `\n` and a lone `\r` do.
        blank: those that hold nothing but spaces, separators and quotes.
        inside: those that begin inside a quoted cell and are not blank, and blank ones there.
        regular: whether a fast reader may be trusted with the file as it is.
        broken: numbers of the cells of a record, from 0, in which lines end; of a regular file.
    """

    total: int
    blank: int
    inside: int
    regular: bool
    broken: frozenset[int] = frozenset()

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
        self._broken: set[int] = set()
        self._delimiter, self._width = delimiter, width
        self._open = False  # a quote of an earlier block is not closed yet
        self._cells = 0  # separators of the record that an earlier block left open
        self._gap = False  # a blank line stands before this block
        self._header = b""

    def lines(self) -> Lines:
        regular = self.regular and not self._open
        broken = frozenset(self._broken) if regular else frozenset()
        return Lines(self.total, self.blank, self.inside, regular, broken)

    def add(self, block: bytes) -> None:
        if not self._header:
            self._header = block.partition(b"\n")[0]
            repeated = block.count(self._header) - 1
        else:
            repeated = block.count(self._header)
        data: Bytes = np.frombuffer(block, dtype=np.uint8)
        feeds, returns = data == LF, data == CR
        quotes, between = _bits(data == QUOTE), _bits(data == self._delimiter)
        edges = quotes | between | _bits(feeds) | _bits(returns)
        odd = _odd_before(quotes, self._open)
        if b"\r" in block:
            returns[:-1] &= ~feeds[1:]
            feeds |= returns
        ends = np.flatnonzero(feeds)
        inside = np.concatenate(([self._open], _at(odd, ends[:-1])))
        filled = _between(~(edges | _bits(data == SPACE) | _bits(data == TAB)), ends) > 0
        self.total += ends.size
        self.inside += int(inside.sum())
        self.blank += int((~filled & ~inside).sum())
        last_open = bool(_at(odd, ends[-1:])[0])  # no quote ends a line
        if self.regular:
            self.regular = (
                repeated <= 0
                and _is_plain(block)
                and _well_placed(quotes, odd, edges)
                and self._even_width(between, odd, ends, inside, filled, last_open=last_open)
            )
        self._open = last_open

    def _even_width(
        self, between: Bits, odd: Bits, ends: Counts, inside: Flags, filled: Flags, *,
        last_open: bool,
    ) -> bool:  # fmt: skip
        """Whether every record has the header's width, and no line inside one has it too."""
        if self._width == 0:
            return False
        own = _between(between & ~odd, ends)
        whole = own
        if inside.any():
            whole = _between(between, ends)
            self._broken |= self._cells_of(own, inside)
        record = np.flatnonzero(~inside)
        wanted = self._width - 1
        first = int(record[0]) if record.size else inside.size
        self._cells += int(own[:first].sum())
        if record.size == 0:
            return bool((whole < wanted).all())
        ended_right = not inside[0] or self._cells == wanted
        sums = np.add.reduceat(own, record)
        full = filled[record]
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

    def _cells_of(self, own: Counts, inside: Flags) -> set[int]:
        """Return the numbers of the cells that lines begin in."""
        before = np.cumsum(own) - own
        line = np.flatnonzero(inside)
        start = np.maximum.accumulate(np.where(inside, -1, np.arange(inside.size)))[line]
        cells = before[line] - np.where(start >= 0, before[start], -self._cells)
        return set(np.unique(cells).tolist())


def _bits(flags: Flags) -> Bits:
    """Put a flag per byte into a bit each, the first into the lowest; zeros fill the last word."""
    packed = np.packbits(flags, bitorder="little")
    words = np.zeros(-(-packed.size // 8) * 8, dtype=np.uint8)
    words[: packed.size] = packed
    return words.view("<u8").astype(np.uint64, copy=False)


def _at(bits: Bits, place: Counts) -> Flags:
    found: Flags = (bits[place >> 6] >> (place & 63).astype(np.uint64) & ONE).astype(np.bool_)
    return found


def _between(bits: Bits, ends: Counts) -> Counts:
    """Count the bits of each line, from the end of the line before up to its own."""
    whole = np.cumsum(np.bitwise_count(bits), dtype=np.int64)
    word = ends >> 6
    below = (ONE << (ends & 63).astype(np.uint64)) - ONE
    before = np.bitwise_count(bits[word] & below) + np.where(word > 0, whole[word - 1], 0)
    between: Counts = np.diff(before, prepend=0)
    return between


def _odd_before(quotes: Bits, open_before: bool) -> Bits:
    """Whether an odd number of quotes stands before each byte, a bit each.

    Six shifts add up, modulo 2, the bits up to each bit of a word (the parity prefix of Langdale
    and Lemire, 2019, "Parsing gigabytes of JSON per second"); what the words before hold flips a
    whole word.
    """
    odd = quotes.copy()
    for step in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(step)
    so_far = np.bitwise_xor.accumulate(odd >> TOP)
    before = np.concatenate(([np.uint64(open_before)], so_far[:-1] ^ np.uint64(open_before)))
    return odd ^ quotes ^ (np.uint64(0) - before)


def _well_placed(quotes: Bits, odd: Bits, edges: Bits) -> bool:
    """Whether each quote opens or closes a cell, or stands for itself inside one."""
    after_edge, before_edge = edges << ONE, edges >> ONE
    after_edge[1:] |= edges[:-1] >> TOP
    before_edge[:-1] |= edges[1:] << TOP
    after_edge[0] |= ONE  # a block begins with a line
    misplaced = quotes & ((~odd & ~after_edge) | (odd & ~before_edge))
    return not misplaced.any()


def _is_plain(block: bytes) -> bool:
    """Whether a block is UTF-8 of plain lines: no NUL, no carriage return that ends a line."""
    if b"\0" in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")):
        return False
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
