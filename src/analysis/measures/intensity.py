"""Intensity: share of a past e1RM, repetitions in reserve where logged, and rep zones.

`%e1RM = 100·load/e1RM_ref`. The reference comes from days strictly before the
set's own day, never from the set itself. It is the median of the first top sets' e1RM over the
past weeks: a maximum over those days would grow with their number by noise alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analysis.figures import Trace, bars, by_athlete, figure
from analysis.logbook import Logbook
from analysis.measures import counting, day_strength, weeks, working
from analysis.measures.day_strength import E1rmRule, LiftDays
from analysis.measures.working import WorkingRule
from analysis.notes import Note
from analysis.result import Figure, Result, tidy
from analysis.say import count, number, whose

if TYPE_CHECKING:
    import pandas as pd

ZONES = (1, 6, 13, 21)
"""First repetition of each zone: 1-5, 6-12, 13-20 and more than 20."""


def zone_columns(zones: Sequence[int]) -> dict[str, str]:
    """Return the table's column of each rep zone, with the zone as it is said.

    >>> zone_columns((1, 6, 13))
    {'reps_1_5': '1–5', 'reps_6_12': '6–12', 'reps_13_up': '13+'}
    """
    closed = {f"reps_{low}_{above - 1}": f"{low}–{above - 1}" for low, above in pairwise(zones)}
    return closed | {f"reps_{zones[-1]}_up": f"{zones[-1]}+"}


REFERENCES = {"median": pl.Expr.rolling_median_by, "best": pl.Expr.rolling_max_by}
"""How past e1RMs become one reference."""


def intensity(
    logbook: Logbook,
    *,
    estimate: E1rmRule | None = None,
    rule: WorkingRule | None = None,
    reference: str = "median",
    past_weeks: int = 12,
    zones: Sequence[int] = ZONES,
    week_starts: str = "monday",
) -> Result:
    """Describe how heavy and how hard the direct sets of each muscle were.

    Args:
        logbook: the sets and the catalogue.
        estimate: the e1RM formula, its rep cap (default 15) and the body mass.
        rule: which sets are working sets.
        reference: "median" or "best" of the past e1RMs.
        past_weeks: how far back the reference looks.
        zones: first repetition of each rep zone, ascending.
        week_starts: weekday that weeks begin on.

    Returns:
        Result whose table has one row per `athlete`, `week` and `muscle` with direct sets:
        `direct_sets`; `pct_e1rm` (median % of the past e1RM) over `pct_sets` sets that have a
        reference; `rir` (median) over `rir_sets` sets with effort logged; and
        a column of `zone_columns` for each zone (sets), `no_reps` (sets timed or by distance).

    Raises:
        ValueError: `reference` is neither of the two, or zones do not ascend.
    """
    estimate, rule = estimate or E1rmRule(), rule or WorkingRule()
    if reference not in REFERENCES or any(a >= b for a, b in pairwise(zones)):
        raise ValueError(
            f"reference is {reference!r}, expected median or best; zones are {tuple(zones)}, "
            "expected ascending"
        )
    sets = shared(logbook, estimate, rule, reference, past_weeks)
    table = table_of(sets, logbook, zones, week_starts)
    done = working.done(logbook, rule).filter(pl.col("set_count") > 0)
    tops = day_strength.top_sets(logbook, estimate, rule)
    return Result(
        name="intensity",
        title="Intensity per muscle",
        table=tidy(table),
        summary=_summary(sets, reference, past_weeks),
        draw=partial(_draw, zones=zone_columns(zones)),
        notes=(
            *_reference_note(sets),
            *day_strength.notes(done, tops, estimate),
            *counting.left_out(done, logbook.catalogue),
        ),
        settings={
            **asdict(estimate),
            **asdict(rule),
            "reference": reference,
            "past_weeks": past_weeks,
            "zones": tuple(zones),
            "week_starts": week_starts,
        },
    )


def shared(
    logbook: Logbook,
    estimate: E1rmRule | None = None,
    rule: WorkingRule | None = None,
    reference: str = "median",
    past_weeks: int = 12,
) -> pl.DataFrame:
    """Return the sets of a logbook's days of lifts with `share`, worked out once."""
    estimate, rule = estimate or E1rmRule(), rule or WorkingRule()

    def with_share() -> pl.DataFrame:
        found = day_strength.lift_days(logbook, estimate, rule)
        return found.sets.with_columns(share(found, reference, past_weeks))

    return logbook.once(("shares", estimate, rule, reference, past_weeks), with_share)


def share(found: LiftDays, reference: str = "median", past_weeks: int = 12) -> pl.Series:
    """Return `pct` of each set: its load as a share of the lift's e1RM of the past weeks."""
    past = REFERENCES[reference](
        pl.col("e1rm_kg"), "day", window_size=f"{past_weeks}w", closed="left"
    )
    known = found.tops.select(past.over(pl.struct("athlete", "lift").rle_id())).to_series()
    references = np.full(found.of_day.count, np.nan)
    references[found.loaded] = known.fill_null(np.nan).to_numpy()
    of_set = pl.Series(references[found.of_day.of_row]).fill_nan(None)
    return (100 * found.sets["strength_load_kg"] / of_set).alias("pct")


