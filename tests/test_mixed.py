"""The mixed-model engine: published fits, exact sums over partitions, refusals, serial noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.models import mixed
from analysis.models.mixed.deviance import Likelihood

DATA = Path(__file__).parents[1].parent / "shared" / "science" / "data"
SLEEP = DATA / "lme4__sleepstudy.csv"
TRIAL = DATA / "jamessteeleii__lenthened_partial_trial__PD_data_strength.csv"


def cohort(athletes=30, seed=0, rows=12):
    rng = np.random.default_rng(seed)
    counts = rng.integers(rows // 2, rows + rows // 2, athletes)
    athlete = np.repeat(np.arange(athletes), counts)
    n = len(athlete)
    data = pd.DataFrame(
        {
            "athlete": np.char.add("a", np.char.zfill(athlete.astype(str), 3)),
            "exercise": rng.choice(["squat", "press", "row"], n),
            "week": np.concatenate([np.arange(k) for k in counts]).astype(float),
            "volume": rng.normal(10, 3, n),
            "sex": np.where(athlete % 2, "f", "m"),
            "precision": rng.uniform(0.3, 3.0, n),
        }
    )
    intercept, slope = rng.normal(0, 1, athletes), rng.normal(0, 0.1, athletes)
    data["y"] = (
        5
        + intercept[athlete]
        + (0.2 + slope[athlete]) * data["week"]
        + 0.05 * data["volume"]
        + rng.normal(0, 0.7, n)
    )
    return data


def dense_loglik(fit, data, z_by_level, x, y, weights=None, residual=None):
    """Log-likelihood from n × n matrices at a fit's own variance components."""
    n = len(data)
    inverse_root = np.ones(n) if weights is None else 1 / np.sqrt(weights)
    shape = np.eye(n) if residual is None else residual
    cov = fit.residual_sd**2 * shape * np.outer(inverse_root, inverse_root)
    for name, z in z_by_level.items():
        code = data.groupby(name.split("/")).ngroup().to_numpy()
        cov += np.where(code[:, None] == code, z @ fit.random_cov[name].to_numpy() @ z.T, 0.0)
    inverse = np.linalg.inv(cov)
    information = x.T @ inverse @ x
    rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    n_free = n - x.shape[1] if fit.likelihood.reml else n
    value = n_free * np.log(2 * np.pi) + np.linalg.slogdet(cov)[1] + rest @ inverse @ rest
    if fit.likelihood.reml:
        value += np.linalg.slogdet(information)[1]
    return -0.5 * value


@pytest.mark.shared
@pytest.mark.skipif(not SLEEP.exists(), reason="needs ../shared/science/data")
def test_sleepstudy_gives_the_published_table():
    """lme4's documentation: 251.405 (6.825), 10.467 (1.546); lmerTest: 17 dof for both."""
    fit = mixed.fit("Reaction ~ Days", pd.read_csv(SLEEP), groups="Subject", random="~ Days")
    assert fit.params.tolist() == pytest.approx([251.40510, 10.46729], abs=1e-4)
    assert fit.std_errors.tolist() == pytest.approx([6.824597, 1.545790], abs=1e-4)
    assert fit.loglik == pytest.approx(-871.8141, abs=5e-5)
    assert fit.dof.tolist() == pytest.approx([17.0, 17.0], abs=1e-2)
    assert np.sqrt(np.diag(fit.random_cov["Subject"])) == pytest.approx(
        [24.7407, 5.9221], abs=1e-3
    )
    assert fit.residual_sd == pytest.approx(25.5918, abs=1e-4)
    first = fit.random_effects["Subject"].loc[308]
    assert first[["Intercept", "Days"]].tolist() == pytest.approx([2.25855, 9.19898], abs=1e-4)
    assert fit.converged
    assert not fit.singular


@pytest.mark.shared
@pytest.mark.skipif(not SLEEP.exists(), reason="needs ../shared/science/data")
def test_sleepstudy_with_serial_correlation_agrees_with_nlme():
    """Oracle: nlme 3.1 lme(..., correlation = corCAR1(form = ~ Days | Subject))."""
    fit = mixed.fit(
        "Reaction ~ Days",
        pd.read_csv(SLEEP),
        groups="Subject",
        random="~ 1",
        correlation="car1",
        time="Days",
    )
    assert fit.loglik == pytest.approx(-868.09553178, abs=1e-7)
    assert fit.correlation.phi == pytest.approx(0.6531336, abs=1e-4)
    assert fit.std_errors.tolist() == pytest.approx([10.940933, 1.344081], rel=1e-4)


