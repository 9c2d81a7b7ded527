"""All muscles in one sentence: probable changes with their probability, else the best known."""

import pandas as pd
import pytest

from analysis.models.latent import strength_overview
from analysis.models.latent.muscle import status_in_words
from analysis.result import Result

COLUMNS = ("change_pct", "change_low_pct", "change_high_pct", "p_gain", "p_plateau", "p_loss",
           "status")  # fmt: skip


def overview(**muscles):
    strengths = {
        name: Result(
            name, name, pd.DataFrame([dict(zip(COLUMNS, row, strict=True))]), "", settings=DAYS
        )
        for name, row in muscles.items()
    }
    return strength_overview(strengths)


DAYS = {"window_days": 56}
GAIN = (6.4, -0.2, 13.5, 0.90, 0.08, 0.02, "gaining")
SURE = (5.0, 3.0, 7.0, 0.99, 0.01, 0.0, "breakthrough")
LOSS = (-9.0, -15.0, -3.0, 0.0, 0.03, 0.97, "losing")
FLAT = (0.1, -1.0, 1.2, 0.05, 0.92, 0.03, "plateau")
LOST = (94.9, -91.8, 4552.0, 0.5, 0.02, 0.48, "cannot tell")


def test_a_probable_gain_is_said_with_its_probability_surest_first():
    said = overview(lats=GAIN, quads=SURE).summary
    assert "probably gaining: quads +5.0 % (95 % interval +3.0 to +7.0 %), probability 99%" in said
    assert said.index("quads") < said.index("lats +6.4 %")
    assert "clearly" not in said


def test_a_loss_is_said_with_the_probability_of_loss():
    assert "probably losing: lats -9.0 %" in overview(lats=LOSS).summary
    assert "probability 97%" in overview(lats=LOSS).summary


def test_where_nothing_is_probable_the_best_known_muscle_is_named_not_the_largest_number():
    said = overview(calves=LOST, chest=FLAT).summary
    assert "no muscle has probably gained or lost; the surest number is chest +0.1 %" in said
    assert "4552" not in said
    assert "1 of 2 muscles on a plateau" in said
    assert "for 1 of 2 the log cannot tell" in said


@pytest.mark.parametrize(("muscles", "cut"), [({"a": FLAT, "b": GAIN, "c": LOST}, True),
                                              ({"a": FLAT, "b": SURE}, False)])  # fmt: skip
def test_one_unknown_muscle_does_not_flatten_the_chart(muscles, cut):
    layout = overview(**muscles).figure_dict["layout"]
    assert ("range" in layout["xaxis"]) is cut


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (GAIN, "probably gaining, 90%"),
        (SURE, "probably gaining, 99%"),
        (LOSS, "probably losing, 97%"),
        (FLAT, "probably a plateau, 92%"),
        (LOST, "cannot tell"),
    ],
)
def test_a_word_comes_with_its_probability(row, said):
    assert status_in_words(dict(zip(COLUMNS, row, strict=True))) == said
