"""The catalogue as shipped: complete, consistent, and true to the anatomy of the legs."""

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

import analysis
from analysis.exercises import ROLES, load
from analysis.exercises.catalogue import DATA, movements, read_csv
from analysis.schema import LOAD_BASES

SHARED = Path(__file__).parents[1].parent / "shared"
NAMES = SHARED / "catalogue" / "names_in_real_exports.csv"
KAISERLIFT = SHARED / "exports" / "fitnotes" / "douglastkaiser__kaiserlift__data_lifting.csv"
GROUPS = {"quads", "hamstrings", "glutes", "calves", "adductors", "abductors", "tibialis", "chest",
          "front_delts", "side_delts", "triceps", "lats", "upper_back", "traps", "rear_delts",
          "biceps", "forearms", "abs", "obliques", "lower_back", "neck"}  # fmt: skip


def method_and_id(name):
    return load().match([name]).row(0)[:0:-1]


def roles_of(name):
    catalogue = load()
    exercise_id = catalogue.match([name])["exercise_id"][0]
    assert exercise_id in set(catalogue.exercises["exercise_id"]), name
    rows = catalogue.roles.filter(pl.col("exercise_id") == exercise_id)
    return dict(rows.select("muscle", "role").iter_rows())


def basis_of(name):
    catalogue = load()
    exercise_id = catalogue.match([name])["exercise_id"][0]
    return catalogue.exercises.filter(pl.col("exercise_id") == exercise_id)["load_basis"][0]


def direct(name):
    return {muscle for muscle, role in roles_of(name).items() if role == "direct"}


def test_at_least_700_exercises_with_unique_ids_and_names():
    exercises = load().exercises
    assert exercises.height >= 700
    assert exercises["exercise_id"].is_unique().all()
    assert exercises["name"].str.to_lowercase().is_unique().all()
    assert exercises["exercise_id"].str.contains(r"^[a-z0-9]+(-[a-z0-9]+)*$").all()


def test_every_value_is_one_of_its_vocabulary():
    exercises = load().exercises
    assert set(exercises["mechanic"]) <= {"compound", "isolation", "other"}
    assert set(exercises["laterality"]) == {"bilateral", "unilateral"}
    assert set(exercises["load_basis"]) <= set(LOAD_BASES)
    assert exercises.null_count().sum_horizontal()[0] == 0


def test_every_role_muscle_exists_and_is_named_once_per_exercise():
    catalogue = load()
    assert set(catalogue.roles["muscle"]) <= set(catalogue.muscles["muscle"])
    assert set(catalogue.roles["role"]) == set(ROLES)
    assert catalogue.roles.select("exercise_id", "muscle").is_unique().all()


def test_muscles_split_into_the_groups_a_coach_uses():
    muscles = load().muscles
    assert muscles.height >= 20
    assert set(muscles["group"]) == GROUPS
    assert set(muscles["region"]) == {"legs", "push", "pull", "trunk"}
    assert muscles["order"].to_list() == list(range(1, muscles.height + 1))


def test_every_movement_gives_a_reason_and_a_source_and_is_used():
    moves = movements()
    assert all(row["reason"] and row["source"] for row in moves.values())
    used = {
        row["movement"] for path in DATA.glob("exercises_*.csv") for row in read_csv(path.name)
    }
    assert used == set(moves)


def test_every_alias_target_exists_and_no_alias_is_said_twice():
    ids = set(load().exercises["exercise_id"])
    aliases = [row for path in DATA.glob("aliases_*.csv") for row in read_csv(path.name)]
    assert {row["exercise_id"] for row in aliases} <= ids
    said = Counter(row["alias"].casefold() for row in aliases)
    assert [alias for alias, times in said.items() if times > 1] == []
    assert not set(said) & {name.casefold() for name in load().exercises["name"]}


def test_no_normalised_name_means_two_exercises():
    assert {key: ids for key, ids in load().shared_keys().items() if len(ids) > 1} == {}


def test_the_strongest_role_stands_for_the_muscle_so_no_set_counts_twice():
    catalogue = load()
    assert catalogue.muscle_roles.select("exercise_id", "muscle").is_unique().all()
    press = catalogue.muscle_roles.filter(pl.col("exercise_id") == "incline-bench-press-barbell")
    assert dict(press.select("muscle", "role").iter_rows())["chest"] == "direct"


@pytest.mark.parametrize(
    "name",
    ["Squat (Barbell)", "Front Squat", "Hack Squat", "Leg Press", "Goblet Squat", "Pistol Squat",
     "Pendulum Squat", "Box Squat", "Sumo Squat", "Belt Squat", "Squat (Smith Machine)",
     "Split Squats", "Bulgarian Split Squat", "Walking Lunge (Dumbbell)", "Step Up"],
)  # fmt: skip
def test_squats_and_lunges_train_quads_and_glutes_and_no_calves_or_hamstrings(name):
    roles = roles_of(name)
    assert roles["quads"] == roles["glutes"] == "direct"
    assert not {"gastrocnemius", "soleus", "hamstrings"} & set(roles)


