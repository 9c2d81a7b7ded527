"""Verbs over a store give what they give of its exports."""

from __future__ import annotations

import json

import polars as pl
import pytest

import analysis as lab
from analysis import workers
from analysis.ingest.stored import add
from analysis.models.strength import over_store
from analysis.models.strength.over_store import verdicts_of
from analysis.pages.client_page import Client, take_in
from analysis.pages.clients import ClientSettings
from analysis.pages.coach import coach_folder
from analysis.store import Store
from tests.client_files import hevy, light  # noqa: F401, a fixture


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for number, name in enumerate(("Ann", "Bea", "Cid")):
        hevy(folder, f"{name}.csv", weeks=16 + 4 * number)
    return folder


@pytest.fixture(scope="module")
def store(logs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores") / "store"
    add(logs, folder)
    return folder


def test_verdicts_bucket_by_bucket_are_those_of_all_together(logs, store, tmp_path):
    found = verdicts_of(Store.open(store), tmp_path / "verdicts.parquet")
    wanted = pl.from_pandas(lab.strength(lab.read(logs)).table)
    table = pl.read_parquet(tmp_path / "verdicts.parquet")
    table, wanted = (each.sort("athlete", "scope", "name") for each in (table, wanted))
    assert table.equals(wanted)
    assert found.table.query("scope == 'lifter'")["n"].sum() == 3
    assert found.summary.startswith("3 lifters: ")


def test_a_bucket_that_is_lost_is_named_and_the_others_stand(store, tmp_path, monkeypatch):
    def all_but_one(step, pieces, _who, *, name, **_how):
        first, *others = pieces
        return [workers.Lost(name(first), "died"), *map(step, others)]

    monkeypatch.setattr(over_store, "mapped", all_but_one)
    found = verdicts_of(Store.open(store), tmp_path / "verdicts.parquet")
    assert found.table.query("scope == 'lifter'")["n"].sum() == 2
    assert found.notes[0].startswith("1 bucket without verdicts")


@pytest.mark.usefixtures("light")
def test_a_coach_may_keep_the_clients_in_a_store(store, tmp_path):
    (store / "clients.toml").write_text('[clients.Bea]\nunit = "kg"\n')
    done = coach_folder(store, tmp_path / "out", workers=1)
    assert sorted(done.clients.table["client"]) == ["Ann", "Bea", "Cid"]
    assert all("shares" in note for note in done.notes)  # no entry of the toml is without a client
    assert all((tmp_path / "out" / page).exists() for page in done.clients.table["page"])
    assert json.loads((store / "manifest.json").read_text("utf-8"))["n_athletes"] == 3


@pytest.mark.usefixtures("light")
def test_pages_from_a_store_are_those_from_the_logs(logs, store, tmp_path):
    taken = take_in(Client("Ann", (store,), ClientSettings()))
    assert taken.logbook.sets.is_empty()  # they wait in the store
    assert taken.whole().sets.height == Store.open(store).logbook(athlete="Ann").sets.height
    (store / "clients.toml").unlink(missing_ok=True)
    coach_folder(logs, tmp_path / "logs", workers=1)
    coach_folder(store, tmp_path / "store", workers=1)
    for page in sorted((tmp_path / "logs").rglob("*.csv")):
        name = page.relative_to(tmp_path / "logs")
        assert page.read_bytes() == (tmp_path / "store" / name).read_bytes()
