"""A cohort of any size gives what each of its lifters gives alone."""

import os
import signal
import sys
from multiprocessing import active_children
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from analysis import read
from analysis.exercises import shipped
from analysis.logbook import Logbook
from analysis.measures.frequency import frequency
from analysis.measures.intensity import intensity
from analysis.measures.volume import volume
from analysis.measures.weekly import Part, weekly
from analysis.simulate.cohort import simulate
from analysis.simulate.formats import export
from analysis.simulate.scenario import Scenario
from analysis.workers import workers

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from cohorts import set_table

KEYS = ["athlete", "week", "muscle"]
SCENARIO = Scenario(n_athletes=6, weeks=12, missing_weeks=0.3, apps=("hevy-kg",))


@pytest.fixture(scope="module")
def sets():
    return set_table(simulate(SCENARIO, seed=3))


@pytest.fixture(scope="module")
def parts(sets, tmp_path_factory):
    """The cohort as two files of whole lifters, not in training order."""
    folder = tmp_path_factory.mktemp("parts")
    names = sets["athlete"].unique().sort()
    found = []
    for half, own in enumerate((names[:2], names[2:])):
        path = folder / f"{half}.parquet"
        rows = sets.filter(pl.col("athlete").is_in(own.implode()))
        rows.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(path)
        found.append(Part(f"half {half}", (path,)))
    return found


def book(sets):
    nothing = pl.DataFrame()
    return Logbook(sets, nothing, nothing, nothing, shipped())


def table_of(result):
    return pl.from_pandas(result.table).with_columns(pl.col("week").cast(pl.Date))


def test_the_set_table_for_timing_is_what_reading_the_exports_gives(tmp_path):
    cohort = simulate(SCENARIO, seed=3)
    export(cohort, tmp_path)
    told = read(tmp_path).sets
    same = ["athlete", "started_at", "ended_at", "exercise_id", "exercise_number", "set_number",
            "load_kg", "load_basis", "reps"]  # fmt: skip
    order = ["athlete", "started_at", "exercise_number", "set_number"]
    ours = set_table(cohort)
    assert ours.schema == told.schema
    assert ours.select(same).sort(order).equals(told.select(same).sort(order))


def test_rows_are_to_the_bit_those_of_each_lifter_alone(sets, parts, tmp_path):
    written = weekly(parts, tmp_path / "weekly.parquet")
    rows = pl.read_parquet(written.path)
    assert written.counts.rows == rows.height
    for (name,), own in sets.group_by("athlete"):
        alone = book(own)
        mine = rows.filter(pl.col("athlete") == name)
        for measure in (volume, frequency):
            table = table_of(measure(alone))
            assert mine.select(table.columns).equals(table)
        table = table_of(intensity(alone)).drop("direct_sets")
        direct = mine.filter(pl.col("pct_sets").is_not_null())
        assert direct.select(table.columns).equals(table)
        assert direct.height == mine.filter(pl.col("direct_sets") > 0).height


def test_a_logbook_gives_the_rows_of_its_parts(sets, parts, tmp_path):
    whole = weekly(book(sets), tmp_path / "whole.parquet")
    split = weekly(parts, tmp_path / "split.parquet")
    one, two = (pl.read_parquet(each.path).sort(KEYS) for each in (whole, split))
    assert one.equals(two)
    assert whole.counts == split.counts
    assert whole.notes == split.notes
    assert whole.typical.equals(split.typical)


def test_what_is_typical_is_counted_over_buckets_without_loss(parts, tmp_path):
    written = weekly(parts, tmp_path / "weekly.parquet", measures=["volume"])
    logged = pl.read_parquet(written.path).filter(pl.col("training_days").is_not_null())
    sets = pl.col("fractional_sets")
    expected = logged.group_by("muscle", maintain_order=True).agg(
        sets.median().alias("median"),
        sets.quantile(0.25, "linear").alias("low"),
        sets.quantile(0.75, "linear").alias("high"),
        pl.len().cast(pl.Int64).alias("weeks"),
    )
    assert written.typical.sort("muscle").equals(expected.sort("muscle"))


def test_columns_follow_what_is_asked_for(parts, tmp_path):
    only = weekly(parts, tmp_path / "days.parquet", measures=["frequency"])
    columns = pl.read_parquet_schema(only.path)
    assert list(columns)[-2:] == ["direct_days", "any_days"]
    assert "direct_sets" not in columns
    with pytest.raises(ValueError, match="expected of volume, frequency, intensity"):
        weekly(parts, tmp_path / "none.parquet", measures=["tempo"])
    assert not (tmp_path / "none.parquet").exists()


def test_no_sets_are_no_rows(sets, tmp_path):
    written = weekly(book(sets.clear()), tmp_path / "weekly.parquet")
    assert written.counts.rows == 0
    assert pl.read_parquet(written.path).is_empty()
    assert "no week holds a log" in written.summary


@pytest.mark.parametrize("stored", [False, True], ids=["logs", "store"])
def test_the_command_takes_logs_or_a_store(stored, tmp_path):
    from analysis.cli import app

    export(simulate(SCENARIO, seed=3), tmp_path / "logs")
    source, out = str(tmp_path / "logs"), tmp_path / "weekly.parquet"
    if stored:
        store = str(tmp_path / "store")
        assert CliRunner().invoke(app, ["ingest", source, "--store", store]).exit_code == 0
        source = store
    run = CliRunner().invoke(app, ["weekly", source, "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert "6 lifters" in run.output
    table = table_of(volume(read(tmp_path / "logs")))
    rows = pl.read_parquet(out).sort(KEYS)
    assert rows.select(table.columns).equals(table.sort(KEYS))


def test_whoever_works_the_parts_out_writes_the_same_bytes(parts, tmp_path):
    with workers(2) as who:
        there = weekly(parts, tmp_path / "there.parquet", who=who)
    here = weekly(parts, tmp_path / "here.parquet")
    assert there.path.read_bytes() == here.path.read_bytes()
    assert there.counts == here.counts


@pytest.fixture
def each(sets, tmp_path):
    """The cohort as one file per lifter: more pieces than workers."""
    found = []
    for (name,), rows in sets.group_by("athlete", maintain_order=True):
        rows.write_parquet(tmp_path / f"{name}.parquet")
        found.append(Part(str(name), (tmp_path / f"{name}.parquet",)))
    return found


def killing(of_workers):
    """Return a listener that kills a worker once the first piece is done, and whom it killed."""
    killed = []

    def tell(done, *_):
        if done == 1 and not killed:
            killed.append(of_workers()[0])
            os.kill(killed[0], signal.SIGKILL)

    return tell, killed


def test_a_process_killed_in_the_middle_changes_no_byte(each, tmp_path):
    tell, killed = killing(lambda: [child.pid for child in active_children()])
    with workers(2) as who:
        there = weekly(each, tmp_path / "there.parquet", who=who, tell=tell)
    here = weekly(each, tmp_path / "here.parquet")
    assert killed
    assert there.path.read_bytes() == here.path.read_bytes()
    assert there.counts == here.counts


def test_a_worker_of_a_cluster_killed_in_the_middle_changes_no_byte(each, tmp_path):
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local,
        Client(local.scheduler_address, set_as_default=False) as client,
        workers(cluster=local.scheduler_address) as who,
    ):
        tell, killed = killing(lambda: list(client.run(os.getpid).values()))
        there = weekly(each, tmp_path / "there.parquet", who=who, tell=tell)
    here = weekly(each, tmp_path / "here.parquet")
    assert killed
    assert there.path.read_bytes() == here.path.read_bytes()
    assert there.counts == here.counts
