"""Progression: how fast strength rises, per exercise and per muscle, with intervals that hold.

The outcome is the log e1RM of each day's first top set. An exercise's rate is the slope of a line
through it (`trend`), whose interval allows for drift. A muscle's rate is the mean over the
exercises that train it directly (`pooling`). Changes are taken within an exercise and then
pooled, so that a changing mix of exercises is no change in strength.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from analysis.figures import Trace, by_athlete, figure, interval_points
from analysis.logbook import Logbook
from analysis.measures import counting, day_strength, trend, working
from analysis.measures.day_strength import Estimate
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy
from analysis.say import count, listing, number, spoken, whose

if TYPE_CHECKING:
    from analysis.exercises import Catalogue


# The rate of every exercise, and how far the choice of formula moves it.


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
    formulas = day_strength.by_formula(estimate)
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


# From the rates of exercises to the rate of a muscle.
#
# The rate is the mean slope over the exercises that train the muscle directly, each counted once.
# Its interval has two parts, added as variances:
#
# *between*  a t interval over the exercises' slopes. It always fits, and held the truth in
#            simulation where a mixed model failed quietly;
# *shared*   exercises of one body rise and fall together, which their spread cannot show. The
#            residuals around each exercise's own line are averaged day by day; the interval of a
#            line through that average (`trend`) is what a shared swing could have done.
#
# Without the second part the interval held the truth in as few as 21 % of simulated logs with a
# shared drift; with it, see docs/measures.md#progression.


POOL = ["athlete", "muscle"]


def pool(
    by_exercise: pl.DataFrame,
    tops: pl.DataFrame,
    catalogue: Catalogue,
    min_exercises: int,
    level: float,
) -> pl.DataFrame:
    """Return the mean slope of each muscle group with its interval.

    Args:
        by_exercise: one row per `athlete` and `lift` with `exercise_id`, `slope` (log per day,
            null where not estimated), `days` and `span_days`.
        tops: one row per `athlete`, `lift` and `day` with `e1rm_kg`.
        catalogue: which exercise trains which group.
        min_exercises: fewest slopes that give a group a rate, at least 2.
        level: probability that the interval holds.

    Returns:
        One row per `athlete` and group with a direct exercise: `scope` "muscle", `name`,
        `slope`, `slope_low`, `slope_high` (null unless `status` is "ok"), `days`, `span_days`,
        `exercises`, `status`.
    """
    direct = counting.by_muscle(by_exercise, catalogue).filter(pl.col("role") == "direct")
    fitted = direct.filter(pl.col("slope").is_not_null())
    between = direct.group_by(POOL).agg(
        pl.col("slope").mean(),
        (pl.col("slope").std() / pl.col("slope").count().sqrt()).alias("se"),
        pl.col("slope").count().cast(pl.Int64).alias("exercises"),
        pl.col("days").filter(pl.col("slope").is_not_null()).sum(),
        pl.col("span_days").filter(pl.col("slope").is_not_null()).max(),
    )
    enough = pl.col("exercises") >= max(min_exercises, 2)
    pooled = between.with_columns(
        pl.when(enough).then(pl.lit("ok")).otherwise(pl.lit("too few exercises")).alias("status"),
        pl.lit("muscle").alias("scope"),
        pl.col("muscle").alias("name"),
        (pl.col("se") * _t(between["exercises"], level)).alias("between"),
    ).join(_shared(fitted, tops, level), on=POOL, how="left")
    return _with_ends(pooled).sort(
        "athlete", counting.place_of_muscle(catalogue), maintain_order=True
    )


def _with_ends(pooled: pl.DataFrame) -> pl.DataFrame:
    reach = (pl.col("between") ** 2 + pl.col("shared") ** 2).sqrt()
    ends = {
        "slope": pl.col("slope"),
        "slope_low": pl.col("slope") - reach,
        "slope_high": pl.col("slope") + reach,
    }
    known = pl.col("status") == "ok"
    return pooled.with_columns(pl.when(known).then(end).alias(name) for name, end in ends.items())


def _t(exercises: pl.Series, level: float) -> pl.Series:
    from scipy.special import stdtrit

    return pl.Series(stdtrit(np.maximum(exercises.to_numpy() - 1, 1), (1 + level) / 2))


def _shared(fitted: pl.DataFrame, tops: pl.DataFrame, level: float) -> pl.DataFrame:
    """Return half the interval of a line through the exercises' mean residual, per day."""
    lift = ("athlete", "muscle", "lift")
    when = pl.col("day").cast(pl.Int32).cast(pl.Float64)
    strength = pl.col("e1rm_kg").log()
    residual = strength - strength.mean().over(lift)
    residual -= pl.col("slope") * (when - when.mean().over(lift))
    together = (
        fitted.select(*lift, "slope")
        .join(tops.select("athlete", "lift", "day", "e1rm_kg"), on=["athlete", "lift"])
        .with_columns(residual.alias("residual"))
        .group_by(*POOL, "day")
        .agg(pl.col("residual").mean().exp())
    )
    half = (pl.col("slope_high") - pl.col("slope_low")) / 2
    return fit(together, POOL, "residual", level).select(*POOL, half.alias("shared"))


BLOCK_DAYS = 28
"""Rates are per 4 weeks."""


