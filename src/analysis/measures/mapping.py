"""The mapping audit: which name became which exercise, how, and how many sets hang on it.

Every number per muscle stands on this map. Unmapped names count for no muscle, so they come
first, with suggestions for a person to judge; nothing is mapped by likeness. Names read by their
parts come next, with the parts, since no list vouches for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import polars as pl

from analysis.exercises import Catalogue
from analysis.logbook import Logbook
from analysis.measures import working
from analysis.measures.recent import week_from_end
from analysis.notes import Note, first_names
from analysis.result import Result
from analysis.say import spoken

ORDER = ("unmapped", "parts", "rule", "alias", "exact", "override")
"""Methods, the one that needs most attention first."""

_COLUMNS = ("exercise", "method", "exercise_id", "name", "direct", "indirect", "load_basis",
            "sets", "share", "parts", "suggestions")  # fmt: skip


def mapping_audit(logbook: Logbook) -> Result:
    """List every exercise name of the log with how it was mapped.

    Args:
        logbook: the sets, the names and the catalogue in force.

    Returns:
        Result whose table has one row per name, unmapped first, then by sets: `exercise` (as
        logged), `method`, `exercise_id`, `name` (the catalogue's), `direct` and `indirect`
        (muscles), `load_basis`, `sets` (logged under the name, all kinds), `share` (of all sets,
        0 to 1), `parts` (what was read, for names mapped by their parts), `suggestions` (ids, for
        unmapped names only).
    """
    catalogue = logbook.catalogue
    known = catalogue.exercises.select("exercise_id", "name", "load_basis")
    total = int(logbook.exercises["sets"].sum() or 0)
    table = (
        logbook.exercises.select("exercise", "exercise_id", "method", "sets")
        .join(known, on="exercise_id", how="left")
        .join(_muscles(catalogue), on="exercise_id", how="left")
        .join(_parts(catalogue), on="exercise_id", how="left")
        .with_columns(
            (pl.col("sets") / max(total, 1)).alias("share"),
            pl.col("parts").fill_null(""),
            pl.col("method").replace_strict({m: i for i, m in enumerate(ORDER)}).alias("rank"),
        )
        .sort("rank", "sets", "exercise", descending=[False, True, False])
        .to_pandas()
    )
    unmapped = table["method"].eq("unmapped")
    table["suggestions"] = ""
    table.loc[unmapped, "suggestions"] = [
        ", ".join(catalogue.suggest(name)) for name in table.loc[unmapped, "exercise"]
    ]
    return Result(
        name="exercise-mapping",
        title="Which exercise each name was taken for",
        table=table[list(_COLUMNS)],
        summary=_summary(table, total),
        notes=_notes(table[unmapped], table),
        settings={
            "order": "override, exact, alias, rule, parts, unmapped",
            "similarity": "suggests only",
        },
    )


def understated(logbook: Logbook, *, block_weeks: int = 4) -> Result:
    """List the muscles whose sets are too low, since names that nothing maps seem to train them.

    A name seems to train what all suggestions for it train directly; where they disagree, no
    muscle is named.

    Args:
        logbook: the sets, the names and the catalogue in force.
        block_weeks: length of the last block, weeks.

    Returns:
        Result whose table has one row per `athlete` and `muscle` (null where it is not known):
        `names` (as logged, most sets first), `sets` (working sets under them) and `sets_a_week`
        (mean over the logged weeks of the last block).
    """
    ago = week_from_end()
    weeks = (
        logbook.sets.select("athlete", ago)
        .unique()
        .filter(pl.col("weeks_ago") < block_weeks)
        .group_by("athlete")
        .agg(pl.len().alias("weeks"))
    )
    lost = working.work(logbook).filter(pl.col("exercise_id").is_null()).with_columns(ago)
    names = lost["exercise"].unique(maintain_order=True).to_list()
    likely = pl.DataFrame(
        [(name, muscle) for name in names for muscle in logbook.catalogue.likely_muscles(name)],
        schema={"exercise": pl.String, "muscle": pl.String},
        orient="row",
    )
    late = pl.col("set_count").filter(pl.col("weeks_ago") < block_weeks)
    per_name = lost.group_by("athlete", "exercise").agg(
        pl.col("set_count").sum().alias("sets"), late.sum().alias("late")
    )
    known = pl.col("muscle").is_not_null()
    table = (
        per_name.join(likely, on="exercise", how="left")
        .sort("sets", "exercise", descending=[True, False])
        .group_by("athlete", "muscle", maintain_order=True)
        .agg(pl.col("exercise").alias("names"), pl.col("sets", "late").sum())
        .join(weeks, on="athlete", how="left")
        .with_columns((pl.col("late") / pl.col("weeks")).alias("sets_a_week"))
        .sort("athlete", known, "sets", "muscle", descending=[False, True, True, False])
        .select("athlete", "muscle", pl.col("names").list.join("; "), "sets", "sets_a_week")
    )
    return Result(
        "understated", "Muscles understated by names that are not mapped", table.to_pandas(),
        said_of_understated([m for m in table["muscle"].unique(maintain_order=True) if m]),
    )  # fmt: skip


def said_of_understated(muscles: Sequence[str], most: int = 4) -> str:
    """Return which muscles are understated, in a sentence; "" for none.

    >>> said_of_understated(["upper_back", "lats"])
    'Understated: upper back and lats.'
    """
    named = [spoken(muscle) for muscle in muscles]
    if not named:
        return ""
    if len(named) > most:
        named = [*named[:most], f"{len(named) - most} more"]
    *first, last = named
    return f"Understated: {', '.join(first)}{' and ' if first else ''}{last}."


def coverage(table: pd.DataFrame) -> float:
    """Return the share of sets whose name is mapped, 0 to 1; of no sets, 1."""
    total = table["sets"].sum()
    return float(table.loc[table["method"] != "unmapped", "sets"].sum() / total) if total else 1.0


def _muscles(catalogue: Catalogue) -> pl.DataFrame:
    ordered = catalogue.roles.join(catalogue.muscles, on="muscle").sort("order")
    listed = [
        ordered.filter(pl.col("role") == role)
        .group_by("exercise_id")
        .agg(pl.col("muscle").str.join(", ").alias(role))
        for role in ("direct", "indirect")
    ]
    return listed[0].join(listed[1], on="exercise_id", how="full", coalesce=True)


def _parts(catalogue: Catalogue) -> pl.DataFrame:
    rows = [(made, ", ".join(reading.parts)) for made, reading in catalogue.read.items()]
    return pl.DataFrame(rows, schema=["exercise_id", "parts"], orient="row").cast(pl.String)


def _summary(table: pd.DataFrame, total: int) -> str:
    names = len(table)
    if not total:
        return "There is no set, so no name to map."
    mapped = table["method"].ne("unmapped")
    sets = int(table.loc[mapped, "sets"].sum())
    return (
        f"{100 * coverage(table):.1f} % of sets are mapped to an exercise "
        f"({sets:,} of {total:,} sets; {int(mapped.sum())} of {names} names)."
    )


def _notes(unmapped: pd.DataFrame, table: pd.DataFrame) -> tuple[Note, ...]:
    none = table[
        table["method"].ne("unmapped") & table["direct"].isna() & table["indirect"].isna()
    ]
    counted = (
        ("unmapped names", unmapped,
         "{n:} sets under {names} names count for no muscle: {first}. `liftdose exercises` "
         "decides them."),
        ("names read by their parts", table[table["method"] == "parts"],
         "{n:} sets under {names} names that no list holds are counted by what the name says: "
         "{first}. Each name keeps a strength history of its own; exercises.toml says which "
         "exercise it is."),
        ("names of no muscle", none,
         "{n:} sets under {names} names are endurance or mobility work and count for no muscle by "
         "design."),
    )  # fmt: skip
    return tuple(
        Note(
            kind,
            count=int(rows["sets"].sum()),
            facts={"names": len(rows), "first": first_names(_with_sets(rows), 8)},
            sentence=said,
        )
        for kind, rows, said in counted
        if len(rows)
    )


def _with_sets(rows: pd.DataFrame) -> list[str]:
    return [
        f"{exercise} ({sets:,}{': ' + parts if parts else ''})"
        for exercise, sets, parts in zip(
            rows["exercise"], rows["sets"], rows["parts"].astype(str), strict=True
        )
    ]
