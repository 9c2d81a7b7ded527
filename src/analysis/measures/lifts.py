"""One lift, all that is logged of it: its days, best sets by repetition range, and records.

A *lift* is an exercise by the catalogue's name, or the logged name where none fits. Nothing here
is estimated but the e1RM of a day's top set, which has one home, `day_strength`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from math import isnan
from typing import Any

import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting, day_strength, weeks, working
from analysis.measures.load import series_load
from analysis.notes import Note
from analysis.result import Result, tidy
from analysis.say import count, load

RANGES = {"1": 1, "2–3": 2, "4–6": 4, "7–10": 7, "11–15": 11, "16 or more": 16}
"""Repetition ranges, by their first repetition."""

LATE_DAYS = 56
"""Days to the last log; the lifts of most days in them are a lifter's main lifts."""

MAIN = 3

# What a record is; a coach may say otherwise for the flags, in `signals.thresholds`.

GAIN_PCT = 1.0
"""Least gain over the earlier best, %; less is plates and rounding."""

EARLIER_DAYS = 5
"""Fewest days of a lift before; a first day is no record."""

UNLIKELY_PCT = 60.0
"""A gain in one day above this is no record."""


def lift_days(logbook: Logbook) -> Result:
    """Return every day of every lift.

    Returns:
        Result whose table has one row per `athlete`, `lift` and `day`: `sets` (working sets),
        `top_load_kg` and `top_reps` (the heaviest set's), `e1rm_kg` (of that set; null above the
        repetition cap or without a load), `most_reps`, `longest_s`, `farthest_m`.
    """
    keys = ["athlete", "lift", "day"]
    done = counting.named(working.work(logbook), logbook.catalogue).with_columns(
        weeks.day(), series_load().alias("load")
    )
    days = done.group_by(keys).agg(
        pl.col("set_count").sum().alias("sets"),
        pl.col("reps").max().alias("most_reps"),
        pl.col("duration_s").max().alias("longest_s"),
        pl.col("distance_m").max().alias("farthest_m"),
    )
    tops = day_strength.top_sets(logbook).select(*keys, "top_load_kg", "top_reps", "e1rm_kg")
    table = (
        days.join(tops, on=keys, how="left")
        .sort(keys)
        .select(*keys, "sets", "top_load_kg", "top_reps", "e1rm_kg", "most_reps", "longest_s",
                "farthest_m")
    )  # fmt: skip
    lifts = table.select("athlete", "lift").n_unique()
    return Result(
        "lift-days",
        "Days of every lift",
        tidy(table),
        f"{count(table.height, 'day')} of {count(lifts, 'lift')}.",
        notes=(
            "The top set is the day's first at its heaviest load; e1RM is the estimated 1RM of "
            "that set, up to a number of repetitions beyond which formulas part.",
        ),
    )


def best_sets(logbook: Logbook) -> Result:
    """Return the heaviest set of every lift in each repetition range.

    Returns:
        Result whose table has one row per `athlete`, `lift` and `reps_range` (of `RANGES`) with a
        load: `load_kg`, `reps` and `day` of the heaviest set; the first of equals.
    """
    done = counting.named(working.work(logbook), logbook.catalogue).with_columns(
        weeks.day(), series_load().alias("load_kg")
    )
    # the label of the last range that begins at or below the repetitions
    label = pl.lit(None, pl.String)
    for name, first in RANGES.items():
        label = pl.when(pl.col("reps") >= first).then(pl.lit(name)).otherwise(label)
    keys = ["athlete", "lift", "place"]
    place = pl.col("reps_range").replace_strict(list(RANGES), range(len(RANGES)), default=None)
    table = (
        done.filter(pl.col("load_kg").is_not_null())
        .with_columns(label.alias("reps_range"))
        .with_columns(place.alias("place"))
        .sort(*keys, "load_kg", "reps", "day", descending=[False] * 3 + [True, True, False])
        .unique(keys, keep="first", maintain_order=True)
        .select("athlete", "lift", "reps_range", "load_kg", "reps", "day")
    )
    return Result(
        "best-sets",
        "Best sets by repetition range",
        tidy(table),
        f"{count(table.height, 'best set')}.",
    )


