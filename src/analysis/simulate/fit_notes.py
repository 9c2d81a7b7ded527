"""Fit Notes for iOS: equipment and status in columns, decimal commas, always kg, in UTC."""

from __future__ import annotations

import polars as pl

from analysis.simulate.cells import clock, newest_first, quoted, row, table, whole

_PARTS = r"^(.*?)(?: \((.*)\))?$"


def _shared(log: pl.DataFrame) -> pl.DataFrame:
    """The log with a planned set after each workout, and the cells that both layouts have."""
    done = newest_first(log).with_row_index("at").with_columns(planned=pl.lit(False))
    last = pl.col("at") == pl.col("at").max().over("started_at")
    rows = pl.concat([done, done.filter(last).with_columns(planned=pl.lit(True))])
    parts = pl.col("exercise").str.extract_groups(_PARTS).struct
    return rows.sort("at", "planned").with_columns(
        body=_comma("body_kg"),
        name=parts.field("1"),
        equipment=parts.field("2").fill_null("None"),
        kilograms=_comma("load_kg").fill_null("0,0"),
        count=whole("reps"),
        time=clock(pl.col("duration_s")),
        status=pl.when("planned")
        .then(pl.lit("NotStarted"))
        .when(pl.col("kind") == "failure")
        .then(pl.lit("Failed"))
        .otherwise(pl.lit("Done")),
    )


def _comma(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.replace(".", ",", literal=True)


MIDDLE = ("body", "name", "equipment", "count", "kilograms", "time")


def _old(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write dates and times into two cells, in the American way; everything quoted."""
    del unit  # always kg
    rows = _shared(log)
    moments = [
        pl.col(column).dt.strftime(form)
        for column in ("started_at", "ended_at")
        for form in ("%-m/%-d/%Y", "%-I:%M:%S %p")
    ]
    cells = [pl.col("workout"), *moments, *(pl.col(name) for name in MIDDLE)]
    cells += [pl.lit(""), pl.col("status"), pl.lit("Legs,Back")]
    return row(rows, *(quoted(cell) for cell in cells))


def _new(log: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Write instants, warm-ups and effort; everything quoted."""
    del unit  # always kg
    rows = _shared(log)
    moments = [pl.col(c).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for c in ("started_at", "ended_at")]
    cells = [pl.col("workout"), *moments, *(pl.col(name) for name in MIDDLE)]
    warm = pl.when(pl.col("kind") == "warmup").then(pl.lit("True")).otherwise(pl.lit("False"))
    rir = pl.when(pl.col("rpe").is_not_null()).then((10 - pl.col("rpe")).cast(pl.String))
    cells += [pl.lit(""), pl.col("status"), warm, _comma("rpe"), rir, pl.lit("Legs,Back")]
    return row(rows, *(quoted(cell) for cell in [*cells, pl.col("note")]))


HOLDS = ("ended_at", "workout", "duration_s", "body_mass_kg")
OLD = table(
    "Name,Start Date (UTC),Start Time (UTC),End Date (UTC),End Time (UTC),BodyWeight,Exercise,"
    "Equipment,Reps,Weight,Time,Distance,Status,Categories",
    ",",
    _old,
    kinds=("work", "failure"),
    holds=HOLDS,
)
NEW = table(
    "Name,StartTime,EndTime,BodyWeight,Exercise,Equipment,Reps,Weight,Time,Distance,Status,"
    "IsWarmup,RPE,RIR,Categories,Note",
    ",",
    _new,
    kinds=("work", "warmup", "failure"),
    holds=(*HOLDS, "rpe", "rir", "note"),
)
DIALECTS = {"fit_notes-old-kg": OLD, "fit_notes-new-kg": NEW}
