"""Which unit a file's loads are in, and who says so.

The caller, else `liftdose.toml`, else the numbers, else whoever can be asked. A file whose unit
nobody knows is not read.

Strong's most common dialect names no unit. An app that stores kg and shows lb leaves traces:

- residue: 74.99999999999999 is a half pound grid value that went through kg and back: lb;
- lb in kg: 61.23492 is 135 lb shown in kg: kg now, though entered in lb;
- kg in lb: 88.18 is 40 kg shown in lb: lb.

An exercise with such traces is decided by them. The rest follow the file's own balance of
evidence: those traces, the grid the other numbers lie on, and the barbell loads that plates make
(45, 135, 225 … against 20, 60, 100 …). The two weak kinds of evidence, grid and plates, must
point the same way, or nothing is decided and the caller is asked.

The frequencies below are shares of distinct (exercise, load) pairs, rounded, pooled over logs
whose unit is named by the export itself: 9 lb logs and 25 kg logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

import polars as pl

from analysis.ingest import remembered
from analysis.ingest.remembered import Ask, Undecided
from analysis.ingest.set_table import read_number
from analysis.ingest.sources import Source
from analysis.ingest.vendors import Staged
from analysis.notes import Many, Note, first_names
from analysis.units import KG_PER

LB = KG_PER["lb"]
GRID = {"10": (0.45, 0.32), "5": (0.37, 0.19), "2.5": (0.08, 0.14), "whole": (0.07, 0.30),
        "half": (0.03, 0.05)}  # fmt: skip
"""Share of plain loads on a grid step and no coarser one: (in lb logs, in kg logs)."""
PLATES = {"lb": (0.20, 0.03), "kg": (0.12, 0.26)}
"""Share of barbell loads that are round in lb or in kg plates: (in lb logs, in kg logs)."""
LB_PLATES = (45.0, 95.0, 135.0, 185.0, 225.0, 275.0, 315.0, 365.0, 405.0)
KG_PLATES = (20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 140.0, 180.0)
EFFECTIVE = 12
"""Loads of one lifter are alike: however many there are, they weigh as this many."""
TRACES = ("residue", "lb_in_kg", "kg_in_lb")
ENOUGH = 0.95
FEWEST = 20
"""Distinct loads below which grid and plates decide nothing."""
UNIT_SCHEMA = {
    "exercise": pl.String,
    "unit": pl.String,
    "confidence": pl.Float64,
    "reason": pl.String,
}
SHOWN = 6
"""Loads that a question shows: enough to recognise one's own."""


class Verdict(NamedTuple):
    """The file's own unit: "kg", "lb" or None, how sure, and why."""

    unit: str | None
    confidence: float
    reason: str


def weigh(loads: pl.DataFrame) -> tuple[pl.DataFrame, Verdict]:
    """Decide the unit of each exercise of one file.

    Args:
        loads: `exercise`, `load` (number as exported); one row per record.

    Returns:
        One row per exercise with `unit` (None where the file's own verdict is None and the
        exercise has no traces), `confidence` (0 to 1), `reason` and `traced`; and the file's
        verdict.
    """
    distinct = loads.filter(pl.col("load") > 0).unique().with_columns(_trace())
    by_exercise = distinct.group_by("exercise").agg(
        pl.len().alias("n"),
        *((pl.col("trace") == trace).sum().alias(trace) for trace in TRACES),
    )  # fmt: skip
    in_lb = pl.col("residue") + pl.col("kg_in_lb")
    lb = pl.col("residue") * 3 + pl.col("kg_in_lb")
    kg = pl.col("lb_in_kg")
    decided = by_exercise.with_columns(
        pl.when((lb >= 2) & (lb >= 3 * kg)).then(pl.lit("lb"))
        .when((kg >= 2) & (kg >= 3 * lb)).then(pl.lit("kg")).alias("traced")
    )  # fmt: skip
    verdict = _verdict(distinct, decided)
    follows = pl.lit(f"follows the file: {verdict.reason}")
    table = decided.select(
        "exercise",
        unit=pl.coalesce("traced", pl.lit(verdict.unit)),
        confidence=pl.when(pl.col("traced").is_null()).then(verdict.confidence)
        .otherwise(1 - 0.1 / (1 + pl.max_horizontal(lb, kg))),
        reason=pl.when(pl.col("traced") == "lb").then(
            pl.format("{} of {} loads are kg shown in lb", in_lb, "n")
        ).when(pl.col("traced") == "kg").then(
            pl.format("{} of {} loads are round lb shown in kg", "lb_in_kg", "n")
        ).otherwise(follows),
        traced=pl.col("traced").is_not_null(),
    )  # fmt: skip
    unloaded = loads.select("exercise").unique().join(table, on="exercise", how="anti")
    zero = unloaded.with_columns(
        unit=pl.lit(verdict.unit),
        confidence=pl.lit(1.0),
        reason=pl.lit("no load logged"),
        traced=pl.lit(False),
    )
    return pl.concat([table, zero]).sort("exercise"), verdict


