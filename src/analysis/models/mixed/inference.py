"""Fixed effects of a fit: estimates, their covariance, and t inference on combinations of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from analysis.models.mixed.batched import (
    FloatArray,
    IntArray,
    multiply,
    solve_lower,
    solve_upper,
    sum_by_group,
    transpose,
)
from analysis.models.mixed.cross_products import Statistics
from analysis.models.mixed.crossed import CrossedElimination
from analysis.models.mixed.design import Design
from analysis.models.mixed.deviance import Elimination, Evaluation, Likelihood, is_singular
from analysis.models.mixed.formula import INTERCEPT, Crossed, Encoding, Level, ModelError
from analysis.models.mixed.serial import Serial, gaps_d, whitened

# Cluster-robust covariance that holds with few clusters: CR2 with Satterthwaite dof.
#
# Residuals of a cluster are inflated by (I − H_j)^(−1/2), so that the sandwich is unbiased when
# the
# model's own covariance is right (Bell & McCaffrey 2002, Survey Methodology 28:169; Pustejovsky &
# Tipton 2018, JBES 36:672, eq. 6). The square root is taken of the rows whitened by the model,
# which needs only each cluster's XᵀV⁻¹X: that root meets the same defining equation as theirs, and
# equals it for independent rows. Clusters are the groups of the outermost level.


class ClusterRobust:
    """CR2 covariance of the fixed effects in the stored basis."""

    def __init__(self, statistics: Statistics, evaluation: Evaluation) -> None:
        """Gather every cluster's information and score."""
        if statistics.encoding.crossed:
            names = ", ".join(factor.name for factor in statistics.encoding.crossed)
            raise ModelError(
                f"athletes who share a group of {names} are not independent clusters; take the "
                "model's own intervals (robust=None)"
            )
        x = statistics.encoding.fixed
        left = _left_by_cluster(statistics, evaluation)
        if left.shape[-1] < 2:
            raise ModelError("a cluster-robust covariance needs two clusters or more")
        information = np.moveaxis(left[np.ix_(x, x)], -1, 0)
        score = left[x, -1].T - information @ evaluation.beta
        self._root = np.linalg.cholesky(evaluation.inverse)
        hat = self._root.T @ information @ self._root
        values, vectors = np.linalg.eigh(0.5 * (hat + hat.swapaxes(1, 2)))
        values = np.clip(values, 0.0, 1.0)
        # A direction that one cluster alone determines has no residual to inflate.
        with np.errstate(divide="ignore"):
            inflate = np.where(1.0 - values > 1e-10, (1.0 - values) ** -0.5, 0.0)
        self._inflate = np.einsum("jab,jb,jcb->jac", vectors, inflate, vectors)
        self._hat = hat
        adjusted = np.einsum("jab,jb->ja", self._inflate, score @ self._root)
        self.covariance: FloatArray = self._root @ (adjusted.T @ adjusted) @ self._root.T
        self.n_clusters = left.shape[-1]
        plain = score @ self._root
        few = self.n_clusters / (self.n_clusters - 1.0)
        #: CR1: no adjustment of the residuals, J / (J − 1) for few clusters
        self.plain: FloatArray = few * self._root @ (plain.T @ plain) @ self._root.T

    def dof(self, contrasts: FloatArray) -> FloatArray:
        """Satterthwaite degrees of freedom, one per row of `contrasts`."""
        return np.array([self._dof(self._root.T @ contrast) for contrast in contrasts])

    def _dof(self, direction: FloatArray) -> float:
        """Moments of the quadratic form Σ (p_jᵀe)² under the working model."""
        tilted = self._inflate @ direction
        shared = np.einsum("jab,jb->ja", self._hat, tilted)
        own = np.einsum("ja,ja->j", tilted, shared)
        cross = np.einsum("ja,ja->j", shared, shared)
        moment = shared.T @ shared
        squares = ((own - cross) ** 2).sum() - (cross**2).sum() + (moment**2).sum()
        return float((own - cross).sum() ** 2 / squares)


