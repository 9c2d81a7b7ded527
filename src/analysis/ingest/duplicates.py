"""The same workout in two exports of one athlete is counted once, set by set.

Two workouts of one athlete in different files may be the same when they start in the same minute,
or on the same day where an app exports the day only. Two apps may also be filled side by side, at
starts of their own, or bear clocks of two zones: their workouts of a day are compared. Whether
they are one, their sets say:

- the fuller copy stays (of equals, the one with more loads, then the one in the newest export);
- sets of the other that the fuller copy has not are kept too: two halves of one workout make it
  whole, and nothing of either is lost;
- a set that was corrected later (same exercise, other load) is one set, not two.

Inside one file identical rows are identical sets. But a workout that stands in one file in two
places, set for set, was pasted twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import polars as pl

from analysis import schema
from analysis.ingest.parts import PLACE, Part
from analysis.ingest.set_table import LOGGED_NUMBER

SAME_SETS = 0.8
"""Share of sets that must agree for copies by two apps to be one workout, where only the day, or
only the repetitions, can be compared."""

SAME_LOADS = 0.5
"""The same share for workouts of two apps at one time: apps round, and one may lack a set."""

SAME_SETS_AGAIN = 0.5
"""Share of an earlier export's sets that a later one must hold to be a copy, and no other half."""

SAME_LENGTH = timedelta(minutes=3)
SAME_ZONES, ZONE_STEP = timedelta(minutes=3), timedelta(minutes=30)
FEWEST_OF_A_WATCH = 8
"""A watch counts repetitions and guesses lifts. Its workout is another app's where both have as
many sets, no fewer than these, last equally long, and begin together, zones of the world apart."""

LONGEST = timedelta(hours=6)
"""A workout that ended later after its start was left running, and its end says nothing."""

PASTED = 2
"""Workouts that stand twice in one file before it is taken for pasted below itself."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What of a file other copies stand for.

    Attributes:
        places: rows of its staged table that are left out.
        moved: session here -> session of the fuller copy, and by how much the runs of exercises
            are numbered on, for sets that complete a workout in another file.
        workouts: workouts of which sets are left out.
        differing: how many of those are not the same to the set.
        doubtful: sets left out of a workout that may be two halves, alike to the set.
        sets: sets left out.
    """

    places: frozenset[int] = frozenset()
    moved: dict[str, tuple[str, int]] = field(default_factory=dict)
    workouts: int = 0
    differing: int = 0
    doubtful: int = 0

    @property
    def sets(self) -> int:
        """Sets left out."""
        return len(self.places)


@dataclass(frozen=True, slots=True)
class Copy:
    """One file's workouts, as far as telling duplicates needs.

    Attributes:
        label: the file.
        athlete: whose it is.
        family: apps whose exports hold the same log ("fitnotes" for its CSV and its backup).
        part: its staged set table.
    """

    label: str
    athlete: str
    family: str
    part: Part


class Set(NamedTuple):
    """One set, as far as two copies of it can be told apart."""

    place: int
    exercise: str
    number: int | None
    load: int
    reps: float
    more: tuple[int, int]

    @property
    def value(self) -> tuple[int, float, tuple[int, int]]:
        """What was lifted."""
        return self.load, self.reps, self.more


@dataclass(slots=True)
class _Workout:
    """One workout of one copy."""

    copy: int
    family: str
    session: str
    minute: datetime
    until: datetime
    ended: datetime | None
    day_only: bool
    edge: str
    age: int
    runs: int
    sets: list[Set]

    @property
    def loads(self) -> int:
        """Sets with a load: a watch knows none."""
        return sum(each.load > 0 for each in self.sets)

    @property
    def values(self) -> Counter[object]:
        return Counter((each.exercise, each.number, *each.value) for each in self.sets)


