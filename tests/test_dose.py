"""Dose in continuous time: the filter is dense least squares, parts add up, plants come back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import block_diag

from analysis.estimate import Estimate
from analysis.models import mixed
from analysis.models.dose.effects import (
    between,
    body,
    columns_of,
    effect,
    eventual_gain,
    joint,
    shapes,
)  # fmt: skip
from analysis.models.dose.inputs import (
    REACH,
    Weekly,
    autocovariance,
    bands,
    filled,
    kernel,
    with_shapes,
)
from analysis.models.dose.people import own_slopes, repeatability
from analysis.models.dose.placebo import Control, judge
from analysis.models.dose.pooling import TooLittleError, fit, pseudo_rows
from analysis.models.dose.variances import deviance, growth_out
from analysis.models.dose.whitening import Sums, Variances
from tests.planted_dose import joined, planted

SHARED = Variances(0.05, 0.1, 0.2, 9.0)


def dense(days, columns, variances):
    """[X y]ᵀP[X y] and log-determinants of one athlete, by n × n matrices."""
    x = np.column_stack([*(each[days.athlete, days.week] for each in columns.values()),
                         days.strength])  # fmt: skip
    together = np.minimum.outer(days.week, days.week).astype(float)
    same = days.series[:, None] == days.series
    v = np.diag(1 / days.weight) + variances.session * (days.day[:, None] == days.day)
    v = variances.residual * (v + together * (variances.muscle + variances.exercise * same))
    z = (days.series[:, None] == np.unique(days.series)).astype(float)
    inverse = np.linalg.inv(v)
    projected = z.T @ inverse @ z
    p = inverse - inverse @ z @ np.linalg.solve(projected, z.T @ inverse)
    return x.T @ p @ x, np.linalg.slogdet(v)[1] + np.linalg.slogdet(projected)[1]


@given(
    st.integers(0, 10_000), st.integers(1, 5), st.floats(0, 3), st.floats(0, 3), st.floats(0, 5)
)
@settings(max_examples=25, deadline=None)
def test_the_filter_equals_dense_generalised_least_squares(
    seed, series, muscle, exercise, session
):
    days, weekly = planted(seed, athletes=3, weeks=17, series=series, missing=0.3)
    rng = np.random.default_rng(seed)
    days = replace(days, weight=rng.uniform(0.2, 2, len(days)), strength=days.strength + 400)
    columns = columns_of(weekly, ["sets"])
    variances = Variances(muscle, exercise, session, 4.0)
    found = Sums(days, 3, columns).whitened(variances)
    for athlete in range(3):
        gram, log_det = dense(days.of(days.athlete == athlete), columns, variances)
        size = np.sqrt(np.outer(np.diag(gram), np.diag(gram))) + 1e-12
        assert np.abs((found.gram[athlete] - gram) / size).max() < 1e-8
        assert found.log_det[athlete] == pytest.approx(log_det, abs=1e-7)


def test_the_order_of_rows_and_who_is_beside_whom_change_nothing():
    days, weekly = planted(3, athletes=6)
    columns = columns_of(weekly, ["sets"])
    whole = Sums(days, 6, columns).whitened(SHARED)
    shuffled = days.of(np.random.default_rng(1).permutation(len(days)))
    assert Sums(shuffled, 6, columns).whitened(SHARED).gram == pytest.approx(whole.gram, rel=1e-9)
    alone = days.of(days.athlete == 4)
    assert Sums(alone, 6, columns).whitened(SHARED).gram[4] == pytest.approx(
        whole.gram[4], rel=1e-9
    )


def test_days_of_weight_zero_are_as_if_they_were_not():
    days, weekly = planted(5, athletes=4)
    columns = columns_of(weekly, ["sets"])
    kept = np.random.default_rng(0).random(len(days)) < 0.7
    out = Sums(replace(days, weight=kept.astype(float)), 4, columns).whitened(SHARED)
    assert out.gram == pytest.approx(Sums(days.of(kept), 4, columns).whitened(SHARED).gram)
    assert out.n_rows.sum() == kept.sum()


def test_pseudo_rows_in_the_mixed_engine_are_generalised_least_squares_of_all_rows():
    days, weekly = planted(2, athletes=7)
    columns = columns_of(weekly, ["sets"])
    products = Sums(days, 7, columns).whitened(SHARED)
    terms = ["log_weeks", "sets_own", "sets_1_4", "sets_5_8", "sets_9_12", "sets_13_on"]
    found = fit(products, terms)
    # all rows at once: one intercept per series, one growth per athlete, dense V
    x = np.column_stack([columns[term][days.athlete, days.week] for term in terms])
    z = (days.series[:, None] == np.unique(days.series)).astype(float)
    growth = np.where(
        days.athlete[:, None] == np.arange(7), columns["week"][0][days.week][:, None], 0
    )
    design = np.column_stack([x, growth, z])
    same = days.athlete[:, None] == days.athlete
    walk = np.minimum.outer(days.week, days.week) * same.astype(float)
    v = np.eye(len(x)) + SHARED.session * same * (days.day[:, None] == days.day)
    v += SHARED.muscle * walk + SHARED.exercise * walk * (days.series[:, None] == days.series)
    solved = np.linalg.solve(SHARED.residual * v, design)
    cov = np.linalg.inv(design.T @ solved)
    beta = cov @ (solved.T @ days.strength)
    assert found.beta == pytest.approx(beta[: len(terms)], abs=1e-8)
    assert found.covariance == pytest.approx(cov[: len(terms), : len(terms)], rel=1e-7, abs=1e-10)


def test_cluster_robust_errors_of_pseudo_rows_are_those_of_the_whitened_scores():
    """CR2 by hand, in the space of each athlete's score."""
    days, weekly = planted(8, athletes=9)
    products = Sums(days, 9, columns_of(weekly, ["sets"])).whitened(SHARED)
    terms = ["sets_own", "sets_1_4", "sets_5_8"]
    found = fit(products, terms)
    left, _ = growth_out(products.pick(["week", *terms, "strength"]))
    inverse = np.linalg.inv(left.gram[:, :-1, :-1].sum(axis=0))
    root = np.linalg.cholesky(inverse)
    meat = np.zeros((3, 3))
    for each in left.gram:
        hat = root.T @ each[:-1, :-1] @ root
        values, vectors = np.linalg.eigh(hat)
        adjust = vectors @ np.diag((1 - values) ** -0.5) @ vectors.T
        score = adjust @ root.T @ (each[:-1, -1] - each[:-1, :-1] @ found.beta)
        meat += np.outer(score, score)
    robust = np.sqrt(np.diag(root @ meat @ root.T))
    for term, by_hand in zip(terms, robust, strict=True):
        assert found.contrast({term: 1.0}).std_error == pytest.approx(by_hand, rel=1e-6)


