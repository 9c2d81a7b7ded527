"""`smooth`: latent log strength of many series, day by day, with a band."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.latent.chunk import CHANGES, PARAMETERS, Model, fit_chunk, student_widening
from analysis.models.latent.daily import Daily, Indices, collapse
from analysis.models.latent.kalman import Floats
from analysis.models.latent.prior import Prior
from analysis.models.latent.status import status_table

CHUNK = 2048
"""Series per sweep: enough that a vectorised step outweighs its call, few enough for the cache."""
WITHIN_DAY_CORRELATION = 0.5
"""Correlation of the errors of sets of one day: between one worth of information and none shared.
An assumption; the error's size is estimated whatever it is."""
TAIL_DOF = 4.0
"""Degrees of freedom of the errors where real logs are reported: a day four SDs off then weighs a
quarter. A convention of robust statistics, not an estimate."""


@dataclass(frozen=True, slots=True)
class LatentFit:
    """Latent log strength of many series.

    Attributes:
        states: one row per series and observed day: `mean` (log e1RM), `sd`, `low`, `high` (the
            band, t quantiles), `observed` (the day's weighted mean), `sets`, and `error_sd` (SD
            of the day's error; larger for a day that fits badly when `tail_dof` is given).
        parameters: one row per series: `days`, `model` ("level" or "trend"), `trend_weight`
            (weight of the evidence for the trend, 0–1), `level_sd_per_sqrt_day`,
            `slope_change_sd` (both log units), `scale` (error SD as a share of the stated one),
            `dof`, `loglik`, `converged`.
        changes: one row per series: `last_day`, `change` over the window before it (log units)
            with `change_sd`, the same for the window before that (`earlier_change`,
            `earlier_change_sd`; missing where the series is too short), `longest_gap_days` within
            the last window, and `dof`.
        left_out: series with too few days, with their number of days.
        widening: factor on the posterior variance for Student errors, already in `states` and
            `changes`; 1 for Gaussian ones.
        settings: every parameter of the call.
    """

    states: pd.DataFrame
    parameters: pd.DataFrame
    changes: pd.DataFrame
    left_out: pd.DataFrame
    widening: float
    settings: dict[str, object]

    def status(self, smallest_change: float = 0.02, certainty: float = 0.8) -> pd.DataFrame:
        """Tell gain, plateau and loss over the last window, with probabilities.

        Args:
            smallest_change: smallest change worth noticing, log units; 0.02 is half of the 4.2 %
                by which a 1RM differs from itself on retest (Grgic et al. 2020).
            certainty: probability from which a word is used instead of "cannot tell".

        Returns:
            One row per series: `change_pct` with `low_pct`, `high_pct` (95 %), `p_gain`,
            `p_plateau`, `p_loss`, and `status`: *gaining*, *breakthrough* (gaining now, and more
            likely not before), *plateau*, *losing*, *detraining* (losing, with two weeks or more
            without the exercise), *cannot tell* or *too short*.
        """
        return status_table(self.changes, smallest_change, certainty)


def smooth(
    observations: pd.DataFrame,
    *,
    model: Model = "auto",
    prior: Prior | None = Prior(),  # noqa: B008 - frozen
    tail_dof: float | None = None,
    level: float = 0.95,
    within_day_correlation: float = WITHIN_DAY_CORRELATION,
    min_days: int = 3,
    window_days: float = 56,
    executor: Executor | None = None,
) -> LatentFit:
    """Estimate latent log strength from sets, for all series at once.

    A smoother knows the whole log: a state in March has seen April. It describes; it must never
    be the outcome of a dose-response model, where it would leak the future into the past and fake
    the lead placebo. There, take a block's own sets (`analysis.panel`).

    Args:
        observations: one row per set: `series`, `day` (a number), `log_e1rm`, `variance`
            (stated error variance; only its ratios between sets matter, the size is estimated).
        model: "level" (local level), "trend" (local linear trend), or "auto": per series the one
            with the higher evidence (BIC; the first slope counts through its prior).
        prior: shrinkage of the variances; None for plain maximum likelihood, which needs `model`
            to be named, because a diffuse slope has no evidence to compare.
        tail_dof: degrees of freedom of Student's t errors, for real logs with their light days
            and typing errors (`TAIL_DOF` in this program's reports); None for Gaussian ones.
        level: coverage of the band, over the variances' uncertainty by t quantiles only.
        within_day_correlation: correlation of the errors of sets of one day (an assumption).
        min_days: series with fewer days are left out, and listed.
        window_days: length of the window for `changes`.
        executor: where chunks of series run; in this process when None.
    """
    if prior is None and model == "auto":
        raise ValueError("without a prior, name the model: a diffuse slope has no evidence")
    daily = collapse(observations, within_day_correlation)
    long_enough = daily.length >= max(min_days, 3)
    by_length = np.flatnonzero(long_enough)[np.argsort(daily.length[long_enough], kind="stable")]
    chunks = [by_length[at : at + CHUNK] for at in range(0, len(by_length), CHUNK)]
    step = partial(fit_chunk, model=model, prior=prior, tail_dof=tail_dof, window_days=window_days)
    run = map if executor is None else executor.map
    fits = list(run(step, [daily.take(chunk) for chunk in chunks]))
    settings: dict[str, object] = {
        "model": model,
        "prior": prior,
        "tail_dof": tail_dof,
        "level": level,
        "within_day_correlation": within_day_correlation,
        "min_days": max(min_days, 3),
        "window_days": window_days,
    }
    mean, sd, error_sd = np.empty((3, len(daily.day)))
    for chunk, fit in zip(chunks, fits, strict=True):
        rows = daily.rows_of(chunk)
        mean[rows], sd[rows], error_sd[rows] = fit.mean, fit.sd, fit.error_sd
    series = np.sort(by_length)
    fitted, rows = daily.take(series), daily.rows_of(series)
    order = np.argsort(by_length, kind="stable")
    parameters = _stack(fitted.names, [fit.parameters for fit in fits], order, PARAMETERS)
    changes = _stack(fitted.names, [fit.changes for fit in fits], order, CHANGES)
    changes = changes.assign(last_day=fitted.day[fitted.begin[1:] - 1], dof=parameters["dof"])
    states = _states(fitted, mean[rows], sd[rows], parameters["dof"].to_numpy(), level)
    states["error_sd"] = error_sd[rows]
    left_out = pd.DataFrame(
        {"series": daily.names[~long_enough], "days": daily.length[~long_enough]}
    )
    widening = student_widening(tail_dof)
    return LatentFit(states, parameters, changes, left_out, widening, settings)


def _states(daily: Daily, mean: Floats, sd: Floats, dof: Floats, level: float) -> pd.DataFrame:
    from scipy.special import stdtrit

    reach = np.repeat(stdtrit(dof, (1 + level) / 2), daily.length) * sd
    return pd.DataFrame(
        {
            "series": daily.names.repeat(daily.length),
            "day": daily.day,
            "mean": mean,
            "sd": sd,
            "low": mean - reach,
            "high": mean + reach,
            "observed": daily.value,
            "sets": daily.sets,
        }
    )


def _stack(
    names: pd.Index, parts: list[dict[str, Any]], order: Indices, columns: tuple[str, ...]
) -> pd.DataFrame:
    """Return the chunks' columns in the order of the series; no rows when there is no chunk."""
    stacked = {
        name: np.concatenate([part[name] for part in parts])[order] if parts else np.empty(0)
        for name in columns
    }
    return pd.DataFrame({"series": names, **stacked})
