"""An outcome as Results: what a page shows, in its order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.estimate import Estimate
from analysis.figures import PALETTE, figure, interval_points, line, plain
from analysis.models.dose.effects import Effect, primary
from analysis.models.dose.inputs import PULSE
from analysis.models.dose.placebo import CONTROL_UNIT, VETO_OF_TWO
from analysis.models.dose.variances import growth_out
from analysis.models.hypothesis.plan import Plan, settings, stated
from analysis.models.hypothesis.robustness import Power, SpecificationCurve, power_table
from analysis.models.hypothesis.study import Choice, Subgroup
from analysis.notes import Note
from analysis.result import Figure, Result
from analysis.say import count, spoken

if TYPE_CHECKING:
    from analysis.models.hypothesis.run import Fitted, Outcome

# What a hypothesis page says: every sentence with number, unit, interval and n.


LIMITS = (
    "Logs are no trial. Each athlete is compared with their own usual and the work comes before "
    "the strength, but sleep, food, readiness, a new coach or a new programme change along with "
    "it, and a placebo finds only some of that.",
    "People who stop logging when they stall are missing from every log; a week without a log is "
    "unknown, not rest.",
    "A dose is what was logged. Warm-ups that pass for work, and work that was not logged, make "
    "it less exact and the effect of a set smaller than it is.",
    "Strength is estimated from sets. A lifter who stops further from failure looks weaker than "
    "they are.",
    "The register knows only the looks that were run with it; the word of a plan that it was "
    "written before the data were seen is taken as given.",
)
"""What it cannot show."""


def as_text(value: Any) -> str:
    """Return a setting as a table cell."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(as_text(each) for each in value) or "none"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def estimand(plan: Plan) -> str:
    """Return the estimand: the plan's own words, or made from its keys."""
    if plan.estimand:
        return plan.estimand
    what, more = plan.what, plan.more
    held = f", at the same {', '.join(spoken(name) for name in plan.covariates)}"
    if plan.effect == "between":
        return (
            f"difference in the yearly growth of {what}, in %, between athletes "
            f"whose usual week holds {more}{held if plan.covariates else ''}."
        )
    within = (
        f"difference in {what} 5 to 12 weeks later, in %, that goes with {more} "
        f"than the athlete's own usual for {PULSE} weeks{held if plan.covariates else ''}"
    )
    if plan.interaction:
        return (
            f"by how much this differs for one step of {spoken(plan.interaction)} (one more of a "
            f"number; of two words, from the first in the alphabet to the second): {within}."
        )
    return f"{within}."


def plan_sentence(outcome: Outcome) -> str:
    """Say which plan this is, when it was first run and what kind of evidence it gives."""
    return (
        f"{outcome.plan.question} Plan {outcome.plan_file}, SHA-256 {outcome.plan_sha256}, first "
        f"run on these logs on {outcome.stamp.first_look}. {outcome.stamp.word.capitalize()}: "
        f"{outcome.stamp.reason}."
    )


def rule_sentence(plan: Plan) -> str:
    """Say the rule of the verdict."""
    placebo = f"{VETO_OF_TWO} makes it cannot tell; otherwise " if plan.effect == "within" else ""
    return (
        f"Rule of the verdict, in this order: {placebo}interval inside ±{plan.smallest_effect:g} "
        f"{plan.unit}, practically zero; above 0, supported; below 0, against; anything else, "
        "cannot tell."
    )


def verdict_sentence(outcome: Outcome) -> str:
    """Say the verdict with its number."""
    found = outcome.fitted
    if found is None:
        return effect_sentence(outcome.plan, outcome.verdict, outcome.reason, None, "")
    n = f"{count(found.fit.n_athletes, 'athlete')}, {count(found.fit.n_days, 'strength day')}"
    step = "" if found.fit.moderator is None else f" ({found.fit.moderator.step})"
    return effect_sentence(outcome.plan, outcome.verdict, outcome.reason, found.target, n, step)


