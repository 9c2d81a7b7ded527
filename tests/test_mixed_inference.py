"""Mixed-model inference: degrees of freedom, robust covariance, predictions, resampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.models import mixed

SLEEP = Path(__file__).parents[1].parent / "shared" / "science" / "data" / "lme4__sleepstudy.csv"


def balanced(athletes=12, weeks=8, seed=0, between=1.0):
    rng = np.random.default_rng(seed)
    athlete = np.repeat(np.arange(athletes), weeks)
    week = np.tile(np.arange(weeks, dtype=float), athletes)
    y = rng.normal(0, between, athletes)[athlete] + 0.1 * week + rng.normal(size=len(week))
    return pd.DataFrame({"athlete": athlete, "week": week, "y": y})


def unbalanced(seed=1):
    rng = np.random.default_rng(seed)
    data = balanced(20, 12, seed, between=2.0).assign(volume=lambda d: rng.normal(10, 3, len(d)))
    data["exercise"] = rng.choice(["squat", "press", "row"], len(data))
    data["y"] += rng.normal(0, 0.2, 20)[data["athlete"]] * data["week"]
    pair = data.groupby(["athlete", "exercise"]).ngroup()
    data["y"] += rng.normal(0, 1.0, pair.max() + 1)[pair]
    return data.sample(frac=0.7, random_state=seed).sort_index()


def test_balanced_random_intercept_has_the_degrees_of_freedom_of_anova():
    """Within-athlete slope: rows − athletes − 1; the mean of athletes: athletes − 1."""
    fit = mixed.fit("y ~ week", balanced(), groups="athlete", random="~ 1")
    assert fit.dof["week"] == pytest.approx(12 * 8 - 12 - 1, rel=1e-4)
    mean = fit.contrast({"Intercept": 1.0, "week": 3.5})
    assert mean["dof"] == pytest.approx(11, rel=1e-4)


def test_without_random_effects_it_is_least_squares():
    data = unbalanced()
    fit = mixed.fit("y ~ week + volume", data, groups="athlete", random="~ 0")
    x = np.column_stack([np.ones(len(data)), data["week"], data["volume"]])
    beta, rss, *_ = np.linalg.lstsq(x, data["y"].to_numpy())
    sigma2 = rss[0] / (len(data) - 3)
    assert fit.params.to_numpy() == pytest.approx(beta, rel=1e-10)
    errors = np.sqrt(np.diag(sigma2 * np.linalg.inv(x.T @ x)))
    assert fit.std_errors.to_numpy() == pytest.approx(errors, rel=1e-10)
    assert fit.dof.to_numpy() == pytest.approx(len(data) - 3, rel=1e-4)


def test_intervals_are_t_intervals_with_their_own_dof():
    from scipy import stats

    fit = mixed.fit("y ~ week", unbalanced(), groups="athlete", random="~ week")
    reach = stats.t.ppf(0.95, fit.dof) * fit.std_errors
    low = fit.params - reach
    assert fit.conf_int(0.9)["low"].to_numpy() == pytest.approx(low.to_numpy())
    assert list(fit.tidy().columns) == [
        "term", "estimate", "std_error", "statistic", "dof", "p_value", "low", "high",
    ]  # fmt: skip


def test_cr2_of_a_balanced_mean_is_the_textbook_one():
    """One mean over equal clusters: CR2 is the variance of cluster means, dof clusters − 1."""
    data = balanced()
    fit = mixed.fit("y ~ 1", data, groups="athlete", random="~ 1")
    row = fit.tidy(robust="CR2").iloc[0]
    means = data.groupby("athlete")["y"].mean()
    assert row["std_error"] == pytest.approx(means.std() / np.sqrt(12), rel=1e-8)
    assert row["dof"] == pytest.approx(11, rel=1e-8)


def test_cr2_of_independent_rows_is_that_of_pustejovsky_and_tipton():
    """Dense matrices, 2018 eq. 6 and 11, working covariance σ²I; ours uses cross-products."""
    data = unbalanced()
    fit = mixed.fit("y ~ week + volume", data, groups="athlete", random="~ 0")
    x = np.column_stack([np.ones(len(data)), data["week"], data["volume"]])
    bread = np.linalg.inv(x.T @ x)
    residual = data["y"].to_numpy() - x @ bread @ x.T @ data["y"].to_numpy()
    annihilator = np.eye(len(x)) - x @ bread @ x.T
    meat, parts = np.zeros((3, 3)), []
    for rows in data.reset_index(drop=True).groupby("athlete").indices.values():
        values, vectors = np.linalg.eigh(annihilator[np.ix_(rows, rows)])
        adjusted = x[rows].T @ vectors @ np.diag(values**-0.5) @ vectors.T
        meat += np.outer(adjusted @ residual[rows], adjusted @ residual[rows])
        parts.append(annihilator[:, rows] @ adjusted.T @ bread)
    table = fit.tidy(robust="CR2")
    errors = np.sqrt(np.diag(bread @ meat @ bread))
    assert table["std_error"].to_numpy() == pytest.approx(errors, rel=1e-8)
    for k, dof in enumerate(table["dof"]):
        p = np.array([part[:, k] for part in parts])
        gram = p @ p.T
        assert dof == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-8)
    assert np.diag(fit.robust_cov()) == pytest.approx(errors**2, rel=1e-8)


def test_predictions_solve_hendersons_equations():
    """Random effects and their errors of prediction are those of the dense equations."""
    data = unbalanced()
    fit = mixed.fit(
        "y ~ week + volume",
        data,
        groups=["athlete", "exercise"],
        random={"athlete": "~ week", "athlete/exercise": "~ 1"},
    )
    assert not fit.singular  # the dense equations need an invertible prior
    x = np.column_stack([np.ones(len(data)), data["week"], data["volume"]])
    outer = pd.get_dummies(data["athlete"]).to_numpy(float)
    pairs = data.groupby(["athlete", "exercise"]).ngroup()
    inner = pd.get_dummies(pairs).to_numpy(float)
    athletes, cells = outer.shape[1], inner.shape[1]
    z = np.hstack([outer, outer * x[:, [1]], inner])
    prior = np.zeros((z.shape[1],) * 2)
    prior[: 2 * athletes, : 2 * athletes] = np.kron(fit.random_cov["athlete"], np.eye(athletes))
    small = float(fit.random_cov["athlete/exercise"].iloc[0, 0])
    prior[2 * athletes :, 2 * athletes :] = small * np.eye(cells)
    both = np.hstack([x, z])
    penalty = np.zeros((both.shape[1],) * 2)
    penalty[3:, 3:] = np.linalg.inv(prior)
    inverse = np.linalg.inv(both.T @ both / fit.residual_sd**2 + penalty)
    solution = inverse @ both.T @ data["y"].to_numpy() / fit.residual_sd**2
    error = np.sqrt(np.diag(inverse))
    own, nested = fit.random_effects["athlete"], fit.random_effects["athlete/exercise"]
    flat = np.r_[own["Intercept"], own["week"], nested["Intercept"]]
    spread = np.r_[
        own["Intercept_std_error"], own["week_std_error"], nested["Intercept_std_error"]
    ]
    assert flat == pytest.approx(solution[3:], rel=1e-6, abs=1e-8)
    assert spread == pytest.approx(error[3:], rel=1e-6)
    assert nested.index.names == ["athlete", "exercise"]
    cov = fit.random_effects_cov("athlete")
    assert cov[0, 0, 1] == pytest.approx(inverse[3, 3 + athletes], rel=1e-6)
    curve = fit.group_contrast({"Intercept": 1.0, "week": 5.0}, "athlete")
    pick = np.zeros(len(solution))
    pick[[0, 3]], pick[[1, 3 + athletes]] = 1.0, 5.0
    assert curve["estimate"].iloc[0] == pytest.approx(pick @ solution, rel=1e-8)
    assert curve["std_error"].iloc[0] == pytest.approx(np.sqrt(pick @ inverse @ pick), rel=1e-6)


def test_known_variances_make_a_meta_analysis():
    """DerSimonian-Laird's classic setting, REML: the weights are 1 / (τ² + v)."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"study": np.arange(15), "variance": rng.uniform(0.02, 0.3, 15)})
    table["effect"] = rng.normal(0.3, np.sqrt(0.1 + table["variance"]))
    table["precision"] = 1.0 / table["variance"]
    fit = mixed.fit(
        "effect ~ 1",
        table,
        groups="study",
        random="~ 1",
        weights="precision",
        residual_sd=1.0,
    )
    tau2 = float(fit.random_cov["study"].iloc[0, 0])
    weight = 1.0 / (tau2 + table["variance"])
    assert fit.residual_sd == pytest.approx(1.0, rel=1e-12)
    assert fit.params["Intercept"] == pytest.approx(
        (weight * table["effect"]).sum() / weight.sum()
    )
    assert fit.std_errors["Intercept"] == pytest.approx(weight.sum() ** -0.5)
    # REML estimating equation: Σ w² (y − μ)² = Σ w − Σ w² / Σ w at the optimum.
    left = (weight**2 * (table["effect"] - fit.params["Intercept"]) ** 2).sum()
    assert left == pytest.approx(weight.sum() - (weight**2).sum() / weight.sum(), rel=1e-6)


