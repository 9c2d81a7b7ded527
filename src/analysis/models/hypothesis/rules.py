"""What every key of a plan file must be: a test, and the same in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.measures.e1rm import FORMULAS
from analysis.measures.weeks import WEEKDAYS
from analysis.models.hypothesis import plan as kinds


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
