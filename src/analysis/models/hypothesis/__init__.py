"""Pre-registered questions: a plan file and logs in, a verdict with all that bears on it out.

    from analysis.models.hypothesis import run
    outcome = run("hypothesis.toml", logbook)
    outcome.verdict, outcome.fitted.target

The plan's keys, the rule of the verdict and what it cannot show: docs/hypothesis.md.
"""

from analysis.models.hypothesis.outcome import Fitted, Outcome
from analysis.models.hypothesis.plan import Plan
from analysis.models.hypothesis.reading import PlanError, read_plan
from analysis.models.hypothesis.results import results
from analysis.models.hypothesis.runner import REGISTER, run

__all__ = ["REGISTER", "Fitted", "Outcome", "Plan", "PlanError", "read_plan", "results", "run"]
