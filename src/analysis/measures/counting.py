"""How much a set counts: for which muscle, by which rule, and whether it was hard.

The catalogue stores roles; the weight of a role is a parameter here. Direct, fractional and total
are the three of Pelland et al. 2025 (Sports Med, doi 10.1007/s40279-025-02344-w): direct Σ of sets
where the muscle is the likely prime mover, indirect where it assists,
`fractional = direct + 0.5·indirect`, `total = direct + indirect`. The 0.5 was fixed in advance by
its authors, not estimated. Stabilisers count 0 in all three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from analysis.logbook import Logbook
from analysis.measures import weeks, working
from analysis.notes import Note
from analysis.result import Result, tidy
from analysis.say import count, listing, whose

if TYPE_CHECKING:
    from analysis.exercises import Catalogue


RULES: Mapping[str, Mapping[str, float]] = {
    "direct": {"direct": 1.0},
    "fractional": {"direct": 1.0, "indirect": 0.5},
    "total": {"direct": 1.0, "indirect": 1.0},
}

Rule = str | Mapping[str, float]
"""A name of `RULES`, or weights of one's own, such as `{"direct": 1, "indirect": 1/3}`."""

FAILURE_KINDS = ("failure", "amrap")
"""Kinds that say the set went to failure, which is 0 reps in reserve."""

MAX_RIR = 4.0
"""RIR ≤ 4 is the common practitioner's rule for a hard set, with RPE ≥ 6 as its twin; no threshold
that a trial found."""


def weights(rule: Rule) -> dict[str, float]:
    """Return the weight of each role.

    Raises:
        ValueError: the name is unknown, or a weight is not between 0 and 1.

    >>> weights("fractional")
    {'direct': 1.0, 'indirect': 0.5}
    """
    if isinstance(rule, str):
        if rule not in RULES:
            raise ValueError(f"counting rule is {rule!r}, expected one of {', '.join(RULES)}")
        return dict(RULES[rule])
    wrong = {role: weight for role, weight in rule.items() if not 0 <= weight <= 1}
    if wrong:
        raise ValueError(f"weights of a counting rule must be 0 to 1, not {wrong}")
    return dict(rule)


def credit(rule: Rule) -> pl.Expr:
    """Return the sets credited in a set × group row: `set_count` × the weight of its role."""
    of_role = pl.col("role").replace_strict(weights(rule), default=0.0, return_dtype=pl.Float64)
    return pl.col("set_count") * of_role


def hard(max_rir: float = MAX_RIR, kinds: Sequence[str] = FAILURE_KINDS) -> pl.Expr:
    """Return whether a set was hard: true, false, or null where effort was not logged.

    Args:
        max_rir: most repetitions in reserve of a hard set.
        kinds: set kinds that are hard whatever RIR says.
    """
    return (
        pl.when(pl.col("kind").is_in(list(kinds)))
        .then(pl.lit(True))
        .otherwise(pl.col("rir") <= max_rir)
        .alias("hard")
    )


def muscles(catalogue: Catalogue) -> list[str]:
    """Return the muscle groups in the catalogue's order, which is from the legs up."""
    return list(catalogue.groups)


def place_of_muscle(catalogue: Catalogue) -> pl.Expr:
    """Return the place of `muscle` in that order, to sort by."""
    names = muscles(catalogue)
    return pl.col("muscle").replace_strict(names, range(len(names)), return_dtype=pl.Int64)


def by_muscle(sets: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Return one row per set and muscle group it trains, with `muscle` and `role`."""
    return sets.join(
        catalogue.muscle_roles.select("exercise_id", "muscle", "role"),
        on="exercise_id",
        how="inner",
        maintain_order="left",
    )


def named(sets: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Return the sets with `lift`: the catalogue's name, or the logged one where unmapped."""
    names = catalogue.exercises.select("exercise_id", pl.col("name").alias("lift"))
    return sets.join(names, on="exercise_id", how="left", maintain_order="left").with_columns(
        pl.col("lift").fill_null(pl.col("exercise"))
    )


def left_out(sets: pl.DataFrame | pl.LazyFrame, catalogue: Catalogue) -> tuple[Note, ...]:
    """Return notes on the sets that reach no muscle group, counted and named."""
    return lost_notes(*lost(sets, catalogue))


def lost(
    sets: pl.DataFrame | pl.LazyFrame, catalogue: Catalogue
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the sets that reach no muscle group, by name: not in the catalogue; without one."""
    trains = pl.col("exercise_id").is_in(catalogue.of_a_muscle)
    of_none = (
        sets.lazy()
        .filter(pl.col("exercise_id").is_null() | ~trains)
        .select("exercise", pl.col("exercise_id").is_null().alias("unmapped"))
        .collect()
    )
    unmapped, without = (
        dict(of_none.filter(chosen)["exercise"].value_counts().iter_rows())
        if of_none.height
        else {}
        for chosen in (pl.col("unmapped"), ~pl.col("unmapped"))
    )
    return unmapped, without


def lost_notes(unmapped: Mapping[str, int], without: Mapping[str, int]) -> tuple[Note, ...]:
    """Return `left_out` of such counts."""
    reasons = {
        "unmapped sets": ("Not in the catalogue, so counted for no muscle", unmapped),
        "sets of no muscle": (
            "In the catalogue, but trains no muscle group (cardio and the like)",
            without,
        ),
    }
    return tuple(
        Note(
            kind,
            count=sum(names.values()),
            facts={"names": listing(names)},
            sentence=f"{reason}: {{n:working set}}, {{names}}.",
        )
        for kind, (reason, names) in reasons.items()
        if names
    )


# Which exercises trained a muscle group, in which role, how much and until when.


def exercise_list(logbook: Logbook) -> Result:
    """List the exercises of each muscle group.

    Returns:
        Result whose table has one row per `athlete`, `muscle` and `exercise` (the catalogue's
        name): `role`, `sets` (working sets), `days` (with one), `last_day`; direct exercises
        first, then by sets.
    """
    done = working.done(logbook)
    per_exercise = (
        done.group_by("athlete", "exercise_id")
        .agg(
            sets=pl.col("set_count").sum(),
            days=weeks.day().n_unique().cast(pl.Int64),
            last_day=weeks.day().max(),
        )
        .collect()
    )
    names = logbook.catalogue.exercises.select("exercise_id", pl.col("name").alias("exercise"))
    table = (
        by_muscle(per_exercise, logbook.catalogue)
        .filter(pl.col("role") != "stabiliser")
        .join(names, on="exercise_id")
        .select("athlete", "muscle", "exercise", "role", "sets", "days", "last_day")
        .sort(
            "athlete", place_of_muscle(logbook.catalogue), "role", "sets", "exercise",
            descending=[False, False, False, True, False],
        )
    )  # fmt: skip
    exercises = table["exercise"].n_unique()
    n_sets = done.select(pl.len()).collect().item()
    return Result(
        name="exercises",
        title="Exercises per muscle",
        table=tidy(table),
        summary=(
            f"{count(exercises, 'exercise')} trained {table['muscle'].n_unique()} muscle groups "
            f"(n = {count(n_sets, 'working set')}{whose(logbook.athletes)})."
        ),
        notes=left_out(done, logbook.catalogue),
    )
