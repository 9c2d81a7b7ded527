"""The specification curve and power: how far the answer hangs on choices, and what was findable.

After Simonsohn, Simmons & Nelson 2020 (Nat Hum Behav, doi 10.1038/s41562-020-0912-z). The curve
shows how far the answer hangs on choices; it is no better estimate than the plan's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from analysis.models.dose.effects import at_once, primary
from analysis.models.dose.inputs import LAGS, Floats
from analysis.models.dose.pooling import FEWEST_CLUSTERS, TooLittleError, pseudo_rows, with_sums
from analysis.models.dose.variances import growth_out
from analysis.models.dose.whitening import Variances
from analysis.models.hypothesis.plan import Plan
from analysis.models.hypothesis.study import (
    Choice,
    Fit,
    Study,
    combinations,
    planned,
    specifications,
)
from analysis.models.mixed.fit import fit as fit_mixed
from analysis.models.mixed.formula import ModelError
from analysis.progress import Tell, silent, told
from analysis.say import verdict_of

# The joint test of a specification curve: what it would look like if work meant nothing.
#
# Each athlete's score (what its log adds to the estimate, at an effect of 0) gets a random sign,
# the same in every specification, and the whole curve is summed again: the wild cluster bootstrap
# of scores (Kline & Santos 2012, J Econom Methods 1:23), imposed on all specifications at once.
# Athletes are independent and their scores have no direction where there is no effect, whatever
# the order of doses and strength in time. Observed and drawn curves are compared by the median
# over specifications of the estimate, and of estimate / robust error.


@dataclass(frozen=True, eq=False)
class Specification:
    """What a fitted specification gives to the joint test: one score per athlete of the logbook.

    Scores add up to the estimate where the effect is 0; athletes who tell nothing have a 0.
    """

    scores: Floats


@dataclass(frozen=True, slots=True)
class Joint:
    """Result of the joint test.

    Attributes:
        n: draws.
        median: observed median of the estimates; `p_median` its p-value, two-sided.
        median_t: observed median of estimate / error; `p_median_t` its p-value, two-sided.
    """

    n: int
    median: float
    p_median: float
    median_t: float
    p_median_t: float


def joint_test(specifications: Sequence[Specification], n: int, seed: int) -> Joint:
    """Return the joint test over specifications of the same athletes."""
    scores = np.array([each.scores for each in specifications])
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n, scores.shape[1]))
    signs = np.vstack([np.ones(scores.shape[1]), signs])
    estimates = signs @ scores.T
    errors = np.sqrt((scores**2).sum(axis=1))
    median, median_t = np.median(estimates, axis=1), np.median(estimates / errors, axis=1)
    return Joint(n, float(median[0]), _p(median), float(median_t[0]), _p(median_t))


def _p(statistic: Floats) -> float:
    """Return the two-sided p-value of the first, among itself and the others."""
    return float(np.mean(np.abs(statistic) >= abs(statistic[0]) * (1 - 1e-12)))


def scores(fit: Fit, exposure: str) -> Floats:
    """Return each athlete's score for the primary number, where it is 0."""
    terms = list(fit.effect.model.terms)
    left, _ = growth_out(fit.body.products.pick(["week", *terms, "strength"]))
    xx, xy = left.gram[:, :-1, :-1], left.gram[:, :-1, -1]
    inverse = np.linalg.inv(xx.sum(axis=0))
    weights = np.array([primary(exposure).get(term, 0.0) for term in terms])
    beta = inverse @ xy.sum(axis=0)
    across = inverse @ weights
    null = beta - across * (weights @ beta) / (weights @ across)
    return np.asarray((xy - xx @ null) @ across)


CURVE = ("specification", "planned", "estimate", "std_error", "low", "high", "unit",
         "n_athletes", "n_days", *Choice.__dataclass_fields__)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SpecificationCurve:
    """A specification curve.

    Attributes:
        table: one row per specification that could be fitted, lowest estimate first.
        refused: reasons of those that could not be fitted.
        combinations: how many combinations of the choices there are.
        joint: test over all specifications together; None where not made.
    """

    table: pd.DataFrame
    refused: tuple[str, ...]
    combinations: int
    joint: Joint | None

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
        ends = zip(self.table["low"], self.table["high"], strict=True)
        return float(np.mean([verdict_of(low, high) != "open" for low, high in ends]))


