"""An index of workouts over a whole store: by it one log under two names shows, however many.

An entry is a workout's print (its minute, sets, repetitions and load in one number) and its
athlete. Entries stand in runs, each sorted by print, as a change adds them; runs of like size are
merged, so that there are few. An entry may be of a workout as it was before a later export
corrected it: so a pair that the index suggests is looked at in the logs themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.ingest import people
from analysis.store import hashed

Prints = npt.NDArray[np.uint64]
"""Two rows: prints, sorted, and the numbers of their athletes."""

NOTHING: Prints = np.zeros((2, 0), dtype=np.uint64)


def prints(sets: pl.DataFrame) -> Prints:
    """Return the entries of a set table."""
    runs = sets["athlete"].rle().struct.unnest()
    number = np.array([hashed(name) for name in runs["value"]], dtype=np.uint64)
    of_row = pl.Series("athlete", np.repeat(number, runs["len"].to_numpy()))
    each = people.workouts(sets.lazy().with_columns(of_row)).collect()
    what = each.select(
        pl.col("minute").dt.epoch("s"), pl.col("sets"), pl.col("reps").fill_null(-1),
        pl.col("load").fill_null(-1),
    ).cast(pl.Int64)  # fmt: skip
    mixed = np.zeros(each.height, dtype=np.uint64)
    for column in what.iter_columns():
        mixed = _mixed(mixed ^ column.to_numpy().astype(np.uint64))
    return ordered(np.stack([mixed, each["athlete"].to_numpy()]))


def _mixed(number: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64 (Steele et al. 2014): a good mix that no library's version changes."""
    with np.errstate(over="ignore"):
        number = number + np.uint64(0x9E3779B97F4A7C15)
        number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


def ordered(entries: Prints) -> Prints:
    """Return entries sorted by print."""
    return entries[:, np.argsort(entries[0], kind="stable")]


def opened(paths: Iterable[Path]) -> list[Prints]:
    """Return runs as they lie on the disk, not read into memory."""
    return [np.load(path, mmap_mode="r") for path in paths]


def suspects(
    new: Prints, runs: Sequence[Prints], own: npt.NDArray[np.uint64], fewest: int
) -> set[int]:
    """Return the numbers of athletes, of new entries or old, who share that many prints.

    Args:
        new: entries of athletes who have changed.
        runs: entries that are there.
        own: numbers of those who have changed, whose old entries count no more.
        fewest: shared prints from which two athletes are returned.
    """
    found = [new]
    for run in runs:
        low = np.searchsorted(run[0], new[0], "left")
        high = np.searchsorted(run[0], new[0], "right")
        for start, end in zip(low[high > low], high[high > low], strict=True):
            hit = np.asarray(run[:, start:end])
            found.append(hit[:, ~np.isin(hit[1], own)])
    every = ordered(np.concatenate(found, axis=1))
    again = np.diff(every[0]) == 0
    several = every[:, np.append(again, False) | np.insert(again, 0, False)]
    entries = pl.DataFrame(dict(zip(("print", "athlete"), several, strict=True))).unique()
    pairs = people.by_print(entries, ["print"], fewest)
    return {*pairs["athlete"].to_list(), *pairs["other"].to_list()}


def mergeable(sizes: Sequence[int], new: int) -> int:
    """Return how many of the last runs a new one is merged with, so that sizes keep doubling."""
    taken = 0
    while taken < len(sizes) and sizes[len(sizes) - 1 - taken] < 2 * new:
        new += sizes[len(sizes) - 1 - taken]
        taken += 1
    return taken