def lift_list(logbook: Logbook) -> Result:
    """List every lift.

    Returns:
        Result whose table has one row per `athlete` and `lift`, most days first: `days`, `sets`,
        `first_day`, `last_day`, `late_days` (in the last eight weeks of the log), `most_reps`,
        `longest_s`, `farthest_m`, `best_load_kg` with `best_reps` and `best_day`,
        `best_e1rm_kg`, `muscles` (trained directly, in words) and `compound` (whether it moves
        several joints).
    """
    days = pl.from_pandas(lift_days(logbook).table).with_columns(pl.col("day").cast(pl.Date))
    tops = day_strength.top_sets(logbook)
    late = pl.col("day") > pl.col("day").max().over("athlete") - pl.duration(days=LATE_DAYS)
    heaviest = days.filter(pl.col("top_load_kg").is_not_null()).sort(
        "top_load_kg", "top_reps", "day", descending=[True, True, False]
    )
    heaviest = heaviest.unique(["athlete", "lift"], keep="first").select(
        "athlete",
        "lift",
        pl.col("top_load_kg").alias("best_load_kg"),
        pl.col("top_reps").alias("best_reps"),
        pl.col("day").alias("best_day"),
    )
    strongest = tops.group_by("athlete", "lift").agg(pl.col("e1rm_kg").max().alias("best_e1rm_kg"))
    table = (
        days.with_columns(late.alias("late"))
        .group_by("athlete", "lift")
        .agg(
            pl.len().cast(pl.Int64).alias("days"),
            pl.col("sets").sum(),
            pl.col("day").min().alias("first_day"),
            pl.col("day").max().alias("last_day"),
            pl.col("late").sum().cast(pl.Int64).alias("late_days"),
            pl.col("most_reps", "longest_s", "farthest_m").max(),
        )
        .join(heaviest, on=["athlete", "lift"], how="left")
        .join(strongest, on=["athlete", "lift"], how="left")
        .join(_muscles(logbook), on="lift", how="left")
        .with_columns(pl.col("muscles").fill_null(""), pl.col("compound").fill_null(False))
        .sort("athlete", "days", "sets", "lift", descending=[False, True, True, False])
    )
    return Result(
        "lifts",
        "Every lift",
        tidy(table),
        f"{count(table.height, 'lift')} in this log; "
        f"{int((table['late_days'] > 0).sum())} trained in its last eight weeks.",
    )


def _muscles(logbook: Logbook) -> pl.DataFrame:
    names = logbook.catalogue.exercises.select(
        "exercise_id", pl.col("name").alias("lift"), "mechanic"
    )
    return (
        logbook.catalogue.muscle_roles.filter(pl.col("role") == "direct")
        .join(names, on="exercise_id")
        .with_columns(pl.col("muscle").str.replace_all("_", " "))
        .group_by("lift")
        .agg(
            pl.col("muscle").unique(maintain_order=True).str.join(", ").alias("muscles"),
            (pl.col("mechanic") == "compound").any().alias("compound"),
        )
    )


def main_lifts(lifts: Result, most: int = MAIN) -> list[str]:
    """Return the main lifts of one athlete: lately trained, several joints first.

    Those with a load come before those without, but in a log that is mostly without.
    """
    lately = lifts.table[lifts.table["late_days"] > 0]
    loaded = lately["best_load_kg"].notna()
    days = lately["late_days"]
    first = loaded == (days[loaded].sum() >= days[~loaded].sum())
    ranked = lately.assign(first=first).sort_values(
        ["first", "compound", "late_days", "days"], ascending=False, kind="stable"
    )
    return [str(name) for name in ranked["lift"].head(most)]


PLATES_ONLY_KG = 10.0
"""Median top load of a compound barbell lift below which its bar is not counted: bars weigh 15 or
20 kg, and a lift of less is no lift with one."""

