"""What a cohort says of its people, in words: how they differ, curves, athlete by athlete."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.measures.words import count, spoken
from analysis.models.cohort.curve import Curve
from analysis.models.cohort.study import CohortStudy, MuscleStudy
from analysis.models.cohort.words import most

LISTED = 12
"""Athletes without an own slope that are named on the page."""

CANNOT = "cannot tell people apart"
HALF, MOST = 0.5, 0.8
"""Reliability below a half is more noise than difference; 0.8 is a common demand on a test used
to compare people (a convention, not a finding)."""

SPREAD_NOTES = (
    "An own slope rests on a dozen blocks, so own slopes scatter even where all athletes respond "
    "alike. Reliability is the share of their variance that is true difference; the rest is that "
    "scatter.",
    "The mean is the pooled effect of the section above. The interval for an athlete not yet seen "
    "holds the spread of true slopes and the error of the mean, not the noise of that athlete's "
    "next block.",
    "Noise is taken as alike in all athletes. Where it differs much, the SD comes out too large "
    "and its interval holds in about 90 of 100 simulated cohorts, not 95: docs/cohort.md.",
)


def told_apart(reliability: float, low: float) -> str:
    """Return what a reliability allows to say of single athletes."""
    if reliability < HALF:
        return CANNOT
    if low < HALF:
        return "leaves open whether people can be told apart"
    return "tells people apart roughly" if reliability < MOST else "tells people apart"


def spread_sentence(table: pd.DataFrame) -> str:
    """Return the heterogeneity of the muscle with most athletes, and how the others fare."""
    told = table.dropna(subset="sd") if len(table) else table
    if told.empty:
        return (
            "Too few athletes with blocks enough for a slope of their own (5 needed): nothing "
            "can be said of how people differ."
        )
    first = most(told, "athletes")
    apart = int((told["reliability"] >= HALF).sum())
    others = (
        f" It is a half or more in {apart} of {count(len(told), 'muscle')}."
        if len(told) > 1
        else ""
    )
    return f"{spread_words(first)}{others}"


def spread_words(row: dict[str, Any]) -> str:
    """Return one muscle's heterogeneity with its reliability, word and number."""
    share = 100 * float(row["reliability"])
    known = (
        "these logs cannot tell people apart, and no one should be called a responder or a "
        "non-responder"
        if row["verdict"] == CANNOT
        else f"this {row['verdict']}"
    )
    return (
        f"{spoken(str(row['muscle'])).capitalize()}: true slopes differ between athletes with an "
        f"SD of {row['sd']:.2f} % [{row['sd_low']:.2f}, {row['sd_high']:.2f}] around "
        f"{row['mean']:+z.2f} % per weekly set and block (n = {row['athletes']} own slopes); an "
        f"athlete not yet seen would have one between {row['new_low']:+z.2f} and "
        f"{row['new_high']:+z.2f} %. Reliability {row['reliability']:.2f} "
        f"[{row['reliability_low']:.2f}, {row['reliability_high']:.2f}]: {share:.0f} % of the "
        f"variance of own slopes is true difference, so {known}."
    )


def curve_sentence(study: CohortStudy, muscle: MuscleStudy, curve: Curve) -> str:
    """Return the change between the quartiles of the doses, and the shape."""
    low, high = curve.quartiles
    change, from_, to = curve.contrast
    found = muscle.effects["dose"]
    verdict = (
        "no cause can be read from it, because the lead placebo fires"
        if found.lead_fires
        else "more than nothing"
        if from_ > 0
        else "less than nothing"
        if to < 0
        else "these logs cannot tell it from nothing"
    )
    shape, weight = next(iter(curve.weights.items()))
    return (
        f"From {low:.1f} to {high:.1f} weekly sets (the middle half of the blocks) the change by "
        f"the next {study.options.block_weeks}-week block differs by {change:+z.2f} % "
        f"[{from_:+z.2f}, {to:+z.2f}] (n = {count(found.n_blocks, 'block')} of "
        f"{count(found.n_athletes, 'athlete')}): {verdict}. The {shape} shape fits best, with "
        f"{100 * weight:.0f} % of the weight."
    )


def curve_notes(muscle: MuscleStudy, curve: Curve) -> tuple[str, ...]:
    """Return what the curve and its bands are."""
    weights = ", ".join(f"{name} {100 * share:.0f} %" for name, share in curve.weights.items())
    between = muscle.effects["dose"].between
    apart = (
        ""
        if between is None
        else f" Athletes whose usual is one set higher gained {between.estimate:+z.2f} % "
        f"[{between.conf_low:+z.2f}, {between.conf_high:+z.2f}] per block: that is between "
        "athletes, and not in the curve."
    )
    return (
        "A within curve: the same athletes after blocks of fewer and of more sets, for an athlete "
        f"of average growth and usual.{apart}",
        f"Mean of the shapes by Akaike weight: {weights}. The narrow band holds at any one dose, "
        "the wide one at all doses at once; both know that the shape is not known.",
        "The published slope (at 8.14 sets, from trials) is laid through the curve at the mean "
        "dose: only its steepness is published, not its height. Below: where the blocks lie.",
    )


def athletes_sentence(muscle: MuscleStudy, table: pd.DataFrame) -> str:
    """Return the range of own and of shrunken slopes."""
    told = table.dropna(subset="own")
    if told.empty:
        return "No athlete has blocks enough for a slope of their own."
    own = (
        f"{count(len(told), 'athlete')} with a slope of their own, from {told['own'].min():+z.2f} "
        f"to {told['own'].max():+z.2f} % per weekly set and block"
    )
    if muscle.spread is None:
        return f"{own}; not shrunken: {muscle.no_spread}."
    return (
        f"{own}; shrunken to the group, from {told['shrunken'].min():+z.2f} to "
        f"{told['shrunken'].max():+z.2f} %. Reliability {muscle.spread.reliability:.2f}: "
        f"{told_apart(muscle.spread.reliability, muscle.spread.reliability_low)}."
    )


def athletes_notes(table: pd.DataFrame, drawn: int) -> tuple[str, ...]:
    """Return who is drawn, and who has no slope and why."""
    told, notes = table["own"].notna(), []
    if told.sum() > drawn:
        notes.append(
            f"Drawn: the {drawn} athletes with most blocks of {int(told.sum())}; the download has "
            "all."
        )
    if told.any():
        notes.append(
            "Dotted: no effect, and the pooled effect. Intervals wider than the chart are cut at "
            "its edge."
        )
    for reason, part in table[~told].groupby("reason", sort=True):
        named = ", ".join(part["athlete"].head(LISTED))
        more = len(part) - LISTED
        rest = f" and {more} more (all in the download)" if more > 0 else ""
        notes.append(
            f"{count(len(part), 'athlete')} without a slope of their own, {reason}: {named}{rest}."
        )
    return tuple(notes)
