"""What one more weekly set bought: the effect, the event study, and what stands beside them.

Every number here is read from the same cross-products; see `pooling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analysis.estimate import Estimate
from analysis.models.dose.inputs import (
    AHEAD,
    LAGS,
    OWN,
    SHAPES,
    Floats,
    Shared,
    Weekly,
    bands,
    filled,
    kernel,
    kernel_names,
    shape,
)
from analysis.models.dose.placebo import CONTROL, Control, Placebo, judge
from analysis.models.dose.pooling import (
    FEWEST_CLUSTERS,
    FewDof,
    Fit,
    TooLittleError,
    engine_fit,
    fit,
    moves,
    with_sums,
)
from analysis.models.dose.variances import FEWEST_ROWS, GROWTH, learnt, own_scale, telling
from analysis.models.dose.whitening import CrossProducts, Days, Sums, Variances

LOG_WEEKS = "log_weeks"

PRIMARY = ("5_8", "9_12")
BANDS = (OWN, *LAGS)
LARGEST_SCALE, SMALLEST_SCALE = 25.0, 0.04


def columns_of(
    weekly: Weekly,
    measures: Sequence[str],
    *,
    kernels: Sequence[str] = (),
    unknown: str = "kriged",
    shared: Shared | None = None,
) -> dict[str, Floats]:
    """Return the columns of the model, each (athletes, weeks).

    `week` (growth), `log_weeks`, and for every measure `<measure>_own`, `_ahead`, `_1_4`, `_5_8`,
    `_9_12`, `_13_on`; for the measures of `kernels` also one column per lag kernel.
    """
    week = np.broadcast_to(np.arange(weekly.logged.shape[1], dtype=float), weekly.logged.shape)
    found = {GROWTH: week / 52.18, LOG_WEEKS: np.log1p(week)}
    for measure in measures:
        covariance = (shared or {}).get(measure)
        deviation = filled(weekly, measure, covariance, unknown=unknown)
        found |= {f"{measure}_{name}": band for name, band in bands(deviation).items()}
        if measure in kernels:
            found |= {
                f"{measure}_{name}": kernel(deviation, *shape)
                for name, shape in kernel_names().items()
            }
    return found


@dataclass(frozen=True, eq=False)
class Body:
    """A body of logs, reduced to what every estimate needs.

    Attributes:
        products: each athlete's cross-products, divided by its own residual variance.
        mean: by measure, each athlete's mean weekly dose.
        variances: shared; `scale` the athletes' own residual variances in their unit.
        sums: strength days by week; None where only cross-products came in.
    """

    products: CrossProducts
    mean: Mapping[str, Floats]
    variances: Variances
    scale: Floats
    sums: Sums | None = None

    @cached_property
    def few(self) -> FewDof | None:
        """Where degrees of freedom come from with fewer than five athletes."""
        return None if self.sums is None else FewDof(self.sums, self.variances)

    def moved(self, column: str) -> bool:
        """Return whether any athlete moves a column."""
        return bool(moves(self.products, [column]).any())

    def fit(self, terms: Sequence[str], slopes: Sequence[str] = ()) -> Fit:
        """Fit some columns."""
        return fit(self.products, terms, slopes=slopes, few=self.few)


def body(
    days: Days,
    weekly: Weekly,
    measures: Sequence[str],
    *,
    kernels: Sequence[str] = (),
    unknown: str = "kriged",
    variances: Variances | None = None,
    shared: Shared | None = None,
) -> Body:
    """Reduce logs to cross-products.

    Args:
        days: strength days.
        weekly: weekly doses; the first measure is the one whose bands are held while the
            variances are learnt.
        measures: names of doses.
        kernels: measures that get lag kernels too.
        unknown: what a week without a log holds, see `inputs.filled`.
        variances: where known; learnt from up to 40 athletes otherwise.
        shared: autocovariances of all bodies, by measure.

    Raises:
        TooLittleError: nobody has days enough to learn the variances from.
    """
    n = len(weekly.logged)
    columns = columns_of(weekly, measures, kernels=kernels, unknown=unknown, shared=shared)
    if not len(days) or not (np.bincount(days.athlete, days.weight > 0) >= FEWEST_ROWS).any():
        raise TooLittleError("no exercise has strength days enough")
    if variances is None:
        variances = learnt_from(telling(days, n), n, columns, measures[0])
    sums = Sums(days, n, columns)
    mean = {measure: weekly.mean(measure) for measure in measures}
    return body_of(sums.whitened(variances), measures[0], variances, mean, sums)


def learnt_from(
    days: Days, n_athletes: int, columns: Mapping[str, Floats], first: str
) -> Variances:
    """Return the likeliest variances.

    Args:
        days: strength days of those to learn from.
        n_athletes: rows of the columns.
        columns: of `columns_of`.
        first: the measure whose bands are held meanwhile.
    """
    held = [LOG_WEEKS, *(f"{first}_{name}" for name in BANDS)]
    few = {name: columns[name] for name in (GROWTH, *held)}
    return learnt(Sums(days, n_athletes, few), held)


def body_of(
    products: CrossProducts,
    first: str,
    variances: Variances,
    mean: Mapping[str, Floats],
    sums: Sums | None = None,
) -> Body:
    """Return the body of cross-products that may come from several places.

    Args:
        products: of all athletes, at the shared variances.
        first: the measure whose own week is held while noise is told apart by athlete.
        variances: shared.
        mean: by measure, each athlete's mean weekly dose.
        sums: strength days by week, where they are at hand.
    """
    scale = scale_of(products, first)
    return Body(products.scaled(scale), mean, variances, scale, sums)


def scale_of(products: CrossProducts, first: str) -> Floats:
    """Return each athlete's residual variance in shared units; 1 where there are few athletes."""
    if int((products.n_rows > 0).sum()) < FEWEST_CLUSTERS:
        return np.ones(len(products.gram))
    scale = own_scale(products, [LOG_WEEKS, f"{first}_{OWN}"])
    return np.asarray(np.clip(scale, SMALLEST_SCALE, LARGEST_SCALE))


