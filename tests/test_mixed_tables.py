"""The mixed engine's manners: stateful terms, polars, what is refused, predictions, tests."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from analysis.models import mixed
from tests.test_mixed import cohort


@pytest.mark.parametrize(
    ("term", "basis"),
    [
        ("scale(week)", lambda w: ((w - w.mean()) / w.std(ddof=1))[:, None]),
        ("center(week)", lambda w: (w - w.mean())[:, None]),
        ("poly(week, 2)", lambda w: np.column_stack([w, w**2])),
        ("bs(week, df=4)", None),
    ],
)
def test_stateful_terms_are_fitted_and_predicted_with_the_state_of_the_fit(term, basis):
    data = cohort(20)
    fit = mixed.fit(f"y ~ {term}", data, groups="athlete", random="~ 1")
    part = data.iloc[40:80]  # another mean, another range
    assert fit.predict(part).to_numpy() == pytest.approx(
        fit.augment().loc[part.index, "fitted"].to_numpy(), abs=1e-8
    )
    if basis is not None:
        plain = data.assign(**{f"c{i}": column for i, column in
                               enumerate(basis(data["week"].to_numpy()).T)})  # fmt: skip
        names = [name for name in plain if name not in data]
        same = mixed.fit(f"y ~ {' + '.join(names)}", plain, groups="athlete", random="~ 1",
                         reml=False)  # fmt: skip
        by_ml = mixed.fit(f"y ~ {term}", data, groups="athlete", random="~ 1", reml=False)
        assert by_ml.loglik == pytest.approx(same.loglik, abs=1e-6)


def test_a_natural_spline_stands_without_an_intercept():
    fit = mixed.fit("y ~ 0 + cr(week, df=4)", cohort(20), groups="athlete", random="~ 1")
    assert len(fit.params) == 4


@pytest.mark.parametrize("lazy", [False, True])
def test_polars_tables_are_fitted_as_they_are(lazy):
    data = cohort(12)
    frame = pl.from_pandas(data)
    fit = mixed.fit("y ~ week", frame.lazy() if lazy else frame, groups="athlete", random="~ 1")
    same = mixed.fit("y ~ week", data, groups="athlete", random="~ 1")
    assert fit.params.to_numpy() == pytest.approx(same.params.to_numpy())


MIXED = pd.Series([1, "a"] * 180, dtype=object)
REFUSED = {
    "dates": ("y ~ day", {}, "column day holds dates; turn it into a number"),
    "objects": ("y ~ odd", {}, r"column odd holds objects \(int, str\)"),
    "a text response": ("sex ~ week", {}, "must have one response column of numbers"),
    "one group": ("y ~ week", {"groups": "one"}, "one group of one: what differs between groups"),
    "a column that is not there": ("y ~ weak", {}, "no column weak in the data"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_answer_is_refused_with_the_reason(name):
    formula, changed, says = REFUSED[name]
    data = cohort().assign(one="all")
    data["day"] = pd.Timestamp("2025-01-06") + pd.to_timedelta(data["week"], "D")
    data["odd"] = MIXED.head(len(data)).to_numpy()
    with pytest.raises(mixed.ModelError, match=says):
        mixed.fit(formula, data, **{"groups": "athlete", "random": "~ 1", **changed})


def test_an_empty_table_and_what_is_no_table_are_refused():
    with pytest.raises(mixed.ModelError, match="hold no row"):
        mixed.fit("y ~ week", cohort().head(0), groups="athlete", random="~ 1")
    with pytest.raises(mixed.ModelError, match="data is a list"):
        mixed.fit("y ~ week", [1, 2], groups="athlete", random="~ 1")


def test_predictions_of_a_new_group_are_the_fixed_effects_alone():
    data = cohort(15)
    fit = mixed.fit("y ~ week + sex", data, groups="athlete", random="~ week")
    new = data.head(5).assign(athlete="nobody")
    fixed = fit.predict(new)
    assert fixed.to_numpy() == pytest.approx(fit.predict(data.head(5), groups=False).to_numpy())
    assert (fit.predict(data.head(5)) - fixed).abs().max() > 0.01
    with pytest.raises(mixed.ModelError, match="week"):
        fit.predict(data.drop(columns="week"))


def test_the_likelihood_ratio_of_fixed_terms_is_that_of_two_fits_by_maximum_likelihood():
    data = cohort(20)
    how = {"groups": "athlete", "random": "~ 1", "reml": False}
    small, large = (mixed.fit(f, data, **how) for f in ("y ~ week", "y ~ week + volume"))
    found = mixed.likelihood_ratio(small, large)
    assert found["df"] == 1
    assert found["p_value"] == pytest.approx(
        stats.chi2.sf(2 * (large.loglik - small.loglik), 1), rel=1e-9
    )
    assert not found["at_edge"]
    wider = mixed.fit("y ~ week", data, groups="athlete", random="~ week", reml=False)
    assert mixed.likelihood_ratio(small, wider)["at_edge"]
    assert mixed.likelihood_ratio(small, wider)["df"] == 2
    with pytest.raises(mixed.ModelError, match="the first fit must be the smaller"):
        mixed.likelihood_ratio(large, small)


def test_restricted_likelihoods_of_other_fixed_terms_are_not_compared():
    data = cohort(12)
    fits = [mixed.fit(f, data, groups="athlete", random="~ 1") for f in ("y ~ week", "y ~ volume")]
    with pytest.raises(mixed.ModelError, match="fit both with reml=False"):
        mixed.likelihood_ratio(*fits)


def test_cr1_is_the_plain_sandwich_with_groups_less_one():
    data = cohort(14)
    fit = mixed.fit("y ~ week", data, groups="athlete", random="~ 0")
    x = np.column_stack([np.ones(len(data)), data["week"]])
    left = data["y"] - x @ fit.params.to_numpy()
    groups = data.reset_index(drop=True).groupby("athlete").indices.values()
    scores = np.array([x[at].T @ left.to_numpy()[at] for at in groups])
    bread = np.linalg.inv(x.T @ x)
    meat = 14 / 13 * scores.T @ scores
    by_hand = np.sqrt(np.diag(bread @ meat @ bread))
    found = fit.tidy(robust="CR1").set_index("term")
    assert found["std_error"].to_numpy() == pytest.approx(by_hand, rel=1e-8)
    assert (found["dof"] == 13).all()


def test_a_singular_fit_does_not_claim_the_rows_as_degrees_of_freedom():
    rng = np.random.default_rng(1)
    athlete = np.repeat(np.arange(6), 5)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        data = pd.DataFrame({"athlete": athlete, "arm": athlete % 2, "y": rng.normal(size=30)})
        fit = mixed.fit("y ~ arm", data, groups="athlete", random="~ 1")
        if fit.singular:
            break
    assert fit.singular
    assert fit.dof["arm"] == 4  # six athletes, two of them for mean and difference
    inner = data.assign(x=rng.normal(size=30))
    within = mixed.fit("y ~ x", inner, groups="athlete", random="~ 1")
    if within.singular:
        assert within.dof["x"] > 20  # told within athletes, where rows do count
