"""The modelling table: what a muscle was given in a block, and how its strength then changed.

    from analysis.models.panel import panel
    table = panel(logbook, muscle="quads")

`blocks`    the calendar cut into blocks of weeks, per athlete;
`exposure`  dose, effort, intensity and frequency of a block;
`outcome`   each block's own strength, per exercise, with its variance;
`change`    the change to the next block, within an exercise, pooled over exercises;
`flow`      what enters a model and what does not, counted by reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import polars as pl

from analysis.exercises import Catalogue
from analysis.logbook import Logbook
from analysis.measures import counting, day_strength, weeks, working
from analysis.measures.counting import Rule
from analysis.measures.day_strength import Estimate
from analysis.measures.load import BodyMass, series_load
from analysis.measures.working import WorkingRule
from analysis.say import count

# From block estimates to the change of a muscle's strength, with what its errors share.
#
# A change is taken within an exercise and only then pooled: the exercises that a lifter does
# change
# with the dose, and a mean over a changing mix turned a true zero into +1 % per set. Pooling is by
# precision, 1 / (v_b + v_b+1 + τ²), where τ² is what changes of one muscle's exercises differ by
# beyond their noise (DerSimonian & Laird 1986, Control Clin Trials 7:177, one τ² for the table).
#
# Two changes in a row share the estimate between them: their errors correlate negatively. The
# covariance with the next change is returned, for the model to use.


CELL = ["athlete", "muscle", "block"]


def exercise_changes(strength: pl.DataFrame, roles: pl.DataFrame) -> pl.DataFrame:
    """Return the change from each block to the next, per exercise that trains a muscle directly.

    Args:
        strength: from `block_strength`.
        roles: `exercise_id`, `muscle`, one row per exercise and muscle it trains directly.

    Returns:
        One row per `athlete`, `muscle`, `lift` and `block`: `change_pct` to the next block,
        `variance` of it, `next_variance` (of the next block's estimate), `change_days`.
    """
    ahead = strength.select(
        "athlete",
        "lift",
        pl.col("block") - 1,
        pl.col("strength_pct").alias("next_pct"),
        pl.col("variance").alias("next_variance"),
        pl.col("days").alias("next_days"),
    )
    return (
        strength.join(ahead, on=["athlete", "lift", "block"])
        .join(roles, on="exercise_id")
        .with_columns(
            (pl.col("next_pct") - pl.col("strength_pct")).alias("change_pct"),
            pl.col("variance") + pl.col("next_variance"),
            (pl.col("days") + pl.col("next_days")).alias("change_days"),
        )
    )


def muscle_changes(changes: pl.DataFrame, max_change_pct: float) -> pl.DataFrame:
    """Pool the exercises of a muscle by precision.

    Returns:
        One row per `athlete`, `muscle` and `block`: `change_pct`, `change_variance` (%²),
        `next_covariance` (with the change of the block after), `exercises`, `change_days`,
        `effort_known` (share of the exercises), `implausible` (changes left out for size).
    """
    plausible = pl.col("change_pct").abs() <= max_change_pct
    kept = changes.filter(plausible)
    weighed = kept.with_columns(
        (1 / (pl.col("variance") + _between_exercises(kept))).alias("precision")
    ).with_columns((pl.col("precision") / pl.col("precision").sum().over(CELL)).alias("share"))
    pooled = weighed.group_by(CELL).agg(
        (pl.col("share") * pl.col("change_pct")).sum().alias("change_pct"),
        (1 / pl.col("precision").sum()).alias("change_variance"),
        pl.len().cast(pl.Int64).alias("exercises"),
        pl.col("change_days").sum(),
        pl.col("effort_known").cast(pl.Float64).mean(),
    )
    odd = changes.group_by(CELL).agg((~plausible).sum().cast(pl.Int64).alias("implausible"))
    return odd.join(pooled, on=CELL, how="left").join(_shared(weighed), on=CELL, how="left")


def _shared(weighed: pl.DataFrame) -> pl.DataFrame:
    after = weighed.select(
        "athlete", "muscle", "lift", pl.col("block") - 1, pl.col("share").alias("next_share")
    )
    both = weighed.join(after, on=["athlete", "muscle", "lift", "block"])
    product = pl.col("share") * pl.col("next_share") * pl.col("next_variance")
    return both.group_by(CELL).agg((-product.sum()).alias("next_covariance"))


def _between_exercises(changes: pl.DataFrame) -> float:
    """Return τ², the variance of changes between exercises of one muscle and block."""
    w = 1 / pl.col("variance")
    mean = (w * pl.col("change_pct")).sum() / w.sum()
    cells = changes.group_by(CELL).agg(
        (w * (pl.col("change_pct") - mean) ** 2).sum().alias("q"),
        (pl.len() - 1).cast(pl.Float64).alias("df"),
        (w.sum() - (w**2).sum() / w.sum()).alias("c"),
    )
    q, df, c = cells.select("q", "df", "c").sum().row(0)
    return max(0.0, (q - df) / c) if c else 0.0


# Every choice that the panel depends on, in one place, so that it can be printed and varied.


OUTCOMES = {
    "top_sets": "the first set at the day's heaviest load",
    "working": "the mean over the day's working sets",
    "failure": "the first top set among sets marked as failure or with 1 repetition in reserve or "
    "fewer",
    "weekly_maximum": "the best set of the week: grows with the number of sets by noise alone, "
    "kept only to show that bias",
}
"""What a day's (or week's) strength is taken from."""


@dataclass(frozen=True, slots=True)
class PanelOptions:
    """How a logbook becomes a panel.

    Attributes:
        block_weeks: length of a block, weeks from the athlete's first logged week.
        min_logged_weeks: fewest logged weeks that give a block a dose; None for half the block.
        rule: counting rule of the dose.
        outcome_from: a word of `OUTCOMES`.
        formula: e1RM formula.
        rep_cap: most repetitions to failure an estimate is taken from. Higher than for an e1RM
            in kg: a lift is only compared with itself, and a low cap drops just the days on
            which a lifter at the same load got stronger. In simulation 15 hides 8 % of the
            effect, 20 does not; docs/dose_response.md.
        body_mass_kg: body mass, for lifts that move the body; without it they have no outcome.
        rir_share: an exercise's logged reps in reserve are used where at least this share of
            its sets has them, and then only those sets count; otherwise none of them is used. A
            series that mixes both would jump by the reserve itself.
        max_change_pct: larger changes within an exercise from one block to the next are taken
            for another machine or a typing error; they are left out and counted.
        max_rir: most repetitions in reserve of a hard set.
        past_weeks: how far back the reference of % e1RM looks.
        week_starts: weekday that weeks begin on.
        working: which sets are working sets.
    """

    block_weeks: int = 4
    min_logged_weeks: int | None = None
    rule: Rule = "fractional"
    outcome_from: str = "top_sets"
    formula: str = "epley"
    rep_cap: float = 20.0
    body_mass_kg: BodyMass = None
    rir_share: float = 0.8
    max_change_pct: float = 40.0
    max_rir: float = counting.MAX_RIR
    past_weeks: int = 12
    week_starts: str = "monday"
    working: WorkingRule = field(default_factory=WorkingRule)

    def __post_init__(self) -> None:
        if self.outcome_from not in OUTCOMES:
            raise ValueError(
                f"outcome_from is {self.outcome_from!r}, expected one of {', '.join(OUTCOMES)}"
            )
        if self.block_weeks < 1 or not 0 < self.enough_weeks <= self.block_weeks:
            raise ValueError(
                f"block_weeks is {self.block_weeks} and min_logged_weeks {self.enough_weeks}, "
                "expected a block of 1 or more weeks and no more logged weeks than it has"
            )

    @property
    def enough_weeks(self) -> int:
        """Fewest logged weeks that give a block a dose."""
        half = -(-self.block_weeks // 2)
        return half if self.min_logged_weeks is None else self.min_logged_weeks


# An athlete's calendar cut into blocks of whole weeks, counted from the first logged week.


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


# What a muscle was given in a block: dose, hard sets, intensity and frequency.


KEYS = ["athlete", "muscle", "block"]


def exposures(
    work: pl.DataFrame, blocks: pl.DataFrame, catalogue: Catalogue, options: PanelOptions
) -> pl.DataFrame:
    """Return the exposure of every muscle that `work` trains, in every block.

    Args:
        work: sets that are work (`measures.working.work`), with `muscles` to look at joined by
            the catalogue.
        blocks: from `calendar_blocks`.
        catalogue: which exercise trains which muscle.
        options: counting rule, effort and intensity.

    Returns:
        One row per `athlete`, `muscle` and `block` of `work`: sums over the block that
        `per_week` turns into means.
    """
    placed = work.join(origins(blocks), on="athlete").with_columns(
        block_of(weeks.day(), options.block_weeks)
    )
    by_muscle = counting.by_muscle(_with_intensity(placed, catalogue, options), catalogue)
    credit, direct = counting.credit(options.rule), pl.col("role") == "direct"
    hard = counting.hard(options.max_rir)
    return (
        by_muscle.rename({"muscle": "muscle"})
        .group_by(KEYS)
        .agg(
            credit.sum().alias("dose"),
            credit.filter(hard).sum().alias("hard_sets"),
            credit.filter(hard.is_null()).sum().alias("effort_unknown_sets"),
            weeks.day().filter(direct).n_unique().cast(pl.Float64).alias("frequency"),
            pl.col("pct_e1rm").filter(direct).mean().alias("intensity_pct"),
            pl.col("reps").filter(direct).mean().alias("mean_reps"),
        )
    )


def per_week(
    blocks: pl.DataFrame, summed: pl.DataFrame, muscles: list[str], options: PanelOptions
) -> pl.DataFrame:
    """Return exposures per logged week, on the full calendar of every athlete and muscle.

    A logged week without the muscle is 0. A block with too few logged weeks has no exposure: a
    week without a log is unknown, and a mean over what is left would be a guess.
    """
    totals = ["dose", "hard_sets", "effort_unknown_sets", "frequency"]
    known = pl.col("logged_weeks") >= options.enough_weeks
    share = pl.col("logged_weeks")
    return (
        blocks.join(pl.DataFrame({"muscle": muscles}), how="cross")
        .join(summed, on=KEYS, how="left")
        .with_columns(
            *(pl.when(known).then(pl.col(n).fill_null(0.0) / share).alias(n) for n in totals),
            *(pl.when(known).then(pl.col(n)).alias(n) for n in ("intensity_pct", "mean_reps")),
        )
    )


def _with_intensity(
    placed: pl.DataFrame, catalogue: Catalogue, options: PanelOptions
) -> pl.DataFrame:
    """Add `pct_e1rm`: load as % of the median e1RM of the past weeks, the own day excluded."""
    estimate = Estimate(options.formula, options.rep_cap, options.body_mass_kg)
    loaded = counting.named(placed, catalogue).with_columns(
        weeks.day(), series_load(options.body_mass_kg), day_strength.rir_known().alias("_rir")
    )
    daily = (
        loaded.filter(pl.col("strength_load_kg") > 0, pl.col("set_count") > 0)
        .with_columns(day_strength.e1rm("strength_load_kg", "reps", "_rir", estimate))
        .filter(pl.col("strength_load_kg") == _heaviest_of_day())
        .unique(["athlete", "lift", "day"], keep="first", maintain_order=True)
        .sort("athlete", "lift", "day")
    )
    past = pl.col("e1rm_kg").rolling_median_by(
        "day", window_size=f"{options.past_weeks}w", closed="left"
    )
    reference = daily.select(
        "athlete", "lift", "day", past.over("athlete", "lift").alias("reference_kg")
    )
    pct = 100 * pl.col("strength_load_kg") / pl.col("reference_kg")
    return loaded.join(
        reference, on=["athlete", "lift", "day"], how="left", maintain_order="left"
    ).with_columns(pct.alias("pct_e1rm"))


def _heaviest_of_day() -> pl.Expr:
    return pl.col("strength_load_kg").max().over("athlete", "lift", "day")


# Who and what is in a model, and who and what is not, counted by reason: every step closes.


STATUSES = {
    "ok": "enters the model",
    "last block": "no block after it to change to",
    "too few logged weeks": "the dose is unknown",
    "no strength in both blocks": "no exercise has an estimate in this block and the next",
}
"""Why a block can or cannot enter a model."""

COLUMNS = ("step", "counted", "kept", "left_out", "reason")


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the files to the model.

    Attributes:
        name: what is kept.
        counted: what is counted, a plural.
        kept: how many.
        left_out: how many are not, by reason.
    """

    name: str
    counted: str
    kept: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many came in."""
        return self.kept + sum(self.left_out.values())


def flow_table(steps: Iterable[Step]) -> pd.DataFrame:
    """Return one row per step and reason, a step that loses nothing in one row.

    Columns: `step`, `counted`, `kept` (after the whole step), `left_out` for this `reason`.
    """
    rows = [
        (step.name, step.counted, step.kept, lost, reason)
        for step in steps
        for reason, lost in (_lost(step) or {"": 0}).items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _lost(step: Step) -> dict[str, int]:
    return {reason: n for reason, n in step.left_out.items() if n}


def left_out_blocks(table: pd.DataFrame) -> dict[str, int]:
    """Return how many blocks of a panel cannot enter a model, by reason."""
    found = table["status"].value_counts()
    return {
        reason: int(found[status])
        for status, reason in STATUSES.items()
        if status != "ok" and status in found
    }


def usable_blocks(table: pd.DataFrame) -> pd.Series:
    """Return how many usable blocks each athlete of a panel has, none included."""
    return (table["status"] == "ok").groupby(table["athlete"]).sum().astype(int)


# Each block's own strength, per athlete and exercise, with its variance.
#
# Only the block's own sets enter. A smoother that has seen the other blocks would carry the future
# into the past, and the lead placebo would fire for that alone.
#
# The noise from day to day differs between exercises and is badly known for each: its variance is
# shrunk to the middle of the logbook's, with the weight of `PRIOR_DAYS` days. Where a logbook is
# too small to have a middle, 4.2 % stands in, the median over 830 real series
# (docs/dose_response.md).


SERIES = ["athlete", "lift"]
PRIOR_DAYS = 10.0
TYPICAL_NOISE = 0.042
LEAST_NOISE = 0.01
"""A lifter who repeats 5 × 100 kg shows no noise, because loads and reps come in steps; strength
is then still not known better than to a step."""
NEAR_FAILURE_RIR = 1.0
ENOUGH_DAYS = 5


def daily_strength(
    work: pl.DataFrame, catalogue: Catalogue, options: PanelOptions
) -> pl.DataFrame:
    """Return the log e1RM of every lift and day that has one.

    Returns:
        One row per `athlete`, `lift` and `day` (for "weekly_maximum", week): `exercise_id`,
        `log_e1rm` and `effort_known`.
    """
    estimate = Estimate(options.formula, options.rep_cap, options.body_mass_kg)
    logged = day_strength.rir_known()
    sets = (
        counting.named(work.filter(pl.col("set_count") > 0), catalogue)
        .with_columns(series_load(options.body_mass_kg), logged.alias("rir"), weeks.day())
        .filter(pl.col("strength_load_kg").is_not_null())
        .with_columns(_effort_used(options.rir_share).alias("effort_known"))
        .filter(~pl.col("effort_known") | pl.col("rir").is_not_null())
        .with_columns(pl.when("effort_known").then(pl.col("rir")).alias("rir_used"))
        .with_columns(day_strength.e1rm("strength_load_kg", "reps", "rir_used", estimate))
    )
    return _summarise(sets, options).drop_nulls("log_e1rm").sort(*SERIES, "day")


def _effort_used(least_share: float) -> pl.Expr:
    return pl.col("rir").is_not_null().mean().over(SERIES) >= least_share


def _summarise(sets: pl.DataFrame, options: PanelOptions) -> pl.DataFrame:
    kept = [pl.col("exercise_id").first(), pl.col("effort_known").first()]
    log = pl.col("e1rm_kg").log()
    if options.outcome_from == "weekly_maximum":
        week = weeks.week(options.week_starts).alias("day")
        return sets.group_by(*SERIES, week).agg(*kept, log.max().alias("log_e1rm"))
    if options.outcome_from == "working":
        return sets.group_by(*SERIES, "day").agg(*kept, log.mean().alias("log_e1rm"))
    if options.outcome_from == "failure":
        sets = sets.filter(pl.col("rir") <= NEAR_FAILURE_RIR)
    heaviest = pl.col("strength_load_kg") == pl.col("strength_load_kg").max().over(*SERIES, "day")
    return (
        sets.filter(heaviest)
        .group_by(*SERIES, "day", maintain_order=True)
        .agg(*kept, log.first().alias("log_e1rm"))
    )


def block_strength(
    daily: pl.DataFrame, blocks: pl.DataFrame, options: PanelOptions
) -> pl.DataFrame:
    """Return each block's strength estimate from its own days.

    Returns:
        One row per `athlete`, `lift` and `block`: `exercise_id`, `strength_pct` (100 × mean log
        e1RM: differences read as %), `variance` (of it, %²), `days`, `effort_known`.
    """
    return (
        daily.join(origins(blocks), on="athlete")
        .with_columns(block_of(pl.col("day"), options.block_weeks), pl.col("log_e1rm") * 100)
        .group_by(*SERIES, "exercise_id", "block")
        .agg(
            pl.col("log_e1rm").mean().alias("strength_pct"),
            (pl.len() * pl.col("log_e1rm").var(ddof=0)).alias("squares"),
            pl.len().cast(pl.Float64).alias("days"),
            pl.col("effort_known").first(),
        )
        .with_columns(_noise_variance() / pl.col("days"))
        .drop("squares")
        .sort(*SERIES, "block")
    )


def _noise_variance() -> pl.Expr:
    squares = pl.col("squares").sum().over(SERIES)
    spare = (pl.col("days") - 1).sum().over(SERIES)
    own = pl.when(spare >= ENOUGH_DAYS).then(squares / spare)
    middle = own.median().fill_null((100 * TYPICAL_NOISE) ** 2).clip((100 * LEAST_NOISE) ** 2)
    return ((PRIOR_DAYS * middle + squares) / (PRIOR_DAYS + spare)).alias("variance")


# Athlete × muscle × block: the table that models are fitted to.


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
    trains = logbook.catalogue.muscle_roles.filter(pl.col("muscle").is_in(muscles))
    ids = trains["exercise_id"].unique().implode()
    work = working.work(logbook, options.working).filter(pl.col("exercise_id").is_in(ids))
    exposure = exposures(work, blocks, logbook.catalogue, options).filter(
        pl.col("muscle").is_in(muscles)
    )
    direct = trains.filter(pl.col("role") == "direct").select("exercise_id", muscle="muscle")
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
    groups = counting.muscles(catalogue)
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


__all__ = [
    "OUTCOMES",
    "STATUSES",
    "PanelOptions",
    "Step",
    "assemble",
    "exercise_changes",
    "flow_table",
    "gaps",
    "left_out_blocks",
    "panel",
    "per_week",
    "unknowns",
    "usable_blocks",
]
