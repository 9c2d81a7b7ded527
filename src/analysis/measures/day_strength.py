"""A day's strength: which set speaks for it, by which formula, up to how many repetitions.

*Set.* The first working set at the day's heaviest load speaks for the day. The *best* set of a day
is a maximum over sets: with 3.6 % noise a set, three sets raise it by 3 % and ten by 5.5 % for
nothing (the largest of 3 draws is 0.85 SD above the mean, of 10 it is 1.54). Both are given so
that the difference can be seen; what five more sets do to the first is measured in
docs/strength.md#a-day.

*Repetitions.* One cap, `e1rm.REP_CAP`, for everything that is called an e1RM.

*Effort.* Where nearly every set of a lift has its repetitions in reserve, they are added, and a
set without takes the lift's median; elsewhere none is added, so that an effort logged now and then
is no jump in strength. Such an e1RM is of the repetitions done: a lower bound.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.figures import DASHES, Trace, by_athlete, figure, line
from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.e1rm import FORMULAS, REP_CAP, e1rm_expr
from analysis.measures.load import RANKED, BodyMass, series_load
from analysis.measures.slices import Slices
from analysis.measures.working import WorkingRule
from analysis.notes import Many, Note
from analysis.result import Figure, Result, tidy
from analysis.say import count, listing, number, whose

if TYPE_CHECKING:
    import pandas as pd

RIR_SHARE = 0.8
"""A lift's RIR is used where so many of its sets have one."""


@dataclass(frozen=True, slots=True)
class E1rmRule:
    """How a set becomes an e1RM.

    Attributes:
        formula: a name of the e1RM formulas.
        rep_cap: most repetitions to failure (repetitions + RIR) used.
        body_mass_kg: body mass, for work that moves the body; none without it.
    """

    formula: str = "epley"
    rep_cap: float = REP_CAP
    body_mass_kg: BodyMass = None


def top_sets(
    logbook: Logbook, estimate: E1rmRule | None = None, rule: WorkingRule | None = None
) -> pl.DataFrame:
    """Return the day's top and best set of every lift.

    Returns:
        One row per `athlete`, `lift` and `day`, in that order, for lifts with a load of their
        own: `exercise_id`, `load_basis`, `sets` (working sets with that load scale that day),
        `top_load_kg`, `top_reps`, `top_rir` (null where effort is unknown), `rir_used` (added
        to the repetitions), `e1rm_kg` (of the first top set; null above the rep cap),
        `best_e1rm_kg` (of the best set).
    """
    estimate, rule = estimate or E1rmRule(), rule or WorkingRule()
    return lift_days(logbook, estimate, rule).tops


@dataclass(frozen=True, slots=True)
class LiftDays:
    """Working sets by the day of the lift that they were done on.

    Attributes:
        sets: one row per working set, by athlete, lift and day: `athlete`, `lift`, `day`,
            `exercise_id`, `load_basis`, `reps`, `rir` (0 for a set marked as failure),
            `strength_load_kg`.
        of_day: those rows by day of a lift.
        loaded: the days with a load, among all of them.
        tops: `top_sets`, one row per day with a load.
    """

    sets: pl.DataFrame
    of_day: Slices
    loaded: NDArray[np.int64]
    tops: pl.DataFrame


def lift_days(logbook: Logbook, estimate: E1rmRule, rule: WorkingRule) -> LiftDays:
    """Return the working sets by day of a lift, with the set that speaks for each day, once."""
    return logbook.once(("lift days", estimate, rule), lambda: _lift_days(logbook, estimate, rule))


def _lift_days(logbook: Logbook, estimate: E1rmRule, rule: WorkingRule) -> LiftDays:
    sets = _by_lift(logbook, estimate, rule)
    lift = sets.select(pl.struct("athlete", "lift").rle_id()).to_series().to_numpy()
    day = sets["day"].to_physical().to_numpy()
    begins = (np.diff(lift, prepend=-1) != 0) | (np.diff(day, prepend=0) != 0)
    of_day = Slices(np.cumsum(begins))
    has_load = sets["strength_load_kg"].is_not_null()
    sets = sets.with_columns(_rir_used(sets["rir"], has_load, Slices(lift)).alias("rir_used"))
    e1rm = sets.select(set_e1rm("strength_load_kg", "reps", "rir_used", estimate)).to_series()

    heaviest = of_day.over(np.maximum, sets["strength_load_kg"].fill_null(-np.inf))
    at_top = (has_load & (sets["strength_load_kg"] == heaviest)).fill_null(False)
    place = np.where(at_top.to_numpy(), np.arange(sets.height), sets.height)
    first_top = of_day.each(np.minimum, place)
    loaded = np.flatnonzero(first_top < sets.height)
    n_sets = of_day.each(np.add, has_load.cast(pl.Int64))
    best = of_day.each(np.fmax, e1rm.fill_null(np.nan))
    tops = sets.with_columns(e1rm)[first_top[loaded]].select(
        "athlete",
        "lift",
        "day",
        "exercise_id",
        "load_basis",
        pl.col("strength_load_kg").alias("top_load_kg"),
        pl.col("reps").alias("top_reps"),
        pl.col("rir").alias("top_rir"),
        "rir_used",
        "e1rm_kg",
        pl.Series("sets", n_sets[loaded], pl.Int64),
        pl.Series("best_e1rm_kg", best[loaded], pl.Float64).fill_nan(None),
    )
    return LiftDays(sets, of_day, loaded, tops)


