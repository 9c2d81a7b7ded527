"""A routine as people write it: a table `day,exercise,sets,reps,rir`, or lines of text.

    # Day 1
    Squat 4x6 @ RIR2
    Leg curl 3x10-12 @ RPE 8

A heading, with # before or : behind it, starts a day; a routine is one week. Every faulty line is
named at once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import polars as pl

from analysis import exercises
from analysis.exercises import Catalogue
from analysis.ingest.sheets import layout
from analysis.ingest.sheets.grid import is_workbook
from analysis.ingest.sheets.layout import Layout
from analysis.ingest.sheets.program import first_week
from analysis.problems import PathError, UserError
from analysis.result import Result, tidy
from analysis.say import count

COLUMNS = ("day", "exercise", "sets", "reps", "rir", "rpe")
REQUIRED = ("day", "exercise", "sets", "reps")
MOST_SETS = 30
FIRST_DAY = "Day 1"
LONGEST_LINE = 200
EXAMPLE = "Squat 4x6 @ RIR2"

_LINE = re.compile(
    r"(?P<exercise>\S.*?)[\s:,]+(?P<sets>\d+)\s*[x×]\s*"
    r"(?P<reps>\d+(?:\s*[-–]\s*\d+)?\s*s?|amrap)"
    r"(?:\s*@\s*(?P<scale>RIR|RPE)\s*(?P<effort>\d+(?:[.,]\d+)?))?\s*",
    re.IGNORECASE,
)
_REPS = re.compile(r"(?P<low>\d+)(?:\s*[-–]\s*(?P<high>\d+))?\s*s?|amrap", re.IGNORECASE)


class RoutineError(UserError, ValueError):
    """Lines of a routine that cannot be read; the message names each with its rule."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Planned:
    """One exercise of one day.

    Attributes:
        day: the day's heading.
        exercise: the exercise as written.
        sets: working sets.
        reps: repetitions as written, such as "6", "8-12", "30s" or "AMRAP".
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
    """A week of training as planned; `file` is its name, `planned` its exercises in order."""

    file: str
    planned: tuple[Planned, ...]

    @property
    def days(self) -> list[str]:
        """The days, in order."""
        return list(dict.fromkeys(entry.day for entry in self.planned))


def read_routine(path: str | Path) -> Routine:
    """Return the routine in a file.

    Args:
        path: a .csv with the columns day, exercise, sets, reps and, if wanted, rir or rpe; a
            table that a `recipe.toml` beside it describes, of which the first week is taken; any
            other file is read as lines of text.

    Raises:
        PathError: there is no such file.
        RoutineError: the file is empty, no UTF-8, or has faulty lines; all of them are named
            with file, line, value, rule and what to do.
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
        raise RoutineError([f"{path.name}: not UTF-8 text; save it as UTF-8"]) from None
    parse = _table if path.suffix.lower() == ".csv" else _lines
    return _checked(path.name, list(parse(path.name, text)))


def _program(path: Path, layouts: tuple[Layout, ...]) -> Iterator[Planned | str]:
    """The first week of a table that a recipe describes."""
    if not layouts:
        yield f"{path.name}: a workbook without a recipe; `liftdose recipe FILE` drafts one"
        return
    try:
        lines = first_week(path, layouts)
    except ValueError as error:
        yield f"{path.name}: {error}"
        return
    for each in lines:
        yield _planned(path.name, each.row, each.day, each.exercise, each.sets, each.reps,
                       each.efforts)  # fmt: skip


def parse_routine(text: str, file: str = "routine") -> Routine:
    """Return the routine in lines of text; errors as in `read_routine`."""
    return _checked(file, list(_lines(file, text)))


def _checked(file: str, rows: list[Planned | str]) -> Routine:
    faults = [row for row in rows if isinstance(row, str)]
    planned = tuple(row for row in rows if isinstance(row, Planned))
    if not faults and not planned:
        faults = [f"{file}: holds no exercise; write lines such as “{EXAMPLE}”"]
    if faults:
        raise RoutineError(faults)
    return Routine(file, planned)


