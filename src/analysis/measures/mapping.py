"""The mapping audit: which name became which exercise, how, and how many sets hang on it.

Every number per muscle stands on this map. Unmapped names count for no muscle, so they come
first, with suggestions for a person to judge; nothing is mapped by likeness. Names read by their
parts come next, with the parts, since no list vouches for them.
"""

from __future__ import annotations

import pandas as pd
import polars as pl

from analysis.exercises import Catalogue
from analysis.logbook import Logbook
from analysis.result import Result

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


def _notes(unmapped: pd.DataFrame, table: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    if len(unmapped):
        first = ", ".join(
            f"{row.exercise} ({row.sets:,})" for row in unmapped.head(8).itertuples(index=False)
        )
        more = f" and {len(unmapped) - 8} more" if len(unmapped) > 8 else ""
        notes.append(
            f"{int(unmapped['sets'].sum()):,} sets under {len(unmapped)} names count for no "
            f"muscle: {first}{more}. `liftdose exercises` decides them."
        )
    read = table[table["method"] == "parts"]
    if len(read):
        first = ", ".join(
            f"{row.exercise} ({row.sets:,}: {row.parts})"
            for row in read.head(8).itertuples(index=False)
        )
        more = f" and {len(read) - 8} more" if len(read) > 8 else ""
        notes.append(
            f"{int(read['sets'].sum()):,} sets under {len(read)} names that no list holds are "
            f"counted by what the name says: {first}{more}. Each name keeps a strength history of "
            "its own; exercises.toml says which exercise it is."
        )
    none = table[
        table["method"].ne("unmapped") & table["direct"].isna() & table["indirect"].isna()
    ]
    if len(none):
        notes.append(
            f"{int(none['sets'].sum()):,} sets under {len(none)} names are endurance or mobility "
            "work and count for no muscle by design."
        )
    return tuple(notes)
