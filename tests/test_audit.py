from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ingest import read
from analysis.legs import dose, exercises, methods, overload
from analysis.legs.audit import DETAILS, TOPICS, audit_section, leg_audit
from analysis.legs.claims import article_section
from analysis.legs.leg_log import GROUPS, MUSCLES, VERDICTS, LegLog, with_legs
from analysis.report import Report
from tests.leg_logs import CATALOGUE, did, log

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "raw" / "sample" / "anna_strong.csv"
EXPORTS = ROOT.parent / "shared" / "exports"


def direct(*runs):
    """Direct sets over the last block, by muscle."""
    table = dose.leg_volume(LegLog.of(log(*runs))).table
    return table.set_index("muscle")["direct_now"].to_dict()


def test_ten_sets_of_squats_are_ten_direct_quad_sets_and_no_calf_set():
    now = direct(did(0, "Squat", 10))
    assert now["quads"] == 10
    assert now["calves"] == now["gastrocnemius"] == now["soleus"] == 0
    table = dose.leg_volume(LegLog.of(log(did(0, "Squat", 10)))).table.set_index("muscle")
    assert table.loc["calves", "fractional_now"] == 0


def test_split_squats_are_quads_and_glutes():
    now = direct(did(0, "Split Squats", 4))
    assert {name for name, sets in now.items() if sets} == {"quads", "glutes"}


def test_a_deadlift_is_hamstrings_and_glutes_direct():
    now = direct(did(0, "Deadlift (Barbell)", 3))
    assert {name: sets for name, sets in now.items() if sets} == {"hamstrings": 3, "glutes": 3}


def test_a_seated_calf_raise_is_soleus_and_one_set_for_the_calves():
    now = direct(did(0, "Seated Calf Raise (Machine)", 5))
    assert (now["calves"], now["soleus"], now["gastrocnemius"]) == (5, 5, 0)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(
    ["Squat", "Deadlift", "Leg Curl", "Standing Calf Raise (Machine)", "Bench Press (Barbell)"]
), st.integers(1, 6)), min_size=1, max_size=6))  # fmt: skip
def test_a_leg_set_counts_once_for_the_legs(runs):
    legs = LegLog.of(log(*(did(week, lift, n) for week, lift, n in runs)))
    performed = sum(n for _, lift, n in runs if lift != "Bench Press (Barbell)")
    by_muscle = legs.weekly.group_by("muscle").agg(pl.col("direct_sets").sum())
    sums = dict(by_muscle.iter_rows())
    assert sums["legs"] == performed
    assert max(sums[name] for name in GROUPS) <= performed
    assert sums["calves"] == max(sums["gastrocnemius"], sums["soleus"])


def test_the_leg_view_changes_no_group_of_the_catalogue():
    before = CATALOGUE.muscle_roles
    after = with_legs(CATALOGUE).muscle_roles.filter(pl.col("muscle").is_in(before["muscle"]))
    assert after.sort("exercise_id", "muscle").equals(before.sort("exercise_id", "muscle"))


def test_frequency_counts_days_not_sets():
    book = log(did(0, "Squat", 5), did(0, "Leg Curl", 2, day=3), did(1, "Squat", 5))
    finding = dose.leg_days(LegLog.of(book))
    assert (finding.number, finding.n) == (1.5, 2)
    assert "50 % of weeks" in finding.shows


def calves_in(weeks, others=range(10)):
    return log(
        *(did(week, "Squat", 2) for week in others),
        *(did(week, "Standing Calf Raise (Machine)", 2, day=1) for week in weeks),
    )


def test_longest_neglect_is_in_logged_weeks_with_its_dates():
    finding = dose.calf_neglect(LegLog.of(calves_in([0, 1, 7, 9])))
    assert finding.number == 5
    assert "2024-01-15 to 2024-02-18" in finding.shows
    assert finding.verdict == "not done"


