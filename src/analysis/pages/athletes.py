"""One page per athlete; with several athletes, an index that leads to them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from analysis.audit.claims import claims
from analysis.audit.leg_audit import leg_audit
from analysis.audit.sections import audit_blocks
from analysis.logbook import Logbook
from analysis.measures.recent import recent
from analysis.pages.athlete import athlete_page
from analysis.progress import Tell, silent, told
from analysis.report import Listing, Report
from analysis.result import Result

WORKBOOK = find_spec("xlsxwriter") is not None
"""Whether the results can be written as a workbook too."""

TAKEAWAYS = 3
"""Sentences said at once: the first of a page, or one each of so many pages."""


def save(logbook: Logbook, out: Path, *, unit: str = "kg", tell: Tell = silent) -> Iterator[str]:
    """Write the pages and yield what to tell the user.

    One athlete: `index.html` and `data/` in `out`. Several: a folder each, and `index.html` with a
    row per athlete. `data/` holds a workbook where xlsxwriter is installed.
    """
    athletes = logbook.athletes
    folders = folder_names(athletes) if len(athletes) > 1 else dict.fromkeys(athletes, "")
    said: list[str] = []
    for name in told(athletes, tell, str):
        page = athlete_page(logbook.athlete(name) if len(athletes) > 1 else logbook, unit=unit)
        path = page.save(out / folders[name], workbook=WORKBOOK)
        if len(athletes) == 1:
            said = [f"- {takeaway.text}" for takeaway in page.takeaways[:TAKEAWAYS]]
        elif len(said) < TAKEAWAYS:
            said.append(f"- {name}: {page.takeaways[0].text}")
    yield from said
    if not WORKBOOK:
        yield "For the results as a workbook too: pip install 'liftdose[excel]'"
    if len(athletes) == 1:
        yield f"Page: {path}"
        return
    yield f"{len(athletes)} athletes; if these are one person's files, use --athlete NAME"
    yield f"Pages: {_index(logbook, folders).save(out / 'index.html')}"


def save_audits(logbook: Logbook, out: Path, *, tell: Tell = silent) -> Iterator[str]:
    """Write the leg-day audit of each athlete and yield what to tell the user."""
    folders = folder_names(logbook.athletes)
    for name in told(logbook.athletes, tell, str):
        own = logbook.athlete(name)
        page = Report(
            f"Leg-day audit: {name}",
            audit_blocks(own),
            subtitle="What an article claims, what this log shows, what trials say",
        )
        yield leg_audit(own)[0].summary
        yield claims(own).summary
        yield f"Page: {page.save(out if len(folders) == 1 else out / folders[name])}"


def folder_names(athletes: list[str]) -> dict[str, str]:
    """Return a folder name per athlete: plain ASCII, no two alike."""
    names: dict[str, str] = {}
    for athlete in athletes:
        plain = unicodedata.normalize("NFKD", athlete).encode("ascii", "ignore").decode()
        slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower() or "athlete"
        taken = set(names.values())
        names[athlete] = slug if slug not in taken else f"{slug}-{len(names) + 1}"
    return names


def _index(logbook: Logbook, folders: dict[str, str]) -> Report:
    now = recent(logbook).table
    sets = now[now["measure"] == "working_sets"].set_index("athlete")
    rows = [
        {
            "athlete": name,
            "last_session": str(part.sets["started_at"].max())[:10],
            "sessions": part.sets["session"].n_unique(),
            "sets": part.sets.height,
            "sets_a_week_last_block": sets.loc[name, "last_block"],
            "sets_a_week_own_average": sets.loc[name, "own_average"],
            "page": f"{folders[name]}/index.html",
        }
        for name in folders
        for part in (logbook.athlete(name),)
    ]
    table = pd.DataFrame(rows)
    listing = Result(
        name="athletes",
        title="Athletes",
        table=table,
        summary=f"{len(rows)} athletes, {logbook.sets.height:,} sets.",
    )
    return Report("Athletes", [Listing(listing, links=(("athlete", "page"),))])


__all__ = ["folder_names", "save", "save_audits"]
