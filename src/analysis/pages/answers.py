"""What every answer to a plan shows alike, from logs, from sites' files or from a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.estimate import Estimate
from analysis.figures import figure, interval_points
from analysis.models.dose.effects import Effect
from analysis.models.hypothesis.plan import Plan, settings
from analysis.models.hypothesis.results import kinds_of
from analysis.problems import UserError
from analysis.report import Tile
from analysis.result import Figure, Result
from analysis.say import interval_decimals

COLUMNS = ["kind", "estimate", "std_error", "low", "high"]
"""Columns of estimates from cross-products, before `unit`."""


def estimate_result(
    plan: Plan,
    within: Effect | None,
    target: Estimate | None,
    summary: str,
    *notes: str,
    title: str = "The estimate",
) -> Result:
    """Return the effect that a plan asks for, from cross-products: a row per way to read it.

    Args:
        plan: what was asked.
        within: the effect within athletes, with its placebo; None where there is too little.
        target: the effect that the plan asks for.
        summary: the verdict in words.
        notes: what else to say.
        title: of the result.
    """
    rows: list[dict[str, Any]] = []
    if within is not None and target is not None:
        found = kinds_of(plan, target, within)
        rows = [estimate_row(kind, each, plan.unit) for kind, each in found.items()]
    placebo = within.placebo.sentences() if within and plan.effect == "within" else []
    return Result(
        name="estimate",
        title=title,
        table=pd.DataFrame(rows, columns=[*COLUMNS, "unit"]),
        summary=summary,
        draw=lambda table: forest(table, "kind"),
        notes=(*notes, *placebo),
        settings=settings(plan),
    )


def estimate_row(kind: str, each: Estimate, unit: str) -> dict[str, Any]:
    """Return an estimate as a row of `COLUMNS` and `unit`."""
    return {"kind": kind, **{name: each.cells[name] for name in COLUMNS[1:]}, "unit": unit}


def forest(table: pd.DataFrame, name: str) -> Figure:
    """Draw estimates with their intervals, one below the other; `name` is the column of names."""
    points = [
        interval_points(
            [row["estimate"]], [row[name]], [row["low"]], [row["high"]],
            str(row[name]), series=place, hover="%{x:.2f} %<extra>%{y}</extra>",
        )
        for place, row in enumerate(table.dropna(subset=["estimate"]).to_dict("records"))
    ]  # fmt: skip
    return figure(
        points,
        x="Strength, %",
        y="",
        showlegend=False,
        height=140 + 44 * len(table),
        yaxis={"autorange": "reversed", "automargin": True},
    )


def verdict_tiles(verdict: str, target: Estimate | None, unit: str, stamp: str = "") -> list[Tile]:
    """Return the tiles of a verdict: the word, the estimate that it is of, and its interval.

    Args:
        verdict: by the plan's rule.
        target: the effect that the plan asks for; None where there is too little.
        unit: of the effect.
        stamp: confirmatory or exploratory; empty where no register says.
    """
    tiles = [Tile("Verdict", verdict, comparison=stamp)]
    if target is not None:
        n = interval_decimals(target.low, target.high)
        between = f"{target.low:+.{n}f} to {target.high:+.{n}f}"
        tiles.append(Tile("Estimate", f"{target.value:+.{n}f} %", comparison=unit))
        tiles.append(Tile(f"{100 * target.level:.0f} % interval", between))
    return tiles


def refuse_other_plan(folder: Path, sha: str) -> None:
    """Raise UserError where a folder holds the answer to another plan: it is not written over."""
    try:
        there = json.loads((folder / "verdict.json").read_text("utf-8"))["plan_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if there != sha:
        raise UserError(
            f"{folder} holds the answer to another plan (SHA-256 {str(there)[:12]}…), which a "
            "second one never writes over; give another --out, or move that folder away"
        )
