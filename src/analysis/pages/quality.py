"""What a page says of its data and of itself: every record accounted for, what made the page."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import polars as pl

from analysis import __version__
from analysis.logbook import Logbook
from analysis.report import Prose
from analysis.result import Result


def made_with(*packages: str) -> dict[str, Any]:
    """Return the versions that a page's provenance begins with."""
    return {"liftdose": __version__, "packages": {name: version(name) for name in packages}}


def ledger_result(logbook: Logbook) -> Result:
    """Return one row per file: its records as sets, no sets, duplicates and rejected."""
    ledger = logbook.ledger
    total = ledger.select(pl.col(pl.Int64).sum()).row(0, named=True)
    return Result(
        name="ledger",
        title="What became of every record",
        table=ledger.to_pandas(),
        summary=(
            f"{total['records']:,} records: {total['sets']:,} sets, {total['not_sets']:,} that "
            f"are no sets (rest timers, notes, planned), {total['duplicates']:,} counted once "
            f"though in two files, {total['rejected']:,} rejected."
        ),
    )


def rejected_results(logbook: Logbook) -> Iterator[Result]:
    """Yield the records that break a rule, by file and rule; nothing where none does."""
    if logbook.rejected.is_empty():
        return
    by_rule = (
        logbook.rejected.group_by("source_file", "column", "rule")
        .agg(
            pl.len().alias("records"),
            pl.col("source_row").min().alias("first_line"),
            pl.col("value").first().alias("first_value"),
        )
        .sort("records", "source_file", "column", descending=[True, False, False])
    )
    yield Result(
        name="rejected",
        title="Records that break a rule",
        table=by_rule.to_pandas(),
        summary=f"{logbook.rejected['source_row'].len():,} values break a rule; "
        "correct them in the app and export again, or leave them out.",
    )


def said(logbook: Logbook) -> Iterator[Prose]:
    """Yield what reading the files had to say."""
    if logbook.notes:
        yield Prose("\n\n".join(logbook.notes))