def _left_by_cluster(statistics: Statistics, evaluation: Evaluation) -> FloatArray:
    """Cross-products of each cluster after its random effects are eliminated."""
    left = statistics.gram
    depths = [level.depth for level in statistics.encoding.levels]
    starts = [statistics.starts(depth) for depth in depths]
    for k, done in enumerate(evaluation.eliminations):
        left = left - np.einsum("qin,qjn->ijn", done.half, done.half)
        if k + 1 < len(starts):
            left = sum_by_group(left, np.searchsorted(starts[k], starts[k + 1]))
    return left


# Degrees of freedom for fixed effects, after Satterthwaite.
#
# For a contrast c with variance v(ψ) = cᵀC(ψ)c, where ψ are the variance parameters,
# dof = 2 v² / (gᵀ A g), g = ∂v/∂ψ and A = 2 H⁻¹ the covariance of ψ̂ from the Hessian H of the
# deviance (Giesbrecht & Burns 1985, Biometrics 41:477; as in lmerTest, Kuznetsova, Brockhoff &
# Christensen 2017, J Stat Softw 82(13)). ψ = (θ, log σ, log range): σ and the range drop out where
# they are fixed. Directions in which the deviance is flat or at a boundary carry no uncertainty.


FLAT = 1e-8
"""Share of the largest curvature below which a direction counts as flat (lmerTest's 1e-8)."""

STEP = 1e-5
RANGE_STEP = 2e-3


@dataclass(frozen=True, eq=False)
class VarianceUncertainty:
    """How uncertain the variance parameters are, and what that does to the fixed effects.

    Attributes:
        covariance: A, of the variance parameters.
        slopes: (parameters, fixed, fixed), ∂C/∂ψ.
    """

    covariance: FloatArray
    slopes: FloatArray

    def dof(self, contrasts: FloatArray, variance: FloatArray) -> FloatArray:
        """Return degrees of freedom, one per row of `contrasts`, given cᵀCc."""
        slope = np.einsum("ki,aij,kj->ka", contrasts, self.slopes, contrasts)
        spread = np.einsum("ka,ab,kb->k", slope, self.covariance, slope)
        with np.errstate(divide="ignore"):
            return np.asarray(2.0 * variance**2 / spread)


def variance_uncertainty(
    likelihood: Likelihood,
    theta: FloatArray,
    sigma: float,
    log_range: float | None = None,
    at_range: Callable[[float], Likelihood] | None = None,
) -> VarianceUncertainty:
    """Differentiate deviance and covariance around the optimum.

    `at_range` gives the likelihood at another log range, where the range is a parameter.
    """
    sigma_free = likelihood.fixed_sigma is None
    at = np.r_[theta, [np.log(sigma)] * sigma_free]

    def look(where: FloatArray, model: Likelihood = likelihood) -> _Look:
        level = float(np.exp(where[-1])) if sigma_free else sigma
        seen = model.evaluate(where[: len(theta)], sigma=level)
        slope = 2.0 * (model.dof - seen.rss / level**2)
        return _Look(
            seen.deviance, np.r_[seen.gradient, [slope] * sigma_free], level**2 * seen.inverse
        )

    here, pairs = look(at), []
    for i in range(len(at)):
        step = np.zeros(len(at))
        step[i] = STEP * max(abs(at[i]), 0.1)
        pairs.append((look(at + step), here, step[i]))
    if at_range is not None and log_range is not None:
        ahead, behind = (at_range(log_range + sign * RANGE_STEP) for sign in (0.5, -0.5))
        pairs.append((look(at, ahead), look(at, behind), RANGE_STEP))
    return _assemble(pairs, len(at), here)


@dataclass(frozen=True, slots=True)
class _Look:
    deviance: float
    slope: FloatArray
    covariance: FloatArray


def _assemble(
    pairs: list[tuple[_Look, _Look, float]], smooth: int, here: _Look
) -> VarianceUncertainty:
    """Join differences (higher, lower, step); those after `smooth` have no analytic gradient."""
    size = len(pairs)
    hessian = np.zeros((size, size))
    for i, (up, down, step) in enumerate(pairs):
        hessian[i, :smooth] = (up.slope - down.slope) / step
        if i >= smooth:
            hessian[:smooth, i] = hessian[i, :smooth]
            hessian[i, i] = (up.deviance - 2.0 * here.deviance + down.deviance) / (0.5 * step) ** 2
    hessian = 0.5 * (hessian + hessian.T)
    slopes = [(up.covariance - down.covariance) / step for up, down, step in pairs]
    values, vectors = np.linalg.eigh(hessian)
    held = values > FLAT * max(float(values.max(initial=0.0)), 1e-300)
    covariance = 2.0 * (vectors[:, held] / values[held]) @ vectors[:, held].T
    fixed = len(here.covariance)  # also where no variance is left to be uncertain of
    return VarianceUncertainty(covariance, np.array(slopes).reshape(size, fixed, fixed))


