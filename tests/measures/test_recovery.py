from datetime import date, timedelta

import pandas as pd
from set_literals import logbook, sets

from analysis.measures.recent import ALL, loading
from analysis.measures.recovery import recovery


def weekly(*counts, lift="squat", start=date(2024, 1, 1)):
    return [
        row
        for week, n in enumerate(counts)
        if n
        for row in sets(f"{start + timedelta(days=7 * week)}", lift, *["100x5"] * n)
    ]


def rows(result, group):
    return result.table[result.table["muscle"] == group].reset_index(drop=True)


def test_the_mean_is_of_the_four_weeks_before_and_leaves_the_week_out():
    table = rows(loading(logbook(weekly(8, 10, 12, 10, 5, 9))), "quads")
    assert table["mean_before"].tolist()[3:] == [10, 10, 9.25]
    assert table["mean_before"].isna().tolist()[:3] == [True] * 3
    assert table["pct_of_mean"][4] == 50


def test_a_deload_is_at_or_below_the_share():
    table = rows(loading(logbook(weekly(10, 10, 10, 6, 10, 7, 10))), ALL)
    assert table["is_deload"].tolist()[3:6] == [True, False, False]
    looser = rows(loading(logbook(weekly(10, 10, 10, 6, 10, 7, 10)), deload_pct=80), ALL)
    assert looser["is_deload"].tolist()[3:6] == [True, False, True]


def test_the_last_week_may_not_be_over():
    table = rows(loading(logbook(weekly(10, 10, 10, 10, 1))), ALL)
    assert pd.isna(table["is_deload"][4])
    assert table["pct_of_mean"][4] == 10


def test_an_unlogged_week_is_neither_a_deload_nor_in_the_mean():
    table = rows(loading(logbook(weekly(10, 10, 10, 0, 8, 10))), ALL)
    assert pd.isna(table["sets"][3])
    assert pd.isna(table["is_deload"][3])
    assert table["mean_before"][4] == 10


def test_loading_is_a_description():
    result = loading(logbook(weekly(10, 10, 10, 6, 10)))
    assert "predicts no injury" in result.notes[0]
    assert result.summary.startswith(
        "1 deload week (at most 60 % of the 4 weeks before) of 1 week"
    )
    assert [line["name"] for line in result.figure_dict["data"]] == [
        "this week",
        "mean of 4 weeks before",
    ]
    assert loading(logbook()).summary.endswith("(n = 0).")


def test_gaps_are_between_direct_sessions():
    book = logbook(
        sets("2024-01-01", "squat", "100x5"),
        sets("2024-01-04", "squat", "100x5"),
        sets("2024-01-10", "rdl", "100x5"),
        sets("2024-01-18", "squat", "100x5"),
        sets("2024-01-20", "rdl", "100x5"),
    )
    quads = rows(recovery(book), "quads").iloc[0]
    assert quads["sessions"] == 3
    assert quads["median_gap_days"] == 8.5
    assert quads["longest_gap_days"] == 14
    assert quads["longest_gap_from"] == pd.Timestamp("2024-01-04")
    assert quads["days_since_last"] == 2
    assert rows(recovery(book), ALL).iloc[0]["longest_gap_days"] == 8


def test_a_neglected_group_has_no_sessions_and_no_gap():
    calves = rows(recovery(logbook(weekly(3, 3))), "calves").iloc[0]
    assert calves["sessions"] == 0
    assert pd.isna(calves["longest_gap_days"])


def test_deload_weeks_are_counted_of_those_compared():
    quads = rows(recovery(logbook(weekly(10, 10, 10, 6, 10, 10))), "quads").iloc[0]
    assert (quads["deload_weeks"], quads["compared_weeks"]) == (1, 2)


def test_summary_names_the_longest_gap():
    result = recovery(logbook(weekly(3, 3)))
    assert result.summary == (
        "Longest gap: quads, 7 days from 2024-01-01 (n = 2 sessions); sessions of any kind are "
        "7.0 days apart (median)."
    )
    assert result.figure_dict["data"]
    assert recovery(logbook()).summary.endswith("(n = 0).")
