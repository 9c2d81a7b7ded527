"""An outcome as Results: what a page shows, in its order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.words import count, spoken
from analysis.models.dose_response import Estimate
from analysis.models.hypothesis import drawing, evidence_words, words
from analysis.models.hypothesis.outcome import Fitted, Outcome
from analysis.models.hypothesis.power import power_table
from analysis.models.hypothesis.reading import settings, stated
from analysis.panel import gaps
from analysis.result import Result


def results(outcome: Outcome) -> dict[str, Result]:
    """Return the Results of an outcome by name; those that cannot be made are absent."""
    found = [plan_result(outcome), flow_result(outcome), estimate_result(outcome)]
    if outcome.fitted is not None:
        found += [
            residuals_result(outcome.fitted),
            influence_result(outcome, outcome.fitted),
        ]
        found += curve_result(outcome.fitted)
        found += power_result(outcome, outcome.fitted)
    return {result.name: result for result in found}


def plan_result(outcome: Outcome) -> Result:
    """Return the plan: one row per `key` with its `value` and `source` (plan file or default)."""
    said = stated(outcome.plan_bytes)
    rows = [
        (key, words.as_text(value), "plan" if key in said else "default")
        for key, value in settings(outcome.plan).items()
    ]
    return Result(
        name="plan",
        title="The plan",
        table=pd.DataFrame(rows, columns=["key", "value", "source"]),
        summary=words.plan_sentence(outcome),
        notes=(f"Estimand: {words.estimand(outcome.plan)}", words.rule_sentence(outcome.plan)),
    )


def flow_result(outcome: Outcome) -> Result:
    """Return who is in: one row per `step` with `athletes`, `left_out` and `reason`."""
    first, last = outcome.flow["athletes"].iloc[[0, -1]]
    n_blocks = 0 if outcome.fitted is None else outcome.fitted.fit.n_blocks
    return Result(
        name="flow",
        title="Who is in the answer",
        table=outcome.flow,
        summary=f"{last:,} of {count(int(first), 'athlete')} and {count(n_blocks, 'change')} from "
        "block to block.",
        notes=gaps(outcome.table) if len(outcome.table) else (),
    )


def estimate_result(outcome: Outcome) -> Result:
    """Return the effects: one row per `kind` with `estimate`, its interval, `unit` and n."""
    found, rows = outcome.fitted, []
    if found is not None:
        wanted = outcome.plan.effect
        other = found.fit.between if wanted == "within" else found.fit.effect
        kinds = {
            f"{wanted} athletes (the plan)": found.target,
            "lead placebo (should be 0)": found.lead,
            f"{'between' if wanted == 'within' else 'within'} athletes": other,
            "week's best set (biased)": found.naive,
        }
        rows = [_row(outcome, found, kind, each) for kind, each in kinds.items() if each]
    columns = ["kind", "estimate", "std_error", "conf_low", "conf_high", "p_value", "dof", "unit",
               "n_athletes", "n_blocks"]  # fmt: skip
    return Result(
        name="estimate",
        title="The estimate",
        table=pd.DataFrame(rows, columns=columns),
        summary=words.verdict_sentence(outcome),
        draw=drawing.draw_estimates,
        notes=words.estimate_notes(outcome),
        settings=settings(outcome.plan),
    )


def residuals_result(found: Fitted) -> Result:
    """Return one row per change used: `fitted`, `residual` (in residual SDs), athlete, block."""
    white = found.white
    left = white.residuals() / white.sigma
    table = white.rows[["athlete", "block"]].assign(fitted=white.raw_x @ white.beta, residual=left)
    return Result(
        name="residuals",
        title="Residuals",
        table=table.reset_index(drop=True),
        summary=evidence_words.residual_sentence(
            left, white.neighbour_correlation(), found.fit.n_athletes
        ),
        draw=drawing.draw_residuals,
        notes=tuple(f"Model: {message}." for message in found.fit.messages)
        or ("The fit converged without a warning.",),
    )


def influence_result(outcome: Outcome, found: Fitted) -> Result:
    """Return one row per athlete: the `estimate` without that athlete, and the `shift`."""
    weights = np.array([float(term == outcome.term) for term in found.white.terms])
    without = (
        found.white.without_each(weights)
        if found.fit.n_athletes > 1
        else [float("nan")] * found.fit.n_athletes
    )
    table = pd.DataFrame(
        {"athlete": found.white.rows["athlete"].unique(), "estimate": without}
    ).assign(shift=lambda t: t["estimate"] - found.target.estimate, unit=outcome.plan.unit)
    table = table.sort_values("estimate", kind="stable", ignore_index=True)
    return Result(
        name="influence",
        title="Does one athlete carry it?",
        table=table,
        summary=evidence_words.influence_sentence(table, found.target),
        draw=drawing.draw_influence if found.fit.n_athletes > 1 else None,
        notes=("The variances are held at those of the whole fit.",),
    )


def curve_result(found: Fitted) -> list[Result]:
    """Return the specification curve: one row per specification, lowest estimate first."""
    if found.curve is None:
        return []
    return [
        Result(
            name="specifications",
            title="The same question under other choices",
            table=found.curve.table,
            summary=evidence_words.curve_sentence(found.curve),
            draw=drawing.draw_curve,
            notes=evidence_words.curve_notes(found.curve),
        )
    ]


def power_result(outcome: Outcome, found: Fitted) -> list[Result]:
    """Return power: one row per planted effect."""
    if found.power is None:
        return []
    plan = outcome.plan
    return [
        Result(
            name="power",
            title="What these logs could have shown",
            table=power_table(found.power, plan.smallest_effect, plan.power.target, plan.unit),
            summary=evidence_words.power_sentence(outcome, found.power),
            draw=drawing.draw_power,
            notes=evidence_words.power_notes(found.power),
        )
    ]


def _row(outcome: Outcome, found: Fitted, kind: str, each: Estimate) -> dict[str, object]:
    return {
        "kind": kind,
        "estimate": each.estimate,
        "std_error": each.std_error,
        "conf_low": each.conf_low,
        "conf_high": each.conf_high,
        "p_value": each.p_value,
        "dof": each.dof,
        "unit": outcome.plan.unit,
        "n_athletes": found.fit.n_athletes,
        "n_blocks": found.fit.n_blocks,
    }


def title(outcome: Outcome) -> str:
    """Return the page's title."""
    return f"{spoken(outcome.plan.muscle).capitalize()}: {outcome.verdict}"
