import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from set_literals import GROUPS, LIFTS, logbook, sets

from analysis.measures import counting
from analysis.measures.load import effective_load
from analysis.measures.volume import sensitivity, volume
from analysis.measures.working import WorkingRule, work


def cell(result, group, column, week="2024-01-01"):
    table = result.table
    rows = table[(table["muscle"] == group) & (table["week"] == pd.Timestamp(week))]
    assert len(rows) == 1
    return rows[column].item()


def test_ten_sets_of_squats_are_ten_quad_sets_and_no_calf_sets():
    result = volume(logbook(sets("2024-01-03", "squat", *["100x5"] * 10)))
    assert cell(result, "quads", "direct_sets") == 10
    assert cell(result, "glutes", "direct_sets") == 0
    assert cell(result, "glutes", "fractional_sets") == 5
    assert cell(result, "glutes", "total_sets") == 10
    assert cell(result, "calves", "total_sets") == 0
    assert cell(result, "lower_back", "total_sets") == 0


def test_a_week_without_a_log_is_unknown_and_one_without_the_muscle_is_zero():
    book = logbook(
        sets("2024-01-01", "squat", "100x5"),
        sets("2024-01-15", "leg_curl", "40x10"),
    )
    result = volume(book)
    assert cell(result, "quads", "direct_sets", "2024-01-01") == 1
    assert pd.isna(cell(result, "quads", "direct_sets", "2024-01-08"))
    assert cell(result, "quads", "direct_sets", "2024-01-15") == 0
    assert len(result.table) == 3 * len(GROUPS)
    assert any("1 week of 3" in str(note) for note in result.notes)


def test_each_athlete_has_a_calendar_of_their_own():
    book = logbook(
        sets("2024-01-01", "squat", "100x5"),
        sets("2024-03-04", "squat", "100x5", athlete="bo"),
    )
    assert volume(book).table.groupby("athlete")["week"].nunique().to_dict() == {"ann": 1, "bo": 1}


@pytest.mark.parametrize(("starts", "first"), [("monday", "2024-01-01"), ("sunday", "2024-01-07")])
def test_weeks_start_on_the_day_asked_for(starts, first):
    result = volume(logbook(sets("2024-01-07 18:00", "squat", "100x5")), week_starts=starts)
    assert set(result.table["week"]) == {pd.Timestamp(first)}


def test_an_unknown_weekday_is_an_error():
    with pytest.raises(ValueError, match="expected one of monday"):
        volume(logbook(), week_starts="lundi")


def test_hard_sets_need_known_effort():
    row = ("100x5@1", "100x5@5", "100x5", "failure 100x4")
    result = volume(logbook(sets("2024-01-01", "squat", *row)))
    assert cell(result, "quads", "hard_sets") == 2
    assert cell(result, "quads", "effort_unknown_sets") == 1
    assert any("Effort is not logged on 1 of 4 working sets" in str(note) for note in result.notes)
    loose = volume(logbook(sets("2024-01-01", "squat", *row)), max_rir=5, failure_kinds=())
    assert cell(loose, "quads", "hard_sets") == 2
    assert cell(loose, "quads", "effort_unknown_sets") == 2


def test_tonnage_is_of_direct_work_and_counts_cluster_parts():
    result = volume(logbook(sets("2024-01-01", "squat", "100x5", "drop 80x5")))
    assert cell(result, "quads", "tonnage_kg") == 900
    assert cell(result, "quads", "direct_sets") == 1
    assert cell(result, "glutes", "tonnage_kg") == 0


def test_tonnage_of_bodyweight_work_is_unknown_without_body_mass():
    book = logbook(sets("2024-01-01", "pull_up", "10x5", "x8"))
    assert pd.isna(cell(volume(book), "lats", "tonnage_kg"))
    assert cell(volume(book), "lats", "no_tonnage_sets") == 2
    assert cell(volume(book, body_mass_kg=80), "lats", "tonnage_kg") == 90 * 5 + 80 * 8
    assert any("Tonnage leaves out 2 sets" in str(note) for note in volume(book).notes)


@pytest.mark.parametrize(
    ("lift", "performed", "kg"),
    [
        ("squat", "100x5", 100),
        ("split_squat", "20x8", 40),
        ("split_squat", "left 20x8", 20),
        ("pull_up", "10x5", 90),
        ("assisted_pull_up", "30x5", 50),
        ("plank", "30s", None),
        ("sled", "50x5", None),
    ],
)
def test_effective_load_follows_the_load_basis(lift, performed, kg):
    book = logbook(sets("2024-01-01", lift, performed))
    assert book.sets.select(effective_load(80)).item() == kg


