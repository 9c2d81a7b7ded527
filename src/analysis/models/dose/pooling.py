"""From cross-products to estimates: every fit is of sub-matrices of each athlete's G.

Each athlete's growth is projected out of G. The rows of a root of what is left are *pseudo-rows*:
they have the same cross-products as all whitened rows, so the mixed engine, given them with a
residual SD of 1, fits what it would fit to the logs. Intervals are cluster-robust by athlete (CR2)
with Satterthwaite degrees of freedom.

Fewer than five athletes say nothing about how athletes differ. Their interval is the model's own,
for these athletes alone, with Satterthwaite degrees of freedom from the likelihood of the
variances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimate import Estimate
from analysis.models.dose.inputs import Floats
from analysis.models.dose.variances import GROWTH, deviance, growth_out, surprise
from analysis.models.dose.whitening import CrossProducts, Sums, Variances
from analysis.models.mixed.cross_products import from_cross_products
from analysis.models.mixed.fit import MixedFit, fit_statistics
from analysis.models.mixed.formula import ModelError

FEWEST_CLUSTERS = 5
NOTHING = 1e-9
"""Share of the largest information below which a column is not moved by anybody."""


LEAST = 1e-3
"""The same in units of a column per %²: below NOTHING times this is rounding in everybody."""

STEP = 0.05
"""Of the logs of variances, for differences."""


class TooLittleError(ValueError):
    """The logs hold too little for an estimate; the message says what is missing."""


def pseudo_rows(products: CrossProducts, terms: Sequence[str]) -> pd.DataFrame:
    """Return rows with an athlete's cross-products: `athlete`, the terms and `strength`.

    Athletes whose doses do not move, or who have too few days, give no row.
    """
    left, _ = growth_out(products.pick(_with_growth(terms)))
    moved = moves(products, [term for term in terms if term != "log_weeks"])
    return rows_of(left, moved)


def rows_of(products: CrossProducts, told: np.ndarray) -> pd.DataFrame:
    """Return the root of each athlete's cross-products as rows, of those told only.

    The symmetric root, as many rows as columns: it is the only one, where the signs of
    eigenvectors, and with them whatever is drawn on the rows, are the processor's choice.
    """
    gram, scale = _clean(products.gram[told])
    values, vectors = np.linalg.eigh(gram / scale[:, :, None] / scale[:, None, :])
    root = (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ vectors.swapaxes(1, 2)
    rows = (root * scale[:, None, :]).reshape(-1, len(products.names))
    athlete = np.repeat(np.flatnonzero(told), len(products.names))
    return pd.DataFrame(rows, columns=list(products.names)).assign(athlete=athlete)


def _clean(gram: Floats) -> tuple[Floats, Floats]:
    """Return cross-products without columns that do not move, and the size of those that do."""
    size = np.diagonal(gram, axis1=1, axis2=2)
    # what is left of a column that does not move is rounding, and no direction of its own
    still = size <= NOTHING * size.max(axis=0, initial=LEAST)
    gram = np.where(still[:, :, None] | still[:, None, :], 0.0, gram)
    return gram, np.where(still, 1.0, np.sqrt(np.maximum(size, 1e-300)))


def engine_fit(products: CrossProducts, told: np.ndarray, slopes: Sequence[str] = ()) -> MixedFit:
    """Fit by the mixed engine, growth already out: as from `rows_of`, without making the rows.

    Raises:
        TooLittleError: the engine refuses, with its reason.
    """
    gram, _ = _clean(products.gram[told])
    try:
        statistics = from_cross_products(
            gram, products.names[:-1], products.names[-1], group="athlete",
            labels=np.flatnonzero(told).tolist(), random=slopes,
        )  # fmt: skip
        return fit_statistics(statistics, residual_sd=1.0)
    except ModelError as error:
        raise TooLittleError(str(error)) from error


def moves(products: CrossProducts, terms: Sequence[str]) -> np.ndarray:
    """Return which athletes tell anything of at least one of some columns."""
    left, _ = growth_out(products.pick(_with_growth(terms)))
    information = np.diagonal(left.gram, axis1=1, axis2=2)[:, :-1]
    most = information.max(axis=0, initial=LEAST)
    free = products.n_rows - products.n_series > 1
    return np.asarray(((information > NOTHING * most).any(axis=1)) & free)


def _with_growth(terms: Sequence[str]) -> list[str]:
    return [GROWTH, *terms, "strength"]


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted set of columns.

    Attributes:
        terms: names of the effects.
        beta: their estimates.
        rss: yᵀPy less what the effects explain: −2 log-likelihood but for a constant.
        n_athletes: athletes who tell anything.
        n_rows: exercise-days of those.
        pooled: the mixed model; None for fewer than five athletes.
        covariance: model-based, of the effects; with the degrees of freedom in `few`.
    """

    terms: tuple[str, ...]
    beta: Floats
    rss: float
    n_athletes: int
    n_rows: int
    pooled: MixedFit | None
    covariance: Floats
    few: FewDof | None

    def contrast(self, weights: Mapping[str, float], level: float = 0.95) -> Estimate:
        """Return Σ weight · effect."""
        if self.pooled is not None:
            row = self.pooled.contrast(weights, level, robust="CR2")
            return Estimate(
                float(row["estimate"]), float(row["std_error"]), max(float(row["dof"]), 1.0),
                level, self.n_athletes, self.n_rows,
            )  # fmt: skip
        w = np.array([weights.get(term, 0.0) for term in self.terms])
        dof = self.few.dof(self.terms, w) if self.few is not None else np.inf
        error = float(np.sqrt(w @ self.covariance @ w))
        return Estimate(float(w @ self.beta), error, dof, level, self.n_athletes, self.n_rows)


