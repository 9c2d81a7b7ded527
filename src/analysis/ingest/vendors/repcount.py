"""RepCount: Profile → Settings → Export Data (CSV).

One line per set, newest workout first, header in the phone's language. Nothing names a unit, of
loads, of body mass or of distances. A line without repetitions, time or distance is a set of the
template that was not done.
"""

from __future__ import annotations

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor
from analysis.ingest.vendors._times import dates

SPELLINGS = {
    "started_text": ("workout start", "starttid"),
    "ended_text": ("workout end", "sluttid"),
    "exercise": ("exercise", "övning"),
    "load": ("weight", "vikt"),
    "reps": ("reps",),
    "note": ("notes", "anteckningar"),
    "distance": ("distance", "distans"),
    "duration_s": ("duration", "tid"),
    "workout": ("name", "namn"),
    "body_mass": ("bodyweight", "kroppsvikt"),
}
NEEDED = frozenset({"started_text", "ended_text", "exercise", "load", "reps"})


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Rename the columns, read the dates, tell what was not done."""
    assert raw is not None
    names = peek.named(SPELLINGS)
    rows = raw.select("source_row", **{ours: pl.col(theirs) for ours, theirs in names.items()})
    done = [_given(name) for name in ("reps", "duration_s", "distance") if name in names]
    rows = rows.with_columns(
        started_at=dates("started_text", quick=peek.quick),
        ended_at=dates("ended_text", quick=peek.quick),
        workout=pl.col("workout").str.strip_chars() if "workout" in names else pl.lit(""),
        not_set=pl.when(_given("exercise") & ~pl.any_horizontal(done)).then(pl.lit("not done")),
    )
    return Staged(rows.drop("ended_text"), {**names, "started_at": names["started_text"]}, None)


def _given(column: str) -> pl.Expr:
    """A number that is more than nothing; a written 0 counts for repetitions alone."""
    value = pl.col(column).fill_null("")
    return value != "" if column in ("reps", "exercise") else ~value.is_in(["", "0"])


VENDOR = Vendor(
    name="repcount",
    title="RepCount",
    how_to_export="Profile → Settings → Export Data",
    recognise=lambda peek: set(peek.named(SPELLINGS)) >= NEEDED,
    stage=stage,
    carries=Carries(
        units="nowhere",
        body_mass=True,
        durations=True,
        notes=True,
        planned=True,
        verified=("Swedish, semicolons", "English, saved again by a spreadsheet"),
        documented=("English, commas",),
    ),
    free_text=frozenset({"notes", "anteckningar", "name", "namn"}),
    looks_like=frozenset({"workout start", "workout end", "exercise", "weight", "reps"}),
    by_row=True,
)
