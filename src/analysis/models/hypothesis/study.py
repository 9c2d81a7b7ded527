"""A plan on its data: the panel of a choice, and the effect that the plan asks for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pandas as pd

from analysis.logbook import Logbook
from analysis.models.dose_response import Estimate, TooLittleError, WithinEffect, within_effect
from analysis.models.dose_response.series import shifted
from analysis.models.dose_response.within import lead_placebo
from analysis.models.hypothesis.choices import Choice, planned
from analysis.models.hypothesis.people import enough
from analysis.models.hypothesis.plan import Plan
from analysis.panel import panel

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
