from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.legs.plan import Band, landmarks, plan
from analysis.legs.routine import parse_routine, read_routine, routine_table
from analysis.problems import PathError, SettingsError, UnreadableError, UserError
from tests.leg_logs import did, log

TEXT = """\
# Day 1
Squat 4x6 @ RIR2
- Leg press: 3 x 10-12 @ RPE 8

# Day 2
RDL 3×8
Standing calf raise 4xAMRAP
Plank 3x30s
"""


def planned(text, **more):
    return plan(parse_routine(text), **more).table.set_index("muscle")


def test_text_lines_are_read_as_written():
    routine = parse_routine(TEXT)
    rows = [(p.day, p.exercise, p.sets, p.reps, p.rir) for p in routine.planned]
    assert rows == [
        ("Day 1", "Squat", 4, "6", 2.0),
        ("Day 1", "Leg press", 3, "10-12", 2.0),
        ("Day 2", "RDL", 3, "8", None),
        ("Day 2", "Standing calf raise", 4, "AMRAP", None),
        ("Day 2", "Plank", 3, "30s", None),
    ]
    assert routine.planned[-1].line == 8


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_table_and_the_text_are_the_same_routine(tmp_path, delimiter):
    rows = [
        "day,exercise,sets,reps,rir",
        "Day 1,Squat,4,6,2",
        "Day 1,Leg press,3,10-12,2",
        "",
        "Day 2,RDL,3,8,",
        "Day 2,Standing calf raise,4,amrap,",
        "Day 2,Plank,3,30s",
    ]
    path = tmp_path / "routine.csv"
    path.write_text("\n".join(rows).replace(",", delimiter), encoding="utf-8-sig")
    table, text = read_routine(path), parse_routine(TEXT)
    assert [p.exercise for p in table.planned] == [p.exercise for p in text.planned]
    assert [(p.day, p.sets, p.reps, p.rir) for p in table.planned] == [
        (p.day, p.sets, p.reps, p.rir) for p in text.planned
    ]


def test_ten_sets_of_squats_are_ten_for_quads_and_none_for_calves():
    table = planned("Squat 10x5")
    assert table.loc["quads", "direct"] == 10
    assert table.loc["calves", "fractional"] == 0
    assert "not trained" in table.loc["calves", "gap"]


def test_deadlifts_and_split_squats():
    table = planned("Deadlift 3x5\nSplit Squats 4x8")
    assert table.loc[["quads", "hamstrings", "glutes"], "direct"].tolist() == [4, 3, 7]
    assert table.loc["lower back", "direct"] == 0


def test_frequency_is_days_with_direct_work():
    table = planned("# A\nSquat 2x5\nLeg press 2x8\n# B\nSquat 2x5")
    assert table.loc["quads", "days"] == 2
    assert table.loc["adductors", "days"] == 0


def test_a_line_that_cannot_be_read_is_listed_and_the_rest_counts():
    routine = parse_routine("Squat heavy\nBench 99x8\nRow 3x12-8\nDip 3x8\n")
    assert [(each.line, each.why) for each in routine.unread] == [
        (1, "no sets; write it like “Squat 4x6 @ RIR2”"),
        (2, "99 sets; expected 1 to 30"),
        (3, "the range 12-8 runs down"),
    ]
    assert [each.exercise for each in routine.planned] == ["Dip"]
    notes = plan(routine).notes
    assert any("line 1: “Squat heavy” was not read: no sets" in str(note) for note in notes)


def test_nothing_readable_names_every_line(tmp_path):
    path = tmp_path / "push.txt"
    path.write_text("Squat heavy\nBench 99x8\n")
    with pytest.raises(UnreadableError) as caught:
        read_routine(path)
    assert "push.txt, line 1: “Squat heavy”: no sets" in str(caught.value)
    assert "line 2: “Bench 99x8”: 99 sets; expected 1 to 30" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("day,sets,reps\n1,3,8", "a table needs a header with exercise, sets and reps"),
        ("day,exercise,sets,reps\n1,Squat,99,5", "its sets cannot be read"),
        ("day,exercise,sets,reps\n1,Squat,3,12-8", "its sets cannot be read"),
        ("day,exercise,sets,reps\n1,,3,5", "a row needs its exercise"),
        ("", "holds no exercise"),
    ],
)
def test_faults_of_a_table(tmp_path, text, fault):
    path = tmp_path / "routine.csv"
    path.write_text(text)
    with pytest.raises(UnreadableError, match=fault):
        read_routine(path)


def test_columns_of_a_coach_that_prescribe_nothing_are_no_fault(tmp_path):
    path = tmp_path / "routine.csv"
    path.write_text("Exercise,Sets,Reps,Rest,Load,Notes\nSquat,3,5,3 min,100 kg,pause\n")
    (only,) = read_routine(path).planned
    assert (only.exercise, only.sets, only.reps) == ("Squat", 3, "5")


