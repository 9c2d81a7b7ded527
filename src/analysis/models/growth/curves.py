"""Curves of growth as a tidy table, from a cohort's fit or from each athlete's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.models.growth import alone, cohort
from analysis.models.growth.gains import in_percent, log_time_gain

COLUMNS = (
    "scope", "athlete", "week", "gain_pct", "low", "high", "extrapolated", "doubling_pct",
    "doubling_low", "doubling_high", "reliability", "athletes", "exercises", "weeks_logged",
    "last_week", "loglik_over_line",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Curves:
    """What was fitted.

    Attributes:
        table: one row per curve and time, columns `COLUMNS`.
        slope_sd: SD of slopes between athletes per ln(week); None for athletes fitted alone.
        messages: warnings of the fit.
    """

    table: pd.DataFrame
    slope_sd: float | None = None
    messages: tuple[str, ...] = ()


def together(rows: pd.DataFrame, weeks: Sequence[float], level: float, serial: bool) -> Curves:
    """Fit all athletes in one model: the typical curve first, then everyone's own, shrunken."""
    found = cohort.slopes(rows, level, serial=serial)
    typical = {
        "scope": "typical",
        "athlete": "",
        "slope": found.typical["estimate"],
        "slope_low": found.typical["conf_low"],
        "slope_high": found.typical["conf_high"],
        **_extent(rows),
    }
    own = found.athletes.rename(
        columns={"estimate": "slope", "low": "slope_low", "high": "slope_high"}
    ).reset_index()
    extents = pd.DataFrame(
        [{"athlete": name, **_extent(part)} for name, part in rows.groupby("athlete")]
    )
    own = own.merge(extents, on="athlete").assign(scope="athlete")
    curves = pd.concat([pd.DataFrame([typical]), own], ignore_index=True)
    curves["loglik_over_line"] = found.loglik_gain
    return Curves(_at(curves, weeks), found.slope_sd, found.messages)


def apart(rows: pd.DataFrame, weeks: Sequence[float], level: float) -> Curves:
    """Fit each athlete from that athlete's log alone."""
    curves = []
    for name, part in rows.groupby("athlete"):
        found = alone.slope(part, level)
        curves.append(
            {
                "scope": "athlete",
                "athlete": name,
                "slope": found.estimate,
                "slope_low": found.low,
                "slope_high": found.high,
                "reliability": float("nan"),
                "loglik_over_line": found.loglik_gain,
                **_extent(part),
            }
        )
    return Curves(_at(pd.DataFrame(curves), weeks))


def none() -> Curves:
    """Return no curve, for logs that hold too little."""
    return Curves(pd.DataFrame(columns=list(COLUMNS)))


def _extent(rows: pd.DataFrame) -> dict[str, int]:
    return {
        "athletes": int(rows["athlete"].nunique()),
        "exercises": int(rows["exercise"].nunique()),
        "weeks_logged": int(rows.groupby("athlete")["week"].nunique().sum()),
        "last_week": int(rows["week"].max()),
    }


def _at(curves: pd.DataFrame, weeks: Sequence[float]) -> pd.DataFrame:
    table = curves.merge(pd.DataFrame({"week": [float(week) for week in weeks]}), how="cross")
    units = table["week"].map(lambda week: log_time_gain(1.0, 0.0, week))
    ends = {"slope": ("gain_pct", "doubling_pct"), "slope_low": ("low", "doubling_low"),
            "slope_high": ("high", "doubling_high")}  # fmt: skip
    for source, (gain, doubling) in ends.items():
        table[gain] = in_percent(table[source] * units)
        table[doubling] = in_percent(log_time_gain(1.0, 0.0, 1.0) * table[source])
    table["extrapolated"] = table["week"] > table["last_week"] - 1
    return table[list(COLUMNS)]
