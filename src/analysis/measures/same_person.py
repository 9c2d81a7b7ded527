"""One person in two logs: sessions that agree to the minute, the sets, the repetitions, the load.

Under two names a person counts twice: in a coach's list as two clients, in a cohort as two
athletes who happen to agree.
"""

from __future__ import annotations

import polars as pl

SHARED_SESSIONS = 5
"""Sessions that two athletes may share by chance, at the minute and the set, before it is said."""


def shared_sessions(
    sets: pl.DataFrame, *, fewest: int = SHARED_SESSIONS, by_load: bool = True
) -> pl.DataFrame:
    """Return the pairs of athletes whose logs hold the same sessions.

    Args:
        sets: the set table of all athletes.
        fewest: shared sessions from which a pair is returned.
        by_load: whether the loads must agree; False for logs that may be in two units.

    Returns:
        One row per pair: `athlete`, `other` (later by name), `sessions` (shared).
    """
    what = ["started_at", "sets", "reps", *(["load_kg"] if by_load else [])]
    each = sets.group_by("athlete", "started_at").agg(
        pl.len().alias("sets"), pl.col("reps").sum(), pl.col("load_kg").sum().round(1)
    )
    return (
        each.join(each, on=what)
        .filter(pl.col("athlete") < pl.col("athlete_right"))
        .group_by("athlete", pl.col("athlete_right").alias("other"))
        .agg(pl.len().cast(pl.Int64).alias("sessions"))
        .filter(pl.col("sessions") >= fewest)
        .sort("athlete", "other")
    )


def twins(sets: pl.DataFrame, pairs: pl.DataFrame) -> dict[str, str]:
    """Return, for every log that another one stands for, whose log that is.

    Of logs that share sessions the one with the most sets stays (by name among equals), and
    stands for all that share with it; what is left is looked at again.
    """
    size = dict(sets.group_by("athlete").len().iter_rows())
    partners: dict[str, set[str]] = {}
    for one, other, _ in pairs.iter_rows():
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    stands_for: dict[str, str] = {}
    kept: set[str] = set()
    for name in sorted(partners, key=lambda name: (-size[name], name)):
        if name in stands_for:
            continue
        kept.add(name)
        taken = stands_for.keys() | kept
        stands_for |= {other: name for other in sorted(partners[name]) if other not in taken}
    return stands_for