def cells(
    sets: pl.DataFrame,
    logbook: Logbook,
    zones: Sequence[int] = ZONES,
    week_starts: str = "monday",
) -> pl.DataFrame:
    """Return the table's numbers by `cell`: place in the calendar × groups + place of the group.

    Medians need the sets themselves, but only those of direct work.
    """
    reps, groups = pl.col("reps"), counting.muscles(logbook.catalogue)
    names = zone_columns(zones)
    in_zone = [
        reps.is_between(low, above, closed="left").alias(name)
        for name, low, above in zip(names, zones, [*zones[1:], float("inf")], strict=True)
    ]
    direct = logbook.catalogue.muscle_roles.filter(pl.col("role") == "direct").select(
        "exercise_id", counting.place_of_muscle(logbook.catalogue).alias("group")
    )
    calendar = weeks.calendar_of(logbook, week_starts)
    dated = sets.select("athlete", weeks.week(week_starts, of=pl.col("day")))
    place = pl.Series("place", weeks.place_of_week(dated, calendar))
    return (
        sets.select("exercise_id", "pct", "rir", "reps", place)
        .join(direct, on="exercise_id", maintain_order="left")
        .select(
            (pl.col("place") * len(groups) + pl.col("group")).alias("cell"),
            "pct",
            "rir",
            *in_zone,
            (reps.fill_null(0) < zones[0]).alias("no_reps"),
        )
        .group_by("cell")
        .agg(
            pl.len().cast(pl.Int64).alias("direct_sets"),
            pl.col("pct").median().alias("pct_e1rm"),
            pl.col("pct").count().cast(pl.Int64).alias("pct_sets"),
            pl.col("rir").median(),
            pl.col("rir").count().cast(pl.Int64).alias("rir_sets"),
            pl.col(*names, "no_reps").sum().cast(pl.Int64),
        )
        .sort("cell")
    )


def table_of(
    sets: pl.DataFrame,
    logbook: Logbook,
    zones: Sequence[int] = ZONES,
    week_starts: str = "monday",
) -> pl.DataFrame:
    """Return the table of `intensity`, of sets with their `share`."""
    found = cells(sets, logbook, zones, week_starts)
    groups = counting.muscles(logbook.catalogue)
    calendar = weeks.calendar_of(logbook, week_starts)
    week, group = (found["cell"] // len(groups)), (found["cell"] % len(groups))
    return calendar[week].select(
        "athlete",
        "week",
        pl.Series("muscle", groups, pl.String).gather(group),
        *found.drop("cell"),
    )


def _summary(sets: pl.DataFrame, reference: str, past_weeks: int) -> str:
    known = sets["pct"].drop_nulls()
    effort = sets["rir"].drop_nulls()
    if known.is_empty():
        return f"No set has an e1RM of the past {past_weeks} weeks to compare with (n = 0)."
    low, middle, high = (known.quantile(q, "linear") for q in (0.25, 0.5, 0.75))
    rir = f"median RIR {number(effort.median())}" if len(effort) else "RIR never logged"  # type: ignore[arg-type]
    return (
        f"Typical set: {number(middle or 0, 0)} % of the {reference} e1RM of the past "
        f"{past_weeks} weeks (middle half {number(low or 0, 0)} to {number(high or 0, 0)} %, "
        f"n = {count(len(known), 'set')}); {rir} (n = {count(len(effort), 'set')}"
        f"{whose(sets['athlete'].unique().to_list())})."
    )


def _reference_note(sets: pl.DataFrame) -> tuple[Note, ...]:
    without = sets.filter(pl.col("pct").is_null(), pl.col("strength_load_kg").is_not_null())
    if without.is_empty():
        return ()
    said = (
        "{n:set} with a load have no earlier e1RM of the exercise to be a share of: first days, "
        "long gaps, or earlier top sets above the rep cap."
    )
    return (Note("sets without reference", count=without.height, sentence=said),)


def _draw(table: pd.DataFrame, zones: Mapping[str, str]) -> Figure:
    traces, menu = by_athlete(table, partial(_zones, zones=zones))
    return figure(
        traces,
        x="Direct sets",
        y="",
        barmode="stack",
        height=max(320, 60 + 20 * table["muscle"].nunique()),
        yaxis={"autorange": "reversed", "automargin": True, "tickmode": "linear"},
        **menu,
    )


def _zones(rows: pd.DataFrame, zones: Mapping[str, str]) -> list[Trace]:
    sums = rows.groupby("muscle", sort=False)[list(zones)].sum()
    return [
        bars(
            sums[name],
            sums.index,
            f"{said} reps",
            series=place,
            ordered=True,
            hover="%{y}: %{x:,} sets<extra>%{fullData.name}</extra>",
            orientation="h",
        )
        for place, (name, said) in enumerate(zones.items())
    ]
