"""The one model behind every dose-response number: changes on exposures, athletes pooled.

Several athletes: a mixed model of the whitened changes, each athlete with a growth and, where
there are rows enough, a slope of its own (partial pooling); CR2 standard errors by athlete with
Satterthwaite degrees of freedom. One athlete: generalised least squares, t with the rows left
over. Two to four athletes: the same with one intercept each, because so few clusters say nothing
about how athletes differ; the interval is then for these athletes alone, and a message says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from analysis.models import mixed
from analysis.models.dose.estimate import Estimate

# The rows of a panel by their series, one athlete's muscle: numbers, means and lags of them.
#
# In numpy, because a page asks for them some fifty times on a dozen rows each, where a pandas
# group-by costs twenty times the arithmetic.


Floats = NDArray[np.float64]


SERIES = ["athlete", "muscle"]


def series_number(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number of each row's series, 0, 1, … in the order in which they appear."""
    athlete, muscle = (pd.factorize(rows[name])[0] for name in SERIES)
    both = athlete.astype(np.int64) * (int(muscle.max(initial=0)) + 1) + muscle
    return pd.factorize(both)[0].astype(np.int64)


def own_mean(rows: pd.DataFrame, values: Floats) -> Floats:
    """Return the mean of a row's series in every row.

    Args:
        rows: rows of a panel.
        values: numbers, none missing; the first axis is of the rows.
    """
    number = series_number(rows)
    n = np.bincount(number)
    if values.ndim == 1:
        return np.asarray((np.bincount(number, values) / n)[number])
    means = [(np.bincount(number, column) / n)[number] for column in values.T]
    return np.column_stack(means) if means else values


def shifted(panel: pd.DataFrame, name: str, blocks: int) -> pd.Series:
    """Return a column as it was `blocks` blocks before (negative: after), NaN where unknown."""
    block = panel["block"].to_numpy(np.int64)
    place, number = block - block.min(initial=0), series_number(panel)
    span = int(place.max(initial=0)) + 1
    cells = np.full((int(number.max(initial=-1)) + 1, span), np.nan)
    cells[number, place] = panel[name].to_numpy(float)
    there = place - blocks
    known = (there >= 0) & (there < span)
    values = np.full(len(panel), np.nan)
    values[known] = cells[number[known], there[known]]
    return pd.Series(values, panel.index)


# Errors of successive changes: real swings of strength, and estimates that two changes share.
#
# A change is y_b+1 − y_b. Its noise is the swing of strength itself, taken as independent from
# block to block, and the noise of the two estimates; y_b+1 is also in the next change, with the
# other sign. With M the known covariance of the estimates' part (tridiagonal: `change_variance`,
# `next_covariance`) and c its mean variance, the working covariance of an athlete's changes is
#
#     Ω = σ² · ((1 − share) · c · I + share · M),
#
# and `share` is what fits the data best (restricted likelihood). Rows multiplied by the inverse
# Cholesky factor of Ω have independent errors. Only efficiency hangs on this model: standard
# errors
# are cluster-robust by athlete.


LARGEST_SHARE = 0.99
"""At 1 nothing but the estimates' noise would be left, and Ω could be singular."""


@dataclass(frozen=True, slots=True)
class Chains:
    """Rows that follow each other block by block, in one athlete and muscle.

    Attributes:
        steps: for k = 1, 2 …, the rows that are k-th in their chain; the row before each is the
            row above it.
        ends: the last row of every chain.
        variance: of the estimates' noise in each change.
        covariance: with the change in the next row, 0 where that is no neighbour.
    """

    steps: tuple[NDArray[np.int64], ...]
    ends: NDArray[np.int64]
    variance: Floats
    covariance: Floats

    def whiten(self, share: float, columns: Floats) -> tuple[Floats, float]:
        """Return L⁻¹ · columns (rows first) and log|L| for Ω = L Lᵀ at σ = 1."""
        pivot = (1 - share) * self.variance.mean() + share * self.variance
        white = columns.copy()
        for rows in self.steps:
            root = np.sqrt(pivot[rows - 1])
            below = share * self.covariance[rows - 1] / root
            pivot[rows] -= below**2
            white[rows - 1] /= root[:, None]
            white[rows] -= below[:, None] * white[rows - 1]
        white[self.ends] /= np.sqrt(pivot[self.ends])[:, None]
        return white, 0.5 * float(np.log(pivot).sum())

    def best_share(self, response: Floats, design: Floats) -> float:
        """Return the share of the estimates' noise with the highest restricted likelihood."""
        columns = np.column_stack([design, response])

        def deviance(share: float) -> float:
            white, log_l = self.whiten(share, columns)
            triangle = np.linalg.qr(white, mode="r")
            diagonal = np.abs(np.diag(triangle))
            spare = len(white) - design.shape[1]
            log_xx = float(np.log(np.maximum(diagonal[:-1], 1e-300)).sum())
            residual = float(np.log(max(float(diagonal[-1]), 1e-300)))
            return float(2 * (log_l + log_xx + spare * residual))

        return likeliest_share(deviance)


