"""A fitted cohort as Results: what its page shows, in its order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.estimate import Estimate, holm
from analysis.models.cohort import drawing
from analysis.models.cohort.flow import (
    days_result,
    files_result,
    flow_result,
    left_out,
    muscle_flow_result,
    same_person_result,
)
from analysis.models.cohort.spread import Curve
from analysis.models.cohort.study import HELD, CohortStudy, MuscleStudy
from analysis.models.dose.inputs import PULSE
from analysis.models.dose.people import Repeatability
from analysis.models.dose.placebo import VETO, clause
from analysis.models.dose.pooling import FEWEST_CLUSTERS
from analysis.models.dose.result import EXPOSURES, by_effort_pct
from analysis.models.published import PELLAND_FREQUENCY, PELLAND_STRENGTH, Published
from analysis.models.strength.known import records
from analysis.notes import Note, first_names
from analysis.result import DECIMALS, Result
from analysis.say import count, interval, spoken, verdict_of

# What a cohort's numbers say: word and number together, and what they cannot show.


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
    FIRES: "no answer, as the placebo fires,",
}


def verdicts(table: pd.DataFrame) -> list[str]:
    """Return a word per row of an effects table."""
    return [_verdict(row) for row in records(table)]


def _verdict(row: dict[str, Any]) -> str:
    if isnan(row["estimate"]):
        return "no estimate"
    alone = verdict_of(
        row["low"], row["high"], vetoed=row["placebo"] == "veto", otherwise=row["by_effort_pct"]
    )
    word = {"no cause": FIRES, "no proof": BY_EFFORT, "higher": RISES, "lower": FALLS}.get(
        alone, NOTHING
    )
    return HINT if word in (RISES, FALLS) and row["p_holm"] >= ALPHA else word


def who_sentence(study: CohortStudy) -> str:
    """Return who the page is about, and whether they are a cohort at all."""
    people = study.people.athletes
    sets = study.people.sets
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
    rows = sorted(records(effects), key=lambda row: -row["n_days"])
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
        "Cannot tell, and the placebo fires",
        [row for row in rows if row["verdict"] == FIRES and (row in rest or not _speaks(row))],
    )
    if not rows:
        said.append("No muscle has strength days enough for an effect of weekly sets.")
    return said


def _speaks(row: dict[str, Any]) -> bool:
    """Return whether a muscle's interval alone would claim something."""
    return verdict_of(row["low"], row["high"]) != "open"


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
        lead = interval(row["lead"], row["lead_low"], row["lead_high"])
        return (
            f"{name}: cannot say what sets bought ({numbers(row)}). The placebo fires: sets of "
            f"the next four weeks, which cannot be a cause, go with {lead} of today's strength "
            f"(p {_p(row['lead_p'])})."
        )
    how = {
        RISES: f"clear over all muscles looked at (p {_p(row['p_holm'])} after Holm)",
        FALLS: f"clear over all muscles looked at (p {_p(row['p_holm'])} after Holm)",
        HINT: f"a hint only: p {_p(row['p_value'])} alone, {_p(row['p_holm'])} after Holm",
    }.get(str(row["verdict"]), "by these logs it cannot be told from no effect")
    way = "higher" if float(row["estimate"]) > 0 else "lower"
    heard = clause(str(row["placebo"]), float(row["bias_bound"]))
    return (
        f"{name}: strength was {way} 5 to 12 weeks after four weeks with one more weekly set, "
        f"{numbers(row)}; {how}; {heard}."
    )


