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

from analysis import schema
from analysis.ingest import read
from analysis.ingest.covariates import read_covariates
from analysis.ingest.records import peek
from analysis.ingest.vendors import identify
from analysis.problems import NoUsableDataError
from tests.fit_file import fit_bytes

CASES = sorted(path.parent for path in (Path(__file__).parent / "vendors").glob("*/export.*"))


def set_table(case: Path, workdir: Path) -> pl.DataFrame:
    """Read one case's export as a user would."""
    written = next(case.glob("export.*"))
    options = case / "options.json"
    said = json.loads(options.read_text()) if options.exists() else {}
    try:
        return read(as_exported(written, workdir), athlete="athlete", **said).sets
    except NoUsableDataError:  # an export of body measures alone
        return schema.empty(schema.SETS)


def as_exported(written: Path, workdir: Path) -> Path:
    """Return an export as its app writes it; a binary one is made here from readable text."""
    if written.suffix == ".sql":
        made = workdir / ("export.fitnotes" if "fitnotes" in written.parent.name else "export.bak")
        made.unlink(missing_ok=True)
        with closing(sqlite3.connect(made)) as base:
            base.executescript(written.read_text(encoding="utf-8"))
    elif written.name == "export.fit.json":
        made = workdir / "export.fit"
        made.write_bytes(fit_bytes(json.loads(written.read_text(encoding="utf-8"))))
    else:
        return written
    return made


def measures(case: Path, workdir: Path) -> pl.DataFrame | None:
    """What one case's export holds besides sets; None where its app has no reader for it."""
    export = as_exported(next(case.glob("export.*")), workdir)
    if identify(peek(export)).covariates is None:
        return None
    return read_covariates(export, athlete="athlete").table


def text_of(sets: pl.DataFrame) -> str:
    """A set table as CSV text, columns that are empty throughout left out.

    Nothing at all for no sets.
    """
    filled = [name for name in sets.columns if sets[name].null_count() < sets.height]
    return sets.select(filled).write_csv(datetime_format="%Y-%m-%d %H:%M:%S")


def main() -> None:
    """Write every expected table."""
    import tempfile

    for case in CASES:
        with tempfile.TemporaryDirectory() as workdir:
            (case / "expected.csv").write_text(text_of(set_table(case, Path(workdir))))
            found = measures(case, Path(workdir))
        if found is not None:
            (case / "expected_measures.csv").write_text(found.write_csv())
        print(case.name)


if __name__ == "__main__":
    main()
