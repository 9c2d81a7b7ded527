"""JEFIT's export: many tables in one file; sets packed into a cell, or on lines of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from analysis.simulate.cells import Dialect, equipment_first, short_text

Row = dict[str, Any]
Table = list[list[str]]
ZONE_HOURS = -4
LOG = ["USERID", "TIMESTAMP", "belongSys", "logs", "_id", "record", "mydate", "eid", "ename",
       "day_item_id", "belongsession", "logTime", "interval_logs", "auto_generated"]  # fmt: skip
LINE = ["_id", "userid", "exercise_log_id", "set_index", "weight_lbs", "reps", "calories",
        "distance_mi", "speed_mph", "laps", "duration", "set_type", "log_time",
        "TIMESTAMP"]  # fmt: skip
TYPES = {"warmup": "warm-up"}


def _epoch(moment: datetime) -> str:
    return str(int((moment - timedelta(hours=ZONE_HOURS)).replace(tzinfo=UTC).timestamp()))


def _packed(sets: list[Row]) -> str:
    """Pack `load x repetitions`, or five fields of which the last are seconds."""
    if sets[0]["duration_s"] is not None:
        return ",".join(f"0x0,0x0,0x0,0x0,0x{each['duration_s']:g}" for each in sets)
    return ",".join(f"{each['load'] or 0:g}x{each['reps']:g}" for each in sets)


def _file(log: pl.DataFrame, unit: str, *, lines: bool) -> bytes:
    """Write every table; `lines` gives each set a line of its own, with its time, in lb."""
    sessions: Table = [["rowid", "_id", "USERID", "starttime", "endtime"]]
    logs, on_lines, notes, profile = [LOG], [LINE], [["_id", "eid", "mynote", "mydate"]], [
        ["row_id", "USERID", "_id", "mydate", "weight", "fatpercent", "chest", "arms", "waist",
         "calves", "height", "hips", "thighs", "shoulders", "neck", "forearms"]
    ]  # fmt: skip
    named = log.with_columns(name=equipment_first())
    for session, workout in enumerate(
        named.partition_by("started_at", maintain_order=True), start=1
    ):
        first = workout.row(0, named=True)
        day = f"{first['started_at']:%Y-%m-%d}"
        bounds = [_epoch(first["started_at"]), _epoch(first["ended_at"])]
        sessions.append([str(session), str(session), "7", *bounds])
        profile.append(["1", "7", "1", day, short_text(first["body_mass"]), *["0"] * 11])
        for run in workout.partition_by("exercise_number", maintain_order=True):
            sets = run.to_dicts()
            number = str(len(logs))
            logs.append(["7", "", "1", _packed(sets), number, "0", day, number, sets[0]["name"],
                         "0", str(session), bounds[0], "", ""])  # fmt: skip
            if sets[0]["note"]:
                notes.append([number, number, sets[0]["note"], day])
            for index, each in enumerate(sets if lines else []):
                reps = "" if each["reps"] is None else f"{each['reps']:g}"
                seconds = "" if each["duration_s"] is None else f"{each['duration_s']:g}"
                on_lines.append([str(len(on_lines)), "7", number, str(index),
                                 f"{each['load'] or 0:.4f}", reps, "", "", "", "", seconds,
                                 TYPES.get(each["kind"], "default"), _epoch(each["done_at"]),
                                 ""])  # fmt: skip
    setting = [["row_id", "USERID", "length", "mass", "zonedifference"],
               ["1", "7", " cm", f" {unit}s", str(ZONE_HOURS)]]  # fmt: skip
    tables = {
        "SETTING": setting, "PROFILE": profile, "WORKOUT SESSIONS": sessions,
        "EXERCISE LOGS": logs, "EXERCISE SET LOGS": on_lines, "NOTES": notes,
    }  # fmt: skip
    return "".join(_section(name, rows) for name, rows in tables.items()).encode()


def _section(name: str, rows: Table) -> str:
    quoted = [
        ",".join('"{}"'.format(c.replace('"', '""')) if ',' in c or '"' in c or "\n" in c else c
                 for c in row)
        for row in rows
    ]  # fmt: skip
    body = "\n".join(quoted)
    return f"\n### {name} {'#' * (49 - len(name))}\n\n{body}\n\n\n{'#' * 54}\n"


def _with_packed_cells(log: pl.DataFrame, unit: str) -> bytes:
    return _file(log, unit, lines=False)


def _with_set_logs(log: pl.DataFrame, unit: str) -> bytes:
    return _file(log, unit, lines=True)


HOLDS = frozenset({"ended_at", "duration_s", "body_mass_kg", "note"})
DIALECTS = {
    "jefit-packed-kg": Dialect(_with_packed_cells, holds=HOLDS),
    "jefit-lines-lb": Dialect(
        _with_set_logs, kinds=frozenset({"work", "warmup"}), holds=HOLDS | {"done_at"}
    ),
}
