"""Nothing lost, nothing swapped, nothing silent: each fault as it was once seen."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import outputs
from analysis.ingest import Options, people, read, sources, write
from analysis.ingest.records import is_encoding
from analysis.logbook import Logbook
from analysis.models.hypothesis.r_script import printable
from analysis.outputs import folder_names, scratch_folder, whole_folder
from analysis.pages.clients import Settings, parse
from analysis.pages.coach import coach_folder
from analysis.problems import NoUsableDataError, OutputError, SettingsError
from analysis.result import without_markup
from tests.client_files import hevy

LIFTS = (
    "Squat (Barbell)",
    "Bench Press (Barbell)",
    "Lat Pulldown (Cable)",
    "Leg Extension (Machine)",
)
HEADER = (
    "title,start_time,end_time,description,exercise_title,superset_id,exercise_notes,set_index,"
    "set_type,weight_kg,reps,distance_km,duration_seconds,rpe\n"
)
STRONG = (
    "Date,Workout Name,Duration,Exercise Name,Set Order,Weight (kg),Reps,RPE,Distance,Seconds,"
    "Notes,Workout Notes\n"
)


def log(path, seed=1, sessions=20):
    """Write a Hevy log: twelve sets a session, at times and loads that the seed decides."""
    chance = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [HEADER]
    for number in range(sessions):
        start = datetime(2024, 1, 1, 17) + timedelta(
            days=2 * number, minutes=chance.randrange(120)
        )
        times = f'"{start:%d %b %Y, %H:%M}","{start + timedelta(hours=1):%d %b %Y, %H:%M}"'
        lines += [
            f'"Day {number % 3}",{times},"","{lift}",,"",{place},"normal",'
            f"{40 + seed + round(number * 0.3)},{8 - place},,,8\n"
            for lift in LIFTS
            for place in range(3)
        ]
    path.write_text("".join(lines))
    return path


def kinds(logbook: Logbook):
    return {note.kind for note in logbook.notes}


def total(logbook: Logbook, column: str):
    return int(logbook.ledger[column].sum())


class TestWhoIsWho:
    def test_two_files_of_one_name_are_two_people(self, tmp_path):
        paths = [log(tmp_path / side / "logs" / "ann.csv", seed) for seed, side in enumerate("xy")]
        logbook = read(paths)
        assert logbook.athletes == ["x logs ann", "y logs ann"]
        assert logbook.sets.height == 480
        assert total(logbook, "duplicates") == 0

    def test_two_folders_of_one_name_are_two_people(self, tmp_path):
        for seed, side in enumerate("xy"):
            log(tmp_path / side / "logs" / "bob.csv", seed)
        logbook = read([tmp_path / "x" / "logs", tmp_path / "y" / "logs"])
        assert len(logbook.athletes) == 2
        assert logbook.sets.height == 480

    def test_a_file_given_twice_is_read_once(self, tmp_path):
        path = log(tmp_path / "ann.csv")
        assert read([path, tmp_path / "." / "ann.csv"]).ledger.height == 1

    def test_one_person_is_said_in_the_settings(self, tmp_path):
        for seed, name in enumerate(("ann", "ann 2024")):
            log(tmp_path / f"{name}.csv", seed)
        (tmp_path / "liftdose.toml").write_text('same_person = [["ann", "ann 2024.csv"]]\n')
        logbook = read(tmp_path)
        assert logbook.athletes == ["ann"]
        assert "joined" in kinds(logbook)
        assert read(tmp_path, athlete="Bo").athletes == ["Bo"]  # the command line comes first

    def test_one_log_under_two_names_is_said_once_per_person_unless_they_are_two(self, tmp_path):
        for name in ("a", "b", "c"):
            log(tmp_path / f"{name}.csv")
        notes = [note for note in read(tmp_path).notes if note.kind == "same person"]
        assert [(note.athlete, note.count) for note in notes] == [("a", 20), ("b", 20)]
        (tmp_path / "liftdose.toml").write_text('different_people = [["a", "b", "c"]]\n')
        assert "same person" not in kinds(read(tmp_path))

    def test_copies_are_still_known_when_dates_have_been_shifted(self, tmp_path):
        from analysis.pseudonyms import anonymise

        for name in ("a", "b"):
            log(tmp_path / f"{name}.csv")
        hidden = anonymise(read(tmp_path), "a secret of some length")
        assert people.shared(hidden.sets).is_empty()
        assert len(people.copies(hidden.sets, people.pairs(hidden))) == 1

    def test_a_key_that_is_no_list_of_names_is_an_error(self, tmp_path):
        log(tmp_path / "a.csv")
        (tmp_path / "liftdose.toml").write_text('same_person = "ann"\n')
        with pytest.raises(
            SettingsError, match="same_person = 'ann': expected lists of two names"
        ):
            read(tmp_path)


NAMES = st.lists(st.text(min_size=1, max_size=80), unique=True, max_size=12)


@given(NAMES)
def test_folders_of_people_are_told_apart_on_any_disk(names):
    folders = folder_names(names)
    assert list(folders) == names
    assert len({folder.casefold() for folder in folders.values()}) == len(names)
    assert all(folder.isascii() and "/" not in folder for folder in folders.values())


def test_names_that_once_shared_a_folder():
    names = ["Anna", "Anna 3", "anna", "anna-3", "Иван", "Ольга", "CON", "data", "anna-bf4fccd6"]
    assert len(set(folder_names(names).values())) == len(names)
    assert folder_names(["anna"])["anna"] == "anna"


class TestRecords:
    def test_a_stray_quote_costs_no_row(self, tmp_path):
        rows = ["Date,Exercise,Category,Weight (kgs),Reps,Distance,Distance Unit,Time,Comment"]
        rows += [
            f"2024-01-{day:02},Flat Barbell Bench Press,Chest,{60 + day},5,,,,"
            for day in range(1, 29)
        ]
        rows[5] += '"felt heavy'
        path = tmp_path / "log.csv"
        path.write_text("\n".join(rows) + "\n")
        logbook = read(path)
        assert logbook.sets["load_kg"].to_list() == [60.0 + day for day in range(1, 29)]
        assert "felt heavy" in logbook.sets["note"].to_list()
        assert "quotes mended" in kinds(logbook)
        assert total(logbook, "unaccounted") == 0

    def test_a_quote_that_nothing_proves_stray_is_named(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=2)
        lines = path.read_text().splitlines()
        lines[3] = lines[3].replace('"",0', '"oh, 0')
        lines[4:6] = ["what is", "this"]
        path.write_text("\n".join(lines) + "\n")
        logbook = read(path)
        assert (
            logbook.sets.height + total(logbook, "rejected") + total(logbook, "inside_lines") == 24
        )
        assert total(logbook, "unaccounted") == 0

    def test_a_quote_is_closed_by_what_separates_the_columns_not_the_first_line(self, tmp_path):
        """A report of semicolons whose first line holds more decimal commas."""
        path = tmp_path / "a.csv"
        path.write_text(
            '"Legs · 37,5 · 72,5 · 8";"2026-01-05 10:00 h";"51 min"\n"1. Curl · Cable"\n'
            '#;KG;REPS;RIR\n1;115;8;1\n"2. Curl · Cable";"+35;10;0\n2;+35;5;5\n"3. Row"\n'
        )
        logbook = read(path)
        assert (logbook.sets.height, total(logbook, "inside_lines")) == (1, 2)
        assert total(logbook, "unaccounted") == 0

    def test_a_note_of_many_lines_stays_one_record(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=2)
        note = "one\ntwo, with a comma\nthree"
        path.write_text(path.read_text().replace('"",0,', f'"{note}",0,', 1))
        logbook = read(path)
        assert logbook.sets.height == 24
        assert total(logbook, "inside_lines") == 2
        assert logbook.sets["note"][0] == note

    def test_a_lost_record_is_found_by_the_count_of_lines(self, tmp_path, monkeypatch):
        from analysis.ingest import set_table

        path = log(tmp_path / "a.csv", sessions=1)
        whole = set_table.set_table
        monkeypatch.setattr(set_table, "set_table", lambda *a, **k: whole(*a, **k).head(9))
        logbook = read(path)
        assert total(logbook, "unaccounted") == 3
        assert logbook.notes[0].kind == "unaccounted"

    def test_a_cell_of_seventeen_million_letters_is_one_rejected_record(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=2)
        lines = path.read_text().splitlines()
        lines[5] = '"' + "x" * 17_000_000 + '"'
        path.write_text("\n".join(lines) + "\n")
        logbook = read(path)
        assert (logbook.sets.height, total(logbook, "rejected")) == (23, 1)

    def test_a_thousand_is_read_by_the_evidence_of_the_file(self, tmp_path):
        row = '2024-01-01 10:00:00,W,1h,Leg Press,{},"{}",5,,0,0,,\n'
        loads = lambda *texts: [  # noqa: E731
            STRONG,
            *(row.format(place, text) for place, text in enumerate(texts, 1)),
        ]
        path = tmp_path / "t.csv"
        path.write_text("".join(loads("1,000")))
        with pytest.raises(NoUsableDataError, match="'1,000' is not a number"):
            read(path)
        path.write_text("".join(loads("1,000", "102.5")))
        assert read(path).sets["load_kg"].to_list() == [1000.0, 102.5]
        path.write_text("".join(loads("1,000", "102,5")))
        assert read(path).sets["load_kg"].to_list() == [1.0, 102.5]

    def test_spaces_around_a_name_go_in_sound_and_in_mended_files(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=2)
        text = path.read_text().replace('"Squat (Barbell)"', '"Squat (Barbell) "')
        path.write_text(text)
        sound = read(path).sets
        path.write_text(text + "broken\n")
        assert set(sound["exercise"]) == set(read(path).sets["exercise"]) == set(LIFTS)

    def test_an_end_before_its_start_and_wild_set_numbers_are_flagged(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=1)
        text = path.read_text().replace(',0,"normal"', ',70000,"normal"', 1)
        path.write_text(text.replace("01 Jan 2024, 1", "31 Dec 2023, 1", 2).replace(
            '"31 Dec 2023', '"01 Jan 2024', 1))  # fmt: skip
        logbook = read(path)
        columns = {note.facts["column"] for note in logbook.notes if note.kind == "cleared"}
        assert columns == {"set_index", "ended_at"}
        assert logbook.sets.height == 12
        assert logbook.sets["set_number"].max() == 3

    def test_a_repeated_header_is_a_header(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=2)
        path.write_text(path.read_text() + log(tmp_path / "b.csv", 2, 2).read_text())
        logbook = read(path)
        assert (logbook.sets.height, total(logbook, "header_lines")) == (48, 2)


class TestLanguages:
    ROW = '2025-08-01 09:46:59,"Pull",31min,"Pull Up",{},{},{},0,{},"","",\n'
    GERMAN = ("Datum,Workout-Name,Dauer,Name der Übung,Reihenfolge festlegen,Gewicht,Wiederh.,"
              "Entfernung,Sekunden,Notizen,Workout-Notizen,RPE\n")  # fmt: skip

    @pytest.mark.parametrize("word", ["Ruhezeit", "Temporizador de descanso", "休息计时器"])
    def test_a_rest_timer_is_no_set_in_any_language(self, tmp_path, word):
        path = tmp_path / "a.csv"
        rows = self.ROW.format(1, 0, 8, 0), self.ROW.format(word, 0, 0.0, 90.0)
        path.write_text(self.GERMAN + "".join(rows))
        logbook = read(path, unit="kg")
        assert (logbook.sets.height, total(logbook, "not_sets")) == (1, 1)
        assert logbook.sets["rest_s"].to_list() == [90.0]
        assert any(word in str(note) for note in logbook.notes)

    def test_a_kind_that_nobody_knows_is_counted_and_shown(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text(
            self.GERMAN + self.ROW.format(1, 20, 8, 0) + self.ROW.format("Z", 20, 8, 0)
        )
        logbook = read(path, unit="kg")
        (note,) = [note for note in logbook.notes if note.kind == "unknown kind"]
        assert (note.count, logbook.sets.height) == (1, 2)

    @pytest.mark.parametrize(
        ("month", "number"),
        [("Nis", 4), ("Ağu", 8), ("paź", 10), ("янв.", 1), ("févr.", 2), ("mrt", 3), ("Sept", 9),
         ("срп", 8)],
    )  # fmt: skip
    def test_a_month_is_read_in_the_language_of_the_phone(self, tmp_path, month, number):
        path = log(tmp_path / "a.csv", sessions=1)
        path.write_text(path.read_text().replace("Jan", month))
        if month == "срп":  # August in one language, July in another: nothing here tells
            with pytest.raises(NoUsableDataError, match="could not be read"):
                read(path)
        else:
            assert set(read(path).sets["started_at"].dt.month()) == {number}

    def test_a_month_that_stays_unknown_is_said_first_and_loudly(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=3)
        path.write_text(path.read_text().replace('"03 Jan', '"03 Xyz'))
        note = read(path).notes[0]
        assert (note.kind, note.loud, note.count) == ("mostly rejected", True, 12)
        assert "Xyz" in str(note) and "month" in str(note)

    def test_a_file_whose_rows_were_all_rejected_does_not_hold_no_set(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=2)
        path.write_text(path.read_text().replace("Jan", "Xyz"))
        with pytest.raises(NoUsableDataError) as error:
            read(path)
        assert "holds no set" not in str(error.value)
        assert "24 records of 24 could not be read" in str(error.value)

    def test_east_asian_dates_and_durations(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=1)
        path.write_text(path.read_text().replace("01 Jan 2024,", "2024年1月1日"))
        assert set(read(path).sets["started_at"].dt.date()) == {datetime(2024, 1, 1).date()}
        chinese = self.ROW.replace("31min", "1小时13分钟").format(1, 20, 8, 0)
        path.write_text(self.GERMAN + chinese)
        sets = read(path, unit="kg").sets
        assert (
            sets.select((pl.col("ended_at") - pl.col("started_at")).dt.total_minutes()).item()
            == 73
        )

    def test_dashed_dates_are_read_where_the_column_tells_the_day(self, tmp_path):
        path = tmp_path / "a.csv"
        row = "{} 22:08,W,1h,Leg Press,1,100,5,,0,0,,\n"
        path.write_text(STRONG + row.format("02-03-2023") + row.format("25-02-2023"))
        assert read(path).sets["started_at"].dt.month().to_list() == [3, 2]

    def test_a_file_without_its_header_line_is_read_whole(self, tmp_path):
        path = tmp_path / "a.csv"
        row = '2020-12-05 15:44:36;"Chest";"Bench Press (Barbell)";{};35;lbs;10;;;;0;"";""\n'
        path.write_text("".join(row.format(place) for place in range(1, 6)))
        logbook = read(path)
        assert (logbook.sets.height, total(logbook, "header_lines")) == (5, 0)
        assert "headerless" in kinds(logbook)


class TestTwoExports:
    def halves(self, tmp_path, cut):
        lines = log(tmp_path / "whole" / "a.csv").read_text().splitlines(keepends=True)
        for name, rows in (("m1", lines[:cut]), ("m2", [lines[0], *lines[cut:]])):
            (tmp_path / f"{name}.csv").write_text("".join(rows))
        return [tmp_path / "m1.csv", tmp_path / "m2.csv"]

    @pytest.mark.parametrize("cut", [156, 150, 145, 122])
    def test_halves_make_the_whole(self, tmp_path, cut):
        paths = self.halves(tmp_path, cut)
        joined = read(paths, athlete="Ann").sets
        whole = read(tmp_path / "whole" / "a.csv").sets
        assert joined.height == 240
        columns = ["started_at", "exercise", "load_kg", "reps", "session"]
        assert joined.select(columns).sort(columns).equals(whole.select(columns).sort(columns))
        place = joined.select("session", "exercise_number", "set_number")
        assert place.n_unique() == 240

    @pytest.mark.parametrize("cut", range(49, 60))
    @pytest.mark.parametrize("newest_first", [False, True])
    @pytest.mark.parametrize("lifts", [1, 4])
    def test_halves_of_equal_sets_make_the_whole_where_nothing_numbers_them(
        self, tmp_path, cut, newest_first, lifts
    ):
        """Twelve straight sets a day, of one lift or of four; the fifth day is cut anywhere."""
        header = "Date,Exercise,Category,Weight (kgs),Reps,Distance,Distance Unit,Time\n"
        days = range(8, 0, -1) if newest_first else range(1, 9)
        rows = [f"2024-01-{day:02},{LIFTS[place * lifts // 12]},X,60,5,,,\n"
                for day in days for place in range(12)]  # fmt: skip
        for name, part in (("a", rows[:cut]), ("b", rows[cut:])):
            (tmp_path / f"{name}.csv").write_text(header + "".join(part))
        # two halves alike, of equal sets of one lift, cannot be told from two copies
        alike = lifts == 1 and cut == 54
        logbook = read(tmp_path, athlete="Ann")
        assert logbook.sets.height == (90 if alike else 96)
        loud = [note for note in logbook.notes if note.loud]
        assert [(note.kind, note.count) for note in loud] == [("halves or copies", 6)] * alike

    def test_halves_that_are_alike_are_made_whole_in_one_file(self, tmp_path):
        """What the note on them says to do."""
        header = "Date,Exercise,Category,Weight (kgs),Reps,Distance,Distance Unit,Time\n"
        half = f"2024-01-04,{LIFTS[0]},X,60,5,,,\n" * 3
        days = [f"2024-01-{day:02},{LIFTS[0]},X,60,5,,,\n" for day in (2, 6)]
        (tmp_path / "a.csv").write_text(header + days[0] + half + header + half + days[1])
        logbook = read(tmp_path)
        assert (logbook.sets.height, [note for note in logbook.notes if note.loud]) == (8, [])

    @pytest.mark.parametrize(("end", "sets"), [("18:00:00", 5), ("17:20:00", 3)])
    def test_the_end_of_a_workout_tells_halves_from_an_export_made_in_its_middle(
        self, tmp_path, end, sets
    ):
        header = "Title,Date,Duration,Exercise,Superset id,Weight,Reps,Distance,Time,Set Type\n"
        row = "W,2024-01-{:02} 17:00:00,{},Bench Press (Barbell),,60.000,5,,,NORMAL_SET\n"
        whole = "01:00:00"
        seen = "01:00:00" if end == "18:00:00" else "00:20:00"
        other = "".join(row.format(day, whole) for day in (1, 2, 3) for _ in range(3))
        (tmp_path / "a.csv").write_text(header + other + row.format(4, seen) * 2)
        later = "".join(row.format(day, whole) for day in (5, 6, 7) for _ in range(3))
        (tmp_path / "b.csv").write_text(header + row.format(4, whole) * 3 + later)
        assert read(tmp_path, athlete="Ann", unit="kg").sets.height == 18 + sets

    def test_a_later_export_that_begins_with_a_workout_seen_half_counts_it_once(self, tmp_path):
        header = "Date,Exercise,Category,Weight (kgs),Reps,Distance,Distance Unit,Time\n"
        day = [f"2024-01-04,Squat,X,{load},5,,,\n" for load in (60, 80, 100, 110)]
        before = "2024-01-02,Squat,X,60,5,,,\n"
        after = "2024-01-06,Squat,X,60,5,,,\n"
        (tmp_path / "a.csv").write_text(header + before + "".join(day[:2]))
        (tmp_path / "b.csv").write_text(header + "".join(day) + after)
        assert read(tmp_path, athlete="Ann").sets.height == 6

    def test_an_overlap_counts_once_and_the_fuller_copy_wins(self, tmp_path):
        lines = log(tmp_path / "a.csv").read_text().splitlines(keepends=True)
        (tmp_path / "b.csv").write_text("".join([lines[0], *lines[121:236]]))  # ends early
        logbook = read(tmp_path, athlete="Ann")
        assert logbook.sets.height == 240
        assert set(logbook.sets["source_file"]) == {"a.csv"}

    def test_a_corrected_load_is_one_set(self, tmp_path):
        lines = log(tmp_path / "a.csv").read_text()
        (tmp_path / "b.csv").write_text(lines.replace(",41,8,", ",43,8,", 1))
        logbook = read(tmp_path, athlete="Ann")
        assert logbook.sets.height == 240
        assert any("1 of them differ" in str(note) for note in logbook.notes)

    def test_an_export_pasted_below_itself_is_said_and_counts_once(self, tmp_path):
        path = log(tmp_path / "a.csv")
        text = path.read_text()
        path.write_text(text + text.partition("\n")[2])
        logbook = read(path)
        assert (logbook.sets.height, total(logbook, "duplicates")) == (240, 240)
        assert "pasted twice" in kinds(logbook)

    @pytest.mark.parametrize(("off", "sets"), [(4.5, 12), (4.3, 24)])
    def test_a_watch_that_counts_its_own_way_is_known_by_the_clock(self, tmp_path, off, sets):
        """As many sets, equally long, zones of the world apart: the copy with loads stays."""
        log(tmp_path / "a.csv", sessions=1)
        start, end = read(tmp_path / "a.csv").sets.select("started_at", "ended_at").row(0)
        start += timedelta(hours=off, minutes=2)
        row = f"{start},W,61m,{{}},{{}},0,15,,0,0,,\n"
        text = "".join(row.format("Lateral Raise", place) for place in range(1, 13))
        (tmp_path / "watch.csv").write_text(STRONG + text)
        logbook = read(tmp_path, athlete="Ann")
        assert (end - (start - timedelta(hours=off))).seconds == 58 * 60
        assert logbook.sets.height == sets
        assert logbook.sets.filter(pl.col("load_kg") > 0).height == 12

    def test_loads_with_body_mass_in_them_are_those_without(self, tmp_path):
        """One app counts body mass in and rounds, and was filled hours later."""
        lifts = [("Wide Pull Up", None, 73.4, 7), ("Wide Pull Up", None, 73.4, 6),
                 ("Pull Up (Assisted)", 25, 48.4, 10), ("Hammer Curl (Cable)", 21.25, 21.5, 9),
                 ("Hammer Curl (Cable)", 17.5, 17, 8)]  # fmt: skip
        times = '"01 Jan 2024, 17:00","01 Jan 2024, 18:00"'
        (tmp_path / "a.csv").write_text(HEADER + "".join(
            f'"W",{times},"","{lift}",,"",0,"normal",{"" if load is None else load},{reps},,,\n'
            for lift, load, _, reps in lifts
        ))  # fmt: skip
        exercises = [
            {"exerciseId": lift, "sets": [
                {"setType": "regular", "weight": load, "reps": reps, "unit": "kg",
                 "bodyweight": 73.4 if "Pull" in lift else None, "status": "complete",
                 "finishedAt": f"2024-01-01T08:0{place}:00.000Z"}]}
            for place, (lift, _, load, reps) in enumerate(lifts)
        ]  # fmt: skip
        cycle = {"name": "A", "microRirs": 0, "weeks": [{"days": [{"exercises": exercises}]}]}
        (tmp_path / "b.json").write_text(json.dumps([cycle]))
        logbook = read(tmp_path, athlete="Ann", tz="UTC")
        assert (logbook.sets.height, total(logbook, "duplicates")) == (5, 5)

    def test_midnight_makes_nobody_a_twin(self, tmp_path):
        row = "2024-01-01 00:00:00,W,1h,{},1,{},5,,0,0,,\n"
        (tmp_path / "a.csv").write_text(STRONG + row.format("Leg Press", 100))
        (tmp_path / "b.csv").write_text(STRONG + row.format("Bench Press (Barbell)", 60))
        assert read(tmp_path, athlete="Ann").sets.height == 2


class TestOneBadFile:
    def good(self, folder):
        return log(folder / "ok.csv", sessions=2)

    def only_good(self, folder, **said):
        logbook = read(folder, **said)
        assert logbook.sets.height == 24
        assert logbook.ledger.height == 2
        (note,) = [note for note in logbook.notes if note.file not in ("", "ok.csv")]
        return note

    def test_a_damaged_member_of_a_zip(self, tmp_path):
        self.good(tmp_path)
        path = tmp_path / "bad.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("log.csv", log(tmp_path.parent / "x.csv").read_text())
        data = bytearray(path.read_bytes())
        data[60:80] = b"\xff" * 20
        path.write_bytes(data)
        assert self.only_good(tmp_path).kind == "broken member"

    def test_a_zip_of_a_version_that_never_was(self, tmp_path):
        self.good(tmp_path)
        path = tmp_path / "bad.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("log.csv", HEADER)
        data = path.read_bytes()
        directory = data.index(b"PK\x01\x02")
        path.write_bytes(data[: directory + 6] + b"\xe2" + data[directory + 7 :])
        assert self.only_good(tmp_path).kind == "broken zip"

    def test_a_zip_of_many_small_bombs_fills_no_disk(self, tmp_path):
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for number in range(100):
                archive.writestr(f"{number}.csv", b"0" * 1_990_000)
        (tmp_path / "work").mkdir()
        files, notes = sources.find([path], None, tmp_path / "work")
        assert sum(file.path.stat().st_size for file in files) <= 100 * path.stat().st_size
        assert notes[-1].kind == "bombs"
        assert len("\n".join(map(str, notes))) < 1000

    def database(self, path, *statements):
        with closing(sqlite3.connect(path)) as base:
            base.executescript(";".join(statements))
        return path

    def test_a_database_that_lacks_a_column(self, tmp_path):
        self.good(tmp_path)
        self.database(
            tmp_path / "a.fitnotes",
            "CREATE TABLE exercise(_id, name)",
            "CREATE TABLE training_log(_id, date, exercise_id, reps)",
        )
        assert "lacks one of" in str(self.only_good(tmp_path))

    def test_a_view_that_never_ends_is_not_asked(self, tmp_path):
        path = self.database(
            tmp_path / "a.fitnotes",
            "CREATE TABLE exercise(_id, name)",
            "CREATE TABLE training_log(_id, date, exercise_id, metric_weight, reps)",
            "INSERT INTO exercise VALUES (1, 'Bench')",
            "INSERT INTO training_log VALUES (1, '2024-01-01', 1, 60, 5)",
            "CREATE VIEW Comment AS"
            " WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)"
            " SELECT 1 AS owner_type_id, n AS owner_id, 'x' AS comment FROM c",
        )
        assert read(path).sets.height == 1

    def test_a_database_that_is_cut_short(self, tmp_path):
        self.good(tmp_path)
        path = self.database(
            tmp_path / "a.fitnotes",
            "CREATE TABLE exercise(_id, name)",
            "CREATE TABLE training_log(_id, date, exercise_id, metric_weight, reps)",
        )
        path.write_bytes(path.read_bytes()[:5000])
        self.only_good(tmp_path)

    def test_a_name_that_is_no_utf8(self, tmp_path):
        good = self.good(tmp_path)
        odd = tmp_path / os.fsdecode(b"Jos\xe9.csv")
        log(tmp_path / "x.csv", 5, 2).rename(odd)
        assert good.exists()
        assert read(tmp_path).athletes == ["José", "ok"]

    def test_an_unreadable_file_and_folder(self, tmp_path, monkeypatch):
        self.good(tmp_path)
        path = log(tmp_path / "b.csv", 2, 2)
        real = type(path).open

        def refuse(self, *args, **kwargs):
            if self.name == "b.csv":
                raise PermissionError(13, "Permission denied", str(self))
            return real(self, *args, **kwargs)

        monkeypatch.setattr(type(path), "open", refuse)
        assert self.only_good(tmp_path).kind == "unreadable"

    def test_a_folder_that_cannot_be_opened_is_loud(self, tmp_path, monkeypatch):
        self.good(tmp_path)
        (tmp_path / "bob").mkdir()
        log(tmp_path / "bob" / "b.csv", 2, 2)
        real = type(tmp_path).iterdir

        def refuse(self):
            if self.name == "bob":
                raise PermissionError(13, "Permission denied", str(self))
            return real(self)

        monkeypatch.setattr(type(tmp_path), "iterdir", refuse)
        note = self.only_good(tmp_path)
        assert (note.kind, note.loud) == ("unreadable folder", True)

    def test_an_encoding_that_there_is_not(self, tmp_path):
        self.good(tmp_path)
        path = log(tmp_path / "a.csv", 2, 2)
        path.write_bytes(path.read_bytes().replace(b"Squat", b"Squ\xe4t"))
        note = self.only_good(tmp_path, encoding="klingon")
        assert "no text encoding called 'klingon'" in str(note)
        assert not is_encoding("zlib") and is_encoding("utf-16")
        with pytest.raises(SettingsError, match="encoding"):
            parse('[clients.ann]\nencoding = "zlib"\n')

    def test_nul_bytes_and_lone_carriage_returns(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=2)
        text = path.read_text().replace("\n", "\r").replace("Squat", "Squ\0at", 1)
        path.write_bytes(text.encode())
        logbook = read(path)
        assert logbook.sets.height == 24
        assert total(logbook, "unaccounted") == 0

    def test_a_name_with_signs_of_a_pattern_is_a_name(self, tmp_path):
        assert read(log(tmp_path / "log [1]*.csv", sessions=2)).sets.height == 24

    def test_a_full_temporary_disk_is_one_sentence(self, tmp_path, monkeypatch):
        from analysis.ingest import staging

        def full(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(staging, "_stage", full)
        with pytest.raises(OutputError, match="no room left in the temporary folder"):
            read(self.good(tmp_path))

    def test_a_disk_that_fills_while_sets_are_laid_down_is_one_sentence(
        self, tmp_path, monkeypatch
    ):
        """polars wraps the system's error in its own."""

        def full(*_, **__):
            raise pl.exceptions.ComputeError("parquet: No space left on device (os error 28)")

        monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
        with pytest.raises(OutputError, match="no room left in the temporary folder"):
            read(self.good(tmp_path))


