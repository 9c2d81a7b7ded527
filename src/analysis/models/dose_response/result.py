"""`lab.dose_response`: a logbook in, a table of effects with its sentence and figure out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.logbook import Logbook
from analysis.models.dose_response import rows as lay_out
from analysis.models.dose_response import words
from analysis.models.dose_response.drawing import draw
from analysis.models.dose_response.extras import extras
from analysis.models.dose_response.forms import FORMS
from analysis.models.dose_response.model import TooLittleError
from analysis.models.dose_response.question import SENSITIVITY, Evidence, Question, evidence_of
from analysis.models.dose_response.within import WithinEffect, within_effect
from analysis.models.published import Together, together
from analysis.panel import PanelOptions, gaps, panel
from analysis.result import Result


def dose_response(
    logbook: Logbook,
    *,
    muscle: str,
    effect: str = "within",
    exposure: str = "dose",
    forms: Sequence[str] = FORMS,
    prior: str | Evidence | None = "published",
    lags: int = 3,
    sensitivity: Sequence[Mapping[str, Any]] = SENSITIVITY,
    level: float = 0.95,
    **options: Any,
) -> Result:
    """Estimate how strength changed after blocks with more work than the athlete's own usual.

    Args:
        logbook: the sets and the catalogue, of one athlete or many.
        muscle: a muscle group of the catalogue.
        effect: "within" or "between": which one the sentence is about; the table holds both.
        exposure: "dose" (weekly sets by the counting rule), "hard_sets", "frequency" or
            "intensity_pct".
        forms: shapes of the dose-response to compare, words of `FORMS`.
        prior: "published" weighs the log together with the published slope, an `Evidence` says
            how wide that prior is and on what scale; None does not weigh.
        lags: blocks that the lag profile looks back; 0 for no profile.
        sensitivity: options changed one at a time.
        level: probability that the intervals are made for.
        options: choices of the panel, by their name in `PanelOptions`: `block_weeks`, `rule`,
            `outcome_from`, `formula` …

    Returns:
        Result whose table has one row per estimate: `kind` (within, lead placebo, between,
        published, prior, together, form, joint, lag, sensitivity, athlete), `term`, `estimate`,
        `std_error`, `conf_low`, `conf_high`, `p_value`, `dof`, `unit`, `n_athletes`, `n_blocks`
        and, for forms, `aic_difference` from the best. Where the log holds too little, the
        sentence says so and the published rows stand alone.

    Raises:
        ValueError: an unknown muscle, form, prior, effect or option.
    """
    question = Question(
        muscle=muscle,
        exposure=exposure,
        effect=effect,
        panel=PanelOptions(**options),
        forms=tuple(forms),
        prior=evidence_of(prior),
        lags=lags,
        sensitivity=tuple(sensitivity),
        level=level,
    )
    table = panel(logbook, muscle=muscle, options=question.panel)
    try:
        found = within_effect(table, exposure=exposure, level=level)
    except TooLittleError as error:
        return _too_little(question, table, str(error))
    return _answer(logbook, question, table, found)


def _answer(
    logbook: Logbook, question: Question, table: pd.DataFrame, found: WithinEffect
) -> Result:
    belief = question.belief
    # An effect that its own placebo discredits has nothing to add to the trials.
    both = together(found.effect, belief) if belief and not found.lead_fires else None
    more, refused = extras(logbook, question, table, found)
    rows = [
        *lay_out.effect_rows(found, question.exposure),
        *_published(question, both),
        *more,
    ]
    return _result(
        question,
        table,
        rows,
        words.summary(question, found, both),
        notes=(*refused, *words.cautions(question, found, table)),
    )


def _too_little(question: Question, table: pd.DataFrame, reason: str) -> Result:
    summary = (
        f"Too little to say what {words.WORK.get(question.exposure, question.exposure)} bought "
        f"{question.muscle}: {reason} (n = {int((table['status'] == 'ok').sum())} blocks)."
    )
    return _result(question, table, _published(question, None), summary, notes=())


def _published(question: Question, both: Together | None) -> list[lay_out.Row]:
    if question.belief is None:
        return []
    return lay_out.published_rows(question.belief, question, both)


def _result(
    question: Question,
    table: pd.DataFrame,
    rows: list[lay_out.Row],
    summary: str,
    notes: tuple[str, ...],
) -> Result:
    return Result(
        name=f"dose_response_{question.muscle}",
        title=f"What more work bought: {question.muscle.replace('_', ' ')}",
        table=lay_out.as_table(rows),
        summary=summary,
        draw=draw,
        notes=(*notes, *gaps(table), *words.METHOD_NOTES),
        settings=question.settings(),
    )
