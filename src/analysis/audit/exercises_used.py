"""Which of the exercises that the article names are in the log, and how much of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from analysis.audit.finding import Finding, also, nothing_logged
from analysis.audit.leg_log import LegLog
from analysis.measures.words import count, number


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


def family_sets(log: LegLog, family: str) -> Finding:
    """Find how many sets a week of one family the log holds, and how it moves."""
    chosen = FAMILIES[family]
    mine = _of(log, family)
    sets = round(float(mine["set_count"].sum()))
    if not sets:
        return nothing_logged(f"set of {chosen.said}")
    weekly = sets / max(log.logged_weeks, 1)
    finding = Finding(
        f"{number(weekly)} sets of {chosen.said} a week (n = {count(sets, 'set')} in "
        f"{count(log.logged_weeks, 'logged week')}).",
        "done" if weekly >= REGULAR else "partly done",
        weekly,
        "sets a week",
        sets,
    )
    trend = _trend(log, mine)
    return also(finding, trend) if trend else finding


def curl_kinds(log: LegLog) -> Finding:
    """Find leg curls, seated and lying apart."""
    finding = family_sets(log, "leg_curls")
    if not finding.n:
        return finding
    kinds = {name: round(float(_of(log, name)["set_count"].sum()))
             for name in ("seated_curls", "lying_curls")}  # fmt: skip
    said = f"Seated {kinds['seated_curls']:,}, lying {kinds['lying_curls']:,} sets."
    return also(finding, said)


def named_best(log: LegLog) -> Finding:
    """Find which of the five exercises that the article calls best are done."""
    return _ticked(log, NAMED_AS_BEST, "exercises named")


def sample_routine(log: LegLog) -> Finding:
    """Find which of the four exercises of the article's sample routine are done."""
    return _ticked(log, SAMPLE_ROUTINE, "exercises of its routine")


def variety(log: LegLog) -> Finding:
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
    return Finding(
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


def _ticked(log: LegLog, families: tuple[str, ...], what: str) -> Finding:
    sets = {name: float(_of(log, name)["set_count"].sum()) for name in families}
    enough = REGULAR * max(log.logged_weeks, 1)
    has = [FAMILIES[name].said for name, n in sets.items() if n >= enough]
    lacks = [FAMILIES[name].said for name in families if FAMILIES[name].said not in has]
    without = f" Not, or hardly: {', '.join(lacks)}." if lacks else ""
    return Finding(
        f"{len(has)} of {len(families)} {what} are in regular use"
        f"{': ' + ', '.join(has) if has else ''}.{without}",
        "done" if not lacks else "partly done" if has else "not done",
        float(len(has)),
        f"of {len(families)} exercises",
        round(sum(sets.values())),
    )


def _trend(log: LegLog, mine: pl.DataFrame) -> str:
    """Return a sentence on the rate of the family's most trained lift that has one."""
    ok = log.rates.filter(pl.col("scope") == "exercise", pl.col("status") == "ok")
    rows = ok.filter(pl.col("name").is_in(mine["lift"].unique().implode()))
    if rows.is_empty():
        return ""
    row = rows.sort("days", descending=True, maintain_order=True).row(0, named=True)
    return (
        f"{row['name']}: {row['pct_per_4_weeks']:+z.1f} % per 4 weeks (plausible "
        f"{row['low']:+z.1f} to {row['high']:+z.1f} %)."
    )
