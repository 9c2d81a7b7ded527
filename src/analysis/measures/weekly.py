"""What every muscle group got in every week, for any number of lifters: a file, not a table.

A hundred thousand lifters give some twenty million rows of athlete × week × muscle. They are
worked out bucket by bucket, each with all of its athletes, written to Parquet, and only counted:
set credits are multiples of ½, so counts per value add up over buckets, and the medians and
quartiles taken from them are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analysis import exercises, schema
from analysis.logbook import Logbook
from analysis.measures import (
    counting,
    day_strength,
    frequency,
    intensity,
    sums,
    volume,
    weeks,
    working,
)
from analysis.measures.day_strength import E1rmRule
from analysis.measures.working import WorkingRule
from analysis.notes import Note
from analysis.outputs import scratch_folder, whole_file
from analysis.progress import Tell, silent
from analysis.result import rounded
from analysis.say import count, number, spoken
from analysis.store import Store
from analysis.workers import HERE, Lost, Workers, mapped, merged

if TYPE_CHECKING:
    from analysis.exercises import Catalogue

READS = (
    "athlete", "session", "started_at", "exercise", "exercise_id", "exercise_number",
    "set_number", "kind", "load_kg", "load_basis", "reps", "rir", "duration_s", "distance_m",
    "body_mass_kg", "side",
)  # fmt: skip
"""Columns of the set table that weekly measures look at."""

MEASURES = ("volume", "frequency", "intensity")
"""What a row may hold, in this order."""

QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a bucket's rows hold, in numbers that add up.

    Attributes:
        rows: rows written.
        sets: rows of the set table.
        athletes: people.
        weeks: weeks from first to last log.
        unknown_weeks: those of them without a log.
        standings: sets by what they are.
        unmapped: working sets by exercise name, where it is not in the catalogue.
        no_muscle: the same where the exercise trains no muscle group.
        halves: logged weeks by muscle group and twice their fractional sets.
    """

    rows: int = 0
    sets: int = 0
    athletes: int = 0
    weeks: int = 0
    unknown_weeks: int = 0
    standings: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    no_muscle: Counter[str] = field(default_factory=Counter)
    halves: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both."""
        each = ((getattr(self, name), getattr(other, name)) for name in Counts.__slots__)
        return Counts(*(one + two for one, two in each))


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a file of weekly measures. The rows themselves are in the file.

    Attributes:
        path: the file: one row per `athlete`, `week` and `muscle`, with the columns of `volume`,
            then `direct_days` and `any_days` of `frequency`, then those of `intensity`, which
            are null where a week holds no direct set of the muscle. Athletes lie together.
        counts: what it holds.
        typical: one row per `muscle`: `median`, `low` and `high` (quartiles) of the fractional
            sets of a logged week, and `weeks`, how many those are.
        notes: what is not in it, counted and named.
    """

    path: Path
    counts: Counts
    typical: pl.DataFrame
    notes: tuple[Note, ...]

    @property
    def summary(self) -> str:
        """The file in a sentence."""
        counts = self.counts
        said = (
            f"{counts.rows:,} rows of {count(counts.athletes, 'lifter')} and {counts.sets:,} sets"
        )
        if self.typical.is_empty():
            return f"{said}; no week holds a log."
        most = self.typical.sort("median", descending=True, maintain_order=True).row(0, named=True)
        return (
            f"{said}. Most trained: {spoken(most['muscle'])}, usually "
            f"{number(most['median'], 0)} sets a week ({number(most['low'], 0)}–"
            f"{number(most['high'], 0)}, n = {counts.weeks - counts.unknown_weeks:,} weeks)."
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """How weekly measures are counted; see `volume` and `intensity`."""

    measures: tuple[str, ...] = MEASURES
    rule: WorkingRule = field(default_factory=WorkingRule)
    week_starts: str = "monday"

    def __post_init__(self) -> None:
        unknown = sorted(set(self.measures) - set(MEASURES))
        if unknown or not self.measures:
            raise ValueError(
                f"measure is {', '.join(unknown) or 'empty'}, expected of {', '.join(MEASURES)}"
            )


@dataclass(frozen=True, slots=True)
class Part:
    """Sets of whole athletes on a disk.

    Attributes:
        name: what it is called.
        paths: Parquet files of the set table.
        corrections: the `exercises.toml` that they were read with.
    """

    name: str
    paths: tuple[Path, ...]
    corrections: Path | None = None


def parts_of(store: Store) -> list[Part]:
    """Return the buckets of a store."""
    corrections = next(iter(store.paths("exercises")), None)
    return [
        Part(f"bucket {bucket}", tuple(store.paths("sets", bucket)), corrections)
        for bucket in store.buckets
    ]


def weekly(
    source: Logbook | Store | Sequence[Part],
    out: str | Path,
    *,
    measures: Sequence[str] = MEASURES,
    rule: WorkingRule | None = None,
    week_starts: str = "monday",
    who: Workers = HERE,
    tell: Tell = silent,
) -> Written:
    """Write weekly measures of every muscle group to a Parquet file.

    Args:
        source: a logbook; a store, which is never in memory as a whole; or parts of whole
            athletes.
        out: the file; replaced in one step when all of it is there.
        measures: words of `MEASURES`.
        rule: which sets are working sets.
        week_starts: weekday that weeks begin on.
        who: who works the buckets out; the file is the same whoever does.
        tell: gets the buckets done.

    Returns:
        What stands in the file. Buckets whose worker died twice are not in it, and named.

    Raises:
        ValueError: no such measure or weekday.
    """
    choices = Choices(tuple(measures), rule or WorkingRule(), week_starts)
    with scratch_folder() as scratch:
        lost: list[Lost] = []
        if isinstance(source, Logbook):
            found = [_write(source, choices, scratch / "part-000000.arrow")]
        else:
            parts = parts_of(source) if isinstance(source, Store) else source
            step = partial(_step, choices, scratch)
            done = mapped(step, list(enumerate(parts)), who, name=_name, tell=tell)
            found, lost = merged(done)
        written = sorted(scratch.glob("part-*.arrow"))
        with whole_file(Path(out)) as aside:
            pl.concat([pl.scan_ipc(path) for path in written]).sink_parquet(aside)
    counts = sum(found, Counts())
    missing = (
        Note("lost part", facts={"name": each.name, "why": each.why},
             sentence="{name} is not in the file: {why}.")
        for each in lost
    )  # fmt: skip
    return Written(Path(out), counts, _typical(counts), (*missing, *_notes(counts)))


def _name(numbered: tuple[int, Part]) -> str:
    return numbered[1].name


def _step(choices: Choices, scratch: Path, numbered: tuple[int, Part]) -> Counts:
    place, part = numbered
    # without statistics of unused columns, and one copy: a worker holds little more than a bucket
    sets = pl.scan_parquet(list(part.paths), glob=False).select(READS).collect()
    catalogue = _with_made(_catalogue(part.corrections), sets)
    nothing = schema.empty(schema.LEDGER)
    book = Logbook(sets, nothing, schema.empty(schema.REJECTED), pl.DataFrame(), catalogue)
    return _write(book, choices, scratch / f"part-{place:06d}.arrow")


@cache
def _catalogue(corrections: Path | None) -> Catalogue:
    return exercises.load(corrections)


def _with_made(catalogue: Catalogue, sets: pl.DataFrame) -> Catalogue:
    """Return the catalogue with the exercises that names were read as when they were ingested."""
    unknown = sets["exercise_id"].unique().drop_nulls()
    unknown = unknown.filter(~unknown.is_in(catalogue.exercises["exercise_id"].implode()))
    if unknown.is_empty():
        return catalogue
    made = sets.filter(pl.col("exercise_id").is_in(unknown.implode()))
    return catalogue.with_parts(made["exercise"].unique().to_list())


def _write(logbook: Logbook, choices: Choices, path: Path) -> Counts:
    """Write the rows of a logbook under a name of its own, then under theirs; return counts."""
    weekly = sums.weekly(logbook, choices.rule, week_starts=choices.week_starts)
    table = rounded(_table(logbook, weekly, choices))
    aside = path.with_suffix(".aside")
    table.write_ipc(aside, compression="lz4")
    aside.replace(path)
    unmapped, no_muscle = counting.lost(working.done(logbook, choices.rule), logbook.catalogue)
    return Counts(
        table.height,
        logbook.sets.height,
        weekly.calendar["athlete"].n_unique(),
        weekly.calendar.height,
        weekly.calendar["training_days"].null_count(),
        Counter(working.standings(logbook, choices.rule)),
        Counter(unmapped),
        Counter(no_muscle),
        _halves(weekly),
    )


def _table(logbook: Logbook, weekly: sums.Weekly, choices: Choices) -> pl.DataFrame:
    days = frequency.days_of(weekly) if "frequency" in choices.measures else {}
    counted = "volume" in choices.measures
    table = volume.table_of(weekly, **days) if counted else weekly.table(days)
    if "intensity" not in choices.measures:
        return table
    found = day_strength.lift_days(logbook, E1rmRule(), choices.rule)
    sets = found.sets.with_columns(intensity.share(found))
    cells = intensity.cells(sets, logbook, week_starts=choices.week_starts)
    if counted:
        cells = cells.drop("direct_sets")
    return (
        table.with_row_index("cell")
        .with_columns(pl.col("cell").cast(pl.Int64))
        .join(cells, on="cell", how="left", maintain_order="left")
        .drop("cell")
    )


def _halves(weekly: sums.Weekly) -> Counter[tuple[str, int]]:
    logged = weekly.calendar["training_days"].is_not_null().to_numpy()
    halves = np.rint(2 * weekly.total("set_count", "fractional")[logged]).astype(np.int64)
    found: Counter[tuple[str, int]] = Counter()
    for group, values in zip(weekly.shares.groups, halves.T, strict=True):
        n_weeks = np.bincount(values)
        found.update({(group, int(v)): int(n_weeks[v]) for v in np.flatnonzero(n_weeks)})
    return found


def _typical(counts: Counts) -> pl.DataFrame:
    """Return quartiles of weekly fractional sets per muscle, exact, from counts of values."""
    rows = []
    for muscle in dict.fromkeys(group for group, _ in counts.halves):
        values = sorted((v, n) for (group, v), n in counts.halves.items() if group == muscle)
        at, last = np.array([v for v, _ in values]) / 2, np.cumsum([n for _, n in values])
        where = np.array(QUARTERS) * (last[-1] - 1)
        below, above = (
            at[np.searchsorted(last, place, side="right")]
            for place in (np.floor(where), np.ceil(where))
        )
        low, middle, high = below + (where - np.floor(where)) * (above - below)
        rows.append((muscle, middle, low, high, int(last[-1])))
    columns = {"muscle": pl.String, **dict.fromkeys(["median", "low", "high"], pl.Float64)}
    return pl.DataFrame(rows, {**columns, "weeks": pl.Int64}, orient="row")


def _notes(counts: Counts) -> Iterator[Note]:
    yield from working.notes_of(counts.standings)
    yield from counting.lost_notes(counts.unmapped, counts.no_muscle)
    yield from weeks.unknown_notes(counts.unknown_weeks, counts.weeks)
