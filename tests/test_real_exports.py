"""The real exports beside the project go through whole; they are read, never copied."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from analysis import exercises
from analysis.ingest import read
from analysis.ingest.people import SHARED_WORKOUTS
from analysis.ingest.sources import Source
from analysis.ingest.staging import stage_file
from analysis.ingest.vendors import known_vendors
from analysis.pages.clients import Settings, client_paths, parked
from analysis.pages.coach import shared, take_in_all
from analysis.schema import LEDGER

EXPORTS = Path(__file__).parents[2] / "shared" / "exports"
APPS = ("strong", "hevy", "fitnotes", "fitnotes_sqlite")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXPORTS.exists(), reason="no ../shared/exports beside the project"),
]


def samples():
    if not EXPORTS.exists():
        return {}
    with (EXPORTS / "SAMPLES.csv").open(encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


SAMPLES = samples()
FILES = sorted(path for app in APPS for path in (EXPORTS / app).glob("*"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_record_is_accounted_for(path, tmp_path):
    sample = SAMPLES[f"{path.parent.name}/{path.name}"]
    source = Source(path, path.name, "athlete", path)
    account = stage_file(source, None, None, exercises.load(), tmp_path / "found")
    if any(note.kind == "unit unknown" for note in account.notes):
        account = stage_file(source, "kg", None, exercises.load(), tmp_path / "told")
    row = dict(zip((column.name for column in LEDGER), account.ledger_row(), strict=True))
    assert row["vendor"] in {vendor.name for vendor in known_vendors()}
    assert row["unaccounted"] == 0
    parts = row["with_sets"] + row["not_sets"] + row["duplicates"] + row["rejected"]
    assert row["records"] == parts
    torn = sample["status"] != "REAL" and row["rejected"]  # a reader of CSV joins torn lines
    assert row["records"] == int(sample["rows"]) or (torn and row["records"] > int(sample["rows"]))
    if sample["status"] == "REAL":
        assert row["rejected"] <= 0.005 * row["records"]


def first(app, name):
    return EXPORTS / app / name


def test_the_log_that_two_other_programs_agree_on():
    sets = read(first("hevy", "DaKheera47__strong-statistics__data_sample_sample_hevy.csv")).sets
    tonnage = (pl.col("load_kg") * pl.col("reps")).sum()
    work = sets.filter(pl.col("kind") != "warmup")
    assert (sets.height, sets["session"].n_unique(), sets["exercise"].n_unique()) == (
        7211,
        335,
        86,
    )
    assert sets.select(tonnage).item() == 2_304_917.0
    assert (work.height, work.select(tonnage).item()) == (5016, 1_964_741.75)


def test_two_strong_dialects_of_one_account():
    name = "joao-conde__fitness-tracker__data_"
    old = read(first("strong", f"{name}workouts.csv")).sets
    new = read(first("strong", f"{name}strong_workouts.csv")).sets
    new = new.filter(pl.col("started_at") <= old["started_at"].max())
    place = ["started_at", "exercise", "exercise_number", "set_number"]
    both = old.join(new, on=place, how="full", suffix="_new")
    assert old.height == new.height == both.height == 9874
    differ = {
        column: both.filter(pl.col(column).ne_missing(pl.col(f"{column}_new"))).height
        for column in ("load_kg", "reps", "rpe", "duration_s", "kind")
    }
    assert differ == {"load_kg": 21, "reps": 0, "rpe": 0, "duration_s": 0, "kind": 6}


def test_a_fitnotes_spreadsheet_and_its_backup_hold_the_same_sets():
    name = "labodyn__Tracking-health-and-body__"
    sheet = read(first("fitnotes", f"{name}data_FitNotes_Export.csv")).sets
    backup = read(first("fitnotes_sqlite", f"{name}FitNotes_Backup.fitnotes")).sets
    place = ["session", "exercise", "exercise_number", "set_number"]
    both = sheet.join(backup, on=place, how="full", suffix="_backup")
    assert sheet.height == backup.height == both.height == 5583
    assert (both["load_kg"] - both["load_kg_backup"]).abs().max() < 1e-4
    assert both["reps"].equals(both["reps_backup"], check_names=False)


def test_loads_agree_where_units_did_not_change_between_exports():
    name = "albTian__strong_caption_gen__strong_"
    pounds = read(first("strong", f"{name}7_23.csv")).sets
    kilograms = read(first("strong", f"{name}w_kg.csv")).sets
    place = ["session", "exercise", "exercise_number", "set_number"]
    both = pounds.join(kilograms, on=place)
    same = ((both["load_kg"] - both["load_kg_right"]).abs() < 0.01).sum()
    assert both.height == 6498
    assert same >= 6400


def test_two_exports_of_one_athlete_count_once():
    name = "joao-conde__fitness-tracker__data_"
    paths = [first("strong", f"{name}{part}.csv") for part in ("workouts", "strong_workouts")]
    logbook = read(paths, athlete="one")
    ledger = logbook.ledger.sort("source_file")
    assert logbook.sets.height == 10_464  # all of the newer export: 10,588 records, 124 no sets
    assert ledger["duplicates"].to_list() == [0, 9874]


def files(paths):
    within = [[path] if path.is_file() else path.rglob("*") for path in paths]
    return [file for each in within for file in each if file.is_file()]


@pytest.mark.parametrize("folder", client_paths([EXPORTS] if EXPORTS.exists() else []),
                         ids=lambda folder: folder.name)  # fmt: skip
def test_every_export_is_a_client_s_or_named(folder):
    intakes, notes = take_in_all([folder], Settings(), map)
    clients = [path for each in intakes for path in each.client.paths]
    assert sorted(files(clients)) == sorted(files([folder]))  # nobody's, or two people's: none
    if len(intakes) > 1:
        assert "each file is a client" in notes[0]
    read_by_name = {each.client.name for each in intakes if each.logbook is not None}
    assert all(each.reason for each in intakes if each.client.name not in read_by_name)
    # re-exports of one person are one client
    assert shared(intakes, fewest=SHARED_WORKOUTS, by_load=False).is_empty()


def test_what_is_parked_is_nobody_s_log():
    aside = {EXPORTS / name for name in parked([EXPORTS])}
    assert aside == {each for each in EXPORTS.iterdir() if each.name.startswith("_")}
    assert aside.isdisjoint(client_paths([EXPORTS]))