def test_parts_of_a_cohort_add_up_to_the_same_fit():
    days, weekly = planted(4, athletes=10)
    columns = columns_of(weekly, ["sets"])
    whole = Sums(days, 10, columns).whitened(SHARED)
    parts = []
    for members in (np.arange(4), np.arange(4, 10)):
        mine = days.of(np.isin(days.athlete, members))
        mine = replace(mine, athlete=mine.athlete - members[0])
        some = {name: each[members] for name, each in columns.items()}
        parts.append(Sums(mine, len(members), some).whitened(SHARED))
    both = parts[0] + parts[1]
    assert both.gram == pytest.approx(whole.gram, rel=1e-9, abs=1e-9)
    terms = ["log_weeks", "sets_own", "sets_1_4", "sets_5_8", "sets_9_12", "sets_13_on"]
    one, two = fit(whole, terms), fit(both, terms)
    for term in terms:
        a, b = one.contrast({term: 1.0}), two.contrast({term: 1.0})
        assert (a.value, a.std_error, a.dof) == pytest.approx(
            (b.value, b.std_error, b.dof), rel=1e-8
        )
    added = deviance(parts[0]) + deviance(parts[1])
    assert added.profiled() == pytest.approx(deviance(whole).profiled())


def test_the_engine_from_cross_products_fits_what_it_fits_to_pseudo_rows():
    days, weekly = planted(4, athletes=12, weeks=60)
    products = Sums(days, 12, columns_of(weekly, ["sets"])).whitened(SHARED)
    terms = ["log_weeks", "sets_own", "sets_1_4", "sets_5_8"]
    rows = pseudo_rows(products, terms)
    formula = f"strength ~ 0 + {' + '.join(terms)}"
    for slopes in ((), ("sets_1_4",)):
        random = f"~ 0 + {' + '.join(slopes)}" if slopes else "~ 0"
        one = mixed.fit(formula, rows, groups="athlete", random=random, residual_sd=1.0)
        two = fit(products, terms, slopes=slopes).pooled
        assert two.params.to_numpy() == pytest.approx(one.params.to_numpy(), rel=1e-7)
        for a, b in zip(one.tidy(robust="CR2").to_numpy(), two.tidy(robust="CR2").to_numpy(),
                        strict=True):  # fmt: skip
            assert list(b[1:]) == pytest.approx(list(a[1:]), rel=1e-4, abs=1e-9)


