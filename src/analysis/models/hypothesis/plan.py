"""A plan: everything an answer depends on, written down before the answer is looked at.

The fields follow what preregistrations of existing data ask for. Every default stands here once;
docs/hypothesis.md explains each key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict

from analysis.exercises import Catalogue
from analysis.measures import counting
from analysis.measures.e1rm import FORMULAS
from analysis.measures.weeks import WEEKDAYS
from analysis.measures.working import WorkingRule
from analysis.models.dose.inputs import REACH, Floats, Ints
from analysis.models.dose.whitening import Variances
from analysis.problems import PathError, SettingsError, did_you_mean
from analysis.say import spoken
from analysis.settings import (
    NAMES,
    STRICT,
    TEXT,
    YES_NO,
    Needed,
    Rule,
    is_number,
    many,
    number,
    parse_toml,
    read,
    whole,
    word,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exposure:
    """What was given: a weekly dose.

    Attributes:
        column: its name among the weekly doses.
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
    "fractional_sets": Exposure("sets", 0.5, "one more weekly set", "weekly set"),
    "direct_sets": Exposure("sets", 0.0, "one more weekly direct set", "weekly direct set"),
    "total_sets": Exposure("sets", 1.0, "one more weekly set", "weekly set, indirect ones whole"),
    "hard_sets": Exposure("hard_sets", 0.5, "one more weekly hard set", "weekly hard set"),
    "frequency": Exposure("frequency", 0.5, "one more training day a week", "weekly day", False),
    "light_share": Exposure(
        "light_share", 0.5, "all sets instead of none at 12 repetitions to failure or more",
        "all sets against none at 12 repetitions to failure or more", False,
    ),
}  # fmt: skip
"""Words of `exposure`."""

OUTCOMES = {
    "strength": "top_sets",
    "strength_working": "working",
    "strength_failure": "failure",
    "naive_maximum": "weekly_maximum",
}
"""Words of `outcome` -> what a day's strength is taken from."""

FORMS = ("linear", "log", "sqrt", "reciprocal")
"""Words of `form`."""

FORM_AT = 10.0
"""Weekly sets at which one more is stated where a dose is curved."""

WARMUPS = {"by_load": WorkingRule().warmup_below, "marked_only": 0.0}
"""Words of `warmups` -> share of the day's best e1RM below which an early set is a warm-up."""

COVARIATES = ("sets", "hard_sets", "frequency", "light_share")
"""Weekly doses that may be held fixed."""

CURVED = ("sets", "hard_sets")
"""Weekly doses that may have a form or a threshold."""

UNLOGGED = ("unknown", "rest")
"""What a week without a log held."""


EARLIER = {
    "block_weeks": "gains accrue week by week, so there are no blocks; leave it out: the effect "
    "is of four weeks, on strength 5 to 12 weeks later",
    "lag": "every distance in weeks is in one model; leave it out: the effect is on strength 5 to "
    "12 weeks later",
    "min_blocks": "write min_days, the fewest strength days of an athlete",
}
"""Keys of earlier plans, with what stands in their place."""

GONE_WORDS = {
    "intensity": "% of a past maximum is the strength of the day itself; write light_share, the "
    "share of sets of 12 repetitions to failure or more",
    "strength_change": "write strength: a level on its day, no change between blocks",
    "strength_change_working": "write strength_working",
    "strength_change_failure": "write strength_failure",
}
"""Words of earlier plans, with what stands in their place."""


SHARE = number(0.0, 1.0)
PART = number(0.01, 0.99, "a number between 0 and 1")
ABOVE_0 = Rule(lambda v: is_number(v) and v > 0, "a number above 0")
OUTCOME = replace(TEXT, gone=GONE_WORDS)
OTHER_OUTCOMES = many(word(tuple(OUTCOMES), gone=GONE_WORDS))
FORMULA = word(tuple(FORMULAS))
DAYS = whole(1, 100_000)

WEEKS_APART = 2 * REACH + 1


def _is_autocorrelation(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(each, list | tuple) and len(each) == WEEKS_APART and all(map(is_number, each))
        for each in value.values()
    )


