"""What a cohort's logs yield, muscle by muscle, before any of it is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from analysis.estimate import Estimate
from analysis.ingest import people
from analysis.logbook import Logbook
from analysis.measures import counting
from analysis.models.cohort.spread import Curve, Doses, Spread, dose_curve, spread
from analysis.models.dose.effects import Body, Effect, between, body, columns_of, effect
from analysis.models.dose.inputs import Ints
from analysis.models.dose.logs import DoseOptions, LogCounts, MuscleLogs, each_muscle
from analysis.models.dose.people import Repeatability, halves_of, own_slopes, repeats
from analysis.models.dose.pooling import FEWEST_CLUSTERS, TooLittleError
from analysis.models.dose.whitening import CrossProducts
from analysis.progress import Tell, silent, told

if TYPE_CHECKING:
    from analysis.exercises import Catalogue

HELD: dict[str, tuple[str, ...]] = {
    "sets": (),
    "frequency": ("sets",),
    "light_share": ("sets",),
}
"""What is held fixed for each exposure: a day more at the same sets, not with more of them."""
MEASURES = ("sets", "sets_log", "sets_sqrt", "sets_reciprocal", "frequency", "light_share")
NO_DAYS = "no strength day of this muscle"
FEW = "too few strength days, or sets that never vary"
MOST_WEEKS = 1_000_000
"""Rows of athlete, week and muscle up to which the page's download holds them."""

SMALLEST_EFFECT = 0.1
"""% per weekly set held for four weeks: against it the placebo is judged."""


@dataclass(frozen=True, eq=False)
class MuscleStudy:
    """What the cohort says about one muscle.

    Attributes:
        muscle: group of the catalogue.
        counts: what its logs hold.
        effects: effect by exposure; those refused are absent.
        refused: by exposure, why there is no effect.
        between: how growth goes with the usual sets; None where it cannot be told.
        curve: dose-response; None where `no_curve` says why.
        own: one row per athlete of the cohort: `athlete`, `n_days`, `own`, `own_error`,
            `reason` (why there is no own slope).
        spread: how true slopes differ; None where `no_spread` says why.
        repeats: whether own slopes of the two halves of a log agree; None where not told.
        weeks: one row per athlete and week, as `MuscleLogs.weekly_table`; None where those would
            be more than `MOST_WEEKS` over all muscles.
    """

    muscle: str
    counts: LogCounts
    effects: dict[str, Effect]
    refused: dict[str, str]
    between: Estimate | None
    curve: Curve | None
    no_curve: str
    own: pd.DataFrame
    spread: Spread | None
    no_spread: str
    repeats: Repeatability | None
    weeks: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Census:
    """Who is in some logs, in numbers that add up over people.

    Attributes:
        athletes: names, sorted.
        sets, sessions: how many.
        first, last: day of the first and of the last set; None where there is none.
        apps: whose exports they are, sorted.
    """

    athletes: tuple[str, ...] = ()
    sets: int = 0
    sessions: int = 0
    first: datetime | None = None
    last: datetime | None = None
    apps: tuple[str, ...] = ()

    def __add__(self, other: Census) -> Census:
        """Return the census of both: different people."""
        firsts = [each.first for each in (self, other) if each.first is not None]
        lasts = [each.last for each in (self, other) if each.last is not None]
        return Census(
            tuple(sorted((*self.athletes, *other.athletes))),
            self.sets + other.sets,
            self.sessions + other.sessions,
            min(firsts, default=None),
            max(lasts, default=None),
            tuple(sorted({*self.apps, *other.apps})),
        )

    @classmethod
    def of(cls, sets: pl.DataFrame) -> Census:
        """Count a set table."""
        return cls(
            tuple(sets["athlete"].unique().sort().to_list()),
            sets.height,
            sets.select("athlete", "session").n_unique(),
            sets["started_at"].min(),  # type: ignore[arg-type]
            sets["started_at"].max(),  # type: ignore[arg-type]
            tuple(sets["app"].unique().drop_nulls().sort().to_list()),
        )


