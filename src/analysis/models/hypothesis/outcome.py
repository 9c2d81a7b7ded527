"""What a run yields: the answer with everything that bears on it, and its record for a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.logbook import Logbook
from analysis.models.dose_response import Estimate, WithinEffect
from analysis.models.dose_response.whitened import Whitened
from analysis.models.hypothesis.curve import Curve
from analysis.models.hypothesis.plan import Plan
from analysis.models.hypothesis.power import Power
from analysis.models.hypothesis.register import Stamp
from analysis.models.hypothesis.verdict import fires


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit yields.

    Attributes:
        fit: the model.
        target: the effect that the plan asks for.
        lead: the lead placebo, None where it cannot be told.
        white: the rows of the model.
        naive: the same effect on the week's best set, to show that outcome's bias.
        curve: the specification curve, None where not made.
        power: simulated power, None where not made.
    """

    fit: WithinEffect
    target: Estimate
    lead: Estimate | None
    white: Whitened
    naive: Estimate | None
    curve: Curve | None
    power: Power | None


@dataclass(frozen=True, eq=False)
class Outcome:
    """The answer to a plan.

    Attributes:
        plan: the plan; `plan_file` its file's name, `plan_sha256` the hash of its bytes,
            `plan_bytes` those bytes.
        stamp: confirmatory or exploratory, and why.
        verdict: supported, practically zero, against or cannot tell.
        reason: why, a clause.
        flow: athletes kept and left out, step by step.
        table: the panel of the plan's own choice, after exclusions.
        fitted: None where the logs hold too little.
        logbook: of the people looked at.
        exposure: the panel's column of the exposure, lag included.
        term: the model's term that the plan asks for.
    """

    plan: Plan
    plan_file: str
    plan_sha256: str
    plan_bytes: bytes
    stamp: Stamp
    verdict: str
    reason: str
    flow: pd.DataFrame
    table: pd.DataFrame
    fitted: Fitted | None
    logbook: Logbook
    exposure: str
    term: str

    def record(self) -> dict[str, Any]:
        """Return the content of `verdict.json`; numbers that are not known are None."""
        found = self.fitted
        lead = None if found is None else found.lead
        return {
            **_numbers(None if found is None else found.target),
            "unit": self.plan.unit,
            "n_athletes": 0 if found is None else found.fit.n_athletes,
            "n_blocks": 0 if found is None else found.fit.n_blocks,
            "verdict": self.verdict,
            "plan_sha256": self.plan_sha256,
            "reason": self.reason,
            "question": self.plan.question,
            "effect": self.plan.effect,
            "smallest_effect": self.plan.smallest_effect,
            "level": self.plan.inference.level,
            "stamp": self.stamp.word,
            "stamp_reason": self.stamp.reason,
            "first_look": self.stamp.first_look,
            "people_sha256": self.stamp.people_sha256,
            "lead_placebo": {**_numbers(lead), "fires": fires(lead)},
            "naive_maximum": _numbers(None if found is None else found.naive),
            "minimal_detectable_effect": self.detectable,
            "specification_curve": self._curve(),
            "flow": self.flow.to_dict("records"),
        }

    @property
    def detectable(self) -> float | None:
        """Smallest effect detected with the power aimed at, None where not simulated."""
        if self.fitted is None or self.fitted.power is None:
            return None
        return self.fitted.power.detectable(self.plan.power.target)

    def _curve(self) -> dict[str, Any] | None:
        if self.fitted is None or self.fitted.curve is None:
            return None
        found = self.fitted.curve
        return {
            "specifications": len(found.table),
            "refused": len(found.refused),
            "combinations": found.combinations,
            "median": found.median,
            "share_same_sign": found.same_sign,
            "share_excluding_zero": found.excluding_zero,
            "p_joint": None if found.joint is None else found.joint.p_median_t,
            "permutations": None if found.joint is None else found.joint.n,
        }


def _numbers(found: Estimate | None) -> dict[str, float | None]:
    names = ("estimate", "std_error", "conf_low", "conf_high")
    return {name: None if found is None else float(getattr(found, name)) for name in names}