class TestWholeFolders:
    def test_files_come_all_at_once_and_what_has_gone_is_removed(self, tmp_path):
        for names in (("a.html", "b/c.html"), ("a.html",)):
            with whole_folder(tmp_path, "report") as draft:
                for name in (*names, "index.html"):
                    (draft / name).parent.mkdir(exist_ok=True)
                    (draft / name).write_text(name)
                assert not (tmp_path / "d.html").exists()
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            ".liftdose.json", "a.html", "index.html",
        ]  # fmt: skip

    def test_a_run_that_fails_changes_nothing(self, tmp_path):
        with whole_folder(tmp_path, "report") as draft:
            (draft / "index.html").write_text("first")
        with pytest.raises(ZeroDivisionError), whole_folder(tmp_path, "report") as draft:
            (draft / "index.html").write_text("second")
            raise ZeroDivisionError
        assert (tmp_path / "index.html").read_text() == "first"
        assert len(list(tmp_path.iterdir())) == 2

    def test_files_of_others_are_never_touched(self, tmp_path):
        (tmp_path / "index.html").write_text("mine")
        with (
            pytest.raises(OutputError, match="not of liftdose's making"),
            whole_folder(tmp_path, "report") as draft,
        ):
            (draft / "index.html").write_text("ours")
        assert (tmp_path / "index.html").read_text() == "mine"

    def test_two_runs_into_one_folder(self, tmp_path):
        with (
            whole_folder(tmp_path, "report"),
            pytest.raises(OutputError, match="another run is writing"),
            whole_folder(tmp_path, "report"),
        ):
            pass

    def test_a_file_in_the_place_of_the_folder(self, tmp_path):
        (tmp_path / "out").write_text("")
        with (
            pytest.raises(OutputError, match="is a file"),
            whole_folder(tmp_path / "out", "report"),
        ):
            pass

    def test_pages_with_names_do_not_stay_beside_pages_without(self, tmp_path):
        for command, hidden in (("report", False), ("report", True)):
            with whole_folder(tmp_path, command, anonymous=hidden) as draft:
                (draft / f"{'id' if hidden else 'Zelda'}.html").write_text("")
        assert not (tmp_path / "Zelda.html").exists()
        with whole_folder(tmp_path, "ingest") as draft:
            (draft / "sets.parquet").write_text("")
        with (
            pytest.raises(OutputError, match="with names"),
            whole_folder(tmp_path, "report", anonymous=True),
        ):
            pass

    def test_a_manifest_that_was_changed_removes_nothing_outside(self, tmp_path):
        (tmp_path / "precious").write_text("")
        out = tmp_path / "out"
        out.mkdir()
        (out / outputs.MANIFEST).write_text('{"report": {"files": ["../precious"]}}')
        with whole_folder(out, "report") as draft:
            (draft / "index.html").write_text("")
        assert (tmp_path / "precious").exists()

    def test_what_a_killed_run_staged_is_removed_by_the_next(self, tmp_path, monkeypatch):
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        left = tmp_path / f"{outputs.SCRATCH}left"
        left.mkdir()
        (left / "sets.parquet").write_text("")
        with scratch_folder() as mine, scratch_folder() as other:
            assert not left.exists()
            assert mine.exists() and other.exists()

    def test_ingest_writes_whole_folders(self, tmp_path):
        path = log(tmp_path / "a.csv", sessions=2)
        for _ in range(2):
            write(path, tmp_path / "out", Options())
        names = {item.name for item in (tmp_path / "out").iterdir()}
        assert "ledger.csv" in names and not any("draft" in name for name in names)


