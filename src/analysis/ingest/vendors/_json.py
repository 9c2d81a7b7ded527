"""JSON that a stranger wrote: bounded in size and depth, of any shape in any place.

A log is a `Nest` of lists in objects. Where an object is expected and something else stands, an
empty object is given, so that the record is counted, found to lack its exercise and turned away by
name like any other broken record, and its neighbours are read; a record in a place where none
should stand is turned away too. `Nest.count` counts the same by another route, from the brackets,
commas and keys of the text.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis.ingest.lines import marked_encoding

if TYPE_CHECKING:
    from analysis.ingest.vendors import Peek

MAX_CHARACTERS = 200_000_000
"""Ten thousand workouts are some 60 million characters of indented JSON."""


def parse(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: the text is no JSON, is cut short, too long, too deep, or holds a number that
            JSON has not; the message says where.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"is longer than {MAX_CHARACTERS:,} characters; split it")
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_pairs)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"is JSON that breaks off or is damaged at line {error.lineno}: {error.msg}; "
            "export it again"
        ) from None
    except RecursionError:
        raise ValueError("nests lists in lists far deeper than a log can") from None


def _no_number(word: str) -> float:
    raise ValueError(f"holds {word}, which is no number in JSON")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; a key that stands in it twice holds both values, in a list.

    So two lists of sets are one, and of two loads none is taken for the other: a list is no
    number, and its record is turned away by name.
    """
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = [*items(found[key]), *items(value)] if key in found else value
    return found


def items(value: Any) -> list[Any]:
    """Return a list's items; of what is no list, itself alone, and nothing of null."""
    return value if isinstance(value, list) else [] if value is None else [value]


def objects(parent: Any, key: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, or of the list under `key`; `{}` for what is no object."""
    value = parent.get(key) if key is not None else parent
    for item in items(value):
        yield item if isinstance(item, dict) else {}


def place(item: Any, value: Any) -> int | None:
    """Return the place of an item in a list, from 1; None for what does not stand in it."""
    return next((number for number, each in enumerate(items(value), 1) if each is item), None)


NOTHING: dict[str, Any] = {}
"""What is given in place of an object that is none."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Nest:
    """Where the records of a log stand.

    Attributes:
        keys: those that lead from a top object to its records, such as exercises, sets.
        mark: a key that every record has.
        before: a key that may stand before those, such as that of a page.
    """

    keys: tuple[str, ...]
    mark: str
    before: str = ""

    def records(self, document: Any) -> Iterator[tuple[dict[str, Any], ...]]:
        """Yield each record with what it stands in, the outermost first: (workout, …, set).

        Last come records that stand elsewhere, as empty objects.
        """
        found: set[int] = set()
        for top in items(document):
            paged = self.before and isinstance(top, dict)
            ways = [_walk([top], self.keys)]
            if paged:
                ways.insert(0, _walk([top], (self.before, *self.keys)))
            for record in chain(*ways):
                found.add(id(record[-1]))
                yield record[-len(self.keys) - 1 :]
        yield from self._strays(document, found)

    def _strays(
        self, document: Any, found: Collection[int]
    ) -> Iterator[tuple[dict[str, Any], ...]]:
        left = [document]
        while left:
            value = left.pop()
            if isinstance(value, dict):
                if self.mark in value and id(value) not in found:
                    yield (NOTHING,) * (len(self.keys) + 1)
                left += value.values()
            elif isinstance(value, list):
                left += value

    def count(self, peek: Peek) -> int:
        """Return how many records a file holds."""
        data = peek.path.read_bytes()
        marked = marked_encoding(data[:4])
        text = data.removeprefix(codecs.BOM_UTF8).decode(marked or "latin-1", errors="replace")
        ways = {self.keys, (self.before, *self.keys)} if self.before else {self.keys}
        tally = _Tally(self.mark, frozenset(ways))
        for match in _TOKEN.finditer(text.lstrip("\ufeff")):
            tally.take(match[0])
        return tally.found


def _walk(parent: Any, keys: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], ...]]:
    """Yield the records under `keys`; what should be an object and is none is a record itself."""
    for item in items(parent):
        if not isinstance(item, dict):
            yield (NOTHING,) * (len(keys) + 1)
        elif not keys:
            yield (item,)
        else:
            for inner in _walk(item.get(keys[0]), keys[1:]):
                yield (item, *inner)


_NOWHERE: frozenset[tuple[str, ...]] = frozenset()


@dataclass(slots=True)
class _Open:
    """A list or an object that is not closed yet: which ways lead on from what it holds."""

    is_list: bool
    ways: frozenset[tuple[str, ...]]
    counted: bool = False


@dataclass(slots=True)
class _Tally:
    """Counts records in the tokens of a text, of which no value is built.

    Attributes:
        mark: as in `Nest`.
        ways: those that lead on from the value that comes next; None: a key comes next.
        found: records so far.
        in_list: whether the value that comes next is an item of a list.
        key: the last key.
        opened: what is open, the innermost last.
    """

    mark: str
    ways: frozenset[tuple[str, ...]] | None
    found: int = 0
    in_list: bool = False
    key: str = ""
    opened: list[_Open] = field(default_factory=list)

    def take(self, token: str) -> None:
        """Take in the next token."""
        if token == ":":
            within = self.opened[-1].ways
            self.ways = frozenset(way[1:] for way in within if way[0] == self.key)
            self.in_list = False
        elif token == ",":
            self.in_list = self.opened[-1].is_list
            self.ways = self.opened[-1].ways if self.in_list else None
        elif token in ("]", "}"):
            self.opened.pop()
        elif self.ways is None:
            self._key(token)
        else:
            self._value(token, self.ways)

    def _key(self, token: str) -> None:
        self.key = json.loads(token, strict=False) if "\\" in token else token[1:-1]
        if self.key == self.mark and not self.opened[-1].counted:
            self.found += 1
            self.opened[-1].counted = True

    def _value(self, token: str, ways: frozenset[tuple[str, ...]]) -> None:
        if token == "[" and not self.in_list:
            self.opened.append(_Open(True, ways))
            self.in_list = True
            return
        leads_on = token == "{" and () not in ways
        is_record = bool(ways) and not leads_on and (self.in_list or token != "null")
        self.found += is_record
        if token in ("[", "{"):
            self.in_list = token == "["
            self.opened.append(_Open(self.in_list, ways if leads_on else _NOWHERE, is_record))
            self.ways = _NOWHERE if self.in_list else None


def names_beside(export: Path) -> dict[str, str]:
    """Return id -> name from the lists of exercises (`*exercises*.json`) beside an export.

    Apps that keep their exercises apart give them ids in a log. A list that cannot be read gives
    no name.
    """
    names: dict[str, str] = {}
    for path in sorted(export.parent.glob("*exercises*.json")):
        try:
            found = parse(path.read_text(encoding="utf-8-sig"))
        except (ValueError, OSError):
            continue
        listed = found.get("exercises") if isinstance(found, dict) else found
        for each in objects(listed):
            key, name = text(each.get("id")), each.get("name")
            if key and isinstance(name, str) and name.strip():
                names[key] = name.strip()
    return names


def text(value: Any) -> str | None:
    """Return a scalar as text, as JSON writes it; a list or object is kept for the message."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)[:200]


def table(rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> pl.DataFrame:
    """Return records as text columns, numbered from 1 in `source_row`."""
    cells = {name: [] for name in columns}  # type: dict[str, list[str | None]]
    for row in rows:
        for name in columns:
            cells[name].append(text(row.get(name)))
    frame = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String))
    return frame.with_columns(source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
