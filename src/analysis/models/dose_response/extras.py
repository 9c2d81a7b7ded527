"""What stands beside the within effect: shapes, lags, joint effects, other choices, athletes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from analysis.logbook import Logbook
from analysis.models.dose_response.forms import compare_forms
from analysis.models.dose_response.lags import joint_effects, lag_profile
from analysis.models.dose_response.model import TooLittleError
from analysis.models.dose_response.question import Question
from analysis.models.dose_response.rows import Row, athlete_rows, form_rows, row, unit_of
from analysis.models.dose_response.within import WithinEffect, usable, within_effect
from analysis.panel import panel


def extras(
    logbook: Logbook, question: Question, table: pd.DataFrame, found: WithinEffect
) -> tuple[list[Row], tuple[str, ...]]:
    """Return the further rows, and a sentence for every part that the log cannot support."""
    parts: dict[str, Callable[[], list[Row]]] = {
        "The comparison of shapes": lambda: _forms(question, table),
        "The joint model": lambda: _joint(question, table),
        **({"The lag profile": lambda: _lags(question, table)} if question.lags else {}),
    }
    for change in question.sensitivity:
        name = ", ".join(f"{key} {value}" for key, value in change.items())
        parts[f"The estimate with {name}"] = lambda name=name, change=change: [  # type: ignore[misc]
            _with_change(logbook, question, name, dict(change))
        ]
    rows, refused = [], []
    for name, part in parts.items():
        try:
            rows += part()
        except TooLittleError as error:
            refused.append(f"{name} is left out: {error}.")
    return [*rows, *athlete_rows(found, question.exposure, question.level)], tuple(refused)


def _forms(question: Question, table: pd.DataFrame) -> list[Row]:
    if question.exposure != "dose" or not question.forms:
        return []
    fits = compare_forms(table, question.forms)
    dose = float(usable(table, ["dose"])["dose"].mean())
    return form_rows(fits, dose, question.level)


def _joint(question: Question, table: pd.DataFrame) -> list[Row]:
    effects, model = joint_effects(table, level=question.level)
    n = (model.n_athletes, model.n_rows)
    return [row("joint", name, found, unit_of(name), *n) for name, found in effects.items()]


def _lags(question: Question, table: pd.DataFrame) -> list[Row]:
    effects, model = lag_profile(
        table, exposure=question.exposure, lags=question.lags, level=question.level
    )
    n, unit = (model.n_athletes, model.n_rows), unit_of(question.exposure)
    return [row("lag", name, found, unit, *n) for name, found in effects.items()]


def _with_change(
    logbook: Logbook, question: Question, name: str, change: dict[str, object]
) -> Row:
    options = replace(question.panel, **change)  # type: ignore[arg-type]
    table = panel(logbook, muscle=question.muscle, options=options)
    found = within_effect(table, exposure=question.exposure, level=question.level, placebo=False)
    unit = unit_of(question.exposure)
    return row("sensitivity", name, found.effect, unit, found.n_athletes, found.n_blocks)
