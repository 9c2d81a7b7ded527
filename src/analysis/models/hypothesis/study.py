"""A plan on its data: the logs of a choice, and the effect that the plan asks for."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from analysis.estimate import Estimate
from analysis.ingest import people
from analysis.logbook import Logbook
from analysis.measures.working import WorkingRule
from analysis.models.dose.control import beside
from analysis.models.dose.effects import (
    Body,
    Effect,
    between,
    body,
    effect,
    moderated,
)
from analysis.models.dose.logs import DoseOptions, MuscleLogs, muscle_logs
from analysis.models.dose.placebo import CONTROL, Placebo
from analysis.models.dose.pooling import FEWEST_CLUSTERS, TooLittleError
from analysis.models.dose.whitening import Variances
from analysis.models.hypothesis import measured
from analysis.models.hypothesis.measured import Moderator
from analysis.models.hypothesis.plan import COVARIATES, OUTCOMES, WARMUPS, Plan, Split
from analysis.say import count, verdict_of

# The choices behind one estimate: the plan's own, and the other defensible ones around it.


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to count, estimate and select; the fields are those of `plan.Sensitivity`."""

    indirect: float
    formula: str
    warmups: str
    week_starts: str
    unlogged: str
    outcome: str
    min_days: int

    @property
    def options(self) -> DoseOptions:
        """How logs become strength days and weekly doses."""
        return DoseOptions(
            rule={"direct": 1.0, "indirect": self.indirect},
            outcome_from=OUTCOMES.get(self.outcome, "top_sets"),
            formula=self.formula,
            week_starts=self.week_starts,
            working=WorkingRule(warmup_below=WARMUPS[self.warmups]),
            unlogged=self.unlogged,
        )


def planned(plan: Plan) -> Choice:
    """Return the plan's own choice."""
    return Choice(
        indirect=plan.indirect,
        formula=plan.formula,
        warmups="by_load",
        week_starts="monday",
        unlogged="unknown",
        outcome=plan.outcome,
        min_days=plan.exclusions.min_days,
    )


def alternatives(plan: Plan) -> dict[str, tuple[Any, ...]]:
    """Return the values of each choice, the plan's own first."""
    asked = plan.sensitivity
    found = {
        "indirect": asked.indirect if plan.given.counts_sets else (),
        "formula": asked.formulas,
        "warmups": asked.warmups,
        "week_starts": asked.week_starts,
        "unlogged": asked.unlogged,
        "outcome": asked.outcomes if plan.outcome in OUTCOMES else (),
        "min_days": asked.min_days,
    }
    own = asdict(planned(plan))
    return {name: tuple(dict.fromkeys((own[name], *values))) for name, values in found.items()}


def combinations(plan: Plan) -> int:
    """Return how many combinations of the choices there are."""
    return prod(len(values) for values in alternatives(plan).values())


def specifications(plan: Plan) -> list[Choice]:
    """Return the choices to run: the plan's own, each alternative alone, then drawn ones.

    All combinations where the plan's `max_specifications` allows them. Otherwise the drawn ones
    are a sample without replacement, by the plan's seed.
    """
    most = plan.sensitivity.max_specifications
    axes = alternatives(plan)
    if combinations(plan) <= most:
        return [Choice(*values) for values in product(*axes.values())]
    chosen = dict.fromkeys(_one_at_a_time(planned(plan), axes))
    dice = random.Random(plan.seed)
    while len(chosen) < most:
        chosen.setdefault(Choice(*(dice.choice(values) for values in axes.values())))
    return list(chosen)[:most]


def _one_at_a_time(own: Choice, axes: dict[str, tuple[Any, ...]]) -> Iterator[Choice]:
    yield own
    for name, values in axes.items():
        for value in values[1:]:
            yield replace(own, **{name: value})


# Whom the answer is about: the split by people, the exclusions, and a count of everyone lost.


FLOW = ("step", "athletes", "left_out", "reason")