PLATES_DAYS = 10
"""Fewest days of a lift that say so."""


def without_bar(logbook: Logbook) -> list[str]:
    """Return the barbell lifts of a log that counts the plates and not the bar, most days first.

    A change of strength in percent is too large then: 30 kg of 10 kg are 200 % more plates, and
    with a bar of 20 kg 67 % more load.
    """
    barbell = logbook.catalogue.exercises.filter(pl.col("equipment") == "barbell")
    days = (
        day_strength.top_sets(logbook)
        .filter(pl.col("lift").is_in(barbell["name"].to_list()))
        .group_by("lift")
        .agg(pl.len().alias("days"), pl.col("top_load_kg").median())
        .sort("days", "lift", descending=[True, False])
    )
    compound = barbell.filter(pl.col("mechanic") == "compound")["name"].to_list()
    telling = days.filter(
        pl.col("lift").is_in(compound),
        pl.col("days") >= PLATES_DAYS,
        pl.col("top_load_kg") < PLATES_ONLY_KG,
    )
    return days["lift"].to_list() if telling.height else []


def records(
    tops: pl.DataFrame, *, gain_pct: float = GAIN_PCT, earlier_days: int = EARLIER_DAYS
) -> pl.DataFrame:
    """Return the days on which a lift's load or e1RM was above that of every earlier day.

    Args:
        tops: one row per `athlete`, `lift` and `day`, from `day_strength.top_sets`.
        gain_pct: least gain over the earlier best, %; less is plates and rounding.
        earlier_days: fewest days before; a first day is no record.

    Returns:
        One row per `athlete`, `lift`, `best` ("load" or "e1RM") and `day`, ascending:
        `value_kg`, `before_kg`, `gain_pct`, `earlier_days`.
    """
    kinds = tops.select(
        "athlete",
        "lift",
        "day",
        pl.col("top_load_kg").alias("load"),
        pl.col("e1rm_kg").alias("e1RM"),
    )
    series, value = ["athlete", "lift", "best"], pl.col("value_kg")
    return (
        kinds.unpivot(
            index=["athlete", "lift", "day"], variable_name="best", value_name="value_kg"
        )
        .drop_nulls("value_kg")
        .sort(*series, "day")
        .with_columns(
            value.cum_max().shift(1).over(series).alias("before_kg"),
            (value.cum_count().over(series) - 1).alias("earlier_days"),
        )
        .with_columns((100 * (value / pl.col("before_kg") - 1)).alias("gain_pct"))
        .filter(pl.col("gain_pct") >= max(gain_pct, 1e-6), pl.col("earlier_days") >= earlier_days)
        .select(*series, "day", "value_kg", "before_kg", "gain_pct", "earlier_days")
    )


def record_list(logbook: Logbook) -> Result:
    """List every record of every lift, newest first.

    Returns:
        Result whose table has one row per `athlete`, `day`, `lift` and `best`: `value_kg`,
        `before_kg`, `gain_pct`. A gain that no strength explains (60 % and more) is left out and
        counted.
    """
    tops = day_strength.top_sets(logbook)
    columns = ("athlete", "day", "lift", "best", "value_kg", "before_kg", "gain_pct")
    found = records(tops).select(columns)
    odd = found.filter(pl.col("gain_pct") > UNLIKELY_PCT)
    table = found.filter(pl.col("gain_pct") <= UNLIKELY_PCT).sort(
        "athlete", "day", "lift", "best", descending=[False, True, False, False]
    )
    notes: list[Note | str] = [
        f"A record is a day's top set above that of every earlier day, by {GAIN_PCT:g} % or more, "
        f"once a lift has {EARLIER_DAYS} earlier days."
    ]
    if odd.height:
        said = (
            "{n:jump} of more than {most:g} % left out: another machine, another way of logging "
            "or a typing error."
        )
        facts = {"most": UNLIKELY_PCT}
        notes.append(Note("jumps", count=odd.height, facts=facts, sentence=said))
    return Result(
        "records",
        "Records",
        tidy(table),
        f"{count(table.height, 'record')} on {count(table['lift'].n_unique(), 'lift')}.",
        notes=tuple(notes),
    )


