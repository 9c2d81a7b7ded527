"""Balance: compound and isolation, direct and indirect, knee and hip, one leg and two, sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import polars as pl

from analysis.figures import Trace, bars, by_athlete, figure
from analysis.logbook import Logbook
from analysis.measures import counting, sums, working
from analysis.measures.load import series_load
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy
from analysis.say import count, number, whose

if TYPE_CHECKING:
    import pandas as pd

    from analysis.exercises import Catalogue

DOMINANCE: Mapping[str, Sequence[str]] = {
    "knee": ("squat", "lunge", "knee_extension"),
    "hip": ("hip_hinge", "hip_extension"),
}
"""Movement patterns by the joint that does most; leg curls and calf work are neither."""

LEGS = "legs"
KEYS = ["athlete", "contrast", "muscle", "part"]


def balance(
    logbook: Logbook,
    *,
    rule: WorkingRule | None = None,
    dominance: Mapping[str, Sequence[str]] = DOMINANCE,
) -> Result:
    """Set parts of the training side by side.

    Args:
        logbook: the sets and the catalogue.
        rule: which sets are working sets.
        dominance: which movement patterns are knee- and which hip-dominant.

    Returns:
        Result whose table has one row per `athlete`, `contrast`, `muscle` and `part` with `sets`
        and `share_pct` (of the contrast's sets in the group). Contrasts: "mechanic" (compound,
        isolation; direct sets of a group), "role" (direct, indirect), "laterality" (bilateral,
        unilateral; direct sets of a group), "dominance" (knee, hip; `muscle` is "legs"), "side"
        (left, right; `muscle` is the exercise, with `top_load_kg`, the heaviest load of that
        side, null elsewhere).
    """
    rule = rule or WorkingRule()
    done, table = working.done(logbook, rule), table_of(logbook, rule, dominance)
    return Result(
        name="balance",
        title="Balance of the training",
        table=tidy(table),
        summary=_summary(table),
        draw=_draw,
        notes=(*counting.left_out(done, logbook.catalogue), *_side_note(done)),
        settings={**asdict(rule), "dominance": {k: tuple(v) for k, v in dominance.items()}},
    )


def table_of(
    logbook: Logbook,
    rule: WorkingRule | None = None,
    dominance: Mapping[str, Sequence[str]] = DOMINANCE,
) -> pl.DataFrame:
    """Return the table of `balance`."""
    counted = (
        sums.weekly(logbook, rule)
        .rows.group_by("athlete", "exercise_id")
        .agg(pl.col("set_count").sum())
    )
    described = counted.join(
        logbook.catalogue.exercises.select("exercise_id", "mechanic", "laterality", "pattern"),
        on="exercise_id",
        how="left",
        maintain_order="left",
    )
    grouped = counting.by_muscle(described, logbook.catalogue)
    parts = pl.concat(
        [
            *_within_groups(grouped),
            _dominance(described, dominance),
            _sides(working.done(logbook, rule), logbook.catalogue),
        ],
        how="diagonal",
    )
    share = 100 * pl.col("sets") / pl.col("sets").sum().over("athlete", "contrast", "muscle")
    return parts.filter(pl.col("sets") > 0).select(
        *KEYS, "sets", share.alias("share_pct"), "top_load_kg"
    )


def _within_groups(grouped: pl.DataFrame) -> list[pl.DataFrame]:
    direct = grouped.filter(pl.col("role") == "direct")
    trained = grouped.filter(pl.col("role").is_in(["direct", "indirect"]))
    return [
        _counted(direct, "mechanic"),
        _counted(trained, "role"),
        _counted(direct, "laterality"),
    ]


def _counted(rows: pl.DataFrame, contrast: str) -> pl.DataFrame:
    return (
        rows.group_by("athlete", "muscle", pl.col(contrast).alias("part"))
        .agg(pl.col("set_count").sum().alias("sets"))
        .with_columns(pl.lit(contrast).alias("contrast"))
        .sort("athlete", "muscle", "part")
    )


def _dominance(described: pl.DataFrame, dominance: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    joint_of = {pattern: joint for joint, patterns in dominance.items() for pattern in patterns}
    joint = pl.col("pattern").replace_strict(joint_of, default=None, return_dtype=pl.String)
    legs = described.with_columns(joint.alias("dominance"), pl.lit(LEGS).alias("muscle"))
    return _counted(legs.filter(pl.col("dominance").is_not_null()), "dominance")


def _sides(done: pl.LazyFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Return sets and heaviest load per exercise and side; each side's set counts here."""
    one_side = done.filter(pl.col("side").is_not_null(), pl.col("standing") != "cluster")
    sided = counting.named(one_side.collect(), catalogue)
    return (
        sided.group_by("athlete", pl.col("lift").alias("muscle"), pl.col("side").alias("part"))
        .agg(pl.len().cast(pl.Float64).alias("sets"), series_load().max().alias("top_load_kg"))
        .with_columns(pl.lit("side").alias("contrast"))
        .sort("athlete", "muscle", "part")
    )


def _side_note(done: pl.LazyFrame) -> tuple[str, ...]:
    if done.select(pl.col("side").count()).collect().item():
        return ()
    return ("No set names its side, so left and right cannot be compared from this log.",)


def _summary(table: pl.DataFrame) -> str:
    joints = table.filter(pl.col("contrast") == "dominance")
    sets = dict(joints.group_by("part").agg(pl.col("sets").sum()).iter_rows())
    knee, hip = sets.get("knee", 0.0), sets.get("hip", 0.0)
    if not knee + hip:
        return "No knee- or hip-dominant set is logged (n = 0)."
    return (
        f"Legs: {number(100 * knee / (knee + hip), 0)} % knee-dominant and "
        f"{number(100 * hip / (knee + hip), 0)} % hip-dominant sets "
        f"(n = {count(round(knee + hip), 'set')}{whose(table['athlete'].unique().to_list())})."
    )


def _draw(table: pd.DataFrame) -> Figure:
    mechanic = table[table["contrast"] == "mechanic"]
    traces, menu = by_athlete(mechanic, _shares)
    return figure(
        traces,
        x="Share of direct sets (%)",
        y="",
        barmode="stack",
        height=max(320, 60 + 20 * mechanic["muscle"].nunique()),
        yaxis={"autorange": "reversed", "automargin": True, "tickmode": "linear"},
        **menu,
    )


def _shares(rows: pd.DataFrame) -> list[Trace]:
    return [
        bars(
            part["share_pct"],
            part["muscle"],
            str(name),
            series=place,
            hover="%{y}: %{x:.0f} % of direct sets<extra>%{fullData.name}</extra>",
            orientation="h",
        )
        for place, (name, part) in enumerate(rows.groupby("part"))
    ]