CORRELATED = Rule(
    _is_autocorrelation,
    f"by weekly dose, a list of {WEEKS_APART} numbers: of weeks 0 to {2 * REACH} apart",
)
FROM_POOLING = Needed(
    "[common] needs it", "let round one of pooling write the table; docs/pooling.md"
)


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Who is left out.

    Attributes:
        min_days: fewest strength days (of one exercise each) of an athlete.
        min_weeks_logged: fewest logged weeks of an athlete.
        athletes: names left out.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    GONE: ClassVar[Mapping[str, str]] = EARLIER
    min_days: Annotated[int, DAYS] = 1
    min_weeks_logged: Annotated[int, whole(0, 5000)] = 0
    athletes: Annotated[tuple[str, ...], NAMES] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """People parted into a half to look at freely and a half to confirm on.

    Attributes:
        explore: share of people in the explore part.
        use: "explore" or "confirm".
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    explore: Annotated[float, PART] = 0.5
    use: Annotated[str, word(("explore", "confirm"))] = "confirm"


@dataclass(frozen=True, slots=True)
class Inference:
    """How the interval is made: its level, and standard errors robust by athlete."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    level: Annotated[float, number(0.5, 0.999)] = 0.95
    robust: Annotated[str, word(("CR2",))] = "CR2"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Other defensible choices, for the specification curve; the plan's own always joins them.

    Attributes:
        indirect: what an indirect set counts.
        formulas: e1RM formulas.
        warmups: words of `WARMUPS`.
        week_starts: weekdays.
        unlogged: what a week without a log held, words of `UNLOGGED`.
        outcomes: words of `OUTCOMES`; by default none but the plan's own and the first top set,
            because the others move with the number of sets by themselves (docs/hypothesis.md).
        min_days: fewest strength days (of one exercise each) of an athlete.
        max_specifications: most combinations that are run; 0 for no curve.
        permutations: draws of the joint test; 0 for none.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    GONE: ClassVar[Mapping[str, str]] = EARLIER
    indirect: Annotated[tuple[float, ...], many(SHARE)] = (0.0, 1 / 3, 0.5, 1.0)
    formulas: Annotated[tuple[str, ...], many(FORMULA)] = ("epley", "brzycki", "wathan")
    warmups: Annotated[tuple[str, ...], many(word(tuple(WARMUPS)))] = ("by_load", "marked_only")
    week_starts: Annotated[tuple[str, ...], many(word(WEEKDAYS))] = ("monday", "sunday")
    unlogged: Annotated[tuple[str, ...], many(word(UNLOGGED))] = ("unknown", "rest")
    outcomes: Annotated[tuple[str, ...], many(word(tuple(OUTCOMES), gone=GONE_WORDS))] = (
        "strength",
    )
    min_days: Annotated[tuple[int, ...], many(DAYS)] = (1, 50)
    max_specifications: Annotated[int, whole(0, 10_000)] = 40
    permutations: Annotated[int, whole(0, 100_000)] = 200


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """How what could have been detected is found: simulated cohorts, and the power aimed at."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    simulations: Annotated[int, whole(0, 10_000)] = 100
    target: Annotated[float, PART] = 0.8


@dataclass(frozen=True, slots=True)
class Common:
    """What every body of logs must share for cross-products to be added up, fixed beforehand.

    Only efficiency and the filling of weeks without a log hang on it. Round one of pooling writes
    it (docs/pooling.md).

    Attributes:
        muscle_walk, exercise_walk, session: variances in units of one day's, walks per week.
        residual: variance of one day of one exercise, %².
        autocorrelation: by weekly dose, of weeks 0 to 12 apart.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    muscle_walk: Annotated[float, ABOVE_0, FROM_POOLING]
    exercise_walk: Annotated[float, ABOVE_0, FROM_POOLING]
    session: Annotated[float, ABOVE_0, FROM_POOLING]
    residual: Annotated[float, ABOVE_0, FROM_POOLING]
    autocorrelation: Annotated[Mapping[str, tuple[float, ...]], CORRELATED, FROM_POOLING]

    @property
    def variances(self) -> Variances:
        """The four variances."""
        return Variances(self.muscle_walk, self.exercise_walk, self.session, self.residual)

    @property
    def shared(self) -> dict[str, tuple[Floats, Ints]]:
        """The autocovariances of the doses in units of their variance, and pairs of 1 each."""
        return {
            name: (np.array(values), np.ones(len(values), dtype=np.int64))
            for name, values in self.autocorrelation.items()
        }


