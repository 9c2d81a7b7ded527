"""Every folder under tests/vendors is one case: an export and the set table it must become."""

from __future__ import annotations

import polars as pl
import pytest

from analysis import exercises
from analysis.ingest.records import peek
from analysis.ingest.sources import Source
from analysis.ingest.staging import stage_file
from analysis.ingest.vendors import Peek, identify, known_vendors
from analysis.problems import UnreadableError
from analysis.schema import KINDS, LOAD_BASES
from tests.golden import CASES, as_exported, measures, set_table, text_of

MEASURED = [case for case in CASES if (case / "expected_measures.csv").exists()]


VENDORS = {vendor.name: vendor for vendor in known_vendors()}


def app_of(case):
    """The vendor whose name the folder bears: the longest, for some names begin with another."""
    named = [v.name for v in known_vendors() if case.name.startswith(v.name)]
    return max(named, key=len)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_export_becomes_expected_table(case, tmp_path):
    assert text_of(set_table(case, tmp_path)) == (case / "expected.csv").read_text()


COUNTED = [case for case in CASES if VENDORS[app_of(case)].count is not None]


@pytest.mark.parametrize("case", COUNTED, ids=lambda path: path.name)
def test_as_many_records_are_found_as_a_second_route_counts(case, tmp_path):
    export = as_exported(next(case.glob("export.*")), tmp_path)
    source = Source(export, export.name, "athlete", export)
    account = stage_file(source, "kg", None, exercises.load(), tmp_path / "staged")
    found = account.sets + account.idle.len() + account.rejected["source_row"].n_unique()
    assert found == VENDORS[app_of(case)].count(peek(export)) > 0


def test_every_vendor_has_a_case():
    assert {app_of(case) for case in CASES} == {vendor.name for vendor in known_vendors()}


@pytest.mark.parametrize("case", MEASURED, ids=lambda path: path.name)
def test_export_holds_the_expected_measures(case, tmp_path):
    found = measures(case, tmp_path)
    assert found.write_csv() == (case / "expected_measures.csv").read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_signatures_do_not_overlap(case, tmp_path):
    export = as_exported(next(case.glob("export.*")), tmp_path)
    assert identify(peek(export)).name == app_of(case)


@pytest.mark.parametrize("vendor", known_vendors(), ids=lambda vendor: vendor.name)
def test_a_vendor_carries_what_its_golden_pairs_show(vendor):
    """What is declared is what the pairs hold: neither a promise nor a secret."""
    mine = [case for case in CASES if app_of(case) == vendor.name]
    pairs = [
        pl.read_csv(case / "expected.csv", infer_schema=False)
        for case in mine
        if (case / "expected.csv").read_text().strip()
    ]
    shown = set().union(*(pair.columns for pair in pairs))
    kinds = set().union(*(pair["kind"].to_list() for pair in pairs))
    for case in set(mine) & set(MEASURED):
        shown |= set(pl.read_csv(case / "expected_measures.csv")["name"])
    says = vendor.carries
    declared = {
        "rpe": "rpe" in says.effort,
        "superset": says.supersets,
        "done_at": says.set_times,
        "body_mass_kg": says.body_mass,
        "duration_s": says.durations,
        "distance_m": says.distances,
        "note": says.notes,
    }
    assert declared == {column: column in shown for column in declared}
    assert kinds <= set(says.kinds) <= set(KINDS)
    assert set(says.load_bases) <= set(LOAD_BASES)
    assert says.verified or says.documented


def test_a_near_miss_is_named(tmp_path):
    peek = Peek(tmp_path, b"x", ("title", "start_time", "exercise_title", "set_type", "reps"))
    with pytest.raises(UnreadableError, match="looks like Hevy, but lacks rpe, set_index"):
        identify(peek)
