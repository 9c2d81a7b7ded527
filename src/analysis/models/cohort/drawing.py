"""The figures of a cohort: forests of muscles and of athletes, curves with bands, days."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from analysis.figures import PALETTE, Trace, band, bars, figure, interval_points, line, plain
from analysis.result import Figure

DRAWN_ATHLETES = 50
"""Athletes in a forest, the most days first; more cannot be read. The table holds all."""

LABEL = 22
"""Letters of a name on an axis; the hover has all of it."""

ROW = 22
"""Height of a row, px."""

GREY = "#8A8A8A"
APART = 0.16
"""How far two marks of one row stand apart, in rows."""

TOP_LEGEND = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}


def label(name: str) -> str:
    """Return a name as an axis may show it: short, and no markup."""
    text = name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"
    return escape(text, quote=False)


def draw_effects(table: pd.DataFrame, *, published: tuple[float, float, float] | None) -> Figure:
    """Draw each muscle's effect and its placebo; `published` is slope, low and high."""
    told = table.dropna(subset="estimate").reset_index(drop=True)
    names = [label(str(name).replace("_", " ").capitalize()) for name in told["muscle"]]
    rows = np.arange(len(told), dtype=float)
    unit = str(told["unit"].iloc[0])
    traces = [
        _points(told, "", rows - APART, "within athletes", 0),
        _points(told.dropna(subset="lead"), "lead_", rows[told["lead"].notna()] + APART,
                "placebo: sets that came later (should be 0)", 3),
    ]  # fmt: skip
    shapes = [_rule(0.0)]
    if published is not None:
        names.append("Published trials")
        slope, low, high = published
        traces.append(
            interval_points([slope], [len(told)], [low], [high], "Pelland et al. 2025", series=1,
                            hover="%{x:.2f} %<extra>published</extra>")
        )  # fmt: skip
        shapes.append(_rule(slope, PALETTE[1]))
    ends = [
        told[["low", "lead_low"]].min(axis=1),
        told[["high", "lead_high"]].max(axis=1),
    ]
    return _forest(traces, names, f"Strength, {unit}", shapes, _focus(*ends))


def draw_spread(table: pd.DataFrame) -> Figure:
    """Draw where the mean slope lies, and where the slope of an athlete not yet seen."""
    told = table.dropna(subset="sd").reset_index(drop=True)
    rows = np.arange(len(told), dtype=float)
    names = [label(str(name).replace("_", " ").capitalize()) for name in told["muscle"]]
    mean = told.assign(estimate=told["mean"])
    new = told.assign(estimate=told["mean"], low=told["new_low"], high=told["new_high"])
    traces = [
        _points(new, "", rows + APART, "an athlete not yet seen", 4),
        _points(mean, "", rows - APART, "mean of athletes", 0),
    ]
    unit = str(told["unit"].iloc[0])
    return _forest(
        traces, names, f"Strength, {unit}", [_rule(0.0)], _focus(new["low"], new["high"])
    )


def draw_athletes(table: pd.DataFrame, *, pooled: float) -> Figure:
    """Draw each athlete's own slope and the shrunken one, lowest shrunken first."""
    told = table.dropna(subset="own")
    shrinks = "shrunken" in told and told["shrunken"].notna().any()
    shown = told.nlargest(DRAWN_ATHLETES, "n_days")
    by = "shrunken" if shrinks else "own"
    shown = shown.sort_values([by, "athlete"], ascending=False, ignore_index=True)
    rows = np.arange(len(shown), dtype=float)
    traces = [_points(shown, "own_", rows - APART, "own days alone", 5, "own")]
    if shrinks:
        traces.append(
            _points(shown, "shrunken_", rows + APART, "shrunken to the group", 0, "shrunken")
        )
    for trace in traces:
        trace["text"] = [escape(str(name), quote=False) for name in shown["athlete"]]
        trace["customdata"] = [int(n) for n in shown["n_days"]]
        trace["hovertemplate"] = (
            "%{text}<br>%{x:.2f} %, %{customdata} days<extra>%{fullData.name}</extra>"
        )
    names = [label(str(name)) for name in shown["athlete"]]
    unit = str(shown["unit"].iloc[0])
    shapes = [_rule(0.0), _rule(pooled, PALETTE[0])]
    focus = _focus(shown["own_low"], shown["own_high"])
    return _forest(traces, names, f"Strength, {unit}", shapes, focus)


