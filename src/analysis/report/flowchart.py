"""A flow diagram: what goes into an analysis, what is left out at each step, and why.

Boxes and arrows are HTML with small SVG arrows, not one drawing: text wraps and stays readable on
a phone, takes the page's colours, and is read out in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.result import Result


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
