"""Real exports that are no CSV of sets, held against a second count that knows nothing of us.

The counts here are taken from the bytes: how often a member that every set has stands in the
JSON, how many rows SQLite counts, how many `set` messages a FIT file announces.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from analysis import exercises
from analysis.ingest import read
from analysis.ingest.covariates import read_covariates
from analysis.ingest.records import peek
from analysis.ingest.sheets.preview import preview
from analysis.ingest.sources import Source
from analysis.ingest.staging import stage_file
from analysis.ingest.vendors import garmin_fit
from analysis.problems import NoUsableDataError, UserError

EXPORTS = Path(__file__).parents[2] / "shared" / "exports"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXPORTS.exists(), reason="no ../shared/exports beside the project"),
]


def the_only(folder, pattern="*"):
    (path,) = (EXPORTS / folder).glob(pattern)
    return path


def staged(path, tmp_path, unit="kg"):
    source = Source(path, path.name, "athlete", path)
    zone = "Europe/Paris"
    account = stage_file(source, unit, None, exercises.load(), tmp_path / "staged", tz=zone)
    assert account.unaccounted == 0
    return account


def times(path, pattern):
    return len(re.findall(pattern, path.read_text(encoding="utf-8")))


def test_hevy_api(tmp_path):
    path = the_only("hevy_api")
    account = staged(path, tmp_path)
    sets = account.kept().collect()
    assert account.sets == sets.height == times(path, r'"weight_kg":')
    assert sets["session"].n_unique() == times(path, r'"start_time":')
    assert sets["rpe"].is_not_null().sum() == times(path, r'"rpe": [\d.]+')
    assert sets["reps"].sum() == sum(map(int, re.findall(r'"reps": (\d+)', path.read_text())))
    assert account.not_sets == account.rejected.height == 0


def test_rp_hypertrophy(tmp_path):
    path = the_only("rp")
    account = staged(path, tmp_path)
    sets = account.kept().collect()
    assert account.sets + account.not_sets == times(path, r'"setType":')
    assert account.not_sets == times(path, r'"reps": (?:-1|null)') == 457
    assert sets.filter(pl.col("load_basis") == "total").height > 0
    assert sets.filter(pl.col("kind") == "myo").height == 181
    assert sets["done_at"].null_count() == 0


def test_macrofactor(tmp_path):
    path = the_only("macrofactor")
    account = staged(path, tmp_path)
    sets = account.kept().collect()
    assert account.sets == times(path, r'"setType":') == 106
    assert sets["session"].n_unique() == 5
    assert dict(sets["kind"].value_counts().iter_rows()) == {
        "work": 80,
        "warmup": 15,
        "failure": 11,
    }


def test_simple_workout_log(tmp_path):
    path = the_only("swl")
    account = staged(path, tmp_path, "lb")
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as base:
        (sets, reps), (weighings,) = (
            base.execute("SELECT count(*), sum(rep) FROM reps").fetchone(),
            base.execute("SELECT count(*) FROM weight").fetchone(),
        )
    assert (account.sets, account.not_sets) == (sets, weighings) == (2144, 151)
    assert account.kept().collect()["reps"].sum() == reps


GENUINE = ["21159045593", "21184883055", "21210521095", "21228853794", "garmin_reference"]


@pytest.mark.parametrize("name", GENUINE)
def test_garmin_fit(name, tmp_path):
    fitdecode = pytest.importorskip("fitdecode")
    path = the_only("fit", f"*{name}*")
    with fitdecode.FitReader(path) as reader:
        frames = [frame for frame in reader if getattr(frame, "name", "") == "set"]
    kinds = [
        frame.get_value("set_type")
        for frame in frames
        if frame.frame_type == fitdecode.FIT_FRAME_DATA
    ]
    account = staged(path, tmp_path)
    assert account.sets == kinds.count("active")
    assert account.not_sets == kinds.count("rest")
    assert garmin_fit.VENDOR.count(peek(path)) == len(kinds)
    assert account.rejected.is_empty()


@pytest.mark.parametrize(
    ("folder", "pattern", "reason"),
    [
        ("fit", "*__test.fit", "17 of its rests hold repetitions or a load"),
        ("fit", "*liftosaur_20260205*", "damaged or cut short"),
        ("openpowerlifting", "*", "does not say when its meets were"),
        ("boostcamp", "*", "Boostcamp is known by name and not read"),
        ("truecoach", "*", "TrueCoach is known by name and not read"),
        ("applehealth", "*tests_export.xml", "Apple Health holds no set here"),
    ],
)
def test_what_is_not_read_is_named(folder, pattern, reason):
    with pytest.raises(NoUsableDataError, match=reason):
        read(the_only(folder, pattern))


def test_an_export_of_health_without_body_measures_says_so():
    found = read_covariates(the_only("applehealth", "*tests_export.xml"))
    assert found.table.is_empty()
    assert "holds no measure" in found.notes[0]


def cells(path):
    calamine = pytest.importorskip("python_calamine")
    book = calamine.CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).to_python():
            yield name, row


def counted(folder, name, count):
    return pytest.param(folder, name, count, id=name.strip("*"))


def numbers(row, start, step):
    return sum(isinstance(cell, float) for cell in row[start::step])


OWN = [
    counted("sheet", "*data.xlsx", lambda rows: sum(
        numbers(row, 1, 2) for _, row in rows if str(row[0]).startswith("SET"))),
    counted("sheet", "*workouts.xlsx", lambda rows: sum(
        bool(re.fullmatch(r"\d+x[\d.]+", str(cell))) for _, row in rows for cell in row)),
    counted("sheet", "*workout.xlsx", lambda rows: sum(
        numbers(row, 1, 2) for name, row in rows if name[0].isdigit())),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "name", "count"), OWN)
def test_a_sheet_is_read_by_the_recipe_that_is_drafted_for_it(folder, name, count, tmp_path):
    path = the_only(folder, name)
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    preview(copy, unit="kg")
    account = staged(copy, tmp_path)
    assert account.sets == count(cells(path)) > 100
    assert account.rejected.is_empty()


def test_a_table_of_lines_is_read_by_the_recipe_that_is_drafted_for_it(tmp_path):
    path = the_only("own_csv", "mikloskoj*")
    copy = tmp_path / "log.csv"
    copy.write_bytes(path.read_bytes())
    preview(copy, unit="kg")
    with path.open(encoding="cp1252", newline="") as file:
        lines = list(csv.DictReader(file, delimiter=";"))
    done = [line for line in lines if line["Reps"] or line["Weight"]]
    account = staged(copy, tmp_path)
    assert account.sets == sum(int(line["Sets"]) for line in done)
    assert account.not_sets == len(lines) - len(done)
    assert account.rejected.is_empty()


@pytest.mark.parametrize("name", ["*rutina.xlsx", "*nSuns.xlsx"])
def test_a_program_without_dates_gives_no_set(name, tmp_path):
    path = the_only("sheet", name)
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    try:
        shown = preview(copy)
    except UserError as error:
        assert "no layout was recognised" in str(error)
    else:
        assert all(row.one.planned for row in shown.rows)
    with pytest.raises(NoUsableDataError):
        read(copy)


def test_one_person_s_log_in_two_apps_joins_without_doubles():
    """Hevy's copies of RP's days name the day that they were copied from."""
    rp, hevy = the_only("rp"), the_only("hevy_api")
    copied = {
        match[1]
        for workout in json.loads(hevy.read_text(encoding="utf-8"))
        if (match := re.search(r"rp-day-id:(\d+)", workout["description"] or ""))
    }
    begun = {}
    for cycle in json.loads(rp.read_text(encoding="utf-8")):
        for day in (day for week in cycle["weeks"] for day in week["days"]):
            done = [
                one["finishedAt"]
                for exercise in day["exercises"]
                for one in exercise["sets"]
                if one["status"] == "complete"
            ]
            if done:
                begun[min(done)[:19]] = str(day["id"])
    book = read([rp, hevy], athlete="one", tz="UTC")
    kept = book.sets.filter(pl.col("app") == "rp_hypertrophy")["started_at"].unique()
    days = {begun[f"{at:%Y-%m-%dT%H:%M:%S}"] for at in kept}
    assert len(copied & set(begun.values())) == 73
    assert not days & copied
    assert len(days) <= 12  # of 186: half on days without Hevy, half beside another workout of it


@pytest.mark.parametrize("person", ["TonyDeDev", "inesane", "marcpare"])
def test_no_day_of_one_person_stands_twice_by_two_apps(person):
    """Zones of their own, a watch's own count, names of their own."""
    paths = sorted(EXPORTS.rglob(f"{person}__*"))
    sets = read(paths, athlete="one", unit="lb").sets
    assert sets["app"].n_unique() >= 2
    apps = sets.group_by(pl.col("started_at").dt.date()).agg(pl.col("app").n_unique())
    assert apps["app"].max() == 1
