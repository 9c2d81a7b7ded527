"""Which exercise of the catalogue each line of a routine is; what is none is listed."""

from __future__ import annotations

import polars as pl

from analysis import exercises
from analysis.audit.routine import Routine
from analysis.exercises import Catalogue
from analysis.measures.words import count
from analysis.result import Result, tidy


def mapped_to(routine: Routine, catalogue: Catalogue) -> pl.DataFrame:
    """Return one row per line, with `exercise_id` (null when unmapped) and `set_count`."""
    rows = [(p.day, p.exercise, p.sets, p.reps, p.rir) for p in routine.planned]
    schema = {"day": pl.String, "exercise": pl.String, "sets": pl.Int64, "reps": pl.String,
              "rir": pl.Float64}  # fmt: skip
    planned = pl.DataFrame(rows, schema=schema, orient="row")
    found = catalogue.match(planned["exercise"].to_list())
    return planned.join(found, on="exercise", how="left", maintain_order="left").with_columns(
        pl.col("sets").cast(pl.Float64).alias("set_count")
    )


def routine_table(routine: Routine, catalogue: Catalogue | None = None) -> Result:
    """Show how each line of a routine was understood.

    Returns:
        Result whose table has one row per line: `day`, `exercise` (as written), `taken_for` (the
        catalogue's name; empty when unmapped), `sets`, `reps`, `rir`.
    """
    chosen = catalogue or exercises.load()
    names = chosen.exercises.select("exercise_id", pl.col("name").alias("taken_for"))
    table = (
        mapped_to(routine, chosen)
        .join(names, on="exercise_id", how="left", maintain_order="left")
        .with_columns(pl.col("taken_for").fill_null(""))
        .select("day", "exercise", "taken_for", "sets", "reps", "rir")
    )
    total = int(table["sets"].sum())
    unknown = int((table["taken_for"] == "").sum())
    return Result(
        name="routine",
        title="The routine as it was read",
        table=tidy(table),
        summary=f"{count(total, 'set')} in {count(table.height, 'line')} on "
        f"{count(len(routine.days), 'day')}; {count(unknown, 'line')} not mapped.",
    )


def unmapped(routine: Routine, catalogue: Catalogue) -> list[str]:
    """Return a sentence with suggestions for every line that names no known exercise."""
    found = catalogue.match([entry.exercise for entry in routine.planned])
    unknown = set(found.filter(pl.col("exercise_id").is_null())["exercise"])
    names = dict(catalogue.exercises.select("exercise_id", "name").iter_rows())
    notes = []
    for entry in routine.planned:
        if entry.exercise in unknown:
            close = [names[found_id] for found_id in catalogue.suggest(entry.exercise)]
            hint = f"did you mean {', '.join(close)}?" if close else "no name comes close."
            notes.append(
                f"{routine.file}, line {entry.line}: “{entry.exercise}” is no exercise we know, "
                f"its {count(entry.sets, 'set')} count for no muscle; {hint}"
            )
    return notes
