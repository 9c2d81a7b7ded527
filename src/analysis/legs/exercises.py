"""Which of the exercises that the article names are in the log, and how much of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
import polars as pl

from analysis.legs.leg_log import (
    LEGS,
    MUSCLES,
    Answer,
    LegLog,
    also,
    not_measurable,
    nothing_logged,
)
from analysis.measures.day_strength import top_sets
from analysis.measures.e1rm import REP_CAP
from analysis.models.strength.sentences import of_row
from analysis.result import Result, tidy
from analysis.say import count, number


@dataclass(frozen=True, slots=True)
class Family:
    """Exercises that a sentence means by one word.

    Attributes:
        said: the word, plural.
        pattern: movement pattern of the catalogue.
        name: regular expression on the catalogue's own name (never on the logged one).
    """

    said: str
    pattern: str
    name: str = "."


FAMILIES: Mapping[str, Family] = {
    "squats": Family("squats", "squat", r"Squat"),
    "barbell_squats": Family("barbell squats", "squat", r"^Squat .*\(Barbell\)|^Squat \(Barbell"),
    "front_squats": Family("front squats", "squat", r"^Front Squat"),
    "leg_press": Family("leg presses", "squat", r"Leg Press"),
    "split_squats": Family("Bulgarian split squats", "lunge", r"Bulgarian Split Squat"),
    "deadlifts": Family("deadlifts", "hip_hinge", r"Deadlift|Rack Pull"),
    "romanian": Family("Romanian deadlifts", "hip_hinge", r"Romanian Deadlift"),
    "leg_extensions": Family("leg extensions", "knee_extension", r"Leg Extension"),
    "leg_curls": Family("leg curls", "knee_flexion"),
    "lying_curls": Family("lying leg curls", "knee_flexion", r"Lying Leg Curl"),
    "seated_curls": Family("seated leg curls", "knee_flexion", r"Seated Leg Curl"),
}

REGULAR = 0.25
"""Sets a logged week, about one a month, from which an exercise is in use. Our convention: a lift
tried once in three years is in the log, and not in the training."""

NAMED_AS_BEST = ("deadlifts", "barbell_squats", "leg_extensions", "lying_curls", "front_squats")
SAMPLE_ROUTINE = ("barbell_squats", "romanian", "leg_extensions", "seated_curls")


def family_sets(log: LegLog, family: str) -> Answer:
    """Find how many sets a week of one family the log holds, and how it moves."""
    chosen = FAMILIES[family]
    mine = _of(log, family)
    sets = round(float(mine["set_count"].sum()))
    if not sets:
        return nothing_logged(f"set of {chosen.said}")
    weekly = sets / max(log.logged_weeks, 1)
    finding = Answer(
        f"{number(weekly)} sets of {chosen.said} a week (n = {count(sets, 'set')} in "
        f"{count(log.logged_weeks, 'logged week')}).",
        "done" if weekly >= REGULAR else "partly done",
        weekly,
        "sets a week",
        sets,
    )
    trend = _trend(log, mine)
    return also(finding, trend) if trend else finding


def curl_kinds(log: LegLog) -> Answer:
    """Find leg curls, seated and lying apart."""
    finding = family_sets(log, "leg_curls")
    if not finding.n:
        return finding
    kinds = {name: round(float(_of(log, name)["set_count"].sum()))
             for name in ("seated_curls", "lying_curls")}  # fmt: skip
    said = f"Seated {kinds['seated_curls']:,}, lying {kinds['lying_curls']:,} sets."
    return also(finding, said)


def named_best(log: LegLog) -> Answer:
    """Find which of the five exercises that the article calls best are done."""
    return _ticked(log, NAMED_AS_BEST, "exercises named")


def sample_routine(log: LegLog) -> Answer:
    """Find which of the four exercises of the article's sample routine are done."""
    return _ticked(log, SAMPLE_ROUTINE, "exercises of its routine")


def variety(log: LegLog) -> Answer:
    """Find how many leg exercises were in use in the last block, and the span of repetitions."""
    if log.sets.is_empty():
        return nothing_logged("direct leg set")
    last = log.logbook.sets["started_at"].dt.date().max()
    recent = log.sets.filter(
        (pl.lit(last) - pl.col("day")).dt.total_days() < 7 * log.block_weeks,
        pl.col("set_count") > 0,
    )
    if recent.is_empty():
        return nothing_logged(f"leg set in the last {log.block_weeks} weeks")
    lifts = recent["lift"].n_unique()
    low, high = (recent["reps"].quantile(q) for q in (0.1, 0.9))
    span = f", mostly {low:.0f} to {high:.0f} repetitions" if low and high else ""
    return Answer(
        f"{count(lifts, 'leg exercise')} in the last {log.block_weeks} weeks{span} "
        f"(n = {count(recent.height, 'set')}).",
        "done" if lifts > 2 else "partly done",
        float(lifts),
        "leg exercises",
        recent.height,
    )


