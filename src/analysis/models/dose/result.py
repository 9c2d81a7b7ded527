"""`lab.dose_response`: a logbook in, what one more weekly set bought out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate import Estimate
from analysis.figures import PALETTE, Trace, figure, plain
from analysis.logbook import Logbook
from analysis.models.dose.control import beside
from analysis.models.dose.effects import (
    Body,
    Effect,
    between,
    body,
    columns_of,
    effect,
    eventual_gain,
    joint,
    shapes,
)
from analysis.models.dose.inputs import AHEAD
from analysis.models.dose.logs import DoseOptions, MuscleLogs, muscle_logs
from analysis.models.dose.people import Repeatability, repeatability
from analysis.models.dose.placebo import CONTROL, CONTROL_UNIT
from analysis.models.dose.pooling import FEWEST_CLUSTERS, TooLittleError
from analysis.models.dose.whitening import Variances
from analysis.models.published import (
    PELLAND_STRENGTH,
    Prior,
    Together,
    published_prior,
    together,
)
from analysis.notes import Note
from analysis.result import DECIMALS, Figure, Result
from analysis.say import count, interval, spoken, verdict_of

EXPOSURES = {
    "sets": ("one more weekly set", "% per weekly set held for four weeks"),
    "hard_sets": ("one more weekly hard set", "% per weekly hard set held for four weeks"),
    "frequency": (
        "one more training day a week",
        "% per weekly day held for four weeks",
    ),
    "light_share": (
        "all sets instead of none at 12 repetitions to failure or more",
        "% for all sets against none, held for four weeks",
    ),
}
"""Exposures: what is more, in words, and the unit of its effect."""

JOINT = ("sets", "frequency", "light_share")
HELD = {"frequency": ("sets",), "light_share": ("sets",)}
"""What is held fixed: a day more at the same sets, not with more of them."""

BAND_WORDS = {
    AHEAD: "next 4 weeks (placebo)",
    "1_4": "1 to 4 weeks before",
    "5_8": "5 to 8 weeks before",
    "9_12": "9 to 12 weeks before",
    "13_on": "13 weeks and more before",
}

SENSITIVITY: tuple[Mapping[str, Any], ...] = (
    {"unlogged": "rest"},
    {"outcome_from": "working"},
    {"rep_cap": 12.0},
    {"rule": "direct"},
    {"shifts": False},
)
"""Options changed one at a time; what moves the answer should be seen."""

RESERVE = 3.0
"""Repetitions in reserve that a log may hide. Epley's estimate of a set that stops k repetitions
short of failure is about k / 30 too low, and light sets hide more of them than heavy ones."""

LEAST_FROM_LOG = 0.1
"""Share of a combined number that the log must supply for it to be shown."""

COLUMNS = (
    "kind", "term", "estimate", "std_error", "low", "high", "p_value", "dof", "unit",
    "n_athletes", "n_days", "weight",
)  # fmt: skip

METHOD_NOTES = (
    "An association in logs, not a trial: weeks of one athlete are compared with that athlete's "
    "own usual, but what else changed in those weeks is not held fixed.",
    "Strength is a level on its day: the first set at the day's heaviest load of every exercise "
    "that trains the muscle directly. The sets of the same week are held fixed, as they tire.",
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how; the parameters of `dose_response`."""

    muscle: str
    exposure: str
    effect: str
    options: DoseOptions
    smallest_effect: float
    transfer: float | None
    sensitivity: tuple[Mapping[str, Any], ...]
    level: float

    def __post_init__(self) -> None:
        if self.effect not in ("within", "between"):
            raise ValueError(f"effect is {self.effect!r}, expected within or between")
        if self.exposure not in EXPOSURES:
            raise ValueError(
                f"exposure is {self.exposure!r}, expected one of {', '.join(EXPOSURES)}"
            )
        if self.smallest_effect < 0:
            raise ValueError(f"smallest_effect is {self.smallest_effect}, expected 0 or more")

    @property
    def work(self) -> str:
        """The exposure in words."""
        return EXPOSURES[self.exposure][0]

    @property
    def unit(self) -> str:
        """Unit of the effect."""
        return EXPOSURES[self.exposure][1]

    def settings(self) -> dict[str, Any]:
        """Return every parameter, for the methods section."""
        names = ("muscle", "exposure", "effect", "smallest_effect", "transfer", "level")
        own = {name: getattr(self, name) for name in names}
        return {**own, **asdict(self.options)}


