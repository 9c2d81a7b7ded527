"""What a cohort's numbers say: word and number together, and what they cannot show."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

import pandas as pd

from analysis.measures.words import count, spoken
from analysis.models.cohort.study import CohortStudy
from analysis.models.dose_response.model import FEWEST_CLUSTERS
from analysis.models.dose_response.within import PLACEBO_ALPHA
from analysis.models.dose_response.words import WORK
from analysis.result import Result

ALPHA = 0.05
MOST_TAKEAWAYS = 2
"""Muscles with a sentence of their own at the top; the others are named in one."""

NAMED = 4
"""Muscles named with their numbers where several share a sentence."""

FIRES = "cannot say: placebo fires"
RISES, FALLS = "rises", "falls"
HINT = "a hint, not clear over all muscles"
NOTHING = "cannot tell"
BY_EFFORT = "cannot tell: unlogged effort alone could show it"


SAID = {
    RISES: "strength rises",
    FALLS: "strength falls",
    HINT: "a hint",
    NOTHING: "cannot tell",
    BY_EFFORT: "nothing that unlogged effort alone could not show",
    FIRES: "no answer, as the lead placebo fires,",
}


def verdicts(table: pd.DataFrame) -> list[str]:
    """Return a word per row of an effects table."""
    return [_verdict(row) for row in records(table)]


def _verdict(row: dict[str, Any]) -> str:
    estimate, p, after = (float(row[name]) for name in ("estimate", "p_value", "p_holm"))
    if isnan(estimate):
        return "no estimate"
    if float(row["lead_p"]) < PLACEBO_ALPHA:
        return FIRES
    if p < ALPHA and estimate > 0 and row["conf_low"] <= row["by_effort_pct"]:
        return BY_EFFORT
    if after < ALPHA:
        return RISES if estimate > 0 else FALLS
    return HINT if p < ALPHA else NOTHING


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


def takeaways(effects: pd.DataFrame) -> list[str]:
    """Return a sentence per muscle that has something to say, and one for those that have not."""
    rows = sorted(records(effects), key=lambda row: -row["n_blocks"])
    own = [row for row in rows if _speaks(row)]
    own.sort(key=lambda row: row["verdict"] == FIRES)
    said = [muscle_sentence(row) for row in own[:MOST_TAKEAWAYS]]
    rest = own[MOST_TAKEAWAYS:]
    said += _together(
        "Also above chance for one muscle alone (after Holm: the table)",
        [row for row in rest if row["verdict"] != FIRES],
    )
    said += _together("Cannot tell", [row for row in rows if row["verdict"] == NOTHING])
    said += _together(
        "Cannot tell, and the lead placebo fires",
        [row for row in rows if row["verdict"] == FIRES and (row in rest or not _speaks(row))],
    )
    if not rows:
        said.append("No muscle has blocks enough for an effect of weekly sets.")
    return said


def _speaks(row: dict[str, Any]) -> bool:
    """Return whether a muscle's interval alone would claim something."""
    return bool(row["p_value"] < ALPHA)


def _together(word: str, rows: list[dict[str, Any]]) -> list[str]:
    """Return one sentence for muscles that share a verdict, the first few with their numbers."""
    if not rows:
        return []
    named = "; ".join(f"{spoken(row['muscle'])} {numbers(row)}" for row in rows[:NAMED])
    rest = f"; and {len(rows) - NAMED} more in the table" if len(rows) > NAMED else ""
    return [f"{word}: {named}{rest}."]


def muscle_sentence(row: dict[str, Any]) -> str:
    """Return one muscle's finding: direction, size, unit, interval, n, word and number."""
    name = spoken(str(row["muscle"])).capitalize()
    if row["verdict"] == FIRES:
        return (
            f"{name}: cannot say what sets bought ({numbers(row)}). The lead placebo fires: sets "
            f"of the next block, which cannot be a cause, go with {row['lead']:+z.2f} % "
            f"[{row['lead_low']:+z.2f}, {row['lead_high']:+z.2f}] of the same change "
            f"(p {_p(row['lead_p'])})."
        )
    how = {
        RISES: f"clear over all muscles looked at (p {_p(row['p_holm'])} after Holm)",
        FALLS: f"clear over all muscles looked at (p {_p(row['p_holm'])} after Holm)",
        HINT: f"a hint only: p {_p(row['p_value'])} alone, {_p(row['p_holm'])} after Holm",
    }.get(str(row["verdict"]), "these logs cannot tell it from nothing")
    way = "more" if float(row["estimate"]) > 0 else "less"
    silent = "" if pd.isna(row["lead_p"]) else "; lead placebo silent"
    return (
        f"{name}: strength rose {way} after blocks with more sets, {numbers(row)}; {how}{silent}."
    )


