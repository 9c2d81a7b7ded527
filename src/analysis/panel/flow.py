"""Who and what is in a model, and who and what is not, counted by reason: every step closes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

STATUSES = {
    "ok": "enters the model",
    "last block": "no block after it to change to",
    "too few logged weeks": "the dose is unknown",
    "no strength in both blocks": "no exercise has an estimate in this block and the next",
}
"""Why a block can or cannot enter a model."""

COLUMNS = ("step", "counted", "kept", "left_out", "reason")


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the files to the model.

    Attributes:
        name: what is kept.
        counted: what is counted, a plural.
        kept: how many.
        left_out: how many are not, by reason.
    """

    name: str
    counted: str
    kept: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many came in."""
        return self.kept + sum(self.left_out.values())


def flow_table(steps: Iterable[Step]) -> pd.DataFrame:
    """Return one row per step and reason, a step that loses nothing in one row.

    Columns: `step`, `counted`, `kept` (after the whole step), `left_out` for this `reason`.
    """
    rows = [
        (step.name, step.counted, step.kept, lost, reason)
        for step in steps
        for reason, lost in (_lost(step) or {"": 0}).items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _lost(step: Step) -> dict[str, int]:
    return {reason: n for reason, n in step.left_out.items() if n}


def left_out_blocks(table: pd.DataFrame) -> dict[str, int]:
    """Return how many blocks of a panel cannot enter a model, by reason."""
    found = table["status"].value_counts()
    return {
        reason: int(found[status])
        for status, reason in STATUSES.items()
        if status != "ok" and status in found
    }


def usable_blocks(table: pd.DataFrame) -> pd.Series:
    """Return how many usable blocks each athlete of a panel has, none included."""
    return (table["status"] == "ok").groupby(table["athlete"]).sum().astype(int)
