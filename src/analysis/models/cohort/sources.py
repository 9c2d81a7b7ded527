"""The files and logs behind a cohort: which gave sets, which are one person's, and why not."""

from __future__ import annotations

import pandas as pd
import polars as pl

from analysis.logbook import GAVE_SETS, Logbook
from analysis.measures.words import count
from analysis.models.cohort.study import CohortStudy
from analysis.result import Result

REFUSED = "no export that can be read"
NO_UNIT = "a known app, but every record rejected, most often for want of a unit"
EMPTY = "a known app, but no set in it"


def file_kinds(ledger: pl.DataFrame) -> pd.Series:
    """Return per file of a ledger why it yields no set; "" where it yields some."""
    kind = (
        pl.when(GAVE_SETS)
        .then(pl.lit(""))
        .when(pl.col("vendor").is_null())
        .then(pl.lit(REFUSED))
        .when(pl.col("rejected") > 0)
        .then(pl.lit(NO_UNIT))
        .otherwise(pl.lit(EMPTY))
    )
    return ledger.select(kind.alias("kind"))["kind"].to_pandas()


def same_person_result(study: CohortStudy) -> Result:
    """Return one row per log left out: `athlete`, `kept` (in its place), `sessions` shared."""
    shared = {
        frozenset((row["athlete"], row["other"])): row["sessions"]
        for row in study.shared.to_dict("records")
    }
    rows = [
        (gone, stays, shared[frozenset((gone, stays))])
        for gone, stays in sorted(study.same_person.items())
    ]
    return Result(
        name="same_person",
        title="Logs of the same person",
        table=pd.DataFrame(rows, columns=["athlete", "kept", "sessions"]),
        summary=(
            f"{count(len(rows), 'log')} left out: many sessions of it stand in another log, to "
            "the minute, the sets, the repetitions and the load, and are counted there."
            if rows
            else "No two logs share sessions: each is taken for a person of its own."
        ),
    )


def files_result(logbook: Logbook) -> Result:
    """Return one row per file with what became of its records, and the reason where none is used.

    Columns: those of the ledger, and `reason`.
    """
    notes: dict[str, list[str]] = {}
    for file in logbook.ledger["source_file"]:
        own = [note.removeprefix(f"{file}: ") for note in logbook.notes if note.startswith(file)]
        notes[file] = own
    table = logbook.ledger.to_pandas()
    kinds = file_kinds(logbook.ledger)
    table["reason"] = [
        "" if not kind else "; ".join(notes[file]) or kind
        for file, kind in zip(table["source_file"], kinds, strict=True)
    ]
    table = table.sort_values(
        "reason", key=lambda told: told == "", kind="stable", ignore_index=True
    )
    unread = int((table["reason"] != "").sum())
    return Result(
        name="files",
        title="What became of every file",
        table=table,
        summary=(
            f"{count(unread, 'file')} of {len(table):,} gave no set, each with its reason; they "
            "stand first."
            if unread
            else f"All {count(len(table), 'file')} gave sets."
        ),
    )
