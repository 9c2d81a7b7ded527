"""Three-level meta-analysis: against a dense likelihood, statsmodels, and planted truths."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.models import meta
from analysis.models.mixed import ModelError


def planted(seed, studies=20, tau_study=0.25, tau_effect=0.15, slope=0.0, *, most=6):
    """Effects of mean 0.4 + slope · weeks/10, of known variance, several a study."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, most + 1, studies)
    study = np.repeat(np.arange(studies), sizes)
    n = len(study)
    vi = rng.uniform(0.02, 0.12, n)
    weeks = rng.uniform(4, 24, studies)[study]
    true = 0.4 + slope * weeks / 10 + tau_study * rng.normal(size=studies)[study]
    yi = true + tau_effect * rng.normal(size=n) + np.sqrt(vi) * rng.normal(size=n)
    names = [f"study {s:02d}" for s in study]
    effect = np.concatenate([np.arange(size) for size in sizes])
    return pd.DataFrame({"study": names, "effect_id": effect, "yi": yi, "vi": vi, "weeks": weeks})


def dense_reml(effects, X):
    """Return τ² (study, effect), β, its standard errors and the restricted log-likelihood."""
    y, vi = effects["yi"].to_numpy(), effects["vi"].to_numpy()
    same = effects["study"].to_numpy()[:, None] == effects["study"].to_numpy()[None, :]

    def solved(tau):
        V = np.diag(vi + tau[1] ** 2) + tau[0] ** 2 * same
        inverse = np.linalg.inv(V)
        information = X.T @ inverse @ X
        beta = np.linalg.solve(information, X.T @ inverse @ y)
        left = y - X @ beta
        deviance = (
            np.linalg.slogdet(V)[1]
            + np.linalg.slogdet(information)[1]
            + left @ inverse @ left
            + (len(y) - X.shape[1]) * np.log(2 * np.pi)
        )
        return deviance, beta, np.linalg.inv(information)

    starts = [(0.3, 0.1), (0.1, 0.3)]
    best = min(
        (
            minimize(
                lambda tau: solved(tau)[0],
                start,
                method="Nelder-Mead",
                options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000},
            )
            for start in starts
        ),
        key=lambda found: found.fun,
    )
    deviance, beta, cov = solved(best.x)
    return best.x**2, beta, np.sqrt(np.diag(cov)), -deviance / 2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("formula", ["yi ~ 1", "yi ~ weeks"])
def test_equals_a_dense_likelihood(seed, formula):
    effects = planted(seed, slope=0.2).sample(frac=1, random_state=seed)
    ones = np.ones(len(effects))
    X = np.column_stack([ones, effects["weeks"]]) if "weeks" in formula else ones[:, None]
    tau2, beta, errors, loglik = dense_reml(effects, X)
    found = meta.fit(effects, formula)
    assert found.mixed.loglik == pytest.approx(loglik, abs=1e-6)
    assert found.mixed.params.to_numpy() == pytest.approx(beta, abs=1e-6)
    assert found.mixed.std_errors.to_numpy() == pytest.approx(errors, abs=1e-6)
    assert found.tau2.to_numpy() == pytest.approx(tau2, abs=1e-6)


def test_equals_statsmodels_where_every_study_has_one_effect():
    from statsmodels.stats.meta_analysis import combine_effects

    effects = planted(5, studies=40, most=1)
    found = meta.fit(effects)
    assert "every study has one effect" in found.notes[0]
    # statsmodels has no REML; at REML's τ² its weighted mean must be ours. Its own tolerance: a
    # finer one lets rounding turn the last step negative, and it then returns 0 as its τ².
    pooled = combine_effects(
        effects["yi"].to_numpy(), effects["vi"].to_numpy(), method_re="iterated"
    )
    weight = 1 / (effects["vi"] + found.tau2.iloc[0])
    assert found.mixed.params["Intercept"] == pytest.approx(
        np.average(effects["yi"], weights=weight), abs=1e-9
    )
    assert found.tau2.iloc[0] == pytest.approx(pooled.tau2, rel=0.15)
    assert found.mixed.params["Intercept"] == pytest.approx(pooled.mean_effect_re, abs=0.005)


def test_without_heterogeneity_it_is_the_fixed_effect_mean_of_statsmodels():
    from statsmodels.stats.meta_analysis import combine_effects

    effects = planted(3, studies=30, most=1).assign(yi=lambda t: 0.4 + 0.1 * (t["yi"] - 0.4))
    found = meta.fit(effects)
    pooled = combine_effects(effects["yi"].to_numpy(), effects["vi"].to_numpy())
    assert found.tau2.iloc[0] == pytest.approx(0.0, abs=1e-12)
    assert found.mixed.singular
    assert found.mixed.params["Intercept"] == pytest.approx(pooled.mean_effect_fe, abs=1e-9)
    assert found.mixed.std_errors["Intercept"] == pytest.approx(pooled.sd_eff_w_fe, abs=1e-9)


def test_i2_is_that_of_higgins_and_thompson():
    effects = planted(5, studies=40, most=1)
    weight = 1 / effects["vi"]
    typical = (len(effects) - 1) * weight.sum() / (weight.sum() ** 2 - (weight**2).sum())
    found = meta.fit(effects)
    expected = 100 * found.tau2.iloc[0] / (found.tau2.iloc[0] + typical)
    assert found.i2_pct.iloc[0] == pytest.approx(expected)


def test_planted_numbers_are_recovered():
    found = meta.fit(planted(11, studies=800, slope=0.3), "yi ~ weeks")
    assert found.mixed.params["weeks"] == pytest.approx(0.03, abs=0.005)
    assert np.sqrt(found.tau2.to_numpy()) == pytest.approx([0.25, 0.15], abs=0.03)


