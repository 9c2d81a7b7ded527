"""The unit is asked once, on a terminal, and remembered; elsewhere the error says how."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

import analysis as lab
from analysis.ingest import remembered
from analysis.problems import NoUsableDataError, SettingsError
from tests.test_cli import liftdose
from tests.test_ingest import STRONG, file, strong_row

pytest.importorskip("pty", reason="pseudo-terminals are POSIX")
from tests.terminal import on_a_terminal

UNDECIDED = STRONG + strong_row()


@pytest.fixture
def export(tmp_path):
    (tmp_path / "logs").mkdir()
    return file(tmp_path / "logs", "strong.csv", UNDECIDED)


def loads(path, **said):
    return lab.read(path, **said).sets["load_kg"].round(2).to_list()


def test_the_answer_is_remembered_beside_the_export_and_not_asked_again(export, tmp_path):
    out = tmp_path / "out"
    code, shown, _ = on_a_terminal("ingest", export, "--out", out, answers=["lb\n"])
    assert code == 0, shown
    assert "Are the loads of strong.csv kg or lb?" in shown
    assert "Squat (Barbell) 100" in shown
    assert remembered.load(export.parent / "liftdose.toml").units == {"strong.csv": "lb"}
    code, shown, _ = on_a_terminal("ingest", export, "--out", out)
    assert code == 0, shown
    assert "Are the loads" not in shown
    assert shown.count("strong.csv: read as lb, as liftdose.toml says") == 1
    assert not (tmp_path / "liftdose.toml").exists()


def test_no_unit_is_a_default_and_a_wrong_word_is_asked_again(export, tmp_path):
    typed = ["\n", "stone\n", "KGS\n"]
    code, shown, _ = on_a_terminal("ingest", export, "--out", tmp_path / "out", answers=typed)
    assert code == 0, shown
    assert "No unit is taken for granted." in shown
    assert "'stone' is neither." in shown
    assert remembered.load(export.parent / "liftdose.toml").units == {"strong.csv": "kg"}


@pytest.mark.parametrize("typed", ["s\n", "\x04"], ids=["s", "end of input"])
def test_a_file_may_be_left_out(export, tmp_path, typed):
    code, shown, _ = on_a_terminal("ingest", export, "--out", tmp_path / "out", answers=[typed])
    assert code == 3
    assert f"ingest {export} --out {tmp_path / 'out'} --unit kg" in shown
    assert not (export.parent / "liftdose.toml").exists()


def test_off_a_terminal_nothing_is_asked_and_the_error_has_command_and_line(export, tmp_path):
    done = liftdose("report", export, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "Are the loads" not in done.stderr
    assert f"  liftdose report {export} --out {tmp_path / 'out'} --unit lb\n" in done.stderr
    assert f"in {export.parent / 'liftdose.toml'}:\n  [units]\n" in done.stderr
    assert '  "strong.csv" = "kg or lb"' in done.stderr


def test_a_newer_export_of_the_same_name_keeps_its_answer_and_unit_wins(export):
    remembered.remember(export.parent / "liftdose.toml", "strong.csv", "lb")
    export.write_text(UNDECIDED + strong_row(day=2), encoding="utf-8")
    assert loads(export) == [45.36, 45.36]
    assert loads(export, unit="kg") == [100, 100]


def test_a_page_opens_in_the_unit_that_is_remembered(export, tmp_path):
    export.write_text(STRONG + "".join(strong_row(day=day) for day in range(1, 9)))
    remembered.remember(export.parent / "liftdose.toml", "strong.csv", "lb")
    assert liftdose("report", export, "--out", tmp_path / "out").returncode == 0
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert 'data-unit="lb" data-start-unit="lb"' in page
    assert "read as lb, as liftdose.toml says" in page
    assert str(tmp_path) not in page


def test_a_folder_may_have_one_unit_with_exceptions(export):
    file(export.parent, "other.csv", STRONG + strong_row(day=2))
    text = 'unit = "kg"\n[units]\n"strong.csv" = "lb"\n'
    file(export.parent, "liftdose.toml", text)
    assert sorted(loads(export.parent)) == [45.36, 100]


def test_a_log_in_a_zip_has_its_name_in_the_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("inner/strong.csv", UNDECIDED)
    asked = []
    assert loads(tmp_path / "all.zip", ask=lambda question: asked.append(question) or "lb")
    assert [question.name for question in asked] == ["all.zip/inner/strong.csv"]
    remembered.remember(tmp_path / "liftdose.toml", asked[0].name, "lb")
    assert loads(tmp_path / "all.zip") == [45.36]


def test_where_the_folder_cannot_be_written_the_answer_goes_beside_out(export, tmp_path):
    (export.parent / "liftdose.toml").mkdir()  # in the way, even of root
    out = tmp_path / "results" / "ann"
    code, shown, _ = on_a_terminal("ingest", export, "--out", out, answers=["lb\n"])
    assert code == 0, shown
    code, shown, _ = on_a_terminal("ingest", export, "--out", out)
    assert code == 0, shown
    assert "Are the loads" not in shown
    said = remembered.load(tmp_path / "results" / "liftdose.toml")
    assert said.units == {str(export): "lb"}
    assert not (export.parent / "liftdose.toml.part").exists()


def test_what_stands_in_the_file_stays(tmp_path):
    path = file(
        tmp_path, "liftdose.toml", '# mine\nunit = "kg"\n\n[units]  # by name\n"a" = "lb"\n'
    )
    remembered.remember(path, 'quo"te\\n.csv', "lb")
    assert remembered.load(path).units == {"a": "lb", 'quo"te\\n.csv': "lb"}
    assert path.read_text().startswith('# mine\nunit = "kg"\n\n[units]  # by name\n')
    assert [each.name for each in tmp_path.iterdir()] == ["liftdose.toml"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[units]\n"strong.csv" = "stone"', "units.\"strong.csv\" = 'stone': expected kg or lb"),
        ('unti = "kg"', "unti = 'kg': no such setting; did you mean unit?"),
        ('units = "kg"', "units = 'kg': expected a table, [units]"),
        ("[units\n", "not valid TOML"),
        ("unit = 3", "unit = 3: expected kg or lb"),
        ("unit = []", "unit = []: expected kg or lb"),
    ],
)
def test_a_broken_file_is_said_with_key_value_and_rule(export, text, says):
    file(export.parent, "liftdose.toml", text)
    with pytest.raises(SettingsError) as error:
        lab.read(export)
    assert "liftdose.toml: " in str(error.value)
    assert says in str(error.value)


def test_a_broken_file_has_the_code_of_wrong_usage(export, tmp_path):
    file(export.parent, "liftdose.toml", 'unit = "st"')
    done = liftdose("report", export, "--out", tmp_path / "out")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_nobody_to_ask_and_no_answer_is_no_data(export):
    with pytest.raises(NoUsableDataError, match=r'"strong\.csv" = "kg or lb" under'):
        lab.read(export, ask=lambda _: None)


def test_a_coach_is_asked_for_the_clients_that_need_it(tmp_path):
    for name in ("ann", "bob"):
        (tmp_path / "clients" / name).mkdir(parents=True)
        file(tmp_path / "clients" / name, "strong.csv", UNDECIDED)
    command = ("coach", tmp_path / "clients", "--out", tmp_path / "out", "--workers", "1")
    code, shown, _ = on_a_terminal(*command, answers=["kg\n", "lb\n"])
    assert code == 0, shown
    assert "2 clients" in shown
    units = [remembered.load(tmp_path / "clients" / name / "liftdose.toml").units
             for name in ("ann", "bob")]  # fmt: skip
    assert units == [{"strong.csv": "kg"}, {"strong.csv": "lb"}]
    assert "Are the loads" not in on_a_terminal(*command)[1]


def test_a_bar_shows_on_a_terminal_and_never_in_a_pipe_or_on_a_build_server(export, tmp_path):
    command = ("ingest", export, "--unit", "kg", "--out", tmp_path / "out")
    _, _, raw = on_a_terminal(*command)
    assert "\x1b[?25l" in raw  # the cursor is hidden while the bar moves
    assert raw.rstrip().endswith("rejected")  # and the bar is gone at the end
    run = [sys.executable, "-m", "analysis", *map(str, command)]
    piped = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "\x1b" not in piped.stdout + piped.stderr
    assert piped.stderr == ""


def test_a_name_cannot_steer_the_terminal(export, tmp_path):
    export.write_text(STRONG + strong_row(exercise="\x1b]0;owned\x07Squat"), encoding="utf-8")
    code, _, raw = on_a_terminal("ingest", export, "--out", tmp_path / "out", answers=["kg\n"])
    assert code == 0
    assert "\x1b]0;" not in raw
