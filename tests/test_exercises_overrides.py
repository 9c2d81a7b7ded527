"""The user's exercises.toml: it wins, it round-trips, and a bad entry says what to do."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exercises import load, write_overrides
from analysis.problems import SettingsError

OWN = """
[names]
"Arm thing" = "bicep-curl-cable"
"Squat" = "hack-squat-machine"
"Wall machine" = "wall-machine"

[exercises.wall-machine]
name = "The wall machine"
mechanic = "compound"
load_basis = "external"

[roles.wall-machine]
direct = ["quads"]
indirect = ["glutes"]

[roles.squat-barbell]
direct = ["quads"]
"""


def test_names_roles_and_entries_win(tmp_path):
    path = tmp_path / "exercises.toml"
    path.write_text(OWN, "utf-8")
    catalogue = load(path)
    table = catalogue.match(["Arm thing", "Squat", "The wall machine", "Squat (Barbell)"])
    assert table["exercise_id"].to_list() == [
        "bicep-curl-cable", "hack-squat-machine", "wall-machine", "squat-barbell",
    ]  # fmt: skip
    assert table["method"].to_list()[:2] == ["override", "override"]
    roles = catalogue.roles.filter(pl.col("exercise_id") == "squat-barbell")
    assert roles.rows() == [("squat-barbell", "quads", "direct")]
    assert load().roles.filter(pl.col("exercise_id") == "squat-barbell").height > 1


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "exercises.toml"
    path.write_text('[names]\n"x y" = "plank"\n', "utf-8")
    assert load(path).match(["x y"])["exercise_id"][0] == "plank"
    path.write_text('[names]\n"x y" = "crunch"\n', "utf-8")
    assert load(path).match(["x y"])["exercise_id"][0] == "crunch"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[names]\n"A" = "no-such-id"', ['names."A"', "no-such-id", "no exercise has this id"]),
        (
            '[roles.plank]\ndirect = ["bizeps"]',
            ['roles."plank".direct', "bizeps", "no such muscle"],
        ),
        ('[roles.plank]\ndirect = ["abs"]\nindirect = ["abs"]', ["abs", "named twice"]),
        ('[roles.plank]\nmain = ["abs"]', ['roles."plank".main', "direct, indirect, stabiliser"]),
        ('[roles.nothing]\ndirect = ["abs"]', ['roles."nothing"', "no exercise has this id"]),
        ("[exercises.mine]\nequipment = 'x'", ['exercises."mine".name', "needs a name"]),
        (
            '[exercises.mine]\nname = "M"\nload_basis = "heavy"',
            ["load_basis", "heavy", "external"],
        ),
        (
            '[exercises.mine]\nname = "M"\nmuscle = "abs"',
            ["muscle", "no such setting; known are name"],
        ),
        ('names = "Squat"', ["names", "expected a table, [names]"]),
        ("[names\n", ["not valid TOML"]),
    ],
)
def test_a_bad_entry_names_file_key_value_and_rule(tmp_path, text, parts):
    path = tmp_path / "exercises.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as error:
        load(path)
    for part in ["exercises.toml", *parts]:
        assert part in str(error.value)


def test_written_file_changes_nothing_until_edited(tmp_path):
    path = write_overrides(
        tmp_path / "exercises.toml", ["Arm Pulldown"], load(), {"Arm Pulldown": 9}
    )
    text = path.read_text("utf-8")
    assert '# "Arm Pulldown" = ' in text
    assert "9 sets" in text
    assert load(path).match(["Arm Pulldown"])["exercise_id"][0] is None
    path.write_text(text.replace('# "Arm', '"Arm'), "utf-8")
    assert load(path).match(["Arm Pulldown"])["method"][0] == "override"


def test_an_existing_file_is_never_overwritten(tmp_path):
    path = tmp_path / "exercises.toml"
    path.write_text(OWN, "utf-8")
    written = write_overrides(path, ["Zzz"], load(path))
    assert written.name == "exercises.new.toml"
    assert path.read_text("utf-8") == OWN
    assert load(written).overrides == load(path).overrides


@given(
    st.dictionaries(st.text(max_size=30), st.sampled_from(["plank", "crunch", "squat-barbell"]))
)
def test_overrides_round_trip(tmp_path_factory, names):
    catalogue = replace(load(), overridden={"names": names})
    path = write_overrides(tmp_path_factory.mktemp("o") / "exercises.toml", [], catalogue)
    assert load(path).overrides == names
