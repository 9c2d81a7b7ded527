"""Panels with a planted dose-response, drawn at block level."""

import numpy as np
import pandas as pd


def planted(
    seed,
    *,
    athletes=30,
    blocks=12,
    slope=0.3,
    between=0.0,
    drift=2.0,
    noise=1.5,
    growth_sd=0.5,
    curve=lambda x: x,
    lag=0,
    feedback=0.0,
    missing=0.0,
):
    """One row per athlete and block, in the shape of `analysis.models.panel.panel`.

    `drift` is the SD of a block's real swing, `noise` of a block's estimate, both in %;
    `feedback` the sets that 1 % of bad luck adds to the next block.
    """
    rng = np.random.default_rng(seed)
    shape = (athletes, blocks)
    swing = drift * rng.standard_normal(shape)
    dose = 8 + 2 * rng.standard_normal((athletes, 1)) + 2 * rng.standard_normal(shape)
    dose[:, 1:] -= feedback * swing[:, :-1]
    dose = np.clip(dose, 0.5, None)
    work = curve(dose)
    own = work.mean(axis=1, keepdims=True)
    cause = np.roll(work - own, lag, axis=1)
    cause[:, :lag] = 0
    growth = 0.8 + growth_sd * rng.standard_normal((athletes, 1))
    real = growth + slope * cause + between * (own - own.mean()) + swing
    error = noise * rng.standard_normal((athletes, blocks + 1))
    change = real + np.diff(error, axis=1)
    who, block = np.indices(shape)
    kept = rng.random(who.size) >= missing
    table = pd.DataFrame(
        {
            "athlete": who.ravel(),
            "muscle": "quads",
            "block": block.ravel(),
            "dose": dose.ravel(),
            "frequency": np.ceil(dose / 4).ravel(),
            "intensity_pct": 75 + 3 * rng.standard_normal(who.size),
            "training_years": block.ravel() * 28 / 365.25,
            "change_pct": change.ravel(),
            "change_variance": 2 * noise**2 + 1e-6,
            "next_covariance": -(noise**2),
            "effort_known": 0.0,
            "status": "ok",
        }
    )
    return table[kept].reset_index(drop=True)
