"""Crossed random effects: exact against a dense likelihood, and statsmodels where it can."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.models import mixed


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    """Athletes who train at several sites: neither factor is nested in the other."""
    rng = np.random.default_rng(4)
    athlete = np.repeat(np.arange(24), 10)
    site = rng.integers(0, 6, len(athlete))
    week = rng.normal(100, 8, len(athlete))
    level, slope, place = rng.normal(0, 2, 24), rng.normal(0, 0.2, 24), rng.normal(0, 1.5, 6)
    drift = rng.normal(0, 0.15, 6)
    y = 50 + 0.3 * week + level[athlete] + slope[athlete] * (week - 100) + place[site]
    y += drift[site] * (week - 100) + rng.normal(0, 1.0, len(athlete))
    return pd.DataFrame(
        {"y": y, "week": week, "athlete": athlete, "site": [f"s{s}" for s in site]}
    )


def dense(
    fit: mixed.MixedFit, data: pd.DataFrame, parts: dict[str, list[str]]
) -> dict[str, object]:
    """Solve the model with the fit's variances by n × n matrices: Henderson and REML."""
    x = np.column_stack([np.ones(len(data)), data["week"]])
    columns, blocks, names = [], [], []
    for name, terms in parts.items():
        cov = fit.random_cov[name].loc[terms, terms].to_numpy()
        for label in sorted(data[name].unique()):
            here = (data[name] == label).to_numpy(float)
            columns += [here * (1.0 if term == "Intercept" else data[term]) for term in terms]
            blocks.append(cov)
            names += [(name, label, term) for term in terms]
    z = np.column_stack(columns)
    g = np.zeros((z.shape[1],) * 2)
    at = 0
    for block in blocks:
        g[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    v = z @ g @ z.T + fit.residual_sd**2 * np.eye(len(data))
    vi = np.linalg.inv(v)
    information = x.T @ vi @ x
    cov_beta = np.linalg.inv(information)
    beta = cov_beta @ x.T @ vi @ data["y"].to_numpy()
    r = data["y"].to_numpy() - x @ beta
    free = len(data) - 2
    logdets = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
    loglik = -0.5 * (free * np.log(2 * np.pi) + logdets + r @ vi @ r)
    p = vi - vi @ x @ cov_beta @ x.T @ vi
    error = g - g @ z.T @ p @ z @ g
    return {"loglik": loglik, "beta": beta, "cov": cov_beta,
            "modes": dict(zip(names, g @ z.T @ vi @ r, strict=True)),
            "errors": dict(zip(names, np.sqrt(np.diag(error)), strict=True))}  # fmt: skip


@pytest.mark.parametrize(
    "parts",
    [
        {"athlete": ["Intercept"], "site": ["Intercept"]},
        {"athlete": ["Intercept", "week"], "site": ["Intercept"]},
        {"athlete": ["Intercept", "week"], "site": ["Intercept", "week"]},
    ],
)
def test_a_fit_with_a_crossed_factor_equals_dense_matrices(visits, parts):
    random = {name: "~ week" if "week" in terms else "~ 1" for name, terms in parts.items()}
    fit = mixed.fit("y ~ week", visits, groups="athlete", random=random)
    assert fit.converged
    there = dense(fit, visits, parts)
    assert fit.loglik == pytest.approx(there["loglik"], abs=1e-7)
    assert fit.params.to_numpy() == pytest.approx(there["beta"], rel=1e-8)
    assert fit.cov_params.to_numpy() == pytest.approx(there["cov"], rel=1e-7)
    for name, terms in parts.items():
        table = fit.random_effects[name]
        for label in table.index:
            for term in terms:
                key = (name, label, term)
                assert table.loc[label, term] == pytest.approx(there["modes"][key], abs=1e-7)
                error = table.loc[label, f"{term}_std_error"]
                assert error == pytest.approx(there["errors"][key], rel=1e-6, abs=1e-9)


def test_the_variances_found_are_where_the_dense_likelihood_is_highest(visits):
    fit = mixed.fit(
        "y ~ week", visits, groups="athlete", random={"athlete": "~ week", "site": "~ 1"}
    )
    likelihood, at = fit.likelihood, fit.optimum.theta
    for i in range(len(at)):
        step = np.zeros(len(at))
        step[i] = 1e-4
        up, down = (likelihood.evaluate(at + sign * step).deviance for sign in (1, -1))
        assert up > fit.optimum.deviance
        assert down > fit.optimum.deviance
    # the analytic slope, away from the optimum
    rng = np.random.default_rng(1)
    there = at + 0.3 * rng.standard_normal(len(at))
    slope = likelihood.evaluate(there).gradient
    for i in range(len(at)):
        step = np.zeros(len(at))
        step[i] = 1e-6
        up, down = (likelihood.evaluate(there + sign * step).deviance for sign in (1, -1))
        assert slope[i] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-4)


