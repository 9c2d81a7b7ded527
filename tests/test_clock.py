"""One person's wall clock and UTC line up; a workout past midnight stays one."""

from __future__ import annotations

import json
from datetime import datetime

import polars as pl
import pytest

from analysis.ingest import Options, read
from analysis.ingest.vendors._times import sitting
from analysis.problems import SettingsError, UserError

HEADER = (
    '"title","start_time","end_time","description","exercise_title","superset_id",'
    '"exercise_notes","set_index","set_type","weight_kg","reps","distance_km",'
    '"duration_seconds","rpe"'
)


def both_exports(folder):
    """The same two workouts as the app's CSV (Berlin's clock) and as its API (UTC)."""
    local = ["5 Mar 2026, 23:48", "7 Jul 2026, 00:30"]  # winter and summer
    utc = ["2026-03-05T22:48:12+00:00", "2026-07-06T22:30:40+00:00"]
    lines = [
        f'"A","{at}","{at}","","Squat (Barbell)",,"","{number}","normal",100,5,,,'
        for at in local
        for number in (0, 1)
    ]
    (folder / "hevy.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    one = {"index": 0, "type": "normal", "weight_kg": 100, "reps": 5}
    exercise = {
        "title": "Squat (Barbell)",
        "exercise_template_id": "x",
        "sets": [one, {**one, "index": 1}],
    }
    workouts = [
        {"title": "A", "start_time": at, "end_time": at, "exercises": [exercise]} for at in utc
    ]
    (folder / "hevy.json").write_text(json.dumps(workouts))
    return [folder / "hevy.csv", folder / "hevy.json"]


def test_a_zone_lines_up_wall_clock_and_utc(tmp_path):
    paths = both_exports(tmp_path)
    book = read(paths, athlete="ann", tz="Europe/Berlin")
    assert book.sets.height == 4  # not 8
    assert book.ledger["duplicates"].sum() == 4
    assert book.sets["started_at"].dt.date().unique().sort().to_list() == [
        datetime(2026, 3, 5).date(),
        datetime(2026, 7, 7).date(),
    ]


def test_the_zone_may_stand_beside_the_exports(tmp_path):
    paths = both_exports(tmp_path)
    (tmp_path / "liftdose.toml").write_text('tz = "Europe/Berlin"\n')
    assert read(paths, athlete="ann").sets.height == 4


def test_without_a_zone_it_is_said_that_times_stay_in_utc(tmp_path):
    paths = both_exports(tmp_path)
    book = read(paths[1], athlete="ann")
    assert any(note.kind == "utc" for note in book.notes)
    assert book.sets["started_at"].max() == datetime(2026, 7, 6, 22, 30, 40)


def test_a_zone_that_is_none_is_refused(tmp_path):
    paths = both_exports(tmp_path)
    with pytest.raises(UserError, match="'Berlin' is no time zone"):
        read(paths, tz="Berlin")
    with pytest.raises(UserError, match="no time zone"):
        Options(tz="UTC+25")
    (tmp_path / "liftdose.toml").write_text("tz = 2\n")
    with pytest.raises(SettingsError, match="expected the name of a time zone"):
        read(paths)


def two_apps(folder, start, ended, loads):
    """One workout in Hevy, 10:00 to 11:00, and in RP."""
    lines = [
        f'"A","5 Mar 2026, 10:00","5 Mar 2026, 11:00","","Squat (Barbell)",,"","{place}",'
        f'"normal",{load},{reps},,,'
        for place, (load, reps) in enumerate([(100, 5), (100, 6), (90, 8), (80, 10)])
    ]
    (folder / "hevy.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    done = [
        {"setType": "regular", "weight": load, "reps": reps, "unit": "kg", "status": "complete",
         "finishedAt": start if place == 0 else ended}
        for place, (load, reps) in enumerate(loads)
    ]  # fmt: skip
    day = {"label": "Monday", "exercises": [{"exerciseId": 6, "sets": done}]}
    cycle = {"name": "M", "unit": "kg", "microRirs": 32108, "weeks": [{"days": [day]}]}
    (folder / "rp.json").write_text(json.dumps([cycle]))
    return read([folder / "hevy.csv", folder / "rp.json"], athlete="ann").sets.height


@pytest.mark.parametrize(
    ("start", "ended", "loads", "sets"),
    [
        # filled side by side, half of the sets to the kilogram: one workout
        ("10:07:00", "10:55:00", [(100, 5), (100, 6), (91.5, 8), (81.5, 10)], 4),
        # the same, hours apart: not sure enough
        ("15:07:00", "15:55:00", [(100, 5), (100, 6), (91.5, 8), (81.5, 10)], 8),
        # hours apart and the same sets: one clock is in another zone
        ("15:07:00", "15:55:00", [(100, 5), (100, 6), (90, 8), (80, 10)], 4),
        # side by side and nothing alike: two people's, or a mistake; both stay
        ("10:07:00", "10:55:00", [(20, 15), (20, 15), (15, 20), (15, 20)], 8),
    ],
)
def test_two_apps_filled_for_one_workout(tmp_path, start, ended, loads, sets):
    stamps = (f"2026-03-05T{each}.000000Z" for each in (start, ended))
    assert two_apps(tmp_path, *stamps, loads) == sets


def test_two_workouts_of_a_day_in_two_exports_of_one_app_stay_two(tmp_path):
    for name, hours in (("a", (8,)), ("b", (8, 18))):
        lines = [
            f'"A","5 Mar 2026, {hour:02}:00","5 Mar 2026, {hour + 1:02}:00","","Squat (Barbell)",,'
            f'"","{place}","normal",100,5,,,'
            for hour in hours
            for place in (0, 1)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    book = read([tmp_path / "a.csv", tmp_path / "b.csv"], athlete="ann")
    assert (
        book.sets["session"].to_list() == ["2026-03-05T08:00:00"] * 2 + ["2026-03-05T18:00:00"] * 2
    )


def test_a_sitting_ends_by_a_long_pause_and_not_by_midnight():
    times = [
        datetime(2024, 1, 1, 23, 10),
        datetime(2024, 1, 2, 0, 20),
        datetime(2024, 1, 2, 7, 0),
        datetime(2024, 1, 1, 23, 50),  # rows may stand in any order
    ]
    starts = pl.DataFrame({"at": times}).select(sitting("at")).to_series().to_list()
    assert starts == [times[0], times[0], times[2], times[0]]


GYMRUN = (
    "Date;Time;Routine;Exercise;Set;Weight;Reps;Duration;Distance;"
    "Para6;Para7;Para8;Para9;Para10;Note;Type;Book;Version1"
)


def test_an_app_that_times_each_set_keeps_a_late_workout_whole(tmp_path):
    path = tmp_path / "gymrun.csv"
    lines = [
        f"{day};{time};A;Squat;{number};100;5;;;;;;;;;;;"
        for number, (day, time) in enumerate(
            [("29.04.2025", "23:50:00"), ("30.04.2025", "00:05:00"), ("30.04.2025", "18:00:00")],
            start=1,
        )
    ]
    path.write_text("\n".join([GYMRUN, *lines]) + "\n")
    sets = read(path, athlete="ann", unit="kg").sets
    assert sets["session"].to_list() == ["2025-04-29T23:50:00"] * 2 + ["2025-04-30T18:00:00"]


def test_a_duration_is_read_where_it_says_its_unit_and_told_where_it_does_not(tmp_path):
    path = tmp_path / "gymrun.csv"
    lines = [
        f"29.04.2025;12:0{number}:00;A;Planks;{number};;;{said};;;;;;;;;;"
        for number, said in enumerate(["0:01:30", "90 s", "2min", "45", ""], start=1)
    ]
    path.write_text("\n".join([GYMRUN, *lines]) + "\n")
    logbook = read(path, athlete="ann", unit="kg")
    assert logbook.sets["duration_s"].to_list() == [90, 90, 120, None, None]
    (told,) = [note for note in logbook.notes if note.kind == "cleared"]
    assert (told.count, told.facts["line"]) == (1, 5)


def test_two_routines_of_one_visit_begin_with_it_and_stay_two_workouts(tmp_path):
    path = tmp_path / "gymrun.csv"
    lines = [
        f"29.04.2025;{time};{routine};Squat;1;100;5;;;;;;;;;;;"
        for time, routine in (("12:00:00", "A"), ("12:05:00", "A"), ("12:40:00", "B"))
    ]
    path.write_text("\n".join([GYMRUN, *lines]) + "\n")
    sets = read(path, athlete="ann", unit="kg").sets
    assert sets["session"].to_list() == ["2025-04-29T12:00:00"] * 2 + ["2025-04-29T12:00:00 #2"]
