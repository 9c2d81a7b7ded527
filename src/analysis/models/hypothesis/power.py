"""What these logs could have shown: power and the minimal detectable effect, by simulation.

Cohorts are drawn from the fitted model itself: the same athletes, doses and missing blocks, the
same spread of growth and slopes, the same noise, and no effect. The plan's model is refitted to
each, with its robust errors and degrees of freedom. Adding an effect δ to the outcome moves the
estimate by exactly δ and leaves its standard error as it is (least squares, restricted likelihood
and CR2 are all equivariant), so one set of cohorts gives the power at every δ. How much of the
noise is shared by neighbouring changes is held at the fit's value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.models import mixed
from analysis.models.dose_response.noise import Floats
from analysis.models.dose_response.whitened import Whitened
from analysis.progress import Tell, silent, told

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
