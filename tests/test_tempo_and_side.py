"""Tempo and side are read where a note says them plainly; the note stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.ingest import read
from analysis.ingest.tempo_and_side import side, tempo


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("tempo 4010", "4-0-1-0"),
        ("Tempo: 31X1, belt", "3-1-X-1"),
        ("3-1-0 Tempo RDL", "3-1-0"),
        ("3.0.3 tempo squat", "3-0-3"),
        ("(tempo 4s down, 1s up)", "4-?-1-?"),
        ("3 down 1 up", "3-?-1-?"),
        ("3 sec down, 2 sec hold, 1 up", "3-2-1-?"),
        ("5s up / 5s down", "5-?-5-?"),
        ("4s eccentric", "4-?-?-?"),
        ("cadência 3-1-1", "3-1-1"),
        ("3 segundos bajando, 1 subiendo", "3-?-1-?"),
        ("3 segundos descendo e 1 subindo", "3-?-1-?"),
        ("4 s descente", "4-?-?-?"),
        ("3s runter und 1s hoch", "3-?-1-?"),
        ("3 secondi giù, 1 su", "3-?-1-?"),
    ],
)
def test_a_tempo_that_is_said(note, said):
    assert tempo(note) == said


@pytest.mark.parametrize(
    "note",
    [
        "135 tempo",  # a load
        "225 tempo, last one on a deficit",
        "7-6-5",  # repetitions
        "2024-01-02 tempo",  # a day
        "slow down and controlled up",
        "5 down next time",
        "60 s down",  # longer than any phase
        "good tempo",
        "up 5 down 10",
        "3 up front",
    ],
)
def test_what_may_mean_something_else_is_left_alone(note):
    assert tempo(note) is None


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("left arm", "left"),
        ("Right leg only", "right"),
        ("links", "left"),
        ("jambe droite", "right"),
        ("lado izquierdo", "left"),
        ("perna direita", "right"),
        ("gamba sinistra", "left"),
        ("belt\nright", "right"),
        ("left\nright", None),
        ("LEFT SIDE FIRST", None),
        ("12 on left 10 on right", None),
        ("3 days left", None),
        ("right shoulder pain", None),
    ],
)
def test_a_side_is_a_line_of_its_own(note, said):
    assert side(note) == said


@given(st.text(max_size=200))
def test_any_text_can_be_read(note):
    assert tempo(note) is None or tempo(note).count("-") in (2, 3)
    assert side(note) in (None, "left", "right")


def test_the_set_table_bears_both_and_the_note(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "Date,Exercise,Category,Weight,Weight Unit,Reps,Distance,Distance Unit,Time,Comment\n"
        '2024-01-01,Split Squat,Legs,20,kgs,8,,,,"tempo 3010"\n'
        '2024-01-01,Split Squat,Legs,20,kgs,8,,,,"left leg"\n'
        '2024-01-01,Split Squat,Legs,20,kgs,8,,,,""\n'
    )
    sets = read(path).sets
    assert sets["tempo"].to_list() == ["3-0-1-0", None, None]
    assert sets["side"].to_list() == [None, "left", None]
    assert sets["note"].to_list() == ["tempo 3010", "left leg", None]