@dataclass(frozen=True, eq=False)
class Effect:
    """The effect of one measure.

    Attributes:
        measure: whose.
        estimate: mean of the bands 5–8 and 9–12 weeks later: % strength per one more a week for
            four weeks.
        event_study: effect by band, `ahead` from the fit that holds it, the others without.
        placebo: what `ahead` says.
        n_athletes, n_rows: whose days tell, and how many exercise-days.
        model: the fit.
    """

    measure: str
    estimate: Estimate
    event_study: Mapping[str, Estimate]
    placebo: Placebo
    n_athletes: int
    n_rows: int
    model: Fit


def primary(measure: str) -> dict[str, float]:
    """Return the weights of the primary number."""
    return {f"{measure}_{name}": 1.0 / len(PRIMARY) for name in PRIMARY}


def effect(
    found: Body,
    measure: str,
    *,
    held: Sequence[str] = (),
    smallest: float = 0.0,
    level: float = 0.95,
    control: tuple[str, str] | None = None,
) -> Effect:
    """Estimate a measure's effect, other measures' bands held fixed.

    Args:
        found: the body.
        measure: whose effect.
        held: measures held fixed.
        smallest: smallest effect of interest, for the placebo.
        level: of the intervals.
        control: whose sets the body's measure `CONTROL` holds and whose strength it is, where
            another muscle's dose shall be a negative control.

    Raises:
        TooLittleError: the logs cannot tell the bands apart.
    """
    terms = [LOG_WEEKS, *(f"{each}_{name}" for each in (measure, *held) for name in BANDS)]
    model = found.fit(terms)
    estimate = model.contrast(primary(measure), level)
    study = {name: model.contrast({f"{measure}_{name}": 1.0}, level) for name in LAGS}
    lead = None
    try:
        ahead = found.fit([*terms, *(f"{each}_{AHEAD}" for each in (measure, *held))])
        lead = ahead.contrast({f"{measure}_{AHEAD}": 1.0}, level)
    except TooLittleError:
        pass
    away = None
    try:
        if control:
            both, _ = joint(found, [measure, *held, CONTROL], level)
            away = Control(*control, both[CONTROL])
    except TooLittleError:
        pass
    event_study = {**({AHEAD: lead} if lead else {}), **study}
    return Effect(
        measure, estimate, event_study, judge(lead, estimate, smallest, away),
        model.n_athletes, model.n_rows, model,
    )  # fmt: skip