@pytest.mark.shared
@pytest.mark.skipif(not TRIAL.exists(), reason="needs ../shared/science/data")
@pytest.mark.parametrize(
    ("machine", "rows", "n_obs", "published"),
    [
        ("cp", (1498, 1795), 3181, (0.160, 0.141, 0.180)),
        ("lp", (2841, 3431), 5991, (0.188, 0.155, 0.221)),
        ("pd", (1496, 1779), 3111, (0.115, 0.097, 0.133)),
    ],
)
def test_lengthened_partials_trial_growth(machine, rows, n_obs, published):
    """G01–G04: lmer z ~ time84*cond + (time84 | pid/exercise) + (1 | site), SportRxiv 485.

    The published effect is the slope averaged over the two conditions as observed.
    """
    trial = pd.read_csv(TRIAL)
    trial = trial[(trial["time"] <= 84) & (trial["machine_type"] == machine)]
    assert trial.groupby("condition").size().tolist() == list(rows)
    e1rm, condition = trial["estimated_1RM"], trial["condition"]
    within = e1rm - e1rm.groupby(condition).transform("mean")
    sd = np.sqrt((within**2).sum() / (e1rm.count() - 2))
    trial = trial.assign(z=(e1rm - e1rm.mean()) / sd, time84=trial["time"] / 84)
    fit = mixed.fit(
        "z ~ time84 * condition",
        trial,
        groups=["site_id", "participant_id", "exercise"],
        random={
            "site_id": "~ 1",
            "site_id/participant_id": "~ time84",
            "site_id/participant_id/exercise": "~ time84",
        },
    )
    used = trial.dropna(subset=["z", "site_id", "participant_id"])
    share = (used["condition"] == "lpROM").mean()
    effect = fit.contrast({"time84": 1.0, "time84:condition[T.lpROM]": share})
    assert fit.n_obs == n_obs == len(used)
    assert any("left out for a missing value" in message for message in fit.messages)
    found = effect[["estimate", "low", "high"]].tolist()
    assert found == pytest.approx(published, abs=0.002)


@pytest.mark.shared
@pytest.mark.skipif(not TRIAL.exists(), reason="needs ../shared/science/data")
def test_trial_e1rm_is_baechle():
    """G05: w (1 + 0.033 reps) for whole repetitions."""
    trial = pd.read_csv(TRIAL).dropna(subset=["weight_kg", "reps_recorded", "estimated_1RM"])
    whole = trial[trial["reps_recorded"] % 1 == 0]
    expected = whole["weight_kg"] * (1 + 0.033 * whole["reps_recorded"])
    assert (whole["estimated_1RM"] / expected - 1).abs().max() < 1e-6


@pytest.mark.parametrize("reml", [True, False])
def test_gradient_is_the_slope_of_the_deviance(reml):
    data = cohort().assign(site=lambda d: d["athlete"].str[-1])
    statistics = mixed.sufficient_statistics(
        "y ~ week + volume",
        data,
        groups=["site", "athlete", "exercise"],
        random={"site": "~ 1", "site/athlete": "~ week", "site/athlete/exercise": "~ volume"},
    )
    likelihood = Likelihood(statistics, reml=reml, sigma=None)
    theta = np.random.default_rng(3).normal(size=likelihood.size)
    steps = 1e-5 * np.eye(len(theta))
    numeric = [
        likelihood.evaluate(theta + h).deviance - likelihood.evaluate(theta - h).deviance
        for h in steps
    ]
    assert likelihood.evaluate(theta).gradient == pytest.approx(np.array(numeric) / 2e-5, rel=1e-5)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("weights", [None, "precision"])
def test_likelihood_of_a_nested_weighted_model_is_that_of_the_full_matrices(reml, weights):
    data = cohort(12)
    fit = mixed.fit(
        "y ~ week + volume",
        data,
        groups=["athlete", "exercise"],
        random={"athlete": "~ week", "athlete/exercise": "~ 1"},
        reml=reml,
        weights=weights,
    )
    one = np.ones(len(data))
    x = np.column_stack([one, data["week"], data["volume"]])
    z = {"athlete": x[:, :2], "athlete/exercise": x[:, :1]}
    precision = None if weights is None else data[weights].to_numpy()
    assert fit.loglik == pytest.approx(
        dense_loglik(fit, data, z, x, data["y"].to_numpy(), precision), rel=1e-10
    )