def dose_response(
    logbook: Logbook,
    *,
    muscle: str,
    exposure: str = "sets",
    effect: str = "within",
    smallest_effect: float = 0.1,
    transfer: float | None = 1.0,
    more: bool = True,
    sensitivity: Sequence[Mapping[str, Any]] = SENSITIVITY,
    level: float = 0.95,
    **options: Any,
) -> Result:
    """Estimate what one more weekly set, held for four weeks, did to strength 5 to 12 weeks later.

    Args:
        logbook: the sets and the catalogue, of one athlete or many.
        muscle: a muscle group of the catalogue.
        exposure: "sets" (by the counting rule), "hard_sets", "frequency" (days a week with a
            direct set) or "light_share" (share of direct sets of 12 repetitions to failure or
            more); of the last two, at the same sets.
        effect: "within" or "between": which one the sentence is about.
        smallest_effect: smallest effect of interest, % per unit held for four weeks: against it
            the placebo is judged.
        transfer: SD added to the published slope for the step from trials to these logs, as a
            share of the slope; None leaves published evidence out.
        more: whether to add eventual gain, shapes, the joint fit, repeatability and the effect
            between athletes.
        sensitivity: options changed one at a time.
        level: probability that the intervals are made for.
        options: choices by their name in `DoseOptions`: `rule`, `outcome_from`, `formula` …

    Returns:
        Result whose table has one row per estimate: `kind` (effect, event study, control,
        eventual gain, trained, joint, shape, between, repeatability, sensitivity, published,
        together), `term`, `estimate`, `std_error`, `low`, `high`, `p_value`, `dof`, `unit`,
        `n_athletes`, `n_days` (strength days of an exercise) and `weight` (of a shape, by
        likelihood). Where the logs hold too little, the sentence says so and the published row
        stands alone.

    Raises:
        ValueError: an unknown muscle, exposure, effect or option.
    """
    question = Question(
        muscle=muscle,
        exposure=exposure,
        effect=effect,
        options=DoseOptions(**options),
        smallest_effect=smallest_effect,
        transfer=transfer,
        sensitivity=tuple(sensitivity),
        level=level,
    )
    logs = muscle_logs(logbook, muscle, question.options)
    if effect == "within":
        logs = beside(logbook, logs, question.options)
    try:
        reduced = reduce(logs, question, more=more)
        found = effect_of(reduced, question, logs.control)
    except TooLittleError as error:
        return _too_little(question, logs, str(error))
    rows = [*effect_rows(found, question), *published_rows(reduced, found, question)]
    refused: list[str] = []
    people: Repeatability | None = None
    if more:
        extra, refused = _tried(_extras(logs, reduced, question))
        rows += extra
        people = _repeats(logs, reduced, question)
    if people is not None:
        rows.append(_repeat_row(people))
    others, failed = _tried(_sensitivity(logbook, question, reduced.variances))
    rows += others
    return _result(
        question,
        logs,
        rows,
        summary(question, found, rows, by_effort_pct(logs.effort_known, exposure)),
        (*cautions(question, found, logs), *_people_note(people), *refused, *failed),
    )


def reduce(logs: MuscleLogs, question: Question, *, more: bool) -> Body:
    """Reduce a muscle's logs to the cross-products that a question needs."""
    measures = [question.exposure, *HELD.get(question.exposure, ())]
    measures += [CONTROL] if logs.control else []
    if more:
        measures = list(dict.fromkeys([*measures, *logs.weekly.doses]))
    measures = [m for m in measures if m != "hard_sets" or question.exposure == "hard_sets"]
    kernels = [question.exposure] if more else []
    return body(
        logs.days, logs.weekly, measures, kernels=kernels, unknown=question.options.unknown
    )


def effect_of(reduced: Body, question: Question, control: tuple[str, str] | None = None) -> Effect:
    """Return the effect that a question asks for; `control` as in `effects.effect`."""
    return effect(
        reduced,
        question.exposure,
        held=HELD.get(question.exposure, ()),
        smallest=question.smallest_effect,
        level=question.level,
        control=control,
    )


Part = tuple[str, Callable[[], list[Row]]]


def _tried(parts: Iterator[Part]) -> tuple[list[Row], list[str]]:
    """Return the rows of all parts, and a sentence for every one that the logs cannot support."""
    rows: list[Row] = []
    refused = []
    for name, make in parts:
        try:
            rows += make()
        except TooLittleError as error:
            refused.append(f"{name} is left out: {error}.")
    return rows, refused


