"""The forest plot: the log beside what was published, and what would discredit it."""

from __future__ import annotations

import pandas as pd

from analysis.figures import figure, interval_points
from analysis.result import Figure

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
