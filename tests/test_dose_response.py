"""The within effect and what stands beside it: planted numbers come back, with their errors."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.models.dose.estimate import Estimate
from analysis.models.dose_response import TooLittleError, lead_placebo, within_effect
from analysis.models.dose_response.model import (
    chains,
    compare_forms,
    joint_effects,
    lag_profile,
    spline,
)
from analysis.models.published import PELLAND_STRENGTH, Prior, published_prior, together
from tests.planted_panel import planted


def test_without_noise_within_and_between_come_back_apart():
    table = planted(1, slope=0.3, between=-0.2, drift=1e-3, noise=1e-3, growth_sd=1e-3)
    found = within_effect(table)
    assert found.estimate == pytest.approx(0.3, abs=1e-3)
    assert found.between.estimate == pytest.approx(-0.2, abs=2e-3)


@pytest.mark.parametrize("athletes", [1, 3, 12])
def test_the_planted_effect_lies_within_its_interval(athletes):
    found = within_effect(planted(4, athletes=athletes, blocks=24))
    assert found.conf_low < 0.3 < found.conf_high
    assert found.n_athletes == athletes
    assert found.n_blocks == athletes * 24


def test_intervals_hold_about_as_often_as_they_say():
    found = [
        within_effect(planted(seed, athletes=8, blocks=10), placebo=False) for seed in range(40)
    ]
    held = np.mean([each.conf_low < 0.3 < each.conf_high for each in found])
    assert 0.85 <= held <= 1.0
    spread = np.std([each.estimate for each in found])
    assert np.mean([each.std_error for each in found]) == pytest.approx(spread, rel=0.35)


@given(st.integers(0, 10_000), st.floats(0, 0.95), st.floats(0, 0.6))
@settings(max_examples=25, deadline=None)
def test_whitened_rows_have_the_inverse_of_the_working_covariance(seed, share, missing):
    rows = planted(seed, athletes=3, blocks=6, missing=missing)
    if len(rows) < 2:
        return
    chain = chains(rows)
    at = np.arange(len(rows) - 1)
    noise = np.diag(chain.variance)
    noise[at, at + 1] = noise[at + 1, at] = chain.covariance[:-1]
    omega = (1 - share) * chain.variance.mean() * np.eye(len(rows)) + share * noise
    white, log_l = chain.whiten(share, np.eye(len(rows)))
    assert white.T @ white == pytest.approx(np.linalg.inv(omega), abs=1e-8)
    assert 2 * log_l == pytest.approx(np.linalg.slogdet(omega)[1])


def test_rows_are_neighbours_only_in_one_athlete_and_successive_blocks():
    rows = planted(1, athletes=2, blocks=5).drop(index=[2]).reset_index(drop=True)
    assert (chains(rows).covariance != 0).tolist() == [
        True, False, True, False, True, True, True, True, False,
    ]  # fmt: skip


def test_the_noise_share_tells_noisy_estimates_from_real_swings():
    noisy = within_effect(planted(2, drift=0.5, noise=3.0), placebo=False).noise_share
    swinging = within_effect(planted(2, drift=4.0, noise=0.5), placebo=False).noise_share
    assert noisy > 0.8
    assert swinging < 0.3


def test_one_athlete_without_shared_noise_is_ordinary_least_squares():
    table = planted(3, athletes=1, blocks=20).assign(next_covariance=0.0, change_variance=4.0)
    found = within_effect(table)
    x = sm.add_constant(table[["dose", "training_years"]])
    oracle = sm.OLS(table["change_pct"], x).fit()
    assert found.estimate == pytest.approx(oracle.params["dose"])
    assert found.std_error == pytest.approx(oracle.bse["dose"])
    assert (found.conf_low, found.conf_high) == pytest.approx(oracle.conf_int().loc["dose"])


def test_few_athletes_say_that_the_interval_is_theirs_alone():
    assert within_effect(planted(1, athletes=3)).messages == (
        "3 athletes: the interval is for them alone, not for others like them",
    )


def test_the_placebo_is_silent_on_honest_cohorts_and_fires_on_feedback():
    honest = [lead_placebo(planted(seed, athletes=20)).p_value < 0.05 for seed in range(20)]
    driven = [
        within_effect(planted(seed, athletes=20, feedback=1.0)).lead_fires for seed in range(5)
    ]
    assert sum(honest) <= 4
    assert all(driven)


def test_own_slopes_are_shrunken_and_their_spread_is_found():
    rng = np.random.default_rng(0)
    table = planted(5, athletes=40, blocks=24, slope=0.0, drift=1.0, noise=0.5)
    own = dict(enumerate(rng.normal(0.3, 0.4, 40)))
    mean = table.groupby("athlete")["dose"].transform("mean")
    table["change_pct"] += table["athlete"].map(own) * (table["dose"] - mean)
    found = within_effect(table, placebo=False)
    assert found.slope_sd == pytest.approx(0.4, rel=0.35)
    shrunken = found.model.pooled.group_contrast({"dose": 1.0})["estimate"]
    assert np.corrcoef(shrunken, list(own.values()))[0, 1] > 0.8


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (planted(1, athletes=1, blocks=4), "4 changes from one block to the next, 6 or more"),
        (planted(1, athletes=1, blocks=9).assign(dose=8.0), "dose does not vary"),
        (planted(1).assign(status="last block"), "0 changes"),
    ],
)
def test_too_little_is_refused_with_the_reason(table, said):
    with pytest.raises(TooLittleError, match=said):
        within_effect(table)


def test_the_planted_shape_wins_and_gives_the_marginal_effect_at_the_dose():
    table = planted(6, athletes=150, slope=8.0, curve=np.log1p, drift=1.0, noise=0.5)
    fits = compare_forms(table)
    assert fits[0].name == "log"
    assert {fit.name for fit in fits} == {"linear", "log", "sqrt", "reciprocal", "spline"}
    found = fits[0].marginal(6.0)
    assert found.conf_low < 8.0 * (np.log(8) - np.log(7)) < found.conf_high
    assert all(np.diff([fit.aic for fit in fits]) >= 0)


def test_the_spline_is_straight_outside_its_knots_and_bends_inside():
    basis = spline((2.0, 6.0, 10.0, 18.0))

    def bend(at):
        x = np.array([at, at + 0.5, at + 1.0])
        return max(abs(np.diff(values, 2)[0]) for values in basis(x).values())

    assert bend(0.5) == pytest.approx(0, abs=1e-12)
    assert bend(18.5) == pytest.approx(0, abs=1e-9)
    assert bend(8.0) > 1e-4


def test_an_effect_of_the_block_before_is_found_at_its_lag():
    effects, model = lag_profile(planted(7, athletes=60, blocks=16, lag=1))
    assert set(effects) == {"lag 0", "lag 1", "lag 2", "lag 3", "cumulative"}
    assert effects["lag 1"].conf_low < 0.3 < effects["lag 1"].conf_high
    assert effects["lag 1"].conf_low > 0.15
    assert abs(effects["lag 0"].estimate) < 0.1
    assert model.n_rows == 60 * 13


def test_joint_effects_hold_each_other_fixed():
    effects, _ = joint_effects(planted(8, athletes=60))
    assert set(effects) == {"dose", "intensity_pct", "frequency"}
    assert effects["dose"].conf_low < 0.3 < effects["dose"].conf_high
    assert effects["intensity_pct"].conf_low < 0 < effects["intensity_pct"].conf_high


def test_the_published_slope_is_put_on_the_scale_of_a_block():
    slope, error = PELLAND_STRENGTH.per_block(4)
    assert slope == pytest.approx(0.21 * 4 / 10.4)
    assert error == pytest.approx(0.05 / 1.959964 * 4 / 10.4, rel=1e-6)
    assert published_prior(4, transfer=0).sd == pytest.approx(error)
    assert published_prior(4, transfer=2).sd == pytest.approx(np.hypot(error, 2 * slope))
    assert published_prior(4, weeks=4).mean == pytest.approx(0.21)
    with pytest.raises(ValueError, match="expected 0 or more"):
        published_prior(4, transfer=-1)


def test_log_and_prior_are_weighed_by_precision():
    log = Estimate(1.0, 0.2, float("inf"))
    even = together(log, Prior(0.0, 0.2, ""))
    assert (even.mean, even.from_log) == pytest.approx((0.5, 0.5))
    assert even.sd == pytest.approx(0.2 / np.sqrt(2))
    few = together(replace(log, dof=3.0), Prior(0.0, 0.2, ""))
    assert few.from_log < even.from_log
    flat = together(log, Prior(0.0, 1e6, ""))
    assert (flat.mean, flat.conf_low) == pytest.approx((1.0, log.conf_low))
