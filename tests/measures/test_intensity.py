import pandas as pd
import pytest
from set_literals import logbook, sets

from analysis.measures.intensity import intensity


def week(result, start, group="quads"):
    table = result.table
    return table[(table["muscle"] == group) & (table["week"] == pd.Timestamp(start))].iloc[0]


def test_the_reference_is_past_and_never_the_set_itself():
    result = intensity(
        logbook(sets("2024-01-01", "squat", "100x1"), sets("2024-01-08", "squat", "120x1"))
    )
    first, second = week(result, "2024-01-01"), week(result, "2024-01-08")
    assert pd.isna(first["pct_e1rm"])
    assert first["pct_sets"] == 0
    assert second["pct_e1rm"] == pytest.approx(120)


def test_a_second_workout_of_the_day_is_not_the_past():
    book = logbook(
        sets("2024-01-01 08:00", "squat", "100x1"), sets("2024-01-01 18:00", "squat", "100x1")
    )
    assert week(intensity(book), "2024-01-01")["pct_sets"] == 0


def test_reference_is_the_median_or_the_best_of_the_past_weeks():
    book = logbook(
        sets("2024-01-01", "squat", "80x1"),
        sets("2024-01-02", "squat", "100x1"),
        sets("2024-01-03", "squat", "160x1"),
        sets("2024-01-08", "squat", "80x1"),
    )
    assert week(intensity(book), "2024-01-08")["pct_e1rm"] == pytest.approx(80)
    best = intensity(book, reference="best")
    assert week(best, "2024-01-08")["pct_e1rm"] == pytest.approx(50)


def test_the_past_ends_after_the_weeks_asked_for():
    book = logbook(sets("2024-01-01", "squat", "100x1"), sets("2024-03-04", "squat", "100x1"))
    assert week(intensity(book), "2024-03-04")["pct_sets"] == 1
    short = intensity(book, past_weeks=8)
    assert week(short, "2024-03-04")["pct_sets"] == 0
    assert any("2 sets with a load have no earlier e1RM" in str(note) for note in short.notes)


def test_reps_fall_into_zones():
    row = ("100x1", "100x5", "100x6", "100x12", "100x13", "100x20", "100x21", "30s")
    found = week(intensity(logbook(sets("2024-01-01", "squat", *row))), "2024-01-01")
    zones = ["reps_1_5", "reps_6_12", "reps_13_20", "reps_21_up", "no_reps"]
    assert found[zones].tolist() == [2, 2, 2, 1, 1]
    assert found["direct_sets"] == 8


def test_zones_are_a_parameter_and_must_ascend():
    book = logbook(sets("2024-01-01", "squat", "100x3", "100x9"))
    assert week(intensity(book, zones=(1, 4)), "2024-01-01")["reps_4_up"] == 1
    with pytest.raises(ValueError, match="ascending"):
        intensity(book, zones=(4, 1))
    with pytest.raises(ValueError, match="median or best"):
        intensity(book, reference="mode")


def test_rir_is_only_where_logged():
    found = week(
        intensity(logbook(sets("2024-01-01", "squat", "100x5@2", "100x5", "failure 100x5"))),
        "2024-01-01",
    )
    assert found["rir"] == 1
    assert found["rir_sets"] == 2


def test_only_direct_sets_of_a_group_are_described():
    table = intensity(logbook(sets("2024-01-01", "squat", "100x5"))).table
    assert table["muscle"].tolist() == ["quads"]


def test_summary_figure_and_an_empty_log():
    book = logbook(sets("2024-01-01", "squat", "100x1"), sets("2024-01-08", "squat", "80x5"))
    result = intensity(book)
    assert result.summary == (
        "Typical set: 80 % of the median e1RM of the past 12 weeks (middle half 80 to 80 %, "
        "n = 1 set); RIR never logged (n = 0 sets)."
    )
    assert [bar["name"] for bar in result.figure_dict["data"]][:2] == ["1–5 reps", "6–12 reps"]
    assert intensity(logbook()).summary.endswith("(n = 0).")
