"""A plan on its data: the panel of a choice, and the effect that the plan asks for."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from math import prod
from typing import Any

import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures.working import WorkingRule
from analysis.models.dose_response import Estimate, TooLittleError, WithinEffect, within_effect
from analysis.models.dose_response.model import PLACEBO_ALPHA, lead_placebo, shifted
from analysis.models.hypothesis.plan import OUTCOMES, WARMUPS, Plan, Split
from analysis.models.panel import PanelOptions, panel, usable_blocks
from analysis.say import count

# The choices behind one estimate: the plan's own, and the other defensible ones around it.


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to count, estimate and select; the fields are those of `plan.Sensitivity`."""

    indirect: float
    formula: str
    warmups: str
    week_starts: str
    block_weeks: int
    outcome: str
    min_blocks: int

    @property
    def panel_options(self) -> PanelOptions:
        """The panel that this choice asks for."""
        return PanelOptions(
            block_weeks=self.block_weeks,
            rule={"direct": 1.0, "indirect": self.indirect},
            outcome_from=OUTCOMES[self.outcome],
            formula=self.formula,
            week_starts=self.week_starts,
            working=WorkingRule(warmup_below=WARMUPS[self.warmups]),
        )


def planned(plan: Plan) -> Choice:
    """Return the plan's own choice."""
    return Choice(
        indirect=plan.indirect,
        formula=plan.formula,
        warmups="by_load",
        week_starts="monday",
        block_weeks=plan.block_weeks,
        outcome=plan.outcome,
        min_blocks=plan.exclusions.min_blocks,
    )


