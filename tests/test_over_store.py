"""A plan over a store: the answer of one logbook of all, whoever does the work."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

import analysis as lab
from analysis.cli import app
from analysis.ingest.stored import add
from analysis.models.hypothesis.over_store import answer
from analysis.models.hypothesis.run import run
from analysis.problems import UserError
from analysis.simulate import Scenario, export, simulate
from analysis.store import Store
from analysis.workers import HERE, workers

PLAN = (
    'question = "Sets?"\nmuscle = "quads"\nsmallest_effect = 0.1\n'
    "[sensitivity]\nmax_specifications = 0\n[power]\nsimulations = 0\n"
)
DAY = date(2026, 1, 5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    scenario = Scenario(
        n_athletes=14,
        weeks=40,
        within_pct=0.6,
        muscles=("quads",),
        apps=("strong-s2-lb", "hevy-kg"),
    )
    export(simulate(scenario, seed=3), folder / "logs")
    twin = sorted((folder / "logs").iterdir())[0]
    (folder / "logs" / f"twin{twin.suffix}").write_bytes(twin.read_bytes())
    (folder / "plan.toml").write_text(PLAN, "utf-8")
    add(folder / "logs", folder / "store")
    return folder


@pytest.fixture(scope="module")
def here(folder):
    return answer(folder / "plan.toml", Store.open(folder / "store"), today=DAY)


def test_it_is_the_answer_of_one_logbook(folder, here):
    one = run(folder / "plan.toml", lab.read(folder / "logs"), today=DAY)
    assert here.verdict == one.verdict
    for name in ("value", "std_error", "low", "high"):
        assert getattr(here.target, name) == pytest.approx(
            getattr(one.fitted.target, name), rel=1e-7
        )
    lead = one.fitted.placebo.lead.value
    assert here.within.placebo.lead.value == pytest.approx(lead, rel=1e-6)
    assert here.stamp == one.stamp
    assert here.flow.to_dict("records") == one.flow.to_dict("records")
    assert here.people == 15
    assert here.lost == ()


def told(found):
    """Everything that an answer says, to the last bit."""
    numbers = [found.target, *found.within.event_study.values(), found.within.placebo.lead]
    return [repr(each) for each in numbers], found.flow.to_dict("records"), found.stamp


def test_processes_give_the_same_bytes(folder, here):
    store = Store.open(folder / "store")
    with workers(2) as who:
        assert told(answer(folder / "plan.toml", store, who, today=DAY)) == told(here)


def test_a_cluster_gives_the_same_bytes(folder, here):
    from distributed import LocalCluster

    store = Store.open(folder / "store")
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local,
        workers(cluster=local.scheduler_address) as who,
    ):
        assert told(answer(folder / "plan.toml", store, who, today=DAY)) == told(here)


def test_too_little_is_said_and_no_failure(folder, tmp_path):
    one = sorted((folder / "logs").iterdir())[0]
    add(one, tmp_path / "store")
    found = answer(folder / "plan.toml", Store.open(tmp_path / "store"), HERE, today=DAY)
    assert found.verdict == "cannot tell"
    assert found.reason.startswith("too little in these logs")


def test_the_command_asks_a_store_by_its_buckets(folder, here, tmp_path):
    plan, store = str(folder / "plan.toml"), str(folder / "store")
    said = CliRunner().invoke(app, ["test", plan, store, "--out", str(tmp_path), "--jobs", "2"])
    assert said.exit_code == 0, said.output
    for stage in ("pass 1, sums of doses", "pass 2, cross-products"):
        line = next(line for line in said.stderr.splitlines() if line.startswith(stage))
        assert "CPU-s" in line
        assert "GB a worker" in line
    assert "\nfit: " in said.stderr
    assert "\npage: " in said.stderr
    verdict = json.loads((tmp_path / "verdict.json").read_text("utf-8"))
    assert verdict["estimate"] == here.target.value
    assert verdict["n_people"] == 15
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "their workouts stand in another log" in page
    refused = CliRunner().invoke(app, ["test", plan, store, "--jobs", "2", "--unit", "kg"])
    assert isinstance(refused.exception, UserError)
    refused = CliRunner().invoke(app, ["test", plan, str(folder / "logs"), "--jobs", "2"])
    assert isinstance(refused.exception, UserError)


def test_more_than_a_bucket_is_never_fitted_as_one_logbook(folder, here, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "analysis.store.BUCKET_SETS", Store.open(folder / "store").manifest.sets - 1
    )
    plan, store = str(folder / "plan.toml"), str(folder / "store")
    said = CliRunner().invoke(app, ["test", plan, store, "--out", str(tmp_path)])
    assert said.exit_code == 0, said.output
    verdict = json.loads((tmp_path / "verdict.json").read_text("utf-8"))
    assert verdict["lost"] == []
    assert verdict["estimate"] == here.target.value
