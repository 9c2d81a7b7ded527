"""What `liftdose recipe FILE` does: a recipe beside the file, and the file's first rows by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.ingest.sheets import layout
from analysis.ingest.sheets.draft import draft
from analysis.ingest.sheets.grid import read_tabs
from analysis.ingest.sheets.layout import FILE, Row
from analysis.paths import existing
from analysis.problems import UserError
from analysis.say import count

SHOWN = 10
"""Sets that are shown as read."""

HEADINGS = ("row", "date", "exercise", "reps", "load", "RPE", "RIR", "note")


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as its recipe reads it.

    Attributes:
        recipe: where the recipe stands.
        drafted: whether it was drafted now; False for one that was there.
        doubts: what the draft is unsure of, a sentence each.
        rows: the sets, and the rows that hold none.
    """

    recipe: Path
    drafted: bool
    doubts: tuple[str, ...]
    rows: tuple[Row, ...]

    def lines(self) -> Iterator[str]:
        """What a user is shown."""
        yield f"{'Drafted' if self.drafted else 'Read by'} {self.recipe}"
        for doubt in self.doubts:
            yield f"- unsure: {doubt}"
        sets = [row for row in self.rows if not row.one.planned]
        yield from _table(sets[:SHOWN] or list(self.rows[:SHOWN]))
        days = len({row.at for row in sets if row.at is not None})
        yield f"{count(len(sets), 'set')} on {count(days, 'day')} as read by it"
        for why, number in Counter(
            row.one.planned for row in self.rows if row.one.planned
        ).most_common():
            yield f"- {count(number, 'record')} no set: {why}"


def preview(file: str | Path, *, unit: str | None = None, encoding: str | None = None) -> Preview:
    """Draft the recipe of a table of one's own, or read it by the recipe that is there.

    Args:
        file: CSV, XLSX, XLS or ODS.
        unit: "kg" or "lb", where the table does not say it.
        encoding: for text that is not UTF-8.

    Raises:
        PathError: there is no such file.
        UserError: it cannot be read, or no layout was recognised in it.
    """
    path = existing(file)
    recipe = path.parent / FILE
    try:
        tabs = read_tabs(path, encoding)
        said = layout.beside(path)
        if said:
            return Preview(recipe, False, (), tuple(layout.read(said, tabs)))
        found = draft(tabs, path.name, unit)
        rows = tuple(layout.read(found.layouts, tabs))
    except (ValueError, OSError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path.name}: {error}") from None
    if not found.layouts:
        raise UserError(
            f"{path.name}: {'; '.join(found.doubts)}. docs/recipes.md shows what can be said"
        )
    before = recipe.read_text(encoding="utf-8-sig").rstrip() + "\n\n" if recipe.is_file() else ""
    text = before + found.to_toml()
    layout.parse(text, FILE)  # what is written can be read
    aside = recipe.with_suffix(".toml.part")
    try:
        aside.write_text(text, encoding="utf-8", newline="\n")
        aside.replace(recipe)
    finally:
        aside.unlink(missing_ok=True)
    return Preview(recipe, True, found.doubts, rows)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [min(28, max(len(row[column]) for row in cells)) for column in range(len(HEADINGS))]
    for row in cells:
        yield (
            "  "
            + "  ".join(
                f"{cell[:width]:<{width}}" for cell, width in zip(row, widths, strict=True)
            ).rstrip()
        )


def _cells(row: Row) -> tuple[str, ...]:
    one = row.one
    sign = {"added": "BW+", "assistance": "-", "bodyweight": "BW"}.get(one.basis, "")
    reps = one.reps or (f"{one.duration_s} s" if one.duration_s else "")
    note = row.note or (f"({one.planned})" if one.planned else "")
    load = f"{sign}{one.load} {row.unit if one.load else ''}".strip()
    day = row.at.isoformat() if row.at else row.day
    return (str(row.number), day, row.exercise, reps, load, one.rpe, one.rir, note)
