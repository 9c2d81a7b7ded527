"""The one model behind every dose-response number: changes on exposures, athletes pooled.

Several athletes: a mixed model of the whitened changes, each athlete with a growth and, where
there are rows enough, a slope of its own (partial pooling); CR2 standard errors by athlete with
Satterthwaite degrees of freedom. One athlete: generalised least squares, t with the rows left
over. Two to four athletes: the same with one intercept each, because so few clusters say nothing
about how athletes differ; the interval is then for these athletes alone, and a message says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.models import mixed
from analysis.models.dose_response.estimate import Estimate
from analysis.models.dose_response.noise import Floats, chains
from analysis.models.dose_response.series import own_mean

FEWEST_CLUSTERS = 5
FEWEST_BLOCKS = 6
"""Fewest changes an effect is taken from: fewer leave no degrees of freedom worth a t interval."""

ROWS_PER_SLOPE = 4


class TooLittleError(ValueError):
    """There is too little in the log to estimate the effect; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class ChangeModel:
    """A fitted model of changes.

    Attributes:
        terms: names of the fixed terms.
        beta: their estimates.
        noise_share: share of the variance of changes that is noise of the estimates.
        loglik: log-likelihood; of full maximum likelihood where `reml` was False.
        slope_sd: SD of the athletes' own slopes, NaN where not estimated.
        messages: warnings of the fit.
    """

    terms: tuple[str, ...]
    beta: Floats
    noise_share: float
    loglik: float
    n_athletes: int
    n_rows: int
    slope_sd: float = float("nan")
    messages: tuple[str, ...] = ()
    covariance: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    spare: float = float("nan")
    pooled: mixed.MixedFit | None = None

    @property
    def robust_covariance(self) -> Floats:
        """Covariance of `beta`: CR2 by athlete where athletes are pooled."""
        return self.covariance if self.pooled is None else self.pooled.robust_cov().to_numpy()

    def contrast(self, weights: Mapping[str, float], level: float = 0.95) -> Estimate:
        """Return Σ weight · term with its interval."""
        if self.pooled is not None:
            row = self.pooled.contrast(weights, level, robust="CR2")
            return Estimate(
                float(row["estimate"]), float(row["std_error"]), float(row["dof"]), level
            )
        w = np.array([weights.get(term, 0.0) for term in self.terms])
        error = float(np.sqrt(w @ self.covariance @ w))
        return Estimate(float(w @ self.beta), error, self.spare, level)


def fit_changes(
    rows: pd.DataFrame,
    within: Sequence[str],
    between: Sequence[str] = (),
    *,
    slopes: Sequence[str] = (),
    reml: bool = True,
    noise_share: float | None = None,
) -> ChangeModel:
    """Regress changes on columns of the panel.

    Args:
        rows: panel rows to use, sorted by athlete, muscle and block, nothing missing.
        within: columns that vary within an athlete. They are centred here, per athlete and
            muscle, on the rows used.
        between: columns that are constant for an athlete; used with `FEWEST_CLUSTERS` athletes
            or more, centred on the mean of the rows.
        slopes: those of `within` whose effect may differ between athletes.
        reml: restricted likelihood; False to compare fixed parts.
        noise_share: fixes the share, to compare models on the same whitened rows.

    Raises:
        TooLittleError: too few changes, or an exposure that does not vary.
    """
    n_athletes = rows["athlete"].nunique()
    exposures = rows[list(within)].to_numpy(float)
    _check(exposures, within)
    terms, values = _design(rows, exposures, within, between, n_athletes)
    chain, response = chains(rows), rows["change_pct"].to_numpy(float)
    if noise_share is None:
        noise_share = chain.best_share(response, values)
    white, log_l = chain.whiten(noise_share, np.column_stack([values, response]))
    if n_athletes < FEWEST_CLUSTERS:
        return _least_squares(white[:, :-1], white[:, -1], noise_share, n_athletes, terms)
    table = pd.DataFrame(white, columns=[*terms, "change"])
    table["athlete"] = rows["athlete"].to_numpy()
    return _pooled(table, list(terms), slopes, reml, noise_share, log_l)


def _check(exposures: Floats, within: Sequence[str]) -> None:
    fewest = max(FEWEST_BLOCKS, len(within) + 3)
    if len(exposures) < fewest:
        raise TooLittleError(
            f"{len(exposures)} changes from one block to the next, {fewest} or more are needed"
        )
    spread = exposures.std(axis=0, ddof=1)
    still = [name for name, sd in zip(within, spread, strict=True) if sd < 1e-9]
    if still:
        raise TooLittleError(f"{', '.join(still)} does not vary from block to block")


def _design(
    rows: pd.DataFrame,
    exposures: Floats,
    within: Sequence[str],
    between: Sequence[str],
    n_athletes: int,
) -> tuple[tuple[str, ...], Floats]:
    deviations = exposures - own_mean(rows, exposures)
    if n_athletes < FEWEST_CLUSTERS:
        athlete, names = pd.factorize(rows["athlete"])
        own = np.eye(len(names))[athlete]
        terms = (*(f"growth_{name}" for name in names), *within)
        return terms, np.column_stack([own, deviations])
    means = rows[list(between)].to_numpy(float)
    growth = np.ones(len(rows))
    terms = ("growth", *within, *between)
    return terms, np.column_stack([growth, deviations, means - means.mean(axis=0)])


def _least_squares(
    x: Floats, y: Floats, share: float, n_athletes: int, terms: tuple[str, ...]
) -> ChangeModel:
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise TooLittleError("the exposures of the blocks cannot be told apart")
    spare = len(y) - x.shape[1]
    if spare < 1:
        raise TooLittleError(f"{len(y)} changes for {x.shape[1]} effects")
    beta = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=np.float64)
    rss = float(((y - x @ beta) ** 2).sum())
    covariance = rss / spare * np.linalg.inv(x.T @ x)
    loglik = -0.5 * len(y) * (1 + float(np.log(2 * np.pi * rss / len(y))))
    few = (
        ()
        if n_athletes == 1
        else (f"{n_athletes} athletes: the interval is for them alone, not for others like them",)
    )
    return ChangeModel(
        terms, beta, share, loglik, n_athletes, len(y),
        messages=few, covariance=covariance, spare=float(spare),
    )  # fmt: skip


def _pooled(
    table: pd.DataFrame,
    terms: list[str],
    slopes: Sequence[str],
    reml: bool,
    share: float,
    log_l: float,
) -> ChangeModel:
    n_athletes = table["athlete"].nunique()
    enough = len(table) >= ROWS_PER_SLOPE * n_athletes
    random = ["growth", *slopes] if enough else ["growth"]
    try:
        fit = mixed.fit(
            f"change ~ 0 + {' + '.join(terms)}",
            table,
            groups="athlete",
            random=f"~ 0 + {' + '.join(random)}",
            reml=reml,
        )
    except mixed.ModelError as error:
        raise TooLittleError(str(error)) from error
    spread = _slope_sd(fit, slopes[0]) if slopes and enough else float("nan")
    return ChangeModel(
        tuple(terms), fit.params.to_numpy(), share, fit.loglik - log_l, n_athletes, len(table),
        slope_sd=spread, messages=fit.messages, pooled=fit,
    )  # fmt: skip


def _slope_sd(fit: mixed.MixedFit, term: str) -> float:
    place = list(fit.random_cov["athlete"].columns).index(term)
    return float(np.sqrt(fit.random_cov["athlete"].to_numpy()[place, place]))
