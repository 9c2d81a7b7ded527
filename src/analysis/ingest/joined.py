"""Any table beside the logs: body mass, sleep, girths, ratings; sex and age too.

A CSV or workbook with the columns `athlete`, `date` and whatever was measured, one row per athlete
and day, is joined by athlete and date; rows without a date, or a table without that column, hold
what does not change. The tidy form (`date`, `name`, `value`) is taken as well.

Never backwards in time: what is measured on a day is known from that day on, and says nothing of
the days before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from analysis.ingest.sheets.grid import Tab, read_tabs
from analysis.logbook import JOINED, Logbook
from analysis.notes import Note, first_names
from analysis.paths import existing
from analysis.problems import UserError, did_you_mean

WHO, DAY = "athlete", "date"
BODY_MASS = {"body_mass_kg": 1.0, "body_mass_lb": 0.45359237}
"""Columns that are body mass, with what makes kg of them."""

MOSTLY = 0.5
"""Share of a column's cells that must be numbers for it to be a column of numbers."""

Row = tuple[str, date | None, str, float | None, str | None]


@dataclass(slots=True)
class _Found:
    """What a file holds: rows, what was turned away, and whom the logs do not know."""

    rows: list[Row] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    strangers: dict[str, int] = field(default_factory=dict)


def columns_of(paths: Iterable[str | Path]) -> tuple[str, ...]:
    """Return the names of what tables measure, without reading their rows into anything.

    Raises:
        UserError: a file cannot be read as a table, or has no column of the kind.
    """
    names: dict[str, None] = {}
    for path in paths:
        for tab, header in _tabs(existing(path)):
            if set(header) >= {"name", "value"}:
                at = header.index("name")
                names |= dict.fromkeys(row[at] for row in tab.rows[1:] if len(row) > at)
            else:
                names |= dict.fromkeys(name for name in header if name not in (WHO, DAY, ""))
    return tuple(names)


def join(logbook: Logbook, paths: Iterable[str | Path]) -> Logbook:
    """Return a logbook with tables joined to it.

    Args:
        logbook: the sets.
        paths: CSV files or workbooks.

    Returns:
        The logbook; `joined` holds the tables, tidy, body mass stands on the sets that lack it,
        and `notes` say what was turned away, and who is in the logs or the tables only.

    Raises:
        PathError: a path does not exist.
        UserError: a file is no such table.
    """
    people = {name.casefold(): name for name in logbook.athletes}
    rows: list[Row] = []
    notes: list[Note] = []
    for path in map(existing, paths):
        found = _Found()
        for tab, header in _tabs(path):
            _read(tab, header, people, found)
        rows += found.rows
        notes += _said(path.name, found, people)
    table = (
        pl.DataFrame(rows, schema=JOINED, orient="row")
        .group_by("athlete", "date", "name", maintain_order=True)
        .agg(pl.col("value").mean(), pl.col("text").first())
        .sort("athlete", "name", "date", nulls_last=False)
    )
    joined = pl.concat([logbook.joined, table])
    return replace(
        logbook,
        sets=_with_body_mass(logbook.sets, joined),
        joined=joined,
        notes=(*logbook.notes, *notes),
    )


def _tabs(path: Path) -> Iterator[tuple[Tab, list[str]]]:
    try:
        tabs = read_tabs(path)
    except (ValueError, OSError) as error:
        raise UserError(f"{path.name}: {error}") from None
    any_column = False
    for tab in tabs:
        if not tab.rows:
            continue
        header = [name.strip().strip("\ufeff") for name in tab.rows[0]]
        header = [low if (low := name.casefold()) in (WHO, DAY, "name", "value") else name
                  for name in header]  # fmt: skip
        if WHO not in header and DAY not in header:
            continue
        any_column = True
        yield tab, header
    if not any_column:
        raise UserError(
            f"{path.name}: has neither a column athlete nor a column date in its first line; "
            "name them so, and each further column by what was measured, its unit last: waist_cm"
        )


