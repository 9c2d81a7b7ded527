"""A routine as coaches write it: lines of text, a Markdown table, or a CSV.

    ## Monday: push
    A1. DB bench 3x8-10 @8, 90 s rest
    A2. Row 3 sets of 10 RIR 1-2

A day is a heading, a weekday, "Day 1" or the name of a split; a routine is one week. A line that
holds no sets is listed with its reason, and everything else is counted all the same.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd
import polars as pl

from analysis import exercises
from analysis.exercises import Catalogue
from analysis.ingest.sheets import layout
from analysis.ingest.sheets.grid import is_workbook
from analysis.ingest.sheets.layout import Layout
from analysis.ingest.sheets.program import first_week
from analysis.legs.notation import NOTES, WEEK, heading, schemes
from analysis.notes import Note
from analysis.problems import PathError, UnreadableError
from analysis.result import Result, tidy
from analysis.say import count

MOST_SETS = 30
FIRST_DAY = "Day 1"
LONGEST_LINE = 300
EXAMPLE = "Squat 4x6 @ RIR2"

HEADS = {
    "day": ("day", "session", "workout", "tag"),
    "exercise": ("exercise", "exercises", "movement", "lift", "name", "übung"),
    "sets": ("sets", "set", "working sets", "sätze", "sets x reps", "sets × reps", "scheme",
             "prescription", "volume"),
    "reps": ("reps", "rep", "repetitions", "rep range", "wdh"),
    "rir": ("rir",),
    "rpe": ("rpe",),
    "effort": ("effort", "intensity", "@"),
}  # fmt: skip
"""What a column is, and how coaches head it; other columns, such as Rest and Notes, are kept as
they are and prescribe nothing."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is not counted: its number, its text and why."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One exercise of one day.

    Attributes:
        day: the day's heading.
        exercise: the exercise as written.
        sets: working sets.
        reps: repetitions as written, such as "6", "8-12", "12,10,8", "30s" or "AMRAP"; "" where
            not said.
        rir: planned repetitions in reserve, None where not said; 10 − RPE where RPE is.
        line: line of the file.
    """

    day: str
    exercise: str
    sets: int
    reps: str
    rir: float | None
    line: int


@dataclass(frozen=True, slots=True)
class Routine:
    """A week of training as planned.

    Attributes:
        file: its name.
        planned: its exercises, in order.
        unread: lines that could not be read.
        skipped: comments, rules and lines of later weeks, counted.
    """

    file: str
    planned: tuple[Planned, ...]
    unread: tuple[Unread, ...] = ()
    skipped: int = 0

    @property
    def days(self) -> list[str]:
        """The days, in order."""
        return list(dict.fromkeys(entry.day for entry in self.planned))


def read_routine(path: str | Path) -> Routine:
    """Return the routine in a file.

    Args:
        path: a .csv, or text with Markdown tables or lines; a table that a `recipe.toml` beside
            it describes, of which the first week is taken.

    Raises:
        PathError: there is no such file.
        UnreadableError: it is no UTF-8, or holds no line that can be read; each is named.
    """
    path = Path(path)
    if not path.is_file():
        raise PathError(f"{path.name}: no such file; give the path of a routine")
    layouts = layout.beside(path)
    if layouts or is_workbook(path):
        return _checked(path.name, list(_program(path, layouts)))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError(f"{path.name}: not UTF-8 text; save it as UTF-8") from None
    if path.suffix.lower() in (".csv", ".tsv"):
        return _checked(path.name, list(_table(_csv_rows(text))))
    return parse_routine(text, path.name)


def _program(path: Path, layouts: tuple[Layout, ...]) -> Iterator[Planned | Unread]:
    """The first week of a table that a recipe describes."""
    if not layouts:
        raise UnreadableError(
            f"{path.name}: a workbook without a recipe; `liftdose recipe FILE` drafts one"
        )
    try:
        lines = first_week(path, layouts)
    except ValueError as error:
        raise UnreadableError(f"{path.name}: {error}") from None
    for each in lines:
        row = {"exercise": each.exercise, "sets": each.sets, "reps": each.reps, **each.efforts}
        yield from _row(each.row, each.day, row)


def parse_routine(text: str, file: str = "routine") -> Routine:
    """Return the routine in lines of text; errors as in `read_routine`."""
    return _checked(file, list(_lines(text)))


def _checked(file: str, rows: list[Planned | Unread | None]) -> Routine:
    """Return what was read; None stands for a line that prescribes nothing."""
    planned = tuple(row for row in rows if isinstance(row, Planned))
    unread = tuple(row for row in rows if isinstance(row, Unread))
    if not planned:
        faults = [f"{file}, line {row.line}: “{row.text}”: {row.why}" for row in unread]
        nothing = f"{file}: holds no exercise; write lines such as “{EXAMPLE}”"
        raise UnreadableError("\n".join(faults) or nothing)
    return Routine(file, planned, unread, sum(row is None for row in rows))


def _lines(text: str) -> Iterator[Planned | Unread | None]:
    """Yield what each line holds; the tables among them are read as tables."""
    day, later = FIRST_DAY, False
    table: list[tuple[int, list[str]]] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("|") or ("\t" in line and (table or _heads(line.split("\t")))):
            table.append((number, _cells(line)))
            continue
        yield from _table(table, day)
        table = []
        if not line:
            continue
        if week := WEEK.match(line.lstrip("#* ")):
            later = int(week["number"]) > 1
        if later:
            yield None
        elif named := heading(line) if len(line) <= LONGEST_LINE else "":
            day = named
        elif week or NOTES.match(line):
            yield None
        else:
            yield from _line(number, day, line)
    yield from _table(table, day)


def _line(number: int, day: str, line: str) -> Iterator[Planned | Unread]:
    # A longer line is no exercise, and would cost an expression quadratic time.
    found = schemes(line) if len(line) <= LONGEST_LINE else []
    if not found:
        yield Unread(number, line[:60], f"no sets; write it like “{EXAMPLE}”")
    for each in found:
        if not each.exercise:
            yield Unread(number, line[:60], "no exercise; write its name before the sets")
        elif not 1 <= each.sets <= MOST_SETS:
            why = f"{each.sets} sets; expected 1 to {MOST_SETS}"
            yield Unread(number, line[:60], why)
        elif _runs_down(each.reps):
            yield Unread(number, line[:60], f"the range {each.reps} runs down")
        else:
            yield Planned(day, each.exercise, each.sets, each.reps, each.rir, number)


def _runs_down(reps: str) -> bool:
    ends = re.fullmatch(r"(\d+)[-–](\d+)\D*", reps)
    return ends is not None and int(ends[2]) < int(ends[1])


# Tables: Markdown, CSV and what is pasted from a sheet.


def _csv_rows(text: str) -> list[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(StringIO(text), delimiter=delimiter)
    return [(number, [cell.strip() for cell in row]) for number, row in enumerate(rows, start=1)]


def _cells(line: str) -> list[str]:
    parts = line.strip("|").split("|") if line.startswith("|") else line.split("\t")
    return [re.sub(r"[*_`]", "", part).strip() for part in parts]


def _heads(cells: Sequence[str]) -> dict[str, int]:
    """Return the place of each column that a header names; empty where it names no exercise."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        word = cell.strip().lower().rstrip(":")
        for name, known in HEADS.items():
            if word in known:
                places.setdefault(name, place)
    return places if "exercise" in places and {"sets", "reps"} & set(places) else {}


