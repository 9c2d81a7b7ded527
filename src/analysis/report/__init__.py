"""Results → one page: offline, printable, readable without JavaScript. Computes nothing.

    from analysis.report import Report, Section
    Report("Spring block", [Section("strength", "Strength", [result])]).save("spring.html")

Blocks are in `blocks.py`, the page in `page.py`; docs/report.md shows how to use each.
"""

from analysis.report.blocks import (
    Block,
    BodyMap,
    Calendar,
    Chart,
    Flag,
    Flags,
    FlowChart,
    Lifts,
    Listing,
    Prose,
    Section,
    Takeaway,
    Tile,
    Tiles,
)
from analysis.report.drawing_library import write_shared_script
from analysis.report.page import Report
from analysis.report.roster import Against, Badge, Entry, Rate, Roster
from analysis.report.summary import Picture, Summary
from analysis.report.workbook import write_workbook

__all__ = [
    "Against",
    "Badge",
    "Block",
    "BodyMap",
    "Calendar",
    "Chart",
    "Entry",
    "Flag",
    "Flags",
    "FlowChart",
    "Lifts",
    "Listing",
    "Picture",
    "Prose",
    "Rate",
    "Report",
    "Roster",
    "Section",
    "Summary",
    "Takeaway",
    "Tile",
    "Tiles",
    "write_shared_script",
    "write_workbook",
]
