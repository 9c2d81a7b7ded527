"""Names read by their parts: sound vocabulary, ambiguity silent, identity never by parts."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exercises import load
from analysis.exercises.catalogue import DATA, movements, read_csv
from analysis.exercises.names import plain
from analysis.exercises.parts import ENGLISH, SIGNIFICANT, grammar, languages

PARTS = read_csv("parts.csv")
RULES = read_csv("rules.csv")
NEUTRAL = {"equipment", "posture", "grip", "side", "modifier", "brand", "place"}
MOVEMENT = {
    row["exercise_id"]: row["movement"]
    for path in DATA.glob("exercises_*.csv")
    for row in read_csv(path.name)
}
MOVES = movements()


def worked(movement):
    return MOVES[movement]["direct"], MOVES[movement]["indirect"]


def movement_of(name):
    reading = grammar().read(name)
    return reading and reading.movement


def test_every_part_has_a_known_slot_a_gloss_and_an_example_that_holds_it():
    names = [row["part"] for row in PARTS]
    assert len(names) == len(set(names)) >= 250
    assert {row["slot"] for row in PARTS} == NEUTRAL | set(SIGNIFICANT)
    assert all(row["gloss"] for row in PARTS)
    for row in PARTS:
        parts = grammar().parts(plain(row["example"]).split(), ENGLISH)
        assert parts is not None, row
        assert row["part"] in parts, row


@pytest.mark.parametrize("language", languages())
def test_a_language_names_only_parts_that_exist_and_no_form_has_two_meanings(language):
    rows = read_csv(f"parts_{language}.csv")
    slots = grammar().slots
    assert {part for row in rows for part in row["part"].split("+")} <= set(slots)
    forms = Counter(plain(form) for row in rows for form in row["forms"].split(","))
    assert "" not in forms
    assert [form for form, times in forms.items() if times > 1] == []


@pytest.mark.parametrize("language", ["names", *(lang for lang in languages() if lang != ENGLISH)])
def test_every_alias_is_read_as_its_exercise_or_not_at_all(language):
    aliases = read_csv(f"aliases_{language}.csv")
    read = {row["alias"]: movement_of(row["alias"]) for row in aliases}
    wrong = {
        row["alias"]: read[row["alias"]]
        for row in aliases
        if (found := read[row["alias"]]) is not None
        and worked(found) != worked(MOVEMENT[row["exercise_id"]])
    }
    assert wrong == {}
    fewest = {"names": 0.6, "sv": 0.7, "tr": 0.3}.get(language, 0.9)
    assert sum(found is not None for found in read.values()) > fewest * len(aliases)


def test_every_catalogue_name_is_read_as_its_exercise_or_not_at_all():
    names = dict(load().exercises.select("name", "exercise_id").iter_rows())
    read = {name: movement_of(name) for name in names}
    assert {
        name: found
        for name, found in read.items()
        if found is not None and worked(found) != worked(MOVEMENT[names[name]])
    } == {}
    assert sum(found is not None for found in read.values()) > 0.9 * len(names)


def test_rules_name_parts_and_movements_that_exist_and_allow_only_what_could_block():
    slots = grammar().slots
    assert {row["movement"] for row in RULES} - {""} <= set(MOVES)
    for row in RULES:
        assert {part for need in row["needs"].split() for part in need.split("/")} <= set(slots)
        assert all(slots[part] in SIGNIFICANT for part in row["allows"].split()), row


def test_no_two_rules_need_the_same_parts_and_none_contradicts_another_on_its_own_parts():
    rules = grammar().rules
    needs = Counter(rule.needs for rule in rules)
    assert [sorted(parts) for parts, times in needs.items() if times > 1] == []
    for rule in rules:
        found = grammar().movement(rule.needs)
        expected = worked(rule.movement) if rule.movement else None
        assert (found and worked(found)) == expected, rule


def test_a_rule_with_one_need_names_a_movement_that_no_other_word_could_turn():
    heads = {next(iter(rule.needs)) for rule in grammar().rules if len(rule.needs) == 1}
    turned = {"press", "curl", "row", "raise", "extension", "kickback", "pulldown", "pull", "push",
              "flexion", "rotation", "hold", "thrust", "swing", "prayer", "throw"}  # fmt: skip
    assert not heads & turned
    assert all(grammar().slots[part] in SIGNIFICANT for part in heads)


@pytest.mark.parametrize(
    "name",
    ["Press", "Row", "Curl", "Raise", "Row machine", "Dumbbell Press", "DB Press", "Kickbacks",
     "Cable Kickback", "Hack Squat Sissy Squat", "Rope Cable Prayer", "Kneeling dip",
     "Dumbbell Crossover", "Standing Dumbbell Row", "Arm Pulldown", "Cable Rope Pulldown",
     "Squat Press", "Shoulder Fly", "Dumbbell Shoulder Raise", "Incline DB Stretch-Curl",
     "Lateral raise + 10 shrug", "Bench Press Machine Row Thing", "Barbell Dumbbell Row",
     "Seated Standing Calf Raise", "Single Arm Single Leg Row", "Calf Wall", "Rowing", "Glute",
     "My Squat Place", "", "45", "The"],
)  # fmt: skip
def test_an_ambiguous_name_is_not_read(name):
    assert grammar().read(name) is None


@pytest.mark.parametrize(
    ("name", "movement", "equipment"),
    [
        ("Behind Back Cuffed Lateral Raises", "lateral_raise", "unspecified"),
        ("Rosca Martelo com Corda na Polia", "hammer_curl", "cable"),
        ("Aberturas Invertidas De Ombro Posterior (Na Máquina)", "reverse_fly", "machine"),
        ("1-Arm Half Kneeling Lat Pulldown", "lat_pulldown", "unspecified"),
        ("Incline DB Press 30’", "incline_press", "dumbbell"),
        ("Kurzhantelschrägbankdrücken", "incline_press", "dumbbell"),
        ("Vorgebeugtes Seitheben am Kabelzug", "reverse_fly", "cable"),
        ("Enarms maskinrodd", "row", "machine"),
        ("Oturarak Incline Curl (Dambıl)", "incline_curl", "dumbbell"),
        ("Calf Raise (Halter)", "calf_raise_standing", "unspecified"),
        ("Curl de Bíceps Alterno con Mancuernas", "biceps_curl", "dumbbell"),
        ("Développé Incliné aux Haltères", "incline_press", "dumbbell"),
        ("Alzate Laterali ai Cavi con una Mano", "lateral_raise", "cable"),
        ("Cybex Leg Press", "leg_press", "machine"),
        ("Leg Press 45º Articulado", "leg_press", "machine"),
        ("Seated Cable Row, Straight Bar", "row", "cable"),
        ("Single Leg Press", "leg_press", "unspecified"),
        ("Belt Squat (Barbell)", "machine_squat", "barbell"),
    ],
)
def test_a_name_is_read_whole(name, movement, equipment):
    reading = grammar().read(name)
    assert worked(reading.movement) == worked(movement)
    assert reading.equipment == equipment


def test_the_most_specific_rule_wins():
    read = grammar().movement
    assert read(["raise", "lateral"]) == "lateral_raise"
    assert read(["raise", "lateral", "bent_over"]) == "reverse_fly"
    assert read(["curl", "hammer", "preacher"]) == "hammer_curl"
    assert read(["calf_raise", "seated"]) == "calf_raise_seated"


READ = [row["example"] for row in PARTS if movement_of(row["example"]) is not None]


@given(
    st.sampled_from(READ),
    st.text(alphabet="bcdfghjkqvwxz", min_size=5, max_size=12),
    st.integers(0, 9),
)
def test_an_unknown_word_silences_any_name(name, junk, place):
    words = name.split()
    words.insert(min(place, len(words)), junk)
    assert grammar().read(" ".join(words)) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text):
    reading = grammar().read(text)
    assert reading is None or reading.movement in MOVES


def test_parts_give_muscles_and_load_basis_and_never_identity():
    names = ["Partial Single DB Lateral Raises", "Slow Single DB Lateral Raises Custom"]
    catalogue = load().with_parts(names)
    matched = catalogue.match(names)
    assert matched["method"].to_list() == ["parts", "parts"]
    assert matched["exercise_id"].n_unique() == 2
    assert not set(matched["exercise_id"]) & set(load().exercises["exercise_id"])
    made = catalogue.exercises.join(matched, on="exercise_id")
    assert sorted(made["name"]) == sorted(names)
    assert set(made["load_basis"]) == {"per_hand"}
    for made_id in matched["exercise_id"]:
        roles = catalogue.roles.filter(pl.col("exercise_id") == made_id)
        assert roles.filter(pl.col("role") == "direct")["muscle"].to_list() == ["side_delts"]


def test_one_spelling_is_one_exercise_whatever_its_case_and_the_order_of_names():
    names = ["paused  lateral db raise (Slow)", "Paused Lateral DB Raise slow"]
    one, other = (load().with_parts(order) for order in (names, names[::-1]))
    assert one.match(names)["exercise_id"].n_unique() == 1
    assert one.exercises.equals(other.exercises)


def test_a_list_wins_over_parts_and_reading_twice_changes_nothing():
    names = ["Squat", "RDL", "Supino (Halteres)", "Junk Thing"]
    assert load().with_parts(names) is load()
    read = load().with_parts(["Leg Press 3s Pause"])
    assert read.with_parts(["Leg Press 3s Pause"]) is read
    assert load().match(["Leg Press 3s Pause"])["method"].to_list() == ["unmapped"]


@pytest.mark.parametrize(
    ("name", "basis"),
    [
        ("Paused Goblet Squat (Dumbbell) 3ct", "external"),
        ("Slow Incline DB Press 30", "per_hand"),
        ("Paused Pull Up Neutral Grip Slow Tempo Custom", "added"),
        ("Machine Assisted Pull Up Paused Slow Rep", "assistance"),
        ("Paused Incline Bench Press 30’", "unknown"),
        ("Cybex Leg Press", "external"),
    ],
)
def test_load_basis_is_the_catalogue_s_or_unknown(name, basis):
    catalogue = load().with_parts([name])
    found = catalogue.match([name])["exercise_id"][0]
    entry = catalogue.exercises.filter(pl.col("exercise_id") == found)
    assert entry["load_basis"].to_list() == [basis]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Squat Press", None),
        ("Air Bike", "stationary-bike"),
        ("Flat Dumbbell Press", "bench-press-dumbbell"),
        ("Depth Jump", "depth-jump"),
        ("GHD Situp", "ghd-sit-up"),
        ("Shoulder Taps", "shoulder-tap"),
        ("Lat Pulldown (Custom)", "lat-pulldown-cable"),
        ("Bench Press (Bar)", "bench-press-barbell"),
        ("Barfiks (Ağırlıklı)", "pull-up-weighted"),
        ("Oturarak Leg Curl (Makine)", "seated-leg-curl-machine"),
        ("Machine Assisted Dip", "dip-assisted"),
    ],
)
def test_names_that_were_taken_for_another_or_for_none(name, expected):
    assert load().match([name])["exercise_id"][0] == expected


@pytest.mark.parametrize(
    ("name", "head", "never"),
    [
        ("Row machine", "row", "rowing-machine"),
        ("Stiff-leg deadlift on a thing", "stiff-leg-deadlift", "hanging-leg-raise"),
        ("Nippard Tricep Kickback", "triceps-kickback", "glute-kickback"),
        ("Virtual bike", "cycling", "bicycle-crunch"),
    ],
)
def test_suggestions_weigh_the_movement_more_than_letters(name, head, never):
    close = load().suggest(name)
    assert head in close[0]
    assert not any(never in found for found in close)


def test_a_suggestion_is_never_an_entry_that_parts_made():
    catalogue = load().with_parts(["Behind Back Cuffed Lateral Raises"])
    assert not set(catalogue.suggest("Back Lateral Raisez")) & set(catalogue.read)
