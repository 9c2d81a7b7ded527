"""Three invented lifters, a year each: the logs in `data/raw/sample`.

Anna (Strong, lb) lets her calves go for fourteen weeks and has a sore knee; Ben (Hevy, kg) logs
RPE, is stuck on the bench from spring on, deloads and is away for three weeks; Cleo (FitNotes,
kg) doubles her quad work at mid-year. `stories.csv` is their programme and `notes.csv` what they
wrote. Gains follow the linear-log course of trained people (Steele et al. 2022, RQES 94:913).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl

from analysis.simulate.cells import lifts
from analysis.simulate.cohort import as_log, perform
from analysis.simulate.formats import write

# The three invented people of the sample logs.


WEEKS = 52


@dataclass(frozen=True, slots=True)
class Lifter:
    """One invented person: how they train, and which weeks are special."""

    name: str
    dialect: str
    body_kg: float
    hour: int
    rir: float
    away: tuple[int, ...] = ()
    deloads: tuple[int, ...] = ()
    rpe_weeks: range = field(default_factory=lambda: range(0))
    marks_warmups: bool = False
    workout_notes: tuple[tuple[int, str], ...] = ()

    @property
    def unit(self) -> str:
        """Unit of the app's account."""
        return self.dialect.rsplit("-", 1)[1]


LIFTERS = (
    Lifter(
        "anna", "strong-s2-lb", 64.0, 18, 2.0, away=(9,), deloads=(24,), rpe_weeks=range(30, 52),
        workout_notes=((15, "knee sore since Friday"), (21, "slept badly")),
    ),
    Lifter(
        "ben", "hevy-kg", 84.0, 7, 1.0, away=(28, 29, 30), deloads=(14, 40),
        rpe_weeks=range(52), marks_warmups=True,
        workout_notes=((14, "Deload"), (31, "First week back"), (40, "Deload")),
    ),
    Lifter("cleo", "fitnotes-f3-kg", 70.0, 12, 2.0, away=(19, 41), deloads=(34,)),
)  # fmt: skip


START = date(2025, 10, 27)
SEED = 20251027
DAY_NOISE = 0.03
SKIPPED = 0.04
"""Share of single workouts that do not happen."""


def write_sample(directory: Path | str) -> list[Path]:
    """Write the three exports; the bytes are the same every time.

    Args:
        directory: folder to write to; made when it is not there.

    Returns:
        The files written.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, lifter in enumerate(LIFTERS):
        rng = np.random.default_rng([SEED, number])
        paths.append(folder / f"{lifter.name}_{lifter.dialect.split('-')[0]}.csv")
        write(year_of(lifter, rng), lifter.dialect, paths[-1])
    return paths


def year_of(lifter: Lifter, rng: np.random.Generator) -> pl.DataFrame:
    """Return the log of one lifter, in the columns that the exports are written from."""
    visits = _visits(lifter, rng)
    timed = pl.col("basis") == "none"
    lifted = perform(visits.filter(~timed), rng)
    held = _holds(visits.filter(timed), rng)
    done = pl.concat([_finish(lifted), held], how="diagonal_relaxed")
    return as_log(_minutes(done))


def _table(name: str) -> pl.DataFrame:
    return pl.read_csv(files(__package__).joinpath(name).read_bytes())


def _visits(lifter: Lifter, rng: np.random.Generator) -> pl.DataFrame:
    """Lay the programme on the calendar, with the strength of each day."""
    weeks = pl.DataFrame({"week": np.arange(WEEKS)})
    plan = (
        _table("stories.csv")
        .filter(pl.col("athlete") == lifter.name)
        .with_row_index("place")
        .join(weeks, how="cross")
        .filter(pl.col("week").is_between("first_week", "last_week"))
        .filter(~pl.col("week").is_in(lifter.away))
        .join(
            lifts().drop("one_rm_kg", "muscle").rename({"reps": "usual_reps"}),
            on="exercise",
            maintain_order="left",
        )
        .sort("week", "weekday", "place")
    )
    happens = rng.random((WEEKS, 7)) >= SKIPPED
    happens[0] = True
    plan = plan.filter(happens[plan["week"].to_numpy(), plan["weekday"].to_numpy()])
    return _on_the_day(plan, lifter, rng).with_columns(
        athlete=pl.lit(lifter.name),
        unit=pl.lit(lifter.unit),
        body_kg=pl.lit(lifter.body_kg),
        step=pl.col(f"step_{lifter.unit}").cast(pl.Float64),
        ramps=pl.lit(False),
        warmups_marked=pl.lit(lifter.marks_warmups),
        started_at=_started_at(lifter, rng),
        exercise_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("week", "weekday"),
        note=_notes(plan, lifter),
        workout_note=pl.when(pl.col("weekday") == 0).then(
            pl.col("week").replace_strict(
                dict(lifter.workout_notes), default=None, return_dtype=pl.String
            )
        ),
    )


def _on_the_day(plan: pl.DataFrame, lifter: Lifter, rng: np.random.Generator) -> pl.DataFrame:
    """Add strength, effort and sets: slow gains, days good and bad, deloads, detraining."""
    since = (pl.min_horizontal("week", "plateau_week") - pl.col("first_week")).clip(0)
    gained = pl.col("gain_pct") / 100 * since.log1p() / np.log1p(WEEKS)
    deload = pl.col("week").is_in(lifter.deloads)
    back = max(lifter.away) + 1
    lost = (
        pl.when(pl.col("week") - back < 3, pl.col("week") >= back)
        .then(0.012 * min(len(lifter.away), 3))
        .otherwise(0.0)
    )
    noise = pl.Series(rng.normal(0, DAY_NOISE, plan.height))
    shift = pl.Series(rng.integers(-1, 2, plan.height))
    known = pl.col("one_rm_kg").log() + gained - lost
    return plan.with_columns(
        level=known + noise,
        expected=known - pl.when(deload).then(0.12).otherwise(0.0),
        target_reps=pl.col("usual_reps") + shift,
        target_rir=pl.when(deload).then(4.0).otherwise(lifter.rir),
        sets=pl.when(deload).then((pl.col("sets") + 1) // 2).otherwise("sets"),
        logs_rpe=pl.col("week").is_in(lifter.rpe_weeks) & (pl.col("warmups") > 0),
    )


def _started_at(lifter: Lifter, rng: np.random.Generator) -> pl.Expr:
    """Return the start of each workout, some minutes about the lifter's usual hour."""
    first = datetime.combine(START, time(lifter.hour, 10))
    minutes = pl.Series(rng.integers(0, 50, WEEKS * 7))
    day = pl.col("week") * 7 + pl.col("weekday")
    late = day.replace_strict(dict(enumerate(minutes)), return_dtype=pl.Int64)
    return pl.lit(first) + day * timedelta(days=1) + late * timedelta(minutes=1)


