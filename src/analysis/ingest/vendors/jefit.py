"""JEFIT: Settings → Account → Export Data.

One file of twelve tables under `### NAME ####` lines. Sets stand in two of them: `EXERCISE LOGS`
packs those of one exercise of one day into a cell (`50.0x15,50.0x15`, load × repetitions, in the
unit of `SETTING`), and since December 2024 `EXERCISE SET LOGS` gives each its own line, always in
lb, with its time. Where both exist the lines are read: five of 600 packed cells of a real log
disagree with them. Times are epoch seconds, turned to the wall clock by the zone in `SETTING`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite

import polars as pl

from analysis.ingest.vendors import (
    HEADER,
    Carries,
    Measured,
    Peek,
    Staged,
    Vendor,
    measures,
    translate,
)
from analysis.units import CM_PER, KG_PER

Row = dict[str, str]

_HEADING = re.compile(r"^### (\w[\w ]*?) #+$")
_EPOCH = re.compile(r"^[1-9]\d{5,9}$", re.ASCII)
_RULE = re.compile(r"^#+$")
_WORDS = {
    "SETTING": "setting", "PROFILE": "body measures", "ROUTINES": "routine",
    "WORKOUT SESSIONS": "workout session", "EXERCISE RECORDS": "personal record",
    "CARDIO LOGS": "summary of cardio", "CARDIO EXERCISE LOGS": "summary of cardio",
    "CUSTOM EXERCISES": "own exercise", "FAVORITE EXERCISES": "favourite exercise",
    "NOTES": "note",
}  # fmt: skip
_KINDS = {"default": "work", "warm-up": "warmup"}
COLUMNS = (
    "started_at", "ended_at", "started_text", "exercise", "load", "load_unit", "reps",
    "duration_s", "distance", "kind", "done_at", "note", "body_mass", "body_mass_unit", "not_set",
)  # fmt: skip
_LENGTHS = {"inches": "in", "in": "in", "cm": "cm"}
_GIRTHS = {
    "chest": "chest_cm", "arms": "arm_cm", "waist": "waist_cm", "calves": "calf_cm",
    "hips": "hips_cm", "thighs": "thigh_cm", "shoulders": "shoulder_cm", "neck": "neck_cm",
    "forearms": "forearm_cm",
}  # fmt: skip
CARDIO_FIELDS = 5
"""A timed record is packed as five pairs: calories, distance, speed, laps, seconds."""


class _Cells(dict[str, str]):
    """Cells by header word; a cell that is not there is an empty one."""

    def __missing__(self, word: str) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class _Line:
    """One record of one table: the line where it starts, and its cells under their header."""

    number: int
    table: str
    cells: _Cells
    not_set: str = ""


def unfold(text: str, peek: Peek) -> pl.DataFrame:
    """Return one row per set, and one for every other line with what it is."""
    del peek
    lines = list(_lines(text))
    log = _Log(lines)
    rows = [(row, line.number) for line in lines for row in log.rows(line)]
    table = pl.DataFrame([row for row, _ in rows], schema=dict.fromkeys(COLUMNS, pl.String))
    return table.with_columns(source_row=pl.Series([n for _, n in rows], dtype=pl.Int64))


def _lines(text: str) -> Iterator[_Line]:
    """Every record with its table; headings, rules and headers are lines without cells."""
    reader = csv.reader(io.StringIO(text, newline=None))
    table, header, end, fresh = "", [], 0, False
    for cells in reader:
        start, end = end + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            fresh = True  # after a blank line comes a header: routines hold many small tables
            continue
        heading = _HEADING.match(cells[0])
        if heading or _RULE.match(cells[0]):
            table = heading.group(1) if heading else ""
            yield _Line(start, table, _Cells(), HEADER)
        elif fresh:
            header = [cell.lower() for cell in cells]
            yield _Line(start, table, _Cells(), HEADER)
        else:
            yield _Line(start, table, _Cells(zip(header, cells, strict=False)))
        fresh = False


class _Log:
    """The tables of one file, joined: whose session, unit, zone, note and set lines."""

    def __init__(self, lines: list[_Line]) -> None:
        tables: dict[str, list[_Cells]] = defaultdict(list)
        for line in lines:
            if line.cells:
                tables[line.table].append(line.cells)
        setting = tables["SETTING"][0] if tables["SETTING"] else _Cells()
        self.unit = setting["mass"].strip()
        self.length = setting["length"].strip()
        self.zone = timedelta(hours=_hours(setting["zonedifference"]))
        self.sessions = {each["_id"]: each for each in tables["WORKOUT SESSIONS"]}
        self.logs = {each["_id"]: each for each in tables["EXERCISE LOGS"]}
        self.with_lines = {each["exercise_log_id"] for each in tables["EXERCISE SET LOGS"]}
        self.profile = tables["PROFILE"]
        self.body_mass = {
            each["mydate"]: each["weight"] for each in self.profile if _number(each["weight"])
        }
        self.notes: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in tables["NOTES"]:
            self.notes[each["eid"], each["mydate"]].append(each["mynote"].strip())

    def rows(self, line: _Line) -> Iterator[Row]:
        """Yield the sets of a line, or why it holds none."""
        if line.not_set:
            yield {"not_set": line.not_set}
        elif line.table == "EXERCISE SET LOGS":
            yield self._set_line(line.cells)
        elif line.table != "EXERCISE LOGS":
            yield {"not_set": _WORDS.get(line.table, line.table.lower() or "outside a section")}
        elif line.cells["_id"] in self.with_lines:
            yield {"not_set": "log whose sets have lines of their own"}
        else:
            yield from self._packed(line.cells)

    def _set_line(self, cells: _Cells) -> Row:
        log = self.logs.get(cells["exercise_log_id"])
        if log is None:
            return {"not_set": "set without an exercise"}
        row = self._visit(log) | {
            "load": cells["weight_lbs"],
            "load_unit": "lb",
            "reps": cells["reps"],
            "duration_s": cells["duration"],
            "kind": cells["set_type"] or "default",
            "done_at": self._wall(cells["log_time"]),
        }
        if not _number(cells["reps"]) and not _number(cells["duration"]):
            row["not_set"] = "no repetitions"
        if cells["set_index"] != "0":
            row.pop("note", None)
        return row

    def _packed(self, log: _Cells) -> Iterator[Row]:
        pairs = [pair.partition("x")[::2] for pair in log["logs"].split(",")]
        visit = self._visit(log)
        if _is_timed(pairs):
            for _, seconds in pairs[CARDIO_FIELDS - 1 :: CARDIO_FIELDS]:
                yield visit | {"duration_s": seconds}
                visit.pop("note", None)
            return
        for load, reps in pairs:
            row = visit | {"load": load, "load_unit": self.unit, "reps": reps}
            if not _number(reps):
                row["not_set"] = "no repetitions"
            yield row
            visit.pop("note", None)

    def _visit(self, log: _Cells) -> Row:
        """What is the same for every set of one exercise of one workout."""
        session = self.sessions.get(log["belongsession"], _Cells())
        day = f"{log['mydate']} 00:00:00"
        visit = {
            "exercise": log["ename"],
            "started_text": log["mydate"],
            "started_at": self._wall(session["starttime"]) or day,
            "ended_at": self._wall(session["endtime"]),
            "kind": "default",
        }
        note = self.notes.get((log["eid"], log["mydate"]))
        if note:
            visit["note"] = "\n".join(note)
        if log["mydate"] in self.body_mass:
            visit |= {
                "body_mass": self.body_mass[log["mydate"]],
                "body_mass_unit": self.unit,
            }
        return visit

    def _wall(self, epoch: str) -> str:
        """The lifter's wall clock; empty where there is no time."""
        if not _EPOCH.match(epoch):
            return ""
        return f"{datetime.fromtimestamp(int(epoch), UTC) + self.zone:%Y-%m-%d %H:%M:%S}"


