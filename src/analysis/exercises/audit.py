"""The mapping audit: which name became which exercise, how, and how many sets hang on it.

Every number per muscle stands on this map. Unmapped names count for no muscle, so they come
first, with suggestions for a person to judge; nothing is mapped by likeness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import polars as pl

from analysis.result import Result

if TYPE_CHECKING:
    from analysis.exercises.catalogue import Catalogue
    from analysis.logbook import Logbook

ORDER = ("unmapped", "rule", "alias", "exact", "override")
"""Methods, the one that needs most attention first."""

_COLUMNS = ("exercise", "method", "exercise_id", "name", "direct", "indirect", "load_basis",
            "sets", "share", "suggestions")  # fmt: skip


def audit(logbook: Logbook) -> Result:
    """List every exercise name of the log with how it was mapped.

    Args:
        logbook: the sets, the names and the catalogue in force.

    Returns:
        Result whose table has one row per name, unmapped first, then by sets: `exercise` (as
        logged), `method`, `exercise_id`, `name` (the catalogue's), `direct` and `indirect`
        (muscles), `load_basis`, `sets` (logged under the name, all kinds), `share` (of all sets,
        0 to 1), `suggestions` (ids, for unmapped names only).
    """
    catalogue = logbook.catalogue
    known = catalogue.exercises.select("exercise_id", "name", "load_basis")
    total = int(logbook.exercises["sets"].sum() or 0)
    table = (
        logbook.exercises.select("exercise", "exercise_id", "method", "sets")
        .join(known, on="exercise_id", how="left")
        .join(_muscles(catalogue), on="exercise_id", how="left")
        .with_columns(
            (pl.col("sets") / max(total, 1)).alias("share"),
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
            "order": "override, exact, alias, rule, unmapped",
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
            f"muscle: {first}{more}. exercises.toml decides them."
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
