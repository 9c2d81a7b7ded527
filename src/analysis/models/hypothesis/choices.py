"""The choices behind one estimate: the plan's own, and the other defensible ones around it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import product
from math import prod
from typing import Any

from analysis.measures.working import WorkingRule
from analysis.models.hypothesis.plan import OUTCOMES, WARMUPS, Plan
from analysis.panel import PanelOptions


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to count, estimate and select; the fields are those of `plan.Sensitivity`."""

    indirect: float
    formula: str
    warmups: str
    week_starts: str
    block_weeks: int
    outcome: str
    min_blocks: int

    @property
    def panel_options(self) -> PanelOptions:
        """The panel that this choice asks for."""
        return PanelOptions(
            block_weeks=self.block_weeks,
            rule={"direct": 1.0, "indirect": self.indirect},
            outcome_from=OUTCOMES[self.outcome],
            formula=self.formula,
            week_starts=self.week_starts,
            working=WorkingRule(warmup_below=WARMUPS[self.warmups]),
        )


def planned(plan: Plan) -> Choice:
    """Return the plan's own choice."""
    return Choice(
        indirect=plan.indirect,
        formula=plan.formula,
        warmups="by_load",
        week_starts="monday",
        block_weeks=plan.block_weeks,
        outcome=plan.outcome,
        min_blocks=plan.exclusions.min_blocks,
    )


def alternatives(plan: Plan) -> dict[str, tuple[Any, ...]]:
    """Return the values of each choice, the plan's own first."""
    asked = plan.sensitivity
    near = (max(1, plan.block_weeks - 1), plan.block_weeks + 2)
    found = {
        "indirect": asked.indirect if plan.given.counts_sets else (),
        "formula": asked.formulas,
        "warmups": asked.warmups,
        "week_starts": asked.week_starts,
        "block_weeks": asked.block_weeks or near,
        "outcome": asked.outcomes,
        "min_blocks": asked.min_blocks,
    }
    own = asdict(planned(plan))
    return {name: tuple(dict.fromkeys((own[name], *values))) for name, values in found.items()}


def combinations(plan: Plan) -> int:
    """Return how many combinations of the choices there are."""
    return prod(len(values) for values in alternatives(plan).values())


def specifications(plan: Plan) -> list[Choice]:
    """Return the choices to run: the plan's own, each alternative alone, then drawn ones.

    All combinations where the plan's `max_specifications` allows them. Otherwise the drawn ones
    are a sample without replacement, by the plan's seed.
    """
    most = plan.sensitivity.max_specifications
    axes = alternatives(plan)
    if combinations(plan) <= most:
        return [Choice(*values) for values in product(*axes.values())]
    chosen = dict.fromkeys(_one_at_a_time(planned(plan), axes))
    dice = random.Random(plan.seed)
    while len(chosen) < most:
        chosen.setdefault(Choice(*(dice.choice(values) for values in axes.values())))
    return list(chosen)[:most]


def _one_at_a_time(own: Choice, axes: dict[str, tuple[Any, ...]]) -> Iterator[Choice]:
    yield own
    for name, values in axes.items():
        for value in values[1:]:
            yield replace(own, **{name: value})