def test_statistics_of_pseudo_rows_of_two_partitions_add_up():
    days, weekly = planted(4, athletes=10)
    products = Sums(days, 10, columns_of(weekly, ["sets"])).whitened(SHARED)
    rows = pseudo_rows(products, ["sets_own", "sets_5_8"])
    formula, how = "strength ~ 0 + sets_own + sets_5_8", {"groups": "athlete", "random": "~ 0"}
    first = mixed.sufficient_statistics(formula, rows[rows["athlete"] < 5], **how)
    second = mixed.sufficient_statistics(formula, rows[rows["athlete"] >= 5], **how)
    one = mixed.fit_statistics(first + second, residual_sd=1.0)
    two = mixed.fit(formula, rows, **how, residual_sd=1.0)
    assert one.params.to_numpy() == pytest.approx(two.params.to_numpy(), rel=1e-8)


def test_without_noise_the_planted_effect_comes_back_in_every_band():
    days, weekly = planted(1, athletes=12, weeks=52, noise=1e-3, missing=0.0)
    found = effect(body(days, weekly, ["sets"], variances=SHARED), "sets")
    assert found.estimate.value == pytest.approx(0.4, abs=2e-3)
    for band in ("1_4", "5_8", "9_12", "13_on"):
        assert found.event_study[band].value == pytest.approx(0.4, abs=3e-3)
    assert found.event_study["ahead"].value == pytest.approx(0.0, abs=3e-3)


@pytest.mark.parametrize("athletes", [1, 3, 12])
def test_the_planted_effect_lies_within_its_interval(athletes):
    days, weekly = planted(11, athletes=athletes, weeks=100)
    found = effect(body(days, weekly, ["sets"]), "sets")
    assert found.estimate.low < 0.4 < found.estimate.high
    assert found.n_athletes == athletes
    assert found.n_rows == len(days)


def test_one_athlete_has_fewer_degrees_of_freedom_than_rows():
    days, weekly = planted(11, athletes=1, weeks=100)
    found = effect(body(days, weekly, ["sets"]), "sets")
    assert 2 < found.estimate.dof < len(days) - 10


def test_intervals_hold_about_as_often_as_they_say():
    found = [effect(body(*planted(seed, athletes=10), ["sets"], variances=SHARED), "sets")
             for seed in range(30)]  # fmt: skip
    held = np.mean([each.estimate.low < 0.4 < each.estimate.high for each in found])
    assert held >= 0.83  # 25 of 30: below in 1 of 100 runs of a true 95 %
    spread = np.std([each.estimate.value for each in found])
    assert np.mean([each.estimate.std_error for each in found]) == pytest.approx(spread, rel=0.4)


