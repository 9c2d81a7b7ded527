from datetime import date, timedelta

import numpy as np
import pytest
from set_literals import logbook, sets

from analysis.measures import trend
from analysis.measures.progression import progression

START = date(2024, 1, 1)


def weekly(lift, loads, every=7, **more):
    return [
        row
        for step, load in enumerate(loads)
        for row in sets(f"{START + timedelta(days=every * step)}", lift, f"{load}x1", **more)
    ]


def steady(lift, pct, n=20, seed=0, **more):
    rng = np.random.default_rng(seed)
    loads = 100 * np.exp(np.arange(n) / 4 * np.log1p(pct / 100) + rng.normal(0, 0.01, n))
    return weekly(lift, loads, **more)


def rows(result, scope):
    table = result.table
    return table[table["scope"] == scope].set_index("name")


def test_a_line_without_noise_gives_its_slope():
    loads = [100 * 1.02 ** (week / 4) for week in range(12)]
    found = rows(progression(logbook(weekly("squat", loads))), "exercise").loc["Squat"]
    assert found[["pct_per_4_weeks", "low", "high"]].tolist() == pytest.approx([2] * 3, abs=0.01)
    assert found["days"] == 12
    assert found["span_days"] == 77


def test_the_rate_is_within_its_interval_and_near_the_truth():
    found = rows(progression(logbook(steady("squat", 2.0))), "exercise").loc["Squat"]
    assert found["low"] < found["pct_per_4_weeks"] < found["high"]
    assert found["low"] < 2.0 < found["high"]
    assert found["pct_per_4_weeks"] == pytest.approx(2.0, abs=0.5)


@pytest.mark.parametrize(
    ("loads", "every", "status"),
    [([100] * 7, 14, "too few days"), ([100] * 8, 7, "too short"), ([100] * 8, 8, "ok")],
)
def test_too_little_data_has_a_status_and_no_number(loads, every, status):
    result = progression(logbook(weekly("squat", loads, every)))
    found = rows(result, "exercise").loc["Squat"]
    assert found["status"] == status
    assert np.isnan(found["low"]) == (status != "ok")
    assert any("Squat" in note for note in result.notes) == (status != "ok")


def quads(*seeds, **settings):
    lifts = ("squat", "leg_press", "leg_extension")
    runs = [steady(lift, 1.0 + seed, seed=seed) for lift, seed in zip(lifts, seeds, strict=False)]
    return progression(logbook(*runs), **settings)


def test_a_muscle_is_the_mean_of_its_direct_exercises():
    result = quads(0, 1, 2)
    muscle = rows(result, "muscle").loc["quads"]
    slopes = np.log1p(rows(result, "exercise")["pct_per_4_weeks"] / 100)
    assert np.log1p(muscle["pct_per_4_weeks"] / 100) == pytest.approx(slopes.mean())
    assert muscle["exercises"] == 3
    assert muscle["days"] == 60


def test_a_muscles_interval_is_at_least_the_t_interval_over_exercises():
    result = quads(0, 1, 2)
    muscle = rows(result, "muscle").loc["quads"]
    slopes = np.log1p(rows(result, "exercise")["pct_per_4_weeks"] / 100)
    t_end = slopes.mean() + 4.302653 * slopes.std(ddof=1) / np.sqrt(3)  # t(0.975, 2)
    assert np.log1p(muscle["high"] / 100) > t_end


def test_two_exercises_are_too_few_unless_asked_for():
    muscle = rows(quads(0, 1), "muscle").loc["quads"]
    assert muscle["status"] == "too few exercises"
    assert np.isnan(muscle["pct_per_4_weeks"])
    assert rows(quads(0, 1, min_exercises=2), "muscle").loc["quads", "status"] == "ok"


def test_indirect_exercises_do_not_move_a_muscle():
    result = progression(logbook(steady("squat", 1.0), steady("rdl", 1.0)))
    assert rows(result, "muscle").loc["glutes", "exercises"] == 1


def test_a_changing_mix_of_exercises_is_no_change_in_strength():
    heavy_later = [
        *weekly("leg_extension", [50] * 20),
        *weekly("leg_press", [300] * 20),
        *[row | {"load_kg": 100.0} for row in weekly("squat", [100] * 20)],
    ]
    found = rows(progression(logbook(heavy_later)), "muscle").loc["quads"]
    assert found["pct_per_4_weeks"] == pytest.approx(0, abs=1e-6)


def test_athletes_are_apart():
    result = progression(
        logbook(steady("squat", 1.0, seed=1), steady("squat", 5.0, seed=1, athlete="bo"))
    )
    rates = result.table[result.table["scope"] == "exercise"].set_index("athlete")
    assert rates["pct_per_4_weeks"].diff().iloc[1] == pytest.approx(4, abs=0.3)


def test_summary_has_number_unit_interval_and_n():
    result = progression(logbook(steady("squat", 2.0)))
    assert result.summary.startswith("Best known exercise: Squat, +")
    assert "% per 4 weeks (95 % interval +" in result.summary
    assert "n = 20 days" in result.summary
    assert result.figure_dict["data"][0]["error_x"]["array"]
    assert progression(logbook()).summary == (
        "No exercise has enough days for a rate (n = 0 exercises)."
    )


def test_series_of_different_length_do_not_disturb_each_other():
    rng = np.random.default_rng(3)
    days = [np.cumsum(rng.integers(2, 9, n)).astype(float) for n in (12, 40, 9)]
    values = [rng.normal(0, 0.04, len(day)) for day in days]
    together = trend.fit(
        np.repeat([0, 1, 2], [12, 40, 9]), np.concatenate(days), np.concatenate(values)
    )
    for place, (day, value) in enumerate(zip(days, values, strict=True)):
        alone = trend.fit(np.zeros(len(day), int), day, value)
        assert together.slope[place] == pytest.approx(alone.slope[0])
        assert together.low[place] == pytest.approx(alone.low[0])
        assert together.high[place] == pytest.approx(alone.high[0])


def test_the_filter_agrees_with_the_matrices(monkeypatch):
    """One grid point at a time is generalised least squares; both ways must agree."""
    from scipy import stats

    rng = np.random.default_rng(4)
    day = np.cumsum(rng.integers(1, 9, 25)).astype(float)
    y = rng.normal(0, 0.04, 25)
    for tau, ratio, _ in trend.GRID:
        monkeypatch.setattr(trend, "GRID", ((tau, ratio, 1.0),))
        found = trend.fit(np.zeros(25, int), day, y)
        V = ratio * np.exp(-np.abs(day[:, None] - day) / tau) + np.eye(25)
        X = np.column_stack([np.ones(25), day - day.mean()])
        W = np.linalg.inv(V)
        C = np.linalg.inv(X.T @ W @ X)
        beta = C @ X.T @ W @ (y - y.mean())
        residual = y - y.mean() - X @ beta
        se = np.sqrt(residual @ W @ residual / 23 * C[1, 1])
        assert found.slope[0] == pytest.approx(beta[1], rel=1e-6)
        assert found.high[0] == pytest.approx(beta[1] + stats.t.ppf(0.975, 23) * se, rel=1e-6)
