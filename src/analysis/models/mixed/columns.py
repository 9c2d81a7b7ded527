"""Evaluate Wilkinson formulas (formulaic) into the distinct columns of a mixed model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.encoding import INTERCEPT, Encoding, ModelError


@dataclass(frozen=True, slots=True)
class Columns:
    """Every distinct column once, the response last, and who uses it.

    Attributes:
        raw: values by column name.
        fixed: names of the fixed terms.
        random: names of the random terms by level, outermost first.
        specs: formulaic's encoders by part, to code other rows in the same way.
    """

    raw: dict[str, FloatArray]
    fixed: list[str]
    random: dict[str, list[str]]
    specs: dict[str, Any]


def required_variables(formula: str, parts: Mapping[str, str]) -> set[str]:
    """Return the data columns that the formulas read."""
    from formulaic import Formula

    formulas = [Formula(formula), *(Formula(part) for part in parts.values())]
    return {str(name) for each in formulas for name in each.required_variables}


def evaluate(
    formula: str, parts: Mapping[str, str], data: pd.DataFrame, like: Encoding | None
) -> Columns:
    """Evaluate response, fixed and random parts; `like` gives the coding of another table.

    A random part made of columns of the fixed part, the usual case, is not evaluated again.
    """
    from formulaic import Formula

    sources: dict[str, Any] = dict(like.specs) if like else _sides(formula)
    response, values, specs = _model_matrix(sources["response"], data)
    if len(response) != 1:
        raise ModelError(f"formula {formula!r} must have one response column, not {len(response)}")
    distinct, fixed = {}, _Part(*_model_matrix(sources["fixed"], data))
    distinct.update(fixed.columns())
    used = {"response": specs, "fixed": fixed.spec}
    random = {}
    for level, part in parts.items():
        terms = [INTERCEPT if str(term) == "1" else str(term) for term in Formula(part)]
        if not set(terms) <= set(fixed.names):
            own = _Part(*_model_matrix(sources.get(level, Formula(part)), data))
            terms, used[level] = own.names, own.spec
            distinct = {**own.columns(), **distinct}
        random[level] = terms
    if response[0] in distinct:
        raise ModelError(f"the response {response[0]} is also a predictor")
    distinct[response[0]] = values[:, 0]
    return Columns(distinct, fixed.names, random, used)


@dataclass(frozen=True, slots=True)
class _Part:
    names: list[str]
    values: FloatArray
    spec: Any

    def columns(self) -> dict[str, FloatArray]:
        return {name: self.values[:, i] for i, name in enumerate(self.names)}


def _sides(formula: str) -> dict[str, Any]:
    from formulaic import Formula

    whole = Formula(formula)
    if not hasattr(whole, "lhs"):
        raise ModelError(f"formula {formula!r} has no response: write 'y ~ x'")
    return {"response": whole.lhs, "fixed": whole.rhs}


def _model_matrix(source: Any, data: pd.DataFrame) -> tuple[list[str], FloatArray, Any]:
    matrix = source.get_model_matrix(data, output="numpy", na_action="ignore")
    spec = matrix.model_spec
    return list(spec.column_names), np.asarray(matrix, dtype=float), spec