def in_family(family: str) -> pl.Expr:
    """Return whether a row with `pattern` and a catalogue name in `lift` is of the family."""
    chosen = FAMILIES[family]
    return (pl.col("pattern") == chosen.pattern) & pl.col("lift").str.contains(chosen.name)


def _of(log: LegLog, family: str) -> pl.DataFrame:
    return log.sets.filter(in_family(family))


def _ticked(log: LegLog, families: tuple[str, ...], what: str) -> Answer:
    sets = {name: float(_of(log, name)["set_count"].sum()) for name in families}
    enough = REGULAR * max(log.logged_weeks, 1)
    has = [FAMILIES[name].said for name, n in sets.items() if n >= enough]
    lacks = [FAMILIES[name].said for name in families if FAMILIES[name].said not in has]
    without = f" Not, or hardly: {', '.join(lacks)}." if lacks else ""
    return Answer(
        f"{len(has)} of {len(families)} {what} are in regular use"
        f"{': ' + ', '.join(has) if has else ''}.{without}",
        "done" if not lacks else "partly done" if has else "not done",
        float(len(has)),
        f"of {len(families)} exercises",
        round(sum(sets.values())),
    )


def _trend(log: LegLog, mine: pl.DataFrame) -> str:
    """Return a sentence on the change of the family's most trained lift that has one."""
    ok = log.changes.filter(pl.col("scope") == "lift", pl.col("verdict") != "none")
    rows = ok.filter(pl.col("name").is_in(mine["lift"].unique().implode()))
    if rows.is_empty():
        return ""
    return of_row(rows.sort("days", descending=True, maintain_order=True).row(0, named=True))


# What the leg sets are made of: compound and isolation, knee and hip, one leg and two.


CONTRASTS = ("mechanic", "laterality", "dominance")


def leg_balance(log: LegLog) -> Result:
    """Return the shares of kinds of leg work.

    Returns:
        Result whose table has one row per `muscle` (or "legs") and `part` (compound, isolation;
        for the legs also bilateral, unilateral, knee, hip): `share_pct` of the muscle's direct
        sets in that contrast, and `sets`.
    """
    order = {name: place for place, name in enumerate([LEGS, *MUSCLES])}
    place = pl.col("muscle").replace_strict(order, default=None, return_dtype=pl.Int64)
    mechanic = pl.col("contrast") == "mechanic"
    table = (
        log.parts.filter(
            pl.col("contrast").is_in(CONTRASTS), mechanic | (pl.col("muscle") == LEGS)
        )
        .with_columns(place.alias("place"))
        .filter(pl.col("place").is_not_null())
        .sort("place", pl.col("contrast").cast(pl.Enum(CONTRASTS)), "part")
        .select("muscle", "part", "share_pct", "sets")
    )
    return Result(
        name="leg-balance",
        title="What the leg sets are made of",
        table=tidy(table),
        summary=f"{mechanic_share(log).shows} {knee_and_hip(log).shows}",
        notes=(
            "Knee-dominant: squats, lunges, leg presses, leg extensions. Hip-dominant: deadlifts, "
            "hip thrusts, back extensions. Leg curls and calf work are neither.",
        ),
    )


def mechanic_share(log: LegLog) -> Answer:
    """Find the share of compound and isolation work."""
    sets = _sets(log, "mechanic")
    total = sum(sets.values())
    if not total:
        return nothing_logged("direct leg set")
    compound, isolation = sets.get("compound", 0.0), sets.get("isolation", 0.0)
    return Answer(
        f"{number(100 * compound / total, 0)} % compound and {number(100 * isolation / total, 0)} "
        f"% isolation (n = {count(round(total), 'leg set')}).",
        "done" if compound and isolation else "partly done",
        100 * compound / total,
        "% compound",
        round(total),
    )


