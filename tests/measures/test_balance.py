import pytest
from set_literals import logbook, sets

from analysis.measures.balance import balance


def parts(result, contrast, group):
    table = result.table
    rows = table[(table["contrast"] == contrast) & (table["muscle"] == group)]
    return rows.set_index("part")["sets"].to_dict()


BOOK = logbook(
    sets("2024-01-01", "squat", "100x5", "100x5", "100x5"),
    sets("2024-01-01", "leg_extension", "50x10", number=2),
    sets("2024-01-01", "rdl", "100x5", number=3),
    sets("2024-01-01", "split_squat", "left 20x8", "right 22x8", number=4),
    sets("2024-01-01", "leg_curl", "40x10", "40x10", number=5),
)


def test_compound_and_isolation_of_direct_sets():
    assert parts(balance(BOOK), "mechanic", "quads") == {"compound": 4, "isolation": 1}


def test_direct_and_indirect_side_by_side():
    assert parts(balance(BOOK), "role", "glutes") == {"direct": 2, "indirect": 3}


def test_leg_curls_are_neither_knee_nor_hip_dominant():
    result = balance(BOOK)
    assert parts(result, "dominance", "legs") == {"knee": 5, "hip": 1}
    assert result.summary == ("Legs: 83 % knee-dominant and 17 % hip-dominant sets (n = 6 sets).")


def test_dominance_is_a_parameter():
    swapped = balance(BOOK, dominance={"knee": ("knee_flexion",), "hip": ("squat",)})
    assert parts(swapped, "dominance", "legs") == {"knee": 2, "hip": 3}


def test_unilateral_share_counts_a_pair_once():
    assert parts(balance(BOOK), "laterality", "quads") == {"bilateral": 4, "unilateral": 1}


def test_sides_are_compared_where_logged():
    table = balance(BOOK).table
    sides = table[table["contrast"] == "side"].set_index("part")
    assert sides["sets"].to_dict() == {"left": 1, "right": 1}
    assert sides["top_load_kg"].to_dict() == {"left": 20, "right": 22}
    assert set(sides["muscle"]) == {"Split Squat"}


def test_a_log_without_sides_says_so():
    result = balance(logbook(sets("2024-01-01", "squat", "100x5")))
    assert "No set names its side" in result.notes[-1]


def test_shares_add_up():
    sums = balance(BOOK).table.groupby(["contrast", "muscle"])["share_pct"].sum()
    assert sums.tolist() == pytest.approx([100] * len(sums))


def test_figure_and_an_empty_log():
    assert {bar["name"] for bar in balance(BOOK).figure_dict["data"]} == {"compound", "isolation"}
    assert balance(logbook()).summary.endswith("(n = 0).")
