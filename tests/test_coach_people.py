"""Who the clients of a folder are: a file, a folder, or the people of folders sorted by app."""

from datetime import datetime, timedelta

import pytest

from analysis.pages.clients import ClientSettings, Settings, settings_for
from analysis.pages.coach import coach_folder, take_in_all
from analysis.problems import PathError, SettingsError
from analysis.signals.flags import find
from tests.client_files import hevy, light  # noqa: F401 - a fixture

MONDAY = datetime(2024, 1, 1, 18)


def taken(folder, settings=None):
    intakes, notes = take_in_all(sorted(folder.iterdir()), settings or Settings(), map)
    return {each.client.name: each for each in intakes}, notes


def people(folder, names, first=0):
    """Write one log per name, all of the same weeks, on days of their own."""
    folder.mkdir()
    for number, name in enumerate(names, start=first):
        hevy(folder, f"{name}.csv", weeks=8, start=MONDAY + timedelta(days=number))


class TestFolders:
    def test_a_folder_of_one_person_is_one_client_and_counts_once(self, tmp_path):
        (tmp_path / "ann").mkdir()
        hevy(tmp_path / "ann", "old.csv", weeks=6)
        hevy(tmp_path / "ann", "new.csv", weeks=9)
        found, notes = taken(tmp_path)
        assert list(found) == ["ann"]
        assert found["ann"].logbook.sets.height == 9 * 9
        assert found["ann"].logbook.ledger["duplicates"].sum() == 6 * 9
        assert notes == []

    def test_two_apps_of_one_person_stay_together_and_are_said(self, tmp_path):
        people(tmp_path / "ann", ["one", "other"])
        found, (note,) = taken(tmp_path)
        assert list(found) == ["ann"]
        assert "ann holds 2 logs of the same weeks" in note

    def test_several_people_in_one_folder_are_a_client_each(self, tmp_path):
        people(tmp_path / "hevy", ["ann", "bob", "cy"])
        people(tmp_path / "strong", ["dan"], first=4)
        (tmp_path / "hevy" / "note.txt").write_text("no log")
        found, (note,) = taken(tmp_path)
        assert sorted(found) == ["ann", "bob", "cy", "dan", "note"]
        assert found["note"].logbook is None
        assert "(hevy)" in note

    def test_files_that_share_sessions_are_one_person_across_folders(self, tmp_path):
        people(tmp_path / "hevy", ["ann", "bob", "cy"])
        people(tmp_path / "older", [])
        hevy(tmp_path / "older", "ann in May.csv", weeks=6)
        found, _ = taken(tmp_path)
        assert sorted(found) == ["ann", "bob", "cy"]
        assert len(found["ann"].client.paths) == 2
        assert found["ann"].logbook.sets.height == 8 * 9

    def test_a_folder_with_a_name_stays_whole_and_one_with_an_empty_entry_does_not(self, tmp_path):
        people(tmp_path / "team", ["ann", "bob", "cy"])
        found, _ = taken(tmp_path, Settings(clients={"team": ClientSettings()}))
        assert len(found) == 3
        found, notes = taken(tmp_path, Settings(clients={"team": ClientSettings(name="Team")}))
        assert list(found) == ["Team"]
        assert notes == []

    def test_files_of_one_name_in_two_folders_are_told_apart(self, tmp_path):
        people(tmp_path / "hevy", ["ann", "bob", "cy"])
        (tmp_path / "more").mkdir()
        hevy(tmp_path / "more", "ann.csv", weeks=8, start=MONDAY + timedelta(days=5))
        found, _ = taken(tmp_path)
        assert sorted(found) == ["bob", "cy", "hevy ann.csv", "more ann.csv"]


@pytest.mark.usefixtures("light")
class TestNotes:
    def test_what_was_put_aside_is_said(self, tmp_path):
        people(tmp_path / "clients", ["ann", "_gone"])
        done = coach_folder(tmp_path / "clients", tmp_path / "out", workers=1)
        assert done.clients.table["client"].tolist() == ["ann"]
        assert "Left out, since the name begins with _: _gone.csv." in done.notes

    def test_a_file_that_gave_nothing_is_said_with_the_reason(self, tmp_path):
        people(tmp_path / "clients", [])
        people(tmp_path / "clients" / "ann", ["log"])
        (tmp_path / "clients" / "ann" / "plan.csv").write_text("a,b\n1,2\n")
        done = coach_folder(tmp_path / "clients", tmp_path / "out", workers=1)
        (note,) = done.notes
        assert note.startswith("ann: not read: ")
        assert "plan.csv: no known app" in note

    def test_a_unit_that_is_missing_is_asked_for_in_the_coach_s_file(self, tmp_path):
        people(tmp_path / "clients", ["ann"])
        rows = [f"2024-01-{day:02d} 18:00:00,A,60m,Curl,{n},10,8,0,0,,,"
                for day in (1, 3, 5) for n in (1, 2)]  # fmt: skip
        header = ("Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,"
                  "Seconds,Notes,Workout Notes,RPE")  # fmt: skip
        strong = "\n".join([header, *rows])
        (tmp_path / "clients" / "bob.csv").write_text(strong)
        done = coach_folder(tmp_path / "clients", tmp_path / "out", workers=1)
        why = done.clients.table.set_index("client").loc["bob", "why"]
        assert "Say its unit in clients.toml" in why

    @pytest.mark.parametrize("salt", [None, "a salt of length"])
    def test_what_is_missing_of_a_file_comes_first_on_the_page(self, tmp_path, salt):
        people(tmp_path / "clients", ["ann", "bob"])
        file = tmp_path / "clients" / "ann.csv"
        file.write_text(file.read_text().replace(" Jan ", " Xyz "))
        done = coach_folder(tmp_path / "clients", tmp_path / "out", workers=1, salt=salt)
        page = done.index.read_text("utf-8").partition("<body")[2]
        said = page.index("records of 72 could not be read, mostly for")
        assert said < page.index("<table")
        assert ("Change the phone" in page, "Xyz" in page) == (True, salt is None)

    def test_finished_logs_are_pointed_to_their_own_last_day(self, tmp_path):
        people(tmp_path / "clients", ["ann", "bob", "cy", "dan"])
        hevy(tmp_path / "clients", "eve.csv", weeks=8, start=MONDAY + timedelta(days=400))
        done = coach_folder(tmp_path / "clients", tmp_path / "out", workers=1)
        assert any('today = "own"' in note for note in done.notes)


def test_settings_may_come_from_elsewhere(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('show = "lb"\n')
    assert settings_for([tmp_path], file).everyone.show == "lb"
    assert settings_for([tmp_path], file, "own").today == "own"
    assert settings_for([tmp_path]) == Settings()
    with pytest.raises(PathError, match="no such file"):
        settings_for([tmp_path], tmp_path / "absent.toml")
    with pytest.raises(SettingsError, match="--today: today = 'soon'"):
        settings_for([tmp_path], None, "soon")


def test_every_finding_of_a_client_bears_the_client_s_name(tmp_path):
    people(tmp_path / "hevy", ["ann", "bob", "cy"])
    found, _ = taken(tmp_path)
    for name, intake in found.items():
        assert {each.athlete for each in find(intake.logbook)} <= {name}
