"""Whom the answer is about: the split by people, the exclusions, and a count of everyone lost."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures.words import count
from analysis.models.hypothesis.plan import Plan, Split
from analysis.panel import usable_blocks

FLOW = ("step", "athletes", "left_out", "reason")


@dataclass(frozen=True, slots=True)
class People:
    """The people of one run.

    Attributes:
        logbook: the logbook of those who are in.
        flow: rows (step, athletes left, left out here, reason), from the files down.
    """

    logbook: Logbook
    flow: tuple[tuple[str, int, int, str], ...]


def choose_people(logbook: Logbook, plan: Plan) -> People:
    """Return the people that the plan's split and its list of names leave in."""
    names = logbook.athletes
    flow = [("in the files", len(names), 0, "")]
    if plan.split is not None:
        kept = [name for name in names if part_of(name, plan.split, plan.seed) == plan.split.use]
        other = "confirm" if plan.split.use == "explore" else "explore"
        flow.append(
            (f"{plan.split.use} part", len(kept), len(names) - len(kept), f"in the {other} part")
        )
        names = kept
    if plan.exclusions.athletes:
        kept = [name for name in names if name not in plan.exclusions.athletes]
        flow.append(("not excluded", len(kept), len(names) - len(kept), "named in the plan"))
        names = kept
    sets = logbook.sets.filter(pl.col("athlete").is_in(names))
    return People(replace(logbook, sets=sets), tuple(flow))


def part_of(name: str, split: Split, seed: int) -> str:
    """Return "explore" or "confirm": by a hash of seed and name, whoever else is in the files."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return "explore" if int.from_bytes(digest[:8]) / 2**64 < split.explore else "confirm"


def enough(table: pd.DataFrame, min_blocks: int, min_weeks_logged: int) -> pd.DataFrame:
    """Return the panel's rows of athletes with enough usable blocks and logged weeks."""
    return table[_has_weeks(table, min_weeks_logged) & _has_blocks(table, min_blocks)]


def exclusion_flow(table: pd.DataFrame, plan: Plan) -> list[tuple[str, int, int, str]]:
    """Return the rows of the flow from the panel down to the athletes in the model."""
    rules, everyone = plan.exclusions, table["athlete"].nunique()
    weeks = table.loc[_has_weeks(table, rules.min_weeks_logged), "athlete"].nunique()
    both = enough(table, rules.min_blocks, rules.min_weeks_logged)["athlete"].nunique()
    steps = [
        ("enough weeks", weeks, everyone - weeks,
         f"fewer than {rules.min_weeks_logged} logged weeks"),
        ("in the model", both, weeks - both,
         f"fewer than {count(rules.min_blocks, 'usable change')} from block to block"),
    ]  # fmt: skip
    return steps if rules.min_weeks_logged else steps[1:]


def flow_table(rows: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    """Return the flow as a table."""
    return pd.DataFrame(rows, columns=list(FLOW))


def _has_weeks(table: pd.DataFrame, least: int) -> pd.Series:
    return table.groupby("athlete")["logged_weeks"].transform("sum") >= least


def _has_blocks(table: pd.DataFrame, least: int) -> pd.Series:
    return table["athlete"].map(usable_blocks(table)) >= least
