"""From performed sets to estimates of log strength, each with what it is worth.

Which sets count is decided here; what each is worth, in `set_errors`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from analysis.measures.e1rm import REP_CAP, e1rm_expr, formula_named
from analysis.models.latent.kalman import Days, Floats

# What one set is worth as evidence of strength.
#
# A set says how strong a lifter is only through three guesses: how many reps were left, the
# formula, and the lifter's own reps-load curve. Each adds variance, so five honest reps near
# failure weigh more than fifteen of unknown effort:
#
# * effort logged: SD of 0.95 rep for a logged reserve, the size of the mean error of such ratings
#   (Halperin et al. 2022, doi 10.1007/s40279-021-01559-x); none for a set marked as failure;
# * effort unknown: the reserve is a half-normal number of reps, mean 2.0 and SD 1.5 for the
#   default scale of 2.5. This is an assumption of this program, not a finding;
# * the curve: the between-person SD of reps at a share of the 1RM, 0 at one rep to 4.4 at 20
# (Nuzzo
#   et al. 2024, doi 10.1007/s40279-023-01937-7);
# * the day: a 1RM differs from itself on retest by 4.2 % (Grgic et al. 2020).


TO_FAILURE = ("failure", "amrap")
RETEST_SD = 0.042
RATING_SD_REPS = 0.95
CURVE_SD_REPS = ((1.0, 0.0), (4.94, 1.90), (7.15, 2.19), (9.75, 2.51), (12.37, 2.88),
                 (14.80, 3.31), (17.11, 3.80), (19.53, 4.37))  # fmt: skip
"""Mean reps at 90 … 60 % of the 1RM and their between-person SD (Nuzzo et al. 2024, Fig. 2)."""


def half_normal_mean(scale: float) -> float:
    """Return the mean of a half-normal reserve, reps."""
    return scale * math.sqrt(2 / math.pi)


def reps_to_failure(unknown_rir_scale: float) -> pl.Expr:
    """Return reps done plus the reserve: logged, or the mean of what is assumed."""
    return pl.col("reps") + pl.col("reserve").fill_null(half_normal_mean(unknown_rir_scale))


def variance(formula: str, unknown_rir_scale: float) -> pl.Expr:
    """Return the variance of a set's log e1RM: errors in reps times the formula's slope."""
    unknown_sd = unknown_rir_scale * math.sqrt(1 - 2 / math.pi)
    effort_sd = (
        pl.when(pl.col("reserve").is_null())
        .then(unknown_sd)
        .when(pl.col("kind").is_in(TO_FAILURE))
        .then(0.0)
        .otherwise(RATING_SD_REPS)
    )
    reps = reps_to_failure(unknown_rir_scale)
    middle = pl.max_horizontal(reps, 2.0)  # below, the formulas' rule for one rep breaks the slope
    low, high = (
        e1rm_expr(pl.col("load"), middle + half, formula, rep_cap=None).log()
        for half in (-0.5, 0.5)
    )
    return RETEST_SD**2 + (high - low) ** 2 * (effort_sd**2 + _curve_sd(reps) ** 2)


def _curve_sd(reps: pl.Expr) -> pl.Expr:
    sd = pl.lit(CURVE_SD_REPS[-1][1])
    for (left, low), (right, high) in reversed(list(pairwise(CURVE_SD_REPS))):
        between = low + (reps - left) * ((high - low) / (right - left))
        sd = pl.when(reps <= right).then(between).otherwise(sd)
    return sd


# Fatigue within a day: later sets of an exercise estimate less strength than the first.
#
# Left in, a day of five sets would look weaker than a day of one, and more volume would look like
# less strength. The mean fall from the first set is pooled over the whole table, by rank, and
# taken off; nothing about one athlete's trend is used.


LAST_RANK = 6
"""Sets from the sixth on share one mean."""
FEWEST_PAIRS = 30
"""A rank with fewer sets than this in the table is left as it is."""

_DAY = ("series", "day")


def remove_rank_effect(estimates: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with `log_e1rm` freed of the pooled effect of the set's rank in its day.

    Args:
        estimates: sets with `series`, `day`, `exercise_number`, `set_number`, `effort` and
            `log_e1rm`.
    """
    ranked = estimates.sort(*_DAY, "exercise_number", "set_number", maintain_order=True)
    ranked = ranked.with_columns(
        pl.int_range(1, pl.len() + 1).over(_DAY).clip(upper_bound=LAST_RANK).alias("rank"),
        (pl.col("log_e1rm") - pl.col("log_e1rm").first().over(_DAY)).alias("fall"),
    )
    effect = rank_effects(ranked).select("effort", "rank", "mean_fall")
    joined = ranked.join(effect, on=["effort", "rank"], how="left", maintain_order="left")
    corrected = pl.col("log_e1rm") - pl.col("mean_fall").fill_null(0.0)
    return joined.with_columns(corrected.alias("log_e1rm")).drop("rank", "fall", "mean_fall")


