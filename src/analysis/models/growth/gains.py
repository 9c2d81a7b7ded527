"""What a slope per unit of ln(week) means: gains between times, in the units people speak of."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def log_time_gain(slope: float, from_weeks: float, to_weeks: float) -> float:
    """Return the gain between two times, in the units of the slope, on the line slope·ln(1 + t).

    With the slopes of the meta-analytic time course, 0.2986 (strength) and 0.1257 (hypertrophy)
    SMC per ln week, 24 to 36 weeks bring 0.117 and 0.049 SMC:

    >>> round(log_time_gain(0.2986, 24, 36), 3), round(log_time_gain(0.1257, 24, 36), 3)
    (0.117, 0.049)
    """
    return slope * math.log((1.0 + to_weeks) / (1.0 + from_weeks))


def in_percent(log_gain: ArrayLike) -> NDArray[np.float64]:
    """Return a gain of log strength in %."""
    return np.asarray(100.0 * np.expm1(np.asarray(log_gain, dtype=float)))
