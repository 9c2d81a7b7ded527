"""The fitted dose-response of a cohort with two bands: for one dose, and for all at once.

The curve is the expected change of strength by the next block, for an athlete of usual growth and
usual dose, after a block of a given dose: growth + f(dose) − mean f. It is a within curve: it says
what the same athletes did after blocks of more and of less, not how athletes with other habits
fare.

The shape f is not known beforehand. A band around the shape that AIC likes best leaves out that
it might have liked another, and held the whole truth in 85 % of simulated cohorts, not 95. So the
curve is the mean of all shapes of `dose_response.forms` by Akaike weight (Burnham & Anderson 2002,
Model selection and multimodel inference), and the bands are quantiles of curves drawn from all of
them: shape by its weight, then a multivariate t with that shape's CR2 covariance. The pointwise
band holds at any one dose. The simultaneous band holds at all doses together: its half-width is
c · SD of the curves, c the quantile of their largest distance from the mean over the doses, in SDs
(the max-t of Hothorn, Bretz & Westfall 2008, Biom J 50:346). Draws are seeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.dose_response.forms import FORMS, FormFit, compare_forms
from analysis.models.dose_response.model import FEWEST_CLUSTERS, TooLittleError
from analysis.models.dose_response.noise import Floats
from analysis.models.dose_response.within import usable

POINTS = 41
MIDDLE = (0.025, 0.975)
"""Quantiles of the doses seen that the curve spans."""

DRAWS = 20_000
SEED = 20_250_101
LEAST_WEIGHT = 0.005
"""Shapes of less Akaike weight are left out of curve and bands."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A fitted curve over the doses seen.

    Attributes:
        table: one row per dose: `dose`, `change_pct`, `conf_low`, `conf_high` (pointwise),
            `all_low`, `all_high` (simultaneous), `blocks` (used, nearest to that dose).
        weights: Akaike weight of every shape tried, largest first.
        mean_dose: of the blocks used; where the published slope is laid against the curve.
        quartiles: the first and the third quartile of the doses.
        contrast: change from the one to the other: estimate, and ends of its interval.
    """

    table: pd.DataFrame
    weights: dict[str, float]
    mean_dose: float
    quartiles: tuple[float, float]
    contrast: tuple[float, float, float]


def dose_curve(panel: pd.DataFrame, *, forms: Sequence[str] = FORMS, level: float = 0.95) -> Curve:
    """Fit the shapes and return their mean with its bands.

    Raises:
        TooLittleError: fewer than five athletes, or too few changes for a line.
    """
    fits = compare_forms(panel, forms)
    if fits[0].model.pooled is None:
        raise TooLittleError(
            f"{fits[0].model.n_athletes} athletes, {FEWEST_CLUSTERS} or more are needed for a "
            "curve that speaks of others like them"
        )
    seen = usable(panel, ["dose", "training_years"])["dose"].to_numpy(float)
    quartiles = np.quantile(seen, (0.25, 0.75))
    first, last = np.quantile(seen, MIDDLE)
    doses = np.linspace(first, last, POINTS)
    weights = akaike_weights(fits)
    drawn, mean = _draw(fits, weights, np.r_[doses, quartiles], seen)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn[:, :POINTS], (tail, 1 - tail), axis=0)
    sd = drawn[:, :POINTS].std(axis=0)
    far = np.abs((drawn[:, :POINTS] - mean[:POINTS]) / sd).max(axis=1)
    reach = float(np.quantile(far, level)) * sd
    table = pd.DataFrame(
        {
            "dose": doses,
            "change_pct": mean[:POINTS],
            "conf_low": low,
            "conf_high": high,
            "all_low": np.minimum(mean[:POINTS] - reach, low),
            "all_high": np.maximum(mean[:POINTS] + reach, high),
            "blocks": _nearest(doses, seen),
        }
    )
    steps = drawn[:, -1] - drawn[:, -2]
    ends = np.quantile(steps, (tail, 1 - tail))
    return Curve(
        table=table,
        weights=dict(zip((fit.name for fit in fits), map(float, weights), strict=True)),
        mean_dose=float(seen.mean()),
        quartiles=(float(quartiles[0]), float(quartiles[1])),
        contrast=(float(mean[-1] - mean[-2]), float(ends[0]), float(ends[1])),
    )


def akaike_weights(fits: Sequence[FormFit]) -> Floats:
    """Return exp(−ΔAIC / 2) of every fit, as shares; negligible ones are 0."""
    aic = np.array([fit.aic for fit in fits])
    share = np.exp(-(aic - aic.min()) / 2)
    share = np.where(share / share.sum() < LEAST_WEIGHT, 0.0, share)
    return np.asarray(share / share.sum())


def _draw(
    fits: Sequence[FormFit], weights: Floats, doses: Floats, seen: Floats
) -> tuple[Floats, Floats]:
    """Return curves drawn from all shapes, one per row, and their mean by weight."""
    rng = np.random.default_rng(SEED)
    parts, mean = [], np.zeros(len(doses))
    for fit, weight in zip(fits, weights, strict=True):
        if n := round(DRAWS * weight):
            middle, root, dof = _fitted(fit, doses, seen)
            normal = rng.standard_normal((n, root.shape[1])) @ root.T
            scale = np.sqrt(rng.chisquare(dof, n) / dof)
            parts.append(middle + normal / scale[:, None])
            mean += weight * middle
    return np.concatenate(parts), mean


def _fitted(fit: FormFit, doses: Floats, seen: Floats) -> tuple[Floats, Floats, float]:
    """Return a shape's curve, a root of its covariance, and the fewest dof over the doses."""
    at, usual = fit.basis(doses), fit.basis(seen)
    columns = {name: values - usual[name].mean() for name, values in at.items()}
    columns["growth"] = np.ones(len(doses))
    nothing = np.zeros(len(doses))
    rows = np.column_stack([columns.get(term, nothing) for term in fit.model.terms])
    values, vectors = np.linalg.eigh(fit.model.robust_covariance)
    root = rows @ (vectors * np.sqrt(np.maximum(values, 0.0)))
    assert fit.model.pooled is not None
    some = rows[np.linspace(0, len(doses) - 1, 7).astype(int)]
    asked = {
        str(place): dict(zip(fit.model.terms, map(float, row), strict=True))
        for place, row in enumerate(some)
    }
    dof = fit.model.pooled.contrasts(asked, robust="CR2")["dof"]
    return rows @ fit.model.beta, root, float(dof.min())


def _nearest(doses: Floats, seen: Floats) -> Floats:
    """Count the blocks nearest to each dose; those beyond either end are not counted."""
    half = (doses[1] - doses[0]) / 2
    edges = np.r_[doses - half, doses[-1] + half]
    return np.asarray(np.histogram(seen, edges)[0])
