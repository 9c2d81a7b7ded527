"""From when on something is a flag. Every number is the coach's to change, in `clients.toml`.

None of them comes from a trial: they are this program's conventions, set so that a flag is rare
enough to be read. docs/coach.md shows how often each fires in real logs.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any

from analysis.measures.lifts import EARLIER_DAYS, GAIN_PCT, UNLIKELY_PCT


def _threshold(default: float, low: float, high: float, doc: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "doc": doc})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a flag is raised; each has a default, bounds and a meaning in its metadata."""

    block_weeks: int = _threshold(4, 1, 26, "length of the last block, weeks")
    record_earlier_days: int = _threshold(
        EARLIER_DAYS,
        1,
        100,
        "records: fewest earlier days of the exercise; a first day is no record",
    )
    record_gain_pct: float = _threshold(
        GAIN_PCT,
        0,
        20,
        "records: least gain over the earlier best, %; less is plates and rounding",
    )
    record_unlikely_pct: float = _threshold(
        UNLIKELY_PCT,
        5,
        1000,
        "records: a gain above this, or a fall by the same factor, is an odd entry, %",
    )
    stall_days: int = _threshold(8, 5, 60, "stall: the last days of an exercise that are judged")
    stall_span_days: int = _threshold(
        28, 7, 365, "stall: shortest time from first to last of them, days"
    )
    stall_reach_days: int = _threshold(
        120,
        28,
        1000,
        "stall: longest time from first to last of them; older days are another time",
    )
    stall_growth_pct: float = _threshold(
        1.0, 0, 10, "stall: the interval must lie below this growth, % per 4 weeks"
    )
    stall_level: float = _threshold(
        0.95, 0.5, 0.99, "stall: probability that the interval of the trend holds"
    )
    stall_share: float = _threshold(
        0.25, 0, 1, "stall: share of the judged exercises that must stall to ask for attention"
    )
    skipped_weeks: int = _threshold(
        12, 6, 52, "skipped: weeks before the last block that say what is regular"
    )
    skipped_share: float = _threshold(
        0.6, 0.1, 1, "skipped: share of those weeks that a regular movement was trained in"
    )
    drop_weeks: int = _threshold(2, 1, 8, "drop: weeks whose sets are summed")
    drop_sets_pct: float = _threshold(
        40.0, 5, 95, "drop: fall of sets or sessions below the median of the earlier windows, %"
    )
    drop_strength_pct: float = _threshold(
        10.0, 2, 50, "drop: fall of an exercise's e1RM below its median, %"
    )
    slide_weeks: int = _threshold(
        12, 8, 52, "slide: weeks over which the sets of four weeks are compared, start and end"
    )
    slide_pct: float = _threshold(40.0, 10, 95, "slide: fall of those sets, %")
    return_days: int = _threshold(
        28, 14, 365, "return: days off after which a client is coming back, and is compared anew"
    )
    return_weeks: int = _threshold(8, 2, 26, "return: weeks that coming back is said for")
    pain_weeks: int = _threshold(4, 1, 26, "pain notes: weeks looked back")
    inactive_factor: float = _threshold(
        2.0, 1, 10, "inactivity: days off, in the athlete's own long gaps (90th percentile)"
    )
    inactive_days: int = _threshold(7, 1, 90, "inactivity: fewest days off that are flagged")
    away_weeks: int = _threshold(
        12, 4, 104, "inactivity: weeks off after which a client is away, and no longer urgent"
    )
    least_sessions: int = _threshold(8, 1, 100, "fewest sessions that a client is judged on")

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            ValueError: a value lies outside; the message names it and the rule.
        """
        for each in described():
            value = getattr(self, each.name)
            low, high = each.metadata["low"], each.metadata["high"]
            if not low <= value <= high:
                raise ValueError(f"{each.name} is {value}, expected {low} to {high}")


def described() -> tuple[Field[Any], ...]:
    """Return the thresholds as fields: name, default, type, and metadata low, high, doc."""
    return fields(Thresholds)
