"""One row per athlete, lift and day: the first top set, the best set and what they estimate.

The *first top set* is the first working set at the day's heaviest load. It is what strength,
intensity and progression follow, because the *best* set of a day is a maximum over sets: with
3.6 % noise a set, three sets raise it by 3 % and ten by 5.5 % for nothing (SCIENCE §2.6). Both
are given so that the difference can be seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.load import BodyMass, series_load
from analysis.measures.working import WorkingRule
from analysis.say import count, listing

REP_CAP = 10.0
"""Most repetitions to failure an e1RM in kg is taken from; formulas part widely above (SCIENCE
§1.3)."""

SERIES_CAP = 15.0
"""The cap where one lift is only compared with itself: a formula's error then mostly cancels, and
a cap of 10 would lose 33 % of the top sets of real logs, 15 loses 4 %."""


@dataclass(frozen=True, slots=True)
class Estimate:
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
    logbook: Logbook, estimate: Estimate | None = None, rule: WorkingRule | None = None
) -> pl.DataFrame:
    """Return the day's top and best set of every lift.

    Returns:
        One row per `athlete`, `lift` and `day`, in that order, for lifts with a load of their
        own: `exercise_id`, `load_basis`, `sets` (working sets with that load scale that day),
        `top_load_kg`, `top_reps`, `top_rir` (null where effort is unknown), `e1rm_kg` (of the
        first top set; null above the rep cap), `best_e1rm_kg` (of the best set).
    """
    estimate, rule = estimate or Estimate(), rule or WorkingRule()
    return logbook.once(("top sets", estimate, rule), lambda: _top_sets(logbook, estimate, rule))


def _top_sets(logbook: Logbook, estimate: Estimate, rule: WorkingRule) -> pl.DataFrame:
    done = working.work(logbook, rule).filter(pl.col("set_count") > 0)
    sets = (
        counting.named(done, logbook.catalogue)
        .with_columns(series_load(estimate.body_mass_kg), rir_known().alias("rir"))
        .filter(pl.col("strength_load_kg").is_not_null())
        .with_columns(weeks.day(), e1rm("strength_load_kg", "reps", "rir", estimate))
    )
    lift_day = ["athlete", "lift", "day"]
    best = sets.group_by(lift_day).agg(
        pl.len().cast(pl.Int64).alias("sets"), pl.col("e1rm_kg").max().alias("best_e1rm_kg")
    )
    first_top = sets.sort(
        *lift_day, pl.col("strength_load_kg"), descending=[False] * 3 + [True], maintain_order=True
    ).unique(lift_day, keep="first", maintain_order=True)
    return first_top.select(
        *lift_day,
        "exercise_id",
        "load_basis",
        pl.col("strength_load_kg").alias("top_load_kg"),
        pl.col("reps").alias("top_reps"),
        pl.col("rir").alias("top_rir"),
        "e1rm_kg",
    ).join(best, on=lift_day, maintain_order="left")


def e1rm(load: str, reps: str, rir: str, estimate: Estimate) -> pl.Expr:
    """Return `e1rm_kg` of a set; unknown RIR counts 0, which makes it a lower bound."""
    # measures may not import models; the formulas belong in measures.e1rm.
    from analysis.measures.e1rm import e1rm_expr

    to_failure = pl.col(reps) + pl.col(rir).fill_null(0.0)
    return e1rm_expr(pl.col(load), to_failure, estimate.formula, rep_cap=estimate.rep_cap).alias(
        "e1rm_kg"
    )


def by_formula(estimate: Estimate) -> dict[str, pl.Expr]:
    """Return the e1RM of a top set by every formula, named by it."""
    from analysis.measures.e1rm import FORMULAS

    return {
        name: e1rm("top_load_kg", "top_reps", "top_rir", replace(estimate, formula=name))
        for name in FORMULAS
    }


def rir_known() -> pl.Expr:
    """Return repetitions in reserve: as logged, 0 for a set marked as failure, else null."""
    failed = pl.col("kind").is_in(list(counting.FAILURE_KINDS))
    return pl.when(pl.col("rir").is_null() & failed).then(0.0).otherwise(pl.col("rir"))


def notes(sets: pl.DataFrame, tops: pl.DataFrame, estimate: Estimate) -> tuple[str, ...]:
    """Return sentences on lifts without a load of their own, the cap, and unknown effort."""
    capped = tops["e1rm_kg"].null_count()
    unknown = tops["top_rir"].null_count()
    days = count(tops.height, "top set")
    sentences = [_no_load(sets, estimate)]
    if capped:
        sentences.append(
            f"{capped:,} of {days} give no e1RM: more than {estimate.rep_cap:g} repetitions to "
            "failure, RIR included."
        )
    if unknown:
        sentences.append(
            f"Effort is unknown on {unknown:,} of {days}; their e1RM is of the repetitions done, "
            "so it is a lower bound."
        )
    return tuple(sentence for sentence in sentences if sentence)


def _no_load(sets: pl.DataFrame, estimate: Estimate) -> str:
    without = sets.filter(series_load(estimate.body_mass_kg).is_null())
    if without.is_empty():
        return ""
    by_basis = listing(dict(without["load_basis"].value_counts().iter_rows()))
    return (
        f"{count(without.height, 'set')} have no load that a strength estimate could use, by "
        f"load basis: {by_basis}; added, assisted and bodyweight work needs the body mass."
    )