# Lay numbers of a fit out as tidy tables.


def weight_matrix(weights: Mapping[str, Mapping[str, float]], terms: Sequence[str]) -> FloatArray:
    """Return one row per named combination, one column per term; unknown terms are refused."""
    unknown = {term for each in weights.values() for term in each} - set(terms)
    if unknown:
        raise ModelError(f"no term {', '.join(sorted(unknown))}; the terms are {', '.join(terms)}")
    rows = [[each.get(term, 0.0) for term in terms] for each in weights.values()]
    return np.array(rows, dtype=float).reshape(len(weights), len(terms))


def estimates(
    names: Sequence[str],
    estimate: FloatArray,
    std_error: FloatArray,
    dof: FloatArray,
    level: float,
) -> pd.DataFrame:
    """Return the broom columns, one row per estimate, with t quantiles at its own dof."""
    if not 0 < level < 1:
        raise ModelError(f"level is {level}, expected between 0 and 1")
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / std_error
    reach = stdtrit(dof, 0.5 + level / 2.0) * std_error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": std_error,
            "statistic": statistic,
            "dof": dof,
            "p_value": 2.0 * stdtr(dof, -np.abs(statistic)),
            "low": estimate - reach,
            "high": estimate + reach,
        },
        index=pd.Index(names, name="term"),
    )


def group_labels(statistics: Statistics, level: Level) -> pd.DataFrame:
    """Return an empty table with one row per group of the level."""
    names = list(statistics.encoding.groups[: level.depth])
    cells = statistics.cells.iloc[statistics.starts(level.depth)][names]
    if len(names) == 1:
        return pd.DataFrame(index=pd.Index(cells[names[0]], name=names[0]))
    return pd.DataFrame(index=pd.MultiIndex.from_frame(cells))


def random_effects(
    groups: pd.DataFrame, terms: Sequence[str], modes: FloatArray, cov: FloatArray
) -> pd.DataFrame:
    """Add random effects and their standard errors of prediction to a table of groups."""
    table = groups
    for term, values in zip(terms, modes, strict=True):
        table[term] = values
    for i, term in enumerate(terms):
        table[f"{term}_std_error"] = np.sqrt(cov[i, i])
    return table


def augment(design: Design, evaluation: Evaluation, total: FloatArray) -> pd.DataFrame:
    """Return response, fit and residual of every row, in the order of the data."""
    encoding, rows = design.encoding, design.rows
    counts = np.diff(np.r_[design.starts, rows.shape[1]])
    shift = np.einsum("mn,mn->n", rows[:-1], np.repeat(total, counts, axis=1))
    common = evaluation.beta @ rows[encoding.fixed]
    taken_out = np.linalg.solve(encoding.basis.T, rows)[-1] - rows[-1] * encoding.response_scale
    root = 1.0 if design.weights is None else np.sqrt(design.weights)
    scale = encoding.response_scale
    values = {
        "response": (taken_out + scale * rows[-1]) / root,
        "fixed": (taken_out + scale * common) / root,
        "fitted": (taken_out + scale * shift) / root,
        "residual": scale * (rows[-1] - shift) / root,
        "scaled_residual": (rows[-1] - shift) / evaluation.sigma,
    }
    back = np.argsort(design.order)
    return pd.DataFrame({name: column[back] for name, column in values.items()}, design.index)


