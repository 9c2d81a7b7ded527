"""Small files of one dialect are read together, and give what each gives alone."""

from __future__ import annotations

import random

import polars as pl
import pytest

from analysis.exercises import shipped
from analysis.ingest import Options, batches, find, many, write
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
    seen = []
    checked = batches.checked

    def watched(*given):
        found = checked(*given)
        seen.extend(each is not None for each in found)
        return found

    monkeypatch.setattr(many.batches, "checked", watched)
    write(logs, tmp_path / "together")
    assert sum(seen) >= 4  # or nothing has been tried
    monkeypatch.setattr(many.batches, "checked", lambda sources, *_: [None] * len(sources))
    write(logs, tmp_path / "alone")
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")


def test_a_workout_ends_with_its_file(tmp_path, monkeypatch):
    # all begin alike, so that the last set of one and the first of the next look like one run
    for number in range(4):
        log(tmp_path / "logs" / f"p{number}.csv", seed=1, sessions=1)
    write(tmp_path / "logs", tmp_path / "together")
    monkeypatch.setattr(many.batches, "checked", lambda sources, *_: [None] * len(sources))
    write(tmp_path / "logs", tmp_path / "alone")
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")


def test_a_recipe_beside_the_files_goes_before_their_app(tmp_path, monkeypatch):
    for number in range(4):
        log(tmp_path / "logs" / f"p{number}.csv", seed=number, sessions=2)
    sources = find([tmp_path / "logs"], Options(), tmp_path / "work").files
    assert all(batches.checked(sources, None, shipped(), tmp_path / "work"))
    monkeypatch.setattr(batches.layout, "beside", lambda _: ("a recipe",))
    assert not any(batches.checked(sources, None, shipped(), tmp_path / "work"))


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
    write(tmp_path / "logs", tmp_path / "together")
    monkeypatch.setattr(many.batches, "checked", lambda sources, *_: [None] * len(sources))
    write(tmp_path / "logs", tmp_path / "alone")
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")
