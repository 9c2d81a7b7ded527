"""Latent strength: what a lifter's log says about strength, day by day, with its uncertainty.

`observations` turns sets into estimates with variances, `smooth` follows each exercise through
time, `strength_index` joins a muscle's exercises, `latent_strength` says and draws it.
Method and figures: docs/latent.md.
"""

from __future__ import annotations

from analysis.models.latent.fit import LatentFit, Prior, smooth
from analysis.models.latent.muscle import (
    StrengthIndex,
    latent_strength,
    latent_strengths,
    strength_index,
    strength_overview,
)
from analysis.models.latent.observations import Estimates, observations

__all__ = [
    "Estimates",
    "LatentFit",
    "Prior",
    "StrengthIndex",
    "latent_strength",
    "latent_strengths",
    "observations",
    "smooth",
    "strength_index",
    "strength_overview",
]
