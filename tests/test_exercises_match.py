"""Matching: the order of its steps, and what it must never do."""

from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.exercises import load
from analysis.exercises.names import plain, vocabulary

NAMES = load().exercises["name"].to_list()
NAME = dict(load().exercises.select("exercise_id", "name").iter_rows())
KNOWN = load().shared_keys()
EQUIPMENT = vocabulary().key(" ".join(load().exercises["equipment"].unique()))


def with_equipment(key):
    """The one exercise that is `key` with its equipment, said of a name known whole."""
    for stem in KNOWN.get(key - EQUIPMENT, ()):
        name = NAME[stem].partition(" (")[0]
        return KNOWN.get(vocabulary().key(name) | (key & EQUIPMENT), [None])[0]
    return None


def matched(name):
    return load().match([name]).row(0)


def test_exact_then_alias_then_rule_then_unmapped():
    names = ["Bench Press (Barbell)", "RDL", "press bench, BARBELL", "Zzz"]
    assert load().match(names)["method"].to_list() == ["exact", "alias", "rule", "unmapped"]


def test_one_row_per_distinct_name_in_order():
    table = load().match(["Squat", "Plank", "Squat"])
    assert table["exercise"].to_list() == ["Squat", "Plank"]
    assert table.columns == ["exercise", "exercise_id", "method"]
    assert load().match([]).height == 0


def test_equipment_order_plurals_and_sides_do_not_count():
    same = ["Barbell Hip Thrusts", "Hip Thrust, Barbell", "hip-thrust [barbell] (each side)"]
    assert {matched(name)[1] for name in same} == {"hip-thrust-barbell"}


def test_a_bare_ambiguous_name_stays_unmapped():
    for name in ("Press", "Row", "Curl", "Raise", "Extension", "Dumbbell Press", "Landmine"):
        assert matched(name)[1:] == (None, "unmapped"), name


def test_part_of_a_name_is_not_the_name():
    for name in ("Bench Press Machine Row Thing", "My Squat Place", "Bicep Curlz", "Deadlif"):
        assert matched(name)[1] is None, name


def test_localised_titles():
    titles = {
        "Supino Reto (Barra)": "bench-press-barbell",
        "Extensão de Tríceps na Polia (Máquina)": "triceps-extension-cable",
        "Elevação Lateral (Halteres)": "lateral-raise-dumbbell",
        "Sentadilla (Barra)": "squat-barbell",
        "Développé Couché (Haltères)": "bench-press-dumbbell",
        "Kreuzheben (Langhantel)": "deadlift-barbell",
        "Affondi con Manubri": "lunge-dumbbell",
    }
    assert {title: matched(title)[1] for title in titles} == titles


def test_suggestions_are_ids_and_never_decide():
    catalogue = load()
    ids = set(catalogue.exercises["exercise_id"])
    suggested = catalogue.suggest("Diamon Pushups")
    assert suggested
    assert set(suggested) <= ids
    assert matched("Diamon Pushups")[2] == "unmapped"


@given(st.sampled_from(NAMES), st.randoms(use_true_random=False))
def test_word_order_and_case_never_change_the_match(name, random):
    words = plain(name).split()
    key = vocabulary().key
    random.shuffle(words)
    joined = {" ".join(words).upper(), " ".join(words)}
    assume(all(key(other) == key(name) for other in joined))  # a phrase may be torn apart
    assert {matched(other)[1] for other in joined} == {matched(name)[1]}


@given(st.text(max_size=40))
def test_plain_is_idempotent(text):
    assert plain(plain(text)) == plain(text)


@given(st.one_of(st.text(max_size=40), st.sampled_from(NAMES)))
def test_normalisation_is_idempotent(text):
    key = vocabulary().key(text)
    again = frozenset(word for part in key for word in vocabulary().key(part))
    assert again == key


@given(st.text(alphabet="bcdfghjkqvwxz", min_size=7, max_size=30))
def test_junk_stays_unmapped(text):
    assert matched(text)[1:] == (None, "unmapped")


@given(st.sampled_from(NAMES), st.text(alphabet="bcdfghjkqvwxz", min_size=6, max_size=12))
def test_a_name_with_a_foreign_word_stays_unmapped(name, junk):
    assert matched(f"{name} {junk}")[1] is None


@given(st.sampled_from(NAMES), st.data())
def test_a_name_with_a_letter_lost_is_found_only_where_its_words_are_known(name, data):
    at = data.draw(st.integers(0, len(name) - 1))
    torn = name[:at] + name[at + 1 :]
    words = vocabulary()
    keys = {words.key(torn), *words.relaxed(words.key(torn))}
    vouched = {found for key in keys for found in (*KNOWN.get(key, ()), with_equipment(key))}
    assert matched(torn)[1] in vouched | {None}
