"""Every notation that coaches write, twenty lines each, read whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.legs.notation import heading, schemes
from analysis.legs.plan import plan
from analysis.legs.routine import parse_routine, read_routine

LIFTS = (
    "Squat", "Bench Press", "Deadlift", "Overhead Press", "Barbell Row", "Pull Up", "Dip",
    "Romanian Deadlift", "Leg Press", "Leg Extension", "Lying Leg Curl", "Seated Leg Curl",
    "Hip Thrust", "Lunge", "Lat Pulldown", "Face Pull", "Bicep Curl", "Triceps Pushdown",
    "Lateral Raise", "Standing Calf Raise",
)  # fmt: skip
"""Twenty names, so that a notation is tried on more than one."""

NOTATIONS = {
    "4x6 @ RIR2": (4, "6", 2.0),
    "3x8 @8": (3, "8", 2.0),
    "3x8 @ 7-8": (3, "8", 2.5),
    "5x5 @ 75%": (5, "5", None),
    "5x5 @ 72.5-75 % 1RM": (5, "5", None),
    "3x5 100kg": (3, "5", None),
    "3x5 @ 225 lbs": (3, "5", None),
    "3x8/leg": (3, "8", None),
    "3 x 10 per side": (3, "10", None),
    "3x12 each": (3, "12", None),
    "12,10,8": (3, "12,10,8", None),
    "15/12/10/8": (4, "15/12/10/8", None),
    "3 sets of 8": (3, "8", None),
    "3 sets of 8-12 reps": (3, "8-12", None),
    "8 reps x 3 sets": (3, "8", None),
    "3x10 RIR 1-2": (3, "10", 1.5),
    "3x10, 2 RIR": (3, "10", 2.0),
    "3x10 RPE 9": (3, "10", 1.0),
    "3xmax": (3, "AMRAP", None),
    "3 x AMRAP": (3, "AMRAP", None),
    "3x failure": (3, "AMRAP", None),
    "3x8, rest 90 s": (3, "8", None),
    "3x8 (2-3 min rest)": (3, "8", None),
    "3x8 rest: 2:30": (3, "8", None),
    "3x8 // elbows in": (3, "8", None),
    "3x8 tempo 3-1-1": (3, "8", None),
    "3x30s": (3, "30s", None),
    "3 x 1:00": (3, "1:00", None),
    "3x40m": (3, "40m", None),
    "3x5+ @ 85% TM": (3, "5+", None),
    "3×8–12": (3, "8–12", None),
}


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("before", ["{} {}", "- {}: {}", "A1. {} {}", "3) {} – {}"])
def test_a_notation_is_read_whole(tmp_path, notation, before):
    path = tmp_path / "routine.txt"
    path.write_text("\n".join(before.format(lift, notation) for lift in LIFTS), encoding="utf-8")
    routine = read_routine(path)
    assert routine.unread == ()
    sets, reps, rir = NOTATIONS[notation]
    assert [(e.exercise, e.sets, e.reps, e.rir) for e in routine.planned] == [
        (lift, sets, reps, rir) for lift in LIFTS
    ]


def table(head, row):
    return [head, *(row.format(lift) for lift in LIFTS)]


TABLES = {
    "markdown.md": table("| Exercise | Sets | Reps | RPE | Rest |\n|---|---|---|---|---|",
                         "| **{}** | 3 | 8-12 | 8 | 2 min |"),
    "scheme.md": table("| Movement | Sets x Reps | Effort |\n|:--|:-:|--:|",
                       "| {} | 3x8-12 | 8 |"),
    "rest.csv": table("Day,Exercise,Sets,Reps,RPE,Rest,Notes", "Monday,{},3,8-12,8,90 s,slow"),
    "european.csv": table("Tag;Übung;Sätze;Wdh;RIR", "1;{};3;8-12;2"),
    "pasted.txt": table("Exercise\tSets\tReps\tRIR", "{}\t3\t8-12\t2"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_whole(tmp_path, name):
    path = tmp_path / name
    path.write_text("\n".join(TABLES[name]), encoding="utf-8")
    routine = read_routine(path)
    assert routine.unread == ()
    assert [(e.exercise, e.sets, e.reps, e.rir) for e in routine.planned] == [
        (lift, 3, "8-12", 2.0) for lift in LIFTS
    ]


def test_supersets_and_several_schemes_of_a_line():
    line = "Bench 3x8 superset with Row 3x10"
    assert [(s.exercise, s.sets, s.reps) for s in schemes(line)] == [
        ("Bench", 3, "8"), ("Row", 3, "10"),
    ]  # fmt: skip
    assert [(s.exercise, s.sets, s.reps) for s in schemes("Squat 1x5 @ 85%, 3x8 @ 75 %")] == [
        ("Squat", 1, "5"), ("Squat", 3, "8"),
    ]  # fmt: skip
    assert [s.exercise for s in schemes("5x5 Squat")] == ["Squat"]


@pytest.mark.parametrize(
    "line",
    ["Monday", "Mon - legs", "DAY 1: PUSH", "# Day 1", "**Upper A**", "Push", "Day 2", "Legs:",
     "## Wednesday: pull", "Session B", "Full Body"],
)  # fmt: skip
def test_a_day_is_a_heading_a_weekday_or_a_split(line):
    text = f"{line}\nSquat 3x5\n"
    assert parse_routine(text).days == [heading(line)]


def test_an_exercise_is_no_day():
    assert [heading(line) for line in ("Squat", "Leg Press", "Chest press machine")] == [""] * 3


def test_comments_count_for_nothing_and_a_second_week_is_left_out():
    routine = parse_routine(
        "Week 1\nMonday\nWarm-up: 5 min bike\nSquat 3x5\nRest 3 min between sets\n---\n"
        "Week 2\nSquat 3x6\n"
    )
    assert [e.reps for e in routine.planned] == ["5"]
    assert (routine.unread, routine.skipped) == ((), 6)


SHORT = {
    "Leg Ext": "quads", "RDL": "hamstrings", "BSS": "quads", "OHP": "front delts",
    "CGBP": "triceps", "DB Bench": "chest", "BB Row": "upper back",
    "Ham Curl": "hamstrings", "Lat Raise": "side delts", "SLDL": "hamstrings",
}  # fmt: skip


@pytest.mark.parametrize("name", SHORT)
def test_short_names_are_known(name):
    table = plan(parse_routine(f"{name} 3x8")).table.set_index("muscle")
    assert table.loc[SHORT[name], "direct"] == 3


@given(st.text(max_size=80))
def test_any_line_gives_schemes_or_none(line):
    for each in schemes(line):
        assert each.sets >= 0
        assert each.rir is None or 0 <= each.rir <= 10
    assert isinstance(heading(line), str)
