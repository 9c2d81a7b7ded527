"""From a table and formulas to model rows: sorted by group, complete, refused where wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.mixed.batched import FloatArray, IntArray
from analysis.models.mixed.formula import (
    INTERCEPT,
    Columns,
    Crossed,
    Encoding,
    Level,
    ModelError,
    Random,
    crossed_name,
    evaluate,
    random_parts,
    required_variables,
)

# Choose the basis in which cross-products keep their digits.
#
# Predictors are centred (where the model allows) and scaled to unit variance; the response loses
# its least-squares fit and is scaled by what remains. Without this, an unscaled week column stops
# lme4's default optimiser 18.6 log-likelihood units short (docs/mixed.md).


PILOT_ROWS = 20_000

# A column whose squared length outside the columns before it is below this share of the whole
# is not a direction of its own. 1e-11 is a sine of 3e-6, where cross-products in double
# precision still hold four digits.
RANK_TOLERANCE = 1e-11

COLLINEAR = 1e-2
"""Share below which a column is made orthogonal, so that cross-products keep their digits."""


def standardised(
    raw: FloatArray, precision: FloatArray | None, encoding: Encoding, like: Encoding | None
) -> tuple[FloatArray, Encoding]:
    """Return the rows in a good basis, weighted, with the encoding that says which one."""
    if like is not None:
        _refuse_other_columns(encoding, like)
        rows = like.basis.T @ raw
        return _weighted(rows, precision), like
    basis = _centre_and_scale(raw, encoding)
    rows = _weighted(raw, precision)
    _take_out_fixed(rows, basis, encoding)
    return rows, encoding.with_basis(basis)


def _refuse_other_columns(encoding: Encoding, like: Encoding) -> None:
    if not like.same_columns(encoding):
        raise ModelError(f"columns are {encoding.names}, expected {like.names}")


def _weighted(rows: FloatArray, precision: FloatArray | None) -> FloatArray:
    if precision is not None:
        rows *= np.sqrt(precision)
    return rows


def _centre_and_scale(rows: FloatArray, encoding: Encoding) -> FloatArray:
    """Centre and scale the predictors in place; return raw-to-stored as a matrix."""
    names = encoding.names
    basis = np.eye(len(names))
    free = _centring_allowed(encoding)
    crossed = {int(at) for factor in encoding.crossed for at in factor.columns.ravel()}
    for factor in encoding.crossed:
        _centre_and_scale_crossed(rows, basis, factor)
    for i, row in enumerate(rows[:-1]):
        if names[i] == INTERCEPT or i in crossed:
            continue
        shift = float(row.mean()) if i in free else 0.0
        row -= shift
        scale = _root_mean_square(row)
        if scale <= 1e-13 * abs(shift):  # constant but for rounding; the fit refuses it by name
            row[:] = 0.0
            scale = 0.0
        scale = scale or 1.0
        row /= scale
        basis[i, i] = 1.0 / scale
        if shift:
            basis[names.index(INTERCEPT), i] = -shift / scale
    return basis


def _centre_and_scale_crossed(rows: FloatArray, basis: FloatArray, factor: Crossed) -> None:
    """The same for a crossed factor, alike in all its groups: they share one covariance."""
    ones = factor.terms.index(INTERCEPT) if INTERCEPT in factor.terms else None
    for place, term in enumerate(factor.terms):
        if term == INTERCEPT:
            continue
        columns = factor.columns[:, place]
        shift = float(rows[columns].sum(axis=0).mean()) if ones is not None else 0.0
        if ones is not None:
            rows[columns] -= shift * rows[factor.columns[:, ones]]
        scale = float(np.sqrt(np.square(rows[columns]).sum() / rows.shape[1])) or 1.0
        rows[columns] /= scale
        basis[columns, columns] = 1.0 / scale
        if ones is not None:
            basis[factor.columns[:, ones], columns] = -shift / scale


def _centring_allowed(encoding: Encoding) -> set[int]:
    """Columns that may be mixed with the intercept: every part that holds them holds it too."""
    if INTERCEPT not in encoding.names:
        return set()
    intercept = encoding.names.index(INTERCEPT)
    parts = [set(encoding.fixed.tolist())]
    parts += [set(level.columns.tolist()) for level in encoding.levels]
    return {
        i
        for i in range(len(encoding.names) - 1)
        if all(intercept in part for part in parts if i in part)
    }


def _take_out_fixed(rows: FloatArray, basis: FloatArray, encoding: Encoding) -> None:
    """Replace columns by their scaled residuals from a pilot fit, in place.

    Always the response, on all fixed terms; and a fixed term that is nearly, but not quite, a
    combination of earlier ones, where no random part uses it. The pilot only has to take the
    bulk out, so it is fitted to evenly spread rows.
    """
    sample = rows[:, :: max(1, rows.shape[1] // PILOT_ROWS)]
    gram = sample @ sample.T
    random = {column for level in encoding.levels for column in level.columns.tolist()}
    fixed = encoding.fixed
    for position, column in enumerate(fixed):
        earlier = fixed[:position]
        if column not in random and _nearly_spanned(gram, earlier, column):
            change = _take_out(rows, basis, _pilot(gram, earlier, column), earlier, column)
            gram = change.T @ gram @ change
    _take_out(rows, basis, _pilot(gram, fixed, -1), fixed, -1)


def _nearly_spanned(gram: FloatArray, columns: IntArray, target: int) -> bool:
    left = gram[target, target] - gram[columns, target] @ _pilot(gram, columns, target)
    return bool(RANK_TOLERANCE < left / max(gram[target, target], 1e-300) < COLLINEAR)


def _pilot(gram: FloatArray, columns: IntArray, target: int) -> FloatArray:
    """Least squares by pseudo-inverse: a partition may be rank-deficient, the cohort not."""
    normal = gram[np.ix_(columns, columns)]
    return np.asarray(np.linalg.lstsq(normal, gram[columns, target], rcond=1e-12)[0])


def _take_out(
    rows: FloatArray, basis: FloatArray, pilot: FloatArray, columns: IntArray, target: int
) -> FloatArray:
    """Subtract the fit and rescale; return what that does to the columns, as a matrix."""
    before = _root_mean_square(rows[target])
    for column, coefficient in zip(columns, pilot, strict=True):
        rows[target] -= coefficient * rows[column]
    change = np.eye(len(rows))
    change[columns, target] = -pilot
    scale = _root_mean_square(rows[target])
    if scale > 1e-13 * before:  # else nothing is left, and the fit refuses it with the reason
        rows[target] /= scale
        change[:, target] /= scale
    basis[:] = basis @ change
    return change


def _root_mean_square(row: FloatArray) -> float:
    return float(np.sqrt(np.einsum("n,n->", row, row) / len(row)))


DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, eq=False)
class Design:
    """Model rows in the encoding's basis.

    Attributes:
        encoding: what the columns are.
        rows: (columns, rows), sorted by group and, where given, time; each row times the root of
            its weight.
        cells: one row per finest group, its labels in the group columns.
        starts: first model row of each finest group.
        order: for each model row its position in `index`.
        index: index of the rows used, in the order of the data.
        weights: known relative precision of each model row, None for equal ones.
        time_d: days, per model row, None where not given.
        notes: what was left out, counted.
    """

    encoding: Encoding
    rows: FloatArray
    cells: pd.DataFrame
    starts: IntArray
    order: IntArray
    index: pd.Index
    weights: FloatArray | None
    time_d: FloatArray | None
    notes: tuple[str, ...]

    @property
    def log_jacobian(self) -> float:
        """Log-determinant of the known part of the residual covariance."""
        return 0.0 if self.weights is None else -float(np.log(self.weights).sum())


def build(
    formula: str,
    data: Table,
    *,
    groups: str | Sequence[str],
    random: Random,
    weights: str | None = None,
    time: str | None = None,
    like: Encoding | None = None,
) -> Design:
    """Turn a table into a design; `like` reuses another design's coding and basis."""
    path = [groups] if isinstance(groups, str) else list(groups)
    parts, across = random_parts(path, random)
    data = as_pandas(data)
    if not len(data):
        raise ModelError("the data hold no row")
    read = required_variables(formula, parts | across, [str(name) for name in data.columns])
    wanted = read | {*path, *across}
    used, notes = _complete_rows(data, wanted | {name for name in (weights, time) if name})
    columns = evaluate(formula, parts, across, used, like)
    time_d = None if time is None else _days(used[time])
    order, cells, starts = _sorted_cells(used, path, time_d)
    precision = None if weights is None else _precision(used[weights])[order]
    raw = _stack(columns, order)
    rows, encoding = standardised(raw, precision, _encoding(formula, path, columns), like)
    sorted_d = None if time_d is None else time_d[order]
    return Design(encoding, rows, cells, starts, order, used.index, precision, sorted_d, notes)


