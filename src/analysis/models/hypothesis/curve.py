"""The specification curve: the same question under every defensible choice that was run.

After Simonsohn, Simmons & Nelson 2020 (Nat Hum Behav, doi 10.1038/s41562-020-0912-z). It shows how
far the answer hangs on choices; it is no better estimate than the plan's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from analysis.models.dose_response import TooLittleError
from analysis.models.dose_response.whitened import whiten
from analysis.models.hypothesis.choices import Choice, combinations, planned, specifications
from analysis.models.hypothesis.plan import Plan
from analysis.models.hypothesis.shuffle import Shuffled, Specification, shuffled
from analysis.models.hypothesis.study import Study
from analysis.progress import Tell, silent, told

CURVE = ("specification", "planned", "estimate", "std_error", "conf_low", "conf_high", "unit",
         "n_athletes", "n_blocks", *Choice.__dataclass_fields__)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Curve:
    """A specification curve.

    Attributes:
        table: one row per specification that could be fitted, lowest estimate first; effects in
            the plan's unit, so those of other block lengths are scaled to the plan's.
        refused: reasons of those that could not be fitted.
        combinations: how many combinations of the choices there are.
        joint: shuffle test over all specifications together; None where not made.
    """

    table: pd.DataFrame
    refused: tuple[str, ...]
    combinations: int
    joint: Shuffled | None

    @property
    def median(self) -> float:
        """Median of the estimates."""
        return float(self.table["estimate"].median())

    @property
    def same_sign(self) -> float:
        """Share of estimates with the sign of their median."""
        return float((np.sign(self.table["estimate"]) == np.sign(self.median)).mean())

    @property
    def excluding_zero(self) -> float:
        """Share of intervals that do not hold 0."""
        return float(((self.table["conf_low"] > 0) | (self.table["conf_high"] < 0)).mean())


def curve(study: Study, tell: Tell = silent) -> Curve | None:
    """Run the specifications of a plan; None where the plan wants none or none can be fitted."""
    plan = study.plan
    rows, refused, fitted = [], [], []
    wanted = list(specifications(plan)) if plan.sensitivity.max_specifications else []
    for choice in told(wanted, tell, lambda _: "other analysts' choices"):
        try:
            row, specification = _run(study, choice)
        except TooLittleError as error:
            refused.append(str(error))
            continue
        rows.append(row)
        fitted.append(specification)
    if not rows:
        return None
    table = pd.DataFrame(rows).sort_values("estimate", kind="stable", ignore_index=True)
    table.insert(0, "specification", np.arange(1, len(table) + 1))
    return Curve(table[list(CURVE)], tuple(refused), combinations(plan), _joint(plan, fitted))


def _run(study: Study, choice: Choice) -> tuple[dict[str, object], Specification]:
    plan = study.plan
    table = study.table(choice)
    fit = study.fit(table)
    # a block half as long gives an effect half the time to build
    found = study.target(fit).times(plan.block_weeks / choice.block_weeks)
    row = {
        "planned": choice == planned(plan),
        "estimate": found.estimate,
        "std_error": found.std_error,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "unit": plan.unit,
        "n_athletes": fit.n_athletes,
        "n_blocks": fit.n_blocks,
        **asdict(choice),
    }
    white = whiten(fit, table, study.exposure, plan.covariates)
    return row, Specification(white, fit.model.noise_share, study.exposure, choice.block_weeks)


def _joint(plan: Plan, fitted: Sequence[Specification]) -> Shuffled | None:
    if plan.effect != "within" or not plan.sensitivity.permutations:
        return None
    return shuffled(fitted, plan.block_weeks, plan.sensitivity.permutations, plan.seed)
