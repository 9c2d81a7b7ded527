"""`liftdose exercises`: names listed with counts and suggestions, decided one by one, kept."""

import pytest
from typer.testing import CliRunner

import analysis as lab
from analysis.cli import app
from analysis.cli.unmapped import search
from analysis.exercises import load
from analysis.exercises.overrides import decide
from analysis.problems import SettingsError
from tests.client_files import hevy

NASTY = "Zorbo\x1b[2J\u202eflex"


@pytest.fixture
def log(tmp_path):
    """Return a log with two names that nothing maps, one of which would clear the screen."""
    (tmp_path / "logs").mkdir()
    path = hevy(
        tmp_path / "logs", "ann.csv", weeks=4, lifts=("Squat (Barbell)", "Wibble press thing")
    )
    day = '"09 Feb 2024, 18:00","09 Feb 2024, 19:00"'
    row = f'"x",{day},"","{NASTY}",,"",{{}},normal,20,5,,,\n'
    with path.open("a", encoding="utf-8") as file:
        file.writelines(row.format(index) for index in range(2))
    return path


def run(*arguments, answers=""):
    return CliRunner().invoke(app, list(map(str, arguments)), input=answers)


def mapped(path):
    named = lab.read(path, athlete="Ann").exercises
    return {row["exercise"]: row["exercise_id"] for row in named.iter_rows(named=True)}


def test_the_list_has_counts_and_suggestions_and_decides_nothing(log):
    done = run("exercises", log, "--list")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "2 names of 3 are not mapped: 14 sets (53.8 % of all) that count for no muscle."
    )
    assert (
        next(line.split("sets  ")[1] for line in lines if "sets  " in line) == "Wibble press thing"
    )
    assert any("press" in line and "(" in line for line in lines[2:5])
    assert not (log.parent / "exercises.toml").exists()


def test_names_are_decided_by_number_id_and_search_and_found_by_every_command(log, tmp_path):
    done = run(
        "exercises", log, answers="chest press\n1\nhip thrust barbell\nhip-thrust-barbell\n"
    )
    assert done.exit_code == 0, done.stderr
    assert f"2 of 2 decided, in {log.parent / 'exercises.toml'}" in done.stdout
    found = mapped(log)
    assert "chest-press" in found["Wibble press thing"]
    assert found[NASTY] == "hip-thrust-barbell"
    report = run("report", log, "--out", tmp_path / "out")
    assert "not mapped" not in report.stdout
    assert run("exercises", log).stdout == "All 3 names are mapped.\n"


def test_skip_quit_and_the_end_of_the_answers_keep_what_is_decided(log):
    assert "Nothing was decided; 2 left" in run("exercises", log, answers="").stdout
    assert "Nothing was decided" in run("exercises", log, answers="\nq\n").stdout
    assert not (log.parent / "exercises.toml").exists()
    done = run("exercises", log, answers="99\nbench-press-barbell\nq\n")
    assert "99 is not among them." in done.stderr
    assert "1 of 2 decided" in done.stdout
    assert "1 left as it is." in done.stdout
    assert mapped(log)["Wibble press thing"] == "bench-press-barbell"
    assert mapped(log)[NASTY] is None


def test_a_name_cannot_steer_the_terminal(log):
    for arguments in (("--list",), ()):
        done = run("exercises", log, *arguments, answers="s\n\x1b[2J\n")
        assert "\x1b" not in done.stdout + done.stderr
        assert "\u202e" not in done.stdout + done.stderr


def test_a_coach_decides_once_for_all_clients(log):
    run("exercises", log.parent.parent / "logs", answers="bench-press-barbell\n")
    inside = log.parent / "ann"
    inside.mkdir()
    log.rename(inside / "ann.csv")
    assert mapped(inside)["Wibble press thing"] == "bench-press-barbell"


KEPT = """# mine
[names]
# "Wibble" = "squat-barbell"  # 12 sets
"Other" = "squat-barbell"

[exercises.my-machine]
name = "My machine"
"""


def test_what_stands_in_the_file_stays(tmp_path):
    path = tmp_path / "exercises.toml"
    path.write_text(KEPT, encoding="utf-8")
    decide(path, "Wibble", "my-machine")
    decide(path, 'With "quotes" \\ and = [names]', "squat-barbell")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# mine\n[names]\n")
    assert "12 sets" not in text
    overrides = load(path).overrides
    assert overrides == {
        "Wibble": "my-machine", "Other": "squat-barbell",
        'With "quotes" \\ and = [names]': "squat-barbell",
    }  # fmt: skip
    decide(path, "Wibble", "squat-barbell")
    assert load(path).overrides["Wibble"] == "squat-barbell"
    assert path.read_text(encoding="utf-8").count("Wibble") == 1


@pytest.mark.parametrize("text", ['names = { "Wibble" = "squat-barbell" }\n', "[names\n"])
def test_a_file_that_cannot_be_joined_is_left_and_said(tmp_path, text):
    path = tmp_path / "exercises.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        decide(path, "Wibble", "bench-press-barbell")
    assert path.read_text(encoding="utf-8") == text


def test_a_search_finds_names_that_hold_the_words_first():
    found = search("leg curl", load(), 9)
    assert len(found) == 9
    assert all("leg-curl" in each for each in found[:3])
    assert search("qqqqq", load(), 9) == []
