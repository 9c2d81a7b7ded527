"""What a simulated cohort is like: every planted effect and every nuisance, with its unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

MUSCLES = (
    "quads", "hamstrings", "calves", "chest", "lats", "front_delts", "biceps", "triceps",
)  # fmt: skip


DOSES = ("blocks", "offset", "weekly")
"""How weekly sets are planned: for blocks of the calendar, for blocks from a start of each
athlete's own, or anew every week."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Knobs of the simulator. Defaults follow real logs where those are known.

    The planted law, per athlete and muscle, with x the fractional sets per week, mean over a
    block, and x̄ the athlete's mean of it over all blocks:

        change to the next block, % = growth + within · (x − x̄) + between · (x̄ − cohort mean)
                                      + confounding · u + drift

    where change is 100 times the difference in log strength from the start of a block to that of
    the next, u the unseen stress of the athlete in that block, and drift the level noise. It comes
    week by week: a week's sets act from the next week on, at once, or over `build_up_weeks`, and
    for ever, or until half of it is lost after `half_life_weeks`.

    Attributes:
        n_athletes: how many athletes.
        weeks: length of every log, a multiple of `block_weeks`.
        block_weeks: length of a block, for which doses are planned.
        doses: a word of `DOSES`.
        build_up_weeks: τ of the arrival of a week's gain, 1 − e^(−t/τ); 0 is at once.
        half_life_weeks: of its loss; None for never.
        muscles: muscles that every athlete trains, words of the catalogue's groups.
        start: Monday of the first week.
        within_pct: within effect, % strength per added weekly set held for a block.
        within_sd_pct: its spread over athletes.
        between_pct: between effect, % per weekly set of the athlete's mean and block.
        growth_pct_year: mean growth per year; real logs show a median of +11 %.
        growth_sd_pct_year: its spread over athletes.
        sets_mean: direct sets per muscle and week.
        sets_sd_between: spread of the athletes' means, sets per week.
        sets_sd_within: spread over blocks about the athlete's mean, sets per week.
        drift_pct: SD of the level noise added to each block's change.
        autocorrelation: lag-one correlation of that noise over blocks.
        confounding_pct: % change per SD of unseen stress u; u follows itself with 0.6 a block.
        confounding_sets: weekly sets that one SD of u adds.
        feedback_sets: weekly sets added in the next block per 1 % that the change fell short.
        missing_weeks: share of weeks trained as usual but not logged; never the first.
        dropout: share of athletes who stop logging before the end, at a random week.
        exercise_changes: expected swaps of an exercise per year in each of its places.
        sets_per_session: most sets of an exercise in one workout; more are split over days.
        day_noise_pct: SD of a day's strength. With the sets' own noise, reps in reserve and whole
            reps, a top set's estimate varies by 4.2 % from day to day, as in real logs.
        set_noise_pct: SD of strength from set to set within the day.
        fatigue_pct: strength lost with each further set of an exercise in a session.
        rir_mean: reps left in reserve on average.
        rir_noise: SD of the reps left about the athlete's habit, and of what the athlete thinks.
        rpe_logged: share of athletes who log RPE.
        warmups_marked: share of athletes who mark warm-up sets; the others log them as work.
        ramping: share of athletes whose work sets climb to a top set.
        curve: repetition curve that turns strength into reps: "epley", "brzycki" or "wathan".
        apps: export dialects, dealt to the athletes in turn (see `formats.DIALECTS`).
    """

    n_athletes: int = 200
    weeks: int = 52
    block_weeks: int = 4
    doses: str = "blocks"
    build_up_weeks: float = 0.0
    half_life_weeks: float | None = None
    muscles: tuple[str, ...] = MUSCLES
    start: date = date(2025, 1, 20)
    within_pct: float = 0.3
    within_sd_pct: float = 0.0
    between_pct: float = 0.0
    growth_pct_year: float = 11.0
    growth_sd_pct_year: float = 10.0
    sets_mean: float = 8.0
    sets_sd_between: float = 2.0
    sets_sd_within: float = 2.0
    drift_pct: float = 2.0
    autocorrelation: float = 0.0
    confounding_pct: float = 0.0
    confounding_sets: float = 0.0
    feedback_sets: float = 0.0
    missing_weeks: float = 0.1
    dropout: float = 0.1
    exercise_changes: float = 1.0
    sets_per_session: int = 4
    day_noise_pct: float = 3.5
    set_noise_pct: float = 1.5
    fatigue_pct: float = 1.5
    rir_mean: float = 1.5
    rir_noise: float = 0.7
    rpe_logged: float = 0.2
    warmups_marked: float = 0.2
    ramping: float = 0.3
    curve: str = "epley"
    apps: tuple[str, ...] = (
        "strong-s2-lb", "hevy-kg", "fitnotes-f3-kg", "strong-s3-kg", "hevy-lb", "fitnotes-f1-lb",
    )  # fmt: skip

    def __post_init__(self) -> None:
        if self.weeks % self.block_weeks or self.weeks < 2 * self.block_weeks:
            raise ValueError(
                f"weeks is {self.weeks}, expected two or more whole blocks of {self.block_weeks}"
            )
        if self.doses not in DOSES:
            raise ValueError(f"doses is {self.doses!r}, expected one of {', '.join(DOSES)}")
        if self.start.weekday() != 0:
            raise ValueError(f"start is {self.start}, expected a Monday")

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return self.weeks // self.block_weeks

    def arrived(self, weeks: Floats) -> Floats:
        """Return the share of a set's gain that is there so many weeks after it."""
        rise = 1.0 if self.build_up_weeks == 0 else 1.0 - np.exp(-weeks / self.build_up_weeks)
        fall = 1.0 if self.half_life_weeks is None else 0.5 ** (weeks / self.half_life_weeks)
        return np.asarray(rise * fall * np.ones_like(weeks))

    @property
    def later_pct(self) -> float:
        """What the model asks for: % 5 to 12 weeks after one more weekly set for four weeks."""
        return self.within_pct * float(self.arrived(np.arange(5.0, 13.0)).mean())
