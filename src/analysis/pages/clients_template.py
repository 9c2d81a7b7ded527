"""A commented `clients.toml` to fill in: every setting with its default, every client by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from analysis.measures.flags import Thresholds, described
from analysis.measures.intensity import ZONES
from analysis.pages.clients import DOC, FILE, client_paths
from analysis.problems import PathError


def template(folder: Path | None = None) -> str:
    """Return the template.

    Args:
        folder: where the clients are; each gets an entry to fill in.
    """
    return "\n".join(_template_lines(client_paths([folder]) if folder else [])) + "\n"


def write_template(folder: Path, path: Path | None = None) -> str:
    """Write the template into the folder, or to `path`, and say so; nothing is overwritten.

    Raises:
        PathError: the folder does not exist, or cannot be written to.
    """
    target = path or folder / FILE
    if not folder.exists():
        raise PathError(f"{folder}: no such file or folder")
    if target.exists():
        return f"{target} is there already and was left as it is."
    try:
        target.write_text(template(folder), encoding="utf-8", newline="\n")
    except OSError as error:
        hint = "name another place with --settings FILE"
        raise PathError(f"{target}: {error.strerror}; {hint}") from error
    return f"Settings: {target}. Remove a # to change one, then run `liftdose coach` again."


def _template_lines(paths: list[Path]) -> Iterator[str]:
    yield "# What `liftdose coach` should know about this folder. Remove a # to change a setting."
    yield ""
    yield '# "newest": flags are raised on the newest day of all clients. "own": on each client\'s'
    yield "# own last day, for a folder of finished logs. Or a date, such as 2026-01-31."
    yield '# today = "newest"'
    for key, default in (("unit", '"kg"'), ("show", '"kg"'), ("encoding", '"cp1252"'),
                         ("zones", str(list(ZONES)))):  # fmt: skip
        yield f"# {DOC[key]}"
        yield f"# {key} = {default}"
    yield ""
    yield "[thresholds]"
    defaults = asdict(Thresholds())
    for each in described():
        low, high = each.metadata["low"], each.metadata["high"]
        yield f"# {each.metadata['doc']} ({low:g} to {high:g})"
        yield f"# {each.name} = {defaults[each.name]}"
    yield ""
    yield "# One table per client, by the name of the file or folder; every setting above but"
    yield "# today may stand in it. Two files of one name are one client."
    for path in paths:
        yield f"[clients.{_quoted(path.stem if path.is_file() else path.name)}]"
        yield f"# name = {_quoted(path.stem)}"
        yield '# unit = "kg"'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
