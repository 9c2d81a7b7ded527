"""One year of training, written as each app writes it, is one year whichever app it comes from.

The year is the simulator's; each writer in `analysis.simulate` writes it in its app's format, and
the vendor of that app must give it back: every set with its load and repetitions, what else the
format holds, and from that the same volume and the same estimated strength.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import numpy as np
import pandas as pd
import polars as pl
import pytest

import analysis as lab
from analysis import exercises, schema
from analysis.ingest.vendors import known_vendors
from analysis.measures.day_strength import E1rmRule
from analysis.simulate import DIALECTS
from analysis.simulate.cells import lifts
from analysis.simulate.cohort import KG_PER_LB
from analysis.simulate.formats import SET_EVERY, write
from analysis.simulate.sample import LIFTERS, year_of

BODY_KG = 84.0
PLACE = ["started_at", "exercise_number", "set_number"]
CANNOT_CARRY = {
    "openpowerlifting": "it holds meets",
    "hevy_measurements": "it holds body measures",
    "apple_health": "it holds body measures",
    "rp_hypertrophy": "its loads include the body: a pull-up is another number there",
    "garmin_connect": "its exercises are the watch's own, and each set has a duration",
    "garmin_fit": "its exercises are the watch's own, and each set has a duration",
}
"""Vendors whose files cannot hold a year of named exercises, and why."""

VENDORS = {vendor.name: vendor for vendor in known_vendors()}


def vendor_of(dialect):
    return VENDORS[dialect.split("-", 1)[0]]


@cache
def year(unit):
    """A lifter's year with every kind of set and load that the simulator knows, in one unit."""
    ben = next(lifter for lifter in LIFTERS if lifter.name == "ben")
    log = year_of(ben, np.random.default_rng(14)).with_columns(
        rpe=pl.col("rpe").replace(6.5, 7.0),  # Hevy offers no 6.5
        body_kg=pl.lit(BODY_KG),
    )
    log = _with_holds(_with_belts(log))
    step = 2.5 if unit == "kg" else 5.0
    factor = 1.0 if unit == "kg" else KG_PER_LB
    load = (pl.col("load_kg") / factor / step).round() * step
    return log.with_columns(load=load, unit=pl.lit(unit)).with_columns(
        load_kg=pl.col("load") * factor
    )


def _with_belts(log):
    """Some pull-ups are done with a belt, others with assistance."""
    week = pl.col("started_at").dt.week()
    pull_up = pl.col("exercise") == "Pull Up"
    belt = pl.when(pull_up & (week % 3 == 0)).then(10.0)
    return log.with_columns(
        load_kg=pl.coalesce(pl.when(pull_up & (week % 3 == 1)).then(20.0), belt, "load_kg"),
        exercise=pl.when(pull_up & (week % 3 == 1))
        .then(pl.lit("Pull Up (Assisted)"))
        .otherwise("exercise"),
    )


def _with_holds(log):
    """Every workout ends with two planks."""
    last = log.group_by("started_at", maintain_order=True).last()
    planks = [
        last.with_columns(
            exercise=pl.lit("Plank"),
            exercise_number=pl.col("exercise_number") + 1,
            set_number=pl.lit(number, dtype=pl.Int32),
            kind=pl.lit("work"),
            duration_s=pl.lit(seconds),
            **{name: pl.lit(None, dtype=log.schema[name]) for name in EMPTY},
        ).select(log.columns)
        for number, seconds in ((1, 60.0), (2, 45.0))
    ]
    return pl.concat([log, *planks]).sort(PLACE)


EMPTY = ("load", "load_kg", "reps", "rpe", "rir", "superset", "note", "workout_note")


def what_survives(dialect):
    """The year as far as a dialect holds it."""
    log = year(dialect.rsplit("-", 1)[1])
    if "duration_s" not in DIALECTS[dialect].holds:
        log = log.filter(pl.col("duration_s").is_null())
    return log


def truth(dialect):
    """The set table that a dialect must become."""
    log, style = what_survives(dialect), DIALECTS[dialect]
    catalogue = exercises.load()
    app = dialect.split("-", 1)[0]
    names = {"hevy_api": "hevy", "fitnotes_backup": "fitnotes"}.get(app, app)
    if names in lifts().columns:  # an app with names of its own, not always of the same lift
        own = dict(lifts().select("exercise", names).iter_rows())
        log = log.with_columns(pl.col("exercise").replace(own))
    mapped = catalogue.match(log["exercise"].unique().to_list()).join(
        catalogue.exercises.select("exercise_id", "load_basis"), on="exercise_id", how="left"
    )
    nothing = (pl.col("load_basis") == "added") & (pl.col("load_kg").fill_null(0) == 0)
    start = pl.col("started_at")
    done = start + SET_EVERY * pl.int_range(pl.len()).over("started_at")
    if vendor_of(dialect).carries.clock == "day" or dialect.startswith("stronglifts-201"):
        start = start.dt.truncate("1d")
    return (
        log.join(mapped.select("exercise", "exercise_id", "load_basis"), on="exercise", how="left")
        .with_columns(
            done_at=done,
            body_mass_kg="body_kg",
            rir=10 - pl.col("rpe"),
            load_basis=pl.when(nothing).then(pl.lit("bodyweight")).otherwise("load_basis"),
            kind=pl.when(pl.col("kind").is_in(list(style.kinds)))
            .then("kind")
            .otherwise(pl.lit("work")),
        )
        .with_columns(started_at=start)
        .sort(PLACE)
    )


