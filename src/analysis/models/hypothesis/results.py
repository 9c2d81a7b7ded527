"""An outcome as Results: what a page shows, in its order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.figures import PALETTE, figure, interval_points, line, plain
from analysis.models.dose_response import Estimate
from analysis.models.dose_response.model import Floats
from analysis.models.hypothesis import study as rule
from analysis.models.hypothesis.plan import Plan, settings, stated
from analysis.models.hypothesis.robustness import Curve, Power, power_table
from analysis.models.hypothesis.run import Fitted, Outcome
from analysis.models.hypothesis.study import Choice
from analysis.models.panel import gaps
from analysis.result import Figure, Result
from analysis.say import count, spoken

# What a hypothesis page says: every sentence with number, unit, interval and n.


LIMITS = (
    "Logs are no trial. Each athlete is compared with their own usual and the dose comes before "
    "the change, but sleep, food, readiness, a new coach or a new programme change along with it, "
    "and a lead placebo finds only some of that.",
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
    against = "than the athlete's own usual" if plan.effect == "within" else "between athletes"
    lag = f", {count(plan.lag, 'block')} earlier" if plan.lag else ""
    return (
        f"difference in the change of mean log strength of {spoken(plan.muscle)} from one "
        f"{plan.block_weeks}-week block to the next, in %, that goes with {plan.given.one_more} "
        f"{against}{lag}."
    )


def plan_sentence(outcome: Outcome) -> str:
    """Say which plan this is, when it was first run and what kind of evidence it gives."""
    return (
        f"{outcome.plan.question} Plan {outcome.plan_file}, SHA-256 {outcome.plan_sha256}, first "
        f"run on these logs on {outcome.stamp.first_look}. {outcome.stamp.word.capitalize()}: "
        f"{outcome.stamp.reason}."
    )


def rule_sentence(plan: Plan) -> str:
    """Say the rule of the verdict."""
    placebo = (
        "a lead placebo with p < 0.05 makes it cannot tell; otherwise "
        if plan.effect == "within"
        else ""
    )
    return (
        f"Rule of the verdict, in this order: {placebo}interval inside ±{plan.smallest_effect:g} "
        f"{plan.unit}, practically zero; above 0, supported; below 0, against; anything else, "
        "cannot tell."
    )


def verdict_sentence(outcome: Outcome) -> str:
    """Say the verdict with its number."""
    plan, found = outcome.plan, outcome.fitted
    if found is None:
        return f"{outcome.verdict.capitalize()}: {outcome.reason}."
    than = "than usual " if plan.effect == "within" else "as an athlete's usual "
    return (
        f"{outcome.verdict.capitalize()}: a block with {plan.given.one_more} for "
        f"{spoken(plan.muscle)} {than}went with {interval(found.target)} strength by the next "
        f"{plan.block_weeks}-week block (n = {count(found.fit.n_blocks, 'block')} of "
        f"{count(found.fit.n_athletes, 'athlete')}); {outcome.reason}."
    )


def estimate_notes(outcome: Outcome) -> tuple[str, ...]:
    """Say what the lead placebo and the naive outcome show."""
    found = outcome.fitted
    if found is None:
        return ()
    notes = [placebo_sentence(found.lead)]
    if found.naive is not None:
        bias = found.naive.estimate - found.target.estimate
        notes.append(
            f"With the best set of the week as strength the same effect reads "
            f"{interval(found.naive)}, {bias:+.2f} % from the plan's. That outcome is biased: "
            "more sets raise a block's maximum by noise alone, and the change that follows falls "
            "by as much."
        )
    spread = found.fit.slope_sd
    if np.isfinite(spread):
        notes.append(f"Athletes' own effects differ with an SD of {spread:.2f} % about it.")
    return tuple(notes)


def placebo_sentence(lead: Estimate | None) -> str:
    """Say what the lead placebo shows."""
    if lead is None:
        return "Lead placebo: too few blocks to try it, so feedback cannot be ruled out."
    state = "FIRES" if rule.fires(lead) else "silent"
    return (
        f"Lead placebo {state}: the exposure of the next block goes with {interval(lead)} of this "
        f"change (p = {lead.p_value:.2f})."
    )


def interval(found: Estimate) -> str:
    """Return an estimate with its interval."""
    return (
        f"{found.estimate:+.2f} % [{100 * found.level:.0f} % interval {found.conf_low:+.2f}, "
        f"{found.conf_high:+.2f}]"
    )


# What is said about the evidence: residuals, influence, specification curve, power.


def residual_sentence(left: Floats, neighbours: float, athletes: int) -> str:
    """Say what the residuals look like."""
    far = int((np.abs(left) > 3).sum())
    also = (
        "too few neighbours for a correlation"
        if np.isnan(neighbours)
        else f"the correlation of neighbouring blocks is {neighbours:+.2f}, where taking out each "
        f"athlete's own growth leaves about {-athletes / len(left):+.2f}"
    )
    return (
        f"{count(far, 'residual')} of {len(left):,} beyond 3 SD (0.3 % expected of a normal "
        f"distribution); {also}."
    )


def influence_sentence(table: pd.DataFrame, target: Estimate) -> str:
    """Say how far leaving out one athlete moves the estimate."""
    if len(table) < 2:
        return "One athlete: the answer is about this log and no other."
    low, high = table["estimate"].min(), table["estimate"].max()
    farthest = table["athlete"].iloc[int(table["shift"].abs().to_numpy().argmax())]
    turns = "; without one of them it would change sign" if low * high < 0 else ""
    return (
        f"Leaving out one athlete at a time moves the estimate of {target.estimate:+.2f} % "
        f"between {low:+.2f} % and {high:+.2f} % ({len(table):,} athletes, most by "
        f"{farthest}){turns}."
    )


def curve_sentence(found: Curve) -> str:
    """Say what the specification curve shows."""
    unit = str(found.table["unit"].iloc[0])
    joint = ""
    if found.joint is not None:
        joint = (
            f" Shuffling the doses within athletes gives as strong a curve in "
            f"{100 * found.joint.p_median_t:.1f} % of {found.joint.n:,} shuffles, the observed "
            "one counted."
        )
    return (
        f"{count(len(found.table), 'specification')} of {found.combinations:,} possible: median "
        f"{found.median:+.2f} {unit}, {100 * found.same_sign:.0f} % of the same sign, "
        f"{100 * found.excluding_zero:.0f} % with an interval that excludes 0.{joint}"
    )


def curve_notes(found: Curve) -> tuple[str, ...]:
    """Say how the curve is to be read, and what could not be fitted."""
    notes = [
        "A display of robustness, no better estimate than the plan's own: the specifications "
        "share their data, so their number says nothing. Effects from blocks of other lengths "
        "are scaled to the plan's."
    ]
    if found.refused:
        lost = count(len(found.refused), "specification")
        reasons = ", ".join(sorted(set(found.refused)))
        notes.append(f"{lost} left out for too little data: {reasons}.")
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


def power_notes(found: Power) -> tuple[str, ...]:
    """Say how power was found."""
    n = len(found.estimates)
    error = 100 * float(np.sqrt(0.8 * 0.2 / n))
    notes = [
        f"{count(n, 'cohort')} simulated from the fitted model with these athletes, doses and "
        f"noise, each fitted again; the error of a power of 80 % is ±{error:.0f} points. "
        f"Without an effect {100 * found.at(0.0):.0f} % of the intervals exclude 0."
    ]
    if found.refused:
        notes.append(f"{count(found.refused, 'cohort')} could not be fitted and are left out.")
    return tuple(notes)


# The figures of a hypothesis page.


Trace = dict[str, Any]

GREY = "#8A8A8A"


def draw_estimates(table: pd.DataFrame) -> Figure:
    """Draw each estimate with its interval; zero is no effect."""
    points = [
        interval_points(
            [row["estimate"]], [row["kind"]], [row["conf_low"]], [row["conf_high"]],
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


def draw_residuals(table: pd.DataFrame) -> Figure:
    """Draw residuals against what the model expects."""
    dots = line(
        table["fitted"], table["residual"], "change", mode="markers", text=plain(table["athlete"]),
        hover="%{text}: %{y:.1f} SD at %{x:.1f} %<extra></extra>",
    )  # fmt: skip
    dots["marker"] |= {"size": 4, "opacity": 0.6}
    return figure(
        [dots],
        x="Expected change of strength, %",
        y="Residual, SD",
        shapes=[_at_zero("y")],
        showlegend=False,
    )


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
        "array": plain(part["conf_high"] - part["estimate"]),
        "arrayminus": plain(part["estimate"] - part["conf_low"]),
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
        "warmups": {"by_load": "warm-ups told by load", "marked_only": "only marked warm-ups out"}
        .get(str(value), ""),
        "week_starts": f"weeks from {str(value).capitalize()}",
        "block_weeks": f"blocks of {value} weeks",
        "outcome": str(value).replace("_", " "),
        "min_blocks": f"{value} or more changes",
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
            residuals_result(outcome.fitted),
            influence_result(outcome, outcome.fitted),
        ]
        found += curve_result(outcome.fitted)
        found += power_result(outcome, outcome.fitted)
    return {result.name: result for result in found}


def plan_result(outcome: Outcome) -> Result:
    """Return the plan: one row per `key` with its `value` and `source` (plan file or default)."""
    said = stated(outcome.plan_bytes)
    rows = [
        (key, as_text(value), "plan" if key in said else "default")
        for key, value in settings(outcome.plan).items()
    ]
    return Result(
        name="plan",
        title="The plan",
        table=pd.DataFrame(rows, columns=["key", "value", "source"]),
        summary=plan_sentence(outcome),
        notes=(f"Estimand: {estimand(outcome.plan)}", rule_sentence(outcome.plan)),
    )


def flow_result(outcome: Outcome) -> Result:
    """Return who is in: one row per `step` with `athletes`, `left_out` and `reason`."""
    first, last = outcome.flow["athletes"].iloc[[0, -1]]
    n_blocks = 0 if outcome.fitted is None else outcome.fitted.fit.n_blocks
    return Result(
        name="flow",
        title="Who is in the answer",
        table=outcome.flow,
        summary=f"{last:,} of {count(int(first), 'athlete')} and {count(n_blocks, 'change')} from "
        "block to block.",
        notes=gaps(outcome.table) if len(outcome.table) else (),
    )


def estimate_result(outcome: Outcome) -> Result:
    """Return the effects: one row per `kind` with `estimate`, its interval, `unit` and n."""
    found, rows = outcome.fitted, []
    if found is not None:
        wanted = outcome.plan.effect
        other = found.fit.between if wanted == "within" else found.fit.effect
        kinds = {
            f"{wanted} athletes (the plan)": found.target,
            "lead placebo (should be 0)": found.lead,
            f"{'between' if wanted == 'within' else 'within'} athletes": other,
            "week's best set (biased)": found.naive,
        }
        rows = [_row(outcome, found, kind, each) for kind, each in kinds.items() if each]
    columns = ["kind", "estimate", "std_error", "conf_low", "conf_high", "p_value", "dof", "unit",
               "n_athletes", "n_blocks"]  # fmt: skip
    return Result(
        name="estimate",
        title="The estimate",
        table=pd.DataFrame(rows, columns=columns),
        summary=verdict_sentence(outcome),
        draw=draw_estimates,
        notes=estimate_notes(outcome),
        settings=settings(outcome.plan),
    )


def residuals_result(found: Fitted) -> Result:
    """Return one row per change used: `fitted`, `residual` (in residual SDs), athlete, block."""
    white = found.white
    left = white.residuals() / white.sigma
    table = white.rows[["athlete", "block"]].assign(fitted=white.raw_x @ white.beta, residual=left)
    return Result(
        name="residuals",
        title="Residuals",
        table=table.reset_index(drop=True),
        summary=residual_sentence(left, white.neighbour_correlation(), found.fit.n_athletes),
        draw=draw_residuals,
        notes=tuple(f"Model: {message}." for message in found.fit.messages)
        or ("The fit converged without a warning.",),
    )


def influence_result(outcome: Outcome, found: Fitted) -> Result:
    """Return one row per athlete: the `estimate` without that athlete, and the `shift`."""
    weights = np.array([float(term == outcome.term) for term in found.white.terms])
    without = (
        found.white.without_each(weights)
        if found.fit.n_athletes > 1
        else [float("nan")] * found.fit.n_athletes
    )
    table = pd.DataFrame(
        {"athlete": found.white.rows["athlete"].unique(), "estimate": without}
    ).assign(shift=lambda t: t["estimate"] - found.target.estimate, unit=outcome.plan.unit)
    table = table.sort_values("estimate", kind="stable", ignore_index=True)
    return Result(
        name="influence",
        title="Does one athlete carry it?",
        table=table,
        summary=influence_sentence(table, found.target),
        draw=draw_influence if found.fit.n_athletes > 1 else None,
        notes=("The variances are held at those of the whole fit.",),
    )


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


def _row(outcome: Outcome, found: Fitted, kind: str, each: Estimate) -> dict[str, object]:
    return {
        "kind": kind,
        "estimate": each.estimate,
        "std_error": each.std_error,
        "conf_low": each.conf_low,
        "conf_high": each.conf_high,
        "p_value": each.p_value,
        "dof": each.dof,
        "unit": outcome.plan.unit,
        "n_athletes": found.fit.n_athletes,
        "n_blocks": found.fit.n_blocks,
    }


def title(outcome: Outcome) -> str:
    """Return the page's title."""
    return f"{spoken(outcome.plan.muscle).capitalize()}: {outcome.verdict}"