@dataclass(frozen=True, eq=False)
class CohortStudy:
    """A cohort, fitted.

    Attributes:
        given: the logbook as read; of a store, what reading had to say, without sets.
        n_given: athletes in it; `given_sets` their sets.
        people: those who are in: one log a person.
        same_person: log left out -> the log of the same person that stands for it.
        shared: pairs of logs that share sessions.
        muscles: those with an effect of sets, most strength days first.
        too_little: muscle -> why it has none.
        options: how logs became strength days and doses; `level` of every interval.
        lost: parts of a store whose worker died twice; their people are in nothing of this.
    """

    given: Logbook
    n_given: int
    given_sets: int
    people: Census
    same_person: dict[str, str]
    shared: pd.DataFrame
    muscles: tuple[MuscleStudy, ...]
    too_little: dict[str, str]
    options: DoseOptions
    level: float
    lost: tuple[str, ...] = ()

    @property
    def is_cohort(self) -> bool:
        """Whether there are athletes enough to speak of others like them."""
        return len(self.people.athletes) >= FEWEST_CLUSTERS


def study(
    logbook: Logbook,
    *,
    muscles: Sequence[str] | None = None,
    options: DoseOptions | None = None,
    level: float = 0.95,
    tell: Tell = silent,
) -> CohortStudy:
    """Fit a cohort.

    Args:
        logbook: the sets of all athletes.
        muscles: groups of the catalogue; by default all of them.
        options: how logs become strength days and weekly doses.
        level: probability that the intervals are made for.
        tell: gets the muscles done, the muscles in all and whose turn it is.

    Raises:
        ValueError: a muscle that is no group of the catalogue.
    """
    options = options or DoseOptions()
    pairs = people.pairs(logbook)
    same = people.copies(logbook.sets, pairs)
    kept = replace(logbook, sets=logbook.sets.filter(~pl.col("athlete").is_in(list(same))))
    wanted = wanted_muscles(logbook.catalogue, muscles)
    census = Census.of(kept.sets)
    parts = list(each_muscle(kept, wanted, options))
    with_weeks = sum(part.counts.weeks for part in parts) <= MOST_WEEKS
    found = []
    for part in told(parts, tell, lambda part: part.muscle):
        fitted = study_muscle(part, options, level=level)
        found.append(replace(fitted, weeks=part.weekly_table()) if with_weeks else fitted)
    studied, too_little = sorted_out(found)
    return CohortStudy(
        given=logbook,
        n_given=len(logbook.athletes),
        given_sets=logbook.sets.height,
        people=census,
        same_person=same,
        shared=pairs.to_pandas(),
        muscles=studied,
        too_little=too_little,
        options=options,
        level=level,
    )


def wanted_muscles(catalogue: Catalogue, muscles: Sequence[str] | None) -> list[str]:
    """Return the muscles that are asked for, all of the catalogue where none is named."""
    return list(muscles) if muscles is not None else counting.muscles(catalogue)


def sorted_out(
    found: Sequence[MuscleStudy],
) -> tuple[tuple[MuscleStudy, ...], dict[str, str]]:
    """Return the muscles with an effect of sets, most strength days first, and why others not."""
    told = [each for each in found if "sets" in each.effects]
    told.sort(key=lambda each: (-each.effects["sets"].n_rows, each.muscle))
    silent = {each.muscle: each.refused["sets"] for each in found if "sets" not in each.effects}
    return tuple(told), silent


@dataclass(frozen=True, eq=False)
class Reduced:
    """One muscle of a cohort, reduced to what its estimates are made of.

    Attributes:
        muscle: group of the catalogue.
        athletes: everybody of the cohort, sorted.
        n_days: strength days of each.
        counts: what the logs hold.
        doses: weekly sets, as counts.
        body: cross-products of some or all of them; None where `nothing` says why.
        places: of the body's athletes among all.
        halves: cross-products of the halves of the body's logs, each athlete's divided by its own
            residual variance.
    """

    muscle: str
    athletes: Sequence[str]
    n_days: Ints
    counts: LogCounts
    doses: Doses
    body: Body | None
    nothing: str
    places: Ints
    halves: Sequence[CrossProducts]


