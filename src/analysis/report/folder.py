"""The files beside a page: the same numbers, for a spreadsheet, R or a second look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.report.cells import csv_text

if TYPE_CHECKING:
    from analysis.report.cells import Frame


WORDS = {
    "results.xlsx": "Every result in one workbook, a sheet each",
    "sets.csv": "The set table: one row per set, as it was read",
    "provenance.json": "What the page was made from and with",
}


class Download(NamedTuple):
    """A file saved with a page: relative address, what it holds in words, its size."""

    address: str
    words: str
    bytes: int

    @property
    def size(self) -> str:
        """The size in kB, rounded up as file managers do."""
        return f"{-(-self.bytes // 1000):,}\N{NO-BREAK SPACE}kB"


def download(path: Path, titles: Mapping[str, str]) -> Download:
    """Return how a page lists a file of its `data/`; `titles` are those of results, by name."""
    plain = path.stem.replace("_", " ").replace("-", " ").capitalize()
    words = WORDS.get(path.name) or titles.get(path.stem, plain)
    return Download(f"data/{path.name}", words, path.stat().st_size)


def write_folder(
    data: Path,
    results: Mapping[str, str],
    tables: Mapping[str, Frame],
    provenance: Mapping[str, Any],
) -> list[Path]:
    """Write one CSV per result and table, and `provenance.json`; return the paths.

    `results` are CSV texts by name, as the page holds them for its own downloads.

    A result of no rows has its header as a file too, so that a reader of the folder finds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    texts = {**results, **{name: csv_text(frame) for name, frame in tables.items()}}
    paths = []
    for name, text in texts.items():
        paths.append(data / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8", newline="")
    paths.append(data / "provenance.json")
    facts = json.dumps(provenance, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    paths[-1].write_text(facts + "\n", encoding="utf-8", newline="\n")
    return paths
