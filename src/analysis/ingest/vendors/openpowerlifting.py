"""OpenPowerlifting: one line per lifter and meet, attempts as columns.

A negative attempt is a lift that failed; a fourth attempt is lifted for a record and counts for
no total. A lift that has no attempts but a best is that one set. `Place` is a number or a word (DQ
disqualified, DD doping, G guest, NS did not show) and stays in the note. Lifts in a suit or shirt
are exercises of their own: they are not the same strength.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor

SIGNATURE = frozenset({"name", "event", "equipment", "bodyweightkg", "totalkg", "place"})
LIFTS = ("squat", "bench", "deadlift")
EXERCISES = {"squat": "Squat", "bench": "Bench Press", "deadlift": "Deadlift"}
EQUIPPED = ("single-ply", "multi-ply", "unlimited", "straps")
NAMES = {
    "started_at": "Date",
    "exercise": "Name",
    "load": "an attempt",
    "body_mass": "BodyweightKg",
}
HOW = "openpowerlifting.org → your name → Download as CSV"


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """One row per attempt; a line without any is kept as a record that holds no set.

    Raises:
        ValueError: an old file that does not say when its meets were.
    """
    assert raw is not None
    if "date" not in peek.columns:
        raise ValueError(f"this old file does not say when its meets were; get a new one: {HOW}")
    attempts = [
        pl.struct(lift=pl.lit(lift), attempt=pl.lit(label), lifted=_cell(column, peek, lift))
        for lift in LIFTS
        for label, column in _columns(lift, peek)
    ]
    rows = raw.with_columns(one=pl.concat_list(attempts) if attempts else pl.lit(None))
    rows = rows.with_columns(
        one=pl.col("one").list.filter(pl.element().struct.field("lifted").is_not_null())
    ).explode("one", empty_as_null=True)
    rows = rows.unnest("one")
    failed = pl.col("lifted").str.starts_with("-")
    columns = {
        "workout": _text("meetname", peek),
        "exercise": _exercise(),
        "kind": pl.when(failed).then(pl.lit("failure")).otherwise(pl.lit("work")),
        "load": pl.col("lifted").str.strip_prefix("-"),
        "reps": pl.when(failed).then(pl.lit("0")).otherwise(pl.lit("1")),
        "technique": pl.format("meet, {}", "attempt"),
        "note": _note(peek),
        "body_mass": _text("bodyweightkg", peek),
        "started_text": pl.col("date"),
        "started_at": pl.col("date").str.to_datetime("%Y-%m-%d", strict=False, time_unit="us"),
        "not_set": pl.when(pl.col("lifted").is_null()).then(pl.lit("no attempt")),
        "source_row": pl.col("source_row"),
    }
    if raw.select(pl.col("name").n_unique()).collect().item() > 1:
        columns["person"] = pl.col("name")
    return Staged(rows.select(**columns), NAMES, "kg", None, "kg")


def _columns(lift: str, peek: Peek) -> list[tuple[str, str]]:
    """Label and column of each attempt at a lift, the best last."""
    wanted = [(f"attempt {number}", f"{lift}{number}kg") for number in (1, 2, 3, 4)]
    wanted += [("best", f"best3{lift}kg"), ("best", f"best{lift}kg")]
    return [(label, column) for label, column in wanted if column in peek.columns]


def _cell(column: str, peek: Peek, lift: str) -> pl.Expr:
    """An attempt as written, null where blank; a best only where no attempt is given."""
    cell = pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column).str.strip_chars())
    if not column.startswith("best"):
        return cell
    three = [f"{lift}{number}kg" for number in (1, 2, 3)]
    given = [pl.col(name).fill_null("") != "" for name in three if name in peek.columns]
    return pl.when(~pl.any_horizontal(given)).then(cell) if given else cell


def _exercise() -> pl.Expr:
    plain = pl.col("lift").replace_strict(EXERCISES, default=None, return_dtype=pl.String)
    suit = pl.col("equipment").str.to_lowercase().is_in(EQUIPPED)
    return (
        pl.when(suit)
        .then(pl.format("{} ({})", plain, "equipment"))
        .when(pl.col("lift").is_null())
        .then(pl.lit("Meet"))
        .otherwise(plain)
    )


def _text(column: str, peek: Peek) -> pl.Expr:
    return pl.col(column) if column in peek.columns else pl.lit(None, dtype=pl.String)


def _note(peek: Peek) -> pl.Expr:
    parts = {"place": "place {}", "equipment": "{}", "division": "{}", "event": "event {}",
             "tested": "tested: {}"}  # fmt: skip
    said = [
        pl.when(pl.col(name).fill_null("") != "").then(pl.format(words, name))
        for name, words in parts.items()
        if name in peek.columns
    ]
    return pl.concat_str(said, separator=", ", ignore_nulls=True)


VENDOR = Vendor(
    name="openpowerlifting",
    title="OpenPowerlifting",
    how_to_export=HOW,
    recognise=lambda peek: peek.columns >= SIGNATURE,
    stage=stage,
    several=True,
    carries=Carries(
        units="fixed",
        kinds=("work", "failure"),
        body_mass=True,
        notes=True,
        clock="day",
        documented=("42 columns",),
    ),
)
