"""Commands that make pages of people: a lifter's, a coach's clients, an audit, a routine."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from analysis.cli import reading
from analysis.cli.reading import (
    Anonymise,
    Asking,
    Athlete,
    Encoding,
    Out,
    Overrides,
    Paths,
    Salt,
    Strict,
    Tables,
    Tz,
    Unit,
    bar,
    how_to_say,
    result,
    say,
)
from analysis.paths import pasted


def report(
    paths: Paths,
    out: Out = Path("reports"),
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    tz: Tz = None,
    tables: Tables = None,
    anonymise: Anonymise = False,
    salt: Salt = Path("liftdose.salt"),
    strict: Strict = False,
) -> None:  # fmt: skip
    """Make a lifter's page: one HTML file that opens anywhere, offline, and its numbers as CSV."""
    _small_logs()
    from analysis.pages.lifter import save

    logbook = reading.read(
        paths, out, unit=unit, athlete=athlete, encoding=encoding, overrides=exercises, tz=tz
    )
    logbook = reading.with_tables(logbook, tables or [])
    if anonymise:
        logbook = reading.without_names(logbook, salt)
    reading.show(
        "Pages", lambda tell: save(logbook, out, unit=unit, anonymous=anonymise, tell=tell)
    )
    if logbook.unmapped.height:
        result(f"{logbook.unmapped.height} names are not mapped, so they train no muscle here. "
               f"Say which they are: {shlex.join(['liftdose', 'exercises', *paths])}")  # fmt: skip
    reading.finish(logbook.ledger, strict=strict)


def coach(
    folder: Annotated[list[str], typer.Argument(help="A file or folder per client inside.")],
    out: Out = Path("reports/coach"),
    workers: Annotated[int | None, typer.Option(help="Processes; one per processor.")] = None,
    settings: Annotated[
        Path | None,
        typer.Option(parser=pasted, metavar="FILE",
                     help="A clients.toml; by default the folder's own."),
    ] = None,
    today: Annotated[
        str | None, typer.Option(help="Day of the flags: newest, own (last day) or a date.")
    ] = None,
    tz: Tz = None,
    whole: Annotated[
        bool, typer.Option(help="Each client's page carries its own script, to be sent alone.")
    ] = False,
    anonymise: Anonymise = False,
    salt: Salt = Path("liftdose.salt"),
    template: Annotated[
        bool, typer.Option(help="Only write a commented clients.toml, and stop.")
    ] = False,
    strict: Strict = False,
) -> None:  # fmt: skip
    """Make the Monday page: one row per client, most urgent first, and a page each."""
    from shutil import get_terminal_size

    from analysis.pages.clients import settings_for, write_template
    from analysis.pages.coach import coach_folder
    from analysis.pages.roster import table_lines

    paths = [pasted(each) for each in folder]
    if template:
        result(write_template(paths[0], settings))
        return
    rules = settings_for(paths, settings, today, tz)
    with bar("Clients") as shown:
        asking = Asking(out, shown)
        done = coach_folder(
            paths, out, settings=rules, workers=workers, whole=whole,
            salt=reading.secret(salt) if anonymise else None, ask=asking, tell=shown,
        )  # fmt: skip
    for note in done.notes:
        say(note)
    if asking.unknown:
        say(how_to_say(asking.unknown))
    for line in table_lines(done.clients, width=get_terminal_size().columns):
        result(line)
    result(done.clients.summary)
    result(f"Index: {done.index}")
    without = int((done.clients.table["page"] == "").sum())
    if strict and without:
        say(f"liftdose: strict: {without} clients without a page")
        raise typer.Exit(reading.PARTIAL)


def audit(
    paths: Paths,
    out: Out = Path("reports/audit"),
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    tz: Tz = None,
    strict: Strict = False,
) -> None:
    """Check leg training against an article's claims: what this log shows, what trials say."""
    from analysis.pages.lifter import save_audits

    logbook = reading.read(
        paths, out, unit=unit, athlete=athlete, encoding=encoding, overrides=exercises, tz=tz
    )
    reading.show("Pages", lambda tell: save_audits(logbook, out, tell=tell))
    reading.finish(logbook.ledger, strict=strict)


def plan(
    routine: Annotated[
        Path,
        typer.Argument(parser=pasted, metavar="ROUTINE",
                       help="CSV, or lines such as `Squat 4x6 @ RIR2`."),
    ],
    logs: Annotated[
        list[str] | None, typer.Argument(help="The athlete's exports, if any.")
    ] = None,
    out: Out = Path("reports/plan"),
    landmarks: Annotated[
        Path | None,
        typer.Option(parser=pasted, metavar="FILE", help="Weekly set bands of your own."),
    ] = None,
    unit: Unit = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    tz: Tz = None,
    strict: Strict = False,
) -> None:  # fmt: skip
    """Check a routine: weekly sets per muscle, frequency and gaps, against the athlete's log."""
    from analysis.pages.routine import plan_page

    logbook = (
        reading.read(
            logs, out, unit=unit, athlete="athlete", encoding=encoding, overrides=exercises, tz=tz
        )
        if logs is not None
        else None
    )
    page = plan_page(routine, logbook, landmarks)
    for takeaway in page.takeaways:
        result(takeaway.text)
    result(f"Page: {page.save(out)}")
    if logbook is not None:
        reading.finish(logbook.ledger, strict=strict)


def demo(
    out: Out = Path("reports/demo"),
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Make the pages of three invented lifters, to see what a report looks like."""
    _small_logs()
    from analysis.outputs import scratch_folder
    from analysis.simulate.sample import write_sample

    with scratch_folder() as folder:
        result("Three invented lifters, a year each: Strong in lb, Hevy in kg, FitNotes in kg.")
        report([str(path) for path in write_sample(folder)], out)
    if open_it:
        _open(out / "index.html")


def _small_logs() -> None:
    """One thread for polars: a page asks many small questions, and threads cost more there."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        say(f"No browser could be started: open {page} yourself.")