def test_bands_hold_the_weeks_that_they_name():
    deviation = np.zeros((1, 30 + 2 * REACH))
    deviation[0, REACH + 15] = 4.0
    found = bands(deviation)
    assert np.flatnonzero(found["own"][0]).tolist() == [15]
    assert np.flatnonzero(found["ahead"][0]).tolist() == [11, 12, 13, 14]
    assert np.flatnonzero(found["1_4"][0]).tolist() == [16, 17, 18, 19]
    assert np.flatnonzero(found["5_8"][0]).tolist() == [20, 21, 22, 23]
    assert np.flatnonzero(found["9_12"][0]).tolist() == [24, 25, 26, 27]
    assert np.flatnonzero(found["13_on"][0]).tolist() == [28, 29]
    assert found["5_8"][0, 20] == 1.0


def test_a_kernel_that_arrives_at_once_and_stays_is_the_sum_of_the_bands():
    deviation = np.random.default_rng(0).normal(size=(2, 30 + 2 * REACH))
    found = bands(deviation)
    total = sum(found[name] for name in ("1_4", "5_8", "9_12", "13_on"))
    assert kernel(deviation, 0.0, None) == pytest.approx(total)


def test_a_kernel_is_scaled_to_the_peak_of_four_weeks_of_one_set():
    deviation = np.zeros((1, 120 + 2 * REACH))
    deviation[0, REACH : REACH + 4] = 1.0
    assert kernel(deviation, 3.0, 13.0).max() == pytest.approx(1.0)
    assert kernel(deviation, 3.0, None)[0, -1] == pytest.approx(1.0)


def test_an_unlogged_week_gets_its_expectation_from_the_weeks_around():
    rng = np.random.default_rng(0)
    series = np.zeros((400, 60))
    white = rng.standard_normal(series.shape)
    for week in range(1, 60):
        series[:, week] = 0.8 * series[:, week - 1] + 0.6 * white[:, week]
    logged = rng.random(series.shape) > 0.15
    logged[:, [0, -1]] = True
    weekly = Weekly(logged, {"sets": np.where(logged, series + 10, np.nan)})
    guess = filled(weekly, "sets")[:, REACH:-REACH]
    lost = ~logged[:, 6:-6]
    own = np.where(logged, series, np.nan)
    truth = series - np.nanmean(own, axis=1, keepdims=True)
    slope = np.polyfit(guess[:, 6:-6][lost], truth[:, 6:-6][lost], 1)[0]
    assert slope == pytest.approx(1.0, abs=0.06)  # an expectation: a Berkson error
    error = np.std((guess - truth)[:, 6:-6][lost])
    assert error < 0.75 * np.std(truth[:, 6:-6][lost])


def test_an_unlogged_week_is_no_dose_when_asked():
    weekly = Weekly(np.array([[True, False, True]]), {"sets": np.array([[4.0, np.nan, 8.0]])})
    assert filled(weekly, "sets", unknown="zero")[0, REACH:-REACH] == pytest.approx([0, -4, 4])


def test_autocovariances_of_two_bodies_add_up():
    _, weekly = planted(1, athletes=6)
    whole = autocovariance(weekly, "sets")
    halves = [autocovariance(Weekly(weekly.logged[at], {"sets": weekly.doses["sets"][at]}), "sets")
              for at in (slice(0, 2), slice(2, 6))]  # fmt: skip
    assert whole[0] == pytest.approx(halves[0][0] + halves[1][0])
    assert (whole[1] == halves[0][1] + halves[1][1]).all()


def test_the_eventual_gain_is_averaged_over_delays_and_knows_an_immediate_one():
    days, weekly = planted(6, athletes=40, weeks=60)
    found = eventual_gain(body(days, weekly, ["sets"], kernels=["sets"]), "sets")
    assert sum(found.weights.values()) == pytest.approx(1.0)
    assert max(found.weights, key=found.weights.get) == "gain_0_ever"
    assert found.estimate.low < 0.4 < found.estimate.high


