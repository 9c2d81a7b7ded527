"""Figures of many athletes: one athlete is shown at a time, chosen from a menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.figures import Trace

MENU_LIMIT = 40
"""Athletes a menu offers: a longer one cannot be used, and the table holds them all."""


def by_athlete(
    table: pd.DataFrame, traces_of: Callable[[pd.DataFrame], list[Trace]]
) -> tuple[list[Trace], dict[str, Any]]:
    """Return the traces of every athlete and the layout of the menu that shows one of them.

    Muscle groups are drawn in words ("upper back", not "upper_back").

    Args:
        table: a measure's table with the column `athlete`.
        traces_of: draws the rows of one athlete.
    """
    names = [column for column in ("group", "name") if column in table]
    table = table.assign(**{column: table[column].str.replace("_", " ") for column in names})
    athletes = sorted(table["athlete"].unique())
    if len(athletes) == 1:
        return [{**trace, "visible": True} for trace in traces_of(table)], {}
    drawn = {
        name: traces_of(rows)
        for name, rows in table.groupby("athlete", observed=True)
        if name in set(athletes[:MENU_LIMIT])
    }
    traces = [
        {**trace, "visible": name == athletes[0]} for name, own in drawn.items() for trace in own
    ]
    return traces, _menu(drawn, len(athletes)) if athletes else {}


def _menu(drawn: dict[Any, list[Trace]], athletes: int) -> dict[str, Any]:
    owners = [name for name, own in drawn.items() for _ in own]
    buttons = [
        {
            "label": str(name),
            "method": "update",
            "args": [{"visible": [owner == name for owner in owners]}],
        }
        for name in drawn
    ]
    menu = {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"}
    layout: dict[str, Any] = {
        "updatemenus": [menu],
        "margin": {"l": 56, "r": 16, "t": 64, "b": 48},
    }
    if athletes > len(drawn):
        text = f"first {len(drawn)} of {athletes:,} athletes; the table holds all"
        place = {"xref": "paper", "yref": "paper", "x": 1, "y": 1.02, "yanchor": "bottom"}
        layout["annotations"] = [{"text": text, "showarrow": False, **place}]
    return layout
