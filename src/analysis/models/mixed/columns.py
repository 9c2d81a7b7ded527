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

    sources: dict[str, Any] = _sides(formula) | (dict(like.specs) if like else {})
    response, fixed = _part(sources["response"], data), _part(sources["fixed"], data)
    if len(response.columns) != 1:
        raise ModelError(f"formula {formula!r} must have one response column")
    used = {"response": response.spec, "fixed": fixed.spec}
    distinct, random = dict(fixed.columns), {}
    for level, part in parts.items():
        terms = _terms(Formula(part))
        if not set(terms) <= set(fixed.columns):
            own = _part(sources.get(level, Formula(part)), data)
            terms, used[level] = list(own.columns), own.spec
            distinct = {**own.columns, **distinct}
        random[level] = terms
    repeated = set(response.columns) & set(distinct)
    if repeated:
        raise ModelError(f"the response {repeated.pop()} is also a predictor")
    specs = {name: spec for name, spec in used.items() if spec is not None}
    return Columns(distinct | response.columns, list(fixed.columns), random, specs)


@dataclass(frozen=True, slots=True)
class _Part:
    """Columns by name, and the encoder that made them, if one was needed."""

    columns: dict[str, FloatArray]
    spec: Any


def _sides(formula: str) -> dict[str, Any]:
    from formulaic import Formula

    whole = Formula(formula)
    if not hasattr(whole, "lhs"):
        raise ModelError(f"formula {formula!r} has no response: write 'y ~ x'")
    return {"response": whole.lhs, "fixed": whole.rhs}


def _terms(formula: Any) -> list[str]:
    return [INTERCEPT if str(term) == "1" else str(term) for term in formula]


def _part(source: Any, data: pd.DataFrame) -> _Part:
    """Evaluate a formula, or apply an encoder; bare numeric columns need neither."""
    if hasattr(source, "required_variables") and not hasattr(source, "column_names"):
        terms = _terms(source)
        if all(term == INTERCEPT or _is_number(data, term) for term in terms):
            one = np.ones(len(data))
            bare = {t: one if t == INTERCEPT else data[t].to_numpy(float) for t in terms}
            return _Part(bare, None)
    matrix = source.get_model_matrix(data, output="numpy", na_action="ignore")
    spec, values = matrix.model_spec, np.asarray(matrix, dtype=float)
    return _Part({name: values[:, i] for i, name in enumerate(spec.column_names)}, spec)


def _is_number(data: pd.DataFrame, name: str) -> bool:
    if name not in data.columns:
        return False
    kind = data[name].dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
