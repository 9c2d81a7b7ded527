"""Lyfta's export, without and with columns for effort; no unit anywhere."""

from __future__ import annotations

import polars as pl

from analysis.simulate.cells import (
    ALL_KINDS,
    clock,
    equipment_first,
    newest_first,
    quoted,
    row,
    short,
    table,
    whole,
)

KINDS = {
    "work": "NORMAL_SET",
    "warmup": "WARMUP_SET",
    "drop": "DROP_SET",
    "failure": "FAILURE_SET",
}


def _ten(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write Lyfta: three decimals, 0.000 where there is no load, superset numbers from 1."""
    del unit  # nothing says it
    length = (pl.col("ended_at") - pl.col("started_at")).dt.total_seconds()
    thousandths = (pl.col("load").fill_null(0.0) * 1000).round().cast(pl.Int64)
    return row(
        newest_first(log),
        quoted(pl.col("workout")),
        quoted(pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M:%S")),
        clock(length),
        quoted(equipment_first()),
        (pl.col("superset") + 1).cast(pl.String),
        pl.format("{}.{}", thousandths // 1000, (thousandths % 1000).cast(pl.String).str.zfill(3)),
        whole("reps").fill_null("0"),
        pl.lit(""),
        clock(pl.col("duration_s")).str.slice(3),
        pl.col("kind").replace_strict(KINDS),
    )


def _twelve(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write the columns for effort after the others."""
    rows = newest_first(log).select(
        pl.when(pl.col("rpe").is_not_null()).then((10 - pl.col("rpe")).cast(pl.String)).alias("x"),
        short("rpe").alias("y"),
    )
    return pl.concat([_ten(log, unit), rows], how="horizontal")


HEADER = ' Title,Date,Duration,Exercise,"Superset id",Weight,Reps,Distance,Time,"Set Type"'
HOLDS = ("ended_at", "workout", "superset", "duration_s")
TEN = table(HEADER, ",", _ten, kinds=ALL_KINDS, holds=HOLDS)
TWELVE = table(f"{HEADER},RIR,RPE", ",", _twelve, kinds=ALL_KINDS, holds=(*HOLDS, "rpe", "rir"))
DIALECTS = {"lyfta-ten-kg": TEN, "lyfta-effort-lb": TWELVE}
