"""Choose the basis in which cross-products keep their digits.

Predictors are centred (where the model allows) and scaled to unit variance; the response loses
its least-squares fit and is scaled by what remains. Without this, an unscaled week column stops
lme4's default optimiser 18.6 log-likelihood units short (docs/mixed.md).
"""

from __future__ import annotations

import numpy as np

from analysis.models.mixed.batched import FloatArray, IntArray
from analysis.models.mixed.encoding import INTERCEPT, Encoding, ModelError

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
    for i, row in enumerate(rows[:-1]):
        if names[i] == INTERCEPT:
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