def rank_effects(ranked: pl.DataFrame) -> pl.DataFrame:
    """Return one row per `effort` and `rank` above 1: `mean_fall` (log units) and `pairs`."""
    return (
        ranked.filter(pl.col("rank") > 1)
        .group_by("effort", "rank")
        .agg(pl.col("fall").mean().alias("mean_fall"), pl.len().alias("pairs"))
        .filter(pl.col("pairs") >= FEWEST_PAIRS)
        .sort("effort", "rank")
    )


NOT_WORKING = ("warmup", "cooldown", "drop", "myo")
TOP_SHARE = 0.95
"""A set of unknown effort counts from this share of the day's top load in the exercise: lighter
ones are mostly warm-ups that no app marked, and say only "at least"."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates of log strength from sets.

    Attributes:
        table: one row per set used: `series` (athlete and exercise id), `athlete`, `exercise`,
            `exercise_id`, `day` (days since 1970-01-01), `log_e1rm` (log kg), `variance`,
            `effort` ("known" or "unknown").
        left_out: reason → number of sets not used; with the table's rows it sums to all sets.
        settings: every parameter of the call.
    """

    table: pd.DataFrame
    left_out: dict[str, int]
    settings: dict[str, object]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out and what was assumed, in sentences."""
        lines = [f"{count} sets not used: {reason}." for reason, count in self.left_out.items()]
        unknown = int((self.table["effort"] == "unknown").sum())
        if unknown:
            lines.append(
                f"Effort is not logged for {unknown} of {len(self.table)} sets used; each is "
                f"taken to have had about {half_normal_mean(self._scale):.1f} reps left "
                "(assumed), with a wider error."
            )
        return tuple(lines)

    @property
    def _scale(self) -> float:
        scale = self.settings["unknown_rir_scale"]
        return scale if isinstance(scale, float) else math.nan


def observations(
    sets: pl.DataFrame,
    *,
    formula: str = "epley",
    rep_cap: float = REP_CAP,
    unknown_rir_scale: float = 2.5,
    top_share: float = TOP_SHARE,
    body_mass_kg: Mapping[str, float] | None = None,
) -> Estimates:
    """Turn sets into the observations that `smooth` takes.

    Loads are taken as logged for the bases *external* and *per_hand* (one hand's load: a constant
    factor, which a log turns into a constant). *Added* load needs the athlete's body mass.
    Assistance, bodyweight and unmapped exercises are left out: their load is no measure of
    strength. Later sets of a day are freed of the pooled fatigue of their rank, so that more sets
    do not look like less strength.

    Args:
        sets: the set table.
        formula: name in `e1rm.FORMULAS`.
        rep_cap: most reps, logged reserve included.
        unknown_rir_scale: scale of the half-normal reserve where effort is unknown, reps.
        top_share: share of the day's top load from which a set of unknown effort counts.
        body_mass_kg: athlete → body mass, for added loads.
    """
    formula_named(formula)
    judged = _with_effort(sets, body_mass_kg or {}).with_columns(_reason(rep_cap).alias("reason"))
    usable = judged.filter(pl.col("reason").is_null())
    top = pl.col("load").max().over("series", "day")
    light = (pl.col("effort") == "unknown") & (pl.col("load") < top_share * top)
    used = usable.filter(~light)
    estimated = used.with_columns(
        e1rm_expr(pl.col("load"), reps_to_failure(unknown_rir_scale), formula, rep_cap=None)
        .log()
        .alias("log_e1rm"),
        variance(formula, unknown_rir_scale).alias("variance"),
    )
    left_out = dict(judged["reason"].drop_nulls().value_counts().sort("reason").iter_rows())
    left_out[f"effort unknown and below {top_share:.0%} of the day's top load"] = len(
        usable
    ) - len(used)
    settings: dict[str, object] = {
        "formula": formula,
        "rep_cap": rep_cap,
        "unknown_rir_scale": float(unknown_rir_scale),
        "top_share": top_share,
    }
    table = remove_rank_effect(estimated).select(
        "series", "athlete", "exercise", "exercise_id", "day", "log_e1rm", "variance", "effort"
    )
    return Estimates(table.to_pandas(), {k: n for k, n in left_out.items() if n}, settings)


def _with_effort(sets: pl.DataFrame, body_mass_kg: Mapping[str, float]) -> pl.DataFrame:
    mass = pl.col("athlete").replace_strict(
        dict(body_mass_kg), default=None, return_dtype=pl.Float64
    )
    failed = pl.col("rir").is_null() & pl.col("kind").is_in(TO_FAILURE)
    return sets.with_columns(
        pl.when(pl.col("load_basis") == "added")
        .then(pl.col("load_kg") + mass)
        .otherwise(pl.col("load_kg"))
        .alias("load"),
        pl.when(failed).then(0.0).otherwise(pl.col("rir")).alias("reserve"),
        pl.col("started_at").dt.date().to_physical().cast(pl.Float64).alias("day"),
        pl.concat_str("athlete", pl.coalesce("exercise_id", "exercise"), separator=" · ").alias(
            "series"
        ),
    ).with_columns(
        pl.when(pl.col("reserve").is_null())
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("known"))
        .alias("effort")
    )


def _reason(rep_cap: float) -> pl.Expr:
    """Return why a set is not used, null when it is; the first rule that applies is named."""
    basis, reps = pl.col("load_basis"), pl.col("reps")
    rules = {
        "warm-up, cool-down, drop set or cluster": pl.col("kind").is_in(NOT_WORKING),
        "no load that measures strength (assistance, bodyweight, timed or unmapped)": ~basis.is_in(
            ["external", "per_hand", "added"]
        ),
        "added load without a body mass": (basis == "added")
        & pl.col("load").is_null()
        & pl.col("load_kg").is_not_null(),
        "no load or no reps": (pl.col("load").fill_null(0) <= 0) | (reps.fill_null(0) < 1),
        f"more than {rep_cap:g} reps": reps + pl.col("reserve").fill_null(0) > rep_cap,
    }
    reason = pl.lit(None, dtype=pl.String)
    for words, rule in reversed(rules.items()):
        reason = pl.when(rule).then(pl.lit(words)).otherwise(reason)
    return reason


# From a table of sets' estimates to padded arrays of daily observations.
#
# The sets of one day share that day's form, the lifter's own reps-load curve and one sense of
# effort, so three sets are worth less than three independent ones: their errors are taken to
# correlate (see `collapse`). Weights within a day are inverse variances.


Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Daily:
    """One row per series and day, series after series, days ascending.

    Attributes:
        names: the series.
        begin: first row of each series, and the number of rows at the end.
        day: day number.
        value: precision-weighted mean of the day's estimates.
        noise: its variance.
        sets: number of estimates that day.
    """

    names: pd.Index
    begin: Indices
    day: Floats
    value: Floats
    noise: Floats
    sets: Indices

    @property
    def length(self) -> Indices:
        """Days of each series."""
        return np.diff(self.begin)

    @property
    def typical_noise(self) -> Floats:
        """Mean variance of each series."""
        sums: Floats = np.add.reduceat(self.noise, self.begin[:-1])
        return sums / self.length

    def rows_of(self, series: Indices) -> Indices:
        """Return the rows of some series, in the order of the series."""
        length = self.length[series]
        skipped = self.begin[series] - (np.cumsum(length) - length)
        rows: Indices = np.arange(length.sum()) + np.repeat(skipped, length)
        return rows

    def take(self, series: Indices) -> Daily:
        """Return some of the series."""
        rows = self.rows_of(series)
        begin = np.append(0, np.cumsum(self.length[series]))
        return Daily(
            self.names[series],
            begin,
            self.day[rows],
            self.value[rows],
            self.noise[rows],
            self.sets[rows],
        )


def collapse(observations: pd.DataFrame, within_day_correlation: float) -> Daily:
    """Return the daily means of a table with `series`, `day`, `log_e1rm` and `variance`.

    Errors of one day are e = √v (√c z + √(1−c) ε) with z shared: c = 1 makes ten sets worth one,
    c = 0 makes them independent.

    Raises:
        ValueError: a column is missing, or a variance is not positive, or a number is not finite.
    """
    _check(observations)
    codes, names = pd.factorize(observations["series"], sort=True)
    day = observations["day"].to_numpy(dtype=float)
    order = np.lexsort((day, codes)) if _unsorted(codes, day) else slice(None)
    codes, day = codes[order], day[order]
    value = observations["log_e1rm"].to_numpy(dtype=float)[order]
    noise = observations["variance"].to_numpy(dtype=float)[order]
    new_day = np.flatnonzero(np.diff(codes, prepend=-1) | (np.diff(day, prepend=np.nan) != 0))
    if len(new_day) < len(day):
        precision = 1 / noise
        alone = 1 / np.add.reduceat(precision, new_day)
        value = np.add.reduceat(precision * value, new_day) * alone
        shared = (np.add.reduceat(np.sqrt(precision), new_day) * alone) ** 2
        noise = within_day_correlation * shared + (1 - within_day_correlation) * alone
    sets = np.diff(new_day, append=len(day))
    begin = np.searchsorted(codes[new_day], np.arange(len(names) + 1))
    return Daily(pd.Index(names), begin, day[new_day], value, noise, sets)


def _check(observations: pd.DataFrame) -> None:
    missing = {"series", "day", "log_e1rm", "variance"} - set(observations.columns)
    if missing:
        raise ValueError(f"observations lack the columns {', '.join(sorted(missing))}")
    numbers = observations[["day", "log_e1rm", "variance"]].to_numpy(dtype=float)
    wrong = ~np.isfinite(numbers).all(axis=1) | (numbers[:, 2] <= 0)
    if wrong.any() or observations["series"].isna().any():
        raise ValueError(
            f"{max(wrong.sum(), 1)} observations are not finite, lack a series, or have a "
            f"variance that is not above 0 (first at row {int(wrong.argmax())})"
        )


def _unsorted(codes: NDArray[np.intp], day: Floats) -> bool:
    ahead = np.diff(codes)
    return bool(((ahead < 0) | ((ahead == 0) & (np.diff(day) < 0))).any())


def pad(daily: Daily, typical: Floats) -> Days:
    """Return the series as padded arrays, their noise relative to the series' typical noise."""
    place = np.repeat(np.arange(len(daily.names)), daily.length)
    relative = daily.noise / typical[place]
    return _scatter(place, daily.day, daily.value, relative, np.ones(len(place)))