def test_body_mass_may_differ_by_athlete():
    book = logbook(
        sets("2024-01-01", "pull_up", "x5"), sets("2024-01-01", "pull_up", "x5", athlete="bo")
    )
    assert book.sets.select(effective_load({"bo": 60})).to_series().to_list() == [None, 60]


def test_unmapped_and_cardio_sets_are_counted_and_named():
    book = logbook(
        sets("2024-01-01", "squat", "100x5"),
        sets("2024-01-01", "zercher yoke", "100x5", "100x5", number=2),
        sets("2024-01-01", "running", "600s", number=3),
    )
    result = volume(book)
    assert cell(result, "quads", "unmapped_sets") == 2
    assert any(
        "Not in the catalogue, so counted for no muscle: 2 working sets" in str(n)
        for n in result.notes
    )
    assert any("zercher yoke (2)" in str(note) for note in result.notes)
    assert any(
        "trains no muscle group (cardio and the like): 1 working set, running (1)" in str(n)
        for n in result.notes
    )


def test_summary_says_number_spread_and_n():
    result = volume(logbook(sets("2024-01-01", "squat", "100x5", "100x5")))
    assert result.summary == (
        "You usually do 2 quads sets a week, more than for any other muscle."
    )
    assert volume(logbook()).summary.startswith("No week holds a log")


def test_figure_is_a_heat_map_with_gaps_for_unknown_weeks():
    book = logbook(sets("2024-01-01", "squat", "100x5"), sets("2024-01-15", "squat", "100x5"))
    figure = volume(book).figure_dict
    (heat,) = figure["data"]
    assert heat["x"] == ["2024-01-01", "2024-01-08", "2024-01-15"]
    assert heat["y"] == [name.replace("_", " ") for name in GROUPS]
    assert heat["z"][0] == [1, None, 1]
    assert figure["layout"]["meta"]["time_axis"] == "x"
    assert list(volume(book).figure.data[0].z[0]) == [1, None, 1]


def test_a_figure_of_several_athletes_has_a_menu():
    book = logbook(
        sets("2024-01-01", "squat", "100x5"), sets("2024-01-01", "squat", "90x5", athlete="bo")
    )
    figure = volume(book).figure_dict
    buttons = figure["layout"]["updatemenus"][0]["buttons"]
    assert [button["label"] for button in buttons] == ["ann", "bo"]
    assert [trace["visible"] for trace in figure["data"]] == [True, False]
    assert buttons[1]["args"][0]["visible"] == [False, True]


def test_sensitivity_shows_every_rule():
    book = logbook(sets("2024-01-01", "squat", "50x5", "100x5", "100x5"))
    table = sensitivity(book).table
    glutes = table[(table["muscle"] == "glutes")].pivot(
        index="warmups_by_load", columns="counting_rule", values="sets_per_week"
    )
    assert glutes.loc[True].to_dict() == pytest.approx(
        {"direct": 0, "fractional": 1, "indirect a third": 2 / 3, "total": 2}
    )
    assert glutes.loc[False, "total"] == 3
    assert "glutes: 0.0 to 3.0" in sensitivity(book).summary
    assert sensitivity(book, rule=WorkingRule(0.0)).figure_dict["data"]


def test_rules_are_checked():
    with pytest.raises(ValueError, match="expected one of direct, fractional, total"):
        counting.weights("half")
    with pytest.raises(ValueError, match="0 to 1"):
        counting.weights({"indirect": 2})


PERFORMED = st.lists(
    st.tuples(
        st.sampled_from(sorted(LIFTS)),
        st.lists(
            st.sampled_from(["100x5", "60x8", "drop 50x8", "warmup 40x5", "left 20x8", "-"]),
            min_size=1,
            max_size=5,
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(PERFORMED, st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_rules_only_reweigh_roles(performed, weight):
    book = logbook(
        *(
            sets("2024-01-01", lift, *row, number=number)
            for number, (lift, row) in enumerate(performed, start=1)
        )
    )
    done = work(book)
    rows = counting.by_muscle(done, book.catalogue)
    chosen = {"direct": 1.0, "indirect": weight}
    sums = rows.group_by("muscle").agg(
        *(counting.credit(name).sum().alias(name) for name in counting.RULES),
        counting.credit(chosen).sum().alias("chosen"),
    )
    assert (sums["total"] <= done["set_count"].sum()).all()
    assert (sums["direct"] <= sums["fractional"]).all()
    assert (sums["fractional"] <= sums["total"]).all()
    expected = sums["direct"] + weight * (sums["total"] - sums["direct"])
    assert sums["chosen"].to_list() == pytest.approx(expected.to_list())