def study_muscle(
    logs: MuscleLogs, options: DoseOptions | None = None, *, level: float = 0.95
) -> MuscleStudy:
    """Fit one muscle; what cannot be fitted says why."""
    return fit_muscle(reduced(logs, options or DoseOptions()), level=level)


def reduced(logs: MuscleLogs, options: DoseOptions) -> Reduced:
    """Reduce one muscle's logs."""
    n = len(logs.athletes)
    found, nothing, halves = None, "", list[CrossProducts]()
    try:
        found = body(logs.days, logs.weekly, MEASURES, unknown=options.unknown)
        columns = columns_of(logs.weekly, ["sets"], unknown=options.unknown)
        parts = halves_of(logs.days, columns, n, "sets", found.variances)
        halves = [half.scaled(found.scale) for half in parts]
    except TooLittleError as error:
        nothing = NO_DAYS if not len(logs.days) else str(error)
    return Reduced(
        logs.muscle,
        logs.athletes,
        np.bincount(logs.days.athlete, minlength=n),
        logs.counts,
        Doses.of(logs.weekly.doses["sets"]),
        found,
        nothing,
        np.arange(n),
        halves,
    )


def fit_muscle(found: Reduced, *, level: float = 0.95) -> MuscleStudy:
    """Fit one muscle; what cannot be fitted says why."""
    if found.body is None:
        return _nothing(found)
    effects, refused = _effects(found.body, level)
    curve, no_curve = _curve(found, level)
    again = _repeats(found)
    own = _own(found, 1.0 if again is None else again.error_ratio)
    kept = own.dropna(subset="own")
    enough = len(kept) >= FEWEST_CLUSTERS
    return MuscleStudy(
        muscle=found.muscle,
        counts=found.counts,
        effects=effects,
        refused=refused,
        between=_between(found.body, level),
        curve=curve,
        no_curve=no_curve,
        own=own,
        spread=spread(kept["own"].to_numpy(), kept["own_error"].to_numpy(), level)
        if enough
        else None,
        no_spread=""
        if enough
        else f"{len(kept)} athletes with an own slope, {FEWEST_CLUSTERS} or more are needed",
        repeats=again,
    )


def _nothing(found: Reduced) -> MuscleStudy:
    own = pd.DataFrame({"athlete": found.athletes, "n_days": found.n_days, "own": np.nan,
                        "own_error": np.nan, "reason": found.nothing})  # fmt: skip
    return MuscleStudy(
        found.muscle, found.counts, {}, dict.fromkeys(HELD, found.nothing), None, None,
        found.nothing, own, None, found.nothing, None,
    )  # fmt: skip


def _effects(reduced: Body, level: float) -> tuple[dict[str, Effect], dict[str, str]]:
    effects, refused = {}, {}
    for exposure, held in HELD.items():
        try:
            effects[exposure] = effect(
                reduced, exposure, held=held, smallest=SMALLEST_EFFECT, level=level
            )
        except TooLittleError as error:
            refused[exposure] = str(error)
    return effects, refused


def _between(reduced: Body, level: float) -> Estimate | None:
    try:
        return between(reduced, "sets", level)
    except TooLittleError:
        return None


def _curve(found: Reduced, level: float) -> tuple[Curve | None, str]:
    assert found.body is not None
    try:
        return dose_curve(found.body, found.doses, level), ""
    except TooLittleError as error:
        return None, str(error)


def _own(found: Reduced, error_ratio: float) -> pd.DataFrame:
    """Return own slopes of all athletes, those without a usable day included."""
    assert found.body is not None
    told = own_slopes(found.body, "sets")
    n = len(found.athletes)
    slope, error, n_days = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, np.int64)
    slope[found.places] = told["own"]
    error[found.places] = told["own_error"] * error_ratio
    n_days[found.places] = told["n_rows"]
    reason = np.where(n_days == 0, NO_DAYS, FEW)
    return pd.DataFrame(
        {
            "own": slope,
            "own_error": error,
            "n_days": n_days,
            "athlete": list(found.athletes),
            "reason": np.where(np.isnan(slope), reason, ""),
        }
    )


def _repeats(found: Reduced) -> Repeatability | None:
    try:
        return repeats(found.halves, "sets")
    except TooLittleError:
        return None