def _notes(plan: pl.DataFrame, lifter: Lifter) -> pl.Series:
    """Return what the lifter wrote about each exercise of each workout; null for nothing."""
    written = _table("notes.csv").filter(pl.col("athlete") == lifter.name)
    return (
        plan.select("week", "exercise")
        .with_row_index("row")
        .join(written, on="exercise", how="left")
        .filter(pl.col("week").is_between("first_week", "last_week"))
        .select("row", "note")
        .join(plan.with_row_index("row").select("row"), on="row", how="right")
        .sort("row")["note"]
    )


def _holds(visits: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Hold the timed exercises: seconds in place of load and reps."""
    rows = visits[np.repeat(np.arange(visits.height), visits["sets"].to_numpy())]
    tired = 1 - 0.1 * pl.col("set_number") + pl.Series(rng.normal(0, 0.05, rows.height))
    return rows.with_columns(
        set_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("started_at", "place"),
    ).with_columns(
        kind=pl.lit("work"),
        warmup=pl.lit(False),
        duration_s=((pl.col("expected").exp() * tired / 5).round() * 5).clip(15),
    )


def _finish(sets: pl.DataFrame) -> pl.DataFrame:
    """Take marked exercises to failure, or add a drop set after the last one."""
    last = pl.col("set_number") == pl.col("set_number").max().over("started_at", "place")
    failed = last & (pl.col("finish") == "failure")
    drops = sets.filter(last & (pl.col("finish") == "drop")).with_columns(
        kind=pl.lit("drop"),
        set_number=pl.col("set_number") + 1,
        load=(pl.col("load") * 0.7 / pl.col("step")).round() * pl.col("step"),
        reps=pl.col("reps") + 1,
        rpe=pl.lit(None, pl.Float64),
    )
    spent = sets.with_columns(
        kind=pl.when(failed).then(pl.lit("failure")).otherwise("kind"),
        reps=pl.when(failed).then(pl.col("reps") + pl.col("rir").floor()).otherwise("reps"),
    )
    return pl.concat([spent, drops])


def _minutes(done: pl.DataFrame) -> pl.DataFrame:
    """End each workout after as many minutes as its sets take."""
    return done.with_columns(
        ended_at=pl.col("started_at") + 3 * pl.len().over("started_at") * timedelta(minutes=1)
    )


# Thirty invented clients: the three sample lifters, each met at ten moments of their year.
#
# What a coach would see on that Monday differs by the moment: a sore knee, a week off, three weeks
# away, calves left out, more leg work. Every client is drawn anew and all logs end in the same
# week.


MOMENTS = (2, 10, 17, 21, 26, 30, 35, 41, 47, 52)
"""Weeks of the story that the log holds."""

NAMES = (
    "Ada", "Bo", "Caro", "Dev", "Elif", "Finn", "Gus", "Hana", "Ida", "Jon", "Kim", "Lea", "Max",
    "Nia", "Ole", "Pia", "Quin", "Rosa", "Sam", "Tom", "Uma", "Vera", "Will", "Xena", "Yan",
    "Zoe", "Anouk", "Bela", "Cem", "Dina",
)  # fmt: skip


def write_clients(directory: Path | str, seed: int = 30) -> list[Path]:
    """Write one export per client; the bytes are the same every time.

    Args:
        directory: folder to write to; made when it is not there.
        seed: of days, loads and missed workouts.

    Returns:
        The files written, one per name of `NAMES`.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, name in enumerate(NAMES):
        lifter, weeks = LIFTERS[number % 3], MOMENTS[number // 3]
        log = _last_weeks(year_of(lifter, np.random.default_rng([seed, number])), weeks)
        paths.append(folder / f"{name}.csv")
        write(log, lifter.dialect, paths[-1])
    return paths


def _last_weeks(log: pl.DataFrame, weeks: int) -> pl.DataFrame:
    """Keep the first weeks of a year and move them to its end."""
    held = log.filter(pl.col("started_at") < START + timedelta(weeks=weeks))
    return held.with_columns(pl.col("started_at", "ended_at") + timedelta(weeks=WEEKS - weeks))