def test_an_unlogged_week_neither_ends_nor_lengthens_a_stretch():
    logged = [week for week in range(10) if week != 4]
    row = dose.leg_neglect(LegLog.of(calves_in([0, 1, 7, 9], logged))).table
    calves = row.set_index("muscle").loc["calves"]
    assert calves["longest_weeks"] == 4
    assert calves["last_day"].date() == date(2024, 2, 18)


def test_calves_never_trained_are_said_to_be_never_trained():
    finding = dose.calf_neglect(LegLog.of(calves_in([])))
    assert finding.shows == "No direct calf set in any of 10 logged weeks."
    assert finding.verdict == "not done"


def test_unmapped_names_in_the_stretch_are_told():
    book = log(*(did(week, "Squat", 2) for week in range(6)), did(3, "Zorble twist", 4, day=2))
    notes = dose.leg_neglect(LegLog.of(book)).notes
    assert any("holds 4 sets under unmapped names" in str(note) for note in notes)


def test_bent_and_straight_knee_apart():
    book = log(did(0, "Standing Calf Raise (Machine)", 3), did(0, "Seated Calf Raise", 1, day=1))
    finding = dose.calf_kind(LegLog.of(book))
    assert (finding.number, finding.n) == (75, 4)


def test_shares_of_kinds():
    legs = LegLog.of(log(did(0, "Squat", 3), did(0, "Leg Curl", 1, day=1),
                         did(0, "Bulgarian Split Squat", 4, day=2)))  # fmt: skip
    assert exercises.mechanic_share(legs).number == pytest.approx(87.5)
    assert exercises.one_legged(legs).number == pytest.approx(50)
    assert exercises.knee_and_hip(legs).number == 100


def test_left_against_right_is_a_gap_of_the_stronger():
    lift = "Bulgarian Split Squat (Dumbbell)"
    runs = [did(week, lift, load=20.0, side="left") for week in range(4)]
    runs += [did(week, lift, load=25.0, side="right") for week in range(5)]
    legs = LegLog.of(log(*runs))
    row = exercises.leg_sides(legs).table.iloc[0]
    assert row["gap_pct"] == pytest.approx(-20)
    assert row["days"] == 4
    assert exercises.side_gap(legs).shows.startswith(f"{lift}: right stronger by 20.0 %")


def test_without_sides_the_missing_field_is_named():
    finding = exercises.side_gap(LegLog.of(log(did(0, "Bulgarian Split Squat", 3))))
    assert finding.verdict == "not measurable"
    assert "side" in finding.missing


def rising(per_week, weeks=20):
    return log(*(did(week, "Squat", load=100 * (1 + per_week) ** week) for week in range(weeks)))


def test_a_steady_rise_is_found_and_its_size_is_right():
    table = overload.leg_overload(LegLog.of(rising(0.01))).table
    row = table.iloc[0]
    assert row["verdict"] == "up"
    assert row["low_pct"] < 100 * (1.01**8 - 1) < row["high_pct"]  # the shortest: eight weeks
    assert row["beat_last_pct"] == 100


def test_a_fall_is_no_progress():
    finding = overload.overload(LegLog.of(rising(-0.01)))
    assert finding.verdict == "not done"
    assert "1 down" in finding.shows


def test_more_repetitions_at_the_same_load_beat_the_last_session():
    book = log(*(did(week, "Squat", reps=5.0 + week % 2) for week in range(11)))
    assert overload.leg_overload(LegLog.of(book)).table["beat_last_pct"].tolist() == [50]


def test_high_repetitions_are_compared_without_an_e1rm():
    book = log(*(did(week, "Squat", reps=20.0 + week) for week in range(10)))
    row = overload.leg_overload(LegLog.of(book)).table.iloc[0]
    assert row["verdict"] == "fewer than six days with an e1RM"
    assert row["beat_last_pct"] == 100


def test_top_sets_then_and_now():
    row = overload.leg_top_sets(LegLog.of(rising(0.01))).table.iloc[0]
    assert row["load_then_kg"] == pytest.approx(101.5, abs=0.1)
    assert row["load_now_kg"] == pytest.approx(119.0, abs=0.2)


