"""From `hypothesis.toml` to a `Plan`: every key checked, every error with its remedy."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from analysis.exercises import Catalogue
from analysis.measures import counting
from analysis.models.hypothesis.plan import Plan
from analysis.models.hypothesis.rules import RULES, TABLES
from analysis.problems import PathError, SettingsError, did_you_mean


class PlanError(SettingsError):
    """A key of the plan file breaks a rule."""


REQUIRED = {
    "question": "say in a sentence what is asked",
    "muscle": 'name a muscle group, such as muscle = "quads"',
    "smallest_effect": "say which effect would be too small to matter, in % strength per block "
    "and added unit, such as smallest_effect = 0.1",
}


def read_plan(path: str | Path) -> tuple[Plan, str]:
    """Read a plan file.

    Returns:
        The plan, and the SHA-256 of the file's bytes.

    Raises:
        PathError: there is no such file.
        PlanError: the file is no TOML, or a key breaks a rule.
    """
    path = Path(path)
    if not path.is_file():
        raise PathError(f"{path}: no such plan file; docs/hypothesis.md shows one to start from")
    raw = path.read_bytes()
    return parse_plan(raw, path.name), hashlib.sha256(raw).hexdigest()


def parse_plan(raw: bytes, file: str = "hypothesis.toml") -> Plan:
    """Return the plan of a file's bytes; errors as in `read_plan`."""
    try:
        data = tomllib.loads(raw.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(file, "file", str(error), "not valid TOML", "correct that line") from None
    top = {key: value for key, value in data.items() if key not in TABLES}
    values = _checked(file, "", top)
    for key, remedy in REQUIRED.items():
        if key not in values:
            raise PlanError(file, key, None, "a plan needs it", remedy)
    for name, kind in TABLES.items():
        if name in data:
            values[name] = _table(file, name, data[name], kind)
    plan = Plan(**values)
    if plan.given.column in plan.covariates:
        raise PlanError(
            file, "covariates", list(plan.covariates),
            f"{plan.given.column} is the exposure itself", "leave it out of the covariates",
        )  # fmt: skip
    return plan


def check_muscle(plan: Plan, catalogue: Catalogue, file: str) -> None:
    """Raise PlanError where the muscle is no group of the catalogue."""
    names = counting.groups(catalogue)
    if plan.muscle not in names:
        raise PlanError(file, "muscle", plan.muscle, f"expected one of {', '.join(names)}",
                        _remedy(plan.muscle, names))  # fmt: skip


def stated(raw: bytes) -> set[str]:
    """Return the keys that a valid plan file states itself, `table.key` inside a table."""
    data = tomllib.loads(raw.decode("utf-8-sig"))
    inside = {f"{name}.{key}" for name in TABLES for key in data.get(name, {})}
    return (set(data) - set(TABLES)) | inside


def _table(file: str, name: str, value: object, kind: Callable[..., Any]) -> Any:
    if not isinstance(value, dict):
        keys = ", ".join(RULES[name])
        raise PlanError(file, name, value, f"a table with {keys}", f"write it below [{name}]")
    return kind(**_checked(file, name, value))


def _checked(file: str, table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in values.items():
        where = f"{table}.{key}" if table else key
        if key not in RULES[table]:
            names = [*RULES[table], *([] if table else TABLES)]
            raise PlanError(file, where, value, "no such key", _remedy(key, names, "keys"))
        rule = RULES[table][key]
        if not rule.holds(value):
            raise PlanError(file, where, value, rule.says, _remedy(value, rule.words))
        found[key] = tuple(value) if isinstance(value, list) else value
    return found


def _remedy(value: object, words: Sequence[str], what: str = "") -> str:
    if isinstance(value, str) and (near := did_you_mean(value, words)):
        return near
    return f"the {what} are {', '.join(words)}" if what else "correct it"


def settings(plan: Plan) -> dict[str, Any]:
    """Return every key with its value, `table.key` inside a table, in the plan's order."""
    found: dict[str, Any] = {}
    for each in fields(plan):
        value = getattr(plan, each.name)
        if each.name in TABLES and value is not None:
            found |= {f"{each.name}.{part.name}": getattr(value, part.name)
                      for part in fields(value)}  # fmt: skip
        else:
            found[each.name] = value
    return found
