import pytest
from set_literals import logbook, sets

from analysis.measures.day_strength import E1rmRule, e1rm


def one(*runs, **settings):
    (row,) = e1rm(logbook(*runs), **settings).table.to_dict("records")
    return row


def test_epley_of_the_first_top_set():
    row = one(sets("2024-01-01", "squat", "90x5", "100x5", "100x8"))
    assert row["top_load_kg"] == 100
    assert row["top_reps"] == 5
    assert row["e1rm_kg"] == pytest.approx(100 * (1 + 5 / 30))
    assert row["best_e1rm_kg"] == pytest.approx(100 * (1 + 8 / 30))
    assert row["sets"] == 3


def test_repetitions_in_reserve_are_added_where_logged():
    assert one(sets("2024-01-01", "squat", "100x3@2"))["e1rm_kg"] == pytest.approx(350 / 3)


def test_a_set_marked_as_failure_has_known_effort():
    assert one(sets("2024-01-01", "squat", "failure 100x3"))["top_rir"] == 0


def test_the_cap_counts_reps_in_reserve():
    result = e1rm(logbook(sets("2024-01-01", "squat", "100x13@3")))
    assert result.table["e1rm_kg"].isna().all()
    assert any("1 of 1 top set give no e1RM: more than 15 rep" in str(n) for n in result.notes)
    assert one(sets("2024-01-01", "squat", "100x13@3"), estimate=E1rmRule(rep_cap=16))[
        "e1rm_kg"
    ] == pytest.approx(100 * (1 + 16 / 30))


def test_an_effort_logged_now_and_then_is_no_jump():
    days = [sets(f"2024-01-{day:02}", "squat", "100x5") for day in range(1, 10)]
    table = e1rm(logbook(*days, sets("2024-01-20", "squat", "100x5@3"))).table
    assert table["e1rm_kg"].nunique() == 1


def test_a_set_without_effort_takes_the_lifts_median():
    days = [sets(f"2024-01-{day:02}", "squat", "100x5@2") for day in range(1, 10)]
    table = e1rm(logbook(*days, sets("2024-01-20", "squat", "100x5"))).table
    assert table["e1rm_kg"].iloc[-1] == pytest.approx(100 * (1 + 7 / 30))


def test_the_spread_is_over_all_formulas_and_holds_the_chosen_one():
    row = one(sets("2024-01-01", "squat", "100x8"))
    # Least is O'Conner or lower, most is Marzagao or Baechle: 8 reps of 100 kg.
    assert row["e1rm_low_kg"] <= 100 * (1 + 0.025 * 8)
    assert row["e1rm_high_kg"] >= 100 * (1 + 0.033 * 8)
    assert row["e1rm_low_kg"] <= row["e1rm_kg"] <= row["e1rm_high_kg"]


def test_an_unknown_formula_is_an_error():
    with pytest.raises(ValueError, match="expected one of epley"):
        e1rm(logbook(sets("2024-01-01", "squat", "100x5")), estimate=E1rmRule(formula="magic"))


def test_records_are_above_every_earlier_day():
    book = logbook(
        sets("2024-01-01", "squat", "100x5"),
        sets("2024-01-08", "squat", "100x6"),
        sets("2024-01-15", "squat", "90x5"),
        sets("2024-01-22", "squat", "105x4"),
        sets("2024-01-29", "squat", "105x4"),
    )
    table = e1rm(book).table
    assert table["is_e1rm_record"].tolist() == [False, True, False, False, False]
    assert table["is_load_record"].tolist() == [False, False, False, True, False]


def test_a_day_without_an_e1rm_does_not_reset_the_record():
    book = logbook(
        sets("2024-01-01", "squat", "100x5"),
        sets("2024-01-08", "squat", "60x30"),
        sets("2024-01-15", "squat", "90x5"),
    )
    assert not e1rm(book).table["is_e1rm_record"].any()


def test_only_external_loads_are_ranked():
    book = logbook(
        sets("2024-01-01", "assisted_pull_up", "200x5"),
        sets("2024-01-01", "split_squat", "150x5", number=2),
        sets("2024-01-01", "plank", "60s", number=3),
        sets("2024-01-01", "pull_up", "90x5", number=4),
        sets("2024-01-01", "sled", "500x5", number=5),
        sets("2024-01-01", "squat", "100x5", number=6),
    )
    result = e1rm(book)
    ranked = result.table.set_index("lift")["rank_as_external"].to_dict()
    assert ranked == {"Split Squat": False, "Squat": True}
    assert result.summary.startswith("Highest estimated 1RM of an external load: Squat, 116.7 kg")
    assert any("added (1), assistance (1), none (1), unknown (1)" in str(n) for n in result.notes)


def test_body_mass_gives_bodyweight_lifts_a_strength_but_no_rank():
    row = one(sets("2024-01-01", "pull_up", "10x5"), estimate=E1rmRule(body_mass_kg=80.0))
    assert row["e1rm_kg"] == pytest.approx(90 * (1 + 5 / 30))
    assert not row["rank_as_external"]


def test_nothing_to_rank_is_said():
    result = e1rm(logbook(sets("2024-01-01", "plank", "60s")))
    assert result.summary.startswith("No exercise with an external load")
    assert result.figure_dict is None


def test_best_set_note_says_how_far_it_is_above():
    result = e1rm(logbook(sets("2024-01-01", "squat", "100x5", "100x8")))
    assert any("8.6 % higher on average over 1 day" in str(note) for note in result.notes)


def test_figure_follows_the_unit_switch_and_the_date_range():
    figure = e1rm(logbook(sets("2024-01-01", "squat", "100x5"))).figure_dict
    assert figure["layout"]["meta"] == {"time_axis": "x", "load_axis": "y"}
    assert figure["data"][0]["x"] == ["2024-01-01"]
