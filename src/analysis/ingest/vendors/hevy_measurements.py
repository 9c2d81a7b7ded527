"""Hevy's measurements: Profile → Settings → Export & Import Data → Export Measurements.

One line per day: body mass, body fat and girths. It holds no sets. Mass and length have units of
their own, named in the header, and so apart from those of loads and distances.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Measured, Peek, Staged, Vendor, measures
from analysis.ingest.vendors._times import moments
from analysis.units import CM_PER, KG_PER

SIGNATURE = frozenset({"date", "fat_percent"})
MASSES = {"weight_kg": "kg", "weight_lbs": "lb"}
PARTS = ("neck", "shoulder", "chest", "left_bicep", "right_bicep", "left_forearm",
         "right_forearm", "abdomen", "waist", "hips", "left_thigh", "right_thigh", "left_calf",
         "right_calf")  # fmt: skip


def recognise(peek: Peek) -> bool:
    """Body mass and body fat by date."""
    return peek.columns >= SIGNATURE and bool(peek.columns & set(MASSES))


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """No sets: each line is a day's measures."""
    assert raw is not None
    del peek
    rows = raw.select(
        "source_row",
        started_text=pl.col("date"),
        started_at=pl.lit(None, dtype=pl.Datetime("us")),
        exercise=pl.lit(None, dtype=pl.String),
        not_set=pl.lit("body measures"),
    )
    return Staged(rows, {"started_at": "date"}, "kg")


def covariates(peek: Peek) -> Measured:
    """Body mass in kg, body fat in %, girths in cm; an upper arm is Hevy's bicep."""
    raw = pl.read_csv(peek.path, separator=peek.delimiter, infer_schema=False)
    raw = raw.rename({name: name.strip().strip("\ufeff").lower() for name in raw.columns})
    number = {name: pl.col(name).cast(pl.Float64, strict=False) for name in raw.columns}
    mass = next(name for name in MASSES if name in number)
    columns = {
        "body_mass_kg": number[mass] * KG_PER[MASSES[mass]],
        "body_fat_pct": number["fat_percent"],
    }
    for part in PARTS:
        for unit in ("cm", "in"):
            if f"{part}_{unit}" in number:
                name = f"{part.replace('bicep', 'arm')}_cm"
                columns[name] = number[f"{part}_{unit}"] * CM_PER[unit]
    table = raw.select(moments(raw["date"]).dt.date().alias("date"), **columns)
    dated = table.drop_nulls("date")
    lost = table.height - dated.height
    notes = (f"{lost} of its lines have a date that cannot be read",) if lost else ()
    return Measured(measures(dated), notes)


VENDOR = Vendor(
    name="hevy_measurements",
    title="Hevy measurements",
    how_to_export="Profile → Settings → Export & Import Data → Export Measurements",
    recognise=recognise,
    stage=stage,
    carries=Carries(
        units="header",
        kinds=(),
        body_mass=True,
        verified=("kg and inches", "kg and centimetres"),
        documented=("lbs",),
    ),
    looks_like=frozenset({"date", "weight_kg", "fat_percent", "waist_cm", "hips_cm"}),
    covariates=covariates,
)