@dataclass(frozen=True, slots=True)
class People:
    """The people of one run.

    Attributes:
        logbook: the logbook of those who are in.
        flow: rows (step, athletes left, left out here, reason), from the files down.
    """

    logbook: Logbook
    flow: tuple[tuple[str, int, int, str], ...]


def choose_people(logbook: Logbook, plan: Plan) -> People:
    """Return the people that the plan's split and its list of names leave in."""
    names = logbook.athletes
    flow = [("in the files", len(names), 0, "")]
    copies = people.copies(logbook.sets, people.pairs(logbook)) if len(names) > 1 else {}
    if copies:
        kept = [name for name in names if name not in copies]
        reason = "their workouts stand in another log, and count there"
        flow.append(("each person once", len(kept), len(copies), reason))
        names = kept
    if plan.split is not None:
        kept = [name for name in names if part_of(name, plan.split, plan.seed) == plan.split.use]
        other = "confirm" if plan.split.use == "explore" else "explore"
        flow.append(
            (f"{plan.split.use} part", len(kept), len(names) - len(kept), f"in the {other} part")
        )
        names = kept
    if plan.exclusions.athletes:
        kept = [name for name in names if name not in plan.exclusions.athletes]
        flow.append(("not excluded", len(kept), len(names) - len(kept), "named in the plan"))
        names = kept
    sets = logbook.sets.filter(pl.col("athlete").is_in(names))
    return People(replace(logbook, sets=sets), tuple(flow))


