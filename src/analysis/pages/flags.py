"""Flags as a block of a page: the sentence of each, with the rows that say so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from analysis.logbook import Logbook
from analysis.measures.flags import Finding, Thresholds, find, newest_day
from analysis.report import Flag, Flags, Prose, Section

KINDS = {"record": "new best", "inactive": "inactivity", "drop": "sudden drop"}
"""What a page calls a flag, where one word is too short."""


def athlete_flags(
    logbook: Logbook, thresholds: Thresholds | None = None, *, today: date | None = None
) -> Section:
    """Return the section of flags of a logbook that holds one athlete.

    Args:
        logbook: the athlete's sets.
        thresholds: from when on something is a flag.
        today: the day they are raised on; the newest logged day when not given.
    """
    thresholds, today = thresholds or Thresholds(), today or newest_day(logbook)
    return flags_section(find(logbook, thresholds, today=today), thresholds, today)


def flags_section(found: Iterable[Finding], thresholds: Thresholds, today: date | None) -> Section:
    """Return flags that were found already as a section."""
    flags = [
        Flag(KINDS.get(each.flag, each.flag), each.sentence, each.level, each.rows)
        for each in found
    ]
    when = f"{today.isoformat()}, " if today else ""
    return Section(
        "flags",
        "Flags",
        [Flags(flags), Prose("A flag is a reason to look, no diagnosis.")],
        intro=f"As of {when}over the last {thresholds.block_weeks} weeks of the log.",
    )
