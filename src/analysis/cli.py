"""The command line: thin shells over the public verbs. Slow libraries load inside the commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from analysis import __version__

if TYPE_CHECKING:
    from analysis.logbook import Logbook

INTERNAL_ERROR = 1
_STATE = {"debug": False}

app = typer.Typer(
    name="liftdose",
    help="What the work bought, muscle by muscle, from the logs that lifting apps export.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Paths = Annotated[list[str], typer.Argument(help="Exports: files, folders or zips.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")]
Unit = Annotated[
    Literal["kg", "lb"] | None,
    typer.Option(help="Unit of loads, for exports that do not name it."),
]
Athlete = Annotated[str | None, typer.Option(help="One name for everything that is read.")]
Encoding = Annotated[str | None, typer.Option(help="For text files that are not UTF-8.")]
Overrides = Annotated[
    Path | None, typer.Option("--exercises", help="An exercises.toml that corrects the catalogue.")
]


@app.command()
def ingest(
    paths: Paths,
    out: Out,
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
) -> None:
    """Read exports into one set table, with an account of every record."""
    from analysis.ingest import Options, write

    options = Options(unit, athlete, encoding, exercises)
    ledger = write(paths, out, options, _say)
    _print_ledger(ledger)


@app.command()
def report(
    paths: Paths,
    out: Out = Path("reports"),
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    anonymise: Annotated[
        bool, typer.Option(help="No names, notes, titles or true dates; ids stay the same.")
    ] = False,
    salt: Annotated[
        Path, typer.Option(help="The secret behind the ids; made once, never to be shared.")
    ] = Path("liftdose.salt"),
) -> None:
    """Make a lifter's page: one HTML file that opens anywhere, offline, and its numbers as CSV."""
    _small_logs()
    from analysis.ingest import offer_overrides, read
    from analysis.pages.athletes import save

    logbook = read(paths, unit=unit, athlete=athlete, encoding=encoding, overrides=exercises)
    if anonymise:
        from analysis.anonymise import anonymise as without_names
        from analysis.anonymise import keep_salt

        logbook = without_names(logbook, keep_salt(salt))
    for note in logbook.notes:
        _say(note)
    _print_ledger(logbook.ledger)
    for line in save(logbook, out, unit=unit or "kg"):
        typer.echo(line)
    if offered := offer_overrides(out, logbook.exercises, logbook.catalogue):
        typer.echo(f"{logbook.unmapped.height} names are not mapped: edit {offered}")


@app.command()
def test(
    hypothesis: Annotated[Path, typer.Argument(help="The plan, a hypothesis.toml.")],
    paths: Paths,
    out: Out = Path("reports/hypothesis"),
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
) -> None:
    """Answer a question that was written down first: verdict, diagnostics, other choices."""
    from analysis.pages.hypothesis import answer

    logbook = _read(paths, unit, athlete, encoding, exercises)
    for line in answer(hypothesis, logbook, out):
        typer.echo(line)


@app.command()
def coach(
    folder: Annotated[list[str], typer.Argument(help="A file or folder per client inside.")],
    out: Out = Path("reports/coach"),
    workers: Annotated[int | None, typer.Option(help="Processes; one per processor.")] = None,
    template: Annotated[
        bool, typer.Option(help="Only write a commented clients.toml into the folder.")
    ] = False,
) -> None:
    """Make the Monday page: one row per client, most urgent first, and a page each."""
    from analysis.pages.clients_template import write_template
    from analysis.pages.coach import coach_folder

    if template:
        typer.echo(f"Settings: {write_template(Path(folder[0]))}")
        return
    done = coach_folder(folder, out, workers=workers)
    for note in done.notes:
        _say(note)
    typer.echo(done.clients.summary)
    typer.echo(f"Index: {done.index}")


@app.command()
def cohort(
    paths: Paths,
    out: Out = Path("reports/cohort"),
    unit: Unit = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    muscle: Annotated[
        list[str] | None, typer.Option(help="Only this muscle; may be given several times.")
    ] = None,
) -> None:
    """Pool many lifters: effects per muscle, how people differ, curves, and who is left out."""
    from analysis.pages.cohort import save_cohort

    logbook = _read(paths, unit, None, encoding, exercises)
    _print_ledger(logbook.ledger)
    for line in save_cohort(logbook, out, muscles=muscle):
        typer.echo(line)


