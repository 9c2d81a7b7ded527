"""How the leg sets are done: supersets, drop sets, BFR, tempo, range of motion, effort, rest.

Silence is not zero. A technique that no field of the log ever marks is not measurable; one that is
marked for other muscles, and never for the legs, is not done for the legs. Notes prove nothing by
what they leave out.
"""

from __future__ import annotations

import polars as pl

from analysis.legs.leg_log import (
    LEGS,
    Answer,
    LegLog,
    in_order,
    median,
    not_measurable,
    nothing_logged,
    share_pct,
)
from analysis.measures import counting
from analysis.measures.technique import ALL
from analysis.result import Result, tidy
from analysis.say import count, number

FIELDS = {
    "superset": "no set is marked as a superset and no note names one",
    "drop_set": "no set is marked as a drop set and no note names one",
    "myo_or_rest_pause": "no set is marked as a myo-rep or rest-pause set and no note names one",
    "bfr": "no note or technique field names blood-flow restriction",
    "tempo": "no tempo field and no note names one",
    "full_range": "range of motion has no field, and no note names it",
    "partial_range": "range of motion has no field, and no note names it",
    "pause": "no note names a pause",
}
"""What is missing when a technique of `measures.technique` is never named."""

SHORT_RANGE = r"\b(?:Partial|Half|Quarter|Box|Pin|Block)\b|^Rack Pull"
"""Catalogue names of leg exercises that shorten the range."""


def leg_methods(log: LegLog) -> Result:
    """Return what the log says of each technique in leg work.

    Returns:
        Result whose table has one row per `technique`: `in_your_log` (a word of `VERDICTS`),
        `sets` (leg sets whose fields name it), `mentions` (runs of a leg exercise with a note
        that names it) and `days`.
    """
    rows = [(name, method(log, name).verdict, *_counts(log, LEGS, name)) for name in FIELDS]
    table = pl.DataFrame(
        rows, schema=["technique", "in_your_log", "sets", "mentions", "days"], orient="row"
    ).with_columns(pl.col("technique").str.replace_all("_", " "))
    named = [name for name, _, *n in rows if any(n)]
    said = ", ".join(name.replace("_", " ") for name in named)
    return Result(
        name="leg-methods",
        title="Techniques in leg work",
        table=tidy(table),
        summary=f"Named in leg work: {said or 'none'} (n = {count(log.sets.height, 'leg set')}).",
        notes=(
            "A mention is a word in a note, not proof of how a set was done. What no field and no "
            "note names was not measured, which is not the same as not done.",
        ),
    )


def method(log: LegLog, name: str) -> Answer:
    """Find how often one technique is named in leg work."""
    sets, mentions, days = _counts(log, LEGS, name)
    word = name.replace("_", " ")
    if sets or mentions:
        parts = [count(sets, "leg set")] if sets else []
        parts += [f"{count(mentions, 'note')} on leg exercises"] if mentions else []
        return Answer(
            f"{word.capitalize()}: {' and '.join(parts)}, on {count(days, 'day')}.",
            "done",
            float(sets or mentions),
            "leg sets" if sets else "notes",
            days,
        )
    elsewhere, named_elsewhere, _ = _counts(log, ALL, name)
    if elsewhere:
        return Answer(
            f"{word.capitalize()}: marked for other muscles, never in direct leg work "
            f"(n = {count(log.sets.height, 'leg set')}).",
            "not done",
            0.0,
            "leg sets",
            log.sets.height,
        )
    beyond = "; notes name it for other muscles only" if named_elsewhere else ""
    return not_measurable(FIELDS[name].replace("no note", "no leg note") + beyond)