def effect_sentence(
    plan: Plan, verdict: str, reason: str, target: Estimate | None, n: str, step: str = ""
) -> str:
    """Say a verdict with the effect that it is of, whatever the effect was estimated from.

    Args:
        plan: what was asked.
        verdict: by the plan's rule.
        reason: why.
        target: the effect; None where there is too little.
        n: on how many it rests.
        step: what one step of the plan's interaction is, where it has one.
    """
    if target is None:
        return f"{verdict.capitalize()}: {reason}."
    when = f"with {plan.more} than usual for four weeks, {plan.what} 5 to 12 weeks later"
    if plan.effect == "between":
        effect = (
            f"athletes whose usual week holds {plan.more} gained {target.words} more in "
            f"{plan.what} a year"
        )
    elif plan.interaction:
        effect = (
            f"{when} changed by {target.words} more for one step of "
            f"{spoken(plan.interaction)}{step}"
        )
    else:
        effect = f"{when} was {target.words} higher"
    return f"{verdict.capitalize()}: {effect} (n = {n}); {reason}."


def estimate_notes(outcome: Outcome) -> tuple[str, ...]:
    """Say what the lead placebo and the naive outcome show."""
    found = outcome.fitted
    if found is None:
        return ()
    notes = found.placebo.sentences()
    if found.naive is not None:
        bias = found.naive.value - found.target.value
        notes.append(
            f"With the best set of the week as strength the same effect reads "
            f"{found.naive.words}, {bias:+.2f} % from the plan's. A maximum grows with the "
            "number of sets by noise alone."
        )
    return tuple(notes)


# What is said about the evidence: residuals, influence, specification curve, power.


def noise_sentence(table: pd.DataFrame) -> str:
    """Say how differently noisy the athletes' logs are."""
    told = table["residual_sd_pct"].dropna()
    if told.empty:
        return "No athlete has days enough for a noise of its own."
    low, high = told.quantile([0.1, 0.9])
    return (
        f"A strength day scatters by {told.median():.1f} % about its course in the middle "
        f"athlete, by {low:.1f} to {high:.1f} % in most ({count(len(told), 'athlete')}); noisier "
        "logs weigh less."
    )


def subgroup_sentence(plan: Plan, told: Sequence[Subgroup]) -> str:
    """Say by how much levels differ, with its interval: not whether each one excludes 0."""
    each = [(one.level, one.estimate) for one in told if one.estimate is not None]
    if len(each) < 2:
        return f"Fewer than two levels of {plan.subgroup} have an effect of their own to compare."
    (low, first), (high, last) = each[0], each[-1]
    error = float(np.hypot(first.std_error, last.std_error))
    # Welch & Satterthwaite: the levels are different people
    parts = (first.std_error**4 / first.dof, last.std_error**4 / last.dof)
    differs = Estimate(
        last.value - first.value, error, error**4 / sum(parts), plan.inference.level
    )
    return (
        f"{high} less {low}: {differs.words}, p = {differs.p_value:.2f} "
        f"({count(len(each), 'level')} of {plan.subgroup})."
    )


def influence_sentence(table: pd.DataFrame, target: Estimate) -> str:
    """Say how far leaving out one athlete moves the estimate."""
    if len(table) < 2:
        return "One athlete: the answer is about this log and no other."
    low, high = table["estimate"].min(), table["estimate"].max()
    farthest = table["athlete"].iloc[int(table["shift"].abs().to_numpy().argmax())]
    turns = "; without one of them it would change sign" if low * high < 0 else ""
    return (
        f"Leaving out one athlete at a time moves the estimate of {target.value:+.2f} % "
        f"between {low:+.2f} % and {high:+.2f} % ({len(table):,} athletes, most by "
        f"{farthest}){turns}."
    )


def curve_sentence(found: SpecificationCurve) -> str:
    """Say what the specification curve shows."""
    unit = str(found.table["unit"].iloc[0])
    joint = ""
    if found.joint is not None:
        joint = (
            f" Were there no effect, as strong a curve would come in "
            f"{100 * found.joint.p_median_t:.1f} % of {found.joint.n:,} draws with the sign of "
            "each athlete's evidence drawn at random, the observed one counted."
        )
    return (
        f"{count(len(found.table), 'specification')} of {found.combinations:,} possible: median "
        f"{found.median:+.2f} {unit}, {100 * found.same_sign:.0f} % of the same sign, "
        f"{100 * found.excluding_zero:.0f} % with an interval that excludes 0.{joint}"
    )


