"""From a logbook to what the model reads: strength days and weekly doses of one muscle.

A day's strength of an exercise is its first set at the day's heaviest load: a maximum over sets
would grow with their number, and a mean over sets tires with it. Where a lift's level jumps
(another machine, another way of logging) it goes on as another series with an intercept of its
own; odd days are left out. Both are counted.

Doses are per week: sets by the counting rule (a set that may be an unmarked warm-up weighs softly,
`working.classify`), hard sets, days with a direct set (frequency), the
share of direct sets of 12 repetitions to failure or more (intensity: the share, because % of a
past e1RM *is* the level, and lighter sets at the same effort are a choice), and whether the muscle
was trained at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import polars.selectors as cs

from analysis.exercises import Catalogue
from analysis.logbook import Logbook, Machines
from analysis.measures import counting, day_strength, weeks, working
from analysis.measures.counting import Rule
from analysis.measures.e1rm import e1rm_expr
from analysis.measures.load import BodyMass, series_load
from analysis.measures.working import WorkingRule
from analysis.models.dose.inputs import Floats, Weekly, with_shapes
from analysis.models.dose.whitening import Days
from analysis.models.strength import regimes
from analysis.models.strength.known import overruled
from analysis.notes import Note
from analysis.result import DECIMALS

OUTCOMES = {
    "top_sets": "the first set at the day's heaviest load",
    "working": "the mean over the day's working sets",
    "failure": "the first top set among sets marked as failure or with 1 repetition in reserve or "
    "fewer",
    "weekly_maximum": "the best set of the week: grows with the number of sets by noise alone, "
    "kept only to show that bias",
}
"""What a day's (or week's) strength is taken from."""

MEASURES = ("sets", "hard_sets", "frequency", "light_share")
SERIES = ["athlete", "lift"]
NEAR_FAILURE_RIR = 1.0
LIGHT_FROM_REPS = 12.0
"""Repetitions to failure from which a set counts as light."""


@dataclass(frozen=True, slots=True)
class DoseOptions:
    """How a logbook becomes strength days and weekly doses.

    Attributes:
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
        max_rir: most repetitions in reserve of a hard set.
        week_starts: weekday that weeks begin on.
        working: which sets are working sets.
        shifts: whether a lift whose level jumps goes on as another series.
        unlogged: what a week without a log held: `"unknown"` or `"rest"`.
        exercise: whose strength it is; empty for every exercise that trains the muscle directly.
    """

    rule: Rule = "fractional"
    outcome_from: str = "top_sets"
    formula: str = "epley"
    rep_cap: float = 20.0
    body_mass_kg: BodyMass = None
    rir_share: float = 0.8
    max_rir: float = counting.MAX_RIR
    week_starts: str = "monday"
    working: WorkingRule = field(default_factory=WorkingRule)
    shifts: bool = True
    unlogged: str = "unknown"
    exercise: str = ""

    def __post_init__(self) -> None:
        if self.outcome_from not in OUTCOMES:
            raise ValueError(
                f"outcome_from is {self.outcome_from!r}, expected one of {', '.join(OUTCOMES)}"
            )
        if self.unlogged not in ("unknown", "rest"):
            raise ValueError(f"unlogged is {self.unlogged!r}, expected unknown or rest")

    @property
    def unknown(self) -> str:
        """What `inputs.filled` puts into a week without a log."""
        return "kriged" if self.unlogged == "unknown" else "zero"


@dataclass(frozen=True, slots=True)
class LogCounts:
    """What a muscle's logs hold, in numbers that add up.

    Attributes:
        days: strength days.
        odd_days, steps: those left out, and new intercepts.
        days_of_known_effort: those whose repetitions in reserve were used.
        weeks: from each athlete's first to last log.
        unlogged_weeks: those of them without a log.
    """

    days: int = 0
    odd_days: int = 0
    steps: int = 0
    days_of_known_effort: int = 0
    weeks: int = 0
    unlogged_weeks: int = 0

    def __add__(self, other: LogCounts) -> LogCounts:
        """Return the counts of both."""
        return LogCounts(*(getattr(self, n) + getattr(other, n) for n in LogCounts.__slots__))

    @property
    def effort_known(self) -> float:
        """Share of the days whose repetitions in reserve were used; 0 of no days."""
        return self.days_of_known_effort / self.days if self.days else 0.0

    def notes(self) -> tuple[Note, ...]:
        """Return notes on what was left out or is unknown, counted."""
        unknown = 1 - self.effort_known
        facts = {"of": self.weeks, "pct": 100 * unknown}
        counted = (
            ("unlogged weeks", self.unlogged_weeks,
             "{n:week} of {of:,} between first and last log hold no log: their sets are unknown, "
             "not 0."),
            ("steps", self.steps,
             "{n:jump} of a lift's level (another machine, another way of logging): its strength "
             "is compared from there on only."),
            ("odd days", self.odd_days,
             "{n:strength day} far from its neighbours left out: a light day or a typing error."),
            ("days of unknown effort", round(unknown * self.days) if unknown > 0.01 else 0,
             "Effort is unknown for {pct:.0f} % of the strength days: strength is there of the "
             "repetitions done, and stopping earlier than usual would look like lost strength."),
        )  # fmt: skip
        return tuple(
            Note(kind, count=n, facts=facts, sentence=said) for kind, n, said in counted if n
        )


@dataclass(frozen=True, eq=False)
class MuscleLogs:
    """One muscle of a logbook, as arrays.

    Attributes:
        muscle: muscle of the catalogue.
        athletes: names, by code.
        days: strength days of exercises that train the muscle directly.
        weekly: weekly doses: `sets` with its shapes, `trained`, `hard_sets`, `frequency`,
            `light_share`.
        starts: each athlete's first week, days since 1970.
        odd_days, steps: strength days left out, and new intercepts.
        effort_known: share of the days whose repetitions in reserve were used.
        controlled_by: the muscle whose weekly sets are the dose `control`; empty for none.
    """

    muscle: str
    athletes: tuple[str, ...]
    days: Days
    weekly: Weekly
    starts: np.ndarray
    odd_days: int
    steps: int
    effort_known: float
    controlled_by: str = ""

    @property
    def control(self) -> tuple[str, str] | None:
        """Whose sets are the control, and of whose strength; None for no control."""
        return (self.controlled_by, self.muscle) if self.controlled_by else None

    @property
    def unlogged_weeks(self) -> int:
        """Weeks between first and last log that hold none."""
        return int((self.weekly.n_weeks - self.weekly.logged.sum(axis=1)).sum())

    @property
    def untrained_weeks(self) -> float:
        """Share of logged weeks without a set, over athletes who ever train the muscle."""
        trained = self.weekly.doses["trained"]
        ever = np.nan_to_num(trained).any(axis=1)
        return float(1 - np.nanmean(trained[ever])) if ever.any() else float("nan")

    def weekly_table(self) -> pd.DataFrame:
        """Return one row per athlete and week from the first to the last logged one.

        Columns: `athlete`, `muscle`, `week` (its first day), `logged`, `sets`, `hard_sets`,
        `frequency` (days with a direct set), `light_share`; doses are empty where no log is.
        """
        inside = np.arange(self.weekly.logged.shape[1]) < self.weekly.n_weeks[:, None]
        who, week = np.nonzero(inside)
        day = (self.starts[who] + 7 * week).astype("datetime64[D]")
        return pd.DataFrame(
            {
                "athlete": np.array(self.athletes, dtype=object)[who],
                "muscle": self.muscle,
                "week": day.astype("datetime64[s]"),
                "logged": self.weekly.logged[who, week],
                **{name: self.weekly.doses[name][who, week] for name in MEASURES},
            }
        )

    @property
    def counts(self) -> LogCounts:
        """What they hold, in numbers that add up over people."""
        return LogCounts(
            days=len(self.days),
            odd_days=self.odd_days,
            steps=self.steps,
            days_of_known_effort=round(self.effort_known * len(self.days)),
            weeks=int(self.weekly.n_weeks.sum()),
            unlogged_weeks=self.unlogged_weeks,
        )

    def notes(self) -> tuple[Note, ...]:
        """Return notes on what was left out or is unknown, counted."""
        return self.counts.notes()


def panel(logbook: Logbook, *, muscle: str, **options: Any) -> pd.DataFrame:
    """Return one row per athlete and week: what a muscle was given.

    Args:
        logbook: the sets and the catalogue.
        muscle: a muscle of the catalogue.
        options: single choices, by their name in `DoseOptions`.

    Returns:
        See `MuscleLogs.weekly_table`.

    Raises:
        ValueError: a muscle that is no group of the catalogue, or an option out of range.
    """
    return muscle_logs(logbook, muscle, DoseOptions(**options)).weekly_table()


def muscle_logs(logbook: Logbook, muscle: str, options: DoseOptions | None = None) -> MuscleLogs:
    """Return one muscle of a logbook.

    Raises:
        ValueError: a muscle that is no muscle of the catalogue.
    """
    return next(iter(each_muscle(logbook, [muscle], options)))


def each_muscle(
    logbook: Logbook,
    muscles: Sequence[str],
    options: DoseOptions | None = None,
    **changed: Any,
) -> Iterator[MuscleLogs]:
    """Yield muscles of a logbook; what they share is made once.

    Args:
        logbook: the sets and the catalogue.
        muscles: muscles of the catalogue.
        options: every choice.
        changed: single choices, by their name in `DoseOptions`.

    Raises:
        ValueError: a muscle that is no muscle of the catalogue, or an option out of range.
    """
    options = replace(options or DoseOptions(), **changed)
    catalogue = logbook.catalogue
    refuse_unknown(muscles, catalogue)
    frame = _Calendar(weeks.calendar_of(logbook, options.week_starts))
    trains = catalogue.muscle_roles.filter(pl.col("muscle").is_in(list(muscles)))
    wanted = pl.concat([trains["exercise_id"].unique(), pl.Series([options.exercise])])
    done, dosed = (
        sets(logbook, options.working).filter(pl.col("exercise_id").is_in(wanted.implode()))
        for sets in (working.work, working.dosed)
    )
    strength = _repaired(daily_strength(done, catalogue, options), options, logbook.machines)
    by_day = _by_day(dosed, options)
    for muscle in muscles:
        roles = trains.filter(pl.col("muscle") == muscle).select("exercise_id", "role")
        direct = roles.filter(pl.col("role") == "direct").select("exercise_id").unique()
        if options.exercise:
            direct = pl.DataFrame({"exercise_id": [options.exercise]})
        own = strength.join(direct, on="exercise_id", how="inner", maintain_order="left")
        doses = frame.doses(_weekly(by_day.join(roles, on="exercise_id"), options))
        yield MuscleLogs(
            muscle=muscle,
            athletes=frame.athletes,
            days=frame.days(own),
            weekly=Weekly(frame.logged, doses),
            starts=frame.starts,
            odd_days=int(own["odd"].sum()),
            steps=int(own["step"].sum()),
            effort_known=float(own["effort_known"].mean() or 0.0),  # type: ignore[arg-type]
        )


def weekly_sets(logbook: Logbook, muscle: str, options: DoseOptions) -> Floats:
    """Return a muscle's weekly sets, (athletes, weeks) as those of `muscle_logs`, and no more."""
    roles = logbook.catalogue.muscle_roles.filter(pl.col("muscle") == muscle)
    dosed = working.dosed(logbook, options.working).filter(
        pl.col("exercise_id").is_in(roles["exercise_id"].unique().implode())
    )
    by_role = _by_day(dosed, options).join(roles.select("exercise_id", "role"), on="exercise_id")
    frame = _Calendar(weeks.calendar_of(logbook, options.week_starts))
    return frame.doses(_weekly(by_role, options))["sets"]


