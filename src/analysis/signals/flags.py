"""Flags: what a coach would want to hear about an athlete this week, with the rows that say so.

Each flag is a function of one athlete's log and the thresholds. "Today" is given, or is the
newest day of the whole logbook: never the clock, so that the same log gives the same flags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import pandas as pd

from analysis.logbook import Logbook
from analysis.measures import weeks
from analysis.result import Result
from analysis.say import count
from analysis.signals.detectors import (
    Finding,
    Training,
    back,
    came_back,
    drop,
    inactivity,
    prepare,
    records,
    skipped,
    slide,
    stalls,
)
from analysis.signals.pain import pain
from analysis.signals.thresholds import Thresholds, described

FLAGS = {
    "pain note": "a note of the last weeks holds a word of pain, injury or soreness",
    "inactive": "no session for much longer than usual for the athlete",
    "slide": "sets fall slowly, four weeks by four weeks, to far fewer than at the start",
    "drop": "sessions, sets, or an exercise's e1RM, far below what is usual for the athlete",
    "return": "back from a long break: nothing is compared across it",
    "stall": "the recent trend of an exercise is flat or falling, interval included",
    "skipped": "a regular movement or muscle is missing from the last block",
    "odd entry": "a value so far above or below the earlier ones that it needs a look",
    "record": "a load or e1RM above that of every earlier day, in the last block",
}
"""Every flag, most urgent first."""

LEVELS = ("attention", "notice", "good")

Detector = Callable[[Training, Thresholds], Iterator[Finding]]

OF_A_BLOCK: tuple[Detector, ...] = (pain, slide, drop, stalls, skipped, records)
"""Flags that need a session in the last block."""

COMING_BACK: tuple[Detector, ...] = (pain, back, records)
"""Those of them that mean something across a long break: coming back is no drop and no stall."""


def flags(
    logbook: Logbook, thresholds: Thresholds | None = None, *, today: date | None = None
) -> Result:
    """Raise the flags of every athlete.

    Args:
        logbook: the sets and the catalogue.
        thresholds: from when on something is a flag.
        today: the day they are raised on; the newest day of the logbook when not given.

    Returns:
        Result whose table has one row per `athlete` and `flag` (a word of `FLAGS`) that is up:
        `level` ("attention", "notice", "good"), `sentence`, `evidence` (rows that say so),
        `first_date` and `last_date` (of the evidence). No note is quoted.
    """
    thresholds = thresholds or Thresholds()
    today = today or newest_day(logbook)
    found = find(logbook, thresholds, today=today)
    table = pd.DataFrame([_as_row(finding) for finding in found], columns=list(_COLUMNS))
    table = table.astype({"first_date": "datetime64[s]", "last_date": "datetime64[s]"})
    return Result(
        name="flags",
        title="Flags",
        table=table,
        summary=_summary(found, len(logbook.athletes)),
        notes=(
            "A flag is a reason to look, no diagnosis. Pain is found by whole words in notes "
            "(English, German, French, Spanish, Portuguese, Italian, Dutch); silence is not "
            "absence.",
        ),
        settings={**asdict(thresholds), "today": today.isoformat() if today else ""},
    )


def find(
    logbook: Logbook, thresholds: Thresholds | None = None, *, today: date | None = None
) -> list[Finding]:
    """Return the flags with their evidence, by athlete, most urgent first."""
    rule = thresholds or Thresholds()
    today = today or newest_day(logbook)
    if today is None:
        return []
    return [
        finding
        for athlete in logbook.athletes
        if (training := prepare(logbook, athlete, today)) is not None
        for finding in _of_athlete(training, rule)
    ]


def newest_day(logbook: Logbook) -> date | None:
    """Return the newest logged day, None for an empty logbook."""
    newest = logbook.sets.select(weeks.day().max()).item()
    return newest if isinstance(newest, date) else None


def _of_athlete(training: Training, rule: Thresholds) -> list[Finding]:
    of_a_block = COMING_BACK if came_back(training, rule) else OF_A_BLOCK
    detectors = of_a_block if training.trained_lately(rule) else ()
    found = [each for detect in (*detectors, inactivity) for each in detect(training, rule)]
    urgent = list(FLAGS)
    return sorted(found, key=lambda each: (LEVELS.index(each.level), urgent.index(each.flag)))


_COLUMNS = ("athlete", "flag", "level", "sentence", "evidence", "first_date", "last_date")


def _as_row(finding: Finding) -> dict[str, Any]:
    return {
        "athlete": finding.athlete,
        "flag": finding.flag,
        "level": finding.level,
        "sentence": finding.sentence,
        "evidence": len(finding.rows),
        "first_date": finding.first,
        "last_date": finding.last,
    }


def _summary(found: list[Finding], athletes: int) -> str:
    urgent = {each.athlete for each in found if each.level == "attention"}
    if athletes == 1:
        words = ", ".join(each.flag for each in found)
        return f"{count(len(found), 'flag')}: {words}." if found else "No flag is up."
    return (
        f"{count(len(found), 'flag')} over {count(athletes, 'athlete')}; "
        f"{len(urgent):,} with one that asks for attention."
    )


__all__ = ["FLAGS", "LEVELS", "Finding", "Thresholds", "described", "find", "flags", "newest_day"]