def draw_curve(table: pd.DataFrame) -> Figure:
    """Draw the curve with both bands, the published slope, and below where the weeks lie."""
    dose = list(table["dose"])
    traces = [
        band(dose, list(table["all_low"]), list(table["all_high"]), "95 %, all doses at once"),
        band(dose, list(table["low"]), list(table["high"]), "95 %, at one dose"),
        line(dose, table["change_pct"], "these athletes", mode="lines",
             hover="%{x:.1f} sets a week: %{y:+.2f} % 5 to 12 weeks later<extra></extra>"),
        line(dose, table["published_pct"], "published slope (Pelland et al. 2025)", series=1,
             mode="lines", hover="%{x:.1f} sets: %{y:+.2f} %<extra>published slope</extra>"),
        bars(dose, table["weeks"], "weeks", series=4, yaxis="y2", showlegend=False,
             hover="%{y} weeks near %{x:.1f} sets<extra></extra>"),
    ]  # fmt: skip
    return figure(
        traces,
        x="Sets a week, for four weeks",
        y="",
        height=440,
        legend=TOP_LEGEND,
        margin={"l": 56, "r": 16, "t": 8, "b": 48},
        bargap=0.1,
        yaxis={"title": {"text": "Strength 5 to 12 weeks later, %"}, "domain": [0.2, 1],
               "automargin": True},
        yaxis2={"title": {"text": "Weeks"}, "domain": [0, 0.14], "automargin": True,
                "nticks": 3},
        xaxis={"title": {"text": "Sets a week, for four weeks"}, "anchor": "y2",
               "automargin": True},
    )  # fmt: skip


def draw_days(table: pd.DataFrame) -> Figure:
    """Draw each muscle's strength days: those modelled, and those left out, by reason."""
    parts = {
        "modelled": ("modelled", 0),
        "odd": ("light days and typing errors", 3),
        "untold": ("athletes who tell nothing", 6),
    }
    names = [label(str(name).replace("_", " ").capitalize()) for name in table["muscle"]]
    traces = [
        bars(table[column], names, words, series=series, orientation="h",
             hover="%{y}: %{x:,} days<extra>%{fullData.name}</extra>")
        for column, (words, series) in parts.items()
    ]  # fmt: skip
    traces[-1]["marker"] = {"color": GREY}
    return figure(
        traces,
        x="Strength days of an exercise",
        y="",
        height=140 + ROW * len(table),
        barmode="stack",
        legend=TOP_LEGEND,
        margin={"l": 56, "r": 16, "t": 8, "b": 48},
        yaxis={"autorange": "reversed", "automargin": True},
    )


def _points(
    rows: pd.DataFrame, prefix: str, y: Any, name: str, series: int, middle: str = ""
) -> Trace:
    low, high = f"{prefix}low", f"{prefix}high"
    centre = middle or (prefix.rstrip("_") if prefix else "estimate")
    trace = interval_points(
        rows[centre], plain(y), rows[low], rows[high], name, series=series,
        hover="%{x:.2f} %<extra>%{fullData.name}</extra>",
    )  # fmt: skip
    trace["error_x"] |= {"thickness": 1.5, "width": 0, "color": PALETTE[series]}
    return trace


def _forest(
    traces: Sequence[Trace],
    names: Sequence[str],
    x: str,
    shapes: Sequence[dict[str, Any]],
    focus: tuple[float, float],
) -> Figure:
    return figure(
        traces,
        x=x,
        y="",
        height=150 + ROW * len(names),
        legend=TOP_LEGEND,
        margin={"l": 56, "r": 16, "t": 8, "b": 48},
        shapes=list(shapes),
        xaxis={"title": {"text": x}, "automargin": True, "range": list(focus)},
        yaxis={
            "tickmode": "array", "tickvals": list(range(len(names))), "ticktext": list(names),
            "range": [len(names) - 0.4, -0.6], "automargin": True, "zeroline": False,
        },
    )  # fmt: skip


def _focus(low: pd.Series, high: pd.Series) -> tuple[float, float]:
    """Return a range that the widest intervals may leave, so that the others can be read."""
    reach = 1.3 * float(np.quantile(np.maximum(low.abs(), high.abs()), 0.6))
    ends = max(float(low.min()), -reach), min(float(high.max()), reach)
    pad = 0.05 * (ends[1] - ends[0])
    return min(ends[0], 0.0) - pad, max(ends[1], 0.0) + pad


def _rule(x: float, colour: str = GREY) -> dict[str, Any]:
    return {
        "type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
        "line": {"color": colour, "width": 1, "dash": "dot"},
    }  # fmt: skip
