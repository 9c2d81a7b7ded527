"""A cohort: who is in it, what is planted is found, how athletes differ, what is not claimed."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import chi2
from typer.testing import CliRunner

import analysis as lab
from analysis.cli import app
from analysis.estimate import holm
from analysis.ingest import read
from analysis.ingest.people import copies, shared
from analysis.models.cohort import results, study
from analysis.models.cohort.drawing import DRAWN_ATHLETES, draw_athletes
from analysis.models.cohort.flow import muscle_steps, steps
from analysis.models.cohort.results import (
    BY_EFFORT,
    FALLS,
    FIRES,
    HINT,
    NOTHING,
    RISES,
    athletes_notes,
    curve_sentence,
    muscle_sentence,
    told_apart,
    verdicts,
)
from analysis.models.cohort.spread import Doses, dose_curve, spread
from analysis.models.cohort.study import FEW, MEASURES, NO_DAYS, study_muscle
from analysis.models.dose import TooLittleError
from analysis.models.dose.effects import at_once, body
from analysis.models.dose.inputs import Weekly, with_shapes
from analysis.models.dose.logs import MuscleLogs
from analysis.models.dose.people import Repeatability, own_slopes
from analysis.pages.cohort import cohort_page, save_cohort
from analysis.simulate import Scenario, export, simulate
from tests.planted_dose import joined, planted

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "sample"
EXPORTS = Path(__file__).parents[2] / "shared" / "exports"
SCRIPT, FORMULA = "<script>alert(1)</script>", '=HYPERLINK("http://example.invalid","x")'
NO_UNIT = (
    "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,"
    "Workout Notes,RPE\n"
    "2025-01-06 18:00:00,Day,45m,Squat (Barbell),1,100,5,0,0,,,\n"
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Exports of 50 lifters with +0.5 % a set planted, one log twice, one file unreadable."""
    folder = tmp_path_factory.mktemp("logs")
    scenario = Scenario(n_athletes=50, weeks=52, within_pct=0.5, muscles=("quads", "chest"))
    export(simulate(scenario, seed=5), folder)
    first = sorted(folder.iterdir())[0]
    shutil.copy(first, folder / "again.csv")
    (folder / "no_unit.csv").write_text(NO_UNIT)
    (folder / "notes.txt").write_text("buy milk\n")
    return folder


@pytest.fixture(scope="module")
def logbook(logs):
    return read(logs)


@pytest.fixture(scope="module")
def studied(logbook):
    return study(logbook, muscles=["quads", "chest", "calves"])


@pytest.fixture(scope="module")
def found(studied):
    return results(studied)


def logs_of(days, weekly, muscle="quads"):
    """Days and weekly sets as the logs of one muscle."""
    n = len(weekly.logged)
    rng = np.random.default_rng(0)
    doses = with_shapes({"sets": weekly.doses["sets"]})
    doses["frequency"] = np.where(weekly.logged, rng.integers(1, 4, weekly.logged.shape), np.nan)
    doses["light_share"] = np.where(weekly.logged, rng.random(weekly.logged.shape), np.nan)
    names = tuple(f"a{number:03d}" for number in range(n))
    return MuscleLogs(
        muscle, names, days, Weekly(weekly.logged, doses), np.zeros(n, dtype=np.int64), 0, 0, 1.0
    )


def with_slopes(seed, athletes=40, sd=0.3):
    """Logs of athletes with slopes of their own about 0.3, and those slopes."""
    true = 0.3 + sd * np.random.default_rng(seed).standard_normal(athletes)
    logs = [planted(1000 * seed + place, athletes=1, weeks=60, effect_pct=each)
            for place, each in enumerate(true)]  # fmt: skip
    return logs_of(*joined(logs)), true


def own_of(logs):
    reduced = body(logs.days, logs.weekly, ["sets"])
    return reduced, own_slopes(reduced, "sets")


def test_a_planted_effect_is_found_from_exports(found):
    row = found["effects_sets"].table.set_index("muscle").loc["quads"]
    assert abs(row["estimate"] - 0.5) < 3 * row["std_error"]
    assert row["verdict"] == RISES
    assert row["p_holm"] >= row["p_value"]


def test_every_step_of_the_flow_closes(studied, logbook):
    files, records, athletes, sets = steps(studied)
    assert files.total == logbook.ledger.height
    assert records.total == logbook.ledger["records"].sum()
    assert records.kept == logbook.sets.height == sets.total
    assert athletes.total == len(logbook.athletes)
    assert sets.kept == studied.people.sets
    for muscle in studied.muscles:
        days, modelled, own = muscle_steps(muscle)
        assert days.total == muscle.counts.days
        assert days.kept == muscle.effects["sets"].n_rows
        assert modelled.total == athletes.kept
        assert modelled.kept == muscle.effects["sets"].n_athletes == own.total
        assert min(n for step in (days, modelled, own) for n in step.left_out.values()) >= 0


