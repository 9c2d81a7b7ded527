"""What a cohort's logs yield, muscle by muscle, before any of it is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting
from analysis.measures.same_person import shared_sessions, twins
from analysis.models.cohort.spread import Curve, Spread, dose_curve, own_slopes, spread
from analysis.models.dose_response import TooLittleError, WithinEffect, within_effect
from analysis.models.dose_response.model import FEWEST_CLUSTERS, whiten
from analysis.models.panel import PanelOptions, panel, usable_blocks
from analysis.progress import Tell, silent, told

ADJUST = ("training_years",)
HELD = {
    "dose": ADJUST,
    "frequency": (*ADJUST, "dose"),
    "intensity_pct": (*ADJUST, "dose"),
}
"""What is held fixed for each exposure: a day more at the same sets, not with more of them."""
DECIMALS = 6
"""Of the panel's numbers: parallel sums differ in their last bits from run to run."""


@dataclass(frozen=True, eq=False)
class MuscleStudy:
    """What the cohort says about one muscle.

    Attributes:
        muscle: group of the catalogue.
        table: its panel.
        effects: within effect by exposure; those refused are absent.
        refused: by exposure, why there is no effect.
        curve: dose-response; None where `no_curve` says why.
        own: one row per athlete of the cohort: `athlete`, `n_blocks`, `own`, `own_error`,
            `reason` (why there is no own slope); `.attrs["dof"]` of the errors.
        spread: how true slopes differ; None where `no_spread` says why.
    """

    muscle: str
    table: pd.DataFrame
    effects: dict[str, WithinEffect]
    refused: dict[str, str]
    curve: Curve | None
    no_curve: str
    own: pd.DataFrame
    spread: Spread | None
    no_spread: str


@dataclass(frozen=True, eq=False)
class CohortStudy:
    """A cohort, fitted.

    Attributes:
        given: the logbook as read.
        logbook: the logbook of those who are in: one log a person.
        same_person: log left out -> the log of the same person that stands for it.
        shared: pairs of logs that share sessions.
        muscles: those with an effect of the dose, most changes first.
        too_little: muscle -> why it has none.
        options: the panel's choices; `level` of every interval.
    """

    given: Logbook
    logbook: Logbook
    same_person: dict[str, str]
    shared: pd.DataFrame
    muscles: tuple[MuscleStudy, ...]
    too_little: dict[str, str]
    options: PanelOptions
    level: float

    @property
    def is_cohort(self) -> bool:
        """Whether there are athletes enough to speak of others like them."""
        return len(self.logbook.athletes) >= FEWEST_CLUSTERS


def study(
    logbook: Logbook,
    *,
    muscles: Sequence[str] | None = None,
    options: PanelOptions | None = None,
    level: float = 0.95,
    tell: Tell = silent,
) -> CohortStudy:
    """Fit a cohort.

    Args:
        logbook: the sets of all athletes.
        muscles: groups of the catalogue; by default all of them.
        options: the panel's choices.
        level: probability that the intervals are made for.
        tell: gets the muscles done, the muscles in all and whose turn it is.

    Raises:
        ValueError: a muscle that is no group of the catalogue.
    """
    options = options or PanelOptions()
    pairs = shared_sessions(logbook.sets)
    same = twins(logbook.sets, pairs)
    kept = replace(logbook, sets=logbook.sets.filter(~pl.col("athlete").is_in(list(same))))
    wanted = list(muscles) if muscles is not None else counting.muscles(logbook.catalogue)
    table = panel(kept, muscle=wanted, options=options)
    table = table.round(dict.fromkeys(table.select_dtypes("float"), DECIMALS))
    found, too_little = [], {}
    parts = list(table.groupby("muscle", sort=False))
    for muscle, part in told(parts, tell, lambda part: str(part[0])):
        fitted = study_muscle(str(muscle), part.reset_index(drop=True), level=level)
        if "dose" in fitted.effects:
            found.append(fitted)
        else:
            too_little[str(muscle)] = fitted.refused["dose"]
    found.sort(key=lambda each: (-each.effects["dose"].n_blocks, each.muscle))
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


def study_muscle(muscle: str, table: pd.DataFrame, *, level: float = 0.95) -> MuscleStudy:
    """Fit one muscle of a panel; what cannot be fitted says why."""
    effects, refused = _effects(table, level)
    curve, no_curve = _curve(table, level)
    own = _own(table, effects.get("dose"))
    told = own.dropna(subset="own")
    enough = len(told) >= FEWEST_CLUSTERS
    return MuscleStudy(
        muscle=muscle,
        table=table,
        effects=effects,
        refused=refused,
        curve=curve,
        no_curve=no_curve,
        own=own,
        spread=spread(told["own"].to_numpy(), told["own_error"].to_numpy(), level)
        if enough
        else None,
        no_spread=""
        if enough
        else f"{len(told)} athletes with an own slope, {FEWEST_CLUSTERS} or more are needed",
    )


def _effects(table: pd.DataFrame, level: float) -> tuple[dict[str, WithinEffect], dict[str, str]]:
    effects, refused = {}, {}
    for exposure, held in HELD.items():
        try:
            effects[exposure] = within_effect(table, exposure=exposure, adjust=held, level=level)
        except TooLittleError as error:
            refused[exposure] = str(error)
    return effects, refused


def _curve(table: pd.DataFrame, level: float) -> tuple[Curve | None, str]:
    try:
        return dose_curve(table, level=level), ""
    except TooLittleError as error:
        return None, str(error)


def _own(table: pd.DataFrame, effect: WithinEffect | None) -> pd.DataFrame:
    """Return own slopes of all athletes of the panel, those without a usable block included."""
    usable = usable_blocks(table)
    if effect is None:
        own = pd.DataFrame({"athlete": usable.index, "n_blocks": usable.to_numpy()})
        return own.assign(own=np.nan, own_error=np.nan, reason="no effect could be estimated")
    own = own_slopes(whiten(effect, table, "dose", ADJUST), "dose")
    dof = own.attrs["dof"]
    without = sorted(usable.index[usable == 0])
    rest = pd.DataFrame({"athlete": without, "n_blocks": 0, "reason": "no usable block"})
    own = pd.concat([own, rest], ignore_index=True) if without else own
    own.attrs["dof"] = dof
    return own
