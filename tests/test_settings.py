"""Files of settings: one form of error for all of them, and one order of what holds."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from analysis import exercises
from analysis.cli import app
from analysis.exercises.corrections import apply
from analysis.ingest import remembered
from analysis.ingest.sheets import layout
from analysis.legs.plan import LandmarksFile
from analysis.models.hypothesis.plan import parse_plan
from analysis.pages import clients, coach
from analysis.pages.client_page import take_in
from analysis.problems import SettingsError
from analysis.settings import read

PLAN = 'question = "?"\nmuscle = "quads"\nsmallest_effect = 0.1\n'
SHEET = '[[sheet]]\nexercise = "A"\n'
READERS = {
    "clients.toml": lambda text: clients.parse(text),
    "liftdose.toml": lambda text: read(text, "liftdose.toml", remembered.Remembered),
    "exercises.toml": lambda text: apply(exercises.load(), text),
    "landmarks.toml": lambda text: read(text, "landmarks.toml", LandmarksFile),
    "recipe.toml": lambda text: layout.parse(SHEET + text),
    "hypothesis.toml": lambda text: parse_plan((PLAN + text).encode()),
}


def fault(file, text):
    with pytest.raises(SettingsError) as caught:
        READERS[file](text)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize("file", READERS)
def test_a_text_that_is_no_toml_names_its_line(file):
    said = fault(file, "a = = 1\n")
    assert said.startswith(f"{file}: file = ")
    assert "line" in said
    assert said.endswith("not valid TOML; correct that line")


@pytest.mark.parametrize("file", READERS)
def test_an_unknown_key_is_named_with_those_that_are_known(file):
    said = fault(file, "zebra = 1\n")
    assert "zebra = 1: no such setting; known are " in said


@pytest.mark.parametrize(
    ("file", "text", "key", "value"),
    [
        ("clients.toml", "[clients.ann.thresholds]\nblock_weeks = 0", 'clients."ann".thresholds'
         ".block_weeks", "0"),
        ("clients.toml", "[clients.ann.lifter]\nbody_mass_kg = 1",
         'clients."ann".lifter.body_mass_kg', "1"),
        ("liftdose.toml", "[lifter]\ngoals = [{ lift = 'Squat', load_kg = -1 }]",
         "lifter.goals[1].load_kg", "-1"),
        ("exercises.toml", "[exercises.mine]\nname = 'M'\nmechanic = 'odd'",
         'exercises."mine".mechanic', "'odd'"),
        ("landmarks.toml", "[muscles.quads]\nminimum = [5, 2]\nmaximum = 9",
         'muscles."quads".minimum', "[5, 2]"),
        ("recipe.toml", "header = -1", "sheet[1].header", "-1"),
        ("hypothesis.toml", "[sensitivity]\nindirect = [2]", "sensitivity.indirect", "[2]"),
    ],
)  # fmt: skip
def test_a_broken_rule_names_file_key_value_and_what_is_expected(file, text, key, value):
    assert fault(file, text + "\n").startswith(f"{file}: {key} = {value}: expected ")


def test_a_misspelt_key_or_word_is_guessed():
    assert fault("clients.toml", 'unti = "kg"').endswith("did you mean unit?")
    assert fault("hypothesis.toml", 'form = "linaer"').endswith("did you mean linear?")
    said = fault("exercises.toml", "[exercises.x]\nname = 'X'\nlateralty = 'unilateral'")
    assert said.endswith("did you mean laterality?")


@pytest.mark.parametrize(
    ("beside", "of_all", "of_one", "option", "hour"),
    [
        ("", "", "", None, 12),
        ("Europe/Berlin", "", "", None, 13),
        ("Europe/Berlin", "Asia/Tokyo", "", None, 21),
        ("Europe/Berlin", "Asia/Tokyo", "America/Lima", None, 7),
        ("Europe/Berlin", "Asia/Tokyo", "America/Lima", "Asia/Dubai", 16),
    ],
)
def test_the_command_line_comes_before_the_file_and_one_client_before_all(
    tmp_path, beside, of_all, of_one, option, hour
):
    """A Liftosaur export bears UTC: noon there is 13 in Berlin, 21 in Tokyo, 7 in Lima."""
    header = (
        "Workout DateTime,Program,Day Name,Exercise,Is Warmup Set?,Required Reps,Completed Reps,"
        "Is AMRAP?,Required RPE,Completed RPE,Log RPE?,Required Weight Value,Required Weight Unit,"
        "Completed Weight Value,Completed Weight Unit,Ask Weight?,Completed Reps Time,"
        "Target Muscles,Synergist Muscles,Notes\n"
    )
    row = "2026-01-05T12:00:00.000Z,P,A,Squat,0,5,5,0,,,0,100,kg,100,kg,0,,,,\n"
    (tmp_path / "ann.csv").write_text(header + row)
    if beside:
        (tmp_path / "liftdose.toml").write_text(f'tz = "{beside}"\n')
    text = f'tz = "{of_all}"\n' if of_all else ""
    text += f'[clients.ann]\ntz = "{of_one}"\n' if of_one else ""
    (tmp_path / "clients.toml").write_text(text)
    rules = clients.settings_for([tmp_path], tz=option)
    (client,) = coach.clients([tmp_path / "ann.csv"], rules)
    logbook = take_in(client).logbook
    assert logbook.sets["started_at"][0].hour == hour


def test_every_command_that_reads_logs_takes_a_zone_and_refuses_none_such(tmp_path):
    for command in ("ingest", "report", "coach", "audit", "plan", "cohort", "test"):
        assert (
            "--tz" in CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
        )
    done = CliRunner().invoke(app, ["coach", str(tmp_path), "--tz", "Mars"])
    assert "--tz: tz = 'Mars': expected the name of a time zone" in str(done.exception)
