"""Strength days and weekly sets with a planted effect, for tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.models.dose.inputs import Weekly
from analysis.models.dose.whitening import Days


def planted(seed, athletes=8, weeks=40, effect_pct=0.4, series=3, missing=0.1, noise=1.0,
            feedback=0.0, unseen=None):  # fmt: skip
    """Days and weekly sets in which four weeks of one more set bring `effect_pct` at once.

    With `unseen` also weekly sets of another muscle, `control`, which do nothing; one SD of an
    unseen state adds that many weekly sets to both muscles, and as many % of growth in four weeks.
    """
    rng = np.random.default_rng(seed)
    apart = np.random.default_rng([seed, 1])
    state = unseen_state(apart, athletes, weeks) * (unseen or 0.0)
    plan = np.repeat(rng.normal(10, 3, (athletes, weeks // 4 + 1)), 4, axis=1)[:, :weeks]
    walk = noise * 0.5 * rng.standard_normal(plan.shape).cumsum(axis=1)
    plan[:, 1:] -= feedback * walk[:, :-1]
    plan += state
    sets = np.maximum(np.round(plan + rng.normal(0, 1, plan.shape)), 0)
    logged = rng.random(sets.shape) >= missing
    logged[:, [0, -1]] = True
    gains = effect_pct * (sets - sets.mean(axis=1, keepdims=True)) + state
    level = np.cumsum(gains, axis=1) / 4
    level = np.pad(level, ((0, 0), (1, 0)))[:, :-1]
    level = level + rng.normal(0, 0.2, (athletes, 1)) * np.arange(weeks)
    level = level + walk
    athlete, week, lift = np.nonzero(np.broadcast_to(logged[..., None], (*sets.shape, series)))
    kept = rng.random(len(athlete)) < 0.8
    athlete, week, lift = athlete[kept], week[kept], lift[kept]
    own = rng.normal(0, 20, (athletes, series))
    strength = (
        level[athlete, week] + own[athlete, lift] + noise * 2 * rng.standard_normal(len(week))
    )
    code = athlete * series + lift
    days = Days(athlete, code, week, 7 * week + lift % 2, strength, np.ones(len(week)))
    doses = {"sets": np.where(logged, sets, np.nan)}
    if unseen is not None:
        plan = np.repeat(apart.normal(10, 3, (athletes, weeks // 4 + 1)), 4, axis=1)[:, :weeks]
        other = np.maximum(np.round(plan + state + apart.normal(0, 1, plan.shape)), 0)
        doses["control"] = np.where(logged, other, np.nan)
    return days, Weekly(logged, doses)


def unseen_state(rng, athletes, weeks, memory=0.9):
    """A state of SD 1 that follows itself from week to week."""
    state = rng.standard_normal((athletes, weeks))
    for week in range(1, weeks):
        fresh = np.sqrt(1 - memory**2) * state[:, week]
        state[:, week] = memory * state[:, week - 1] + fresh
    return state


def joined(logs):
    """Return several bodies of logs of equal length as one."""
    at = np.cumsum([0, *(len(weekly.logged) for _, weekly in logs)])
    apart = [
        replace(days, athlete=days.athlete + first, series=days.series + 1000 * first)
        for first, (days, _) in zip(at, logs, strict=False)
    ]
    days = Days(*(np.concatenate([getattr(each, name) for each in apart])
                  for name in Days.__dataclass_fields__))  # fmt: skip
    sets = np.concatenate([weekly.doses["sets"] for _, weekly in logs])
    return days, Weekly(np.concatenate([weekly.logged for _, weekly in logs]), {"sets": sets})
