"""No row of a real export is lost: each is a set, is none, or is turned away, by its number.

Which rows a file holds is asked of Python's readers of CSV, SQLite, JSON and XML, and of
fitdecode, by the words of each format; what became of them is read off the tables, not off the
ledger.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from analysis import exercises
from analysis.ingest.covariates import read_covariates
from analysis.ingest.sources import Source
from analysis.ingest.staging import stage_file

EXPORTS = Path(__file__).parents[2] / "shared" / "exports"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXPORTS.exists(), reason="no ../shared/exports beside the project"),
]

REFUSED = ("__test.fit", "liftosaur_20260205", "openpowerlifting")
"""Parts of the names of files that are refused, each for a reason of its own."""


def text_of(path: Path) -> str:
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the cells of each record that is not blank."""
    text = text_of(path)
    first = next(line for line in text.splitlines() if line.strip())
    reader = csv.reader(
        io.StringIO(text, newline=None), delimiter=max(",;\t", key=first.count)
    )  # fmt: skip
    end = 0
    for cells in reader:
        start, end = end + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            yield start, cells


def table(path: Path) -> set[int]:
    """Every record but the header; a first one that begins with a date is no header."""
    (top, header), *rest = lines(path)
    dated = re.match(r"\W*(\d{4}-\d|\d{1,2} \w+ \d{4})", header[0])
    return {line for line, cells in rest if cells != header} | ({top} if dated else set())


def jefit(path: Path) -> set[int]:
    """Every record of a table: its header stands below a title or a blank line."""
    found, below_header, end = set(), False, 0
    for line, cells in lines(path):
        header = cells[0].startswith("#") or not below_header or line > end + 1
        if not header:
            found.add(line)
        below_header = not cells[0].startswith("#")
        end = line + sum(cell.count("\n") for cell in cells)
    return found


def alpha_progression(path: Path) -> set[int]:
    """Lines that begin with the number of a set."""
    return {line for line, cells in lines(path) if cells[0].isdigit()}


def nested(*keys: str) -> Callable[[Path], set[int]]:
    """Sets of JSON, numbered in the order of the file."""

    def inside(value: Any, left: tuple[str, ...]) -> int:
        if isinstance(value, list):
            return sum(inside(each, left) for each in value)
        return inside(value[left[0]], left[1:]) if left else 1

    def rows(path: Path) -> set[int]:
        found = inside(json.loads(path.read_text(encoding="utf-8")), keys)
        return set(range(1, found + 1))

    return rows


def database(*queries: str) -> Callable[[Path], set[int]]:
    def rows(path: Path) -> set[int]:
        with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as base:
            return {row for query in queries for (row,) in base.execute(query)}

    return rows


def fit(path: Path) -> set[int]:
    reader = pytest.importorskip("fitdecode").FitReader
    data = importlib.import_module("fitdecode").FIT_FRAME_DATA
    with reader(path) as frames:
        found = sum(each.frame_type == data and each.name == "set" for each in frames)
    return set(range(1, found + 1))


ROWS: dict[str, Callable[[Path], set[int]]] = {
    **dict.fromkeys(
        ("strong", "hevy", "fitnotes", "fitbod", "repcount", "liftosaur", "lyfta", "gymbook",
         "fitnotes_fitapp", "gymrun", "stronglifts"),
        table,
    ),
    "jefit": jefit,
    "alpha": alpha_progression,
    "hevy_api": nested("exercises", "sets"),
    "rp": nested("weeks", "days", "exercises", "sets"),
    "macrofactor": nested("blocks", "exercises", "sets"),
    "fitnotes_sqlite": database("SELECT _id FROM training_log"),
    "swl": database("SELECT id FROM reps", "SELECT -id FROM cardio",
                    "SELECT -1000000000 - id FROM weight"),
    "fit": fit,
}  # fmt: skip
FILES = sorted(
    path
    for folder in ROWS
    for path in (EXPORTS / folder).glob("*")
    if not any(part in str(path) for part in REFUSED)
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name[:40]}")
def test_no_row_is_lost(path, tmp_path):
    source = Source(path, path.name, "athlete", path)
    account = stage_file(source, "kg", None, exercises.load(), tmp_path / "staged", tz="UTC")
    sets = account.part.scan().select("source_row").collect()["source_row"]
    found = {*sets, *account.idle, *account.rejected["source_row"]}
    there = ROWS[path.parent.name](path)
    assert there
    assert there - found == set()
    assert account.kept().collect().height == sets.len() - account.settled.sets


def test_no_measure_is_lost():
    names = {
        "BodyMass": "body_mass_kg",
        "LeanBodyMass": "lean_body_mass_kg",
        "BodyFatPercentage": "body_fat_pct",
        "RestingHeartRate": "resting_heart_rate_bpm",
        "WaistCircumference": "waist_cm",
        "HeartRateVariabilitySDNN": "hrv_sdnn_ms",
    }
    for path in (EXPORTS / "applehealth").glob("*export.xml"):
        there = {
            (names[kind], each.get("startDate", "")[:10])
            for _, each in ElementTree.iterparse(path)
            if (kind := each.get("type", "").removeprefix("HKQuantityTypeIdentifier")) in names
        }
        found = read_covariates(path).table
        assert there - {(name, f"{day:%Y-%m-%d}") for day, name in
                        found.select("date", "name").iter_rows()} == set()  # fmt: skip


def test_no_weighing_or_girth_is_lost():
    for path in (EXPORTS / "hevy_measurements").glob("*"):
        (_, header), *rest = lines(path)
        days = {
            cells[header.index("date")].split(",")[0]
            for _, cells in rest
            if any(cell for name, cell in zip(header, cells, strict=True) if name != "date")
        }
        assert read_covariates(path, athlete="one").table["date"].n_unique() == len(days) > 0
