"""A page to send: a few sentences and two pictures, on one sheet of paper, without a script.

It fits three screens of a phone. Loads stand in one unit, since nothing can switch them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from analysis.report import calendar
from analysis.report.blocks import BodyMap
from analysis.report.drawing_library import template_text
from analysis.report.glossary import loads_in
from analysis.report.page import POLICY
from analysis.report.render import body_drawing, environment


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG text of our own, with what it shows in words."""

    svg: Markup
    caption: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What one lifter should know, in about 150 words.

    Attributes:
        title: who.
        period: the days of the log.
        parts: (heading, sentences), in reading order.
        days: day -> sets, for the calendar of the last year.
        body: sets of each muscle on a drawing of the body; None where no set reaches one.
        unit: "kg" or "lb", of every load.
        lines: a drawing of the main lifts in place of the body.
    """

    title: str
    period: str
    parts: Sequence[tuple[str, Sequence[str]]]
    days: dict[date, float]
    body: BodyMap | None
    unit: str = "kg"
    lines: Picture | None = None

    @property
    def words(self) -> int:
        """Words of its sentences."""
        return sum(len(text.split()) for _, said in self.parts for text in said)

    def html(self) -> str:
        """Return the page."""
        last = max(self.days)
        first = date(last.year - 1, last.month, 1)
        shown = {day: sets for day, sets in self.days.items() if day >= first}
        parts = [
            (title, [loads_in(text, self.unit) for text in said]) for title, said in self.parts
        ]
        return environment().get_template("summary.html.j2").render(
            summary=self,
            parts=parts,
            years=calendar.years(shown, first=first),
            body=body_drawing(self.body) if self.body and not self.lines else None,
            style=Markup(template_text("page.css") + template_text("summary.css")),
            policy=Markup(POLICY.format(script="")),
        )  # fmt: skip
