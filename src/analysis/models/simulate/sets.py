"""From a lifter's strength on the day to the sets that an app would have on file.

A visit is one exercise in one workout. The lifter picks a load from the strength expected of
the block, rounds it to what the gym offers, and stops a few reps short of the day's maximum.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]

KG_PER_LB = 0.45359237


def _epley(ratio: Array) -> Array:
    return 30.0 * (ratio - 1.0)


def _brzycki(ratio: Array) -> Array:
    return 37.0 - 36.0 / ratio


def _wathan(ratio: Array) -> Array:
    return -np.log(np.clip((100.0 / ratio - 48.8) / 53.8, 1e-6, None)) / 0.075


MOST_REPS: dict[str, Callable[[Array], Array]] = {
    "epley": _epley,
    "brzycki": _brzycki,
    "wathan": _wathan,
}
"""Reps to failure from strength ÷ load, each formula solved for reps (Epley 1985, Brzycki 1993,
Wathan 1994). Written here anew: the simulator must not share a bug with what it tests."""


def load_fraction(curve: str, reps: Array) -> Array:
    """Return load ÷ strength at which `reps` are the most that can be done."""
    if curve == "epley":
        return 1.0 / (1.0 + reps / 30.0)
    if curve == "brzycki":
        return (37.0 - reps) / 36.0
    return (48.8 + 53.8 * np.exp(-0.075 * reps)) / 100.0


def perform(
    visits: pl.DataFrame,
    rng: np.random.Generator,
    *,
    curve: str = "epley",
    fatigue_pct: float = 1.5,
    rir_noise: float = 0.7,
    set_noise_pct: float = 1.5,
) -> pl.DataFrame:
    """Perform every set of every visit.

    Args:
        visits: one row per exercise of a workout: `expected` and `level` (log strength in kg,
            as the lifter expects it and as it is on the day), `basis`, `body_kg`, `step` (in
            the lifter's `unit`), `unit` ("kg" or "lb"), `target_reps`, `target_rir`, `warmups`
            and `sets` (counts), and the booleans `warmups_marked`, `ramps`, `logs_rpe`.
        rng: source of every random number.
        curve: repetition curve, a key of `MOST_REPS`.
        fatigue_pct: strength lost with each hard set before, %; the climb to a top set costs none.
        rir_noise: SD of the reps in reserve about their target, and of the lifter's own reading.
        set_noise_pct: SD of strength from set to set, %.

    Returns:
        One row per set: every column of `visits`, and `set_number` (from 1), `warmup` (the
        truth), `kind` (as logged), `load` (in `unit`; null for a bare bodyweight set), `reps`,
        `rir` (the truth) and `rpe` (as logged, null where it is not).
    """
    counts = visits["warmups"] + visits["sets"]
    rows = visits[np.repeat(np.arange(visits.height), counts.to_numpy())]
    first = np.repeat(np.cumsum(counts.to_numpy()) - counts.to_numpy(), counts.to_numpy())
    number = np.arange(rows.height) - first
    work = number - rows["warmups"].to_numpy()
    warmup = work < 0
    top = rows["sets"].to_numpy() - 1
    target = rows["target_reps"].to_numpy().astype(float)
    wanted_rir = rows["target_rir"].to_numpy()

    share = load_fraction(curve, target + wanted_rir) * _climb(rows, work, top)
    total, load = _rounded(rows, np.exp(rows["expected"].to_numpy()) * share)
    hard_before = np.where(rows["ramps"].to_numpy(), 0, np.maximum(work, 0))
    tired = 1.0 - fatigue_pct / 100.0 * hard_before
    wobble = np.exp(set_noise_pct / 100.0 * rng.standard_normal(rows.height))
    most = MOST_REPS[curve](np.exp(rows["level"].to_numpy()) * wobble * tired / total)
    effort = np.maximum(wanted_rir + rir_noise * rng.standard_normal(rows.height), 0.0)
    held_back = warmup | (rows["ramps"].to_numpy() & (work < top))
    reps = np.floor(np.where(held_back, np.minimum(target, most - effort), most - effort))
    reps = np.clip(reps, 1, 30)
    rir = np.maximum(most - reps, 0.0)
    felt = np.round(2 * (10 - rir + rir_noise * rng.standard_normal(rows.height))) / 2
    shown = rows["logs_rpe"].to_numpy() & ~warmup
    return rows.with_columns(
        set_number=pl.Series(number + 1, dtype=pl.Int32),
        warmup=pl.Series(warmup),
        kind=pl.Series(np.where(warmup & rows["warmups_marked"].to_numpy(), "warmup", "work")),
        load=pl.Series(load).fill_nan(None),
        reps=pl.Series(reps),
        rir=pl.Series(rir),
        rpe=pl.Series(np.where(shown, np.clip(felt, 6, 10), np.nan)).fill_nan(None),
    )


def _climb(rows: pl.DataFrame, work: NDArray[np.int64], top: NDArray[np.int64]) -> Array:
    """Return each set's load as a share of the top set's."""
    to_top = np.clip(top - work, 0, 3)
    ramp = np.where(rows["ramps"].to_numpy(), 1.0 - 0.05 * to_top, 1.0)
    return np.where(work < 0, np.maximum(0.75 + 0.2 * (work + 1), 0.35), ramp)


def _rounded(rows: pl.DataFrame, wanted_kg: Array) -> tuple[Array, Array]:
    """Return what is moved in kg, and the load to log: what the gym offers nearest to it.

    A pull-up moves body mass plus the belt, an assisted one body mass minus the stack.
    """
    basis = rows["basis"].to_numpy()
    body = np.where(np.isin(basis, ("external", "per_hand")), 0.0, rows["body_kg"].to_numpy())
    sign = np.where(basis == "assistance", -1.0, 1.0)
    kg = np.where(rows["unit"].to_numpy() == "lb", KG_PER_LB, 1.0)
    step = rows["step"].to_numpy()
    least = np.where(body > 0, 0.0, step)
    load = np.maximum(np.round(sign * (wanted_kg - body) / kg / step) * step, least)
    load = np.where(basis == "bodyweight", 0.0, load)
    return body + sign * load * kg, np.where(basis == "bodyweight", np.nan, load)
