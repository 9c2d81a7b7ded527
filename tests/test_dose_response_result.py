"""From files to the sentence: simulated lifters' exports, and a real log where one is at hand."""

from dataclasses import replace
from pathlib import Path

import plotly.graph_objects as go
import pytest

from analysis.ingest import read
from analysis.models.dose_response import Evidence, dose_response, within_effect
from analysis.models.panel import panel
from analysis.simulate import Scenario, export, simulate

SHARED = Path(__file__).parents[1].parent / "shared" / "exports"
REAL = SHARED / "hevy" / "DaKheera47__strong-statistics__data_sample_sample_hevy.csv"
PLANTED = 0.3


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Sixty lifters with +0.3 % per weekly set planted, as Strong, Hevy and FitNotes files."""
    folder = tmp_path_factory.mktemp("exports")
    scenario = Scenario(n_athletes=60, muscles=("quads", "hamstrings"), within_pct=PLANTED)
    export(simulate(scenario, seed=1), folder)
    logbook = read(folder)
    assert set(logbook.sets["app"].unique()) == {"strong", "hevy", "fitnotes"}
    return logbook


@pytest.fixture(scope="module")
def answer(cohort):
    return dose_response(cohort, muscle="quads")


def of_kind(result, kind):
    return result.table[result.table["kind"] == kind]


def test_the_planted_effect_comes_back_through_files_and_parser(answer):
    (found,) = of_kind(answer, "within").itertuples()
    assert found.conf_low < PLANTED < found.conf_high
    assert found.conf_low > 0
    assert found.n_athletes == 59
    assert f"n = {found.n_blocks:,} blocks of 59 athletes" in answer.summary
    assert "1 athlete with no usable block at all." in answer.notes  # dropped out at once


def test_the_weekly_maximum_would_have_missed_it(cohort):
    naive = within_effect(panel(cohort, muscle="quads", outcome_from="weekly_maximum"))
    assert naive.conf_high < PLANTED
    assert naive.lead_fires


def test_the_table_holds_everything_that_should_stand_beside_the_effect(answer):
    assert set(answer.table["kind"]) == {
        "within", "lead placebo", "between", "published", "prior", "together", "form", "joint",
        "lag", "sensitivity", "athlete",
    }  # fmt: skip
    assert len(of_kind(answer, "athlete")) == 59
    assert of_kind(answer, "form")["aic_difference"].min() == 0
    assert (answer.table["conf_low"] <= answer.table["conf_high"]).all()
    assert answer.settings["block_weeks"] == 4
    assert answer.settings["rule"] == "fractional"


def test_the_figure_is_drawn_and_says_what_is_published(answer):
    names = [trace.name for trace in go.Figure(answer.figure_dict).data]
    assert "published (Pelland et al. 2025)" in names
    assert "lead placebo (should be 0)" in names


def test_a_narrower_prior_takes_more_of_the_answer(cohort):
    one = cohort.athlete(cohort.athletes[0])
    wide, narrow = (
        of_kind(dose_response(one, muscle="quads", prior=Evidence(transfer=t)), "together")
        for t in (5.0, 0.1)
    )
    published = of_kind(dose_response(one, muscle="quads"), "published")["estimate"].iloc[0]
    assert abs(narrow["estimate"].iloc[0] - published) < abs(wide["estimate"].iloc[0] - published)


def test_one_athlete_alone_is_told_what_comes_from_the_log(cohort):
    one = cohort.athlete(cohort.athletes[0])
    result = dose_response(one, muscle="quads")
    assert "of 1 athlete): this log alone cannot" in result.summary
    assert "% of it from the log" in result.summary or "FIRES" in result.notes[0]
    without = dose_response(one, muscle="quads", prior=None)
    assert not {"prior", "published", "together"} & set(without.table["kind"])


def test_a_short_log_gets_a_sentence_and_the_published_slope_alone(cohort):
    name = cohort.athletes[0]
    sets = cohort.athlete(name).sets
    early = sets.filter(sets["started_at"] < sets["started_at"].min().replace(month=4))
    result = dose_response(replace(cohort.athlete(name), sets=early), muscle="quads")
    assert result.summary.startswith("Too little to say what one more weekly set bought quads")
    assert set(result.table["kind"]) == {"published", "prior"}
    assert result.figure_dict is not None


def test_a_between_question_is_answered_with_its_caution(cohort):
    result = dose_response(cohort, muscle="quads", effect="between", sensitivity=(), forms=())
    assert "this is no advice to any one of them" in result.summary


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"muscle": "quad"}, "expected one of"),
        ({"forms": ("cubic",)}, "form is cubic"),
        ({"prior": "mine"}, "expected 'published'"),
        ({"effect": "total"}, "expected within or between"),
    ],
)
def test_wrong_questions_are_refused(cohort, wrong, said):
    with pytest.raises(ValueError, match=said):
        dose_response(cohort, **{"muscle": "quads", **wrong})


@pytest.mark.shared
@pytest.mark.skipif(not REAL.exists(), reason="the reference logs are not beside the project")
def test_a_real_log_of_fifteen_months_cannot_tell():
    result = dose_response(read(REAL), muscle="quads")
    (found,) = of_kind(result, "within").itertuples()
    assert found.conf_low < 0 < found.conf_high
    assert found.std_error > 0.2
    assert "this log alone cannot tell" in result.summary
