"""The within effect: what one more weekly set than usual goes with, in the same athlete.

Exposure comes before outcome: the dose of block b against the change of strength from block b to
b+1. The dose is split into the athlete's mean over the blocks used and the deviation from it
(Mundlak 1978; Bell & Jones 2015, doi 10.1017/psrm.2014.7), so that experience, genes and goals,
which differ between athletes, stay out of the within effect. `training_years` takes out a growth
that slows, or a dose that climbs, over the log.

The **lead placebo** asks whether the dose of the *next* block goes with this change, the dose of
this block held fixed. The future cannot cause the past: where it predicts, strength drives the
dose (feedback), or something unseen drives both (confounding), or sets of the next block already
work within it; whichever it is, the within effect is then not to be read as cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.dose_response.estimate import Estimate
from analysis.models.dose_response.model import ChangeModel, TooLittleError, fit_changes
from analysis.models.dose_response.series import SERIES, own_mean, shifted

PLACEBO_ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class WithinEffect:
    """The within effect of one exposure, % strength per block and unit of exposure.

    Attributes:
        effect: the within effect.
        between: effect of the athlete's mean, None with fewer than five athletes.
        lead: effect of the next block's exposure, the placebo; None where it cannot be told.
        n_athletes: athletes with a usable change.
        n_blocks: changes used.
        slope_sd: SD of the athletes' own effects; NaN where not estimated.
        noise_share: share of the changes' variance that is noise of the estimates.
        messages: warnings.
        model: the fitted model.
    """

    effect: Estimate
    between: Estimate | None
    lead: Estimate | None
    n_athletes: int
    n_blocks: int
    slope_sd: float
    noise_share: float
    messages: tuple[str, ...]
    model: ChangeModel

    @property
    def estimate(self) -> float:
        """The within effect."""
        return self.effect.estimate

    @property
    def std_error(self) -> float:
        """Its standard error."""
        return self.effect.std_error

    @property
    def dof(self) -> float:
        """Degrees of freedom of the standard error."""
        return self.effect.dof

    @property
    def conf_low(self) -> float:
        """Lower end of the interval."""
        return self.effect.conf_low

    @property
    def conf_high(self) -> float:
        """Upper end of the interval."""
        return self.effect.conf_high

    @property
    def p_value(self) -> float:
        """Two-sided p-value against zero."""
        return self.effect.p_value

    @property
    def lead_fires(self) -> bool:
        """Whether the placebo found the future to predict the past (p < 0.05)."""
        return self.lead is not None and self.lead.p_value < PLACEBO_ALPHA


def within_effect(
    panel: pd.DataFrame,
    *,
    exposure: str = "dose",
    adjust: Sequence[str] = ("training_years",),
    level: float = 0.95,
    placebo: bool = True,
) -> WithinEffect:
    """Estimate the within effect of an exposure from a panel.

    Args:
        panel: from `analysis.panel.panel`.
        exposure: a column of it, per logged week: `dose`, `hard_sets`, `frequency` …
        adjust: columns held fixed, within athletes.
        level: probability that the intervals are made for.
        placebo: whether to fit the lead placebo too.

    Returns:
        The effect in % strength per block and added unit of exposure.

    Raises:
        TooLittleError: the panel holds too few changes, or an exposure that does not vary.
    """
    rows = usable(panel, [exposure, *adjust])
    mean = f"{exposure}_own_mean"
    rows[mean] = own_mean(rows, rows[exposure].to_numpy(float))
    within = [exposure, *_varying(rows, adjust)]
    model = fit_changes(rows, within, _if_varies(rows, mean), slopes=[exposure])
    has_between = mean in model.terms
    return WithinEffect(
        effect=model.contrast({exposure: 1.0}, level),
        between=model.contrast({mean: 1.0}, level) if has_between else None,
        lead=lead_placebo(panel, exposure, adjust, level) if placebo else None,
        n_athletes=model.n_athletes,
        n_blocks=model.n_rows,
        slope_sd=model.slope_sd,
        noise_share=model.noise_share,
        messages=model.messages,
        model=model,
    )


def lead_placebo(
    panel: pd.DataFrame,
    exposure: str = "dose",
    adjust: Sequence[str] = ("training_years",),
    level: float = 0.95,
) -> Estimate | None:
    """Return the effect of the next block's exposure on this change, None where it is not told."""
    ahead = shifted(panel, exposure, -1)
    rows = usable(panel.assign(ahead=ahead), [exposure, "ahead", *adjust])
    rows["own_mean"] = own_mean(rows, rows[exposure].to_numpy(float))
    within = [exposure, "ahead", *_varying(rows, adjust)]
    try:
        model = fit_changes(rows, within, _if_varies(rows, "own_mean"))
    except TooLittleError:
        return None
    return model.contrast({"ahead": 1.0}, level)


def usable(panel: pd.DataFrame, needed: Sequence[str]) -> pd.DataFrame:
    """Return the rows that hold a change and all that is needed, in order of time."""
    complete = (panel["status"] == "ok") & panel[list(needed)].notna().all(axis=1)
    rows = panel[complete]
    athlete, muscle = (pd.factorize(rows[name], sort=True)[0] for name in SERIES)
    order = np.lexsort((rows["block"].to_numpy(), muscle, athlete))
    return rows.iloc[order].reset_index(drop=True)


def _varying(rows: pd.DataFrame, names: Sequence[str]) -> list[str]:
    return [name for name in names if np.ptp(rows[name].to_numpy(float)) > 0] if len(rows) else []


def _if_varies(rows: pd.DataFrame, name: str) -> list[str]:
    return _varying(rows, [name])
