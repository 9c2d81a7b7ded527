"""`lab.dose_response`: a logbook in, a table of effects with its sentence and figure out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from analysis.figures import figure, interval_points
from analysis.logbook import Logbook
from analysis.models.dose.estimate import Estimate
from analysis.models.dose_response.model import (
    FORMS,
    FormFit,
    TooLittleError,
    WithinEffect,
    compare_forms,
    joint_effects,
    lag_profile,
    usable,
    within_effect,
)
from analysis.models.panel import PanelOptions, gaps, panel
from analysis.models.published import PELLAND_STRENGTH, Prior, Together, published_prior, together
from analysis.result import Figure, Result
from analysis.say import count

# The forest plot: the log beside what was published, and what would discredit it.


DRAWN = {
    "within": "this log alone",
    "together": "log and published together",
    "published": "published (Pelland et al. 2025)",
    "lead placebo": "lead placebo (should be 0)",
    "between": "between athletes",
    "sensitivity": "other choices",
}
"""Kinds that share the unit of the within effect, in drawing order, with their legend."""

HOVER = "%{y}: %{x:.2f} %<extra>%{fullData.name}</extra>"


def draw(table: pd.DataFrame) -> Figure:
    """Draw the estimates with their intervals; zero is no effect."""
    shown = table[table["kind"].isin(DRAWN)]
    traces = [
        interval_points(
            part["estimate"],
            [label if kind == "sensitivity" else DRAWN[kind] for label in part["term"]],
            part["conf_low"],
            part["conf_high"],
            DRAWN[kind],
            series=place,
            hover=HOVER,
        )
        for place, kind in enumerate(DRAWN)
        if len(part := shown[shown["kind"] == kind])
    ]
    unit = str(shown["unit"].iloc[0]) if len(shown) else ""
    zero = {
        "type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper",
        "line": {"color": "#666666", "width": 1, "dash": "dot"},
    }  # fmt: skip
    return figure(
        traces,
        x=f"Strength, {unit}",
        y="",
        shapes=[zero],
        showlegend=False,
        height=max(320, 90 + 36 * len(shown)),
        yaxis={"autorange": "reversed", "automargin": True},
    )


# Everything a dose-response depends on, in one value.


SENSITIVITY: tuple[Mapping[str, Any], ...] = (
    {"outcome_from": "working"},
    {"outcome_from": "failure"},
    {"rep_cap": 12.0},
    {"rule": "direct"},
    {"rule": "total"},
)
"""Options changed one at a time; what moves the answer should be seen."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How published evidence enters.

    Attributes:
        transfer: SD added to the published slope for the step from trials to one log, as a
            share of the slope.
        weeks: length that the published gain accrued over.
    """

    transfer: float = 1.0
    weeks: float = PELLAND_STRENGTH.weeks


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how; the parameters of `dose_response`. `prior` is None when off."""

    muscle: str
    exposure: str
    effect: str
    panel: PanelOptions
    forms: tuple[str, ...]
    prior: Evidence | None
    lags: int
    sensitivity: tuple[Mapping[str, Any], ...]
    level: float

    def __post_init__(self) -> None:
        if self.effect not in ("within", "between"):
            raise ValueError(f"effect is {self.effect!r}, expected within or between")
        if unknown := sorted(set(self.forms) - set(FORMS)):
            raise ValueError(f"form is {', '.join(unknown)}, expected some of {', '.join(FORMS)}")

    @property
    def belief(self) -> Prior | None:
        """The prior, None where switched off or where nothing published is in this unit."""
        if self.prior is None or self.exposure != "dose":
            return None
        return published_prior(
            self.panel.block_weeks, transfer=self.prior.transfer, weeks=self.prior.weeks
        )

    def settings(self) -> dict[str, Any]:
        """Return every parameter, for the methods section."""
        own = {
            "muscle": self.muscle, "exposure": self.exposure, "effect": self.effect,
            "forms": self.forms, "prior": self.prior and asdict(self.prior), "lags": self.lags,
            "level": self.level,
        }  # fmt: skip
        return {**own, **asdict(self.panel)}


def evidence_of(prior: str | Evidence | None) -> Evidence | None:
    """Return how published evidence enters: as given, by default, or not at all."""
    if prior is None or isinstance(prior, Evidence):
        return prior
    if prior != "published":
        raise ValueError(f"prior is {prior!r}, expected 'published', an Evidence or None")
    return Evidence()


# What a dose-response says in words: number, unit, interval, n, and what it cannot tell.


WORK = {
    "dose": "one more weekly set",
    "hard_sets": "one more weekly hard set",
    "frequency": "one more training day a week",
    "intensity_pct": "1 % of e1RM more load",
}

