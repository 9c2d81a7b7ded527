"""The fitted dose-response of a cohort with two bands: for one dose, and for all at once.

The curve is the expected change of strength by the next block, for an athlete of usual growth and
usual dose, after a block of a given dose: growth + f(dose) − mean f, with f the shape that AIC
prefers (`dose_response.forms`). It is a within curve: it says what the same athletes did after
blocks of more and of less, not how athletes with other habits fare.

The pointwise band holds at any one dose. The simultaneous band holds at all doses together: its
half-width is c · standard error, c the quantile of max |t| over the doses under a multivariate t
with the fixed effects' CR2 covariance (Hothorn, Bretz & Westfall 2008, Biom J 50:346), from
seeded draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from analysis.models.dose_response.forms import FORMS, FormFit, compare_forms
from analysis.models.dose_response.model import FEWEST_CLUSTERS, TooLittleError
from analysis.models.dose_response.noise import Floats
from analysis.models.dose_response.within import usable

POINTS = 41
MIDDLE = (0.025, 0.975)
"""Quantiles of the doses seen that the curve spans."""

DRAWS = 20_000
SEED = 20_250_101


@dataclass(frozen=True, eq=False)
class Curve:
    """A fitted shape over the doses seen.

    Attributes:
        table: one row per dose: `dose`, `change_pct`, `conf_low`, `conf_high` (pointwise),
            `all_low`, `all_high` (simultaneous), `blocks` (used, nearest to that dose).
        form: name of the shape.
        forms: every shape tried, best first.
        mean_dose: where the published slope is laid against the curve.
        critical: c of the simultaneous band; `pointwise` the widest t of the pointwise one.
        quartiles: the first and the third quartile of the doses.
        contrast: change from the one to the other: estimate and pointwise interval.
    """

    table: pd.DataFrame
    form: str
    forms: tuple[FormFit, ...]
    mean_dose: float
    critical: float
    pointwise: float
    quartiles: tuple[float, float]
    contrast: tuple[float, float, float]


def dose_curve(
    panel: pd.DataFrame, *, forms: Sequence[str] = FORMS, level: float = 0.95
) -> Curve:
    """Fit the shapes and return the best one with its bands.

    Raises:
        TooLittleError: fewer than five athletes, or too few changes for a line.
    """
    fits = compare_forms(panel, forms)
    best = fits[0]
    if best.model.pooled is None:
        raise TooLittleError(
            f"{best.model.n_athletes} athletes, {FEWEST_CLUSTERS} or more are needed for a curve "
            "that speaks of others like them"
        )
    seen = usable(panel, ["dose", "training_years"])["dose"].to_numpy(float)
    doses = np.linspace(*np.quantile(seen, MIDDLE), POINTS)
    low, high = (float(q) for q in np.quantile(seen, (0.25, 0.75)))
    weights = _weights(best, doses, seen)
    told = best.model.pooled.contrasts(_named(weights, best), level, robust="CR2")
    spare = float(told["dof"].min())
    critical = _critical(weights, best.model.robust_covariance, spare, level)
    middle, error = told["estimate"].to_numpy(), told["std_error"].to_numpy()
    table = pd.DataFrame(
        {
            "dose": doses,
            "change_pct": middle,
            "conf_low": told["conf_low"].to_numpy(),
            "conf_high": told["conf_high"].to_numpy(),
            "all_low": middle - critical * error,
            "all_high": middle + critical * error,
            "blocks": _nearest(doses, seen),
        }
    )
    steps = np.diff(_weights(best, np.array([low, high]), seen), axis=0)
    between = best.model.pooled.contrasts(_named(steps, best), level, robust="CR2").iloc[0]
    return Curve(
        table=table,
        form=best.name,
        forms=tuple(fits),
        mean_dose=float(seen.mean()),
        critical=critical,
        pointwise=float(stdtrit(spare, 0.5 + level / 2)),
        quartiles=(low, high),
        contrast=(
            float(between["estimate"]), float(between["conf_low"]), float(between["conf_high"])
        ),
    )  # fmt: skip


def _weights(fit: FormFit, doses: Floats, seen: Floats) -> Floats:
    """Return the weights of the model's terms in the expected change, one row per dose."""
    at, usual = fit.basis(doses), fit.basis(seen)
    columns = {name: values - usual[name].mean() for name, values in at.items()}
    columns["growth"] = np.ones(len(doses))
    nothing = np.zeros(len(doses))
    return np.column_stack([columns.get(term, nothing) for term in fit.model.terms])


def _named(weights: Floats, fit: FormFit) -> dict[str, dict[str, float]]:
    return {
        str(place): dict(zip(fit.model.terms, map(float, row), strict=True))
        for place, row in enumerate(weights)
    }


def _critical(weights: Floats, covariance: Floats, dof: float, level: float) -> float:
    """Return the quantile of max |t| over the rows of `weights`."""
    spread = weights @ covariance @ weights.T
    values, vectors = np.linalg.eigh(spread / np.sqrt(np.outer(np.diag(spread), np.diag(spread))))
    kept = values > 1e-10 * values[-1]
    root = vectors[:, kept] * np.sqrt(values[kept])
    rng = np.random.default_rng(SEED)
    normal = np.abs(rng.standard_normal((DRAWS, int(kept.sum()))) @ root.T).max(axis=1)
    chi = np.sqrt(rng.chisquare(dof, DRAWS) / dof)
    one_dose = float(stdtrit(dof, 0.5 + level / 2))
    return max(float(np.quantile(normal / chi, level)), one_dose)


def _nearest(doses: Floats, seen: Floats) -> Floats:
    """Count the blocks nearest to each dose; those beyond either end are not counted."""
    half = (doses[1] - doses[0]) / 2
    edges = np.r_[doses - half, doses[-1] + half]
    return np.asarray(np.histogram(seen, edges)[0])