def test_satterthwaite_intervals_hold_in_small_samples():
    """Ten athletes with slopes that vary: 95 % intervals must hold about 95 % of the time."""
    held, draws = 0, 100
    for seed in range(draws):
        data = balanced(10, 6, seed + 100)
        rng = np.random.default_rng(seed)
        data["y"] += rng.normal(0, 0.3, 10)[data["athlete"]] * data["week"]
        interval = mixed.fit("y ~ week", data, groups="athlete", random="~ week").conf_int()
        held += interval.loc["week", "low"] < 0.1 < interval.loc["week", "high"]
    assert 0.90 <= held / draws <= 0.99


def test_glance_counts_parameters_and_says_the_method():
    fit = mixed.fit("y ~ week", balanced(), groups="athlete", random="~ week", reml=False)
    row = fit.glance().iloc[0]
    assert row["aic"] == pytest.approx(-2 * fit.loglik + 2 * 6)
    assert (row["method"], row["n_athlete"], row["n_obs"]) == ("ML", 12, 96)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda fit: fit.contrast({"weak": 1.0}), "no term weak"),
        (lambda fit: fit.tidy(robust="HC3"), "expected 'CR1', 'CR2'"),
        (lambda fit: fit.conf_int(95), "expected between 0 and 1"),
        (lambda fit: fit.random_effects_cov("exercise"), "no level exercise"),
    ],
)
def test_questions_without_an_answer_are_refused(ask, says):
    fit = mixed.fit("y ~ week", balanced(), groups="athlete", random="~ 1")
    with pytest.raises(mixed.ModelError, match=says):
        ask(fit)


def test_a_fit_from_statistics_has_no_rows_to_augment():
    statistics = mixed.sufficient_statistics(
        "y ~ week", balanced(), groups="athlete", random="~ 1"
    )
    with pytest.raises(mixed.ModelError, match="rows are not here"):
        mixed.fit_statistics(statistics).augment()
