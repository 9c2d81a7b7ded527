"""Commands for those who study logs: the set table, and answers to questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.cli import reading
from analysis.cli.reading import (
    Anonymise,
    Asking,
    Athlete,
    Cluster,
    Encoding,
    Jobs,
    Out,
    Overrides,
    Paths,
    Salt,
    Strict,
    Tables,
    Tz,
    Unit,
    bar,
    result,
    say,
)
from analysis.paths import pasted
from analysis.problems import NoUsableDataError, UserError

if TYPE_CHECKING:
    from analysis.store import Store


def ingest(
    paths: Paths,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", parser=pasted, metavar="DIR", help="Folder to write into."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(parser=pasted, metavar="DIR",
                     help="A store of many athletes: what is new is read, and joined to it."),
    ] = None,
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    tz: Tz = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    strict: Strict = False,
) -> None:  # fmt: skip
    """Read exports into one set table, with an account of every record; or into a store.

    A store takes Parquet files of set tables too.
    """
    from analysis.ingest import Options, write
    from analysis.ingest.stored import add
    from analysis.notes import Note
    from analysis.workers import workers

    target = out or store
    if target is None or (out is not None and store is not None):
        raise UserError("say where to: --out DIR for one set table, or --store DIR")
    with workers(jobs, cluster) as who, bar("Reading") as shown:
        asking = Asking(target, shown)
        options = Options(unit, athlete, encoding, exercises, asking, shown, tz, who)
        notes: list[Note] = []
        try:
            ledger = (write if store is None else add)(paths, target, options, notes.append)
        except NoUsableDataError as error:
            raise NoUsableDataError(reading.with_remedy(str(error), asking)) from error
    for note in notes:
        say(str(note))
    reading.print_ledger(ledger)
    reading.finish(ledger, strict=strict)


def weekly(
    paths: Paths,
    out: Annotated[
        Path, typer.Option("--out", "-o", parser=pasted, metavar="FILE",
                           help="Parquet file to write."),
    ],
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", help="volume, frequency or intensity; several times; all."),
    ] = None,
    week_starts: Annotated[str, typer.Option(help="Weekday that weeks begin on.")] = "monday",
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    tz: Tz = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    strict: Strict = False,
) -> None:  # fmt: skip
    """Write what each muscle got in each week, of logs or of a store of any size, as Parquet."""
    from analysis.measures.weekly import MEASURES
    from analysis.measures.weekly import weekly as write_weekly
    from analysis.store import given_store
    from analysis.workers import workers

    store = given_store(paths)
    if store is None:
        logbook = reading.read(
            paths, out, unit=unit, athlete=athlete, encoding=encoding, overrides=exercises, tz=tz
        )
    with workers(jobs, cluster) as who, bar("Weeks") as shown:
        try:
            written = write_weekly(store or logbook, out, measures=measures or MEASURES,
                                   week_starts=week_starts, who=who, tell=shown)  # fmt: skip
        except ValueError as error:
            raise UserError(str(error)) from error
    for note in written.notes:
        say(str(note))
    result(f"{written.path}: {written.summary}")
    if store is None:
        reading.finish(logbook.ledger, strict=strict)


def recipe(
    file: Annotated[
        Path,
        typer.Argument(parser=pasted, metavar="FILE", help="A CSV, XLSX, XLS or ODS of your own."),
    ],
    unit: Unit = None,
    encoding: Encoding = None,
) -> None:
    """Draft a recipe.toml for a table of your own beside it, and show its first rows as read."""
    from analysis.ingest.sheets.preview import preview

    for line in preview(file, unit=unit, encoding=encoding).lines():
        result(line)


def cohort(
    paths: Paths,
    out: Out = Path("reports/cohort"),
    unit: Unit = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    tz: Tz = None,
    muscle: Annotated[
        list[str] | None, typer.Option(help="Only this muscle; may be given several times.")
    ] = None,
    anonymise: Anonymise = False,
    salt: Salt = Path("liftdose.salt"),
    jobs: Jobs = 1,
    cluster: Cluster = None,
    strict: Strict = False,
) -> None:
    """Pool many lifters: effects per muscle, how people differ, curves, and who is left out.

    A store with more than 200,000 sets, or with --jobs or --cluster, is reduced bucket by bucket.
    """
    from analysis.pages.cohort import save_cohort, save_cohort_of_store
    from analysis.progress import Stages
    from analysis.workers import workers

    said = (unit, encoding, exercises, tz, anonymise)
    if (store := _large_store(paths, jobs, cluster, said)) is not None:
        stages = Stages()
        with workers(jobs, cluster) as who:
            reading.show(
                "Cohort",
                lambda tell: save_cohort_of_store(
                    store, out, who, muscles=muscle, tell=tell, stages=stages
                ),
            )
        for line in stages.lines():
            say(line)
        return
    logbook = reading.read(
        paths, out, unit=unit, athlete=None, encoding=encoding, overrides=exercises, tz=tz
    )
    if anonymise:
        logbook = reading.without_names(logbook, salt)
    reading.show(
        "Muscles",
        lambda tell: save_cohort(logbook, out, muscles=muscle, anonymous=anonymise, tell=tell),
    )
    reading.finish(logbook.ledger, strict=strict)


def test(
    hypothesis: Annotated[
        Path,
        typer.Argument(parser=pasted, metavar="PLAN", help="The plan, a hypothesis.toml."),
    ],
    paths: Paths,
    out: Out = Path("reports/hypothesis"),
    unit: Unit = None,
    athlete: Athlete = None,
    encoding: Encoding = None,
    exercises: Overrides = None,
    tables: Tables = None,
    register: Annotated[
        Path | None,
        typer.Option(parser=pasted, metavar="FILE",
                     help="Register of looks at these logs; by default it stands with them."),
    ] = None,
    share: Annotated[
        Path | None,
        typer.Option(parser=pasted, metavar="FILE",
                     help="No page: write cross-products and counts per person, for pooling."),
    ] = None,
    share_variances: Annotated[
        Path | None,
        typer.Option(parser=pasted, metavar="FILE",
                     help="No page: write this site's sums for round one of pooling."),
    ] = None,
    noise: Annotated[
        float, typer.Option(min=0.0, max=0.2, help="With --share: noise mixed into the columns.")
    ] = 0.0,
    tz: Tz = None,
    anonymise: Anonymise = False,
    salt: Salt = Path("liftdose.salt"),
    jobs: Jobs = 1,
    cluster: Cluster = None,
    strict: Strict = False,
) -> None:  # fmt: skip
    """Answer a question that was written down first: verdict, diagnostics, other choices.

    PLAN may be a folder of plans: a family, whose p-values are adjusted together. Of a store with
    more than 200,000 sets, or with --jobs or --cluster, a plan gets verdict and estimate, bucket
    by bucket.
    """
    said = (share, share_variances, tables, unit, athlete, encoding, exercises, tz, anonymise)
    if (store := _large_store(paths, jobs, cluster, said)) is not None:
        _test_store(hypothesis, paths, store, out, register, jobs, cluster)
        return
    from analysis.pages.hypothesis import answer_all, checked_plans, register_of
    from analysis.pages.pool import share_site, share_sums

    if share and share_variances:
        raise UserError("--share and --share-variances are two rounds: make one at a time")
    plans = checked_plans(hypothesis, paths, tables or [], exercises)
    if len(plans) > 1 and (share or share_variances):
        raise UserError("a folder of plans is not shared at once: share each plan")
    logbook = reading.read(
        paths, out, unit=unit, athlete=athlete, encoding=encoding, overrides=exercises, tz=tz
    )
    logbook = reading.with_tables(logbook, tables or [])
    place = register or register_of(paths)
    if anonymise:
        logbook = reading.without_names(logbook, salt)
    if share_variances:
        lines = share_sums(plans[0], logbook, share_variances)
    elif share:
        lines = share_site(plans[0], logbook, share, register=place, noise=noise)
    else:
        command = ["liftdose", *sys.argv[1:]]
        reading.show(
            "Testing",
            lambda tell: answer_all(
                plans,
                logbook,
                out,
                register=place,
                command=command,
                anonymous=anonymise,
                tell=tell,
            ),
        )
        lines = iter(())
    for line in lines:
        result(line)
    reading.finish(logbook.ledger, strict=strict)


def _large_store(
    paths: list[str], jobs: int, cluster: str | None, said: tuple[object, ...]
) -> Store | None:
    """Return the store that is to be asked bucket by bucket; None where there is none such."""
    from analysis.store import BUCKET_SETS, given_store

    store = given_store([pasted(each) for each in paths])
    if store is None:
        if jobs > 1 or cluster:
            raise UserError(
                "--jobs and --cluster share out the buckets of a store; make one first: "
                "liftdose ingest PATH… --store DIR"
            )
        return None
    # The whole page of a plan fits hundreds of models to the logs: minutes for what one bucket
    # holds.
    if jobs == 1 and not cluster and store.manifest.sets <= BUCKET_SETS:
        return None
    if any(said):
        raise UserError(
            f"a store of more than {BUCKET_SETS:,} sets is asked by its buckets: without --unit, "
            "--encoding, --exercises, --tz, --athlete, --with, --anonymise and --share"
        )
    return store


def _test_store(
    hypothesis: Path,
    paths: list[str],
    store: Store,
    out: Path,
    register: Path | None,
    jobs: int,
    cluster: str | None,
) -> None:
    from analysis.pages.hypothesis import checked_plans, register_of
    from analysis.pages.over_store import answer_store
    from analysis.progress import Stages
    from analysis.workers import workers

    plans = checked_plans(hypothesis, paths)
    if len(plans) > 1:
        raise UserError("a folder of plans is not put to a store at once: put each plan")
    place, stages = register or register_of(paths), Stages()
    with workers(jobs, cluster) as who:
        reading.show(
            "Testing",
            lambda tell: answer_store(
                plans[0], store, out, who, register=place, tell=tell, stages=stages
            ),
        )
    for line in stages.lines():
        say(line)


def pool(
    sites: Annotated[
        list[Path],
        typer.Argument(parser=pasted, metavar="SITE…", help="Files that test --share wrote."),
    ],
    out: Out = Path("reports/pooled"),
) -> None:
    """Pool sites that handed over cross-products instead of logs: the fit of all their logs."""
    from analysis.pages.pool import save_pooled

    for line in save_pooled(sites, out):
        result(line)


def notebook(
    paths: Annotated[
        list[Path],
        typer.Argument(parser=pasted, metavar="NOTEBOOK…", help="Notebooks that have been run."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", parser=pasted, metavar="PATH",
                     help="An .html file for one notebook, or a folder."),
    ] = Path("reports/notebooks"),
) -> None:  # fmt: skip
    """Turn notebooks into pages: one HTML file each that opens anywhere, offline."""
    try:
        from analysis.report.notebook import save_notebooks
    except ModuleNotFoundError as error:
        raise UserError(
            f"pages of notebooks need {error.name}, which is not installed: "
            "pip install 'liftdose[notebooks]'"
        ) from error

    for line in save_notebooks(paths, out):
        result(line)
