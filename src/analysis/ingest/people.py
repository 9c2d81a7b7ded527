"""Who is who: when two logs are one person's, decided in one place for every command.

Two athletes' logs are one person's where they hold the same workouts: the same minute, the same
number of sets, the same repetitions and the same load. A few may agree by chance, or because two
people train by one plan in one hour; five and more do not.

What somebody says goes before what the logs suggest: `same_person` and `different_people` in a
`liftdose.toml`, and `--athlete`, which makes one person of everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import polars as pl

from analysis.ingest.sources import Source
from analysis.logbook import Logbook
from analysis.notes import SHOWN_NAMES, Note, first_names
from analysis.store import Store

SHARED_WORKOUTS = 5
"""Workouts that two people may share by chance, to the minute and the set."""

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
    sets: pl.DataFrame | pl.LazyFrame,
    *,
    fewest: int = SHARED_WORKOUTS,
    by_load: bool = True,
    different: Iterable[Sequence[str]] = (),
) -> pl.DataFrame:
    """Return the pairs of athletes whose logs hold the same workouts.

    Args:
        sets: the set table of all athletes.
        fewest: shared workouts from which a pair is returned.
        by_load: whether the loads must agree; False for logs that may be in two units.
        different: names that are different people's, whatever the logs suggest.

    Returns:
        One row per pair: `athlete`, `other` (later by name), `sessions` (shared).
    """
    each = workouts(sets.lazy(), by_load=by_load).collect()
    what = [name for name in each.columns if name != "athlete"]
    return without(by_print(each, what, fewest), different)


def by_print(each: pl.DataFrame, what: Sequence[str], fewest: int) -> pl.DataFrame:
    """Return the pairs of athletes who share workouts.

    Args:
        each: one row per athlete and workout, with what copies of a workout agree in.
        what: those columns.
        fewest: shared workouts from which a pair is returned.

    Returns:
        As `shared`; where many share one workout, each stands beside the first of them only.
    """
    several = each.filter(pl.len().over(what) > 1)
    crowded = pl.len().over(what) > FEW
    first = pl.col("athlete") == pl.col("athlete").min().over(what)
    few, many = several.filter(~crowded), several.filter(crowded)
    found = [few.join(few, on=what), many.filter(first).join(many, on=what)]
    return (
        pl.concat(each.select("athlete", other="athlete_right") for each in found)
        .filter(pl.col("athlete") < pl.col("other"))
        .group_by("athlete", "other")
        .agg(pl.len().cast(pl.Int64).alias("sessions"))
        .filter(pl.col("sessions") >= fewest)
        .sort("athlete", "other")
    )


def without(found: pl.DataFrame, different: Iterable[Sequence[str]]) -> pl.DataFrame:
    """Return the pairs that nobody has called different people."""
    apart = [frozenset(names) for names in different]
    if not apart:
        return found
    kept = [
        not any({one, other} <= names for names in apart)
        for one, other in found.select("athlete", "other").iter_rows()
    ]
    return found.filter(pl.Series(kept, dtype=pl.Boolean))


def copies(sets: pl.DataFrame, found: pl.DataFrame) -> dict[str, str]:
    """Return, for every log that another one stands for, whose log that is.

    Of logs that share workouts the one with the most sets stays (by name among equals), and
    stands for all that share with it; what is left is looked at again.

    Args:
        sets: the set table of all athletes.
        found: what `pairs` or `shared` returns.
    """
    size = dict(sets.group_by("athlete").len().iter_rows())
    partners: dict[str, set[str]] = defaultdict(set)
    for one, other, _ in found.iter_rows():
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


def copies_in(store: Store) -> dict[str, str]:
    """Return `copies` of a store, over all its buckets, by what was found on reading."""
    found = store.shared()
    if found.is_empty():
        return {}
    names = {*found["athlete"].to_list(), *found["other"].to_list()}
    sets = store.scan().select("athlete").filter(pl.col("athlete").is_in(list(names)))
    return copies(sets.collect(), found)


def pairs(logbook: Logbook) -> pl.DataFrame:
    """Return the pairs of athletes who are one person, by the logs or as was found on reading.

    What was found on reading still holds where dates have been shifted since, per person, and the
    logs no longer tell. Pairs that somebody called different people are left out.

    Returns:
        As `shared`.
    """
    there = logbook.athletes
    known = logbook.shared.filter(pl.col("athlete").is_in(there) & pl.col("other").is_in(there))
    found = pl.concat([shared(logbook.sets), known]).unique(["athlete", "other"], keep="first")
    return without(found, logbook.different).sort("athlete", "other")


def said_of(found: pl.DataFrame) -> Iterator[Note]:
    """Yield a note per athlete whose log another athlete's holds too: never one per pair."""
    for (one,), rows in found.group_by("athlete", maintain_order=True):
        others = rows["other"].to_list()
        names = ", ".join(f'"{name}"' for name in (one, *others)[:SHOWN_NAMES])
        facts = {"others": first_names(others), "names": f"[{names}]"}
        most = int(rows["sessions"].to_numpy().max())
        yield Note("same person", athlete=str(one), count=most, facts=facts)


def joined(
    sources: Sequence[Source], groups: Iterable[Sequence[str]]
) -> tuple[list[Source], list[Note]]:
    """Return the files with one name for those that somebody called one person's.

    Args:
        sources: files with the names that paths give.
        groups: names of athletes, files or folders that are one person's; the first names them.
    """
    first = {name: group[0] for group in groups for name in group}
    names: dict[str, set[str]] = {}
    found = []
    for source in sources:
        top = source.label.split("/")[0]
        said = next((each for each in (source.athlete, source.label, top) if each in first), None)
        whole = PurePosixPath(first[said]).stem if said is not None else source.athlete
        if said is not None:
            names.setdefault(whole, set()).add(said)
        found.append(replace(source, athlete=whole))
    several = {whole: sorted(group) for whole, group in names.items() if len(group) > 1}
    return found, [
        Note("joined", athlete=whole, count=len(group), facts={"names": first_names(group)})
        for whole, group in sorted(several.items())
    ]
