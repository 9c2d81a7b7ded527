import polars as pl
import pytest
from set_literals import logbook, sets

from analysis.measures.working import STANDINGS, WorkingRule, classify, dosed, work, working


def standings(*performed, rule=None, lift="squat", **more):
    book = logbook(sets("2024-01-01", lift, *performed, **more))
    return classify(book.sets, rule)["standing"].to_list()


def test_marked_warmups_and_cooldowns_are_out():
    assert standings("warmup 60x5", "100x5", "cooldown 50x10") == ["warmup", "working", "cooldown"]


def test_light_sets_before_the_top_set_are_unmarked_warmups():
    assert standings("40x8", "60x5", "100x5") == ["unmarked_warmup"] * 2 + ["working"]


def test_a_ramp_at_or_above_the_threshold_is_work():
    assert standings("70x8", "80x5", "100x5") == ["working"] * 3


def test_a_light_set_after_the_top_set_is_work():
    assert standings("100x5", "60x12") == ["working"] * 2


def test_the_threshold_is_a_parameter_and_zero_switches_it_off():
    assert standings("68x8", "100x5", rule=WorkingRule(0.8)) == ["unmarked_warmup", "working"]
    assert standings("10x8", "100x5", rule=WorkingRule(0)) == ["working"] * 2


def test_marks_win_over_load_where_the_lifter_marks():
    assert standings("warmup 40x8", "60x5", "100x5") == ["warmup", "working", "working"]


@pytest.mark.parametrize("first", ["60x5@2", "failure 60x20", "backoff 60x8"])
def test_a_light_set_known_to_be_hard_or_of_another_kind_is_no_warmup(first):
    assert standings(first, "100x5")[0] == "working"


@pytest.mark.parametrize("lift", ["pull_up", "assisted_pull_up", "sled"])
def test_loads_that_do_not_compare_tell_no_warmup(lift):
    assert standings("5x8", "40x5", lift=lift) == ["working"] * 2


def test_a_second_run_of_the_lift_is_compared_with_the_days_top():
    book = logbook(
        sets("2024-01-01", "squat", "40x8", number=1),
        sets("2024-01-01", "leg_curl", "30x10", number=2),
        sets("2024-01-01", "squat", "100x5", number=3),
    )
    assert classify(book.sets)["standing"].to_list() == ["unmarked_warmup", "working", "working"]


def test_one_workout_whose_sets_lie_apart_has_one_top():
    """Sets of one session that bear two times, with another session's between."""
    book = logbook(
        sets("2024-01-01 06:00", "squat", "40x8", number=1),
        sets("2024-01-01 07:00", "leg_curl", "30x10", number=1),
        sets("2024-01-01 08:00", "squat", "100x5", number=2),
    )
    one = pl.when(pl.col("exercise").str.contains("(?i)squat")).then(pl.lit("a"))
    apart = book.sets.with_columns(one.otherwise(pl.lit("b")).alias("session"))
    assert classify(apart)["standing"].to_list() == ["unmarked_warmup", "working", "working"]


def test_a_set_of_no_kind_is_no_error():
    book = logbook(sets("2024-01-01", "squat", "60x5", "100x5", "100x5"))
    unsaid = pl.when(pl.col("set_number") == 2).then(None).otherwise(pl.col("kind"))
    told = classify(book.sets.with_columns(unsaid.alias("kind")))
    assert told["standing"].to_list() == ["unmarked_warmup", "working", "working"]


def test_tonnage_by_hand_with_and_without_warmups():
    book = logbook(
        sets("2024-01-01", "squat", "warmup 60x5", "100x5", "100x4", "drop 80x6"),
        sets("2024-01-03", "bench", "warmup 40x10", "80x8"),
    )
    table = working(book).table.set_index("standing")
    assert table["sets"].sum() == 6
    assert table["logged_tonnage_kg"].sum() == 300 + 500 + 400 + 480 + 400 + 640
    assert table.drop(index="warmup")["logged_tonnage_kg"].sum() == 500 + 400 + 480 + 640


@pytest.mark.parametrize("nothing", ["-", "100x0"])
def test_sets_with_nothing_recorded_are_empty(nothing):
    assert standings(nothing, "100x5") == ["empty", "working"]


def test_timed_sets_are_work():
    assert standings("30s", lift="plank") == ["working"]


def test_a_drop_set_belongs_to_the_set_before_it():
    row = ("100x5", "drop 80x6", "drop 60x8", "100x4")
    assert standings(*row) == ["working", "cluster", "cluster", "working"]
    assert standings(*row, rule=WorkingRule(clusters_once=False)) == ["working"] * 4


def test_a_run_of_drops_alone_is_one_set():
    assert standings("drop 100x5", "drop 80x5") == ["working", "cluster"]


def test_successive_myo_sets_are_one_set():
    row = ("100x5", "myo 60x15", "myo 60x5", "myo 60x4")
    assert standings(*row) == ["working", "working", "cluster", "cluster"]


