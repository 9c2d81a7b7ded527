"""`run`: a plan and the logs in, everything that is to be said about them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.estimate import Estimate
from analysis.logbook import Logbook
from analysis.models.dose.logs import MuscleLogs
from analysis.models.dose.placebo import Placebo
from analysis.models.dose.pooling import TooLittleError
from analysis.models.hypothesis import measured
from analysis.models.hypothesis import study as rule
from analysis.models.hypothesis.plan import Plan, check_names, read_plan
from analysis.models.hypothesis.register import Stamp, stamp
from analysis.models.hypothesis.robustness import Power, SpecificationCurve, curve, power
from analysis.models.hypothesis.study import (
    Fit,
    People,
    Study,
    Subgroup,
    choose_people,
    exclusion_flow,
    flow_table,
    planned,
)
from analysis.progress import Tell, silent

# What a run yields: the answer with everything that bears on it, and its record for a file.


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit yields.

    Attributes:
        fit: the model.
        target: the effect that the plan asks for.
        placebo: what the next four weeks say about bias.
        naive: the same effect on the week's best set, to show that outcome's bias.
        curve: the specification curve, None where not made.
        power: simulated power, None where not made.
        subgroups: the effect by level of the plan's subgroup.
    """

    fit: Fit
    target: Estimate
    placebo: Placebo
    naive: Estimate | None
    curve: SpecificationCurve | None
    power: Power | None
    subgroups: Sequence[Subgroup] = ()


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
        logs: strength days and weekly doses of the plan's own choice, before exclusions.
        fitted: None where the logs hold too little.
        logbook: of the people looked at.
        exposure: the measure whose effect is asked for.
    """

    plan: Plan
    plan_file: str
    plan_sha256: str
    plan_bytes: bytes
    stamp: Stamp
    verdict: str
    reason: str
    flow: pd.DataFrame
    logs: MuscleLogs
    fitted: Fitted | None
    logbook: Logbook
    exposure: str

    def record(self) -> dict[str, Any]:
        """Return the content of `verdict.json`; numbers that are not known are None."""
        found = self.fitted
        placebo = None if found is None else found.placebo
        away = None if placebo is None else placebo.control
        return {
            **numbers(None if found is None else found.target),
            "unit": self.plan.unit,
            "n_athletes": 0 if found is None else found.fit.n_athletes,
            "n_blocks": 0 if found is None else found.fit.n_blocks,
            "n_days": 0 if found is None else found.fit.n_days,
            "verdict": self.verdict,
            "plan_sha256": self.plan_sha256,
            "reason": self.reason,
            "question": self.plan.question,
            "effect": self.plan.effect,
            "interaction": self._interaction(),
            "smallest_effect": self.plan.smallest_effect,
            "level": self.plan.inference.level,
            "stamp": self.stamp.word,
            "stamp_reason": self.stamp.reason,
            "first_look": self.stamp.first_look,
            "people_sha256": self.stamp.people_sha256,
            "lead_placebo": {
                **numbers(None if placebo is None else placebo.lead),
                "fires": placebo is not None and placebo.lead_fires,
                "says": "untold" if placebo is None else placebo.kind,
                "bias_bound": None
                if placebo is None or placebo.lead is None
                else placebo.bias_bound,
            },
            "negative_control": {
                **numbers(None if away is None else away.estimate),
                "muscle": None if away is None else away.muscle,
                "fires": away is not None and away.fires,
            },
            "naive_maximum": numbers(None if found is None else found.naive),
            "subgroups": []
            if found is None
            else [
                {"level": each.level, "n_athletes": each.n_athletes, **numbers(each.estimate)}
                for each in found.subgroups
            ],
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

    def _interaction(self) -> dict[str, str] | None:
        """Return the column that the effect may differ by, and what one step of it is."""
        by = None if self.fitted is None else self.fitted.fit.moderator
        return None if by is None else {"column": self.plan.interaction, "step": by.step}

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


FIELDS = {"estimate": "value", "std_error": "std_error", "conf_low": "low", "conf_high": "high"}
"""Fields of an estimate in `verdict.json`, which others read: they keep their names."""


def numbers(found: Estimate | None) -> dict[str, float | None]:
    """Return an estimate as the fields of `verdict.json`; all None where there is none."""
    return {
        field: None if found is None else float(getattr(found, name))
        for field, name in FIELDS.items()
    }


def run(
    plan_path: str | Path,
    logbook: Logbook,
    *,
    register: str | Path | None = None,
    today: date | None = None,
    tell: Tell = silent,
) -> Outcome:
    """Answer a plan from logs.

    Args:
        plan_path: a `hypothesis.toml`.
        logbook: the sets, of one athlete or many.
        register: JSON file of earlier looks, made when absent; without it no run is
            confirmatory.
        today: day of the run, for the register.
        tell: gets the steps done, the steps in all and what they are, part by part.

    Raises:
        PathError, SettingsError: the plan file is absent, or a key breaks a rule.
        UserError: the register cannot be read.
    """
    path = Path(plan_path)
    plan, sha, people, looked = looked_at(path, logbook, register=register, today=today)
    study = Study(plan, people.logbook)
    logs = study.everyone(planned(plan))
    word, reason, fitted = _answer(study, tell)
    told = 0 if fitted is None else fitted.fit.n_athletes
    return Outcome(
        plan=plan,
        plan_file=path.name,
        plan_sha256=sha,
        plan_bytes=path.read_bytes(),
        stamp=looked,
        verdict=word,
        reason=reason,
        flow=flow_table([*people.flow, *exclusion_flow(logs, plan, told)]),
        logs=logs,
        fitted=fitted,
        logbook=people.logbook,
        exposure=study.exposure,
    )


def looked_at(
    plan_path: Path,
    logbook: Logbook,
    *,
    register: str | Path | None,
    today: date | None = None,
) -> tuple[Plan, str, People, Stamp]:
    """Read a plan, choose its people and enter the look; arguments and errors as `run`."""
    plan, sha = read_plan(plan_path)
    columns = logbook.joined["name"].unique().sort().to_list()
    check_names(plan, logbook.catalogue, columns, plan_path.name)
    people = choose_people(logbook, plan)
    place = Path(register) if register else None
    return plan, sha, people, stamp(plan, sha, people.logbook, place, today or date.today())


def _answer(study: Study, tell: Tell) -> tuple[str, str, Fitted | None]:
    plan = study.plan
    try:
        fit = study.fit()
    except TooLittleError as error:
        return rule.CANNOT, f"too little in these logs: {error}", None
    target, placebo = study.target(fit), fit.effect.placebo
    word, reason = rule.verdict(target, placebo, plan.smallest_effect, plan.effect)
    fitted = Fitted(
        fit=fit,
        target=target,
        placebo=placebo,
        naive=_naive(study),
        curve=curve(study, fit.body.variances, tell),
        power=power(study, fit, tell),
        subgroups=_subgroups(study, fit) if plan.subgroup else (),
    )
    return word, reason, fitted


def _subgroups(study: Study, fit: Fit) -> Sequence[Subgroup]:
    levels = measured.levels(study.logbook, fit.logs.athletes, study.plan.subgroup)
    return rule.subgroups(study.plan, fit.body, levels)


def _naive(study: Study) -> Estimate | None:
    if study.measured:
        return None
    choice = replace(planned(study.plan), outcome="naive_maximum")
    try:
        return study.target(study.fit(choice))
    except TooLittleError:
        return None
