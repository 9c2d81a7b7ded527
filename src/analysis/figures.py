"""Small builders of plain Plotly dictionaries, shared by every `Result.draw`.

A figure is `{"data": [...], "layout": {...}}` of lists, strings and numbers only: cheap to write
as JSON, valid in `go.Figure`. Colours are Okabe and Ito's (jfly.uni-koeln.de/color, 2008), told
apart by the common kinds of colour blindness; a series also differs by marker or dash.

`layout.meta` tells the page what its controls may change: `time_axis` is the axis that follows
the page-wide date range, `load_axis` the axis whose numbers are in kg and follow the kg/lb
switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
SHADES = ("#93a1b0", "#6db3e8", "#2180c4", "#0b4a80", "#04253f")
"""From least to most, for series that have an order: days a week, rep zones."""
_POWERS = np.array([float(f"1e{place}") for place in range(23)])
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x", "star")

Trace = dict[str, Any]

Figure = dict[str, Any]
"""A Plotly figure as plain lists and dictionaries: `{"data": [...], "layout": {...}}`.

Plain, because the report writes it as JSON without loading plotly, and valid, because
`Result.figure` hands it to `go.Figure` for notebooks.
"""


def plain(values: Iterable[Any]) -> list[Any]:
    """Return JSON-ready values: ISO dates, floats of 6 significant digits, None for missing."""
    if not isinstance(values, np.ndarray) and isinstance(getattr(values, "dtype", None), np.dtype):
        values = np.asarray(values)  # a column of pandas, if it holds plain numbers or dates
    if isinstance(values, np.ndarray) and values.ndim == 1:
        if values.dtype.kind == "f":
            return _rounded(values)
        if values.dtype.kind == "M":
            return _iso(values)
    return [_plain(value) for value in values]


def _rounded(values: NDArray[Any]) -> list[float | None]:
    """Return numbers of 6 significant digits: whole arrays, where one by one takes ten times."""
    size = np.abs(values, where=np.isfinite(values), out=np.zeros(len(values)))
    if np.any((size > 0) & (size < 1e-15)) or np.any(size > 1e15):
        return [_plain(value) for value in values.tolist()]
    place = 5 - np.floor(np.log10(size, where=size > 0, out=np.zeros(len(values)))).astype(int)
    power = _POWERS[np.abs(place)]  # exact, so that a rounded number is the one nearest to it
    fine, coarse = np.round(values * power) / power, np.round(values / power) * power
    numbers = np.where(place >= 0, fine, coarse).tolist()
    return [None if isnan(number) else number for number in numbers]


def _iso(stamps: NDArray[Any]) -> list[str | None]:
    texts = np.datetime_as_string(stamps, unit="s").tolist()
    return [None if text == "NaT" else text.removesuffix("T00:00:00") for text in texts]


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if hasattr(value, "isoformat"):
        text: str = value.isoformat()
        if text == "NaT":  # pandas' missing date
            return None
        return text.removesuffix("T00:00:00")
    if hasattr(value, "item"):
        return _plain(value.item())
    return float(f"{value:.6g}") if isinstance(value, float) else value


def line(
    x: Iterable[Any], y: Iterable[Any], name: str, *, series: int = 0, hover: str = "", **more: Any
) -> Trace:
    """Return a line with markers; gaps in y stay gaps.

    Args:
        x: positions.
        y: heights.
        name: legend text.
        series: number of the series; picks colour, dash and marker together.
        hover: Plotly hovertemplate, with unit and n.
        more: further trace attributes, such as `mode`, `customdata` or `yaxis`.
    """
    colour = PALETTE[series % len(PALETTE)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": plain(x),
        "y": plain(y),
        "name": name,
        "line": {"color": colour, "dash": DASHES[series % len(DASHES)], "width": 2},
        "marker": {"color": colour, "symbol": SYMBOLS[series % len(SYMBOLS)], "size": 6},
        "connectgaps": False,
        **({"hovertemplate": hover} if hover else {}),
        **more,
    }


def band(
    x: Iterable[Any], low: Iterable[Any], high: Iterable[Any], name: str, *, series: int = 0
) -> Trace:
    """Return the area between low and high, drawn as one closed outline."""
    edge_x, edge_low, edge_high = plain(x), plain(low), plain(high)
    red, green, blue = (int(PALETTE[series % len(PALETTE)][i : i + 2], 16) for i in (1, 3, 5))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": edge_x + edge_x[::-1],
        "y": edge_high + edge_low[::-1],
        "fill": "toself",
        "fillcolor": f"rgba({red},{green},{blue},0.2)",
        "line": {"width": 0},
        "name": name,
        "hoverinfo": "skip",
    }


def interval_points(
    x: Iterable[Any],
    y: Sequence[Any],
    low: Iterable[Any],
    high: Iterable[Any],
    name: str,
    *,
    series: int = 0,
    hover: str = "",
) -> Trace:
    """Return points with a horizontal interval: a forest plot's rows (x value, y label)."""
    centre = plain(x)
    trace = line(centre, y, name, series=series, hover=hover, mode="markers")
    trace["error_x"] = {
        "type": "data",
        "symmetric": False,
        "array": [None if h is None else h - c for h, c in zip(plain(high), centre, strict=True)],
        "arrayminus": [
            None if v is None else c - v for v, c in zip(plain(low), centre, strict=True)
        ],
    }
    return trace


