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

from analysis.figures import bars, figure
from analysis.logbook import Logbook
from analysis.measures.slices import Slices
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
    rule = rule or WorkingRule()
    ordered = _in_training_order(sets)
    told = (
        _beside_the_best(ordered)
        .with_columns(_first_standing(rule.warmup_below).alias("standing"))
        .with_columns(_in_clusters(rule.clusters_once).alias("standing"))
        .pipe(_pair_sides if rule.sides_once else lambda frame: frame)
        .select("standing", _soft_count(rule.warmup_below).alias("soft_count"))
    )
    return ordered.with_columns(told)


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


def _lift_of_set(ordered: pl.DataFrame, run: pl.Series) -> NDArray[np.int64]:
    """Return each set's lift: all runs of one exercise in one workout, by the first of them.

    Workouts are found among the stretches of sets that share one, which are few, and lifts among
    the runs, which are a third of the sets.
    """
    stretch = ordered.select(pl.struct("athlete", "session").rle_id()).to_series()
    names = ordered.select("athlete", "session")[_begins(stretch)]
    workout = names.select(pl.struct(names.columns).rank("dense").cast(pl.Int64)).to_series()
    runs = ordered.select(
        workout.gather(stretch).alias("workout"),
        pl.col("exercise").cast(pl.Categorical).to_physical().cast(pl.Int64),
    )[_begins(run)]
    exercises = int(runs["exercise"].max() or 0) + 1  # type: ignore[arg-type]
    number = (runs["workout"] * exercises + runs["exercise"]).to_numpy()
    _, first, of_run = np.unique(number, return_index=True, return_inverse=True)
    found: NDArray[np.int64] = first[of_run][run.to_numpy()]
    return found


def _begins(run: pl.Series) -> pl.Series:
    """Return the first row of each run, from the number of each row's."""
    return run.search_sorted(pl.int_range(run.len() and run[-1] + 1, eager=True))


def _beside_the_best(ordered: pl.DataFrame) -> pl.DataFrame:
    """Return what the rules look at: each set beside its day's best set of the exercise.

    `_run` (an exercise in one go), `_lift` (all its runs in a workout), `_place` (in the table),
    `_recorded`; `_share` (of the best e1RM, null where loads do not compare), `_early` (before
    the best), `_judged` (an unmarked set that nothing but its load speaks for), `_planned` (of a
    ramp); `_of_usual` (share of the usual top set), `_climbs` (before the day's heaviest load),
    `_straight` (to straight sets).
    """
    recorded = pl.any_horizontal(
        pl.col(name).fill_null(0) > 0 for name in ("reps", "duration_s", "distance_m")
    )
    # Only these bases compare by load: an added 0 kg is a full body-mass set, and more
    # assistance is less load.
    candidate = (
        recorded
        & ~pl.col("kind").is_in(["warmup", "cooldown"])
        & pl.col("load_basis").is_in(["external", "per_hand"])
    )
    e1rm = pl.col("load_kg") * (1 + pl.col("reps").clip(0, BEST_REPS).fill_null(1) / 30)
    sets = ordered.select(
        "kind", "load_kg", "reps", "rir", "side",
        pl.struct("athlete", "session", "exercise", "exercise_number").rle_id().alias("_run"),
        pl.int_range(pl.len()).alias("_place"),
        recorded.alias("_recorded"),
        pl.when(candidate).then(e1rm).alias("_e1rm"),
        pl.when(candidate).then(pl.col("load_kg")).alias("_load"),
    )  # fmt: skip
    number = _lift_of_set(ordered, sets["_run"])
    lifts = Slices(number)
    best, heaviest = (
        lifts.over(np.maximum, sets[name].fill_null(-np.inf)) for name in ("_e1rm", "_load")
    )
    marked = lifts.over(np.maximum, sets["kind"].eq_missing("warmup"))
    judged = sets.with_columns(
        pl.Series("_lift", number), (pl.col("_e1rm") / best).alias("_share")
    ).with_columns(
        (
            pl.col("kind").eq_missing("work")
            & pl.col("_share").is_not_null()
            & ((pl.col("_load") < heaviest) | (pl.col("_share") >= 1))
            & (pl.col("rir").fill_null(10) >= WARMUP_RIR)
            & ~marked
        ).alias("_judged"),
        (pl.col("_share") >= 1).fill_null(False).alias("_top"),
    )
    no_top = judged.height
    first_top = judged.select(pl.when("_top").then("_place").otherwise(no_top)).to_series()
    top_place = lifts.over(np.minimum, first_top)
    early = (pl.col("_place") < top_place) & (top_place < no_top)
    at_heaviest = (judged["_load"] == heaviest).fill_null(False)
    return (
        judged.with_columns(early.alias("_early"))
        .pipe(_with_ramps, lifts)
        .with_columns(_beside_the_usual(ordered, judged, lifts, at_heaviest))
    )


