"""The rows of a dose-response table, and how the estimates become them."""

from __future__ import annotations

import pandas as pd

from analysis.models.dose_response.estimate import Estimate
from analysis.models.dose_response.forms import FormFit
from analysis.models.dose_response.question import Question
from analysis.models.dose_response.within import WithinEffect
from analysis.models.published import PELLAND_STRENGTH, Prior, Together

COLUMNS = (
    "kind", "term", "estimate", "std_error", "conf_low", "conf_high", "p_value", "dof", "unit",
    "n_athletes", "n_blocks", "aic_difference",
)  # fmt: skip

Row = dict[str, object]

UNITS = {
    "dose": "% per block per weekly set",
    "hard_sets": "% per block per weekly hard set",
    "frequency": "% per block per weekly day",
    "intensity_pct": "% per block per % of e1RM",
}


def unit_of(exposure: str) -> str:
    """Return the unit of an effect of that exposure."""
    return UNITS.get(exposure, f"% per block per unit of {exposure}")


def row(kind: str, term: str, found: Estimate, unit: str, n_athletes: int, n_blocks: int) -> Row:
    """Return an estimate as a row."""
    return {
        "kind": kind,
        "term": term,
        "estimate": found.estimate,
        "std_error": found.std_error,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "p_value": found.p_value,
        "dof": found.dof,
        "unit": unit,
        "n_athletes": n_athletes,
        "n_blocks": n_blocks,
    }


def effect_rows(found: WithinEffect, exposure: str) -> list[Row]:
    """Return within, lead placebo and between."""
    n = (found.n_athletes, found.n_blocks)
    unit = unit_of(exposure)
    rows = [row("within", exposure, found.effect, unit, *n)]
    if found.lead is not None:
        rows.append(row("lead placebo", f"{exposure} of the next block", found.lead, unit, *n))
    if found.between is not None:
        rows.append(row("between", f"own mean {exposure}", found.between, unit, *n))
    return rows


def published_rows(prior: Prior, question: Question, both: Together | None) -> list[Row]:
    """Return the published slope, the prior made of it, and the log weighed with it."""
    weeks = question.prior.weeks if question.prior else None
    slope, error = PELLAND_STRENGTH.per_block(question.panel.block_weeks, weeks)
    unit = UNITS["dose"]
    rows = [
        _normal("published", "Pelland et al. 2025, at 8.14 sets", slope, error, unit),
        _normal("prior", "published, widened", prior.mean, prior.sd, unit),
    ]
    if both is not None:
        rows.append(_normal("together", "log and published", both.mean, both.sd, unit))
    return rows


def form_rows(fits: list[FormFit], dose: float, level: float) -> list[Row]:
    """Return the effect of one more set at the mean dose, under each shape, best first."""
    return [
        row(
            "form", f"{fit.name}, at {dose:.1f} sets", fit.marginal(dose, level), UNITS["dose"],
            fit.model.n_athletes, fit.model.n_rows,
        ) | {"aic_difference": fit.aic - fits[0].aic}
        for fit in fits
    ]  # fmt: skip


def athlete_rows(found: WithinEffect, exposure: str, level: float) -> list[Row]:
    """Return every athlete's own effect, shrunken to the group's; none where not estimated."""
    fit = found.model.pooled
    if fit is None or exposure not in fit.random_cov["athlete"].columns:
        return []
    own = fit.group_contrast({exposure: 1.0})
    n_blocks = fit.likelihood.statistics.counts
    return [
        _normal("athlete", str(name), float(each.estimate), float(each.std_error),
                unit_of(exposure), level) | {"n_athletes": 1, "n_blocks": int(n)}
        for (name, each), n in zip(own.iterrows(), n_blocks, strict=True)
    ]  # fmt: skip


def as_table(rows: list[Row]) -> pd.DataFrame:
    """Return rows as the result's table; digits that hang on the order of sums are cut."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    floats = table.select_dtypes("float").columns
    table = table.round(dict.fromkeys(floats, 6))
    return table.astype({"n_athletes": "Int64", "n_blocks": "Int64"})


def _normal(kind: str, term: str, mean: float, sd: float, unit: str, level: float = 0.95) -> Row:
    found = Estimate(mean, sd, float("inf"), level)
    return row(kind, term, found, unit, 0, 0) | {"n_athletes": None, "n_blocks": None}
