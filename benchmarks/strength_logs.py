"""A folder of people's exports for the strength benchmarks: the largest file of each person.

Files of one person are told by what stands before the first "__" of their name, as in
`owner__repository__file.csv`; a name without it is a person of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from analysis import Logbook, read
from analysis.models.strength.lifts import Lifts, gather
from analysis.models.strength.population import published
from analysis.models.strength.regimes import Ints, Series
from analysis.problems import UserError

SAME = 0.5
"""Two people who share this share of the smaller one's exercise-days are one."""
APPS = ("strong", "hevy", "fitnotes")


def largest_files(folder: Path) -> dict[str, Path]:
    """Return person → largest file of the apps' folders, or of the folder itself."""
    parts = [folder / app for app in APPS if (folder / app).is_dir()] or [folder]
    files: dict[str, Path] = {}
    for path in sorted(path for part in parts for path in part.iterdir() if path.is_file()):
        person = path.name.split("__")[0] if "__" in path.name else path.stem
        if person not in files or path.stat().st_size > files[person].stat().st_size:
            files[person] = path
    return files


def logbooks(folder: Path) -> Iterator[tuple[str, Logbook]]:
    """Read each person's file; what cannot be read, or is another's, is left out by name."""
    seen: dict[str, set[str]] = {}
    for person, path in largest_files(folder).items():
        try:
            logbook = _read(path, person)
        except UserError as error:
            print(f"left out: {path.name}: {error}", file=sys.stderr, flush=True)
            continue
        days = set(
            logbook.sets.select(
                pl.concat_str(pl.col("started_at").dt.date().cast(str), "exercise", separator=" ")
            )
            .to_series()
            .to_list()
        )
        twin = [
            other
            for other, own in seen.items()
            if len(days & own) > SAME * min(len(days), len(own))
        ]
        if twin:
            print(f"left out: {path.name}: the same log as {twin[0]}", file=sys.stderr, flush=True)
            continue
        seen[person] = days
        yield person, logbook


def _read(path: Path, person: str) -> Logbook:
    try:
        return read(path, athlete=person)
    except UserError:
        return read(path, athlete=person, unit="kg")  # a unit rescales a lift, it moves no change


@dataclass(frozen=True)
class People:
    """Many people's lifts in one set of arrays.

    Attributes:
        lifts: per person.
        names: per person.
        series: all lifts of all people.
        person: per lift.
    """

    lifts: list[Lifts]
    names: list[str]
    series: Series
    person: Ints

    @property
    def count(self) -> int:
        """How many people there are."""
        return len(self.names)


def people(folder: Path) -> People:
    """Return the lifts of everybody in a folder who has one."""
    numbers = published()
    known = [(name, gather(logbook, numbers)) for name, logbook in logbooks(folder)]
    known = [(name, lifts) for name, lifts in known if lifts.series.lifts]
    parts = [lifts.series for _, lifts in known]
    before = np.cumsum([0, *(part.lifts for part in parts)])[:-1]
    series = Series(
        np.concatenate([part.lift + add for part, add in zip(parts, before, strict=True)]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.value for part in parts]),
    )
    person = np.repeat(np.arange(len(parts)), [part.lifts for part in parts])
    return People([lifts for _, lifts in known], [name for name, _ in known], series, person)
