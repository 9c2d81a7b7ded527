"""What every measure and every model returns: numbers first, then how to say and draw them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.figures import Figure as Figure
from analysis.notes import Note

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go
    import polars as pl

DECIMALS = 6
DECIMALS_KG = 4
"""Decimals of a table's numbers; a load to a tenth of a gram."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished piece of analysis.

    Attributes:
        name: short slug, unique in a report: anchor, figure id and CSV file name.
        title: heading in plain words.
        table: tidy numbers, pandas, one row per thing named in the function's docstring.
        summary: one sentence with number, unit, interval and n; also when there is too little.
        draw: table -> figure dictionary; computes nothing. None when a table says it best.
        notes: what was left out, counted: a `Note` each; what the numbers cannot show: a
            sentence each.
        settings: every parameter the numbers depend on, for the methods section.
    """

    name: str
    title: str
    table: pd.DataFrame
    summary: str
    draw: Callable[[pd.DataFrame], Figure] | None = None
    notes: tuple[Note | str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def figure_dict(self) -> Figure | None:
        """The figure as a plain dictionary, None when there is nothing to draw."""
        if self.draw is None or self.table.empty:
            return None
        figure: Figure = without_markup(self.draw(self.table))
        return figure

    @property
    def figure(self) -> go.Figure:
        """The figure as a Plotly object, for notebooks."""
        import plotly.graph_objects as go

        _keep_charts_here()
        return go.Figure(self.figure_dict or {})

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{_escape(str(note))}</li>" for note in self.notes)
        return (
            f"<h3>{_escape(self.title)}</h3><p>{_escape(self.summary)}</p>"
            f"{self.table.head(12).to_html(index=False)}<ul>{notes}</ul>"
        )

    def __repr__(self) -> str:
        rows, columns = self.table.shape
        return f"Result {self.name!r} ({rows:,} rows × {columns}): {self.summary}"


_MARKUP = re.compile(r"<(?!/?(?:br|extra|b|i|sub|sup)\s*/?>)")


def without_markup(value: Any) -> Any:
    """Return a figure whose texts hold no markup but line breaks and plain emphasis.

    Plotly takes links and styles from labels, and a label may be a name that somebody else chose.

    >>> without_markup({"text": ["<a href='x'>Squat</a>", "a<br>b"]})
    {'text': ["&lt;a href='x'>Squat&lt;/a>", 'a<br>b']}
    """
    if isinstance(value, str):
        return _MARKUP.sub("&lt;", value) if "<" in value else value
    if isinstance(value, dict):
        return {key: without_markup(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return value if _NUMBERS.issuperset(map(type, value)) else [*map(without_markup, value)]
    return value


_NUMBERS = frozenset((float, int, bool, type(None)))


def small_tables() -> AbstractContextManager[Any]:
    """Let pandas keep words as plain strings meanwhile.

    A page is some hundreds of tables of a dozen rows, for which Arrow's arrays, made for columns
    of millions, cost a fifth of its time (`benchmarks/coach.py`).
    """
    import pandas as pd

    return pd.option_context("mode.string_storage", "python")


def tidy(table: pl.DataFrame) -> pd.DataFrame:
    """Return a measure's table as a `Result` holds it: pandas, numbers rounded."""
    return rounded(table).to_pandas()


def rounded(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table with its numbers rounded.

    Digits beyond these depend on the order in which threads add, and would make two runs
    differ; no log knows them.
    """
    import polars.selectors as cs

    kg = cs.float() & cs.ends_with("_kg")
    # pounds in kg often end on a 5 after these: the first rounding takes what adding in another
    # order makes of it, so that the second always sees the same side
    return table.with_columns(
        kg.round(DECIMALS_KG + 4).round(DECIMALS_KG),
        (cs.float() - kg).round(DECIMALS + 3).round(DECIMALS),
    )


def _keep_charts_here() -> None:
    """Take Plotly's "Share chart" button away: it would upload the lifter's numbers."""
    import plotly.io as pio

    for name in pio.renderers:
        renderer = pio.renderers[name]
        if isinstance(getattr(renderer, "config", None), dict):
            renderer.config |= {"showSendToCloud": False, "displaylogo": False}


def _escape(text: str) -> str:
    from html import escape

    return escape(text)
