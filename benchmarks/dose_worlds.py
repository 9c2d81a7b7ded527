"""Cohorts with planted effects that share no assumption with the model that is to find them.

Strength moves by the day, in answer to every session; the model knows weeks. Errors are heavy
tailed, rounded to plates and of another size in every lifter; the muscle's own course is a
stationary process with lay-offs, the exercises' are rare steps (another station, another style);
lifts follow the muscle to unequal degrees and are rotated. Nothing is a Gaussian random walk
unless a world says so. One row of a world's table is one exercise on one day.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAYS_OF_SESSIONS = (0, 3, 5)
"""Days of a week that sessions fall on."""


@dataclass(frozen=True, slots=True)
class World:
    """What is true, and what lifters do.

    Attributes:
        effect_pct: eventual gain of one more weekly set held for four weeks, %.
        build_up_weeks: τ of its arrival 1 − e^(−t/τ); 0 is at once.
        half_life_weeks: of its loss; None for never.
        effect_sd_pct: how true effects differ between lifters.
        doses: `"blocks"` (four weeks at calendar borders), `"offset"` (the same, each lifter's own
            start), `"weekly"`, `"periodised"` (ramps of 4–6 weeks with a light one), `"constant"`,
            `"stall"` (raised for six weeks where the log shows no progress).
        missing: share of weeks without a log, half of them in runs; `rest` says untrained.
        feedback_sets: sets added next week per % that strength lies below its course.
        confounding_pct, confounding_sets: what an unseen state adds to growth in four weeks, and
            to weekly sets, per SD; `state_memory` is its correlation from week to week.
        warmups: whether a changing number of unmarked warm-ups passes for sets.
        conventions: whether a fifth of the exercises are logged double from some week on.
        rough: exercises that wander 5 %/√week and errors of 6 %, as in real logs.
        fatigue_pct: lost on the day per set of the three days before.
        walks: Gaussian walks and errors, equal lifters: the model's own world.
    """

    effect_pct: float = 0.4
    build_up_weeks: float = 0.0
    half_life_weeks: float | None = None
    effect_sd_pct: float = 0.0
    doses: str = "offset"
    missing: float = 0.10
    rest: bool = False
    feedback_sets: float = 0.0
    confounding_pct: float = 0.0
    confounding_sets: float = 0.0
    state_memory: float = 0.8
    warmups: bool = False
    conventions: bool = False
    rough: bool = False
    fatigue_pct: float = 0.0
    walks: bool = False
    weeks: int = 64
    sets: float = 10.0
    sets_sd: float = 3.0

    def kernel(self, weeks: Floats) -> Floats:
        """Return % strength so many weeks after one set."""
        rise = 1.0 if self.build_up_weeks == 0 else 1 - np.exp(-weeks / self.build_up_weeks)
        fall = 1.0 if self.half_life_weeks is None else 0.5 ** (weeks / self.half_life_weeks)
        return np.asarray(self.effect_pct / 4 * rise * fall)

    @property
    def truth(self) -> float:
        """Strength 5 to 12 weeks after one more weekly set for four weeks, %."""
        return float(4 * self.kernel(np.arange(5.0, 13.0)).mean())


@dataclass(frozen=True, eq=False)
class Cohort:
    """A simulated cohort: exercise-days, and what the log says of every week."""

    athlete: NDArray[np.int64]
    series: NDArray[np.int64]
    week: NDArray[np.int64]
    day: NDArray[np.int64]
    strength: Floats
    logged: NDArray[np.bool_]
    sets: Floats
    other: Floats = field(default_factory=lambda: np.empty(0))
    """Weekly sets of another muscle: they do nothing for this one, and share what is unseen."""
    effect: Floats = field(default_factory=lambda: np.empty(0))
    """Each lifter's own effect, in the unit of `World.effect_pct`."""


