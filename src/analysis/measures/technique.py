"""Techniques that a log can show: by field, and by whole words in notes.

Exports hardly ever have a field for tempo, range of motion or blood-flow restriction; some
lifters write it. `technique_words.toml` lists the words in the languages of Hevy's exports
(English, Portuguese, Spanish, French, German, Italian). A note may speak of the set, the exercise
or the workout, and a "no" before the word is not understood, so notes count as mentions, never as
sets. Silence says nothing: a technique that is not written was not measured. The text of a note
never leaves the logbook.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import polars as pl

from analysis.figures import Trace, bars, by_athlete, figure
from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy
from analysis.say import count, listing, spoken, whose

if TYPE_CHECKING:
    import pandas as pd

ALL = "all muscles"
RUN = ("athlete", "session", "exercise", "exercise_number")


def technique(logbook: Logbook, *, rule: WorkingRule | None = None) -> Result:
    """Count the techniques that fields or notes name.

    Args:
        logbook: the sets and the catalogue.
        rule: which sets are working sets; parts of clusters are looked at too.

    Returns:
        Result whose table has one row per `athlete`, `technique` and `muscle` (direct sets; "all
        groups" for every set) that has any: `sets` (rows whose fields name it: kind, superset of
        two exercises or more, technique, tempo), `mentions` (runs of an exercise with a note
        that names it) and `days` (days with either).
    """
    rule = rule or WorkingRule()
    done, table = working.work(logbook, rule), table_of(logbook, rule)
    return Result(
        name="technique",
        title="Techniques named in the log",
        table=tidy(table),
        summary=_summary(table, done),
        draw=_draw,
        notes=_notes(done, table),
        settings={**asdict(rule), "languages": ("en", "pt", "es", "fr", "de", "it")},
    )


def table_of(logbook: Logbook, rule: WorkingRule | None = None) -> pl.DataFrame:
    """Return the table of `technique`."""
    work = working.work(logbook, rule)
    done = work.with_columns(weeks.day(), pl.struct(RUN).alias("run"))
    named = pl.any_horizontal(pl.col("^.*:(field|note)$"))
    found = done.with_columns(*_marks(done)).filter(named)
    direct = counting.by_muscle(found, logbook.catalogue).filter(pl.col("role") == "direct")
    every = found.with_columns(pl.lit(ALL).alias("muscle"))
    both = (every.lazy(), direct.lazy())
    counted = pl.concat([_counted(rows, name) for name in vocabulary() for rows in both])
    return counted.sort("athlete", maintain_order=True).collect()


@cache
def vocabulary() -> dict[str, str]:
    """Return one whole-word pattern per technique, all languages together."""
    text = files("analysis.measures").joinpath("technique_words.toml").read_text("utf-8")
    words = tomllib.loads(text)
    return {
        name: r"(?i)\b(?:" + "|".join(w for said in by.values() for w in said) + r")\b"
        for name, by in words.items()
    }


def _marks(done: pl.DataFrame) -> list[pl.Expr]:
    """Return `<technique>:field` and `<technique>:note` for every technique."""
    text = pl.concat_str("technique", "note", separator=" ", ignore_nulls=True)
    partners = pl.col("exercise").n_unique().over("athlete", "session", "superset")
    fields = {
        "superset": pl.col("superset").is_not_null() & (partners > 1),
        "drop_set": pl.col("kind") == "drop",
        "myo_or_rest_pause": pl.col("kind") == "myo",
        "tempo": pl.col("tempo").is_not_null() & pl.col("note").is_null(),
    }
    silent = done["note"].null_count() + done["technique"].null_count() == 2 * done.height
    marks = []
    for name, pattern in vocabulary().items():
        by_column = pl.col("technique").str.contains(pattern).fill_null(False)
        by_field = fields.get(name, pl.lit(False)).fill_null(False) | by_column
        said = pl.lit(False) if silent else text.str.contains(pattern).fill_null(False)
        if name == "tempo":  # read from the note, in ways that no list of words holds
            said |= (pl.col("tempo").is_not_null() & pl.col("note").is_not_null()).fill_null(False)
        marks += [by_field.alias(f"{name}:field"), said.alias(f"{name}:note")]
    return marks


def _counted(rows: pl.LazyFrame, name: str) -> pl.LazyFrame:
    field, note = pl.col(f"{name}:field"), pl.col(f"{name}:note")
    return (
        rows.filter(field | note)
        .group_by("athlete", pl.lit(name).alias("technique"), "muscle")
        .agg(
            field.sum().cast(pl.Int64).alias("sets"),
            pl.col("run").filter(note).n_unique().cast(pl.Int64).alias("mentions"),
            pl.col("day").n_unique().cast(pl.Int64).alias("days"),
        )
        .sort("athlete", "muscle")
    )


def _summary(table: pl.DataFrame, done: pl.DataFrame) -> str:
    every = table.filter(pl.col("muscle") == ALL)
    if every.is_empty():
        return f"No field and no note names a technique (n = {count(done.height, 'set')})."
    days = dict(every.group_by("technique").agg(pl.col("days").sum()).iter_rows())
    named = listing({spoken(name): n for name, n in days.items()}, most=4)
    return (
        f"Named in the log, by days: {named} (n = {count(done.height, 'set')}"
        f"{whose(done['athlete'].unique().to_list())})."
    )


def _notes(done: pl.DataFrame, table: pl.DataFrame) -> tuple[str, ...]:
    written = done.filter(pl.col("note").is_not_null())
    runs = written.select(pl.struct(RUN).n_unique()).item() if written.height else 0
    found = set(table["technique"])
    never = [spoken(name) for name in vocabulary() if name not in found]
    sentences = [
        f"{count(runs, 'exercise run')} with a note were searched for whole words in six "
        "languages; a mention is a word, not proof of how the set was done.",
    ]
    if never:
        sentences.append(f"Never named, so not measurable from this log: {', '.join(never)}.")
    return tuple(sentences)


def _draw(table: pd.DataFrame) -> Figure:
    traces, menu = by_athlete(table[table["muscle"] == ALL], _day_bars)
    return figure(traces, x="", y="Days on which the log names it", **menu)


def _day_bars(rows: pd.DataFrame) -> list[Trace]:
    names = rows["technique"].str.replace("_", " ")
    return [bars(names, rows["days"], "days", hover="%{x}: %{y:,} days<extra></extra>")]
