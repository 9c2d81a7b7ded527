"""What is said about the evidence: residuals, influence, specification curve, power."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.words import count
from analysis.models.dose_response import Estimate
from analysis.models.dose_response.noise import Floats
from analysis.models.hypothesis.curve import Curve
from analysis.models.hypothesis.outcome import Outcome
from analysis.models.hypothesis.power import Power


def residual_sentence(left: Floats, neighbours: float, athletes: int) -> str:
    """Say what the residuals look like."""
    far = int((np.abs(left) > 3).sum())
    also = (
        "too few neighbours for a correlation"
        if np.isnan(neighbours)
        else f"the correlation of neighbouring blocks is {neighbours:+.2f}, where taking out each "
        f"athlete's own growth leaves about {-athletes / len(left):+.2f}"
    )
    return (
        f"{count(far, 'residual')} of {len(left):,} beyond 3 SD (0.3 % expected of a normal "
        f"distribution); {also}."
    )


def influence_sentence(table: pd.DataFrame, target: Estimate) -> str:
    """Say how far leaving out one athlete moves the estimate."""
    if len(table) < 2:
        return "One athlete: the answer is about this log and no other."
    low, high = table["estimate"].min(), table["estimate"].max()
    farthest = table["athlete"].iloc[int(table["shift"].abs().to_numpy().argmax())]
    turns = "; without one of them it would change sign" if low * high < 0 else ""
    return (
        f"Leaving out one athlete at a time moves the estimate of {target.estimate:+.2f} % "
        f"between {low:+.2f} % and {high:+.2f} % ({len(table):,} athletes, most by "
        f"{farthest}){turns}."
    )


def curve_sentence(found: Curve) -> str:
    """Say what the specification curve shows."""
    unit = str(found.table["unit"].iloc[0])
    joint = ""
    if found.joint is not None:
        joint = (
            f" Shuffling the doses within athletes gives as strong a curve in "
            f"{100 * found.joint.p_median_t:.1f} % of {found.joint.n:,} shuffles, the observed "
            "one counted."
        )
    return (
        f"{count(len(found.table), 'specification')} of {found.combinations:,} possible: median "
        f"{found.median:+.2f} {unit}, {100 * found.same_sign:.0f} % of the same sign, "
        f"{100 * found.excluding_zero:.0f} % with an interval that excludes 0.{joint}"
    )


def curve_notes(found: Curve) -> tuple[str, ...]:
    """Say how the curve is to be read, and what could not be fitted."""
    notes = [
        "A display of robustness, no better estimate than the plan's own: the specifications "
        "share their data, so their number says nothing. Effects from blocks of other lengths "
        "are scaled to the plan's."
    ]
    if found.refused:
        lost = count(len(found.refused), "specification")
        reasons = ", ".join(sorted(set(found.refused)))
        notes.append(f"{lost} left out for too little data: {reasons}.")
    return tuple(notes)


def power_sentence(outcome: Outcome, found: Power) -> str:
    """Say the minimal detectable effect."""
    plan = outcome.plan
    seen = found.detectable(plan.power.target)
    small = (
        "enough to see the smallest effect that matters"
        if seen <= plan.smallest_effect
        else "not enough to see the smallest effect that matters"
    )
    return (
        f"An effect of {seen:.2f} {plan.unit} would have been told from 0 with "
        f"{100 * plan.power.target:.0f} % power: {small}, {plan.smallest_effect:g} %, which has "
        f"{100 * found.at(plan.smallest_effect):.0f} %."
    )


def power_notes(found: Power) -> tuple[str, ...]:
    """Say how power was found."""
    n = len(found.estimates)
    error = 100 * float(np.sqrt(0.8 * 0.2 / n))
    notes = [
        f"{count(n, 'cohort')} simulated from the fitted model with these athletes, doses and "
        f"noise, each fitted again; the error of a power of 80 % is ±{error:.0f} points. "
        f"Without an effect {100 * found.at(0.0):.0f} % of the intervals exclude 0."
    ]
    if found.refused:
        notes.append(f"{count(found.refused, 'cohort')} could not be fitted and are left out.")
    return tuple(notes)
