from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import polars as pl
import pytest

from analysis import store
from analysis.ingest import read
from tests.test_ingest import HEVY, file, hevy_row


def tonnage(sets):
    return sets["athlete"][0], sets.select((pl.col("load_kg") * pl.col("reps")).sum()).item()


@pytest.fixture
def sets(tmp_path):
    rows = "".join(hevy_row(day, kg=str(60.1 + day)) for day in range(1, 9))
    (tmp_path / "logs").mkdir()
    for name in ("ann", "bo", "odd name"):
        file(tmp_path / "logs", f"{name}.csv", HEVY + rows)
    return read(tmp_path / "logs").sets


def test_one_file_per_athlete_and_nothing_lost(sets, tmp_path):
    paths = store.write(sets, tmp_path / "parts")
    back = pl.concat(pl.read_parquet(path) for path in paths)
    assert len(paths) == 3
    assert back.sort("athlete", "source_row").equals(sets.sort("athlete", "source_row"))
    with pytest.raises(FileExistsError):
        store.write(sets, tmp_path / "parts")


def test_processes_give_the_same_answer_to_the_last_bit(sets, tmp_path):
    paths = store.write(sets.lazy(), tmp_path / "parts")
    here = list(store.map_partitions(tonnage, paths))
    spawn = multiprocessing.get_context("spawn")  # polars must not be forked
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        assert list(store.map_partitions(tonnage, paths, pool)) == here
