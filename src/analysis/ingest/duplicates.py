"""The same workout in two exports of one athlete is counted once.

Two workouts of one athlete in different files are the same when they start in the same minute:
nobody trains twice at once. Apps that export the day only are matched by the day, with each
other, and with other apps where most of the day's sets agree in load and repetitions. Of the
copies, the one in the newest export stays (the export that reaches furthest, then the one with
more sets). Inside one file nothing is ever a duplicate: identical rows are identical sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path

import polars as pl

SAME_SETS = 0.8
"""Share of a day's sets that must agree for two apps' copies of it to be one workout."""


@dataclass(slots=True)
class Copy:
    """One file's workouts, as far as telling duplicates needs.

    Attributes:
        label: the file.
        athlete: whose it is.
        family: apps whose exports hold the same log ("fitnotes" for its CSV and its backup).
        path: its staged set table.
        dropped: sessions that another file's copy stands for; filled by `drop`.
        differing: how many of those are not the same to the set.
    """

    label: str
    athlete: str
    family: str
    path: Path
    dropped: list[str] = field(default_factory=list)
    differing: int = 0


def drop(copies: Sequence[Copy]) -> None:
    """Mark, in each copy, the sessions that a better copy holds."""
    owners = {copy.athlete for copy in copies}
    for owner in sorted(owners):
        mine = [copy for copy in copies if copy.athlete == owner]
        if len(mine) > 1:
            _drop_for_one(mine)


def shared_starts(copies: Sequence[Copy]) -> list[tuple[str, str, int]]:
    """Return (file, file, workouts) for files of different athletes that hold the same log."""
    if len({copy.athlete for copy in copies}) < 2:
        return []
    starts = {copy.label: _starts(copy) for copy in copies}
    pairs = []
    for place, one in enumerate(copies):
        for other in copies[place + 1 :]:
            both = len(starts[one.label] & starts[other.label])
            fewest = min(len(starts[one.label]), len(starts[other.label]))
            if one.athlete != other.athlete and both >= 5 and both * 2 > fewest:
                pairs.append((one.label, other.label, both))
    return pairs


def _starts(copy: Copy) -> set[datetime]:
    """Starts to the minute; a day alone says nothing, for many train on the same days."""
    minutes = pl.scan_parquet(copy.path).select(_minute().unique()).collect().to_series()
    return set(minutes.filter(minutes.dt.time() != time(0, 0)).to_list())


def _drop_for_one(copies: Sequence[Copy]) -> None:
    sessions = {copy.label: _sessions(copy) for copy in copies}
    ranked = sorted(copies, key=lambda copy: _rank(sessions[copy.label], copy.label))
    kept = pl.DataFrame(schema={**sessions[ranked[0].label].schema, "family": pl.String})
    for copy in ranked:
        mine = sessions[copy.label].with_columns(family=pl.lit(copy.family))
        twins = _twins(mine, kept)
        copy.dropped = twins["session"].unique().to_list()
        copy.differing = twins.filter(
            (pl.col("sets") != pl.col("sets_kept"))
            | ((pl.col("work") - pl.col("work_kept")).abs() > 0.5 + 0.001 * pl.col("work_kept"))
        )["session"].n_unique()
        kept = pl.concat([kept, mine.join(twins, on="session", how="anti")])


def _rank(sessions: pl.DataFrame, label: str) -> tuple[float, int, str]:
    newest = sessions["minute"].max()
    stamp = newest.timestamp() if newest is not None else 0.0  # type: ignore[union-attr]
    return -stamp, -int(sessions["sets"].sum()), label


def _sessions(copy: Copy) -> pl.DataFrame:
    """One row per session: its minute and day, sets, load × reps, and a print of each set."""
    print_of_set = pl.format(
        "{}x{}",
        pl.col("load_kg").fill_null(0).round(0).cast(pl.Int32),
        pl.col("reps").fill_null(0),
    )
    return (
        pl.scan_parquet(copy.path)
        .group_by("session")
        .agg(
            _minute().first().alias("minute"),
            pl.len().alias("sets"),
            (pl.col("load_kg").fill_null(0) * pl.col("reps").fill_null(0)).sum().alias("work"),
            print_of_set.sort().alias("prints"),
        )
        .with_columns(
            day=pl.col("minute").dt.date(),
            day_only=pl.col("minute").dt.time() == pl.time(0, 0),
        )
        .sort("session")
        .collect()
    )


def _minute() -> pl.Expr:
    return pl.col("started_at").dt.truncate("1m")


def _twins(mine: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    same_minute = mine.filter(~pl.col("day_only")).join(
        kept.filter(~pl.col("day_only")), on="minute", suffix="_kept"
    )
    same_day = mine.join(kept, on="day", suffix="_kept").filter(
        pl.col("day_only") | pl.col("day_only_kept")
    )
    agree = pl.col("prints").list.set_intersection("prints_kept").list.len() / pl.min_horizontal(
        pl.col("prints").list.n_unique(), pl.col("prints_kept").list.n_unique()
    )
    same_day = same_day.filter((pl.col("family") == pl.col("family_kept")) | (agree >= SAME_SETS))
    columns = ["session", "sets", "work", "sets_kept", "work_kept"]
    return pl.concat([same_minute.select(columns), same_day.select(columns)])
