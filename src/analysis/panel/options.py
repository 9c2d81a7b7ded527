"""Every choice that the panel depends on, in one place, so that it can be printed and varied."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.measures import counting
from analysis.measures.counting import Rule
from analysis.measures.load import BodyMass
from analysis.measures.working import WorkingRule

OUTCOMES = {
    "top_sets": "the first set at the day's heaviest load",
    "working": "the mean over the day's working sets",
    "failure": "the first top set among sets marked as failure or with 1 repetition in reserve or "
    "fewer",
    "weekly_maximum": "the best set of the week: grows with the number of sets by noise alone, "
    "kept only to show that bias",
}
"""What a day's (or week's) strength is taken from."""


@dataclass(frozen=True, slots=True)
class PanelOptions:
    """How a logbook becomes a panel.

    Attributes:
        block_weeks: length of a block, weeks from the athlete's first logged week.
        min_logged_weeks: fewest logged weeks that give a block a dose; None for half the block.
        rule: counting rule of the dose.
        outcome_from: a word of `OUTCOMES`.
        formula: e1RM formula.
        rep_cap: most repetitions to failure an estimate is taken from. Higher than for an e1RM
            in kg: a lift is only compared with itself, and a low cap drops just the days on
            which a lifter at the same load got stronger. In simulation 15 hides 8 % of the
            effect, 20 does not; docs/dose_response.md.
        body_mass_kg: body mass, for lifts that move the body; without it they have no outcome.
        rir_share: an exercise's logged reps in reserve are used where at least this share of
            its sets has them, and then only those sets count; otherwise none of them is used. A
            series that mixes both would jump by the reserve itself.
        max_change_pct: larger changes within an exercise from one block to the next are taken
            for another machine or a typing error; they are left out and counted.
        max_rir: most repetitions in reserve of a hard set.
        past_weeks: how far back the reference of % e1RM looks.
        week_starts: weekday that weeks begin on.
        working: which sets are working sets.
    """

    block_weeks: int = 4
    min_logged_weeks: int | None = None
    rule: Rule = "fractional"
    outcome_from: str = "top_sets"
    formula: str = "epley"
    rep_cap: float = 20.0
    body_mass_kg: BodyMass = None
    rir_share: float = 0.8
    max_change_pct: float = 40.0
    max_rir: float = counting.MAX_RIR
    past_weeks: int = 12
    week_starts: str = "monday"
    working: WorkingRule = field(default_factory=WorkingRule)

    def __post_init__(self) -> None:
        if self.outcome_from not in OUTCOMES:
            raise ValueError(
                f"outcome_from is {self.outcome_from!r}, expected one of {', '.join(OUTCOMES)}"
            )
        if self.block_weeks < 1 or not 0 < self.enough_weeks <= self.block_weeks:
            raise ValueError(
                f"block_weeks is {self.block_weeks} and min_logged_weeks {self.enough_weeks}, "
                "expected a block of 1 or more weeks and no more logged weeks than it has"
            )

    @property
    def enough_weeks(self) -> int:
        """Fewest logged weeks that give a block a dose."""
        half = -(-self.block_weeks // 2)
        return half if self.min_logged_weeks is None else self.min_logged_weeks