def test_serial_correlation_finds_the_best_dense_likelihood():
    rng = np.random.default_rng(5)
    data = cohort(8, rows=14).drop(columns="exercise")
    data["day"] = data.groupby("athlete").cumcount() * 7.0 + rng.uniform(0, 3, len(data))
    noise = np.zeros(len(data))
    for rows in data.groupby("athlete").indices.values():
        day = data["day"].to_numpy()[rows]
        gap = np.abs(np.subtract.outer(day, day))
        noise[rows] = np.linalg.cholesky(np.exp(-gap / 10)) @ rng.normal(size=len(rows))
    data["y"] += noise
    shuffled = data.sample(frac=1.0, random_state=1)
    fit = mixed.fit(
        "y ~ week", shuffled, groups="athlete", random="~ 1", correlation="car1", time="day"
    )
    x = np.column_stack([np.ones(len(data)), data["week"]])
    y, days = data["y"].to_numpy(), data["day"].to_numpy()
    code = data.groupby("athlete").ngroup().to_numpy()
    same = code[:, None] == code

    def deviance(parameters):
        sd_u, sd_e, range_d = np.exp(parameters)
        cov = same * (sd_u**2 + sd_e**2 * np.exp(-np.abs(np.subtract.outer(days, days)) / range_d))
        inverse = np.linalg.inv(cov)
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        return (
            (len(y) - 2) * np.log(2 * np.pi)
            + np.linalg.slogdet(cov)[1]
            + rest @ inverse @ rest
            + np.linalg.slogdet(information)[1]
        )

    starts = [np.log([1.0, 1.0, r]) for r in (2.0, 20.0)]
    best = min(minimize(deviance, s, method="L-BFGS-B").fun for s in starts)
    assert fit.loglik == pytest.approx(-0.5 * best, abs=1e-5)
    assert -2 * fit.loglik <= best + 1e-6


def test_partitions_by_athlete_add_up_to_the_whole():
    data = cohort(40)
    model = {"groups": "athlete", "random": "~ week"}
    formula = "y ~ week + volume + sex"
    whole = mixed.fit(formula, data, **model)
    coded = data.assign(sex=pd.Categorical(data["sex"], categories=["f", "m"]))
    parts = [
        mixed.sufficient_statistics(formula, part, **model)
        for _, part in coded.groupby(data["athlete"].str[-1])
    ]
    summed = mixed.fit_statistics(sum(parts))
    assert summed.loglik == pytest.approx(whole.loglik, rel=1e-12)
    assert summed.params.to_numpy() == pytest.approx(whole.params.to_numpy(), rel=1e-7)
    assert summed.n_groups == whole.n_groups
    pd.testing.assert_frame_equal(
        summed.random_effects["athlete"], whole.random_effects["athlete"], rtol=1e-6, atol=1e-7
    )


def test_cross_products_of_partitions_equal_those_of_the_whole():
    data = cohort(20)
    model = {"groups": ["athlete", "exercise"], "random": {"athlete": "~ week"}}
    whole = mixed.sufficient_statistics("y ~ week + volume", data, **model)
    halves = [data.iloc[::2], data.iloc[1::2]]  # every athlete is split between both
    parts = [
        mixed.sufficient_statistics("y ~ week + volume", h, **model, like=whole) for h in halves
    ]
    total = parts[0] + parts[1]
    assert total.gram == pytest.approx(whole.gram, rel=1e-12, abs=1e-11)
    assert total.counts.tolist() == whole.counts.tolist()
    pd.testing.assert_frame_equal(total.cells, whole.cells)


def test_a_partition_that_lacks_a_category_is_coded_like_another():
    data = cohort(20)
    model = {"groups": "athlete", "random": "~ 1"}
    whole = mixed.fit("y ~ week + sex", data, **model)
    first = mixed.sufficient_statistics("y ~ week + sex", data[data["athlete"] < "a005"], **model)
    rest = data[data["athlete"] >= "a005"]
    parts = [
        mixed.sufficient_statistics("y ~ week + sex", part, **model, like=first)
        for _, part in rest.groupby("sex")
    ]
    summed = mixed.fit_statistics([first, *parts])
    assert summed.loglik == pytest.approx(whole.loglik, rel=1e-12)


def test_partitions_with_other_columns_are_refused():
    model = {"groups": "athlete", "random": "~ 1"}
    one = mixed.sufficient_statistics("y ~ week", cohort(), **model)
    other = mixed.sufficient_statistics("y ~ volume", cohort(), **model)
    with pytest.raises(mixed.ModelError, match="other columns"):
        one + other


@pytest.mark.parametrize("shift", [0.0, 1e4])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_units_of_time_do_not_change_the_fit(scale, shift):
    data = cohort()
    plain = mixed.fit("y ~ week", data, groups="athlete", random="~ week", reml=False)
    changed = data.assign(time=scale * (data["week"] + shift))
    fit = mixed.fit("y ~ time", changed, groups="athlete", random="~ time", reml=False)
    assert fit.loglik == pytest.approx(plain.loglik, rel=1e-8)
    assert fit.params["time"] * scale == pytest.approx(plain.params["week"], rel=1e-6)


def test_a_term_without_variance_is_reported_as_singular():
    rng = np.random.default_rng(8)
    data = cohort().assign(y=rng.normal(size=len(cohort())))
    fit = mixed.fit("y ~ week", data, groups="athlete", random="~ week")
    assert fit.singular
    assert fit.converged
    assert any("singular" in message for message in fit.messages)
    assert np.isfinite(fit.dof).all()


