"""What a cohort's numbers say: word and number together, and what they cannot show."""

from __future__ import annotations

import pandas as pd

from analysis.measures.words import count, listing, spoken
from analysis.models.cohort.curve import Curve
from analysis.models.cohort.study import CohortStudy, MuscleStudy
from analysis.models.dose_response.within import PLACEBO_ALPHA
from analysis.models.dose_response.words import WORK

ALPHA = 0.05
MOST_TAKEAWAYS = 6
"""Muscles with a sentence of their own at the top; the others are named in one."""

FIRES = "cannot say: placebo fires"
RISES, FALLS = "rises", "falls"
HINT = "a hint, not clear over all muscles"
NOTHING = "cannot tell"

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
    "Simulated coverage of every interval here: docs/cohort.md.",
)


def verdicts(table: pd.DataFrame) -> list[str]:
    """Return a word per row of an effects table."""
    return [_verdict(row) for row in table.to_dict("records")]


def _verdict(row: dict[str, object]) -> str:
    estimate, p, after = (float(row[name]) for name in ("estimate", "p_value", "p_holm"))  # type: ignore[arg-type]
    if pd.isna(estimate):
        return "no estimate"
    if float(row["lead_p"]) < PLACEBO_ALPHA:  # type: ignore[arg-type]
        return FIRES
    if after < ALPHA:
        return RISES if estimate > 0 else FALLS
    return HINT if p < ALPHA else NOTHING


def told_apart(reliability: float) -> str:
    """Return what a reliability allows to say of single athletes."""
    if reliability < HALF:
        return "cannot tell people apart"
    return "tells people apart roughly" if reliability < MOST else "tells people apart"


def who_sentence(study: CohortStudy) -> str:
    """Return who the page is about, and whether they are a cohort at all."""
    people = study.logbook.athletes
    sets = study.logbook.sets.height
    if study.is_cohort:
        return (
            f"{count(len(people), 'athlete')}, {sets:,} sets: each is compared with their own "
            "usual, then pooled. An association in logs, not a trial."
        )
    return (
        f"Too few for a cohort: {count(len(people), 'athlete')} where 5 or more are needed. The "
        "numbers below are about these logs alone, and say nothing of how other people differ."
    )


def takeaways(study: CohortStudy, effects: pd.DataFrame) -> list[str]:
    """Return a sentence per muscle that has something to say, and one for those that have not."""
    rows = effects.to_dict("records")
    loud = [row for row in rows if row["verdict"] not in (NOTHING, "no estimate")]
    loud.sort(key=lambda row: (row["verdict"] == FIRES, -row["n_blocks"]))
    said = [muscle_sentence(row) for row in loud[:MOST_TAKEAWAYS]]
    quiet = [row for row in rows if row["verdict"] == NOTHING] + loud[MOST_TAKEAWAYS:]
    if quiet:
        quiet.sort(key=lambda row: -row["n_blocks"])
        named = "; ".join(f"{spoken(row['muscle'])} {_numbers(row)}" for row in quiet[:4])
        rest = f"; and {len(quiet) - 4} more in the table" if len(quiet) > 4 else ""
        word = "Cannot tell" if all(row["verdict"] == NOTHING for row in quiet) else "Also"
        said.append(f"{word}, per weekly set and block: {named}{rest}.")
    if not rows:
        said.append("No muscle has blocks enough for an effect of weekly sets.")
    return said


def muscle_sentence(row: dict[str, object]) -> str:
    """Return one muscle's finding: direction, size, unit, interval, n, word and number."""
    name = spoken(str(row["muscle"])).capitalize()
    if row["verdict"] == FIRES:
        return (
            f"{name}: cannot say what sets bought ({_numbers(row)}). The lead placebo fires: sets "
            f"of the next block, which cannot be a cause, go with {row['lead']:+.2f} % "
            f"[{row['lead_low']:+.2f}, {row['lead_high']:+.2f}] of the same change "
            f"(p {_p(row['lead_p'])})."
        )
    how = {
        RISES: f"clear over all muscles looked at (p {_p(row['p_holm'])} after Holm)",
        FALLS: f"clear over all muscles looked at (p {_p(row['p_holm'])} after Holm)",
        HINT: f"a hint only: p {_p(row['p_value'])} alone, {_p(row['p_holm'])} after Holm",
    }.get(str(row["verdict"]), "these logs cannot tell it from nothing")
    way = "more" if float(row["estimate"]) > 0 else "less"  # type: ignore[arg-type]
    silent = "" if pd.isna(row["lead_p"]) else "; lead placebo silent"
    return (
        f"{name}: strength rose {way} after blocks with more sets, {_numbers(row)}; {how}{silent}."
    )


def effects_sentence(study: CohortStudy, table: pd.DataFrame, exposure: str) -> str:
    """Return how many muscles show an effect of an exposure, and the one with most rows."""
    told = table.dropna(subset="estimate") if len(table) else table
    work = WORK[exposure]
    if told.empty:
        return f"No muscle has blocks enough to say what {work} went with."
    tally = told["verdict"].value_counts()
    words = {
        RISES: "strength rises", FALLS: "strength falls", HINT: "a hint",
        NOTHING: "cannot tell", FIRES: "no answer, the lead placebo fires",
    }  # fmt: skip
    parts = ", ".join(
        f"{words[verdict]} in {tally[verdict]}" for verdict in words if verdict in tally
    )
    first = told.loc[told["n_blocks"].idxmax()].to_dict()
    return (
        f"{count(len(told), 'muscle')} looked at, with {work} than an athlete's own usual: "
        f"{parts}. Most rows: {spoken(first['muscle'])}, {_numbers(first)} by the next "
        f"{study.options.block_weeks}-week block."
    )


