"""The thirty invented clients: readable, different, and the same every time."""

import polars as pl
import pytest

import analysis as lab
from analysis.simulate.sample import MOMENTS, NAMES, write_clients


@pytest.fixture(scope="module")
def logbook(tmp_path_factory):
    return lab.read(write_clients(tmp_path_factory.mktemp("clients")))


def test_every_client_is_read_whole(logbook):
    assert sorted(logbook.athletes) == sorted(NAMES)
    assert len(set(NAMES)) == 30
    assert logbook.rejected.is_empty()


def test_all_logs_end_in_the_same_week_but_hold_different_spans(logbook):
    days = logbook.sets.group_by("athlete").agg(
        first=pl.col("started_at").min(), last=pl.col("started_at").max()
    )
    spread = days["last"].max() - days["last"].min()
    assert spread.days < 21  # away for the last weeks at most
    assert days["first"].dt.truncate("1w").n_unique() == len(MOMENTS)


def test_the_monday_has_something_of_everything(logbook):
    found = lab.findings(logbook)
    assert {"pain note", "inactive", "drop", "skipped", "record"} <= {each.flag for each in found}
    assert set(lab.triage(logbook).table["status"]) == {
        "needs attention", "on track", "too little data",
    }  # fmt: skip


def test_same_seed_same_bytes_other_seed_other_logs(tmp_path):
    one, two, other = (
        [path.read_bytes() for path in write_clients(tmp_path / name, seed)]
        for name, seed in (("one", 30), ("two", 30), ("other", 31))
    )
    assert one == two
    assert not set(one) & set(other)
