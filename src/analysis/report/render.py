"""Blocks to HTML: one small template per kind of block, everything escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import isfinite
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.report import calendar
from analysis.report.blocks import (
    Block,
    BodyMap,
    Calendar,
    Chart,
    FlowChart,
    Lifts,
    Listing,
    Section,
    boxes,
)
from analysis.report.body_map import Drawing, drawing
from analysis.report.drawing_library import packed
from analysis.report.glossary import Glossary
from analysis.report.roster import Roster
from analysis.report.roster import view as roster_view
from analysis.report.tables import (
    ALL_ROWS,
    Grid,
    PlainColumn,
    columns,
    csv_cells,
    grid,
    plain_text,
)
from analysis.result import Figure, Result


@cache
def environment() -> Environment:
    """Return the templates, with escaping on for all of them."""
    env = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters["plain"] = plain_text
    env.globals["m"] = env.get_template("macros.html.j2").module
    return env


@dataclass(frozen=True, slots=True)
class Table:
    """A result's table, taken apart once for the page and for its CSV."""

    columns: list[PlainColumn]
    csv: list[list[str]]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Table:
        """Return a table taken apart."""
        apart = columns(table)
        return cls(apart, csv_cells(apart))


@dataclass(slots=True)
class Renderer:
    """Writes blocks and gathers on the way what the page's script and its end need."""

    glossary: Glossary
    tables: Mapping[str, Table]
    figures: dict[str, Figure] = field(default_factory=dict)
    files: dict[str, list[list[str]]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    has_kg: bool = False
    has_lifts: bool = False
    rows_per_table: int = ALL_ROWS

    def blocks(self, items: Sequence[Block], level: int = 2) -> Markup:
        """Return the items as HTML; `level` is that of their headings."""
        return Markup("\n").join(self.block(item, level) for item in items)

    def block(self, block: Block, level: int) -> Markup:
        """Return one block as HTML."""
        template = environment().get_template(f"{type(block).__name__.lower()}.html.j2")
        if named := self.heading(block):
            self.titles[named[0]] = named[1]
        view = {"block": block, "level": level, "page": self, "mark": self.glossary.mark}
        return Markup(template.render(view | self._view(block)))

    def heading(self, block: Block) -> tuple[str, str] | None:
        """Return a block's anchor and heading, for the contents; None when it has none."""
        match block:
            case Section():
                return block.id, block.title
            case Result():
                return block.name, block.title
            case BodyMap() | Calendar() | FlowChart() | Lifts() | Listing() | Roster():
                return block.result.name, block.result.title
            case _:
                return None

    def facts(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return settings as (name, text)."""
        return list(flatten(settings))

    def grid(self, table: pd.DataFrame) -> Grid:
        """Return a table for a template, and note whether it holds kg."""
        return self._grid(columns(table))

    def _grid(self, table: list[PlainColumn], links: Mapping[str, str] | None = None) -> Grid:
        made = grid(table, links, self.rows_per_table)
        self.has_kg |= any(each.in_kg for each in made.heads)
        return made

    @property
    def addresses(self) -> set[str]:
        """Addresses beside the page of what lies in it anyway."""
        return {f"data/{name}.csv" for name in self.files}

    @property
    def scripts(self) -> tuple[str, ...]:
        """Scripts among the templates that the page needs, in order."""
        return ("figure.js", *(("lifts.js",) if self.has_lifts else ()), "page.js")

    @property
    def traces(self) -> set[str]:
        """Kinds of trace that the figures are of."""
        own = {t.get("type", "scatter") for f in self.figures.values() for t in f["data"]}
        return own | ({"scatter", "bar"} if self.has_lifts else set())

    @property
    def has_dates(self) -> bool:
        """Whether a figure follows the page-wide date range."""
        return any(_meta(figure).get("time_axis") for figure in self.figures.values())

    @property
    def has_loads(self) -> bool:
        """Whether a figure or a table holds kg that can be shown in lb."""
        return (
            self.has_kg
            or self.glossary.has_loads
            or any(_meta(f).get("load_axis") for f in self.figures.values())
        )

    def _view(self, block: Block) -> dict[str, Any]:
        if isinstance(block, Result):
            return self._result(block)
        if isinstance(block, Listing):
            return self._result(block.result, dict(block.links))
        if isinstance(block, Chart):
            self.figures[block.name] = block.figure
        if not isinstance(block, BodyMap | Calendar | FlowChart | Lifts | Roster):
            return {}
        return self._result(block.result) | self._drawn(block)

    def _drawn(self, block: BodyMap | Calendar | FlowChart | Lifts | Roster) -> dict[str, Any]:
        """Return what a template needs beside the block's result."""
        match block:
            case Calendar():
                table = block.result.table
                days = dict(zip(table["day"].dt.date, table["sets"], strict=True))
                return {"years": calendar.years(days), "counts": block.counts}
            case Lifts():
                for result in (block.days, *block.more):
                    self.files[result.name] = self.tables[result.name].csv
                self.has_lifts = self.has_kg = True
                return {}
            case Roster():
                return roster_view()
            case FlowChart():
                return {"boxes": boxes(block)}
            case BodyMap():
                return {"body": body_drawing(block)}

    def _result(self, result: Result, links: Mapping[str, str] | None = None) -> dict[str, Any]:
        if result.table.empty:
            return {"result": result, "figure": None, "grid": None}
        figure = result.figure_dict
        if figure and figure["data"]:
            self.figures[result.name] = figure
        else:
            figure = None
        table = self.tables[result.name]
        self.files[result.name] = table.csv
        return {"result": result, "figure": figure, "grid": self._grid(table.columns, links)}


def body_drawing(block: BodyMap) -> Drawing:
    """Return the drawing of a body map.

    Raises:
        ValueError: a group has two rows.
    """
    groups = block.result.table[block.group].astype(str).tolist()
    if len(set(groups)) < len(groups):
        raise ValueError(f"{block.result.name}: a body map needs one row per {block.group}")
    return drawing(dict(zip(groups, block.result.table[block.value], strict=True)), block.unit)


def _meta(figure: Figure) -> dict[str, Any]:
    return figure["layout"].get("meta") or {}


def flatten(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield a nested mapping as (dotted name, text)."""
    for key, value in facts.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{above}{key}.")
        elif isinstance(value, list | tuple) and any(isinstance(v, Mapping) for v in value):
            yield from flatten({str(n): v for n, v in enumerate(value, 1)}, f"{above}{key}.")
        elif isinstance(value, list | tuple):
            yield f"{above}{key}", ", ".join(str(each) for each in value)
        else:
            yield f"{above}{key}", str(value)


# What the page's script reads: figures and CSV files as JSON, without a word it could run.


def payload(
    figures: Mapping[str, Figure], files: Mapping[str, list[list[str]]], *, compress: bool
) -> Markup:
    """Return figures and tables, by result name, for a `<script>` element.

    A table is the cells of its CSV, column by column: gzip finds more to share down a column.
    """
    tables = {name: [_lines(column) for column in columns] for name, columns in files.items()}
    text = to_json({"figures": dict(figures), "files": tables})
    return Markup(packed(text)) if compress else script_safe(text)


def _lines(cells: list[str]) -> str | list[str]:
    """Return a column's cells one a line; as they are where one holds a line end itself."""
    text = "\n".join(cells)
    return text if text.count("\n") == len(cells) - 1 else cells


def script_safe(text: str) -> Markup:
    """Return JSON that cannot close or open an HTML element."""
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def to_json(value: Any) -> str:
    """Return compact JSON; what JSON cannot hold, such as NaN, becomes null."""
    try:
        return _dumps(value)
    except ValueError:
        return _dumps(_finite(value))


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    for way in ("tolist", "isoformat"):
        if hasattr(value, way):
            return getattr(value, way)()
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple) or hasattr(value, "tolist"):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value