def effects_notes(study: CohortStudy, table: pd.DataFrame, exposure: str) -> tuple[str, ...]:
    """Return what the effects are, how many looks are allowed for, and what is between athletes."""
    if table.empty or table["estimate"].isna().all():
        return ()
    told = table.dropna(subset="estimate")
    none = {
        spoken(row["muscle"]): row["reason"] for row in table[table["reason"] != ""].to_dict("records")
    }
    between = told.dropna(subset="between")
    notes = [
        f"Within athletes: blocks of one athlete are compared with that athlete's own mean. "
        f"Intervals are 95 % for one muscle; p_holm allows for looking at {len(told)} muscles."
        if study.level == 0.95
        else f"p_holm allows for looking at {len(told)} muscles.",
        "Lead placebo: the next block's work cannot have caused this change. Where its interval "
        f"leaves out 0 (p < {PLACEBO_ALPHA:g}), the effect is not read as cause. By chance alone "
        f"that happens in about 1 muscle of 20.",
    ]
    if len(between):
        row = between.loc[between["n_blocks"].idxmax()]
        notes.append(
            f"Between athletes, {spoken(row['muscle'])}: those whose usual is one unit higher "
            f"gained {row['between']:+.2f} % [{row['between_low']:+.2f}, "
            f"{row['between_high']:+.2f}] per block; they differ in experience, genes and goals "
            "too, so it is no effect of training more. The table has every muscle."
        )
    if exposure == "frequency":
        notes.append(
            "The published slope is from trials that compared groups, gained over 10.4 weeks, "
            "laid out evenly per block; more days there mostly meant more sets."
        )
    notes += [f"{name.capitalize()}: left out, {reason}." for name, reason in none.items()]
    return tuple(notes)


def spread_sentence(table: pd.DataFrame) -> str:
    """Return the heterogeneity of the muscle with most athletes, and how the others fare."""
    told = table.dropna(subset="sd") if len(table) else table
    if told.empty:
        return (
            "Too few athletes with blocks enough for a slope of their own (5 needed): nothing "
            "can be said of how people differ."
        )
    first = told.loc[told["athletes"].idxmax()].to_dict()
    apart = int((told["reliability"] >= HALF).sum())
    others = (
        f" In {apart} of {count(len(told), 'muscle')} is more of it true than noise."
        if len(told) > 1
        else ""
    )
    return f"{spread_words(first)}{others}"


def spread_words(row: dict[str, object]) -> str:
    """Return one muscle's heterogeneity with its reliability, word and number."""
    share = 100 * float(row["reliability"])  # type: ignore[arg-type]
    known = (
        "these logs cannot tell people apart, and no one should be called a responder or a "
        "non-responder"
        if row["verdict"] == told_apart(0.0)
        else f"this {row['verdict']}"
    )
    return (
        f"{spoken(str(row['muscle'])).capitalize()}: true slopes differ between athletes with an "
        f"SD of {row['sd']:.2f} % [{row['sd_low']:.2f}, {row['sd_high']:.2f}] around "
        f"{row['mean']:+.2f} % per weekly set and block (n = {row['athletes']} own slopes); an "
        f"athlete not yet seen would have one between {row['new_low']:+.2f} and "
        f"{row['new_high']:+.2f} %. Reliability {row['reliability']:.2f} "
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
        f"the next {study.options.block_weeks}-week block differs by {change:+.2f} % "
        f"[{from_:+.2f}, {to:+.2f}] (n = {count(found.n_blocks, 'block')} of "
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
        else f" Athletes whose usual is one set higher gained {between.estimate:+.2f} % "
        f"[{between.conf_low:+.2f}, {between.conf_high:+.2f}] per block: that is between athletes, "
        "and not in the curve."
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
        f"{count(len(told), 'athlete')} with a slope of their own, from {told['own'].min():+.2f} "
        f"to {told['own'].max():+.2f} % per weekly set and block"
    )
    if muscle.spread is None:
        return f"{own}; not shrunken: {muscle.no_spread}."
    return (
        f"{own}; shrunken to the group, from {told['shrunken'].min():+.2f} to "
        f"{told['shrunken'].max():+.2f} %. Reliability {muscle.spread.reliability:.2f}: "
        f"{told_apart(muscle.spread.reliability)}."
    )


def athletes_notes(muscle: MuscleStudy, table: pd.DataFrame, drawn: int) -> tuple[str, ...]:
    """Return who is drawn, and who has no slope and why."""
    told, notes = table["own"].notna(), []
    if told.sum() > drawn:
        notes.append(
            f"Drawn: the {drawn} athletes with most blocks of {int(told.sum())}; the table has all."
        )
    if told.any():
        notes.append(
            "Dotted: no effect, and the pooled effect. Intervals wider than the chart are cut at "
            "its edge."
        )
    reasons = table.loc[~told, "reason"].value_counts()
    if len(reasons):
        named = listing({str(reason): int(n) for reason, n in reasons.items()})
        notes.append(f"{count(int((~told).sum()), 'athlete')} without a slope of their own: {named}.")
    return tuple(notes)


def _numbers(row: dict[str, object]) -> str:
    return (
        f"{row['estimate']:+.2f} % [{row['conf_low']:+.2f}, {row['conf_high']:+.2f}] "
        f"(n = {count(int(row['n_blocks']), 'block')} of "  # type: ignore[call-overload]
        f"{count(int(row['n_athletes']), 'athlete')})"  # type: ignore[call-overload]
    )


def _p(value: object) -> str:
    p = float(value)  # type: ignore[arg-type]
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
