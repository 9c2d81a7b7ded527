"""Which sets are working sets, and what every other set is instead.

Marked warm-ups and cool-downs are out. Most people never mark a warm-up (53 of 65 real logs), so
an unmarked one is told apart: it comes before the day's best set of that exercise (the highest
e1RM, by Epley, repetitions up to 15), lighter than the heaviest, and its own e1RM is below 75 % of
that best. Where the lifter
marked warm-ups of the exercise that day the marks alone decide, and a logged effort of fewer than
4 repetitions in reserve is work, however light. A planned ramp is work too, and known by its form:
the three sets of 5/3/1 (fives, threes, or 5-3-1 at 76 to 79 and 88 to 90 % of the last load), or
five or more sets of the same repetitions that rise in equal steps. Measured on people who mark
their warm-ups: docs/measures.md#working.

A cluster counts once: drop sets belong to the set before them, successive myo-rep sets to their
first (drop sets equal ordinary sets, set for set: Coleman 2022, doi 10.47206/ijsc.v2i1.135; Sødal
2023, doi 10.1186/s40798-023-00620-5). Sets logged per
side count once per pair. Members of a cluster and second sides are still work: they add
repetitions and tonnage, but no set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import schema
from analysis.figures import bars, figure
from analysis.logbook import Logbook
from analysis.measures.slices import Flags, Floats, Ints, Slices
from analysis.notes import Many, Note
from analysis.result import Figure, Result, tidy
from analysis.say import count, number, whose

if TYPE_CHECKING:
    import pandas as pd

STANDINGS = {
    "working": "working sets",
    "cluster": "later parts of drop-set and myo-rep clusters (work, but no set of their own)",
    "second_side": "second sides of left/right pairs (work, but no set of their own)",
    "unmarked_warmup": "unmarked warm-ups, identified by load",
    "warmup": "marked warm-ups",
    "cooldown": "marked cool-downs",
    "empty": "sets with no repetitions, duration or distance",
}
"""What a set can be. Every set of the logbook is exactly one of these."""

CODES = {name: code for code, name in enumerate(STANDINGS)}
STANDING = pl.Enum(tuple(STANDINGS))
"""Type of the column `standing`: a million words would cost more than the sets' numbers."""

KINDS = tuple(schema.KINDS)

WORK = ("working", "cluster", "second_side")
"""Standings that are work: they carry load, repetitions and effort."""

WARMUP_RIR = 4.0
"""A set logged with fewer repetitions in reserve is no warm-up. The lowest effort that the apps
offer, RPE 6, is this many, and it is what warm-ups get."""

BEST_REPS = 15.0
"""Repetitions that a set's e1RM is taken from, at most, where sets of one day are compared."""

SOFT = (0.60, 0.88)
"""Share of the usual top set up to which an earlier set weighs nothing, and from which one set."""
STRAIGHT_SETS, SOFT_BEFORE_STRAIGHT = 3, (0.70, 1.0)
"""The same where so many sets or more stand at the day's heaviest load: those were the work."""

RAMP_SETS, RAMP_EVEN = 5, 0.035
"""Sets of a planned ramp, at least, and how far its steps may differ (share of the last load)."""
WENDLER = ((0.76, 0.80), (0.87, 0.905))
"""Loads of the first and second of 5/3/1's three sets, as shares of the third's."""


@dataclass(frozen=True, slots=True)
class WorkingRule:
    """What makes a set a working set.

    Attributes:
        warmup_below: an unmarked set before the day's best and below this share of its e1RM is
            a warm-up; 0 keeps every unmarked set.
        clusters_once: whether a drop-set or myo-rep cluster is one set.
        sides_once: whether a left and a right set are one set.
    """

    warmup_below: float = 0.75
    clusters_once: bool = True
    sides_once: bool = True


def classify(sets: pl.DataFrame, rule: WorkingRule | None = None) -> pl.DataFrame:
    """Return the set table in training order, with what every set is.

    Returns:
        The table with `standing`, a word of `STANDINGS`, and `soft_count`: what the set weighs as
        a dose (1 for a working set; 0 to 1 by its share of the usual top set where it comes
        before the day's heaviest load and nothing else tells whether it is a warm-up; 0 for all
        else). The usual top set has that load and the lift's median repetitions at its top load:
        beside the day's own e1RM the same warm-up would weigh less on a strong day, and the dose
        would hang on the strength that it is to explain.
    """
    judged = _judge(sets, rule or WorkingRule())
    return judged.sets.with_columns(judged.soft_count())


