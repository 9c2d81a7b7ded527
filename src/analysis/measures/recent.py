"""The last block against the athlete's own average: what changed, with no judgement.

The last block is the four weeks (a parameter) that end with the last logged day; the average is
over the athlete's earlier logged weeks. Weeks without a log are unknown and enter neither.
"""

from __future__ import annotations

import pandas as pd
import polars as pl

from analysis.figures import bars, figure
from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.drawing import by_athlete
from analysis.measures.load import effective_load, tonnage
from analysis.measures.words import number, whose
from analysis.result import Figure, Result, tidy

MEASURES = {
    "sessions": "sessions a week",
    "working_sets": "working sets a week",
    "sets_per_session": "working sets a session",
    "tonnage_kg": "tonnage a week, kg",
}


def recent(logbook: Logbook, *, block_weeks: int = 4) -> Result:
    """Compare the last block with the athlete's earlier weeks.

    Args:
        logbook: the sets and the catalogue.
        block_weeks: length of the last block, weeks.

    Returns:
        Result whose table has one row per `athlete` and `measure` (a word of `MEASURES`):
        `last_block` and `own_average` (means over logged weeks), `change_pct`, and
        `block_weeks_logged`, `earlier_weeks_logged`.
    """
    done = working.work(logbook).with_columns(effective_load(None))
    weekly = done.group_by("athlete", _week_from_end()).agg(
        sessions=pl.col("session").n_unique().cast(pl.Float64),
        working_sets=pl.col("set_count").sum(),
        sets_per_session=pl.col("set_count").sum() / pl.col("session").n_unique(),
        tonnage_kg=tonnage().sum(),
    )
    table = (
        weekly.unpivot(list(MEASURES), index=["athlete", "weeks_ago"], variable_name="measure")
        .group_by("athlete", "measure", maintain_order=True)
        .agg(*_then_and_now("value", block_weeks))
        .with_columns(_change())
        .sort("athlete", pl.col("measure").cast(pl.Enum(list(MEASURES))))
    )
    return Result(
        name="recent",
        title="The last block against your own average",
        table=tidy(table),
        summary=_summary(table, block_weeks),
        notes=("Means over the weeks that hold a log; the others are unknown.",),
        settings={"block_weeks": block_weeks},
    )


def coverage(
    logbook: Logbook, *, block_weeks: int = 4, rule: counting.Rule = "fractional"
) -> Result:
    """Compare weekly sets per muscle group in the last block with the athlete's earlier weeks.

    Args:
        logbook: the sets and the catalogue.
        block_weeks: length of the last block, weeks.
        rule: how much a set counts for a muscle.

    Returns:
        Result whose table has one row per `athlete` and `group`, every group: `last_block` and
        `own_average` (sets a week by the rule, means over logged weeks), `change_pct`,
        `direct_last_block` (direct sets a week), and the logged weeks of each.
    """
    done = working.work(logbook)
    when = _week_from_end()
    logged = logbook.sets.select("athlete", when).unique()
    weekly = (
        counting.by_group(done.with_columns(when), logbook.catalogue)
        .group_by("athlete", "weeks_ago", "group")
        .agg(sets=counting.credit(rule).sum(), direct=counting.credit("direct").sum())
    )
    every = pl.DataFrame({"group": counting.groups(logbook.catalogue)})
    table = (
        logged.join(every, how="cross")
        .join(weekly, on=["athlete", "weeks_ago", "group"], how="left")
        .with_columns(pl.col("sets", "direct").fill_null(0.0))
        .group_by("athlete", "group")
        .agg(
            *_then_and_now("sets", block_weeks),
            pl.col("direct").filter(pl.col("weeks_ago") < block_weeks).mean()
            .alias("direct_last_block"),
        )
        .with_columns(_change())
        .sort("athlete", counting.place_of_group(logbook.catalogue))
    )  # fmt: skip
    return Result(
        name="coverage",
        title="Weekly sets per muscle, last block",
        table=tidy(table),
        summary=_coverage_summary(table, block_weeks),
        draw=_draw,
        notes=counting.left_out(done, logbook.catalogue),
        settings={"block_weeks": block_weeks, "rule": rule},
    )


def _week_from_end() -> pl.Expr:
    """Whole weeks before the athlete's last logged day: 0 for the last seven days."""
    last = weeks.day().max().over("athlete")
    return ((last - weeks.day()).dt.total_days() // 7).alias("weeks_ago")


def _then_and_now(value: str, block_weeks: int) -> tuple[pl.Expr, ...]:
    now = pl.col("weeks_ago") < block_weeks
    return (
        pl.col(value).filter(now).mean().alias("last_block"),
        pl.col(value).filter(~now).mean().alias("own_average"),
        now.sum().cast(pl.Int64).alias("block_weeks_logged"),
        (~now).sum().cast(pl.Int64).alias("earlier_weeks_logged"),
    )


def _change() -> pl.Expr:
    own = pl.col("own_average")
    return pl.when(own > 0).then(100 * (pl.col("last_block") / own - 1)).alias("change_pct")


def _summary(table: pl.DataFrame, block_weeks: int) -> str:
    sets = table.filter(pl.col("measure") == "working_sets")
    if sets.is_empty() or sets["own_average"].is_null().all():
        return f"Too little log for a comparison: nothing before the last {block_weeks} weeks."
    now, own = (sets.select(pl.col(name).mean()).item() for name in ("last_block", "own_average"))
    return (
        f"Last {block_weeks} weeks: {number(now)} working sets a week against "
        f"{number(own)} before (n = {sets['block_weeks_logged'].sum()} and "
        f"{sets['earlier_weeks_logged'].sum()} logged weeks{whose(sets['athlete'].to_list())})."
    )


def _coverage_summary(table: pl.DataFrame, block_weeks: int) -> str:
    now = table.group_by("group").agg(pl.col("last_block").mean()).sort("last_block", "group")
    if now.is_empty():
        return "No set of this log reaches a muscle group."
    untrained = now.filter(pl.col("last_block") == 0)["group"].sort().to_list()
    most = now.row(-1, named=True)
    without = f"; none for {', '.join(untrained)}".replace("_", " ") if untrained else ""
    logged = int(table.select(pl.col("block_weeks_logged").max()).item())
    return (
        f"Last {block_weeks} weeks: most for {most['group'].replace('_', ' ')}, "
        f"{number(most['last_block'])} sets a week{without} (n = {logged} logged weeks"
        f"{whose(table['athlete'].unique().to_list())})."
    )


def _draw(table: pd.DataFrame) -> Figure:
    traces, layout = by_athlete(table, _bars)
    return figure(traces, x="Sets a week", y="", barmode="group", height=560, **layout)


def _bars(rows: pd.DataFrame) -> list[dict[str, object]]:
    rows = rows.iloc[::-1]
    hover = "%{y}: %{x:.1f} sets a week<extra>%{fullData.name}</extra>"
    return [
        bars(
            rows["own_average"],
            rows["group"],
            "own average",
            series=4,
            hover=hover,
            orientation="h",
        ),
        bars(
            rows["last_block"], rows["group"], "last block", series=0, hover=hover, orientation="h"
        ),
    ]