def test_intervals_hold():
    held = []
    for seed in range(80):
        effects = planted(seed, studies=20)
        new = meta.fit(effects).predict({"Intercept": 1.0})
        truth = 0.4 + np.sqrt(0.25**2 + 0.15**2) * np.random.default_rng(9_000 + seed).normal()
        held.append(
            (
                new["conf_low"] < 0.4 < new["conf_high"],
                new["predict_low"] < truth < new["predict_high"],
            )
        )
    mean, prediction = np.mean(held, axis=0)
    # Two binomial SDs of 80 draws are 5 points.
    assert mean >= 0.9
    assert prediction >= 0.9


def test_robust_intervals_hold_where_heterogeneity_differs_by_moderator():
    rng = np.random.default_rng(3)
    robust, model = [], []
    for _ in range(60):
        study = np.repeat(np.arange(25), 4)
        shared = 0.3 * rng.normal(size=25)[study] * (study % 5 == 0)
        effects = pd.DataFrame(
            {
                "study": study,
                "effect_id": np.tile(np.arange(4), 25),
                "yi": 0.4 + shared * 3 + 0.1 * rng.normal(size=100),
                "vi": 0.01,
            }
        )
        effects["x"] = (study % 5 == 0).astype(float)
        found = meta.fit(effects, "yi ~ x").mixed
        robust.append(_holds(found.conf_int(robust="CR2").loc["x"]))
        model.append(_holds(found.conf_int().loc["x"]))
    assert np.mean(model) < 0.9
    assert np.mean(robust) >= 0.9


def _holds(interval, truth=0.0):
    return interval["conf_low"] < truth < interval["conf_high"]


def test_linear_log_time_course_is_recovered():
    rng = np.random.default_rng(7)
    study = np.repeat(np.arange(150), 3)
    weeks = rng.uniform(4, 40, len(study))
    vi = rng.uniform(0.01, 0.05, len(study))
    yi = 0.0237 + 0.2986 * np.log1p(weeks) + 0.2 * rng.normal(size=150)[study]
    effects = pd.DataFrame(
        {
            "study": study,
            "effect_id": np.tile(np.arange(3), 150),
            "yi": yi + np.sqrt(vi) * rng.normal(size=len(vi)),
            "vi": vi,
            "weeks": weeks,
        }
    )
    found = meta.fit(effects, "yi ~ np.log(1 + weeks)")
    term = "np.log(1 + weeks)"
    assert found.mixed.params[term] == pytest.approx(0.2986, abs=0.04)
    gain = found.mixed.contrast({term: np.log(37 / 25)})
    assert gain["estimate"] == pytest.approx(0.117, abs=0.016)


def test_result_holds_every_number_once_and_draws_a_forest():
    effects = planted(0)
    result = meta.meta(effects, unit="SMD", title="Strength and sets")
    table = result.table
    assert result.name == "meta_strength_and_sets"
    assert table["kind"].value_counts().to_dict() == {
        "study": effects["study"].nunique(),
        "tau2": 2,
        "i2_pct": 2,
        "term": 1,
        "prediction": 1,
    }
    pooled, new = table[table["kind"] == "term"].iloc[0], table[table["kind"] == "prediction"]
    assert new.iloc[0]["low"] < pooled["low"] < pooled["estimate"] < pooled["high"]
    assert f"{pooled['estimate']:.3g} SMD" in result.summary
    assert table.loc[table["kind"] == "study", "effects"].sum() == len(effects)
    drawn = result.figure_dict["data"]
    assert drawn[0]["y"][0] in set(effects["study"])
    assert drawn[1]["y"] == ["Pooled effect"]
    assert result.figure.layout.xaxis.title.text == "SMD"


def test_a_study_row_is_the_inverse_variance_mean_of_its_effects():
    effects = planted(0)
    found = meta.fit(effects)
    rows = meta.meta(effects).table.query("kind == 'study'").set_index("name")
    own = effects[effects["study"] == "study 03"]
    weight = 1 / (own["vi"] + found.tau2.iloc[1])
    assert rows.loc["study 03", "estimate"] == pytest.approx(np.average(own["yi"], weights=weight))


def test_moderators_are_drawn_and_said():
    result = meta.meta(planted(1, slope=0.3), "yi ~ weeks")
    assert "weeks" in result.summary
    assert result.figure_dict["data"][0]["y"] == ["Intercept", "weeks"]


def test_long_forests_keep_the_most_precise_and_say_so():
    result = meta.meta(planted(2, studies=90))
    (studies, *_) = result.figure_dict["data"]
    assert len(studies["y"]) == 60
    assert studies["name"] == "the 60 most precise of 90 studies"


def test_missing_values_are_counted():
    effects = planted(0)
    effects.loc[effects["study"] == "study 00", "vi"] = np.nan
    lost = int(effects["vi"].isna().sum())
    assert meta.fit(effects).notes[0].startswith(f"{lost} effects with a missing value left out")
    assert "1 whole study" in meta.fit(effects).notes[0]


def test_few_studies_are_told():
    assert any("too few to trust" in note for note in meta.meta(planted(4, studies=3)).notes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.assign(vi=0.0), "sampling variances are not positive"),
        (lambda t: t.drop(columns="study"), "no column study"),
        (lambda t: t.assign(effect_id=0), "effects named twice"),
        (lambda t: t[t["study"] == "study 01"], "needs two or more"),
        (lambda t: t.iloc[:0], "needs two or more"),
    ],
)
def test_what_has_no_answer_is_refused(change, reason):
    with pytest.raises(ModelError, match=reason):
        meta.meta(change(planted(1, studies=8)))
