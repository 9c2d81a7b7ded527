"""Banister's model: published coefficients, recovery, and every reason to refuse."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.models.impulse import Banister, NotIdentifiedError, faded_sum, fit

DATA = Path(__file__).parents[2] / "shared/science/data/mladenjovanovic__dorem__bike-score.csv"
PUBLISHED = Banister(266.0204779, 0.3020749, 33.6433797, 0.3514750, 24.6056388, same_day=True)


@pytest.fixture(scope="module")
def bike_score():
    if not DATA.exists():
        pytest.skip("shared/science/data/mladenjovanovic__dorem__bike-score.csv is absent")
    with DATA.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    load = np.array([float(row["BikeScore"] or 0) for row in rows])
    tests = [
        (i, float(row["Test_5min_Power"])) for i, row in enumerate(rows) if row["Test_5min_Power"]
    ]
    days, power = zip(*tests, strict=True)
    return load, np.array(days), np.array(power)


@pytest.mark.shared
def test_g23_published_coefficients_reproduce_the_objective(bike_score):
    load, days, power = bike_score
    assert np.mean((PUBLISHED.predict(load)[days] - power) ** 2) == pytest.approx(2.1939, abs=1e-4)


@pytest.mark.shared
def test_g23_holds_under_one_convention_only(bike_score):
    load, days, power = bike_score
    without = replace(PUBLISHED, same_day=False)
    assert np.mean((without.predict(load)[days] - power) ** 2) > 15


@pytest.mark.shared
def test_nine_tests_are_refused(bike_score):
    with pytest.raises(NotIdentifiedError, match="9 outcomes"):
        fit(*bike_score, same_day=True)


def training(seed=0, days=400):
    rng = np.random.default_rng(seed)
    season = 60 + 40 * np.sin(np.arange(days) / 25)
    return np.where(rng.random(days) < 0.5, 0.0, season * rng.uniform(0.5, 1.5, days))


def outcomes_of(model, load, error_sd=1.0, every=6):
    days = np.arange(20, len(load), every)
    noise = np.random.default_rng(1).normal(0, error_sd, len(days))
    return days, model.predict(load)[days] + noise


def test_planted_model_is_recovered():
    load, truth = training(), Banister(250.0, 0.10, 45.0, 0.25, 9.0, same_day=False)
    found = fit(load, *outcomes_of(truth, load))
    assert found.model.fitness_days == pytest.approx(45, rel=0.25)
    assert found.model.fatigue_days == pytest.approx(9, rel=0.25)
    assert found.held_out_mse < found.baseline_mse / 3


def test_sums_by_the_definition():
    load = np.array([1.0, 0.0, 2.0])
    fade = np.exp(-1 / 10)
    assert faded_sum(load, 10, same_day=True)[2] == pytest.approx(2 + fade**2)
    assert faded_sum(load, 10, same_day=False)[2] == pytest.approx(fade**2)


def test_outcomes_without_a_link_to_load_are_refused():
    rng = np.random.default_rng(2)
    days = np.arange(20, 400, 5)
    with pytest.raises(NotIdentifiedError):
        fit(training(), days, 200 + 0.1 * days + rng.normal(0, 5, len(days)))


def test_a_curve_without_fatigue_is_refused():
    load, truth = training(), Banister(250.0, 0.10, 45.0, 0.0, 9.0, same_day=False)
    with pytest.raises(NotIdentifiedError):
        fit(load, *outcomes_of(truth, load, error_sd=0.5, every=10))


def test_near_time_constants_are_refused():
    load, truth = training(), Banister(250.0, 1.0, 24.0, 1.02, 21.0, same_day=False)
    with pytest.raises(NotIdentifiedError):
        fit(load, *outcomes_of(truth, load, error_sd=0.01))


def test_days_outside_the_load_are_named():
    with pytest.raises(ValueError, match="0 to 9"):
        fit(np.ones(10), [3, 12], [1.0, 2.0])
