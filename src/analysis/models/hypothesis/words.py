"""What a hypothesis page says: every sentence with number, unit, interval and n."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.measures.words import count, spoken
from analysis.models.dose_response import Estimate
from analysis.models.hypothesis import verdict as rule
from analysis.models.hypothesis.outcome import Outcome
from analysis.models.hypothesis.plan import Plan

LIMITS = (
    "Logs are no trial. Each athlete is compared with their own usual and the dose comes before "
    "the change, but sleep, food, readiness, a new coach or a new programme change along with it, "
    "and a lead placebo finds only some of that.",
    "People who stop logging when they stall are missing from every log; a week without a log is "
    "unknown, not rest.",
    "A dose is what was logged. Warm-ups that pass for work, and work that was not logged, make "
    "it less exact and the effect of a set smaller than it is.",
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


def interval(found: Estimate) -> str:
    """Return an estimate with its interval."""
    return (
        f"{found.estimate:+.2f} % [{100 * found.level:.0f} % interval {found.conf_low:+.2f}, "
        f"{found.conf_high:+.2f}]"
    )
