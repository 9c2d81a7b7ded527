"""From exports to the sentence: what is planted comes back, and what cannot be told is said."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import polars as pl
import pytest

from analysis.estimate import Estimate
from analysis.ingest import read
from analysis.models.dose import DoseOptions, dose_response, muscle_logs
from analysis.models.dose.control import muscle_of
from analysis.models.dose.effects import body, effect
from analysis.models.dose.placebo import NO_CONTROL, Control, clause, judge
from analysis.models.dose.result import (
    BAND_WORDS,
    verdict,
)
from analysis.models.published import PELLAND_STRENGTH
from analysis.simulate import Scenario, export, simulate

PLANTED = 0.4
REAL = Path(__file__).parents[2] / "shared" / "exports" / "strong"


@pytest.fixture(scope="module")
def logbook(tmp_path_factory):
    """Forty lifters with an effect planted, as Strong, Hevy and FitNotes files."""
    folder = tmp_path_factory.mktemp("exports")
    scenario = Scenario(n_athletes=40, muscles=("quads",), within_pct=PLANTED)
    export(simulate(scenario, seed=1), folder)
    return read(folder)


@pytest.fixture(scope="module")
def answer(logbook):
    return dose_response(logbook, muscle="quads")


def of_kind(result, kind):
    return result.table[result.table["kind"] == kind]


def test_the_planted_effect_comes_back_through_files_and_parser(answer):
    (found,) = of_kind(answer, "effect").itertuples()
    assert 0 < found.low < PLANTED < found.high
    assert found.n_athletes == 40
    assert f"n = 40 athletes, {found.n_days:,} strength days" in answer.summary
    assert "strength 5 to 12 weeks later was +" in answer.summary


def test_the_table_holds_everything_that_should_stand_beside_the_effect(answer):
    assert set(answer.table["kind"]) >= {
        "effect", "event study", "eventual gain", "joint", "shape", "between", "repeatability",
        "sensitivity", "published", "together",
    }  # fmt: skip
    assert list(of_kind(answer, "event study")["term"]) == list(BAND_WORDS.values())
    assert of_kind(answer, "shape")["weight"].sum() == pytest.approx(1.0, abs=1e-5)
    assert set(of_kind(answer, "sensitivity")["term"]) >= {"unlogged rest", "rule direct"}
    assert (answer.table["low"] <= answer.table["high"]).all()
    assert set(of_kind(answer, "joint")["term"]) == {"sets", "frequency", "light share"}


def test_the_event_study_is_drawn_with_what_cannot_be_a_cause_apart(answer):
    traces = {trace.name: trace for trace in go.Figure(answer.figure_dict).data}
    assert list(traces["sets that came before"].x) == list(BAND_WORDS.values())[1:]
    assert list(traces["placebo: sets that came later (should be 0)"].x) == [BAND_WORDS["ahead"]]
    assert "Pelland et al. 2025" in traces


def test_published_evidence_stands_at_the_logs_own_dose_and_apart(answer, logbook):
    logs = muscle_logs(logbook, "quads")
    usual = logs.weekly.mean("sets")
    (row,) = of_kind(answer, "published").itertuples()
    tangent = 0.21 * (9.14 / (1 + usual[usual > 0].mean())) ** 2
    assert row.estimate == pytest.approx(tangent * 4 / 10.4, rel=1e-3)
    assert "together" not in answer.summary
    without = dose_response(logbook, muscle="quads", transfer=None, more=False, sensitivity=())
    assert not {"published", "together"} & set(without.table["kind"])


def test_one_log_is_not_weighed_where_it_adds_less_than_a_tenth(logbook):
    one = logbook.athlete(logbook.athletes[0])
    result = dose_response(one, muscle="quads", more=False, sensitivity=())
    assert "published" in set(result.table["kind"])
    assert "together" not in set(result.table["kind"])
    assert "n = 1 athlete," in result.summary
    assert "by this log alone it cannot be told from no effect" in result.summary


def test_the_published_curve_falls_with_the_dose():
    at = [PELLAND_STRENGTH.per_weeks(10.4, at_sets=sets)[0] for sets in (8.14, 12.8)]
    assert at == pytest.approx([0.21, 0.092], abs=5e-4)


def test_a_short_log_gets_a_sentence_and_the_published_slope_alone(logbook):
    one = logbook.athlete(logbook.athletes[0])
    start = one.sets["started_at"].min()
    early = one.sets.filter(pl.col("started_at") < start.replace(month=start.month % 12 + 1))
    result = dose_response(replace(one, sets=early), muscle="quads")
    assert result.summary.startswith("Too little to say what one more weekly set bought quads")
    assert set(result.table["kind"]) == {"published"}
    assert len(result.figure_dict["data"][0]["x"]) == len(result.table)


def test_a_between_question_is_answered_with_its_caution(logbook):
    result = dose_response(logbook, muscle="quads", effect="between", sensitivity=())
    assert "this is no advice to any one of them" in result.summary


@pytest.mark.parametrize("exposure", ["frequency", "light_share", "hard_sets"])
def test_other_exposures_are_answered_in_their_own_unit(logbook, exposure):
    result = dose_response(
        logbook, muscle="quads", exposure=exposure, more=False, sensitivity=(), transfer=None
    )
    (row,) = of_kind(result, "effect").itertuples()
    assert row.unit.endswith("held for four weeks")
    assert np.isfinite(row.estimate) == (row.std_error > 0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"muscle": "quad"}, "expected one of"),
        ({"exposure": "intensity_pct"}, "exposure is 'intensity_pct'"),
        ({"effect": "total"}, "expected within or between"),
        ({"unlogged": "zero"}, "expected unknown or rest"),
        ({"outcome_from": "best"}, "expected one of top_sets"),
        ({"smallest_effect": -1.0}, "expected 0 or more"),
    ],
)
def test_wrong_questions_are_refused(logbook, wrong, said):
    with pytest.raises(ValueError, match=said):
        dose_response(logbook, **{"muscle": "quads", **wrong})


def test_a_jump_of_a_lift_gets_an_intercept_and_is_counted(logbook):
    one = logbook.athlete(logbook.athletes[1])
    half = one.sets["started_at"].median()
    doubled = one.sets.with_columns(
        pl.when(pl.col("started_at") > half)
        .then(2 * pl.col("load_kg"))
        .otherwise("load_kg")
        .alias("load_kg")
    )
    jumped = replace(one, sets=doubled)
    with_, without = (
        muscle_logs(jumped, "quads", DoseOptions(shifts=found)) for found in (True, False)
    )
    assert with_.steps > 0
    assert without.steps == 0
    assert {note.kind: note.count for note in with_.notes()}["steps"] == with_.steps
    error = [effect(body(each.days, each.weekly, ["sets"]), "sets").estimate.std_error
             for each in (with_, without)]  # fmt: skip
    assert error[0] < error[1]


def test_weekly_doses_are_those_of_the_sets(logbook):
    name = logbook.athletes[2]
    logs = muscle_logs(logbook, "quads", DoseOptions(rule="total"))
    table = logs.weekly_table()
    own = table[table["athlete"] == name]
    assert own.loc[~own["logged"], "sets"].isna().all()
    assert (own.loc[own["logged"], "frequency"] <= 7).all()
    assert own.loc[own["logged"], "light_share"].dropna().between(0, 1).all()
    days = logbook.sets.filter(pl.col("athlete") == name)["started_at"].dt.truncate("1w")
    assert int(own["logged"].sum()) == days.n_unique()


def test_what_the_placebo_says_follows_its_verdict():
    one = Estimate(0.4, 0.03, 60)
    fired = judge(Estimate(0.1, 0.01, 60), one)
    assert "Do not read the effect as what work buys" in fired.sentence()
    assert "too blunt" in judge(Estimate(0.0, 0.2, 60), one).sentence()
    assert "below half" in judge(Estimate(0.0, 0.01, 60), one).sentence()
    assert "too few weeks" in judge(None, one).sentence()
    assert clause("untold", np.inf) == "no placebo could be tried"


@pytest.mark.parametrize(
    ("estimate", "lead", "by_effort", "said"),
    [
        (Estimate(0.4, 0.1, 50), None, 0.0, "strength was higher after more work"),
        (Estimate(-0.4, 0.1, 50), None, 0.0, "strength was lower after more work"),
        (Estimate(0.1, 0.1, 50), None, 0.0, "cannot be told from no effect"),
        (Estimate(0.4, 0.1, 50), Estimate(0.2, 0.02, 50), 0.0, "work that came later"),
        (Estimate(0.4, 0.1, 50), None, 5.0, "effort that is not logged"),
    ],
)
def test_the_verdict_follows_interval_and_placebo(estimate, lead, by_effort, said):
    found = SimpleNamespace(n_athletes=40, estimate=estimate, placebo=judge(lead, estimate))
    assert said in verdict(found, by_effort)


def test_what_the_control_says_follows_its_verdict():
    one = Estimate(0.4, 0.03, 60)
    fired = judge(None, one, control=Control("chest", "quads", Estimate(0.2, 0.01, 60)))
    assert "Control FIRES: sets of chest" in fired.sentences()[1]
    found = SimpleNamespace(n_athletes=40, estimate=one, placebo=fired)
    assert "sets of chest, which do not train it" in verdict(found)
    silent = judge(None, one, control=Control("chest", "quads", Estimate(0.0, 0.1, 60)))
    assert "Control silent" in silent.sentences()[1]
    assert judge(None, one).sentences()[1] == NO_CONTROL


def two_muscles(folder, **more):
    scenario = Scenario(
        n_athletes=40, weeks=60, within_pct=0.0, muscles=("quads", "chest"), **more
    )
    export(simulate(scenario, seed=3), folder)
    return read(folder)


def test_the_control_is_the_most_trained_muscle_without_a_shared_exercise(tmp_path, logbook):
    book = two_muscles(tmp_path)
    assert muscle_of(book, ["quads"]) == "chest"
    roles = book.catalogue.muscle_roles.filter(pl.col("role").is_in(["direct", "indirect"]))
    logged = roles.filter(pl.col("exercise_id").is_in(book.sets["exercise_id"].unique().implode()))
    own = logged.filter(pl.col("muscle") == "quads")["exercise_id"]
    theirs = logged.filter(pl.col("muscle") == "chest")["exercise_id"]
    assert not set(own) & set(theirs)
    result = dose_response(book, muscle="quads", more=False, sensitivity=())
    (row,) = of_kind(result, "control").itertuples()
    assert row.term == "sets of chest (should be 0)"
    assert row.low < 0 < row.high
    # these lifters train quads alone: nothing could be a control
    assert muscle_of(logbook, ["quads"]) == ""
    alone = dose_response(logbook, muscle="quads", more=False, sensitivity=())
    assert NO_CONTROL in alone.notes and of_kind(alone, "control").empty


@pytest.mark.shared
@pytest.mark.skipif(not REAL.exists(), reason="the reference logs are not beside the project")
def test_real_logs_give_an_effect_with_its_placebo():
    result = dose_response(read(REAL), muscle="chest", more=False, sensitivity=())
    (row,) = of_kind(result, "effect").itertuples()
    assert row.n_athletes >= 10
    assert row.low < row.estimate < row.high
    assert "lacebo" in result.notes[0]