def test_the_flow_counts_files_by_reason(found):
    table = found["flow"].table
    reasons = table[table["step"] == "Files read"].set_index("reason")["left_out"]
    assert reasons.sum() == 2
    assert (reasons == 1).all()
    files = found["files"].table.set_index("source_file")["reason"]
    assert "unit" in files["no_unit.csv"]
    assert files["notes.txt"]
    assert files["lifter002.csv"] == ""


def test_one_log_under_two_names_counts_once(studied, found):
    assert studied.same_person == {"lifter001": "again"}
    assert "lifter001" not in studied.people.athletes
    assert len(studied.people.athletes) == 50
    row = found["same_person"].table.iloc[0]
    assert (row["athlete"], row["kept"]) == ("lifter001", "again")


def test_of_logs_that_share_the_longest_stays():
    sets = pl.DataFrame({"athlete": ["a"] * 3 + ["b"] * 9 + ["c"] * 5 + ["d"]})
    pairs = pl.DataFrame(
        {"athlete": ["a", "b"], "other": ["c", "c"], "sessions": [5, 6]}
    )  # c shares with both
    assert copies(sets, pairs) == {"c": "b"}
    assert copies(sets, pairs.clear()) == {}


def test_few_shared_sessions_are_chance(logbook):
    first = logbook.sets.filter(pl.col("athlete") == "lifter002")
    few = first["session"].unique(maintain_order=True).head(4).implode()
    twin = first.filter(pl.col("session").is_in(few)).with_columns(athlete=pl.lit("twin"))
    assert shared(pl.concat([first, twin])).is_empty()


def test_own_slopes_are_those_of_the_athletes():
    logs, true = with_slopes(1, athletes=40, sd=1.0)
    _, own = own_of(logs)
    assert np.corrcoef(own["own"], true)[0, 1] > 0.8
    held = (np.abs(own["own"] - true) < 1.96 * own["own_error"]).mean()
    assert 0.85 < held <= 1.0


def test_an_athlete_with_too_few_days_has_a_reason_instead_of_a_slope():
    logs, _ = with_slopes(2, athletes=12)
    days = logs.days
    kept = ~((days.athlete == 4) | ((days.athlete == 3) & (days.week > 0)))
    own = study_muscle(replace(logs, days=days.of(kept))).own.set_index("athlete")
    assert own.loc["a003", "reason"] == FEW
    assert own.loc["a004", "reason"] == NO_DAYS
    assert own.loc[["a003", "a004"], "own"].isna().all()
    assert (own["reason"] == "").sum() == 10


def test_shrinkage_pulls_toward_the_mean_and_narrows():
    _, own = own_of(with_slopes(3)[0])
    each = spread(own["own"].to_numpy(), own["own_error"].to_numpy())
    assert each.shrunken.std() < own["own"].std()
    distance = np.abs(own["own"] - each.mean)
    far = distance > distance.median()
    assert (np.abs(each.shrunken - each.mean)[far] < distance[far]).all()
    assert ((each.high - each.low) < 2 * 1.96 * own["own_error"]).all()
    assert each.new_low < each.low.max()
    assert each.new_high - each.new_low > (each.high - each.low).min()


def test_the_noisier_an_athlete_the_more_is_shrunken():
    slopes = np.array([-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 2.0])
    errors = np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 2.0])
    each = spread(slopes, errors)
    assert each.shrunken[6] < each.shrunken[5] < 2.0


def test_sd_and_its_interval_solve_their_equations():
    _, own = own_of(with_slopes(4, sd=0.6)[0])
    slopes, variance = own["own"].to_numpy(), own["own_error"].to_numpy() ** 2
    each = spread(slopes, own["own_error"].to_numpy())

    def q(sd):
        w = 1 / (sd**2 + variance)
        return (w * (slopes - np.average(slopes, weights=w)) ** 2).sum()

    k = len(slopes)
    assert q(each.sd) == pytest.approx(k - 1, rel=1e-6)
    assert q(each.sd_low) == pytest.approx(chi2.ppf(0.975, k - 1), rel=1e-6)
    assert q(each.sd_high) == pytest.approx(chi2.ppf(0.025, k - 1), rel=1e-6)


def test_shrunken_slopes_agree_with_the_mixed_model_where_the_sd_is_well_known():
    logs, _ = with_slopes(5, athletes=60, sd=0.8)
    reduced, own = own_of(logs)
    pooled, fit = at_once(reduced, "sets")
    each = spread(own["own"].to_numpy(), own["own_error"].to_numpy())
    blup = fit.pooled.group_contrast({"sets_total": 1.0})["estimate"].to_numpy()
    assert np.corrcoef(blup, each.shrunken)[0, 1] > 0.98
    assert each.mean == pytest.approx(pooled.value, abs=0.06)