def knee_and_hip(log: LegLog) -> Answer:
    """Find the balance of knee- and hip-dominant sets."""
    sets = _sets(log, "dominance")
    knee, hip = sets.get("knee", 0.0), sets.get("hip", 0.0)
    if not knee + hip:
        return nothing_logged("knee- or hip-dominant set")
    return Answer(
        f"{number(100 * knee / (knee + hip), 0)} % knee-dominant, "
        f"{number(100 * hip / (knee + hip), 0)} % hip-dominant "
        f"(n = {count(round(knee + hip), 'set')}).",
        "noted" if knee and hip else "partly done",
        100 * knee / (knee + hip),
        "% knee-dominant",
        round(knee + hip),
    )


def one_legged(log: LegLog) -> Answer:
    """Find the share of sets on one leg."""
    sets = _sets(log, "laterality")
    total = sum(sets.values())
    if not total:
        return nothing_logged("direct leg set")
    single = sets.get("unilateral", 0.0)
    return Answer(
        f"{number(100 * single / total, 0)} % on one leg at a time "
        f"(n = {count(round(total), 'leg set')}).",
        "done" if single else "not done",
        100 * single / total,
        "% unilateral",
        round(total),
    )


def _sets(log: LegLog, contrast: str) -> dict[str, float]:
    rows = log.parts.filter(pl.col("contrast") == contrast, pl.col("muscle") == LEGS)
    return dict(rows.select("part", "sets").iter_rows())


# Left against right, where sides are logged.


EVEN_PCT = 10.0
"""A gap up to this is called even: twice the day-to-day noise of a top set (median 4.2 %)."""


def leg_sides(log: LegLog) -> Result:
    """Return the gap between the legs, per exercise with both sides logged on a day.

    Returns:
        Result whose table has one row per `exercise`: `left_kg` and `right_kg` (median e1RM of
        the first top set, over days with both sides), `gap_pct` (100 · (left − right) / the
        stronger; positive when the left is stronger) and `days`.
    """
    table = _gaps_once(log)
    return Result(
        name="leg-sides",
        title="Left and right",
        table=table,
        summary=side_gap(log).shows,
        notes=("Only sets of exercises for one leg whose side is logged can be compared.",),
        settings={"e1rm": "epley", "rep_cap": REP_CAP},
    )


def side_gap(log: LegLog) -> Answer:
    """Find the largest gap between left and right."""
    table = _gaps_once(log)
    if table.empty:
        return not_measurable("no leg exercise names its side (left or right) with a load")
    widest = max(table.to_dict("records"), key=lambda row: abs(row["gap_pct"]))
    stronger = "left" if widest["gap_pct"] > 0 else "right"
    gap = abs(float(widest["gap_pct"]))
    said = (
        f"{widest['exercise']}: {stronger} stronger by {number(gap)} %"
        if gap
        else f"{widest['exercise']}: no difference"
    )
    return Answer(
        f"{said} (n = {count(int(widest['days']), 'day')}; {count(len(table), 'exercise')}).",
        "done" if gap <= EVEN_PCT else "partly done",
        gap,
        "% gap",
        int(widest["days"]),
    )


def _gaps_once(log: LegLog) -> pd.DataFrame:
    return log.logbook.once("leg sides", lambda: _gaps(log))


def _gaps(log: LegLog) -> pd.DataFrame:
    sides = log.logbook.sets["side"]
    if sides.null_count() == sides.len():
        return pd.DataFrame(columns=["exercise", "left_kg", "right_kg", "gap_pct", "days"])
    left, right = (_tops(log, side) for side in ("left", "right"))
    gap = 100 * (pl.col("left_kg") - pl.col("right_kg")) / pl.max_horizontal("left_kg", "right_kg")
    return (
        left.join(right, on=["lift", "day"])
        .group_by(pl.col("lift").alias("exercise"))
        .agg(
            pl.col("left_kg").median(),
            pl.col("right_kg").median(),
            pl.len().cast(pl.Int64).alias("days"),
        )
        .select("exercise", "left_kg", "right_kg", gap.alias("gap_pct"), "days")
        .sort("exercise")
        .to_pandas()
    )


def _tops(log: LegLog, side: str) -> pl.DataFrame:
    legs = pl.col("exercise_id").is_in(log.sets["exercise_id"].unique().implode())
    one = replace(log.logbook, sets=log.logbook.sets.filter(pl.col("side") == side, legs))
    tops = top_sets(one).filter(pl.col("e1rm_kg").is_not_null())
    return tops.select("lift", "day", pl.col("e1rm_kg").alias(f"{side}_kg"))
