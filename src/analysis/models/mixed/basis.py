"""Choose the basis in which cross-products keep their digits.

Predictors are centred (where the model allows) and scaled to unit variance; the response loses
its least-squares fit and is scaled by what remains. Without this, an unscaled week column stops
lme4's default optimiser 18.6 log-likelihood units short (docs/mixed.md).
"""

from __future__ import annotations

import numpy as np

from analysis.models.mixed.batched import FloatArray
from analysis.models.mixed.encoding import INTERCEPT, Encoding, ModelError

PILOT_ROWS = 20_000


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
    """Replace the response by its scaled residual from a pilot fit, in place.

    The pilot only has to take the bulk out, so it is fitted to evenly spread rows; by a
    pseudo-inverse, because a partition alone may be rank-deficient where the cohort is not.
    """
    sample = rows[:, :: max(1, rows.shape[1] // PILOT_ROWS)]
    fixed, gram = encoding.fixed, sample @ sample.T
    pilot = np.linalg.lstsq(gram[np.ix_(fixed, fixed)], gram[fixed, -1], rcond=1e-12)[0]
    for i, coefficient in zip(fixed, pilot, strict=True):
        rows[-1] -= coefficient * rows[i]
    basis[:, -1] -= basis[:, fixed] @ pilot
    scale = _root_mean_square(rows[-1])
    if scale <= 1e-13 * float(np.sqrt(gram[-1, -1] / sample.shape[1])):
        return  # nothing is left to scale; the fit refuses it with the reason
    rows[-1] /= scale
    basis[:, -1] /= scale


def _root_mean_square(row: FloatArray) -> float:
    return float(np.sqrt(np.einsum("n,n->", row, row) / len(row)))