@cache
def read_back(dialect, folder):
    path = folder / dialect / "export.csv"
    path.parent.mkdir()
    write(what_survives(dialect), dialect, path)
    return lab.read(path, unit=dialect.rsplit("-", 1)[1], athlete="one")


def alternated(sets):
    """Which exercises of each workout were alternated; apps number their supersets differently."""
    together = sets.drop_nulls("superset").group_by("started_at", "superset")
    groups = together.agg(pl.col("exercise_number").unique().sort())
    return sorted(groups.drop("superset").iter_rows())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("year")


def test_every_app_that_holds_training_has_a_writer():
    written = {vendor_of(dialect).name for dialect in DIALECTS}
    assert written | set(CANNOT_CARRY) == set(VENDORS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_set_comes_back(dialect, folder):
    found, expected = read_back(dialect, folder).sets.sort(PLACE), truth(dialect)
    assert found.height == expected.height
    for column in ("started_at", "exercise_id", "exercise_number", "set_number", "kind"):
        assert found[column].equals(expected[column], check_names=False), column
    assert found["reps"].equals(expected["reps"], check_names=False)
    off = (found["load_kg"].fill_null(0) - expected["load_kg"].fill_null(0)).abs().max()
    assert off < 1e-9
    assert found["load_basis"].equals(expected["load_basis"], check_names=False)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_else_a_format_holds_comes_back(dialect, folder):
    found, expected = read_back(dialect, folder).sets.sort(PLACE), truth(dialect)
    holds = DIALECTS[dialect].holds
    for column in holds & {"ended_at", "workout", "rpe", "rir", "duration_s", "done_at"}:
        assert found[column].equals(expected[column], check_names=False), column
    if "body_mass_kg" in holds:
        assert (found["body_mass_kg"] - BODY_KG).abs().max() < 1e-6
    if "superset" in holds:
        assert alternated(found) == alternated(expected) != []
    if "note" in holds:
        said = " ".join("\n".join(found["note"].drop_nulls()).split())
        written = [" ".join(note.split()) for note in expected["note"].drop_nulls().unique()]
        assert written
        assert [note for note in written if note not in said] == []


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.name)
def test_writers_use_what_a_vendor_says_it_carries(vendor):
    """Kinds that a writer does not write must not be drop sets, failures or warm-ups."""
    mine = [style for name, style in DIALECTS.items() if vendor_of(name) is vendor]
    if vendor.name in CANNOT_CARRY:
        assert not mine
        return
    kinds = frozenset().union(*(style.kinds for style in mine))
    simulated = {"work", "warmup", "drop", "failure"}
    assert kinds == set(vendor.carries.kinds) & simulated
    holds = frozenset().union(*(style.holds for style in mine))
    says = vendor.carries
    carried = {
        "rpe": "rpe" in says.effort,
        "superset": says.supersets,
        "done_at": says.set_times,
        "body_mass_kg": says.body_mass,
        "duration_s": says.durations,
        "note": says.notes,
    }
    assert {column: column in holds for column in carried} == carried


@pytest.mark.parametrize("dialect", DIALECTS)
def test_volume_and_strength_are_those_of_the_year(dialect, folder):
    """From the sets as read and from the year itself, the same numbers."""
    book = read_back(dialect, folder)
    names = book.sets.sort(PLACE).select(
        "athlete", "session", "exercise", "app", "source_file", "source_row"
    )
    columns = {column.name: column.dtype for column in schema.SETS}
    log = truth(dialect).drop("athlete", "exercise", *(c for c in ("superset", "note")))
    blank = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in columns.items()
        if name not in log.columns and name not in names.columns
    ]
    lost = ({"rpe", "rir"} - DIALECTS[dialect].holds) | {"body_mass_kg"}
    if "rpe" in DIALECTS[dialect].holds:
        lost -= {"rir"}
    sets = (
        pl.concat([names, log], how="horizontal")
        .with_columns(*blank)
        .with_columns(pl.lit(None, dtype=columns[name]).alias(name) for name in lost)
        .select(pl.col(name).cast(dtype) for name, dtype in columns.items())
    )
    year_itself = replace(book, sets=sets)
    for measure in (
        partial(lab.volume, body_mass_kg=BODY_KG),
        partial(lab.strength, estimate=E1rmRule(body_mass_kg=BODY_KG)),
    ):
        given, own = (measure(each).table.sort_index(axis=1) for each in (book, year_itself))
        keys = [column for column in given.columns if given[column].dtype == object]
        order = [c for c in (*keys, "week", "date") if c in given.columns]
        pd.testing.assert_frame_equal(
            given.sort_values(order).reset_index(drop=True),
            own.sort_values(order).reset_index(drop=True),
            rtol=1e-9,
        )
