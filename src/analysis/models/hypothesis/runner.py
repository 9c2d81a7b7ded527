"""`run`: a plan and the logs in, everything that is to be said about them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.logbook import Logbook
from analysis.models.dose_response import Estimate, TooLittleError
from analysis.models.dose_response.whitened import whiten
from analysis.models.hypothesis import verdict as rule
from analysis.models.hypothesis.choices import planned
from analysis.models.hypothesis.curve import curve
from analysis.models.hypothesis.outcome import Fitted, Outcome
from analysis.models.hypothesis.people import choose_people, exclusion_flow, flow_table
from analysis.models.hypothesis.power import power
from analysis.models.hypothesis.reading import check_muscle, read_plan
from analysis.models.hypothesis.register import stamp
from analysis.models.hypothesis.study import Study
from analysis.progress import Tell, silent

REGISTER = "register.json"


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
        PathError, PlanError: the plan file is absent, or a key breaks a rule.
        UserError: the register cannot be read.
    """
    path = Path(plan_path)
    plan, sha = read_plan(path)
    check_muscle(plan, logbook.catalogue, path.name)
    people = choose_people(logbook, plan)
    looked = stamp(
        plan, sha, people.logbook, Path(register) if register else None, today or date.today()
    )
    study = Study(plan, people.logbook)
    table = study.table()
    word, reason, fitted = _answer(study, table, tell)
    return Outcome(
        plan=plan,
        plan_file=path.name,
        plan_sha256=sha,
        plan_bytes=path.read_bytes(),
        stamp=looked,
        verdict=word,
        reason=reason,
        flow=flow_table([*people.flow, *exclusion_flow(study.everyone(planned(plan)), plan)]),
        table=table,
        fitted=fitted,
        logbook=people.logbook,
        exposure=study.exposure,
        term=study.term,
    )


def _answer(study: Study, table: pd.DataFrame, tell: Tell) -> tuple[str, str, Fitted | None]:
    plan = study.plan
    try:
        fit = study.fit(table)
        target = study.target(fit)
    except TooLittleError as error:
        return rule.CANNOT, f"too little in these logs: {error}", None
    lead = study.placebo(table)
    word, reason = rule.verdict(target, lead, plan.smallest_effect, plan.effect)
    white = whiten(fit, table, study.exposure, plan.covariates)
    fitted = Fitted(
        fit=fit,
        target=target,
        lead=lead,
        white=white,
        naive=_naive(study),
        curve=curve(study, tell),
        power=power(
            white, study.term, plan.power.simulations, plan.seed, plan.inference.level, tell
        ),
    )
    return word, reason, fitted


def _naive(study: Study) -> Estimate | None:
    choice = replace(planned(study.plan), outcome="naive_maximum")
    try:
        return study.target(study.fit(study.table(choice)))
    except TooLittleError:
        return None
