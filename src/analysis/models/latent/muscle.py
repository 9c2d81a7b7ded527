"""`latent_strength`: one muscle group's strength over time, with a band, per athlete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from analysis.figures import Trace, band, figure, line
from analysis.logbook import Logbook
from analysis.measures.drawing import by_athlete
from analysis.models.latent.fit import TAIL_DOF, LatentFit, smooth
from analysis.models.latent.index import StrengthIndex, strength_index
from analysis.models.latent.sets import Estimates, observations
from analysis.result import DECIMALS, Figure, Result

SAID = {
    "gaining": "gaining",
    "breakthrough": "gaining, after a period without a clear gain",
    "plateau": "on a plateau",
    "losing": "losing",
    "detraining": "losing, with two weeks or more without these exercises",
    "cannot tell": "the log cannot tell gain from plateau or loss",
    "too short": "the log is too short to compare",
}

COLUMNS = (
    "athlete", "day", "index", "low", "high", "exercises", "change_pct", "change_low_pct",
    "change_high_pct", "p_gain", "p_plateau", "p_loss", "status",
)  # fmt: skip


def latent_strength(
    logbook: Logbook,
    muscle: str,
    *,
    formula: str = "epley",
    window_days: float = 56,
    smallest_change: float = 0.02,
    body_mass_kg: Mapping[str, float] | None = None,
) -> Result:
    """Estimate the strength of one muscle group from every exercise that targets it.

    The line is a trend of changes within exercises, so that swapping an exercise does not move
    it. It is a description that has seen the whole log, never a dose-response outcome.

    Args:
        logbook: the sets and the catalogue.
        muscle: a muscle group of the catalogue, such as "quads"; exercises count when their role
            for it is direct.
        formula: name in `e1rm.FORMULAS`.
        window_days: length of the last window, over which the change is told.
        smallest_change: smallest change worth noticing, log units (0.02 is 2 %).
        body_mass_kg: athlete → body mass, for added loads.

    Returns:
        Result whose table has one row per `athlete` and week: `day` (its first), `index` (100 in
        the athlete's first week), `low`, `high` (95 % band), `exercises` (observed that week);
        and, the same in all rows of an athlete, `change_pct`, `change_low_pct`,
        `change_high_pct` over the last window, `p_gain`, `p_plateau`, `p_loss`, `status`.

    Raises:
        ValueError: the catalogue has no such muscle group.
    """
    ids = _direct(logbook, muscle)
    results = latent_strengths(
        replace(logbook, sets=logbook.sets.filter(pl.col("exercise_id").is_in(ids.implode()))),
        [muscle],
        formula=formula,
        window_days=window_days,
        smallest_change=smallest_change,
        body_mass_kg=body_mass_kg,
    )
    return results[muscle]


def latent_strengths(
    logbook: Logbook,
    muscles: Sequence[str],
    *,
    formula: str = "epley",
    window_days: float = 56,
    smallest_change: float = 0.02,
    body_mass_kg: Mapping[str, float] | None = None,
) -> dict[str, Result]:
    """Estimate the strength of several muscle groups; each exercise is followed only once.

    The arguments and each result are those of `latent_strength`, but that the notes on sets left
    out are of all the sets given.
    """
    ids = {muscle: _direct(logbook, muscle) for muscle in muscles}
    estimates = observations(logbook.sets, formula=formula, body_mass_kg=body_mass_kg)
    table = estimates.table
    fit = None if table.empty else smooth(table, model="level", tail_dof=TAIL_DOF)
    results = {}
    for muscle in muscles:
        own = table[table["exercise_id"].isin(ids[muscle].to_list())]
        indices = _indices(own, fit, window_days, smallest_change)
        settings = {
            "muscle": muscle,
            "window_days": window_days,
            "smallest_change": smallest_change,
        }
        results[muscle] = _result(muscle, indices, replace(estimates, table=own), settings)
    return results


def _result(
    muscle: str,
    indices: dict[str, StrengthIndex | None],
    estimates: Estimates,
    settings: dict[str, Any],
) -> Result:
    parts = [_rows(name, index) for name, index in indices.items() if index is not None]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return Result(
        name=f"latent-strength-{muscle.replace('_', '-')}",
        title=f"Strength of the {muscle.replace('_', ' ')}",
        table=table,
        summary=_summary(table, muscle.replace("_", " "), estimates, settings["window_days"]),
        draw=_draw,
        notes=(*estimates.notes, *_unused(indices), *_caveats(str(estimates.settings["formula"]))),
        settings={**estimates.settings, **settings},
    )


def _direct(logbook: Logbook, muscle: str) -> pl.Series:
    roles = logbook.catalogue.group_roles
    known = sorted(roles["group"].unique().to_list())
    if muscle not in known:
        raise ValueError(f"muscle is {muscle!r}, expected one of {', '.join(known)}")
    direct = roles.filter((pl.col("group") == muscle) & (pl.col("role") == "direct"))
    return direct["exercise_id"]


def _indices(
    table: pd.DataFrame, fit: LatentFit | None, window_days: float, smallest_change: float
) -> dict[str, StrengthIndex | None]:
    if fit is None:
        return {}
    return {
        str(name): strength_index(
            own, fit, window_days=window_days, smallest_change=smallest_change
        )
        for name, own in table.groupby("athlete")
    }


def _rows(athlete: str, index: StrengthIndex) -> pd.DataFrame:
    weeks, change = index.table, index.change.iloc[0]
    levels = {"index": "log_change", "low": "low", "high": "high"}
    last = {
        "change_pct": "change_pct",
        "change_low_pct": "low_pct",
        "change_high_pct": "high_pct",
        **{name: name for name in ("p_gain", "p_plateau", "p_loss")},
    }
    return pd.DataFrame(
        {
            "athlete": athlete,
            "day": weeks["day"].to_numpy().round().astype("datetime64[D]").astype("datetime64[s]"),
            **{
                name: np.round(100 * np.exp(weeks[column].to_numpy()), DECIMALS)
                for name, column in levels.items()
            },
            "exercises": weeks["exercises"].to_numpy(),
            **{name: round(float(change[column]), DECIMALS) for name, column in last.items()},
            "status": change["status"],
        }
    )


def _summary(table: pd.DataFrame, muscle: str, estimates: Estimates, window_days: float) -> str:
    if table.empty:
        return (
            f"Too little to estimate {muscle} strength: {len(estimates.table)} usable sets, and "
            "no exercise on three days or more."
        )
    last = table[~table["athlete"].duplicated(keep="last")]
    if len(last) > 1:
        counts = last["status"].value_counts()
        told = ", ".join(f"{number} {status}" for status, number in counts.items())
        days = f"last {window_days:.0f} days"
        return f"{muscle.capitalize()} strength of {len(last)} athletes, {days}: {told}."
    row = last.iloc[0]
    return (
        f"{muscle.capitalize()}: strength changed by {row['change_pct']:+.1f} % over the last "
        f"{window_days:.0f} days (95 % interval {row['change_low_pct']:+.1f} to "
        f"{row['change_high_pct']:+.1f} %; {len(estimates.table)} sets): {SAID[row['status']]}. "
        f"Probability of gain {row['p_gain']:.0%}, plateau {row['p_plateau']:.0%}, "
        f"loss {row['p_loss']:.0%}."
    )


def _unused(indices: Mapping[str, StrengthIndex | None]) -> tuple[str, ...]:
    short = sum(len(index.left_out) for index in indices.values() if index is not None)
    empty = [name for name, index in indices.items() if index is None]
    notes = [f"{short} exercises on fewer than three days have no trend."] if short else []
    if empty:
        notes.append(f"No exercise on three days or more: {', '.join(empty)}.")
    return tuple(notes)


def _caveats(formula: str) -> tuple[str, ...]:
    return (
        f"Strength is estimated from sets by the {formula} formula, not tested; other formulas "
        "show other gains from the same log.",
        "The line has seen the whole log: it describes the past and is no outcome for a "
        "dose-response model.",
    )


def _draw(table: pd.DataFrame) -> Figure:
    traces, layout = by_athlete(table, _traces)
    return figure(traces, x="Week", y="Strength index (first week = 100)", time_axis="x", **layout)


def _traces(rows: pd.DataFrame) -> list[Trace]:
    hover = "%{x}<br>index %{y:.1f}<br>%{customdata} exercises that week<extra></extra>"
    return [
        band(rows["day"].tolist(), rows["low"].tolist(), rows["high"].tolist(), "95 % band"),
        line(
            rows["day"],
            rows["index"],
            "strength index",
            hover=hover,
            mode="lines",
            customdata=rows["exercises"].tolist(),
        ),
    ]
