"""The audit ready for a page: headings with the results under them, in reading order."""

from __future__ import annotations

from dataclasses import replace

from analysis.audit.claims import claims, readable
from analysis.audit.evidence import evidence
from analysis.audit.leg_audit import leg_audit
from analysis.logbook import Logbook
from analysis.result import Result


def audit_sections(logbook: Logbook) -> list[tuple[str, list[Result]]]:
    """Return the leg audit and the claims as (heading, results) for a page of one athlete.

    Tables are cut to the columns that fit a phone; `leg_audit` and `claims` hold the rest.
    """
    summary, *details = leg_audit(logbook)
    compared = claims(logbook)
    return [
        ("Leg-day audit", [_narrow(summary, "topic", "verdict", "this_log")]),
        ("Legs in detail", details),
        ("What the article claims", [readable(compared), evidence()]),
    ]


def _narrow(result: Result, *columns: str) -> Result:
    shown = [name for name in ("athlete", *columns) if name in result.table]
    return replace(result, table=result.table[shown])