Table = Any
"""A pandas or polars table; polars is not imported for a type."""


def as_pandas(data: Table) -> pd.DataFrame:
    """Return a table as pandas; a polars frame is turned, anything else refused."""
    if isinstance(data, pd.DataFrame):
        return data
    if hasattr(data, "collect"):  # a lazy frame
        data = data.collect()
    if hasattr(data, "to_pandas"):
        return pd.DataFrame(data.to_pandas())
    raise ModelError(f"data is a {type(data).__name__}, expected a pandas or polars table")


def _complete_rows(data: pd.DataFrame, wanted: set[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    absent = sorted(wanted - set(data.columns))
    if absent:
        raise ModelError(f"no column {', '.join(absent)} in the data")
    used = data[[name for name in data.columns if name in wanted]]
    missing = used.isna()
    gaps = missing.any(axis=1)
    if not gaps.any():
        return used, ()
    where = ", ".join(f"{name} {count}" for name, count in missing.sum().items() if count)
    note = f"{int(gaps.sum())} of {len(data)} rows left out for a missing value ({where})"
    if gaps.all():
        raise ModelError(f"no complete row: {note}")
    return used[~gaps], (note,)


def _days(times: pd.Series) -> FloatArray:
    if pd.api.types.is_datetime64_any_dtype(times):
        return times.to_numpy("datetime64[ns]").astype(np.int64) / DAY_NS
    return times.to_numpy(float)


def _precision(weights: pd.Series) -> FloatArray:
    values = weights.to_numpy(float)
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise ModelError(
            f"weights must be positive: column {weights.name} has {int(wrong.sum())} "
            f"that are not, the first {values[wrong][0]} in row {weights.index[wrong][0]}"
        )
    return values


def _sorted_cells(
    data: pd.DataFrame, path: list[str], time_d: FloatArray | None
) -> tuple[IntArray, pd.DataFrame, IntArray]:
    """Return the row order, the finest groups in it, and the first row of each."""
    code = np.zeros(len(data), dtype=np.int64)
    labels, sizes = [], []
    for name in path:
        codes, unique = pd.factorize(data[name], sort=True)
        code = code * len(unique) + codes
        labels.append(unique)
        sizes.append(len(unique))
    if np.prod([float(size) for size in sizes]) > 2**62:
        raise ModelError(f"too many groups: {' × '.join(map(str, sizes))}")
    order = _order(code, time_d)
    in_order = code[order]
    starts = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])
    positions = np.unravel_index(in_order[starts], sizes)
    cells = pd.DataFrame(
        {name: unique[at] for name, unique, at in zip(path, labels, positions, strict=True)}
    )
    return order, cells, starts


