"""Pre-registered questions: a plan file and logs in, a verdict with all that bears on it out.

    from analysis.models.hypothesis import run
    outcome = run("hypothesis.toml", logbook)
    outcome.verdict, outcome.fitted.target

The plan's keys, the rule of the verdict and what it cannot show: docs/hypothesis.md.
"""

from analysis.models.hypothesis.plan import Plan, read_plan
from analysis.models.hypothesis.results import results
from analysis.models.hypothesis.run import Fitted, Outcome, run

__all__ = ["Fitted", "Outcome", "Plan", "read_plan", "results", "run"]