def _read(tab: Tab, header: list[str], people: Mapping[str, str], found: _Found) -> None:
    if WHO not in header and len(people) != 1:
        raise UserError(
            f"a table without a column athlete belongs to one person, and the logs hold "
            f"{len(people)}; add the column"
        )
    tidy = set(header) >= {"name", "value"}
    cells: dict[str, list[tuple[int, str, date | None, str]]] = {}
    for number, row in enumerate(tab.rows[1:], tab.first_row + 1):
        line = dict(zip(header, row, strict=False))
        placed = _placed(line, number, people, found)
        held = {line["name"]: line.get("value", "")} if tidy and line.get("name") else line
        for name, cell in held.items() if placed else ():
            if name not in (WHO, DAY, "") and cell:
                cells.setdefault(name, []).append((number, *placed, cell))
    for name, column in cells.items():
        found.rows += _column(name, column, found.wrong)


def _placed(
    line: Mapping[str, str], number: int, people: Mapping[str, str], found: _Found
) -> tuple[str, date | None] | tuple[()]:
    """Return whose a line is and of which day; nothing where it has no place, which is counted."""
    said = line.get(WHO) or (next(iter(people)) if len(people) == 1 else "")
    who, day = people.get(said.casefold()), _day(line.get(DAY, ""))
    if who is None:
        if any(line.values()):
            found.strangers[said] = found.strangers.get(said, 0) + 1
        return ()
    if line.get(DAY) and day is None:
        found.wrong.append(f"line {number}, date: {line[DAY]!r} is no day such as 2024-01-31")
        return ()
    return who, day


def _column(
    name: str, column: list[tuple[int, str, date | None, str]], wrong: list[str]
) -> Iterator[Row]:
    numbers = [_number(cell) for *_, cell in column]
    if sum(each is not None for each in numbers) > MOSTLY * len(column):
        for (line, who, day, cell), value in zip(column, numbers, strict=True):
            if value is None:
                wrong.append(f"line {line}, {name}: {cell!r} is no number")
            else:
                yield who, day, name, value, None
        return
    first: dict[str, str] = {}
    for line, who, _, cell in column:
        if first.setdefault(who, cell) != cell:
            wrong.append(
                f"line {line}, {name}: {cell!r} after {first[who]!r}; a word is taken to be for "
                "good, write what changes as a number"
            )
    yield from ((who, None, name, None, cell) for who, cell in first.items())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _said(file: str, found: _Found, people: Mapping[str, str]) -> Iterator[Note]:
    told = {who for who, *_ in found.rows}
    names = sorted({name for _, _, name, *_ in found.rows})
    facts = {"names": first_names(names) or "nothing", "people": len(told)}
    yield Note("table joined", file, count=len(found.rows), facts=facts)
    if found.wrong:
        facts = {"first": "; ".join(found.wrong[:3])}
        yield Note("table cells", file, count=len(found.wrong), facts=facts)
    if found.strangers:
        near = next(filter(None, (did_you_mean(each, people.values())
                                  for each in found.strangers)), "")  # fmt: skip
        facts = {"names": first_names(sorted(found.strangers)), "near": near}
        yield Note("table strangers", file, count=sum(found.strangers.values()), facts=facts)
    if lacking := sorted(set(people.values()) - told):
        yield Note("table lacks", file, count=len(lacking), facts={"names": first_names(lacking)})


def _with_body_mass(sets: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """Put the latest body mass at or before a set's day on the sets that have none."""
    known = joined.filter(pl.col("name").is_in(list(BODY_MASS)), pl.col("value") > 0)
    if known.is_empty():
        return sets
    factor = pl.col("name").replace_strict(BODY_MASS, return_dtype=pl.Float64)
    table = known.select(
        "athlete",
        pl.col("date").fill_null(date.min).alias("day"),
        (factor * pl.col("value")).alias("said_kg"),
    ).sort("day")
    numbered = sets.with_row_index("row").with_columns(day=pl.col("started_at").dt.date())
    found = numbered.sort("day", maintain_order=True).join_asof(
        table, on="day", by="athlete", strategy="backward", check_sortedness=False
    )
    return (
        found.sort("row")
        .with_columns(pl.coalesce("body_mass_kg", "said_kg").alias("body_mass_kg"))
        .select(sets.columns)
    )