@dataclass(frozen=True, eq=False)
class FixedEffects:
    """What a fit says about its fixed part; see `MixedFit` for the public names."""

    likelihood: Likelihood
    theta: FloatArray
    evaluation: Evaluation
    design: Design | None
    serial: Serial | None

    @cached_property
    def params(self) -> pd.Series:
        """Estimates by term, in raw units."""
        encoding = self.likelihood.encoding
        values = encoding.pilot[encoding.fixed] + self._to_raw @ self.evaluation.beta
        return pd.Series(values, index=list(encoding.terms), name="estimate")

    def covariance(self, robust: str | None = None) -> pd.DataFrame:
        """Covariance of the estimates: the model's own, or cluster-robust."""
        terms = list(self.likelihood.encoding.terms)
        raw = self._to_raw @ self._stored(robust) @ self._to_raw.T
        return pd.DataFrame(raw, index=terms, columns=terms)

    def contrasts(
        self, weights: Mapping[str, Mapping[str, float]], level: float, robust: str | None
    ) -> pd.DataFrame:
        """Combinations Σ weight · effect by name, with Satterthwaite t inference."""
        raw = weight_matrix(weights, list(self.params.index))
        stored = raw @ self._to_raw
        variance = np.einsum("ki,ij,kj->k", stored, self._stored(robust), stored)
        dof = self._dof(stored, variance, robust)
        estimate = raw @ self.params.to_numpy()
        return estimates(list(weights), estimate, np.sqrt(variance), dof, level)

    @cached_property
    def _to_raw(self) -> FloatArray:
        return self.likelihood.encoding.coefficients(self.likelihood.encoding.fixed)

    def _dof(self, stored: FloatArray, variance: FloatArray, robust: str | None) -> FloatArray:
        if robust == "CR1":
            return np.full(len(stored), self._cr2.n_clusters - 1.0)
        if robust is not None:
            return self._cr2.dof(stored)
        dof = self._uncertainty.dof(stored, variance)
        if is_singular(self.likelihood, self.theta):
            # where a variance is estimated as nothing the likelihood is flat in it, and would say
            # that it is known: the design bounds the degrees of freedom then
            dof = np.minimum(dof, self._contained(stored))
        return dof

    def _contained(self, stored: FloatArray) -> FloatArray:
        """Containment degrees of freedom: groups less the terms that only groups can tell.

        A term that is random at a level, or constant within its groups, is told by differences
        between those groups alone (SAS's containment method, for the stored basis).
        """
        statistics = self.likelihood.statistics
        encoding = statistics.encoding
        bound = np.full(len(encoding.fixed), np.inf)
        for level in encoding.levels:
            if not level.terms:
                continue
            starts = statistics.starts(level.depth)
            gram = sum_by_group(statistics.gram, starts)
            by_groups = np.array(
                [at in level.columns or _constant(gram, encoding, at) for at in encoding.fixed]
            )
            free = max(len(starts) - int(by_groups.sum()), 1)
            bound = np.where(by_groups, np.minimum(bound, free), bound)
        for factor in encoding.crossed:
            by_groups = np.array([encoding.names[at] in factor.terms for at in encoding.fixed])
            free = max(len(factor.labels) - int(by_groups.sum()), 1)
            bound = np.where(by_groups, np.minimum(bound, free), bound)
        asked = np.abs(stored) > 1e-12 * np.abs(stored).max(axis=1, keepdims=True)
        return np.asarray(np.where(asked, bound, np.inf).min(axis=1))

    def _stored(self, robust: str | None) -> FloatArray:
        if robust is None:
            return self.evaluation.sigma**2 * self.evaluation.inverse
        if robust == "CR1":
            return self._cr2.plain
        if robust != "CR2":
            raise ModelError(f"robust is {robust!r}, expected 'CR1', 'CR2' or None")
        return self._cr2.covariance

    @cached_property
    def _cr2(self) -> ClusterRobust:
        return ClusterRobust(self.likelihood.statistics, self.evaluation)

    @cached_property
    def _uncertainty(self) -> VarianceUncertainty:
        serial, design = self.serial, self.design
        if serial is None or serial.at_edge or design is None:
            return variance_uncertainty(self.likelihood, self.theta, self.evaluation.sigma)
        gaps = gaps_d(design)

        def at_range(log_range: float) -> Likelihood:
            there = whitened(design, gaps, float(np.exp(log_range)))
            return Likelihood(there, reml=self.likelihood.reml, sigma=self.likelihood.fixed_sigma)

        log_range = float(np.log(serial.range_d))
        return variance_uncertainty(
            self.likelihood, self.theta, self.evaluation.sigma, log_range, at_range
        )