@app.command()
def audit(
    paths: Paths,
    out: Out = Path("reports/audit"),
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
) -> None:
    """Check leg training against an article's claims: what this log shows, what trials say."""
    from analysis.pages.athletes import save_audits

    logbook = _read(paths, unit, athlete, encoding, exercises)
    for line in save_audits(logbook, out):
        typer.echo(line)


@app.command()
def plan(
    routine: Annotated[Path, typer.Argument(help="CSV, or lines such as `Squat 4x6 @ RIR2`.")],
    logs: Annotated[
        list[str] | None, typer.Argument(help="The athlete's exports, if any.")
    ] = None,
    out: Out = Path("reports/plan"),
    landmarks: Annotated[Path | None, typer.Option(help="Weekly set bands of your own.")] = None,
    unit: Unit = None,
    exercises: Overrides = None,
) -> None:
    """Check a routine: weekly sets per muscle, frequency and gaps, against the athlete's log."""
    from analysis.ingest import read
    from analysis.pages.plan import plan_page

    logbook = (
        read(logs, unit=unit, athlete="athlete", overrides=exercises) if logs is not None else None
    )
    page = plan_page(routine, logbook, landmarks)
    for takeaway in page.takeaways:
        typer.echo(takeaway.text)
    typer.echo(f"Page: {page.save(out)}")


@app.command()
def demo(out: Out = Path("reports/demo")) -> None:
    """Make the pages of three invented lifters, to see what a report looks like."""
    _small_logs()
    import tempfile

    from analysis.models.simulate.sample import write_sample

    with tempfile.TemporaryDirectory(prefix="liftdose-") as folder:
        typer.echo(
            "Three invented lifters, a year each: Strong in lb, Hevy in kg, FitNotes in kg."
        )
        report([str(path) for path in write_sample(Path(folder))], out)


@app.command()
def formats() -> None:
    """List the apps whose exports can be read, and where each hides its export."""
    from analysis.vendors import known_vendors

    for vendor in known_vendors():
        typer.echo(f"{vendor.title}: {vendor.how_to_export}")


@app.command()
def explain(
    term: Annotated[list[str], typer.Argument(help="A word of the field, such as e1RM.")],
) -> None:
    """Say what a term means."""
    from analysis.explain import explain as meaning

    typer.echo(meaning(" ".join(term)))


@app.command()
def doctor() -> None:
    """Check the installation: versions, optional extras, a browser."""
    from analysis.doctor import check_up

    findings = list(check_up())
    for sound, sentence in findings:
        typer.echo(f"{'ok ' if sound else 'NO '} {sentence}")
    if not all(sound for sound, _ in findings):
        raise typer.Exit(INTERNAL_ERROR)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option(help="Show tracebacks of internal errors.")] = False,
) -> None:
    """What the work bought, muscle by muscle, from the logs that lifting apps export."""
    _STATE["debug"] = debug


def _small_logs() -> None:
    """One thread for polars: a page asks many small questions, and threads cost more there."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


def _read(
    paths: list[str],
    unit: str | None,
    athlete: str | None,
    encoding: str | None,
    exercises: Path | None,
) -> Logbook:
    """Read exports and say what there is to say about them."""
    from analysis.ingest import read

    logbook = read(paths, unit=unit, athlete=athlete, encoding=encoding, overrides=exercises)
    for note in logbook.notes:
        _say(note)
    return logbook


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _print_ledger(ledger: object) -> None:
    import polars as pl

    assert isinstance(ledger, pl.DataFrame)
    names = ("records", "sets", "not_sets", "duplicates", "rejected")
    total = ledger.select(pl.col(names).sum()).row(0, named=True)
    files = ledger.filter(pl.col("vendor").is_not_null()).height
    typer.echo(
        f"{files} of {ledger.height} files read: {total['records']:,} records = "
        f"{total['sets']:,} sets + {total['not_sets']:,} no sets + "
        f"{total['duplicates']:,} duplicates + {total['rejected']:,} rejected"
    )


def main() -> None:
    """Run the command line; errors of the user's input are one clear line, not a traceback."""
    from analysis.problems import UserError

    # The models solve many small systems: threads inside each cost more than they give. Set
    # before numpy loads; what the user has set stays.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except UserError as error:
        typer.echo(f"liftdose: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if _STATE["debug"]:
            raise
        name = type(error).__name__
        typer.echo(
            f"liftdose: internal error, {name}: {error}\nThis is a fault of the program. "
            "`liftdose --debug …` shows where; please report it.",
            err=True,
        )
        sys.exit(INTERNAL_ERROR)