@dataclass(frozen=True, eq=False)
class FewDof:
    """Degrees of freedom where the variances are learnt from the same few athletes.

    Satterthwaite: 2 v² / (gᵀAg), over the logs of the four variances; g the slope of the variance
    v of an estimate, A twice the inverse Hessian of the deviance. The cross-products around the
    optimum are made once: every fit is of sub-matrices of them.
    """

    sums: Sums
    variances: Variances
    made: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    _looks: dict[tuple[int, ...], CrossProducts] = field(default_factory=dict)

    def with_sums(self, made: Mapping[str, Mapping[str, float]]) -> FewDof:
        """Return the same with further columns, each a weighted sum of others."""
        return replace(self, made=made)

    def dof(self, terms: Sequence[str], weights: Floats) -> float:
        """Return the degrees of freedom of Σ weight · effect in the fit of some terms."""
        size = len(self.variances.__dataclass_fields__)
        eye = np.eye(size, dtype=int)
        here = np.zeros(size, dtype=int)

        def look(where: NDArray[np.int64]) -> tuple[float, float]:
            return self._deviance(where, terms, weights)

        self._look_around(eye)
        centre, v = look(here)
        up, down = ([look(sign * e) for e in eye] for sign in (1, -1))
        slope = np.array([(a[1] - b[1]) / (2 * STEP) for a, b in zip(up, down, strict=True)])
        hessian = np.zeros((size, size))
        for i in range(size):
            hessian[i, i] = (up[i][0] - 2 * centre + down[i][0]) / STEP**2
            for j in range(i):
                both = look(eye[i] + eye[j])[0]
                hessian[i, j] = hessian[j, i] = (both - up[i][0] - up[j][0] + centre) / STEP**2
        values, vectors = np.linalg.eigh(hessian)
        held = values > 1e-3 * values.max()
        along = slope @ vectors[:, held]
        spread = float((2.0 * along**2 / values[held]).sum())
        return max(2.0 * v**2 / spread if spread > 0 else 1e6, 1.0)

    def _look_around(self, eye: NDArray[np.int64]) -> None:
        """Whiten at every point that differences need, in one pass over the weeks."""
        if self._looks:
            return
        size = len(eye)
        pairs = [eye[i] + eye[j] for i in range(size) for j in range(i)]
        points = [np.zeros(size, dtype=int), *eye, *(-eye), *pairs]
        at = self._logs()
        made = self.sums.whitened_each([Variances(*np.exp(at + STEP * p)) for p in points])
        self._looks.update(
            {tuple(int(e) for e in p): one for p, one in zip(points, made, strict=True)}
        )

    def _logs(self) -> Floats:
        return np.log([getattr(self.variances, n) for n in self.variances.__dataclass_fields__])

    def _deviance(
        self, where: NDArray[np.int64], terms: Sequence[str], weights: Floats
    ) -> tuple[float, float]:
        at = self._logs() + STEP * where
        found = self._looks[tuple(int(each) for each in where)]
        products = with_sums(found, self.made) if self.made else found
        part = deviance(products.pick(_with_growth(terms)))
        xx, xy = part.gram[:-1, :-1], part.gram[:-1, -1]
        solved = np.linalg.solve(xx, np.column_stack([weights, xy]))
        level = part.log_det + np.linalg.slogdet(xx)[1] + part.gram[-1, -1] - xy @ solved[:, 1]
        # the three walks have a prior on their ratio to the residual variance, which is `at`
        return float(level) + surprise(at[:3]), float(weights @ solved[:, 0])