def bars(
    x: Iterable[Any],
    y: Iterable[Any],
    name: str,
    *,
    series: int = 0,
    ordered: bool = False,
    hover: str = "",
    **more: Any,
) -> Trace:
    """Return bars; those of an `ordered` series are coloured from least to most."""
    colours = SHADES if ordered else PALETTE
    return {
        "type": "bar",
        "x": plain(x),
        "y": plain(y),
        "name": name,
        "marker": {"color": colours[series % len(colours)]},
        **({"hovertemplate": hover} if hover else {}),
        **more,
    }


def heatmap(
    x: Iterable[Any], y: Iterable[Any], z: Iterable[Iterable[Any]], *, unit: str, hover: str = ""
) -> Trace:
    """Return a heat map in Cividis, which reads the same with and without colour vision."""
    return {
        "type": "heatmap",
        "x": plain(x),
        "y": plain(y),
        "z": [plain(row) for row in z],
        "colorscale": "Cividis",
        "colorbar": {
            "title": {"text": unit, "side": "right"},
            "orientation": "h",
            "thickness": 10,
            "len": 0.6,
            "x": 0,
            "xanchor": "left",
            "xpad": 0,
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
        },
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        **({"hovertemplate": hover} if hover else {}),
    }


def figure(
    traces: Sequence[Trace],
    *,
    x: str,
    y: str,
    time_axis: str = "",
    load_axis: str = "",
    **layout: Any,
) -> Figure:
    """Return a figure with titled axes that leave room for their labels.

    Args:
        traces: what to draw.
        x: title of the x axis, unit included.
        y: title of the y axis, unit included.
        time_axis: "x" when the x axis is a date that follows the page-wide range.
        load_axis: "x" or "y" when that axis is in kg and follows the kg/lb switch.
        layout: further layout attributes.
    """
    return {
        "data": list(traces),
        "layout": {
            "xaxis": {"title": {"text": x}, "automargin": True},
            "yaxis": {"title": {"text": y}, "automargin": True},
            "legend": {
                "orientation": "h",
                "x": 0,
                "yref": "container",
                "y": 0,
                "yanchor": "bottom",
            },
            "margin": {"l": 56, "r": 16, "t": 16, "b": 48},
            "hovermode": "closest",
            "meta": {"time_axis": time_axis, "load_axis": load_axis},
            **layout,
        },
    }


# Figures of many athletes: one athlete is shown at a time, chosen from a menu.


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
    names = [column for column in ("muscle", "name") if column in table]
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
