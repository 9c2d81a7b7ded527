"""What a dose that comes after the outcome was seen says about bias, judged by its size.

The future cannot cause the past. Where the next four weeks' dose goes with today's strength, all
earlier weeks held fixed, strength drives the work (feedback), or something unseen drives both. The
lead is fitted together with all bands, and never left in the model of the effect: under feedback
that would move every lag.

The bias of the effect is larger than the lead, by a factor that was simulated for the primary
number (docs/dose_response.md). The rule:

*veto*     p < 0.05 and factor · |lead| > ¼ · |effect|;
*bounded*  factor · (|lead| + 1.66 SE) < ½ · max(|effect|, smallest effect of interest);
*blunt*    everything else: the placebo says nothing, usual below 120 lifters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.estimate import Estimate

BIAS_PER_LEAD = 3.0
"""Bias of the effect 5 to 12 weeks later per unit of lead."""

ALPHA = 0.05
ONE_SIDED_95 = 1.66

VETO = (
    f"a placebo with p < {ALPHA:g} whose bias (about {BIAS_PER_LEAD:g} times the lead) may be a "
    "quarter of the effect or more"
)
"""The first line of the rule, in words."""

Kind = Literal["veto", "bounded", "blunt", "untold"]


@dataclass(frozen=True, slots=True)
class Placebo:
    """The verdict of a placebo.

    Attributes:
        lead: effect of the next four weeks, in the unit of the effect; None where not estimable.
        kind: a word of the rule.
        bias_bound: largest bias that the placebo leaves room for, one-sided 95 %.
    """

    lead: Estimate | None
    kind: Kind
    bias_bound: float

    @property
    def fires(self) -> bool:
        """Whether the effect is not to be read as one."""
        return self.kind == "veto"

    def sentence(self, work_goes: str = "the exposure of the next four weeks goes") -> str:
        """Return what the placebo says, with the bias that it bounds.

        Args:
            work_goes: the work that came later, with the verb, such as "sets of the next four
                weeks go".
        """
        if self.lead is None:
            return "Placebo: too few weeks to try it, so feedback cannot be ruled out."
        seen = f"{work_goes} with {self.lead.words} of today's strength"
        bound = f"{self.bias_bound:.2f} %"
        match self.kind:
            case "veto":
                return (
                    f"Placebo FIRES: {seen}, which they cannot have caused. Strength drives the "
                    "work, or something unseen drives both; the bias is about "
                    f"{BIAS_PER_LEAD:g} times as large. Do not read the effect as what work buys."
                )
            case "bounded":
                return (
                    f"Placebo silent: {seen}; what that leaves room for, {bound} of bias, is "
                    "below half the effect that matters."
                )
        return (
            f"Placebo too blunt to tell: {seen}; a bias of up to {bound} is not ruled out. "
            "Silence is no proof."
        )


def judge(lead: Estimate | None, effect: Estimate, smallest: float = 0.0) -> Placebo:
    """Judge a lead.

    Args:
        lead: of the next four weeks, fitted with all bands.
        effect: the effect that it speaks about.
        smallest: smallest effect of interest, in the same unit.
    """
    if lead is None:
        return Placebo(None, "untold", float("inf"))
    bound = BIAS_PER_LEAD * (abs(lead.value) + ONE_SIDED_95 * lead.std_error)
    likely = BIAS_PER_LEAD * abs(lead.value)
    if lead.p_value < ALPHA and likely > abs(effect.value) / 4:
        return Placebo(lead, "veto", bound)
    if bound < max(abs(effect.value), smallest) / 2:
        return Placebo(lead, "bounded", bound)
    return Placebo(lead, "blunt", bound)


def clause(kind: str, bias_bound: float) -> str:
    """Return a placebo's verdict as a table holds it, as a clause."""
    match kind:
        case "veto":
            return "the placebo fires"
        case "bounded":
            return f"the placebo leaves room for {bias_bound:.2f} % of bias, less than half of it"
        case "blunt":
            return f"the placebo is too blunt to rule out {bias_bound:.2f} % of bias"
    return "no placebo could be tried"
