"""A girth's trend: the line, its interval, the sets beside it, and what is refused."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

import analysis as lab
from analysis.problems import UserError
from analysis.report.glossary import loads_in

START = date(2025, 1, 6)  # a Monday


@pytest.fixture(scope="module")
def squatter(tmp_path_factory):
    """A lifter with ten sets of squats in each of 40 weeks."""
    path = tmp_path_factory.mktemp("growth") / "ann.csv"
    rows = [
        f"{datetime.combine(START + timedelta(7 * week), datetime.min.time()):%Y-%m-%d} 18:00:00,"
        f"Legs,1h,Squat (Barbell),{number},100,5,,,,,"
        for week in range(40)
        for number in range(1, 11)
    ]
    head = (
        "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,"
        "Workout Notes,RPE"
    )
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return lab.read(path, unit="kg")


def measured(logbook, tmp_path, values, every=28, column="thigh_cm"):
    path = tmp_path / "girths.csv"
    days = [START + timedelta(every * place) for place in range(len(values))]
    lines = [f"{day},{value}" for day, value in zip(days, values, strict=True)]
    path.write_text("\n".join([f"date,{column}", *lines]), encoding="utf-8")
    return lab.join(logbook, [path])


def test_a_girth_that_grows_by_a_line_is_told_with_its_muscles_sets(squatter, tmp_path):
    error = np.random.default_rng(1).normal(0, 0.1, 10)
    book = measured(squatter, tmp_path, 58 + 0.3 * np.arange(10) + error)
    grown = lab.growth_of(book, "thigh_cm")
    last = grown.table.iloc[-1]
    assert last["change"] == pytest.approx(2.7, abs=0.15)
    assert 0 < last["low"] < last["change"] < last["high"]
    assert (grown.table["muscle"] == "quads").all()
    assert grown.table["sets_per_week"].tolist()[1:] == [10.0] * 9
    assert grown.table["sets_per_week"].isna()[0]
    assert grown.summary.startswith("Thigh: up ")
    assert "with 10.0 sets of quads a week" in grown.summary
    assert {trace["name"] for trace in grown.figure_dict["data"]} == {
        "sets a week", "95 % of the change", "trend", "measured",
    }  # fmt: skip


def test_a_girth_that_only_errs_is_too_close_to_call(squatter, tmp_path):
    book = measured(squatter, tmp_path, 58 + np.random.default_rng(2).normal(0, 0.4, 12))
    grown = lab.growth_of(book, "thigh_cm")
    assert grown.table["low"].iloc[-1] < 0 < grown.table["high"].iloc[-1]
    assert "too close to call" in grown.summary


def test_a_girth_that_shrinks_is_down(squatter, tmp_path):
    error = np.random.default_rng(3).normal(0, 0.05, 10)
    book = measured(squatter, tmp_path, 95 - 0.8 * np.arange(10) + error, column="waist_cm")
    grown = lab.growth_of(book, "waist_cm")
    assert grown.summary.startswith("Waist: down ")
    assert grown.table["sets_per_week"].isna().all()  # no muscle's girth


def test_body_mass_follows_the_unit_of_the_page_in_every_number(squatter, tmp_path):
    error = np.random.default_rng(4).normal(0, 0.1, 10)
    book = measured(squatter, tmp_path, 60 + 0.4 * np.arange(10) + error, column="body_mass_kg")
    mass = lab.growth_of(book, "body_mass_kg")
    pounds = [each / 0.45359237 for each in mass.table.iloc[-1][["change", "low", "high"]]]
    found = re.fullmatch(r"Body mass: up ([\d.]+) lb \(([\d.]+) lb to ([\d.]+) lb\), .*",
                         loads_in(mass.summary, "lb"))  # fmt: skip
    assert found is not None
    # Both were rounded: to a tenth of a kg, then to a tenth of a lb.
    assert [float(each) for each in found.groups()] == pytest.approx(pounds, abs=0.17)
    assert mass.figure_dict["layout"]["meta"]["load_axis"] == "y"


def test_two_measurements_make_no_trend_and_that_is_said(squatter, tmp_path):
    grown = lab.growth_of(measured(squatter, tmp_path, [58, 59]), "thigh_cm")
    assert grown.table["change"].isna().all()
    assert "3 make a trend" in grown.summary
    assert str(grown.notes[0]) == "1 athlete measured on fewer than 3 days: no trend."


def test_measurements_of_one_day_count_once(squatter, tmp_path):
    twice = pl.DataFrame(
        {"athlete": squatter.athletes * 2, "date": [START] * 2, "name": ["thigh_cm"] * 2,
         "value": [58.0, 60.0], "text": [None, None]},
        schema=squatter.joined.schema,
    )  # fmt: skip
    book = measured(squatter, tmp_path, [])
    book.joined.extend(twice)
    assert lab.growth_of(book, "thigh_cm").table["value"].tolist() == [59.0]


@pytest.mark.parametrize(
    ("column", "muscle", "said"),
    [("tigh_cm", None, "did you mean thigh_cm"), ("thigh_cm", "quds", "no muscle 'quds'")],
)
def test_what_is_not_there_is_refused(squatter, tmp_path, column, muscle, said):
    book = measured(squatter, tmp_path, [58, 59, 60])
    with pytest.raises(UserError, match=said):
        lab.growth_of(book, column, muscle=muscle)