def _trace() -> pl.Expr:
    """Name the arithmetic trace a load carries, or the grid it lies on."""
    load = pl.col("load")
    off_half = (load * 2 - (load * 2).round()).abs() / 2
    is_lb = _near(load / LB, 2.5, 0.02)
    is_kg = _near(load * LB, 1.25, 0.004)
    return (
        pl.when((off_half > 0) & (off_half < 1e-6)).then(pl.lit("residue"))
        .when((off_half > 1e-6) & is_lb & ~is_kg).then(pl.lit("lb_in_kg"))
        .when((off_half > 1e-6) & is_kg & ~is_lb).then(pl.lit("kg_in_lb"))
        .when(off_half > 1e-6).then(pl.lit("odd"))
        .when(_near(load, 10, 1e-9)).then(pl.lit("10"))
        .when(_near(load, 5, 1e-9)).then(pl.lit("5"))
        .when(_near(load, 2.5, 1e-9)).then(pl.lit("2.5"))
        .when(_near(load, 1, 1e-9)).then(pl.lit("whole"))
        .otherwise(pl.lit("half")).alias("trace")
    )  # fmt: skip


def _near(value: pl.Expr, step: float, tolerance: float) -> pl.Expr:
    return (value - (value / step).round() * step).abs() <= tolerance


def _verdict(distinct: pl.DataFrame, decided: pl.DataFrame) -> Verdict:
    votes = dict(decided.group_by("traced").len().iter_rows())
    traced = 2.0 * max(-3, min(3, votes.get("lb", 0) - votes.get("kg", 0)))
    plain = distinct.join(decided.filter(pl.col("traced") == "kg"), on="exercise", how="anti")
    grid = _log_odds({name: int((plain["trace"] == name).sum()) for name in GRID}, GRID)
    bars = plain.filter(pl.col("exercise").str.to_lowercase().str.contains("barbell"))["load"]
    counts = {"lb": int(bars.is_in(LB_PLATES).sum()), "kg": int(bars.is_in(KG_PLATES).sum())}
    plates = _log_odds(counts, PLATES)
    total = traced + grid + plates
    unit = "lb" if total > 0 else "kg"
    confidence = 1 / (1 + exp(-abs(total)))
    why = _why(votes, grid, plates, counts)
    if abs(traced) >= 4 and confidence >= ENOUGH:
        return Verdict(unit, confidence, why)
    contradicted = bool(votes.get("lb") and votes.get("kg")) or grid * plates <= 0
    if contradicted or confidence < ENOUGH or plain.height < FEWEST:
        return Verdict(None, confidence, why)
    return Verdict(unit, confidence, why)


def _log_odds(counts: dict[str, int], shares: dict[str, tuple[float, float]]) -> float:
    """Log odds of lb over kg; as if there were at most EFFECTIVE loads."""
    total = sum(counts.values())
    if not total:
        return 0.0
    raw = sum(n * log(shares[name][0] / shares[name][1]) for name, n in counts.items())
    return raw * min(1.0, EFFECTIVE / total)


def _why(votes: dict[str | None, int], grid: float, plates: float, counts: dict[str, int]) -> str:
    parts = [
        f"{votes[unit]} exercises carry traces of {unit}"
        for unit in ("lb", "kg")
        if votes.get(unit)
    ]
    parts += [f"the grid of loads points to {'lb' if grid > 0 else 'kg'}"] if grid else []
    if plates:
        parts.append(
            f"barbell loads are round in lb plates {counts['lb']} times, "
            f"in kg plates {counts['kg']} times"
        )
    return "; ".join(parts) or "no load tells"


class Decision(NamedTuple):
    """Unit per exercise as `UNIT_SCHEMA`, or None; and what to say about it."""

    table: pl.DataFrame | None
    note: Note | None = None


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
    rows = staged.rows
    if "not_set" in rows.collect_schema().names():
        rows = rows.filter(pl.col("not_set").is_null())
    given = rows.select("exercise", load=number("load")).drop_nulls("exercise").collect()
    loads = given.with_columns(pl.col("load").fill_null(0))
    table, verdict = weigh(loads)
    if said.unit is not None:
        return _as_said(said.source, table, said.unit, said.who)
    if verdict.unit is not None or not (loads["load"] > 0).any():
        return Decision(table.drop("traced"), _inferred(said.source, table, verdict))
    question = _question(said.source, app, loads, verdict.reason)
    answer = said.ask(question) if said.ask else None
    if answer is not None:
        return _as_said(said.source, table, answer, remembered.FILE)
    note = _note("unit unknown", said.source, app=app, why=verdict.reason, line=question.line)
    return Decision(None, note)


def number(column: str) -> pl.Expr:
    """The numbers of a text column; null where a cell is none."""
    return pl.col(column).map_batches(read_number, return_dtype=pl.Float64, is_elementwise=True)


def _note(kind: str, source: Source, count: int = 0, **facts: object) -> Note:
    return Note(kind, source.label, source.athlete, count, facts)


def _as_said(source: Source, table: pl.DataFrame, unit: str, who: str) -> Decision:
    against = table.filter((pl.col("unit") != unit) & pl.col("traced"))
    told = table.drop("traced").with_columns(
        unit=pl.lit(unit), confidence=pl.lit(1.0), reason=pl.lit(f"{who} says so")
    )
    if against.height:
        n, names = against.height, first_names(against["exercise"])
        note = _note("unit against numbers", source, n, who=who, unit=unit, names=names)
        return Decision(told, note)
    by_file = who == remembered.FILE
    return Decision(told, _note("unit said", source, unit=unit, who=who) if by_file else None)


def _inferred(source: Source, table: pl.DataFrame, verdict: Verdict) -> Note:
    other = table.filter(pl.col("unit") != (verdict.unit or "kg"))
    but = (
        f"; {Many(other.height):exercise} in the other unit: {first_names(other['exercise'])}"
        if other.height
        else ""
    )
    sure = min(verdict.confidence, 0.99)
    unit = verdict.unit or "kg"
    return _note("unit inferred", source, unit=unit, sure=sure, why=verdict.reason, but=but)


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
