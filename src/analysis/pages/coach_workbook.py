"""`clients.xlsx`: the index as numbers and dates under a coach's words, and a legend."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.measures.flags import FLAGS, Thresholds, described
from analysis.measures.triage import STATUSES
from analysis.measures.words import spoken
from analysis.report import write_workbook
from analysis.result import Result

HEADS = {
    "client": ("Client", "the coach's name, or that of the file or folder"),
    "status": ("Status", f"one of: {', '.join(STATUSES)}"),
    "why": ("Needs attention for", "flags that ask for it, with their number; or what is missing"),
    "other_flags": ("Other flags", "flags to know of"),
    "last_session": ("Last session", "date"),
    "days_off": ("Days off", "from the last session to the day of the flags"),
    "sessions_4_weeks": ("Sessions, last 4 weeks", "in the 28 days to the day of the flags"),
    "sessions_own_normal": (
        "Sessions, own normal",
        "mean of up to six earlier such blocks that hold a log",
    ),
    "sets_last_week": ("Sets, last week", "working sets in the last 7 days"),
    "sets_own_4_week_mean": (
        "Sets, own 4-week mean",
        "mean of the logged weeks among the four before; two at least",
    ),
    "strength_per_4_weeks_pct": (
        "Strength, % per 4 weeks",
        "mean over exercises in the last half year",
    ),
    "strength_low_pct": ("Strength, low", "lower end of its 95 % interval"),
    "strength_high_pct": (
        "Strength, high",
        "upper end; an interval that holds 0 cannot tell gain from loss",
    ),
    "strength_exercises": ("Exercises", "that the strength trend is taken over; three at least"),
}
"""Column of the index -> its head in the workbook, and what it says."""

TINTS = {"needs attention": "#FDF1E8", "too little data": "#EEF4F9", "not read": "#EEF4F9"}
"""Ground of a status; the word stands in the cell too."""


def workbook(
    path: Path, clients: Result, flags: Result, weekly: Result, rules: Thresholds
) -> Path | None:
    """Write the clients, their flags and weeks, and a legend; None without xlsxwriter."""
    named = clients.table[list(HEADS)].rename(columns={key: HEADS[key][0] for key in HEADS})
    words = {name: spoken(name).capitalize() for name in map(str, flags.table)}
    sheets = [
        Result("clients", "Clients", named, ""),
        Result("flags", "Flags", flags.table.rename(columns=words), ""),
        weekly,
        Result("legend", "Legend", _legend(rules), ""),
    ]
    try:
        return write_workbook(path, sheets, tints=TINTS)
    except ModuleNotFoundError:
        return None


def _legend(rules: Thresholds) -> pd.DataFrame:
    rows: list[tuple[str, str, float | None, str]] = [
        ("flag", name, None, meaning) for name, meaning in FLAGS.items()
    ]
    rows += [("column", head, None, meaning) for head, meaning in HEADS.values()]
    rows += [
        ("threshold", each.name, float(getattr(rules, each.name)), each.metadata["doc"])
        for each in described()
    ]
    return pd.DataFrame(rows, columns=["What", "Name", "Value", "Meaning"])
