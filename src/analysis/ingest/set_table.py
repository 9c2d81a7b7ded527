"""The set table of one file: typed columns in the schema's order, sessions and sets numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from analysis import schema
from analysis.exercises import Catalogue

NUMBERS = {
    "load_kg": "load",
    "reps": "reps",
    "rir": "rir",
    "rpe": "rpe",
    "duration_s": "duration_s",
    "distance_m": "distance",
    "rest_s": "rest_s",
}
"""Typed column -> the staged text it is read from."""

MAPPED = pl.Struct({"exercise_id": pl.String, "load_basis": pl.String})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file's sets come from: the columns that are the same on every row."""

    athlete: str
    app: str
    source_file: str


def set_table(
    rows: pl.LazyFrame, present: set[str], origin: Origin, catalogue: Catalogue
) -> pl.LazyFrame:
    """Return the set table (`schema.SETS`) of records that are sets.

    Args:
        rows: the staged columns, with `typed_<column>` for each of `NUMBERS` that is there.
        present: names of the staged columns.
        origin: what is the same on every row.
        catalogue: maps exercise names.
    """
    rows = rows.with_columns(
        session=pl.col("started_at").map_batches(
            _session, return_dtype=pl.String, is_elementwise=True
        ),
        mapped=_mapping(catalogue),
        **{
            name: _value(name) if text in present else pl.lit(None, dtype=pl.Float64)
            for name, text in NUMBERS.items()
        },
    )
    rows = _numbered(rows, present)
    made = {
        "athlete": pl.lit(origin.athlete),
        "app": pl.lit(origin.app),
        "source_file": pl.lit(origin.source_file),
        "exercise_id": pl.col("mapped").struct.field("exercise_id"),
        "load_basis": _basis(),
        "rir": pl.coalesce("rir", 10 - pl.col("rpe")),  # Zourdos et al. 2016
        "kind": pl.col("kind") if "kind" in present else pl.lit("work"),
    }
    known = {*present, "session", "exercise_number", "set_number", *NUMBERS}
    return rows.select(
        _final(column, made, known).cast(column.dtype).alias(column.name) for column in schema.SETS
    )


def _final(column: schema.Column, made: Mapping[str, pl.Expr], known: set[str]) -> pl.Expr:
    if column.name in made:
        return made[column.name]
    if column.name not in known:
        return pl.lit(None)
    if column.name in ("workout", "note"):
        return pl.when(given(column.name)).then(column.name)
    return pl.col(column.name)


def _value(name: str) -> pl.Expr:
    value = pl.col(f"typed_{name}")
    if name in ("duration_s", "distance_m"):  # some apps write 0 where others leave it blank
        return pl.when(value != 0).then(value)
    return value


def _session(started_at: pl.Series) -> pl.Series:
    """Name each workout by its start; formatted once per run of rows, not once per row."""
    place = started_at.rle_id()
    first = place.ne_missing(place.shift(1))
    return started_at.filter(first).dt.strftime("%Y-%m-%dT%H:%M:%S").gather(place)


def _numbered(rows: pl.LazyFrame, present: set[str]) -> pl.LazyFrame:
    """Number the runs of one exercise in a workout, and the sets in a run."""
    numbered = "set_number" in present
    begins = _changed("started_at")
    if "workout" in present:
        begins |= _changed("workout")
    run_begins = pl.col("new_session") | _changed("exercise")
    if numbered:
        number = pl.col("set_number")
        run_begins |= (number <= number.shift(1)).fill_null(False)
    rows = rows.with_columns(new_session=begins).with_columns(new_run=run_begins)
    rows = rows.with_columns(run=pl.col("new_run").cast(pl.Int32).cum_sum())
    before = pl.when("new_session").then("run").forward_fill()
    places = {"exercise_number": pl.col("run") - before + 1}
    if not numbered:
        places["set_number"] = _count_since(pl.col("new_run"))
    return rows.with_columns(**places)


def _changed(column: str) -> pl.Expr:
    return pl.col(column).ne_missing(pl.col(column).shift(1))


def _count_since(start: pl.Expr) -> pl.Expr:
    place = pl.int_range(pl.len(), dtype=pl.Int32)
    return place - pl.when(start).then(place).forward_fill() + 1


def _basis() -> pl.Expr:
    """What the load counts: the catalogue's word, or plain body mass where nothing was added."""
    basis = pl.col("mapped").struct.field("load_basis")
    nothing = pl.col("load_kg").fill_null(0) == 0
    return pl.when((basis == "added") & nothing).then(pl.lit("bodyweight")).otherwise(basis)


def _mapping(catalogue: Catalogue) -> pl.Expr:
    """Exercise id and load basis of each name; each distinct name is matched once per file."""
    bases = catalogue.exercises.select("exercise_id", "load_basis")
    known: dict[str, dict[str, str | None]] = {}

    def look_up(names: pl.Series) -> pl.Series:
        place = names.rle_id()  # sets of one exercise stand together
        runs = names.filter(place.ne_missing(place.shift(1)))
        distinct = runs.unique().drop_nulls()
        new = [name for name in distinct if name not in known]
        if new:
            found = catalogue.match(new).join(bases, on="exercise_id", how="left")
            for name, exercise_id, basis in found.select(
                "exercise", "exercise_id", pl.col("load_basis").fill_null("unknown")
            ).iter_rows():
                known[name] = {"exercise_id": exercise_id, "load_basis": basis}
        found = pl.DataFrame(
            {"name": distinct, "mapped": [known[name] for name in distinct]},
            schema={"name": pl.String, "mapped": MAPPED},
        )
        mapped = runs.to_frame("name").join(found, on="name", how="left", maintain_order="left")
        return mapped["mapped"].gather(place)

    return pl.col("exercise").map_batches(look_up, return_dtype=MAPPED, is_elementwise=True)


def given(text: str) -> pl.Expr:
    """Not blank: exports write a missing cell as nothing or as a pair of quotes."""
    return (pl.col(text) != "").fill_null(False)
