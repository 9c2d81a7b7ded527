"""The panel: what enters a row, what stays unknown, and that nothing of the future leaks in."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from analysis import exercises, schema
from analysis.logbook import Logbook
from analysis.models.panel import (
    OUTCOMES,
    PanelOptions,
    block_strength,
    calendar_blocks,
    daily_strength,
    gaps,
    panel,
)

MONDAY = date(2025, 1, 6)
CATALOGUE = exercises.load()
SQUAT, PRESS, BENCH = "Squat (Barbell)", "Leg Press", "Bench Press (Barbell)"


def sets(week, exercise=SQUAT, n=1, load=100.0, reps=5, rir=None, day=0, athlete="a"):
    """`n` equal sets on one day of a week counted from 0."""
    at = datetime.combine(MONDAY + timedelta(weeks=week, days=day), datetime.min.time())
    return [
        {
            "athlete": athlete,
            "session": f"{week}.{day}",
            "started_at": at,
            "exercise": exercise,
            "exercise_number": 1,
            "set_number": i + 1,
            "kind": "work",
            "load_kg": float(load),
            "load_basis": "external",
            "reps": float(reps),
            "rir": rir,
            "app": "strong",
            "source_file": "a.csv",
            "source_row": i,
        }
        for i in range(n)
    ]


def logbook(*parts):
    rows = pl.DataFrame([row for part in parts for row in part])
    ids = CATALOGUE.match(rows["exercise"].unique().to_list()).select("exercise", "exercise_id")
    assert ids["exercise_id"].null_count() == 0
    full = rows.join(ids, on="exercise", maintain_order="left")
    schema_of_sets = schema.polars_schema(schema.SETS)
    table = full.select(
        (pl.col(name) if name in full.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema_of_sets.items()
    )
    nothing = [schema.empty(part) for part in (schema.LEDGER, schema.REJECTED, schema.EXERCISES)]
    return Logbook(table, *nothing, CATALOGUE)


def weekly(weeks, **what):
    return [row for week in weeks for row in sets(week, **what)]


def quads(*parts, **options):
    return panel(logbook(*parts), muscle="quads", **options)


def test_dose_is_the_mean_over_logged_weeks_and_an_unlogged_week_is_unknown():
    table = quads(sets(0, n=3), sets(1, n=5), sets(3, n=4), weekly(range(4, 8), n=2))
    first = table.iloc[0]
    assert first["dose"] == pytest.approx((3 + 5 + 4) / 3)
    assert (first["logged_weeks"], first["unlogged_weeks"]) == (3, 1)
    assert any("1 week without any log: unknown" in note for note in gaps(table))


def test_a_logged_week_without_the_muscle_is_zero():
    table = quads(sets(0, n=4), sets(1, BENCH), sets(2, BENCH), sets(3, BENCH), sets(4))
    assert table.iloc[0]["dose"] == pytest.approx(1.0)


def test_a_block_with_too_few_logged_weeks_has_no_dose():
    table = quads(weekly(range(4), n=2), sets(5, n=2), weekly(range(8, 12), n=2))
    assert table["status"].tolist() == ["ok", "too few logged weeks", "last block"]
    assert np.isnan(table.loc[1, "dose"])
    assert any("1 block of 3 left out: the dose is unknown" in note for note in gaps(table))


def test_an_assisting_muscle_is_credited_by_the_rule():
    book = logbook(weekly(range(8), exercise=BENCH, n=4))
    doses = {
        rule: panel(book, muscle="triceps", rule=rule)["dose"].iloc[0]
        for rule in ("direct", "fractional", "total")
    }
    assert doses == {"direct": 0.0, "fractional": 2.0, "total": 4.0}
    assert panel(book, muscle="triceps")["status"].tolist() == [
        "no strength in both blocks",
        "last block",
    ]


def test_the_change_is_taken_within_an_exercise_whatever_the_mix_becomes():
    table = quads(
        weekly(range(4)),
        weekly(range(4, 8), load=102),
        weekly(range(4, 8), exercise=PRESS, load=300, day=2),
    )
    assert table.loc[0, "change_pct"] == pytest.approx(100 * np.log(1.02))
    assert table.loc[0, "exercises"] == 1


def test_what_comes_later_changes_nothing_before():
    early = [*weekly(range(4)), *weekly(range(4, 8), load=103, n=2)]
    one = quads(early, weekly(range(8, 16), load=90, n=1))
    other = quads(early, weekly(range(8, 16), load=120, n=6))
    known = ["dose", "frequency", "intensity_pct", "change_pct"]
    assert one.loc[0, known].tolist() == other.loc[0, known].tolist()
    assert one.loc[1, known[:3]].tolist() == other.loc[1, known[:3]].tolist()
    assert one.loc[1, "change_pct"] < other.loc[1, "change_pct"]


def test_two_changes_share_the_estimate_between_them():
    rng = np.random.default_rng(1)
    rows = [
        row
        for week in range(12)
        for day in (0, 3)
        for row in sets(week, load=100 * np.exp(0.04 * rng.standard_normal()), day=day)
    ]
    book, options = logbook(rows), PanelOptions()
    daily = daily_strength(book.sets.with_columns(set_count=pl.lit(1.0)), CATALOGUE, options)
    variance = block_strength(daily, calendar_blocks(book.sets, options), options)["variance"]
    table = panel(book, muscle="quads")
    assert table.loc[0, "change_variance"] == pytest.approx(variance[0] + variance[1])
    assert table.loc[0, "next_covariance"] == pytest.approx(-variance[1])
    assert (table["next_covariance"].iloc[1:] == 0).all()


def test_reps_in_reserve_are_used_for_a_whole_series_or_not_at_all():
    always = quads(weekly(range(4), rir=2.0), weekly(range(4, 8), rir=0.0))
    sometimes = quads(weekly(range(4), rir=2.0), weekly(range(4, 8)))
    assert always.loc[0, "change_pct"] == pytest.approx(100 * np.log((1 + 5 / 30) / (1 + 7 / 30)))
    assert always.loc[0, "effort_known"] == 1
    assert sometimes.loc[0, "change_pct"] == pytest.approx(0)
    assert sometimes.loc[0, "effort_known"] == 0


def test_a_change_too_large_to_be_strength_is_left_out_and_counted():
    table = quads(weekly(range(4)), weekly(range(4, 8), load=220), weekly(range(8, 12), load=224))
    assert table["status"].tolist() == ["no strength in both blocks", "ok", "last block"]
    assert any("1 change of an exercise" in note for note in gaps(table))


def test_deviations_are_from_the_mean_of_the_blocks_that_enter():
    table = quads(*(weekly(range(4 * b, 4 * b + 4), n=n) for b, n in enumerate((2, 4, 9, 5))))
    used = table[table["status"] == "ok"]
    assert used["dose_deviation"].sum() == pytest.approx(0)
    assert used["dose_mean"].iloc[0] == pytest.approx(5)


def test_athletes_and_muscles_are_rows_of_their_own():
    book = logbook(weekly(range(8)), weekly(range(8), athlete="b", exercise=BENCH))
    table = panel(book, muscle=["quads", "chest"])
    assert len(table) == 2 * 2 * 2
    assert set(table.loc[table["status"] == "ok", "athlete"] + table["muscle"]) >= {
        "aquads",
        "bchest",
    }


def test_the_naive_maximum_grows_with_the_number_of_sets_and_the_top_set_does_not():
    rng = np.random.default_rng(3)
    noisy = [
        row
        for week in range(80)
        for s in range(1 if week < 40 else 8)
        for row in sets(week, reps=5, load=100 * np.exp(0.04 * rng.standard_normal()), day=s % 5)
    ]
    change = {
        name: quads(noisy, block_weeks=40, outcome_from=name).loc[0, "change_pct"]
        for name in ("working", "weekly_maximum")
    }
    assert abs(change["working"]) < 2
    assert change["weekly_maximum"] > 4


def test_only_sets_near_failure_count_where_asked():
    book = [*weekly(range(8), rir=3.0), *weekly(range(8), rir=0.0, load=90, day=2)]
    assert quads(book, outcome_from="failure").loc[0, "change_days"] == 8
    assert quads(book).loc[0, "change_days"] == 16


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"outcome_from": "best"}, "expected one of top_sets"),
        ({"block_weeks": 0}, "expected a block of 1 or more weeks"),
        ({"min_logged_weeks": 9}, "no more logged weeks than it has"),
        ({"muscle": "biceps femoris"}, "expected one of"),
        ({"rule": "half"}, "counting rule is 'half'"),
    ],
)
def test_wrong_choices_are_refused_with_the_right_ones(wrong, said):
    with pytest.raises(ValueError, match=said):
        panel(logbook(weekly(range(8))), **{"muscle": "quads", **wrong})


def test_every_outcome_has_a_meaning_and_a_table():
    book = logbook(weekly(range(8), rir=0.0))
    for name in OUTCOMES:
        assert len(panel(book, muscle="quads", outcome_from=name)) == 2
