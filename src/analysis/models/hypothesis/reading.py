"""From `hypothesis.toml` to a `Plan`: every key checked, every error with its remedy."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from analysis.exercises import Catalogue
from analysis.measures import counting
from analysis.measures.e1rm import FORMULAS
from analysis.measures.weeks import WEEKDAYS
from analysis.models.hypothesis import plan as kinds
from analysis.models.hypothesis.plan import Plan
from analysis.problems import PathError, UserError


class PlanError(UserError, ValueError):
    """A key of the plan file breaks a rule."""

    def __init__(self, file: str, key: str, value: object, rule: str, remedy: str) -> None:
        super().__init__(f"{file}: {key} = {value!r}: {rule}; {remedy}")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must be: a test, and the same in words."""

    holds: Callable[[Any], bool]
    says: str
    words: Sequence[str] = ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(low: float, high: float, says: str) -> Rule:
    return Rule(lambda v: _is_number(v) and low <= v <= high, says)


def _whole(low: int, high: int) -> Rule:
    says = f"expected a whole number from {low} to {high:,}"
    return Rule(lambda v: type(v) is int and low <= v <= high, says)


def _word(words: Sequence[str]) -> Rule:
    return Rule(lambda v: v in words, f"expected one of {', '.join(words)}", words)


def _many(each: Rule) -> Rule:
    def holds(value: Any) -> bool:
        return isinstance(value, list) and bool(value) and all(each.holds(v) for v in value)

    return Rule(holds, f"expected a list, of each {each.says.removeprefix('expected ')}",
                each.words)  # fmt: skip


TEXT = Rule(lambda v: isinstance(v, str) and bool(v.strip()), "expected a sentence in quotes")
NAMES = Rule(
    lambda v: isinstance(v, list) and all(isinstance(name, str) for name in v),
    "expected a list of names in quotes",
)
YES_NO = Rule(lambda v: isinstance(v, bool), "expected true or false")
SHARE = _number(0.0, 1.0, "expected a number from 0 to 1")
PART = _number(0.01, 0.99, "expected a number between 0 and 1")
ABOVE_0 = Rule(lambda v: _is_number(v) and v > 0, "expected a number above 0")
SUBSET = Rule(
    lambda v: isinstance(v, list) and all(name in kinds.COVARIATES for name in v),
    f"expected a list of any of {', '.join(kinds.COVARIATES)}",
    kinds.COVARIATES,
)

RULES: Mapping[str, Mapping[str, Rule]] = {
    "": {
        "question": TEXT, "muscle": TEXT, "smallest_effect": ABOVE_0, "estimand": TEXT,
        "exposure": _word(tuple(kinds.EXPOSURES)), "indirect_weight": SHARE,
        "outcome": _word(tuple(kinds.OUTCOMES)), "effect": _word(("within", "between")),
        "block_weeks": _whole(1, 26), "lag": _whole(0, 12), "population": TEXT,
        "covariates": SUBSET, "formula": _word(tuple(FORMULAS)), "seed": _whole(0, 2**32 - 1),
        "written_before_data": YES_NO,
    },
    "exclusions": {
        "min_blocks": _whole(1, 1000), "min_weeks_logged": _whole(0, 5000), "athletes": NAMES,
    },
    "split": {"explore": PART, "use": _word(("explore", "confirm"))},
    "inference": {
        "level": _number(0.5, 0.999, "expected a number from 0.5 to 0.999"),
        "robust": _word(("CR2",)),
    },
    "sensitivity": {
        "indirect": _many(SHARE), "formulas": _many(_word(tuple(FORMULAS))),
        "warmups": _many(_word(tuple(kinds.WARMUPS))), "week_starts": _many(_word(WEEKDAYS)),
        "block_weeks": _many(_whole(1, 26)), "outcomes": _many(_word(tuple(kinds.OUTCOMES))),
        "min_blocks": _many(_whole(1, 1000)), "max_specifications": _whole(0, 10_000),
        "permutations": _whole(0, 100_000),
    },
    "power": {"simulations": _whole(0, 10_000), "target": PART},
}  # fmt: skip
"""Every key of a plan by its table, "" for the top of the file."""

TABLES = {
    "exclusions": kinds.Exclusions, "split": kinds.Split, "inference": kinds.Inference,
    "sensitivity": kinds.Sensitivity, "power": kinds.PowerPlan,
}  # fmt: skip
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
    if isinstance(value, str) and (near := get_close_matches(value, words, n=1)):
        return f"did you mean {near[0]}?"
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
