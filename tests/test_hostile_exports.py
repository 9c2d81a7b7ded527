"""JSON, XML, SQLite and FIT that mean harm, or are merely damaged: refused in one sentence."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from analysis.ingest import read
from analysis.ingest.covariates import read_covariates
from analysis.problems import NoUsableDataError
from tests.fit_file import fit_bytes

CASES = Path(__file__).parent / "vendors"
HEVY = (CASES / "hevy_api_list" / "export.json").read_text()
HEALTH = (CASES / "apple_health_xml" / "export.xml").read_text()


def refused(path: Path, text: str | bytes, match: str) -> None:
    if isinstance(text, str):
        path.write_text(text)
    else:
        path.write_bytes(text)
    with pytest.raises(NoUsableDataError, match=match):
        read(path)


def test_json_that_nests_without_end(tmp_path):
    deep = HEVY.replace("102.5", "[" * 200_000 + "]" * 200_000)
    refused(tmp_path / "a.json", deep, "deeper than a log can")


def test_json_that_breaks_off(tmp_path):
    refused(tmp_path / "a.json", HEVY[: len(HEVY) // 2], "breaks off or is damaged at line")


def test_json_with_numbers_that_are_none(tmp_path):
    refused(tmp_path / "a.json", HEVY.replace("102.5", "NaN"), "NaN, which is no number")


def test_json_of_another_shape_in_any_place_costs_no_neighbour(tmp_path):
    document = json.loads(HEVY)
    document[0]["exercises"][0]["sets"] = 7
    document[0]["exercises"][1] = ["a list"]
    document[0]["exercises"][2]["sets"].append("no set")
    document.append("a workout?")
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    book = read(path)
    assert book.sets["exercise"].to_list() == [
        "Stair Machine (Floors)",
        "Pull Up (Assisted)",
        "Pull Up (Assisted)",
    ]
    # The 7, the list, the string among the sets, and the one among the workouts: a record each.
    assert book.rejected["source_row"].unique().sort().to_list() == [1, 2, 4, 7]
    assert book.ledger.select("rejected", "unaccounted").row(0) == (4, 0)


def test_an_object_where_a_number_belongs_is_one_rejected_record(tmp_path):
    document = json.loads(HEVY)
    document[0]["exercises"][0]["sets"][1]["reps"] = {"$gt": 0}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    book = read(path)
    assert book.rejected.select("column", "value").row(0) == ("reps", '{"$gt": 0}')
    assert book.sets.height == 5


def test_xml_entities_are_never_expanded(tmp_path):
    path = tmp_path / "export.xml"
    bomb = "<!DOCTYPE HealthData [<!ENTITY a 'x'><!ENTITY b '&a;&a;&a;&a;'>]>"
    path.write_text(f'{bomb}<HealthData><Record type="&b;"/></HealthData>')
    found = read_covariates(path)
    assert found.table.is_empty()
    assert "damaged" in found.notes[0]


def test_xml_that_breaks_off_is_said_with_its_line(tmp_path):
    path = tmp_path / "export.xml"
    broken = HEALTH[: HEALTH.index("HKCategoryTypeIdentifierSleepAnalysis")]
    path.write_text(broken)
    found = read_covariates(path)
    assert f"breaks off in line {broken.count(chr(10)) + 1}" in found.notes[0]
    assert "1 of its records cannot be read" in found.notes[1]
    assert set(found.table["name"]) >= {"body_mass_kg", "hrv_sdnn_ms"}  # what stands before


def test_health_in_the_zip_that_a_phone_makes(tmp_path):
    import zipfile

    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("apple_health_export/export.xml", HEALTH)
        archive.writestr("apple_health_export/export_cda.xml", "<ClinicalDocument/>")
    found = read_covariates(path, athlete="ann")
    mass = found.table.filter(name="body_mass_kg")
    assert mass["date"].to_list() == [date(2026, 3, 1), date(2026, 3, 2)]
    assert mass["athlete"].unique().to_list() == ["ann"]
    assert any("clinical document" in note for note in found.notes)


def database(path: Path, *statements: str) -> Path:
    script = (CASES / "simple_workout_log_bak" / "export.sql").read_text()
    with closing(sqlite3.connect(path)) as base:
        base.executescript(script + ";".join(statements))
    return path


def test_a_view_is_not_taken_for_a_table(tmp_path):
    path = database(
        tmp_path / "a.bak",
        "ALTER TABLE reps RENAME TO real_reps",
        "CREATE VIEW reps AS SELECT * FROM real_reps",
    )
    with pytest.raises(NoUsableDataError, match="not a text table"):
        read(path)


def test_a_database_without_a_column(tmp_path):
    path = database(tmp_path / "a.bak", "ALTER TABLE reps RENAME COLUMN rep TO repetitions")
    with pytest.raises(NoUsableDataError, match="its table reps lacks one of the columns"):
        read(path)


def test_a_damaged_database(tmp_path):
    path = database(tmp_path / "a.bak")
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with pytest.raises(NoUsableDataError, match=r"cannot be read|not a text table"):
        read(path, unit="lb")


def test_a_blob_in_place_of_a_number_is_one_rejected_record(tmp_path):
    path = database(tmp_path / "a.bak", "UPDATE reps SET weight = x'00FF00' WHERE id = 2")
    book = read(path, unit="lb")
    assert 2 in book.rejected["source_row"].to_list()
    assert book.sets["source_row"].to_list() == [1, 3, 4]


def test_fit_that_is_cut_short_or_altered(tmp_path):
    whole = fit_bytes(json.loads((CASES / "garmin_fit_watch" / "export.fit.json").read_text()))
    refused(tmp_path / "a.fit", whole[:-20], "damaged or cut short")
    altered = bytearray(whole)
    altered[-30] ^= 0xFF
    refused(tmp_path / "b.fit", bytes(altered), "damaged or cut short")


def test_fit_files_chained_into_one_are_a_workout_each(tmp_path):
    text = (CASES / "garmin_fit_watch" / "export.fit.json").read_text()
    path = tmp_path / "a.fit"
    later = text.replace("2026-02-06", "2026-02-13")
    path.write_bytes(fit_bytes(json.loads(text)) + fit_bytes(json.loads(later)))
    book = read(path)
    assert book.sets["started_at"].n_unique() == 2
    ledger = book.ledger.select("records", "with_sets", "not_sets", "unaccounted")
    assert ledger.row(0) == (12, 8, 4, 0)


def test_fit_without_sets(tmp_path):
    refused(tmp_path / "a.fit", fit_bytes([{"is": "file_id", "type": 4}]), "holds no set")
