"""The calendar of an athlete: which weeks hold a log, and which are unknown.

A week without any log between the first and the last logged week is *unknown*: rest and an
unlogged workout look the same. A week with a log but nothing for a muscle is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.logbook import Logbook
from analysis.measures.slices import Slices
from analysis.notes import Note

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def week(starts: str = "monday", of: pl.Expr | None = None) -> pl.Expr:
    """Return the first day of the week of `started_at`.

    Args:
        starts: the weekday that weeks begin on.
        of: days instead of `started_at`.

    Raises:
        ValueError: `starts` is no English weekday.
    """
    if starts not in WEEKDAYS:
        raise ValueError(f"week start is {starts!r}, expected one of {', '.join(WEEKDAYS)}")
    shift = pl.duration(days=WEEKDAYS.index(starts))
    days = day() if of is None else of
    return ((days - shift).dt.truncate("1w") + shift).alias("week")


def day() -> pl.Expr:
    """Return the calendar day of `started_at`, on the lifter's wall clock."""
    return pl.col("started_at").dt.date().alias("day")


def calendar(sets: pl.DataFrame, starts: str = "monday") -> pl.DataFrame:
    """Return every week from an athlete's first to last log.

    Returns:
        One row per `athlete` and `week` with `training_days` (null in a week without any log)
        and `unmapped_sets` (sets that reach no muscle because the exercise is not mapped).
    """
    dated = sets.select("athlete", day(), pl.col("exercise_id").is_null().alias("unmapped"))
    days = (
        _summed(dated, ["athlete", "day"], "unmapped")
        .group_by("athlete", "day")
        .agg(pl.col("unmapped").sum().alias("unmapped_sets"))
    )
    first_day = week(starts, of=pl.col("day"))
    logged = days.group_by("athlete", first_day).agg(
        pl.len().cast(pl.Int64).alias("training_days"), pl.col("unmapped_sets").sum()
    )
    spans = logged.group_by("athlete").agg(
        pl.date_range(pl.col("week").min(), pl.col("week").max(), "1w").alias("week")
    )
    return (
        spans.explode("week")
        .join(logged, on=["athlete", "week"], how="left")
        .sort("athlete", "week")
    )


def _summed(rows: pl.DataFrame, keys: list[str], number: str) -> pl.DataFrame:
    """Return runs of rows with equal keys as one row each: what is left to group is short."""
    if rows.is_empty():
        return rows.with_columns(pl.col(number).cast(pl.Int64))
    run = rows.select(pl.struct(keys).rle_id()).to_series()
    total = Slices(run.to_numpy()).each(np.add, rows[number].cast(pl.Int64))
    first = run.ne_missing(run.shift())
    return rows.select(keys).filter(first).with_columns(pl.Series(number, total))


def calendar_of(logbook: Logbook, starts: str = "monday") -> pl.DataFrame:
    """Return the `calendar` of a logbook, made once."""
    return logbook.once(("calendar", starts), lambda: calendar(logbook.sets, starts))


def place_of_week(rows: pl.DataFrame, calendar: pl.DataFrame) -> NDArray[np.int64]:
    """Return the place in the calendar of each row's `athlete` and `week`.

    An athlete's weeks follow each other in the calendar without a gap: so the place is counted.
    """
    first = (
        calendar.lazy()
        .select("athlete", pl.col("week").alias("first"))
        .with_row_index("place")
        .unique("athlete", keep="first", maintain_order=True)
    )
    people = rows["athlete"].rle().struct.unnest()
    known = people.lazy().join(first, left_on="value", right_on="athlete", maintain_order="left")
    before = known.select(
        pl.col("place").cast(pl.Int64) - pl.col("first").to_physical() // 7, "len"
    ).collect()
    since = rows["week"].to_physical().to_numpy() // 7
    place: NDArray[np.int64] = (
        np.repeat(before["place"].to_numpy(), before["len"].to_numpy()) + since
    )
    return place


def spread(
    calendar: pl.DataFrame, groups: Sequence[str], numbers: Mapping[str, NDArray[Any]]
) -> pl.DataFrame:
    """Return weekly numbers per group on the full calendar.

    Args:
        calendar: from `calendar`.
        groups: the groups that get a row every week.
        numbers: weeks of the calendar × groups; 0 where a week holds nothing for the group.

    Returns:
        One row per `athlete`, `week` and `muscle`: the week's own columns, and the numbers, null
        where the week holds no log.
    """
    of_week = np.repeat(np.arange(calendar.height), len(groups))
    rows = calendar[of_week]
    muscle = pl.Series("muscle", groups, pl.String).gather(
        np.tile(np.arange(len(groups)), calendar.height)
    )
    logged = pl.col("training_days").is_not_null()
    own = [name for name in calendar.columns if name not in ("athlete", "week")]
    return rows.with_columns(muscle).select(
        "athlete",
        "week",
        *own,
        "muscle",
        *(
            pl.when(logged).then(pl.Series(name, values.ravel()))
            for name, values in numbers.items()
        ),
    )


def unknown_note(calendar: pl.DataFrame) -> tuple[Note, ...]:
    """Return a note on the weeks without any log, none when there are none."""
    return unknown_notes(calendar["training_days"].null_count(), calendar.height)


def unknown_notes(unknown: int, n_weeks: int) -> tuple[Note, ...]:
    """Return `unknown_note` of such counts."""
    if not unknown:
        return ()
    said = (
        "{n:week} of {of:,} between first and last log hold no log: unknown, neither 0 nor "
        "counted."
    )
    return (Note("unlogged weeks", count=unknown, facts={"of": n_weeks}, sentence=said),)
