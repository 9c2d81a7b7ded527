"""The specification curve: the same question under every defensible choice that was run.

After Simonsohn, Simmons & Nelson 2020 (Nat Hum Behav, doi 10.1038/s41562-020-0912-z). It shows how
far the answer hangs on choices; it is no better estimate than the plan's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.models import mixed
from analysis.models.dose_response import TooLittleError
from analysis.models.dose_response.model import Floats, Whitened, whiten
from analysis.models.hypothesis.plan import Plan
from analysis.models.hypothesis.study import Choice, Study, combinations, planned, specifications
from analysis.progress import Tell, silent, told

# The joint test of a specification curve: what it would look like if doses meant nothing.
#
# The doses of each athlete are shuffled over the athlete's own blocks, the same shuffle in every
# specification, and the whole curve is estimated again. Blocks of other lengths move with the
# block
# of the plan in which they begin. Every shuffle is estimated by generalised least squares with a
# growth of each athlete's own and the working covariance of the fit: the plan's model without
# pooling, fast enough to repeat. Observed and shuffled curves are both estimated so, and compared
# by two statistics: the median over specifications of the estimate, and of estimate / robust
# error.
#
# A shuffle breaks the order of the doses in time. Where dose and strength both drift for other
# reasons the test can be too ready to fire; `training_years` is held fixed for that.


Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Specification:
    """A fitted specification: its rows, noise share, exposure and block length in weeks."""

    white: Whitened
    noise_share: float
    exposure: str
    block_weeks: int


@dataclass(frozen=True, slots=True)
class Shuffled:
    """Result of the joint test.

    Attributes:
        n: shuffles.
        median: observed median of the estimates; `p_median` its p-value, two-sided.
        median_t: observed median of estimate / error; `p_median_t` its p-value, two-sided.
    """

    n: int
    median: float
    p_median: float
    median_t: float
    p_median_t: float


def shuffled(
    specifications: Sequence[Specification], block_weeks: int, n: int, seed: int
) -> Shuffled:
    """Return the joint test over specifications.

    Args:
        specifications: fitted ones.
        block_weeks: the plan's block length, whose blocks are shuffled.
        n: shuffles.
        seed: of the shuffles.
    """
    names = sorted({name for each in specifications for name in each.white.rows["athlete"]})
    last = max(int(each.white.rows["block"].max() * each.block_weeks) for each in specifications)
    keys = np.random.default_rng(seed).random((n, len(names), last // block_weeks + 1))
    place = {name: number for number, name in enumerate(names)}
    estimates, ts = [], []
    for each in specifications:
        doses = _doses(each, keys, place, block_weeks)
        estimate, error = _effects(each, doses)
        estimates.append(estimate * block_weeks / each.block_weeks)
        ts.append(estimate / error)
    median, median_t = np.median(estimates, axis=0), np.median(ts, axis=0)
    return Shuffled(n, float(median[0]), _p(median), float(median_t[0]), _p(median_t))


def _p(statistic: Floats) -> float:
    """Return the two-sided p-value of the first, among itself and the others."""
    return float(np.mean(np.abs(statistic) >= abs(statistic[0]) * (1 - 1e-12)))


def _doses(each: Specification, keys: Floats, place: dict[str, int], block_weeks: int) -> Floats:
    """Return doses, one column per arrangement: as they were, then shuffled."""
    rows = each.white.rows
    who = rows["athlete"].map(place).to_numpy()
    begins = (rows["block"].to_numpy() * each.block_weeks) // block_weeks
    dose = rows[each.exposure].to_numpy(float)
    # rows are sorted by athlete, so sorting by (athlete, key) permutes within each athlete
    order = [np.lexsort((key[who, begins], who)) for key in keys]
    return np.column_stack([dose, dose[np.array(order).T]])


def _effects(each: Specification, doses: Floats) -> tuple[Floats, Floats]:
    """Return estimate and cluster-robust error of every column of doses."""
    white = each.white
    starts = np.flatnonzero(np.r_[True, np.diff(white.who) != 0])
    held = [name not in (each.exposure, f"{each.exposure}_own_mean") and name[:6] != "growth"
            for name in white.terms]  # fmt: skip
    raw = np.column_stack([doses, white.raw_x[:, held], np.ones(len(doses))])
    columns, _ = white.chain.whiten(each.noise_share, raw)
    growth = columns[:, -1]
    both = np.column_stack([columns[:, :-1], white.y])
    slope = np.add.reduceat(both * growth[:, None], starts) / np.add.reduceat(
        growth**2, starts
    )[:, None]  # fmt: skip
    both -= growth[:, None] * slope[white.who]
    n = doses.shape[1]
    dose, covariates, y = both[:, :n], both[:, n:-1], both[:, -1:]
    if covariates.shape[1]:
        dose = dose - covariates @ np.linalg.lstsq(covariates, dose, rcond=None)[0]
        y = y - covariates @ np.linalg.lstsq(covariates, y, rcond=None)[0]
    squares = (dose**2).sum(axis=0)
    estimate = (dose * y).sum(axis=0) / squares
    scores = np.add.reduceat(dose * (y - dose * estimate), starts)
    if len(starts) == 1:
        scores = dose * (y - dose * estimate)
    return estimate, np.sqrt((scores**2).sum(axis=0)) / squares


CURVE = ("specification", "planned", "estimate", "std_error", "conf_low", "conf_high", "unit",
         "n_athletes", "n_blocks", *Choice.__dataclass_fields__)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Curve:
    """A specification curve.

    Attributes:
        table: one row per specification that could be fitted, lowest estimate first; effects in
            the plan's unit, so those of other block lengths are scaled to the plan's.
        refused: reasons of those that could not be fitted.
        combinations: how many combinations of the choices there are.
        joint: shuffle test over all specifications together; None where not made.
    """

    table: pd.DataFrame
    refused: tuple[str, ...]
    combinations: int
    joint: Shuffled | None

    @property
    def median(self) -> float:
        """Median of the estimates."""
        return float(self.table["estimate"].median())

    @property
    def same_sign(self) -> float:
        """Share of estimates with the sign of their median."""
        return float((np.sign(self.table["estimate"]) == np.sign(self.median)).mean())

    @property
    def excluding_zero(self) -> float:
        """Share of intervals that do not hold 0."""
        return float(((self.table["conf_low"] > 0) | (self.table["conf_high"] < 0)).mean())


def curve(study: Study, tell: Tell = silent) -> Curve | None:
    """Run the specifications of a plan; None where the plan wants none or none can be fitted."""
    plan = study.plan
    rows, refused, fitted = [], [], []
    wanted = list(specifications(plan)) if plan.sensitivity.max_specifications else []
    for choice in told(wanted, tell, lambda _: "other analysts' choices"):
        try:
            row, specification = _run(study, choice)
        except TooLittleError as error:
            refused.append(str(error))
            continue
        rows.append(row)
        fitted.append(specification)
    if not rows:
        return None
    table = pd.DataFrame(rows).sort_values("estimate", kind="stable", ignore_index=True)
    table.insert(0, "specification", np.arange(1, len(table) + 1))
    return Curve(table[list(CURVE)], tuple(refused), combinations(plan), _joint(plan, fitted))


def _run(study: Study, choice: Choice) -> tuple[dict[str, object], Specification]:
    plan = study.plan
    table = study.table(choice)
    fit = study.fit(table)
    # a block half as long gives an effect half the time to build
    found = study.target(fit).times(plan.block_weeks / choice.block_weeks)
    row = {
        "planned": choice == planned(plan),
        "estimate": found.estimate,
        "std_error": found.std_error,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "unit": plan.unit,
        "n_athletes": fit.n_athletes,
        "n_blocks": fit.n_blocks,
        **asdict(choice),
    }
    white = whiten(fit, table, study.exposure, plan.covariates)
    return row, Specification(white, fit.model.noise_share, study.exposure, choice.block_weeks)


def _joint(plan: Plan, fitted: Sequence[Specification]) -> Shuffled | None:
    if plan.effect != "within" or not plan.sensitivity.permutations:
        return None
    return shuffled(fitted, plan.block_weeks, plan.sensitivity.permutations, plan.seed)


# What these logs could have shown: power and the minimal detectable effect, by simulation.
#
# Cohorts are drawn from the fitted model itself: the same athletes, doses and missing blocks, the
# same spread of growth and slopes, the same noise, and no effect. The plan's model is refitted to
# each, with its robust errors and degrees of freedom. Adding an effect δ to the outcome moves the
# estimate by exactly δ and leaves its standard error as it is (least squares, restricted
# likelihood
# and CR2 are all equivariant), so one set of cohorts gives the power at every δ. How much of the
# noise is shared by neighbouring changes is held at the fit's value.


FEWEST_REFITS = 20


@dataclass(frozen=True, slots=True)
class Power:
    """Null cohorts, refitted.

    Attributes:
        estimates: the effect found in each cohort.
        reaches: half the length of its interval.
        refused: cohorts whose refit failed.
    """

    estimates: Floats
    reaches: Floats
    refused: int

    def at(self, effect: float) -> float:
        """Return the share of cohorts whose interval would exclude 0, were `effect` true."""
        return float(np.mean(np.abs(self.estimates + effect) > self.reaches))

    def detectable(self, target: float) -> float:
        """Return the smallest effect above 0 detected with that power."""
        # |estimate + δ| > reach holds from δ = reach − estimate on, where the estimate is small
        needed = np.sort(self.reaches - self.estimates)
        place = int(np.ceil(target * len(needed))) - 1
        return float(max(needed[place], 0.0))


def power(
    white: Whitened,
    term: str,
    simulations: int,
    seed: int,
    level: float,
    tell: Tell = silent,
) -> Power | None:
    """Simulate cohorts of no effect and refit them; None where too few refits succeed."""
    rng = np.random.default_rng(seed)
    refit = _refit(white, term, level)
    null = white.beta * (np.array(white.terms) != term)
    found, refused = [], 0
    for _ in told(range(simulations), tell, lambda _: "simulated cohorts"):
        try:
            found.append(refit(white.x @ null + _noise(white, rng)))
        except mixed.ModelError:
            refused += 1
    if len(found) < FEWEST_REFITS:
        return None
    pairs = np.array(found)
    return Power(pairs[:, 0], pairs[:, 1], refused)


def power_table(found: Power, smallest_effect: float, target: float, unit: str) -> pd.DataFrame:
    """Return one row per planted effect: `planted`, `power`, `unit`, `n_simulations`."""
    top = 1.5 * max(found.detectable(target), smallest_effect)
    planted = np.unique(np.round([*np.linspace(0, top, 13), smallest_effect], 4))
    return pd.DataFrame(
        {
            "planted": planted,
            "power": [found.at(float(effect)) for effect in planted],
            "unit": unit,
            "n_simulations": len(found.estimates),
        }
    )


def _noise(white: Whitened, rng: np.random.Generator) -> Floats:
    noise: Floats = white.sigma * rng.standard_normal(len(white.y))
    if white.random:
        athletes = int(white.who[-1]) + 1
        # a singular covariance has no Cholesky factor; its symmetric root always exists
        values, vectors = np.linalg.eigh(white.random_cov)
        root = vectors * np.sqrt(np.clip(values, 0, None))
        own = rng.standard_normal((athletes, len(white.random))) @ root.T
        noise = noise + (white.z * own[white.who]).sum(axis=1)
    return noise


def _refit(white: Whitened, term: str, level: float) -> Callable[[Floats], tuple[float, float]]:
    if white.random:
        return _mixed_refit(white, term, level)
    spare = len(white.y) - len(white.terms)
    inverse = np.linalg.inv(white.x.T @ white.x)
    place = white.terms.index(term)
    reach = float(stats.t.ppf(0.5 + level / 2, spare))

    def least_squares(y: Floats) -> tuple[float, float]:
        beta = inverse @ (white.x.T @ y)
        variance = float(((y - white.x @ beta) ** 2).sum()) / spare * inverse[place, place]
        return float(beta[place]), reach * float(np.sqrt(variance))

    return least_squares


def _mixed_refit(
    white: Whitened, term: str, level: float
) -> Callable[[Floats], tuple[float, float]]:
    table = pd.DataFrame(white.x, columns=list(white.terms))
    table["athlete"] = white.who
    formula = f"change ~ 0 + {' + '.join(white.terms)}"
    random = f"~ 0 + {' + '.join(white.random)}"

    def pooled(y: Floats) -> tuple[float, float]:
        table["change"] = y
        fit = mixed.fit(formula, table, groups="athlete", random=random)
        row = fit.contrast({term: 1.0}, level, robust="CR2")
        return float(row["estimate"]), float(row["conf_high"] - row["conf_low"]) / 2

    return pooled
