"""A plan: everything an answer depends on, written down before the answer is looked at.

The fields follow what preregistrations of existing data ask for. Every default stands here once;
docs/hypothesis.md explains each key.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from analysis.exercises import Catalogue
from analysis.measures import counting
from analysis.measures.e1rm import FORMULAS
from analysis.measures.weeks import WEEKDAYS
from analysis.measures.working import WorkingRule
from analysis.models.dose.inputs import REACH, Floats, Ints
from analysis.models.dose.whitening import Variances
from analysis.problems import PathError, SettingsError, did_you_mean
from analysis.say import spoken


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


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Who is left out.

    Attributes:
        min_days: fewest strength days (of one exercise each) of an athlete.
        min_weeks_logged: fewest logged weeks of an athlete.
        athletes: names left out.
    """

    min_days: int = 1
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
        unlogged: what a week without a log held, words of `UNLOGGED`.
        outcomes: words of `OUTCOMES`; by default none but the plan's own and the first top set,
            because the others move with the number of sets by themselves (docs/hypothesis.md).
        min_days: fewest strength days (of one exercise each) of an athlete.
        max_specifications: most combinations that are run; 0 for no curve.
        permutations: draws of the joint test; 0 for none.
    """

    indirect: tuple[float, ...] = (0.0, 1 / 3, 0.5, 1.0)
    formulas: tuple[str, ...] = ("epley", "brzycki", "wathan")
    warmups: tuple[str, ...] = ("by_load", "marked_only")
    week_starts: tuple[str, ...] = ("monday", "sunday")
    unlogged: tuple[str, ...] = ("unknown", "rest")
    outcomes: tuple[str, ...] = ("strength",)
    min_days: tuple[int, ...] = (1, 50)
    max_specifications: int = 40
    permutations: int = 200


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """How what could have been detected is found: simulated cohorts, and the power aimed at."""

    simulations: int = 100
    target: float = 0.8


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

    muscle_walk: float
    exercise_walk: float
    session: float
    residual: float
    autocorrelation: Mapping[str, tuple[float, ...]]

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

    question: str
    muscle: str
    smallest_effect: float
    estimand: str = ""
    exposure: str = "fractional_sets"
    exposure_muscle: str = ""
    form: str = "linear"
    threshold: float | None = None
    indirect_weight: float | None = None
    outcome: str = "strength"
    effect: str = "within"
    population: str = "everyone whose logs are given"
    covariates: tuple[str, ...] = ()
    subgroup: str = ""
    interaction: str = ""
    formula: str = "epley"
    seed: int = 1
    written_before_data: bool = False
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


# What every key of a plan file must be: a test, and the same in words.


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must be: a test, and the same in words."""

    holds: Callable[[Any], bool]
    says: str
    words: Sequence[str] = ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(low: float, high: float, says: str) -> Rule:
    return Rule(lambda v: _is_number(v) and low <= v <= high, says)


def _whole(low: int, high: int) -> Rule:
    says = f"a whole number from {low} to {high:,}"
    return Rule(lambda v: type(v) is int and low <= v <= high, says)


def _word(words: Sequence[str]) -> Rule:
    return Rule(lambda v: v in words, f"one of {', '.join(words)}", words)


def _many(each: Rule) -> Rule:
    def holds(value: Any) -> bool:
        return isinstance(value, list) and bool(value) and all(each.holds(v) for v in value)

    return Rule(holds, f"a list, of each {each.says}",
                each.words)  # fmt: skip


TEXT = Rule(lambda v: isinstance(v, str) and bool(v.strip()), "a sentence in quotes")
NAMES = Rule(
    lambda v: isinstance(v, list) and all(isinstance(name, str) for name in v),
    "a list of names in quotes",
)
YES_NO = Rule(lambda v: isinstance(v, bool), "true or false")
SHARE = _number(0.0, 1.0, "a number from 0 to 1")
PART = _number(0.01, 0.99, "a number between 0 and 1")
ABOVE_0 = Rule(lambda v: _is_number(v) and v > 0, "a number above 0")

WEEKS_APART = 2 * REACH + 1


def _is_autocorrelation(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(each, list) and len(each) == WEEKS_APART and all(map(_is_number, each))
        for each in value.values()
    )


CORRELATED = Rule(
    _is_autocorrelation,
    f"by weekly dose, a list of {WEEKS_APART} numbers: of weeks 0 to {2 * REACH} apart",
)