def progression(
    logbook: Logbook,
    *,
    estimate: Estimate | None = None,
    rule: WorkingRule | None = None,
    min_days: int = 8,
    min_span_days: int = 56,
    min_exercises: int = 3,
    level: float = 0.95,
) -> Result:
    """Estimate the rate of strength gain per exercise and per muscle group.

    Args:
        logbook: the sets and the catalogue.
        estimate: the e1RM formula, its rep cap (default 15) and the body mass.
        rule: which sets are working sets.
        min_days: fewest days with an e1RM that give an exercise a rate.
        min_span_days: shortest time from first to last of them.
        min_exercises: fewest exercises that give a muscle group a rate.
        level: probability that an interval holds.

    Returns:
        Result whose table has one row per `athlete`, `scope` ("muscle" or "exercise") and
        `name`: `pct_per_4_weeks` with `low` and `high` (same unit; the ends of the interval),
        `formula_low` and `formula_high` (same unit; an exercise's least and most rate over all
        e1RM formulas),
        `days` (with an e1RM; for a muscle, over its exercises), `span_days`, `exercises` (that
        a muscle's rate is over) and `status` ("ok", "too few days", "too short",
        "too few exercises"; the rate is null unless "ok").
    """
    estimate, rule = estimate or Estimate(), rule or WorkingRule()
    tops = day_strength.top_sets(logbook, estimate, rule)
    known = tops.filter(pl.col("e1rm_kg") > 0)
    by_exercise = logbook.once(
        ("rates", estimate, rule, min_days, min_span_days, level),
        lambda: rates(
            known, estimate, min_days=min_days, min_span_days=min_span_days, level=level
        ),
    )
    by_muscle = pool(by_exercise, known, logbook.catalogue, min_exercises, level)
    table = tidy(_in_percent(pl.concat([by_muscle, by_exercise], how="diagonal")))
    done = working.work(logbook, rule).filter(pl.col("set_count") > 0)
    return Result(
        name="progression",
        title="Rate of strength gain",
        table=table,
        summary=_summary(table, level),
        draw=_draw,
        notes=(
            *_short_notes(table, min_days, min_span_days, min_exercises),
            *day_strength.notes(done, tops, estimate),
            *_formula_note(table),
            "A rate describes this log: what else changed with time (technique, body mass, "
            "machines) is in it.",
        ),
        settings={
            **asdict(estimate),
            **asdict(rule),
            "min_days": min_days,
            "min_span_days": min_span_days,
            "min_exercises": min_exercises,
            "level": level,
        },
    )


def _in_percent(slopes: pl.DataFrame) -> pl.DataFrame:
    ends = {
        "pct_per_4_weeks": "slope",
        "low": "slope_low",
        "high": "slope_high",
        "formula_low": "formula_low",
        "formula_high": "formula_high",
    }
    return slopes.with_columns(
        (100 * ((BLOCK_DAYS * pl.col(source)).exp() - 1)).alias(name)
        for name, source in ends.items()
    ).select("athlete", "scope", "name", *ends, "days", "span_days", "exercises", "status")


def _summary(table: pd.DataFrame, level: float) -> str:
    ok = table[table["status"] == "ok"].assign(width=lambda rows: rows["high"] - rows["low"])
    for scope in ("muscle", "exercise"):
        part = ok[ok["scope"] == scope].sort_values("width", kind="stable")
        if len(part):
            clear = int(((part["low"] > 0) | (part["high"] < 0)).sum())
            sure = part.iloc[0]
            return (
                f"Best known {scope}: {spoken(sure['name'])}, "
                f"{sure['pct_per_4_weeks']:+.1f} % per 4 weeks ({100 * level:g} % interval "
                f"{sure['low']:+.1f} to {sure['high']:+.1f} %, "
                f"n = {count(int(sure['days']), 'day')}); {clear:,} of {count(len(part), scope)} "
                f"differ from no change{whose(list(part['athlete'].unique()))}."
            )
    return f"No exercise has enough days for a rate (n = {count(len(table), 'exercise')})."


def _short_notes(
    table: pd.DataFrame, min_days: int, min_span: int, min_exercises: int
) -> list[str]:
    reasons = {
        "too few days": f"fewer than {min_days} days with an e1RM",
        "too short": f"less than {min_span} days from first to last",
        "too few exercises": f"fewer than {min_exercises} exercises with a rate of their own",
    }
    sentences = []
    for status, reason in reasons.items():
        short = table[table["status"] == status]
        if len(short):
            column = "exercises" if status == "too few exercises" else "days"
            names = listing(
                {str(k): int(v) for k, v in short.groupby("name")[column].sum().items()}
            )
            sentences.append(f"No rate, {reason}: {number(len(short), 0)} – {names} ({column}).")
    return sentences


def _formula_note(table: pd.DataFrame) -> list[str]:
    spread = (table["formula_high"] - table["formula_low"]).dropna()
    if spread.empty:
        return []
    return [
        f"Another e1RM formula would move the median exercise's rate by up to "
        f"{number(spread.median(), 2)} points (% per 4 weeks; n = "
        f"{count(len(spread), 'exercise')})."
    ]


def _draw(table: pd.DataFrame) -> Figure:
    ok = table[table["status"] == "ok"]
    traces, menu = by_athlete(ok, _forest)
    rows = int(ok.groupby("athlete")["name"].size().max()) if len(ok) else 1
    return figure(
        traces,
        x="Rate (% per 4 weeks)",
        y="",
        height=max(320, 80 + 20 * rows),
        yaxis={"autorange": "reversed", "automargin": True, "type": "category", "dtick": 1},
        **menu,
    )


def _forest(rows: pd.DataFrame) -> list[Trace]:
    hover = "%{y}: %{x:+.1f} % per 4 weeks<extra></extra>"
    return [
        interval_points(
            part["pct_per_4_weeks"],
            list(part["name"]),
            part["low"],
            part["high"],
            f"{kind}s",
            series=place,
            hover=hover,
        )
        for place, (kind, part) in enumerate(rows.groupby("scope", sort=False))
    ]
