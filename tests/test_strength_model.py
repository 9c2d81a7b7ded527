"""Levels, steps and verdicts on arrays: against exact answers, and against simulated truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks import coverage_strength

from analysis.models.strength import regimes, verdicts
from analysis.models.strength.level import follow
from analysis.models.strength.next_sets import ahead, quantiles
from analysis.models.strength.population import fitted, published
from analysis.models.strength.regimes import Series

FEW = np.array([0.0, 3, 5, 12, 20, 21, 40])


def one(values, days=None, noise=0.01, seed=0):
    """Return one lift: values in log units on every third day, with a little error."""
    values = np.asarray(values, dtype=float)
    days = 3.0 * np.arange(len(values)) if days is None else np.asarray(days, dtype=float)
    error = np.random.default_rng(seed).normal(0, noise, len(values))
    return Series(np.zeros(len(values), np.int64), days, 4.5 + values + error)


def exact(series, q, r, drift, start, end):
    """Return mean and SD of the change from start to end, by the joint normal distribution."""
    day = np.append(series.day, [start, end])
    walk = q**2 * np.minimum.outer(day - day[0], day - day[0])
    wide = 1e6  # the level starts diffuse
    prior = walk + wide
    seen = slice(0, len(series.day))
    data = prior[seen, seen] + r**2 * np.eye(len(series.day))
    contrast = prior[-1] - prior[-2]
    gain = np.linalg.solve(data, contrast[seen])
    surprise = series.value - series.value[0] - drift * (series.day - series.day[0])
    variance = contrast[-1] - contrast[-2] - gain @ contrast[seen]
    return gain @ surprise + drift * (end - start), np.sqrt(variance)


def cell(place):
    """Return the population in which every lift is of one cell."""
    weights = np.full(42, 1e-300)
    weights[place] = 1.0
    return replace(published(), weights=weights)


@pytest.mark.parametrize("place", [8, 21, 40])
@pytest.mark.parametrize(("start", "end"), [(5.0, 40.0), (8.0, 47.0), (0.0, 40.0)])
def test_a_change_is_that_of_the_joint_normal_distribution(place, start, end):
    series = one(np.linspace(0, 0.1, 7), FEW, noise=0.03)
    numbers = cell(place)
    known = follow(
        series,
        regimes.none(series),
        numbers,
        starts=np.array([[start]]),
        end=np.array([end]),
    )
    q = numbers.ratios[numbers.cell_ratio[place]] * numbers.cell_r[place]
    mean, sd = exact(series, q, numbers.cell_r[place], numbers.drift_per_day, start, end)
    assert known.change[0, 0] == pytest.approx(mean, abs=1e-5)
    assert known.change_sd[0, 0] == pytest.approx(sd, rel=1e-4)


def test_the_likelihood_is_that_of_statsmodels():
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    series = one(np.linspace(0, 0.05, 30), np.arange(30), noise=0.03)
    numbers = replace(cell(21), drift_per_year=0.0)
    start = np.empty((0, 1))
    known = follow(series, regimes.none(series), numbers, starts=start, end=series.day[-1:])
    r = numbers.cell_r[21]
    q = numbers.ratios[numbers.cell_ratio[21]] * r
    model = UnobservedComponents(series.value, "llevel", loglikelihood_burn=1)
    theirs = model.loglike([r**2, q**2])
    mine = known.evidence[0, 21] - 29 / 2 * np.log(2 * np.pi)
    assert mine == pytest.approx(theirs, abs=1e-3)


def test_lifts_in_one_sweep_do_not_see_each_other():
    parts = [one(np.linspace(0, 0.1, n), seed=n) for n in (8, 30, 15)]
    alone = [_change(part) for part in parts]
    lift = np.repeat(np.arange(3), [8, 30, 15])
    both = Series(
        lift,
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.value for part in parts]),
    )
    assert _change(both) == pytest.approx(np.concatenate(alone))


def _change(series):
    end = series.day[series.last]
    repairs = regimes.find(series)
    starts = series.day[series.first][None]
    return follow(series, repairs, published(), starts=starts, end=end).change[0]


class TestRegimes:
    def test_twice_the_load_is_a_step_and_no_change_is_claimed(self):
        series = one([0] * 20 + [np.log(2)] * 20)
        repairs = regimes.find(series)
        assert np.flatnonzero(repairs.step).tolist() == [20]
        assert repairs.size[20] == pytest.approx(np.log(2), abs=0.03)
        assert abs(_change(series)[0]) < 0.05

    def test_there_and_back_are_two_steps(self):
        repairs = regimes.find(one([0] * 12 + [0.5] * 12 + [0] * 12))
        assert np.flatnonzero(repairs.step).tolist() == [12, 24]

    def test_a_beginners_ramp_is_no_step(self):
        ramp = np.concatenate([np.linspace(0, 0.6, 15), np.full(15, 0.6)])
        assert not regimes.find(one(ramp)).step.any()

    def test_steady_noise_has_no_step(self):
        rng = np.random.default_rng(3)
        lift = np.repeat(np.arange(300), 60)
        series = Series(lift, np.tile(3.0 * np.arange(60), 300), rng.normal(4.5, 0.05, 18_000))
        repairs = regimes.find(series)
        assert repairs.step.sum() <= 3
        assert repairs.odd.mean() < 0.001

    @pytest.mark.parametrize("place", [0, 10, 29])
    def test_a_slip_of_the_finger_is_odd_wherever_it_stands(self, place):
        values = np.zeros(30)
        values[place] = np.log(10)
        repairs = regimes.find(one(values))
        assert np.flatnonzero(repairs.odd).tolist() == [place]
        assert not repairs.step.any()

    def test_the_user_has_the_last_word(self):
        series = one([0] * 20 + [np.log(2)] * 20)
        kept = regimes.find(series, kept=np.array([True]))
        assert not kept.step.any()
        told = np.zeros(40, bool)
        told[30] = True
        flat = one([0] * 40)
        assert np.flatnonzero(regimes.find(flat, told=told).step).tolist() == [30]


def test_a_lift_that_goes_back_and_forth_between_two_machines_measures_nothing():
    steady = np.zeros(30)
    in_turn = np.where(np.arange(12) % 2, 0.6, 0.0)
    parts = [one(steady, seed=1), one([*steady, *in_turn], seed=2)]
    series = Series(
        np.repeat([0, 1], [30, 42]),
        np.concatenate([part.day - part.day[-1] for part in parts]),
        np.concatenate([part.value for part in parts]),
    )
    repairs = regimes.find(series)
    assert (repairs.noise < verdicts.ERRATIC).all()  # over the whole log neither looks erratic
    assert verdicts.is_current(series, repairs, np.zeros(2)).tolist() == [True, False]
    _, below = verdicts.best_blocks(series, repairs)
    assert below[0] == 0
    assert np.isnan(below[1])


def changes(mean, sd, days=(56.0, 91.0)):
    shape = (len(mean), 1)
    return verdicts.Changes(
        np.reshape(days[: len(mean)], shape).astype(float),
        np.reshape(mean, shape).astype(float),
        np.reshape(sd, shape).astype(float),
        np.ones(shape, np.int64),
        np.ones(shape),
    )


@pytest.mark.parametrize(
    ("mean", "sd", "verdict", "horizon"),
    [
        ((0.05, 0.08), (0.02, 0.02), "up", 0),
        ((0.02, 0.08), (0.02, 0.02), "up", 1),
        ((-0.05, 0.01), (0.02, 0.02), "down", 0),
        ((0.028, 0.02), (0.02, 0.02), "probably up", 0),
        ((0.01, 0.02), (0.03, 0.03), "no large change", 0),
        ((0.01, 0.02), (0.09, 0.09), "open", 0),
        ((np.nan, np.nan), (np.nan, np.nan), "none", -1),
    ],
)
def test_the_shortest_decided_horizon_speaks(mean, sd, verdict, horizon):
    judged = verdicts.judge(changes(mean, sd))
    assert judged.verdict[0] == verdict
    assert judged.horizon[0] == horizon


class TestBestBlocks:
    def blocks(self, *levels, noise=0.01):
        days = np.arange(0, 28 * len(levels), 4.0)
        values = np.repeat(levels, 7)
        return verdicts.best_blocks(s := one(values, days, noise), regimes.find(s))

    def test_the_last_block_at_the_best_is_at_the_best(self):
        assert self.blocks(0, 0.05, 0.05)[1].tolist() == [0]

    def test_far_below_is_told_with_its_size(self):
        best, below = self.blocks(0, 0.12, 0)
        assert below[0] == pytest.approx(0.12, abs=0.03)
        assert 24 <= best[0] <= 32

    def test_a_difference_within_the_noise_is_not_told(self):
        assert np.isnan(self.blocks(0, 0.06, 0, noise=0.08)[1][0])

    def test_one_block_has_nothing_to_compare_with(self):
        assert np.isnan(self.blocks(0)[1][0])


def test_a_mean_of_many_lifts_is_surer_than_one_but_not_by_their_number():
    series = one([0] * 40, noise=0.04)
    many = Series(np.repeat(np.arange(9), 40), np.tile(series.day, 9), np.tile(series.value, 9))
    units = verdicts.Units(np.arange(9), np.zeros(9, np.int64), 1, 0.25)
    end = np.full(9, series.day[-1])
    alone, pooled = verdicts.changes(many, regimes.none(many), published(), (units,), end=end)
    ratio = pooled.sd[0, 0] / (alone.sd[0, 0] / published().lift_scale)
    assert ratio == pytest.approx(np.sqrt(0.75 / 9 + 0.25), rel=1e-6)
    assert pooled.lifts[0, 0] == 9


def test_weights_are_shares_and_em_finds_the_cell_that_made_the_days():
    assert published().weights.sum() == pytest.approx(1)
    rng = np.random.default_rng(5)
    numbers = replace(published(), drift_per_year=0.0)
    place = 3 * 6 + 2
    r = numbers.cell_r[place]
    q = numbers.ratios[numbers.cell_ratio[place]] * r
    level = np.cumsum(rng.normal(0, q * np.sqrt(3), (200, 80)), axis=1)
    value = (level + rng.normal(0, r, level.shape)).ravel()
    series = Series(np.repeat(np.arange(200), 80), np.tile(3.0 * np.arange(80), 200), value)
    end = series.day[series.last]
    known = follow(series, regimes.none(series), numbers, starts=np.empty((0, 200)), end=end)
    assert fitted(known.evidence).argmax() == place


def test_forecast_ranges_are_nested_and_widen():
    series = one(np.linspace(0, 0.1, 30), noise=0.03)
    near, far = (
        quantiles(*ahead(series, published(), series.day[-1:] + days), published())[0]
        for days in (7, 56)
    )
    assert (np.diff(near) > 0).all()
    assert far[-1] - far[0] > near[-1] - near[0]


@pytest.mark.parametrize("name", ["plain", "messy", "doubled loads", "breaks"])
def test_intervals_hold_in_worlds_that_are_not_the_models(name):
    rng = np.random.default_rng(11)
    log = coverage_strength.simulate(coverage_strength.SCENARIOS[name], 70, rng)
    found = coverage_strength.judged(log, published())
    for scope in ("muscle", "lift"):
        told = coverage_strength.summary(found[scope])
        for horizon in ("8 weeks", "13 weeks"):
            assert told["by_horizon"][horizon]["holds"] >= 87
            assert (
                told["by_horizon"][horizon]["rmse"]
                < told["by_horizon"][horizon]["rmse_of_10_pct_a_year"]
            )
        assert told["decided"]["wrong_sign"] <= 6