def test_a_linear_dose_is_found_linear_among_the_shapes():
    days, weekly = planted(7, athletes=40, weeks=60)
    made = Weekly(weekly.logged, with_shapes(weekly.doses))
    found = shapes(body(days, made, list(made.doses)), [5.0, 10.0])
    assert sum(each.weight for each in found) == pytest.approx(1.0)
    assert found[0].name == "linear"
    by_name = {each.name: each for each in found}
    linear, log = by_name["linear"].one_more, by_name["log"].one_more
    assert linear[5.0].value == pytest.approx(linear[10.0].value)
    assert log[5.0].value > log[10.0].value > 0


def test_two_exposures_are_told_apart_when_fitted_together():
    days, weekly = planted(9, athletes=30, weeks=60)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, weekly.logged.shape)
    both = Weekly(weekly.logged, {**weekly.doses, "frequency": np.round(2 + noise)})
    found, _ = joint(body(days, both, ["sets", "frequency"]), ["sets", "frequency"])
    assert found["sets"].low < 0.4 < found["sets"].high
    assert found["frequency"].low < 0 < found["frequency"].high


def test_whether_a_muscle_is_trained_at_all_has_a_term_of_its_own():
    days, weekly = planted(14, athletes=25, weeks=60, effect_pct=0.0, missing=0.0)
    rng = np.random.default_rng(0)
    off = np.repeat(rng.random((25, 15)) < 0.25, 4, axis=1)  # months without the muscle
    sets = np.where(off, 0.0, weekly.doses["sets"])
    lost = np.pad(np.cumsum(off, axis=1), ((0, 0), (1, 0)))[:, :-1] * 1.0  # 1 % a week, for good
    kept = ~off[days.athlete, days.week]
    strength = days.strength - lost[days.athlete, days.week]
    days = replace(days, strength=strength).of(kept)
    made = Weekly(weekly.logged, with_shapes({"sets": sets}))
    found, _ = joint(body(days, made, list(made.doses)), ["sets", "trained"])
    assert found["trained"].low < 4.0 < found["trained"].high
    assert found["sets"].low < 0.0 < found["sets"].high


def test_athletes_own_slopes_repeat_where_they_differ():
    def cohort(spread):
        effects = 0.4 + spread * np.random.default_rng(3).standard_normal(25)
        return joined([planted(100 + i, athletes=1, weeks=100, effect_pct=each)
                       for i, each in enumerate(effects)])  # fmt: skip

    for spread, apart in ((1.0, True), (0.0, False)):
        days, weekly = cohort(spread)
        found = body(days, weekly, ["sets"])
        again = repeatability(found, days, columns_of(weekly, ["sets"]), "sets")
        assert again.n_athletes == 25
        assert again.told_apart == apart
    own = own_slopes(found, "sets")
    assert (np.abs(own["own"] - 0.4) < 5 * own["own_error"]).all()


def test_growth_goes_with_the_usual_dose_where_planted():
    days, weekly = planted(12, athletes=40, weeks=60, effect_pct=0.0)
    usual = weekly.mean("sets") - weekly.mean("sets").mean()
    more = replace(days, strength=days.strength + 0.1 * usual[days.athlete] * days.week)
    flat = between(body(days, weekly, ["sets"]), "sets")
    steep = between(body(more, weekly, ["sets"]), "sets")
    assert steep.value - flat.value == pytest.approx(0.1 * 52.18, rel=0.05)
    assert flat.low < 0 < flat.high