BASE = World()
WORLDS = {
    "at once, offset": BASE,
    "at once, calendar blocks": replace(BASE, doses="blocks"),
    "weekly doses": replace(BASE, doses="weekly"),
    "periodised": replace(BASE, doses="periodised"),
    "delay 2 weeks": replace(BASE, build_up_weeks=2.0),
    "delay 6 weeks": replace(BASE, build_up_weeks=6.0),
    "decay, half-life 18": replace(BASE, half_life_weeks=18.0),
    "20 % missing": replace(BASE, missing=0.20),
    "slopes SD 0.3": replace(BASE, effect_sd_pct=0.3),
    "acute fatigue": replace(BASE, fatigue_pct=0.10),
    "zero": replace(BASE, effect_pct=0.0),
    "zero, weekly": replace(BASE, effect_pct=0.0, doses="weekly"),
    "rough": replace(BASE, rough=True),
    "Gaussian walks": replace(BASE, walks=True),
    "+0.08": replace(BASE, effect_pct=0.08),
    "20 % rest": replace(BASE, missing=0.20, rest=True),
    "raised on a stall, zero": replace(BASE, effect_pct=0.0, doses="stall"),
    "feedback, zero": replace(BASE, effect_pct=0.0, feedback_sets=0.5),
    "growth confounded, zero": replace(
        BASE, effect_pct=0.0, confounding_pct=1.0, confounding_sets=1.0
    ),
    "growth confounded, strongly": replace(BASE, confounding_pct=1.5, confounding_sets=2.0),
    "unmarked warm-ups": replace(BASE, warmups=True),
    "logged double from some week": replace(BASE, conventions=True),
}
"""The first fifteen have a defined truth; the rest are about bias."""


