"""Write a big Hevy export, for timing the import: `python benchmarks/generate.py FILE ROWS`.

The rows look like one lifter's who never stops: about 20 sets a workout, newest workout first,
60 exercise names, a note on some exercises, RPE on a fifth of the workouts. Written in chunks,
so that memory does not grow with the file.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

HEADER = (
    '"title","start_time","end_time","description","exercise_title","superset_id",'
    '"exercise_notes","set_index","set_type","weight_kg","reps","distance_km",'
    '"duration_seconds","rpe"\n'
)
CHUNK = 200_000
SETS_PER_WORKOUT = 20
MINUTES_BETWEEN = 40  # 10M rows then reach back to 1988, not before 1970
TITLES = ("Push", "Pull", "Legs", "Upper", "Lower", "Full Body", "Evening workout", "Arms 💪")
NOTES = (
    "seat 4", "felt heavy", "tempo 3-1-1", "left knee pain", "grip slipped, use straps",
    'the "wide" grip', "elbows in\nbar path straight", "per hand",
)  # fmt: skip
EXERCISES = (
    "Squat (Barbell)", "Front Squat", "Leg Press (Machine)", "Hack Squat (Machine)",
    "Leg Extension (Machine)", "Bulgarian Split Squat", "Lunge (Dumbbell)",
    "Squat (Smith Machine)", "Romanian Deadlift (Barbell)", "Deadlift (Barbell)",
    "Seated Leg Curl (Machine)",
    "Lying Leg Curl (Machine)", "Hip Thrust (Barbell)", "Hip Abduction (Machine)",
    "Hip Adduction (Machine)", "Standing Calf Raise (Machine)", "Seated Calf Raise",
    "Calf Press (Machine)", "Bench Press (Barbell)", "Bench Press (Dumbbell)",
    "Incline Bench Press (Barbell)", "Incline Bench Press (Dumbbell)", "Chest Press (Machine)",
    "Butterfly (Pec Deck)", "Cable Fly Crossovers", "Chest Dip", "Push Up", "Chest Fly (Machine)",
    "Lat Pulldown (Cable)", "Pull Up", "Pull Up (Assisted)", "Pull Up (Weighted)",
    "Bent Over Row (Barbell)", "Seated Cable Row - V Grip (Cable)", "Dumbbell Row", "T Bar Row",
    "Iso-Lateral Row (Machine)", "Straight Arm Lat Pulldown (Cable)", "Face Pull",
    "Overhead Press (Barbell)", "Shoulder Press (Dumbbell)", "Lateral Raise (Dumbbell)",
    "Lateral Raise (Cable)", "Rear Delt Reverse Fly (Machine)", "Front Raise (Dumbbell)",
    "Shrug (Dumbbell)", "Bicep Curl (Dumbbell)", "Bicep Curl (Barbell)", "Hammer Curl (Dumbbell)",
    "Preacher Curl (Barbell)", "EZ Bar Biceps Curl", "Bicep Curl (Cable)", "Triceps Pushdown",
    "Triceps Rope Pushdown", "Skullcrusher (Barbell)", "Triceps Extension (Dumbbell)",
    "Bench Press - Close Grip (Barbell)", "Cable Crunch", "Hanging Leg Raise", "Plank",
)  # fmt: skip
BARE = ("Chest Dip", "Push Up", "Pull Up", "Hanging Leg Raise", "Plank")


def hevy(path: Path | str, rows: int, seed: int = 1) -> Path:
    """Write an export of `rows` sets.

    Args:
        path: file to write.
        rows: number of sets.
        seed: the same seed gives the same bytes.

    Returns:
        The file.
    """
    rng = np.random.default_rng(seed)
    target = Path(path)
    with target.open("wb") as file:
        file.write(HEADER.encode())
        for first in range(0, rows, CHUNK):
            number = np.arange(first, min(first + CHUNK, rows))
            _chunk(number, rng).write_csv(file, include_header=False, quote_style="never")
    return target


def _chunk(number: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """Return the sets of these numbers, counted from the newest."""
    workout = number // SETS_PER_WORKOUT
    place, index = number % SETS_PER_WORKOUT // 4, number % 4
    exercise = (workout * 7 + place * 11) % len(EXERCISES)
    name = pl.Series(EXERCISES).gather(exercise)
    timed = (name == "Plank").to_numpy()
    top = 20 + 2.5 * (exercise % 30)
    share = np.where(index == 0, 0.6, 1.0)
    load = np.round((top + 2.5 * (workout % 5)) * share / 2.5) * 2.5
    load = np.where(name.is_in(BARE).to_numpy(), np.nan, load)
    said = (workout * 13 + place * 5) % 40
    rpe = np.where(workout % 5 == 0, rng.choice((7, 7.5, 8, 8.5, 9, 9.5, 10), len(number)), np.nan)
    notes = pl.Series([*(note.replace('"', '""') for note in NOTES), ""])
    kinds = pl.Series(["warmup", "failure", "normal"])
    started = pl.Series(
        np.datetime64(datetime(2026, 6, 16, 21, 37), "us")
        - (workout * MINUTES_BETWEEN + workout % 11).astype("timedelta64[m]")
    )
    return pl.DataFrame(
        {
            "title": pl.Series(TITLES).gather(workout % len(TITLES)),
            "start": started.dt.strftime("%-d %b %Y, %H:%M"),
            "end": started.dt.offset_by("29m").dt.strftime("%-d %b %Y, %H:%M"),
            "exercise": name,
            "superset": pl.Series(np.where(said % 8 == 7, 0, -1)).replace(-1, None),
            "note": notes.gather(np.minimum(said, len(NOTES))),
            "index": index,
            "kind": kinds.gather(np.where(index == 0, 0, np.where(said == 39, 1, 2))),
            "load": pl.Series(load).fill_nan(None),
            "reps": pl.Series(rng.integers(4, 16, len(number))).set(pl.Series(timed), None),
            "seconds": pl.Series(np.where(timed, 45, -1)).replace(-1, None),
            "rpe": pl.Series(rpe).fill_nan(None),
        }
    ).select(
        _quoted("title"), _quoted("start"), _quoted("end"), pl.lit('""').alias("description"),
        _quoted("exercise"), "superset", _quoted("note"), "index", _quoted("kind"),
        _short("load"), "reps", pl.lit(None).alias("distance"), "seconds", _short("rpe"),
    )  # fmt: skip


def _quoted(column: str) -> pl.Expr:
    return pl.concat_str(pl.lit('"'), column, pl.lit('"')).alias(column)


def _short(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_suffix(".0")


if __name__ == "__main__":
    sys.stdout.write(f"{hevy(sys.argv[1], int(sys.argv[2]))}\n")
