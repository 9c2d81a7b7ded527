"""The coach's index: one row per client, every flag, and the same as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from analysis import __version__
from analysis.measures import triage
from analysis.measures.flags import FLAGS, LEVELS, Finding, Thresholds
from analysis.measures.words import count
from analysis.pages.coach_pages import SCRIPT
from analysis.pages.coach_roster import roster, weekly
from analysis.report import Prose, Report, Section
from analysis.result import Result


def listed(rows: list[dict[str, Any]], rules: Thresholds, day: date | None) -> Result:
    """Return the rows of all clients, most urgent first; `day` is None for own last days."""
    result = triage.as_result(rows, rules, day)
    pages = {row["athlete"]: row.get("page", "") for row in rows}
    table = result.table.rename(columns={"athlete": "client"})
    table["page"] = table["client"].map(pages)
    return Result(
        "clients", "At a glance", table, result.summary.replace("athlete", "client"),
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


def index_page(
    clients: Result,
    flags: Result,
    rows: list[dict[str, Any]],
    found: list[Finding],
    notes: Sequence[str],
) -> Report:
    """Return the page that leads to the clients' pages."""
    meaning = pd.DataFrame({"flag": list(FLAGS), "meaning": list(FLAGS.values())})
    key = Result("meanings", "What the flags mean", meaning, "Most urgent first.")
    said = [Section("reading", "About the files", [Prose("\n\n".join(notes))])] if notes else []
    shown = replace(clients, table=clients.table.drop(columns="page"), settings={})
    return Report(
        "Clients",
        [
            replace(roster(clients, rows, found), result=shown),
            *said,
            Section("every-flag", "Flags", [replace(flags, settings={}), key]),
            weekly(rows),
        ],
        subtitle="Who needs attention, against each client's own normal",
        header=[("Flags as of", _as_of(clients))],
        provenance={"liftdose": __version__, "settings": dict(clients.settings)},
        shared_script=SCRIPT,
    )


def _as_of(clients: Result) -> str:
    today = str(clients.settings["today"])
    return "each client's own last day" if today == "own last day" else today
