"""Exports and index rows of made-up clients, for tests of the coach's folder."""

from datetime import date, datetime, timedelta

import pytest

from analysis.pages import client_page
from analysis.report import Report
from analysis.signals import triage

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
        client_page, "athlete_page", lambda book, **_: Report(book.athletes[0], [])
    )


DAY = date(2024, 4, 1)


def row(name, status="on track", *, asking=(), days_off=3, **more):
    last = datetime.combine(DAY - timedelta(days=days_off), datetime.min.time())
    return {
        "athlete": name, "status": status, "asking": asking, "other": (), "last_session": last,
        "days_off": days_off, "sessions_4_weeks": 8, "sessions_own_normal": 9.5,
        "sets_last_week": 41.0, "sets_own_4_week_mean": 55.0, "strength_verdict": "up",
        "strength_change_pct": 4.2, "strength_days": 56.0,
        "strength_low_pct": 0.3, "strength_high_pct": 8.1, "strength_lifts": 6,
        "unmapped_pct": 0.0, "weekly_sets": [None, 0.0, *[50.0] * 9, 41.0], "lacking": "",
        "page": f"{name}/index.html",
    } | more  # fmt: skip


ROWS = [
    row("Ann", "needs attention", asking=(("pain note", 2), ("drop", 1)), days_off=0),
    row("Bo\x1b[2J\u202e", days_off=1),
    row("Ярослав Очень-Длинное-Имя " * 2, days_off=20),
    row("健太", "too little data", strength_change_pct=None, strength_low_pct=None,
        strength_high_pct=None, sets_own_4_week_mean=None),
    triage.not_read("old.pdf", "old.pdf: no known app exports it."),
]  # fmt: skip
