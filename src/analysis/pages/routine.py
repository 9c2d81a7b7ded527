"""A routine's page: weekly sets per muscle before they are done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis import exercises
from analysis.legs.plan import plan
from analysis.legs.routine import Routine, read_routine, routine_table, unread_table
from analysis.logbook import Logbook
from analysis.pages.slices import missing
from analysis.report import Listing, Report, Takeaway


def plan_page(routine_file: Path, logbook: Logbook | None, landmarks: Path | None) -> Report:
    """Return the page of a routine.

    Args:
        routine_file: a routine as CSV or text.
        logbook: the athlete's log, to compare with; None without one.
        landmarks: weekly set bands of the user's own; None takes the package's few.

    Raises:
        UserError: the routine or the landmarks cannot be read; the message names the line.
    """
    routine = read_routine(routine_file)
    catalogue = logbook.catalogue if logbook is not None else exercises.load()
    planned = plan(routine, logbook, bands=landmarks)
    return Report(
        f"Routine: {routine_file.stem}",
        [
            planned,
            *([Listing(unread_table(routine))] if routine.unread else []),
            Listing(routine_table(routine, catalogue)),
        ],
        takeaways=[
            *(missing(logbook) if logbook is not None else ()),
            Takeaway(planned.summary, planned.name),
            *_not_read(routine),
        ],
    )


def _not_read(routine: Routine) -> Iterator[Takeaway]:
    if routine.unread:
        said = unread_table(routine)
        yield Takeaway(said.summary, said.name)
