"""Body mass, sleep, girths …: what exports hold besides sets, as one tidy table.

Three sources: a vendor that reads such measures from its export (Apple Health, measurements), the
body mass that stands beside sets, and a table of one's own with the columns `date`, `name`,
`value` and perhaps `athlete` and `unit`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from analysis import exercises, schema
from analysis.ingest import records, sources
from analysis.ingest.load_unit import number
from analysis.ingest.sources import Source
from analysis.ingest.staging import stage_file
from analysis.ingest.vendors import COVARIATES, Measured, identify
from analysis.outputs import scratch_folder

OWN = frozenset({"date", "name", "value"})


@dataclass(frozen=True, slots=True)
class Covariates:
    """Measures by day, and what was said while reading.

    Attributes:
        table: one row per athlete, date and name, as `schema.COVARIATES`.
        notes: what could not be read, a sentence each.
    """

    table: pl.DataFrame
    notes: tuple[str, ...] = ()


def read_covariates(
    paths: str | Path | Iterable[str | Path],
    *,
    athlete: str | None = None,
    tz: str | None = None,
) -> Covariates:
    """Read the measures that files hold besides sets.

    Args:
        paths: files, folders or zips, as `read` takes them.
        athlete: one name for everything.
        tz: the lifter's time zone, for exports in UTC.

    Returns:
        One row per athlete, day and measure; where several files give one, the mean.

    Raises:
        PathError: a path does not exist.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    parts = [schema.empty(schema.COVARIATES)]
    notes: list[str] = []
    with scratch_folder() as workdir:
        files, refused = sources.find(given, athlete, workdir)
        notes += map(str, refused)
        for number, source in enumerate(files):
            try:
                found = _measures(source, tz, workdir / f"measures-{number}")
            except (ValueError, OSError, pl.exceptions.PolarsError) as error:
                notes.append(f"{source.label}: {str(error).splitlines()[0][:300]}")
                continue
            notes += [f"{source.label}: {note}" for note in found.notes]
            if found.rows.is_empty() and not found.notes:
                notes.append(f"{source.label}: holds no measure besides sets")
            parts.append(found.rows)
    table = (
        pl.concat(parts)
        .group_by("athlete", "date", "name", "unit")
        .agg(pl.col("value").mean())
        .select(column.name for column in schema.COVARIATES)
        .sort("athlete", "name", "date")
    )
    return Covariates(table, tuple(notes))


def _measures(source: Source, tz: str | None, workdir: Path) -> Measured:
    """One file's measures; the rows as `schema.COVARIATES`."""
    peek = records.peek(source.path)
    if peek.columns >= OWN:
        return Measured(_own(source, peek.delimiter))
    vendor = identify(peek)
    if vendor.covariates is not None:
        found = vendor.covariates(peek)
    elif vendor.carries.body_mass:
        found = Measured(_beside_sets(source, tz, workdir))
    else:
        found = Measured(pl.DataFrame(schema=COVARIATES))
    rows = found.rows.select(pl.lit(source.athlete).alias("athlete"), *COVARIATES.names())
    return replace(found, rows=rows)


def _beside_sets(source: Source, tz: str | None, workdir: Path) -> pl.DataFrame:
    """The body mass that an export repeats on its sets; the unit of its loads plays no part."""
    account = stage_file(source, None, None, exercises.load(), workdir, tz=tz)
    if not account.sets:
        return pl.DataFrame(schema=COVARIATES)
    daily = (
        account.part.scan()
        .drop_nulls("body_mass_kg")
        .group_by(date=pl.col("started_at").dt.date())
        .agg(value=pl.col("body_mass_kg").mean())
        .select("date", name=pl.lit("body_mass_kg"), value="value", unit=pl.lit("kg"))
    )
    return daily.collect()


def _own(source: Source, delimiter: str) -> pl.DataFrame:
    """A table of one's own; the unit is the end of the name where no column says it."""
    raw = pl.read_csv(source.path, separator=delimiter, infer_schema=False)
    raw = raw.rename({name: name.strip().strip("\ufeff").lower() for name in raw.columns})
    table = raw.select(
        athlete=pl.coalesce("athlete", pl.lit(source.athlete))
        if "athlete" in raw.columns
        else pl.lit(source.athlete),
        date=pl.col("date").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        name=pl.col("name").str.strip_chars(),
        value=number("value"),
        unit=pl.col("unit")
        if "unit" in raw.columns
        else pl.col("name").str.strip_chars().str.extract(r"_([a-z]+)$"),
    )
    whole = table.drop_nulls(["date", "name", "value"])
    if whole.height < table.height:
        raise ValueError(
            f"{table.height - whole.height} of its {table.height} lines lack a date such as "
            "2024-01-31, a name or a number; mend or delete them"
        )
    return whole
