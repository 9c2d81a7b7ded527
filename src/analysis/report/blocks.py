"""What a page is made of. Each block holds finished words and numbers; none computes any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pandas as pd

from analysis.report.roster import Roster
from analysis.result import Figure, Result

# A flow diagram: what goes into an analysis, what is left out at each step, and why.
#
# Boxes and arrows are HTML with small SVG arrows, not one drawing: text wraps and stays
# readable on
# a phone, takes the page's colours, and is read out in order.


@dataclass(frozen=True, slots=True)
class FlowChart:
    """A result drawn as a flow diagram, with its table beneath.

    Attributes:
        result: its table has one row per step and reason, steps in order: `step`, `left_out`,
            `reason`, and the columns below.
        kept: column that holds what is kept after the step.
        counted: column that says what is counted, or the word itself, where the table has no such
            column or it is that of `kept`.
    """

    result: Result
    kept: str = "kept"
    counted: str = "counted"


@dataclass(frozen=True, slots=True)
class Loss:
    """What a step leaves out for one reason."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Box:
    """One step as drawn; `share` of what came in is kept, in %."""

    name: str
    number: int
    total: int
    counted: str
    share: float
    losses: Sequence[Loss]


def boxes(chart: FlowChart) -> list[Box]:
    """Return the diagram's boxes, top down."""
    drawn: list[Box] = []
    for _, part in chart.result.table.groupby("step", sort=False):
        first = part.iloc[0]
        losses = [
            Loss(int(row["left_out"]), str(row["reason"]))
            for row in part.to_dict("records")
            if row["left_out"]
        ]
        kept = int(first[chart.kept])
        total = kept + sum(loss.number for loss in losses)
        said = chart.counted in part and chart.counted != chart.kept
        counted = str(first[chart.counted]) if said else chart.counted
        share = 100 * kept / total if total else 0.0
        drawn.append(Box(str(first["step"]), kept, total, counted, round(share, 1), losses))
    return drawn


@dataclass(frozen=True, slots=True)
class Takeaway:
    """One sentence of the page's top: direction, size, unit, interval, n.

    Attributes:
        text: the sentence.
        about: name of the result it rests on; the sentence links there.
    """

    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; blank lines part paragraphs. Text is escaped, `markupsafe.Markup` is not."""

    text: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One number at a glance.

    Attributes:
        label: what it is.
        value: the number; a word where there is none.
        unit: its unit. A number in "kg" follows the page's kg/lb switch.
        comparison: a sentence that sets it against the athlete's own average.
    """

    label: str
    value: float | str
    unit: str = ""
    comparison: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """A row of tiles."""

    tiles: Sequence[Tile]


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at, with the rows that say so.

    Attributes:
        kind: one or two words, such as "repeated stall".
        text: the sentence.
        level: "attention", "notice" or "good"; written out, never by colour alone.
        rows: the evidence, None when the sentence is all there is.
    """

    kind: str
    text: str
    level: str = "notice"
    rows: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """A list of flags; `clear` is the sentence when there are none."""

    flags: Sequence[Flag]
    clear: str = "Nothing stands out."


@dataclass(frozen=True, slots=True)
class BodyMap:
    """A result's numbers on a drawing of the body, front and back, with a list beside it.

    Attributes:
        result: its table has one row per muscle group.
        group: column that holds the group, such as "quads" or "upper_back".
        value: column that holds the number.
        unit: unit of the number, in words.
        caption: what the drawing does not say.
        beside: group -> what is said below its number, such as that it is too low.
    """

    result: Result
    group: str
    value: str
    unit: str
    caption: str = "Training coverage, not recovery, soreness or growth."
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A result whose table is the point: shown open, with links in it.

    Attributes:
        result: what to show.
        links: column to show -> column that holds the relative address of its link.
    """

    result: Result
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Training days as squares, a row a year, with counts that follow the page's dates.

    Attributes:
        result: its table has one row per `day` with `sessions` and `sets`.
        counts: what is counted ("sessions", "days", "sets", "empty": weeks without a log), how
            it is called, and the number over the whole log.
    """

    result: Result
    counts: Sequence[tuple[str, str, int]] = ()


@dataclass(frozen=True, slots=True)
class Lifts:
    """A search box over all lifts, and a page of each that is drawn when it is chosen.

    The rows of the chosen lift are taken from the tables, which the page holds once.

    Attributes:
        result: one row per `lift`: `days`, `sets`, `first_day`, `last_day`, `muscles`,
            `best_load_kg`, `best_reps`, `best_day`, and `words`, a sentence, where there is one.
        days: rows by `lift` and `day`: `sets`, `top_load_kg`, `top_reps`, `e1rm_kg`, `most_reps`,
            `longest_s`, `farthest_m`.
        more: `best-sets` and `lift-levels` (`level_kg` with its band `low_kg`, `high_kg`);
            `records` and `shifts`, with `words`, stand elsewhere on the page.
    """

    result: Result
    days: Result
    more: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure without a table, such as a notebook's.

    Attributes:
        name: slug, unique on the page.
        label: what the figure shows, for those who do not see it.
        figure: the figure as a plain dictionary.
    """

    name: str
    label: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with blocks below it; sections nest once.

    Attributes:
        id: anchor, a slug.
        title: heading.
        items: blocks.
        intro: a sentence under the heading.
        folded: start closed, for drill-downs such as one muscle.
    """

    id: str
    title: str
    items: Sequence[Block]
    intro: str = ""
    folded: bool = False


Block: TypeAlias = (
    "Result | Section | Prose | Tiles | Flags | BodyMap | FlowChart | Listing | Calendar | Lifts "
    "| Chart | Roster"
)
"""Anything that may stand on a page."""


def results(items: Sequence[Block]) -> list[Result]:
    """Return every result on a page, in reading order."""
    found: list[Result] = []
    for item in items:
        if isinstance(item, Section):
            found += results(item.items)
        elif isinstance(item, Result):
            found.append(item)
        elif isinstance(item, Lifts):
            found += [item.result, item.days, *item.more]
        elif isinstance(item, BodyMap | Calendar | FlowChart | Listing | Roster):
            found.append(item.result)
    return found


def anchors(items: Sequence[Block]) -> list[str]:
    """Return every anchor the items need, in reading order."""
    found: list[str] = []
    for item in items:
        if isinstance(item, Section):
            found += [item.id, *anchors(item.items)]
        elif isinstance(item, Chart):
            found.append(item.name)
        else:
            found += [result.name for result in results([item])]
    return found
