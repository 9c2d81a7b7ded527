"""The rule that turns an interval into a word. It is fixed before the interval is known.

In this order, with s the smallest effect that would matter:

1. *cannot tell*: no estimate; or, for an effect within athletes, the lead placebo fires
   (p < 0.05), because an effect that the future predicts as well is not to be read as one.
2. *practically zero*: the whole interval lies between −s and +s. With a 95 % interval this is two
   one-sided tests at 2.5 % each, stricter than the usual 5 %.
3. *supported*: the whole interval lies above 0.
4. *against*: the whole interval lies below 0.
5. *cannot tell*: everything else; the interval holds 0 and effects that would matter.
"""

from __future__ import annotations

from analysis.models.dose_response import Estimate
from analysis.models.dose_response.within import PLACEBO_ALPHA

SUPPORTED, ZERO, AGAINST, CANNOT = "supported", "practically zero", "against", "cannot tell"


def fires(lead: Estimate | None) -> bool:
    """Return whether the lead placebo found the future to predict the past."""
    return lead is not None and lead.p_value < PLACEBO_ALPHA


def verdict(
    found: Estimate, lead: Estimate | None, smallest_effect: float, effect: str = "within"
) -> tuple[str, str]:
    """Return the verdict and its reason, by the rule above."""
    if effect == "within" and fires(lead):
        return CANNOT, (
            "the lead placebo fires: the exposure of the next block goes with the same change, so "
            "strength drives the work, or something unseen drives both"
        )
    low, high = found.conf_low, found.conf_high
    if -smallest_effect < low and high < smallest_effect:
        return ZERO, (
            f"the whole interval lies inside ±{smallest_effect:g}, the smallest effect that the "
            "plan says would matter"
        )
    if low > 0:
        return SUPPORTED, "the whole interval lies above 0"
    if high < 0:
        return AGAINST, "the whole interval lies below 0"
    return CANNOT, (
        "the interval holds 0 and also effects beyond "
        f"±{smallest_effect:g}, the smallest that the plan says would matter"
    )