def test_no_exercise_with_squat_pattern_has_a_calf_or_hamstring_role():
    catalogue = load()
    squats = catalogue.exercises.filter(pl.col("pattern").is_in(["squat", "lunge"]))
    roles = catalogue.muscle_roles.join(squats, on="exercise_id")
    assert roles.height > 0
    assert not set(roles["muscle"]) & {"calves", "hamstrings", "tibialis"}


@pytest.mark.parametrize(
    ("name", "muscles"),
    [
        ("Deadlift", {"hamstrings", "glutes"}),
        ("RDL", {"hamstrings", "glutes"}),
        ("SLDL", {"hamstrings", "glutes"}),
        ("Good Morning", {"hamstrings", "glutes"}),
        ("Hip Thrust", {"glutes"}),
        ("Seated Leg Curl", {"hamstrings"}),
        ("Lying Leg Curl (Machine)", {"hamstrings"}),
        ("Leg Extension", {"quads"}),
        ("Standing Calf Raise", {"gastrocnemius", "soleus"}),
        ("Calf Press on Leg Press", {"gastrocnemius", "soleus"}),
        ("Seated Calf Raise", {"soleus"}),
        ("Hip Adductor (Machine)", {"adductors"}),
        ("Hip Abductor (Machine)", {"abductors"}),
        ("Tibialis Raise", {"tibialis"}),
        ("OHP", {"front_delts"}),
        ("CGBP", {"triceps"}),
        ("Zottman Curl", {"biceps", "forearms"}),
        ("Dips", {"chest_lower", "triceps"}),
        ("DB Row", {"lats", "upper_back"}),
        ("Running", set()),
        ("Stretching", set()),
    ],
)
def test_prime_movers(name, muscles):
    assert direct(name) == muscles


def test_deadlift_works_the_lower_back_by_role_and_seated_calf_raise_spares_gastrocnemius():
    assert roles_of("Deadlift")["lower_back"] == "indirect"
    assert roles_of("Squat")["lower_back"] == "stabiliser"
    assert "gastrocnemius" not in roles_of("Seated Calf Raise")


def test_lunges_and_split_squats_are_unilateral():
    exercises = load().exercises
    lunges = exercises.filter(pl.col("pattern") == "lunge")
    assert set(lunges["laterality"]) == {"unilateral"}


@pytest.mark.parametrize(
    ("name", "basis"),
    [
        ("Pull Up (Assisted)", "assistance"),
        ("Assisted Pull Up", "assistance"),
        ("Chest Dip (Assisted)", "assistance"),
        ("Pull Up (Weighted)", "added"),
        ("Weighted dips", "added"),
        ("Pull Up", "added"),
        ("Squat (Bodyweight)", "bodyweight"),
        ("Bench Press (Dumbbell)", "per_hand"),
        ("Bench Press (Barbell)", "external"),
        ("Goblet Squat", "external"),
        ("Plank", "none"),
        ("Running (Treadmill)", "none"),
        ("Bulgarian Split Squat", "unknown"),
    ],
)
def test_load_basis(name, basis):
    assert basis_of(name) == basis


def test_load_is_cached_and_reads_no_pandas():
    assert load() is load()
    code = (
        "import sys; from analysis.exercises import load; load(); print('pandas' in sys.modules)"
    )
    env = {"PYTHONPATH": str(Path(analysis.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert done.stdout.strip() == "False"


@pytest.mark.shared
@pytest.mark.skipif(not NAMES.exists(), reason="no names of real exports here")
def test_share_of_real_sets_that_is_mapped():
    rows = list(csv.DictReader(NAMES.read_text("utf-8").splitlines()))
    sets = Counter()
    for row in rows:
        sets[row["name"]] += int(row["sets"])
    matched = load().match(sets)
    mapped = sum(sets[name] for name, found, _ in matched.iter_rows() if found)
    assert mapped / sum(sets.values()) > 0.985
    assert set(matched["method"]) <= {"exact", "alias", "rule", "unmapped"}


@pytest.mark.shared
@pytest.mark.skipif(not KAISERLIFT.exists(), reason="no FitNotes log here")
def test_what_stays_unmapped_in_a_fitnotes_log_of_132_names():
    lines = KAISERLIFT.read_text("utf-8").splitlines()
    names = {row["Exercise"] for row in csv.DictReader(lines)}
    matched = load().match(names)
    unmapped = set(matched.filter(pl.col("exercise_id").is_null())["exercise"])
    assert len(unmapped) <= 6
    assert "Landmine" in unmapped
