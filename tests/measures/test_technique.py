import re

import pytest
from set_literals import logbook, sets

from analysis.measures.technique import ALL, technique, vocabulary


def counts(book, name, group=ALL):
    table = technique(book).table
    rows = table[(table["technique"] == name) & (table["muscle"] == group)]
    return tuple(rows[["sets", "mentions", "days"]].iloc[0]) if len(rows) else (0, 0, 0)


def test_fields_count_sets():
    book = logbook(sets("2024-01-01", "squat", "100x5", "drop 80x6", "drop 60x8"))
    assert counts(book, "drop_set") == (2, 0, 1)
    assert counts(book, "drop_set", "quads") == (2, 0, 1)
    assert counts(book, "drop_set", "glutes") == (0, 0, 0)


def test_a_superset_needs_two_exercises():
    alone = sets("2024-01-01", "squat", "100x5", superset="1")
    assert counts(logbook(alone), "superset") == (0, 0, 0)
    partner = sets("2024-01-01", "leg_curl", "40x10", superset="1", number=2)
    assert counts(logbook(alone, partner), "superset") == (2, 0, 1)


def test_a_note_on_every_set_of_a_run_is_one_mention():
    book = logbook(sets("2024-01-01", "squat", "100x5", "100x5", note="Paused reps today"))
    assert counts(book, "pause") == (0, 1, 1)


def test_tempo_and_technique_have_fields():
    book = logbook(
        sets("2024-01-01", "squat", "100x5", tempo="3010"),
        sets("2024-01-02", "squat", "100x5", technique="BFR"),
    )
    assert counts(book, "tempo")[0] == 1
    assert counts(book, "bfr")[0] == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("superset", "Supersatz mit Curls"),
        ("superset", "superserie con dominadas"),
        ("drop_set", "última: série dégressive"),
        ("drop_set", "finished with a drop-set"),
        ("myo_or_rest_pause", "last set rest-pause"),
        ("bfr", "BFR cuffs"),
        ("bfr", "oclusão"),
        ("tempo", "tempo 4010"),
        ("tempo", "3-1-0 Tempo RDL"),
        ("tempo", "3.0.3 Tempo Squat"),
        ("tempo", "4s down"),
        ("pause", "2 sec pause"),
        ("pause", "fermo al petto"),
        ("full_range", "ATG"),
        ("full_range", "amplitude complète"),
        ("partial_range", "lengthened partials"),
        ("partial_range", "ripetizioni parziali"),
    ],
)
def test_words_that_name_a_technique(name, said):
    assert re.search(vocabulary()[name], said)


@pytest.mark.parametrize(
    "said",
    [
        "3 min Pause",
        "poco tempo oggi",
        "sem tempo em 2024",
        "Wendler 5-3-1",
        "partially recovered",
        "dropped the bar",
        "settings: pin 4",
        "impartial",
        "superhero set",
    ],
)
def test_words_that_do_not(said):
    assert [name for name, pattern in vocabulary().items() if re.search(pattern, said)] == []


def test_no_note_text_leaves_the_logbook():
    result = technique(logbook(sets("2024-01-01", "squat", "100x5", note="bfr, knee hurts")))
    everything = f"{result.table.to_csv()}{result.summary}{result.notes}{result.settings}"
    assert "hurts" not in everything
    assert counts(logbook(sets("2024-01-01", "squat", "100x5", note="bfr")), "bfr") == (0, 1, 1)


def test_what_is_never_named_is_not_measurable():
    result = technique(logbook(sets("2024-01-01", "squat", "100x5", "drop 80x5")))
    assert result.summary == "Named in the log, by days: drop set (1) (n = 2 sets)."
    assert "not measurable from this log: superset, myo or rest pause, bfr" in result.notes[-1]
    assert result.figure_dict["data"][0]["x"] == ["drop set"]


def test_an_empty_log():
    assert technique(logbook()).summary.endswith("(n = 0 sets).")