def alternatives(plan: Plan) -> dict[str, tuple[Any, ...]]:
    """Return the values of each choice, the plan's own first."""
    asked = plan.sensitivity
    near = (max(1, plan.block_weeks - 1), plan.block_weeks + 2)
    found = {
        "indirect": asked.indirect if plan.given.counts_sets else (),
        "formula": asked.formulas,
        "warmups": asked.warmups,
        "week_starts": asked.week_starts,
        "block_weeks": asked.block_weeks or near,
        "outcome": asked.outcomes,
        "min_blocks": asked.min_blocks,
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


def enough(table: pd.DataFrame, min_blocks: int, min_weeks_logged: int) -> pd.DataFrame:
    """Return the panel's rows of athletes with enough usable blocks and logged weeks."""
    return table[_has_weeks(table, min_weeks_logged) & _has_blocks(table, min_blocks)]


def exclusion_flow(table: pd.DataFrame, plan: Plan) -> list[tuple[str, int, int, str]]:
    """Return the rows of the flow from the panel down to the athletes in the model."""
    rules, everyone = plan.exclusions, table["athlete"].nunique()
    weeks = table.loc[_has_weeks(table, rules.min_weeks_logged), "athlete"].nunique()
    both = enough(table, rules.min_blocks, rules.min_weeks_logged)["athlete"].nunique()
    steps = [
        ("enough weeks", weeks, everyone - weeks,
         f"fewer than {rules.min_weeks_logged} logged weeks"),
        ("in the model", both, weeks - both,
         f"fewer than {count(rules.min_blocks, 'usable change')} from block to block"),
    ]  # fmt: skip
    return steps if rules.min_weeks_logged else steps[1:]


def flow_table(rows: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    """Return the flow as a table."""
    return pd.DataFrame(rows, columns=list(FLOW))


def _has_weeks(table: pd.DataFrame, least: int) -> pd.Series:
    return table.groupby("athlete")["logged_weeks"].transform("sum") >= least


def _has_blocks(table: pd.DataFrame, least: int) -> pd.Series:
    return table["athlete"].map(usable_blocks(table)) >= least


DECIMALS = 6
"""Of the panel's numbers (%, sets a week): far below what any of them is known to."""


@dataclass(frozen=True, slots=True)
class Study:
    """A plan and the logbook of the people it is about; panels are made once each."""

    plan: Plan
    logbook: Logbook
    panels: dict[Choice, pd.DataFrame] = field(default_factory=dict)

    @property
    def exposure(self) -> str:
        """The column whose effect is asked for."""
        column = self.plan.given.column
        return f"{column}_lag_{self.plan.lag}" if self.plan.lag else column

    @property
    def term(self) -> str:
        """The model's term that the plan asks for."""
        return self.exposure if self.plan.effect == "within" else f"{self.exposure}_own_mean"

    def everyone(self, choice: Choice) -> pd.DataFrame:
        """Return the panel of a choice before exclusions, lagged exposure included."""
        key = replace(choice, min_blocks=0)
        if key not in self.panels:
            table = panel(self.logbook, muscle=self.plan.muscle, options=choice.panel_options)
            # parallel sums differ in their last bits from run to run; a verdict must not
            table = table.round(dict.fromkeys(table.select_dtypes("float"), DECIMALS))
            if self.plan.lag:
                lagged = shifted(table, self.plan.given.column, self.plan.lag)
                table = table.assign(**{self.exposure: lagged})
            self.panels[key] = table
        return self.panels[key]

    def table(self, choice: Choice | None = None) -> pd.DataFrame:
        """Return the panel of a choice, the plan's own by default, after exclusions."""
        choice = choice or planned(self.plan)
        everyone = self.everyone(choice)
        return enough(everyone, choice.min_blocks, self.plan.exclusions.min_weeks_logged)

    def fit(self, table: pd.DataFrame) -> WithinEffect:
        """Fit the plan's model to a panel, without the lead placebo.

        Raises:
            TooLittleError: the panel holds too little for it.
        """
        return within_effect(
            table,
            exposure=self.exposure,
            adjust=self.plan.covariates,
            level=self.plan.inference.level,
            placebo=False,
        )

    def target(self, fit: WithinEffect) -> Estimate:
        """Return the effect that the plan asks for.

        Raises:
            TooLittleError: it is the effect between athletes, and there are too few of them.
        """
        if self.plan.effect == "within":
            return fit.effect
        if fit.between is None:
            raise TooLittleError(
                f"{fit.n_athletes} athletes, 5 or more who differ in their usual are needed for "
                "an effect between athletes"
            )
        return fit.between

    def placebo(self, table: pd.DataFrame) -> Estimate | None:
        """Return the effect of the exposure of the block after, which cannot be a cause."""
        held = (*self.plan.covariates, *([self.exposure] if self.plan.lag else []))
        return lead_placebo(table, self.plan.given.column, held, self.plan.inference.level)


# The rule that turns an interval into a word. It is fixed before the interval is known.
#
# In this order, with s the smallest effect that would matter:
#
# 1. *cannot tell*: no estimate; or, for an effect within athletes, the lead placebo fires
#    (p < 0.05), because an effect that the future predicts as well is not to be read as one.
# 2. *practically zero*: the whole interval lies between −s and +s. With a 95 % interval this is
# two
#    one-sided tests at 2.5 % each, stricter than the usual 5 %.
# 3. *supported*: the whole interval lies above 0.
# 4. *against*: the whole interval lies below 0.
# 5. *cannot tell*: everything else; the interval holds 0 and effects that would matter.


SUPPORTED, ZERO, AGAINST, CANNOT = "supported", "practically zero", "against", "cannot tell"


def fires(lead: Estimate | None) -> bool:
    """Return whether the lead placebo found the future to predict the past."""
    return lead is not None and lead.p_value < PLACEBO_ALPHA


def verdict(
    found: Estimate, lead: Estimate | None, smallest_effect: float, effect: str = "within"
) -> tuple[str, str]:
    """Return the verdict and its reason, by the rule above."""
    if effect == "within" and fires(lead):
        return CANNOT, (
            "the lead placebo fires: the exposure of the next block goes with the same change, so "
            "strength drives the work, or something unseen drives both"
        )
    low, high = found.conf_low, found.conf_high
    if -smallest_effect < low and high < smallest_effect:
        return ZERO, (
            f"the whole interval lies inside ±{smallest_effect:g}, the smallest effect that the "
            "plan says would matter"
        )
    if low > 0:
        return SUPPORTED, "the whole interval lies above 0"
    if high < 0:
        return AGAINST, "the whole interval lies below 0"
    return CANNOT, (
        "the interval holds 0 and also effects beyond "
        f"±{smallest_effect:g}, the smallest that the plan says would matter"
    )