def curve(study: Study, variances: Variances, tell: Tell = silent) -> SpecificationCurve | None:
    """Run the specifications of a plan; None where the plan wants none or none can be fitted."""
    plan = study.plan
    rows, refused, fitted = [], [], []
    wanted = list(specifications(plan)) if plan.sensitivity.max_specifications else []
    for choice in told(wanted, tell, lambda _: "other analysts' choices"):
        own = choice == planned(plan)
        try:
            fit = study.fit(choice, None if own else variances)
        except TooLittleError as error:
            refused.append(str(error))
            continue
        found = study.target(fit)
        rows.append(
            {
                "planned": own,
                "estimate": found.value,
                "std_error": found.std_error,
                "low": found.low,
                "high": found.high,
                "unit": plan.unit,
                "n_athletes": fit.n_athletes,
                "n_days": fit.n_days,
                **asdict(choice),
            }
        )
        fitted.append(Specification(scores(fit, study.exposure)))
    if not rows:
        return None
    table = pd.DataFrame(rows).sort_values("estimate", kind="stable", ignore_index=True)
    table.insert(0, "specification", np.arange(1, len(table) + 1))
    return SpecificationCurve(
        table[list(CURVE)], tuple(refused), combinations(plan), _joint(plan, fitted)
    )


def _joint(plan: Plan, fitted: Sequence[Specification]) -> Joint | None:
    if plan.effect != "within" or not plan.sensitivity.permutations:
        return None
    if min(int((each.scores != 0).sum()) for each in fitted) < FEWEST_CLUSTERS:
        return None
    return joint_test(fitted, plan.sensitivity.permutations, plan.seed)


# What these logs could have shown: power and the smallest effect that can be detected, simulated.
#
# Cohorts are drawn from the fitted model itself: the same athletes, doses and weeks without a log,
# the same spread of slopes, the same noise, and no effect. The plan's model is refitted to each,
# with its robust errors and degrees of freedom. A pseudo-row has a noise of 1 by construction, so
# drawing its response is drawing the athlete's log. Adding an effect δ to the outcome moves the
# estimate by exactly δ and leaves its standard error as it is, so one set of cohorts gives the
# power at every δ. The variances are held at the fit's values.


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


def power(study: Study, fit: Fit, tell: Tell = silent) -> Power | None:
    """Simulate cohorts of no effect and refit them; None where too few refits succeed.

    An effect between athletes gets its power from its standard error alone, and is left out here.
    """
    plan = study.plan
    if plan.effect == "between" or not plan.power.simulations:
        return None
    rng = np.random.default_rng(plan.seed)
    if fit.effect.model.pooled is None:
        return _few(fit, plan, rng)
    terms = list(fit.effect.model.terms)
    rows, slopes = _null_rows(fit, terms, plan)
    who = rows["athlete"].to_numpy()
    formula = f"strength ~ 0 + {' + '.join(terms)}"
    found, refused = [], 0
    for _ in told(range(plan.power.simulations), tell, lambda _: "simulated cohorts"):
        own = slopes * rng.standard_normal(int(who.max()) + 1)
        drawn = rows["total"].to_numpy() * own[who] + rng.standard_normal(len(rows))
        table = rows.assign(strength=drawn)
        try:
            again = fit_mixed(formula, table, groups="athlete", random="~ 0", residual_sd=1.0)
        except ModelError:
            refused += 1
            continue
        row = again.contrast(primary(study.exposure), plan.inference.level, robust="CR2")
        found.append((row["estimate"], (row["high"] - row["low"]) / 2))
    if len(found) < FEWEST_REFITS:
        return None
    pairs = np.array(found, dtype=float)
    return Power(pairs[:, 0], pairs[:, 1], refused)


def _null_rows(fit: Fit, terms: list[str], plan: Plan) -> tuple[pd.DataFrame, float]:
    """Return pseudo-rows with the column of gains at once, and the SD of athletes' slopes.

    Of slopes of the dose: what an interaction explains of their spread is no noise of it.
    """
    made = {"total": {f"{plan.dose}_{name}": 1.0 for name in LAGS}}
    rows = pseudo_rows(with_sums(fit.body.products, made), [*terms, "total"])
    try:
        _, model = at_once(fit.body, plan.dose, beside=[plan.asked] if plan.interaction else [])
    except TooLittleError:
        return rows, 0.0
    spread = model.pooled.random_cov["athlete"].to_numpy() if model.pooled else np.zeros((1, 1))
    return rows, float(np.sqrt(max(spread[0, 0], 0.0)))


def _few(fit: Fit, plan: Plan, rng: np.random.Generator) -> Power:
    """Draw estimates of too few athletes for pooling from their own error."""
    one = fit.effect.estimate
    n = plan.power.simulations
    error = np.sqrt(rng.chisquare(one.dof, n) / one.dof)
    return Power(one.std_error * rng.standard_normal(n), one.reach * error, 0)


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
