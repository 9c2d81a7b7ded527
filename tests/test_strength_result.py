"""`strength`, `shifts`, `forecast` of logbooks: their rows, their words, a user's word."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent / "measures"))
from set_literals import logbook, sets

import analysis as lab
from analysis.ingest import remembered
from analysis.logbook import Machines
from analysis.models.strength import facts, history, leading
from analysis.models.strength.sentences import headlines, of_best, of_row, of_shift
from analysis.problems import SettingsError

START = date(2024, 1, 1)
COLUMNS = [
    "athlete", "scope", "name", "horizon_days", "since", "change_pct", "low_pct", "high_pct",
    "p_up", "p_within_10", "verdict", "best_block", "below_best_pct", "lifts", "days", "shifts",
]  # fmt: skip


def trained(lift, loads, every=4, **more):
    return [
        row
        for step, load in enumerate(loads)
        for row in sets(f"{START + timedelta(days=every * step)}", lift, f"{load:.2f}x5", **more)
    ]


def noisy(n, pct_per_year, seed=0, level=100.0, noise=0.02):
    rng = np.random.default_rng(seed)
    growth = np.log1p(pct_per_year / 100) * 4 * np.arange(n) / 365.25
    return level * np.exp(growth + rng.normal(0, noise, n))


def rising(**more):
    return [
        run
        for place, lift in enumerate(("squat", "leg_press", "leg_curl", "rdl"))
        for run in [trained(lift, noisy(60, 60, place), number=place + 1, **more)]
    ]


@pytest.fixture(scope="module")
def book():
    return logbook(*rising())


def test_one_row_per_lifter_muscle_and_lift_with_exactly_these_columns(book):
    table = lab.strength(book).table
    assert list(table.columns) == COLUMNS
    assert table["scope"].value_counts().to_dict() == {"lift": 4, "muscle": 3, "lifter": 1}
    own = table.set_index("name")
    assert own.loc["all lifts", "verdict"] == "up"
    assert own.loc["all lifts", "lifts"] == 4
    assert own.loc["quads", "lifts"] == 2
    assert (table["low_pct"] < table["change_pct"]).all()
    assert (table["change_pct"] < table["high_pct"]).all()
    last = pd.Timestamp(START + timedelta(days=4 * 59))
    assert (last - table["since"]).dt.days.tolist() == table["horizon_days"].tolist()


def test_up_is_said_exactly_from_a_probability_of_95_percent(book):
    flat = logbook(*(trained(lift, noisy(40, 4, 7)) for lift in ("squat", "rdl")))
    for table in (lab.strength(book).table, lab.strength(flat).table):
        assert ((table["p_up"] >= 0.95) == (table["verdict"] == "up")).all()


def test_five_more_sets_a_day_move_no_verdict():
    rng = np.random.default_rng(4)

    def day(step, lift, more):
        top = 100 * np.exp(rng.normal(0, 0.02))
        fatigue = [f"{top:.2f}x{max(8 - place, 3)}" for place in range(3 + more)]
        return sets(f"{START + timedelta(days=4 * step)}", lift, *fatigue)

    runs = [day(step, lift, 5 * (step >= 30)) for lift in ("squat", "rdl") for step in range(44)]
    (own,) = lab.strength(logbook(*runs)).table.query("scope == 'lifter'").to_dict("records")
    assert own["verdict"] == "no large change"
    assert abs(own["change_pct"]) < 3


def test_a_lift_that_was_left_has_no_verdict():
    gone = logbook(trained("squat", noisy(60, 20)), trained("rdl", [80.0] * 12))
    row = lab.strength(gone).table.set_index("name").loc["Rdl"]
    assert row["verdict"] == "none"
    assert np.isnan(row["change_pct"])


def test_a_doubled_load_is_named_and_not_counted():
    loads = np.concatenate([noisy(30, 0), 2 * noisy(30, 0)])
    book = logbook(trained("split_squat", np.round(loads / 5) * 5))
    table = lab.shifts(book).table
    assert table["kind"].tolist() == ["doubled"]
    assert table["day"].iloc[0] == pd.Timestamp(START + timedelta(days=120))
    assert of_shift(table.iloc[0].to_dict()).startswith("Split Squat: logged double since 30 Apr")
    (lift,) = lab.strength(book).table.query("scope == 'lift'").to_dict("records")
    assert abs(lift["change_pct"]) < 15
    assert lift["shifts"] == 1


def test_a_loss_over_a_long_break_is_told_as_such():
    away = sets("2024-12-01", "squat", "75x5")
    back = [sets(f"2024-12-{day:02}", "squat", "75x5") for day in range(4, 30, 3)]
    book = logbook(trained("squat", noisy(30, 0)), away, *back)
    (row,) = lab.shifts(book).table.to_dict("records")
    assert row["kind"] == "return"
    assert row["change_pct"] == pytest.approx(-25, abs=3)
    assert "back after 7 months off on 1 Dec 2024, 24 % down" in of_shift(row)
    assert facts(book).break_days == row["lifter_days_off"]
    assert "Coming back after 7 months off" in headlines(None, [], facts(book).break_days)[0]


class TestOverrules:
    def doubled(self, **machines):
        book = logbook(trained("squat", [*[100.0] * 30, *[200.0] * 30]))
        return replace(book, machines={"ann": Machines(**machines)})

    def test_the_same_machine_has_no_step(self):
        assert lab.shifts(self.doubled(same=("squat",))).table.empty

    def test_another_machine_counts_from_the_day_that_is_said(self):
        flat = logbook(trained("squat", noisy(60, 0)))
        told = replace(flat, machines={"ann": Machines(new_from=(("Squat", date(2024, 3, 2)),))})
        (row,) = lab.shifts(told).table.to_dict("records")
        assert (row["kind"], row["day"]) == ("told", pd.Timestamp(2024, 3, 5))

    def test_a_name_that_no_lift_has_is_said(self):
        notes = lab.strength(self.doubled(same=("Sqaut",))).notes
        assert "liftdose.toml names lifts that the log has not: Sqaut." in map(str, notes)

    def test_the_file_is_read_and_its_errors_have_a_place(self, tmp_path):
        path = tmp_path / "liftdose.toml"
        path.write_text(
            '[strength]\nsame_machine = ["Squat"]\nnew_machine_from = { "Row" = 2026-05-03 }\n'
        )
        said = remembered.load(path).machines
        assert said == Machines(("Squat",), (("Row", date(2026, 5, 3)),))
        path.write_text('[strength.new_machine_from]\nRow = "May"\n')
        with pytest.raises(SettingsError, match="\"Row\" = 'May': expected a date"):
            remembered.load(path)
        path.write_text('[strength]\nsame_machine = "Squat"\n')
        with pytest.raises(SettingsError, match="expected names of lifts"):
            remembered.load(path)


def test_the_line_agrees_with_the_verdict(book):
    table = lab.strength(book).table.query("scope == 'muscle'").set_index("name")
    line = history(book)
    for name, row in table.iterrows():
        then = line[(line["muscle"] == name) & (line["day"] == row["since"])].iloc[0]
        assert 100 * 100 / then["index"] - 100 == pytest.approx(row["change_pct"], abs=1e-3)
        assert then["high"] < 100


def test_the_lifts_to_lead_with_are_decided_at_a_higher_bar(book):
    leads = leading(book)
    assert 1 <= len(leads) <= 3
    assert (leads["p_up"] >= 0.975).all()


def test_forecast_in_e1rm_and_in_load_at_the_usual_repetitions(book):
    result = lab.forecast(book)
    table = result.table
    assert set(table["quantity"]) == {"e1rm", "load"}
    assert sorted(set(table["horizon_days"])) == [7, 28, 56]
    ranges = table[[name for name in table if name.endswith("_kg")]]
    assert (ranges.diff(axis=1).iloc[:, 1:] > 0).all().all()
    first = table.iloc[:2].set_index("quantity")
    assert first.loc["load", "reps"] == 5
    assert first.loc["e1rm", "middle_kg"] == pytest.approx(
        first.loc["load", "middle_kg"] * (1 + 5 / 30), rel=1e-3
    )
    assert result.figure_dict["data"]


@pytest.mark.parametrize("verb", [lab.strength, lab.shifts, lab.forecast])
def test_an_empty_log_is_an_answer(verb):
    result = verb(logbook())
    assert result.table.empty
    assert result.summary
    assert result.figure_dict is None


def row(verdict, **more):
    return {
        "scope": "muscle", "name": "upper_back", "verdict": verdict, "horizon_days": 56.0,
        "since": pd.Timestamp(2024, 3, 1), "change_pct": 6.0, "low_pct": 1.0, "high_pct": 11.2,
        "lifts": 3, "below_best_pct": 8.2, "best_block": pd.Timestamp(2024, 5, 1),
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (row("up"), "Upper back: up about 6 % in eight weeks (likely 2 to 10 %)."),
        (row("down", change_pct=-6.0, low_pct=-11.0, high_pct=-1.0, horizon_days=700.0),
         "Upper back: down about 6 % since March 2024 (likely 2 to 10 %)."),
        (row("probably up", horizon_days=182.0),
         "Upper back: probably up over six months (2 % up to 10 % up)."),
        (row("no large change"), "Upper back: steady, within 10 % of eight weeks ago."),
        (row("open", low_pct=-5.0, high_pct=9.0),
         "Upper back: 4 % down to 8 % up in eight weeks, too close to call."),
        (row("up", scope="lifter", name="all lifts", lifts=14),
         "Overall: up about 6 % in eight weeks (likely 2 to 10 %), 14 lifts."),
        (row("none"), "Upper back: too little recent log to say."),
    ],
)  # fmt: skip
def test_a_verdict_in_words(row, said):
    assert of_row(row) == said


def test_the_best_block_in_words():
    assert of_best(row("up", name="Deadlift")) == (
        "Deadlift: 8 % below your best four weeks, May 2024."
    )
    assert of_best(row("up", below_best_pct=np.nan)) == ""
