"""Dose and response in continuous time: what one more weekly set bought, week by week.

Strength is a level on its day, and every week's sets enter at their own distance from it.

`inputs`     weekly doses, weeks without a log, bands of weeks and lag kernels;
`whitening`  one batched filter: each athlete's cross-products, and nothing else, leave an athlete;
`variances`  what is shared by everybody: walks, session and set errors, by restricted likelihood;
`pooling`    from cross-products to the mixed engine: pooled fits, and those of one athlete;
`effects`    effect, event study, eventual gain, shapes, the joint fit;
`placebo`    what a dose that comes later, and another muscle's, say about bias;
`logs`       a logbook's strength days and weekly doses of one muscle;
`control`    which other muscle's dose stands beside them;
`people`     how athletes differ, and whether that repeats;
`result`     `lab.dose_response`.

Method, coverage and what breaks it: docs/dose_response.md.
"""

from analysis.estimate import Estimate
from analysis.models.dose.logs import DoseOptions, MuscleLogs, each_muscle, muscle_logs
from analysis.models.dose.pooling import FEWEST_CLUSTERS, TooLittleError
from analysis.models.dose.result import dose_response

__all__ = [
    "FEWEST_CLUSTERS",
    "DoseOptions",
    "Estimate",
    "MuscleLogs",
    "TooLittleError",
    "dose_response",
    "each_muscle",
    "muscle_logs",
]
