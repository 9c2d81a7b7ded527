"""The sentences of a growth result."""

from __future__ import annotations

import pandas as pd

from analysis.measures.words import count
from analysis.models.growth.curves import Curves
from analysis.models.growth.gains import in_percent, log_time_gain

CLEAR = 3.0
"""Log-likelihood units that one shape of time must be ahead of the other to be called better."""

METHOD_NOTES = (
    "Week 1 is the week of the first log, not of the first training: the curve of someone who "
    "trained for years before logging is flatter for that reason.",
    "Changes are taken within an exercise. They hold whatever else changed with time (technique, "
    "body mass, machines), and athletes who stop logging when progress stops are missed.",
)


def summary(table: pd.DataFrame, name: str, level: float) -> str:
    """Return the sentence about the typical athlete, the one athlete, or how many gained."""
    if table.empty:
        return ""
    told = table[table["scope"] == table["scope"].iloc[0]]
    known = told[~told["extrapolated"]]
    last = (known if len(known) else told).groupby("athlete", sort=False).last().reset_index()
    if len(last) > 1:
        rose, fell = int((last["low"] > 0).sum()), int((last["high"] < 0).sum())
        return (
            f"Strength of {name} in {count(len(last), 'athlete')}, each from the own log alone: "
            f"{rose} gained, {fell} lost, {len(last) - rose - fell} cannot be told from no change "
            f"({100 * level:g} % intervals; n = {count(int(last['weeks_logged'].sum()), 'week')})."
        )
    return _one(last.iloc[0], name, level)


def _one(row: pd.Series, name: str, level: float) -> str:
    of = "of the typical athlete " if row["scope"] == "typical" else ""
    over = f"{count(row['athletes'], 'athlete')}, " if row["scope"] == "typical" else ""
    beyond = " (extrapolated)" if row["extrapolated"] else ""
    return (
        f"Strength {of}in {name} changed by {row['gain_pct']:+.1f} % in the first "
        f"{row['week']:g} weeks of the log{beyond} ({100 * level:g} % interval {row['low']:+.1f} "
        f"to {row['high']:+.1f} %), {row['doubling_pct']:+.1f} % per doubling of time "
        f"({row['doubling_low']:+.1f} to {row['doubling_high']:+.1f} %); n = {over}"
        f"{count(row['exercises'], 'exercise')}, {count(row['weeks_logged'], 'week')}."
    )


def notes(found: Curves) -> tuple[str, ...]:
    """Return what the shape of time, the spread of athletes and the fit have to say."""
    if found.table.empty:
        return ()
    beyond = int(found.table["extrapolated"].sum())
    extrapolated = (
        (f"{beyond} of {len(found.table)} rows lie past the last logged week of their curve.",)
        if beyond
        else ()
    )
    return (*_shape(found.table), *_spread(found), *extrapolated, *found.messages)


def _shape(table: pd.DataFrame) -> tuple[str, ...]:
    gains = table.drop_duplicates("athlete")["loglik_over_line"].unique()
    if len(gains) > 1:
        curve, line = int((gains > CLEAR).sum()), int((gains < -CLEAR).sum())
        return (
            f"ln(week) fits clearly better than a straight line in {curve} of {len(gains)} "
            f"athletes, clearly worse in {line}.",
        )
    ahead = "better" if gains[0] > 0 else "worse"
    clear = "clearly" if abs(gains[0]) > CLEAR else "not clearly"
    return (
        f"ln(week) fits {clear} {ahead} than a straight line in weeks: {gains[0]:+.1f} "
        "log-likelihood units.",
    )


def _spread(found: Curves) -> tuple[str, ...]:
    if found.slope_sd is None:
        return ()
    own = found.table[found.table["scope"] == "athlete"].drop_duplicates("athlete")
    sd = float(in_percent(log_time_gain(found.slope_sd, 0.0, 1.0)))
    return (
        f"Athletes differ by an SD of {sd:.2f} points per doubling of time. Their own curves are "
        f"shrunken towards the typical one; the median reliability of their slopes is "
        f"{own['reliability'].median():.2f} ({own['reliability'].min():.2f} to "
        f"{own['reliability'].max():.2f}).",
        "Intervals of single athletes are too short where strength drifts: at 5 % per √28 days "
        "they held in 84 to 86 % of simulated athletes, not 95 %.",
    )