def likeliest_share(deviance: Callable[[float], float]) -> float:
    """Return the share at which a deviance is least."""
    found = minimize_scalar(
        deviance, bounds=(0.0, LARGEST_SHARE), method="bounded", options={"xatol": 1e-3}
    )
    return float(found.x)


def chains(rows: pd.DataFrame) -> Chains:
    """Return the chains of a panel's rows, sorted by athlete, muscle and block."""
    series = series_number(rows)
    block = rows["block"].to_numpy()
    follows = np.zeros(len(rows), dtype=bool)
    follows[1:] = (series[1:] == series[:-1]) & (block[1:] == block[:-1] + 1)
    at = np.arange(len(rows))
    start = np.maximum.accumulate(np.where(follows, 0, at))
    place = at - start
    steps = tuple(np.flatnonzero(place == k) for k in range(1, int(place.max(initial=0)) + 1))
    followed = np.r_[follows[1:], False]
    covariance = rows["next_covariance"].to_numpy(float) * followed
    return Chains(
        steps, np.flatnonzero(~followed), rows["change_variance"].to_numpy(float), covariance
    )


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


# The within effect: what one more weekly set than usual goes with, in the same athlete.
#
# Exposure comes before outcome: the dose of block b against the change of strength from block b to
# b+1. The dose is split into the athlete's mean over the blocks used and the deviation from it
# (Mundlak 1978; Bell & Jones 2015, doi 10.1017/psrm.2014.7), so that experience, genes and goals,
# which differ between athletes, stay out of the within effect. `training_years` takes out a growth
# that slows, or a dose that climbs, over the log.
#
# The **lead placebo** asks whether the dose of the *next* block goes with this change, the dose of
# this block held fixed. The future cannot cause the past: where it predicts, strength drives the
# dose (feedback), or something unseen drives both (confounding), or sets of the next block already
# work within it; whichever it is, the within effect is then not to be read as cause.


PLACEBO_ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class WithinEffect:
    """The within effect of one exposure, % strength per block and unit of exposure.

    Attributes:
        effect: the within effect.
        between: effect of the athlete's mean, None with fewer than five athletes.
        lead: effect of the next block's exposure, the placebo; None where it cannot be told.
        n_athletes: athletes with a usable change.
        n_blocks: changes used.
        slope_sd: SD of the athletes' own effects; NaN where not estimated.
        noise_share: share of the changes' variance that is noise of the estimates.
        messages: warnings.
        model: the fitted model.
    """

    effect: Estimate
    between: Estimate | None
    lead: Estimate | None
    n_athletes: int
    n_blocks: int
    slope_sd: float
    noise_share: float
    messages: tuple[str, ...]
    model: ChangeModel

    @property
    def estimate(self) -> float:
        """The within effect."""
        return self.effect.estimate

    @property
    def std_error(self) -> float:
        """Its standard error."""
        return self.effect.std_error

    @property
    def dof(self) -> float:
        """Degrees of freedom of the standard error."""
        return self.effect.dof

    @property
    def conf_low(self) -> float:
        """Lower end of the interval."""
        return self.effect.conf_low

    @property
    def conf_high(self) -> float:
        """Upper end of the interval."""
        return self.effect.conf_high

    @property
    def p_value(self) -> float:
        """Two-sided p-value against zero."""
        return self.effect.p_value

    @property
    def lead_fires(self) -> bool:
        """Whether the placebo found the future to predict the past (p < 0.05)."""
        return self.lead is not None and self.lead.p_value < PLACEBO_ALPHA


def within_effect(
    panel: pd.DataFrame,
    *,
    exposure: str = "dose",
    adjust: Sequence[str] = ("training_years",),
    level: float = 0.95,
    placebo: bool = True,
) -> WithinEffect:
    """Estimate the within effect of an exposure from a panel.

    Args:
        panel: from `analysis.models.panel.panel`.
        exposure: a column of it, per logged week: `dose`, `hard_sets`, `frequency` …
        adjust: columns held fixed, within athletes.
        level: probability that the intervals are made for.
        placebo: whether to fit the lead placebo too.

    Returns:
        The effect in % strength per block and added unit of exposure.

    Raises:
        TooLittleError: the panel holds too few changes, or an exposure that does not vary.
    """
    rows = usable(panel, [exposure, *adjust])
    mean = f"{exposure}_own_mean"
    rows[mean] = own_mean(rows, rows[exposure].to_numpy(float))
    within = [exposure, *_varying(rows, adjust)]
    model = fit_changes(rows, within, _if_varies(rows, mean), slopes=[exposure])
    has_between = mean in model.terms
    return WithinEffect(
        effect=model.contrast({exposure: 1.0}, level),
        between=model.contrast({mean: 1.0}, level) if has_between else None,
        lead=lead_placebo(panel, exposure, adjust, level) if placebo else None,
        n_athletes=model.n_athletes,
        n_blocks=model.n_rows,
        slope_sd=model.slope_sd,
        noise_share=model.noise_share,
        messages=model.messages,
        model=model,
    )