def advanced(log: LegLog) -> Answer:
    """Find all of supersets, drop sets, myo-reps and BFR together."""
    names = ("superset", "drop_set", "myo_or_rest_pause", "bfr")
    found = {name: sum(_counts(log, LEGS, name)[:2]) for name in names}
    used = [name.replace("_", " ") for name, n in found.items() if n]
    if not used:
        return not_measurable("no leg set is marked with a technique and no note names one")
    total = sum(found.values())
    return Answer(
        f"In leg work the log names {', '.join(used)} "
        f"({count(total, 'set or note', 'sets and notes')}).",
        "done",
        float(total),
        "leg sets or notes",
        total,
    )


def range_of_motion(log: LegLog) -> Answer:
    """Find sets of exercises with a shortened range, and notes on the range."""
    short = log.sets.filter(pl.col("lift").str.contains(SHORT_RANGE))
    sets = round(float(short["set_count"].sum()))
    mentions = {name: _counts(log, LEGS, name) for name in ("full_range", "partial_range")}
    noted = sum(sum(n[:2]) for n in mentions.values())
    if not sets and not noted:
        return not_measurable("range of motion has no field, and no name or note speaks of it")
    said = count(mentions["full_range"][1], "note")
    return Answer(
        f"{count(sets, 'leg set')} of exercises with a shortened range; {said} on full and "
        f"{mentions['partial_range'][1]:,} on partial range.",
        "noted",
        float(sets),
        "sets of shortened range",
        log.sets.height,
    )


def rest_between_sets(log: LegLog) -> Answer:
    """Find the typical rest after a leg set, where it is logged."""
    rests = log.sets.filter(pl.col("rest_s") > 0)["rest_s"]
    if rests.is_empty():
        return not_measurable("no rest time between sets (rest_s)")
    middle = median(rests)
    return Answer(
        f"Typical rest after a leg set: {number(middle, 0)} s, as logged or set in the app "
        f"(n = {count(len(rests), 'set')}).",
        "done" if middle > 60 else "partly done",
        middle,
        "s",
        len(rests),
    )


def effort(log: LegLog) -> Answer:
    """Find how many leg sets were hard, where effort is logged."""
    hard = log.sets.filter(pl.col("set_count") > 0).select(counting.hard())["hard"]
    known = hard.drop_nulls()
    if known.is_empty():
        return not_measurable("no effort (RIR, RPE or a set marked as failure) on leg sets")
    share = share_pct(known)
    return Answer(
        f"{number(share, 0)} % of leg sets with a logged effort were hard, RIR 4 or less "
        f"(n = {len(known):,} of {count(len(hard), 'set')}).",
        "done" if share >= 50 else "partly done",
        share,
        "% hard",
        len(known),
    )


def heaviness(log: LegLog) -> Answer:
    """Find how heavy leg sets are: typical repetitions and share of the past e1RM."""
    reps = log.sets.filter(pl.col("set_count") > 0, pl.col("reps") > 0)["reps"]
    if reps.is_empty():
        return nothing_logged("leg set with repetitions")
    with_share = log.loads.filter(pl.col("pct_e1rm").is_not_null())
    middle = median(reps)
    said = f"Typical leg set: {number(middle, 0)} repetitions (n = {count(len(reps), 'set')})"
    if with_share.is_empty():
        return Answer(f"{said}.", "noted", middle, "repetitions", len(reps))
    pct = median(with_share["pct_e1rm"])
    known = int(with_share["pct_sets"].sum())
    return Answer(
        f"{said}, at {number(pct, 0)} % of the estimated one-repetition best "
        f"(n = {count(known, 'set')}).",
        "noted",
        pct,
        "% of e1RM",
        known,
    )


def _counts(log: LegLog, group: str, name: str) -> tuple[int, int, int]:
    """Return sets, mentions and days of a technique in a group."""
    return log.techniques.get((group, name), (0, 0, 0))


# Recovery, as far as a training log shows it: days between leg sessions, lighter weeks, sleep.


SLEEP = "sleep_h"
"""Column of hours slept the night before, for who joins one to the set table by date."""

MOBILITY = "mobility"