def _beside_the_usual(
    ordered: pl.DataFrame, sets: pl.DataFrame, lifts: Slices, at_heaviest: pl.Series
) -> list[pl.Series]:
    """Return `_of_usual`, `_climbs` and `_straight` of every set."""
    place = np.where(at_heaviest.to_numpy(), np.arange(sets.height), sets.height)
    first = lifts.each(np.minimum, place)
    with_load = first < sets.height
    tops = ordered.select("athlete", "exercise", pl.col("reps").clip(0, BEST_REPS).fill_null(1))
    usual_reps = np.full(lifts.count, np.nan)
    usual_reps[with_load] = (
        tops[first[with_load]]
        .select(pl.col("reps").median().over("athlete", "exercise"))
        .to_series()
    )
    load, reps = sets["_load"], ordered["reps"].clip(0, BEST_REPS).fill_null(1)
    usual = lifts.over(np.maximum, load.fill_null(-np.inf)) * (1 + usual_reps[lifts.of_row] / 30)
    n_heaviest = lifts.over(np.add, at_heaviest.cast(pl.Int64))
    return [
        (load * (1 + reps / 30) / usual).alias("_of_usual"),
        (sets["_place"] < pl.Series(first[lifts.of_row])).alias("_climbs"),
        (n_heaviest >= STRAIGHT_SETS).alias("_straight"),
    ]


def _with_ramps(sets: pl.DataFrame, lifts: Slices) -> pl.DataFrame:
    """Return the table with `_planned`: whether a set is part of a ramp that is the plan."""
    upward = sets.select(pl.col("_judged") & (pl.col("_early") | pl.col("_top"))).to_series()
    n_sets = lifts.over(np.add, upward.cast(pl.Int64))
    n_tops = lifts.over(np.add, (upward & sets["_top"]).cast(pl.Int64))
    # one top set: with straight sets after the climb, the climb was to warm up
    climbs = (
        sets.lazy()
        .filter(upward & (n_tops == 1) & (n_sets >= len(WENDLER) + 1))
        .select("_lift", "_place", "load_kg", "reps")
        .sort("_lift", maintain_order=True)
        .collect()
    )
    load, reps = pl.col("load_kg"), pl.col("reps")
    rise = pl.when(pl.col("_lift") == pl.col("_lift").shift()).then(load.diff())
    share = [load.shift(k) / load for k in (2, 1)]
    before = [reps.shift(k) for k in (2, 1)]
    pairs = ((5.0, 5.0), (3.0, 3.0), (5.0, 3.0))
    wendler = (
        share[0].is_between(*WENDLER[0])
        & share[1].is_between(*WENDLER[1])
        & pl.any_horizontal((before[0] == one) & (before[1] == two) for one, two in pairs)
    )
    alike = (reps.min() == reps.max()) & (reps.null_count() == 0) | (reps.null_count() == pl.len())
    form = (
        climbs.with_columns(
            rise.alias("rise"),
            wendler.fill_null(False).alias("wendler"),
            pl.col("_place").shift(2).alias("third_last"),
        )
        .group_by("_lift")
        .agg(
            pl.len().alias("sets"),
            alike.alias("alike"),
            pl.col("rise").min().alias("least"),
            (pl.col("rise").max() - pl.col("rise").min()).alias("uneven"),
            load.last().alias("top"),
            pl.col("wendler", "third_last").last(),
        )
    )
    even = (
        (pl.col("sets") >= RAMP_SETS)
        & pl.col("alike")
        & (pl.col("least") > 0)
        & (pl.col("uneven") <= RAMP_EVEN * pl.col("top"))
    )
    planned = form.filter(even | pl.col("wendler")).select(
        "_lift", pl.when(even).then(0).otherwise(pl.col("third_last")).alias("_planned_from")
    )
    return sets.join(planned, on="_lift", how="left", maintain_order="left").with_columns(
        (pl.col("_place") >= pl.col("_planned_from")).fill_null(False).alias("_planned")
    )


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
        ("dosed", rule), lambda: classified(logbook, rule).filter(pl.col("soft_count") > 0)
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
    """Return every set with what it is, as `classify` does, worked out once."""
    return logbook.once(("classified", rule), lambda: classify(logbook.sets, rule))