def curve_notes(found: SpecificationCurve) -> tuple[Note | str, ...]:
    """Say how the curve is to be read, and what could not be fitted."""
    notes: list[Note | str] = [
        "A display of robustness, no better estimate than the plan's own: the specifications "
        "share their data, so their number says nothing. The variances, on which only "
        "efficiency hangs, are those of the plan's own."
    ]
    if found.refused:
        facts = {"reasons": ", ".join(sorted(set(found.refused)))}
        said = "{n:specification} left out for too little data: {reasons}."
        notes.append(Note("specifications", count=len(found.refused), facts=facts, sentence=said))
    return tuple(notes)


def power_sentence(outcome: Outcome, found: Power) -> str:
    """Say the minimal detectable effect."""
    plan = outcome.plan
    seen = found.detectable(plan.power.target)
    small = (
        "enough to see the smallest effect that matters"
        if seen <= plan.smallest_effect
        else "not enough to see the smallest effect that matters"
    )
    return (
        f"An effect of {seen:.2f} {plan.unit} would have been told from 0 with "
        f"{100 * plan.power.target:.0f} % power: {small}, {plan.smallest_effect:g} %, which has "
        f"{100 * found.at(plan.smallest_effect):.0f} %."
    )


def power_notes(found: Power) -> tuple[Note | str, ...]:
    """Say how power was found."""
    n = len(found.estimates)
    error = 100 * float(np.sqrt(0.8 * 0.2 / n))
    notes: list[Note | str] = [
        f"{count(n, 'cohort')} simulated from the fitted model with these athletes, doses and "
        f"noise, each fitted again; the error of a power of 80 % is ±{error:.0f} points. "
        f"Without an effect {100 * found.at(0.0):.0f} % of the intervals exclude 0."
    ]
    if found.refused:
        said = "{n:simulated cohort} could not be fitted, and left out."
        notes.append(Note("cohorts not fitted", count=found.refused, sentence=said))
    return tuple(notes)


# The figures of a hypothesis page.


Trace = dict[str, Any]

GREY = "#8A8A8A"


def draw_estimates(table: pd.DataFrame) -> Figure:
    """Draw each estimate with its interval; zero is no effect."""
    points = [
        interval_points(
            [row["estimate"]], [row["kind"]], [row["low"]], [row["high"]],
            str(row["kind"]), series=place, hover="%{x:.2f} %<extra>%{y}</extra>",
        )
        for place, row in enumerate(table.to_dict("records"))
    ]  # fmt: skip
    return figure(
        points,
        x=f"Strength, {table['unit'].iloc[0]}",
        y="",
        shapes=[_at_zero("x")],
        showlegend=False,
        height=140 + 44 * len(table),
        yaxis={"autorange": "reversed", "automargin": True},
    )


def draw_noise(table: pd.DataFrame) -> Figure:
    """Draw each athlete's noise by the number of its strength days."""
    dots = line(
        table["n_days"], table["residual_sd_pct"], "athlete", mode="markers",
        text=plain(table["athlete"]),
        hover="%{text}: %{y:.1f} %, %{x} days<extra></extra>",
    )  # fmt: skip
    dots["marker"] |= {"size": 5, "opacity": 0.7}
    return figure([dots], x="Strength days", y="Noise of a strength day, %", showlegend=False)


def draw_influence(table: pd.DataFrame) -> Figure:
    """Draw the estimate without each athlete, lowest first."""
    dots = line(
        range(1, len(table) + 1), table["estimate"], "estimate without the athlete",
        mode="markers", text=plain(table["athlete"]),
        hover="without %{text}: %{y:.3f} %<extra></extra>",
    )  # fmt: skip
    return figure(
        [dots],
        x="Athletes, in order of the estimate without them",
        y=f"Strength, {table['unit'].iloc[0]}",
        showlegend=False,
    )


