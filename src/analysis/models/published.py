"""What trials have found, put on the log's own scale, and a log weighed together with it.

Pelland et al. (Sports Med 2025, doi 10.1007/s40279-025-02344-w; 66 studies, 490 effects, 2,020
people) give the gain in strength over a whole study, 10.4 weeks on average, per weekly fractional
set: 0.21 % [0.16, 0.26] at 8.14 sets a week. A log is read per block, so the slope is multiplied
by block_weeks / 10.4: gains are taken to accrue evenly over the study. The slope is that at 8.14
sets; it is not moved to the athlete's own dose.

A mean over randomised groups is not what one lifter's log will show: people differ, and a log is
no trial. As a prior its SD is therefore widened by `transfer` × the slope itself: at 1, that the
effect in this log is nil, or twice the published one, is each one SD away. That is a judgement,
not a finding; it is a parameter, and switched off by `prior=None`.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import ndtri

from analysis.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Published:
    """A published slope of strength on weekly sets, or on weekly days.

    Attributes:
        slope_pct: % strength over the study per added weekly set (day); `low` and `high` its
            95 % interval.
        at_sets: weekly sets at which the slope holds; None for a slope on days.
        weeks: mean length of the studies.
        source: who found it.
    """

    slope_pct: float
    low: float
    high: float
    at_sets: float | None
    weeks: float
    source: str

    def per_weeks(self, held_weeks: float, at_sets: float | None = None) -> tuple[float, float]:
        """Return slope and standard error in % per weekly set of the tested lift held so long.

        Args:
            held_weeks: how long the set is held; the study's gain is taken to accrue evenly.
            at_sets: weekly sets that it is added to. The published curve is reciprocal, so that
                the slope falls as 1 / (1 + sets)².
        """
        scale = held_weeks / self.weeks
        if at_sets is not None and self.at_sets is not None:
            scale *= ((1 + self.at_sets) / (1 + at_sets)) ** 2
        z = float(ndtri(0.975))
        return self.slope_pct * scale, (self.high - self.low) / (2 * z) * scale

    def per_block(self, block_weeks: float, weeks: float | None = None) -> tuple[float, float]:
        """Return slope and standard error in % per block and weekly set.

        Args:
            block_weeks: length of a block.
            weeks: length that the study's gain accrued over; the studies' mean by default.
        """
        scale = block_weeks / (weeks or self.weeks)
        z = float(ndtri(0.975))
        return self.slope_pct * scale, (self.high - self.low) / (2 * z) * scale


PELLAND_STRENGTH = Published(
    0.21, 0.16, 0.26, 8.14, 10.4,
    "Pelland et al. 2025, Sports Med, doi 10.1007/s40279-025-02344-w",
)  # fmt: skip


PELLAND_FREQUENCY = Published(
    3.27, 2.74, 3.84, None, 10.4,
    "Pelland et al. 2025, Sports Med, doi 10.1007/s40279-025-02344-w",
)  # fmt: skip
"""Per added day a week that the muscle is trained."""


@dataclass(frozen=True, slots=True)
class Prior:
    """A normal prior on the within effect, % strength per block and weekly set."""

    mean: float
    sd: float
    source: str


def published_prior(
    block_weeks: float,
    *,
    transfer: float = 1.0,
    weeks: float | None = None,
    at_sets: float | None = None,
    published: Published = PELLAND_STRENGTH,
) -> Prior:
    """Return the published slope as a prior for one log.

    Args:
        block_weeks: length of a block.
        transfer: SD added for the step from trials to one log, as a share of the slope.
        weeks: length that the studies' gain accrued over.
        at_sets: weekly sets that a further one is added to; those of the slope by default.
        published: which slope.
    """
    if transfer < 0:
        raise ValueError(f"transfer is {transfer}, expected 0 or more")
    mean, error = (
        published.per_block(block_weeks, weeks)
        if at_sets is None
        else published.per_weeks(block_weeks, at_sets)
    )
    return Prior(mean, (error**2 + (transfer * mean) ** 2) ** 0.5, published.source)


@dataclass(frozen=True, slots=True)
class Together:
    """What a log says together with the published evidence.

    Attributes:
        mean, sd: of the normal posterior.
        low, high: its central interval.
        from_log: share of the answer that comes from the log, 0 to 1: its weight in the mean.
    """

    mean: float
    sd: float
    low: float
    high: float
    from_log: float


def together(log: Estimate, prior: Prior) -> Together:
    """Weigh an estimate and a prior by precision.

    The estimate's t interval counts as the normal one of equal length, so that a few degrees of
    freedom weigh as little as they should.
    """
    z = float(ndtri(0.5 + log.level / 2))
    of_log, of_prior = (z / log.reach) ** 2, prior.sd**-2
    share = of_log / (of_log + of_prior)
    mean = share * log.value + (1 - share) * prior.mean
    sd = (of_log + of_prior) ** -0.5
    return Together(mean, sd, mean - z * sd, mean + z * sd, share)
