"""Banister's fitness-fatigue model, fitted only where a log can identify it.

    p(t) = p0 + k1 Σ w(s) e^(−(t−s)/τ1) − k2 Σ w(s) e^(−(t−s)/τ2)

Performance on day t is a baseline plus fitness minus fatigue, both exponentially fading sums of
past loads. The sums run over s ≤ t when the load of the same day counts, s < t when it does not;
published coefficients hold under one convention only. Those of the data of Clarke & Skiba (2013)
reproduce their objective with the same day included; without it the error is nine times larger.

The model is easily unidentified: on those nine tests the best fit of all has two equal time
constants and two gains of 10, a difference of two nearly equal curves. So `fit` refuses, with
the reason, unless there are enough outcomes, the time constants are apart, and held-out outcomes
are predicted better than by a plain baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.models.banister import (
    FATIGUE_DAYS,
    FITNESS_DAYS,
    Banister,
    Floats,
    faded_sum,
    held_out_errors,
    least_squares,
)

__all__ = ["Banister", "ImpulseFit", "NotIdentifiedError", "faded_sum", "fit"]

FEWEST_OUTCOMES = 30
LEAST_RATIO = 1.5
"""Time constants nearer than this cannot be told apart by gains that nearly cancel."""
LEAST_HELD_OUT_GAIN = 0.05
"""Share by which held-out error must fall below the best baseline's."""


class NotIdentifiedError(ValueError):
    """The log cannot tell fitness from fatigue; the message says why."""


@dataclass(frozen=True, slots=True)
class ImpulseFit:
    """A fit that passed every check.

    Attributes:
        model: the coefficients.
        mse: mean squared error over the outcomes.
        held_out_mse: the same for outcomes in blocks of time that the fit had not seen.
        baseline_mse: held-out error of the better baseline: a straight line in time, or fitness
            without fatigue.
        outcomes: number of outcomes.
    """

    model: Banister
    mse: float
    held_out_mse: float
    baseline_mse: float
    outcomes: int


def fit(
    daily_load: ArrayLike, outcome_days: ArrayLike, outcomes: ArrayLike, *, same_day: bool = False
) -> ImpulseFit:
    """Fit the model, or refuse with the reason.

    Gains are kept at 0 or above; the time constants are searched on a grid and then refined.

    Args:
        daily_load: load of every day, 0 on rest days, from the first day (day 0) on.
        outcome_days: the day of each outcome, as a place in `daily_load`.
        outcomes: performance on those days.
        same_day: whether the load of the day of an outcome counts for it. By default it does not:
            exposure comes before outcome.

    Raises:
        NotIdentifiedError: fewer than 30 outcomes; a gain at 0; time constants nearer than a
            factor of 1.5 or at the edge of their range; or no gain on held-out outcomes over a
            straight line in time and over fitness alone.
        ValueError: the inputs do not fit together.
    """
    load, days, values = _checked(daily_load, outcome_days, outcomes)
    if len(values) < FEWEST_OUTCOMES:
        raise NotIdentifiedError(
            f"{len(values)} outcomes, and five coefficients need {FEWEST_OUTCOMES} or more"
        )
    model = least_squares(load, days, values, same_day)
    _refuse_degenerate(model)
    held_out, *baselines = held_out_errors(load, days, values, same_day)
    for name, baseline in zip(
        ("a straight line in time", "fitness alone"), baselines, strict=True
    ):
        if held_out > (1 - LEAST_HELD_OUT_GAIN) * baseline:
            raise NotIdentifiedError(
                f"on outcomes it had not seen the model errs by {held_out:.4g} (mean square), "
                f"{name} by {baseline:.4g}: the model predicts no better"
            )
    baseline = min(baselines)
    mse = float(np.mean((model.predict(load)[days] - values) ** 2))
    return ImpulseFit(model, mse, held_out, baseline, len(values))


def _checked(
    daily_load: ArrayLike, outcome_days: ArrayLike, outcomes: ArrayLike
) -> tuple[Floats, NDArray[np.intp], Floats]:
    load = np.asarray(daily_load, dtype=float)
    days = np.asarray(outcome_days, dtype=np.intp)
    values = np.asarray(outcomes, dtype=float)
    if days.shape != values.shape:
        raise ValueError(f"{days.size} outcome days for {values.size} outcomes")
    if days.size and not (days.min() >= 0 and days.max() < load.size):
        raise ValueError(f"outcome days must lie in 0 to {load.size - 1}, the days of the load")
    if not (np.isfinite(load).all() and (load >= 0).all() and np.isfinite(values).all()):
        raise ValueError("loads must be finite and not negative, outcomes finite")
    order = np.argsort(days, kind="stable")
    return load, days[order], values[order]


def _refuse_degenerate(model: Banister) -> None:
    if min(model.fitness_gain, model.fatigue_gain) <= 0:
        missing = "fitness" if model.fitness_gain <= 0 else "fatigue"
        raise NotIdentifiedError(f"the best fit has no {missing} at all")
    if model.fitness_days < LEAST_RATIO * model.fatigue_days:
        raise NotIdentifiedError(
            f"the time constants are {model.fitness_days:.1f} and {model.fatigue_days:.1f} days, "
            f"nearer than a factor of {LEAST_RATIO}: the two curves nearly cancel"
        )
    for days, (low, high) in (
        (model.fitness_days, FITNESS_DAYS),
        (model.fatigue_days, FATIGUE_DAYS),
    ):
        if days <= low * 1.001 or days >= high * 0.999:
            raise NotIdentifiedError(
                f"a time constant of {days:.1f} days is at the edge of {low:g} to {high:g}: the "
                "log holds no optimum"
            )