def draw_curve(table: pd.DataFrame) -> Figure:
    """Draw the estimates in order, and below them which choices each one made."""
    own = table["planned"]
    traces = [
        _estimates(table[~own], "other choices", 0),
        _estimates(table[own], "the plan", 1),
        _dots(table),
    ]
    rows = sum(len(set(table[name])) for name in _varied(table))
    return figure(
        traces,
        x="Specification, by estimate",
        y="Effect, %",
        shapes=[_at_zero("y")],
        height=380 + 22 * rows,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 56, "r": 16, "t": 48, "b": 48},
        xaxis={"title": {"text": "Specification, by estimate"}, "anchor": "y2"},
        yaxis={"title": {"text": "Effect, %"}, "domain": [0.55, 1], "automargin": True},
        yaxis2={"domain": [0, 0.5], "automargin": True, "autorange": "reversed",
                "type": "category", "tickfont": {"size": 11}},
    )  # fmt: skip


def draw_power(table: pd.DataFrame) -> Figure:
    """Draw power by planted effect."""
    trace = line(
        table["planted"], 100 * table["power"], "power",
        hover="%{x:.2f} %: found in %{y:.0f} % of cohorts<extra></extra>",
    )  # fmt: skip
    return figure(
        [trace],
        x=f"Planted effect, {table['unit'].iloc[0]}",
        y="Intervals that exclude 0, %",
        showlegend=False,
        yaxis={"title": {"text": "Intervals that exclude 0, %"}, "range": [0, 102],
               "automargin": True},
    )  # fmt: skip


def _estimates(part: pd.DataFrame, name: str, series: int) -> Trace:
    trace = line(
        part["specification"], part["estimate"], name, series=series, mode="markers",
        hover="specification %{x}: %{y:.2f} %<extra>%{fullData.name}</extra>",
    )  # fmt: skip
    trace["error_y"] = {
        "type": "data",
        "symmetric": False,
        "array": plain(part["high"] - part["estimate"]),
        "arrayminus": plain(part["estimate"] - part["low"]),
        "color": GREY if series == 0 else PALETTE[series],
        "thickness": 1,
        "width": 0,
    }
    return trace


def _dots(table: pd.DataFrame) -> Trace:
    pairs = [
        (int(number), _label(name, value))
        for name in _varied(table)
        for value in sorted(table[name].unique())
        for number in table.loc[table[name] == value, "specification"]
    ]
    trace = line(
        [number for number, _ in pairs], [label for _, label in pairs], "choice made",
        series=6, mode="markers", yaxis="y2", hover="%{y}<extra>specification %{x}</extra>",
    )  # fmt: skip
    trace["marker"] = {"size": 5, "color": GREY}
    return trace


def _varied(table: pd.DataFrame) -> list[str]:
    return [name for name in Choice.__dataclass_fields__ if len(set(table[name])) > 1]


def _label(name: str, value: Any) -> str:
    words = {
        "indirect": f"an indirect set counts {value:.2g}" if name == "indirect" else "",
        "formula": f"e1RM {value}",
        "warmups": {
            "by_load": "warm-ups identified by load", "marked_only": "only marked warm-ups out",
        }
        .get(str(value), ""),
        "week_starts": f"weeks from {str(value).capitalize()}",
        "unlogged": f"weeks without a log {value}",
        "outcome": str(value).replace("_", " "),
        "min_days": f"{value} or more strength days",
    }  # fmt: skip
    return words[name]


def _at_zero(axis: str) -> dict[str, Any]:
    ends = {"x": {"x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"},
            "y": {"y0": 0, "y1": 0, "x0": 0, "x1": 1, "xref": "paper"}}[axis]  # fmt: skip
    return {"type": "line", "line": {"color": GREY, "width": 1, "dash": "dot"}, **ends}


def results(outcome: Outcome) -> dict[str, Result]:
    """Return the Results of an outcome by name; those that cannot be made are absent."""
    found = [plan_result(outcome), flow_result(outcome), estimate_result(outcome)]
    if outcome.fitted is not None:
        found += [
            noise_result(outcome.fitted),
            influence_result(outcome, outcome.fitted),
        ]
        found += subgroup_result(outcome, outcome.fitted)
        found += curve_result(outcome.fitted)
        found += power_result(outcome, outcome.fitted)
    return {result.name: result for result in found}


