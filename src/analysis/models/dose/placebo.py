"""What doses that cannot have caused the outcome say about bias, judged by their size.

The future cannot cause the past. Where the next four weeks' dose goes with today's strength, all
earlier weeks held fixed, strength drives the work (feedback), or something unseen drives both. The
lead is fitted together with all bands, and never left in the model of the effect: under feedback
that would move every lag.

The bias of the effect is larger than the lead, by a factor that was simulated for the primary
number (docs/dose_response.md). The rule:

*veto*     p < 0.05 and factor · |lead| > ¼ · m, m = max(|effect|, smallest effect of interest);
*bounded*  factor · (|lead| + 1.66 SE) < ½ · m;
*blunt*    everything else: the placebo says nothing, usual below 120 lifters.

By its size: with thousands of lifters a lead that is next to nothing has p < 0.05 too, and an
effect next to nothing would be vetoed by any.

Nor can sets that do not train a muscle. Where the dose of another muscle (`control`), this one's
held fixed, goes with this one's strength, something unseen moves the whole lifter. Such a control
fires if p < 0.03 and |control| > ¼ · m: in simulation the bias is about as large as the
control. Beside a control the lead, too, needs p < 0.03, so that both together stay at 6 %.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from analysis.estimate import Estimate
from analysis.say import spoken

BIAS_PER_LEAD = 3.0
"""Bias of the effect 5 to 12 weeks later per unit of lead."""

BIAS_PER_CONTROL = 1.0
"""The same per unit of a control: 1.2 in 30 simulated cohorts of 120 lifters."""

ALPHA = 0.05
ALPHA_OF_TWO = 0.03
"""Of lead and control each, where there are both."""

ONE_SIDED_95 = 1.66

VETO = (
    f"a placebo with p < {ALPHA:g} whose bias (about {BIAS_PER_LEAD:g} times the lead) may be a "
    "quarter or more of the effect, or of the smallest that matters where that is larger"
)
"""The first line of the rule, in words, where no other muscle's dose is looked at."""

VETO_OF_TWO = (
    f"{VETO} (p < {ALPHA_OF_TWO:g} where there is a control), or a control, the sets of another "
    f"muscle, with p < {ALPHA_OF_TWO:g} and as large as a quarter of either,"
)
"""The first line of the rule, in words, where one is."""

CONTROL_UNIT = "% per weekly set of that muscle held for four weeks"

CHOSEN = "the most trained muscle that shares no exercise with {}"
"""Which muscle is the control, in words; see `control.muscle_of`."""

NO_CONTROL = (
    "No control: no other muscle's sets could be put beside it, so this placebo stands alone."
)

Kind = Literal["veto", "bounded", "blunt", "untold"]


CONTROL = "control"
"""The measure that is another muscle's weekly sets."""


@dataclass(frozen=True, slots=True)
class Control:
    """The dose of another muscle, as a negative control.

    Attributes:
        muscle: whose sets; `of` the muscle whose strength it is.
        estimate: their effect 5 to 12 weeks later, this muscle's dose held fixed: % strength per
            one more weekly set of the other muscle for four weeks.
        fires: whether it vetoes the effect.
    """

    muscle: str
    of: str
    estimate: Estimate
    fires: bool = False

    @property
    def sentence(self) -> str:
        """What it says."""
        whose = f"{spoken(self.muscle)}, {CHOSEN.format(spoken(self.of))},"
        seen = f"sets of {whose} go with {self.estimate.words} of its strength 5 to 12 weeks later"
        if self.fires:
            return (
                f"Control FIRES: {seen}, which they cannot have caused. Something unseen moves "
                "the whole lifter, and the bias may be as large. Do not read the effect as what "
                "work buys."
            )
        return (
            f"Control silent: {seen}. It is blind to feedback and to whatever moves one muscle "
            "alone."
        )


@dataclass(frozen=True, slots=True)
class Placebo:
    """The verdict of a placebo, and of a control where there is one.

    Attributes:
        lead: effect of the next four weeks, in the unit of the effect; None where not estimable.
        kind: a word of the rule, about the lead.
        bias_bound: largest bias that the lead leaves room for, one-sided 95 %.
        control: another muscle's dose; None where none could be put beside it.
    """

    lead: Estimate | None
    kind: Kind
    bias_bound: float
    control: Control | None = None

    @property
    def lead_fires(self) -> bool:
        """Whether work that came later discredits the effect."""
        return self.kind == "veto"

    @property
    def fires(self) -> bool:
        """Whether the effect is not to be read as one."""
        return self.lead_fires or (self.control is not None and self.control.fires)

    @property
    def because(self) -> str:
        """What goes with strength and cannot have caused it, where it fires: a clause."""
        if self.lead_fires or self.control is None:
            return "work that came later goes with it"
        return f"sets of {spoken(self.control.muscle)}, which do not train it, go with it"

    @property
    def reason(self) -> str:
        """Why nothing can be told, where it fires: a clause."""
        if self.lead_fires or self.control is None:
            return (
                "the placebo fires: work of the next four weeks goes with today's strength, so "
                "strength drives the work, or something unseen drives both"
            )
        return (
            f"the control fires: sets of {spoken(self.control.muscle)}, which do not train it, go "
            "with its strength, so something unseen drives both"
        )

    def sentences(self, work_goes: str = "the exposure of the next four weeks goes") -> list[str]:
        """Return what the lead says, and what the control; arguments as `sentence`."""
        return [
            self.sentence(work_goes),
            NO_CONTROL if self.control is None else self.control.sentence,
        ]

    def sentence(self, work_goes: str = "the exposure of the next four weeks goes") -> str:
        """Return what the lead says, with the bias that it bounds.

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


def judge(
    lead: Estimate | None,
    effect: Estimate,
    smallest: float = 0.0,
    control: Control | None = None,
) -> Placebo:
    """Judge a lead, and a control where there is one.

    Args:
        lead: of the next four weeks, fitted with all bands.
        effect: the effect that it speaks about.
        smallest: smallest effect of interest, in the same unit.
        control: the dose of another muscle, fitted beside this one's.
    """
    alpha = ALPHA if control is None else ALPHA_OF_TWO

    matters = max(abs(effect.value), smallest)

    def vetoes(found: Estimate, bias_per: float) -> bool:
        return found.p_value < alpha and bias_per * abs(found.value) > matters / 4

    if control is not None:
        control = replace(control, fires=vetoes(control.estimate, BIAS_PER_CONTROL))
    if lead is None:
        return Placebo(None, "untold", float("inf"), control)
    bound = BIAS_PER_LEAD * (abs(lead.value) + ONE_SIDED_95 * lead.std_error)
    if vetoes(lead, BIAS_PER_LEAD):
        return Placebo(lead, "veto", bound, control)
    if bound < matters / 2:
        return Placebo(lead, "bounded", bound, control)
    return Placebo(lead, "blunt", bound, control)


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