def _order(code: IntArray, time_d: FloatArray | None) -> IntArray:
    if time_d is not None:
        return np.lexsort((time_d, code))
    if np.all(code[1:] >= code[:-1]):
        return np.arange(len(code))
    return np.argsort(code, kind="stable")


def _stack(columns: Columns, order: IntArray) -> FloatArray:
    """Return the distinct columns as rows of one array, sorted, checked to be finite."""
    in_place = bool(np.all(order[1:] > order[:-1]))
    rows = np.empty((len(columns.raw), len(order)))
    for i, (name, values) in enumerate(columns.raw.items()):
        rows[i] = values if in_place else values[order]
        # A sum is finite only if every value is: one pass, and no array of flags.
        if not np.isfinite(rows[i].sum()):
            bad = int((~np.isfinite(rows[i])).sum())
            raise ModelError(f"column {name} is not a finite number in {bad} rows")
    return rows


def _encoding(formula: str, path: list[str], columns: Columns) -> Encoding:
    names = tuple(columns.raw)
    at = {name: i for i, name in enumerate(names)}

    def positions(terms: Sequence[str]) -> IntArray:
        return np.array([at[term] for term in terms], dtype=np.int64)

    levels = tuple(
        Level(name, depth, tuple(terms), positions(terms))
        for depth, (name, terms) in reversed(list(enumerate(columns.random.items(), start=1)))
    )
    crossed = tuple(
        Crossed(
            factor, labels, tuple(terms),
            np.array([[at[crossed_name(factor, label, term)] for term in terms]
                      for label in labels], dtype=np.int64),
        )
        for factor, (labels, terms) in columns.crossed.items()
    )  # fmt: skip
    fixed = positions(columns.fixed)
    basis = np.eye(len(names))
    return Encoding(formula, tuple(path), names, fixed, levels, basis, columns.specs, crossed)