def at_once(
    found: Body,
    measure: str,
    *,
    beside: Sequence[str] = (),
    slopes: bool = True,
    level: float = 0.95,
) -> tuple[Estimate, Fit]:
    """Return the effect if gains came at once and stayed, athletes' slopes their own.

    Args:
        found: the body.
        measure: whose effect.
        beside: measures held fixed, in the same way.
        slopes: whether athletes' slopes differ.
        level: of the interval.
    """
    total = f"{measure}_total"
    wanted = (measure, *beside)
    made = {f"{one}_total": {f"{one}_{name}": 1.0 for name in LAGS} for one in wanted}
    products, few = with_sums(found.products, made), found.few and found.few.with_sums(made)
    terms = [LOG_WEEKS, *(f"{one}_{name}" for one in wanted for name in (OWN, "total"))]
    model = fit(products, terms, slopes=[total] if slopes else (), few=few)
    return model.contrast({total: 1.0}, level), model


@dataclass(frozen=True, slots=True)
class Averaged:
    """An estimate averaged over models by likelihood.

    Attributes:
        estimate: with the spread between models in its error.
        weights: of every model, as shares.
    """

    estimate: Estimate
    weights: Mapping[str, float]


def eventual_gain(
    found: Body, measure: str, *, decay: bool = False, level: float = 0.95
) -> Averaged:
    """Return the gain in the end, averaged over how fast it may come (and, if asked, go).

    One τ is never picked: its interval would leave out that another might have been.
    """
    kernels = {k: v for k, v in kernel_names().items() if decay or v[1] is None}
    fits, estimates = {}, {}
    for name in kernels:
        column = f"{measure}_{name}"
        fits[name] = found.fit([LOG_WEEKS, f"{measure}_{OWN}", column])
        estimates[name] = fits[name].contrast({column: 1.0}, level)
    least = min(each.rss for each in fits.values())
    share = {name: float(np.exp(-(each.rss - least) / 2)) for name, each in fits.items()}
    whole = sum(share.values())
    weights = {name: each / whole for name, each in share.items()}
    mean = sum(weights[name] * each.value for name, each in estimates.items())
    variance = sum(
        weights[name] * (each.std_error**2 + (each.value - mean) ** 2)
        for name, each in estimates.items()
    )
    dof = min(each.dof for name, each in estimates.items() if weights[name] > 0.05)
    n_athletes = max(each.n_athletes for each in estimates.values())
    n_days = max(each.n_days for each in estimates.values())
    error = float(np.sqrt(variance))
    return Averaged(Estimate(mean, error, dof, level, n_athletes, n_days), weights)


@dataclass(frozen=True, slots=True)
class ShapeFit:
    """One shape: its share by likelihood, and what one more set brings at some doses."""

    name: str
    weight: float
    one_more: Mapping[float, Estimate]


def shapes(
    found: Body, doses: Sequence[float], measure: str = "sets", level: float = 0.95
) -> list[ShapeFit]:
    """Compare shapes of the weekly dose: one more set at each of some weekly doses, by shape."""
    fits: dict[str, Fit] = {}
    for name, pattern in SHAPES.items():
        column = pattern.format(measure)
        fits[name] = found.fit([LOG_WEEKS, *(f"{column}_{band}" for band in BANDS)])
    least = min(each.rss for each in fits.values())
    share = {name: float(np.exp(-(each.rss - least) / 2)) for name, each in fits.items()}
    whole = sum(share.values())
    result = []
    for name, model in fits.items():
        weights = primary(SHAPES[name].format(measure))
        at = {}
        for dose in doses:
            step = float(np.diff(shape(name, np.array([dose, dose + 1.0])))[0])
            scaled = {term: weight * step for term, weight in weights.items()}
            at[dose] = model.contrast(scaled, level)
        result.append(ShapeFit(name, share[name] / whole, at))
    return sorted(result, key=lambda each: -each.weight)