def test_less_spread_than_noise_still_leaves_an_interval():
    each = spread(np.full(8, 0.3) + np.linspace(-0.01, 0.01, 8), np.full(8, 0.5))
    assert each.sd == each.sd_low == each.reliability == 0.0
    assert each.sd_high > 0.05
    assert (each.high - each.low > 0.2).all()


def test_shrunken_intervals_hold_where_plug_in_ones_do_not():
    """Slopes straight from the model of `spread`: ten athletes, of whom little is known."""
    held, plug_in = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        true, error = 0.3 + 0.2 * rng.standard_normal(10), rng.uniform(0.2, 0.5, 10)
        own = true + error * rng.standard_normal(10)
        each = spread(own, error)
        held.append(((each.low <= true) & (true <= each.high)).mean())
        kept = each.sd**2 / (each.sd**2 + error**2)
        centre, width = each.mean + kept * (own - each.mean), error * np.sqrt(kept)
        plug_in.append((np.abs(centre - true) <= 1.96 * width).mean())
    assert np.mean(held) > 0.92
    assert np.mean(held) > np.mean(plug_in) + 0.05


def test_two_slopes_say_nothing_of_their_spread():
    with pytest.raises(ValueError, match="three or more"):
        spread(np.array([0.1, 0.2]), np.array([0.1, 0.1]))


def test_the_simultaneous_band_is_the_wider_and_both_hold_the_curve():
    logs = logs_of(*planted(7, athletes=40, weeks=60))
    curve = dose_curve(body(logs.days, logs.weekly, MEASURES), Doses.of(logs.weekly.doses["sets"]))
    drawn = curve.table
    assert (drawn["all_low"] < drawn["low"] + 1e-9).all()
    assert (drawn["all_high"] > drawn["high"] - 1e-9).all()
    seen = logs.weekly.doses["sets"]
    true = 0.4 * (drawn["dose"] - np.nanmean(seen))
    assert ((drawn["all_low"] <= true) & (true <= drawn["all_high"])).all()
    assert sum(curve.weights.values()) == pytest.approx(1.0)
    assert next(iter(curve.weights)) == "linear"
    assert curve.contrast[1] < curve.contrast[0] < curve.contrast[2]
    assert drawn["weeks"].sum() > 0.9 * np.isfinite(seen).sum()


def test_no_curve_for_fewer_than_five_athletes():
    logs = logs_of(*planted(8, athletes=4))
    with pytest.raises(TooLittleError, match="5 or more"):
        dose_curve(body(logs.days, logs.weekly, MEASURES), Doses.of(logs.weekly.doses["sets"]))


def test_a_placebo_that_fires_is_no_cause():
    muscle = study_muscle(logs_of(*planted(9, athletes=30, weeks=60, feedback=3.0)))
    assert muscle.effects["sets"].placebo.fires
    row = {"muscle": "quads", "verdict": FIRES, "estimate": 0.2, "low": 0.1,
           "high": 0.3, "n_days": 10, "n_athletes": 5, "lead": 0.4, "lead_low": 0.2,
           "lead_high": 0.6, "lead_p": 0.001}  # fmt: skip
    assert "cannot say what sets bought" in muscle_sentence(row)
    assert "placebo fires" in muscle_sentence(row)
    assert "no cause" in curve_sentence(muscle, muscle.curve)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, RISES),
        ({"estimate": -0.3, "low": -0.55, "high": -0.05}, FALLS),
        ({"p_holm": 0.2}, HINT),
        ({"p_holm": 0.6, "low": -0.1}, NOTHING),
        ({"placebo": "veto"}, FIRES),
        ({"by_effort_pct": 0.1}, BY_EFFORT),
        ({"estimate": np.nan}, "no estimate"),
    ],
)
def test_the_word_follows_the_numbers(change, verdict):
    row = {"estimate": 0.3, "low": 0.05, "high": 0.55, "p_holm": 0.01, "placebo": "blunt",
           "by_effort_pct": 0.0}  # fmt: skip
    assert verdicts(pd.DataFrame([row | change])) == [verdict]


def test_holm_passes_over_muscles_without_an_effect():
    adjusted = holm(pd.Series([0.01, np.nan, 0.04, 0.03]))
    assert adjusted[0] == pytest.approx(0.03)
    assert adjusted[[2, 3]].tolist() == pytest.approx([0.06, 0.06])
    assert np.isnan(adjusted[1])