class TestCoach:
    def test_names_are_nowhere_when_they_are_hidden(self, tmp_path):
        for name in ("Zelda", "Boris"):
            hevy(tmp_path / "in" if (tmp_path / "in").exists() else _made(tmp_path / "in"),
                 f"{name}.csv", lifts=("Squat (Barbell)", f"{name}'s own lift"))  # fmt: skip
        out = tmp_path / "out"
        for salt in (None, "a secret of some length"):
            done = coach_folder(tmp_path / "in", out, workers=1, whole=True, salt=salt)
        assert all(name.startswith("athlete-") for name in done.clients.table["client"])
        assert list(done.clients.table["days_off"]) == [0, 0]  # all dates moved alike
        for path in (path for path in out.rglob("*") if path.is_file()):
            assert b"Zelda" not in path.read_bytes() and "Zelda" not in str(path)
        assert len(list(out.glob("*/index.html"))) == 2

    def test_one_person_in_two_files_is_one_client(self, tmp_path):
        from analysis.ingest.remembered import Remembered
        from analysis.pages.clients import told_of_people

        said = Remembered(same_person=[["ann.csv", "ann 2024"]])
        settings = told_of_people(Settings(), said)
        assert {settings.of(tmp_path / name).name for name in ("ann.csv", "ann 2024.csv")} == {
            "ann"
        }


def _made(folder):
    folder.mkdir()
    return folder


def test_labels_of_charts_take_no_markup():
    evil = "<a href='https://evil.example/x'>click</a>"
    figure = {"data": [{"text": [evil, "3<br>4"], "y": [1.0, 2.0]}], "layout": {"title": evil}}
    plain = without_markup(figure)
    assert "<a" not in str(plain) and "3<br>4" in str(plain)


def test_the_name_of_a_plan_is_no_code():
    assert "\n" not in printable('plan\nsystem("touch PWNR")\n.toml', instead="?", keep="")


@pytest.mark.parametrize("text", ["Date\x1b]0;PWNED\x07,Colour,Third\n" + "1,2,3\n" * 200])
def test_no_control_character_reaches_a_terminal(tmp_path, text):
    path = tmp_path / "h.csv"
    path.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "ingest", str(path), "--out", str(tmp_path / "o")],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert b"\x1b" not in done.stderr and b"\x07" not in done.stderr
