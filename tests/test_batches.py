"""Small files of one dialect are read together, and give what each gives alone."""

from __future__ import annotations

import random

import polars as pl
import pytest

from analysis.exercises import shipped
from analysis.ingest import Options, batches, find, many, write
from analysis.simulate import Scenario, simulate
from analysis.simulate.formats import export
from tests.test_nothing_lost import log


def contents(folder):
    """What lies in a folder: bytes, and rows of Parquet, whose pages follow how rows came."""
    return {
        path.name: pl.read_parquet(path).rows() if path.suffix == ".parquet" else path.read_bytes()
        for path in sorted(folder.iterdir())
    }


def changed(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def strange_files(folder):
    """Write logs of which some hold what a file must decide or tell by itself."""
    paths = [log(folder / f"p{number:02d}.csv", seed=number) for number in range(12)]
    paths = sorted(folder.glob("*.csv"))
    changed(paths[1], '"normal"', '"ghost"')  # a word nobody knows
    changed(paths[2], "01 Jan 2024", "32 Jan 2024")  # no date
    changed(paths[3], ',""', ',"two\nlines"')  # a record of two lines
    changed(paths[4], ",,8", ",,eleven")  # no number
    text = paths[5].read_text(encoding="utf-8")
    paths[5].write_text(text + "\n\n", encoding="utf-8")  # blank lines
    paths[6].write_bytes(b"\xef\xbb\xbf" + paths[6].read_bytes())
    head, *rows = paths[7].read_text(encoding="utf-8").splitlines(keepends=True)
    paths[7].write_text(head + "".join(rows + rows), encoding="utf-8")  # pasted twice
    paths[8].write_text(head, encoding="utf-8")  # no set
    paths[9].write_bytes(paths[9].read_bytes().replace(b"\n", b"\r\n"))
    changed(paths[10], '"Day 0"', '"Day 0, again"')  # two workouts that start together
    return paths


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(batches, "FEWEST", 2)


@pytest.fixture
def logs(tmp_path):
    strange_files(tmp_path / "logs")
    return tmp_path / "logs"


def test_files_read_together_are_what_they_are_alone(logs, tmp_path, monkeypatch):
    together, alone, number = both_ways(logs, tmp_path, monkeypatch)
    assert number >= 4  # or nothing has been tried
    assert together == alone


def test_a_workout_ends_with_its_file(tmp_path, monkeypatch):
    # all begin alike, so that the last set of one and the first of the next look like one run
    for number in range(4):
        log(tmp_path / "logs" / f"p{number}.csv", seed=1, sessions=1)
    together, alone, _ = both_ways(tmp_path / "logs", tmp_path, monkeypatch)
    assert together == alone


def test_a_recipe_beside_the_files_goes_before_their_app(tmp_path, monkeypatch):
    for number in range(4):
        log(tmp_path / "logs" / f"p{number}.csv", seed=number, sessions=2)
    sources = find([tmp_path / "logs"], Options(), tmp_path / "work").files
    assert all(batches.checked(sources, None, shipped(), tmp_path / "work"))
    monkeypatch.setattr(batches.layout, "beside", lambda _: ("a recipe",))
    assert not any(batches.checked(sources, None, shipped(), tmp_path / "work"))


def both_ways(logs, tmp_path, monkeypatch, **said):
    """Write logs read together, and alone; return what lies there, and how many were together."""
    seen = []
    checked = batches.checked

    def watched(*given):
        found = checked(*given)
        seen.extend(each is not None for each in found)
        return found

    monkeypatch.setattr(many.batches, "checked", watched)
    write(logs, tmp_path / "together", Options(**said))
    monkeypatch.setattr(many.batches, "checked", lambda sources, *_: [None] * len(sources))
    write(logs, tmp_path / "alone", Options(**said))
    return contents(tmp_path / "together"), contents(tmp_path / "alone"), sum(seen)


@pytest.fixture(scope="module")
def lifters():
    return simulate(Scenario(n_athletes=6, weeks=8, apps=("hevy-kg",)), seed=3)


@pytest.mark.parametrize(
    ("dialect", "unit", "expected"),
    [
        ("strong-s1-lb", None, 6),  # names no unit: the loads of each file tell it
        ("strong-s1-kg", "kg", 6),
        ("strong-s2-kg", None, 6),
        ("strong-s3-kg", None, 6),
        ("fitnotes-f1-lb", None, 6),
        ("fitnotes-f3-kg", None, 6),
        ("repcount-english-lb", "lb", 6),
        ("lyfta-effort-lb", "lb", 6),
        ("hevy-lb", None, 6),
        ("fitbod-kg", None, 0),  # its clock is UTC: not the lifter's
    ],
)
def test_every_app_that_can_is_read_together(
    lifters, tmp_path, monkeypatch, dialect, unit, expected
):
    export(lifters, tmp_path / "logs", (dialect,))
    together, alone, number = both_ways(tmp_path / "logs", tmp_path, monkeypatch, unit=unit)
    assert together == alone
    assert number == expected


def strong(folder, *rows, number=6):
    """Write Strong logs of the most common dialect, each with these further rows at its ends."""
    head = (
        "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,"
        "Workout Notes,RPE\n"
    )
    folder.mkdir()
    for each in range(number):
        day = f"2024-02-{each + 1:02d} 18:00:00,Push,45m,Bench Press (Barbell)"
        sets = [f"{day},{place},{60 + each},5,0,0,,,8\n" for place in range(1, 5)]
        ends = [row.format(day=day) for row in rows]
        (folder / f"p{each}.csv").write_text("".join([head, *ends[:1], *sets, *ends[1:]]))
    return folder


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("{day},Rest Timer,0,0,0,90,,,\n", "{day},Rest Timer,0,0,0,120,,,\n"), 6),
        (("{day},1,20,5,0,0,,,\n", "{day},Note,0,0,0,0,elbows in,,\n"), 6),
        (("{day},Pause,0,0,0,90,,,\n", "{day},Pause,0,0,0,120,,,\n"), 0),  # told by its shape
        (("{day},1,0,0,2.5,600,,,\n", "{day},1,0,0,1.5,600,,,\n"), 6),  # distances of no unit
    ],
)
def test_neighbours_are_of_the_same_file(tmp_path, monkeypatch, rows, expected):
    logs = strong(tmp_path / "logs", *rows)
    together, alone, number = both_ways(logs, tmp_path, monkeypatch, unit="kg")
    assert together == alone
    assert number == expected


