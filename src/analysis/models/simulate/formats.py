"""Writing simulated logs as the apps' own exports, to the byte.

Each writer turns the log of one athlete into cells of text in the app's columns; the exact shape
of every dialect (delimiter, quotes, number format, order of workouts) follows real exports.
What an app does not hold (FitNotes: time of day, RPE, set kinds; Strong's S2: set kinds) is lost
here as it is in life.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from analysis.models.simulate.cohort import Cohort
from analysis.models.simulate.sets import KG_PER_LB
from analysis.models.simulate.vocabulary import lifts


class Dialect(NamedTuple):
    """How one app writes: its header line, delimiter, and the cells of each row."""

    header: str
    delimiter: str
    cells: Callable[[pl.DataFrame, str], pl.DataFrame]


def write(log: pl.DataFrame, dialect: str, path: Path) -> None:
    """Write the log of one athlete as an export.

    Args:
        log: rows of `Cohort.sets` of one athlete, or the same columns.
        dialect: a key of `DIALECTS`.
        path: file to write.

    Raises:
        ValueError: the dialect is not known.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"dialect is {dialect!r}, expected one of {', '.join(DIALECTS)}")
    style, unit = DIALECTS[dialect], dialect.rsplit("-", 1)[1]
    cells = style.cells(_in_unit(log, unit), unit)
    lines = cells.select(pl.concat_str(pl.all().fill_null(""), separator=style.delimiter))
    text = "\n".join([style.header.format(word=UNIT_WORDS[unit], unit=unit), *lines.to_series()])
    path.write_bytes((text + "\n").encode())


def export(cohort: Cohort, directory: Path | str, apps: Sequence[str] | None = None) -> list[Path]:
    """Write one export per athlete, named after the athlete.

    Args:
        cohort: what `simulate` returned.
        directory: folder to write to; made when it is not there.
        apps: dialects to deal to the athletes in turn, in place of the cohort's own.

    Returns:
        The files, in the order of `cohort.athletes`.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    names, own = cohort.athletes["athlete"].to_list(), cohort.athletes["app"].to_list()
    dealt = [apps[i % len(apps)] for i in range(len(names))] if apps else own
    logs = cohort.sets.partition_by("athlete", as_dict=True)
    paths = []
    for name, dialect in zip(names, dealt, strict=True):
        paths.append(folder / f"{name}.csv")
        write(logs[(name,)], dialect, paths[-1])
    return paths


def _in_unit(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Give loads in the export's unit; a log kept in the other one shows two decimals."""
    converted = (pl.col("load_kg") / (KG_PER_LB if unit == "lb" else 1.0)).round(2)
    same = pl.col("unit") == unit
    return log.with_columns(
        load=pl.when(same).then(pl.col("load")).otherwise(converted),
        first_of_exercise=pl.col("set_number") == pl.col("set_number").min().over(RUN),
        first_of_workout=pl.int_range(pl.len()).over("started_at") == 0,
    )


RUN = ["started_at", "exercise_number"]
UNIT_WORDS = {"kg": "kg", "lb": "lbs"}
STRONG_TAGS = {"warmup": "W", "drop": "D", "failure": "F"}
HEVY_KINDS = {"work": "normal", "warmup": "warmup", "drop": "dropset", "failure": "failure"}


def _row(log: pl.DataFrame, *cells: pl.Expr) -> pl.DataFrame:
    return log.select(cell.alias(str(place)) for place, cell in enumerate(cells))


def _short(column: str) -> pl.Expr:
    """Write 100.0 as 100 and 37.5 as 37.5."""
    return _float(column).str.strip_suffix(".0")