def plan_result(outcome: Outcome) -> Result:
    """Return the plan: one row per `key` with its `value` and `source` (plan file or default)."""
    said = stated(outcome.plan_bytes)
    keys = plan_keys(outcome.plan, plan_sentence(outcome))
    source = ["plan" if key in said else "default" for key in keys.table["key"]]
    return replace(keys, table=keys.table.assign(source=source))


def plan_keys(plan: Plan, summary: str) -> Result:
    """Return a plan that other people's logs were put to: one row per `key` with its `value`."""
    rows = [(key, as_text(value)) for key, value in settings(plan).items()]
    return Result(
        name="plan",
        title="The plan",
        table=pd.DataFrame(rows, columns=["key", "value"]),
        summary=summary,
        notes=(f"Estimand: {estimand(plan)}", rule_sentence(plan)),
    )


def flow_result(outcome: Outcome) -> Result:
    """Return who is in: one row per `step` with `athletes`, `left_out` and `reason`."""
    first, last = outcome.flow["athletes"].iloc[[0, -1]]
    n_days = 0 if outcome.fitted is None else outcome.fitted.fit.n_days
    return Result(
        name="flow",
        title="Who is in the answer",
        table=outcome.flow,
        summary=f"{last:,} of {count(int(first), 'athlete')} and {count(n_days, 'strength day')} "
        "of an exercise.",
        notes=outcome.logs.notes(),
    )


def estimate_result(outcome: Outcome) -> Result:
    """Return the effects: one row per `kind` with `estimate`, its interval, `unit` and n."""
    found, rows = outcome.fitted, []
    if found is not None:
        kinds = kinds_of(outcome.plan, found.target, found.fit.effect)
        if found.naive:
            kinds["week's best set (biased)"] = found.naive
        rows = [_row(outcome.plan, kind, each) for kind, each in kinds.items()]
        rows += _control_row(found)
    columns = ["kind", "estimate", "std_error", "low", "high", "p_value", "dof", "unit",
               "n_athletes", "n_days"]  # fmt: skip
    return Result(
        name="estimate",
        title="The estimate",
        table=pd.DataFrame(rows, columns=columns),
        summary=verdict_sentence(outcome),
        draw=draw_estimates,
        notes=estimate_notes(outcome),
        settings=settings(outcome.plan),
    )


def kinds_of(plan: Plan, target: Estimate, within: Effect) -> dict[str, Estimate]:
    """Return what a plan's table of estimates holds, in its order; what is not known is left out.

    Args:
        plan: the plan.
        target: the effect that it asks for.
        within: the fit that the placebo and the effects by weeks are of.
    """
    by = spoken(plan.interaction)
    own = f"by one step of {by} (the plan)" if by else f"{plan.effect} athletes (the plan)"
    kinds: dict[str, Estimate] = {own: target}
    if plan.effect == "within":
        if within.placebo.lead is not None:
            kinds["placebo: next four weeks (should be 0)"] = within.placebo.lead
        kinds |= {
            f"{band.replace('_', ' to ')} weeks before": each
            for band, each in within.event_study.items()
            if band != "ahead"
        }
    return kinds


def _control_row(found: Fitted) -> list[dict[str, object]]:
    """Return the row of another muscle's sets; its unit is a set, whatever the plan asks."""
    away = found.placebo.control
    if away is None:
        return []
    kind = f"control: sets of {spoken(away.muscle)} (should be 0)"
    return [{"kind": kind, **away.estimate.cells, "unit": CONTROL_UNIT}]


def subgroup_result(outcome: Outcome, found: Fitted) -> list[Result]:
    """Return one row per level: its `n_athletes` and effect, and what the levels differ by."""
    if not found.subgroups:
        return []
    rows = [
        _row(outcome.plan, each.level or "not known", each.estimate)
        | {"n_athletes": each.n_athletes}
        for each in found.subgroups
        if each.estimate is not None
    ]
    told = [each for each in found.subgroups if each.estimate is not None and each.level]
    few = [each for each in found.subgroups if each.estimate is None]
    columns = ["kind", "estimate", "std_error", "low", "high", "p_value", "unit",
               "n_athletes"]  # fmt: skip
    notes = tuple(
        f"{each.level or 'Not known'}: {count(each.n_athletes, 'athlete')}, too few or with too "
        "little for an estimate of their own."
        for each in few
    )
    return [
        Result(
            name="subgroups",
            title=f"By {outcome.plan.subgroup}",
            table=pd.DataFrame(rows, columns=columns),
            summary=subgroup_sentence(outcome.plan, told),
            draw=draw_estimates if rows else None,
            notes=(*notes, "Levels are not random either: whoever differs in one thing differs "
                   "in others."),
        )
    ]  # fmt: skip