def part_of(name: str, split: Split, seed: int) -> str:
    """Return "explore" or "confirm": by a hash of seed and name, whoever else is in the files."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return "explore" if int.from_bytes(digest[:8]) / 2**64 < split.explore else "confirm"


def enough(logs: MuscleLogs, min_days: int, min_weeks_logged: int) -> MuscleLogs:
    """Return the logs with the days of athletes with too few days or logged weeks left out."""
    kept = _days(logs) >= min_days
    kept &= logs.weekly.logged.sum(axis=1) >= min_weeks_logged
    days = logs.days
    return replace(logs, days=days.of(kept[days.athlete] & (days.weight > 0)))


def exclusion_flow(logs: MuscleLogs, plan: Plan, n_told: int) -> list[tuple[str, int, int, str]]:
    """Return the rows of the flow from the logs down to the athletes in the model."""
    rules, everyone = plan.exclusions, len(logs.athletes)
    has_weeks = logs.weekly.logged.sum(axis=1) >= rules.min_weeks_logged
    has_days = has_weeks & (_days(logs) >= rules.min_days)
    weeks, days = int(has_weeks.sum()), int(has_days.sum())
    unknown = f", or {plan.interaction} not known" if plan.interaction else ""
    steps = [
        ("enough weeks", weeks, everyone - weeks,
         f"fewer than {rules.min_weeks_logged} logged weeks"),
        ("enough days", days, weeks - days,
         f"fewer than {count(rules.min_days, 'strength day')} of the muscle"),
        ("in the model", n_told, days - n_told,
         f"work that never changes, or too few days{unknown}"),
    ]  # fmt: skip
    return steps if rules.min_weeks_logged else steps[1:]


def flow_table(rows: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    """Return the flow as a table."""
    return pd.DataFrame(rows, columns=list(FLOW))


def _days(logs: MuscleLogs) -> np.ndarray:
    days = logs.days
    return np.bincount(days.athlete, days.weight > 0, minlength=len(logs.athletes))


@dataclass(frozen=True, eq=False)
class Fit:
    """A plan's model, fitted.

    Attributes:
        logs: strength days and weekly doses, after exclusions.
        body: their cross-products.
        effect: within athletes, with its event study and placebo.
        between: how growth goes with the usual dose, where the plan asks for it.
        moderator: what the effect may differ by, where the plan asks for an interaction.
    """

    logs: MuscleLogs
    body: Body
    effect: Effect
    between: Estimate | None
    moderator: Moderator | None = None

    @property
    def n_athletes(self) -> int:
        """Athletes in the model."""
        return self.effect.n_athletes

    @property
    def n_days(self) -> int:
        """Strength days of an exercise in the model."""
        return self.effect.n_rows

    @property
    def n_blocks(self) -> int:
        """Stretches of four weeks with a strength day, over athletes."""
        days = self.logs.days
        return len(np.unique(np.column_stack([days.athlete, days.week // 4]), axis=0))


@dataclass(frozen=True, slots=True)
class Study:
    """A plan and the logbook of the people it is about; logs are made once for each choice."""

    plan: Plan
    logbook: Logbook
    made: dict[Choice, MuscleLogs] = field(default_factory=dict)

    @property
    def exposure(self) -> str:
        """The measure whose effect is asked for."""
        return self.plan.asked

    @property
    def exercise(self) -> str:
        """The exercise whose strength is asked for; empty for a muscle's, or a joined column."""
        ids = self.logbook.catalogue.exercises["exercise_id"]
        own = self.plan.outcome not in OUTCOMES and self.plan.outcome in ids
        return self.plan.outcome if own else ""

    @property
    def measured(self) -> bool:
        """Whether the outcome is a joined column."""
        return self.plan.outcome not in OUTCOMES and not self.exercise

    @property
    def controlled(self) -> bool:
        """Whether another muscle's dose can be a control: of strength, and of the effect itself.

        What else is measured of a lifter may answer to any muscle's work; an interaction is no
        effect that a dose alone could mimic.
        """
        plan = self.plan
        return plan.effect == "within" and not plan.interaction and not self.measured

    def options(self, choice: Choice) -> DoseOptions:
        """Return how the logs of a choice are made."""
        return replace(choice.options, exercise=self.exercise)

    def everyone(self, choice: Choice) -> MuscleLogs:
        """Return the logs of a choice before exclusions."""
        key = replace(choice, min_days=0)
        if key not in self.made:
            self.made[key] = self._logs(choice)
        return self.made[key]

    def _logs(self, choice: Choice) -> MuscleLogs:
        plan, book = self.plan, self.logbook
        options = self.options(choice)
        logs = muscle_logs(book, plan.muscle, options)
        if plan.trained != plan.muscle:
            logs = replace(logs, weekly=muscle_logs(book, plan.trained, options).weekly)
        if self.measured:
            days = measured.days_of(book, logs, plan.outcome)
            logs = replace(logs, days=days, odd_days=0, steps=0, effort_known=1.0)
        doses = dict(logs.weekly.doses)
        if plan.threshold is not None:
            doses |= measured.parted(doses, plan.given.column, plan.threshold)
        elif plan.form != "linear":
            doses |= measured.in_form(doses, plan.given.column, plan.form)
        doses |= {
            name: measured.weekly_of(book, logs, name)
            for name in plan.covariates
            if name not in COVARIATES
        }
        return replace(logs, weekly=replace(logs.weekly, doses=doses))

    def fit(self, choice: Choice | None = None, variances: Variances | None = None) -> Fit:
        """Fit the plan's model to the logs of a choice, the plan's own by default.

        Args:
            choice: how to count, estimate and select.
            variances: where known: the other choices borrow those of the plan's own, on which
                only efficiency hangs.

        Raises:
            TooLittleError: the logs hold too little for it.
        """
        plan, choice = self.plan, choice or planned(self.plan)
        rules = plan.exclusions
        logs = enough(self.everyone(choice), choice.min_days, rules.min_weeks_logged)
        if self.controlled and choice == planned(plan):
            logs = beside(self.logbook, logs, self.options(choice), plan.trained)
        by = self.moderator(logs)
        if by is not None:
            logs = replace(logs, days=logs.days.of(np.isfinite(by.values)[logs.days.athlete]))
        common = plan.common
        reduced = body(
            logs.days,
            logs.weekly,
            [*plan.measures, CONTROL] if logs.control else plan.measures,
            unknown=choice.options.unknown,
            variances=common.variances if common else variances,
            shared=common.shared if common else None,
        )
        if by is not None:
            reduced = moderated(reduced, plan.dose, by.values)
        return Fit(logs, reduced, *effects_of(plan, reduced, logs.control), by)

    def moderator(self, logs: MuscleLogs) -> Moderator | None:
        """Return what the effect may differ by; None where the plan asks for no interaction."""
        column = self.plan.interaction
        if not column:
            return None
        return measured.moderator(column, measured.levels(self.logbook, logs.athletes, column))

    def target(self, fit: Fit) -> Estimate:
        """Return the effect that the plan asks for."""
        return target_of(self.plan, fit.effect, fit.between)