def cohort(world: World, lifters: int, seed: int) -> Cohort:
    """Draw a cohort."""
    rng = np.random.default_rng(seed)
    n, weeks = lifters, world.weeks
    span = np.where(rng.random(n) < 0.3, rng.integers(weeks // 3, weeks, n), weeks)
    plan = _plan(world, n, rng)
    state = _autoregressive((n, weeks), world.state_memory, rng)
    growth = rng.normal(8.0, 6.0, (n, 1)) * np.log1p(np.arange(weeks) / 26.0)
    own = _course(world, n, rng)
    hidden = np.cumsum(world.confounding_pct / 4 * state, axis=1)
    effect = world.effect_pct + world.effect_sd_pct * rng.standard_normal(n)
    trained_week = _trained(world, n, rng)
    sessions = rng.integers(2, len(DAYS_OF_SESSIONS) + 1, n)
    sets, gain = _live(
        world, plan, state, own, growth + hidden, effect, trained_week, sessions, rng
    )
    # drawn apart, so that everything else of a seed stays what it is
    apart = np.random.default_rng([seed, 1])
    other = _plan(world, n, apart) + world.confounding_sets * state
    other = np.floor(np.clip(other, 0, 40) + apart.random(other.shape))
    drawn = _log(world, sets, gain + growth[..., None] + hidden[..., None], own, trained_week,
                 sessions, span, rng)  # fmt: skip
    return replace(drawn, other=np.where(drawn.logged, other, np.nan), effect=effect)


def _autoregressive(
    shape: tuple[int, int], correlation: float, rng: np.random.Generator
) -> Floats:
    white = rng.standard_normal(shape)
    for week in range(1, shape[1]):
        white[:, week] = (
            correlation * white[:, week - 1] + np.sqrt(1 - correlation**2) * white[:, week]
        )
    return white


def _plan(world: World, n: int, rng: np.random.Generator) -> Floats:
    """Return weekly sets as planned."""
    weeks = np.arange(world.weeks)
    usual = np.maximum(world.sets + 3.0 * rng.standard_normal((n, 1)), 4.0)
    if world.doses == "weekly":
        return np.asarray(usual + world.sets_sd * rng.standard_normal((n, world.weeks)))
    if world.doses in ("blocks", "offset"):
        start = rng.integers(0, 4, n) if world.doses == "offset" else np.zeros(n, dtype=int)
        block = (weeks + start[:, None]) // 4
        drawn = world.sets_sd * rng.standard_normal((n, world.weeks // 4 + 2))
        return np.asarray(usual + np.take_along_axis(drawn, block, axis=1))
    if world.doses == "periodised":
        length = rng.integers(4, 7, n)[:, None]
        at = (weeks + rng.integers(0, 6, (n, 1))) % length
        cycle = (weeks + 6) // length
        drawn = 0.6 * world.sets_sd * rng.standard_normal((n, int(cycle.max()) + 1))
        ramp = np.where(at == length - 1, -0.5 * usual, world.sets_sd * (at / length - 0.3) * 1.5)
        return np.asarray(usual + ramp + np.take_along_axis(drawn, cycle, axis=1))
    return np.repeat(usual, world.weeks, axis=1)  # constant, or what a stall makes of it


def _course(world: World, n: int, rng: np.random.Generator) -> Floats:
    """Return the muscle's own course by week, %."""
    if world.walks:
        return np.asarray(0.8 * rng.standard_normal((n, world.weeks)).cumsum(axis=1))
    size = np.exp(0.4 * rng.standard_normal((n, 1)))
    slow = 3.0 * size * _autoregressive((n, world.weeks), 0.96, rng)
    layoff = np.zeros((n, world.weeks))
    for athlete in np.flatnonzero(rng.random(n) < 0.3):
        at = int(rng.integers(8, world.weeks - 8))
        layoff[athlete, at:] = -6.0 * 0.5 ** (np.arange(world.weeks - at) / 5.0)
    return np.asarray(slow + layoff)


def _trained(world: World, n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which weeks are in the log: half of the missing ones are alone, half in runs."""
    alone = rng.random((n, world.weeks)) < world.missing / 2
    begins = rng.random((n, world.weeks)) < world.missing / 4
    runs = begins | np.roll(begins, 1, axis=1)
    logged = ~(alone | runs)
    logged[:, 0] = True
    return logged


def _live(
    world: World, plan: Floats, state: Floats, own: Floats, course: Floats, effect: Floats,
    logged: NDArray[np.bool_], sessions: NDArray[np.int64], rng: np.random.Generator,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Let weeks pass: sets by session, and what they brought by the day of each session."""
    n, weeks = plan.shape
    days = np.array(DAYS_OF_SESSIONS)
    at = (7 * np.arange(weeks)[:, None] + days) / 7.0
    since = at.reshape(-1)[:, None] - at.reshape(-1)[None, :]
    unit = replace(world, effect_pct=1.0)
    weight = np.where(since > 1e-9, unit.kernel(np.maximum(since, 0.0)), 0.0)
    acute = np.where((since > 1e-9) & (since < 3.5 / 7), -world.fatigue_pct, 0.0)
    sets = np.zeros((n, weeks, len(days)))
    flat = sets.reshape(n, -1)
    gain = np.zeros_like(sets)
    usual = plan.mean(axis=1) if world.doses != "stall" else plan[:, 0]
    seen = np.full((n, weeks), np.nan)
    push = np.zeros(n)
    for week in range(weeks):
        wanted = plan[:, week] + world.confounding_sets * state[:, week]
        if week:
            wanted = wanted - world.feedback_sets * (own[:, week - 1])
        if world.doses == "stall" and week >= 7:
            late = np.nanmean(seen[:, week - 3 : week], axis=1)
            early = np.nanmean(seen[:, week - 7 : week - 4], axis=1)
            push = np.where((push < 1) & (late < early), 6.0, np.maximum(push - 1, 0))
            wanted = wanted + 3.0 * (push > 0)
        if world.rest:
            wanted = np.where(logged[:, week], wanted, 0.0)
        drawn = np.clip(wanted, 0, 40)
        whole = np.floor((drawn / sessions)[:, None] + rng.random((n, len(days))))
        sets[:, week] = np.where(np.arange(len(days)) < sessions[:, None], whole, 0.0)
        now = slice(week * len(days), (week + 1) * len(days))
        done = flat[:, : (week + 1) * len(days)]
        # the usual dose is in the lifter's growth; what differs from it is planted
        planned_each = (usual / sessions)[:, None] * (
            np.tile(np.arange(len(days)), week + 1) < sessions[:, None]
        )
        reply = (done - planned_each) @ weight[now, : (week + 1) * len(days)].T
        tired = done @ acute[now, : (week + 1) * len(days)].T
        gain[:, week] = effect[:, None] * reply + tired
        seen[:, week] = gain[:, week].mean(axis=1) + own[:, week] + course[:, week]
        seen[:, week] += 1.5 * rng.standard_normal(n)
    return sets, gain


def _log(
    world: World, sets: Floats, muscle: Floats, own: Floats, logged: NDArray[np.bool_],
    sessions: NDArray[np.int64], span: NDArray[np.int64], rng: np.random.Generator,
) -> Cohort:  # fmt: skip
    """Write down what a log would hold."""
    n, weeks, per_week = sets.shape
    pool, slots = 6, 3
    in_log = logged & (np.arange(weeks) < span[:, None])
    n_slots = rng.integers(1, slots + 1, n)
    # rotation: a slot's exercise changes about every 16 weeks, and may come back
    swaps = (rng.random((n, slots, weeks)) < 1 / 16).cumsum(axis=2)
    exercise = (np.arange(slots)[None, :, None] + slots * swaps) % pool
    if world.walks:
        exercise = np.tile(np.arange(slots)[None, :, None], (n, 1, weeks))
    follow = np.ones((n, pool)) if world.walks else rng.uniform(0.7, 1.3, (n, pool))
    follow /= follow.mean(axis=1, keepdims=True)
    step = rng.normal(0, 5.0, (n, pool, weeks)) * (rng.random((n, pool, weeks)) < 1 / 40)
    station = step.cumsum(axis=2)
    if world.walks:
        station = rng.standard_normal((n, pool, weeks)).cumsum(axis=2)
    if world.rough:
        station = station + 5.0 * rng.standard_normal((n, pool, weeks)).cumsum(axis=2)
    if world.conventions:
        since = np.where(rng.random((n, pool)) < 0.2, rng.integers(8, weeks - 8, (n, pool)), weeks)
        station = station + 100 * np.log(2.0) * (np.arange(weeks) >= since[..., None])
    noise = 6.0 if world.rough else 3.2
    size = np.ones(n) if world.walks else np.exp(0.35 * rng.standard_normal(n))
    here = in_log[:, :, None] & (sets > 0) & (np.arange(per_week) < sessions[:, None, None])
    day_effect = 1.2 * rng.standard_normal(sets.shape)
    columns = []
    for slot in range(slots):
        a, w, s = np.nonzero(here & (slot < n_slots)[:, None, None])
        lift = exercise[a, slot, w]
        level = follow[a, lift] * (muscle[a, w, s] + own[a, w])
        error = rng.standard_normal(len(a)) if world.walks else rng.standard_t(5, len(a)) / 1.29
        y = 400.0 + level + station[a, lift, w] + day_effect[a, w, s] + noise * size[a] * error
        if not world.walks:
            y = np.round(y / 1.5) * 1.5  # plates
        day = 7 * w + np.array(DAYS_OF_SESSIONS)[s]
        columns.append((a, a * pool + lift, w, day, y))
    a, series, w, day, y = (np.concatenate(each) for each in zip(*columns, strict=True))
    # two slots may hold one exercise on one day: a log has one first set of it
    _, first = np.unique(np.column_stack([series, day]), axis=0, return_index=True)
    first.sort()
    counted = sets.sum(axis=2)
    if world.warmups:
        habit = rng.poisson(1.2, (n, weeks // 4 + 1))
        counted = counted + np.repeat(habit, 4, axis=1)[:, :weeks] * (counted > 0)
    return Cohort(a[first], series[first], w[first], day[first], y[first], in_log,
                  np.where(in_log, counted, np.nan))  # fmt: skip