QUESTION = Needed("a plan needs it", "say in a sentence what is asked")
MUSCLE = Needed("a plan needs it", 'name a muscle group, such as muscle = "quads"')
SMALLEST = Needed(
    "a plan needs it",
    "say which effect would be too small to matter, in % strength for one more a week held for "
    "four weeks, such as smallest_effect = 0.1",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A pre-registered question.

    Attributes:
        question: in words.
        muscle: a muscle group of the catalogue.
        smallest_effect: smallest effect that would matter, in % strength 5 to 12 weeks after
            four weeks with one more unit of exposure a week, above 0.
        estimand: in words; made from the other keys where empty.
        exposure: a word of `EXPOSURES`.
        indirect_weight: what an indirect set counts; None for the exposure's own.
        exposure_muscle: whose weekly dose it is; empty for the muscle itself.
        form: of the dose, a word of `FORMS`: one more a week is then that at `FORM_AT` a week.
        threshold: weekly sets above which the effect of one more is asked for, the effect of
            those below held fixed; None for all alike.
        outcome: a word of `OUTCOMES`, an exercise of the catalogue, or a joined column.
        effect: "within" athletes or "between" them.
        population: whom the answer is for, in words.
        covariates: weekly doses held fixed, of `COVARIATES`, or joined columns.
        subgroup: a joined column that does not change; the effect is told by its levels too.
        interaction: a joined column that does not change, of numbers or of two words: asked for
            is then how much the effect within athletes differs for one step of it.
        formula: e1RM formula.
        seed: of the split, the drawn specifications, shuffles and simulations.
        written_before_data: the author's word that the plan is older than any look at the data.
        exclusions: who is left out.
        split: explore and confirm parts; None for everyone at once.
        inference: how the interval is made.
        sensitivity: other defensible choices.
        power: how power is simulated.
        common: what several bodies of logs share; None where one body learns it from itself.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    GONE: ClassVar[Mapping[str, str]] = EARLIER
    question: Annotated[str, TEXT, QUESTION]
    muscle: Annotated[str, TEXT, MUSCLE]
    smallest_effect: Annotated[float, ABOVE_0, SMALLEST]
    estimand: Annotated[str, TEXT] = ""
    exposure: Annotated[str, word(tuple(EXPOSURES), gone=GONE_WORDS)] = "fractional_sets"
    exposure_muscle: Annotated[str, TEXT] = ""
    form: Annotated[str, word(FORMS)] = "linear"
    threshold: Annotated[float | None, ABOVE_0] = None
    indirect_weight: Annotated[float | None, SHARE] = None
    outcome: Annotated[str, OUTCOME] = "strength"
    effect: Annotated[str, word(("within", "between"))] = "within"
    population: Annotated[str, TEXT] = "everyone whose logs are given"
    covariates: Annotated[tuple[str, ...], NAMES] = ()
    subgroup: Annotated[str, TEXT] = ""
    interaction: Annotated[str, TEXT] = ""
    formula: Annotated[str, FORMULA] = "epley"
    seed: Annotated[int, whole(0, 2**32 - 1)] = 1
    written_before_data: Annotated[bool, YES_NO] = False
    exclusions: Exclusions = field(default_factory=Exclusions)
    split: Split | None = None
    inference: Inference = field(default_factory=Inference)
    sensitivity: Sensitivity = field(default_factory=Sensitivity)
    power: PowerPlan = field(default_factory=PowerPlan)
    common: Common | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """Weekly doses in the model, the exposure first."""
        return tuple(dict.fromkeys([self.dose, *self._beside]))

    @property
    def asked(self) -> str:
        """The measure whose effect is asked for: the dose, or what it is worth by a column."""
        return f"{self.dose}_by" if self.interaction else self.dose

    @property
    def dose(self) -> str:
        """The weekly dose that is given more of."""
        if self.threshold is not None:
            return f"{self.given.column}_above"
        return self.given.column + ("" if self.form == "linear" else f"_{self.form}")

    @property
    def held(self) -> tuple[str, ...]:
        """Measures that are held fixed."""
        return (self.dose, *self._beside) if self.interaction else self._beside

    @property
    def _beside(self) -> tuple[str, ...]:
        below = () if self.threshold is None else (f"{self.given.column}_below",)
        return (*below, *self.covariates)

    @property
    def trained(self) -> str:
        """The muscle whose weekly dose it is."""
        return self.exposure_muscle or self.muscle

    @property
    def what(self) -> str:
        """What may change, in words."""
        if self.outcome in OUTCOMES:
            return f"strength of {spoken(self.muscle)}"
        return self.outcome.replace("-", " ").replace("_", " ")

    @property
    def more(self) -> str:
        """What is given more of, in words."""
        of = f"{self.given.one_more} for {spoken(self.trained)}"
        if self.threshold is not None:
            return f"{of} above {self.threshold:g}"
        return of if self.form == "linear" else f"{of} at {FORM_AT:g} a week"

    @property
    def given(self) -> Exposure:
        """What the exposure is."""
        return EXPOSURES[self.exposure]

    @property
    def unit(self) -> str:
        """Unit of the effect."""
        if self.effect == "between":
            return f"% per year per usual {self.given.unit}"
        step = f", per step of {spoken(self.interaction)}" if self.interaction else ""
        return f"% per {self.given.unit} held for four weeks{step}"

    @property
    def indirect(self) -> float:
        """What an indirect set counts."""
        return self.given.indirect if self.indirect_weight is None else self.indirect_weight


TABLES = {
    "exclusions": Exclusions, "split": Split, "inference": Inference,
    "sensitivity": Sensitivity, "power": PowerPlan, "common": Common,
}  # fmt: skip


# From `hypothesis.toml` to a `Plan`: every key checked, every error with its remedy.


def read_plan(path: str | Path) -> tuple[Plan, str]:
    """Read a plan file.

    Returns:
        The plan, and the SHA-256 of the file's bytes.

    Raises:
        PathError: there is no such file.
        SettingsError: the file is no TOML, or a key breaks a rule.
    """
    path = Path(path)
    if not path.is_file():
        raise PathError(f"{path}: no such plan file; docs/hypothesis.md shows one to start from")
    raw = path.read_bytes()
    return parse_plan(raw, path.name), hashlib.sha256(raw).hexdigest()


def parse_plan(raw: bytes, file: str = "hypothesis.toml") -> Plan:
    """Return the plan of a file's bytes; errors as in `read_plan`."""
    plan = read(raw, file, Plan)
    _refuse_contradictions(plan, file)
    return plan


def _refuse_contradictions(plan: Plan, file: str) -> None:
    if plan.given.column in plan.covariates:
        raise SettingsError(
            file, "covariates", list(plan.covariates),
            f"{plan.given.column} is the exposure itself", "leave it out of the covariates",
        )  # fmt: skip
    curved = plan.form != "linear" or plan.threshold is not None
    if curved and plan.given.column not in CURVED:
        raise SettingsError(
            file, "exposure", plan.exposure, "form and threshold are of weekly sets",
            "leave them out, or ask for sets",
        )  # fmt: skip
    if plan.interaction and plan.interaction == plan.subgroup:
        raise SettingsError(
            file, "interaction", plan.interaction,
            "within a level of the subgroup nobody differs in it", "leave one of the two out",
        )  # fmt: skip
    if plan.interaction and plan.effect == "between":
        raise SettingsError(
            file, "interaction", plan.interaction,
            "an interaction is asked of the effect within athletes",
            'write effect = "within", or leave interaction out',
        )  # fmt: skip
    if plan.form != "linear" and plan.threshold is not None:
        raise SettingsError(file, "threshold", plan.threshold, f"the form is {plan.form} already",
                            "leave one of them out")  # fmt: skip
    lacking = set(plan.measures) - set(
        plan.common.autocorrelation if plan.common else plan.measures
    )
    if lacking:
        raise SettingsError(
            file, "common.autocorrelation", sorted(lacking), "every weekly dose needs its own",
            "let round one of pooling write the table; docs/pooling.md",
        )  # fmt: skip


def check_names(
    plan: Plan, catalogue: Catalogue, columns: Sequence[str] = (), file: str = "hypothesis.toml"
) -> None:
    """Raise SettingsError where a name is neither the catalogue's nor a joined column.

    Args:
        plan: the plan.
        catalogue: muscles and exercises.
        columns: names of what is joined to the logs.
        file: the plan's name, for the message.
    """
    muscles = counting.muscles(catalogue)
    for key in ("muscle", "exposure_muscle"):
        name = getattr(plan, key)
        if name and name not in muscles:
            raise SettingsError(file, key, name, f"expected one of {', '.join(muscles)}",
                            did_you_mean(name, muscles) or "correct it")  # fmt: skip
    joined = f"a column of a table given by --with ({', '.join(columns) or 'none is given'})"
    exercises = catalogue.exercises["exercise_id"].to_list()
    if plan.outcome not in (*OUTCOMES, *columns, *exercises):
        words = (*OUTCOMES, *columns, *exercises)
        raise SettingsError(
            file, "outcome", plan.outcome,
            f"expected one of {', '.join(OUTCOMES)}, an exercise of the catalogue, or {joined}",
            did_you_mean(plan.outcome, words) or "correct it",
        )  # fmt: skip
    for name in plan.covariates:
        if name not in (*COVARIATES, *columns):
            raise SettingsError(
                file, "covariates", list(plan.covariates),
                f"expected a list of any of {', '.join(COVARIATES)}, or {joined}",
                did_you_mean(name, (*COVARIATES, *columns)) or "correct it",
            )  # fmt: skip
    for key in ("subgroup", "interaction"):
        name = getattr(plan, key)
        if name and name not in columns:
            raise SettingsError(file, key, name, f"expected {joined}",
                            did_you_mean(name, columns) or "correct it")  # fmt: skip


def stated(raw: bytes) -> set[str]:
    """Return the keys that a valid plan file states itself, `table.key` inside a table."""
    data = parse_toml(raw, "plan")
    inside = {f"{name}.{key}" for name in TABLES for key in data.get(name, {})}
    return (set(data) - set(TABLES)) | inside


def settings(plan: Plan) -> dict[str, Any]:
    """Return every key with its value, `table.key` inside a table, in the plan's order."""
    found: dict[str, Any] = {}
    for each in fields(plan):
        value = getattr(plan, each.name)
        if each.name in TABLES and value is not None:
            found |= {f"{each.name}.{part.name}": getattr(value, part.name)
                      for part in fields(value)}  # fmt: skip
        else:
            found[each.name] = value
    return found
