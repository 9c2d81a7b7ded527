"""Flags on the training itself: movements left out, days off."""

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

SAID = {
    "calf_knee_extended": "calf raise with straight knees",
    "calf_knee_flexed": "calf raise with bent knees",
}
"""Patterns whose name in the catalogue is no coach's word."""

NOT_MOVEMENTS = ("cardio", "conditioning", "mobility", "other")


def skipped(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the regular movements that the last block does not hold.

    A movement is a pattern of the catalogue (a squat, a row) or a muscle group's direct work;
    another exercise of the same pattern counts as done. A muscle that went with a missing pattern
    is not named again. It is regular when it was trained in enough of the logged weeks before the
    block. A block with half its weeks unlogged, or too few earlier weeks, judges nothing.
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
            pl.col("pattern").unique().alias("patterns"),
        )
        .filter(
            pl.col("weeks_ago") >= block, pl.col("weeks_trained") >= rule.skipped_share * earlier
        )
        .with_columns(pl.lit(earlier).alias("weeks_logged"))
        .sort("kind", "sets_a_week", "movement", descending=[True, True, False])
    )  # fmt: skip
    missed = _each_once(missed).select(
        "kind", "movement", "day", "weeks_trained", "weeks_logged", "sets_a_week"
    )
    if missed.is_empty():
        return
    names = ", ".join(SAID.get(name, spoken(name)) for name in missed["movement"])
    sentence = (
        f"Not trained in the last {block} weeks, though in at least "
        f"{100 * rule.skipped_share:g} % of the {earlier} logged weeks before: {names}."
    )
    last: Any = missed["day"].max()
    first: Any = missed["day"].min()
    yield Finding(training.athlete, "skipped", "notice", sentence, missed.to_pandas(), first, last)


def _movements(training: Training, done: pl.DataFrame) -> pl.DataFrame:
    wanted = ("kind", "movement", "weeks_ago", "day", "set_count", "pattern")
    patterns = done.filter(
        pl.col("pattern").is_not_null(), ~pl.col("pattern").is_in(list(NOT_MOVEMENTS))
    ).with_columns(pl.lit("pattern").alias("kind"), pl.col("pattern").alias("movement"))
    direct = counting.by_group(done, training.logbook.catalogue).filter(pl.col("role") == "direct")
    muscles = direct.with_columns(
        pl.lit("muscle").alias("kind"), pl.col("group").alias("movement")
    )
    return pl.concat([patterns.select(wanted), muscles.select(wanted)])


def _each_once(missed: pl.DataFrame) -> pl.DataFrame:
    """Leave out the muscles that were trained by a pattern which is missing itself."""
    gone = missed.filter(pl.col("kind") == "pattern")["movement"].to_list()
    with_it = pl.col("patterns").list.eval(pl.element().is_in(gone)).list.any()
    return missed.filter((pl.col("kind") == "pattern") | ~with_it)


def inactivity(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the days off, when they are many more than the athlete's own long gaps.

    Own long gap: the 90th percentile of the gaps between training days over the last half year
    of log. A whole block without a session is flagged whatever the gaps were. After
    `rule.away_weeks` it is a notice: the athlete is away, and that is no news.
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
    level = "notice" if training.is_away(rule) else "attention"
    yield Finding(
        training.athlete, "inactive", level, sentence, rows, training.last_day,
        training.today,
    )  # fmt: skip