def _by_lift(logbook: Logbook, estimate: E1rmRule, rule: WorkingRule) -> pl.DataFrame:
    """Return the working sets by athlete and lift, in training order within."""
    done = (
        working.done(logbook, rule)
        .filter(pl.col("set_count") > 0)
        .select(
            "athlete",
            weeks.day(),
            "exercise",
            "exercise_id",
            "load_basis",
            "reps",
            rir_known().alias("rir"),
            series_load(estimate.body_mass_kg),
        )
        .collect()
    )
    lifted = counting.named(done, logbook.catalogue).drop("exercise")
    # names are few: their places in the alphabet sort faster than they do
    spelled = lifted["lift"].unique().sort()
    alphabetical = pl.col("lift").cast(pl.Enum(spelled)).to_physical()
    return (
        lifted.with_columns(
            pl.col("athlete").rle_id().alias("_athlete"), alphabetical.alias("_lift")
        )
        .sort("_athlete", "_lift", maintain_order=True)
        .drop("_athlete", "_lift")
    )


def set_e1rm(load: str, reps: str, rir: str, estimate: E1rmRule) -> pl.Expr:
    """Return `e1rm_kg` of a set; unknown RIR counts 0, which makes it a lower bound."""
    to_failure = pl.col(reps) + pl.col(rir).fill_null(0.0)
    return e1rm_expr(pl.col(load), to_failure, estimate.formula, rep_cap=estimate.rep_cap).alias(
        "e1rm_kg"
    )


def by_formula(estimate: E1rmRule) -> dict[str, pl.Expr]:
    """Return the e1RM of a top set by every formula, named by it."""
    return {
        name: set_e1rm("top_load_kg", "top_reps", "rir_used", replace(estimate, formula=name))
        for name in FORMULAS
    }


def _rir_used(rir: pl.Series, loaded: pl.Series, lifts: Slices) -> pl.Series:
    """Return what is added to the repetitions: where a lift's effort is known, else 0."""
    known = lifts.each(np.add, (loaded & rir.is_not_null()).cast(pl.Float64))
    n_sets = lifts.each(np.add, loaded.cast(pl.Float64))
    logged = pl.Series(known / np.maximum(n_sets, 1) >= RIR_SHARE)
    sets = pl.DataFrame({"lift": lifts.of_row, "rir": rir, "loaded": loaded})
    middle = (
        sets.filter(logged.gather(lifts.of_row), "loaded")
        .group_by("lift")
        .agg(pl.col("rir").median().alias("middle"))
    )
    return (
        sets.join(middle, on="lift", how="left", maintain_order="left")
        .select(
            pl.when(pl.col("middle").is_not_null())
            .then(pl.col("rir").fill_null(pl.col("middle")))
            .otherwise(0.0)
        )
        .to_series()
    )


def rir_known() -> pl.Expr:
    """Return repetitions in reserve: as logged, 0 for a set marked as failure, else null."""
    failed = pl.col("kind").is_in(list(counting.FAILURE_KINDS))
    return pl.when(pl.col("rir").is_null() & failed).then(0.0).otherwise(pl.col("rir"))


def notes(done: pl.LazyFrame, tops: pl.DataFrame, estimate: E1rmRule) -> tuple[Note, ...]:
    """Return notes on sets without a load of their own, the cap, and unknown effort."""
    unloaded = done.filter(series_load(estimate.body_mass_kg).is_null()).select("load_basis")
    without = unloaded.collect()["load_basis"].value_counts()
    facts = {
        "of": Many(tops.height),
        "cap": estimate.rep_cap,
        "bases": listing(dict(without.iter_rows())),
    }
    counted = (
        ("sets without load", int(without["count"].sum()),
         "{n:set} have no load that a strength estimate could use, by load basis: {bases}; added, "
         "assisted and bodyweight work needs the body mass."),
        ("above the repetition cap", tops["e1rm_kg"].null_count(),
         "{n:} of {of:top set} give no e1RM: more than {cap:g} repetitions to failure, RIR "
         "included."),
        ("top sets of unknown effort", tops["top_rir"].null_count(),
         "Effort is unknown on {n:} of {of:top set}; their e1RM is of the repetitions done, so it "
         "is a lower bound."),
    )  # fmt: skip
    return tuple(Note(kind, count=n, facts=facts, sentence=said) for kind, n, said in counted if n)


# The table of days, its records and its picture.


DRAWN_LIFTS = len(DASHES) + 1
"""Lifts in the figure, those with most days; more lines cannot be told apart."""


