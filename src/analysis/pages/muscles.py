"""One folded section per muscle that was trained: its sets, its strength, its exercises."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from analysis.figures import bars, figure, line
from analysis.report import Prose, Section
from analysis.result import Figure, Result


def trained_groups(exercises: Result) -> list[str]:
    """Return the muscle groups with a direct exercise, in the catalogue's order."""
    table = exercises.table
    return [str(name) for name in table.loc[table["role"] == "direct", "group"].unique()]


def muscle_sections(
    exercises: Result,
    strengths: Mapping[str, Result],
    volume: Result,
    coverage: Result,
    rising: Result,
) -> Iterator[Section]:
    """Yield a section per muscle group with a direct exercise.

    Args:
        exercises: exercises per group (`measures.exercise_list`), of one athlete.
        strengths: latent strength per group.
        volume: weekly sets (`measures.volume`).
        coverage: the last block against the own average (`measures.recent.coverage`).
        rising: rates per exercise (`measures.progression`).
    """
    now = {row["group"]: row for row in coverage.table.to_dict("records")}
    rows = exercises.table
    for group, strength in strengths.items():
        yield Section(
            f"muscle-{group.replace('_', '-')}",
            in_words(group),
            [
                Prose(_now(now[group])),
                _weekly(volume.table[volume.table["group"] == group], group),
                strength,
                _exercises(rows[rows["group"] == group], rising.table, group),
            ],
            folded=True,
        )


def in_words(group: str) -> str:
    """Return a group's name as a heading.

    >>> in_words("upper_back")
    'Upper back'
    """
    return group.replace("_", " ").capitalize()


def _now(row: Mapping[Hashable, Any]) -> str:
    own = "" if pd.isna(row["own_average"]) else f" against {row['own_average']:.1f} before"
    return (
        f"Last block: {row['last_block']:.1f} sets a week{own}, of them "
        f"{row['direct_last_block']:.1f} direct."
    )


def _weekly(rows: pd.DataFrame, group: str) -> Result:
    table = rows[["week", "direct_sets", "fractional_sets", "hard_sets", "effort_unknown_sets"]]
    logged = table["fractional_sets"].dropna()
    return Result(
        name=f"weekly-{group.replace('_', '-')}",
        title=f"Weekly sets: {in_words(group).lower()}",
        table=table.reset_index(drop=True),
        summary=(
            f"{logged.median():.1f} fractional sets in a typical logged week (middle half "
            f"{logged.quantile(0.25):.1f} to {logged.quantile(0.75):.1f}, "
            f"n = {len(logged)} weeks)."
        ),
        draw=_draw_weekly,
    )


def _draw_weekly(table: pd.DataFrame) -> Figure:
    hover = "week of %{x}: %{y:.1f} sets<extra>%{fullData.name}</extra>"
    return figure(
        [
            bars(table["week"], table["fractional_sets"], "fractional", series=4, hover=hover),
            line(
                table["week"], table["direct_sets"], "direct", series=0, hover=hover, mode="lines"
            ),
        ],
        x="Week",
        y="Sets a week",
        time_axis="x",
    )


def _exercises(rows: pd.DataFrame, rates: pd.DataFrame, group: str) -> Result:
    own = rates[rates["scope"] == "exercise"].set_index("name")
    table = rows.drop(columns=["athlete", "group"]).join(
        own[["pct_per_4_weeks", "low", "high"]], on="exercise"
    )
    rated = table["pct_per_4_weeks"].notna().sum()
    return Result(
        name=f"exercises-{group.replace('_', '-')}",
        title=f"Exercises: {in_words(group).lower()}",
        table=table.reset_index(drop=True),
        summary=(
            f"{(table['role'] == 'direct').sum()} exercises train it directly, "
            f"{(table['role'] == 'indirect').sum()} assist; {rated} have a rate of strength gain "
            "(% per 4 weeks with its 95 % interval)."
        ),
    )