def _extras(logs: MuscleLogs, reduced: Body, question: Question) -> Iterator[Part]:
    level, exposure = question.level, question.exposure

    def gain() -> list[Row]:
        ever = eventual_gain(reduced, exposure, level=level).estimate
        peak = eventual_gain(reduced, exposure, decay=True, level=level).estimate
        return [
            row("eventual gain", "gains stay, delay averaged", ever, question.unit),
            row("eventual gain", "at its peak, delay and loss averaged", peak, question.unit),
        ]

    def trained() -> list[Row]:
        both, _ = joint(reduced, ["sets", "trained"], level)
        return [
            row("trained", "one more set, given that the muscle is trained", both["sets"],
                EXPOSURES["sets"][1]),
            row("trained", "trained at all against not", both["trained"],
                "% for four weeks with the muscle trained against without"),
        ]  # fmt: skip

    def together_() -> list[Row]:
        found, _ = joint(reduced, JOINT, level)
        return [row("joint", spoken(name), each, EXPOSURES[name][1])
                for name, each in found.items()]  # fmt: skip

    def forms() -> list[Row]:
        usual = reduced.mean["sets"]
        dose = float(usual[usual > 0].mean())
        return [
            row("shape", f"{each.name}, one more at {dose:.1f} sets", each.one_more[dose],
                EXPOSURES["sets"][1]) | {"weight": each.weight}
            for each in shapes(reduced, [dose], level=level)
        ]  # fmt: skip

    def apart() -> list[Row]:
        unit = "% per year and unit of usual dose"
        return [row("between", f"own mean {spoken(exposure)}",
                    between(reduced, exposure, level), unit)]  # fmt: skip

    yield "The eventual gain", gain
    if exposure == "sets":
        if logs.untrained_weeks > 0:
            yield "Whether the muscle is trained at all", trained
        yield "The comparison of shapes", forms
    yield "The joint fit of sets, frequency and lightness", together_
    yield "The effect between athletes", apart


def _sensitivity(logbook: Logbook, question: Question, variances: Variances) -> Iterator[Part]:
    # the variances, on which only efficiency hangs, are those of the estimate itself
    for change in question.sensitivity:
        name = ", ".join(f"{spoken(str(key))} {value}" for key, value in change.items())

        def changed(change: Mapping[str, Any] = change, name: str = name) -> list[Row]:
            options = DoseOptions(**{**_shallow(question.options), **change})
            logs = muscle_logs(logbook, question.muscle, options)
            measures = [question.exposure, *HELD.get(question.exposure, ())]
            reduced = body(
                logs.days, logs.weekly, measures, unknown=options.unknown, variances=variances
            )
            found = effect_of(reduced, question)
            return [row("sensitivity", name, found.estimate, question.unit)]  # fmt: skip

        yield f"The estimate with {name}", changed


def _shallow(options: DoseOptions) -> dict[str, Any]:
    return {name: getattr(options, name) for name in options.__dataclass_fields__}


def _repeats(logs: MuscleLogs, reduced: Body, question: Question) -> Repeatability | None:
    columns = columns_of(logs.weekly, [question.exposure], unknown=question.options.unknown)
    try:
        return repeatability(reduced, logs.days, columns, question.exposure)
    except TooLittleError:
        return None


# The rows of the table.


def row(kind: str, term: str, found: Estimate, unit: str) -> Row:
    """Return an estimate as a row."""
    return {"kind": kind, "term": term, **found.cells, "unit": unit, "weight": np.nan}


def effect_rows(found: Effect, question: Question) -> list[Row]:
    """Return the effect, its event study, and the control where there is one."""
    unit, away = question.unit, found.placebo.control
    rows = [
        row("effect", f"{spoken(question.exposure)}, 5 to 12 weeks later", found.estimate, unit),
        *(row("event study", BAND_WORDS[band], each, unit)
          for band, each in found.event_study.items()),
    ]  # fmt: skip
    if away is not None:
        rows.append(row("control", f"sets of {spoken(away.muscle)} (should be 0)",
                        away.estimate, CONTROL_UNIT))  # fmt: skip
    return rows


