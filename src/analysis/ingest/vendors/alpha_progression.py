"""Alpha Progression: Profile → Settings → Export → Workouts (CSV).

An indented report, not a table: a workout's title and time, then each exercise as a numbered
line, a line of column names (`#,LBS,REPS` or `#;KG;REPS;RIR`) and a line per set. Newer exports
use semicolons and decimal commas and put the warm-ups into the exercise's own line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import polars as pl

from analysis.ingest.vendors import HEADER, Carries, Peek, Staged, Vendor
from analysis.ingest.vendors._times import since

Row = dict[str, str]

COLUMNS = (
    "started_text", "length", "workout", "exercise", "set_number", "kind", "load", "load_unit",
    "load_basis", "reps", "rir", "duration_s", "distance", "distance_unit", "superset", "note",
    "not_set",
)  # fmt: skip
UNITS = {"KG": "kg", "LB": "lb", "LBS": "lb"}
AMOUNTS = {"REPS": "reps", "RIR": "rir", "SECS": "duration_s", "KM": "distance"}
_HEAD = re.compile(r"^#([,;\t])(?:KG|LBS?|REPS|KM|SECS)\b", re.MULTILINE)
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}\s\d{1,2}:\d{2}\s*(?:[ap]m|h)?$", re.IGNORECASE)
_EXERCISE = re.compile(r"^\d+\.\s(.+)$", re.DOTALL)
_TARGET = re.compile(r"^\d[\d\s–-]*\s(?:reps|secs?|min|km)$|^\d+ dropsets?$")
_SUPERSET = re.compile(r"^Superset (\d+)$", re.IGNORECASE)
_WARMUP = re.compile(r"^WU\d+ · (\S+) (kg|lbs?) · (\d+)\+? reps$", re.IGNORECASE)


def unfold(text: str, peek: Peek) -> pl.DataFrame:
    """Return one row per set; every other line of the report is structure or was not done."""
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=peek.delimiter)
    report = _Report()
    rows: list[tuple[Row, int]] = []
    end = 0
    for cells in reader:
        line, end = end + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            said = [cell.replace("\u202f", " ").replace("\u00a0", " ").strip() for cell in cells]
            rows += [(row, line) for row in report.read(said) or [{"not_set": HEADER}]]
    table = pl.DataFrame([row for row, _ in rows], schema=dict.fromkeys(COLUMNS, pl.String))
    return table.with_columns(source_row=pl.Series([line for _, line in rows], dtype=pl.Int64))


def _separator(peek: Peek) -> str:
    """The names of columns tell: a first line may hold more decimal commas than separators."""
    found = _HEAD.search(peek.head)
    return found.group(1) if found else peek.delimiter


class _Report:
    """Where in the report the reading is: which workout, exercise and columns."""

    def __init__(self) -> None:
        self.title = ""
        self.workout: Row = {}
        self.exercise: Row = {}
        self.columns: list[str] = []
        self.sets = 0

    def read(self, cells: list[str]) -> list[Row]:
        """Return the sets of one line, or why a set was none; nothing for structure."""
        first = cells[0]
        if cells[0] == "#":
            self.columns = [cell.upper() for cell in cells]
        elif first.isdigit() and self.columns:
            return [self._set(dict(zip(self.columns, cells, strict=False)))]
        elif _MOMENT.match(first):
            self._begin(self.title, cells)
        elif len(cells) > 1 and _MOMENT.match(cells[1]):
            self._begin(first, cells[1:])
        elif exercise := _EXERCISE.match(first):
            return list(self._open(exercise.group(1), cells[1:]))
        else:
            self.title = first
        return []

    def _begin(self, title: str, cells: list[str]) -> None:
        length = cells[1] if len(cells) > 1 else ""
        self.workout = {"started_text": cells[0], "length": length, "workout": title}
        self.exercise, self.columns = {}, []

    def _open(self, name: str, rest: list[str]) -> Iterator[Row]:
        """Begin an exercise; its line may name a superset, hold notes, and hold warm-ups."""
        parts = [part.strip() for part in name.split(" · ")]
        kept = [part for part in parts if not _TARGET.match(part)] or parts
        self.exercise = {"exercise": f"{kept[0]} ({kept[1]})" if len(kept) > 1 else kept[0]}
        self.columns, self.sets = [], 0
        notes, warmups = [], []
        for piece in (piece.strip() for cell in rest for piece in re.split(r"<br>|\n", cell)):
            if warmup := _WARMUP.match(piece):
                warmups.append(warmup)
            elif superset := _SUPERSET.match(piece):
                self.exercise["superset"] = superset.group(1)
            elif piece:
                notes.append(piece)
        note = {"note": "\n".join(notes)} if notes else {}
        for load, unit, reps in (warmup.groups() for warmup in warmups):
            self.sets += 1
            yield self._same() | note | {
                "kind": "warmup", "reps": reps, "load_unit": unit, **_load(load)
            }  # fmt: skip
        if not warmups:
            self.exercise |= note  # the first set bears it

    def _set(self, named: Row) -> Row:
        amounts = {ours: named.get(theirs, "") for theirs, ours in AMOUNTS.items()}
        loads = [(UNITS[word], value) for word, value in named.items() if word in UNITS]
        if {*amounts.values(), *(value for _, value in loads)} <= {"", "-"}:
            return self._same() | {"not_set": "not done"}
        self.sets += 1
        row = self._same() | {"kind": "work"}
        row |= {ours: value.rstrip("+") for ours, value in amounts.items() if value != "-"}
        for unit, value in loads:
            row |= {"load_unit": unit, **_load(value)}
        if row.get("distance"):
            row["distance_unit"] = "km"
        self.exercise.pop("note", None)
        return row

    def _same(self) -> Row:
        return self.workout | self.exercise | {"set_number": str(self.sets)}


def _load(text: str) -> Row:
    """A load; `+35` is body mass and 35."""
    if text.startswith("+"):
        return {"load": text[1:], "load_basis": "added"}
    return {"load": "" if text == "-" else text}


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Read the moments, on a clock of 12 or 24 hours, and the lengths of workouts."""
    assert raw is not None
    del peek
    moment = pl.col("started_text").str.replace(r"\s*h$", "").str.to_uppercase()
    forms = ("%Y-%m-%d %I:%M %p", "%Y-%m-%d %H:%M")
    rows = raw.with_columns(
        started_at=pl.coalesce(
            *(moment.str.to_datetime(form, strict=False, time_unit="us") for form in forms)
        ),
        set_number=pl.col("set_number").cast(pl.Int32),
    )
    rows = rows.with_columns(ended_at=since(pl.col("started_at"), _seconds(pl.col("length"))))
    names = {
        "started_at": "date", "exercise": "exercise", "load": "KG or LBS", "reps": "REPS",
        "rir": "RIR", "duration_s": "SECS", "distance": "KM",
    }  # fmt: skip
    return Staged(rows.drop("length"), names, "", "")


def _seconds(length: pl.Expr) -> pl.Expr:
    """Read `1:04 hr`, `51 min` and `21 sec`."""
    parts = length.str.extract_groups(r"^(?:(\d+):)?(\d+) (hr|min|sec)$").struct
    hours = parts.field("1").cast(pl.Float64).fill_null(0.0)
    number, word = parts.field("2").cast(pl.Float64), parts.field("3")
    return (
        pl.when(word == "sec").then(number)
        .when((word == "hr") & parts.field("1").is_null()).then(number * 3600)
        .when(word.is_not_null()).then(hours * 3600 + number * 60)
    )  # fmt: skip


VENDOR = Vendor(
    name="alpha_progression",
    title="Alpha Progression",
    how_to_export="Profile → Settings → Export → Workouts",
    recognise=lambda peek: _HEAD.search(peek.head) is not None,
    stage=stage,
    unfold=unfold,
    separator=_separator,
    carries=Carries(
        units="header",
        kinds=("work", "warmup"),
        effort=("rir",),
        supersets=True,
        durations=True,
        distances=True,
        notes=True,
        load_bases=("added",),
        planned=True,
        verified=("2023, commas, LBS",),
        documented=("2026, semicolons or tabs, KG, with RIR and warm-ups",),
    ),
)