def test_exercises_without_a_load_are_counted_in_the_notes():
    book = log(did(0, "Squat", 3), did(0, "Air Squat", 2, load=None, day=1))
    notes = overload.leg_overload(LegLog.of(book)).notes
    assert any("2 leg sets (40 %), Air Squat (2)" in str(note) for note in notes)


def test_too_few_sessions_are_no_trend():
    assert overload.overload(LegLog.of(rising(0.01, weeks=5))).verdict == "cannot tell yet"


def test_techniques_marked_named_and_silent():
    legs = LegLog.of(log(
        did(0, "Squat", 1), did(0, "Squat", 2, kind="drop"),
        did(1, "Squat", 2, note="slow eccentric"),
        did(1, "Bench Press (Barbell)", 1, day=1, superset="a"),
        did(1, "Row (Barbell)", 1, day=1, superset="a"),
    ))  # fmt: skip
    assert methods.method(legs, "drop_set").verdict == "done"
    assert methods.method(legs, "tempo").unit == "notes"
    assert methods.method(legs, "superset").verdict == "not done"
    silent = methods.method(legs, "bfr")
    assert silent.verdict == "not measurable"
    assert "blood-flow" in silent.missing


def test_a_note_on_another_muscle_proves_nothing_for_the_legs():
    legs = LegLog.of(log(did(0, "Squat", 1), did(0, "Bench Press", 2, day=1, note="BFR today")))
    assert methods.method(legs, "bfr").verdict == "not measurable"
    assert "other muscles only" in methods.method(legs, "bfr").shows


def test_range_of_motion_by_name():
    found = methods.range_of_motion(LegLog.of(log(did(0, "Box Squat (Barbell)", 3))))
    assert (found.verdict, found.number) == ("noted", 3)


def test_effort_is_of_the_sets_that_log_it():
    legs = LegLog.of(log(did(0, "Squat", 2, rir=1.0), did(1, "Squat", 2, rir=6.0),
                         did(2, "Squat", 6)))  # fmt: skip
    found = methods.effort(legs)
    assert (found.number, found.n) == (50, 4)


def test_rest_between_sets_where_logged():
    assert methods.rest_between_sets(LegLog.of(log(did(0, "Squat", 3, rest_s=90.0)))).number == 90
    assert methods.rest_between_sets(LegLog.of(log(did(0, "Squat", 3)))).missing


def test_days_between_leg_sessions():
    legs = LegLog.of(log(did(0, "Squat"), did(0, "Leg Curl", day=3), did(1, "Squat")))
    assert methods.rest_days(legs).number == 3.5


def test_a_lighter_week_among_steady_ones():
    runs = [did(week, "Squat", 2 if week == 6 else 10) for week in range(10)]
    found = methods.deloads(LegLog.of(log(*runs)))
    assert (found.number, found.verdict) == (1, "noted")


def test_irregular_training_has_no_deloads():
    runs = [did(week, "Squat", 10 if week % 3 == 0 else 1) for week in range(15)]
    assert methods.deloads(LegLog.of(log(*runs))).verdict == "cannot tell yet"


def test_sleep_is_measured_where_joined_and_named_missing_elsewhere():
    joined = log(did(0, "Squat", sleep_h=7.0), did(1, "Squat", sleep_h=8.0),
                 extra={"sleep_h": pl.Float64})  # fmt: skip
    assert methods.sleep(LegLog.of(joined)).number == 7.5
    assert "sleep" in methods.sleep(LegLog.of(log(did(0, "Squat")))).missing


def test_families_hold_what_they_say():
    named = CATALOGUE.exercises.with_columns(pl.col("name").alias("lift"))
    for family in exercises.FAMILIES:
        rows = named.filter(exercises.in_family(family))
        assert rows.height, family
    barbell = named.filter(exercises.in_family("barbell_squats"))["name"].to_list()
    assert "Squat (Barbell)" in barbell
    assert not [name for name in barbell if "Split" in name or "Dumbbell" in name]
    curls = named.filter(exercises.in_family("leg_curls"))["name"]
    assert not curls.str.contains("Biceps|Wrist").any()


