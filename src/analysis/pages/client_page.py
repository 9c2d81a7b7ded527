"""What a worker process does for one client: read the exports, make the page, return its row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from analysis.ingest import read
from analysis.ingest.remembered import Ask
from analysis.logbook import Logbook
from analysis.measures.lifts import goal_list
from analysis.notes import Note
from analysis.pages.clients import FILE, ClientSettings
from analysis.pages.lifter import athlete_page
from analysis.problems import NoUsableDataError, UserError, is_disk_full
from analysis.pseudonyms import anonymise, identity
from analysis.report import Report
from analysis.result import small_tables
from analysis.say import count
from analysis.signals import triage
from analysis.signals.flags import Finding, Thresholds, find
from analysis.store import given_store

SCRIPT = "plotly.min.js"

SHOWN_REASONS = 3
"""Files that gave nothing whose reasons stand in the index."""


@dataclass(frozen=True, slots=True)
class Client:
    """One client's files and settings.

    Attributes:
        name: how the client is called.
        paths: files and folders of exports; or the store that the client is in, by this name.
        settings: what the coach says about them.
    """

    name: str
    paths: tuple[Path, ...]
    settings: ClientSettings


@dataclass(frozen=True, slots=True)
class Intake:
    """What reading a client gave: a logbook, or the reason why there is none.

    Attributes:
        client: whose it is.
        logbook: without its sets where those are left in a store: `whole` reads them again.
        reason: why there is none.
        left_until: the newest logged day of the sets that are left in a store.
    """

    client: Client
    logbook: Logbook | None
    reason: str = ""
    left_until: date | None = None

    @property
    def newest(self) -> date | None:
        """The newest logged day."""
        if self.logbook is None or self.left_until is not None:
            return self.left_until
        newest = self.logbook.sets.select(pl.col("started_at").dt.date().max()).item()
        return newest if isinstance(newest, date) else None

    def whole(self) -> Logbook:
        """Return the logbook with its sets."""
        assert self.logbook is not None
        if self.left_until is None:
            return self.logbook
        store = given_store(self.client.paths)
        assert store is not None
        return _told(store.logbook(athlete=self.client.name), self.client)


@dataclass(frozen=True, slots=True)
class Job:
    """A client's page to make, in `out / folder`, as of `today`.

    `script` is the address of the plotly.js it shares with the others; "" for a page of its own.
    """

    intake: Intake
    today: date
    out: Path
    folder: str
    script: str


def take_in(client: Client, ask: Ask | None = None) -> Intake:
    """Read a client's exports; of one in a store the sets are left there until they are asked for.

    A coach's clients may be more than fit into memory.
    """
    settings = client.settings
    try:
        if (store := given_store(client.paths)) is not None:
            stored = Intake(client, _told(store.logbook(athlete=client.name), client))
            light = replace(stored.whole(), sets=stored.whole().sets.clear())
            return replace(stored, logbook=light, left_until=stored.newest)
        logbook = read(
            client.paths, unit=settings.unit, athlete=client.name,
            encoding=settings.encoding, tz=settings.tz, ask=ask,
        )  # fmt: skip
    except UserError as error:
        return Intake(client, None, _reason(error))
    return Intake(client, _told(logbook, client))


def _told(logbook: Logbook, client: Client) -> Logbook:
    about = client.settings.about
    return logbook if about is None else logbook.told({client.name: about})


def without_name(intake: Intake, salt: str) -> Intake:
    """Return what reading a client gave, without name, words and true dates."""
    client = replace(intake.client, name=identity(salt, intake.client.name), paths=())
    if intake.logbook is None:
        return replace(intake, client=client, reason="not read; the reason may name the client")
    return Intake(client, anonymise(intake.whole(), salt, together=True))


def _reason(error: UserError) -> str:
    """Return why nothing was read: what matters most of each file, and the coach's remedy."""
    if not isinstance(error, NoUsableDataError):
        return str(error)
    of_file: dict[str, Note] = {}
    for note in (each for each in error.said if isinstance(each, Note)):
        if note.file not in of_file or not of_file[note.file].loud:
            of_file[note.file] = note
    said = [
        f"{note.file}: {note.what} Say its unit in {FILE}."
        if note.kind == "unit unknown"
        else str(note)
        for note in list(of_file.values())[:SHOWN_REASONS]
    ]
    rest = len(of_file) - len(said)
    more = f"And {count(rest, 'more file')}." if rest else ""
    return " ".join(filter(None, [*said, more])) or "no set in any file"


def make(job: Job) -> tuple[dict[str, Any], list[Finding]]:
    """Write one client's page; return the row of the index and the flags."""
    logbook, settings = job.intake.whole(), job.intake.client.settings
    with small_tables():
        found = find(logbook, settings.thresholds, today=job.today)
        row = triage.row(logbook, found, settings.thresholds, job.today)
        goals = goal_list(logbook)
        row["goals"] = goals.summary if goals is not None else ""
        return row | _page(job, logbook, found), [_without_notes(each) for each in found]


def _page(job: Job, logbook: Logbook, found: list[Finding]) -> dict[str, str]:
    """Write the page; one that fails is said in the index, and costs no other client theirs."""
    try:
        page = client_page(job, logbook, found)
        page.save(job.out / job.folder)
    except Exception as error:
        if is_disk_full(error):
            raise
        return {"page": "", "failure": f"{type(error).__name__}: {error}"}
    summary = {"summary": f"{job.folder}/summary.html"} if page.summary else {}
    return {"page": f"{job.folder}/index.html"} | summary


def client_page(job: Job, logbook: Logbook, found: Iterable[Finding]) -> Report:
    """Return an athlete page with the flags on top."""
    settings, today = job.intake.client.settings, job.today
    return athlete_page(
        logbook,
        unit=settings.show,
        shown={
            "zones": settings.zones,
            "thresholds": settings.thresholds,
            "found": list(found),
            "today": today,
            "article": settings.article,
            "dose": False,
        },
        shared_script=job.script,
        back=("../index.html", "All clients") if job.script else None,
        flags_raised_on=today.isoformat(),
        **_changed(settings),
    )


def _changed(settings: ClientSettings) -> dict[str, str]:
    """Return the thresholds that are not the default, for the methods section."""
    default = Thresholds()
    return {
        f"threshold_{name}": f"{getattr(settings.thresholds, name):g}"
        for name in Thresholds.__slots__
        if getattr(settings.thresholds, name) != getattr(default, name)
    }


def _without_notes(finding: Finding) -> Finding:
    """The text of a note stays on the client's own page."""
    return replace(finding, rows=finding.rows.drop(columns="note", errors="ignore"))
