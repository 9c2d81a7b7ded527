"""What a hypothesis page says: every sentence with number, unit, interval and n."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.measures.words import count, spoken
from analysis.models.dose_response import Estimate
from analysis.models.dose_response.noise import Floats
from analysis.models.hypothesis import verdict as rule
from analysis.models.hypothesis.curve import Curve
from analysis.models.hypothesis.plan import Plan
from analysis.models.hypothesis.power import Power
from analysis.models.hypothesis.runner import Outcome

LIMITS = (
    "Logs are no trial. Each athlete is compared with their own usual and the dose comes before "
    "the change, but sleep, food, readiness, a new coach or a new programme change along with it, "
    "and a lead placebo finds only some of that.",
    "People who stop logging when they stall are missing from every log; a week without a log is "
    "unknown, not rest.",
    "Strength is estimated from sets. A lifter who stops further from failure looks weaker than "
    "they are.",
    "The register knows only the looks that were run with it; the word of a plan that it was "
    "written before the data were seen is taken as given.",
)
"""What it cannot show."""


def as_text(value: Any) -> str:
    """Return a setting as a table cell."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(as_text(each) for each in value) or "none"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def estimand(plan: Plan) -> str:
    """Return the estimand: the plan's own words, or made from its keys."""
    if plan.estimand:
        return plan.estimand
    against = "than the athlete's own usual" if plan.effect == "within" else "between athletes"
    lag = f", {count(plan.lag, 'block')} earlier" if plan.lag else ""
    return (
        f"difference in the change of mean log strength of {spoken(plan.muscle)} from one "
        f"{plan.block_weeks}-week block to the next, in %, that goes with {plan.given.one_more} "
        f"{against}{lag}."
    )


def plan_sentence(outcome: Outcome) -> str:
    """Say which plan this is, when it was first run and what kind of evidence it gives."""
    return (
        f"{outcome.plan.question} Plan {outcome.plan_file}, SHA-256 {outcome.plan_sha256}, first "
        f"run on these logs on {outcome.stamp.first_look}. {outcome.stamp.word.capitalize()}: "
        f"{outcome.stamp.reason}."
    )


def rule_sentence(plan: Plan) -> str:
    """Say the rule of the verdict."""
    placebo = (
        "a lead placebo with p < 0.05 makes it cannot tell; otherwise "
        if plan.effect == "within"
        else ""
    )
    return (
        f"Rule of the verdict, in this order: {placebo}interval inside ±{plan.smallest_effect:g} "
        f"{plan.unit}, practically zero; above 0, supported; below 0, against; anything else, "
        "cannot tell."
    )


def verdict_sentence(outcome: Outcome) -> str:
    """Say the verdict with its number."""
    plan, found = outcome.plan, outcome.fitted
    if found is None:
        return f"{outcome.verdict.capitalize()}: {outcome.reason}."
    than = "than usual " if plan.effect == "within" else "as an athlete's usual "
    return (
        f"{outcome.verdict.capitalize()}: a block with {plan.given.one_more} for "
        f"{spoken(plan.muscle)} {than}went with {interval(found.target)} strength by the next "
        f"{plan.block_weeks}-week block (n = {count(found.fit.n_blocks, 'block')} of "
        f"{count(found.fit.n_athletes, 'athlete')}); {outcome.reason}."
    )


def estimate_notes(outcome: Outcome) -> tuple[str, ...]:
    """Say what the lead placebo and the naive outcome show."""
    found = outcome.fitted
    if found is None:
        return ()
    notes = [placebo_sentence(found.lead)]
    if found.naive is not None:
        bias = found.naive.estimate - found.target.estimate
        notes.append(
            f"With the best set of the week as strength the same effect reads "
            f"{interval(found.naive)}, {bias:+.2f} % from the plan's. That outcome is biased: "
            "more sets raise a block's maximum by noise alone, and the change that follows falls "
            "by as much."
        )
    spread = found.fit.slope_sd
    if np.isfinite(spread):
        notes.append(f"Athletes' own effects differ with an SD of {spread:.2f} % about it.")
    return tuple(notes)


def placebo_sentence(lead: Estimate | None) -> str:
    """Say what the lead placebo shows."""
    if lead is None:
        return "Lead placebo: too few blocks to try it, so feedback cannot be ruled out."
    state = "FIRES" if rule.fires(lead) else "silent"
    return (
        f"Lead placebo {state}: the exposure of the next block goes with {interval(lead)} of this "
        f"change (p = {lead.p_value:.2f})."
    )


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


def interval(found: Estimate) -> str:
    """Return an estimate with its interval."""
    return (
        f"{found.estimate:+.2f} % [{100 * found.level:.0f} % interval {found.conf_low:+.2f}, "
        f"{found.conf_high:+.2f}]"
    )
