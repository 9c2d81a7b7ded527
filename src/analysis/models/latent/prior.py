"""What is believed about a strength series before it is seen, so that short ones stay sane."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prior:
    """Shrinkage of a series' variances; a long series outweighs it.

    The centres of scale and level are rounded from 679 athlete-by-exercise series of 20 days or
    more in the exports of 24 lifters (medians 0.71 and 0.016, quartiles 0.0105 and 0.026); those
    of the slope are the spread of yearly growth in such logs (quartiles +2 and +26 %). The widths
    are wide on purpose: one SD is a factor of e in a variance's root.

    Attributes:
        scale: error SD as a share of the stated one; the stated variance holds the spread
            between people, most of which is constant within one.
        scale_days: days of observation that the prior on the scale is worth.
        level_sd: SD of the level's daily random step, log units (0.015 = 8 % in 28 days).
        level_log_sd: prior SD of the log of that variance, relative to the error.
        slope_sd: SD of the first day's slope, log units per day (0.0005 = 18 % in a year).
        slope_change_sd: SD of the slope's daily random step, log units per day.
        slope_change_log_sd: prior SD of the log of that variance, relative to the error.
    """

    scale: float = 0.7
    scale_days: float = 4.0
    level_sd: float = 0.015
    level_log_sd: float = 2.0
    slope_sd: float = 0.0005
    slope_change_sd: float = 0.00003
    slope_change_log_sd: float = 2.0