def kept(part: Part, settled: Settled, *, numbers: bool = False) -> pl.LazyFrame:
    """Return the sets of a staged table that stay, in the columns of the set table.

    Args:
        part: the staged table.
        settled: what of it stays.
        numbers: whether `LOGGED_NUMBER` stands beside, null where the app numbers nothing.
    """
    columns: list[str | pl.Expr] = [column.name for column in schema.SETS]
    if numbers:
        known = LOGGED_NUMBER in part.scan().collect_schema().names()
        nothing = pl.lit(None, dtype=pl.Int32).alias(LOGGED_NUMBER)
        columns.append(LOGGED_NUMBER if known else nothing)
    if not settled.places and not settled.moved:
        return part.scan().select(columns)
    rows = part.numbered()
    rows = rows.filter(~pl.col("place").is_in(sorted(settled.places)))
    if settled.moved:
        old = pl.DataFrame(
            [(old, new, on) for old, (new, on) in settled.moved.items()],
            schema={"session": pl.String, "whole": pl.String, "on": pl.Int32},
            orient="row",
        )
        rows = rows.join(old.lazy(), on="session", how="left", maintain_order="left").with_columns(
            session=pl.coalesce("whole", "session"),
            exercise_number=pl.col("exercise_number") + pl.col("on").fill_null(0),
        )
    return rows.select(columns)


def pasted(part: Part) -> Settled:
    """Return the workouts that stand in one file a second time, set for set."""
    place = ["athlete", "session", "workout"]
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in place)
    runs = part.scan().select(*place, begins.alias("begins")).filter("begins")
    counts = runs.group_by(place).len().filter(pl.col("len") > 1).collect()
    if counts.height < PASTED:
        return Settled()
    again = _sets(part).with_columns(run=begins.cum_sum())
    again = again.join(counts.lazy(), on=place, how="semi", nulls_equal=True)
    print_of_set = pl.struct("exercise", "load", "reps", "seconds", "metres")
    by_run = (
        again.group_by("run", *place)
        .agg(pl.col("place"), print_of_set.hash().sort().implode().hash().first().alias("print"))
        .sort("run")
        .collect()
    )
    second = by_run.filter(pl.struct(*place, "print").is_first_distinct().not_())
    if second.height < PASTED:
        return Settled()
    places = second["place"].explode().to_list()
    return Settled(frozenset(places), workouts=second.height)


def across(copies: Sequence[Copy], settled: Sequence[Settled]) -> list[Settled]:
    """Return, for each file, what of it another file of the same athlete stands for.

    Args:
        copies: the files that hold sets.
        settled: what of each is left out already.
    """
    found = list(settled)
    numbered = sorted(enumerate(copies), key=lambda each: each[1].athlete)
    for _, group in groupby(numbered, key=lambda each: each[1].athlete):
        mine = dict(group)
        if len(mine) > 1:
            for place, each in _across_one(mine, settled).items():
                found[place] = each
    return found


@dataclass(slots=True)
class _Settling:
    """What is found of one copy, workout by workout."""

    places: set[int]
    shared: set[tuple[int, datetime | None]] = field(default_factory=set)
    moved: dict[str, tuple[str, int]] = field(default_factory=dict)
    workouts: int = 0
    differing: int = 0
    doubtful: int = 0


def _across_one(copies: dict[int, Copy], settled: Sequence[Settled]) -> dict[int, Settled]:
    groups = _shared(copies, settled)
    found = {place: _Settling(set(settled[place].places)) for place in copies}
    for number, group in enumerate(groups):
        by_day = any(workout.day_only for workout in group)
        for workout in group:
            found[workout.copy].shared.add((number, None if by_day else workout.minute))
    for group in groups:
        whole: list[_Workout] = []
        for workout in group:
            _settle(workout, whole, found)
            if workout.sets:
                whole.append(workout)
    return {
        place: Settled(
            frozenset(each.places), each.moved, settled[place].workouts + each.workouts,
            each.differing, each.doubtful,
        )
        for place, each in found.items()
    }  # fmt: skip