def test_the_placebo_is_judged_by_its_size():
    effect_ = Estimate(0.4, 0.03, 60)
    assert judge(Estimate(0.10, 0.03, 60), effect_).kind == "veto"
    assert judge(Estimate(0.01, 0.004, 60), effect_).kind == "bounded"  # p < 0.05, but tiny
    assert judge(Estimate(0.02, 0.1, 60), effect_).kind == "blunt"
    assert judge(Estimate(0.0, 0.01, 60), Estimate(0.0, 0.03, 60), smallest=0.2).kind == "bounded"
    assert judge(None, effect_).kind == "untold"
    # of thousands of lifters: p < 0.001 for a bias of 0.02 % where 0.2 % would matter
    nothing, sharp = Estimate(0.01, 0.002, 5000), Estimate(0.006, 0.0015, 5000)
    assert judge(sharp, nothing, smallest=0.2).kind == "bounded"
    assert judge(sharp, nothing).kind == "veto"


def test_feedback_makes_the_placebo_veto():
    days, weekly = planted(13, athletes=30, weeks=60, effect_pct=0.0, feedback=1.0)
    assert effect(body(days, weekly, ["sets"]), "sets").placebo.fires


CHEST = ("chest", "quads")


def test_another_muscles_dose_shows_what_is_unseen():
    days, weekly = planted(21, athletes=40, weeks=60, effect_pct=0.0, unseen=1.5)
    found = effect(body(days, weekly, ["sets", "control"]), "sets", control=CHEST)
    assert found.estimate.low > 0  # there is no effect: all of it is the unseen
    assert found.placebo.control.fires and found.placebo.fires
    alone = effect(body(days, weekly, ["sets"]), "sets")
    assert alone.placebo.control is None
    assert alone.estimate.value == pytest.approx(found.estimate.value, rel=1e-6)


@pytest.mark.parametrize("planted_pct", [0.0, 0.4])
def test_the_control_is_quiet_where_nothing_is_unseen(planted_pct):
    days, weekly = planted(22, athletes=40, weeks=60, effect_pct=planted_pct, unseen=0.0)
    found = effect(body(days, weekly, ["sets", "control"]), "sets", control=CHEST)
    away = found.placebo.control
    assert not found.placebo.fires
    assert away.estimate.low < 0 < away.estimate.high
    assert found.estimate.low < planted_pct < found.estimate.high


def test_beside_a_control_both_need_a_smaller_p_and_a_size():
    effect_ = Estimate(0.4, 0.03, 60)

    def judged(lead, away):
        return judge(Estimate(*lead, 60), effect_, control=Control(*CHEST, Estimate(*away, 60)))

    quiet, between = (0.0, 0.05), (0.11, 0.053)  # the latter: p = 0.04
    assert 0.03 < Estimate(*between, 60).p_value < 0.05
    assert judge(Estimate(*between, 60), effect_).fires
    assert not judged(between, between).fires
    assert judged((0.2, 0.05), quiet).lead_fires
    fired = judged(quiet, (0.2, 0.05))
    assert fired.fires and not fired.lead_fires and "chest" in fired.reason
    assert not judged(quiet, (0.05, 0.01)).fires  # sure, and small beside the effect
    assert judge(None, effect_, control=Control(*CHEST, Estimate(0.2, 0.05, 60))).fires


@pytest.mark.parametrize(
    ("days", "says"),
    [(lambda d, w: (d.of(np.arange(0)), w), "strength days enough"),
     (lambda d, w: (d, Weekly(w.logged, {"sets": np.full(w.logged.shape, 5.0)})), "changes")],
)  # fmt: skip
def test_too_little_says_what_is_missing(days, says):
    with pytest.raises(TooLittleError, match=says):
        effect(body(*days(*planted(1)), ["sets"]), "sets")


def test_a_dense_check_is_not_of_the_filter_itself():
    """Two athletes' dense matrices, block by block, are what the sum of two filters gives."""
    days, weekly = planted(15, athletes=2, weeks=12)
    columns = columns_of(weekly, ["sets"])
    whole = Sums(days, 2, columns).whitened(SHARED)
    grams = [dense(days.of(days.athlete == a), columns, SHARED)[0] for a in range(2)]
    assert block_diag(*whole.gram) == pytest.approx(block_diag(*grams), rel=1e-7, abs=1e-7)
