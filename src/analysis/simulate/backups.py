"""Backups that are SQLite files: FitNotes in kg, Simple Workout Log without a unit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import polars as pl

from analysis.simulate.cells import Dialect, lifts

FITNOTES = """
PRAGMA user_version = 22;
CREATE TABLE exercise (_id INTEGER PRIMARY KEY, name TEXT, exercise_type_id INTEGER);
CREATE TABLE training_log (_id INTEGER PRIMARY KEY, exercise_id INTEGER, date TEXT,
  metric_weight REAL, reps INTEGER, unit INTEGER, distance REAL, duration_seconds INTEGER);
CREATE TABLE Comment (_id INTEGER PRIMARY KEY, owner_type_id INTEGER, owner_id INTEGER,
  comment TEXT);
CREATE TABLE WorkoutGroupExercise (_id INTEGER PRIMARY KEY, exercise_id INTEGER, date TEXT,
  workout_group_id INTEGER);
CREATE TABLE WorkoutTime (_id INTEGER PRIMARY KEY, workout_date TEXT, start_date_time TEXT,
  end_date_time TEXT);
"""
WORKOUT_LOG = """
CREATE TABLE workouts(id integer primary key autoincrement, date text not null,
  time text not null, exercise_id integer not null, exercise text not null, type text not null,
  comment text);
CREATE TABLE reps(id integer primary key autoincrement, date_id integer not null,
  weight double not null, rep integer not null);
CREATE TABLE exercises(id integer primary key autoincrement, exercise text not null,
  type text not null, comment text);
CREATE TABLE exercisetoroutine(id integer primary key autoincrement, routine_id integer not null,
  exercise_id integer not null);
CREATE TABLE weight(id integer primary key autoincrement, date_id integer not null, weight text);
"""


def _fitnotes(log: pl.DataFrame, unit: str) -> bytes:
    """Write FitNotes' backup: sets, comments, supersets and the times of workouts."""
    del unit  # always kg
    names = dict(lifts().select("exercise", "fitnotes").iter_rows())
    known = {name: place for place, name in enumerate(log["exercise"].unique(), start=1)}
    with closing(sqlite3.connect(":memory:")) as base:
        base.executescript(FITNOTES)
        base.executemany(
            "INSERT INTO exercise VALUES (?, ?, 0)",
            [(place, names[name]) for name, place in known.items()],
        )
        for number, each in enumerate(log.iter_rows(named=True), start=1):
            day, exercise = f"{each['started_at']:%Y-%m-%d}", known[each["exercise"]]
            amounts = (each["load_kg"] or 0.0, each["reps"] or 0, 0, 0.0, each["duration_s"] or 0)
            base.execute(
                "INSERT INTO training_log VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (number, exercise, day, *amounts),
            )
            if each["note"] and each["first_of_exercise"]:
                base.execute("INSERT INTO Comment VALUES (NULL, 1, ?, ?)", (number, each["note"]))
            if each["superset"] is not None and each["first_of_exercise"]:
                base.execute(
                    "INSERT INTO WorkoutGroupExercise VALUES (NULL, ?, ?, ?)",
                    (exercise, day, each["superset"]),
                )
            if each["first_of_workout"]:
                moments = (f"{each[name]:%Y-%m-%dT%H:%M:%S}+02:00" for name in STARTS_AND_ENDS)
                base.execute("INSERT INTO WorkoutTime VALUES (NULL, ?, ?, ?)", (day, *moments))
        base.commit()
        return base.serialize()


STARTS_AND_ENDS = ("started_at", "ended_at")


def _workout_log(log: pl.DataFrame, unit: str) -> bytes:
    """Write Simple Workout Log's backup: an exercise has a minute, its sets have none."""
    del unit  # nothing says it
    with closing(sqlite3.connect(":memory:")) as base:
        base.executescript(WORKOUT_LOG)
        for run in log.partition_by("started_at", "exercise_number", maintain_order=True):
            first = run.row(0, named=True)
            at = first["started_at"] + timedelta(minutes=int(first["exercise_number"]) - 1)
            when = (f"{at:%Y-%m-%d}", f"{at:%H:%M}")
            if first["first_of_workout"] and first["body_mass"]:
                weighed = base.execute(
                    "INSERT INTO workouts VALUES (NULL, ?, ?, 1, 'Weight', 'weight', '')", when
                )
                base.execute(
                    "INSERT INTO weight VALUES (NULL, ?, ?)",
                    (weighed.lastrowid, repr(first["body_mass"])),
                )
            done = base.execute(
                "INSERT INTO workouts VALUES (NULL, ?, ?, 1, ?, 'strength', ?)",
                (*when, first["exercise"], first["note"] or ""),
            )
            base.executemany(
                "INSERT INTO reps VALUES (NULL, ?, ?, ?)",
                [
                    (done.lastrowid, each["load"] or 0.0, each["reps"])
                    for each in run.iter_rows(named=True)
                ],
            )
        base.commit()
        return base.serialize()


DIALECTS = {
    "fitnotes_backup-kg": Dialect(
        _fitnotes, holds=frozenset({"ended_at", "superset", "duration_s", "note"})
    ),
    "simple_workout_log-lb": Dialect(_workout_log, holds=frozenset({"body_mass_kg", "note"})),
}
