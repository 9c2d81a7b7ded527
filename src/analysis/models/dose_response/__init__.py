"""Dose-response: what a change of volume, intensity or frequency bought, muscle by muscle.

Method, coverage and what breaks it: docs/dose_response.md.
"""

from analysis.models.dose_response.estimate import Estimate
from analysis.models.dose_response.model import TooLittleError
from analysis.models.dose_response.within import WithinEffect, lead_placebo, within_effect

__all__ = ["Estimate", "TooLittleError", "WithinEffect", "lead_placebo", "within_effect"]