FEW_BLOCKS = 3000
"""Below this the placebo often misses confounding that breaks the interval; see
docs/dose_response.md for how often."""

METHOD_NOTES = (
    "An association in logs, not a trial: exposure comes before outcome and each athlete is "
    "compared with their own usual, but what else changed in those blocks is not held fixed.",
    "Strength is the change of mean log e1RM from a block's own sets to the next block's, taken "
    "within an exercise and pooled over the exercises that train the muscle directly.",
)


def summary(question: Question, found: WithinEffect, both: Together | None) -> str:
    """Return the finding in one or two sentences."""
    if question.effect == "between":
        return _between(question, found)
    alone = (
        f"A block with {WORK.get(question.exposure, question.exposure)} for "
        f"{question.muscle.replace('_', ' ')} than the athlete's own usual went with "
        f"{_interval(found.effect)} strength by the next {question.panel.block_weeks}-week block "
        f"({_n(found)}): {_verdict(found)}."
    )
    if both is None:
        return alone
    return (
        f"{alone} Together with the published trials {both.mean:+.2f} % "
        f"[{both.conf_low:+.2f}, {both.conf_high:+.2f}], {100 * both.from_log:.0f} % of it from "
        "the log."
    )


def cautions(question: Question, found: WithinEffect, table: pd.DataFrame) -> tuple[str, ...]:
    """Return what a reader must know before believing the effect."""
    return (
        _placebo(question, found),
        *_effort(question, table),
        *(f"Model: {message}." for message in found.messages),
    )


def _between(question: Question, found: WithinEffect) -> str:
    if found.between is None:
        return (
            f"{count(found.n_athletes, 'athlete')} cannot show a difference between athletes; "
            "five or more are needed."
        )
    return (
        f"Athletes whose usual {question.muscle.replace('_', ' ')} {question.exposure} is one "
        f"higher gained {_interval(found.between)} strength per block ({_n(found)}); they differ "
        "in much else, so this is no advice to any one of them."
    )


def _verdict(found: WithinEffect) -> str:
    whose = "this log alone" if found.n_athletes == 1 else "these logs alone"
    if found.lead_fires:
        return f"{whose} cannot say, because later volume predicts the same change"
    if found.conf_low > 0:
        return f"strength rose more after blocks with more work, by {whose}"
    if found.conf_high < 0:
        return f"strength rose less after blocks with more work, by {whose}"
    return f"{whose} cannot tell it from nothing"


def _placebo(question: Question, found: WithinEffect) -> str:
    if found.lead is None:
        return "Lead placebo: too few blocks to try it, so feedback cannot be ruled out."
    if found.lead_fires:
        return (
            f"Lead placebo FIRES: {question.exposure} of the next block goes with "
            f"{_interval(found.lead)} of this change. Strength drives the work, or something "
            "unseen drives both, or work acts within its own block; do not read the within "
            "effect as what work buys. It is not weighed with the published evidence."
        )
    weak = " Silence is weak comfort with so few blocks." if found.n_blocks < FEW_BLOCKS else ""
    return (
        f"Lead placebo silent: {question.exposure} of the next block goes with "
        f"{_interval(found.lead)} of this change.{weak}"
    )


def _effort(question: Question, table: pd.DataFrame) -> tuple[str, ...]:
    rows = usable(table, [question.exposure])
    known = float(rows["effort_known"].mean()) if len(rows) else 0.0
    if known > 0.99:
        return ()
    return (
        f"Effort is unknown for {100 * (1 - known):.0f} % of the exercise changes used: strength "
        "is there of the repetitions done, and stopping earlier than usual would look like lost "
        "strength.",
    )


def _interval(found: Estimate) -> str:
    return (
        f"{found.estimate:+.2f} % [{100 * found.level:.0f} % interval {found.conf_low:+.2f}, "
        f"{found.conf_high:+.2f}]"
    )


def _n(found: WithinEffect) -> str:
    return f"n = {count(found.n_blocks, 'block')} of {count(found.n_athletes, 'athlete')}"


# The rows of a dose-response table, and how the estimates become them.


COLUMNS = (
    "kind", "term", "estimate", "std_error", "conf_low", "conf_high", "p_value", "dof", "unit",
    "n_athletes", "n_blocks", "aic_difference",
)  # fmt: skip

Row = dict[str, object]

UNITS = {
    "dose": "% per block per weekly set",
    "hard_sets": "% per block per weekly hard set",
    "frequency": "% per block per weekly day",
    "intensity_pct": "% per block per % of e1RM",
}


def unit_of(exposure: str) -> str:
    """Return the unit of an effect of that exposure."""
    return UNITS.get(exposure, f"% per block per unit of {exposure}")


