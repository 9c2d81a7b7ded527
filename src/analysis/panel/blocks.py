"""An athlete's calendar cut into blocks of whole weeks, counted from the first logged week."""

from __future__ import annotations

import polars as pl

from analysis.measures import weeks
from analysis.panel.options import PanelOptions


def calendar_blocks(sets: pl.DataFrame, options: PanelOptions) -> pl.DataFrame:
    """Return every block from an athlete's first to last log.

    Args:
        sets: all sets of the athletes, whatever they train: they say which weeks hold a log.
        options: block length and weekday.

    Returns:
        One row per `athlete` and `block` (from 0): `block_start` (first day), `weeks` (of the
        block that lie before the end of the log), `logged_weeks`, `origin` (start of block 0).
    """
    return (
        weeks.calendar(sets, options.week_starts)
        .with_columns(pl.col("week").min().over("athlete").alias("origin"))
        .with_columns(block_of(pl.col("week"), options.block_weeks))
        .group_by("athlete", "origin", "block")
        .agg(
            pl.len().cast(pl.Int64).alias("weeks"),
            pl.col("training_days").count().cast(pl.Int64).alias("logged_weeks"),
        )
        .with_columns(
            (pl.col("origin") + pl.duration(days=7 * options.block_weeks * pl.col("block"))).alias(
                "block_start"
            )
        )
        .sort("athlete", "block")
    )


def block_of(day: pl.Expr, block_weeks: int) -> pl.Expr:
    """Return the block of a day; needs the column `origin`."""
    since = (day - pl.col("origin")).dt.total_days()
    return (since // (7 * block_weeks)).cast(pl.Int64).alias("block")


def origins(blocks: pl.DataFrame) -> pl.DataFrame:
    """Return `athlete` and `origin`, one row each."""
    return blocks.select("athlete", "origin").unique()