@dataclass(frozen=True, slots=True)
class _Judged:
    """Sets in training order with their `standing`, and what it takes to weigh them softly.

    A soft weight asks for more than a standing does, so it is worked out for doses only.
    """

    sets: pl.DataFrame
    seen: _Seen
    rule: WorkingRule

    def soft_count(self) -> pl.Series:
        """Return what each set weighs as a dose, as `classify` says."""
        standing = self.sets["standing"].to_physical().to_numpy()
        return pl.Series(
            "soft_count", _soft_count(self.sets, self.seen, standing, self.rule.warmup_below)
        )


def _judge(sets: pl.DataFrame, rule: WorkingRule) -> _Judged:
    ordered = _in_training_order(sets)
    seen = _beside_the_best(ordered)
    standing = _first_standing(seen, rule.warmup_below)
    if rule.clusters_once:
        standing[_cluster_parts(seen, standing)] = CODES["cluster"]
    if rule.sides_once:
        standing[_second_sides(ordered, seen, standing)] = CODES["second_side"]
    told = pl.Series("standing", standing).cat.to(STANDING)
    return _Judged(ordered.with_columns(told), seen, rule)


ORDER = ("athlete", "started_at", "session", "exercise_number", "set_number")


def _in_training_order(sets: pl.DataFrame) -> pl.DataFrame:
    """Return the sets as they were done; a table that is in order already is not copied."""
    ascends = pl.lit(True)
    for name in reversed(ORDER):  # nulls come first, as in a sort
        before, here = pl.col(name).shift(), pl.col(name)
        ascends = (
            (here > before).fill_null(before.is_null() & here.is_not_null())
            | (here.eq_missing(before) & ascends)
        )  # fmt: skip
    in_order = sets.select(ascends.slice(1).all()).item()
    return sets if in_order else sets.sort(ORDER, maintain_order=True)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the rules look at: each set beside its day's best set of the exercise.

    Attributes:
        run: number of the exercise in one go that the set is of; ascends.
        lifts: its lift: all runs of one exercise in a workout.
        kind: place in `KINDS`, -1 for any other word.
        recorded: whether it has repetitions, a duration or a distance.
        share: its e1RM as a share of the best; NaN where loads do not compare.
        early: whether it comes before the best.
        judged: whether it is an unmarked set that nothing but its load speaks for.
        planned: whether it is part of a ramp that is the plan.
        load: its load; NaN where loads do not compare.
        heaviest: the heaviest of its day's lift.
    """

    run: Ints
    lifts: Slices
    kind: NDArray[np.int8]
    recorded: Flags
    share: Floats
    early: Flags
    judged: Flags
    planned: Flags
    load: Floats
    heaviest: Floats

    def of_kind(self, *names: str) -> Flags:
        """Return whether each set is of one of these kinds."""
        found: Flags = np.isin(self.kind, [KINDS.index(name) for name in names])
        return found


def _beside_the_best(ordered: pl.DataFrame) -> _Seen:
    recorded = pl.any_horizontal(
        pl.col(name).fill_null(0) > 0 for name in ("reps", "duration_s", "distance_m")
    )
    # Only these bases compare by load: an added 0 kg is a full body-mass set, and more
    # assistance is less load.
    compares = pl.col("load_basis").is_in(["external", "per_hand"])
    stretch = pl.struct("athlete", "session").rle_id()
    found = ordered.select(
        stretch.alias("stretch"),
        pl.struct(stretch.alias("stretch"), "exercise", "exercise_number").rle_id().alias("run"),
        pl.col("kind").cast(pl.Enum(KINDS), strict=False).to_physical().cast(pl.Int8)
        .fill_null(-1),
        recorded.alias("recorded"),
        (recorded & compares).alias("compares"),
        (pl.col("load_kg") * (1 + pl.col("reps").clip(0, BEST_REPS).fill_null(1) / 30))
        .alias("e1rm"),
        (pl.col("rir").fill_null(10) >= WARMUP_RIR).alias("easy"),
        "load_kg",
    )  # fmt: skip
    run, kind = found["run"].to_numpy(), found["kind"].to_numpy()
    lifts = _lifts(ordered, found["stretch"], run)
    out = (kind == KINDS.index("warmup")) | (kind == KINDS.index("cooldown"))
    compared = found["compares"].to_numpy() & ~out
    load, e1rm = found["load_kg"].to_numpy(), found["e1rm"].to_numpy()
    known = compared & ~np.isnan(e1rm)
    best, heaviest = (
        lifts.each(np.maximum, np.where(known, values, -np.inf))[lifts.of_row]
        for values in (e1rm, load)
    )
    marked = lifts.each(np.maximum, kind == KINDS.index("warmup"))[lifts.of_row]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(known, e1rm / best, np.nan)
    top = known & ~(share < 1)  # where no set has a load above 0, all are the best
    judged = (
        (kind == KINDS.index("work"))
        & known
        & ((load < heaviest) | top)
        & found["easy"].to_numpy()
        & ~marked
    )
    place = np.arange(len(kind))
    first_top = lifts.each(np.minimum, np.where(top, place, len(place)))[lifts.of_row]
    early = (place < first_top) & (first_top < len(place))
    planned = _planned(ordered, lifts, judged & (early | top), top)
    return _Seen(
        run, lifts, kind, found["recorded"].to_numpy(), share, early, judged, planned,
        np.where(known, load, np.nan), heaviest,
    )  # fmt: skip


def _beside_the_usual(ordered: pl.DataFrame, seen: _Seen) -> tuple[Floats, Flags, Flags]:
    """Return each set's share of the usual top set; before the heaviest load?; straight sets?"""
    lifts, load, heaviest = seen.lifts, seen.load, seen.heaviest
    at_heaviest = load == heaviest
    place = np.arange(len(load))
    first = lifts.each(np.minimum, np.where(at_heaviest, place, len(load)))
    with_load = first < len(load)
    tops = ordered.select("athlete", "exercise", pl.col("reps").clip(0, BEST_REPS).fill_null(1))
    usual_reps = np.full(lifts.count, np.nan)
    usual_reps[with_load] = (
        tops[first[with_load]]
        .select(pl.col("reps").median().over("athlete", "exercise"))
        .to_series()
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = heaviest * (1 + usual_reps[lifts.of_row] / 30)
        of_usual = load * (1 + tops["reps"] / 30).to_numpy() / usual
    n_heaviest = lifts.each(np.add, at_heaviest.astype(np.int64))
    return of_usual, place < first[lifts.of_row], (n_heaviest >= STRAIGHT_SETS)[lifts.of_row]


def _lifts(ordered: pl.DataFrame, stretch: pl.Series, run: Ints) -> Slices:
    """Return the lifts of the sets: all runs of one exercise in one workout.

    Most workouts hold an exercise once, in one stretch of sets: then runs are lifts. Else workouts
    are found among the stretches, which are few, and lifts among the runs.
    """
    first = pl.col("run").ne_missing(pl.col("run").shift())
    runs = (
        ordered.lazy().select(stretch, pl.Series("run", run), "exercise").filter(first).collect()
    )
    exercise = runs["exercise"].cast(pl.Categorical).to_physical().cast(pl.Int64)
    exercises = int(exercise.max() or 0) + 1  # type: ignore[arg-type]
    of_run = runs["stretch"].cast(pl.Int64)
    names = ordered.select("athlete", "session").filter(stretch.ne_missing(stretch.shift()))
    apart = names.n_unique() < names.height
    if apart:
        dense = names.select(pl.struct(names.columns).rank("dense").cast(pl.Int64)).to_series()
        of_run = dense[of_run]
    number = of_run * exercises + exercise
    if not apart and number.n_unique() == len(number):
        return Slices(run)
    _, one, of = np.unique(number.to_numpy(), return_index=True, return_inverse=True)
    return Slices(one[of][run])


def _planned(ordered: pl.DataFrame, lifts: Slices, upward: Flags, top: Flags) -> Flags:
    """Return whether each set is part of a ramp that is the plan."""
    n_sets = lifts.each(np.add, upward.astype(np.int64))
    n_tops = lifts.each(np.add, (upward & top).astype(np.int64))
    # one top set: with straight sets after the climb, the climb was to warm up
    climbing = (n_tops == 1) & (n_sets >= len(WENDLER) + 1)
    place = np.flatnonzero(upward & climbing[lifts.of_row])
    if not len(place):
        return np.zeros(ordered.height, np.bool_)
    place = place[np.argsort(lifts.of_row[place], kind="stable")]
    load, reps = (ordered[name].gather(place).to_numpy() for name in ("load_kg", "reps"))
    climbs = Slices(lifts.of_row[place])
    sets = climbs.each(np.add, np.ones(len(place), np.int64))
    last = climbs.first + sets - 1
    untold = climbs.each(np.add, np.isnan(reps).astype(np.int64))
    alike = climbs.each(np.minimum, reps) == climbs.each(np.maximum, reps)
    rise = np.diff(load, prepend=np.nan)
    rise[climbs.first] = np.nan
    least = climbs.each(np.fmin, rise)
    even = (
        (sets >= RAMP_SETS)
        & (alike | (untold == sets))
        & (least > 0)
        & (climbs.each(np.fmax, rise) - least <= RAMP_EVEN * load[last])
    )
    begins = np.full(lifts.count, ordered.height)
    begins[lifts.of_row[place[last]]] = np.where(
        even, 0, np.where(_wendler(load, reps, last), place[last - 2], ordered.height)
    )
    found: Flags = np.arange(ordered.height) >= begins[lifts.of_row]
    return found


def _wendler(load: Floats, reps: Floats, last: Ints) -> Flags:
    """Return whether each of these sets is the third of 5/3/1."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = [load[last - k] / load[last] for k in (2, 1)]
    rises = np.logical_and(
        *(
            (low <= share) & (share <= high)
            for share, (low, high) in zip(shares, WENDLER, strict=True)
        )
    )
    before = [reps[last - k] for k in (2, 1)]
    plans = [
        (before[0] == one) & (before[1] == two)
        for one, two in ((5.0, 5.0), (3.0, 3.0), (5.0, 3.0))
    ]
    found: Flags = rises & np.logical_or.reduce(plans)
    return found


def work(logbook: Logbook, rule: WorkingRule | None = None) -> pl.DataFrame:
    """Return the sets that are work, with `set_count` 1 for a set and 0 for a part of one.

    For the soft dose of sets that may be warm-ups, see `soft_count` of `classify`.
    """
    rule = rule or WorkingRule()
    return logbook.once(("work", rule), lambda: done(logbook, rule).collect())


def dosed(logbook: Logbook, rule: WorkingRule | None = None) -> pl.DataFrame:
    """Return the sets that weigh anything as a dose, by `soft_count`.

    Among them are sets that `work` leaves out: what is a warm-up with a chance of a quarter is
    three quarters of a set.
    """
    rule = rule or WorkingRule()
    return logbook.once(
        ("dosed", rule),
        lambda: (
            classified(logbook, rule)
            .with_columns(_judged(logbook, rule).soft_count())
            .filter(pl.col("soft_count") > 0)
        ),
    )


def done(logbook: Logbook, rule: WorkingRule | None = None) -> pl.LazyFrame:
    """Return `work` as a query: what is summed at once is not copied with all its columns."""
    return (
        classified(logbook, rule or WorkingRule())
        .lazy()
        .filter(pl.col("standing").is_in(WORK))
        .with_columns((pl.col("standing") == "working").cast(pl.Float64).alias("set_count"))
    )


def classified(logbook: Logbook, rule: WorkingRule) -> pl.DataFrame:
    """Return every set with its `standing`, as `classify` does, worked out once."""
    return _judged(logbook, rule).sets


def _judged(logbook: Logbook, rule: WorkingRule) -> _Judged:
    return logbook.once(("judged", rule), lambda: _judge(logbook.sets, rule))


def _first_standing(seen: _Seen, warmup_below: float) -> NDArray[np.uint8]:
    """Return what each set is before clusters and sides are looked at, by `CODES`."""
    standing = np.full(len(seen.kind), CODES["working"], np.uint8)
    light = seen.judged & seen.early & (seen.share < warmup_below) & ~seen.planned
    standing[light] = CODES["unmarked_warmup"]
    for name in ("warmup", "cooldown"):
        standing[seen.of_kind(name)] = CODES[name]
    standing[~seen.recorded] = CODES["empty"]
    return standing


def _soft_count(
    ordered: pl.DataFrame, seen: _Seen, standing: NDArray[np.uint8], warmup_below: float
) -> Floats:
    count: Floats = (standing == CODES["working"]).astype(np.float64)
    if warmup_below > 0:
        of_top, climbs, straight = _beside_the_usual(ordered, seen)
        counted = (standing == CODES["working"]) | (standing == CODES["unmarked_warmup"])
        unsure = np.flatnonzero(counted & seen.judged & climbs & ~seen.planned)
        of_usual = pl.Series(of_top[unsure])
        soft, before_straight = (
            ((of_usual - nothing) / (one - nothing)).clip(0, 1).to_numpy()
            for nothing, one in (SOFT, SOFT_BEFORE_STRAIGHT)
        )
        count[unsure] = np.where(straight[unsure], before_straight, soft)
    return count


def _cluster_parts(seen: _Seen, standing: NDArray[np.uint8]) -> Ints:
    """Return the places of sets that go on with the working set before them in their run."""
    working = standing == CODES["working"]
    place = np.flatnonzero(seen.of_kind("drop", "myo") & working)
    last = np.maximum.accumulate(np.where(working, np.arange(len(working)), -1))
    before = np.concatenate([[-1], last])[place]
    there = (before >= 0) & (seen.run[before] == seen.run[place])
    drop, myo = KINDS.index("drop"), KINDS.index("myo")
    goes_on = there & ((seen.kind[place] == drop) | (seen.kind[before] == myo))
    found: Ints = place[goes_on]
    return found


def _second_sides(ordered: pl.DataFrame, seen: _Seen, standing: NDArray[np.uint8]) -> Ints:
    """Return the places of the second set of each left/right pair."""
    if ordered["side"].null_count() == ordered.height:
        return np.zeros(0, np.int64)
    sided = ordered["side"].is_in(["left", "right"]).fill_null(False).to_numpy()
    place = np.flatnonzero(sided & (standing == CODES["working"]))
    nth = pl.col("place").cum_count().over("lift", "side")
    second = (
        ordered.select("side")[place]
        .with_columns(pl.Series("lift", seen.lifts.of_row[place]), pl.Series("place", place))
        .with_columns(nth.alias("nth"))
        .filter(pl.col("place").cum_count().over("lift", "nth") > 1)
    )
    return second["place"].to_numpy()


def notes(logbook: Logbook, rule: WorkingRule | None = None) -> tuple[Note, ...]:
    """Return one note per kind of set that is not counted as a set, with how many."""
    return notes_of(standings(logbook, rule))


def standings(logbook: Logbook, rule: WorkingRule | None = None) -> dict[str, int]:
    """Return how many sets are what, by the words of `STANDINGS`."""
    every = classified(logbook, rule or WorkingRule())
    return dict(every["standing"].value_counts().iter_rows())


def notes_of(found: Mapping[str, int]) -> tuple[Note, ...]:
    """Return `notes` of such counts."""
    total = Many(sum(found.values()))
    return tuple(
        Note(
            name,
            count=found[name],
            facts={"phrase": phrase, "pct": 100 * found[name] / max(total, 1), "of": total},
            sentence="Not counted as sets: {n:} {phrase}, {pct:.1f} % of {of:set}.",
        )
        for name, phrase in STANDINGS.items()
        if name != "working" and name in found
    )


def working(logbook: Logbook, *, rule: WorkingRule | None = None) -> Result:
    """Say what every set of the logbook is.

    Args:
        logbook: the sets.
        rule: what makes a set a working set.

    Returns:
        Result whose table has one row per `athlete` and `standing` (a word of `STANDINGS`) with
        `sets`, `share_pct` (of the athlete's sets) and `logged_tonnage_kg` (Σ load × repetitions
        as logged, whatever the load means).
    """
    rule = rule or WorkingRule()
    every = classified(logbook, rule)
    table = (
        every.group_by("athlete", "standing")
        .agg(
            pl.len().cast(pl.Int64).alias("sets"),
            (pl.col("load_kg") * pl.col("reps")).sum().alias("logged_tonnage_kg"),
        )
        .with_columns(
            (100 * pl.col("sets") / pl.col("sets").sum().over("athlete")).alias("share_pct")
        )
        .sort(
            "athlete", pl.col("standing").replace_strict({n: i for i, n in enumerate(STANDINGS)})
        )
        .select(
            "athlete",
            pl.col("standing").cast(pl.String),
            "sets",
            "share_pct",
            "logged_tonnage_kg",
        )
    )
    n_working = int(every.select((pl.col("standing") == "working").sum()).item())
    share = 100 * n_working / every.height if every.height else float("nan")
    return Result(
        name="working",
        title="Working sets",
        table=tidy(table),
        summary=f"{n_working:,} of {count(every.height, 'set')} ({number(share)} %) are "
        f"working sets{whose(logbook.athletes)}.",
        draw=_draw,
        notes=notes(logbook, rule),
        settings=asdict(rule),
    )


def _draw(table: pd.DataFrame) -> Figure:
    traces = [
        bars(
            rows["athlete"],
            rows["sets"],
            str(name).replace("_", " "),
            series=list(STANDINGS).index(str(name)),
            hover="%{x}: %{y:,} sets<extra>%{fullData.name}</extra>",
        )
        for name, rows in table.groupby("standing", sort=False)
    ]
    return figure(traces, x="", y="Sets", barmode="stack")