def pad_with_markers(
    daily: Daily, typical: Floats, before_last: tuple[float, ...]
) -> tuple[Days, Indices, Indices]:
    """Return padded arrays with unobserved rows so many days before the last day.

    Returns:
        The arrays; for each row of `daily` its row in them; and the (marker, series) rows of the
        markers, −1 where the series had not begun.
    """
    count, size = len(daily.names), len(daily.day)
    marks = daily.day[daily.begin[1:] - 1] - np.array(before_last)[:, None]
    marks = np.where(marks >= daily.day[daily.begin[:-1]], marks, np.nan)
    place = np.append(
        np.repeat(np.arange(count), daily.length), np.tile(np.arange(count), len(marks))
    )
    day = np.append(daily.day, marks)
    seen = (np.arange(len(day)) < size).astype(float)
    value, noise = np.append(daily.value, np.zeros(marks.size)), np.ones(len(day))
    noise[:size] = daily.noise / typical[place[:size]]
    order = np.lexsort((-seen, day, place))
    order = order[~np.isnan(day[order])]
    fresh = (np.diff(place[order], prepend=-1) > 0) | (np.diff(day[order], prepend=np.nan) != 0)
    kept = order[fresh]
    row = np.full(len(day), -1)
    first = np.searchsorted(place[kept], np.arange(count))
    row[order] = np.cumsum(fresh) - 1 - first[place[order]]
    days = _scatter(*(part[kept] for part in (place, day, value, noise, seen)))
    return days, row[:size], row[size:].reshape(marks.shape)


def _scatter(place: Indices, day: Floats, value: Floats, noise: Floats, seen: Floats) -> Days:
    count = int(place[-1]) + 1
    first = np.searchsorted(place, np.arange(count))
    row = np.arange(len(place)) - first[place]
    arrays = [np.zeros((int(row.max()) + 1, count)) for _ in range(4)]
    arrays[2][...] = 1.0
    gap = np.where(row > 0, np.diff(day, prepend=day[0]), 0.0)
    for array, content in zip(arrays, (gap, value, noise, seen), strict=True):
        array[row, place] = content
    return Days(*arrays)