def row(kind: str, term: str, found: Estimate, unit: str, n_athletes: int, n_blocks: int) -> Row:
    """Return an estimate as a row."""
    return {
        "kind": kind,
        "term": term,
        "estimate": found.estimate,
        "std_error": found.std_error,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "p_value": found.p_value,
        "dof": found.dof,
        "unit": unit,
        "n_athletes": n_athletes,
        "n_blocks": n_blocks,
    }


def effect_rows(found: WithinEffect, exposure: str) -> list[Row]:
    """Return within, lead placebo and between."""
    n = (found.n_athletes, found.n_blocks)
    unit = unit_of(exposure)
    rows = [row("within", exposure, found.effect, unit, *n)]
    if found.lead is not None:
        rows.append(row("lead placebo", f"{exposure} of the next block", found.lead, unit, *n))
    if found.between is not None:
        rows.append(row("between", f"own mean {exposure}", found.between, unit, *n))
    return rows


def published_rows(prior: Prior, question: Question, both: Together | None) -> list[Row]:
    """Return the published slope, the prior made of it, and the log weighed with it."""
    weeks = question.prior.weeks if question.prior else None
    slope, error = PELLAND_STRENGTH.per_block(question.panel.block_weeks, weeks)
    unit = UNITS["dose"]
    rows = [
        _normal("published", "Pelland et al. 2025, at 8.14 sets", slope, error, unit),
        _normal("prior", "published, widened", prior.mean, prior.sd, unit),
    ]
    if both is not None:
        rows.append(_normal("together", "log and published", both.mean, both.sd, unit))
    return rows


def form_rows(fits: list[FormFit], dose: float, level: float) -> list[Row]:
    """Return the effect of one more set at the mean dose, under each shape, best first."""
    return [
        row(
            "form", f"{fit.name}, at {dose:.1f} sets", fit.marginal(dose, level), UNITS["dose"],
            fit.model.n_athletes, fit.model.n_rows,
        ) | {"aic_difference": fit.aic - fits[0].aic}
        for fit in fits
    ]  # fmt: skip


def athlete_rows(found: WithinEffect, exposure: str, level: float) -> list[Row]:
    """Return every athlete's own effect, shrunken to the group's; none where not estimated."""
    fit = found.model.pooled
    if fit is None or exposure not in fit.random_cov["athlete"].columns:
        return []
    own = fit.group_contrast({exposure: 1.0})
    n_blocks = fit.likelihood.statistics.counts
    return [
        _normal("athlete", str(name), float(each.estimate), float(each.std_error),
                unit_of(exposure), level) | {"n_athletes": 1, "n_blocks": int(n)}
        for (name, each), n in zip(own.iterrows(), n_blocks, strict=True)
    ]  # fmt: skip


