"""What a cohort's logs yield, muscle by muscle, before any of it is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import polars as pl

from analysis.estimate import Estimate
from analysis.ingest import people
from analysis.logbook import Logbook
from analysis.measures import counting
from analysis.models.cohort.spread import Curve, Spread, dose_curve, spread
from analysis.models.dose.effects import Body, Effect, between, body, columns_of, effect
from analysis.models.dose.logs import DoseOptions, MuscleLogs, each_muscle
from analysis.models.dose.people import Repeatability, own_slopes, repeatability
from analysis.models.dose.pooling import FEWEST_CLUSTERS, TooLittleError
from analysis.progress import Tell, silent, told

HELD: dict[str, tuple[str, ...]] = {
    "sets": (),
    "frequency": ("sets",),
    "light_share": ("sets",),
}
"""What is held fixed for each exposure: a day more at the same sets, not with more of them."""
MEASURES = ("sets", "sets_log", "sets_sqrt", "sets_reciprocal", "frequency", "light_share")
NO_DAYS = "no strength day of this muscle"
FEW = "too few strength days, or sets that never vary"
SMALLEST_EFFECT = 0.1
"""% per weekly set held for four weeks: against it the placebo is judged."""


@dataclass(frozen=True, eq=False)
class MuscleStudy:
    """What the cohort says about one muscle.

    Attributes:
        muscle: group of the catalogue.
        logs: its strength days and weekly doses.
        effects: effect by exposure; those refused are absent.
        refused: by exposure, why there is no effect.
        between: how growth goes with the usual sets; None where it cannot be told.
        curve: dose-response; None where `no_curve` says why.
        own: one row per athlete of the cohort: `athlete`, `n_days`, `own`, `own_error`,
            `reason` (why there is no own slope).
        spread: how true slopes differ; None where `no_spread` says why.
        repeats: whether own slopes of the two halves of a log agree; None where not told.
    """

    muscle: str
    logs: MuscleLogs
    effects: dict[str, Effect]
    refused: dict[str, str]
    between: Estimate | None
    curve: Curve | None
    no_curve: str
    own: pd.DataFrame
    spread: Spread | None
    no_spread: str
    repeats: Repeatability | None


@dataclass(frozen=True, eq=False)
class CohortStudy:
    """A cohort, fitted.

    Attributes:
        given: the logbook as read.
        logbook: the logbook of those who are in: one log a person.
        same_person: log left out -> the log of the same person that stands for it.
        shared: pairs of logs that share sessions.
        muscles: those with an effect of sets, most strength days first.
        too_little: muscle -> why it has none.
        options: how logs became strength days and doses; `level` of every interval.
    """

    given: Logbook
    logbook: Logbook
    same_person: dict[str, str]
    shared: pd.DataFrame
    muscles: tuple[MuscleStudy, ...]
    too_little: dict[str, str]
    options: DoseOptions
    level: float

    @property
    def is_cohort(self) -> bool:
        """Whether there are athletes enough to speak of others like them."""
        return len(self.logbook.athletes) >= FEWEST_CLUSTERS


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
    wanted = list(muscles) if muscles is not None else counting.muscles(logbook.catalogue)
    found, too_little = [], {}
    parts = list(each_muscle(kept, wanted, options))
    for part in told(parts, tell, lambda part: part.muscle):
        fitted = study_muscle(part, options, level=level)
        if "sets" in fitted.effects:
            found.append(fitted)
        else:
            too_little[part.muscle] = fitted.refused["sets"]
    found.sort(key=lambda each: (-each.effects["sets"].n_rows, each.muscle))
    return CohortStudy(
        given=logbook,
        logbook=kept,
        same_person=same,
        shared=pairs.to_pandas(),
        muscles=tuple(found),
        too_little=too_little,
        options=options,
        level=level,
    )


def study_muscle(
    logs: MuscleLogs, options: DoseOptions | None = None, *, level: float = 0.95
) -> MuscleStudy:
    """Fit one muscle; what cannot be fitted says why."""
    options = options or DoseOptions()
    try:
        reduced = body(logs.days, logs.weekly, MEASURES, unknown=options.unknown)
    except TooLittleError as error:
        return _nothing(logs, NO_DAYS if not len(logs.days) else str(error))
    effects, refused = _effects(reduced, level)
    curve, no_curve = _curve(reduced, logs, level)
    repeats = _repeats(reduced, logs, options)
    own = _own(reduced, logs, 1.0 if repeats is None else repeats.error_ratio)
    kept = own.dropna(subset="own")
    enough = len(kept) >= FEWEST_CLUSTERS
    return MuscleStudy(
        muscle=logs.muscle,
        logs=logs,
        effects=effects,
        refused=refused,
        between=_between(reduced, level),
        curve=curve,
        no_curve=no_curve,
        own=own,
        spread=spread(kept["own"].to_numpy(), kept["own_error"].to_numpy(), level)
        if enough
        else None,
        no_spread=""
        if enough
        else f"{len(kept)} athletes with an own slope, {FEWEST_CLUSTERS} or more are needed",
        repeats=repeats,
    )


def _nothing(logs: MuscleLogs, reason: str) -> MuscleStudy:
    n = np.bincount(logs.days.athlete, minlength=len(logs.athletes))
    own = pd.DataFrame({"athlete": logs.athletes, "n_days": n, "own": np.nan, "own_error": np.nan,
                        "reason": reason})  # fmt: skip
    return MuscleStudy(
        logs.muscle, logs, {}, dict.fromkeys(HELD, reason), None, None, reason, own, None, reason,
        None,
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


def _curve(reduced: Body, logs: MuscleLogs, level: float) -> tuple[Curve | None, str]:
    try:
        return dose_curve(reduced, logs, level), ""
    except TooLittleError as error:
        return None, str(error)


def _own(reduced: Body, logs: MuscleLogs, error_ratio: float) -> pd.DataFrame:
    """Return own slopes of all athletes, those without a usable day included."""
    own = own_slopes(reduced, "sets").rename(columns={"n_rows": "n_days"})
    own["own_error"] *= error_ratio
    untold = own["own"].isna()
    reason = np.where(own["n_days"] == 0, NO_DAYS, FEW)
    return own.assign(athlete=list(logs.athletes), reason=np.where(untold, reason, ""))


def _repeats(reduced: Body, logs: MuscleLogs, options: DoseOptions) -> Repeatability | None:
    columns = columns_of(logs.weekly, ["sets"], unknown=options.unknown)
    try:
        return repeatability(reduced, logs.days, columns, "sets")
    except TooLittleError:
        return None