IRREGULAR = 0.25
"""Above this share of weeks, lighter weeks are how someone trains. Our convention."""


def leg_recovery(log: LegLog) -> Result:
    """Return the days between direct sessions of each leg muscle.

    Returns:
        Result whose table has one row per `muscle`: `sessions` (days with a direct set),
        `typical_gap_days` (median), `longest_gap_days`, `deloads` (weeks at or below 60 % of the
        mean of the 4 before) of `compared` weeks.
    """
    table = log.rests.select(
        "muscle",
        "sessions",
        pl.col("median_gap_days").alias("typical_gap_days"),
        "longest_gap_days",
        pl.col("deload_weeks").alias("deloads"),
        pl.col("compared_weeks").alias("compared"),
    )
    return Result(
        name="leg-recovery",
        title="Days between leg sessions",
        table=in_order(table),
        summary=f"{rest_days(log).shows} {deloads(log).shows}",
        notes=(
            "Deloads: weeks at or below 60 % of the 4 weeks before, of the weeks compared. "
            "Whether a light week was planned, the log does not say.",
        ),
        settings={"deload_pct": 60},
    )


def rest_days(log: LegLog) -> Answer:
    """Find the days from one direct leg session to the next."""
    row = log.leg_rest
    if row is None or row["median_gap_days"] is None:
        return Answer("Fewer than two days with leg work (n < 2).", "cannot tell yet")
    gap = float(row["median_gap_days"])
    return Answer(
        f"{number(gap, 0)} days from one leg session to the next, longest "
        f"{number(float(row['longest_gap_days']), 0)} "
        f"(n = {count(int(row['sessions']), 'leg day')}).",
        "done" if gap >= 2 else "partly done",
        gap,
        "days between leg sessions (median)",
        int(row["sessions"]),
    )


def deloads(log: LegLog) -> Answer:
    """Find the weeks in which leg volume fell to 60 % of the weeks before or less."""
    row = log.leg_rest
    compared = 0 if row is None else int(row["compared_weeks"])
    if row is None or not compared:
        return Answer("Too few weeks to tell a lighter one (n = 0).", "cannot tell yet")
    light = int(row["deload_weeks"])
    irregular = light > IRREGULAR * compared
    doubt = "; too irregular to call any of them a rest" if irregular else ""
    return Answer(
        f"{count(light, 'lighter week')} for the legs (n = {count(compared, 'week')} compared)"
        f"{doubt}.",
        "cannot tell yet" if irregular else "noted",
        float(light),
        "lighter weeks",
        compared,
    )


def sleep(log: LegLog) -> Answer:
    """Find the hours slept before leg days, where a sleep column was joined."""
    if SLEEP not in log.sets.columns:
        return not_measurable(f"hours of sleep (no column {SLEEP} is joined to the sets)")
    nights = log.sets.group_by("day").agg(pl.col(SLEEP).mean())[SLEEP].drop_nulls()
    if nights.is_empty():
        return not_measurable(f"hours of sleep ({SLEEP} is empty on leg days)")
    hours = median(nights)
    return Answer(
        f"{number(hours)} h of sleep before a typical leg day "
        f"(n = {count(len(nights), 'night')}).",
        "noted",
        hours,
        "h of sleep (median)",
        len(nights),
    )


def mobility(log: LegLog) -> Answer:
    """Find logged stretching, rolling and mobility work."""
    kinds = log.logbook.catalogue.exercises.filter(pl.col("pattern") == MOBILITY)["exercise_id"]
    done = log.logbook.sets.filter(pl.col("exercise_id").is_in(kinds.implode()))
    if done.is_empty():
        return not_measurable("no stretching, foam rolling or mobility entry")
    days = done["started_at"].dt.date().n_unique()
    return Answer(
        f"{count(done.height, 'entry', 'entries')} of stretching or mobility on "
        f"{count(days, 'day')}.",
        "done",
        float(done.height),
        "entries",
        days,
    )