def test_a_unit_is_decided_for_each_file(tmp_path, monkeypatch):
    logs = strong(tmp_path / "logs", "{day},1,20,5,0,0,,,\n")
    for number, unit in enumerate((74.99999999999999, 61.23492, 88.18)):
        path = logs / f"p{number}.csv"
        head, *rows = path.read_text().splitlines(keepends=True)
        named = [
            row.replace("Bench Press (Barbell)", f"Lift {n}").replace(
                f",{60 + number},", f",{unit * (1 + n % 2)},"
            )
            for n, row in enumerate(rows * 12)
        ]
        path.write_text("".join([head, *named]))  # fmt: skip
    together, alone, number = both_ways(logs, tmp_path, monkeypatch)
    assert together == alone
    assert 0 < number < 6  # of some nobody can tell the unit


def test_files_without_a_header_are_read_alone(tmp_path, monkeypatch):
    logs = strong(tmp_path / "logs")
    for path in logs.iterdir():
        path.write_text(
            "".join(path.read_text().splitlines(keepends=True)[1:])
            .replace(path.read_text().splitlines()[1][:10], "2024-02-01")
            .replace(",6", ",5")
        )
    together, alone, number = both_ways(logs, tmp_path, monkeypatch, unit="kg")
    assert together == alone
    assert number == 0


@pytest.mark.parametrize("seed", range(12))
def test_damage_tells_in_the_same_way(tmp_path, monkeypatch, seed):
    chance = random.Random(seed)
    for number in range(6):
        path = tmp_path / "logs" / f"p{number}.csv"
        log(path, seed=number, sessions=3)
        data = bytearray(path.read_bytes())
        if number % 2:
            start = data.index(b"\n") + 1
            data[chance.randrange(start, len(data))] = chance.choice(b'",\n\r;0x-. \xff')
        path.write_bytes(bytes(data))
    together, alone, _ = both_ways(tmp_path / "logs", tmp_path, monkeypatch)
    assert together == alone
