"""Latent strength: what a lifter's log says about strength, day by day, with its uncertainty."""

from __future__ import annotations

from analysis.models.latent.fit import LatentFit, smooth
from analysis.models.latent.index import StrengthIndex, strength_index
from analysis.models.latent.prior import Prior
from analysis.models.latent.sets import Estimates, observations

__all__ = [
    "Estimates",
    "LatentFit",
    "Prior",
    "StrengthIndex",
    "observations",
    "smooth",
    "strength_index",
]