def noise_result(found: Fitted) -> Result:
    """Return one row per athlete: `n_days` and `residual_sd_pct`, its noise of a strength day."""
    body = found.fit.body
    n = body.products.n_rows
    noise = np.sqrt(body.scale * body.variances.residual)
    table = pd.DataFrame(
        {"athlete": found.fit.logs.athletes, "n_days": n, "residual_sd_pct": noise}
    )
    table = table[table["n_days"] > 0].reset_index(drop=True)
    return Result(
        name="noise",
        title="How noisy each log is",
        table=table,
        summary=noise_sentence(table),
        draw=draw_noise,
        notes=(
            "What is left of a day's strength after its course, growth and work are taken out; "
            "each athlete's is drawn towards the shared one as if that were known from 20 days.",
        ),
    )


def influence_result(outcome: Outcome, found: Fitted) -> Result:
    """Return one row per athlete: the `estimate` without that athlete, and the `shift`."""
    athletes, without = _without_each(found, outcome)
    table = pd.DataFrame({"athlete": athletes, "estimate": without}).assign(
        shift=lambda t: t["estimate"] - found.fit.effect.estimate.value, unit=outcome.plan.unit
    )
    table = table.sort_values("estimate", kind="stable", ignore_index=True)
    return Result(
        name="influence",
        title="Does one athlete carry it?",
        table=table,
        summary=influence_sentence(table, found.fit.effect.estimate),
        draw=draw_influence if found.fit.n_athletes > 1 else None,
        notes=("The variances are held at those of the whole fit.",),
    )


def _without_each(found: Fitted, outcome: Outcome) -> tuple[list[str], list[float]]:
    """Return the effect within athletes with each athlete left out, from the cross-products."""
    fit = found.fit
    terms = list(fit.effect.model.terms)
    left, _ = growth_out(fit.body.products.pick(["week", *terms, "strength"]))
    weights = np.array([primary(outcome.exposure).get(term, 0.0) for term in terms])
    total, names = left.gram.sum(axis=0), fit.logs.athletes
    told = [i for i in range(len(names)) if np.abs(left.gram[i, :-1, :-1]).max() > 1e-9]
    if len(told) < 2:
        return [names[i] for i in told], [float("nan")] * len(told)
    rest = [total - left.gram[i] for i in told]
    solved = [np.linalg.lstsq(g[:-1, :-1], g[:-1, -1], rcond=1e-10)[0] for g in rest]
    return [names[i] for i in told], [float(weights @ beta) for beta in solved]


def curve_result(found: Fitted) -> list[Result]:
    """Return the specification curve: one row per specification, lowest estimate first."""
    if found.curve is None:
        return []
    return [
        Result(
            name="specifications",
            title="The same question under other choices",
            table=found.curve.table,
            summary=curve_sentence(found.curve),
            draw=draw_curve,
            notes=curve_notes(found.curve),
        )
    ]


def power_result(outcome: Outcome, found: Fitted) -> list[Result]:
    """Return power: one row per planted effect."""
    if found.power is None:
        return []
    plan = outcome.plan
    return [
        Result(
            name="power",
            title="What these logs could have shown",
            table=power_table(found.power, plan.smallest_effect, plan.power.target, plan.unit),
            summary=power_sentence(outcome, found.power),
            draw=draw_power,
            notes=power_notes(found.power),
        )
    ]


def _row(plan: Plan, kind: str, each: Estimate) -> dict[str, object]:
    return {"kind": kind, **each.cells, "unit": plan.unit}


def title(outcome: Outcome) -> str:
    """Return the page's title."""
    return f"{spoken(outcome.plan.muscle).capitalize()}: {outcome.verdict}"
