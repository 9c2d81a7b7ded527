"""Curves of growth: the typical one with its band, or each athlete's."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.figures import Trace, band, figure, line
from analysis.measures.drawing import by_athlete
from analysis.result import Figure

DRAWN_ATHLETES = 30
"""Own curves drawn behind the typical one: those with most weeks."""

HOVER = "%{x:g} weeks: %{y:+.1f} %<extra>%{fullData.name}</extra>"


def draw(table: pd.DataFrame) -> Figure:
    """Draw the gain against weeks since the first log."""
    typical = table[table["scope"] == "typical"]
    menu: dict[str, Any] = {}
    if len(typical):
        traces = [_everyone(table), *_curve(typical, "typical athlete")]
    else:
        traces, menu = by_athlete(table, lambda rows: _curve(rows, "own log alone"))
    return figure(traces, x="Weeks since the first log", y="Gain in strength (%)", **menu)


def _curve(rows: pd.DataFrame, name: str) -> list[Trace]:
    weeks, gain, low, high = (
        [0.0, *rows[column]] for column in ("week", "gain_pct", "low", "high")
    )
    return [
        band(weeks, low, high, f"{name}, interval"),
        line(weeks, gain, name, hover=HOVER),
    ]


def _everyone(table: pd.DataFrame) -> Trace:
    own = table[table["scope"] == "athlete"]
    most = own.drop_duplicates("athlete").nlargest(DRAWN_ATHLETES, "weeks_logged")["athlete"]
    weeks: list[float | None] = []
    gains: list[float | None] = []
    for _, rows in own[own["athlete"].isin(most)].groupby("athlete"):
        weeks += [0.0, *rows["week"], None]
        gains += [0.0, *rows["gain_pct"], None]
    name = f"{len(most)} athletes, shrunken"
    grey = {"color": "rgba(120,120,120,0.4)", "width": 1}
    return line(weeks, gains, name, series=6, hover=HOVER, mode="lines") | {"line": grey}