def test_faults_of_files(tmp_path):
    with pytest.raises(PathError):
        read_routine(tmp_path / "none.txt")
    latin = tmp_path / "latin.txt"
    latin.write_bytes("Kniebeuge schräg 3x8".encode("latin-1"))
    with pytest.raises(UnreadableError, match="not UTF-8"):
        read_routine(latin)
    with pytest.raises(UnreadableError, match="holds no exercise"):
        parse_routine("# Day 1\n\n")


def test_a_very_long_line_is_refused_at_once():
    with pytest.raises(UnreadableError, match="line 1"):
        parse_routine("Squat" + " " * 200_000 + "x 3x8")


@given(st.text(max_size=60))
def test_any_text_is_a_routine_or_a_clear_error(text):
    try:
        routine = parse_routine(text)
    except UnreadableError as error:
        assert str(error).startswith("routine")
    else:
        assert all(entry.exercise and entry.sets > 0 for entry in routine.planned)


def test_unmapped_names_are_listed_with_suggestions_and_count_for_none():
    result = plan(parse_routine("Calf rase thing 4x15\nSquat 2x5"))
    note = next(note for note in result.notes if "Calf rase thing" in str(note))
    assert "line 1" in str(note)
    assert "did you mean" in str(note)
    assert "4 sets of unknown exercises" in result.summary
    assert result.table["direct"].sum() == 4
    assert routine_table(parse_routine("Calf rase thing 4x15")).table["taken_for"].tolist() == [""]


def test_own_history_is_the_athletes_recent_weeks():
    book = log(*(did(week, "Squat", 10) for week in range(12)))
    table = planned("Squat 6x5\nSeated Calf Raise 3x10", logbook=book)
    assert table.loc["quads", "own_now"] == pytest.approx(10)
    assert "-40 % against your own weeks" in table.loc["quads", "gap"]
    assert table.loc["calves", "gap"] == "new to you"


def test_without_a_log_there_is_no_history_column():
    assert "own_now" not in planned("Squat 3x5")


def test_one_athlete_only():
    book = log(did(0, "Squat"), did(0, "Squat", athlete="bob"))
    with pytest.raises(UserError, match="2 athletes"):
        plan(parse_routine("Squat 3x5"), book)


def test_shipped_landmarks_are_heuristics_and_leave_unchecked_values_blank():
    bands = landmarks()
    assert set(bands) == {"quads", "hamstrings", "glutes"}
    result = plan(parse_routine("Squat 3x5"))
    assert any("practitioner heuristic, not evidence" in str(note) for note in result.notes)
    assert result.settings["landmarks"] == "practitioner heuristic"
    table = result.table.set_index("muscle")
    assert table.loc["quads", "landmark"] == "6–12 to 18–22"
    assert "below their minimum" in table.loc["quads", "gap"]
    assert table.loc["calves", "landmark"] == ""


def test_landmarks_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[muscles.calves]\nminimum = [8, 8]\nmaximum = 20\n")
    table = planned("Standing calf raise 21x10\nSquat 3x5", bands=path)
    assert table.loc["calves", "landmark"] == "8 to 20"
    assert table.loc["calves", "gap"] == "above their maximum"
    assert table.loc["quads", "gap"] == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[muscles.calfs]\nminimum = 1\nmaximum = 2", "no such muscle"),
        ("[muscles.quads]\nminimum = 1", "needs minimum and maximum"),
        ("[muscles.quads]\nminimum = 'x'\nmaximum = 2", "expected two numbers"),
        ("[muscles.quads]\nminimum = [5, 2]\nmaximum = 9", "expected two numbers"),
        ("[muscles.quads]\nminimum = 10\nmaximum = 2", "lies above the maximum"),
        ("muscles = 3", "expected a table"),
        ("[muscles.quads]\nminimum = 1\nmaximum = 2\nmost = 3", "no such setting; known are"),
        ("[muscles", "not valid TOML"),
    ],
)
def test_faults_of_landmarks(tmp_path, text, fault):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=fault) as caught:
        landmarks(path, muscles={"quads", "calves"})
    assert "mine.toml" in str(caught.value)


@given(st.floats(0, 60))
def test_inside_the_band_nothing_is_said(sets):
    band = Band((6, 12), (18, 22))
    assert bool(band.place(sets)) == (not 6 <= sets <= 22)


def test_figure_and_summary():
    result = plan(parse_routine(TEXT, "spring.txt"))
    assert result.title == "Routine: spring"
    assert result.summary.startswith("17 sets a week on 2 days; direct sets: glutes 10, quads 7")
    assert [bar["name"] for bar in result.figure_dict["data"]] == ["planned"]


def test_a_routine_of_any_sets_adds_up():
    table = routine_table(parse_routine(TEXT)).table
    assert table["sets"].sum() == 17
    assert table["taken_for"].ne("").all()


def test_the_sample_file_can_be_planned_against():
    from analysis.ingest import read

    path = Path(__file__).parents[1] / "data" / "raw" / "sample" / "anna_strong.csv"
    table = planned(TEXT, logbook=read(path))
    assert table.loc["chest", "gap"] == "not trained; you do 8.5 now"