def _float(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _whole(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64).cast(pl.String)


def _quoted(text: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit('"'), text.fill_null("").str.replace_all('"', '""'), pl.lit('"'))


def _once(column: str, where: str) -> pl.Expr:
    """Show a note on the first row of its exercise or workout, quoted; elsewhere nothing."""
    return pl.when(pl.col(where)).then(_quoted(pl.col(column)))


def _minutes() -> pl.Expr:
    return (pl.col("ended_at") - pl.col("started_at")).dt.total_minutes()


def _strong_duration() -> pl.Expr:
    hours = pl.format("{}h {}m", _minutes() // 60, _minutes() % 60)
    return pl.when(_minutes() >= 60).then(hours).otherwise(pl.format("{}m", _minutes()))


def _strong_order() -> pl.Expr:
    """Number the sets; a warm-up shows W and takes no number."""
    counts = (pl.col("kind") != "warmup").cast(pl.Int64).cum_sum().over(RUN)
    return pl.col("kind").replace_strict(STRONG_TAGS, default=counts.cast(pl.String))


def _strong_date() -> pl.Expr:
    return pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M:%S")


def _strong_s1(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write S1: no unit anywhere, loads of lb users with the dust of a trip through kg."""
    dusty = pl.col("load") * KG_PER_LB * 2.2046226218487757 if unit == "lb" else pl.col("load")
    return _row(
        log,
        _strong_date(),
        _quoted(pl.col("workout")),
        _strong_duration(),
        _quoted(pl.col("exercise")),
        _strong_order(),
        dusty.cast(pl.String).fill_null("0"),
        _whole("reps").fill_null("0"),
        pl.lit("0"),
        _float("duration_s").fill_null("0"),
        _once("note", "first_of_exercise"),
        _once("workout_note", "first_of_workout"),
        _short("rpe"),
    )


def _strong_s2(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write S2: a unit on every loaded row, no set kinds."""
    number = pl.col("set_number").cum_count().over(RUN).cast(pl.String)
    return _row(
        log,
        _strong_date(),
        _quoted(pl.col("workout")),
        _quoted(pl.col("exercise")),
        number,
        _short("load"),
        pl.when(pl.col("load").is_not_null()).then(pl.lit(UNIT_WORDS[unit])),
        _whole("reps"),
        _short("rpe"),
        pl.lit(""),
        pl.lit(""),
        _whole("duration_s").fill_null("0"),
        _once("note", "first_of_exercise"),
        _once("workout_note", "first_of_workout"),
        _strong_duration(),
    )


def _strong_s3(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write S3: every field quoted, notes and rest timers as rows of their own."""
    del unit  # S3 is in kg for everyone
    sets = log.with_row_index("at").with_columns(
        number=pl.col("started_at").rank("dense"), order=_strong_order(), place=pl.lit(1)
    )
    nothing = [pl.lit(None, pl.Float64).alias(name) for name in ("load", "reps", "rpe")]
    notes = sets.filter(pl.col("first_of_exercise") & pl.col("note").is_not_null()).with_columns(
        *nothing, order=pl.lit("Note"), place=pl.lit(0), duration_s=pl.lit(None, pl.Float64)
    )
    rests = sets.with_columns(
        *nothing, order=pl.lit("Rest Timer"), place=pl.lit(2), duration_s=pl.lit(120.0),
        note=pl.lit(None, pl.String),
    )  # fmt: skip
    rows = pl.concat(
        [notes, sets.with_columns(note=pl.lit(None, pl.String)), rests], how="vertical"
    ).sort("at", "place")
    cells = (
        _whole("number"), _strong_date(), pl.col("workout"),
        (_minutes() * 60).cast(pl.String), pl.col("exercise"), pl.col("order"),
        _float("load"), _whole("reps"), _float("rpe"), pl.lit(""),
        _float("duration_s"), pl.col("note"), pl.col("workout_note"),
    )  # fmt: skip
    return _row(rows, *(_quoted(cell) for cell in cells))


def _hevy(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write Hevy: text quoted, numbers bare, newest workout first."""
    del unit  # the header says it
    names = dict(lifts().select("exercise", "hevy").iter_rows())
    rows = log.with_columns(
        started=_hevy_time("started_at"),
        ended=_hevy_time("ended_at"),
        exercise=pl.col("exercise").replace(names),
        index=pl.col("set_number").cum_count().over(RUN) - 1,
        kind=pl.col("kind").replace_strict(HEVY_KINDS),
        rpe=pl.col("rpe").replace(6.5, 7.0),  # the app offers no 6.5
    ).sort("started_at", descending=True, maintain_order=True)
    return _row(
        rows,
        _quoted(pl.col("workout")),
        _quoted(pl.col("started")),
        _quoted(pl.col("ended")),
        _quoted(pl.col("workout_note")),
        _quoted(pl.col("exercise")),
        _whole("superset"),
        _quoted(pl.col("note")),
        _whole("index"),
        _quoted(pl.col("kind")),
        _short("load"),
        _whole("reps"),
        pl.lit(""),
        _whole("duration_s"),
        _short("rpe"),
    )


def _hevy_time(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%-d %b %Y, %H:%M")


def _fitnotes_columns(log: pl.DataFrame) -> pl.DataFrame:
    table = lifts()
    names = dict(table.select("exercise", "fitnotes").iter_rows())
    parts = dict(table.select("exercise", "category").iter_rows())
    seconds = pl.col("duration_s").cast(pl.Int64)
    clock = pl.format(
        "{}:{}:{}",
        seconds // 3600,
        (seconds // 60 % 60).cast(pl.String).str.zfill(2),
        (seconds % 60).cast(pl.String).str.zfill(2),
    )
    return log.with_columns(
        date=pl.col("started_at").dt.strftime("%Y-%m-%d"),
        category=pl.col("exercise").replace_strict(parts, default="Abs"),
        exercise=pl.col("exercise").replace(names),
        time=clock,
        load=pl.when(pl.col("reps").is_not_null()).then(pl.col("load").fill_null(0.0)),
    )


def _fitnotes_f1(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write F1: the unit in the header, nothing quoted."""
    del unit
    return _row(
        _fitnotes_columns(log),
        pl.col("date"), pl.col("exercise"), pl.col("category"), _float("load"),
        _whole("reps"), pl.lit(""), pl.lit(""), pl.col("time"),
    )  # fmt: skip


def _fitnotes_f3(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write F3: the unit on every loaded row, the comment quoted."""
    words = {"kg": "kgs", "lb": "lbs"}
    return _row(
        _fitnotes_columns(log),
        pl.col("date"), pl.col("exercise"), pl.col("category"), _float("load"),
        pl.when(pl.col("load").is_not_null()).then(pl.lit(words[unit])),
        _whole("reps"), pl.lit(""), pl.lit(""), pl.col("time"),
        _quoted(pl.col("note")),
    )  # fmt: skip


S1 = Dialect(
    "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,"
    "Workout Notes,RPE",
    ",",
    _strong_s1,
)
S2 = Dialect(
    "Date;Workout Name;Exercise Name;Set Order;Weight;Weight Unit;Reps;RPE;Distance;"
    "Distance Unit;Seconds;Notes;Workout Notes;Workout Duration",
    ";",
    _strong_s2,
)
S3 = Dialect(
    '"Workout #";"Date";"Workout Name";"Duration (sec)";"Exercise Name";"Set Order";'
    '"Weight (kg)";"Reps";"RPE";"Distance (meters)";"Seconds";"Notes";"Workout Notes"',
    ";",
    _strong_s3,
)
HEVY = Dialect(
    '"title","start_time","end_time","description","exercise_title","superset_id",'
    '"exercise_notes","set_index","set_type","weight_{word}","reps","distance_km",'
    '"duration_seconds","rpe"',
    ",",
    _hevy,
)
F1 = Dialect(
    "Date,Exercise,Category,Weight ({unit}s),Reps,Distance,Distance Unit,Time", ",", _fitnotes_f1
)
F3 = Dialect(
    "Date,Exercise,Category,Weight,Weight Unit,Reps,Distance,Distance Unit,Time,Comment",
    ",",
    _fitnotes_f3,
)
DIALECTS = {
    "strong-s1-lb": S1, "strong-s1-kg": S1, "strong-s2-lb": S2, "strong-s2-kg": S2,
    "strong-s3-kg": S3, "hevy-kg": HEVY, "hevy-lb": HEVY, "fitnotes-f1-kg": F1,
    "fitnotes-f1-lb": F1, "fitnotes-f3-kg": F3, "fitnotes-f3-lb": F3,
}  # fmt: skip
"""Every dialect, as app-variant-unit. S1 names no unit: reading it needs evidence or `--unit`."""
