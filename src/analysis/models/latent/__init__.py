"""Latent strength: what a lifter's log says about strength, day by day, with its uncertainty."""

from __future__ import annotations

from analysis.models.latent.fit import LatentFit, smooth
from analysis.models.latent.prior import Prior

__all__ = ["LatentFit", "Prior", "smooth"]
