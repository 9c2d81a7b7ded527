"""Formulas against their published identities."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures.e1rm import FORMULAS, e1rm, e1rm_expr


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("epley", 100 * (1 + 5 / 30)),
        ("baechle", 116.5),
        ("brzycki", 3600 / 32),
        ("lombardi", 100 * 5**0.1),
        ("mayhew", 1e4 / (52.2 + 41.9 * np.exp(-0.275))),
        ("oconner", 112.5),
        ("wathan", 1e4 / (48.8 + 53.8 * np.exp(-0.375))),
        ("lander", 1e4 / (101.3 - 13.35615)),
        ("marzagao", 100 * (1 + 4**0.85 / (-2.55 + 4.58 * np.log(100)))),
    ],
)
def test_five_reps_at_100_kg(formula, expected):
    assert e1rm(100, 5, formula) == pytest.approx(expected, rel=1e-12)


@given(
    load=st.floats(-5, 500),
    reps=st.floats(0, 60),
    formula=st.sampled_from(sorted(FORMULAS)),
    cap=st.sampled_from([None, 10.0, 12.0]),
)
def test_expressions_and_arrays_agree(load, reps, formula, cap):
    frame = pl.DataFrame({"load": [load], "reps": [reps]})
    expression = e1rm_expr(pl.col("load"), pl.col("reps"), formula, rep_cap=cap)
    value = frame.select(expression.fill_null(np.nan)).item()
    assert value == pytest.approx(float(e1rm(load, reps, formula, rep_cap=cap)), nan_ok=True)


@pytest.mark.parametrize("formula", FORMULAS)
def test_one_rep_is_the_maximum_and_more_reps_mean_more(formula):
    estimates = e1rm(80, np.arange(1, 13), formula)
    assert estimates[0] == 80
    assert (np.diff(estimates[1:]) > 0).all()


@pytest.mark.parametrize(("load", "reps"), [(0, 5), (-20, 5), (100, 0), (100, 16), (np.nan, 5)])
def test_unusable_sets_are_null(load, reps):
    assert np.isnan(e1rm(load, reps))


def test_beyond_the_pole_is_null():
    assert np.isnan(e1rm(100, [37, 40], "brzycki", rep_cap=None)).all()


def test_missing_reps_stay_missing():
    frame = pl.DataFrame({"load": [100.0, 100.0], "reps": [None, 5.0]})
    assert frame.select(e1rm_expr(pl.col("load"), pl.col("reps"))).to_series().null_count() == 1


def test_unknown_formula_is_named():
    with pytest.raises(ValueError, match="'epply', expected one of epley"):
        e1rm_expr(pl.col("load"), pl.col("reps"), "epply")
