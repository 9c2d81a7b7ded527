"""Each flag: fires on what it is for, stays down on what it is not, and shows its rows."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.exercises import Catalogue
from analysis.signals.flags import FLAGS, LEVELS, Thresholds, described, find, flags
from analysis.signals.triage import triage
from tests.measures.set_literals import logbook, sets

MONDAY = datetime(2024, 1, 1)


def weekly(lift, loads, *, every=7, start=MONDAY, reps=5, n_sets=3, **more):
    """Return one session per load, `every` days apart."""
    return [
        run
        for number, load in enumerate(loads)
        for run in sets(
            (start + timedelta(days=every * number)).isoformat(),
            lift,
            *[f"{load}x{reps}"] * n_sets,
            **more,
        )
    ]


def raised(book, name, rule=None, **when):
    return [each for each in find(book, rule, **when) if each.flag == name]


def only(book, name, rule=None, **when):
    (found,) = raised(book, name, rule, **when)
    return found


STEADY = [100, 102, 99, 101, 100, 103, 98, 101]


class TestRecords:
    def test_a_best_of_the_last_block_is_good_news(self):
        found = only(logbook(weekly("squat", [*STEADY, 106])), "record")
        assert found.level == "good"
        assert "Squat" in found.sentence
        load = found.rows.set_index("best").loc["load"]
        assert (load["value_kg"], load["before_kg"], load["earlier_days"]) == (106, 103, 8)
        assert load["gain_pct"] == pytest.approx(100 * (106 / 103 - 1))

    def test_first_days_are_no_records(self):
        assert not raised(logbook(weekly("squat", [100, 110, 120, 125])), "record")

    def test_less_than_the_least_gain_is_none(self):
        assert not raised(logbook(weekly("squat", [*STEADY, 103.5])), "record")
        book = logbook(weekly("squat", [*STEADY, 103.5]))
        assert raised(book, "record", Thresholds(record_gain_pct=0.2))

    def test_a_record_before_the_last_block_is_old_news(self):
        assert not raised(logbook(weekly("squat", [*STEADY, 106, *[100] * 5])), "record")

    def test_load_and_e1rm_of_one_exercise_count_as_one(self):
        found = only(logbook(weekly("squat", [*STEADY, 106])), "record")
        assert (len(found.rows), found.size) == (2, 1)

    def test_a_typing_error_is_an_odd_entry_and_no_record(self):
        book = logbook(weekly("squat", [*STEADY, 1000]))
        assert not raised(book, "record")
        assert "typing error" in only(book, "odd entry").sentence


RISING = [100 * 1.01**n for n in range(16)]


class TestStall:
    def test_one_load_for_eight_sessions_is_a_stall(self):
        found = only(logbook(weekly("squat", [100, 105, *[102.5] * 8])), "stall")
        assert found.level == "notice"
        (row,) = found.rows.to_dict("records")
        assert (row["lift"], row["days"]) == ("Squat", 8)
        assert row["high_pct"] < 1

    def test_growth_is_none(self):
        assert not raised(logbook(weekly("squat", RISING)), "stall")

    def test_noise_that_hides_growth_is_none(self):
        noisy = [100, 93, 106, 97, 104, 91, 105, 96, 103, 94, 102, 98]
        assert not raised(logbook(weekly("squat", noisy)), "stall")

    def test_too_few_days_judge_nothing(self):
        assert not raised(logbook(weekly("squat", [105, *[100] * 6])), "stall")

    def test_a_week_of_daily_training_judges_nothing(self):
        assert not raised(logbook(weekly("squat", [105, *[100] * 9], every=1)), "stall")

    def test_days_spread_over_years_are_not_recent(self):
        assert not raised(logbook(weekly("squat", [105, *[100] * 9], every=27)), "stall")

    def test_three_stalls_are_a_notice_where_most_exercises_grow(self):
        still = [100, 105, *[102.5] * 8]
        runs = [weekly(lift, still) for lift in ("squat", "rdl", "leg_press")]
        book = logbook(*runs, weekly("leg_curl", RISING, start=MONDAY - timedelta(days=42)))
        assert only(book, "stall").level == "attention"
        assert only(book, "stall", Thresholds(stall_share=0.8)).level == "notice"

    def test_several_falling_exercises_ask_for_attention(self):
        falling = [100 * 0.97**n for n in range(10)]
        book = logbook(weekly("squat", falling), weekly("leg_press", falling))
        found = only(book, "stall")
        assert found.level == "attention"
        assert "Falling: Leg Press, Squat." in found.sentence

    def test_an_exercise_that_was_left_is_not_judged(self):
        book = logbook(
            weekly("squat", [105, *[100] * 9]),
            weekly("rdl", [100] * 8, start=MONDAY + timedelta(days=80)),
        )
        assert all("Squat" not in each.sentence for each in raised(book, "stall"))


class TestSkipped:
    def test_a_regular_movement_left_out(self):
        book = logbook(weekly("squat", [100] * 16), weekly("leg_curl", [40] * 12))
        found = only(book, "skipped")
        assert found.rows["movement"].tolist() == ["knee_flexion"]
        assert found.last == (MONDAY + timedelta(days=77)).date()
        assert set(found.rows["weeks_trained"]) == {12}

    def test_a_muscle_is_named_where_no_one_pattern_was_regular(self):
        turns = (
            weekly("rdl", [100] * 6, every=14),
            weekly("leg_curl", [40] * 6, every=14, start=MONDAY + timedelta(days=7)),
        )
        found = only(logbook(weekly("squat", [100] * 16), *turns), "skipped")
        assert found.rows["movement"].tolist() == ["hamstrings"]

    def test_another_exercise_of_the_pattern_is_the_movement(self):
        book = logbook(
            weekly("squat", [100] * 12),
            weekly("leg_press", [200] * 4, start=MONDAY + timedelta(days=84)),
        )
        assert not raised(book, "skipped")

    def test_now_and_then_is_not_regular(self):
        book = logbook(weekly("squat", [100] * 16), weekly("leg_curl", [40] * 4, every=21))
        assert not raised(book, "skipped")

    def test_a_block_without_logs_judges_nothing(self):
        late = weekly("squat", [100], start=MONDAY + timedelta(days=7 * 16))
        book = logbook(weekly("squat", [100] * 12), weekly("leg_curl", [40] * 12), late)
        assert not raised(book, "skipped")


class TestDrop:
    def test_few_sets(self):
        book = logbook(
            weekly("squat", [100] * 12, n_sets=5),
            weekly("squat", [100] * 2, n_sets=1, start=MONDAY + timedelta(days=84)),
        )
        found = only(book, "drop")
        assert found.level == "attention"
        (row,) = found.rows.to_dict("records")
        assert (row["now"], row["usual"], row["change_pct"]) == (2, 10, pytest.approx(-80))

    def test_usual_weeks(self):
        assert not raised(logbook(weekly("squat", [100] * 14, n_sets=5)), "drop")

    def test_few_sessions_that_are_still_usual_in_sets(self):
        book = logbook(
            weekly("squat", [100] * 40, every=3),
            weekly("squat", [100] * 2, every=14, start=MONDAY + timedelta(days=135), n_sets=18),
        )
        found = only(book, "drop")
        assert found.level == "attention"
        (row,) = found.rows.to_dict("records")
        assert (row["what"], row["now"]) == ("sessions in 4 weeks", 2)

    def test_a_log_that_begins_says_nothing_of_usual_sessions(self):
        book = logbook(
            weekly("squat", [100] * 9, every=3),
            weekly("squat", [100] * 2, every=14, start=MONDAY + timedelta(days=42)),
        )
        assert not raised(book, "drop")

    def test_a_fall_too_large_to_believe_is_an_odd_entry(self):
        book = logbook(weekly("squat", [*STEADY, 45, 45.5]))
        assert not raised(book, "drop")
        found = only(book, "odd entry")
        assert "Squat far below its usual" in found.sentence
        assert found.rows["change_pct"].item() == pytest.approx(-55, abs=2)

    def test_two_weak_days_of_one_exercise_are_a_notice(self):
        found = only(logbook(weekly("squat", [*STEADY, 80, 82])), "drop")
        assert found.level == "notice"
        assert "Weaker than usual on the last two days: Squat 18 %" in found.sentence

    def test_one_light_day_is_none(self):
        assert not raised(logbook(weekly("squat", [*STEADY, 100, 80])), "drop")

    def test_a_fall_within_the_own_spread_is_none(self):
        wild = [100, 80, 120, 90, 115, 85, 110, 95]
        assert not raised(logbook(weekly("squat", [*wild, 88, 86])), "drop")


def noted(text, day="2024-03-04"):
    return logbook(weekly("squat", [100] * 9), sets(day, "squat", "100x5", note=text))


class TestPain:
    @pytest.mark.parametrize(
        "text",
        ["Left knee pain on set 2", "HURTS", "shoulder injury?", "Schmerzen im Knie", "tut weh",
         "Rückenschmerzen", "douleur à l'épaule", "blessé", "me duele la rodilla", "lesión",
         "dor no ombro", "machuquei o joelho", "dolore alla spalla", "mi fa male",
         "no warm-up, knee pain", "tendinitis again", "shoulder a lil tweaky",
         "4 days after surgery", "hamstring about to tear", "pijn in de schouder", "kniepijn"],
    )  # fmt: skip
    def test_a_word_of_pain_asks_for_attention(self, text):
        found = only(noted(text), "pain note")
        assert found.level == "attention"
        assert text not in found.sentence
        assert found.rows["note"].tolist() == [text]

    @pytest.mark.parametrize(
        "text", ["sore", "legs still sore", "Muskelkater", "courbatures", "spierpijn"]
    )
    def test_soreness_alone_is_a_notice(self, text):
        assert only(noted(text), "pain note").level == "notice"

    @pytest.mark.parametrize(
        "text",
        ["no pain", "pain-free today", "No knee pain", "keine Schmerzen", "schmerzfrei",
         "sans douleur", "sin dolor", "sem dor", "senza dolore", "painted the gym", "Champaign",
         "restrained", "easy", "didn't hurt", "didnt hurt", "doesn’t hurt", "dormi bem",
         "senti o ombro (nao dor)", "geen pijn", "pijnvrij"],
    )  # fmt: skip
    def test_denials_and_other_words_are_none(self, text):
        assert not raised(noted(text), "pain note")

    def test_old_notes_are_old_news(self):
        assert not raised(noted("pain", day="2024-01-02"), "pain note")

    def test_a_note_repeated_on_every_set_is_one(self):
        book = logbook(
            weekly("squat", [100] * 3), sets("2024-01-16", "squat", *["100x5"] * 4, note="pain")
        )
        assert len(only(book, "pain note").rows) == 1

    def test_no_note_is_quoted_in_the_table(self):
        book = noted("my secret pain")
        assert "secret" not in flags(book).table.to_csv()


class TestInactivity:
    BOOK = logbook(weekly("squat", [100] * 20, every=3))
    LAST = (MONDAY + timedelta(days=57)).date()

    def test_days_off_beyond_own_long_gaps(self):
        found = only(self.BOOK, "inactive", today=self.LAST + timedelta(days=12))
        assert "No session for 12 days" in found.sentence
        assert found.rows["own_long_gap_days"].item() == 3

    def test_a_usual_gap_is_none(self):
        assert not raised(self.BOOK, "inactive", today=self.LAST + timedelta(days=7))

    def test_own_long_gaps_are_the_measure(self):
        rare = logbook(weekly("squat", [100] * 12, every=13))
        last = (MONDAY + timedelta(days=13 * 11)).date()
        assert not raised(rare, "inactive", today=last + timedelta(days=20))

    def test_a_block_without_session_raises_this_flag_alone(self):
        book = logbook(weekly("squat", [*STEADY, 110], every=3))
        found = find(book, today=date(2024, 6, 1))
        assert [each.flag for each in found] == ["inactive"]

    def test_who_is_away_for_months_is_no_news(self):
        for days, level in ((84, "attention"), (85, "notice")):
            found = only(self.BOOK, "inactive", today=self.LAST + timedelta(days=days))
            assert found.level == level

    def test_today_is_the_newest_day_of_all(self):
        book = logbook(
            weekly("squat", [100] * 20, every=3),
            weekly("squat", [100] * 26, every=3, athlete="bob"),
        )
        table = flags(book).table
        assert set(table.loc[table["flag"] == "inactive", "athlete"]) == {"ann"}

    def test_later_sets_are_not_seen(self):
        book = logbook(weekly("squat", [*STEADY, 106, *[100] * 8]))
        assert raised(book, "record", today=date(2024, 2, 28))


@given(
    loads=st.lists(st.floats(20, 300).map(lambda kg: round(kg * 2) / 2), min_size=1, max_size=20),
    every=st.integers(1, 12),
    late=st.integers(0, 60),
)
@settings(max_examples=25, deadline=None)
def test_every_flag_is_known_dated_and_evidenced(loads, every, late):
    book = logbook(weekly("squat", loads, every=every))
    days = book.sets["started_at"].dt.date()
    today = days.max() + timedelta(days=late)
    for each in find(book, today=today):
        assert each.flag in FLAGS
        assert each.level in LEVELS
        assert len(each.rows) > 0
        assert days.min() <= each.first <= each.last <= today


def test_table_has_a_row_per_flag_and_two_runs_agree():
    book = logbook(weekly("squat", [*STEADY, 106]), weekly("leg_curl", [40] * 3))
    result = flags(book)
    assert result.table.to_csv() == flags(book).table.to_csv()
    assert len(result.table) == len(find(book))
    assert result.settings["today"] == "2024-02-26"
    empty = replace(book, sets=book.sets.clear())
    assert flags(empty).table.empty


def test_thresholds_have_bounds_and_say_so():
    with pytest.raises(ValueError, match="block_weeks is 0, expected 1 to 26"):
        Thresholds(block_weeks=0)
    for each in described():
        assert each.metadata["low"] <= each.default <= each.metadata["high"]


def test_the_docs_hold_every_threshold():
    text = (Path(__file__).parents[1] / "docs" / "coach.md").read_text(encoding="utf-8")
    for each in described():
        low, high, doc = (each.metadata[key] for key in ("low", "high", "doc"))
        assert f"| `{each.name}` | {each.default:g} | {low:g} to {high:g} | {doc} |" in text


def whole(*runs):
    """Return a logbook whose catalogue is a real one, of the few lifts."""
    book = logbook(*runs)
    few = book.catalogue
    return replace(
        book,
        catalogue=Catalogue(few.exercises, few.roles, few.muscles, names={}, aliases={}),
    )


class TestTriage:
    LIFTS = ("squat", "leg_curl", "rdl", "leg_press")

    def test_own_numbers_beside_own_normal(self):
        book = whole(*(weekly(lift, RISING) for lift in self.LIFTS))
        (row,) = triage(book).table.to_dict("records")
        assert row["status"] == "on track"
        assert (row["sessions_4_weeks"], row["sessions_own_normal"]) == (4, 4)
        assert (row["sets_last_week"], row["sets_own_4_week_mean"]) == (12, 12)
        assert row["strength_verdict"] == "up"
        assert (
            0 < row["strength_low_pct"] <= row["strength_change_pct"] <= row["strength_high_pct"]
        )
        assert row["strength_lifts"] == 4

    @pytest.mark.parametrize(("days_off", "mean"), [(22, 12), (29, float("nan"))])
    def test_one_logged_week_makes_no_mean(self, days_off, mean):
        book = whole(*(weekly(lift, [100] * 9) for lift in self.LIFTS))
        today = (MONDAY + timedelta(days=56 + days_off)).date()
        own = triage(book, today=today).table["sets_own_4_week_mean"].tolist()
        assert own == [pytest.approx(mean, nan_ok=True)]

    def test_too_little_is_listed_with_the_reason(self):
        (row,) = triage(whole(weekly("squat", [100, 100], every=2))).table.to_dict("records")
        assert row["status"] == "too little data"
        assert "2 sessions in 3 days" in row["why"]

    def test_attention_comes_first(self):
        book = whole(
            weekly("squat", [100] * 12, athlete="ann"),
            weekly("squat", [100] * 11, athlete="bob"),
            sets("2024-03-18", "squat", "100x5", athlete="bob", note="knee pain"),
            weekly("squat", [100], athlete="cy", start=MONDAY + timedelta(days=77)),
        )
        table = triage(book).table
        assert table["athlete"].tolist() == ["bob", "ann", "cy"]
        assert table["status"].tolist() == ["needs attention", "on track", "too little data"]
        assert table["why"][0].startswith("pain note")

    def test_who_left_is_away_whatever_else_is_missing(self):
        book = whole(weekly("squat", [100] * 3))
        (row,) = triage(book, today=date(2024, 6, 1)).table.to_dict("records")
        assert (row["status"], row["other_flags"]) == ("away", "inactive")

    def test_pain_comes_before_a_longer_list_of_milder_flags(self):
        fell = [*[100] * 10, 80, 80]
        book = whole(
            *(weekly(lift, fell, athlete="ann") for lift in ("squat", "rdl")),
            weekly("squat", [100] * 11, athlete="bob"),
            sets("2024-03-18", "squat", "100x5", athlete="bob", note="knee pain"),
        )
        assert triage(book).table["athlete"].tolist() == ["bob", "ann"]

    def test_dates_are_dates(self):
        table = triage(whole(weekly("squat", [100] * 3))).table
        assert table["last_session"].dtype.kind == "M"
