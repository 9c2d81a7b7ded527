"""One strength index from several exercises, when the exercises come and go.

A mean over the exercises of a week jumps when a lifter swaps squats for leg presses. Here every
exercise has an intercept of its own, and only its changes speak:

    log e1RM = intercept of the exercise + common trend + the exercise's own wander + error

The arithmetic is in `common_trend`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.latent.common_trend import WEEK_DAYS, Weekly, by_week, common_trend
from analysis.models.latent.fit import TAIL_DOF, LatentFit, smooth
from analysis.models.latent.kalman import Floats
from analysis.models.latent.status import status_table


@dataclass(frozen=True, slots=True)
class StrengthIndex:
    """The common trend of one group of exercises.

    Attributes:
        table: one row per week: `day` (its first), `log_change` since the first week (log units),
            `sd`, `low`, `high`, and `exercises` observed that week.
        exercises: one row per exercise: `series`, `days`, `first_day`, `last_day`.
        common_share: share of an exercise's wander that the group has in common, mean over the
            candidates; 1 for a single exercise, where the two cannot be told apart.
        change: one row: the last window's change and its status, as in `LatentFit.status`.
        left_out: exercises with too few days, with their number of days.
    """

    table: pd.DataFrame
    exercises: pd.DataFrame
    common_share: float
    change: pd.DataFrame
    left_out: pd.DataFrame


def strength_index(
    observations: pd.DataFrame,
    fit: LatentFit | None = None,
    *,
    level: float = 0.95,
    window_days: float = 56,
    smallest_change: float = 0.02,
    certainty: float = 0.8,
) -> StrengthIndex | None:
    """Return the common trend of the exercises of one athlete and muscle, None without any.

    Like `smooth`, it has seen the whole log: it describes, and is no outcome for a dose-response
    model.

    Args:
        observations: one row per set: `series` (the exercise), `day`, `log_e1rm`, `variance`.
        fit: `smooth(observations, model="level", …)` of these series or more, when it is at hand;
            many athletes in one call are much faster than one by one.
        level: coverage of the band.
        window_days: length of the last window, for `change`.
        smallest_change: smallest change worth noticing, log units.
        certainty: probability from which a word is used.
    """
    names = observations["series"].unique()
    fit = smooth(observations, model="level", tail_dof=TAIL_DOF) if fit is None else fit
    states = fit.states[fit.states["series"].isin(names)]
    if states.empty:
        return None
    parameters = fit.parameters[fit.parameters["series"].isin(names)]
    weekly = by_week(states)
    wander = float(
        np.average(parameters["level_sd_per_sqrt_day"] ** 2, weights=parameters["days"])
    )
    day = states["day"].to_numpy()
    weeks = np.append(np.arange(day.min(), day.max(), WEEK_DAYS), day.max())
    mean, covariance, share = common_trend(weekly, wander, weeks)
    covariance = covariance * fit.widening
    table = _table(weekly, weeks, mean, covariance, level)
    changes = _changes(weeks, mean, covariance, window_days, day)
    return StrengthIndex(
        table,
        _followed(states["series"], day),
        share,
        status_table(changes, smallest_change, certainty),
        fit.left_out[fit.left_out["series"].isin(names)],
    )


def _followed(series: pd.Series[str], day: Floats) -> pd.DataFrame:
    """Return the days of each exercise; its rows stand together, by time."""
    number, names = pd.factorize(series)
    first = np.flatnonzero(np.diff(number, prepend=-1))
    days = np.diff(np.append(first, len(day)))
    return pd.DataFrame(
        {"series": names, "days": days, "first_day": day[first], "last_day": day[first + days - 1]}
    )


def _table(
    weekly: Weekly, weeks: Floats, mean: Floats, covariance: Floats, level: float
) -> pd.DataFrame:
    from scipy.special import ndtri

    sd = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    reach = ndtri((1 + level) / 2) * sd
    # A mean over a week's days can fall a rounding error before the week's first day.
    week = np.maximum(np.searchsorted(weeks, weekly.day, side="right") - 1, 0)
    seen = np.bincount(week, minlength=len(weeks))
    return pd.DataFrame(
        {
            "day": weeks,
            "log_change": mean,
            "sd": sd,
            "low": mean - reach,
            "high": mean + reach,
            "exercises": seen[: len(weeks)],
        }
    )


def _changes(
    weeks: Floats, mean: Floats, covariance: Floats, window_days: float, days: Floats
) -> pd.DataFrame:
    """Return the last two windows' changes as `status_table` takes them; one row."""
    columns: dict[str, float] = {}
    end = len(weeks) - 1
    for name, back in (("change", 0.0), ("earlier_change", window_days)):
        late = int(np.searchsorted(weeks, weeks[end] - back, side="right")) - 1
        early = int(np.searchsorted(weeks, weeks[end] - back - window_days, side="right")) - 1
        known = early >= 0
        contrast = np.zeros(len(weeks))
        contrast[[late, early]] = 1.0, -1.0
        variance = float(contrast @ covariance @ contrast)
        columns[name] = float(mean[late] - mean[early]) if known else np.nan
        columns[f"{name}_sd"] = np.sqrt(max(variance, 0.0)) if known else np.nan
    trained = np.unique(days)
    recent = np.diff(trained)[trained[1:] > weeks[end] - window_days]
    return pd.DataFrame(
        {
            "series": ["index"],
            "last_day": [weeks[end]],
            **{name: [value] for name, value in columns.items()},
            "longest_gap_days": [float(recent.max(initial=0.0))],
            "dof": [float(len(trained))],
        }
    )
