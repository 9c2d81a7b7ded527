"""What the command line prints: notes to stderr, results to stdout, plain text in both."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

import typer

from analysis.terminal import printable


def say(line: str) -> None:
    """Print a note; a pipe of the results does not get it."""
    _print(line, err=True)


def result(line: str) -> None:
    """Print a line of the result."""
    _print(line, err=False)


def on_terminal() -> bool:
    """Whether a person looks at stderr: no pipe, no build server, no dumb terminal."""
    watched = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return watched and not os.environ.get("CI")


def _print(line: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    text = printable(line)
    if stream.isatty():
        width = shutil.get_terminal_size().columns
        text = "\n".join(_wrapped(part, width) for part in text.split("\n"))
    typer.echo(text, err=err)


def _wrapped(line: str, width: int) -> str:
    """Wrap a sentence between words; its bullet stands out, a path or command stays whole."""
    if len(line) <= width or line.startswith("  "):
        return line
    indent = "  " if line.startswith("- ") else ""
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False)  # fmt: skip