def as_table(rows: list[Row]) -> pd.DataFrame:
    """Return rows as the result's table; digits that hang on the order of sums are cut."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    floats = table.select_dtypes("float").columns
    table = table.round(dict.fromkeys(floats, 6))
    return table.astype({"n_athletes": "Int64", "n_blocks": "Int64"})


def _normal(kind: str, term: str, mean: float, sd: float, unit: str, level: float = 0.95) -> Row:
    found = Estimate(mean, sd, float("inf"), level)
    return row(kind, term, found, unit, 0, 0) | {"n_athletes": None, "n_blocks": None}


# What stands beside the within effect: shapes, lags, joint effects, other choices, athletes.


def extras(
    logbook: Logbook, question: Question, table: pd.DataFrame, found: WithinEffect
) -> tuple[list[Row], tuple[str, ...]]:
    """Return the further rows, and a sentence for every part that the log cannot support."""
    parts: dict[str, Callable[[], list[Row]]] = {
        "The comparison of shapes": lambda: _forms(question, table),
        "The joint model": lambda: _joint(question, table),
        **({"The lag profile": lambda: _lags(question, table)} if question.lags else {}),
    }
    for change in question.sensitivity:
        name = ", ".join(f"{key} {value}" for key, value in change.items())
        parts[f"The estimate with {name}"] = lambda name=name, change=change: [  # type: ignore[misc]
            _with_change(logbook, question, name, dict(change))
        ]
    rows, refused = [], []
    for name, part in parts.items():
        try:
            rows += part()
        except TooLittleError as error:
            refused.append(f"{name} is left out: {error}.")
    return [*rows, *athlete_rows(found, question.exposure, question.level)], tuple(refused)


def _forms(question: Question, table: pd.DataFrame) -> list[Row]:
    if question.exposure != "dose" or not question.forms:
        return []
    fits = compare_forms(table, question.forms)
    dose = float(usable(table, ["dose"])["dose"].mean())
    return form_rows(fits, dose, question.level)


def _joint(question: Question, table: pd.DataFrame) -> list[Row]:
    effects, model = joint_effects(table, level=question.level)
    n = (model.n_athletes, model.n_rows)
    return [row("joint", name, found, unit_of(name), *n) for name, found in effects.items()]


def _lags(question: Question, table: pd.DataFrame) -> list[Row]:
    effects, model = lag_profile(
        table, exposure=question.exposure, lags=question.lags, level=question.level
    )
    n, unit = (model.n_athletes, model.n_rows), unit_of(question.exposure)
    return [row("lag", name, found, unit, *n) for name, found in effects.items()]


def _with_change(
    logbook: Logbook, question: Question, name: str, change: dict[str, object]
) -> Row:
    options = replace(question.panel, **change)  # type: ignore[arg-type]
    table = panel(logbook, muscle=question.muscle, options=options)
    found = within_effect(table, exposure=question.exposure, level=question.level, placebo=False)
    unit = unit_of(question.exposure)
    return row("sensitivity", name, found.effect, unit, found.n_athletes, found.n_blocks)


def dose_response(
    logbook: Logbook,
    *,
    muscle: str,
    effect: str = "within",
    exposure: str = "dose",
    forms: Sequence[str] = FORMS,
    prior: str | Evidence | None = "published",
    lags: int = 3,
    sensitivity: Sequence[Mapping[str, Any]] = SENSITIVITY,
    level: float = 0.95,
    **options: Any,
) -> Result:
    """Estimate how strength changed after blocks with more work than the athlete's own usual.

    Args:
        logbook: the sets and the catalogue, of one athlete or many.
        muscle: a muscle group of the catalogue.
        effect: "within" or "between": which one the sentence is about; the table holds both.
        exposure: "dose" (weekly sets by the counting rule), "hard_sets", "frequency" or
            "intensity_pct".
        forms: shapes of the dose-response to compare, words of `FORMS`.
        prior: "published" weighs the log together with the published slope, an `Evidence` says
            how wide that prior is and on what scale; None does not weigh.
        lags: blocks that the lag profile looks back; 0 for no profile.
        sensitivity: options changed one at a time.
        level: probability that the intervals are made for.
        options: choices of the panel, by their name in `PanelOptions`: `block_weeks`, `rule`,
            `outcome_from`, `formula` …

    Returns:
        Result whose table has one row per estimate: `kind` (within, lead placebo, between,
        published, prior, together, form, joint, lag, sensitivity, athlete), `term`, `estimate`,
        `std_error`, `conf_low`, `conf_high`, `p_value`, `dof`, `unit`, `n_athletes`, `n_blocks`
        and, for forms, `aic_difference` from the best. Where the log holds too little, the
        sentence says so and the published rows stand alone.

    Raises:
        ValueError: an unknown muscle, form, prior, effect or option.
    """
    question = Question(
        muscle=muscle,
        exposure=exposure,
        effect=effect,
        panel=PanelOptions(**options),
        forms=tuple(forms),
        prior=evidence_of(prior),
        lags=lags,
        sensitivity=tuple(sensitivity),
        level=level,
    )
    table = panel(logbook, muscle=muscle, options=question.panel)
    try:
        found = within_effect(table, exposure=exposure, level=level)
    except TooLittleError as error:
        return _too_little(question, table, str(error))
    return _answer(logbook, question, table, found)


def _answer(
    logbook: Logbook, question: Question, table: pd.DataFrame, found: WithinEffect
) -> Result:
    belief = question.belief
    # An effect that its own placebo discredits has nothing to add to the trials.
    both = together(found.effect, belief) if belief and not found.lead_fires else None
    more, refused = extras(logbook, question, table, found)
    rows = [
        *effect_rows(found, question.exposure),
        *_published(question, both),
        *more,
    ]
    return _result(
        question,
        table,
        rows,
        summary(question, found, both),
        notes=(*refused, *cautions(question, found, table)),
    )


def _too_little(question: Question, table: pd.DataFrame, reason: str) -> Result:
    summary = (
        f"Too little to say what {WORK.get(question.exposure, question.exposure)} bought "
        f"{question.muscle}: {reason} (n = {int((table['status'] == 'ok').sum())} blocks)."
    )
    return _result(question, table, _published(question, None), summary, notes=())


def _published(question: Question, both: Together | None) -> list[Row]:
    if question.belief is None:
        return []
    return published_rows(question.belief, question, both)


def _result(
    question: Question,
    table: pd.DataFrame,
    rows: list[Row],
    summary: str,
    notes: tuple[str, ...],
) -> Result:
    return Result(
        name=f"dose_response_{question.muscle}",
        title=f"What more work bought: {question.muscle.replace('_', ' ')}",
        table=as_table(rows),
        summary=summary,
        draw=draw,
        notes=(*notes, *gaps(table), *METHOD_NOTES),
        settings=question.settings(),
    )