def test_saturated_data_are_refused():
    data = cohort().groupby("athlete").head(2)
    with pytest.raises(mixed.ModelError, match="saturated: 60 rows"):
        mixed.fit("y ~ week", data, groups="athlete", random="~ week")


def test_nearly_saturated_data_are_warned_about():
    data = cohort().groupby("athlete").head(2)
    extra = cohort().groupby("athlete").nth(2).head(10)
    fit = mixed.fit("y ~ 1", pd.concat([data, extra]), groups="athlete", random="~ week")
    assert any("nearly saturated" in message for message in fit.messages)


def test_a_residual_that_collapses_is_not_called_converged():
    data = cohort(20)
    number = data["athlete"].str[1:].astype(int).to_numpy()
    own = np.random.default_rng(0).normal(size=(2, 20))
    data["y"] = own[0, number] + own[1, number] * data["week"]
    fit = mixed.fit("y ~ week", data, groups="athlete", random="~ week")
    assert not fit.converged
    assert any("degenerate" in message for message in fit.messages)


def test_rank_deficient_design_names_the_column():
    data = cohort().assign(twice=lambda d: 2 * d["week"] + 1)
    with pytest.raises(mixed.ModelError, match=r"column twice is a combination of .*week"):
        mixed.fit("y ~ week + volume + twice", data, groups="athlete", random="~ 1")


def test_constant_column_is_named():
    data = cohort().assign(gym=1.0 / 3.0)
    with pytest.raises(mixed.ModelError, match="column gym is"):
        mixed.fit("y ~ week + gym", data, groups="athlete", random="~ 1")


@pytest.mark.parametrize(
    ("change", "kwargs", "says"),
    [
        ({}, {"random": "~ nowhere"}, "no column nowhere"),
        ({"y": 1.0}, {}, "without any residual"),
        ({"precision": -1.0}, {"weights": "precision"}, "weights must be positive"),
        ({}, {"residual_sd": -1.0}, "residual_sd must be positive"),
        ({}, {"correlation": "car1"}, "needs time="),
        ({}, {"correlation": "ar1", "time": "week"}, "expected 'car1'"),
        ({"week": 1.0}, {"correlation": "car1", "time": "week"}, "share the time"),
        ({}, {"time": "week"}, "time= is used by"),
        ({}, {"random": {"athlete/exercise": "~ 1"}}, "random names athlete/exercise"),
        ({"volume": np.inf}, {}, "column volume is not a finite number"),
    ],
)
def test_what_has_no_answer_is_refused_with_the_reason(change, kwargs, says):
    data = cohort().assign(**change)
    formula = "y ~ volume" if "week" in change else "y ~ week + volume"
    with pytest.raises(mixed.ModelError, match=says):
        mixed.fit(formula, data, **{"groups": "athlete", "random": "~ 1", **kwargs})


def test_missing_values_are_left_out_and_counted():
    data = cohort()
    data.loc[[3, 5], "volume"] = np.nan
    data.loc[5, "y"] = np.nan
    fit = mixed.fit("y ~ volume", data, groups="athlete", random="~ 1")
    assert fit.n_obs == len(data) - 2
    assert fit.messages[0].startswith(f"2 of {len(data)} rows left out")
    assert "volume 2" in fit.messages[0]
    assert "y 1" in fit.messages[0]
    assert 3 not in fit.augment().index


def test_augment_keeps_the_order_of_the_rows_and_adds_up():
    data = cohort().sample(frac=1.0, random_state=2)
    fit = mixed.fit("y ~ week", data, groups="athlete", random="~ week", weights="precision")
    rows = fit.augment()
    assert rows.index.equals(data.index)
    assert rows["response"].to_numpy() == pytest.approx(data["y"].to_numpy())
    assert (rows["fitted"] + rows["residual"]).to_numpy() == pytest.approx(data["y"].to_numpy())
    own = fit.random_effects["athlete"].loc[data["athlete"]]
    fixed = fit.params["Intercept"] + fit.params["week"] * data["week"]
    shrunken = (
        fixed.to_numpy() + own["Intercept"] + own["week"].to_numpy() * data["week"].to_numpy()
    )
    assert rows["fixed"].to_numpy() == pytest.approx(fixed.to_numpy())
    assert rows["fitted"].to_numpy() == pytest.approx(shrunken.to_numpy())


def test_with_nothing_random_and_a_known_sd_the_variances_cost_no_degrees_of_freedom():
    data = cohort(athletes=6)
    fit = mixed.fit("y ~ week", data, groups="athlete", random="~ 0", residual_sd=1.0)
    assert np.isinf(fit.dof).all()
    assert "week" in repr(fit)