def said_of_bests(lifts: Result, names: Iterable[str]) -> str:
    """Return the best sets of some lifts in a sentence, "" for none."""
    rows: dict[str, Any] = {row["lift"]: row for row in lifts.table.to_dict("records")}
    told = [f"{name} {best}" for name in names if (best := _best(rows[name]))]
    return f"Your bests: {', '.join(told)}." if told else ""


def _best(row: Mapping[str, Any]) -> str:
    """Return the best of a lift by what is logged of it: load, distance, repetitions or time.

    >>> _best({"best_load_kg": 100.0, "best_reps": 5, "farthest_m": float("nan")})
    '100 kg × 5'
    >>> _best({"farthest_m": 12345.0}), _best({"longest_s": 95.0}), _best({"most_reps": 30.0})
    ('12.3 km', '1:35 min', '× 30')
    """
    known = {name: value for name, value in row.items() if pd.notna(value) and value}
    if "best_load_kg" in known and "best_reps" in known:
        return f"{load(known['best_load_kg'])} × {known['best_reps']:g}"
    if metres := known.get("farthest_m"):
        return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m"
    if reps := known.get("most_reps"):
        return f"× {reps:g}"
    if seconds := known.get("longest_s"):
        hours, minutes = divmod(int(seconds) // 60, 60)
        if hours:
            return f"{hours} h {minutes:02d} min"
        return f"{minutes}:{int(seconds) % 60:02d} min"
    return ""


def said_of_records(table: Result, since: date, most: int = 3) -> str:
    """Return the lifts with a record since a day, "" for none."""
    lately = table.table[table.table["day"].dt.date > since]
    names = list(dict.fromkeys(lately["lift"]))
    if not names:
        return ""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"Records of the last four weeks: {', '.join(names[:most])}{more}."


def goal_list(logbook: Logbook) -> Result | None:
    """Set target lifts beside what the log holds; None without a goal.

    Returns:
        Result whose table has one row per `athlete` and goal: `lift`, `goal_kg`, `by` (null where
        no day is named), `best_kg` (heaviest load logged), `left_kg`, and `words`, a sentence.
    """
    if not any(about.goals for about in logbook.about.values()):
        return None
    lifts = lift_list(logbook).table
    rows = []
    for athlete, about in sorted(logbook.about.items()):
        own = lifts[lifts["athlete"] == athlete]
        for goal in about.goals:
            found = own[own["lift"].str.casefold() == goal.lift.casefold()]
            best = float(found["best_load_kg"].iloc[0]) if len(found) else float("nan")
            name = str(found["lift"].iloc[0]) if len(found) else goal.lift
            rows.append(
                {
                    "athlete": athlete, "lift": name, "goal_kg": round(goal.load_kg, 4),
                    "by": pd.Timestamp(goal.by) if goal.by else pd.NaT, "best_kg": best,
                    "left_kg": max(goal.load_kg - best, 0.0),
                    "words": said_of_goal(name, goal.load_kg, best, goal.by),
                }
            )  # fmt: skip
    table = pd.DataFrame(rows).astype({"by": "datetime64[s]"})
    return Result("goals", "Goals", table, " ".join(table["words"]))


def said_of_goal(lift: str, goal_kg: float, best_kg: float, by: date | None) -> str:
    """Return a goal and how far it is, in a sentence.

    >>> said_of_goal("Squat", 140.0, 125.0, date(2026, 6, 1))
    'Goal: Squat 140 kg by 1 June 2026; best so far 125 kg.'
    """
    when = f" by {by:%-d %B %Y}" if by else ""
    if isnan(best_kg):
        return f"Goal: {lift} {load(goal_kg)}{when}; not in this log yet."
    if best_kg >= goal_kg - 1e-6:
        return f"Goal reached: {lift} {load(goal_kg)}; best {load(best_kg)}."
    return f"Goal: {lift} {load(goal_kg)}{when}; best so far {load(best_kg)}."
