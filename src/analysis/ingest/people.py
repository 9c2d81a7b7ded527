"""Who is who: when two logs are one person's, decided in one place for every command.

Two athletes' logs are one person's where they hold the same workouts: the same minute, the same
number of sets, the same repetitions and the same load. A few may agree by chance, or because two
people train by one plan in one hour; five and more do not.

What somebody says goes before what the logs suggest: `same_person` and `different_people` in a
`liftdose.toml`, and `--athlete`, which makes one person of everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from analysis.notes import SHOWN_NAMES, Note, first_names

SHARED_WORKOUTS = 5
"""Workouts that two people may share by chance, to the minute and the set."""

SHARE = 0.5
"""Share of the shorter log that must stand in the other before it is said that they are one."""

FEW = 30
"""Athletes in one workout up to which each is compared with each; of more, each with the first."""


def workouts(sets: pl.LazyFrame, *, by_load: bool = True) -> pl.LazyFrame:
    """Return one row per athlete and start: what two copies of a workout agree in.

    Columns: `athlete`, `minute`, `sets`, `reps` and, unless the logs may be in two units, `load`.
    Where an app exports the day only, three sets and more must agree.
    """
    load = [pl.col("load_kg").sum().round(0).alias("load")] if by_load else []
    day_only = pl.col("minute").dt.time() == pl.time(0, 0)
    return (
        sets.group_by("athlete", pl.col("started_at").dt.truncate("1m").alias("minute"))
        .agg(pl.len().alias("sets"), pl.col("reps").sum().round(0), *load)
        .filter(~day_only | (pl.col("sets") >= 3))
    )


def shared(
    sets: pl.DataFrame | pl.LazyFrame, *, fewest: int = SHARED_WORKOUTS, by_load: bool = True
) -> pl.DataFrame:
    """Return the pairs of athletes whose logs hold the same workouts.

    Args:
        sets: the set table of all athletes.
        fewest: shared workouts from which a pair is returned.
        by_load: whether the loads must agree; False for logs that may be in two units.

    Returns:
        One row per pair: `athlete`, `other` (later by name), `sessions` (shared).
    """
    each = workouts(sets.lazy(), by_load=by_load).collect()
    what = [name for name in each.columns if name != "athlete"]
    several = each.filter(pl.len().over(what) > 1)
    crowded = pl.len().over(what) > FEW
    first = pl.col("athlete") == pl.col("athlete").min().over(what)
    few, many = several.filter(~crowded), several.filter(crowded)
    joined = [few.join(few, on=what), many.filter(first).join(many, on=what)]
    return (
        pl.concat(pairs.select("athlete", other="athlete_right") for pairs in joined)
        .filter(pl.col("athlete") < pl.col("other"))
        .group_by("athlete", "other")
        .agg(pl.len().cast(pl.Int64).alias("sessions"))
        .filter(pl.col("sessions") >= fewest)
        .sort("athlete", "other")
    )


def copies(
    sets: pl.DataFrame, pairs: pl.DataFrame, different: Iterable[Sequence[str]] = ()
) -> dict[str, str]:
    """Return, for every log that another one stands for, whose log that is.

    Of logs that share workouts the one with the most sets stays (by name among equals), and
    stands for all that share with it; what is left is looked at again.

    Args:
        sets: the set table of all athletes.
        pairs: what `shared` returns.
        different: names that are different people's, whatever the logs suggest.
    """
    size = dict(sets.group_by("athlete").len().iter_rows())
    apart = [frozenset(names) for names in different]
    partners: dict[str, set[str]] = defaultdict(set)
    for one, other, _ in pairs.iter_rows():
        if not any({one, other} <= names for names in apart):
            partners[one].add(other)
            partners[other].add(one)
    stands_for: dict[str, str] = {}
    kept: set[str] = set()
    for name in sorted(partners, key=lambda name: (-size[name], name)):
        if name in stands_for:
            continue
        kept.add(name)
        taken = stands_for.keys() | kept
        stands_for |= {other: name for other in sorted(partners[name]) if other not in taken}
    return stands_for


def said_of_shared(
    logs: Sequence[tuple[str, pl.LazyFrame]], different: Iterable[Sequence[str]] = ()
) -> Iterator[Note]:
    """Yield a note per athlete whose log another athlete's holds too: never one per pair.

    Args:
        logs: athlete and set table, one per file.
        different: names that are different people's, whatever the logs suggest.
    """
    if len({athlete for athlete, _ in logs}) < 2:
        return
    needed = ["athlete", "started_at", "reps", "load_kg"]
    each = workouts(pl.concat(log.select(needed) for _, log in logs)).collect()
    total = dict(each.group_by("athlete").len().iter_rows())
    found = shared(pl.concat(log.select(needed) for _, log in logs))
    apart = [frozenset(names) for names in different]
    most: Mapping[str, dict[str, int]] = defaultdict(dict)
    for one, other, both in found.iter_rows():
        if both < SHARE * min(total[one], total[other]):
            continue
        if not any({one, other} <= names for names in apart):
            most[one][other] = both
    for one, others in sorted(most.items()):
        names = ", ".join(f'"{name}"' for name in (one, *sorted(others))[:SHOWN_NAMES])
        facts = {"others": first_names(sorted(others)), "names": f"[{names}]"}
        yield Note("same person", athlete=one, count=max(others.values()), facts=facts)
