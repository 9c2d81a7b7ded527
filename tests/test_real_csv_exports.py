"""Real exports of the CSV apps, held against a second count that knows nothing of this program.

The counts here read each file with the csv module, by the header's own words; the program must
find as many sets, as many records of each other kind, and the same sum of repetitions.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analysis import exercises
from analysis.ingest.sources import Source
from analysis.ingest.staging import stage_file

EXPORTS = Path(__file__).parents[2] / "shared" / "exports"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXPORTS.exists(), reason="no ../shared/exports beside the project"),
]


@dataclass
class Counted:
    """What a file holds: sets, their repetitions, and the records that are no sets, by kind."""

    sets: int = 0
    reps: float = 0.0
    not_sets: Counter[str] = field(default_factory=Counter)

    def add(self, not_set: str, reps: str) -> None:
        """Count one record."""
        if not_set:
            self.not_sets[not_set] += 1
        else:
            self.sets += 1
            self.reps += float(reps or 0)


def records(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=delimiter):
            if any(row.values()):  # a spreadsheet writes a blank line as delimiters alone
                yield row


def fitbod(path: Path) -> Counted:
    found = Counted()
    for row in records(path):
        found.add("", row["Reps"].strip())
    return found


def repcount(path: Path) -> Counted:
    swedish = path.read_bytes().startswith(b"Starttid")
    words = ("Övning", "Reps", "Tid", "Distans") if swedish else None
    name, reps, time, distance = words or ("Exercise", "Reps", "Duration", "Distance")
    found = Counted()
    for row in records(path, ";" if swedish else ","):
        if row[name]:  # one record of 26,622 names no exercise: rejected
            some = row[reps] or row[time] not in ("", "0") or row[distance] not in ("", "0")
            found.add("" if some else "not done", row[reps])
    return found


def liftosaur(path: Path) -> Counted:
    found = Counted()
    for row in records(path):
        found.add("" if row["Completed Reps"] else "planned", row["Completed Reps"])
    return found


def lyfta(path: Path) -> Counted:
    found = Counted()
    for row in records(path):
        found.add("", row["Reps"])
    return found


def fit_notes(path: Path) -> Counted:
    found = Counted()
    for row in records(path):
        found.add("planned" if row["Status"] == "NotStarted" else "", row["Reps"])
    return found


def gymbook(path: Path) -> Counted:
    found = Counted()
    for row in records(path):
        number, word = row["Ripetizioni / Tempo"].split()
        reps = number if word == "ripetizioni" else ""
        found.add("skipped" if row["Saltato"] == "Si" else "", reps)
    return found


def gymrun(path: Path) -> Counted:
    found = Counted()
    for row in records(path, ";"):
        found.add("", row["Reps"])
    return found


BY_FOLDER: dict[str, Callable[[Path], Counted]] = {
    "fitbod": fitbod,
    "repcount": repcount,
    "liftosaur": liftosaur,
    "lyfta": lyfta,
    "fitnotes_fitapp": fit_notes,
    "gymbook": gymbook,
    "gymrun": gymrun,
}
FILES = sorted(path for folder in BY_FOLDER for path in (EXPORTS / folder).glob("*"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name[:24]}")
def test_sets_and_the_rest_are_what_a_second_count_finds(path, tmp_path):
    source = Source(path, path.name, "athlete", path)
    account = stage_file(source, "kg", None, exercises.load(), tmp_path / "staged")
    counted = BY_FOLDER[path.parent.name](path)
    sets = account.kept().collect()
    assert sets.height == account.sets == counted.sets
    assert account.not_sets == counted.not_sets.total()
    assert sets["reps"].fill_null(0).sum() == counted.reps
    assert account.rejected["source_row"].n_unique() <= 0.005 * counted.sets