def test_crossed_intercepts_equal_statsmodels_variance_components(visits):
    from statsmodels.regression.mixed_linear_model import MixedLM

    ours = mixed.fit(
        "y ~ week", visits, groups="athlete", random={"athlete": "~ 1", "site": "~ 1"}
    )
    centred = visits.assign(week=visits["week"] - 100.0, all=1)
    components = {"athlete": "0 + C(athlete)", "site": "0 + C(site)"}
    theirs = MixedLM.from_formula(
        "y ~ week", centred, groups="all", re_formula="0", vc_formula=components
    ).fit(reml=True, method="bfgs", gtol=1e-9)
    assert ours.loglik >= theirs.llf - 1e-6
    assert ours.loglik == pytest.approx(theirs.llf, rel=1e-6)
    found = dict(zip(theirs.model.exog_vc.names, theirs.vcomp, strict=True))
    for name, variance in found.items():
        assert ours.random_cov[name].iloc[0, 0] == pytest.approx(variance, rel=1e-3)


def test_two_crossed_factors_beside_nested_levels_and_weights():
    rng = np.random.default_rng(9)
    n = 400
    data = pd.DataFrame({
        "athlete": rng.integers(0, 20, n), "exercise": rng.integers(0, 3, n),
        "site": rng.integers(0, 5, n), "coach": rng.integers(0, 4, n),
        "x": rng.normal(size=n), "w": rng.uniform(0.5, 2.0, n),
    })  # fmt: skip
    effects = {name: rng.normal(0, 1.2, 60) for name in ("athlete", "site", "coach", "cell")}
    data["y"] = (
        effects["athlete"][data["athlete"]] + effects["site"][data["site"]]
        + effects["coach"][data["coach"]] + effects["cell"][3 * data["athlete"] + data["exercise"]]
        + 0.5 * data["x"] + rng.normal(size=n) / np.sqrt(data["w"])
    )  # fmt: skip
    fit = mixed.fit(
        "y ~ x", data, groups=["athlete", "exercise"],
        random={"athlete": "~ 1", "athlete/exercise": "~ 1", "site": "~ 1", "coach": "~ 1"},
        weights="w",
    )  # fmt: skip
    v = np.diag(fit.residual_sd**2 / data["w"].to_numpy())
    cell = 3 * data["athlete"] + data["exercise"]
    for name, code in (("athlete", data["athlete"]), ("athlete/exercise", cell),
                       ("site", data["site"]), ("coach", data["coach"])):  # fmt: skip
        same = np.equal.outer(code.to_numpy(), code.to_numpy())
        v += fit.random_cov[name].iloc[0, 0] * same
    x, y = np.column_stack([np.ones(n), data["x"]]), data["y"].to_numpy()
    vi = np.linalg.inv(v)
    information = x.T @ vi @ x
    beta = np.linalg.solve(information, x.T @ vi @ y)
    r = y - x @ beta
    logdets = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
    loglik = -0.5 * ((n - 2) * np.log(2 * np.pi) + logdets + r @ vi @ r)
    assert fit.params.to_numpy() == pytest.approx(beta, rel=1e-8)
    assert fit.loglik == pytest.approx(loglik, abs=1e-7)
    assert fit.n_groups["coach"] == 4
    known = fit.augment()["fitted"]
    predicted = fit.predict(data)
    assert predicted.to_numpy() == pytest.approx(known.to_numpy(), abs=1e-8)


def test_partitions_with_a_crossed_factor_add_up_to_the_whole(visits):
    whole = mixed.sufficient_statistics(
        "y ~ week", visits, groups="athlete", random={"athlete": "~ 1", "site": "~ 1"}
    )
    first = visits[visits["athlete"] < 12]
    second = visits[(visits["athlete"] >= 12) & (visits["site"] != "s2")]
    rest = visits[(visits["athlete"] >= 12) & (visits["site"] == "s2")]
    parts = [
        mixed.sufficient_statistics("y ~ week", each, groups="athlete", like=whole,
                                    random={"athlete": "~ 1", "site": "~ 1"})
        for each in (first, second, rest)
    ]  # fmt: skip
    one, added = mixed.fit_statistics(whole), mixed.fit_statistics(parts)
    assert added.loglik == pytest.approx(one.loglik, abs=1e-7)
    assert added.params.to_numpy() == pytest.approx(one.params.to_numpy(), rel=1e-8)


def test_what_cannot_be_crossed_is_refused_with_the_reason(visits):
    def fitted(random: dict[str, str], data: pd.DataFrame = visits) -> mixed.MixedFit:
        groups = ["athlete", "exercise"] if "exercise" in data else "athlete"
        return mixed.fit("y ~ week", data, groups=groups, random={"athlete": "~ 1"} | random)

    with pytest.raises(mixed.ModelError, match="no column gym"):
        fitted({"gym": "~ 1"})
    with pytest.raises(mixed.ModelError, match="the levels are athlete, athlete/exercise"):
        fitted({"exercise": "~ 1"}, visits.assign(exercise=1))
    with pytest.raises(mixed.ModelError, match=r"write '~ 1'"):
        fitted({"site": "~ 0"})
    with pytest.raises(mixed.ModelError, match="one group of site"):
        fitted({"site": "~ 1"}, visits.assign(site="only"))
    many = visits.assign(visit=np.arange(len(visits)) + 1000).loc[lambda d: d.index.repeat(2)]
    with pytest.raises(mixed.ModelError, match="make visit the group"):
        fitted({"visit": "~ 1"}, many)
    with pytest.raises(mixed.ModelError, match="not independent clusters"):
        fitted({"site": "~ 1"}).tidy(robust="CR2")
