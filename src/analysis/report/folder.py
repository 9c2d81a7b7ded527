"""The files beside a page: the same numbers, for a spreadsheet, R or a second look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.report.cells import csv_text

if TYPE_CHECKING:
    from analysis.report.cells import Frame


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
