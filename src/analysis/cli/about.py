"""Commands that explain: the formats, the words, the installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.reading import Out, result

UNSOUND = 1


def formats(
    app: Annotated[str | None, typer.Argument(help="One app; without it, all.")] = None,
) -> None:
    """List the apps whose exports can be read: what each carries, and where it hides."""
    from analysis.cli.explain import format_lines

    for line in format_lines(app):
        result(line)


def explain(
    term: Annotated[
        list[str] | None, typer.Argument(help="Words of the field, such as e1RM RIR.")
    ] = None,
) -> None:
    """Say what a term or a muscle group means; without one, list the terms."""
    from analysis.cli.explain import explain_all, terms

    result(explain_all(term) if term else terms())


def doctor(out: Out = Path("reports")) -> None:
    """Check the installation: versions, extras, package data, a browser, the output folder."""
    from analysis.cli.doctor import check_up

    findings = list(check_up(out))
    for sound, sentence in findings:
        result(f"{'ok ' if sound else 'NO '} {sentence}")
    if not all(sound for sound, _ in findings):
        raise typer.Exit(UNSOUND)


def version() -> None:
    """Print the version."""
    from analysis import __version__

    result(__version__)