def _settle(workout: _Workout, whole: Sequence[_Workout], found: dict[int, _Settling]) -> None:
    """Take out of a workout the sets that fuller copies of it hold."""
    mine, before, differs = found[workout.copy], len(workout.sets), False
    for other in whole:
        if other.copy == workout.copy or not workout.sets or _apart(workout, other):
            continue
        same, values = workout.values == other.values, len(workout.sets)
        once = len(mine.shared & found[other.copy].shared) == 1
        covered = _covered(workout, other, once=once)
        workout.sets = [each for each in workout.sets if each.place not in covered]
        mine.places |= covered
        differs |= bool(covered) and not same
        if once and same and _meet(workout, other):
            mine.doubtful += len(covered)
        if _is_one(workout, other, whole_before=len(workout.sets) == values):
            mine.moved.setdefault(workout.session, (other.session, other.runs))
            other.runs += workout.runs
    gone = before > len(workout.sets)
    mine.workouts += gone
    mine.differing += gone and differs


def _apart(one: _Workout, other: _Workout) -> bool:
    """Whether these are two workouts: one app gives one workout one start."""
    timed = not one.day_only and not other.day_only
    return timed and one.family == other.family and one.minute != other.minute


def _is_one(mine: _Workout, other: _Workout, *, whole_before: bool) -> bool:
    """Whether what is left of a copy belongs to the workout in the other file."""
    apart = mine.day_only and whole_before
    return bool(mine.sets) and mine.family == other.family and not apart


def _covered(mine: _Workout, other: _Workout, *, once: bool) -> set[int]:
    """Return the places of those sets that another copy of the workout stands for.

    Args:
        mine: the copy with fewer sets.
        other: the fuller copy.
        once: whether this is the only workout that the two files share.
    """
    rest = mine.sets
    if mine.family != other.family:
        return _covered_by_another_app(mine, other)
    if once and _cut(mine, other):
        return set()
    ours, theirs = _by_exercise(rest), _by_exercise(other.sets)
    names = {_values(sets): name for name, sets in theirs.items() if name not in ours}
    gone: set[int] = set()
    for exercise, sets in ours.items():
        if exercise in theirs:
            gone |= _covered_in(sets, theirs[exercise])
    for exercise, sets in ours.items():
        # In a copy that is one beyond doubt, the same sets under another name were renamed.
        if gone and exercise not in theirs and _values(sets) in names:
            gone |= {each.place for each in sets}
    few = len(gone) < SAME_SETS * min(len(rest), len(other.sets))
    return set() if mine.day_only and few else gone


def _meet(mine: _Workout, other: _Workout) -> bool:
    """Whether one file ends, and the other begins, with a workout, and nothing tells the parts.

    Where sets are numbered their numbers tell.
    """
    numbered = any(each.number is not None for each in (*mine.sets, *other.sets))
    return not numbered and {mine.edge, other.edge} == {"first", "last"}


def _cut(mine: _Workout, other: _Workout) -> bool:
    """Whether one file ends, and the other begins, in the middle of this workout.

    Where the files meet in the only workout that they share, it may be two halves, or two copies,
    of one export that was made in the middle of the workout and one that begins with it. They are
    two copies if they are alike, if they bear two ends of the workout, or if the later one holds
    most of the earlier one's sets where those differ among themselves: of equal sets nothing but
    the place tells which is which.
    """
    if not _meet(mine, other) or mine.values == other.values:
        return False
    if mine.ended is not None and other.ended is not None:
        return mine.ended == other.ended
    later, earlier = (mine, other) if mine.age < other.age else (other, mine)
    both = (later.values & earlier.values).total()
    again = len(earlier.values) > 1 and both >= SAME_SETS_AGAIN * len(earlier.sets)
    return not again


def _by_exercise(sets: Iterable[Set]) -> dict[str, list[Set]]:
    found: dict[str, list[Set]] = {}
    for each in sets:
        found.setdefault(each.exercise, []).append(each)
    return found


def _values(sets: Iterable[Set]) -> tuple[object, ...]:
    return tuple(sorted(each.value for each in sets))