def _first_standing(warmup_below: float) -> pl.Expr:
    light = pl.col("_share") < warmup_below
    return (
        pl.when(~pl.col("_recorded"))
        .then(pl.lit("empty"))
        .when(pl.col("kind").is_in(["warmup", "cooldown"]))
        .then(pl.col("kind"))
        .when(pl.col("_judged") & pl.col("_early") & light & ~pl.col("_planned"))
        .then(pl.lit("unmarked_warmup"))
        .otherwise(pl.lit("working"))
    )


def _soft_count(warmup_below: float) -> pl.Expr:
    soft, before_straight = (
        ((pl.col("_of_usual") - nothing) / (one - nothing)).clip(0, 1)
        for nothing, one in (SOFT, SOFT_BEFORE_STRAIGHT)
    )
    soft = pl.when("_straight").then(before_straight).otherwise(soft)
    unsure = pl.col("_judged") & pl.col("_climbs") & ~pl.col("_planned") & (warmup_below > 0)
    counted = pl.col("standing").is_in(["working", "unmarked_warmup"])
    return (
        pl.when(counted & unsure)
        .then(soft)
        .otherwise((pl.col("standing") == "working").cast(pl.Float64))
    )


def _in_clusters(once: bool) -> pl.Expr:
    standing = pl.col("standing")
    if not once:
        return standing
    working = standing == "working"
    # runs lie together, so the working set before is of this run, or the run has none before
    before = pl.when(working).then(pl.col("kind")).forward_fill().shift(1)
    run_of_it = pl.when(working).then(pl.col("_run")).forward_fill().shift(1)
    before = pl.when(run_of_it == pl.col("_run")).then(before)
    continues = ((pl.col("kind") == "drop") & before.is_not_null()) | (
        (pl.col("kind") == "myo") & (before == "myo")
    )
    return (
        pl.when(working & continues.fill_null(False)).then(pl.lit("cluster")).otherwise(standing)
    )


def _pair_sides(sets: pl.DataFrame) -> pl.DataFrame:
    if sets["side"].null_count() == sets.height:
        return sets
    sided = sets.filter(
        pl.col("standing") == "working", pl.col("side").is_in(["left", "right"])
    ).select("_lift", "side", "_place")
    nth = pl.col("_place").cum_count().over("_lift", "side")
    second = sided.with_columns(nth.alias("nth")).filter(
        pl.col("_place").cum_count().over("_lift", "nth") > 1
    )
    return sets.with_columns(
        pl.when(pl.col("_place").is_in(second["_place"].implode()))
        .then(pl.lit("second_side"))
        .otherwise(pl.col("standing"))
        .alias("standing")
    )


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
        .select("athlete", "standing", "sets", "share_pct", "logged_tonnage_kg")
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
