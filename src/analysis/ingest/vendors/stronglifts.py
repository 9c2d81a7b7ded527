"""StrongLifts 5x5: Settings → Export data (CSV by e-mail).

Three layouts, none of one set a line. Until 2019 a line is a workout: the exercises stand side by
side, eight cells each (name, kg, lb, five sets), under column names that repeat, and later ones
under no name at all. Since then a line is one exercise of one workout with as many pairs of
columns as the longest needs. There `5/5/-/5/5` in `Sets×Reps` tells a set that was not done (`-`)
from a failed one (0): both are 0 in the pairs.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise, zip_longest

import polars as pl

from analysis.ingest.vendors import HEADER, Carries, Peek, Staged, Vendor

Row = dict[str, str]

COLUMNS = (
    "started_text", "clock", "end_clock", "workout", "exercise", "load", "load_unit", "reps",
    "note", "body_mass", "body_mass_unit", "not_set",
)  # fmt: skip
BLOCK = 8
"""Cells of one exercise in the old layouts: name, kg, lb and five sets."""
_BODY = re.compile(r"^([\d.,]+)\s*(kg|lb)s?$")
_PAIR = re.compile(r"^set (\d+) \((reps|kg|lb)\)$")
_SLASHED = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})$")


def is_old(cells: Sequence[str]) -> bool:
    """Whether a header is one of a line a workout."""
    return "exercise 1" in cells and {"date", "note"} <= set(cells)


def unfold(text: str, peek: Peek) -> pl.DataFrame:
    """Return one row per set; the sets of a line share its number."""
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=peek.delimiter)
    header: list[str] = []
    above: list[str] = []
    rows: list[tuple[Row, int]] = []
    end = 0
    for cells in reader:
        line, end = end + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = [cell.strip().lower() for cell in cells]
            rows.append(({"not_set": HEADER}, line))
            continue
        if not is_old(header):
            above = cells = _carried_down(header, cells, above)
        found = list((_workout if is_old(header) else _exercise)(header, cells))
        rows += [(row, line) for row in found or [{"not_set": "no sets"}]]
    table = pl.DataFrame([row for row, _ in rows], schema=dict.fromkeys(COLUMNS, pl.String))
    return table.with_columns(source_row=pl.Series([line for _, line in rows], dtype=pl.Int64))


def _workout(header: Sequence[str], cells: Sequence[str]) -> Iterator[Row]:
    """The sets of a line that is a whole workout."""
    named = dict(zip(header, cells, strict=False))
    same = {ours: named.get(ours, "") for ours in ("note", "workout")}
    same |= {"started_text": named.get("date", ""), **_old_body(named)}
    likes = same.get("body_mass_unit", "")
    for start in range(header.index("exercise 1"), len(cells), BLOCK):
        name, *rest = cells[start : start + BLOCK]
        by_unit = {unit: load for unit, load in zip(("kg", "lb"), rest, strict=False) if load}
        unit = likes if likes in by_unit else next(iter(by_unit), "")
        for reps in rest[2:]:
            if name and reps:
                yield same | {
                    "exercise": name, "load": by_unit.get(unit, ""), "load_unit": unit,
                    "reps": reps,
                }  # fmt: skip


def _carried_down(header: Sequence[str], cells: list[str], above: Sequence[str]) -> list[str]:
    """Some exports name the workout on its first line only: what is blank is as above."""
    if cells[0] or not above:
        return cells
    until = header.index("exercise")
    times = [place for place, cell in enumerate(header) if cell.endswith("time (h:mm)")]
    shared = {*range(until), *times}
    return [
        one if place in shared and not cell else cell
        for place, (cell, one) in enumerate(zip_longest(cells, above, fillvalue=""))
    ]


def _old_body(named: Row) -> Row:
    """Body mass: `183.00lb`, or in a column of its unit. It also tells the lifter's own unit."""
    glued = _BODY.match(named.get("body weight", "").strip().lower())
    if glued:
        return {"body_mass": glued.group(1), "body_mass_unit": glued.group(2)}
    for unit in ("kg", "lb"):
        mass = named.get(f"body weight ({unit})", "")
        if mass and mass != "0":
            return {"body_mass": mass, "body_mass_unit": unit}
    return {}


