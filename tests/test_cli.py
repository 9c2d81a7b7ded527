"""The commands keep their contract: files, exit codes, one clear line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import pytest

from tests.test_ingest import HEVY, STRONG, file, hevy_row, strong_row


def liftdose(*arguments):
    command = [sys.executable, "-m", "analysis", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def header(path):
    with path.open(encoding="utf-8") as lines:
        return next(csv.reader(lines))


def test_ingest_writes_its_contract(tmp_path):
    file(tmp_path, "a.csv", HEVY + hevy_row() + hevy_row(reps="x", index=1))
    done = liftdose("ingest", tmp_path / "a.csv", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "2 records = 1 sets + 0 no sets + 0 duplicates + 1 rejected" in done.stdout
    assert (tmp_path / "out/sets.parquet").exists()
    assert header(tmp_path / "out/ledger.csv") == [
        "source_file", "vendor", "records", "sets", "not_sets", "duplicates", "rejected",
    ]  # fmt: skip
    assert header(tmp_path / "out/rejected.csv") == [
        "source_file", "source_row", "column", "value", "rule",
    ]  # fmt: skip
    assert header(tmp_path / "out/exercises.csv") == ["exercise", "exercise_id", "method", "sets"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ingest", "nothing.csv", "--out", "o"], 2, "no such file"),
        (["ingest", "a.csv", "--out", "o", "--unit", "stone"], 2, "stone"),
        (["ingest", "nounit.csv", "--out", "o"], 3, "--unit kg or --unit lb"),
        (["report", "empty.csv", "--out", "o"], 3, "is empty"),
        (["raport"], 2, "report"),
    ],
)
def test_wrong_usage_and_no_data_have_their_codes(tmp_path, monkeypatch, arguments, code, says):
    monkeypatch.chdir(tmp_path)
    file(tmp_path, "a.csv", HEVY + hevy_row())
    file(tmp_path, "nounit.csv", STRONG + strong_row())
    file(tmp_path, "empty.csv", "")
    done = liftdose(*arguments)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_report_is_one_page_and_its_numbers(tmp_path):
    file(tmp_path, "ann.csv", HEVY + "".join(hevy_row(day) for day in range(1, 20)))
    done = liftdose("report", tmp_path / "ann.csv", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "https://cdn" not in page
    assert "Content-Security-Policy" in page
    assert str(tmp_path) not in page
    names = {path.name for path in (tmp_path / "out/data").iterdir()}
    assert {"sets.csv", "ledger.csv", "provenance.json", "volume.csv"} <= names
    provenance = json.loads((tmp_path / "out/data/provenance.json").read_text())
    assert len(provenance["inputs"]["ann.csv"]["sha256"]) == 64


def test_two_athletes_get_a_page_each(tmp_path):
    rows = "".join(hevy_row(day) for day in range(1, 9))
    (tmp_path / "clients").mkdir()
    file(tmp_path / "clients", "ann.csv", HEVY + rows)
    file(tmp_path / "clients", "Bo <b>.csv", HEVY + rows)
    done = liftdose("report", tmp_path / "clients", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    index = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "ann/index.html" in index
    assert "<b>.csv" not in index
    assert (tmp_path / "out/bo-b/index.html").exists()


def test_explain_and_doctor():
    assert "one-repetition maximum" in liftdose("explain", "e1rm").stdout
    unknown = liftdose("explain", "e1rmm")
    assert unknown.returncode == 2
    assert "did you mean e1rm" in unknown.stderr
    assert liftdose("doctor").stdout.count("ok ") > 8
