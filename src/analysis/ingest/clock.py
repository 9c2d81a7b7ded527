"""Whose clock: exports that bear UTC are turned to the clock on the lifter's wall.

Half of the apps write the wall clock without a zone, the other half UTC. One person's log in two
apps lines up only when both are on one clock. The zone is the caller's (`tz`) or that of the
`liftdose.toml` beside the export; it is never taken from the machine, whose owner may be a coach
on another continent.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

MOMENTS = ("started_at", "ended_at", "done_at")


def is_zone(name: str) -> bool:
    """Whether a name is a time zone's, such as `Europe/Berlin`."""
    try:
        pl.Series([datetime(2000, 1, 1)]).dt.replace_time_zone("UTC").dt.convert_time_zone(name)
        ZoneInfo(name)
    except (pl.exceptions.PolarsError, ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def on_the_wall(rows: pl.LazyFrame, zone: str) -> pl.LazyFrame:
    """Return staged rows with their moments, given in UTC, on the wall clock of a zone."""
    there = [name for name in MOMENTS if name in rows.collect_schema().names()]
    return rows.with_columns(
        pl.col(name)
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(zone)
        .dt.replace_time_zone(None)
        for name in there
    )
