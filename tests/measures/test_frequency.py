import pandas as pd
from set_literals import logbook, sets

from analysis.measures.frequency import frequency


def days(result, group, week="2024-01-01"):
    table = result.table
    row = table[(table["muscle"] == group) & (table["week"] == pd.Timestamp(week))].iloc[0]
    return row["direct_days"], row["any_days"]


def test_days_count_once_however_many_sets_and_sessions():
    result = frequency(
        logbook(
            sets("2024-01-01 08:00", "squat", "100x5", "100x5"),
            sets("2024-01-01 18:00", "squat", "100x5"),
            sets("2024-01-04", "squat", "100x5"),
        )
    )
    assert days(result, "quads") == (2, 2)


def test_indirect_days_are_apart_from_direct_days():
    result = frequency(
        logbook(sets("2024-01-01", "squat", "100x5"), sets("2024-01-03", "rdl", "100x5"))
    )
    assert days(result, "glutes") == (1, 2)
    assert days(result, "lower_back") == (0, 0)


def test_a_warmup_is_no_training_day():
    result = frequency(
        logbook(
            sets("2024-01-01", "squat", "warmup 60x5"), sets("2024-01-02", "leg_curl", "40x10")
        )
    )
    assert days(result, "quads") == (0, 0)


def test_an_unlogged_week_is_unknown():
    result = frequency(
        logbook(sets("2024-01-01", "squat", "100x5"), sets("2024-01-15", "squat", "100x5"))
    )
    assert all(pd.isna(value) for value in days(result, "quads", "2024-01-08"))


def test_summary_and_figure():
    result = frequency(logbook(sets("2024-01-01", "squat", "100x5")))
    assert result.summary == (
        "Quads: trained directly about once a week, more often than any other muscle (n = 1 week)."
    )
    assert [bar["name"] for bar in result.figure_dict["data"]] == ["0 days", "1 day"]
    assert frequency(logbook()).summary.endswith("(n = 0).")
