"""One athlete at a time: the same result of each, stacked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from analysis.audit.leg_log import LegLog
from analysis.logbook import Logbook
from analysis.result import Result

SAID = 3
"""Athletes whose sentence the stacked summary holds; the table holds all."""


def logs_of(logbook: Logbook, block_weeks: int = 4) -> dict[str, LegLog]:
    """Return the leg log of every athlete; of none, one that is empty."""
    names = logbook.athletes
    if len(names) < 2:
        return {"": LegLog.of(logbook, block_weeks)}
    return {name: LegLog.of(logbook.athlete(name), block_weeks) for name in names}


def of_each(logs: Mapping[str, LegLog], part: Callable[[LegLog], Result]) -> Result:
    """Return one result over the athletes; with several, its table begins with `athlete`."""
    found = {name: part(log) for name, log in logs.items()}
    first = next(iter(found.values()))
    if len(found) == 1:
        return first
    tables = [one.table.assign(athlete=name) for name, one in found.items() if len(one.table)]
    table = pd.concat(tables, ignore_index=True) if tables else first.table.assign(athlete="")
    rest = [name for name in table.columns if name != "athlete"]
    said = " ".join(f"{name}: {one.summary}" for name, one in list(found.items())[:SAID])
    more = f" And {len(found) - SAID} more athletes." if len(found) > SAID else ""
    notes = dict.fromkeys(note for one in found.values() for note in one.notes)
    return replace(
        first, table=table[["athlete", *rest]], summary=said + more, draw=None, notes=tuple(notes)
    )
