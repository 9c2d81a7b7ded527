"""Flags on a sudden drop: sessions, sets, or an exercise's e1RM far below the athlete's usual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl

from analysis.measures.flags.thresholds import Thresholds
from analysis.measures.flags.training import Finding, Training
from analysis.measures.words import count

LEAST_WINDOWS = 4
"""Fewest earlier windows that say how many sets are usual."""

LEAST_BLOCKS = 3
"""Fewest earlier blocks that say how many sessions are usual."""

USUAL_DAYS, LATE_DAYS = 8, 2
"""An exercise's last two days are set against the eight before."""

STEADY = 0.025
"""Least day-to-day SD of log e1RM assumed; a lower quartile of real series is 1.6 %, and a run of
equal sets would otherwise make any light day a drop."""


def drop(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield what fell far below what is usual for the athlete: sessions, sets, or e1RM.

    Sessions: the block to today is below the median of up to six earlier such blocks by the
    threshold. Sets: the last window is below the median of up to six earlier windows by the
    threshold, and below each of them. e1RM: the better of the last two days is below the median
    of the eight before by the threshold, and by three of their standard deviations (from the
    median absolute deviation); a fall too large to believe is an odd entry instead. Windows
    without a log are unknown and judge nothing. One weak exercise alone is a notice.
    """
    fewer = [*_fewer_sessions(training, rule), *_fewer_sets(training, rule)]
    weak = weaker(training, rule).filter(~too_far_below(rule)).to_dicts()
    rows = fewer + [
        _row(f"e1RM of {each['lift']}", each["first_day"], each["day"], each["now"], each["usual"],
             each["change_pct"], USUAL_DAYS)
        for each in weak
    ]  # fmt: skip
    if not rows:
        return
    worst = ", ".join(f"{row['what']} −{-row['change_pct']:.0f} %" for row in rows[:3])
    rest = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    sentence = f"Far below own usual: {worst}{rest}."
    level = "attention" if fewer or len(weak) > 1 else "notice"
    yield Finding(
        training.athlete, "drop", level, sentence, pd.DataFrame(rows),
        min(row["first_day"] for row in rows), max(row["day"] for row in rows),
    )  # fmt: skip


def _fewer_sessions(training: Training, rule: Thresholds) -> list[dict[str, Any]]:
    days = 7 * rule.block_weeks
    ago = (pl.lit(training.today) - pl.col("day")).dt.total_days()
    # The oldest block may begin before the log does and hold fewer sessions than it would.
    whole = training.sets.select(ago.max() // days).item()
    counts = (
        training.sets.group_by((ago // days).alias("block"))
        .agg(pl.col("session").n_unique().alias("sessions"))
        .filter(pl.col("block") <= 6)
    )
    earlier = counts.filter(pl.col("block").is_between(1, whole - 1))["sessions"]
    now = float(counts.filter(pl.col("block") == 0)["sessions"].sum())
    usual: Any = earlier.median()
    if len(earlier) < LEAST_BLOCKS:
        return []
    change = 100 * (now / usual - 1)
    if change > -rule.drop_sets_pct:
        return []
    what = f"sessions in {count(rule.block_weeks, 'week')}"
    start = training.sets.filter(ago < days)["day"].min()
    return [_row(what, start, training.last_day, now, usual, change, len(earlier))]


def _fewer_sets(training: Training, rule: Thresholds) -> list[dict[str, Any]]:
    days = 7 * rule.drop_weeks
    ago = (pl.lit(training.last_day) - pl.col("day")).dt.total_days() // days
    sums = (
        training.work.group_by(ago.alias("window"))
        .agg(pl.col("set_count").sum().alias("sets"))
        .filter(pl.col("window") <= 6)
        .sort("window")
    )
    earlier = sums.filter(pl.col("window") > 0)["sets"]
    now = float(sums.filter(pl.col("window") == 0)["sets"].sum())
    usual: Any = earlier.median()
    least: Any = earlier.min()
    if len(earlier) < LEAST_WINDOWS or not usual:
        return []
    change = 100 * (now / usual - 1)
    if change > -rule.drop_sets_pct or now >= least:
        return []
    what = f"sets in {count(rule.drop_weeks, 'week')}"
    start = training.block_start(rule.drop_weeks)
    return [_row(what, start, training.last_day, now, usual, change, len(earlier))]


def weaker(training: Training, rule: Thresholds) -> pl.DataFrame:
    """Return the exercises whose last two days lie far below the eight before, worst first.

    Returns:
        One row per `lift`: `first_day` and `day` (of the two), `now` and `usual` (e1RM, kg),
        `change_pct`.
    """
    usual_days = USUAL_DAYS + LATE_DAYS
    late = pl.col("place") < LATE_DAYS
    log_e1rm = pl.col("e1rm_kg").log()
    series = (
        training.tops.filter(pl.col("e1rm_kg") > 0)
        .sort("lift", "day", descending=[False, True])
        .with_columns(pl.int_range(pl.len()).over("lift").alias("place"))
        .filter(pl.col("place") < usual_days)
        .with_columns(log_e1rm.filter(~late).median().over("lift").alias("usual"))
        .group_by("lift", maintain_order=True)
        .agg(
            pl.col("usual").first(),
            (log_e1rm - pl.col("usual")).abs().filter(~late).median().alias("mad"),
            log_e1rm.filter(late).max().alias("now"),
            pl.col("day").filter(late).min().alias("first_day"),
            pl.col("day").max(),
            pl.len().alias("days"),
        )
    )
    spread = (1.4826 * pl.col("mad")).clip(lower_bound=STEADY)
    fall = pl.col("now") - pl.col("usual")
    change = 100 * (fall.exp() - 1)
    return (
        series.filter(
            pl.col("days") == usual_days,
            pl.col("first_day") >= training.block_start(rule.block_weeks),
            change <= -rule.drop_strength_pct,
            fall <= -3 * spread,
        )
        .with_columns(change.alias("change_pct"), pl.col("now", "usual").exp())
        .select("lift", "first_day", "day", "now", "usual", "change_pct")
        .sort("change_pct", "lift")
    )


def too_far_below(rule: Thresholds) -> pl.Expr:
    """Whether a fall is as far from the usual, by factor, as an unlikely record is above it.

    kg taken for lb is a fall of 55 %, one hand for two of 50 %; strength does not fall so.
    """
    return pl.col("change_pct") < 100 * (1 / (1 + rule.record_unlikely_pct / 100) - 1)


def _row(
    what: str, first: Any, last: Any, now: float, usual: float, change: float, n: int
) -> dict[str, Any]:
    return {
        "what": what, "first_day": first, "day": last, "now": now, "usual": usual,
        "change_pct": change, "compared_with": n,
    }  # fmt: skip
