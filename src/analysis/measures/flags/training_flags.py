"""Flags on the training itself: movements left out, a sudden drop, days off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import polars as pl

from analysis.measures import counting
from analysis.measures.flags.thresholds import Thresholds
from analysis.measures.flags.training import Finding, Training
from analysis.measures.words import count, spoken

LEAST_WEEKS = 6
"""Fewest earlier logged weeks that say what is regular."""

LEAST_WINDOWS = 4
"""Fewest earlier windows that say how many sets are usual."""

USUAL_DAYS, LATE_DAYS = 8, 2
"""An exercise's last two days are set against the eight before."""

STEADY = 0.025
"""Least day-to-day SD of log e1RM assumed; a lower quartile of real series is 1.6 %, and a run of
equal sets would otherwise make any light day a drop."""

NOT_MOVEMENTS = ("cardio", "conditioning", "mobility", "other")


def skipped(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the regular movements that the last block does not hold.

    A movement is a pattern of the catalogue (a squat, a row) or a muscle group's direct work;
    another exercise of the same pattern counts as done. It is regular when it was trained in
    enough of the logged weeks before the block. A block with half its weeks unlogged, or too few
    earlier weeks, judges nothing.
    """
    ago = (pl.lit(training.last_day) - pl.col("day")).dt.total_days() // 7
    done = training.work.with_columns(ago.alias("weeks_ago"))
    block, reach = rule.block_weeks, rule.block_weeks + rule.skipped_weeks
    logged = done.filter(pl.col("weeks_ago") < reach)["weeks_ago"].unique()
    earlier = int((logged >= block).sum())
    if earlier < LEAST_WEEKS or int((logged < block).sum()) <= block // 2:
        return
    missed = (
        _movements(training, done.filter(pl.col("weeks_ago") < reach))
        .group_by("kind", "movement", maintain_order=True)
        .agg(
            pl.col("weeks_ago").filter(pl.col("weeks_ago") >= block).n_unique().cast(pl.Int64)
            .alias("weeks_trained"),
            (pl.col("set_count").sum() / earlier).alias("sets_a_week"),
            pl.col("day").max(),
            pl.col("weeks_ago").min(),
        )
        .filter(
            pl.col("weeks_ago") >= block, pl.col("weeks_trained") >= rule.skipped_share * earlier
        )
        .with_columns(pl.lit(earlier).alias("weeks_logged"))
        .sort("kind", "sets_a_week", "movement", descending=[True, True, False])
        .select("kind", "movement", "day", "weeks_trained", "weeks_logged", "sets_a_week")
    )  # fmt: skip
    if missed.is_empty():
        return
    names = ", ".join(dict.fromkeys(spoken(name) for name in missed["movement"]))
    sentence = (
        f"Not trained in the last {block} weeks, though in at least "
        f"{100 * rule.skipped_share:g} % of the {earlier} logged weeks before: {names}."
    )
    last: Any = missed["day"].max()
    first: Any = missed["day"].min()
    yield Finding(training.athlete, "skipped", "notice", sentence, missed.to_pandas(), first, last)


def _movements(training: Training, done: pl.DataFrame) -> pl.DataFrame:
    wanted = ("kind", "movement", "weeks_ago", "day", "set_count")
    patterns = done.filter(
        pl.col("pattern").is_not_null(), ~pl.col("pattern").is_in(list(NOT_MOVEMENTS))
    ).with_columns(pl.lit("pattern").alias("kind"), pl.col("pattern").alias("movement"))
    direct = counting.by_group(done, training.logbook.catalogue).filter(pl.col("role") == "direct")
    muscles = direct.with_columns(
        pl.lit("muscle").alias("kind"), pl.col("group").alias("movement")
    )
    return pl.concat([patterns.select(wanted), muscles.select(wanted)])


def drop(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield a fall of the sets, or of an exercise's e1RM, far below what is usual for the athlete.

    Sets: the last window is below the median of up to six earlier windows by the threshold, and
    below each of them. e1RM: the better of the last two days is below the median of the eight
    before by the threshold, and by three of their standard deviations (from the median absolute
    deviation). Windows without a log are unknown and judge nothing. One weak exercise alone is a
    notice.
    """
    fewer, weaker = _fewer_sets(training, rule), _weaker(training, rule)
    rows = fewer + weaker
    if not rows:
        return
    table = pd.DataFrame(rows)
    worst = ", ".join(f"{row['what']} −{-row['change_pct']:.0f} %" for row in rows[:3])
    rest = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    sentence = f"Far below own usual: {worst}{rest}."
    level = "attention" if fewer or len(weaker) > 1 else "notice"
    yield Finding(
        training.athlete, "drop", level, sentence, table,
        min(row["first_day"] for row in rows), max(row["day"] for row in rows),
    )  # fmt: skip


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


def _weaker(training: Training, rule: Thresholds) -> list[dict[str, Any]]:
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
    found = series.filter(
        pl.col("days") == usual_days,
        pl.col("first_day") >= training.block_start(rule.block_weeks),
        100 * (fall.exp() - 1) <= -rule.drop_strength_pct,
        fall <= -3 * spread,
    ).with_columns((100 * (fall.exp() - 1)).alias("change_pct"), pl.col("now", "usual").exp())
    return [
        _row(f"e1RM of {row['lift']}", row["first_day"], row["day"], row["now"], row["usual"],
             row["change_pct"], USUAL_DAYS)
        for row in found.sort("change_pct").to_dicts()
    ]  # fmt: skip


def _row(
    what: str, first: Any, last: Any, now: float, usual: float, change: float, n: int
) -> dict[str, Any]:
    return {
        "what": what, "first_day": first, "day": last, "now": now, "usual": usual,
        "change_pct": change, "compared_with": n,
    }  # fmt: skip


def inactivity(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the days off, when they are many more than the athlete's own long gaps.

    Own long gap: the 90th percentile of the gaps between training days over the last half year
    of log. A whole block without a session is flagged whatever the gaps were.
    """
    days = training.sets["day"].unique().sort()
    late = days.filter(days >= training.last_day - timedelta(days=182))
    gaps = late.diff().dt.total_days().drop_nulls()
    usual: Any = gaps.quantile(0.9, interpolation="nearest") if len(gaps) >= 8 else None
    limit = max(rule.inactive_days, rule.inactive_factor * usual) if usual else float("inf")
    off = training.days_off
    if off <= limit and training.trained_lately(rule):
        return
    own = (
        f"own gaps are {usual:g} days or fewer, nine times in ten" if usual else "few days logged"
    )
    sentence = f"No session for {count(off, 'day')}; {own} (n = {count(len(gaps), 'gap')})."
    rows = pd.DataFrame(
        {
            "last_session": [training.last_day],
            "today": [training.today],
            "days_off": [off],
            "own_long_gap_days": [usual],
            "gaps": [len(gaps)],
        }
    )
    yield Finding(
        training.athlete, "inactive", "attention", sentence, rows, training.last_day,
        training.today,
    )  # fmt: skip
