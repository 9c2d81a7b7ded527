"""Which unit a file is read in, and who says so.

The caller, else `liftdose.toml`, else the numbers, else whoever can be asked.
A file whose unit nobody knows is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from analysis.ingest import remembered, unit_evidence
from analysis.ingest.checks import read_number
from analysis.ingest.remembered import Ask, Undecided
from analysis.ingest.sources import Source
from analysis.vendors import Staged

SHOWN = 6
"""Loads that a question shows: enough to recognise one's own."""


class Decision(NamedTuple):
    """Unit per exercise as `unit_evidence.UNIT_SCHEMA`, or None; and what to say about it."""

    table: pl.DataFrame | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Says:
    """What is said about the unit of one file.

    Attributes:
        source: the file.
        unit: "kg", "lb", or None where nobody has said it.
        who: who says it, as a user knows it.
        ask: gets the question when nothing decides; None where nobody can be asked.
    """

    source: Source
    unit: str | None = None
    who: str = ""
    ask: Ask | None = None


def says(source: Source, unit: str | None, ask: Ask | None = None) -> Says:
    """Return what the caller says about a file, or else the `liftdose.toml` beside it.

    Raises:
        SettingsError: the `liftdose.toml` breaks a rule.
    """
    if unit is not None:
        return Says(source, unit, "--unit")
    return Says(source, remembered.unit_of(source.export, source.name), remembered.FILE, ask)


def decide(staged: Staged, app: str, said: Says) -> Decision:
    """Return the unit of each exercise of a file that names none."""
    label = said.source.label
    rows = staged.rows
    if "not_set" in rows.collect_schema().names():
        rows = rows.filter(pl.col("not_set").is_null())
    given = rows.select("exercise", load=number("load")).drop_nulls("exercise").collect()
    loads = given.with_columns(pl.col("load").fill_null(0))
    table, verdict = unit_evidence.weigh(loads)
    if said.unit is not None:
        return _as_said(label, table, said.unit, said.who)
    if verdict.unit is not None or not (loads["load"] > 0).any():
        return Decision(table, _inferred(label, table, verdict))
    question = _question(said.source, app, loads, verdict.reason)
    answer = said.ask(question) if said.ask else None
    if answer is not None:
        return _as_said(label, table, answer, remembered.FILE)
    return Decision(None, _unknown(question))


def number(column: str) -> pl.Expr:
    """The numbers of a text column; null where a cell is none."""
    return pl.col(column).map_batches(read_number, return_dtype=pl.Float64, is_elementwise=True)


def _as_said(label: str, table: pl.DataFrame, unit: str, who: str) -> Decision:
    against = table.filter((pl.col("unit") != unit) & pl.col("reason").str.contains(" shown in "))
    told = table.with_columns(
        unit=pl.lit(unit), confidence=pl.lit(1.0), reason=pl.lit(f"{who} says so")
    )
    if against.height:
        return Decision(
            told,
            f"{label}: {who} {unit} is applied to all, though the numbers of "
            f"{against.height} exercises tell otherwise: {_names(against)}",
        )
    note = f"{label}: read as {unit}, as {who} says" if who == remembered.FILE else ""
    return Decision(told, note)


def _inferred(label: str, table: pl.DataFrame, verdict: unit_evidence.Verdict) -> str:
    other = table.filter(pl.col("unit") != (verdict.unit or "kg"))
    but = (
        f"; {other.height} exercises are in the other unit: {_names(other)}"
        if other.height
        else ""
    )
    return (
        f"{label}: no unit is named; read as {verdict.unit or 'kg'} "
        f"({min(verdict.confidence, 0.99):.0%} sure: {verdict.reason}){but}. "
        "Use --unit to say otherwise"
    )


def _question(source: Source, app: str, loads: pl.DataFrame, reason: str) -> Undecided:
    """The heaviest load of the exercises logged most: what a lifter knows by heart."""
    most = (
        loads.filter(pl.col("load") > 0)
        .group_by("exercise")
        .agg(pl.len().alias("sets"), pl.col("load").max())
        .sort("sets", "exercise", descending=[True, False])
        .head(SHOWN)
    )
    known = tuple(most.select("exercise", "load").iter_rows())
    return Undecided(source.label, source.export, source.name, app, known, reason)


def _unknown(question: Undecided) -> str:
    return (
        f"{question.label}: {question.app} does not say whether its loads are kg or lb, and "
        f"the numbers do not tell either ({question.reason}). Say it with --unit kg or --unit lb, "
        f"or with {question.line} under [units] in a {remembered.FILE} beside it"
    )


def _names(table: pl.DataFrame, most: int = 5) -> str:
    names = table["exercise"].to_list()
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
