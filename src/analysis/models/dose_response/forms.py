"""Shapes a dose-response may have, and which of them the log prefers.

Pelland et al. 2025 compared the same candidates and found the reciprocal best for strength. Each
shape is a basis f(x) of the weekly sets, split into the athlete's mean of f and the deviation
from it, and fitted by full maximum likelihood to the same whitened rows, so that AIC compares.
The effect of one more set at a dose d is the contrast f(d + 1) − f(d).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models.dose_response.series import Floats
from analysis.models.dose_response.estimate import Estimate
from analysis.models.dose_response.model import ChangeModel, TooLittleError, fit_changes
from analysis.models.dose_response.series import own_mean
from analysis.models.dose_response.within import usable

Basis = Callable[[Floats], dict[str, Floats]]

KNOT_QUANTILES = (0.05, 0.35, 0.65, 0.95)
"""Places of four knots (Harrell 2015, Regression Modeling Strategies, table 2.3)."""


def _linear(x: Floats) -> dict[str, Floats]:
    return {"dose": x}


def _log(x: Floats) -> dict[str, Floats]:
    return {"log_dose": np.log1p(x)}


def _sqrt(x: Floats) -> dict[str, Floats]:
    return {"root_dose": np.sqrt(np.maximum(x, 0))}


def _reciprocal(x: Floats) -> dict[str, Floats]:
    return {"reciprocal_dose": -1 / (1 + x)}


SHAPES: dict[str, Basis] = {
    "linear": _linear,
    "log": _log,
    "sqrt": _sqrt,
    "reciprocal": _reciprocal,
}
"""Shapes without knots. Logarithm and reciprocal are of 1 + sets, because a week may hold none."""

FORMS = (*SHAPES, "spline")


def spline(knots: Sequence[float]) -> Basis:
    """Return a restricted cubic spline: cubic between knots, straight beyond the outer two."""
    k = np.asarray(knots, dtype=float)
    span = (k[-1] - k[0]) ** 2

    def hinge(x: Floats, at: float) -> Floats:
        return np.maximum(x - at, 0.0) ** 3

    def basis(x: Floats) -> dict[str, Floats]:
        bent = {}
        for j in range(len(k) - 2):
            inner = (k[-1] - k[j]) / (k[-1] - k[-2])
            outer = (k[-2] - k[j]) / (k[-1] - k[-2])
            tail = inner * hinge(x, k[-2]) - outer * hinge(x, k[-1])
            bent[f"spline_{j + 1}"] = (hinge(x, k[j]) - tail) / span
        return {"dose": x, **bent}

    return basis


@dataclass(frozen=True, eq=False)
class FormFit:
    """One shape, fitted.

    Attributes:
        name: a word of `FORMS`.
        basis: f.
        model: the fit by maximum likelihood.
        aic: Akaike's criterion, comparable between shapes of one table only.
    """

    name: str
    basis: Basis
    model: ChangeModel
    aic: float

    def marginal(self, dose: float, level: float = 0.95) -> Estimate:
        """Return the effect of one more weekly set at a dose."""
        ends = self.basis(np.array([dose, dose + 1.0]))
        weights = {name: float(values[1] - values[0]) for name, values in ends.items()}
        return self.model.contrast(weights, level)


def compare_forms(
    panel: pd.DataFrame,
    names: Sequence[str] = FORMS,
    *,
    exposure: str = "dose",
    adjust: Sequence[str] = ("training_years",),
) -> list[FormFit]:
    """Fit every shape and return them, the lowest AIC first.

    A shape that the rows cannot support (a spline on few blocks) is left out.

    Raises:
        KeyError: a name that is no shape.
        TooLittleError: not even a line can be fitted.
    """
    rows = usable(panel, [exposure, *adjust])
    share = fit_changes(rows, [exposure]).noise_share
    fits = [
        fit for name in names if (fit := _fit(rows, name, exposure, adjust, share)) is not None
    ]
    return sorted(fits, key=lambda fit: fit.aic)


def _fit(
    rows: pd.DataFrame, name: str, exposure: str, adjust: Sequence[str], share: float
) -> FormFit | None:
    x = rows[exposure].to_numpy(float)
    basis = _spline_over(x) if name == "spline" else SHAPES[name]
    if basis is None:
        return None
    columns = pd.DataFrame(basis(x), rows.index)
    own = pd.DataFrame(
        own_mean(rows, columns.to_numpy()), rows.index, [f"mean_{name}" for name in columns]
    )
    table = pd.concat([rows.drop(columns=columns.columns, errors="ignore"), columns, own], axis=1)
    within = [*map(str, columns), *(each for each in adjust if np.ptp(table[each]) > 0)]
    between = [str(each) for each in own if np.ptp(own[each]) > 0]
    try:
        model = fit_changes(table, within, between, reml=False, noise_share=share)
    except TooLittleError:
        return None
    return FormFit(name, basis, model, 2 * len(model.terms) - 2 * model.loglik)


def _spline_over(x: Floats) -> Basis | None:
    knots = np.quantile(x, KNOT_QUANTILES)
    return spline([float(knot) for knot in knots]) if np.all(np.diff(knots) > 0) else None