def _covered_in(sets: list[Set], theirs: list[Set]) -> set[int]:
    """Of the sets of one exercise in two copies: those of the first that the second stands for."""
    own, other = {each.number for each in sets}, {each.number for each in theirs}
    if None not in own | other and not own & other:
        return set()  # the one goes on where the other ends
    left = Counter(each.value for each in theirs)
    unmatched = []
    for each in sets:
        if left[each.value] > 0:
            left[each.value] -= 1
        else:
            unmatched.append(each.place)
    more = max(0, len(sets) - len(theirs))
    return {each.place for each in sets} - set(unmatched[len(unmatched) - more :] if more else ())


def _covered_by_another_app(mine: _Workout, other: _Workout) -> set[int]:
    """Apps round loads and name exercises differently: the workout is compared as a whole."""
    rest = mine.sets
    loads = _agreement_to_a_kilogram(rest, other.sets)
    reps = _agreement((e.reps for e in rest), (e.reps for e in other.sets))
    at_once = mine.minute <= other.until and other.minute <= mine.until
    sure = at_once and not mine.day_only and not other.day_only
    same = loads >= (SAME_LOADS if sure else SAME_SETS) or (sure and reps >= SAME_SETS)
    return {each.place for each in rest} if same or _keep_time(mine, other) else set()


def _keep_time(mine: _Workout, other: _Workout) -> bool:
    """Whether two workouts have as many sets and run side by side, on the clocks of two zones."""
    if mine.day_only or other.day_only or len(mine.sets) != len(other.sets):
        return False
    longer = abs((mine.until - mine.minute) - (other.until - other.minute))
    off = abs(mine.minute - other.minute) % ZONE_STEP
    lasting = min(mine.until - mine.minute, other.until - other.minute) > SAME_LENGTH
    together = min(off, ZONE_STEP - off) <= SAME_ZONES
    return len(mine.sets) >= FEWEST_OF_A_WATCH and lasting and longer <= SAME_LENGTH and together


def _agreement(ours: Iterable[object], theirs: Iterable[object]) -> float:
    one, other = Counter(ours), Counter(theirs)
    fewest = min(one.total(), other.total())
    return (one & other).total() / fewest if fewest else 0.0


def _agreement_to_a_kilogram(ours: Sequence[Set], theirs: Sequence[Set]) -> float:
    """The share of sets with as many repetitions whose loads are a kilogram apart at most."""
    pairs = 0
    for reps in {each.reps for each in ours}:
        one, other = (
            sorted(each.load for each in sets if each.reps == reps) for sets in (ours, theirs)
        )
        while one and other:
            apart = one[-1] - other[-1]
            pairs += abs(apart) <= 1
            if apart >= -1:
                one.pop()
            if apart <= 1:
                other.pop()
    fewest = min(len(ours), len(theirs))
    return pairs / fewest if fewest else 0.0


def _sets(part: Part) -> pl.LazyFrame:
    """The sets of a staged table with what tells them apart.

    Loads are to the kilogram, and without the body mass that some apps count in.
    """
    rows = part.numbered()
    numbered = LOGGED_NUMBER in rows.collect_schema().names()
    beside = pl.when(pl.col("load_basis") == "total").then(pl.col("body_mass_kg").fill_null(0))
    load = (pl.col("load_kg") - beside.otherwise(0)).abs()
    whole = {
        "load": load.fill_null(0).round(0).cast(pl.Int32),
        "reps": pl.col("reps").fill_null(0),
        "seconds": pl.col("duration_s").fill_null(0).round(0).cast(pl.Int32),
        "metres": pl.col("distance_m").fill_null(0).round(0).cast(pl.Int32),
        "number": pl.col(LOGGED_NUMBER) if numbered else pl.lit(None, dtype=pl.Int32),
    }
    names = (PLACE, "athlete", "session", "workout", "exercise", "exercise_number")
    return rows.select(*names, "started_at", "ended_at", **whole)


def _looked_at(part: Part) -> pl.LazyFrame:
    """The sets of a staged table, made once where they fit: they are looked at twice."""
    rows = _sets(part)
    if part.table is None and part.rows is None:
        return rows
    return rows.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none()).lazy()