def published_rows(reduced: Body, found: Effect, question: Question) -> list[Row]:
    """Return what trials found at this dose, and both weighed where the log adds a tenth."""
    prior = belief(reduced, question)
    if prior is None:
        return []
    usual = _usual(reduced)
    normal = Estimate(prior.published, prior.error, float("inf"), question.level)
    rows = [
        row("published", f"Pelland et al. 2025, sets of the tested lift, at {usual:.1f} a week",
            normal, question.unit)
    ]  # fmt: skip
    both = weighed(found, prior.prior)
    if both is not None:
        estimate = Estimate(both.mean, both.sd, float("inf"), question.level)
        term = f"logs and trials, {100 * both.from_log:.0f} % of it from the logs"
        rows.append(row("together", term, estimate, question.unit))
    return rows


@dataclass(frozen=True, slots=True)
class Belief:
    """The published slope at the logs' own dose, with its error, and the prior made of it."""

    published: float
    error: float
    prior: Prior


def belief(reduced: Body | None, question: Question) -> Belief | None:
    """Return published evidence in this unit; None where switched off or where there is none."""
    if question.transfer is None or question.exposure != "sets" or question.effect != "within":
        return None
    usual = PELLAND_STRENGTH.at_sets if reduced is None else _usual(reduced)
    slope, error = PELLAND_STRENGTH.per_weeks(4, at_sets=usual)
    return Belief(slope, error, published_prior(4, transfer=question.transfer, at_sets=usual))


def weighed(found: Effect, prior: Prior) -> Together | None:
    """Weigh the logs with the trials; None where vetoed, or where the logs add too little."""
    if found.placebo.fires:  # what its own placebo discredits has nothing to add to trials
        return None
    both = together(found.estimate, prior)
    return both if both.from_log >= LEAST_FROM_LOG else None


def _usual(reduced: Body) -> float:
    usual = reduced.mean["sets"]
    return float(usual[usual > 0].mean()) if (usual > 0).any() else 0.0


def _repeat_row(people: Repeatability) -> Row:
    unit = "correlation of own effects between the halves of a log"
    return {
        "kind": "repeatability", "term": "own effects, first half against second",
        "estimate": people.observed, "std_error": np.nan, "low": people.observed_low,
        "high": people.observed_high, "p_value": np.nan, "dof": np.nan, "unit": unit,
        "n_athletes": people.n_athletes, "n_days": 0, "weight": np.nan,
    }  # fmt: skip


# What it says in words: number, unit, interval, n, and what it cannot tell.


def summary(question: Question, found: Effect, rows: Sequence[Row], by_effort: float = 0.0) -> str:
    """Return the finding in one or two sentences."""
    if question.effect == "between":
        return _between_sentence(question, rows)
    return (
        f"With {question.work} for {spoken(question.muscle)} for four weeks, strength 5 to 12 "
        f"weeks later was {found.estimate.words} higher ({_people(found)}): "
        f"{verdict(found, by_effort)}."
    )


def verdict(found: Effect, by_effort: float = 0.0) -> str:
    """Return what the interval and the placebo say together, a clause."""
    whose = "this log alone" if found.n_athletes == 1 else "these logs alone"
    means = f"strength was {{}} after more work, by {whose}"
    if 1 < found.n_athletes < FEWEST_CLUSTERS:
        means = "strength was {} after more work, for these people alone"
    found_by = verdict_of(
        found.estimate.low, found.estimate.high, vetoed=found.placebo.fires, otherwise=by_effort
    )
    match found_by:
        case "no cause":
            return f"{whose} cannot say what work bought, because {found.placebo.because}"
        case "no proof":
            return f"{whose} cannot tell, because effort that is not logged alone could show it"
        case "higher" | "lower":
            return means.format(found_by)
    return f"by {whose} it cannot be told from no effect"


def cautions(question: Question, found: Effect, logs: MuscleLogs) -> tuple[str, ...]:
    """Return what a reader must know before believing the effect."""
    said = found.placebo.sentences(f"{spoken(question.exposure)} of the next four weeks go")
    if 1 < found.n_athletes < FEWEST_CLUSTERS:
        said.append(
            f"{found.n_athletes} athletes say nothing about how athletes differ: the interval is "
            "for these alone."
        )
    if logs.untrained_weeks > 0.05 and question.exposure == "sets":
        said.append(
            f"In {100 * logs.untrained_weeks:.0f} % of the logged weeks the muscle was not "
            "trained: part of the effect is training it at all."
        )
    return tuple(said)


def by_effort_pct(effort_known: float, exposure: str) -> float:
    """Return the effect of lightness that unlogged effort alone may show; see `RESERVE`."""
    return 100 * (1 - effort_known) * RESERVE / 30 if exposure == "light_share" else 0.0


