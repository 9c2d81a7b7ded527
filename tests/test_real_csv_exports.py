"""Real exports of the CSV apps, held against a second count that knows nothing of this program.

The counts here read each file with the csv module, by the header's own words; the program must
find as many sets, as many records of each other kind, and the same sum of repetitions.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from analysis import exercises
from analysis.ingest.covariates import read_covariates
from analysis.ingest.sources import Source
from analysis.ingest.staging import stage_file
from analysis.units import KG_PER

EXPORTS = Path(__file__).parents[2] / "shared" / "exports"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXPORTS.exists(), reason="no ../shared/exports beside the project"),
]


OTHER_TABLES = "records of other tables"


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


def jefit_tables(path: Path) -> dict[str, list[dict[str, str]]]:
    """The records of each section; a blank line ends a table, also inside a section."""
    table, header = "", []
    tables: dict[str, list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for cells in csv.reader(file):
            if not cells:
                header = []
            elif cells[0].startswith("#"):
                table = cells[0].strip("# ")
            elif not header:
                header = cells
            else:
                tables[table].append(dict(zip(header, cells, strict=True)))
    return tables


def jefit(path: Path) -> Counted:
    """Sets of the set logs, and of the packed cells that have none, split by hand."""
    found, tables = Counted(), jefit_tables(path)
    for row in tables["EXERCISE SET LOGS"]:
        done = float(row["reps"] or 0) or float(row["duration"] or 0)
        found.add("" if done else "no repetitions", row["reps"])
    on_lines = {row["exercise_log_id"] for row in tables["EXERCISE SET LOGS"]}
    for row in tables["EXERCISE LOGS"]:
        values = [pair.split("x") for pair in row["logs"].split(",")]
        if row["_id"] in on_lines:
            found.not_sets["log whose sets have lines of their own"] += 1
        elif row["ename"] in ("Stationary Bike", "Walking"):  # five fields, the last is seconds
            found.sets += 1
        else:
            for _, reps in values:
                found.add("" if float(reps) else "no repetitions", reps)
    others = {"EXERCISE SET LOGS", "EXERCISE LOGS"}
    found.not_sets[OTHER_TABLES] = sum(
        len(rows) for table, rows in tables.items() if table not in others
    )
    return found


def stronglifts(path: Path) -> Counted:
    found = Counted()
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    if "Exercise 1" not in header:
        for cells in rows:
            marks = cells[6].split("/")
            for number, reps in enumerate(cells[17::2]):
                if reps:
                    found.add("not done" if marks[number : number + 1] == ["-"] else "", reps)
        return found
    for cells in rows:
        for start in range(header.index("Exercise 1"), len(cells), 8):
            for reps in filter(None, cells[start + 3 : start + 8]):
                found.add("", reps)
    return found


def alpha_progression(path: Path) -> Counted:
    found = Counted()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for cells in csv.reader(file):
            if cells and cells[0].isdigit():
                found.add("not done" if cells[-1] == "-" else "", cells[-1])
    return found


BY_FOLDER: dict[str, Callable[[Path], Counted]] = {
    "fitbod": fitbod,
    "repcount": repcount,
    "liftosaur": liftosaur,
    "lyfta": lyfta,
    "fitnotes_fitapp": fit_notes,
    "gymbook": gymbook,
    "gymrun": gymrun,
    "jefit": jefit,
    "alpha": alpha_progression,
    "stronglifts": stronglifts,
}
FILES = sorted(path for folder in BY_FOLDER for path in (EXPORTS / folder).glob("*"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name[:24]}")
def test_sets_and_the_rest_are_what_a_second_count_finds(path, tmp_path):
    source = Source(path, path.name, "athlete", path)
    account = stage_file(source, "kg", None, exercises.load(), tmp_path / "staged")
    counted = BY_FOLDER[path.parent.name](path)
    sets = account.kept().collect()
    assert sets.height == account.sets == counted.sets
    assert account.idle.len() == counted.not_sets.total()
    named = {word: n for word, n in counted.not_sets.items() if word != OTHER_TABLES}
    assert named.items() <= dict(account.not_set_kinds).items()
    assert account.unaccounted == 0
    assert sets["reps"].fill_null(0).sum() == counted.reps
    assert account.rejected["source_row"].n_unique() <= 0.005 * counted.sets


@pytest.mark.parametrize("unit", ["kg", "lb"])
def test_volumes_are_those_that_stronglifts_states(unit, tmp_path):
    name = f"LiamMorrow__LiftLog__tests_csv-import-test-files_stronglifts-export-{unit}.csv"
    path = EXPORTS / "stronglifts" / name
    source = Source(path, path.name, "athlete", path)
    account = stage_file(source, None, None, exercises.load(), tmp_path / "staged")
    ours = (
        account.kept()
        .group_by("source_row")
        .agg((pl.col("load_kg") * pl.col("reps")).sum() / KG_PER[unit])
        .collect()
    )
    volume = dict(ours.iter_rows())
    stated = {
        line: float(row[f"Volume ({unit.upper()})"])
        for line, row in enumerate(records(path), start=2)
    }
    assert volume == pytest.approx(stated, rel=1e-9)
    by_workout: Counter[str] = Counter()
    whole: dict[str, float] = {}
    for line, row in enumerate(records(path), start=2):
        by_workout[row["Workout"]] += volume[line]
        whole[row["Workout"]] = float(row[f"Workout Volume ({unit.upper()})"])
    assert by_workout == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "per_cm"),
    [
        ("f-haque-96__Enhanced-workout-tracker__measurement_data.csv", 2.54),
        ("imnotjoeyramone__you-better-werk__data_measurement_data.csv", 1.0),
    ],
)
def test_measures_are_those_of_the_file(name, per_cm):
    path = EXPORTS / "hevy_measurements" / name
    rows = list(records(path))
    found = read_covariates(path, athlete="one").table
    length = "in" if per_cm != 1 else "cm"
    for ours, theirs, factor in (
        ("body_mass_kg", "weight_kg", 1.0),
        ("body_fat_pct", "fat_percent", 1.0),
        ("waist_cm", f"waist_{length}", per_cm),
        ("left_thigh_cm", f"left_thigh_{length}", per_cm),
        ("right_arm_cm", f"right_bicep_{length}", per_cm),
    ):
        by_day: dict[str, list[float]] = defaultdict(list)
        for row in rows:
            if row[theirs]:
                by_day[row["date"].split(",")[0]].append(float(row[theirs]) * factor)
        means = [sum(values) / len(values) for values in by_day.values()]
        measured = found.filter(pl.col("name") == ours)["value"].to_list()
        assert sorted(measured) == pytest.approx(sorted(means))
