"""The files beside a page: the same numbers, for a spreadsheet, R or a second look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.report.cells import csv_text
from analysis.result import Result

if TYPE_CHECKING:
    from analysis.report.cells import Frame


def write_folder(
    data: Path,
    results: Sequence[Result],
    tables: Mapping[str, Frame],
    provenance: Mapping[str, Any],
) -> list[Path]:
    """Write one CSV per result and table, and `provenance.json`; return the paths.

    A result of no rows has its header as a file too, so that a reader of the folder finds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    frames: dict[str, Frame] = {**{result.name: result.table for result in results}, **tables}
    paths = []
    for name, frame in frames.items():
        paths.append(data / f"{name}.csv")
        paths[-1].write_text(csv_text(frame), encoding="utf-8", newline="")
    paths.append(data / "provenance.json")
    text = json.dumps(provenance, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    paths[-1].write_text(text + "\n", encoding="utf-8", newline="\n")
    return paths
