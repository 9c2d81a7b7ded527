"""What a page says of strength first, as facts, and the line behind the verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.logbook import Logbook
from analysis.models.strength import sentences, verdicts
from analysis.models.strength.known import (
    AWAY_DAYS,
    as_days,
    first_member,
    known,
    records,
)
from analysis.models.strength.population import published
from analysis.models.strength.regimes import Floats
from analysis.models.strength.result import COLUMNS, alone, shifts, strength
from analysis.models.strength.verdicts import Changes
from analysis.result import DECIMALS, DECIMALS_KG

LEADS, LATELY_DAYS = 3, 56.0
"""Lifts to lead with: those of most days in so many last days."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page says of strength first; sentences are made by `sentences`.

    Attributes:
        lifter: the lifter's row of `strength`, None with too little log.
        leads: the lifts to lead with (`leading`).
        muscles: rows of `strength`, decided first.
        shifts: steps of the last half year (`shifts`).
        break_days: length of the last break of 28 days or more that ended in the last half year.
    """

    lifter: dict[str, Any] | None
    leads: list[dict[str, Any]]
    muscles: list[dict[str, Any]]
    shifts: list[dict[str, Any]]
    break_days: int


HALF_YEAR = 182.0


def facts(logbook: Logbook) -> Facts:
    """Return what a page of one athlete says of strength first."""
    what, table = known(logbook), strength(logbook).table
    if table.empty:
        return Facts(None, [], [], [], 0)
    by_scope = {str(scope): records(rows) for scope, rows in table.groupby("scope")}
    order = {word: place for place, word in enumerate(sentences.VERDICTS)}
    muscles = sorted(
        by_scope.get("muscle", []),
        key=lambda row: (order[row["verdict"]], -max(row["p_up"], 1 - row["p_up"])),
    )
    end = what.lifts.end.max()
    steps = shifts(logbook).table
    recent = steps[steps["day"] > pd.Timestamp(as_days(np.array([end - HALF_YEAR]))[0])]
    days = what.lifts.training[0]
    gaps = np.diff(days)
    breaks = gaps[(gaps >= AWAY_DAYS) & (days[1:] > end - HALF_YEAR)]
    return Facts(
        by_scope["lifter"][0],
        records(leading(logbook)),
        [row for row in muscles if row["verdict"] != verdicts.NONE],
        records(recent),
        int(breaks[-1]) if len(breaks) else 0,
    )


POINTS = 60


def history(logbook: Logbook) -> pd.DataFrame:
    """Return the line behind the verdicts of each muscle: strength then, beside today's.

    The same mean change of the lifter's own recent lifts as the verdict, from each of up to sixty
    days to the last: at eight weeks back the band is the verdict's own interval.

    Returns:
        One row per `athlete`, `muscle` and `day`: `index` (100 is the last training day), `low`
        and `high` (95 % band), `lifts` (that reach back so far).
    """
    lifts = known(logbook).lifts
    units = lifts.units[0]
    if not units.count:
        return pd.DataFrame(columns=["athlete", "muscle", "day", "index", "low", "high", "lifts"])
    (told, _), back, _ = _through_time(logbook)
    place, unit = np.nonzero(~np.isnan(told.mean))
    mean, sd = told.mean[place, unit], told.sd[place, unit]
    end = lifts.end[first_member(units)][unit]
    table = pd.DataFrame(
        {
            "athlete": lifts.muscles["athlete"].to_numpy()[unit],
            "muscle": lifts.muscles["muscle"].to_numpy()[unit],
            "day": as_days(end - back[place]),
            "index": (100 * np.exp(-mean)).round(DECIMALS),
            "low": (100 * np.exp(-mean - 1.96 * sd)).round(DECIMALS),
            "high": (100 * np.exp(-mean + 1.96 * sd)).round(DECIMALS),
            "lifts": told.lifts[place, unit],
        }
    )
    return table.sort_values(["athlete", "muscle", "day"], kind="stable", ignore_index=True)


def lift_lines(logbook: Logbook) -> pd.DataFrame:
    """Return the line of every current lift: its level then, beside today's.

    Returns:
        One row per `athlete`, `lift` and `day`, back to the lift's last step at most: `level_kg`
        (e1RM), and `low_kg`, `high_kg`: the 95 % band of the change from then to today.
    """
    lifts = known(logbook).lifts
    nothing = np.zeros((1, lifts.series.lifts))
    if not nothing.size:
        return pd.DataFrame(
            columns=["athlete", "lift", "day", "level_kg", "low_kg", "high_kg"]
        )  # fmt: skip
    (_, told), back, today = _through_time(logbook)
    mean, sd = np.concatenate([nothing, told.mean]), np.concatenate([nothing, told.sd])
    current = ~np.isnan(told.mean).all(axis=0)
    place, lift = np.nonzero(~np.isnan(mean) & current)
    middle, spread = today[lift] - mean[place, lift], 1.96 * sd[place, lift]
    table = pd.DataFrame(
        {
            "athlete": lifts.table["athlete"].to_numpy()[lift],
            "lift": lifts.table["lift"].to_numpy()[lift],
            "day": as_days(lifts.end[lift] - np.concatenate([[0.0], back])[place]),
            "level_kg": np.exp(middle).round(DECIMALS_KG),
            "low_kg": np.exp(middle - spread).round(DECIMALS_KG),
            "high_kg": np.exp(middle + spread).round(DECIMALS_KG),
        }
    )
    return table.sort_values(["athlete", "lift", "day"], kind="stable", ignore_index=True)


def _through_time(logbook: Logbook) -> tuple[tuple[Changes, ...], Floats, Floats]:
    """Return muscles and single lifts followed back from today; worked out once for both."""
    what = known(logbook)
    lifts, each = what.lifts, np.arange(what.lifts.series.lifts)
    kinds = (lifts.units[0], verdicts.Units(each, each, len(each), 0.0))
    return logbook.once(
        ("strength through time", id(what.catalogue)),
        lambda: verdicts.through_time(
            lifts.series, what.repairs, published(), kinds, end=lifts.end, points=POINTS
        ),
    )


def leading(logbook: Logbook) -> pd.DataFrame:
    """Return the lifts to lead with, three an athlete.

    Of the lifts decided at 0.975, those trained on most days of the last eight weeks; rows as of
    `strength`, each over the shortest time for which that holds.
    """
    what = known(logbook)
    lift, day = what.lifts.series.lift, what.lifts.series.day
    lately = np.bincount(
        lift, day > what.lifts.end[lift] - LATELY_DAYS, minlength=what.lifts.series.lifts
    )
    rows = alone(what, verdicts.LEADING).assign(lately=lately)
    rows = rows.sort_values("lately", ascending=False, kind="stable")
    decided = rows["verdict"].isin([verdicts.UP, verdicts.DOWN])
    leads = rows[decided].groupby("athlete", sort=False).head(LEADS)
    return leads.sort_values("athlete", kind="stable")[list(COLUMNS)].reset_index(drop=True)
