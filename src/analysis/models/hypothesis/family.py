"""A family of plans: several questions of one body of data, and what that does to their p-values.

Holm 1979 (Scand J Stat 6:65): the smallest p-value times the number of plans, the next times one
less, and none below an earlier one. It holds whatever the questions have to do with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.estimate import holm
from analysis.models.hypothesis.run import Outcome
from analysis.models.hypothesis.study import AGAINST, CANNOT, SUPPORTED


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What a plan's family makes of its answer.

    Attributes:
        n_plans: plans of the family.
        p_value: of the plan alone, against 0; None where nothing was fitted.
        p_holm: adjusted by Holm.
        verdict: the plan's own, or cannot tell where a direction does not stand up to the family.
    """

    n_plans: int
    p_value: float | None
    p_holm: float | None
    verdict: str

    @property
    def sentence(self) -> str:
        """The same in words."""
        if self.p_value is None or self.p_holm is None:
            return f"one of {self.n_plans} plans; nothing was fitted"
        return (
            f"one of {self.n_plans} plans on these logs: p = {self.p_value:.3f}, adjusted by Holm "
            f"{self.p_holm:.3f}; in the family, {self.verdict}"
        )


def adjusted(outcomes: Sequence[Outcome]) -> list[Adjusted]:
    """Return what each plan's family makes of it.

    A plan that could not be fitted counts as one that was asked, with a p-value of 1.
    """
    own = [None if each.fitted is None else each.fitted.target.p_value for each in outcomes]
    together = holm([1.0 if p is None else p for p in own])
    found = []
    for each, p, p_holm in zip(outcomes, own, map(float, together), strict=True):
        directed = each.verdict in (SUPPORTED, AGAINST)
        stands = not directed or p_holm < 1 - each.plan.inference.level
        word = each.verdict if stands else CANNOT
        found.append(Adjusted(len(outcomes), p, None if p is None else p_holm, word))
    return found