@pytest.mark.parametrize(
    ("reliability", "low", "said"),
    [(0.3, 0.0, "cannot"), (0.6, 0.1, "leaves open"), (0.7, 0.55, "roughly"), (0.9, 0.8, "apart")],
)
def test_reliability_in_words(reliability, low, said):
    assert said in told_apart(reliability, low)


def test_what_does_not_repeat_in_the_other_half_tells_nobody_apart():
    halves = Repeatability(30, 0.5, 0.1, 0.05, -0.3, 0.4, 1.0)
    assert "cannot" in told_apart(0.9, 0.8, halves)
    agree = replace(halves, correlation=0.9, observed=0.7, observed_low=0.5)
    assert "cannot" not in told_apart(0.9, 0.8, agree)


def test_a_large_cohort_draws_the_athletes_with_most_days():
    n = 3 * DRAWN_ATHLETES
    table = pd.DataFrame(
        {"athlete": [f"a{i}" for i in range(n)], "n_days": np.arange(n), "own": 0.1,
         "own_low": 0.0, "own_high": 0.2, "shrunken": 0.1, "shrunken_low": 0.05,
         "shrunken_high": 0.15, "unit": "%"}
    )  # fmt: skip
    drawn = draw_athletes(table, pooled=0.1)
    assert len(drawn["data"][0]["x"]) == DRAWN_ATHLETES
    assert drawn["layout"]["height"] < 1400
    assert min(drawn["data"][0]["customdata"]) == n - DRAWN_ATHLETES
    notes = athletes_notes(table.assign(reason=""), DRAWN_ATHLETES)
    assert f"most days, {DRAWN_ATHLETES} of {n} athletes" in str(notes[0])


def test_three_athletes_are_no_cohort_and_still_make_a_page(tmp_path):
    lines = list(save_cohort(read(SAMPLE), tmp_path, muscles=["quads", "chest"]))
    assert lines[0].startswith("- Too few for a cohort: 3 athletes")
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "No dose-response curve: 3 athletes, 5 or more are needed" in page
    assert not (tmp_path / "data" / "curve_quads.csv").exists()


def test_hostile_names_are_inert(logbook, tmp_path):
    names = {"lifter002": SCRIPT, "lifter003": FORMULA, "lifter004": "<b>bold"}
    hostile = replace(logbook, sets=logbook.sets.with_columns(pl.col("athlete").replace(names)))
    done = study(hostile, muscles=["quads"])
    drawn = results(done)["athletes_quads"].figure_dict
    assert "&lt;b&gt;bold" in drawn["layout"]["yaxis"]["ticktext"]
    assert "<script" not in str(drawn)
    cohort_page(done).save(tmp_path)
    assert SCRIPT not in (tmp_path / "index.html").read_text("utf-8")
    cells = (tmp_path / "data" / "athletes_quads.csv").read_text("utf-8")
    assert "'=HYPERLINK" in cells
    assert "\n=" not in cells
    assert '\n"=' not in cells


def test_two_runs_write_the_same_bytes(logs, tmp_path):
    for name in ("one", "two"):
        list(save_cohort(read(logs), tmp_path / name, muscles=["quads"]))
    one, two = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in files if path.is_file()}
        for name in ("one", "two")
        for files in [sorted((tmp_path / name).rglob("*"))]
    )
    assert one == two


def test_the_command_writes_the_page_and_says_the_takeaways(logs, tmp_path):
    done = CliRunner().invoke(
        app, ["cohort", str(logs), "--out", str(tmp_path), "--muscle", "quads"]
    )
    assert done.exit_code == 0, done.output
    assert (
        "Quads: strength was higher 5 to 12 weeks after four weeks with one more weekly set"
        in done.output
    )
    assert (tmp_path / "index.html").stat().st_size < 2_200_000
    assert str(logs) not in (tmp_path / "index.html").read_text("utf-8")


def test_an_unknown_muscle_is_named(logbook):
    with pytest.raises(ValueError, match="kneecaps"):
        lab.cohort(logbook, muscles=["kneecaps"])


@pytest.mark.shared
@pytest.mark.skipif(not EXPORTS.exists(), reason="no ../shared/exports beside the project")
def test_the_real_exports_go_through_and_add_up(tmp_path):
    logbook = read([EXPORTS / name for name in ("hevy", "fitnotes", "truecoach")])
    done = study(logbook, muscles=["chest", "quads"])
    files, records, athletes, sets = steps(done)
    assert files.left_out
    assert records.total == logbook.ledger["records"].sum()
    assert athletes.total == len(logbook.athletes)
    assert 0 < athletes.total - athletes.kept < 30
    assert sets.total == records.kept
    files_told = results(done)["files"].table
    unread = files_told[files_told["sets"] + files_told["duplicates"] == 0]
    assert unread["reason"].str.len().min() > 10
    page = cohort_page(done).save(tmp_path)
    assert page.stat().st_size < 2_200_000
