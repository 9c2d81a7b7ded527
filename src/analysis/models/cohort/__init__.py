"""A cohort's logs: pooled effects, how athletes differ, dose-response curves, who is in and why.

    from analysis.models.cohort import cohort
    found = cohort(logbook)
    found["effects_sets"].figure

Method and coverage: docs/cohort.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.models.cohort.results import results
from analysis.models.cohort.study import CohortStudy, MuscleStudy, study

if TYPE_CHECKING:
    from analysis.logbook import Logbook
    from analysis.models.dose import DoseOptions
    from analysis.result import Result

__all__ = ["CohortStudy", "MuscleStudy", "cohort", "results", "study"]


def cohort(
    logbook: Logbook,
    *,
    muscles: Sequence[str] | None = None,
    options: DoseOptions | None = None,
    level: float = 0.95,
) -> dict[str, Result]:
    """Analyse a cohort.

    Args:
        logbook: the sets of all athletes.
        muscles: groups of the catalogue; by default all of them.
        options: how logs become strength days and weekly doses.
        level: probability that the intervals are made for.

    Returns:
        Results by name: `flow`, `days`, `files`, `same_person`, `effects_sets`,
        `effects_frequency`, `effects_light_share`, `spread`, and for each muscle with an
        effect `curve_<muscle>` (five athletes or more), `athletes_<muscle>`, `flow_<muscle>`.

    Raises:
        ValueError: a muscle that is no group of the catalogue.
    """
    return results(study(logbook, muscles=muscles, options=options, level=level))
