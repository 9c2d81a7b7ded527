"""Growth of many athletes: the typical curve, and everyone's own, shrunken.

    y_ij = (b0 + u0j) + (b1 + u1j)·ln(week_ij) + e_ij        (Steele et al., form)

for athlete j, with the same two random terms for every exercise within the athlete where there
are several (without its slope where that varies by next to nothing: an empty slope only slows the
search for the range), and residuals of one exercise correlated exp(−days / range).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models import mixed

CLOCKS = ("log_week", "week")

EMPTY = 1e-3
"""Spread that slopes of exercises give to the rows, as a share of the residual variance, below
which they have none of their own."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Slopes of log strength per unit of ln(week).

    Attributes:
        typical: `estimate`, `conf_low`, `conf_high` of the mean slope, cluster-robust by athlete.
        athletes: one row per athlete with `estimate`, `low`, `high` (the mean slope and the
            athlete's own deviation, shrunken) and `reliability` (share of the variance of true
            slopes that the athlete's own log resolves, 0 to 1).
        slope_sd: SD of true slopes between athletes.
        loglik_gain: log-likelihood (ML) of ln(week) above that of a straight line in weeks.
        messages: warnings of the fit.
    """

    typical: pd.Series
    athletes: pd.DataFrame
    slope_sd: float
    loglik_gain: float
    messages: tuple[str, ...]


def slopes(table: pd.DataFrame, level: float, *, serial: bool = True) -> Growth:
    """Fit every athlete's rows (see `rows.Rows`) together.

    Args:
        table: rows of two athletes or more.
        level: probability that the intervals hold.
        serial: let residuals of one exercise correlate over time.

    Raises:
        ModelError: no unique answer.
    """
    sloped = _exercises_have_slopes(table)
    found = fit(table, "log_week", serial=serial, sloped=sloped)
    curve, line = (
        fit(table, clock, serial=serial, sloped=sloped, reml=False).loglik for clock in CLOCKS
    )
    variance = float(np.asarray(found.random_cov["athlete"])[1, 1])
    typical = found.contrast({"log_week": 1.0}, level, robust="CR2")
    return Growth(
        typical=typical,
        athletes=_athletes(found, variance, level),
        slope_sd=float(np.sqrt(variance)),
        loglik_gain=curve - line,
        messages=found.messages,
    )


def fit(
    table: pd.DataFrame, clock: str, *, serial: bool, sloped: bool = True, reml: bool = True
) -> mixed.MixedFit:
    """Fit the growth model.

    Args:
        table: rows of two athletes or more.
        clock: "log_week" or "week".
        serial: let residuals of one exercise correlate over time.
        sloped: let exercises of one athlete have slopes of their own.
        reml: restricted likelihood; False to compare clocks.
    """
    several = _has_several(table)
    athlete, exercise = f"~ {clock}", f"~ {clock}" if sloped else "~ 1"
    return mixed.fit(
        f"strength ~ {clock}",
        table,
        groups=["athlete", "exercise"] if several else "athlete",
        random={"athlete": athlete, "athlete/exercise": exercise} if several else athlete,
        reml=reml,
        correlation="car1" if serial else None,
        time="day" if serial else None,
    )


def _has_several(table: pd.DataFrame) -> bool:
    return bool(table.groupby("athlete")["exercise"].nunique().max() > 1)


def _exercises_have_slopes(table: pd.DataFrame) -> bool:
    if not _has_several(table):
        return False
    found = fit(table, "log_week", serial=False)
    slope_variance = float(np.asarray(found.random_cov["athlete/exercise"])[1, 1])
    spread = slope_variance * float(table["log_week"].var())
    return spread > EMPTY * found.residual_sd**2


def _athletes(found: mixed.MixedFit, variance: float, level: float) -> pd.DataFrame:
    from scipy import stats

    own = found.group_contrast({"log_week": 1.0}, level="athlete")
    reach = stats.t.ppf(0.5 + level / 2.0, found.dof["log_week"]) * own["std_error"]
    error = found.random_effects["athlete"]["log_week_std_error"].to_numpy()
    resolved = 1.0 - error**2 / variance if variance > 0 else np.zeros(len(own))
    return pd.DataFrame(
        {
            "estimate": own["estimate"],
            "low": own["estimate"] - reach,
            "high": own["estimate"] + reach,
            "reliability": np.clip(resolved, 0.0, 1.0),
        }
    )