def refuse_unknown(muscles: Sequence[str], catalogue: Catalogue) -> None:
    """Refuse what is no muscle of the catalogue.

    Raises:
        ValueError: one is not, or none is named.
    """
    groups = counting.muscles(catalogue)
    unknown = sorted(set(muscles) - set(groups))
    if unknown or not muscles:
        raise ValueError(
            f"muscle is {', '.join(unknown) or 'empty'}, expected one of {', '.join(groups)}"
        )


class _Calendar:
    """Athletes and weeks as rows and columns."""

    def __init__(self, calendar: pl.DataFrame) -> None:
        self.athletes = tuple(calendar["athlete"].unique().sort().to_list())
        placed = self._place(calendar.with_columns(pl.col("week").alias("day")), None)
        self._first = placed.group_by("athlete").agg(pl.col("day").min().alias("first"))
        at = placed.join(self._first, on="athlete").select(
            "code",
            ((pl.col("day") - pl.col("first")).dt.total_days() // 7).alias("at"),
            pl.col("training_days").is_not_null().alias("logged"),
        )
        n_weeks = int(at["at"].max() or 0) + 1  # type: ignore[arg-type]
        self.logged = np.zeros((len(self.athletes), n_weeks), dtype=bool)
        self.logged[at["code"].to_numpy(), at["at"].to_numpy()] = at["logged"].to_numpy()
        first = self._first.sort("athlete")["first"].cast(pl.Int32)
        self.starts = first.to_numpy().astype(np.int64)

    def _place(self, table: pl.DataFrame, first: pl.DataFrame | None) -> pl.DataFrame:
        codes = pl.DataFrame({"athlete": self.athletes, "code": range(len(self.athletes))})
        placed = table.join(codes, on="athlete", how="inner", maintain_order="left")
        if first is None:
            return placed
        since = (pl.col("day") - pl.col("first")).dt.total_days()
        return placed.join(first, on="athlete", maintain_order="left").with_columns(
            since.alias("since"), (since // 7).alias("at")
        )

    def days(self, strength: pl.DataFrame) -> Days:
        placed = self._place(strength, self._first)
        return Days(
            athlete=placed["code"].to_numpy().astype(np.int64),
            series=placed["series"].to_numpy().astype(np.int64),
            week=placed["at"].to_numpy().astype(np.int64),
            day=placed["since"].to_numpy().astype(np.int64),
            strength=100.0 * placed["log_e1rm"].to_numpy(),
            weight=(~placed["odd"]).cast(pl.Float64).to_numpy(),
        )

    def doses(self, weekly: pl.DataFrame) -> dict[str, Floats]:
        placed = self._place(weekly.rename({"week": "day"}), self._first)
        rows, columns = placed["code"].to_numpy(), placed["at"].to_numpy()
        found = {}
        for name in MEASURES:
            # a logged week without the muscle holds no set, and no share of anything
            rest = np.nan if name == "light_share" else 0.0
            values = np.where(self.logged, rest, np.nan)
            values[rows, columns] = placed[name].fill_null(np.nan).to_numpy()
            found[name] = values
        return with_shapes(found)


def _by_day(dosed: pl.DataFrame, options: DoseOptions) -> pl.DataFrame:
    """Sum sets to one row per athlete, exercise and day, before muscles are joined."""
    sets, rir = pl.col("soft_count"), day_strength.rir_known()
    to_failure = pl.col("reps") + rir.fill_null(0.0)
    return dosed.group_by(
        "athlete", "exercise_id", weeks.week(options.week_starts), weeks.day()
    ).agg(
        sets.sum().alias("sets"),
        sets.filter(counting.hard(options.max_rir)).sum().alias("hard_sets"),
        sets.filter(to_failure >= LIGHT_FROM_REPS).sum().alias("light_sets"),
        sets.filter(pl.col("reps").is_not_null()).sum().alias("counted_sets"),
    )


def _weekly(by_day: pl.DataFrame, options: DoseOptions) -> pl.DataFrame:
    weight = pl.col("role").replace_strict(
        counting.weights(options.rule), default=0.0, return_dtype=pl.Float64
    )
    direct = pl.col("role") == "direct"
    light, counted = (pl.col(n).filter(direct).sum() for n in ("light_sets", "counted_sets"))
    return (
        by_day.group_by("athlete", "week")
        .agg(
            (weight * pl.col("sets")).sum().alias("sets"),
            (weight * pl.col("hard_sets")).sum().alias("hard_sets"),
            pl.col("day").filter(direct).n_unique().cast(pl.Float64).alias("frequency"),
            pl.when(counted > 0).then(light / counted).alias("light_share"),
        )
        .with_columns(cs.float().round(DECIMALS))
    )


def daily_strength(work: pl.DataFrame, catalogue: Catalogue, options: DoseOptions) -> pl.DataFrame:
    """Return the log e1RM of every lift and day that has one.

    Returns:
        One row per `athlete`, `lift` and `day` (for "weekly_maximum", week): `exercise_id`,
        `log_e1rm` and `effort_known`.
    """
    to_failure = pl.col("reps") + pl.col("rir_used").fill_null(0.0)
    load = pl.col("strength_load_kg")
    one = e1rm_expr(load, to_failure, options.formula, rep_cap=options.rep_cap)
    logged = day_strength.rir_known()
    sets = (
        counting.named(work.filter(pl.col("set_count") > 0), catalogue)
        .with_columns(series_load(options.body_mass_kg), logged.alias("rir"), weeks.day())
        .filter(pl.col("strength_load_kg").is_not_null())
        .with_columns(_effort_used(options.rir_share).alias("effort_known"))
        .filter(~pl.col("effort_known") | pl.col("rir").is_not_null())
        .with_columns(pl.when("effort_known").then(pl.col("rir")).alias("rir_used"))
        .with_columns(one.alias("e1rm_kg"))
    )
    daily = _summarise(sets, options).drop_nulls("log_e1rm").sort(*SERIES, "day")
    return daily.with_columns(pl.col("log_e1rm").round(DECIMALS))


def _effort_used(least_share: float) -> pl.Expr:
    return pl.col("rir").is_not_null().mean().over(SERIES) >= least_share


def _summarise(sets: pl.DataFrame, options: DoseOptions) -> pl.DataFrame:
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


def _repaired(
    daily: pl.DataFrame, options: DoseOptions, machines: Mapping[str, Machines]
) -> pl.DataFrame:
    """Add `series` (a lift, or a part of one between jumps), `step` and `odd`."""
    lift = daily.select(pl.struct(SERIES).rle_id().cast(pl.Int64).alias("lift"))["lift"].to_numpy()
    if not options.shifts or not daily.height:
        nothing = pl.repeat(False, daily.height, eager=True)
        return daily.with_columns(series=pl.Series(lift), step=nothing, odd=nothing)
    day = daily["day"].cast(pl.Int32).to_numpy().astype(float)
    days = regimes.Series(lift - lift[0], day, daily["log_e1rm"].to_numpy())
    table = daily.select(SERIES).unique(maintain_order=True).to_pandas()
    kept, begun, _ = overruled(table, days, machines)
    repairs = regimes.find(days, kept=kept, told=begun)
    series = lift + repairs.regime
    return daily.with_columns(
        series=pl.Series(series), step=pl.Series(repairs.step), odd=pl.Series(repairs.odd)
    )