def _constant(gram: FloatArray, encoding: Encoding, at: int) -> bool:
    """Return whether a column is constant within every group; needs an intercept to be told."""
    if INTERCEPT not in encoding.names:
        return False
    one = encoding.names.index(INTERCEPT)
    ones, own, across = gram[one, one], gram[at, at], gram[one, at]
    left = own - across**2 / np.maximum(ones, 1e-300)
    return bool((left <= 1e-9 * np.maximum(own, 1e-12)).all())


# Best linear unbiased predictions: what each group adds to the fixed effects, and how surely.
#
# The variance is that of prediction (û − u), with the fixed effects estimated (Henderson 1975,
# Biometrics 31:423; SAS's StdErrPred), so it is a little wider than lme4's `condVar`, which takes
# the fixed effects as known. Variance parameters are taken as known in both.


@dataclass(frozen=True, eq=False)
class LevelEffects:
    """Predictions for the groups of one level, in the stored basis and units of σ.

    Attributes:
        modes: (terms, groups) random effects û.
        mode_cov: (terms, terms, groups) of û − u.
        total: (predictors, groups) fixed effect plus the random effects of this level and above.
        total_cov: (predictors, predictors, groups) of its error.
    """

    modes: FloatArray
    mode_cov: FloatArray
    total: FloatArray
    total_cov: FloatArray


def predict(likelihood: Likelihood, evaluation: Evaluation) -> list[LevelEffects]:
    """Return the effects of every level, finest first."""
    x, predictors = likelihood.encoding.fixed, len(likelihood.encoding.names) - 1
    total = np.zeros((predictors, 1))
    total[x, 0] = evaluation.beta
    cov = np.zeros((predictors, predictors, 1))
    cov[x[:, None], x, 0] = evaluation.inverse
    found: list[LevelEffects] = []
    if evaluation.crossed is not None:
        total, cov = _crossed(evaluation.crossed, total, cov)
    levels = likelihood.encoding.levels
    for k in reversed(range(len(levels))):
        done = evaluation.eliminations[k]
        groups = done.cross.shape[-1]
        repeats = likelihood.children[k] if k + 1 < len(levels) else np.array([groups])
        above, above_cov = np.repeat(total, repeats, -1), np.repeat(cov, repeats, -1)
        effects = _level(done, levels[k].columns, above, above_cov)
        total, cov = effects.total, effects.total_cov
        found.append(effects)
    return found[::-1]


