"""A table without dates is a program: its first week, as the lines of a routine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from analysis.ingest.sheets import layout
from analysis.ingest.sheets.grid import read_tabs
from analysis.ingest.sheets.layout import Layout, Row

FIRST_DAY = "Day 1"


@dataclass(frozen=True, slots=True)
class Line:
    """One exercise of one day, as text; `row` is counted through the tabs."""

    day: str
    exercise: str
    sets: str
    reps: str
    efforts: dict[str, str]
    row: int


def first_week(path: Path, layouts: Sequence[Layout]) -> list[Line]:
    """Return the first week of a program: its first tab or its first column of weeks.

    Raises:
        ValueError: the file cannot be read by these layouts.
    """
    for tab in read_tabs(path):
        rows = [row for row in layout.read(tuple(layouts), [tab]) if _aim(row)]
        weekly = any(each.across == "week" for each in layouts) and rows
        if weekly:
            rows = [row for row in rows if row.workout == rows[0].workout]
        if rows:
            return list(_lines(rows, FIRST_DAY if weekly else ""))
    return []


def _lines(rows: Sequence[Row], day: str) -> Iterator[Line]:
    def key(row: Row) -> tuple[int, str, str]:
        return row.number, row.exercise, _aim(row)

    for (number, exercise, reps), sets in groupby(rows, key):
        alike = list(sets)
        one = alike[0].one
        efforts = {name: said for name, said in (("rir", one.rir), ("rpe", one.rpe)) if said}
        where = day or alike[0].workout or alike[0].day or FIRST_DAY
        yield Line(where, exercise, str(len(alike)), reps, efforts, number)


def _aim(row: Row) -> str:
    one = row.one
    return one.aim or one.reps or (f"{one.duration_s}s" if one.duration_s else "")
