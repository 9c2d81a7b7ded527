"""Who does the work changes nothing; a worker that dies costs its own piece, at most."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from analysis.problems import UserError
from analysis.progress import Stages
from analysis.workers import HERE, Lost, mapped, merged, workers


def squared(number):
    time.sleep(0.01 * (number % 3))  # so that they do not end in order
    return number * number


def dies_once(piece):
    """Kill the worker at first sight of a piece that says so."""
    number, marks = piece
    mark = Path(marks) / str(number)
    if number % 5 == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def dies_always(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def faulty(number):
    if number == 3:
        raise UserError("no such number")
    return number


@pytest.fixture(scope="module")
def pool():
    with workers(2) as who:
        yield who


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local,
        workers(cluster=local.scheduler_address) as who,
    ):
        yield who


WHO = ["pool", "cluster"]


@pytest.mark.parametrize("who", WHO)
def test_results_come_in_the_order_of_the_pieces(who, request):
    pieces = list(range(12))
    assert mapped(squared, pieces, request.getfixturevalue(who)) == mapped(squared, pieces, HERE)


@pytest.mark.parametrize("who", WHO)
def test_a_worker_killed_in_the_middle_changes_nothing(who, request, tmp_path):
    pieces = [(number, str(tmp_path)) for number in range(10)]
    found = mapped(dies_once, pieces, request.getfixturevalue(who))
    assert found == [number * number for number in range(10)]
    assert {path.name for path in tmp_path.iterdir()} == {"2", "7"}


def test_a_piece_that_kills_its_worker_is_named_and_the_rest_goes_on(pool):
    found, lost = merged(mapped(dies_always, range(8), pool, name="bucket {}".format))
    assert found == [number * number for number in range(8) if number != 3]
    assert lost == [Lost("bucket 3", "its worker died twice")]


def test_a_cluster_that_all_workers_have_left_is_not_waited_for(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr("analysis.workers.LOOK_S", 0.1)
    monkeypatch.setattr("analysis.workers.GONE_S", 0.5)
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as local,
        workers(cluster=local.scheduler_address) as who,
    ):
        assert mapped(squared, range(3), who) == [0, 1, 4]
        local.scale(0)
        while who.anybody():
            time.sleep(0.02)
        with pytest.raises(UserError, match="no worker for 0 s, and 0 of 3 pieces"):
            mapped(squared, range(3), who)


def test_what_a_step_says_is_no_death(pool):
    for who in (HERE, pool):
        with pytest.raises(UserError, match="no such number"):
            mapped(faulty, range(5), who)


def test_it_tells_how_far_it_is_and_how_long_the_rest_takes():
    told = []
    mapped(squared, range(4), HERE, tell=lambda *said: told.append(said))
    assert [(done, total) for done, total, _ in told] == [(n, 4) for n in range(5)]
    assert all("/s, 0:00 left" in what for *_, what in told[1:])


def test_who_is_asked_for_must_be_there():
    with pytest.raises(UserError, match="at least one"), workers(0):
        pass
    with pytest.raises(UserError, match="name one"), workers(2, "tcp://127.0.0.1:1"):
        pass


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stage_knows_what_its_workers_spent(jobs):
    stages = Stages()
    with workers(jobs) as who, stages.stage("counting"):
        assert mapped(busy, [0.1, 0.2], who, stages=stages) == [0.1, 0.2]
    (stage,) = stages.done
    assert 0.3 <= stage.cpu_s < 3
    assert stage.peak_gb > 0.01
    assert (stage.worker_gb > 0.01) == (jobs == 2)
    assert next(stages.lines()).startswith("counting: ")
    assert list(stages.lines())[-1].startswith("in all: ")
