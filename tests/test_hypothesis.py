"""The hypothesis runner's parts: verdict, people, register, influence, curve, power."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.models.dose import Estimate
from analysis.models.dose.effects import body, effect
from analysis.models.dose.placebo import judge
from analysis.models.dose.pooling import fit as pooled_fit
from analysis.models.hypothesis.plan import Plan, Split
from analysis.models.hypothesis.register import fingerprints, stamp
from analysis.models.hypothesis.results import _without_each
from analysis.models.hypothesis.robustness import Specification, joint_test, power, scores
from analysis.models.hypothesis.study import Fit, Study, choose_people, enough, part_of, verdict
from analysis.problems import UserError
from tests.planted_dose import joined, planted
from tests.test_cohort import logs_of

PLAN = Plan(question="?", muscle="quads", smallest_effect=0.1)
TODAY = date(2026, 3, 2)


def fitted(days, weekly):
    logs = logs_of(days, weekly)
    reduced = body(days, logs.weekly, ["sets"])
    return Fit(logs, reduced, effect(reduced, "sets"), None)


# --- verdict ---------------------------------------------------------------------------------

BIG = float("inf")
VERDICTS = [
    (0.30, 0.05, "supported"),
    (-0.30, 0.05, "against"),
    (0.00, 0.04, "practically zero"),
    (0.05, 0.02, "practically zero"),  # above 0, and yet too small to matter
    (0.05, 0.05, "cannot tell"),
    (0.10, 0.01, "supported"),
]


@pytest.mark.parametrize(("estimate", "error", "word"), VERDICTS)
def test_the_rule_of_the_verdict(estimate, error, word):
    found = Estimate(estimate, error, BIG)
    silent = judge(Estimate(0.0, 0.1, BIG), found, 0.1)
    assert verdict(found, silent, 0.1)[0] == word
    assert verdict(found, None, 0.1)[0] == word


def test_a_placebo_that_fires_leaves_a_within_effect_untold():
    found = Estimate(0.3, 0.05, BIG)
    fired = judge(Estimate(0.3, 0.1, BIG), found, 0.1)
    assert verdict(found, fired, 0.1)[0] == "cannot tell"
    assert verdict(found, fired, 0.1, "between")[0] == "supported"


def test_a_lead_that_is_small_beside_the_effect_does_not_veto_it():
    found = Estimate(0.5, 0.05, BIG)
    small = judge(Estimate(0.03, 0.01, BIG), found, 0.1)
    assert small.lead.p_value < 0.05
    assert verdict(found, small, 0.1)[0] == "supported"


@given(st.floats(-2, 2), st.floats(0.001, 1), st.floats(0.01, 1))
def test_the_verdict_turns_round_with_the_sign(estimate, error, smallest):
    other = {"supported": "against", "against": "supported"}
    word, _ = verdict(Estimate(estimate, error, 30.0), None, smallest)
    turned, _ = verdict(Estimate(-estimate, error, 30.0), None, smallest)
    assert turned == other.get(word, word)


# --- people ----------------------------------------------------------------------------------


def everyone(n):
    return [f"lifter {i}" * (1 + i % 3) for i in range(n)]


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 0.9), st.integers(0, 1000))
def test_the_split_parts_people_in_about_the_share_asked_for(share, seed):
    parts = [part_of(name, Split(share, "explore"), seed) for name in everyone(2000)]
    assert parts.count("explore") / 2000 == pytest.approx(share, abs=0.05)


def test_explore_and_confirm_are_everyone_once(tmp_path):
    book = _real(tmp_path, everyone(12))
    sides = [
        set(choose_people(book, replace(PLAN, split=Split(0.5, use))).logbook.athletes)
        for use in ("explore", "confirm")
    ]
    assert sides[0] | sides[1] == set(book.athletes)
    assert not sides[0] & sides[1]
    assert all(sides)


def test_named_people_are_left_out_and_counted(tmp_path):
    book = _real(tmp_path, ["Ann", "Bo", "Cy"])
    plan = replace(PLAN, exclusions=replace(PLAN.exclusions, athletes=("Bo", "nobody")))
    people = choose_people(book, plan)
    assert people.logbook.athletes == ["Ann", "Cy"]
    assert people.flow[-1] == ("not excluded", 2, 1, "named in the plan")


def test_athletes_with_too_few_days_or_weeks_leave():
    days, weekly = planted(1, athletes=4, weeks=20, missing=0.0)
    logs = logs_of(days.of((days.athlete != 2) | (days.week < 3)), weekly)
    assert set(enough(logs, 20, 0).days.athlete) == {0, 1, 3}
    assert set(enough(logs, 1, 21).days.athlete) == set()
    assert set(enough(logs, 1, 20).days.athlete) == {0, 1, 2, 3}


def _real(folder, names, *, start=date(2025, 1, 6), days=30):
    """A real logbook, read from small Strong files."""
    from analysis.ingest import read

    head = "Date;Workout Name;Exercise Name;Set Order;Weight;Weight Unit;Reps;RPE;Distance;"
    head += "Distance Unit;Seconds;Notes;Workout Notes;Workout Duration"
    for number, name in enumerate(names):
        lines = [
            f"{start + timedelta(days=d)} 18:00:00;A;Squat (Barbell);1;{100 + d + number};kg;5"
            ";;;;0;;;1h"
            for d in range(days)
        ]
        (folder / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n")
    return read(folder)


# --- register --------------------------------------------------------------------------------


def test_a_first_look_may_confirm_and_a_second_plan_may_not(tmp_path):
    book, register = _real(tmp_path, ["Ann", "Bo"]), tmp_path / "looks" / "register.json"
    stated = replace(PLAN, written_before_data=True)
    first = stamp(stated, "aaa", book, register, TODAY)
    assert first.word == "confirmatory"
    second = stamp(stated, "bbb", book, register, TODAY)
    assert second.word == "exploratory"
    assert "2 of 2 people were looked at before" in second.reason
    again = stamp(stated, "aaa", book, register, TODAY + timedelta(days=9))
    assert (again.word, again.first_look) == ("confirmatory", "2026-03-02")


def test_a_later_export_under_another_name_is_the_same_log(tmp_path):
    (tmp_path / "early").mkdir()
    (tmp_path / "late").mkdir()
    early = _real(tmp_path / "early", ["Ann"], days=25)
    late = _real(tmp_path / "late", ["Anna"], days=60)
    assert fingerprints(early) == fingerprints(late)
    register = tmp_path / "register.json"
    stamp(PLAN, "aaa", early, register, TODAY)
    stated = replace(PLAN, written_before_data=True)
    assert stamp(stated, "bbb", late, register, TODAY).word == "exploratory"


def test_exploring_one_part_leaves_the_other_to_confirm(tmp_path):
    book, register = _real(tmp_path, everyone(12)), tmp_path / "register.json"
    explore = replace(PLAN, split=Split(0.5, "explore"))
    confirm = replace(PLAN, split=Split(0.5, "confirm"))
    looked = stamp(explore, "aaa", choose_people(book, explore).logbook, register, TODAY)
    assert looked.word == "exploratory"
    held = stamp(confirm, "bbb", choose_people(book, confirm).logbook, register, TODAY)
    assert held.word == "confirmatory"


def test_without_a_claim_or_a_register_nothing_is_confirmatory(tmp_path):
    book = _real(tmp_path, ["Ann"])
    assert stamp(PLAN, "aaa", book, tmp_path / "r.json", TODAY).word == "exploratory"
    stated = replace(PLAN, written_before_data=True)
    assert stamp(stated, "aaa", book, None, TODAY).word == "exploratory"


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"looks": 3}'])
def test_a_broken_register_is_an_error_not_a_clean_slate(tmp_path, text):
    register = tmp_path / "register.json"
    register.write_text(text)
    with pytest.raises(UserError, match="not a register of looks"):
        stamp(PLAN, "aaa", _real(tmp_path, ["Ann"]), register, TODAY)


def test_the_register_holds_no_names(tmp_path):
    register = tmp_path / "register.json"
    stamp(PLAN, "aaa", _real(tmp_path, ["Ann Example"]), register, TODAY)
    assert "Ann" not in register.read_text()
    assert json.loads(register.read_text())["looks"][0]["plan_sha256"] == "aaa"


# --- influence -------------------------------------------------------------------------------


def outcome_of(fit):
    from types import SimpleNamespace

    return SimpleNamespace(fit=fit), SimpleNamespace(exposure="sets")


def test_leaving_one_athlete_out_is_a_fit_without_that_athlete():
    fit = fitted(*planted(5, athletes=6, weeks=60))
    names, without = _without_each(*outcome_of(fit))
    rest = fit.body.products.of(np.array([0, 1, 3, 4, 5]))
    beta = pooled_fit(rest, fit.effect.model.terms).contrast({"sets_5_8": 0.5, "sets_9_12": 0.5})
    assert names[2] == "a002"
    assert without[2] == pytest.approx(beta.value, abs=1e-8)
    assert min(without) < fit.effect.estimate.value < max(without)


def test_an_athlete_who_carries_the_effect_is_found():
    logs = [planted(50 + i, athletes=1, weeks=60, effect_pct=4.0 if i == 7 else 0.0)
            for i in range(10)]  # fmt: skip
    fit = fitted(*joined(logs))
    _, without = _without_each(*outcome_of(fit))
    assert np.abs(np.array(without) - fit.effect.estimate.value).argmax() == 7


# --- power -----------------------------------------------------------------------------------


def study_of(simulations):
    plan = replace(PLAN, power=replace(PLAN.power, simulations=simulations))
    return Study(plan, None)


@pytest.mark.parametrize("athletes", [1, 15])
def test_power_agrees_with_the_error_of_the_estimate(athletes):
    fit = fitted(*planted(6, athletes=athletes, weeks=80))
    made = power(study_of(60), fit)
    assert made.at(0.0) == pytest.approx(0.05, abs=0.08)
    found = fit.effect.estimate
    reach = stats.t.ppf(0.975, found.dof) + stats.t.ppf(0.8, found.dof)
    assert made.detectable(0.8) == pytest.approx(reach * found.std_error, rel=0.4)
    assert made.at(made.detectable(0.8)) == pytest.approx(0.8, abs=0.02)
    assert made.at(1e3) == 1.0
    assert power(study_of(60), fit).estimates == pytest.approx(made.estimates)


def test_no_simulations_give_no_power():
    fit = fitted(*planted(6, athletes=6))
    assert power(study_of(0), fit) is None
    assert power(study_of(5), fit) is None


# --- the joint test --------------------------------------------------------------------------


def test_scores_add_up_to_the_estimate():
    fit = fitted(*planted(1, athletes=8))
    assert scores(fit, "sets").sum() == pytest.approx(fit.effect.estimate.value, rel=1e-6)


def test_a_planted_effect_stands_out_from_drawn_signs():
    fit = fitted(*planted(1, athletes=20, weeks=60, effect_pct=0.6))
    each = Specification(scores(fit, "sets"))
    found = joint_test([each, each], 199, seed=2)
    assert found.p_median == found.p_median_t <= 0.02
    assert found.median == pytest.approx(fit.effect.estimate.value, rel=1e-6)


def test_drawn_signs_fire_about_as_often_as_they_should_where_nothing_is():
    rng = np.random.default_rng(0)
    fired = [
        joint_test([Specification(rng.standard_normal(12) * rng.uniform(0.5, 2, 12))], 199, seed)
        .p_median_t < 0.1
        for seed in range(200)
    ]  # fmt: skip
    assert 0.05 <= np.mean(fired) <= 0.16
