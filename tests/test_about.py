"""Body mass, goals and injuries from `liftdose.toml` and `clients.toml`."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from analysis.exercises import load
from analysis.ingest import read
from analysis.logbook import About, Goal, Injury
from analysis.measures.lifts import goal_list, lift_days
from analysis.pages.clients import parse
from analysis.pages.lifter import athlete_page
from analysis.problems import SettingsError
from analysis.signals.flags import find
from analysis.signals.injuries import MUSCLES_AT, muscles_at
from tests.client_files import hevy
from tests.measures.set_literals import logbook, sets

LIFTER = """
[lifter]
body_mass_kg = 80
goals = [
  { lift = "squat (barbell)", load_kg = 140, by = 2026-06-01 },
  { lift = "Yoke", load_lb = 300 },
]
injuries = [{ what = "left knee", since = 2024-01-10 }]
"""
LIFTS = ("Squat (Barbell)", "Pull Up (Weighted)", "Bench Press (Barbell)")


@pytest.fixture
def book(tmp_path):
    hevy(tmp_path, "ann.csv", note="knee pain again", lifts=LIFTS)
    (tmp_path / "liftdose.toml").write_text(LIFTER)
    return read(tmp_path / "ann.csv", athlete="Ann")


def test_the_file_beside_the_export_is_read(book):
    assert book.about["Ann"] == About(
        80.0,
        (Goal("squat (barbell)", 140.0, date(2026, 6, 1)), Goal("Yoke", 300 * 0.45359237)),
        (Injury("left knee", date(2024, 1, 10)),),
    )


def test_body_mass_makes_added_loads_known(book, tmp_path):
    loads = lift_days(book).table.set_index("lift")["top_load_kg"]
    assert loads["Pull Up (Weighted)"].iloc[0] == 180
    (tmp_path / "liftdose.toml").unlink()
    bare = lift_days(read(tmp_path / "ann.csv", athlete="Ann")).table.set_index("lift")
    assert bare.loc["Pull Up (Weighted)", "top_load_kg"].isna().all()


def test_a_goal_says_how_far_it_is(book):
    goals = goal_list(book)
    assert goals.table["best_kg"].iloc[0] == 111
    assert goals.summary == (
        "Goal: Squat (Barbell) 140 kg by 1 June 2026; best so far 111 kg. "
        "Goal: Yoke 136.1 kg; not in this log yet."
    )
    page = athlete_page(book)
    assert goals.table["words"].iloc[0] in [each.text for each in page.takeaways]


def test_an_injury_holds_the_flag_back_while_it_lasts(book, tmp_path):
    (held,) = [each for each in find(book) if each.flag == "pain note"]
    assert held.level == "notice"
    assert held.sentence.endswith("Known: left knee since 10 Jan 2024.")
    text = LIFTER.replace("since = 2024-01-10", "since = 2023-01-10, until = 2023-02-01")
    (tmp_path / "liftdose.toml").write_text(text)
    later = read(tmp_path / "ann.csv", athlete="Ann")
    (loud,) = [each for each in find(later) if each.flag == "pain note"]
    assert loud.level == "attention"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[lifter]\nbody_mass_kg = 5", "body_mass_kg"),
        ('[lifter]\ngoals = [{ lift = "Squat" }]', "goals"),
        ('[lifter]\ninjuries = [{ what = "knee" }]', "injuries"),
        ("[lifter]\nheight = 180", "height"),
    ],
)
def test_a_mistake_is_named(tmp_path, text, fault):
    hevy(tmp_path, "ann.csv")
    (tmp_path / "liftdose.toml").write_text(text)
    with pytest.raises(SettingsError, match=fault):
        read(tmp_path / "ann.csv", athlete="Ann")


def test_clients_toml_says_the_same_of_each_client():
    said = parse("[clients.ann.lifter]\nbody_mass_kg = 70\n").of
    assert said(Path("ann.csv")).about == About(70.0)
    with pytest.raises(SettingsError, match="clients"):
        parse('[clients.ann.lifter]\nbody_mass_kg = "x"\n')


def weekly_lift(lift, loads):
    """Return one session a week of a lift at these loads."""
    start = datetime(2024, 1, 1)
    return [
        run
        for week, load in enumerate(loads)
        for run in sets((start + timedelta(days=7 * week)).isoformat(), lift, *[f"{load}x5"] * 3)
    ]


STILL = [100.0, 105.0, *[102.5] * 8]


def stalled(injury, *lifts):
    """Return the stall flag of somebody whose lifts all stand still, with an injury."""
    book = logbook([run for lift in lifts for run in weekly_lift(lift, STILL)])
    name = book.athletes[0]
    hurt = About(injuries=(Injury(injury, date(2024, 1, 10)),) if injury else ())
    (found,) = [each for each in find(book.told({name: hurt})) if each.flag == "stall"]
    return found


LEGS = ("squat", "leg_press", "leg_extension")


@pytest.mark.parametrize(
    ("injury", "lifts", "level", "named"),
    [
        ("", LEGS, "attention", False),
        ("left thigh", LEGS, "notice", True),
        ("left shoulder", LEGS, "attention", False),
        ("lower back", LEGS, "notice", True),  # the squat; two others are too few to ask
        ("lower back", (*LEGS, "leg_curl"), "attention", True),
        ("a bad year", LEGS, "notice", True),
    ],
)
def test_an_injury_explains_the_lifts_of_its_part_and_no_others(injury, lifts, level, named):
    found = stalled(injury, *lifts)
    assert found.level == level
    assert (f"Known: {injury} since 10 Jan 2024" in found.sentence) == named
    assert ("no known body part" in found.sentence) == (injury == "a bad year")


def test_every_muscle_at_a_part_is_one_of_the_catalogue():
    known = set(load().muscles["group"])
    assert {muscle for _, muscles in MUSCLES_AT for muscle in muscles} <= known


@pytest.mark.parametrize(
    ("what", "muscles"),
    [
        ("Left KNEE", ("quads", "hamstrings")),
        ("upper back", ("upper_back", "traps")),
        ("pulled lower back", ("lower_back",)),
        ("calves", ("calves",)),
        ("épaule droite", ("front_delts", "side_delts", "rear_delts", "chest")),
        ("Ellenbogen", ("biceps", "triceps", "forearms")),
        ("cold", ()),
        ("background noise", ()),
    ],
)
def test_an_injury_names_its_part_in_several_languages(what, muscles):
    assert muscles_at(what) == muscles
