"""`recipe.toml`: where things stand in a table of one's own, and the reading of a table by it.

    [[sheet]]
    files = "log*.xlsx"          # which files beside the recipe; tabs = "Week *" for some tabs
    layout = "rows"              # one exercise or one set a row
    header = 1                   # the row of the column names; 0 where there is none
    date = "Day"                 # a column by name or number, "tab", or "title": a row of its own
    exercise = "Exercise"
    sets = "Sets"
    reps = "Reps"
    load = "Weight"
    unit = "kg"                  # for loads that do not say it themselves
    dates = "%d.%m.%Y"           # how dates are written, where not as 2024-01-31
    carry_down = ["date"]        # what stands in the first of several rows alone

    [[sheet]]
    layout = "columns"           # groups of columns: one group a day, an exercise or a week
    across = "date"              # what changes from group to group; across_row says it
    across_row = 3
    first = 2                    # the first column of the first group
    fields = ["reps", "load"]    # the columns of a group
    exercise = "title"

A cell of several things (`3x8 @ 60kg`) is a field `cell`; `cells = "sets x reps"` (or `"reps x
load"`, `"load x reps"`) says what two bare numbers are. A table without dates is a program: it is
planned, and nothing in it is a set, unless `start = 2024-01-01` dates its first week.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from analysis import settings
from analysis.ingest.sheets import cells
from analysis.ingest.sheets.cells import ORDERS, OneSet, Order
from analysis.ingest.sheets.grid import Tab
from analysis.problems import SettingsError
from analysis.units import LOAD_UNITS

FILE = "recipe.toml"
PLACES = ("date", "workout", "exercise", "set", "sets", "reps", "load", "load_unit", "rpe", "rir",
          "note", "cell")  # fmt: skip
"""What may stand in a column."""

ACROSS = ("date", "exercise", "week")
FIELDS = ("reps", "load", "cell", "rpe", "rir", "note", "")


@dataclass(frozen=True, slots=True)
class Layout:
    """One `[[sheet]]` of a recipe; the attributes are its keys.

    Attributes:
        tabs: patterns of names; one may stand without its brackets.
        places: of `PLACES`: a column's name or number, or "tab" or "title".
        cells_from: in rows, the first column of a row of cells that are a set each.
        order: what two bare numbers with an x between them are; the key `cells`.
    """

    files: str = "*"
    tabs: tuple[str, ...] = ("*",)
    layout: str = "rows"
    header: int = 1
    places: Mapping[str, str | int] = field(default_factory=dict)
    cells_from: int = 0
    across: str = ""
    across_row: int = 0
    first: int = 0
    fields: tuple[str, ...] = ()
    unit: str = ""
    order: Order = "sets x reps"
    dates: str = ""
    carry_down: tuple[str, ...] = ()
    start: date | None = None

    @property
    def dated(self) -> bool:
        """Whether the layout says when things were done."""
        return "date" in self.places or self.across == "date" or self.start is not None

    def to_toml(self) -> str:
        """The `[[sheet]]` that reads back as this layout."""
        plain = Layout()
        said: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("files", "tabs", "layout", "header", "across", "across_row", "first",
                         "fields", "cells_from")
            if getattr(self, name) != getattr(plain, name) or name in ("files", "layout")
        }  # fmt: skip
        said |= dict(self.places)
        said |= {"unit": self.unit} if self.unit else {}
        said |= {"cells": self.order} if self._has_cells else {}
        said |= {"dates": self.dates} if self.dates else {}
        said |= {"carry_down": self.carry_down} if self.carry_down else {}
        said |= {"start": self.start} if self.start else {}
        return "\n".join(
            ["[[sheet]]", *(f"{key} = {_toml(value)}" for key, value in said.items())]
        )

    @property
    def _has_cells(self) -> bool:
        return bool(self.cells_from) or "cell" in self.fields or "cell" in self.places


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, int | date):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", " ", escaped) + '"'


def beside(export: Path) -> tuple[Layout, ...]:
    """Return the layouts of the `recipe.toml` beside a file that are for this file.

    Raises:
        SettingsError: the recipe breaks a rule.
    """
    recipe = export.parent / FILE
    if not recipe.is_file():
        return ()
    layouts = parse(recipe.read_text(encoding="utf-8-sig"), recipe.name)
    return tuple(each for each in layouts if fnmatch(export.name.lower(), each.files.lower()))


COLUMN = settings.Rule(
    lambda v: (isinstance(v, str) and v != "") or (type(v) is int and v > 0),
    "a column's name or its number from 1",
)
Column = Annotated[str | int | None, COLUMN]
Day = date
WORDS = settings.Rule(lambda v: isinstance(v, str), "a text")
PATTERNS = settings.Rule(
    lambda v: isinstance(v, str) or settings.NAMES.holds(v),
    "a list of names or patterns",
    into=lambda v: (v,) if isinstance(v, str) else tuple(v),
)
DAY = settings.Rule(lambda v: type(v) is date, "a day, such as 2024-01-01")


def _listed(words: Sequence[str]) -> settings.Rule:
    return settings.Rule(
        lambda v: isinstance(v, list) and all(each in words for each in v),
        f"a list of {', '.join(filter(None, words))}",
    )


class SheetTable(settings.Settings):
    """One `[[sheet]]`: the attributes of `Layout`, and `PLACES`."""

    files: Annotated[str, WORDS] = "*"
    tabs: Annotated[tuple[str, ...], PATTERNS] = ("*",)
    layout: Annotated[str, settings.word(("rows", "columns"), "rows or columns")] = "rows"
    header: Annotated[int, settings.whole(0, 100)] = 1
    cells_from: Annotated[int, settings.whole(1, 1000)] = 0
    across: Annotated[str, settings.word(ACROSS, " or ".join(ACROSS))] = ""
    across_row: Annotated[int, settings.whole(1, 100)] = 0
    first: Annotated[int, settings.whole(1, 1000)] = 0
    fields: Annotated[tuple[str, ...], _listed(FIELDS)] = ()
    unit: Annotated[str, settings.word(LOAD_UNITS, " or ".join(LOAD_UNITS))] = ""
    cells: Annotated[Order, settings.word(ORDERS, " or ".join(ORDERS))] = "sets x reps"
    dates: Annotated[str, WORDS] = ""
    carry_down: Annotated[tuple[str, ...], _listed(PLACES)] = ()
    start: Annotated[Day | None, DAY] = None

    date: Column = None
    workout: Column = None
    exercise: Column = None
    set: Column = None
    sets: Column = None
    reps: Column = None
    load: Column = None
    load_unit: Column = None
    rpe: Column = None
    rir: Column = None
    note: Column = None
    cell: Column = None


class RecipeFile(settings.Settings):
    """What a `recipe.toml` holds."""

    sheet: Annotated[
        list[SheetTable],
        Field(min_length=1, description="expected [[sheet]] with its keys below"),
        settings.Needed("expected [[sheet]] with its keys below"),
    ]


NEEDED = {"rows": ("exercise",), "columns": ("across", "across_row", "first", "fields")}
"""Keys that a layout cannot do without."""


def parse(text: str, file: str = FILE) -> tuple[Layout, ...]:
    """Read the text of a recipe.

    Raises:
        SettingsError: no TOML, or a key or value breaks a rule; the message names them.
    """
    said = settings.read(text, file, RecipeFile)
    layouts = []
    for number, each in enumerate(said.sheet, start=1):
        given = {name: getattr(each, name) for name in each.model_fields_set}
        for key in NEEDED[each.layout]:
            if key not in given:
                rule = f"layout {each.layout} needs it"
                raise SettingsError(file, f"sheet[{number}].{key}", None, rule)
        places = {name: given.pop(name) for name in PLACES if name in given}
        order = given.pop("cells", "sets x reps")
        layouts.append(Layout(places=places, order=order, **given))
    return tuple(layouts)


@dataclass(frozen=True, slots=True)
class Row:
    """One set, or one row of the sheet that holds none.

    Attributes:
        number: the row, counted through the tabs.
        one: the set; its `planned` says why it is none.
        exercise: as written.
        day: the date as written, and as read where it can be.
        workout: the workout's name; the tab's where no column says it.
        note: as written.
        unit: of the load, "" where neither the cell nor the recipe says it.
    """

    number: int
    one: OneSet
    exercise: str = ""
    day: str = ""
    at: date | None = None
    workout: str = ""
    note: str = ""
    unit: str = ""


def read(layouts: tuple[Layout, ...], tabs: list[Tab]) -> Iterator[Row]:
    """Yield the sets of a file, and each row that holds none, with the reason."""
    for tab in tabs:
        mine = [
            each
            for each in layouts
            if any(fnmatch(tab.name.lower(), pattern.lower()) for pattern in each.tabs)
        ]
        if not mine:
            for number, row in _filled(tab):
                yield Row(number, OneSet(planned="tab without a layout"), " ".join(row)[:80])
            continue
        reader = _by_columns if mine[0].layout == "columns" else _by_rows
        yield from reader(mine[0], tab)


def _filled(tab: Tab) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(tab.rows, start=tab.first_row):
        if any(cell.strip() for cell in row):
            yield number, row


def _columns(layout: Layout, tab: Tab) -> dict[str, int]:
    """Place -> column from 0, for the places that are columns.

    Raises:
        ValueError: a column of that name is not in the header.
    """
    header = tab.rows[layout.header - 1] if 0 < layout.header <= len(tab.rows) else []
    names = [cells.plain(cell).lower() for cell in header]
    found = {}
    for place, where in layout.places.items():
        if isinstance(where, int):
            found[place] = where - 1
        elif where not in ("tab", "title"):
            name = cells.plain(where).lower()
            if name not in names:
                there = ", ".join(filter(None, header))[:200]
                tab_name = f"tab {tab.name!r}: " if tab.name else ""
                raise ValueError(f"{tab_name}no column {where!r} in row {layout.header} ({there})")
            found[place] = names.index(name)
    return found


def _by_rows(layout: Layout, tab: Tab) -> Iterator[Row]:
    columns = _columns(layout, tab)
    standing: dict[str, str] = {}
    for number, row in _filled(tab):
        if number - tab.first_row < layout.header:
            continue
        said = {place: _at(row, column) for place, column in columns.items()}
        alone = [cell for cell in row if cell.strip()]
        if len(alone) == 1 and _is_title(layout, alone[0], standing):
            yield Row(number, OneSet(planned="title"), alone[0])
            continue
        for place in layout.carry_down:
            standing[place] = said[place] = said.get(place) or standing.get(place, "")
        said = {**{key: standing[key] for key in standing if key not in columns}, **said}
        sets = list(_sets(layout, said, row))
        for one in sets or [OneSet(planned="nothing done")]:
            yield _row(layout, tab, number, one, said)


def _is_title(layout: Layout, text: str, standing: dict[str, str]) -> bool:
    """Take in a row of one cell as the exercise or day that the rows below belong to."""
    for place in ("date", "workout", "exercise"):
        if layout.places.get(place) == "title":
            if place == "date" and read_date(text, layout.dates) is None:
                continue
            standing[place] = text
            return True
    return False


def _sets(layout: Layout, said: Mapping[str, str], row: list[str]) -> Iterator[OneSet]:
    if layout.cells_from:
        for cell in row[layout.cells_from - 1 :]:
            yield from _cell(cell, layout) if cell.strip() else ()
    elif said.get("cell"):
        yield from _cell(said["cell"], layout)
    else:
        yield from _spread(said, layout)


def _cell(text: str, layout: Layout) -> list[OneSet]:
    found = cells.read_cell(text, layout.order)
    return found if found is not None else [OneSet(reps=text)]  # to be rejected, by name


def _spread(said: Mapping[str, str], layout: Layout) -> Iterator[OneSet]:
    """Sets from columns of their own: sets, repetitions, load."""
    reps, load = said.get("reps", ""), said.get("load", "")
    if not reps and not load:
        return
    if re.search(r"[\d+]\s*[x×]\s*\d", reps):  # 4x12 beside 60kg
        sets = _cell(reps, layout)
    else:
        count = cells.read_count(said["sets"]) if said.get("sets") else (1, "")
        each = [cells.read_reps(part) or OneSet(reps=part) for part in cells.read_list(reps)]
        number, planned = count or (1, "sets that are no number")
        sets = [
            replaced(one, planned=planned or one.planned)
            for one in (each * number if len(each) == 1 else each)
        ]
    loads = [_load(part) for part in cells.read_list(load)] if load else [OneSet()]
    if len(loads) == len(sets) * 1 and len(loads) > 1:
        pairs = list(zip(sets, loads, strict=True))
    elif len(sets) == 1:
        pairs = [(sets[0], weight) for weight in loads]
    else:
        pairs = [(one, loads[0] if len(loads) == 1 else _load(load)) for one in sets]
    for one, weight in pairs:
        yield replaced(
            one,
            load=weight.load or one.load,
            unit=weight.unit or one.unit,
            basis=weight.basis or one.basis,
            planned=one.planned or weight.planned,
        )


def _load(text: str) -> OneSet:
    if cells.plain(text).lower() in ("n/a", "na", "-", "none", "x"):
        return OneSet()
    return cells.read_load(text) or OneSet(load=text)  # to be rejected, by name


def replaced(one: OneSet, **said: str) -> OneSet:
    """A set with some of its parts said anew."""
    parts = {name: getattr(one, name) for name in OneSet.__slots__}
    return OneSet(**{**parts, **said})


def _by_columns(layout: Layout, tab: Tab) -> Iterator[Row]:
    columns, groups, width = _columns(layout, tab), _groups(layout, tab), len(layout.fields)
    standing: dict[str, str] = {}
    found: list[Row] = []
    for number, row in _filled(tab):
        if number - tab.first_row < max(layout.header, layout.across_row):
            continue
        said = {place: _at(row, column) for place, column in columns.items()}
        alone = [cell for cell in row if cell.strip()]
        if len(alone) == 1 and row[0].strip() and _is_title(layout, alone[0], standing):
            found.append(Row(number, OneSet(planned="title"), alone[0]))
            continue
        for place in layout.carry_down:
            standing[place] = said[place] = said.get(place) or standing.get(place, "")
        before = len(found)
        for column, title in groups:
            parts = dict(zip(layout.fields, row[column : column + width], strict=False))
            group = {**standing, **said, **parts, **_across(layout, title)}
            found += [_row(layout, tab, number, one, group) for one in _sets(layout, group, [])]
        if len(found) == before:
            found.append(Row(number, OneSet(planned="nothing done"), " ".join(alone)[:80]))
    # The sets of a day and an exercise stand below each other, not beside each other.
    runs = {key: place for place, key in enumerate(dict.fromkeys(map(_run, found)))}
    yield from sorted(found, key=lambda row: (row.at or date.max, runs[_run(row)], row.number))


def _groups(layout: Layout, tab: Tab) -> list[tuple[int, str]]:
    """First column, from 0, and title of each group of columns that has a title."""
    above = tab.rows[layout.across_row - 1] if layout.across_row <= len(tab.rows) else []
    width, end = len(layout.fields), max(map(len, tab.rows), default=0)
    found = []
    for column in range(layout.first - 1, end, width):
        title = next((cell for cell in above[column : column + width] if cell.strip()), "")
        if title:
            found.append((column, across_title(layout, title)))
    return found


def _run(row: Row) -> tuple[date | None, str, str]:
    return row.at, row.workout, row.exercise


_FIELD_WORDS = re.compile(
    r"[\s,:(\-]*\b(weight|load|reps?|repetitions|count|sets?|kg|lbs?|gewicht|wdh|peso|poids|вес|"
    r"повторения|w|r)\b\)?\s*$",
    re.IGNORECASE,
)


def across_title(layout: Layout, title: str) -> str:
    """The title of a group of columns: an exercise without the word for its column."""
    if layout.across != "exercise":
        return title
    return _FIELD_WORDS.sub("", title).strip() or title


def _across(layout: Layout, title: str) -> dict[str, str]:
    if layout.across != "week":
        return {layout.across: title}
    week = re.search(r"\d+", title)
    if layout.start is None or week is None:
        return {"workout": title}
    day = layout.start + timedelta(weeks=int(week[0]) - 1)
    return {"date": day.isoformat(), "workout": title}


def _at(row: list[str], column: int) -> str:
    return row[column].strip() if 0 <= column < len(row) else ""


def _row(layout: Layout, tab: Tab, number: int, one: OneSet, said: Mapping[str, str]) -> Row:
    by_tab = {place for place, where in layout.places.items() if where == "tab"}
    day = tab.name if "date" in by_tab else said.get("date", "")
    at = read_date(day, layout.dates)
    if at is None and layout.start is not None and not day:
        at, day = layout.start, layout.start.isoformat()
    if not layout.dated and not one.planned:
        one = replaced(one, planned="planned: no date")
    for scale in ("rpe", "rir"):
        if said.get(scale):
            one = replaced(one, **{scale: said[scale]})
    return Row(
        number,
        one,
        tab.name if "exercise" in by_tab else said.get("exercise", ""),
        day,
        at,
        tab.name if "workout" in by_tab else said.get("workout", ""),
        said.get("note", ""),
        one.unit or said.get("load_unit", "") or layout.unit,
    )


def read_date(text: str, form: str) -> date | None:
    """Read a day as `2024-01-31`, with a time or without, or in the given form."""
    text = text.strip()
    for each in (form, "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"):
        if each:
            try:
                return datetime.strptime(text, each).date()
            except ValueError:
                continue
    return None
