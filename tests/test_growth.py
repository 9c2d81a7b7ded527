"""Linear-log growth: arithmetic, planted curves, one athlete with drift, and the trial's logs."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.models import mixed
from analysis.models.growth import alone, cohort, growth, log_time_gain
from tests.measures.set_literals import logbook, sets

TRIAL = (
    Path(__file__).parents[2]
    / "shared/science/data/jamessteeleii__lenthened_partial_trial__PD_data_strength.csv"
)
START = date(2024, 1, 1)


def planted(seed, athletes=1, exercises=3, weeks=52, slope=0.05, sd=0.0, noise=0.03, drift=0.0):
    """Rows of the model; `drift` is the SD of a shared random walk over four weeks."""
    rng = np.random.default_rng(seed)
    week = np.arange(1, weeks + 1)
    slopes = slope + sd * rng.normal(size=athletes)
    parts = []
    for a in range(athletes):
        walk = np.cumsum(rng.normal(size=weeks)) * drift / 2
        for e in range(exercises):
            curve = 4 + 0.3 * rng.normal() + slopes[a] * np.log(week) + walk
            strength = curve + noise * rng.normal(size=weeks)
            parts.append(
                pd.DataFrame(
                    {
                        "athlete": f"a{a:02d}",
                        "exercise": f"e{e}",
                        "week": week,
                        "strength": strength,
                        "log_week": np.log(week),
                        "day": 7.0 * week,
                    }
                )[rng.random(weeks) < 0.8]
            )
    return pd.concat(parts, ignore_index=True), slopes


def logged(name, lift, slope, weeks, seed=0, every=1, noise=0.01):
    rng = np.random.default_rng(seed)
    rows = []
    for step in range(0, weeks, every):
        load = 100 * np.exp(slope * np.log1p(step) + noise * rng.normal())
        when = f"{START + timedelta(weeks=step)}"
        rows += sets(when, lift, f"{load}x1", athlete=name)
    return rows


@pytest.mark.parametrize(("slope", "gain"), [(0.2986, 0.117), (0.1257, 0.049)])
def test_meta_analytic_time_course_from_week_24_to_36(slope, gain):
    assert log_time_gain(slope, 24, 36) == pytest.approx(gain, abs=5e-4)


def test_every_doubling_of_time_brings_the_same():
    assert log_time_gain(0.1, 1, 3) == pytest.approx(0.1 * np.log(2))
    assert log_time_gain(0.1, 3, 7) == pytest.approx(0.1 * np.log(2))


def test_one_athlete_without_noise_gives_the_planted_curve():
    result = growth(logbook(logged("ann", "squat", 0.06, 60, noise=0.0)), exercise="Squat")
    row = result.table.set_index("week").loc[52]
    assert row["gain_pct"] == pytest.approx(100 * np.expm1(0.06 * np.log(53)), abs=0.01)
    assert row["doubling_pct"] == pytest.approx(100 * np.expm1(0.06 * np.log(2)), abs=0.01)
    assert row["loglik_over_line"] > 50
    assert "ln(week) fits clearly better" in result.notes[0]


def test_a_straight_line_is_told_from_a_curve():
    rows, _ = planted(0, slope=0.0)
    rows["strength"] += 0.004 * rows["week"]
    assert alone.slope(rows, 0.95).loglik_gain < -4


def test_without_drift_in_the_grid_the_slope_is_least_squares(monkeypatch):
    import statsmodels.formula.api as smf

    monkeypatch.setattr(alone, "GRID", ((1.0, 0.0, 1.0),))
    rows, _ = planted(1)
    ols = smf.ols("strength ~ log_week + C(exercise)", rows).fit()
    found = alone.slope(rows, 0.95)
    assert found.estimate == pytest.approx(ols.params["log_week"], abs=1e-10)
    assert [found.low, found.high] == pytest.approx(
        ols.conf_int().loc["log_week"].tolist(), abs=1e-8
    )


@pytest.mark.parametrize(("exercises", "drift"), [(1, 0.0), (1, 0.09), (2, 0.05)])
def test_the_interval_of_one_athlete_holds_under_drift(exercises, drift):
    held, least_squares = [], []
    for seed in range(40):
        rows, _ = planted(seed, exercises=exercises, weeks=30, drift=drift)
        found = alone.slope(rows, 0.95)
        held.append(found.low < 0.05 < found.high)
        least_squares.append(_least_squares_holds(rows))
    assert np.mean(held) >= 0.8
    if drift:
        assert np.mean(least_squares) < 0.7


def _least_squares_holds(rows):
    centred = rows.groupby("exercise")[["log_week", "strength"]].transform(lambda c: c - c.mean())
    x, y = centred["log_week"], centred["strength"]
    slope = (x @ y) / (x @ x)
    error = np.sqrt(((y - slope * x) ** 2).sum() / (len(y) - 4) / (x @ x))
    return abs(slope - 0.05) < 2 * error


def test_exercises_that_grow_apart_have_slopes_of_their_own():
    rows, _ = planted(8, athletes=6, exercises=2, weeks=20, sd=0.02)
    assert not cohort._exercises_have_slopes(rows)
    faster = rows["exercise"].eq("e1") & rows["athlete"].isin(["a00", "a03"])
    rows["strength"] += 0.08 * rows["log_week"] * faster
    assert cohort._exercises_have_slopes(rows)


def test_long_logs_are_averaged_and_keep_the_slope():
    rows, _ = planted(2, exercises=8, weeks=200, noise=0.01)
    assert len(rows) > 4 * alone.MOST_ROWS
    assert alone.slope(rows, 0.95).estimate == pytest.approx(0.05, abs=0.01)


def test_a_cohort_recovers_mean_spread_and_everyones_own():
    rows, slopes = planted(3, athletes=60, exercises=2, weeks=40, sd=0.02)
    found = cohort.slopes(rows, 0.95, serial=False)
    assert found.typical["conf_low"] < 0.05 < found.typical["conf_high"]
    assert found.slope_sd == pytest.approx(0.02, abs=0.006)
    assert found.loglik_gain > 100
    own = found.athletes
    assert np.mean((own["low"] < slopes) & (slopes < own["high"])) >= 0.88
    # Reliability is the squared correlation of predicted and true slopes.
    squared = np.corrcoef(own["estimate"], slopes)[0, 1] ** 2
    assert own["reliability"].mean() == pytest.approx(squared, abs=0.12)
    # Predicted slopes vary less than the true ones: τ²·reliability.
    assert own["estimate"].std() < 0.02 * 1.15


def test_the_cohort_is_the_mixed_model_it_says_it_is():
    rows, _ = planted(4, athletes=8, exercises=1, weeks=20, sd=0.02)
    direct = mixed.fit("strength ~ log_week", rows, groups="athlete", random="~ log_week")
    found = cohort.slopes(rows, 0.95, serial=False)
    assert found.typical["estimate"] == pytest.approx(direct.params["log_week"])


@pytest.fixture(scope="module")
def squad():
    """Six athletes who log long enough, and one who does not."""
    runs = [
        logged(f"athlete {k}", lift, 0.04 + 0.01 * k, 30 + 5 * k, seed=10 * k + place)
        for k in range(6)
        for place, lift in enumerate(("squat", "leg_press"))
    ]
    short = logged("short", "leg_extension", 0.05, 5)
    return growth(logbook(*runs, short), "quads")


def test_a_squad_has_a_typical_curve_and_its_own(squad):
    table = squad.table
    assert list(table["scope"].unique()) == ["typical", "athlete"]
    typical = table[table["scope"] == "typical"].set_index("week")
    assert typical.loc[12, "athletes"] == 6
    truth = 100 * np.expm1(0.065 * np.log(13))
    assert typical.loc[12, "low"] < truth < typical.loc[12, "high"]
    assert table.loc[table["scope"] == "athlete", "reliability"].between(0, 1).all()
    assert "typical athlete" in squad.summary
    assert "6 athletes" in squad.summary


def test_what_lies_past_the_log_is_marked_and_never_the_headline(squad):
    own = squad.table.query("athlete == 'athlete 0'").set_index("week")
    assert not own.loc[26, "extrapolated"]
    assert own.loc[52, "extrapolated"]
    assert "first 52 weeks" in squad.summary
    assert any("past the last logged week" in note for note in squad.notes)


def test_short_logs_are_named(squad):
    assert any("Leg Extension (5)" in note for note in squad.notes)


def test_shape_training_age_and_shrinkage_are_said(squad):
    text = " ".join(squad.notes)
    assert "straight line in weeks" in text
    assert "not of the first training" in text
    assert "reliability of their slopes" in text


def test_a_squad_is_drawn(squad):
    everyone, band, line = squad.figure_dict["data"]
    assert everyone["name"] == "6 athletes, shrunken"
    assert band["fill"] == "toself"
    assert line["x"][0] == line["y"][0] == 0
    assert squad.figure.layout.yaxis.title.text == "Gain in strength (%)"


def test_few_athletes_are_fitted_alone():
    runs = [logged(name, "squat", 0.06, 30, seed=seed) for seed, name in enumerate(["a", "b"])]
    result = growth(logbook(*runs), "quads")
    assert set(result.table["scope"]) == {"athlete"}
    assert result.table["reliability"].isna().all()
    assert "2 athletes, each from the own log alone: 2 gained" in result.summary
    assert len(result.figure_dict["layout"]["updatemenus"][0]["buttons"]) == 2


def test_too_little_is_a_sentence():
    result = growth(logbook(logged("ann", "squat", 0.05, 7)), "quads")
    assert result.table.empty
    assert result.summary == (
        "Too little to tell the growth of quads: no exercise with 8 weeks or more of e1RM over "
        "8 weeks (n = 0 weeks)."
    )
    assert result.figure_dict is None


def test_the_question_must_name_one_thing():
    book = logbook(logged("ann", "squat", 0.05, 9))
    with pytest.raises(ValueError, match="name one of the two"):
        growth(book)
    with pytest.raises(ValueError, match="expected one of"):
        growth(book, "wings")


@pytest.mark.shared
@pytest.mark.parametrize(("machine", "ahead"), [("cp", 70), ("lp", 7), ("pd", 94)])
def test_ln_week_beats_linear_time_in_the_lengthened_partials_trial(machine, ahead):
    if not TRIAL.exists():
        pytest.skip(f"shared/science/data/{TRIAL.name} is absent")
    sets = pd.read_csv(TRIAL).dropna(subset=["participant_id", "estimated_1RM"])
    sets = sets[(sets["machine_type"] == machine) & (sets["time"] <= 84)]
    rows = pd.DataFrame(
        {
            "athlete": sets["participant_id"].astype(int).astype(str),
            "exercise": sets["exercise"],
            "strength": np.log(sets["estimated_1RM"]),
            "week": 1 + sets["time"] / 7,
            "log_week": np.log1p(sets["time"] / 7),
        }
    )
    curve, line = (
        cohort.fit(rows, time, serial=False, reml=False).loglik for time in ("log_week", "week")
    )
    assert curve - line == pytest.approx(ahead, abs=2)
