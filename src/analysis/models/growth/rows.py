"""From sets to the rows of a growth model: log strength per athlete, exercise and week."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting, top_sets, working
from analysis.measures.top_sets import Estimate
from analysis.measures.words import count, listing
from analysis.measures.working import WorkingRule

SERIES = ["athlete", "exercise"]


@dataclass(frozen=True, slots=True)
class Enough:
    """What an exercise of an athlete must hold to say anything about its growth.

    Attributes:
        weeks: fewest weeks with an e1RM.
        span_weeks: shortest time from first to last of them.
    """

    weeks: int = 8
    span_weeks: int = 8


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the model.

    Attributes:
        table: one row per `athlete`, `exercise` and `week` (1 is the week that starts with the
            athlete's first log) with `strength` (mean log e1RM of the days' first top sets),
            `log_week` (ln week) and `day` (7 · week).
        notes: what was left out, counted and named.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def rows(
    logbook: Logbook,
    muscle: str,
    exercise: str,
    estimate: Estimate,
    rule: WorkingRule,
    enough: Enough,
) -> Rows:
    """Return log strength by week of the exercises that train a muscle directly, or of one."""
    tops = top_sets.top_sets(logbook, estimate, rule)
    chosen = _chosen(tops, logbook, muscle, exercise)
    weekly = _weekly(chosen.filter(pl.col("e1rm_kg") > 0), _first_day(logbook))
    span = pl.col("week").max() - pl.col("week").min() + 1
    held = (pl.len() >= enough.weeks) & (span >= enough.span_weeks)
    kept, short = weekly.filter(held.over(SERIES)), weekly.filter(~held.over(SERIES))
    lifts = chosen["lift"].unique().implode()
    done = working.work(logbook, rule).filter(pl.col("set_count") > 0)
    own = counting.named(done, logbook.catalogue).filter(pl.col("lift").is_in(lifts))
    notes = (*_short_note(short, enough), *top_sets.notes(own, chosen, estimate))
    return Rows(kept.to_pandas(), notes)


def _chosen(tops: pl.DataFrame, logbook: Logbook, muscle: str, exercise: str) -> pl.DataFrame:
    if bool(muscle) == bool(exercise):
        raise ValueError("growth is of a muscle or of an exercise: name one of the two")
    if exercise:
        return tops.filter(pl.col("lift") == exercise)
    roles = logbook.catalogue.group_roles
    known = sorted(roles["group"].unique().to_list())
    if muscle not in known:
        raise ValueError(f"muscle is {muscle!r}, expected one of {', '.join(known)}")
    direct = roles.filter((pl.col("group") == muscle) & (pl.col("role") == "direct"))
    return tops.filter(pl.col("exercise_id").is_in(direct["exercise_id"].implode()))


def _first_day(logbook: Logbook) -> pl.DataFrame:
    return logbook.sets.group_by("athlete").agg(
        pl.col("started_at").dt.date().min().alias("first_day")
    )


def _weekly(tops: pl.DataFrame, first_day: pl.DataFrame) -> pl.DataFrame:
    week = (pl.col("day") - pl.col("first_day")).dt.total_days() // 7 + 1
    return (
        tops.join(first_day, on="athlete")
        .rename({"lift": "exercise"})
        .group_by(*SERIES, week.alias("week"))
        .agg(pl.col("e1rm_kg").log().mean().alias("strength"))
        .sort(*SERIES, "week")
        .with_columns(
            pl.col("week").cast(pl.Float64).log().alias("log_week"),
            (7.0 * pl.col("week")).alias("day"),
        )
    )


def _short_note(short: pl.DataFrame, enough: Enough) -> tuple[str, ...]:
    if short.is_empty():
        return ()
    series = short.group_by(SERIES).len()
    weeks = series.group_by("exercise").agg(pl.col("len").sum())
    return (
        f"Left out, fewer than {enough.weeks} weeks with an e1RM or less than "
        f"{enough.span_weeks} weeks from first to last: "
        f"{count(series.height, 'exercise of an athlete', 'exercises of an athlete')} – "
        f"{listing(dict(weeks.iter_rows()))} (weeks).",
    )
