"""Every folder under tests/vendors is one case: an export and the set table it must become."""

from __future__ import annotations

import pytest

from analysis.ingest.vendors import Peek, UnknownFormatError, identify, known_vendors
from tests.golden import CASES, set_table, text_of


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_export_becomes_expected_table(case, tmp_path):
    assert text_of(set_table(case, tmp_path)) == (case / "expected.csv").read_text()


def test_every_vendor_has_a_case():
    names = {vendor.name for vendor in known_vendors()}
    assert {name for name in names if any(case.name.startswith(name) for case in CASES)} == names


def test_signatures_do_not_overlap():
    for case in CASES:
        if (case / "export.csv").exists():
            header = (case / "export.csv").read_text().splitlines()[0]
            delimiter = ";" if header.count(";") > header.count(",") else ","
            cells = tuple(cell.strip('" ') for cell in header.split(delimiter))
            peek = Peek(case, b"x", cells, delimiter, (case / "export.csv").read_text())
            assert case.name.startswith(identify(peek).name)


def test_a_near_miss_is_named(tmp_path):
    peek = Peek(tmp_path, b"x", ("title", "start_time", "exercise_title", "set_type", "reps"))
    with pytest.raises(UnknownFormatError, match="looks like Hevy, but lacks rpe, set_index"):
        identify(peek)