def _people(found: Effect) -> str:
    return f"n = {count(found.n_athletes, 'athlete')}, {count(found.n_rows, 'strength day')}"


def _between_sentence(question: Question, rows: Sequence[Row]) -> str:
    one = next((each for each in rows if each["kind"] == "between"), None)
    if one is None:
        return (
            "These logs cannot show a difference between athletes; five or more who differ in "
            "their usual are needed."
        )
    more = interval(one["estimate"], one["low"], one["high"])
    return (
        f"Athletes whose usual {spoken(question.muscle)} {spoken(question.exposure)} is one "
        f"higher gained {more} more strength a year (n = {one['n_athletes']} athletes); they "
        "differ in much else, so this is no advice to any one of them."
    )


def _people_note(people: Repeatability | None) -> tuple[str, ...]:
    if people is None:
        return ()
    seen = (
        "own effects of the two halves of a log correlate "
        f"{interval(people.observed, people.observed_low, people.observed_high, unit='')} over "
        f"{count(people.n_athletes, 'athlete')}"
    )
    if people.told_apart:
        return (f"People differ in what a set buys, and it repeats: {seen}.",)
    return (f"People cannot be told apart by what a set buys them: {seen}.",)


def _too_little(question: Question, logs: MuscleLogs, reason: str) -> Result:
    prior = belief(None, question)
    rows = []
    if prior is not None:
        normal = Estimate(prior.published, prior.error, float("inf"), question.level)
        term = (
            f"Pelland et al. 2025, sets of the tested lift, at {PELLAND_STRENGTH.at_sets} a week"
        )
        rows.append(row("published", term, normal, question.unit))
    says = (
        f"Too little to say what {question.work} bought {spoken(question.muscle)}: {reason} "
        f"(n = {count(len(logs.days), 'strength day')})."
    )
    return _result(question, logs, rows, says, ())


def _result(
    question: Question,
    logs: MuscleLogs,
    rows: list[Row],
    summary: str,
    notes: tuple[Note | str, ...],
) -> Result:
    return Result(
        name=f"dose_response_{question.muscle}",
        title=f"What more work bought: {spoken(question.muscle)}",
        table=as_table(rows),
        summary=summary,
        draw=draw,
        notes=(*notes, *logs.notes(), *METHOD_NOTES),
        settings=question.settings(),
    )


def as_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as the result's table; digits that hang on the order of sums are cut."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    floats = [name for name in table.select_dtypes("float").columns if name != "n_days"]
    table = table.round(dict.fromkeys(floats, DECIMALS))
    return table.astype({"n_athletes": "Int64", "n_days": "Int64"})


# The event study, drawn; beneath it the published slope.


def draw(table: pd.DataFrame) -> Figure:
    """Draw the effect by weeks between sets and strength; what comes after cannot be a cause."""
    study = table[table["kind"] == "event study"]
    one = table[table["kind"] == "effect"]
    published = table[table["kind"] == "published"]
    unit = str(table["unit"].iloc[0]) if len(table) else ""
    ahead = study["term"] == BAND_WORDS[AHEAD]
    traces: list[Trace] = [
        _points(study[ahead], "placebo: sets that came later (should be 0)", 3),
        _points(study[~ahead], "sets that came before", 0),
        _points(one.assign(term="5 to 12 weeks before"), "the effect", 2),
        _points(published.assign(term="published trials"), "Pelland et al. 2025", 1),
    ]
    zero = {
        "type": "line", "y0": 0, "y1": 0, "x0": 0, "x1": 1, "xref": "paper",
        "line": {"color": "#666666", "width": 1, "dash": "dot"},
    }  # fmt: skip
    return figure(
        [trace for trace in traces if trace["x"]],
        x="When the sets were done",
        y=f"Strength, {unit}",
        shapes=[zero],
        height=400,
        showlegend=False,
    )


def _points(rows: pd.DataFrame, name: str, series: int) -> Trace:
    centre = plain(rows["estimate"])
    colour = PALETTE[series]
    above = plain(rows["high"] - rows["estimate"])
    below = plain(rows["estimate"] - rows["low"])
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [str(term) for term in rows["term"]],
        "y": centre,
        "name": name,
        "marker": {"color": colour, "size": 9},
        "error_y": {
            "type": "data", "symmetric": False, "array": above, "arrayminus": below,
            "color": colour,
        },
        "hovertemplate": "%{x}: %{y:+.2f} %<extra>%{fullData.name}</extra>",
    }  # fmt: skip