def test_sides_count_once_per_pair():
    row = ("left 20x8", "right 20x8", "left 20x8", "right 20x7", "left 20x6")
    expected = ["working", "second_side", "working", "second_side", "working"]
    assert standings(*row, lift="split_squat") == expected
    alone = WorkingRule(sides_once=False)
    assert standings(*row, lift="split_squat", rule=alone) == ["working"] * 5


def test_sides_logged_one_after_the_other_still_pair():
    row = ("left 20x8", "left 20x8", "right 20x8", "right 20x8")
    assert standings(*row, lift="split_squat").count("second_side") == 2


def test_rows_out_of_order_change_nothing():
    book = logbook(sets("2024-01-01", "squat", "40x8", "100x5", "drop 60x5"))
    backwards = classify(book.sets.reverse())
    assert backwards["standing"].to_list() == ["unmarked_warmup", "working", "cluster"]


def test_parts_of_a_set_are_work_without_a_count():
    book = logbook(sets("2024-01-01", "squat", "100x5", "drop 80x6"))
    assert work(book)["set_count"].to_list() == [1.0, 0.0]


def test_result_accounts_for_every_set():
    performed = ("40x8", "100x5", "drop 80x6", "-", "cooldown 40x10")
    result = working(logbook(sets("2024-01-01", "squat", *performed)))
    assert result.table["sets"].sum() == len(performed)
    assert set(result.table["standing"]) <= set(STANDINGS)
    assert result.table["share_pct"].sum() == pytest.approx(100)
    assert result.summary == "1 of 5 sets (20.0 %) are working sets."
    assert {note.kind: note.count for note in result.notes} == {
        "cluster": 1, "unmarked_warmup": 1, "cooldown": 1, "empty": 1,
    }  # fmt: skip
    assert str(next(note for note in result.notes if note.kind == "unmarked_warmup")) == (
        "Not counted as sets: 1 unmarked warm-ups, identified by load, 20.0 % of 5 sets."
    )
    assert result.figure_dict["data"]


def test_an_empty_log_is_an_answer():
    assert working(logbook()).summary == "0 of 0 sets (unknown %) are working sets."


def test_a_heavier_set_of_fewer_repetitions_is_no_warmup_for_a_longer_best():
    assert standings("85x1", "80x12") == ["working"] * 2  # 88 against 112 kg: 78 %


@pytest.mark.parametrize(("rir", "told"), [(3, "working"), (4, "unmarked_warmup")])
def test_the_lowest_effort_an_app_offers_does_not_make_a_warmup_work(rir, told):
    assert standings(f"60x5@{rir}", "100x5")[0] == told


@pytest.mark.parametrize(
    "ramp",
    [
        ("50x5", "62.5x5", "75x5", "87.5x5", "100x5"),  # 5×5 up to one top set
        ("65x5", "75x5", "85x8"),  # 5/3/1, first week
        ("75x5", "85x3", "95x3"),
    ],
)
def test_a_planned_ramp_is_work(ramp):
    assert standings(*ramp) == ["working"] * len(ramp)


def test_a_climb_to_straight_sets_is_to_warm_up():
    climb = ("50x5", "62.5x5", "75x5", "87.5x5", "100x5", "100x5")
    assert standings(*climb)[:2] == ["unmarked_warmup"] * 2


def test_warmups_before_a_planned_ramp_are_warmups():
    assert standings("40x5", "50x5", "65x5", "75x5", "85x8")[:2] == ["unmarked_warmup"] * 2


def test_the_soft_count_grows_with_the_share_of_the_top_set():
    book = logbook(sets("2024-01-01", "squat", "60x5", "74x5", "95x5", "100x5", "70x5"))
    assert classify(book.sets)["soft_count"].to_list() == pytest.approx([0, 0.5, 1, 1, 1])


def test_before_straight_sets_a_lighter_one_weighs_less():
    book = logbook(sets("2024-01-01", "squat", "60x5", "85x5", *["100x5"] * 3))
    assert classify(book.sets)["soft_count"].to_list() == pytest.approx([0, 0.5, 1, 1, 1])


def test_a_strong_day_makes_no_warmup_lighter():
    """Else the dose would hang on the strength that it is to explain."""
    days = [
        sets(f"2024-01-{day:02}", "squat", "60x5", "75x5", f"100x{reps}")
        for day, reps in enumerate((5, 5, 3, 5, 8), start=1)
    ]
    book = logbook(*days)
    by_day = classify(book.sets)["soft_count"].to_numpy().reshape(-1, 3)
    assert (by_day == by_day[0]).all()
    assert 0 < by_day[0, 1] < 1


def test_what_is_a_warmup_by_the_rule_weighs_as_a_dose_as_far_as_it_may_be_none():
    book = logbook(sets("2024-01-01", "squat", "70x5", "100x5"))
    assert classify(book.sets)["standing"].to_list() == ["unmarked_warmup", "working"]
    assert dosed(book)["soft_count"].to_list() == pytest.approx([0.1 / 0.28, 1])


def test_a_marked_day_has_no_soft_counts():
    book = logbook(sets("2024-01-01", "squat", "warmup 40x5", "77.5x5", "100x5"))
    assert classify(book.sets)["soft_count"].to_list() == [0, 1, 1]
