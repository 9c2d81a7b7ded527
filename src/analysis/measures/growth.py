"""Growth of a girth beside the sets of its muscle: the only measure of size that a log can hold.

A tape around a thigh is a noisy ruler: fat, water, the hour and the hand that holds it are in
every number. So the trend has an interval that allows for slow drift (`trend`; its simulated
coverage is in docs/measures.md#growth), and nothing here says that the sets made it grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from analysis.figures import Trace, band, by_athlete, figure, line
from analysis.logbook import Logbook
from analysis.measures import counting, sums, trend
from analysis.measures.volume import table_of
from analysis.measures.working import WorkingRule
from analysis.notes import Note
from analysis.problems import UserError, did_you_mean
from analysis.result import Figure, Result, tidy
from analysis.say import count, spoken, verdict_of, whose

if TYPE_CHECKING:
    import pandas as pd

MUSCLES = {
    "forearm": "forearms", "thigh": "quads", "calf": "calves", "calves": "calves",
    "arm": "biceps", "bicep": "biceps", "chest": "chest", "hip": "glutes", "glute": "glutes",
    "shoulder": "side_delts", "neck": "neck",
}  # fmt: skip
"""The muscle whose sets stand beside a girth, by a word of the column; the first that is in it."""

FEWEST = 3
"""Measurements from which on there is a trend."""
LEVEL = 0.95
RARELY = "{n:athlete} measured on fewer than {fewest} days: no trend."


def growth_of(logbook: Logbook, column: str, *, muscle: str | None = None) -> Result:
    """Return the trend of a joined girth with its interval, beside the sets of its muscle.

    Args:
        logbook: the sets, with the girths joined (`lab.join`, `--with`).
        column: name of the joined column, its unit last: `thigh_cm`.
        muscle: whose weekly sets stand beside it; by the column's name where None.

    Returns:
        Result whose table has one row per `athlete` and `day` of a measurement: `value`, `trend`
        (the straight line through them), `change`, `low`, `high` (of the line since the first
        measurement, 95 %; all in the column's unit), `muscle` and `sets_per_week` (mean
        fractional sets of the logged weeks since the measurement before; null for the first, and
        where no week was logged). Line and interval are null with fewer than three measurements.

    Raises:
        UserError: no such column of numbers is joined, or there is no such muscle.
    """
    values = _values(logbook, column)
    beside = muscle or next((MUSCLES[word] for word in MUSCLES if word in column.casefold()), None)
    names = counting.muscles(logbook.catalogue)
    if beside is not None and beside not in names:
        raise UserError(f"no muscle {beside!r}; {did_you_mean(beside, names) or ', '.join(names)}")
    told = _with_trend(values)
    table = _with_sets(told, logbook, beside).with_columns(pl.lit(beside).alias("muscle"))
    table = table.select(
        "athlete", "day", "value", "trend", "change", "low", "high", "muscle", "sets_per_week"
    )
    unit = column.rpartition("_")[2]
    return Result(
        name=f"growth-{column.replace('_', '-')}",
        title=f"{spoken(column.rpartition('_')[0] or column).capitalize()} over time",
        table=tidy(table),
        summary=_summary(table, column, unit),
        draw=lambda rows: _draw(rows, unit, beside),
        notes=(
            *_notes(table),
            "A girth holds fat and water too, and a tape slips; that sets stand beside it does "
            "not say that they made it grow.",
        ),
        settings={"column": column, "muscle": beside, "level": LEVEL},
    )


def _values(logbook: Logbook, column: str) -> pl.DataFrame:
    numbers = logbook.joined.filter(pl.col("value").is_not_null(), pl.col("date").is_not_null())
    found = numbers.filter(pl.col("name") == column)
    if found.is_empty():
        known = sorted(numbers["name"].unique())
        offered = did_you_mean(column, known) or (
            f"joined are {', '.join(known)}" if known else "join a table with it (--with FILE)"
        )
        raise UserError(f"no column {column!r} of dated numbers is joined; {offered}")
    return (
        found.group_by("athlete", pl.col("date").alias("day"))
        .agg(pl.col("value").mean())
        .sort("athlete", "day")
    )


def _with_trend(values: pl.DataFrame) -> pl.DataFrame:
    """Return the measurements with the line through them, and its change since the first."""
    many = values.filter(pl.len().over("athlete") >= FEWEST)
    columns = ("trend", "change", "low", "high")
    if many.is_empty():
        return values.with_columns(pl.lit(None, pl.Float64).alias(name) for name in columns)
    person = many["athlete"].rle_id().cast(pl.Int64).to_numpy()
    day = many["day"].cast(pl.Int32).to_numpy().astype(float)
    value = many["value"].to_numpy()
    line_ = trend.fit(person, day, value, level=LEVEL)
    size = np.bincount(person)
    middle = np.bincount(person, value) / size
    since = day - day[np.searchsorted(person, person)]
    about = day - (np.bincount(person, day) / size)[person]
    fitted = many.select("athlete", "day").with_columns(
        trend=middle[person] + line_.slope[person] * about,
        change=line_.slope[person] * since,
        low=line_.low[person] * since,
        high=line_.high[person] * since,
    )
    return values.join(fitted, on=["athlete", "day"], how="left", maintain_order="left")


def _with_sets(values: pl.DataFrame, logbook: Logbook, muscle: str | None) -> pl.DataFrame:
    """Return the measurements with the mean weekly sets since the one before."""
    if muscle is None:
        return values.with_columns(sets_per_week=pl.lit(None, pl.Float64))
    weekly = table_of(sums.weekly(logbook, WorkingRule()))
    own = weekly.filter(pl.col("muscle") == muscle).select("athlete", "week", "fractional_sets")
    spans = values.with_columns(before=pl.col("day").shift(1).over("athlete"))
    mean = (
        spans.join(own, on="athlete")
        .filter(pl.col("week") > pl.col("before"), pl.col("week") <= pl.col("day"))
        .group_by("athlete", "day")
        .agg(pl.col("fractional_sets").mean().alias("sets_per_week"))
    )
    return values.join(mean, on=["athlete", "day"], how="left", maintain_order="left")


def _summary(table: pl.DataFrame, column: str, unit: str) -> str:
    """Return one sentence on the clearest trend, or why there is none."""
    last = table.filter(pl.col("change").is_not_null()).group_by("athlete").last()
    if last.is_empty():
        return f"{count(table.height, 'measurement')} of {column}: {FEWEST} make a trend."
    row = last.sort(
        (pl.col("change") / (pl.col("high") - pl.col("low"))).abs().fill_nan(0.0), "athlete"
    ).row(-1, named=True)
    own = table.filter(pl.col("athlete") == row["athlete"])
    name = spoken(column.rpartition("_")[0] or column)
    ends = row["low"], row["high"]
    match verdict_of(*ends):
        case "higher":
            said = f"up {row['change']:.1f} {unit} ({ends[0]:.1f} {unit} to {ends[1]:.1f} {unit})"
        case "lower":
            said = (
                f"down {-row['change']:.1f} {unit} "
                f"({-ends[1]:.1f} {unit} to {-ends[0]:.1f} {unit})"
            )
        case _:
            said = f"{-ends[0]:.1f} {unit} down to {ends[1]:.1f} {unit} up, too close to call"
    sets = own.select(pl.col("sets_per_week").mean()).item()
    work = f", with {sets:.1f} sets of {spoken(row['muscle'])} a week" if sets is not None else ""
    everyone = whose(table["athlete"].unique().to_list())
    return (
        f"{name[:1].upper()}{name[1:]}: {said}, from {own['day'][0]:%-d %b %Y} to "
        f"{row['day']:%-d %b %Y}, {count(own.height, 'measurement')}{work}"
        f"{f' (the clearest{everyone})' if everyone else ''}."
    )


def _notes(table: pl.DataFrame) -> Iterator[Note]:
    few = table.filter(pl.col("trend").is_null())["athlete"].n_unique()
    if few:
        yield Note("girth measured rarely", count=few, facts={"fewest": FEWEST}, sentence=RARELY)


def _draw(table: pd.DataFrame, unit: str, muscle: str | None) -> Figure:
    traces, menu = by_athlete(table, lambda rows: _one(rows, unit, muscle))
    more: dict[str, Any] = {}
    if muscle:
        more["yaxis2"] = {
            "title": {"text": f"Sets of {spoken(muscle)} a week"},
            "overlaying": "y", "side": "right", "showgrid": False, "rangemode": "tozero",
        }  # fmt: skip
    loads = "y" if unit == "kg" else ""
    return figure(traces, x="Day", y=unit, time_axis="x", load_axis=loads, **more, **menu)


def _one(rows: pd.DataFrame, unit: str, muscle: str | None) -> list[Trace]:
    traces = []
    if muscle:
        hover = "%{y:.1f} sets a week up to %{x}<extra></extra>"
        traces.append(line(rows["day"], rows["sets_per_week"], "sets a week", series=2,
                           hover=hover, yaxis="y2", line={"shape": "vh", "width": 1}))  # fmt: skip
    fitted = rows.dropna(subset=["trend"])
    if len(fitted):
        start = float(fitted["trend"].iloc[0])
        low, high = start + fitted["low"], start + fitted["high"]
        traces.append(band(list(fitted["day"]), list(low), list(high), "95 % of the change"))
        traces.append(line(fitted["day"], fitted["trend"], "trend", mode="lines"))
    hover = f"%{{x}}: %{{y:.1f}} {unit}<extra></extra>"
    traces.append(line(rows["day"], rows["value"], "measured", series=1, mode="markers",
                       hover=hover))  # fmt: skip
    return traces