RULES: Mapping[str, Mapping[str, Rule]] = {
    "": {
        "question": TEXT, "muscle": TEXT, "smallest_effect": ABOVE_0, "estimand": TEXT,
        "exposure": _word(tuple(EXPOSURES)), "indirect_weight": SHARE,
        "exposure_muscle": TEXT, "form": _word(FORMS), "threshold": ABOVE_0,
        "outcome": TEXT, "effect": _word(("within", "between")),
        "population": TEXT, "covariates": NAMES, "subgroup": TEXT,
        "interaction": TEXT,
        "formula": _word(tuple(FORMULAS)), "seed": _whole(0, 2**32 - 1),
        "written_before_data": YES_NO,
    },
    "exclusions": {
        "min_days": _whole(1, 100_000), "min_weeks_logged": _whole(0, 5000), "athletes": NAMES,
    },
    "split": {"explore": PART, "use": _word(("explore", "confirm"))},
    "inference": {
        "level": _number(0.5, 0.999, "a number from 0.5 to 0.999"),
        "robust": _word(("CR2",)),
    },
    "sensitivity": {
        "indirect": _many(SHARE), "formulas": _many(_word(tuple(FORMULAS))),
        "warmups": _many(_word(tuple(WARMUPS))), "week_starts": _many(_word(WEEKDAYS)),
        "unlogged": _many(_word(UNLOGGED)), "outcomes": _many(_word(tuple(OUTCOMES))),
        "min_days": _many(_whole(1, 100_000)), "max_specifications": _whole(0, 10_000),
        "permutations": _whole(0, 100_000),
    },
    "power": {"simulations": _whole(0, 10_000), "target": PART},
    "common": {
        "muscle_walk": ABOVE_0, "exercise_walk": ABOVE_0, "session": ABOVE_0,
        "residual": ABOVE_0, "autocorrelation": CORRELATED,
    },
}  # fmt: skip
"""Every key of a plan by its table, "" for the top of the file."""

TABLES = {
    "exclusions": Exclusions, "split": Split, "inference": Inference,
    "sensitivity": Sensitivity, "power": PowerPlan, "common": Common,
}  # fmt: skip


GONE = {
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


# From `hypothesis.toml` to a `Plan`: every key checked, every error with its remedy.


REQUIRED = {
    "question": "say in a sentence what is asked",
    "muscle": 'name a muscle group, such as muscle = "quads"',
    "smallest_effect": "say which effect would be too small to matter, in % strength for one more "
    "a week held for four weeks, such as smallest_effect = 0.1",
}


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
    try:
        data = tomllib.loads(raw.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        said = "not valid TOML", "correct that line"
        raise SettingsError(file, "file", str(error), *said) from None
    top = {key: value for key, value in data.items() if key not in TABLES}
    values = _checked(file, "", top)
    for key, remedy in REQUIRED.items():
        if key not in values:
            raise SettingsError(file, key, None, "a plan needs it", remedy)
    for name, kind in TABLES.items():
        if name in data:
            values[name] = _table(file, name, data[name], kind)
    plan = Plan(**values)
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
                                _remedy(name, muscles))  # fmt: skip
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
    data = tomllib.loads(raw.decode("utf-8-sig"))
    inside = {f"{name}.{key}" for name in TABLES for key in data.get(name, {})}
    return (set(data) - set(TABLES)) | inside


def _table(file: str, name: str, value: object, kind: type[Any]) -> Any:
    if not isinstance(value, dict):
        keys = ", ".join(RULES[name])
        raise SettingsError(file, name, value, f"a table with {keys}", f"write it below [{name}]")
    found = _checked(file, name, value)
    needed = [each.name for each in fields(kind) if each.default is MISSING
              and each.default_factory is MISSING]  # fmt: skip
    if lacking := [key for key in needed if key not in found]:
        remedy = "let round one of pooling write the table; docs/pooling.md"
        raise SettingsError(file, f"{name}.{lacking[0]}", None, f"[{name}] needs it", remedy)
    return kind(**found)


def _checked(file: str, table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in values.items():
        where = f"{table}.{key}" if table else key
        if key in GONE and key not in RULES[table]:
            raise SettingsError(file, where, value, "a key of earlier plans", GONE[key])
        if key not in RULES[table]:
            names = [*RULES[table], *([] if table else TABLES)]
            raise SettingsError(file, where, value, "no such key", _remedy(key, names, "keys"))
        rule = RULES[table][key]
        gone = [GONE_WORDS[each] for each in _each(value) if each in GONE_WORDS]
        if gone or not rule.holds(value):
            remedy = "; ".join(gone) or _remedy(value, rule.words)
            raise SettingsError(file, where, value, f"expected {rule.says}", remedy)
        found[key] = tuple(value) if isinstance(value, list) else value
    return found


def _each(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


def _remedy(value: object, words: Sequence[str], what: str = "") -> str:
    if isinstance(value, str) and (near := did_you_mean(value, words)):
        return near
    return f"the {what} are {', '.join(words)}" if what else "correct it"


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
