"""Athlete × muscle × block: the table that models are fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import polars as pl

from analysis.exercises import Catalogue
from analysis.logbook import Logbook
from analysis.measures import counting, working
from analysis.measures.words import count
from analysis.panel.blocks import calendar_blocks
from analysis.panel.change import exercise_changes, muscle_changes
from analysis.panel.exposure import KEYS, exposures, per_week
from analysis.panel.flow import left_out_blocks, usable_blocks
from analysis.panel.options import PanelOptions
from analysis.panel.outcome import block_strength, daily_strength

SPLIT = ("dose", "frequency", "intensity_pct")
"""Exposures that are given as the athlete's mean and the deviation from it."""


def panel(
    logbook: Logbook,
    *,
    muscle: str | Sequence[str],
    options: PanelOptions | None = None,
    **changed: Any,
) -> pd.DataFrame:
    """Return one row per athlete, muscle and block.

    Args:
        logbook: the sets and the catalogue.
        muscle: one muscle group of the catalogue, or several.
        options: every choice the table depends on.
        changed: single choices, by their name in `PanelOptions`: `block_weeks=6`.

    Returns:
        Sorted by `athlete`, `muscle`, `block` (from 0, at the athlete's first logged week):

        - `block_start`, `weeks`, `logged_weeks`, `unlogged_weeks`, `training_years` (since the
          first log, at the start of the block);
        - `dose`, `hard_sets`, `effort_unknown_sets` (sets per logged week by the counting rule),
          `frequency` (days a week with a direct set), `intensity_pct` (mean % of the past
          e1RM), `mean_reps`; null where too few weeks are logged;
        - for dose, frequency and intensity `_mean` (of the athlete's blocks with status ok) and
          `_deviation` from it;
        - `change_pct` (100 × change of mean log strength to the next block), `change_variance`
          and `next_covariance` (%², of its noise; with the next row's), `exercises`,
          `change_days`, `effort_known` (share), `implausible` (exercise changes left out);
        - `status`, a word of `flow.STATUSES`.

    Raises:
        ValueError: a muscle that is no group of the catalogue, or an option out of range.
    """
    options = replace(options or PanelOptions(), **changed)
    muscles = _known([muscle] if isinstance(muscle, str) else list(muscle), logbook.catalogue)
    blocks = calendar_blocks(logbook.sets, options)
    trains = logbook.catalogue.group_roles.filter(pl.col("group").is_in(muscles))
    ids = trains["exercise_id"].unique().implode()
    work = working.work(logbook, options.working).filter(pl.col("exercise_id").is_in(ids))
    exposure = exposures(work, blocks, logbook.catalogue, options).filter(
        pl.col("muscle").is_in(muscles)
    )
    direct = trains.filter(pl.col("role") == "direct").select("exercise_id", muscle="group")
    daily = daily_strength(work, logbook.catalogue, options)
    changes = exercise_changes(block_strength(daily, blocks, options), direct)
    return assemble(per_week(blocks, exposure, muscles, options), changes, options)


def assemble(exposure: pl.DataFrame, changes: pl.DataFrame, options: PanelOptions) -> pd.DataFrame:
    """Join exposures and changes; simulations at block level enter here."""
    table = (
        exposure.join(muscle_changes(changes, options.max_change_pct), on=KEYS, how="left")
        .with_columns(
            (pl.col("weeks") - pl.col("logged_weeks")).alias("unlogged_weeks"),
            (pl.col("block") * options.block_weeks * 7 / 365.25).alias("training_years"),
            pl.col("implausible").fill_null(0),
            pl.col("next_covariance").fill_null(0.0),
        )
        .with_columns(_status().alias("status"))
        .sort(KEYS)
        .drop("origin")
        .to_pandas()
    )
    return with_exposure(table, SPLIT)


def with_exposure(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Split exposures into the athlete's mean over blocks with status ok and the deviation."""
    usable = table["status"] == "ok"
    columns = {}
    for name in names:
        kept = table[name].where(usable).groupby([table["athlete"], table["muscle"]])
        columns[f"{name}_mean"] = kept.transform("mean")
        columns[f"{name}_deviation"] = table[name] - columns[f"{name}_mean"]
    return table.assign(**columns)


def gaps(table: pd.DataFrame) -> tuple[str, ...]:
    """Return sentences on the blocks and changes that cannot enter a model, counted."""
    lost = [
        f"{count(n, 'block')} of {len(table):,} left out: {reason}."
        for reason, n in left_out_blocks(table).items()
    ]
    if without := int((usable_blocks(table) == 0).sum()):
        lost.append(f"{count(without, 'athlete')} with no usable block at all.")
    return (*lost, *unknowns(table))


def unknowns(table: pd.DataFrame) -> tuple[str, ...]:
    """Return sentences on weeks without a log and on changes too large to be strength."""
    lost = []
    unknown = int(table["unlogged_weeks"].sum() / max(table["muscle"].nunique(), 1))
    if unknown:
        lost.append(f"{count(unknown, 'week')} without any log: unknown, not counted as 0.")
    if odd := int(table["implausible"].sum()):
        lost.append(
            f"{count(odd, 'change')} of an exercise from one block to the next left out as too "
            "large to be strength: another machine, unit or a typing error."
        )
    return tuple(lost)


def _known(muscles: list[str], catalogue: Catalogue) -> list[str]:
    groups = counting.groups(catalogue)
    unknown = sorted(set(muscles) - set(groups))
    if unknown or not muscles:
        raise ValueError(
            f"muscle is {', '.join(unknown) or 'empty'}, expected one of {', '.join(groups)}"
        )
    return list(dict.fromkeys(muscles))


def _status() -> pl.Expr:
    last = pl.col("block") == pl.col("block").max().over("athlete")
    return (
        pl.when(last)
        .then(pl.lit("last block"))
        .when(pl.col("dose").is_null())
        .then(pl.lit("too few logged weeks"))
        .when(pl.col("change_pct").is_null())
        .then(pl.lit("no strength in both blocks"))
        .otherwise(pl.lit("ok"))
    )
