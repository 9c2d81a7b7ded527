"""The rate of every exercise, and how far the choice of formula moves it."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.measures import top_sets, trend
from analysis.measures.top_sets import Estimate

SERIES = ["athlete", "lift"]


def rates(
    tops: pl.DataFrame, estimate: Estimate, *, min_days: int, min_span_days: int, level: float
) -> pl.DataFrame:
    """Return the slope of log e1RM of every exercise.

    Args:
        tops: one row per `athlete`, `lift` and `day`, from `top_sets`, each with an e1RM.
        estimate: what the e1RM is, for the same under the other formulas.
        min_days: fewest days that give a slope.
        min_span_days: shortest time from first to last of them.
        level: probability that an interval holds.

    Returns:
        One row per `athlete` and `lift`: `exercise_id`, `days`, `span_days`, `status`; `slope`,
        `slope_low`, `slope_high` per day, and `formula_low`, `formula_high`, the least and most
        of the slope over all formulas. Null unless `status` is "ok".
    """
    series = tops.group_by(SERIES, maintain_order=True).agg(
        pl.col("exercise_id").first(),
        pl.len().cast(pl.Int64).alias("days"),
        (pl.col("day").max() - pl.col("day").min()).dt.total_days().alias("span_days"),
    )
    status = (
        pl.when(pl.col("days") < min_days)
        .then(pl.lit("too few days"))
        .when(pl.col("span_days") < min_span_days)
        .then(pl.lit("too short"))
        .otherwise(pl.lit("ok"))
    )
    series = series.with_columns(
        status.alias("status"), pl.lit("exercise").alias("scope"), pl.col("lift").alias("name")
    )
    chosen = tops.join(series.filter(pl.col("status") == "ok").select(SERIES), on=SERIES)
    return series.join(
        fit(chosen, SERIES, "e1rm_kg", level), on=SERIES, how="left", maintain_order="left"
    ).join(_over_formulas(chosen, estimate), on=SERIES, how="left", maintain_order="left")


def fit(rows: pl.DataFrame, keys: list[str], value: str, level: float) -> pl.DataFrame:
    """Return `slope`, `slope_low`, `slope_high` of log `value` per day, one row per `keys`."""
    ordered = rows.sort(*keys, "day")
    series = ordered.select(keys).unique(maintain_order=True)
    if series.is_empty():
        nothing = pl.lit(None, pl.Float64)
        return series.with_columns(nothing.alias(n) for n in ("slope", "slope_low", "slope_high"))
    found = trend.fit(*_arrays(ordered, keys, value), level=level)
    return series.with_columns(
        pl.Series("slope", found.slope),
        pl.Series("slope_low", found.low),
        pl.Series("slope_high", found.high),
    )


def _arrays(
    ordered: pl.DataFrame, keys: list[str], value: str
) -> tuple[NDArray[np.int64], trend.Floats, trend.Floats]:
    series = ordered.select(pl.struct(keys).rle_id().cast(pl.Int64)).to_series()
    day = ordered["day"].cast(pl.Int32).to_numpy().astype(float)
    return series.to_numpy(), day, np.log(ordered[value].to_numpy())


def _over_formulas(rows: pl.DataFrame, estimate: Estimate) -> pl.DataFrame:
    formulas = top_sets.by_formula(estimate)
    keys = [*SERIES, "formula"]
    long = (
        rows.select(*SERIES, "day", *(e1rm.alias(name) for name, e1rm in formulas.items()))
        .unpivot(index=[*SERIES, "day"], variable_name="formula", value_name="e1rm_kg")
        .filter(pl.col("e1rm_kg") > 0)
        .sort(*keys, "day")
    )
    series = long.select(keys).unique(maintain_order=True)
    found = trend.slopes(*_arrays(long, keys, "e1rm_kg")) if len(long) else np.empty(0)
    return (
        series.with_columns(pl.Series("slope", found, pl.Float64))
        .group_by(SERIES)
        .agg(
            pl.col("slope").min().alias("formula_low"), pl.col("slope").max().alias("formula_high")
        )
    )
