"""The mapping audit: what is unmapped comes first, and the shares add up."""

from datetime import date

import polars as pl
import pytest

from analysis.exercises import load
from analysis.ingest import read
from analysis.logbook import Logbook
from analysis.measures import counting
from analysis.measures.mapping import coverage, mapping_audit, understated
from analysis.pages.lifter import athlete_page
from analysis.pseudonyms import anonymise
from analysis.schema import EXERCISES, LEDGER, REJECTED, SETS, empty, polars_schema
from analysis.signals import triage
from analysis.signals.flags import Thresholds
from tests.client_files import hevy


def logbook(sets):
    catalogue = load()
    matched = catalogue.match(sets)
    exercises = matched.with_columns(
        pl.Series("sets", list(sets.values()), dtype=pl.Int64)
    ).select(column.name for column in EXERCISES)
    return Logbook(
        sets=empty(SETS),
        ledger=empty(LEDGER),
        rejected=empty(REJECTED),
        exercises=exercises.cast(dict(polars_schema(EXERCISES))),
        catalogue=catalogue,
    )


def test_unmapped_first_with_suggestions_and_coverage_in_the_summary():
    result = mapping_audit(logbook({"Squat": 60, "Benchpress Thingy": 10, "Running": 30}))
    first = result.table.iloc[0]
    assert (first["exercise"], first["method"]) == ("Benchpress Thingy", "unmapped")
    assert first["suggestions"]
    assert result.table["share"].sum() == pytest.approx(1.0)
    assert coverage(result.table) == pytest.approx(0.9)
    assert "90.0 % of sets" in result.summary
    assert "90 of 100 sets; 2 of 3 names" in result.summary
    assert any("Benchpress Thingy (10)" in str(note) for note in result.notes)
    assert any("30 sets" in str(note) and "by design" in str(note) for note in result.notes)


def test_muscles_are_listed_by_role():
    table = mapping_audit(logbook({"Deadlift": 5})).table
    assert table.loc[0, "direct"] == "hamstrings, glutes"
    assert "lower_back" in table.loc[0, "indirect"]


def test_an_empty_log():
    result = mapping_audit(logbook({}))
    assert result.table.empty
    assert result.summary == "There is no set, so no name to map."


STRONG = """\
Date,Workout Name,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE
2024-01-01 10:00:00,A,Paused Single DB Lateral Raise,1,10,12,0,0,,,
2024-01-01 10:00:00,A,Paused Single DB Lateral Raise,2,10,11,0,0,,,
2024-01-01 10:00:00,A,Slow Partial Single DB Lateral Raise,1,6,12,0,0,,,
2024-01-01 10:00:00,A,Zzz Thing,1,6,12,0,0,,,
"""


@pytest.fixture
def read_log(tmp_path):
    (tmp_path / "strong.csv").write_text(STRONG, "utf-8")
    return read(tmp_path / "strong.csv", unit="kg")


def test_names_read_by_their_parts_follow_the_unmapped_with_what_was_read(read_log):
    result = mapping_audit(read_log)
    table = result.table.set_index("exercise")
    assert table["method"].to_list() == ["unmapped", "parts", "parts"]
    row = table.loc["Paused Single DB Lateral Raise"]
    assert row["parts"] == "single, dumbbell, raise, lateral"
    assert (row["direct"], row["load_basis"], row["sets"]) == ("side_delts", "per_hand", 2)
    assert table.loc["Zzz Thing", "parts"] == ""
    assert coverage(result.table) == pytest.approx(0.75)
    assert any("3 sets under 2 names that no list holds" in str(note) for note in result.notes)


def test_names_read_by_their_parts_count_for_muscles_and_stay_apart_as_lifts(read_log):
    sets = read_log.sets.filter(pl.col("exercise_id").is_not_null())
    lifts = counting.named(sets, read_log.catalogue)
    assert set(lifts["lift"]) == {
        "Paused Single DB Lateral Raise", "Slow Partial Single DB Lateral Raise",
    }  # fmt: skip
    trained = counting.by_muscle(sets, read_log.catalogue).filter(pl.col("role") == "direct")
    assert trained.group_by("muscle").len().rows() == [("side_delts", 3)]
    assert sets["load_basis"].unique().to_list() == ["per_hand"]


def test_an_anonymised_log_keeps_the_muscles_and_loses_the_name(read_log):
    clean = anonymise(read_log, salt="a long enough salt")
    assert set(clean.exercises["method"]) == {"parts", "unmapped"}
    assert clean.catalogue.read == {}
    trained = counting.by_muscle(clean.sets, clean.catalogue).filter(pl.col("role") == "direct")
    assert set(trained["muscle"]) == {"side_delts"}
    text = "".join(
        frame.write_csv()
        for frame in (clean.sets, clean.exercises, clean.catalogue.exercises.tail(5))
    )
    assert "Partial" not in text
    assert "partial" not in text
    assert mapping_audit(clean).table["parts"].eq("").all()


def test_muscles_that_an_unmapped_name_seems_to_train_are_understated(tmp_path):
    lifts = ("Squat (Barbell)", "Porsey Row", "Zzzdump")
    book = read(hevy(tmp_path, "ann.csv", lifts=lifts), athlete="Ann")
    low = understated(book)
    rows = low.table.set_index(low.table["muscle"].fillna(""))
    assert set(rows.index) == {"lats", "upper_back", ""}
    assert rows.loc["lats", ["names", "sets", "sets_a_week"]].tolist() == ["Porsey Row", 36, 3]
    assert rows.loc["", "names"] == "Zzzdump"
    assert low.summary == "Understated: lats and upper back."
    html = athlete_page(book).html()
    assert "up to 3.0 more: Porsey Row is not mapped" in html
    assert "Understated: 36 working sets of Porsey Row seem to be its" not in html  # no lats yet
    assert html.count("which they train is not known: Zzzdump.") == 1
    row = triage.row(book, [], Thresholds(), date(2024, 4, 1))
    assert row["understated"] == ("lats", "upper_back")


def test_a_name_whose_suggestions_disagree_trains_nobody_knows_what():
    catalogue = load()
    assert catalogue.likely_muscles("Zzzdump") == []
    assert catalogue.likely_muscles("Dumbbell Y Raised") == []
    assert catalogue.likely_muscles("Kirk shrugs") == ["traps"]
    assert catalogue.likely_muscles("reverse row") == ["lats", "upper_back"]


def test_a_log_without_unmapped_names_understates_nothing(tmp_path):
    low = understated(read(hevy(tmp_path, "ann.csv"), athlete="Ann"))
    assert low.table.empty
    assert low.summary == ""
