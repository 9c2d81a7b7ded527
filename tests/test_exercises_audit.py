"""The mapping audit: what is unmapped comes first, and the shares add up."""

import polars as pl
import pytest

from analysis.exercises import load
from analysis.exercises.audit import audit, coverage
from analysis.logbook import Logbook
from analysis.schema import EXERCISES, LEDGER, REJECTED, SETS, empty, polars_schema


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
    result = audit(logbook({"Squat": 60, "Benchpress Thingy": 10, "Running": 30}))
    first = result.table.iloc[0]
    assert (first["exercise"], first["method"]) == ("Benchpress Thingy", "unmapped")
    assert first["suggestions"]
    assert result.table["share"].sum() == pytest.approx(1.0)
    assert coverage(result.table) == pytest.approx(0.9)
    assert "90.0 % of sets" in result.summary
    assert "90 of 100 sets; 2 of 3 names" in result.summary
    assert any("Benchpress Thingy (10)" in note for note in result.notes)
    assert any("30 sets" in note and "by design" in note for note in result.notes)


def test_muscles_are_listed_by_role():
    table = audit(logbook({"Deadlift": 5})).table
    assert table.loc[0, "direct"] == "hamstrings, glutes"
    assert "lower_back" in table.loc[0, "indirect"]


def test_an_empty_log():
    result = audit(logbook({}))
    assert result.table.empty
    assert result.summary == "There is no set, so no name to map."
