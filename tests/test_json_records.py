"""Records of JSON: what walks the values and what counts brackets and keys must agree."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.ingest import read
from analysis.ingest.vendors import Peek
from analysis.ingest.vendors._json import Nest, parse

NEST = Nest(("exercises", "sets"), mark="weight_kg", before="workouts")
KEYS = st.sampled_from(["workouts", "exercises", "sets", "weight_kg", "note", 'a"b', "ключ"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(KEYS, inner), max_size=4),
    max_leaves=40,
)


def written(value, *, escaped=False):
    """JSON of a value, in which lists of pairs are objects whose keys may stand twice."""
    if isinstance(value, list) and value and all(isinstance(each, tuple) for each in value):
        pairs = (f"{json.dumps(k, ensure_ascii=escaped)}: {written(v)}" for k, v in value)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",\n".join(map(written, value)) + "]"
    return json.dumps(value)


def both(text, path):
    path.write_text(text, encoding="utf-8")
    return len(list(NEST.records(parse(text)))), NEST.count(Peek(path))


@given(VALUES, st.booleans())
def test_two_routes_find_as_many_records_in_any_document(tmp_path_factory, value, escaped):
    walked, counted = both(
        written(value, escaped=escaped), tmp_path_factory.mktemp("json") / "log.json"
    )
    assert walked == counted


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ('[{"exercises": [{"sets": [{"weight_kg": 1}, {"weight_kg": 2}]}]}]', 2),
        ('{"workouts": [{"exercises": [{"sets": [{}, 5]}]}]}', 2),
        ('[{"exercises": [{"sets": [{"weight_kg": 1}], "sets": [{"weight_kg": 2}]}]}]', 2),
        ('[{"exercises": [7, {"sets": []}]}]', 1),
        ('[{"exercices": [{"sets": [{"weight_kg": 1}]}]}]', 1),
        ('[{"exercises": [{"se\\u0074s": [{"weight_kg": 1}]}]}]', 1),
        ('[{"exercises": [{"sets": [{"note": "\\"weight_kg\\": 3, [{"}]}]}]', 1),
        ('[{"exercises": null}, {"exercises": []}, {}]', 0),
        ("[[1]]", 1),
    ],
)
def test_a_record_is_found_wherever_it_stands(text, records, tmp_path):
    assert both(text, tmp_path / "log.json") == (records, records)


LOG = """[{"title": "A", "start_time": "2026-03-01T10:00:00Z", "end_time": "2026-03-01T11:00:00Z",
"exercises": [{"title": "Squat (Barbell)", "exercise_template_id": "X", "%s": [
{"index": 0, "type": "normal", "weight_kg": 100, "reps": 5},
{"index": 1, "type": "normal", "weight_kg": 105, "reps": 5%s}]}]}]"""


@pytest.mark.parametrize(
    ("key", "more", "sets", "rejected"),
    [("sets", "", 2, 0), ("sats", ', "sets": 1', 0, 2), ("sets", ', "weight_kg": 50', 1, 1)],
)
def test_what_is_out_of_place_or_said_twice_is_turned_away(tmp_path, key, more, sets, rejected):
    good = LOG % ("sets", "")
    path = tmp_path / "log.json"
    path.write_text(good[:-1] + "," + (LOG % (key, more))[1:].replace("03-01T", "03-02T"))
    ledger = read(path, tz="UTC").ledger.row(0, named=True)
    assert (ledger["sets"], ledger["rejected"], ledger["unaccounted"]) == (2 + sets, rejected, 0)
