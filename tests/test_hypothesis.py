"""The hypothesis runner's parts: verdict, people, register, influence, curve, power."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.models.dose_response import Estimate, within_effect
from analysis.models.dose_response.model import whiten
from analysis.models.hypothesis.plan import Plan, Split
from analysis.models.hypothesis.register import fingerprints, stamp
from analysis.models.hypothesis.robustness import Specification, _doses, power, shuffled
from analysis.models.hypothesis.study import choose_people, enough, part_of, verdict
from analysis.problems import UserError
from tests.planted_panel import planted

ADJUST = ("training_years",)
PLAN = Plan(question="?", muscle="quads", smallest_effect=0.1)
TODAY = date(2026, 3, 2)


def fitted(table):
    found = within_effect(table, placebo=False)
    return found, whiten(found, table, "dose", ADJUST)


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
    found, silent = Estimate(estimate, error, BIG), Estimate(0.0, 0.1, BIG)
    assert verdict(found, silent, 0.1)[0] == word
    assert verdict(found, None, 0.1)[0] == word


def test_a_lead_placebo_that_fires_leaves_a_within_effect_untold():
    found, lead = Estimate(0.3, 0.05, BIG), Estimate(0.3, 0.1, BIG)
    assert verdict(found, lead, 0.1)[0] == "cannot tell"
    assert verdict(found, lead, 0.1, "between")[0] == "supported"


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


def test_athletes_with_too_few_blocks_leave_the_panel():
    table = planted(1, athletes=4, blocks=8).assign(logged_weeks=4)
    short = table[(table["athlete"] != 2) | (table["block"] < 3)]
    assert set(enough(short, 4, 0)["athlete"]) == {0, 1, 3}
    assert set(enough(short, 1, 13)["athlete"]) == {0, 1, 3}
    assert set(enough(short, 1, 12)["athlete"]) == {0, 1, 2, 3}


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


# --- the model's rows ------------------------------------------------------------------------


@pytest.mark.parametrize("athletes", [1, 3, 30])
def test_the_whitened_rows_give_the_models_estimate_back(athletes):
    table = planted(3, athletes=athletes, blocks=16, missing=0.1)
    found, white = fitted(table)
    parts = [white._normal_equations(rows) for rows in white.athletes()]
    xx, xy = (sum(part[i] for part in parts) for i in (0, 1))
    beta = np.linalg.lstsq(xx, xy, rcond=None)[0]
    assert beta[white.terms.index("dose")] == pytest.approx(found.estimate, abs=1e-5)


def test_leaving_one_athlete_out_is_a_fit_without_that_athlete():
    table = planted(5, athletes=3, blocks=20)
    found, white = fitted(table)
    weights = np.array([float(term == "dose") for term in white.terms])
    without = white.without_each(weights)
    rest = white.who != 1
    kept = white.x[rest].any(axis=0)
    beta = np.linalg.lstsq(white.x[rest][:, kept], white.y[rest], rcond=None)[0]
    assert without[1] == pytest.approx(beta[white.terms.index("dose") - 1], abs=1e-9)
    assert without.min() < found.estimate < without.max()


def test_an_athlete_who_carries_the_effect_is_found():
    table = planted(8, athletes=12, blocks=14, slope=0.0, drift=1.0, noise=0.5)
    own = table["athlete"] == 7
    dose = table.loc[own, "dose"]
    table.loc[own, "change_pct"] += 3 * (dose - dose.mean())
    found, white = fitted(table)
    weights = np.array([float(term == "dose") for term in white.terms])
    assert np.abs(white.without_each(weights) - found.estimate).argmax() == 7


def test_residuals_of_a_right_model_are_white():
    _, white = fitted(planted(2, athletes=80, blocks=16))
    # an athlete's own growth, taken out of 16 changes, leaves −1/16 between any two
    assert white.neighbour_correlation() == pytest.approx(-1 / 16, abs=0.06)
    assert np.std(white.residuals()) == pytest.approx(white.sigma, rel=0.1)


# --- power -----------------------------------------------------------------------------------


@pytest.mark.parametrize("athletes", [1, 20])
def test_an_added_effect_moves_the_estimate_and_nothing_else(athletes):
    table = planted(4, athletes=athletes, blocks=14)
    own = table.groupby("athlete")["dose"].transform("mean")
    more = table.assign(change_pct=table["change_pct"] + 0.7 * (table["dose"] - own))
    before, after = (within_effect(each, placebo=False) for each in (table, more))
    assert after.estimate - before.estimate == pytest.approx(0.7, abs=2e-4)
    assert after.std_error == pytest.approx(before.std_error, rel=2e-3)


@pytest.mark.parametrize(("athletes", "blocks"), [(1, 40), (15, 12)])
def test_power_agrees_with_the_error_of_the_estimate(athletes, blocks):
    found, white = fitted(planted(6, athletes=athletes, blocks=blocks, slope=0.3))
    made = power(white, "dose", 60, seed=1, level=0.95)
    assert made.at(0.0) == pytest.approx(0.05, abs=0.07)
    reach = stats.t.ppf(0.975, found.dof) + stats.t.ppf(0.8, found.dof)
    assert made.detectable(0.8) == pytest.approx(reach * found.std_error, rel=0.35)
    assert made.at(made.detectable(0.8)) == pytest.approx(0.8, abs=0.02)
    assert made.at(1e3) == 1.0
    again = power(white, "dose", 20, seed=1, level=0.95).estimates
    assert again == pytest.approx(made.estimates[:20])


def test_too_few_simulations_give_no_power():
    _, white = fitted(planted(6, athletes=2))
    assert power(white, "dose", 5, seed=1, level=0.95) is None


# --- shuffles --------------------------------------------------------------------------------


def specification(seed, **changes):
    found, white = fitted(planted(seed, **changes))
    return Specification(white, found.model.noise_share, "dose", 4)


def test_a_shuffle_keeps_each_athletes_doses():
    each = specification(1, athletes=6, blocks=9, missing=0.2)
    keys = np.random.default_rng(0).random((5, 6, 9))
    doses = _doses(each, keys, {i: i for i in range(6)}, 4)
    for rows in each.white.athletes():
        assert (np.sort(doses[rows], axis=0) == np.sort(doses[rows, :1], axis=0)).all()
    assert (doses[:, 1:] != doses[:, :1]).any(axis=0).all()


def test_a_planted_effect_stands_out_from_the_shuffles():
    found = shuffled([specification(1, slope=0.5), specification(1, slope=0.5)], 4, 99, seed=2)
    assert found.p_median == found.p_median_t == 0.01
    assert found.median == pytest.approx(0.5, abs=0.25)


def test_shuffles_of_no_effect_fire_about_as_often_as_they_should():
    fired = [
        shuffled([specification(seed, slope=0.0, athletes=10)], 4, 60, seed).p_median_t < 0.1
        for seed in range(30)
    ]
    assert sum(fired) <= 8  # 3 expected, 8 is beyond the 99 % point


def test_one_athlete_can_be_shuffled():
    found = shuffled([specification(3, athletes=1, blocks=40, slope=1.0)], 4, 99, seed=2)
    assert found.p_median <= 0.05