def also_sentence(found: Mapping[str, Result]) -> str:
    """Return how frequency and load fare, both at the same weekly sets."""
    parts = [
        f"{work}, {_tally(found[name].table)}"
        for name, work in (
            ("effects_frequency", "one more training day a week"),
            ("effects_light_share", "all sets at 12 repetitions to failure or more against none"),
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


def effects_sentence(table: pd.DataFrame, exposure: str) -> str:
    """Return how many muscles show an effect of an exposure, and the one with most rows."""
    told = table.dropna(subset="estimate") if len(table) else table
    work = EXPOSURES[exposure][0]
    if told.empty:
        return f"No muscle has strength days enough to say what {work} went with."
    first = most(told, "n_days")
    return (
        f"{count(len(told), 'muscle')} looked at, with {work} for four weeks: {_tally(told)}. "
        f"Most rows: {spoken(first['muscle'])}, strength {numbers(first)} 5 to 12 weeks later."
    )


def effects_notes(
    study: CohortStudy, table: pd.DataFrame, exposure: str
) -> tuple[Note | str, ...]:
    """Return what the effects are, how many looks are allowed for, and what is between."""
    if table.empty or table["estimate"].isna().all():
        return ()
    told = table.dropna(subset="estimate")
    between = told.dropna(subset="between")
    fixed = "" if exposure == "sets" else ", at the same weekly sets"
    notes: list[Note | str] = [
        "Within athletes: weeks of one athlete are compared with that athlete's own mean"
        f"{fixed}. Intervals are {100 * study.level:.0f} % for one muscle; p_holm allows for "
        f"looking at {len(told)} muscles.",
        "Placebo: work of the next four weeks cannot have caused today's strength. An effect is "
        f"not read as cause beside {VETO}. Where the placebo is too blunt, its silence is no "
        "proof.",
    ]
    if exposure == "sets" and len(between):
        row = most(between, "n_days")
        more = interval(row["between"], row["between_low"], row["between_high"])
        notes.append(
            f"Between athletes, {spoken(row['muscle'])}: those whose usual is one set higher "
            f"gained {more} more a year; they differ in experience, genes and "
            "goals too, so it is no effect of training more. The table has every muscle."
        )
    if exposure == "frequency":
        notes.append(
            "The published slope is the gain of trial groups over 10.4 weeks, laid out evenly; "
            "groups differ in more than their days."
        )
    if (told["by_effort_pct"] > 0).any():
        notes.append(
            "Effort is mostly not logged here, and the formula then takes the reserve for "
            "weakness: repetitions that climb before the load does look like lost strength that "
            "comes back. An effect whose interval reaches down to "
            f"{told['by_effort_pct'].max():.1f} % (three repetitions) is not claimed."
        )
    if exposure == "light_share":
        notes.append(
            "Lightness is the share of sets of 12 repetitions to failure or more. Load as % of a "
            "past maximum is not used: it is the strength of the day itself, and the placebo "
            "fires on it."
        )
    notes += [
        left_out(row["muscle"], row["reason"]) for row in records(table[table["reason"] != ""])
    ]
    few = told[told["n_athletes"] < FEWEST_CLUSTERS]
    if len(few) and study.is_cohort:
        named = ", ".join(spoken(muscle) for muscle in few["muscle"])
        notes.append(f"Fewer than {FEWEST_CLUSTERS} athletes, interval for them alone: {named}.")
    return tuple(notes)


def numbers(row: Mapping[Any, Any]) -> str:
    """Return an effect with its interval and n."""
    return (
        f"{interval(row['estimate'], row['low'], row['high'])} "
        f"(n = {count(int(row['n_days']), 'day')} of "
        f"{count(int(row['n_athletes']), 'athlete')})"
    )


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def most(table: pd.DataFrame, by: str) -> dict[str, Any]:
    """Return the row with most of something, the first of equals."""
    return max(records(table), key=lambda row: float(row[by]))


# What a cohort says of its people, in words: how they differ, curves, athlete by athlete.


LISTED = 12
"""Athletes without an own slope that are named on the page."""

CANNOT = "cannot tell people apart"
HALF, MOST = 0.5, 0.8
"""Reliability below a half is more noise than difference; 0.8 is a common demand on a test used
to compare people (a convention, not a finding)."""

SPREAD_NOTES = (
    "An own slope rests on one log, so own slopes scatter even where all athletes respond alike. "
    "Reliability is the share of their variance that is true difference; the rest is that "
    "scatter. Slopes are of gains that come at once and stay.",
    "Whether own slopes repeat is asked of the two halves of each log: a difference between "
    "people that does not come back in the second half is not theirs.",
    "The interval for an athlete not yet seen holds the spread of true slopes and the error of "
    "the mean, not the noise of that athlete's log.",
)


def told_apart(reliability: float, low: float, again: Repeatability | None = None) -> str:
    """Return what a reliability allows to say of single athletes.

    Where the halves of the logs are known and do not agree, nothing: what does not repeat is
    nobody's own.
    """
    if reliability < HALF or (again is not None and not again.told_apart):
        return CANNOT
    if low < HALF:
        return "leaves open whether people can be told apart"
    return "tells people apart roughly" if reliability < MOST else "tells people apart"


def spread_sentence(table: pd.DataFrame) -> str:
    """Return the heterogeneity of the muscle with most athletes, and how the others fare."""
    told = table.dropna(subset="sd") if len(table) else table
    if told.empty:
        return (
            "Too few athletes with days enough for a slope of their own (5 needed): nothing "
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
        f"SD of {row['sd']:.2f} % [{row['sd_low']:.2f} to {row['sd_high']:.2f}] around "
        f"{row['mean']:+z.2f} % per weekly set held for four weeks "
        f"(n = {count(int(row['athletes']), 'own slope')}); an "
        f"athlete not yet seen would have one between {row['new_low']:+z.2f} and "
        f"{row['new_high']:+z.2f} %. Reliability {row['reliability']:.2f} "
        f"[{row['reliability_low']:.2f} to {row['reliability_high']:.2f}]: {share:.0f} % of the "
        f"variance of own slopes is true difference, so {known}.{_again(row)}"
    )


def _again(row: dict[str, Any]) -> str:
    if pd.isna(row["repeats"]):
        return ""
    says = "people are told apart" if row["told_apart"] else "people cannot be told apart by it"
    both = interval(row["repeats"], row["repeats_low"], row["repeats_high"], unit="")
    return f" Own slopes of the two halves of a log correlate {both}: {says}."


def curve_sentence(muscle: MuscleStudy, curve: Curve) -> str:
    """Return the change between the quartiles of the doses, and the shape."""
    low, high = curve.quartiles
    change, from_, to = curve.contrast
    found = muscle.effects["sets"]
    verdict = {
        "no cause": "no cause can be read from it, because the placebo fires",
        "higher": "more than nothing",
        "lower": "less than nothing",
    }.get(
        verdict_of(from_, to, vetoed=found.placebo.fires),
        "by these logs it cannot be told from no effect",
    )
    shape, weight = next(iter(curve.weights.items()))
    return (
        f"From {low:.1f} to {high:.1f} weekly sets for four weeks (the middle half of the weeks) "
        f"strength 5 to 12 weeks later differs by {interval(change, from_, to)} "
        f"(n = {count(found.n_rows, 'strength day')} of "
        f"{count(found.n_athletes, 'athlete')}): {verdict}. The {shape} shape fits best, with "
        f"{100 * weight:.0f} % of the weight."
    )


def curve_notes(muscle: MuscleStudy, curve: Curve) -> tuple[str, ...]:
    """Return what the curve and its bands are."""
    weights = ", ".join(f"{name} {100 * share:.0f} %" for name, share in curve.weights.items())
    return (
        "A within curve: the same athletes after weeks of fewer and of more sets, against their "
        "usual dose.",
        f"Mean of the shapes by likelihood: {weights}. The narrow band holds at any one dose, "
        "the wide one at all doses at once; both know that the shape is not known.",
        "The published slope (trials; sets of the tested lift, at the mean dose) is laid through "
        "the curve at the mean dose: only its steepness is published, not its height. Below: "
        f"where the weeks of {spoken(muscle.muscle)} lie.",
    )


def athletes_sentence(muscle: MuscleStudy, table: pd.DataFrame) -> str:
    """Return the range of own and of shrunken slopes."""
    told = table.dropna(subset="own")
    if told.empty:
        return "No athlete has days enough for a slope of their own."
    own = (
        f"{count(len(told), 'athlete')} with a slope of their own, from {told['own'].min():+z.2f} "
        f"to {told['own'].max():+z.2f} % per weekly set held for four weeks"
    )
    known = muscle.spread
    if known is None:
        return f"{own}; not shrunken: {muscle.no_spread}."
    return (
        f"{own}; shrunken to the group, from {told['shrunken'].min():+z.2f} to "
        f"{told['shrunken'].max():+z.2f} %. Reliability {known.reliability:.2f}: "
        f"{told_apart(known.reliability, known.reliability_low, muscle.repeats)}."
    )


def athletes_notes(table: pd.DataFrame, drawn: int) -> tuple[Note | str, ...]:
    """Return who is drawn, and who has no slope and why."""
    told, notes = table["own"].notna(), list[Note | str]()
    if told.sum() > drawn:
        notes.append(
            Note(
                "not drawn",
                count=int(told.sum()),
                facts={"drawn": drawn},
                sentence="Drawn: those with most days, {drawn} of {n:athlete}; the download has "
                "all.",
            )
        )
    if told.any():
        notes.append(
            "Dotted: no effect, and the pooled effect. Intervals wider than the chart are cut at "
            "its edge."
        )
    for reason, part in table[~told].groupby("reason", sort=True):
        facts = {"reason": reason, "named": first_names(part["athlete"], LISTED)}
        said = "{n:athlete} without an own slope, {reason}: {named}"
        said += " (all in the download)." if len(part) > LISTED else "."
        notes.append(Note("no own slope", count=len(part), facts=facts, sentence=said))
    return tuple(notes)


PUBLISHED = {"sets": PELLAND_STRENGTH, "frequency": PELLAND_FREQUENCY}
MISSING = Estimate(np.nan, np.nan, np.nan)
TITLES = {
    "sets": "Weekly sets and strength",
    "frequency": "Training days a week, at the same sets",
    "light_share": "Lighter sets, at the same number",
}


def results(study: CohortStudy) -> dict[str, Result]:
    """Return the Results of a cohort by name, those of each muscle last."""
    found = [flow_result(study), days_result(study), files_result(study.given)]
    found.append(same_person_result(study))
    found += [effects_result(study, exposure) for exposure in HELD]
    found.append(spread_result(study))
    for muscle in study.muscles:
        if muscle.curve is not None:
            found.append(curve_result(study, muscle))
        found += [athletes_result(study, muscle), muscle_flow_result(muscle)]
    return {result.name: result for result in found}


def effects_result(study: CohortStudy, exposure: str) -> Result:
    """Return the within effects of an exposure, one row per `muscle`, clearest data first.

    Columns: `estimate`, `std_error`, `low`, `high`, `dof`, `p_value`, `p_holm` (Holm
    over the muscles of the table), `verdict`, `unit`, `n_athletes`, `n_days` (strength days of
    an exercise); `lead`, its interval and p (the placebo), `placebo` (veto, bounded, blunt or
    untold) and `bias_bound`; `by_effort_pct` (what unlogged
    effort alone may show); for sets `between` and its interval (% a year); `reason` (why there
    is none).
    """
    table = as_table(effect_rows(study, exposure))
    return Result(
        name=f"effects_{exposure}",
        title=TITLES[exposure],
        table=table,
        summary=effects_sentence(table, exposure),
        draw=partial(drawing.draw_effects, published=_published(study, exposure))
        if len(table) and table["estimate"].notna().any()
        else None,
        notes=effects_notes(study, table, exposure),
        settings={"exposure": exposure, "level": study.level, "p_holm": "Holm over muscles"},
    )


def effect_rows(study: CohortStudy, exposure: str) -> pd.DataFrame:
    """Return the rows of `effects_result`, unrounded."""
    rows: list[dict[str, Any]] = []
    for each in study.muscles:
        found = each.effects.get(exposure)
        effect = MISSING if found is None else found.estimate
        lead = None if found is None else found.placebo.lead
        rows.append(
            {
                "muscle": each.muscle,
                **_interval("", effect),
                "std_error": effect.std_error,
                "dof": effect.dof,
                "p_value": np.nan if found is None else effect.p_value,
                "unit": EXPOSURES[exposure][1],
                "n_athletes": 0 if found is None else found.n_athletes,
                "n_days": 0 if found is None else found.n_rows,
                **_interval("lead", lead),
                "lead_p": np.nan if lead is None else lead.p_value,
                "placebo": "untold" if found is None else found.placebo.kind,
                "bias_bound": np.nan if found is None else found.placebo.bias_bound,
                **_interval("between", each.between if exposure == "sets" else None),
                "by_effort_pct": by_effort_pct(each.counts.effort_known, exposure),
                "reason": each.refused.get(exposure, ""),
            }
        )
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["muscle", "estimate"])
    if not rows:
        return table
    table.insert(table.columns.get_loc("unit"), "p_holm", holm(table["p_value"]))  # type: ignore[arg-type]
    table.insert(table.columns.get_loc("unit"), "verdict", verdicts(table))  # type: ignore[arg-type]
    return table


def spread_result(study: CohortStudy) -> Result:
    """Return how athletes' true slopes differ, one row per `muscle`.

    Columns: `athletes` (with an own slope), `mean`, `low`, `high` (of the pooled
    effect), `sd` of true slopes with its interval, `new_low`, `new_high` (true slope of an
    athlete not yet seen), `typical_error` (of an own slope), `reliability` with its interval,
    `repeats` (correlation of own slopes between the halves of a log) with its interval,
    `told_apart`, `verdict`, `unit`, `reason` (why there is none).
    """
    rows = []
    for each in study.muscles:
        found, effect = each.spread, each.effects["sets"].estimate
        row: dict[str, Any] = {
            "muscle": each.muscle,
            "athletes": int(each.own["own"].notna().sum()),
            "mean": effect.value,
            "low": effect.low,
            "high": effect.high,
        }
        names = ("sd", "sd_low", "sd_high", "new_low", "new_high", "typical_error",
                 "reliability", "reliability_low", "reliability_high")  # fmt: skip
        row |= {name: np.nan if found is None else getattr(found, name) for name in names}
        again = each.repeats
        verdict = (
            "" if found is None else told_apart(found.reliability, found.reliability_low, again)
        )
        row |= {
            "repeats": np.nan if again is None else again.observed,
            "repeats_low": np.nan if again is None else again.observed_low,
            "repeats_high": np.nan if again is None else again.observed_high,
            "told_apart": again is not None and again.told_apart,
        }
        unit = EXPOSURES["sets"][1]
        rows.append(row | {"verdict": verdict, "unit": unit, "reason": each.no_spread})
    table = as_table(pd.DataFrame(rows))
    drawable = len(table) > 0 and table["sd"].notna().any()
    table = table if drawable else table.head(0)
    return Result(
        name="spread",
        title="Spread of true slopes",
        table=table,
        summary=spread_sentence(table),
        draw=drawing.draw_spread if drawable else None,
        notes=SPREAD_NOTES if drawable else (),
        settings={"level": study.level, "sd": "Paule-Mandel, Q-profile interval"},
    )


def curve_result(study: CohortStudy, muscle: MuscleStudy) -> Result:
    """Return a muscle's curve: `curve.Curve.table` with the published slope and its interval."""
    curve = muscle.curve
    assert curve is not None
    table = curve.table.copy()
    slope, low, high = _published(study, "sets", curve.mean_dose) or (0.0, 0.0, 0.0)
    at_mean = float(np.interp(curve.mean_dose, table["dose"], table["change_pct"]))
    from_mean = table["dose"] - curve.mean_dose
    table["published_pct"] = at_mean + slope * from_mean
    ends = np.column_stack([at_mean + low * from_mean, at_mean + high * from_mean])
    table["published_low"], table["published_high"] = ends.min(axis=1), ends.max(axis=1)
    return Result(
        name=f"curve_{muscle.muscle}",
        title=f"{spoken(muscle.muscle).capitalize()}: strength by weekly sets",
        table=as_table(table),
        summary=curve_sentence(muscle, curve),
        draw=drawing.draw_curve,
        notes=curve_notes(muscle, curve),
        settings={
            "weights": {name: round(weight, DECIMALS) for name, weight in curve.weights.items()},
            "level": study.level,
        },
    )


def athletes_result(study: CohortStudy, muscle: MuscleStudy) -> Result:
    """Return every athlete's slope, highest shrunken first, those without one last.

    Columns: `athlete`, `n_days`, `own` with `own_low` and `own_high`, `shrunken` with its
    interval, `reliability` (of the own slope), `unit`, `reason` (why there is no own slope).
    """
    table = _athlete_rows(study, muscle)
    told = table["own"].notna().any()
    pooled = round(muscle.effects["sets"].estimate.value, DECIMALS)
    return Result(
        name=f"athletes_{muscle.muscle}",
        title=f"{spoken(muscle.muscle).capitalize()}: athlete by athlete",
        table=as_table(table),
        summary=athletes_sentence(muscle, table),
        draw=partial(drawing.draw_athletes, pooled=pooled) if told else None,
        notes=athletes_notes(table, drawing.DRAWN_ATHLETES),
        settings={"level": study.level},
    )


def _athlete_rows(study: CohortStudy, muscle: MuscleStudy) -> pd.DataFrame:
    own, found = muscle.own, muscle.spread
    told = own["own"].notna().to_numpy()
    reach = float(ndtri(0.5 + study.level / 2)) * own["own_error"]
    table = pd.DataFrame(
        {
            "athlete": own["athlete"].astype(str),
            "n_days": own["n_days"].astype(int),
            "own": own["own"],
            "own_low": own["own"] - reach,
            "own_high": own["own"] + reach,
            **dict.fromkeys(("shrunken", "shrunken_low", "shrunken_high", "reliability"), np.nan),
            "unit": EXPOSURES["sets"][1],
            "reason": own["reason"],
        }
    )
    if found is not None:
        errors = own.loc[told, "own_error"].to_numpy()
        table.loc[told, "shrunken"] = found.shrunken
        table.loc[told, "shrunken_low"] = found.low
        table.loc[told, "shrunken_high"] = found.high
        table.loc[told, "reliability"] = found.sd**2 / (found.sd**2 + errors**2)
    order = ["shrunken", "own", "n_days", "athlete"]
    return table.sort_values(order, ascending=[False, False, False, True], ignore_index=True)


def as_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the digits that hang on the order of sums cut."""
    return table.round(dict.fromkeys(table.select_dtypes("float"), DECIMALS))


def _interval(name: str, found: Estimate | None) -> dict[str, float]:
    middle, ends = (name, f"{name}_") if name else ("estimate", "")
    found = found or MISSING
    return {middle: found.value, f"{ends}low": found.low, f"{ends}high": found.high}


def _published(
    study: CohortStudy, exposure: str, at_sets: float | None = None
) -> tuple[float, float, float] | None:
    """Return the published slope in this unit, with the ends of its interval."""
    published: Published | None = PUBLISHED.get(exposure)
    if published is None:
        return None
    slope, error = published.per_weeks(PULSE, at_sets=at_sets)
    reach = float(ndtri(0.5 + study.level / 2)) * error
    return slope, slope - reach, slope + reach
