"""The rows of a fitted model, with the correlation of neighbouring changes taken out.

On them the model is an ordinary one: independent errors, and each athlete's own growth and slope.
Influence, shuffles and simulated cohorts are made here, with the variances held at the fit's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.dose_response.noise import Chains, Floats, chains
from analysis.models.dose_response.series import own_mean
from analysis.models.dose_response.within import WithinEffect, usable


@dataclass(frozen=True, eq=False)
class Whitened:
    """A fitted model's rows.

    Attributes:
        rows: the panel's rows used, by athlete, muscle and block.
        terms: names of the columns of `x`.
        x: fixed columns; `y`: the change; both whitened.
        raw_x: fixed columns as they are.
        who: number of each row's athlete.
        chain: which rows follow each other.
        random_cov: covariance of the athletes' own terms, `random` their names.
        sigma: residual SD.
    """

    rows: pd.DataFrame
    terms: tuple[str, ...]
    x: Floats
    y: Floats
    raw_x: Floats
    who: np.ndarray
    chain: Chains
    random: tuple[str, ...]
    random_cov: Floats
    sigma: float
    beta: Floats

    @property
    def z(self) -> Floats:
        """Whitened columns of the athletes' own terms."""
        return self.x[:, [self.terms.index(name) for name in self.random]]

    def residuals(self) -> Floats:
        """Return whitened residuals: each athlete's own growth and slope taken out too."""
        left = self.y - self.x @ self.beta
        for rows in self.athletes():
            left[rows] = self._own_taken_out(rows, left[rows])
        return left

    def athletes(self) -> list[np.ndarray]:
        """Return the rows of each athlete."""
        starts = np.flatnonzero(np.r_[True, np.diff(self.who) != 0])
        return np.split(np.arange(len(self.who)), starts[1:])

    def neighbour_correlation(self) -> float:
        """Return the correlation of residuals with those of the next block."""
        left = self.residuals()
        later = np.concatenate([np.zeros(0, int), *self.chain.steps])
        if len(later) < 3:
            return float("nan")
        return float(np.corrcoef(left[later - 1], left[later])[0, 1])

    def without_each(self, weights: Floats) -> Floats:
        """Return Σ weight · effect with each athlete left out, the variances held."""
        parts = [self._normal_equations(rows) for rows in self.athletes()]
        total_xx = sum(xx for xx, _ in parts)
        total_xy = sum(xy for _, xy in parts)
        return np.array(
            [weights @ np.linalg.lstsq(total_xx - xx, total_xy - xy, rcond=None)[0]
             for xx, xy in parts]
        )  # fmt: skip

    def _normal_equations(self, rows: np.ndarray) -> tuple[Floats, Floats]:
        x, y = self.x[rows], self.y[rows]
        if not self.random:
            return x.T @ x, x.T @ y
        z = self.z[rows]
        v = self.sigma**2 * np.eye(len(rows)) + z @ self.random_cov @ z.T
        solved = np.linalg.solve(v, np.column_stack([x, y]))
        return x.T @ solved[:, :-1], x.T @ solved[:, -1]

    def _own_taken_out(self, rows: np.ndarray, left: Floats) -> Floats:
        if not self.random:
            return left
        z = self.z[rows]
        v = self.sigma**2 * np.eye(len(rows)) + z @ self.random_cov @ z.T
        return self.sigma**2 * np.linalg.solve(v, left)


def whiten(found: WithinEffect, table: pd.DataFrame, exposure: str,
           adjust: Sequence[str]) -> Whitened:  # fmt: skip
    """Return the rows of `found`, fitted to `table`."""
    model = found.model
    rows = usable(table, [exposure, *adjust])
    raw = np.column_stack([_column(rows, term, exposure) for term in model.terms])
    chain = chains(rows)
    columns = np.column_stack([raw, rows["change_pct"].to_numpy(float)])
    white, _ = chain.whiten(model.noise_share, columns)
    fit = model.pooled
    cov = pd.DataFrame() if fit is None else fit.random_cov["athlete"]
    left = white[:, -1] - white[:, :-1] @ model.beta
    spare = len(rows) - len(model.terms)
    return Whitened(
        rows=rows,
        terms=model.terms,
        x=white[:, :-1],
        y=white[:, -1],
        raw_x=raw,
        who=rows["athlete"].factorize()[0],
        chain=chain,
        random=tuple(str(name) for name in cov.columns),
        random_cov=cov.to_numpy(float),
        sigma=float(np.sqrt(left @ left / spare)) if fit is None else fit.residual_sd,
        beta=model.beta,
    )


def _column(rows: pd.DataFrame, term: str, exposure: str) -> Floats:
    """Return a fixed column as `dose_response.model` makes it."""
    if term == "growth":
        return np.ones(len(rows))
    if term.startswith("growth_"):
        return np.where(rows["athlete"].astype(str) == term.removeprefix("growth_"), 1.0, 0.0)
    between = term == f"{exposure}_own_mean"
    column = rows[exposure if between else term].to_numpy(float)
    own = own_mean(rows, column)
    return own - own.mean() if between else column - own
