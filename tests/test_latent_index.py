"""The index against simulated truth: swaps must not move it, and its band must hold."""

import numpy as np
import pandas as pd
import pytest

from analysis.models.latent import smooth, strength_index


def exercise(name, first, last, intercept, trend, rng, own_sd=0.003):
    day = np.arange(first, last, 4.0)
    wander = rng.normal(0, own_sd * 2, len(day)).cumsum()
    value = intercept + trend[day.astype(int)] + wander + rng.normal(0, 0.03, len(day))
    return pd.DataFrame({"series": name, "day": day, "log_e1rm": value, "variance": 0.06**2})


def test_swapping_for_a_heavier_exercise_does_not_move_the_index():
    rng, flat = np.random.default_rng(0), np.zeros(400)
    frame = pd.concat(
        [
            exercise("squat", 0, 200, 4.6, flat, rng, own_sd=0.0),
            exercise("leg press", 200, 400, 5.4, flat, rng, own_sd=0.0),
        ]
    )
    index = strength_index(frame)
    assert index.table["log_change"].abs().max() < 0.05
    assert (index.table["low"].iloc[-1] < 0) and (index.table["high"].iloc[-1] > 0)


@pytest.mark.parametrize("tail_dof", [None, 4.0], ids=["gaussian", "student"])
def test_band_covers_the_common_trend(tail_dof):
    frames, trends = [], []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        trend = rng.normal(0, 0.006, 400).cumsum()
        trends.append(trend - trend[0])
        spans = [(0, 250), (100, 400), (180, 400)]
        parts = [
            exercise(f"{seed} {i}", a, b, 4.5 + i / 3, trends[-1], rng)
            for i, (a, b) in enumerate(spans)
        ]
        frames.append(pd.concat(parts))
    fit = smooth(pd.concat(frames), model="level", tail_dof=tail_dof)
    held = []
    for frame, trend in zip(frames, trends, strict=True):
        table = strength_index(frame, fit).table.iloc[1:]
        truth = trend[table["day"].astype(int)]
        held.append((table["low"].lt(truth) & table["high"].gt(truth)).mean())
    assert 0.90 <= np.mean(held) <= 0.99


def test_change_is_told_with_its_probability():
    rng = np.random.default_rng(5)
    trend = np.clip(np.arange(300) - 240, 0, None) * 0.003
    frame = pd.concat([exercise(f"e{i}", 0, 300, 4.5, trend, rng) for i in range(3)])
    change = strength_index(frame).change
    assert change["status"].item() in {"breakthrough", "gaining"}
    assert change["change_pct"].item() == pytest.approx(17, abs=6)


def test_single_exercise_has_no_share_to_estimate():
    frame = exercise("squat", 0, 100, 4.6, np.zeros(100), np.random.default_rng(1))
    assert strength_index(frame).common_share == pytest.approx(1.0)


def test_too_little_is_none():
    frame = exercise("squat", 0, 8, 4.6, np.zeros(100), np.random.default_rng(1))
    assert strength_index(frame) is None
