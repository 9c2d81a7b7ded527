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

from analysis.models.dose.estimate import Estimate

BIAS_PER_LEAD = 3.0
"""Bias of the effect 5 to 12 weeks later per unit of lead."""

ALPHA = 0.05
ONE_SIDED_95 = 1.66

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


def judge(lead: Estimate | None, effect: Estimate, smallest: float = 0.0) -> Placebo:
    """Judge a lead.

    Args:
        lead: of the next four weeks, fitted with all bands.
        effect: the effect that it speaks about.
        smallest: smallest effect of interest, in the same unit.
    """
    if lead is None:
        return Placebo(None, "untold", float("inf"))
    bound = BIAS_PER_LEAD * (abs(lead.estimate) + ONE_SIDED_95 * lead.std_error)
    likely = BIAS_PER_LEAD * abs(lead.estimate)
    if lead.p_value < ALPHA and likely > abs(effect.estimate) / 4:
        return Placebo(lead, "veto", bound)
    if bound < max(abs(effect.estimate), smallest) / 2:
        return Placebo(lead, "bounded", bound)
    return Placebo(lead, "blunt", bound)
