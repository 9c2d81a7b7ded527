"""The figures of a hypothesis page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.figures import PALETTE, figure, interval_points, line, plain
from analysis.models.hypothesis.choices import Choice
from analysis.result import Figure

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
