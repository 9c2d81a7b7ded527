"""JSON that a stranger wrote: bounded in size and depth, of any shape in any place.

A log is walked with `objects`: where an object is expected and something else stands, an empty
object is given, so that the record is counted, found to lack its exercise and turned away by name
like any other broken record, and its neighbours are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

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
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"is JSON that breaks off or is damaged at line {error.lineno}: {error.msg}; "
            "export it again"
        ) from None
    except RecursionError:
        raise ValueError("nests lists in lists far deeper than a log can") from None


def _no_number(word: str) -> float:
    raise ValueError(f"holds {word}, which is no number in JSON")


def occurrences(key: str) -> Callable[[Peek], int]:
    """Return a count of the objects that have a key, taken from the bytes of the file.

    Inside a string the key's second quote would be escaped, so that none is counted there.
    """
    word = b'"%s"' % key.encode()

    def count(peek: Peek) -> int:
        data = peek.path.read_bytes()
        return len(re.findall(re.escape(word) + rb"\s*:", data))

    return count


def objects(parent: Any, key: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, or of the list under `key`; `{}` for what is no object."""
    value = parent.get(key) if key is not None else parent
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        yield item if isinstance(item, dict) else {}


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
