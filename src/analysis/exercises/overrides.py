"""Writing an `exercises.toml`: unmapped names with suggestions, and decisions one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.exercises.catalogue import Catalogue
from analysis.outputs import whole_file
from analysis.problems import SettingsError

_HEAD = """\
# Exercise names that are yours, and corrections to the catalogue. Edit, save, run again.
#
# [names]               "the name in your log" = "the id of an exercise"
# [roles.<id>]          replaces the muscles of an exercise; direct, indirect, stabiliser
# [exercises.<new id>]  an exercise of your own; name, and any of equipment, mechanic,
#                       laterality, load_basis, pattern; its muscles go under [roles.<new id>]
#
# Example:
# [exercises.my-machine]
# name = "My machine"
# load_basis = "external"
# [roles.my-machine]
# direct = ["quads"]
# indirect = ["glutes"]
"""


def write_overrides(
    path: Path, names: Iterable[str], catalogue: Catalogue, sets: Mapping[str, int] | None = None
) -> Path:
    """Write a ready-to-edit `exercises.toml` that lists unmapped names with suggestions.

    Overrides in force are kept as they are. An unmapped name stands in a comment, so that the
    file changes nothing until a person has decided.

    Args:
        path: where to write; an existing file is kept and not overwritten.
        names: names to list, in the order wanted.
        catalogue: for suggestions and the overrides in force.
        sets: sets logged under each name, said beside it.

    Returns:
        The path written, with `.new` added where the file existed.
    """
    tables = catalogue.overridden
    lines = [_HEAD, "[names]", *_pairs(tables.get("names", {}))]
    for name in names:
        close = catalogue.suggest(name)
        said = [f"{sets[name]:,} sets"] if sets and name in sets else []
        said += [f"or {', '.join(close[1:])}"] if close[1:] else []
        line = f"# {_quote(name)} = {_quote(close[0] if close else '')}"
        lines.append(f"{line}  # {'; '.join(said)}" if said else line)
    for table in ("exercises", "roles"):
        for key, entry in tables.get(table, {}).items():
            lines += ["", f"[{table}.{_quote(key)}]", *_pairs(entry)]
    target = path.with_suffix(".new.toml") if path.exists() else path
    target.write_text("\n".join(lines) + "\n", "utf-8")
    return target


_NAMES_TABLE = re.compile(r"^[ \t]*\[names\][ \t]*(#.*)?$", re.MULTILINE)
_NEXT_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def decide(path: Path, name: str, exercise_id: str) -> None:
    """Write into an `exercises.toml` which exercise a name is; what else stands there stays.

    Args:
        path: the file; made where there is none.
        name: as logged.
        exercise_id: an id of the catalogue, or of the file's own.

    Raises:
        SettingsError: the file is no TOML, or says its names in a form that no line can join.
        OutputError: it cannot be written.
    """
    from analysis.exercises.corrections import OverridesFile  # loads pydantic, which few runs need
    from analysis.settings import read

    text = path.read_text("utf-8") if path.exists() else f"{_HEAD}\n[names]\n"
    read(text, path.name, OverridesFile)
    if _NAMES_TABLE.search(text) is None:
        text = f"{text.rstrip()}\n\n[names]\n"
    head = _NAMES_TABLE.search(text)
    assert head is not None
    start = head.end() + 1
    following = _NEXT_TABLE.search(text, start)
    end = following.start() if following else len(text)
    # an earlier decision is replaced, and so is the line that offered one
    said = re.compile(rf"^[ \t]*(# *)?{re.escape(_quote(name))}[ \t]*=.*\n?", re.MULTILINE)
    inside = said.sub("", text[start:end])
    line = f"{_quote(name)} = {_quote(exercise_id)}\n"
    changed = text[: head.end()] + "\n" + line + inside + text[end:]
    if read(changed, path.name, OverridesFile).names.get(name) != exercise_id:
        rule = "this name stands here in a form that the program does not change"
        raise SettingsError(path.name, f"names.{name}", exercise_id, rule, "edit it by hand")
    with whole_file(path) as aside:
        aside.write_text(changed, "utf-8", newline="\n")


def _pairs(table: Mapping[str, Any]) -> list[str]:
    """Return `key = value` lines; a value is text or a list of texts."""
    return [
        f"{_quote(key)} = [{', '.join(map(_quote, value))}]"
        if isinstance(value, list)
        else f"{_quote(key)} = {_quote(str(value))}"
        for key, value in table.items()
    ]


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