def joint(
    found: Body, measures: Sequence[str], level: float = 0.95
) -> tuple[dict[str, Estimate], Fit]:
    """Return the effects of several measures at once, each held against the others."""
    wanted = [(each, name) for each in measures for name in BANDS]
    # where there is a strength day the muscle was trained that week: nothing to hold fixed
    kept = [(each, name) for each, name in wanted if name != OWN or found.moved(f"{each}_{OWN}")]
    model = found.fit([LOG_WEEKS, *(f"{each}_{name}" for each, name in kept)])
    return {each: model.contrast(primary(each), level) for each in measures}, model


def moderated(found: Body, measure: str, by: Floats) -> Body:
    """Return a body that also holds a dose times a number of each athlete, less its mean.

    Args:
        found: the body.
        measure: the dose.
        by: a number of each athlete, known of all who have strength days.

    Returns:
        The same with the measure `<measure>_by`: its effect, `measure` held fixed, is how much
        the effect of `measure` differs for one unit of `by`. A number of an athlete scales the
        cross-products, so no row is needed.

    Raises:
        TooLittleError: fewer than five athletes, or all have the same number.
    """
    told = found.products.n_rows > 0
    if int(told.sum()) < FEWEST_CLUSTERS or np.ptp(by[told]) == 0:
        raise TooLittleError(
            f"{int(told.sum())} athletes, {FEWEST_CLUSTERS} or more who differ are needed"
        )
    away = np.where(told, by - by[told].mean(), 0.0)
    products = found.products
    names = [f"{measure}_{name}" for name in (*BANDS, AHEAD)]
    at = [products.names.index(name) for name in names]
    k = len(products.names)
    change = np.zeros((len(products.gram), k, k + len(at)))
    change[:, range(k - 1), range(k - 1)] = 1.0
    change[:, at, range(k - 1, k - 1 + len(at))] = away[:, None]
    change[:, -1, -1] = 1.0
    wider = tuple(f"{measure}_by_{name}" for name in (*BANDS, AHEAD))
    gram = change.swapaxes(1, 2) @ products.gram @ change
    whole = replace(products, names=(*products.names[:-1], *wider, products.names[-1]), gram=gram)
    return replace(found, products=whole, sums=None)


def between(found: Body, measure: str, level: float = 0.95) -> Estimate:
    """Return how an athlete's growth goes with its usual dose: % strength per year and unit.

    Athletes differ in much else. Growth is then no longer free of the usual dose: each athlete's
    deviates at random from a line.
    """
    told = moves(found.products, [f"{measure}_{OWN}"]) & (found.products.n_rows > 0)
    middle = found.mean[measure][told].mean() if told.any() else 0.0  # nobody moved: no slope
    usual = found.mean[measure] - middle
    names = [GROWTH, "growth_by_usual", LOG_WEEKS, *(f"{measure}_{n}" for n in BANDS), "strength"]
    picked = found.products.pick([n for n in names if n != "growth_by_usual"])
    growth = picked.gram[:, 0] * usual[:, None]
    corner = np.insert(growth, 1, picked.gram[:, 0, 0] * usual**2, axis=1)
    gram = np.insert(np.insert(picked.gram, 1, growth, axis=1), 1, corner, axis=2)
    products = replace(found.products, names=tuple(names), gram=gram)
    return _between_fit(products.of(told), level)


def _between_fit(products: CrossProducts, level: float) -> Estimate:
    if len(products.gram) < FEWEST_CLUSTERS:
        raise TooLittleError(
            f"{len(products.gram)} athletes, {FEWEST_CLUSTERS} or more who differ in their usual "
            "are needed for an effect between athletes"
        )
    model = engine_fit(products, np.ones(len(products.gram), dtype=bool), [GROWTH])
    row = model.contrast({"growth_by_usual": 1.0}, level, robust="CR2")
    return Estimate(
        float(row["estimate"]), float(row["std_error"]), float(row["dof"]), level,
        len(products.gram), int(products.n_rows.sum()),
    )  # fmt: skip
