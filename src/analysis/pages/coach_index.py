"""The coach's index: one row per client, every flag, and the same as a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import __version__
from analysis.measures import triage
from analysis.measures.flags import FLAGS, LEVELS, Finding, Thresholds
from analysis.measures.words import count
from analysis.pages.coach_pages import SCRIPT
from analysis.report import Listing, Prose, Report, Section, write_workbook
from analysis.result import Result


def listed(rows: list[dict[str, Any]], rules: Thresholds, day: date | None) -> Result:
    """Return the rows of all clients, most urgent first; `day` is None for own last days."""
    result = triage.as_result(rows, rules, day)
    pages = {row["athlete"]: row.get("page", "") for row in rows}
    table = result.table.rename(columns={"athlete": "client"})
    table["page"] = table["client"].map(pages)
    return Result(
        "clients", "Clients in numbers", table, result.summary.replace("athlete", "client"),
        notes=result.notes, settings=result.settings,
    )  # fmt: skip


def raised(found: list[Finding], day: date | None) -> Result:
    """Return every flag of every client; those that ask for attention first."""
    ranked = sorted(
        found, key=lambda each: (LEVELS.index(each.level), list(FLAGS).index(each.flag))
    )
    rows = [
        {
            "client": each.athlete,
            "flag": each.flag,
            "level": each.level,
            "sentence": each.sentence,
            "evidence": len(each.rows),
            "first_date": pd.Timestamp(each.first),
            "last_date": pd.Timestamp(each.last),
        }
        for each in ranked
    ]
    columns = ("client", "flag", "level", "sentence", "evidence", "first_date", "last_date")
    return Result(
        name="flags",
        title="Every flag",
        table=pd.DataFrame(rows, columns=list(columns)),
        summary=f"{count(len(rows), 'flag')}; the rows behind each stand on the client's page.",
        settings={"today": day.isoformat() if day else "each client's own last day"},
    )


def index_page(clients: Result, flags: Result, notes: Sequence[str]) -> Report:
    """Return the page that leads to the clients' pages."""
    meaning = pd.DataFrame({"flag": list(FLAGS), "meaning": list(FLAGS.values())})
    key = Result("meanings", "What the flags mean", meaning, "Most urgent first.")
    said = [Section("reading", "About the files", [Prose("\n\n".join(notes))])] if notes else []
    numbers = replace(clients, table=clients.table.drop(columns="page"), settings={})
    return Report(
        "Clients",
        [
            Listing(_at_a_glance(clients), links=(("client", "page"),)),
            Section("every-flag", "Flags", [replace(flags, settings={}), key]),
            Section("numbers", "Numbers", [numbers], folded=True),
            *said,
        ],
        subtitle="Who needs attention, against each client's own normal",
        takeaways=[clients.summary, *_first(clients.table)],
        header=[("Flags as of", str(clients.settings["today"]))],
        provenance={"liftdose": __version__, "settings": dict(clients.settings)},
        shared_script=SCRIPT,
    )


def _first(table: pd.DataFrame) -> Iterator[str]:
    urgent = table[table["status"] == "needs attention"]
    if len(urgent):
        named = [f"{row.client} ({row.why})" for row in urgent.head(5).itertuples()]
        rest = f" and {len(urgent) - 5} more" if len(urgent) > 5 else ""
        yield f"First to look at: {'; '.join(named)}{rest}."


def _at_a_glance(clients: Result) -> Result:
    """Return the numbers with their own normal beside them, as a person reads them."""
    table = clients.table
    flags = [
        "; ".join(filter(None, each))
        for each in zip(table["why"], table["other_flags"].fillna(""), strict=True)
    ]
    text = pd.DataFrame(
        {
            "client": table["client"],
            "page": table["page"],
            "status": table["status"],
            "flags, or reason": flags,
            "last session": table["last_session"],
            "sessions": _beside(table["sessions_4_weeks"], table["sessions_own_normal"]),
            "sets": _beside(table["sets_last_week"], table["sets_own_4_week_mean"]),
            "strength": _interval(table),
        }
    )
    notes = (
        "Sessions: in the last 4 weeks (own normal). Sets: working sets in the last week (own "
        "mean of the 4 weeks before). Strength: % per 4 weeks (95 % interval).",
        *clients.notes,
    )
    return replace(clients, name="overview", title="Clients", table=text, notes=notes, settings={})


def _beside(now: pd.Series[Any], normal: pd.Series[Any]) -> list[str | None]:
    return [
        None if pd.isna(a) else f"{a:.0f}" if pd.isna(b) else f"{a:.0f} ({b:.1f})"
        for a, b in zip(now, normal, strict=True)
    ]


def _interval(table: pd.DataFrame) -> list[str | None]:
    ends = ("strength_per_4_weeks_pct", "strength_low_pct", "strength_high_pct")
    return [
        None if pd.isna(rate) else f"{rate:+.1f} % ({low:+.1f} to {high:+.1f})".replace("-", "−")
        for rate, low, high in zip(*(table[name] for name in ends), strict=True)
    ]


def workbook(path: Path, clients: Result, flags: Result, rules: Thresholds) -> Path | None:
    """Write both tables and the thresholds as sheets; None where xlsxwriter is not installed."""
    table = pd.DataFrame({"threshold": Thresholds.__slots__})
    table["value"] = [float(getattr(rules, name)) for name in Thresholds.__slots__]
    sheets = [clients, flags, Result("thresholds", "Thresholds", table, "")]
    try:
        return write_workbook(path, sheets)
    except ModuleNotFoundError:
        return None
