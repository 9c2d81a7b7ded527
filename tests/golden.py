"""The golden pairs: an export and the set table it must become.

    python -m tests.golden        # write expected.csv beside each export; then read the difference

A change of a golden file is a change of what users get: it is read by eye before it is committed.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import polars as pl

from analysis.ingest import read

CASES = sorted(path.parent for path in (Path(__file__).parent / "vendors").glob("*/export.*"))


def set_table(case: Path, workdir: Path) -> pl.DataFrame:
    """Read one case's export as a user would."""
    export = next(case.glob("export.*"))
    if export.suffix == ".sql":
        backup = workdir / "export.fitnotes"
        with closing(sqlite3.connect(backup)) as base:
            base.executescript(export.read_text(encoding="utf-8"))
        export = backup
    options = case / "options.json"
    unit = json.loads(options.read_text())["unit"] if options.exists() else None
    return read(export, unit=unit, athlete="athlete").sets


def text_of(sets: pl.DataFrame) -> str:
    """A set table as CSV text, columns that are empty throughout left out."""
    filled = [name for name in sets.columns if sets[name].null_count() < sets.height]
    return sets.select(filled).write_csv(datetime_format="%Y-%m-%d %H:%M:%S")


def main() -> None:
    """Write every expected table."""
    import tempfile

    for case in CASES:
        with tempfile.TemporaryDirectory() as workdir:
            (case / "expected.csv").write_text(text_of(set_table(case, Path(workdir))))
        print(case.name)


if __name__ == "__main__":
    main()
