"""GymBook's export, in Italian and in German: units glued to numbers, skipped sets included."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from analysis.simulate.cells import newest_first, quoted, row, table


class _Words(NamedTuple):
    day: str
    reps: str
    seconds: str
    kinds: dict[str, str]
    yes: str
    no: str


ITALIAN = _Words("%d/%m/%y", "ripetizioni", "secondi",
                 {"warmup": "Set di riscaldamento", "work": "Set"}, "Si", "No")  # fmt: skip
GERMAN = _Words("%d.%m.%Y", "Wiederholungen", "Sekunden",
                {"warmup": "Aufwärmsatz", "work": "Satz"}, "Ja", "Nein")  # fmt: skip


def _in(words: _Words) -> Callable[[pl.DataFrame, str], pl.DataFrame]:
    def cells(log: pl.DataFrame, unit: str) -> pl.DataFrame:
        """Write a line per set; after each workout stands one that was skipped."""
        done = newest_first(log).with_row_index("at").with_columns(skipped=pl.lit(False))
        last = pl.col("at") == pl.col("at").max().over("started_at")
        skipped = done.filter(last).with_columns(skipped=pl.lit(True))
        number = pl.coalesce("reps", "duration_s").cast(pl.Int64)
        timed = pl.col("duration_s").is_not_null()
        load = pl.col("load").fill_null(0.0).cast(pl.String)
        return row(
            pl.concat([done, skipped]).sort("at", "skipped"),
            pl.col("done_at").dt.strftime(words.day),
            quoted(pl.col("workout")),
            pl.col("done_at").dt.strftime("%H:%M"),
            quoted(pl.col("exercise")),
            pl.lit("x"),
            quoted(pl.lit("x, y")),
            quoted(pl.lit("")),
            pl.col("kind").replace_strict(words.kinds, default=words.kinds["work"]),
            pl.format(
                '"{} {}"',
                number,
                pl.when(timed).then(pl.lit(words.seconds)).otherwise(pl.lit(words.reps)),
            ),
            quoted(pl.format("{} {}", load.str.replace(".", ",", literal=True), pl.lit(unit))),
            quoted(pl.col("note")),
            pl.when("skipped").then(pl.lit(words.yes)).otherwise(pl.lit(words.no)),
        )

    return cells


HOLDS = ("workout", "duration_s", "done_at", "note")
DIALECTS = {
    "gymbook-italian-kg": table(
        "Data,Programma,Orario,Esercizio,Zona,Gruppi muscolari (Primari),"
        "Gruppi muscolari (Secondari),Set / Set di riscaldamento / Set di defaticamento,"
        "Ripetizioni / Tempo,Peso / Distanza,Appunti,Saltato",
        ",",
        _in(ITALIAN),
        kinds=("work", "warmup"),
        holds=HOLDS,
    ),
    "gymbook-german-lb": table(
        "Datum;Training;Zeit;Übung;Bereich;Muskelgruppen (Primäre);Muskelgruppen (Sekundäre);"
        "Satz / Aufwärmsatz / Abkühlungssatz;Wiederholungen / Zeit;Gewicht / Strecke;Notizen;"
        "Ausgelassen",
        ";",
        _in(GERMAN),
        kinds=("work", "warmup"),
        holds=HOLDS,
    ),
}
