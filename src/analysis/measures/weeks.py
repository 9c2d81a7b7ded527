"""The calendar of an athlete: which weeks hold a log, and which are unknown.

A week without any log between the first and the last logged week is *unknown*: rest and an
unlogged workout look the same. A week with a log but nothing for a muscle is 0.
"""

from __future__ import annotations

import polars as pl

from analysis.logbook import Logbook
from analysis.say import count

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def week(starts: str = "monday") -> pl.Expr:
    """Return the first day of the week of `started_at`.

    Args:
        starts: the weekday that weeks begin on.

    Raises:
        ValueError: `starts` is no English weekday.
    """
    if starts not in WEEKDAYS:
        raise ValueError(f"week start is {starts!r}, expected one of {', '.join(WEEKDAYS)}")
    shift = pl.duration(days=WEEKDAYS.index(starts))
    return ((day() - shift).dt.truncate("1w") + shift).alias("week")


def day() -> pl.Expr:
    """Return the calendar day of `started_at`, on the lifter's wall clock."""
    return pl.col("started_at").dt.date().alias("day")


def calendar(sets: pl.DataFrame, starts: str = "monday") -> pl.DataFrame:
    """Return every week from an athlete's first to last log.

    Returns:
        One row per `athlete` and `week` with `training_days` (null in a week without any log)
        and `unmapped_sets` (sets that reach no muscle because the exercise is not mapped).
    """
    logged = sets.group_by("athlete", week(starts)).agg(
        day().n_unique().cast(pl.Int64).alias("training_days"),
        pl.col("exercise_id").is_null().sum().cast(pl.Int64).alias("unmapped_sets"),
    )
    spans = logged.group_by("athlete").agg(
        pl.date_range(pl.col("week").min(), pl.col("week").max(), "1w").alias("week")
    )
    return (
        spans.explode("week")
        .join(logged, on=["athlete", "week"], how="left")
        .sort("athlete", "week")
    )


def calendar_of(logbook: Logbook, starts: str = "monday") -> pl.DataFrame:
    """Return the `calendar` of a logbook, made once."""
    return logbook.once(("calendar", starts), lambda: calendar(logbook.sets, starts))


def spread(weekly: pl.DataFrame, calendar: pl.DataFrame, groups: list[str]) -> pl.DataFrame:
    """Return weekly numbers per group on the full calendar.

    Args:
        weekly: one row per `athlete`, `week`, `muscle` with numbers.
        calendar: from `calendar`.
        groups: the groups that get a row every week.

    Returns:
        One row per `athlete`, `week` and `muscle`: numbers are 0 where the week holds a log but
        nothing for the group, null where the week holds no log.
    """
    order = pl.DataFrame({"muscle": groups, "_order": range(len(groups))})
    numbers = [name for name in weekly.columns if name not in ("athlete", "week", "muscle")]
    logged = pl.col("training_days").is_not_null()
    return (
        calendar.join(order, how="cross")
        .join(weekly, on=["athlete", "week", "muscle"], how="left")
        .sort("athlete", "week", "_order")
        .drop("_order")
        .with_columns(pl.when(logged).then(pl.col(n).fill_null(0)).alias(n) for n in numbers)
    )


def unknown_note(calendar: pl.DataFrame) -> tuple[str, ...]:
    """Return a sentence on the weeks without any log, none when there are none."""
    unknown = calendar["training_days"].null_count()
    if not unknown:
        return ()
    return (
        f"{count(unknown, 'week')} of {calendar.height:,} between first and last log hold no log: "
        "unknown, neither 0 nor counted.",
    )