def lead_placebo(
    panel: pd.DataFrame,
    exposure: str = "dose",
    adjust: Sequence[str] = ("training_years",),
    level: float = 0.95,
) -> Estimate | None:
    """Return the effect of the next block's exposure on this change, None where it is not told."""
    ahead = shifted(panel, exposure, -1)
    rows = usable(panel.assign(ahead=ahead), [exposure, "ahead", *adjust])
    rows["own_mean"] = own_mean(rows, rows[exposure].to_numpy(float))
    within = [exposure, "ahead", *_varying(rows, adjust)]
    try:
        model = fit_changes(rows, within, _if_varies(rows, "own_mean"))
    except TooLittleError:
        return None
    return model.contrast({"ahead": 1.0}, level)


def usable(panel: pd.DataFrame, needed: Sequence[str]) -> pd.DataFrame:
    """Return the rows that hold a change and all that is needed, in order of time."""
    complete = (panel["status"] == "ok") & panel[list(needed)].notna().all(axis=1)
    rows = panel[complete]
    athlete, muscle = (pd.factorize(rows[name], sort=True)[0] for name in SERIES)
    order = np.lexsort((rows["block"].to_numpy(), muscle, athlete))
    return rows.iloc[order].reset_index(drop=True)


def _varying(rows: pd.DataFrame, names: Sequence[str]) -> list[str]:
    return [name for name in names if np.ptp(rows[name].to_numpy(float)) > 0] if len(rows) else []


def _if_varies(rows: pd.DataFrame, name: str) -> list[str]:
    return _varying(rows, [name])


# Shapes a dose-response may have, and which of them the log prefers.
#
# Pelland et al. 2025 compared the same candidates and found the reciprocal best for strength. Each
# shape is a basis f(x) of the weekly sets, split into the athlete's mean of f and the deviation
# from it, and fitted by full maximum likelihood to the same whitened rows, so that AIC compares.
# The effect of one more set at a dose d is the contrast f(d + 1) − f(d).


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


# How long a block of work goes on to matter, and what volume, intensity and frequency add.


JOINT = ("dose", "intensity_pct", "frequency")


def lag_profile(
    panel: pd.DataFrame, *, exposure: str = "dose", lags: int = 3, level: float = 0.95
) -> tuple[dict[str, Estimate], ChangeModel]:
    """Regress the change after a block on the exposure of that block and of those before it.

    Args:
        panel: from `analysis.models.panel.panel`.
        exposure: a column of it.
        lags: how many blocks back.
        level: probability that the intervals are made for.

    Returns:
        Effects by name, `lag 0` (the block that the change starts from) to `lag <lags>`, all in
        one model, and `cumulative`, their sum; and the model.

    Raises:
        TooLittleError: too few blocks with all lags known.
    """
    names = {f"lag_{k}": shifted(panel, exposure, k) for k in range(lags + 1)}
    rows = usable(panel.assign(**names), list(names))
    model = fit_changes(rows, list(names))
    each = {name.replace("_", " "): model.contrast({name: 1.0}, level) for name in names}
    total = model.contrast(dict.fromkeys(names, 1.0), level)
    return {**each, "cumulative": total}, model


def joint_effects(
    panel: pd.DataFrame, exposures: Sequence[str] = JOINT, *, level: float = 0.95
) -> tuple[dict[str, Estimate], ChangeModel]:
    """Regress the change on several exposures at once, each held against the others.

    Returns:
        The within effect of every exposure that varies, per unit of it; and the model.

    Raises:
        TooLittleError: too few blocks with all of them known.
    """
    rows = usable(panel, list(exposures))
    values = rows[list(exposures)].to_numpy(float)
    most = np.abs(values - own_mean(rows, values)).max(axis=0, initial=0)
    varying = [name for name, moved in zip(exposures, most, strict=True) if moved > 1e-9]
    model = fit_changes(rows, varying)
    return {name: model.contrast({name: 1.0}, level) for name in varying}, model


# The rows of a fitted model, with the correlation of neighbouring changes taken out.
#
# On them the model is an ordinary one: independent errors, and each athlete's own growth and
# slope.
# Influence, shuffles and simulated cohorts are made here, with the variances held at the fit's.


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
