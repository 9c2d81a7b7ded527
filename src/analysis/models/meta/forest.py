"""The forest plot: studies, the pooled effect, and where a new study would lie."""

from __future__ import annotations

import pandas as pd

from analysis.figures import Trace, figure, interval_points
from analysis.result import Figure

DRAWN_STUDIES = 60
"""Studies in a forest plot, the most precise; more cannot be read. The table holds all."""


def draw(table: pd.DataFrame, *, unit: str) -> Figure:
    """Draw studies above the pooled effect, or the moderators where there are any."""
    pooled = table[table["kind"] == "prediction"]
    traces = _forest(table, pooled) if len(pooled) else [_rows(_of(table, "term"), "per unit", 0)]
    rows = sum(len(trace["y"]) for trace in traces)
    return figure(
        traces,
        x=unit,
        y="",
        height=max(320, 120 + 18 * rows),
        yaxis={"autorange": "reversed", "automargin": True, "type": "category"},
        shapes=[_zero()],
    )


def _forest(table: pd.DataFrame, pooled: pd.DataFrame) -> list[Trace]:
    studies = _of(table, "study")
    shown = studies.nsmallest(DRAWN_STUDIES, "std_error").sort_values("estimate")
    name = "studies" if len(shown) == len(studies) else _most_precise(len(studies))
    mean = _of(table, "term").assign(name="Pooled effect")
    return [
        _rows(shown, name, 0),
        _rows(mean, "pooled, robust interval", 1),
        _rows(pooled.assign(name="A new study"), "prediction interval", 2),
    ]


def _most_precise(studies: int) -> str:
    return f"the {DRAWN_STUDIES} most precise of {studies:,} studies"


def _rows(rows: pd.DataFrame, name: str, series: int) -> Trace:
    trace = interval_points(
        rows["estimate"],
        list(rows["name"]),
        rows["low"],
        rows["high"],
        name,
        series=series,
        hover="%{y}: %{x:.3g}<br>%{customdata:,} effects<extra></extra>",
    )
    return {**trace, "customdata": [int(n) for n in rows["effects"]]}


def _zero() -> dict[str, object]:
    line = {"color": "#777777", "width": 1, "dash": "dot"}
    return {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _of(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    return table[table["kind"] == kind]
