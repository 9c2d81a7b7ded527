"""Which sets are working sets, and what every other set is instead.

Marked warm-ups and cool-downs are out. Most people never mark a warm-up (53 of 65 real logs), so
an unmarked one is told apart by load: it comes before the day's first top set of that exercise
and is lighter than 70 % of it. Where the lifter did mark warm-ups on an exercise that day, the
marks alone decide. In 16 real exports that mark them, on exercise-days with a mark, 98 % of what
the rule finds is marked and it finds 58 % of the marked warm-ups (at 0.60: 99 % and 45 %; at
0.80: 95 % and 68 %); it costs 0.9 % of the work sets. Table and command:
docs/measures.md#working.

A cluster counts once: drop sets belong to the set before them, successive myo-rep sets to their
first (meta-analyses find them equal to ordinary sets, set for set; SCIENCE §1.1). Sets logged per
side count once per pair. Members of a cluster and second sides are still work: they add
repetitions and tonnage, but no set.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd
import polars as pl

from analysis.figures import bars, figure
from analysis.logbook import Logbook
from analysis.result import Figure, Result, tidy
from analysis.say import count, number, whose

STANDINGS = {
    "working": "working sets",
    "cluster": "later parts of drop-set and myo-rep clusters (work, but no set of their own)",
    "second_side": "second sides of left/right pairs (work, but no set of their own)",
    "unmarked_warmup": "unmarked warm-ups, told by load",
    "warmup": "marked warm-ups",
    "cooldown": "marked cool-downs",
    "empty": "sets with no repetitions, duration or distance",
}
"""What a set can be. Every set of the logbook is exactly one of these."""

WORK = ("working", "cluster", "second_side")
"""Standings that are work: they carry load, repetitions and effort."""

EFFORT_RULES_OUT_WARMUP_RIR = 4.0
"""A set logged at this many reps in reserve or fewer is no warm-up, however light."""


@dataclass(frozen=True, slots=True)
class WorkingRule:
    """What makes a set a working set.

    Attributes:
        warmup_below: an unmarked set before the first top set and lighter than this share of it
            is a warm-up; 0 keeps every unmarked set.
        clusters_once: whether a drop-set or myo-rep cluster is one set.
        sides_once: whether a left and a right set are one set.
    """

    warmup_below: float = 0.70
    clusters_once: bool = True
    sides_once: bool = True


def classify(sets: pl.DataFrame, rule: WorkingRule | None = None) -> pl.DataFrame:
    """Return the set table in training order with the column `standing`, a word of `STANDINGS`."""
    rule = rule or WorkingRule()
    ordered = sets.sort(
        "athlete", "started_at", "session", "exercise_number", "set_number", maintain_order=True
    ).with_columns(
        pl.struct("athlete", "session", "exercise", "exercise_number").rle_id().alias("_run"),
        pl.struct("athlete", "session", "exercise").rank("dense").alias("_lift"),
        pl.int_range(pl.len()).alias("_place"),
    )
    return (
        ordered.with_columns(_first_standing(rule.warmup_below).alias("standing"))
        .with_columns(_in_clusters(rule.clusters_once).alias("standing"))
        .pipe(_pair_sides if rule.sides_once else lambda frame: frame)
        .drop("_run", "_lift", "_place")
    )


def work(logbook: Logbook, rule: WorkingRule | None = None) -> pl.DataFrame:
    """Return the sets that are work, with `set_count` 1 for a set and 0 for a part of one."""
    rule = rule or WorkingRule()
    return logbook.once(("work", rule), lambda: _work(_classified(logbook, rule)))


def _classified(logbook: Logbook, rule: WorkingRule) -> pl.DataFrame:
    return logbook.once(("classified", rule), lambda: classify(logbook.sets, rule))


def _work(classified: pl.DataFrame) -> pl.DataFrame:
    return classified.filter(pl.col("standing").is_in(WORK)).with_columns(
        (pl.col("standing") == "working").cast(pl.Float64).alias("set_count")
    )


def _first_standing(warmup_below: float) -> pl.Expr:
    recorded = pl.any_horizontal(
        pl.col(name).fill_null(0) > 0 for name in ("reps", "duration_s", "distance_m")
    )
    return (
        pl.when(~recorded)
        .then(pl.lit("empty"))
        .when(pl.col("kind").is_in(["warmup", "cooldown"]))
        .then(pl.col("kind"))
        .when(_is_unmarked_warmup(recorded, warmup_below))
        .then(pl.lit("unmarked_warmup"))
        .otherwise(pl.lit("working"))
    )


def _is_unmarked_warmup(recorded: pl.Expr, warmup_below: float) -> pl.Expr:
    marked = pl.col("kind") == "warmup"
    candidate = recorded & ~pl.col("kind").is_in(["warmup", "cooldown"])
    top = pl.col("load_kg").filter(candidate).max().over("_lift")
    is_top = candidate & (pl.col("load_kg") >= top)
    first_top = pl.col("_place").filter(is_top).min().over("_lift")
    effort_unknown_or_low = pl.col("rir").fill_null(10) > EFFORT_RULES_OUT_WARMUP_RIR
    # Only these bases compare by load: an added 0 kg is a full body-mass set, and more
    # assistance is less load.
    comparable = pl.col("load_basis").is_in(["external", "per_hand"])
    return (
        (pl.col("kind") == "work")
        & comparable
        & effort_unknown_or_low
        & (pl.col("load_kg") < warmup_below * top)
        & (pl.col("_place") < first_top)
        & ~marked.any().over("_lift")
    ).fill_null(False)


def _in_clusters(once: bool) -> pl.Expr:
    standing = pl.col("standing")
    if not once:
        return standing
    working = standing == "working"
    before = pl.when(working).then(pl.col("kind")).forward_fill().shift(1).over("_run")
    continues = ((pl.col("kind") == "drop") & before.is_not_null()) | (
        (pl.col("kind") == "myo") & (before == "myo")
    )
    return (
        pl.when(working & continues.fill_null(False)).then(pl.lit("cluster")).otherwise(standing)
    )


def _pair_sides(sets: pl.DataFrame) -> pl.DataFrame:
    if sets["side"].null_count() == sets.height:
        return sets
    sided = (pl.col("standing") == "working") & pl.col("side").is_in(["left", "right"])
    nth = sided.cum_sum().over("_lift", "side")
    second = sided & (sided.cum_sum().over("_lift", "_nth") > 1)
    return (
        sets.with_columns(nth.alias("_nth"))
        .with_columns(
            pl.when(second.fill_null(False))
            .then(pl.lit("second_side"))
            .otherwise(pl.col("standing"))
            .alias("standing")
        )
        .drop("_nth")
    )


def notes(logbook: Logbook, rule: WorkingRule | None = None) -> tuple[str, ...]:
    """Return one sentence per kind of set that is not counted as a set, with how many."""
    return _sentences(_classified(logbook, rule or WorkingRule()))


def _sentences(classified: pl.DataFrame) -> tuple[str, ...]:
    found = dict(classified["standing"].value_counts().iter_rows())
    total = max(classified.height, 1)
    return tuple(
        f"Not counted as sets: {found[name]:,} {phrase}, {100 * found[name] / total:.1f} % of "
        f"{count(classified.height, 'set')}."
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
    classified = _classified(logbook, rule)
    table = (
        classified.group_by("athlete", "standing")
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
    n_working = int(classified.select((pl.col("standing") == "working").sum()).item())
    share = 100 * n_working / classified.height if classified.height else float("nan")
    return Result(
        name="working",
        title="Working sets",
        table=tidy(table),
        summary=f"{n_working:,} of {count(classified.height, 'set')} ({number(share)} %) are "
        f"working sets{whose(logbook.athletes)}.",
        draw=_draw,
        notes=_sentences(classified),
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
