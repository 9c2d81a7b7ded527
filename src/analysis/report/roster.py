"""A list of people to look after: one row each, in groups, drawn small enough for one Monday.

Words and numbers come finished. What is here is their drawing: bars of the last weeks and a rate
with its interval, each with its text alternative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from analysis.report.drawing_library import template_text
from analysis.report.tables import plain_text, relative
from analysis.result import Result

BAR, STEP, HEIGHT = 6, 8, 26
"""Of the bars of a week: width, distance, height, px."""

WIDTH, REACH = 96, 10.0
"""Of a rate: width, px, and the rate at its right end; what lies beyond is cut there."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A flag in a word: what, how urgent ("attention", "notice", "good") and how many."""

    word: str
    level: str
    size: int = 1


@dataclass(frozen=True, slots=True)
class Against:
    """A number beside the person's own normal; None where it is unknown."""

    now: float | None = None
    normal: float | None = None

    @property
    def share(self) -> float | None:
        """The number as a share of the normal, to sort by."""
        return self.now / self.normal if self.now is not None and self.normal else None


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of change with its interval, % ; `word` says what the interval tells."""

    value: float
    low: float
    high: float
    word: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One person.

    Attributes:
        name: who.
        status: the group they stand in.
        page: relative address of their page, empty for none.
        badges: flags, most urgent first.
        reason: what the urgent flags say, or why there is little to say.
        last: the last session, such as "3 days ago"; `last_date` is what stands below it.
        days_off: the same as a number, to sort by.
        sessions: of the last block against own normal.
        sets: of the last week against own mean.
        weeks: sets a week, oldest first; None where nothing is logged.
        rate: of strength.
        summary: relative address of the page to send them, empty for none.
        goals: what they are after, in words.
        unmapped: how much of the log trains no known muscle, in words; empty for little.
    """

    name: str
    status: str
    page: str = ""
    badges: Sequence[Badge] = ()
    reason: str = ""
    last: str = ""
    last_date: str = ""
    days_off: float | None = None
    sessions: Against = Against()
    sets: Against = Against()
    weeks: Sequence[float | None] = ()
    rate: Rate | None = None
    summary: str = ""
    goals: str = ""
    unmapped: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """People in groups, with search, filter and order; a plain table without JavaScript.

    Attributes:
        result: the numbers behind the rows, shown folded and offered for download.
        entries: the people, in their own order.
        groups: status -> how the group is called, in order.
        heads: of the columns sessions, sets and strength: words under each head.
    """

    result: Result
    entries: Sequence[Entry]
    groups: Sequence[tuple[str, str]]
    heads: tuple[str, str, str] = ("", "", "")

    def group(self, status: str) -> list[Entry]:
        """Return the entries of a group."""
        return [entry for entry in self.entries if entry.status == status]


def view() -> dict[str, Any]:
    """Return what the template needs beside the block: its drawings, style and script."""
    return {
        "bars": bars,
        "whisker": whisker,
        "signed": signed,
        "against": against,
        "address": relative,
        "style": Markup(template_text("roster.css")),
        "script": Markup(template_text("roster.js")),
    }


def bars(entry: Entry) -> Markup:
    """Return the weeks as bars, the last one marked, with a dash where nothing is logged."""
    top = max([value for value in entry.weeks if value], default=1.0)
    last = len(entry.weeks) - 1
    drawn = []
    for place, value in enumerate(entry.weeks):
        x = place * STEP
        if value is None:
            drawn.append(f'<path class="none" d="M{x + 1} {HEIGHT - 1}h{BAR - 2}"/>')
            continue
        tall = max(1.5, (HEIGHT - 2) * value / top)
        kind = ' class="now"' if place == last else ""
        drawn.append(
            f'<rect{kind} x="{x}" y="{HEIGHT - tall:.1f}" width="{BAR}" height="{tall:.1f}"/>'
        )
    if entry.sets.normal is not None and last >= 4:
        y = HEIGHT - (HEIGHT - 2) * min(entry.sets.normal / top, 1.0)
        drawn.append(
            f'<path class="mean" d="M{(last - 4) * STEP - 1} {y:.1f}H{last * STEP + BAR}"/>'
        )
    told = ", ".join("no log" if value is None else f"{value:.0f}" for value in entry.weeks)
    label = f"Sets a week over {len(entry.weeks)} weeks, oldest first: {told}"
    return _svg("bars", len(entry.weeks) * STEP - STEP + BAR, HEIGHT, label, drawn)


def whisker(rate: Rate) -> Markup:
    """Return the rate as a point on its interval, with a line at no change."""
    low, point, high = (_x(value) for value in (rate.low, rate.value, rate.high))
    drawn = [
        f'<path class="zero" d="M{WIDTH / 2} 1V15"/>',
        f'<rect x="{low:.1f}" y="6" width="{max(high - low, 1):.1f}" height="4" rx="2"/>',
        f'<circle cx="{point:.1f}" cy="8" r="3.5"/>',
    ]
    ends = f"{signed(rate.low)} to {signed(rate.high)}"
    label = f"On a scale of ±{REACH:g} %: {signed(rate.value)}, {ends}"
    return _svg("whisker", WIDTH, 16, label, drawn)


def signed(value: float) -> str:
    """Return a percentage with its sign.

    >>> signed(-0.26)
    '−0.3 %'
    """
    return f"{value:+.1f} %".replace("-", "−")


def against(pair: Against, normal: str) -> tuple[str, str]:
    """Return a number and, below it, its normal."""
    now = "" if pair.now is None else plain_text(round(pair.now))
    return now, "" if pair.normal is None else f"{normal} {pair.normal:.1f}"


def _x(value: float) -> float:
    return min(max((value / REACH + 1) * WIDTH / 2, 3.5), WIDTH - 3.5)


def _svg(kind: str, width: float, height: float, label: str, drawn: Sequence[str]) -> Markup:
    # Numbers of our own and no word of the user's: nothing here needs escaping.
    return Markup(
        f'<svg class="{kind}" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">{"".join(drawn)}</svg>'
    )
