"""Growth along the logarithm of time: strength rises fast, then ever slower.

    from analysis.models.growth import growth
    growth(logbook, "quads").figure
    growth(logbook, exercise="Bench Press (Barbell)").summary

The model of Steele et al. (RQES 94:913, doi 10.1080/02701367.2022.2070592), where it fits and
where not: docs/growth_and_meta.md.
"""

from analysis.models.growth.gains import log_time_gain
from analysis.models.growth.result import growth

__all__ = ["growth", "log_time_gain"]
