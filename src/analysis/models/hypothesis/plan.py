"""A plan: everything an answer depends on, written down before the answer is looked at.

The fields follow what preregistrations of existing data ask for. Every default stands here once;
docs/hypothesis.md explains each key.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Exposure:
    """What was given: a column of the panel.

    Attributes:
        column: the panel's column.
        indirect: what an indirect set counts, where the plan does not say.
        one_more: one added unit of it, in words.
        unit: of an effect.
        counts_sets: whether the counting rule changes it.
    """

    column: str
    indirect: float
    one_more: str
    unit: str
    counts_sets: bool = True


EXPOSURES = {
    "fractional_sets": Exposure("dose", 0.5, "one more weekly set", "weekly set"),
    "direct_sets": Exposure("dose", 0.0, "one more weekly direct set", "weekly direct set"),
    "total_sets": Exposure("dose", 1.0, "one more weekly set", "weekly set, indirect ones whole"),
    "hard_sets": Exposure("hard_sets", 0.5, "one more weekly hard set", "weekly hard set"),
    "frequency": Exposure("frequency", 0.5, "one more training day a week", "weekly day", False),
    "intensity": Exposure("intensity_pct", 0.5, "1 % of e1RM more load", "% of e1RM", False),
}
"""Words of `exposure`."""

OUTCOMES = {
    "strength_change": "top_sets",
    "strength_change_working": "working",
    "strength_change_failure": "failure",
    "naive_maximum": "weekly_maximum",
}
"""Words of `outcome` -> what the panel takes a day's strength from."""

WARMUPS = {"by_load": 0.70, "marked_only": 0.0}
"""Words of `warmups` -> share of the top load below which an unmarked set is a warm-up."""

COVARIATES = ("training_years", "dose", "hard_sets", "frequency", "intensity_pct", "mean_reps")
"""Columns of the panel that may be held fixed."""


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Who is left out.

    Attributes:
        min_blocks: fewest usable changes of an athlete.
        min_weeks_logged: fewest logged weeks of an athlete.
        athletes: names left out.
    """

    min_blocks: int = 1
    min_weeks_logged: int = 0
    athletes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """People parted into a half to look at freely and a half to confirm on.

    Attributes:
        explore: share of people in the explore part.
        use: "explore" or "confirm".
    """

    explore: float = 0.5
    use: str = "confirm"


@dataclass(frozen=True, slots=True)
class Inference:
    """How the interval is made: its level, and standard errors robust by athlete."""

    level: float = 0.95
    robust: str = "CR2"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Other defensible choices, for the specification curve; the plan's own always joins them.

    Attributes:
        indirect: what an indirect set counts.
        formulas: e1RM formulas.
        warmups: words of `WARMUPS`.
        week_starts: weekdays.
        block_weeks: block lengths; None for one week less and two more than the plan's.
        outcomes: words of `OUTCOMES`; by default none but the plan's own and the first top set,
            because the others move with the number of sets by themselves (docs/hypothesis.md).
        min_blocks: fewest usable changes of an athlete.
        max_specifications: most combinations that are run; 0 for no curve.
        permutations: shuffles of the joint test; 0 for none.
    """

    indirect: tuple[float, ...] = (0.0, 1 / 3, 0.5, 1.0)
    formulas: tuple[str, ...] = ("epley", "brzycki", "wathan")
    warmups: tuple[str, ...] = ("by_load", "marked_only")
    week_starts: tuple[str, ...] = ("monday", "sunday")
    block_weeks: tuple[int, ...] | None = None
    outcomes: tuple[str, ...] = ("strength_change",)
    min_blocks: tuple[int, ...] = (1, 8)
    max_specifications: int = 40
    permutations: int = 200


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """How what could have been detected is found: simulated cohorts, and the power aimed at."""

    simulations: int = 100
    target: float = 0.8


@dataclass(frozen=True, slots=True)
class Plan:
    """A pre-registered question.

    Attributes:
        question: in words.
        muscle: a muscle group of the catalogue.
        smallest_effect: smallest effect that would matter, in % strength per block and unit of
            exposure, above 0.
        estimand: in words; made from the other keys where empty.
        exposure: a word of `EXPOSURES`.
        indirect_weight: what an indirect set counts; None for the exposure's own.
        outcome: a word of `OUTCOMES`.
        effect: "within" athletes or "between" them.
        block_weeks: length of a block.
        lag: blocks between the exposure and the block that the change starts from.
        population: whom the answer is for, in words.
        covariates: columns held fixed, of `COVARIATES`.
        formula: e1RM formula.
        seed: of the split, the drawn specifications, shuffles and simulations.
        written_before_data: the author's word that the plan is older than any look at the data.
        exclusions: who is left out.
        split: explore and confirm parts; None for everyone at once.
        inference: how the interval is made.
        sensitivity: other defensible choices.
        power: how power is simulated.
    """

    question: str
    muscle: str
    smallest_effect: float
    estimand: str = ""
    exposure: str = "fractional_sets"
    indirect_weight: float | None = None
    outcome: str = "strength_change"
    effect: str = "within"
    block_weeks: int = 4
    lag: int = 0
    population: str = "everyone whose logs are given"
    covariates: tuple[str, ...] = ("training_years",)
    formula: str = "epley"
    seed: int = 1
    written_before_data: bool = False
    exclusions: Exclusions = field(default_factory=Exclusions)
    split: Split | None = None
    inference: Inference = field(default_factory=Inference)
    sensitivity: Sensitivity = field(default_factory=Sensitivity)
    power: PowerPlan = field(default_factory=PowerPlan)

    @property
    def given(self) -> Exposure:
        """What the exposure is."""
        return EXPOSURES[self.exposure]

    @property
    def unit(self) -> str:
        """Unit of the effect."""
        return f"% per {self.block_weeks}-week block per {self.given.unit}"

    @property
    def indirect(self) -> float:
        """What an indirect set counts."""
        return self.given.indirect if self.indirect_weight is None else self.indirect_weight
