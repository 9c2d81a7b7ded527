"""One row per athlete, lift and day: the first top set, the best set and what they estimate.

The *first top set* is the first working set at the day's heaviest load. It is what strength,
intensity and progression follow, because the *best* set of a day is a maximum over sets: with
3.6 % noise a set, three sets raise it by 3 % and ten by 5.5 % for nothing (SCIENCE §2.6). Both
are given so that the difference can be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.load import BodyMass, series_load
from analysis.measures.words import count, listing
from analysis.measures.working import WorkingRule

REP_CAP = 10.0
"""Most repetitions to failure an e1RM is taken from; formulas part widely above (SCIENCE §1.3)."""


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
        own: `exercise_id`, `load_basis`, `sets` (working sets that day), `top_load_kg`,
        `top_reps`, `top_rir` (null where effort is unknown), `e1rm_kg` (of the first top set;
        null above the rep cap), `e1rm_low_kg` and `e1rm_high_kg` (least and most over all
        formulas), `best_e1rm_kg` (of the best set).
    """
    estimate = estimate or Estimate()
    done = working.work(logbook, rule).filter(pl.col("set_count") > 0)
    sets = (
        counting.named(done, logbook.catalogue)
        .with_columns(series_load(estimate.body_mass_kg), rir_known().alias("rir"))
        .filter(pl.col("strength_load_kg").is_not_null())
        .with_columns(*_estimates(estimate))
    )
    at_top = pl.col("strength_load_kg").arg_max()
    of_top = {
        "exercise_id": "exercise_id",
        "load_basis": "load_basis",
        "top_load_kg": "strength_load_kg",
        "top_reps": "reps",
        "top_rir": "rir",
        "e1rm_kg": "e1rm_kg",
        "e1rm_low_kg": "e1rm_low_kg",
        "e1rm_high_kg": "e1rm_high_kg",
    }
    return (
        sets.group_by("athlete", "lift", weeks.day(), maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("sets"),
            *(pl.col(source).get(at_top).alias(name) for name, source in of_top.items()),
            pl.col("e1rm_kg").max().alias("best_e1rm_kg"),
        )
        .sort("athlete", "lift", "day")
    )


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


def _estimates(estimate: Estimate) -> list[pl.Expr]:
    # measures may not import models; the formulas move to measures.e1rm with the integrator.
    from analysis.models.repmax import FORMULAS, e1rm_expr

    load = pl.col("strength_load_kg")
    to_failure = pl.col("reps") + pl.col("rir").fill_null(0.0)
    every = [e1rm_expr(load, to_failure, name, rep_cap=estimate.rep_cap) for name in FORMULAS]
    chosen = e1rm_expr(load, to_failure, estimate.formula, rep_cap=estimate.rep_cap)
    return [
        chosen.alias("e1rm_kg"),
        pl.min_horizontal(every).alias("e1rm_low_kg"),
        pl.max_horizontal(every).alias("e1rm_high_kg"),
    ]


def _no_load(sets: pl.DataFrame, estimate: Estimate) -> str:
    without = sets.filter(series_load(estimate.body_mass_kg).is_null())
    if without.is_empty():
        return ""
    by_basis = listing(dict(without["load_basis"].value_counts().iter_rows()))
    return (
        f"{count(without.height, 'set')} have no load that a strength estimate could use, by "
        f"load basis: {by_basis}; added, assisted and bodyweight work needs the body mass."
    )