def _table(
    rows: list[tuple[int, list[str]]], day: str = FIRST_DAY
) -> Iterator[Planned | Unread | None]:
    """Yield what the rows of a table hold; the first row that names columns is the header."""
    places: dict[str, int] = {}
    for number, cells in rows:
        if not any(cells) or all(re.fullmatch(r":?-+:?|", cell) for cell in cells):
            continue
        if found := _heads(cells):
            places = found
            continue
        text = " | ".join(cells)[:60]
        if not places:
            yield Unread(number, text, "a table needs a header with exercise, sets and reps")
            return
        row = {name: cells[at] for name, at in places.items() if at < len(cells)}
        day = row.get("day") or day
        if not row.get("exercise"):
            alone = [cell for cell in cells if cell]
            if len(alone) == 1 and heading(alone[0]):
                day = heading(alone[0])
            elif alone != [row.get("day")]:
                yield Unread(number, text, "a row needs its exercise; write its name")
            continue
        yield from _row(number, day, row)


def _row(number: int, day: str, row: Mapping[str, str]) -> Iterator[Planned | Unread]:
    """Yield the exercise of a table's row, read as the line that it stands for."""
    sets, reps = row.get("sets", ""), row.get("reps", "")
    scheme = f"{sets}x{reps}" if sets and reps else sets or f"1x{reps}"
    if sets.isdigit() and not reps:
        scheme = f"{sets} sets"
    efforts = [f"{name.upper()} {row[name]}" for name in ("rir", "rpe") if row.get(name)]
    if said := row.get("effort"):
        efforts.append(f"@ {said}" if said[:1].isdigit() else said)
    line = " ".join([f"{scheme}", *efforts])
    found = schemes(f"x {line}")
    if not found or any(not 1 <= e.sets <= MOST_SETS or _runs_down(e.reps) for e in found):
        yield Unread(number, f"{row['exercise']} {line}"[:60], "its sets cannot be read")
        return
    for each in found:
        yield Planned(day, row["exercise"], each.sets, each.reps, each.rir, number)


