"""How lifts behave over many people: drift, wander and error, and how common each is.

`population.toml` holds the numbers that are estimated from public exports of Strong, Hevy and
FitNotes by benchmarks/strength_population.py, and says over how many people and lifts. The cells
are a grid of `q` (SD of the level's wander per √day) and `r` (SD of a typical day's error), both
in log units; a weight is the share of lifts in a cell. docs/strength.md#population.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np

from analysis.models.strength.regimes import Floats, Ints

STEP = 1.6
"""Factor between neighbours in both grids; one factor for both makes q/r take few values."""
WANDERS, ERRORS = 7, 6
Q = 0.0015 * STEP ** np.arange(WANDERS)
R = 0.0155 * STEP ** np.arange(ERRORS)
FLAT = 0.05
"""Share of the weight that is spread evenly, so that no behaviour is impossible."""


@dataclass(frozen=True, slots=True)
class Population:
    """What is known of a lift before its own days are seen.

    Attributes:
        weights: share of each cell (q, r), all r of the first q first; sums to 1.
        drift_per_year: growth of a level, log units a year.
        tails: quantiles of a forecast's error in SDs, at 2.5, 10, 25, 50, 75, 90 and 97.5 %.
        hidden_steps: how many steps a year a lift takes that are too small to be found: a change
            gains so many squares of the largest such step a year.
        doubt: share of the doubtful small steps that are another machine, not strength.
        lift_scale: a single lift's SD is multiplied by this.
        shared_muscle: correlation of the errors of lifts of one muscle.
        shared_lifter: the same over all lifts of a lifter.
        shared_return: both, where the muscle or the lifter has lately come back from a break.

    The last six are set by simulation (docs/strength.md#coverage), the rest is estimated.
    """

    weights: Floats
    drift_per_year: float
    tails: tuple[float, ...]
    hidden_steps: float = 0.08
    doubt: float = 0.35
    lift_scale: float = 1.1
    shared_muscle: float = 0.30
    shared_lifter: float = 0.15
    shared_return: float = 0.6
    ratios: Floats = field(init=False)
    cell_ratio: Ints = field(init=False)
    cell_r: Floats = field(init=False)

    def __post_init__(self) -> None:
        q, r = np.divmod(np.arange(WANDERS * ERRORS), ERRORS)
        place = q - r + ERRORS - 1
        ratios = Q[0] / R[-1] * STEP ** np.arange(WANDERS + ERRORS - 1)
        object.__setattr__(self, "ratios", ratios)
        object.__setattr__(self, "cell_ratio", place.astype(np.int64))
        object.__setattr__(self, "cell_r", R[r])

    @property
    def key(self) -> tuple[object, ...]:
        """What tells one population from another, hashable."""
        plain = (self.drift_per_year, self.tails, self.hidden_steps, self.doubt, self.lift_scale)
        shared = (self.shared_muscle, self.shared_lifter, self.shared_return)
        return (self.weights.tobytes(), *plain, *shared)

    @property
    def cells(self) -> int:
        """Cells of the grid."""
        return len(self.weights)

    @property
    def drift_per_day(self) -> float:
        """Growth of a level, log units a day."""
        return self.drift_per_year / 365.25


def smoothed(weights: Floats) -> Floats:
    """Return weights of which a small share is spread evenly over the grid."""
    spread: Floats = (1 - FLAT) * weights / weights.sum() + FLAT / len(weights)
    return spread


@cache
def published() -> Population:
    """Return the population of `population.toml`."""
    text = files(__package__).joinpath("population.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    return Population(
        smoothed(np.ravel(told["weights_per_mille"]).astype(float)),
        drift_per_year=told["drift_per_year"],
        tails=tuple(told["tails"]),
    )


def fitted(evidence: Floats, *, rounds: int = 200) -> Floats:
    """Return the weights under which the lifts' days are most likely (EM for a mixture).

    Args:
        evidence: (lift, cell): log-likelihood of each lift's days in each cell.
        rounds: of the EM.
    """
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    weights = np.full(evidence.shape[1], 1 / evidence.shape[1])
    for _ in range(rounds):
        share = likelihood * weights
        weights = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
    return weights
