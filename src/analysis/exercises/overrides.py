"""The user's own `exercises.toml`: names, roles and whole entries that win over the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from analysis.exercises.catalogue import ROLES, Catalogue, exercise_frame, role_frame
from analysis.outputs import whole_file
from analysis.problems import SettingsError, did_you_mean
from analysis.schema import LOAD_BASES

_CHOICES = {
    "mechanic": ("compound", "isolation", "other"),
    "laterality": ("bilateral", "unilateral"),
    "load_basis": tuple(LOAD_BASES),
}
_DEFAULTS = {
    "equipment": "unspecified",
    "mechanic": "other",
    "laterality": "bilateral",
    "load_basis": "external",
    "pattern": "other",
}
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


def apply(catalogue: Catalogue, text: str, file: str = "exercises.toml") -> Catalogue:
    """Return the catalogue with the overrides of a TOML text.

    Args:
        catalogue: what to override.
        text: the content of an `exercises.toml`.
        file: its name, for errors.

    Raises:
        SettingsError: the text is no TOML, or an entry breaks a rule.
    """
    tables = _tables(text, file)
    added = [_entry(key, value, file) for key, value in tables["exercises"].items()]
    exercises = pl.concat(
        [catalogue.exercises, exercise_frame(added)] if added else [catalogue.exercises]
    ).unique("exercise_id", keep="last", maintain_order=True)
    ids = set(exercises["exercise_id"])
    muscles = set(catalogue.muscles["muscle"])
    roles = [
        row
        for key, value in tables["roles"].items()
        for row in _roles(key, value, ids, muscles, file)
    ]
    replaced = list(tables["roles"])
    for name, target in tables["names"].items():
        _known(f'names."{name}"', target, ids, file)
    return replace(
        catalogue,
        exercises=exercises,
        roles=pl.concat(
            [catalogue.roles.filter(~pl.col("exercise_id").is_in(replaced)), role_frame(roles)]
        ),
        names={**catalogue.names, **{row["name"].casefold(): row["exercise_id"] for row in added}},
        overridden=tables,
    )


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
    text = path.read_text("utf-8") if path.exists() else f"{_HEAD}\n[names]\n"
    _tables(text, path.name)
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
    if _tables(changed, path.name)["names"].get(name) != exercise_id:
        rule = "this name stands here in a form that the program does not change"
        raise SettingsError(path.name, f"names.{name}", exercise_id, rule, "edit it by hand")
    with whole_file(path) as aside:
        aside.write_text(changed, "utf-8", newline="\n")


def _tables(text: str, file: str) -> dict[str, dict[str, Any]]:
    from analysis.settings import parse_toml  # loads pydantic, which few runs need

    data = parse_toml(text, file)
    for key, value in data.items():
        if key not in ("names", "roles", "exercises") or not isinstance(value, dict):
            rule = "the tables are [names], [roles.<id>] and [exercises.<id>]"
            raise SettingsError(file, key, value, rule, "move it into one of them")
    return {key: data.get(key, {}) for key in ("names", "roles", "exercises")}


def _entry(exercise_id: str, value: Any, file: str) -> dict[str, str]:
    where = f"exercises.{exercise_id}"
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise SettingsError(file, where, value, "an exercise needs a name", 'add name = "…"')
    for key, word in value.items():
        if key != "name" and key not in _DEFAULTS:
            rule = f"the keys are name, {', '.join(_DEFAULTS)}"
            raise SettingsError(file, f"{where}.{key}", word, rule, "remove or rename it")
        if key in _CHOICES and word not in _CHOICES[key]:
            rule = f"expected one of {', '.join(_CHOICES[key])}"
            raise SettingsError(file, f"{where}.{key}", word, rule, "choose one of them")
    return {"exercise_id": exercise_id} | _DEFAULTS | {k: str(v) for k, v in value.items()}


def _roles(
    exercise_id: str, value: Any, ids: set[str], muscles: set[str], file: str
) -> list[tuple[str, str, str]]:
    _known(f"roles.{exercise_id}", exercise_id, ids, file)
    where = f"roles.{exercise_id}"
    if not isinstance(value, dict) or not set(value) <= set(ROLES):
        raise SettingsError(
            file, where, value, f"roles are {', '.join(ROLES)}", 'write direct = ["quads"]'
        )
    rows: dict[str, str] = {}
    for role, listed in value.items():
        for muscle in listed if isinstance(listed, list) else [listed]:
            if muscle not in muscles or muscle in rows:
                rule = "named twice" if muscle in rows else "no such muscle"
                near = "" if muscle in rows else did_you_mean(str(muscle), muscles)
                remedy = near or f"use each once, from {', '.join(sorted(muscles))}"
                raise SettingsError(file, f"{where}.{role}", muscle, rule, remedy)
            rows[muscle] = role
    return [(exercise_id, muscle, role) for muscle, role in rows.items()]


def _known(key: str, exercise_id: Any, ids: set[str], file: str) -> None:
    if exercise_id not in ids:
        rule = "no exercise has this id"
        remedy = (
            did_you_mean(str(exercise_id), ids)
            or "use an id of the catalogue or define it under [exercises.<id>]"
        )
        raise SettingsError(file, key, exercise_id, rule, remedy)


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