def _lines(file: str, text: str) -> Iterator[Planned | str]:
    day = FIRST_DAY
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("#") or line.endswith(":"):
            day = line.lstrip("#").rstrip(":").strip() or f"Day at line {number}"
            continue
        # A longer line is no exercise, and would cost the expression quadratic time.
        found = _LINE.fullmatch(line.lstrip("-*• ")) if len(line) <= LONGEST_LINE else None
        if found is None:
            yield (
                f"{file}, line {number}: “{line[:60]}”: expected exercise, sets x reps and, if "
                f"wanted, @ RIR or @ RPE; write it like “{EXAMPLE}”, a day like “# Day 1”"
            )
            continue
        scale = (found["scale"] or "").lower()
        efforts = {scale: found["effort"]} if scale else {}
        yield _planned(
            file, number, day, found["exercise"], found["sets"], found["reps"].strip(), efforts
        )


def _table(file: str, text: str) -> Iterator[Planned | str]:
    header, *rows = list(csv.reader(StringIO(text), delimiter=_delimiter(text))) or [[]]
    names = [name.strip().lower() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown:
        fault = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)} too"
        yield f"{file}, line 1: “{','.join(header)}”: {fault}; use {', '.join(COLUMNS[:5])}"
        return
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            yield (
                f"{file}, line {number}: “{','.join(cells)}”: {len(cells)} cells for "
                f"{len(names)} columns; quote a cell that holds a comma"
            )
            continue
        row = dict.fromkeys(COLUMNS, "") | dict(
            zip(names, (cell.strip() for cell in cells), strict=False)
        )
        efforts = {name: row[name] for name in ("rir", "rpe") if row[name]}
        yield _planned(
            file, number, row["day"], row["exercise"], row["sets"], row["reps"], efforts
        )


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _planned(
    file: str, line: int, day: str, exercise: str, sets: str, reps: str, efforts: dict[str, str]
) -> Planned | str:
    faults = [
        f"{file}, line {line}: {what} is “{value}”: {rule}"
        for what, value, rule in _faults(day, exercise, sets, reps, efforts)
    ]
    if faults:
        return "\n".join(faults)
    return Planned(day, exercise.strip(), int(sets), reps.upper() if "a" in reps.lower() else reps,
                   _rir(efforts), line)  # fmt: skip


def _faults(
    day: str, exercise: str, sets: str, reps: str, efforts: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    if not day:
        yield "day", day, "a row needs its day; write a name or a number"
    if not exercise.strip():
        yield "exercise", exercise, "a row needs its exercise; write its name"
    if not sets.isascii() or not sets.isdigit() or not 1 <= int(sets) <= MOST_SETS:
        yield "sets", sets, f"expected a whole number from 1 to {MOST_SETS}; correct it"
    found = _REPS.fullmatch(reps.strip())
    if found is None:
        yield "reps", reps, "expected a number, a range, seconds or AMRAP; write 6, 8-12 or 30s"
    elif found["high"] and int(found["high"]) < int(found["low"]):
        yield "reps", reps, "the range runs down; write the smaller number first"
    yield from _effort_faults(efforts)


def _effort_faults(efforts: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    if len(efforts) > 1:
        yield "effort", " and ".join(efforts), "both RIR and RPE are given; keep one of them"
    for scale, value in efforts.items():
        low = 0 if scale == "rir" else 1
        if not re.fullmatch(r"\d+(?:[.,]\d+)?", value) or not low <= _number(value) <= 10:
            yield scale.upper(), value, f"expected a number from {low} to 10; correct it"


def _rir(efforts: dict[str, str]) -> float | None:
    """Return repetitions in reserve; RIR = 10 − RPE (Zourdos 2016, JSCR 30:267)."""
    for scale, value in efforts.items():
        return _number(value) if scale == "rir" else 10 - _number(value)
    return None


def _number(value: str) -> float:
    return float(value.replace(",", "."))


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
        f"{count(len(routine.days), 'day')}; {count(unknown, 'line')} not mapped.",
    )


def unmapped(routine: Routine, catalogue: Catalogue) -> list[str]:
    """Return a sentence with suggestions for every line that names no known exercise."""
    found = catalogue.match([entry.exercise for entry in routine.planned])
    unknown = set(found.filter(pl.col("exercise_id").is_null())["exercise"])
    names = dict(catalogue.exercises.select("exercise_id", "name").iter_rows())
    notes = []
    for entry in routine.planned:
        if entry.exercise in unknown:
            close = [names[found_id] for found_id in catalogue.suggest(entry.exercise)]
            hint = f"did you mean {', '.join(close)}?" if close else "no name comes close."
            notes.append(
                f"{routine.file}, line {entry.line}: “{entry.exercise}” is no exercise we know, "
                f"its {count(entry.sets, 'set')} count for no muscle; {hint}"
            )
    return notes