def _crossed(
    done: CrossedElimination, total: FloatArray, cov: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Add the effects of the crossed factors to the fixed ones: every group below holds them."""
    reply = done.factor @ np.linalg.solve(done.root.T, done.half)
    to_total, own = reply[:, :-1], done.columns
    half = np.linalg.solve(done.root, done.factor.T)
    moved = to_total @ cov[..., 0]
    new_total, new_cov = total.copy(), cov.copy()
    new_total[own, 0] += reply[:, -1] - to_total @ total[:, 0]
    new_cov[own, :, 0] -= moved
    new_cov[:, own, 0] -= moved.T
    new_cov[own[:, None], own, 0] += half.T @ half + moved @ to_total.T
    return new_total, new_cov


def _level(done: Elimination, own: IntArray, total: FloatArray, cov: FloatArray) -> LevelEffects:
    """Predict one level given the total coefficients and their error covariance above it."""
    reply = multiply(done.factor, solve_upper(done.root, done.half))
    to_total, to_response = reply[:, :-1], reply[:, -1]
    modes = to_response - np.einsum("qmn,mn->qn", to_total, total)
    spread = np.broadcast_to(done.factor.T[..., None], (*done.factor.shape, modes.shape[-1]))
    half = solve_lower(done.root, np.ascontiguousarray(spread))
    moved = multiply(to_total, cov)
    mode_cov = np.einsum("kin,kjn->ijn", half, half) + multiply(moved, transpose(to_total))
    new_total, new_cov = total.copy(), cov.copy()
    new_total[own] += modes
    new_cov[own] -= moved
    new_cov[:, own] -= transpose(moved)
    new_cov[np.ix_(own, own)] += mode_cov
    return LevelEffects(modes, mode_cov, new_total, new_cov)


# Random effects of a fit in raw units, as tables.


@dataclass(frozen=True, eq=False)
class RandomEffects:
    """What a fit says about its groups; see `MixedFit` for the public names."""

    likelihood: Likelihood
    theta: FloatArray
    evaluation: Evaluation

    @cached_property
    def cov(self) -> dict[str, pd.DataFrame]:
        """Covariance matrix of the random terms by level, outermost first."""
        found, encoding = {}, self.likelihood.encoding
        factors = self.likelihood.factors(self.theta)
        parts = [(level.name, level.terms, level.columns) for level in encoding.levels]
        order = [*reversed(range(len(parts))), *range(len(parts), len(factors))]
        parts += [(each.name, each.terms, each.columns[0]) for each in encoding.crossed]
        for at in order:
            name, terms, columns = parts[at]
            half = encoding.coefficients(columns) @ factors[at] * self.evaluation.sigma
            found[name] = pd.DataFrame(half @ half.T, index=list(terms), columns=list(terms))
        return found

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Predicted effects and their standard errors: levels outermost first, then crossed."""
        encoding = self.likelihood.encoding
        found = {
            level.name: random_effects(
                group_labels(self.likelihood.statistics, level), level.terms, *self._raw(k)
            )
            for k, level in reversed(list(enumerate(encoding.levels)))
        }
        for factor in encoding.crossed:
            table = pd.DataFrame(index=pd.Index(factor.labels, name=factor.name))
            found[factor.name] = random_effects(table, factor.terms, *self._raw_crossed(factor))
        return found

    def prediction_cov(self, level: str) -> FloatArray:
        """Covariances of prediction, (groups, terms, terms)."""
        return np.moveaxis(self._raw(self._level(level))[1], -1, 0)

    def group_contrast(self, weights: Mapping[str, float], level: str | None) -> pd.DataFrame:
        """A combination of every group's total coefficients, with its standard error."""
        k = 0 if level is None else self._level(level)
        encoding, effects = self.likelihood.encoding, self.by_level[k]
        predictors = list(encoding.names[:-1])
        raw = weight_matrix({"group": weights}, predictors)[0]
        stored = raw @ encoding.coefficients(np.arange(len(predictors)))
        variance = np.einsum("i,ijn,j->n", stored, effects.total_cov, stored)
        table = group_labels(self.likelihood.statistics, encoding.levels[k])
        table["estimate"] = raw @ encoding.pilot + stored @ effects.total
        table["std_error"] = self.evaluation.sigma * np.sqrt(variance)
        return table

    @cached_property
    def by_level(self) -> list[LevelEffects]:
        """Effects in the stored basis, finest level first."""
        return predict(self.likelihood, self.evaluation)

    def _level(self, name: str) -> int:
        names = [level.name for level in self.likelihood.encoding.levels]
        if name not in names:
            raise ModelError(f"no level {name}; the levels are {', '.join(reversed(names))}")
        return names.index(name)

    def _raw(self, k: int) -> tuple[FloatArray, FloatArray]:
        encoding, effects = self.likelihood.encoding, self.by_level[k]
        to_raw = encoding.coefficients(encoding.levels[k].columns)
        cov = np.einsum("ia,abn,jb->ijn", to_raw, effects.mode_cov, to_raw)
        return to_raw @ effects.modes, self.evaluation.sigma**2 * cov

    def _raw_crossed(self, factor: Crossed) -> tuple[FloatArray, FloatArray]:
        """Return (terms, groups) effects of a crossed factor and their error covariances."""
        # of the levels any group will do: all of them hold the same effects of crossed factors
        total, cov = (
            each[..., 0] for each in (self.by_level[-1].total, self.by_level[-1].total_cov)
        )
        to_raw = self.likelihood.encoding.coefficients(factor.columns[0])
        modes = np.array([to_raw @ total[own] for own in factor.columns]).T
        covs = [to_raw @ cov[np.ix_(own, own)] @ to_raw.T for own in factor.columns]
        return modes, self.evaluation.sigma**2 * np.moveaxis(np.array(covs), 0, -1)
