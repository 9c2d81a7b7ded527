"""The muscles of a lifter's page: the body, the weeks, and a folded section per muscle."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.figures import Trace, band, bars, figure, line
from analysis.measures.intensity import zone_columns
from analysis.models.strength.known import records
from analysis.models.strength.sentences import of_row
from analysis.report import Section, Tile, Tiles
from analysis.result import Figure, Result
from analysis.say import count

Columns = Mapping[str, NDArray[Any]]
"""Some rows of a table, by column: for a dozen rows pandas takes ten times as long."""

# A muscle at a glance: weekly sets, training days, load and repetitions of its direct sets.


def muscle_tiles(
    now: Mapping[Hashable, Any],
    often: Columns,
    heavy: Columns | None,
    zones: Mapping[str, str],
) -> Tiles:
    """Return the tiles of one muscle.

    Args:
        now: its row of `measures.recent.coverage`.
        often: its rows of `measures.frequency`.
        heavy: its rows of `measures.intensity`, None without a direct set.
        zones: the rep zones' columns of those rows, and how they are said.
    """
    tiles = [_sets(now), _days(often)]
    if heavy is not None:
        tiles += [_load(heavy), _repetitions(heavy, zones)]
    return Tiles(tiles)


def _sets(now: Mapping[Hashable, Any]) -> Tile:
    before = now["own_average"]
    usual = "" if pd.isna(before) else f"; {before:.1f} before"
    comparison = f"{now['direct_last_block']:.1f} of them direct{usual}"
    return Tile("Sets a week, last block", round(float(now["last_block"]), 1), "", comparison)


def _days(often: Columns) -> Tile:
    days = often["direct_days"][~np.isnan(often["training_days"])]
    twice = 100 * (days >= 2).mean()
    comparison = f"two or more in {twice:.0f} % of {len(days)} logged weeks"
    return Tile("Days a week, trained directly", round(float(days.mean()), 1), "", comparison)


def _load(heavy: Columns) -> Tile:
    known = heavy["pct_sets"] > 0
    if not known.any():
        return Tile("Load", "unknown", "", "no direct set with an earlier e1RM to be a share of")
    comparison = f"middle of {known.sum()} weeks, {int(heavy['pct_sets'].sum()):,} sets"
    middle = float(np.median(heavy["pct_e1rm"][known]))
    return Tile("Load, % of e1RM", round(middle), "%", comparison)


def _repetitions(heavy: Columns, zones: Mapping[str, str]) -> Tile:
    """Return the zone that holds most sets, with the shares of the others beside it."""
    sums = {zone: int(heavy[column].sum()) for column, zone in zones.items()}
    total = sum(sums.values())
    if not total:
        return Tile("Repetitions", "none", "", "all direct sets are timed or by distance")
    shares = {zone: 100 * value / total for zone, value in sums.items() if value}
    most = max(shares, key=lambda zone: shares[zone])
    rest = ", ".join(f"{zone}: {share:.0f} %" for zone, share in shares.items() if zone != most)
    said = f"reps in {shares[most]:.0f} % of sets" + (f"; {rest}" if rest else "")
    return Tile("Most sets are of", most, "", said)


# One folded section per muscle that was trained: its sets and strength by week, its exercises.


SETS = ["week", "direct_sets", "fractional_sets", "hard_sets", "effort_unknown_sets"]
STRENGTH = ["day", "index", "low", "high", "lifts"]
CHANGE = ["verdict", "change_pct", "low_pct", "high_pct", "since"]


def muscle_sections(
    exercises: Result,
    changed: Result,
    lines: pd.DataFrame,
    volume: Result,
    coverage: Result,
    often: Result,
    heavy: Result,
    low: pd.DataFrame,
) -> Iterator[Section]:
    """Yield a section per muscle group with a direct exercise.

    Args:
        exercises: exercises per group (`measures.exercise_list`), of one athlete.
        changed: verdicts on strength (`models.strength`).
        lines: strength through time (`models.strength.history`).
        volume: weekly sets (`measures.volume`).
        coverage: the last block against the own average (`measures.recent.coverage`).
        often: training days per week (`measures.frequency`).
        heavy: load and repetitions per week (`measures.intensity`).
        low: muscles that unmapped names seem to train (`measures.mapping.understated`).
    """
    missing = {row["muscle"]: _missing(row) for row in low.to_dict("records")}
    now = {row["muscle"]: row for row in coverage.table.to_dict("records")}
    verdicts = changed.table.set_index("name")
    lifts = verdicts.loc[verdicts["scope"] == "lift", CHANGE]
    told = records(verdicts[verdicts["scope"] == "muscle"].reset_index())
    said = {row["name"]: of_row(row) for row in told}
    used = exercises.table.drop(columns="athlete").join(lifts, on="exercise")
    drawn, weeks = _by_group(lines, STRENGTH), _by_group(volume.table, SETS)
    zones = zone_columns(heavy.settings["zones"])
    days = _by_group(often.table, ["training_days", "direct_days"])
    loads = _by_group(heavy.table, ["pct_sets", "pct_e1rm", *zones])
    muscle = used.pop("muscle")
    own = {str(group): rows for group, rows in used.groupby(muscle, sort=False)}
    for group in (group for group, rows in own.items() if "direct" in set(rows["role"])):
        strength_said = said.get(group, "")
        yield Section(
            f"muscle-{group.replace('_', '-')}",
            in_words(group),
            [
                muscle_tiles(now[group], days[group], loads.get(group), zones),
                _by_week(weeks[group], drawn.get(group), group, strength_said),
                _exercises(own[group], group),
            ],
            intro=" ".join(
                filter(None, [f"{_now(now[group])}.", missing.get(group), strength_said])
            ),
            folded=True,
        )


def _missing(row: Mapping[Hashable, Any]) -> str:
    return (
        f"Understated: {row['sets']:,.0f} working sets of {row['names']} seem to be its, and are "
        "not mapped."
    )


def _by_group(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, Columns]:
    """Return the rows of each muscle group, by column."""
    number, groups = table["muscle"].factorize()
    order = np.argsort(number, kind="stable")
    begins = np.searchsorted(number[order], np.arange(len(groups) + 1))
    ordered = {name: table[name].to_numpy()[order] for name in columns}
    return {
        str(group): {name: values[first:end] for name, values in ordered.items()}
        for group, (first, end) in zip(groups, pairwise(begins), strict=True)
    }


def in_words(group: str) -> str:
    """Return a group's name as a heading.

    >>> in_words("upper_back")
    'Upper back'
    """
    return group.replace("_", " ").capitalize()


def _now(row: Mapping[Hashable, Any]) -> str:
    own = "" if pd.isna(row["own_average"]) else f", {row['own_average']:.1f} before"
    return f"{row['last_block']:.1f} sets a week ({row['direct_last_block']:.1f} direct{own})"


def _by_week(weeks: Columns, line: Columns | None, group: str, said: str) -> Result:
    logged = weeks["fractional_sets"][~np.isnan(weeks["fractional_sets"])]
    low, middle, high = np.quantile(logged, (0.25, 0.5, 0.75))
    return Result(
        name=f"weekly-{group.replace('_', '-')}",
        title=f"Sets and strength by week: {in_words(group).lower()}",
        table=_side_by_side(weeks, line),
        summary=(
            f"You usually do {middle:.0f} sets a week ({low:.0f}–{high:.0f}, n = "
            f"{count(len(logged), 'logged week')}). {said}"
        ).strip(),
        draw=_draw,
        notes=()
        if line is None
        else (
            "Strength then beside today's (today = 100), the mean of the lifts that reach back so "
            "far; where its band leaves out 100, strength has changed since.",
        ),
    )


def _side_by_side(weeks: Columns, line: Columns | None) -> pd.DataFrame:
    """Return the sets of every week with the strength line where it has a point."""
    if line is None:
        return pd.DataFrame(weeks)
    week, day = (dates.astype("datetime64[D]") for dates in (weeks["week"], line["day"]))
    # the Monday before or on the day; where two days share a week, the later one is kept
    place = np.searchsorted(week, day, "right") - 1
    inside = place >= 0
    strength = {name: np.full(len(week), np.nan) for name in STRENGTH[1:]}
    for name, values in strength.items():
        values[place[inside]] = line[name][inside]
    return pd.DataFrame({**weeks, **strength})


def _draw(table: pd.DataFrame) -> Figure:
    if "index" not in table:
        one = _bars(table, "y")
        return figure(one, x="Week", y="Sets a week", time_axis="x", height=260, barmode="overlay")
    known = table[~np.isnan(table["index"].to_numpy())]
    week = known["week"].to_numpy()
    hover = "week of %{x}: %{y:.1f}, %{customdata} lifts<extra></extra>"
    strength = [
        band(week, known["low"].tolist(), known["high"].tolist(), "95 % band", series=1),
        line(
            week,
            known["index"],
            "strength",
            series=1,
            hover=hover,
            mode="lines",
            customdata=known["lifts"].tolist(),
        ),
    ]
    drawn = figure(
        [*strength, *_bars(table, "y2")],
        x="Week",
        y="Strength (today = 100)",
        time_axis="x",
        height=400,
        barmode="overlay",
    )
    drawn["layout"]["xaxis"]["anchor"] = "y2"
    drawn["layout"]["yaxis"]["domain"] = [0.44, 1]
    drawn["layout"]["yaxis2"] = {
        "title": {"text": "Sets a week"},
        "domain": [0, 0.36],
        "automargin": True,
        "rangemode": "tozero",
    }
    return drawn


def _bars(table: pd.DataFrame, axis: str) -> list[Trace]:
    hover = "week of %{x}: %{y:.1f} sets<extra>%{fullData.name}</extra>"
    shown = {"fractional_sets": ("counting half where it helps", 4), "direct_sets": ("direct", 0)}
    return [
        bars(table["week"], table[name], said, series=place, hover=hover, yaxis=axis)
        for name, (said, place) in shown.items()
    ]


def _exercises(rows: pd.DataFrame, group: str) -> Result:
    roles, rated = rows["role"].tolist(), int(rows["change_pct"].count())
    return Result(
        name=f"exercises-{group.replace('_', '-')}",
        title=f"Exercises: {in_words(group).lower()}",
        table=rows.reset_index(drop=True),
        summary=(
            f"{_of(roles, 'direct')} directly; {_of(roles, 'indirect', 'assists', 'assist')}; "
            f"{rated} {'has' if rated == 1 else 'have'} a change of strength (% since a day of "
            "its own, with its 95 % interval)."
        ),
    )


def _of(roles: list[str], role: str, one: str = "trains it", more: str = "train it") -> str:
    n = roles.count(role)
    return f"{count(n, 'exercise')} {one if n == 1 else more}"
