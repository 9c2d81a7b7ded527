"""Linear mixed models for nested training data, fitted from one small matrix per group.

    from analysis.models import mixed
    fit = mixed.fit("log_e1rm ~ week", weekly, groups="athlete", random="~ week")
    fit.tidy()

Method, accuracy and speed: docs/mixed.md.
"""

from analysis.models.mixed.encoding import ModelError
from analysis.models.mixed.fit import fit, fit_statistics
from analysis.models.mixed.mixed_fit import MixedFit
from analysis.models.mixed.statistics import Statistics, sufficient_statistics

__all__ = [
    "MixedFit",
    "ModelError",
    "Statistics",
    "fit",
    "fit_statistics",
    "sufficient_statistics",
]