def _shared(copies: dict[int, Copy], settled: Sequence[Settled]) -> list[list[_Workout]]:
    """Return the workouts that may be one, fullest first: by sets, loads, then newest export."""
    rows = {place: _looked_at(copy.part) for place, copy in copies.items()}
    starts = pl.concat(
        _starts(rows[place], settled[place]).with_columns(copy=pl.lit(place, dtype=pl.Int64))
        for place in copies
    )
    newest = starts.group_by("copy").agg(pl.col("minute").max(), pl.len()).sort(
        "minute", "len", "copy", descending=[True, True, False]
    )["copy"]  # fmt: skip
    rank = {copy: place for place, copy in enumerate(newest)}
    by_minute = _by_day(starts.filter(~pl.col("day_only")))
    days = starts.filter("day_only")["day"].unique()
    by_day = starts.filter(pl.col("day").is_in(days.implode())).with_columns(
        key=pl.col("day").cast(pl.Datetime("us"))
    )
    by_minute = by_minute.filter(~pl.col("day").is_in(days.implode()))
    several = (
        pl.concat([by_minute, by_day])
        .filter(pl.col("copy").n_unique().over("key") > 1)
        .sort("key")
    )
    if several.is_empty():
        return []
    sets: dict[tuple[int, str], list[Set]] = {}
    for place in several["copy"].unique().sort():
        wanted = several.filter(pl.col("copy") == place).select("session").lazy()
        shared = (
            rows[place]
            .join(wanted, on="session", how="semi")
            .select(PLACE, "exercise", "number", "load", "reps", "seconds", "metres", "session")
        )
        gone = settled[place].places
        for at, exercise, number, load, reps, seconds, metres, session in (
            shared.collect().sort(PLACE).iter_rows()
        ):
            if at not in gone:
                each = Set(at, exercise, number, load, reps, (seconds, metres))
                sets.setdefault((place, session), []).append(each)
    groups: dict[object, list[_Workout]] = {}
    for row in several.iter_rows(named=True):
        copy, session = row["copy"], row["session"]
        workout = _Workout(
            copy, copies[copy].family, session, row["minute"], row["until"], row["ended"],
            row["day_only"], row["edge"], rank[copy], row["runs"], sets[copy, session],
        )  # fmt: skip
        groups.setdefault(row["key"], []).append(workout)
    for group in groups.values():
        group.sort(key=lambda each: (-len(each.sets), -each.loads, each.age, each.session))
    return list(groups.values())


def _by_day(starts: pl.DataFrame) -> pl.DataFrame:
    """Give workouts of one day one `key`; one that lasts past midnight is of both its days."""
    last = pl.max_horizontal("until", pl.col("minute").dt.truncate("1d").dt.offset_by("1439m"))
    begins = pl.col("minute") > last.cum_max().shift(1)
    return starts.sort("minute", "copy").with_columns(
        key=pl.when(begins.fill_null(True)).then("minute").forward_fill()
    )


def _starts(rows: pl.LazyFrame, settled: Settled) -> pl.DataFrame:
    """One row per workout: its start, and whether the file begins or ends with it.

    The edge counts only where nothing else of the file is shared: see `_covered`.
    """
    if settled.places:
        rows = rows.filter(~pl.col("place").is_in(sorted(settled.places)))
    starts = (
        rows.group_by("session")
        .agg(
            pl.col("started_at").first().dt.truncate("1m").alias("minute"),
            pl.col("ended_at").max().alias("ended"),
            pl.col("place").min().alias("from"),
            pl.col("exercise_number").max().alias("runs"),
        )
        .sort("from")
        .collect()
    )
    only = starts.height == 1
    place = pl.int_range(pl.len())
    return starts.select(
        "session", "minute", "runs", "ended",
        until=pl.when(pl.col("ended").is_between("minute", pl.col("minute") + LONGEST))
        .then("ended").otherwise("minute"),
        day=pl.col("minute").dt.date(),
        day_only=pl.col("minute").dt.time() == pl.time(0, 0),
        edge=pl.when(pl.lit(only)).then(pl.lit(""))
        .when(place == 0).then(pl.lit("first"))
        .when(place == pl.len() - 1).then(pl.lit("last"))
        .otherwise(pl.lit("")),
    )  # fmt: skip
