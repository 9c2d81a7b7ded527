"""The command line: thin shells over the public verbs. Slow libraries load inside the commands.

`people` makes the pages, `research` the tables and answers, `unmapped` has names decided, `about`
explains. `reading` is how each of them reads exports, with what it asks, says and shows.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from analysis.cli import about, people, research, unmapped
from analysis.cli.nearest import NearestName
from analysis.problems import UserError
from analysis.terminal import printable

INTERNAL_ERROR = 1
_STATE = {"debug": False}

COMMANDS = (
    research.ingest,
    research.weekly,
    people.report,
    research.test,
    research.pool,
    research.cohort,
    people.coach,
    people.audit,
    people.plan,
    research.notebook,
    unmapped.exercises,
    people.demo,
    research.recipe,
    about.formats,
    about.explain,
    about.doctor,
    about.version,
)
"""In the order of `liftdose --help`."""

app = typer.Typer(
    name="liftdose",
    cls=NearestName,
    help="What the work bought, muscle by muscle, from the logs that lifting apps export.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in COMMANDS:
    app.command()(_command)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option(help="Show tracebacks of internal errors.")] = False,
) -> None:
    """What the work bought, muscle by muscle, from the logs that lifting apps export."""
    _STATE["debug"] = debug


def main() -> None:
    """Run the command line; errors of the user's input are one clear line, not a traceback."""
    # The models solve many small systems: threads inside each cost more than they give. Set
    # before numpy loads; what the user has set stays.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except UserError as error:
        typer.echo(printable(f"liftdose: {error}"), err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if _STATE["debug"]:
            raise
        name = type(error).__name__
        said = (
            f"liftdose: internal error, {name}: {error}\nThis is a fault of the program. "
            "`liftdose --debug …` shows where; please report it."
        )
        typer.echo(printable(said), err=True)
        sys.exit(INTERNAL_ERROR)