def e1rm(
    logbook: Logbook, *, estimate: E1rmRule | None = None, rule: WorkingRule | None = None
) -> Result:
    """Estimate strength per exercise and day, and find the records.

    Args:
        logbook: the sets and the catalogue.
        estimate: the e1RM formula, its rep cap and the body mass.
        rule: which sets are working sets.

    Returns:
        Result whose table has one row per `athlete`, `lift` and `day`: the columns of
        `top_sets.top_sets` (loads and e1RM in kg; `e1rm_kg` is of the first top set,
        `best_e1rm_kg` of the best set, which grows with the number of sets), `e1rm_low_kg` and
        `e1rm_high_kg` (least and most over all formulas), `is_e1rm_record`
        and `is_load_record` (above every earlier day; the first day is no record), and
        `rank_as_external` (whether the load may be ranked against other lifts' loads).
    """
    estimate, rule = estimate or E1rmRule(), rule or WorkingRule()
    tops = top_sets(logbook, estimate, rule)
    formulas = list(by_formula(estimate).values())
    table = tops.with_columns(
        pl.min_horizontal(formulas).alias("e1rm_low_kg"),
        pl.max_horizontal(formulas).alias("e1rm_high_kg"),
        _record("e1rm_kg").alias("is_e1rm_record"),
        _record("top_load_kg").alias("is_load_record"),
        pl.col("load_basis").is_in(RANKED).alias("rank_as_external"),
    )
    done = working.done(logbook, rule).filter(pl.col("set_count") > 0)
    return Result(
        name="e1rm",
        title="Estimated 1RM per exercise and day",
        table=tidy(table),
        summary=_summary(table, estimate),
        draw=_draw,
        notes=(
            *working.notes(logbook, rule),
            *notes(done, tops, estimate),
            *_best_set_note(tops),
            *_spread_note(table),
        ),
        settings={**asdict(estimate), **asdict(rule)},
    )


def _record(name: str) -> pl.Expr:
    lift = ("athlete", "lift")
    before = pl.col(name).cum_max().forward_fill().over(lift).shift(1).over(lift)
    return (pl.col(name) > before * (1 + 1e-9)).fill_null(False)


def _summary(table: pl.DataFrame, estimate: E1rmRule) -> str:
    ranked = table.filter(pl.col("rank_as_external"), pl.col("e1rm_kg").is_not_null())
    records = int(table["is_e1rm_record"].sum())
    lifts = table.select(pl.struct("athlete", "lift").n_unique()).item() if table.height else 0
    if ranked.is_empty():
        return (
            f"No exercise with an external load gives an e1RM within {estimate.rep_cap:g} "
            f"repetitions (n = {count(lifts, 'exercise')})."
        )
    top = ranked.sort("e1rm_kg", descending=True, maintain_order=True).row(0, named=True)
    return (
        f"Highest estimated 1RM of an external load: {top['lift']}, {number(top['e1rm_kg'])} kg "
        f"by {estimate.formula.capitalize()} ({number(top['e1rm_low_kg'])} to "
        f"{number(top['e1rm_high_kg'])} kg over all formulas); {count(records, 'e1RM record')} "
        f"(n = {count(table.height, 'top set')} of {count(lifts, 'exercise')}"
        f"{whose(table['athlete'].unique().to_list())})."
    )


def _best_set_note(tops: pl.DataFrame) -> tuple[str, ...]:
    several = tops.filter(pl.col("sets") > 1, pl.col("e1rm_kg") > 0)
    if several.is_empty():
        return ()
    above = several.select((100 * (pl.col("best_e1rm_kg") / pl.col("e1rm_kg") - 1)).mean()).item()
    return (
        f"The first top set is used. The best set of the day is {number(above)} % higher on "
        f"average over {count(several.height, 'day')} with several sets of an exercise; part of "
        "that is only that a maximum grows with the number of sets.",
    )


def _spread_note(table: pl.DataFrame) -> tuple[str, ...]:
    spread = 100 * (pl.col("e1rm_high_kg") / pl.col("e1rm_low_kg") - 1)
    median = table.select(spread.median()).item()
    if median is None:
        return ()
    return (f"The formulas differ by {number(median)} % on the median top set.",)


def _draw(table: pd.DataFrame) -> Figure:
    traces, menu = by_athlete(table[table["e1rm_kg"].notna()], _lines)
    return figure(
        traces,
        x="",
        y="Estimated 1RM (kg), first top set",
        time_axis="x",
        load_axis="y",
        **menu,
    )


def _lines(rows: pd.DataFrame) -> list[Trace]:
    most_days = rows["lift"].value_counts().index[:DRAWN_LIFTS]
    hover = "%{x}: %{y:.1f} kg<extra>%{fullData.name}</extra>"
    return [
        line(part["day"], part["e1rm_kg"], str(lift), series=place, hover=hover)
        for place, lift in enumerate(most_days)
        for part in [rows[rows["lift"] == lift]]
    ]