def test_every_topic_answers_in_the_vocabulary_even_of_nothing():
    for book in (log(), log(did(0, "Bench Press", 3)), log(did(0, "Squat", 3))):
        summary, *details = leg_audit(book)
        assert summary.table["topic"].tolist() == list(TOPICS)
        assert set(summary.table["verdict"]) <= set(VERDICTS)
        assert len(details) == len(DETAILS)
        assert all(result.summary and result.name.startswith("leg-") for result in details)


def test_every_topic_that_cannot_be_measured_names_a_field():
    table = leg_audit(log(did(0, "Squat", 3)))[0].table
    blind = table["verdict"].eq("not measurable")
    assert blind.any()
    assert (table["missing"].ne("") == blind).all()


def test_several_athletes_are_stacked_and_not_mixed():
    book = log(did(0, "Squat", 4), did(0, "Squat", 9, athlete="bob"))
    volume = leg_audit(book)[1].table
    quads = volume[volume["muscle"] == "quads"].set_index("athlete")["direct_now"]
    assert quads.to_dict() == {"ann": 4, "bob": 9}
    assert volume.columns[0] == "athlete"


@pytest.fixture(scope="module")
def anna():
    return read(SAMPLE)


def test_annas_fourteen_weeks_without_calves_are_found(anna):
    found = dose.calf_neglect(LegLog.of(anna))
    assert found.number == 14
    assert "2026-03-02 to 2026-06-07" in found.shows


def test_every_table_of_the_audit_is_folded_away_once_under_its_cards(anna):
    folded = [section.items[-1] for section in (audit_section(anna), article_section(anna))]
    assert [section.id for section in folded] == ["leg-detail", "article-tables"]
    assert all(section.folded for section in folded)
    names = [result.name for section in folded for result in section.items]
    assert len(names) == len(set(names))
    audited, details = folded[0].items[-1], folded[0].items[:-1]
    assert audited.table["topic"].is_unique
    assert all(result.table.shape[1] <= 8 for result in details)
    assert details[0].figure_dict["data"]


def test_muscles_are_in_the_order_of_the_page(anna):
    for result in leg_audit(anna):
        if "direct_now" in result.table or "longest_weeks" in result.table:
            assert result.table["muscle"].tolist() == list(MUSCLES)


@pytest.mark.shared
@pytest.mark.skipif(not EXPORTS.is_dir(), reason="reference exports are not beside the project")
def test_a_real_log_without_calf_work_shows_it():
    path = EXPORTS / "fitnotes" / "douglastkaiser__kaiserlift__data_lifting.csv"
    found = dose.calf_neglect(LegLog.of(read(path)))
    assert found.verdict == "not done"
    assert found.number > 52


def test_cards_say_what_the_tables_say(anna):
    audit, article = audit_section(anna), article_section(anna)
    cards = audit.items[1].flags
    assert [card.kind for card in cards] == leg_audit(anna)[0].table["verdict"].tolist()
    calves = next(card for card in cards if card.text.startswith("Calves trained"))
    assert calves.level == "attention"
    assert "14 logged weeks" in calves.text
    claimed = article.items[1].flags
    assert all("Your log (" in card.text and "Trials: " in card.text for card in claimed)
    assert {card.level for card in claimed if card.kind == "not supported"} == {"notice"}
    assert Report("Anna", [audit, article]).html().count("<h2") >= 2


def test_a_lift_tried_once_in_a_year_is_no_regular_one():
    book = log(*(did(week, "Squat", 2) for week in range(52)), did(20, "Deadlift", 3, day=2))
    legs = LegLog.of(book)
    assert exercises.family_sets(legs, "deadlifts").verdict == "partly done"
    assert exercises.family_sets(legs, "squats").verdict == "done"
    assert exercises.named_best(legs).number == 1
    assert "hardly: deadlifts" in exercises.named_best(legs).shows
