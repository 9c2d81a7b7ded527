"""Linear mixed models for nested training data, fitted from one small matrix per group.

    from analysis.models import mixed
    fit = mixed.fit("log_e1rm ~ week", weekly, groups="athlete", random="~ week")
    fit.tidy()

Method, accuracy and speed: docs/mixed.md.
"""

from analysis.models.mixed.cross_products import (
    Statistics,
    from_cross_products,
    sufficient_statistics,
)
from analysis.models.mixed.fit import MixedFit, fit, fit_statistics, likelihood_ratio
from analysis.models.mixed.formula import ModelError

__all__ = [
    "MixedFit",
    "ModelError",
    "Statistics",
    "fit",
    "fit_statistics",
    "from_cross_products",
    "likelihood_ratio",
    "sufficient_statistics",
]
