"""Dose-response: what a change of volume, intensity or frequency bought, muscle by muscle.

Method, coverage and what breaks it: docs/dose_response.md.
"""

from analysis.models.dose.estimate import Estimate
from analysis.models.dose_response.model import (
    TooLittleError,
    WithinEffect,
    lead_placebo,
    within_effect,
)
from analysis.models.dose_response.result import Evidence, dose_response

__all__ = [
    "Estimate",
    "Evidence",
    "TooLittleError",
    "WithinEffect",
    "dose_response",
    "lead_placebo",
    "within_effect",
]
