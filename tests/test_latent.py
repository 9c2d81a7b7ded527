"""The smoother against statsmodels and against simulated truth."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from analysis.models.latent import Prior, smooth

REGULAR = {"gaps": np.ones(79, dtype=int)}
IRREGULAR = {"gaps": np.random.default_rng(3).integers(1, 9, 79)}


def simulate(series, days, *, seed, level_sd=0.008, error_sd=0.04, slope_sd=0.0, longest_gap=7):
    rng = np.random.default_rng(seed)
    gaps = rng.integers(1, longest_gap + 1, (series, days))
    gaps[:, 0] = 0
    day = gaps.cumsum(axis=1)
    level = (rng.normal(0, level_sd, gaps.shape) * np.sqrt(gaps)).cumsum(axis=1)
    level += 4.5 + rng.normal(0, slope_sd, (series, 1)) * day
    return pd.DataFrame(
        {
            "series": np.repeat([f"s{i:05d}" for i in range(series)], days),
            "day": day.ravel().astype(float),
            "log_e1rm": (level + rng.normal(0, error_sd, gaps.shape)).ravel(),
            "variance": 0.08**2,
            "truth": level.ravel(),
        }
    )


def one_series(gaps, seed=0, trend=False):
    rng = np.random.default_rng(seed)
    day = np.concatenate([[0], np.cumsum(gaps)]).astype(float)
    steps = rng.normal(0, 0.05, len(gaps)) * np.sqrt(gaps)
    value = np.concatenate([[0], np.cumsum(steps)]) + rng.normal(0, 0.1, len(day))
    if trend:
        slope = rng.normal(0, 0.01, len(gaps)).cumsum()
        value[1:] += (slope * gaps).cumsum()
    return pd.DataFrame({"series": "x", "day": day, "log_e1rm": value, "variance": 1.0})


def statsmodels_fit(frame, trend, params=None):
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    daily = np.full(int(frame["day"].max()) + 1, np.nan)
    daily[frame["day"].astype(int)] = frame["log_e1rm"]
    model = UnobservedComponents(daily, "lltrend" if trend else "llevel", use_exact_diffuse=True)
    if params is not None:
        return model.smooth(params)
    return model.fit(disp=False, method="powell", maxiter=5000, xtol=1e-9, ftol=1e-13)


@pytest.mark.parametrize("gaps", [REGULAR, IRREGULAR], ids=["regular", "irregular"])
@pytest.mark.parametrize("trend", [False, True], ids=["level", "trend"])
def test_agrees_with_statsmodels_at_the_same_variances(gaps, trend):
    frame = one_series(trend=trend, **gaps)
    fit = smooth(frame, model="trend" if trend else "level", prior=None)
    row = fit.parameters.iloc[0]
    variances = [row["scale"] ** 2, row["level_sd_per_sqrt_day"] ** 2]
    variances += [row["slope_change_sd"] ** 2] if trend else []
    theirs = statsmodels_fit(frame, trend, variances)
    days = frame["day"].astype(int)
    sd = np.sqrt(theirs.smoothed_state_cov[0, 0, days])
    assert row["loglik"] == pytest.approx(theirs.llf, abs=1e-6)
    np.testing.assert_allclose(fit.states["mean"], theirs.smoothed_state[0, days], atol=1e-6)
    np.testing.assert_allclose(fit.states["sd"], sd, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("trend", [False, True], ids=["level", "trend"])
def test_likelihood_is_never_below_statsmodels(seed, trend):
    frame = one_series(REGULAR["gaps"], seed=seed, trend=trend)
    fit = smooth(frame, model="trend" if trend else "level", prior=None)
    theirs = statsmodels_fit(frame, trend)
    assert fit.parameters["loglik"].item() >= theirs.llf - 1e-6 * abs(theirs.llf)
    assert fit.parameters["converged"].all()


def test_a_series_is_the_same_alone_and_in_a_batch():
    frame = simulate(40, 30, seed=1)
    together = smooth(frame).states
    name = "s00017"
    alone = smooth(frame[frame["series"] == name]).states
    mine = together[together["series"] == name].reset_index(drop=True)
    np.testing.assert_allclose(mine["mean"], alone["mean"], atol=1e-7)
    np.testing.assert_allclose(mine["sd"], alone["sd"], rtol=1e-4)


def test_order_of_rows_does_not_matter():
    frame = simulate(5, 20, seed=2)
    shuffled = frame.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(smooth(frame).states, smooth(shuffled).states)


@pytest.mark.parametrize(("days", "seed"), [(12, 4), (30, 5), (100, 6)])
def test_band_covers_the_truth(days, seed):
    frame = simulate(400, days, seed=seed)
    states = smooth(frame).states
    held = states["low"].lt(frame["truth"]) & states["high"].gt(frame["truth"])
    assert 0.93 <= held.mean() <= 0.985


def test_change_over_the_window_is_covered():
    frame = simulate(400, 60, seed=7)
    changes = smooth(frame).changes
    truth = frame.groupby("series").apply(
        lambda one: (
            one["truth"].iloc[-1] - np.interp(one["day"].iloc[-1] - 56, one["day"], one["truth"])
        )
    )
    z = (changes["change"].to_numpy() - truth.to_numpy()) / changes["change_sd"]
    # the truth between two days is interpolated, which hides a little of its wander
    assert 0.92 <= (z.abs() < 2).mean() <= 0.985


def test_trend_is_chosen_when_there_is_one():
    steady = smooth(simulate(100, 100, seed=8, level_sd=0.0005, slope_sd=0.003))
    wandering = smooth(simulate(100, 100, seed=9))
    assert (steady.parameters["model"] == "trend").mean() > 0.7
    assert (wandering.parameters["model"] == "trend").mean() < 0.1


def test_sets_of_one_day_are_worth_less_than_independent_ones():
    frame = simulate(20, 30, seed=10)
    thrice = pd.concat([frame] * 3)
    once, three = smooth(frame), smooth(thrice)
    alike = smooth(thrice, within_day_correlation=1.0)
    pd.testing.assert_series_equal(alike.states["mean"], once.states["mean"])
    assert (three.states["sets"] == 3).all()
    assert (three.parameters["scale"] > once.parameters["scale"]).mean() > 0.9


def test_noisy_sets_count_for_less():
    day = np.arange(20.0)
    value = np.where(day == 10, 5.0, 4.5)
    even = pd.DataFrame({"series": "x", "day": day, "log_e1rm": value, "variance": 0.005})
    doubted = even.assign(variance=np.where(day == 10, 0.5, 0.005))
    assert smooth(even).states["mean"][10] > smooth(doubted).states["mean"][10] + 0.02


def test_a_light_day_moves_student_errors_less():
    frame = simulate(30, 60, seed=20)
    light = frame.copy()
    light.loc[light.groupby("series").cumcount() == 30, "log_e1rm"] -= 0.4
    day = frame.groupby("series").cumcount() == 30
    moved = {
        tail: (smooth(light, tail_dof=tail).states["mean"] - smooth(frame).states["mean"])[day]
        for tail in (None, 4.0)
    }
    assert moved[4.0].abs().mean() < 0.5 * moved[None].abs().mean()


@pytest.mark.parametrize("errors", ["gaussian", "student", "light days"])
def test_student_errors_hold_their_band(errors):
    frame, rng = simulate(300, 60, seed=21), np.random.default_rng(21)
    if errors == "student":
        frame["log_e1rm"] = frame["truth"] + 0.03 * rng.standard_t(4, len(frame))
    if errors == "light days":
        frame["log_e1rm"] -= 0.2 * (rng.random(len(frame)) < 0.08)
    states = smooth(frame, tail_dof=4.0).states
    held = states["low"].lt(frame["truth"]) & states["high"].gt(frame["truth"])
    assert 0.93 <= held.mean() <= 0.985


def test_an_executor_gives_the_same_answer():
    frame = simulate(10, 20, seed=22)
    with ThreadPoolExecutor(2) as pool:
        pd.testing.assert_frame_equal(smooth(frame, executor=pool).states, smooth(frame).states)


def test_short_series_are_listed_not_lost():
    frame = pd.concat([simulate(2, 10, seed=11), simulate(1, 2, seed=12).assign(series="short")])
    fit = smooth(frame)
    assert fit.left_out.to_dict("records") == [{"series": "short", "days": 2}]
    assert set(fit.states["series"]) == {"s00000", "s00001"}


def test_nothing_long_enough_gives_empty_tables():
    fit = smooth(simulate(3, 2, seed=13))
    assert fit.states.empty
    assert fit.status().empty
    assert len(fit.left_out) == 3


@pytest.mark.parametrize(
    ("weekly", "gap", "expected"),
    [
        (0.01, 0, "gaining"),
        (0.0, 0, "plateau"),
        (-0.01, 0, "losing"),
        (-0.01, 21, "detraining"),
    ],
)
def test_words_for_plain_cases(weekly, gap, expected):
    day = np.arange(0.0, 240, 3)
    day = day[(day < 210) | (day >= 210 + gap)]
    noise = np.random.default_rng(14).normal(0, 0.004, len(day))
    frame = pd.DataFrame(
        {"series": "x", "day": day, "log_e1rm": 4 + weekly * day / 7 + noise, "variance": 1e-4}
    )
    status = smooth(frame).status(smallest_change=0.03)
    assert status["status"].item() == expected
    assert status[["p_gain", "p_plateau", "p_loss"]].sum(axis=1).item() == pytest.approx(1)


def test_breakthrough_is_a_gain_after_none():
    day = np.arange(0.0, 240, 3)
    value = 4 + np.maximum(day - 190, 0) * 0.002
    value += np.random.default_rng(15).normal(0, 0.004, len(day))
    frame = pd.DataFrame({"series": "x", "day": day, "log_e1rm": value, "variance": 1e-4})
    assert smooth(frame).status()["status"].item() == "breakthrough"


def test_no_evidence_without_a_prior():
    with pytest.raises(ValueError, match="name the model"):
        smooth(simulate(1, 10, seed=16), prior=None)


@pytest.mark.parametrize("column", ["day", "log_e1rm", "variance"])
def test_unusable_numbers_are_refused(column):
    frame = simulate(1, 10, seed=17)
    frame.loc[4, column] = np.nan
    with pytest.raises(ValueError, match="first at row 4"):
        smooth(frame)


def test_missing_column_is_named():
    with pytest.raises(ValueError, match="lack the columns variance"):
        smooth(simulate(1, 10, seed=18).drop(columns="variance"))


def test_prior_shrinks_short_series():
    frame = simulate(200, 6, seed=19)
    free = smooth(frame, model="level", prior=None).parameters["level_sd_per_sqrt_day"]
    held = smooth(frame, model="level", prior=Prior()).parameters["level_sd_per_sqrt_day"]
    assert np.log(held).std() < np.log(free).std()
