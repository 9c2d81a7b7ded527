"""Flags on strength: records, entries too good to be true, and exercises that stall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from analysis.measures.flags.drop_flags import USUAL_DAYS, too_far_below, weaker
from analysis.measures.flags.thresholds import Thresholds
from analysis.measures.flags.training import Finding, Training
from analysis.measures.rates import fit
from analysis.measures.top_sets import REP_CAP
from analysis.measures.words import count

BLOCK_DAYS = 28
"""Trends are per 4 weeks, as in `progression`."""


def records(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the records of the last block, and apart from them what is too large to believe.

    A record is a first top set whose load, or e1RM up to 10 repetitions, is above that of every
    earlier day. One row per exercise and kind: the newest. Too large to believe is also a fall of
    the last two days, see `weaker`.
    """
    found = _above_every_earlier_day(training.tops, rule).filter(
        pl.col("day") >= training.block_start(rule.block_weeks)
    )
    odd = pl.col("gain_pct") > rule.record_unlikely_pct
    good, above = found.filter(~odd), found.filter(odd)
    if good.height:
        lifts = _names(good.sort("gain_pct", descending=True, maintain_order=True)["lift"])
        sentence = f"New best on {lifts} in the last {rule.block_weeks} weeks."
        yield _finding(training, "record", "good", sentence, good)
    below = weaker(training, rule).filter(too_far_below(rule))
    if above.height or below.height:
        yield _odd(training, rule, above, below)


def _odd(
    training: Training, rule: Thresholds, above: pl.DataFrame, below: pl.DataFrame
) -> Finding:
    high = f"more than {rule.record_unlikely_pct:g} % above every earlier day"
    said = [
        f"{_names(lifts)} {where}"
        for lifts, where in ((above["lift"], high), (below["lift"], "far below its usual"))
        if len(lifts)
    ]
    sentence = (
        f"Check the entry: {'; '.join(said)}. A typing error, another unit, one hand for two, or "
        "another machine?"
    )
    fallen = below.select(
        "lift", "day", pl.lit("e1RM").alias("best"), pl.col("now").alias("value_kg"),
        pl.col("usual").alias("before_kg"), pl.col("change_pct").alias("gain_pct"),
        pl.lit(USUAL_DAYS, pl.Int64).alias("earlier_days"),
    )  # fmt: skip
    both = pl.concat([above.cast({"earlier_days": pl.Int64}), fallen.select(above.columns)])
    rows = both.rename({"best": "measure", "gain_pct": "change_pct"})
    return _finding(training, "odd entry", "notice", sentence, rows)


def _above_every_earlier_day(tops: pl.DataFrame, rule: Thresholds) -> pl.DataFrame:
    strength = pl.when(pl.col("top_reps") <= REP_CAP).then(pl.col("e1rm_kg"))
    kinds = tops.select("lift", "day", pl.col("top_load_kg").alias("load"), strength.alias("e1RM"))
    long = kinds.unpivot(index=["lift", "day"], variable_name="best", value_name="value_kg")
    series = ["lift", "best"]
    value = pl.col("value_kg")
    return (
        long.drop_nulls("value_kg")
        .sort(*series, "day")
        .with_columns(
            value.cum_max().shift(1).over(series).alias("before_kg"),
            (value.cum_count().over(series) - 1).alias("earlier_days"),
        )
        .with_columns((100 * (value / pl.col("before_kg") - 1)).alias("gain_pct"))
        .filter(
            pl.col("gain_pct") >= max(rule.record_gain_pct, 1e-6),
            pl.col("earlier_days") >= rule.record_earlier_days,
        )
        .unique(series, keep="last", maintain_order=True)
        .select("lift", "best", "day", "value_kg", "before_kg", "gain_pct", "earlier_days")
    )


def stalls(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the exercises whose last days show no growth worth the name.

    Judged are exercises trained in the last block with enough days over a long enough time. An
    exercise stalls when no e1RM of those days is above the earlier best, and the whole interval
    of their trend (`trend.fit`, which allows for drift) lies below the least growth that
    matters. Most series are too noisy for that, and are not flagged. It asks for attention when
    two exercises fall or three stall, and these are a good share of those judged: of thirty
    exercises a few stand still by plan or by chance. Less is a notice.
    """
    judged = judged_for_stall(training, rule)
    stalled = judged.filter(pl.col("high_pct") < rule.stall_growth_pct, ~pl.col("new_best"))
    if stalled.is_empty():
        return
    falling = stalled.filter(pl.col("high_pct") < 0)
    also = f", falling on {_names(falling['lift'])}" if falling.height else ""
    sentence = (
        f"No new best, and no growth of {rule.stall_growth_pct:g} % per 4 weeks or more, in the "
        f"last {rule.stall_days} days of {_names(stalled['lift'])}{also} "
        f"({stalled.height} of {count(judged.height, 'exercise')} with enough days)."
    )
    several = falling.height >= 2 or stalled.height >= 3
    wide = stalled.height >= rule.stall_share * judged.height
    level = "attention" if several and wide else "notice"
    yield _finding(training, "stall", level, sentence, stalled.drop("new_best"))


def judged_for_stall(training: Training, rule: Thresholds) -> pl.DataFrame:
    """Return the trend of every exercise that can be judged.

    Returns:
        One row per `lift`: `first_day`, `day` (its last), `days`, `pct_per_4_weeks`, `low_pct`,
        `high_pct` (interval of `rule.stall_level`, same unit), `last_load_kg`, `new_best`
        (whether a day's e1RM is above the best before these days).
    """
    known = (
        training.tops.filter(pl.col("e1rm_kg") > 0)
        .sort("lift", "day")
        .with_columns(
            (pl.col("e1rm_kg") > pl.col("e1rm_kg").cum_max().shift(1) * (1 + 1e-9))
            .over("lift")
            .alias("is_best")
        )
    )
    last = known.group_by("lift", maintain_order=True).tail(rule.stall_days)
    spans = last.group_by("lift", maintain_order=True).agg(
        pl.col("day").first().alias("first_day"),
        pl.col("day").last(),
        pl.len().cast(pl.Int64).alias("days"),
        pl.col("top_load_kg").last().alias("last_load_kg"),
        pl.col("is_best").fill_null(True).any().alias("new_best"),
    )
    enough = spans.filter(
        pl.col("days") >= rule.stall_days,
        (pl.col("day") - pl.col("first_day"))
        .dt.total_days()
        .is_between(rule.stall_span_days, rule.stall_reach_days),
        pl.col("day") >= training.block_start(rule.block_weeks),
    )
    trend = fit(last.join(enough.select("lift"), on="lift"), ["lift"], "e1rm_kg", rule.stall_level)
    named = {"pct_per_4_weeks": "slope", "low_pct": "slope_low", "high_pct": "slope_high"}
    return (
        enough.join(trend, on="lift", how="left", maintain_order="left")
        .with_columns(
            (100 * ((BLOCK_DAYS * pl.col(slope)).exp() - 1)).alias(name)
            for name, slope in named.items()
        )
        .select("lift", "first_day", "day", "days", *named, "last_load_kg", "new_best")
    )


def _finding(
    training: Training, flag: str, level: str, sentence: str, rows: pl.DataFrame
) -> Finding:
    first: Any = rows["first_day" if "first_day" in rows.columns else "day"].min()
    last: Any = rows["day"].max()
    assert isinstance(first, date)
    return Finding(training.athlete, flag, level, sentence, rows.to_pandas(), first, last)


def _names(lifts: pl.Series | Sequence[str], most: int = 3) -> str:
    """Return the first names and how many more there are."""
    names = list(dict.fromkeys(lifts))
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
