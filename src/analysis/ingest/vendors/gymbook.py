"""GymBook: Logs → Share → CSV.

One line per set, newest workout first, with the time of each set and the unit glued to each
number, in the phone's language. Skipped sets are exported with the numbers that were planned. A
workout has no start of its own: it began with the first set of the visit, whatever routine that
set is of.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor, translate
from analysis.ingest.vendors._times import sitting

SPELLINGS = {
    "day": ("data", "datum"),
    "workout": ("programma", "training"),
    "clock": ("orario", "zeit"),
    "exercise": ("esercizio", "übung"),
    "kind": (
        "set / set di riscaldamento / set di defaticamento",
        "satz / aufwärmsatz / abkühlungssatz",
    ),
    "amount": ("ripetizioni / tempo", "wiederholungen / zeit"),
    "load": ("peso / distanza", "gewicht / strecke"),
    "note": ("appunti", "notizen"),
    "skipped": ("saltato", "ausgelassen"),
}
KINDS = {
    "Set": "work", "Set di riscaldamento": "warmup", "Set di defaticamento": "cooldown",
    "Satz": "work", "Aufwärmsatz": "warmup", "Abkühlungssatz": "cooldown",
}  # fmt: skip
YES = ("si", "sì", "ja")
DAYS = ("%d/%m/%y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%y %H:%M", "%d.%m.%Y %H:%M")
SECONDS = {
    "secondi": 1, "secondo": 1, "sekunden": 1, "sekunde": 1, "minuti": 60, "minuto": 60,
    "minuten": 60, "minute": 60, "ore": 3600, "ora": 3600, "stunden": 3600, "stunde": 3600,
}  # fmt: skip
LOADS = ("kg", "lb", "lbs")


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, split numbers from their units, begin each workout with the visit."""
    assert raw is not None
    names = peek.named(SPELLINGS)
    moment = pl.concat_str("day", "clock", separator=" ")
    amount, load = _number_and_word("amount"), _number_and_word("load")
    seconds = amount[1].replace_strict(SECONDS, default=None, return_dtype=pl.Float64)
    is_load = load[1].is_in(LOADS)
    rows = raw.select("source_row", **{ours: pl.col(theirs) for ours, theirs in names.items()})
    rows = rows.with_columns(
        started_text=moment,
        done_at=pl.coalesce(
            *(moment.str.to_datetime(form, strict=False, time_unit="us") for form in DAYS)
        ),
    )
    rows = rows.with_columns(
        started_at=sitting("done_at"),
        kind=translate(pl.col("kind"), KINDS),
        reps=pl.when(seconds.is_null()).then(amount[0]),
        duration_s=(_decimal(amount[0]) * seconds).cast(pl.String),
        load=pl.when(is_load).then(load[0]),
        load_unit=pl.when(is_load).then(load[1]),
        distance=pl.when(~is_load).then(load[0]),
        distance_unit=pl.when(~is_load).then(load[1]),
        not_set=pl.when(pl.col("skipped").str.to_lowercase().is_in(YES)).then(pl.lit("skipped")),
    )
    theirs = {**names, "started_at": names["day"], "reps": names["amount"]}
    return Staged(
        rows.drop("day", "clock", "amount", "skipped"),
        {**theirs, "duration_s": names["amount"], "distance": names["load"]},
        "",
        "",
    )


def _number_and_word(column: str) -> tuple[pl.Expr, pl.Expr]:
    """Split `20 ripetizioni` or `0,55 km`; a cell of another shape is all number, to be told."""
    parts = pl.col(column).str.strip_chars().str.extract_groups(r"^(-?[\d.,]+)\s*(\D+)$").struct
    return pl.coalesce(parts.field("1"), column), parts.field("2").str.to_lowercase()


def _decimal(text: pl.Expr) -> pl.Expr:
    return text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


VENDOR = Vendor(
    name="gymbook",
    title="GymBook",
    how_to_export="Logs → Share → Export as CSV",
    recognise=lambda peek: (
        set(peek.named(SPELLINGS)) >= {"day", "exercise", "kind", "amount", "load"}
    ),
    stage=stage,
    carries=Carries(
        units="column",
        kinds=("work", "warmup", "cooldown"),
        set_times=True,
        durations=True,
        distances=True,
        notes=True,
        planned=True,
        verified=("Italian",),
        documented=("German",),
    ),
    free_text=frozenset({"appunti", "notizen"}),
    looks_like=frozenset({"data", "programma", "orario", "esercizio", "saltato"}),
)
