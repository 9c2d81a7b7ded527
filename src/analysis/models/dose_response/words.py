"""What a dose-response says in words: number, unit, interval, n, and what it cannot tell."""

from __future__ import annotations

import pandas as pd

from analysis.measures.words import count
from analysis.models.dose_response.estimate import Estimate
from analysis.models.dose_response.question import Question
from analysis.models.dose_response.within import WithinEffect, usable
from analysis.models.published import Together

WORK = {
    "dose": "one more weekly set",
    "hard_sets": "one more weekly hard set",
    "frequency": "one more training day a week",
    "intensity_pct": "1 % of e1RM more load",
}

FEW_BLOCKS = 3000
"""Below this the placebo often misses confounding that breaks the interval; see
docs/dose_response.md for how often."""

METHOD_NOTES = (
    "An association in logs, not a trial: exposure comes before outcome and each athlete is "
    "compared with their own usual, but what else changed in those blocks is not held fixed.",
    "Strength is the change of mean log e1RM from a block's own sets to the next block's, taken "
    "within an exercise and pooled over the exercises that train the muscle directly.",
)


def summary(question: Question, found: WithinEffect, both: Together | None) -> str:
    """Return the finding in one or two sentences."""
    if question.effect == "between":
        return _between(question, found)
    alone = (
        f"A block with {WORK.get(question.exposure, question.exposure)} for "
        f"{question.muscle.replace('_', ' ')} than the athlete's own usual went with "
        f"{_interval(found.effect)} strength by the next {question.panel.block_weeks}-week block "
        f"({_n(found)}): {_verdict(found)}."
    )
    if both is None:
        return alone
    return (
        f"{alone} Together with the published trials {both.mean:+.2f} % "
        f"[{both.conf_low:+.2f}, {both.conf_high:+.2f}], {100 * both.from_log:.0f} % of it from "
        "the log."
    )


def cautions(question: Question, found: WithinEffect, table: pd.DataFrame) -> tuple[str, ...]:
    """Return what a reader must know before believing the effect."""
    return (
        _placebo(question, found),
        *_effort(question, table),
        *(f"Model: {message}." for message in found.messages),
    )


def _between(question: Question, found: WithinEffect) -> str:
    if found.between is None:
        return (
            f"{count(found.n_athletes, 'athlete')} cannot show a difference between athletes; "
            "five or more are needed."
        )
    return (
        f"Athletes whose usual {question.muscle.replace('_', ' ')} {question.exposure} is one "
        f"higher gained {_interval(found.between)} strength per block ({_n(found)}); they differ "
        "in much else, so this is no advice to any one of them."
    )


def _verdict(found: WithinEffect) -> str:
    whose = "this log alone" if found.n_athletes == 1 else "these logs alone"
    if found.lead_fires:
        return f"{whose} cannot say, because later volume predicts the same change"
    if found.conf_low > 0:
        return f"strength rose more after blocks with more work, by {whose}"
    if found.conf_high < 0:
        return f"strength rose less after blocks with more work, by {whose}"
    return f"{whose} cannot tell it from nothing"


def _placebo(question: Question, found: WithinEffect) -> str:
    if found.lead is None:
        return "Lead placebo: too few blocks to try it, so feedback cannot be ruled out."
    if found.lead_fires:
        return (
            f"Lead placebo FIRES: {question.exposure} of the next block goes with "
            f"{_interval(found.lead)} of this change. Strength drives the work, or something "
            "unseen drives both, or work acts within its own block; do not read the within "
            "effect as what work buys. It is not weighed with the published evidence."
        )
    weak = " Silence is weak comfort with so few blocks." if found.n_blocks < FEW_BLOCKS else ""
    return (
        f"Lead placebo silent: {question.exposure} of the next block goes with "
        f"{_interval(found.lead)} of this change.{weak}"
    )


def _effort(question: Question, table: pd.DataFrame) -> tuple[str, ...]:
    rows = usable(table, [question.exposure])
    known = float(rows["effort_known"].mean()) if len(rows) else 0.0
    if known > 0.99:
        return ()
    return (
        f"Effort is unknown for {100 * (1 - known):.0f} % of the exercise changes used: strength "
        "is there of the repetitions done, and stopping earlier than usual would look like lost "
        "strength.",
    )


def _interval(found: Estimate) -> str:
    return (
        f"{found.estimate:+.2f} % [{100 * found.level:.0f} % interval {found.conf_low:+.2f}, "
        f"{found.conf_high:+.2f}]"
    )


def _n(found: WithinEffect) -> str:
    return f"n = {count(found.n_blocks, 'block')} of {count(found.n_athletes, 'athlete')}"
