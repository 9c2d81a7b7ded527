"""Figures of real exports that other programs agree on; see the reference files' notes."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.shared

EXPORTS = Path(__file__).parents[2].parent / "shared" / "exports"
HEVY = EXPORTS / "hevy" / "DaKheera47__strong-statistics__data_sample_sample_hevy.csv"


@pytest.fixture(scope="module")
def book():
    if not HEVY.exists():
        pytest.skip("the reference exports are not beside the project")
    from analysis.ingest import read

    return read(HEVY)


def test_tonnage_agrees_with_two_independent_programs(book):
    from analysis.measures.working import working

    table = working(book).table.set_index("standing")
    assert table["sets"].sum() == 7211
    assert table["logged_tonnage_kg"].sum() == pytest.approx(2_304_917.0)
    without_warmups = table.drop(index="warmup")
    assert without_warmups["logged_tonnage_kg"].sum() == pytest.approx(1_964_741.75)
    assert without_warmups["sets"].sum() == 5016


def test_an_assisted_lift_is_never_the_strongest(book):
    from analysis.measures.day_strength import e1rm

    table = e1rm(book).table
    assert set(table.loc[table["rank_as_external"], "load_basis"]) == {"external"}
    assert not table["lift"].str.contains("Assisted").any()