def _is_timed(pairs: list[tuple[str, str]]) -> bool:
    """Whether pairs are the fields of timed records: no loads, and only the last two filled."""
    values = [_number(value) for _, value in pairs]
    return (
        len(pairs) % CARDIO_FIELDS == 0
        and not any(_number(load) for load, _ in pairs)
        and not any(value for at, value in enumerate(values) if at % CARDIO_FIELDS < 3)
        and all(values[CARDIO_FIELDS - 1 :: CARDIO_FIELDS])
    )


def _number(text: str) -> float:
    """A number that is one; 0 for all else, as JEFIT writes what was not filled in."""
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if isfinite(value) else 0.0


def _hours(text: str) -> float:
    """The zone's hours from UTC, where it is one of those on Earth."""
    return hours if abs(hours := _number(text)) <= 14 else 0.0


def covariates(peek: Peek) -> Measured:
    """Body mass, body fat and girths of the profile, in the units of the settings."""
    log = _Log(list(_lines(peek.path.read_text(encoding="utf-8-sig", errors="replace"))))
    mass, length = KG_PER.get(log.unit.rstrip("s"), 0.0), CM_PER.get(_LENGTHS.get(log.length, ""))
    rows = [
        {
            "date": each["mydate"],
            "body_mass_kg": _number(each["weight"]) * mass,
            "body_fat_pct": _number(each["fatpercent"]),
            **{ours: _number(each[theirs]) * (length or 0.0) for theirs, ours in _GIRTHS.items()},
        }
        for each in log.profile
    ]
    table = pl.DataFrame(rows).with_columns(pl.col("date").str.to_date("%Y-%m-%d", strict=False))
    notes = () if mass and length else ("its settings name no unit of mass or length",)
    return Measured(measures(table), notes)


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Read the moments, translate the set types."""
    assert raw is not None
    del peek
    moments = ("started_at", "ended_at", "done_at")
    rows = raw.with_columns(
        *(
            pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
            for name in moments
        ),
        kind=translate(pl.col("kind"), _KINDS),
    )
    names = {
        "started_at": "mydate", "exercise": "ename", "load": "logs", "reps": "logs",
        "duration_s": "logs", "kind": "set_type", "body_mass": "weight",
    }  # fmt: skip
    return Staged(rows, names, "", None, "")


VENDOR = Vendor(
    name="jefit",
    title="JEFIT",
    how_to_export="Settings → Account → Export Data",
    recognise=lambda peek: "\n### EXERCISE LOGS ##" in peek.head or "### SETTING ##" in peek.head,
    stage=stage,
    unfold=unfold,
    separator=lambda _: ",",
    covariates=covariates,
    carries=Carries(
        units="fixed",
        kinds=("work", "warmup"),
        set_times=True,
        body_mass=True,
        durations=True,
        notes=True,
        planned=True,
        verified=("twelve tables, packed sets and set logs",),
    ),
)
