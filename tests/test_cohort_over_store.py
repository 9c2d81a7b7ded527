"""A cohort over a store: the page of one logbook of all, whoever does the work."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import analysis as lab
from analysis import workers as at_work
from analysis.cli import app
from analysis.ingest.stored import add
from analysis.models.cohort import over_store
from analysis.models.dose import buckets
from analysis.pages.cohort import save_cohort, save_cohort_of_store
from analysis.problems import UserError
from analysis.simulate import Scenario, export, simulate
from analysis.store import Store
from analysis.workers import workers

MUSCLES = ["quads", "chest", "calves"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of 24 lifters, one of them under two names, and a file without sets."""
    folder = tmp_path_factory.mktemp("cohort")
    scenario = Scenario(
        n_athletes=24,
        weeks=40,
        within_pct=0.6,
        muscles=("quads", "chest"),
        apps=("strong-s2-lb", "hevy-kg"),
    )
    export(simulate(scenario, seed=3), folder / "logs")
    twin = sorted((folder / "logs").iterdir())[0]
    (folder / "logs" / f"twin{twin.suffix}").write_bytes(twin.read_bytes())
    add(folder / "logs", folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def here(store, tmp_path_factory):
    out = tmp_path_factory.mktemp("here") / "cohort"
    said = list(save_cohort_of_store(Store.open(store), out, muscles=MUSCLES))
    return out, said[:-1]


def files(out):
    """Every file of a page's folder, by name, but for the one that the run's versions stand in."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


def test_it_is_the_page_of_one_logbook(store, here, tmp_path):
    said = list(save_cohort(lab.read(store), tmp_path / "cohort", muscles=MUSCLES))
    out, wanted = here
    assert said[:-1] == wanted
    assert files(out) == files(tmp_path / "cohort")
    assert any(name.endswith("weeks.csv") for name in files(out))


def test_a_cluster_gives_the_same_bytes(store, here, tmp_path):
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local,
        workers(cluster=local.scheduler_address) as who,
    ):
        list(save_cohort_of_store(Store.open(store), tmp_path / "dask", who, muscles=MUSCLES))
    assert files(tmp_path / "dask") == files(here[0])


def test_a_bucket_that_is_lost_is_named_and_its_people_are_in_nothing(store, monkeypatch):
    def all_but_one(step, pieces, _who, *, name, **_how):
        first, *others = pieces
        return [at_work.Lost(name(first), "died"), *map(step, others)]

    monkeypatch.setattr(buckets, "mapped", all_but_one)
    found = over_store.study_store(Store.open(store), muscles=["quads"])
    opened = Store.open(store)
    first, second, *_ = opened.buckets
    assert found.lost == (f"bucket {first}", f"bucket {second}")  # one a pass
    gone = {*opened.logbook(first).athletes, *opened.logbook(second).athletes}
    assert gone
    assert not gone & {*found.people.athletes}
    assert {*found.muscles[0].own["athlete"]} == {*found.people.athletes}


def test_processes_give_the_same_bytes_and_say_what_each_stage_cost(store, here, tmp_path):
    asked = [word for muscle in MUSCLES for word in ("--muscle", muscle)]
    command = ["cohort", str(store), "--out", str(tmp_path / "out"), "--jobs", "2", *asked]
    said = CliRunner().invoke(app, command)
    assert said.exit_code == 0, said.output
    assert files(tmp_path / "out") == files(here[0])
    for stage in ("who is who", "pass 1", "what all hold in common", "pass 2", "fit", "page"):
        assert any(line.startswith(stage) for line in said.stderr.splitlines()), stage
    refused = CliRunner().invoke(app, [*command, "--unit", "kg"])
    assert isinstance(refused.exception, UserError)
    refused = CliRunner().invoke(app, [*command, "--muscle", "wings"])
    assert refused.exit_code
