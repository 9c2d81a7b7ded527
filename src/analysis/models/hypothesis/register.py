"""Who looked at what first: the register that keeps exploration from passing as confirmation.

A run is *confirmatory* only if the plan asks for the confirm part of the people, or states that
it was written before the data were seen, and the register holds no earlier look at any of these
people's logs under another plan. Everything else is *exploratory*.

A person's log is known by a hash of its earliest sets, so that a later export of the same log is
still the same log. The register knows only what was run with it: looks elsewhere stay unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from analysis.logbook import Logbook
from analysis.models.hypothesis.plan import Plan
from analysis.outputs import whole_file
from analysis.problems import UserError

EARLIEST_SETS = 20


@dataclass(frozen=True, slots=True)
class Stamp:
    """What kind of evidence a run is.

    Attributes:
        word: "confirmatory" or "exploratory".
        reason: why, a clause.
        first_look: day of the first run of this plan on these people, as ISO date.
        people_sha256: hash over the earliest sets of everyone looked at.
    """

    word: str
    reason: str
    first_look: str
    people_sha256: str


def stamp(
    plan: Plan, plan_sha256: str, logbook: Logbook, register: Path | None, today: date
) -> Stamp:
    """Return the stamp of a run and enter it in the register.

    Args:
        plan: the plan.
        plan_sha256: hash of its file.
        logbook: of the people that the run looks at, and no one else.
        register: JSON file of earlier runs; None keeps none, and no run is then confirmatory.
        today: day of the run.

    Raises:
        UserError: the register is no register.
    """
    return stamp_of(plan, plan_sha256, fingerprints(logbook), register, today)


def stamp_of(
    plan: Plan, plan_sha256: str, people: Set[str], register: Path | None, today: date
) -> Stamp:
    """Return the stamp as `stamp` does, of people of whom only the fingerprints are at hand."""
    looks = _read(register)
    before = [look for look in looks if look["plan_sha256"] != plan_sha256]
    seen = people & {log for look in before for log in look["people"]}
    data = hashlib.sha256("".join(sorted(people)).encode()).hexdigest()
    own = [look for look in looks
           if look["plan_sha256"] == plan_sha256 and look["people_sha256"] == data]  # fmt: skip
    first = str(own[0]["first_look"]) if own else today.isoformat()
    word, reason = _judge(plan, register, len(seen), len(people), own)
    if register is not None and not own:
        entry = {"plan_sha256": plan_sha256, "people_sha256": data, "first_look": first,
                 "stamp": word, "reason": reason, "people": sorted(people)}  # fmt: skip
        _write(register, [*looks, entry])
    return Stamp(word, reason, first, data)


def fingerprints(logbook: Logbook) -> set[str]:
    """Return one hash per athlete, of the earliest sets of the log and not of the name."""
    earliest = (
        logbook.sets.sort("athlete", "started_at", "source_row", maintain_order=True)
        .group_by("athlete", maintain_order=True)
        .agg(
            pl.concat_str(
                pl.col("started_at").cast(pl.String), "exercise",
                pl.col("load_kg").round(1).cast(pl.String), pl.col("reps").cast(pl.String),
                separator="|", ignore_nulls=True,
            ).head(EARLIEST_SETS).str.join("\n").alias("text")
        )
    )  # fmt: skip
    return {hashlib.sha256(text.encode()).hexdigest() for text in earliest["text"]}


def _judge(
    plan: Plan, register: Path | None, seen: int, people: int, own: list[dict[str, Any]]
) -> tuple[str, str]:
    confirms = plan.split is not None and plan.split.use == "confirm"
    if own:
        return str(own[0]["stamp"]), str(own[0]["reason"])
    if plan.split is not None and plan.split.use == "explore":
        return "exploratory", "the plan asks for the explore part of the people"
    if not (confirms or plan.written_before_data):
        return "exploratory", (
            "the plan neither asks for the confirm part of the people nor states that it was "
            "written before the data were seen"
        )
    if register is None:
        return "exploratory", "no register of earlier looks is kept"
    if seen:
        return "exploratory", (
            f"the logs of {seen:,} of {people:,} people were looked at before, under another plan"
        )
    claim = (
        "it is on the confirm part of the people"
        if confirms
        else "the plan states that it was written before the data were seen"
    )
    return "confirmatory", f"{claim}, and the register holds no earlier look at these logs"


def _read(register: Path | None) -> list[dict[str, Any]]:
    if register is None or not register.exists():
        return []
    try:
        looks = json.loads(register.read_text("utf-8"))["looks"]
        return [dict(look) for look in looks if {"plan_sha256", "people"} <= set(look)]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{register}: {error}: not a register of looks; move it away, or name another "
            "one with --register"
        ) from None


def _write(register: Path, looks: list[dict[str, Any]]) -> None:
    text = json.dumps({"looks": looks}, indent=1, ensure_ascii=False)
    try:
        with whole_file(register) as aside:
            aside.write_text(text + "\n", "utf-8", newline="\n")
    except OSError as error:
        raise UserError(
            f"{register}: {error.strerror}: the register of looks cannot be written; say with "
            "--register where it may stand"
        ) from None