def also_sentence(found: Mapping[str, Result]) -> str:
    """Return how frequency and load fare, both at the same weekly sets."""
    parts = [
        f"{work}, {_tally(found[name].table)}"
        for name, work in (
            ("effects_frequency", "one more training day a week"),
            ("effects_intensity_pct", "load heavier by 1 % of e1RM"),
        )
    ]
    return f"At the same weekly sets, in number of muscles: {'; '.join(parts)}."


def _tally(table: pd.DataFrame) -> str:
    """Return how many muscles of an effects table show what."""
    if "verdict" not in table:
        return "no estimate"
    counts = table["verdict"].value_counts()
    said = [f"{SAID[verdict]} in {counts[verdict]}" for verdict in SAID if verdict in counts]
    return ", ".join(said) or "no estimate"


def effects_sentence(study: CohortStudy, table: pd.DataFrame, exposure: str) -> str:
    """Return how many muscles show an effect of an exposure, and the one with most rows."""
    told = table.dropna(subset="estimate") if len(table) else table
    work = WORK[exposure]
    if told.empty:
        return f"No muscle has blocks enough to say what {work} went with."
    first = most(told, "n_blocks")
    return (
        f"{count(len(told), 'muscle')} looked at, with {work} than an athlete's own usual: "
        f"{_tally(told)}. Most rows: {spoken(first['muscle'])}, {numbers(first)} by the next "
        f"{study.options.block_weeks}-week block."
    )


def effects_notes(study: CohortStudy, table: pd.DataFrame, exposure: str) -> tuple[str, ...]:
    """Return what the effects are, how many looks are allowed for, and what is between."""
    if table.empty or table["estimate"].isna().all():
        return ()
    told = table.dropna(subset="estimate")
    between = told.dropna(subset="between")
    fixed = "" if exposure == "dose" else ", at the same weekly sets"
    notes = [
        "Within athletes: blocks of one athlete are compared with that athlete's own mean"
        f"{fixed}. Intervals are {100 * study.level:.0f} % for one muscle; p_holm allows for "
        f"looking at {len(told)} muscles.",
        "Lead placebo: the next block's work cannot have caused this change. Where its interval "
        f"leaves out 0 (p < {PLACEBO_ALPHA:g}), the effect is not read as cause. By chance alone "
        f"that happens in about 1 muscle of 20.",
    ]
    if len(between):
        row = most(between, "n_blocks")
        notes.append(
            f"Between athletes, {spoken(row['muscle'])}: those whose usual is one unit higher "
            f"gained {row['between']:+z.2f} % [{row['between_low']:+z.2f}, "
            f"{row['between_high']:+z.2f}] per block; they differ in experience, genes and goals "
            "too, so it is no effect of training more. The table has every muscle."
        )
    if (told["by_effort_pct"] > 0).any():
        notes.append(
            "Effort is mostly not logged here. A reserve that no log holds makes heavy sets look "
            "weaker than light ones: by itself it shows as +0.03 % per 1 % of e1RM and repetition "
            "in reserve. An effect whose interval reaches down to "
            f"{told['by_effort_pct'].max():.2f} % (three repetitions) is not claimed."
        )
    if exposure == "frequency":
        notes.append(
            "The published slope is the gain of trial groups over 10.4 weeks, laid out evenly per "
            "block; groups differ in more than their days."
        )
    notes += [
        f"{spoken(row['muscle']).capitalize()}: left out, {row['reason']}."
        for row in records(table[table["reason"] != ""])
    ]
    few = told[told["n_athletes"] < FEWEST_CLUSTERS]
    if len(few) and study.is_cohort:
        named = ", ".join(spoken(muscle) for muscle in few["muscle"])
        notes.append(f"Fewer than {FEWEST_CLUSTERS} athletes, interval for them alone: {named}.")
    return tuple(notes)


def numbers(row: Mapping[Any, Any]) -> str:
    """Return an effect with its interval and n."""
    return (
        f"{row['estimate']:+z.2f} % [{row['conf_low']:+z.2f}, {row['conf_high']:+z.2f}] "
        f"(n = {count(int(row['n_blocks']), 'block')} of "
        f"{count(int(row['n_athletes']), 'athlete')})"
    )


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows."""
    return [
        dict(zip(map(str, table.columns), row, strict=True))
        for row in table.itertuples(index=False, name=None)
    ]


def most(table: pd.DataFrame, by: str) -> dict[str, Any]:
    """Return the row with most of something, the first of equals."""
    return max(records(table), key=lambda row: float(row[by]))