def effects_of(
    plan: Plan, reduced: Body, away: tuple[str, str] | None = None
) -> tuple[Effect, Estimate | None]:
    """Return the effects within and between athletes; the latter only where the plan asks for it.

    Args:
        plan: the plan.
        reduced: everybody's cross-products.
        away: the control, as `effects.effect` takes it; what comes from several sites or from
            the buckets of a store has none.

    Raises:
        TooLittleError: the logs hold too little for the one that the plan asks for.
    """
    exposure, level = plan.asked, plan.inference.level
    within = effect(
        reduced, exposure, held=plan.held, smallest=plan.smallest_effect, level=level, control=away
    )
    return within, between(reduced, exposure, level) if plan.effect == "between" else None


@dataclass(frozen=True, slots=True)
class Subgroup:
    """The effect among the athletes of one level of a column.

    Attributes:
        level: the level; None for athletes whose level is not known.
        n_athletes: athletes of it with strength days.
        estimate: None for fewer than five of them, or too little.
    """

    level: str | None
    n_athletes: int
    estimate: Estimate | None


def subgroups(plan: Plan, reduced: Body, levels: Sequence[str | None]) -> list[Subgroup]:
    """Return the effect by level of the plan's subgroup, levels in order, unknown last.

    Args:
        plan: the plan.
        reduced: everybody's cross-products.
        levels: each athlete's level.
    """
    has_days = reduced.products.n_rows > 0
    found = []
    for level in sorted(set(levels), key=lambda each: (each is None, each or "")):
        own = np.flatnonzero([name == level for name in levels] & has_days)
        found.append(Subgroup(level, len(own), _of_some(plan, reduced, own)))
    return found


def _of_some(plan: Plan, reduced: Body, athletes: np.ndarray) -> Estimate | None:
    if len(athletes) < FEWEST_CLUSTERS:
        return None
    part = replace(
        reduced,
        products=reduced.products.of(athletes),
        mean={name: mean[athletes] for name, mean in reduced.mean.items()},
        scale=reduced.scale[athletes],
        sums=None,
    )
    try:
        found = effects_of(plan, part)
    except TooLittleError:
        return None
    return target_of(plan, *found) if found[0].n_athletes >= FEWEST_CLUSTERS else None


def target_of(plan: Plan, within: Effect, apart: Estimate | None) -> Estimate:
    """Return the effect that the plan asks for."""
    return apart if plan.effect == "between" and apart is not None else within.estimate


# The word of a plan. Its rule (`say.verdict_of`) is fixed before the interval is known.


SUPPORTED, ZERO, AGAINST, CANNOT = "supported", "practically zero", "against", "cannot tell"


def verdict(
    found: Estimate, placebo: Placebo | None, smallest_effect: float, effect: str = "within"
) -> tuple[str, str]:
    """Return the verdict and its reason; a placebo speaks of effects within athletes only."""
    vetoed = effect == "within" and placebo is not None and placebo.fires
    match verdict_of(found.low, found.high, vetoed=vetoed, smallest=smallest_effect):
        case "no cause":
            return CANNOT, placebo.reason if placebo is not None else ""
        case "no size":
            return ZERO, (
                f"the whole interval lies inside ±{smallest_effect:g}, the smallest effect that "
                "the plan says would matter"
            )
        case "higher":
            return SUPPORTED, "the whole interval lies above 0"
        case "lower":
            return AGAINST, "the whole interval lies below 0"
    return CANNOT, (
        "the interval holds 0 and also effects beyond "
        f"±{smallest_effect:g}, the smallest that the plan says would matter"
    )