def fit(
    products: CrossProducts,
    terms: Sequence[str],
    *,
    slopes: Sequence[str] = (),
    few: FewDof | None = None,
) -> Fit:
    """Fit effects of some columns, each athlete's growth free.

    Args:
        products: each athlete's cross-products; of several bodies, joined with `+`.
        terms: columns; one that no athlete moves is left out.
        slopes: columns whose effect differs between athletes.
        few: where degrees of freedom come from with fewer than five athletes.

    Raises:
        TooLittleError: no athlete moves the columns.
    """
    held = [term for term in terms if moves(products, [term]).any()]
    wanted = [term for term in held if term != "log_weeks"]
    told = moves(products, wanted) if wanted else np.zeros(len(products.gram), dtype=bool)
    n = int(told.sum())
    if not n or len(wanted) < len(terms) - ("log_weeks" in terms):
        missing = sorted(set(terms) - set(held) - {"log_weeks"})
        raise TooLittleError(
            "no athlete's weekly work changes, or nobody has strength days enough"
            + (f" ({', '.join(missing)})" if missing else "")
        )
    total, _ = growth_out(products.pick(_with_growth(held)).of(told))
    xx, xy, yy = (total.gram.sum(axis=0)[at] for at in
                  (np.s_[:-1, :-1], np.s_[:-1, -1], np.s_[-1, -1]))  # fmt: skip
    size = np.sqrt(np.diag(xx))
    if np.linalg.eigvalsh(xx / np.outer(size, size))[0] < 1e-8:
        raise TooLittleError("too few weeks to tell the bands of weeks apart")
    covariance = np.linalg.inv(xx / np.outer(size, size)) / np.outer(size, size)
    beta = covariance @ xy
    pooled = None
    if n >= FEWEST_CLUSTERS:
        left, _ = growth_out(products.pick(_with_growth(held)))
        pooled = engine_fit(left, told, slopes)
        beta = pooled.params[held].to_numpy()
    rss = float(yy - xy @ (covariance @ xy))
    n_rows = int(products.n_rows[told].sum())
    return Fit(tuple(held), beta, rss, n, n_rows, pooled, covariance, few)


def with_sums(products: CrossProducts, made: Mapping[str, Mapping[str, float]]) -> CrossProducts:
    """Return cross-products with further columns, each a weighted sum of others."""
    names = (*products.names[:-1], *made, "strength")
    change = np.zeros((len(products.names), len(names)))
    for i, name in enumerate(names):
        parts = made.get(name, {name: 1.0})
        for part, weight in parts.items():
            change[products.names.index(part), i] = weight
    gram = change.T @ products.gram @ change
    return CrossProducts(names, gram, products.log_det, products.n_rows, products.n_series)
