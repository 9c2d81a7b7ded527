"""The simulator: what it plants is what it holds, and what an app would hold is what it writes."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from analysis.exercises import load
from analysis.simulate import Scenario, simulate
from analysis.simulate.cells import fractions, lifts
from analysis.simulate.cohort import MOST_REPS, load_fraction
from analysis.simulate.scenario import MUSCLES

SMALL = Scenario(n_athletes=24, weeks=40)
QUIET = replace(SMALL, drift_pct=0.0, missing_weeks=0.0, dropout=0.0)
CELL = ["athlete", "muscle"]


def within_slope(table, dose, change):
    """Least squares on deviations from each athlete × muscle mean: (slope, standard error)."""
    x, y = (
        table.select(pl.col(c) - pl.col(c).mean().over(CELL)).to_series().to_numpy()
        for c in (dose, change)
    )
    slope = (x @ y) / (x @ x)
    left = len(x) - table.select(CELL).n_unique() - 1
    return slope, np.sqrt(((y - slope * x) ** 2).sum() / left / (x @ x))


def changes(cohort):
    return cohort.truth.filter(pl.col("change_pct").is_not_null())


@pytest.fixture(scope="module")
def cohort():
    return simulate(SMALL, seed=5)


@pytest.mark.parametrize("effect", [0.3, 0.0, -0.2])
def test_without_noise_the_truth_table_holds_the_planted_effect_exactly(effect):
    table = changes(simulate(replace(QUIET, within_pct=effect), seed=1))
    slope, _ = within_slope(table, "dose", "change_pct")
    assert slope == pytest.approx(effect, abs=1e-9)


def test_with_noise_the_planted_effect_lies_within_its_error():
    table = changes(simulate(replace(SMALL, n_athletes=100), seed=2))
    slope, error = within_slope(table, "dose", "change_pct")
    assert abs(slope - 0.3) < 3 * error < 0.1


def test_the_between_effect_is_apart_from_the_within_effect():
    quiet = replace(QUIET, between_pct=0.5, growth_sd_pct_year=0.0)
    means = (
        changes(simulate(quiet, seed=3)).group_by(CELL).agg(pl.col("dose", "change_pct").mean())
    )
    one = means.filter(pl.col("muscle") == "quads")
    slope = np.polyfit(one["dose"], one["change_pct"], 1)[0]
    assert slope == pytest.approx(0.5, abs=0.05)


def test_slopes_vary_over_athletes_when_asked():
    varied = simulate(replace(SMALL, within_sd_pct=0.2), seed=4)
    assert varied.athletes["within_pct"].std() == pytest.approx(0.2, rel=0.4)


@pytest.mark.parametrize(
    "nuisance", [{"feedback_sets": 1.0}, {"confounding_pct": 1.5, "confounding_sets": 2.0}]
)
def test_feedback_and_confounding_make_future_volume_predict_today(nuisance):
    def lead(scenario):
        table = changes(simulate(scenario, seed=6)).with_columns(
            next_dose=pl.col("dose").shift(-1).over(CELL)
        )
        slope, error = within_slope(table.drop_nulls("next_dose"), "next_dose", "change_pct")
        return abs(slope / error)

    assert lead(replace(SMALL, within_pct=0.0)) < 3
    assert lead(replace(SMALL, within_pct=0.0, **nuisance)) > 4


def test_level_noise_follows_itself_as_asked():
    table = changes(
        simulate(
            replace(
                SMALL, n_athletes=200, autocorrelation=0.5, within_pct=0.0, growth_sd_pct_year=0.0
            ),
            seed=7,
        )
    )
    pair = (
        table.with_columns(
            now=pl.col("change_pct") - pl.col("change_pct").mean(),
        )
        .with_columns(before=pl.col("now").shift(1).over(CELL))
        .drop_nulls("before")
    )
    assert pair.select(pl.corr("now", "before")).item() == pytest.approx(0.5, abs=0.05)


def test_the_dose_of_the_truth_is_counted_from_the_sets(cohort):
    counted = (
        cohort.sets.filter(~pl.col("warmup"))
        .join(fractions(), on="exercise")
        .with_columns(block=(pl.col("started_at").dt.date() - SMALL.start).dt.total_days() // 28)
        .group_by("athlete", "muscle", "block")
        .agg(total=pl.col("weight").sum())
    )
    both = cohort.truth.filter(pl.col("logged_weeks") > 0).join(
        counted, on=["athlete", "muscle", "block"]
    )
    assert both.height == cohort.truth.filter(pl.col("logged_weeks") > 0).height
    assert (both["total"] / both["logged_weeks"]).to_list() == pytest.approx(
        both["dose_logged"].to_list()
    )


def test_strength_comes_back_from_the_sets_through_the_curve():
    still = replace(QUIET, day_noise_pct=0.0, set_noise_pct=0.0, ramping=0.0, rir_noise=0.0)
    sets = simulate(still, seed=8).sets.filter(~pl.col("warmup"), pl.col("set_number") == 1)
    per_week = sets.with_columns(
        estimate=(pl.col("load_kg") * (1 + (pl.col("reps") + pl.col("rir")) / 30)).log(),
        week=(pl.col("started_at").dt.date() - still.start).dt.total_days() // 7,
    )
    spread = per_week.group_by("athlete", "exercise", "week").agg(pl.col("estimate").std())
    assert spread["estimate"].max() < 1e-9


def test_same_seed_same_cohort_other_seed_other_cohort(cohort):
    again, other = simulate(SMALL, seed=5), simulate(SMALL, seed=6)
    assert cohort.sets.equals(again.sets)
    assert cohort.truth.equals(again.truth)
    assert not cohort.sets.equals(other.sets)


def test_logs_look_like_logs(cohort):
    sets = cohort.sets
    assert (sets["reps"] == sets["reps"].round()).all()
    assert sets["reps"].min() >= 1
    steps = sets.join(lifts(), on="exercise").with_columns(
        step=pl.when(pl.col("unit") == "lb").then("step_lb").otherwise("step_kg")
    )
    assert (steps["load"] % steps["step"]).abs().max() == 0
    assert set(sets["kind"].unique()) == {"work", "warmup"}
    assert not sets.filter(pl.col("kind") == "warmup")["warmup"].not_().any()
    unmarked = sets.filter("warmup").filter(pl.col("kind") == "work")["athlete"].n_unique()
    assert unmarked > SMALL.n_athletes / 2
    assert sets["rpe"].is_null().any()
    assert sets["rpe"].drop_nulls().is_between(6, 10).all()
    assert (sets["ended_at"] > sets["started_at"]).all()


def test_a_top_set_varies_from_day_to_day_as_in_real_logs():
    still = replace(SMALL, drift_pct=0.0)
    tops = (
        simulate(still, seed=9)
        .sets.with_columns(
            estimate=100 * (pl.col("load_kg") * (1 + (pl.col("reps") + 1.5) / 30)).log()
        )
        .group_by("athlete", "exercise", "started_at")
        .agg(pl.col("estimate").sort_by("load_kg", "set_number", descending=[True, False]).first())
        .sort("started_at")
    )
    noise = tops.group_by("athlete", "exercise").agg(
        (pl.col("estimate").diff().std() / 2**0.5).alias("sd"), pl.len()
    )
    median = noise.filter(pl.col("len") >= 20)["sd"].median()
    assert median == pytest.approx(4.2, abs=0.4)  # REAL_LOGS: median 4.2 %


def test_weeks_go_missing_and_athletes_stop():
    gappy = simulate(replace(SMALL, missing_weeks=0.3, dropout=0.5), seed=10)
    weeks = gappy.truth.filter(pl.col("muscle") == "quads")
    per_athlete = weeks.group_by("athlete").agg(pl.col("logged_weeks").sum())["logged_weeks"]
    assert per_athlete.max() < SMALL.weeks
    assert per_athlete.min() < SMALL.weeks / 2
    first = gappy.sets.group_by("athlete").agg(pl.col("started_at").min().dt.date())
    assert (first["started_at"] - SMALL.start).dt.total_days().max() < 7


@pytest.mark.parametrize("curve", sorted(MOST_REPS))
def test_repetition_curves_are_each_others_inverse(curve):
    reps = np.arange(2.0, 15.0)
    assert MOST_REPS[curve](1 / load_fraction(curve, reps)) == pytest.approx(reps)


def test_every_lift_has_the_same_roles_in_every_app():
    catalogue = load()
    roles = catalogue.muscle_roles.filter(
        pl.col("role") != "stabiliser", pl.col("muscle").is_in(MUSCLES)
    )

    def of(app):
        ids = catalogue.match(lifts()[app].to_list()).rename({"exercise": app})
        named = lifts().select(pl.col("exercise").alias("lift"), pl.col(app).alias(app))
        table = named.join(ids, on=app).join(roles, on="exercise_id")
        return set(table.select("lift", "muscle", "role").iter_rows())

    assert not catalogue.match(lifts()["fitnotes"].to_list())["exercise_id"].has_nulls()
    assert of("exercise") == of("hevy") == of("fitnotes")


def test_a_common_lift_is_direct_for_the_muscle_that_drives_it_and_no_other():
    direct = fractions().filter(pl.col("weight") == 1, pl.col("muscle").is_in(MUSCLES))
    common = lifts().filter(pl.col("common") == 1).select("exercise", own="muscle")
    both = common.join(direct, on="exercise", how="left")
    assert both["own"].to_list() == both["muscle"].to_list()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"weeks": 30}, "weeks is 30"),
        ({"start": SMALL.start.replace(day=21)}, "expected a Monday"),
    ],
)
def test_impossible_scenarios_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        replace(SMALL, **wrong)


def test_a_muscle_without_known_lifts_is_refused():
    with pytest.raises(ValueError, match="neck"):
        simulate(replace(SMALL, muscles=("neck",)), seed=1)
