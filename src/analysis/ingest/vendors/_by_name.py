"""Formats that are known by name and not read: nobody here has seen a file that an app wrote.

What is known of them comes from importers' code or from documentation, which say what a column is
called and not what stands in it. Reading them would be a guess at people's training; they are
named instead, with what would help.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.ingest.vendors import Peek

RECIPE = "`liftdose recipe FILE` drafts a description of the table by which it can be read today"
SAMPLE = "what would help is one real export of a few workouts, on the project's issue page"


@dataclass(frozen=True, slots=True)
class KnownByName:
    """A format that is recognised in order to be refused.

    Attributes:
        title: the app's name as people know it.
        recognise: whether a file is this app's.
        why: why it is not read, after "it is".
        helps: what would help.
    """

    title: str
    recognise: Callable[[Peek], bool]
    why: str
    helps: str

    @property
    def reason(self) -> str:
        """The refusal, one sentence."""
        return f"{self.title} is known by name and not read: {self.why}; {self.helps}."


GRAVITUS_TABLES = frozenset(
    {"workouts", "workout_sets", "workout_templates", "exercise_notes", "profile"}
)


def _is_gravitus(peek: Peek) -> bool:
    cells = peek.header
    return len(cells) > 8 and cells[0].lower() in GRAVITUS_TABLES and not any(cells[1:])


REFUSED: tuple[KnownByName, ...] = (
    KnownByName(
        "FitNotes 2 (iOS)",
        lambda peek: (
            peek.columns >= {"exercise", "category", "weight (kg)", "weight (lbs)", "kind"}
        ),
        "which of its two load columns holds what was lifted, and what the letters of Kind mean, "
        "stands in no export that was at hand",
        f"{SAMPLE}, and {RECIPE}",
    ),
    KnownByName(
        "HeavySet",
        lambda peek: peek.keys >= {"workouts", "baseResistance"},
        "its backup was seen in one program's code alone",
        SAMPLE,
    ),
    KnownByName(
        "Boostcamp",
        lambda peek: peek.keys >= {"records", "archived_weight"},
        "which of `value`, `amount` and `archived_…` was done and which was planned is not known, "
        "nor the unit of the archived loads",
        SAMPLE,
    ),
    KnownByName(
        "Gravitus",
        _is_gravitus,
        "its file of several tables was seen in one program's output alone",
        SAMPLE,
    ),
    KnownByName(
        "wger",
        lambda peek: (
            peek.keys >= {"slot_entry", "repetitions", "weight_unit"}
            or peek.keys >= {"repetitions_unit", "weight_unit", "exercise"}
        ),
        "its log names exercises and units by numbers whose lists it does not hold",
        "what would help is the log with the lists of exercises and of units from the same server",
    ),
    KnownByName(
        "Setgraph",
        lambda peek: peek.columns >= {"exercise", "weight (lb)", "weight (kg)", "label"},
        "its header was seen nowhere and which of its two load columns counts is not known",
        f"{SAMPLE}, and {RECIPE}",
    ),
    KnownByName(
        "Progression",
        lambda peek: (
            peek.columns >= {"workout name", "set timestamp", "set comment", "repetitions"}
        ),
        "its comments stand unquoted and break its lines, and the order of its columns is known "
        "from one program's code alone",
        f"{SAMPLE}, and {RECIPE}",
    ),
    KnownByName(
        "TrueCoach",
        lambda peek: "workout_items" in peek.keys,
        "what a client did is one free text per exercise (`60/50/30`, `Done`), which rarely says "
        "which set was what, and sets are not invented",
        "what helps is a log in which each set has its own line, or a sheet by "
        "`liftdose recipe FILE`",
    ),
    KnownByName(
        "A list of exercises",
        lambda peek: (
            peek.keys >= {"id", "name", "exerciseType"} and not peek.keys & {"sets", "weeks"}
        ),
        "it holds no training",
        "the logs of RP Hypertrophy and of MacroFactor beside it take their names from it",
    ),
    KnownByName(
        "Apple Health's clinical document",
        lambda peek: "<ClinicalDocument" in peek.head[:4000],
        "it repeats a part of export.xml",
        "export.xml, in the same folder, is read",
    ),
)
