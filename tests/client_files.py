"""Exports of made-up clients, for tests of the coach's folder."""

from datetime import datetime, timedelta

import pytest

from analysis.pages import coach_pages
from analysis.report import Report

HEADER = (
    "title,start_time,end_time,description,exercise_title,superset_id,exercise_notes,set_index,"
    "set_type,weight_kg,reps,distance_km,duration_seconds,rpe\n"
)
LIFTS = ("Squat (Barbell)", "Bench Press (Barbell)", "Bent Over Row (Barbell)")


def hevy(folder, name, *, weeks=12, start=datetime(2024, 1, 1, 18), note="", lifts=LIFTS):
    """Write a Hevy export: one session a week of three lifts, three sets each, rising."""
    lines = [HEADER]
    for week in range(weeks):
        day = start + timedelta(weeks=week)
        text = note if week == weeks - 1 else ""
        times = f'"{day:%d %b %Y, %H:%M}","{day + timedelta(hours=1):%d %b %Y, %H:%M}"'
        lines += [
            f'"Secret plan",{times},"","{lift}",,"{text}",{index},normal,{100 + week},5,,,\n'
            for lift in lifts
            for index in range(3)
        ]
    path = folder / name
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def light(monkeypatch):
    """Make every client's page an empty one, for tests of what is around it."""
    monkeypatch.setattr(
        coach_pages, "athlete_page", lambda book, **_: Report(book.athletes[0], [])
    )