def _exercise(header: Sequence[str], cells: Sequence[str]) -> Iterator[Row]:
    """The sets of a line that is one exercise of a workout."""
    named = dict(zip(header, cells, strict=False))
    same = {
        "started_text": named.get("date (yyyy/mm/dd)", ""),
        "clock": named.get("start time (h:mm)", ""),
        "end_clock": named.get("end time (h:mm)", ""),
        "workout": named.get("workout name", ""),
        "exercise": named.get("exercise", ""),
        "note": named.get("notes", ""),
        **_old_body(named),
    }
    done = named.get("sets×reps", "").split("/")
    timed = bool(named.get("sets×time")) and done == [""]
    pairs: dict[int, Row] = {}
    for cell, value in zip(header, cells, strict=False):
        pair = _PAIR.match(cell)
        if pair and value:
            what = {"reps": value} if pair[2] == "reps" else {"load": value, "load_unit": pair[2]}
            pairs.setdefault(int(pair[1]), {}).update(what)
    for number, pair_cells in sorted(pairs.items()):
        row = same | pair_cells
        if timed:
            row["not_set"] = "timed, in a layout that is not known"
        elif "reps" not in pair_cells or done[number - 1 : number] == ["-"]:
            row["not_set"] = "not done"
        yield row


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Read the dates: by the header's own words, or by the evidence of the whole file."""
    assert raw is not None
    del peek
    days = pl.col("started_text").map_batches(_days, return_dtype=pl.Datetime("us"))
    rows = raw.with_columns(day=days).with_columns(
        started_at=pl.coalesce(_at("clock"), "day"), ended_at=_at("end_clock")
    )
    # A workout that began before midnight and ended after it.
    over = pl.col("ended_at") < pl.col("started_at")
    rows = rows.with_columns(
        ended_at=pl.when(over).then(pl.col("ended_at").dt.offset_by("1d")).otherwise("ended_at")
    )
    names = {
        "started_at": "date", "exercise": "exercise", "load": "weight", "reps": "reps",
        "body_mass": "body weight",
    }  # fmt: skip
    return Staged(rows.drop("day", "clock", "end_clock"), names, "", None, "")


def _at(clock: str) -> pl.Expr:
    """The day at a clock time such as `10:56 PM`."""
    plain = pl.col(clock).str.replace_all("[\u202f\u00a0]", " ").str.to_uppercase()
    time = pl.coalesce(
        plain.str.to_time("%I:%M %p", strict=False), plain.str.to_time("%H:%M", strict=False)
    )
    return pl.col("day").dt.combine(time)


def _days(text: pl.Series) -> pl.Series:
    """Read `2026/08/11`, and `05/16/18` where the file shows which number is the day.

    Some number above 12 shows it, or else the order of the lines: a log is written forward.
    """
    written = text.to_list()
    parts = [found.groups() for each in written if each and (found := _SLASHED.match(each))]
    places = [any(12 < int(part[place]) <= 31 for part in parts) for place in (0, 1)]
    day_first: bool | None = places[0] if places[0] != places[1] else None
    if not any(places):
        forward = [
            way for way in (True, False) if _is_forward(_day(each, way) for each in written)
        ]
        day_first = forward[0] if len(forward) == 1 else None
    return pl.Series([_day(each, day_first) for each in written], dtype=pl.Datetime("us"))


def _day(text: str | None, day_first: bool | None) -> datetime | None:
    parts = _SLASHED.match(text or "")
    if parts is None:
        return _iso(text)
    if day_first is None:
        return None
    one, other, year = (int(part) for part in parts.groups())
    day, month = (one, other) if day_first else (other, one)
    try:
        return datetime(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def _iso(text: str | None) -> datetime | None:
    try:
        return datetime.strptime((text or "").replace("/", "-"), "%Y-%m-%d")
    except ValueError:
        return None


def _is_forward(days: Iterable[datetime | None]) -> bool:
    read = [day for day in days if day]
    return all(one <= other for one, other in pairwise(read))


VENDOR = Vendor(
    name="stronglifts",
    title="StrongLifts 5x5",
    how_to_export="Settings → Export data",
    recognise=lambda peek: (
        {"sets×reps", "set 1 (reps)"} <= peek.columns
        or is_old([cell.lower() for cell in peek.header])
    ),
    stage=stage,
    unfold=unfold,
    carries=Carries(
        units="header",
        body_mass=True,
        notes=True,
        planned=True,
        verified=("2016, a line a workout", "2018, a line a workout", "2026, a line an exercise"),
        documented=("2026, the workout named on its first line only",),
    ),
    looks_like=frozenset({"date", "note", "exercise 1", "set 1", "set 5"}),
)