# Which exercise of the catalogue each line of a routine is; what is none is listed.


def knowing(routine: Routine, catalogue: Catalogue) -> Catalogue:
    """Return the catalogue with an entry for each line that only the parts of its name explain."""
    return catalogue.with_parts(entry.exercise for entry in routine.planned)


def mapped_to(routine: Routine, catalogue: Catalogue) -> pl.DataFrame:
    """Return one row per line, with `exercise_id` (null when unmapped) and `set_count`."""
    rows = [(p.day, p.exercise, p.sets, p.reps, p.rir) for p in routine.planned]
    schema = {"day": pl.String, "exercise": pl.String, "sets": pl.Int64, "reps": pl.String,
              "rir": pl.Float64}  # fmt: skip
    planned = pl.DataFrame(rows, schema=schema, orient="row")
    found = catalogue.match(planned["exercise"].to_list())
    return planned.join(found, on="exercise", how="left", maintain_order="left").with_columns(
        pl.col("sets").cast(pl.Float64).alias("set_count")
    )


def routine_table(routine: Routine, catalogue: Catalogue | None = None) -> Result:
    """Show how each line of a routine was understood.

    Returns:
        Result whose table has one row per line: `day`, `exercise` (as written), `taken_for` (the
        catalogue's name; empty when unmapped), `sets`, `reps`, `rir`.
    """
    chosen = knowing(routine, catalogue or exercises.load())
    names = chosen.exercises.select("exercise_id", pl.col("name").alias("taken_for"))
    table = (
        mapped_to(routine, chosen)
        .join(names, on="exercise_id", how="left", maintain_order="left")
        .with_columns(pl.col("taken_for").fill_null(""))
        .select("day", "exercise", "taken_for", "sets", "reps", "rir")
    )
    total = int(table["sets"].sum())
    unknown = int((table["taken_for"] == "").sum())
    return Result(
        name="routine",
        title="The routine as it was read",
        table=tidy(table),
        summary=f"{count(total, 'set')} in {count(table.height, 'line')} on "
        f"{count(len(routine.days), 'day')}; {count(unknown, 'exercise')} not known, "
        f"{count(len(routine.unread), 'line')} not read.",
    )


def unread_table(routine: Routine) -> Result:
    """Return the lines that could not be read: `line`, `text`, `why`."""
    rows = [(each.line, each.text, each.why) for each in routine.unread]
    return Result(
        "unread",
        "Lines that were not read",
        pd.DataFrame(rows, columns=["line", "text", "why"]),
        f"{count(len(rows), 'line')} could not be read; the rest is counted all the same."
        if rows
        else "Every line was read.",
    )


def unmapped(routine: Routine, catalogue: Catalogue) -> list[Note]:
    """Return a note with suggestions for every line that names no known exercise."""
    found = catalogue.match([entry.exercise for entry in routine.planned])
    unknown = set(found.filter(pl.col("exercise_id").is_null())["exercise"])
    names = dict(catalogue.exercises.select("exercise_id", "name").iter_rows())
    notes = list[Note]()
    for entry in routine.planned:
        if entry.exercise in unknown:
            close = [names[found_id] for found_id in catalogue.suggest(entry.exercise)]
            hint = f"did you mean {', '.join(close)}?" if close else "no name comes close."
            facts = {"line": entry.line, "exercise": entry.exercise, "hint": hint}
            notes.append(
                Note(
                    "planned but unmapped",
                    routine.file,
                    count=entry.sets,
                    facts=facts,
                    sentence="line {line}: “{exercise}” is no exercise we know, its {n:set} "
                    "counted for no muscle; {hint}",
                )
            )
    return notes
