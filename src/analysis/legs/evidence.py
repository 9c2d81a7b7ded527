"""What trials and reviews say: `evidence.csv`, one row per question, in plain words.

Only what was checked is in it: a row on protein (E22 of the project's evidence table) was noted
from memory and waits until its source is read. `checked` says how: "source" read in the paper or
its abstract, "second-hand" quoted from notes on the paper, "recomputed" from published data.

`strength` is how much stands behind a row: strong, a review of 20 studies or more; moderate, a
smaller review, or one whose count is not noted; weak, a single trial, or a refit that hangs on a
few studies; none, no trial.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

from analysis.result import Result

STRENGTHS = ("strong", "moderate", "weak", "none")
CHECKED = ("source", "second-hand", "recomputed")

READING = (
    "How to read the effects: the numbers in brackets are the plausible range, where the true "
    "average may well lie (a 95 % interval unless another is named). If the range holds 0, trials "
    "cannot tell the effect from none. SD counts in standard deviations of people: in strength "
    "training 0.14 is small, 0.29 medium and 0.51 large (Swinton et al., SportRxiv 202). All are "
    "averages over people, not a promise to one."
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One answered question; the fields are the columns of `evidence.csv`."""

    evidence_id: str
    topic: str
    says: str
    effect: str
    strength: str
    basis: str
    doi: str
    checked: str


@cache
def known() -> dict[str, Evidence]:
    """Return all evidence by its id."""
    text = files("analysis.legs").joinpath("evidence.csv").read_text("utf-8")
    header, *rows = csv.reader(text.splitlines())
    entries = [Evidence(**dict(zip(header, row, strict=True))) for row in rows]
    return {entry.evidence_id: entry for entry in entries}


def evidence() -> Result:
    """Return the evidence that the claims rest on.

    Returns:
        Result whose table has one row per question: `id`, `topic`, `says` (plain words),
        `effect` (with its plausible range), `strength`, `basis`, `doi`, `checked`.
    """
    entries = list(known().values())
    table = pd.DataFrame([_row(entry) for entry in entries])
    second_hand = sum(entry.checked == "second-hand" for entry in entries)
    return Result(
        name="evidence",
        title="What trials say",
        table=table,
        summary=f"{len(entries)} questions, {second_hand} of them read second-hand (marked).",
        notes=(READING, _STRENGTH_NOTE),
    )


_STRENGTH_NOTE = (
    "Strength: strong – a review of 20 studies or more; moderate – a smaller review, or one whose "
    "count we have not noted; weak – one trial, or our own refit; none – no trial. What we know "
    "of protein is from memory and left out until its source is checked."
)


def _row(entry: Evidence) -> dict[str, str]:
    return {
        "id": entry.evidence_id,
        "topic": entry.topic,
        "says": entry.says,
        "effect": entry.effect,
        "strength": entry.strength,
        "basis": entry.basis,
        "doi": entry.doi,
        "checked": entry.checked,
    }
