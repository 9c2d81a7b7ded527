"""What reading a folder of exports yields: the sets, and an account of every record."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from analysis import schema
from analysis.notes import Note
from analysis.say import count

if TYPE_CHECKING:
    from analysis.exercises import Catalogue


T = TypeVar("T")

SHARED = {"athlete": pl.String, "other": pl.String, "sessions": pl.Int64}
"""Pairs of athletes whose logs hold the same workouts, and how many."""

UNITS = {"source_file": pl.String, "exercise": pl.String, "unit": pl.String,
         "confidence": pl.Float64, "reason": pl.String}  # fmt: skip
"""Per exercise of a file that names no unit, the one it was read in."""

GAVE_SETS = pl.col("sets") + pl.col("duplicates") > 0
"""Whether a file of the ledger was of use: its sets are here, or stand in another file too."""

SHOWN_ATHLETES, SHOWN_FILES = 5, 20
"""Athletes that a logbook's `repr` names, files that its HTML view lists."""


@dataclass(frozen=True, slots=True)
class Machines:
    """What a lifter says of the machines behind the log's jumps (`[strength]` of `liftdose.toml`).

    Attributes:
        same: lifts that were one machine, logged one way, all along.
        new_from: lifts with the day from which another machine, or way of logging, counts.
    """

    same: tuple[str, ...] = ()
    new_from: tuple[tuple[str, date], ...] = ()


JOINED = pl.Schema(
    {"athlete": pl.String, "date": pl.Date, "name": pl.String, "value": pl.Float64,
     "text": pl.String}
)  # fmt: skip
"""Columns of what is joined to the logs."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A load that somebody wants to lift, and by when; `by` is None where no day is named."""

    lift: str
    load_kg: float
    by: date | None = None


@dataclass(frozen=True, slots=True)
class Injury:
    """What hurts, since when, and until when; None for still."""

    what: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a lifter says of themselves (`[lifter]` of `liftdose.toml`).

    Attributes:
        body_mass_kg: for the days that the export holds none of.
        goals: target lifts.
        injuries: present and past.
    """

    body_mass_kg: float | None = None
    goals: tuple[Goal, ...] = ()
    injuries: tuple[Injury, ...] = ()

    def hurt(self, day: date) -> tuple[Injury, ...]:
        """Return what hurts on a day."""
        return tuple(
            each
            for each in self.injuries
            if each.since <= day and (each.until is None or day <= each.until)
        )


@dataclass(frozen=True, slots=True, repr=False)
class Logbook:
    """The set table with its ledger.

    Attributes:
        sets: the set table (`schema.SETS`), one row per performed set, in file order.
        ledger: `schema.LEDGER`, one row per input file; always sums.
        rejected: `schema.REJECTED`, one row per record that was turned away.
        exercises: `schema.EXERCISES`, one row per exercise name, with how it was mapped.
        catalogue: the exercise catalogue in force, overrides included.
        notes: units inferred, values cleared, duplicates, files not recognised; `str` of one is
            its sentence, and those that nobody may miss come first.
        provenance: per input file, its name, athlete, app, size and SHA-256.
        units: per exercise of a file that names no unit, which one it was read in, how sure
            (0 to 1) and why.
        machines: per athlete, what was said of jumps in the log.
        about: per athlete, body mass, goals and injuries, as they say themselves.
        shared: pairs of athletes who, by their logs, are one person, as found on reading; one row
            per pair: `athlete`, `other`, `sessions`. See `ingest.people`.
        different: names that somebody called different people's.
        joined: tables that stand beside the logs, as `JOINED`: one row per athlete, day and
            measure; what never changes has no date, and a word instead of a number is `text`.
    """

    sets: pl.DataFrame
    ledger: pl.DataFrame
    rejected: pl.DataFrame
    exercises: pl.DataFrame
    catalogue: Catalogue
    notes: tuple[Note, ...] = ()
    provenance: tuple[dict[str, str | int], ...] = ()
    units: pl.DataFrame = field(default_factory=pl.DataFrame)
    machines: Mapping[str, Machines] = field(default_factory=dict)
    about: Mapping[str, About] = field(default_factory=dict)
    shared: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SHARED))
    different: tuple[tuple[str, ...], ...] = ()
    joined: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=JOINED))
    _made: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` made the first time: for steps that many measures share.

        A logbook never changes, and `replace` starts a new one with nothing made. What is made
        may not depend on how muscles are grouped, unless its key says how: `regrouped` keeps it.
        """
        try:
            hash(key)
        except TypeError:  # a body mass per athlete is a dictionary
            return make()
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    @property
    def athletes(self) -> list[str]:
        """Names of the athletes, sorted."""
        return sorted(self.sets["athlete"].unique().to_list())

    @property
    def unmapped(self) -> pl.DataFrame:
        """Exercise names that no rule maps, most sets first."""
        return self.exercises.filter(pl.col("exercise_id").is_null()).sort(
            "sets", "exercise", descending=[True, False]
        )

    def __repr__(self) -> str:
        return f"Logbook: {'; '.join(f'{name} {value}' for name, value in self._facts().items())}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in self._facts().items()
        )
        files = self.ledger.to_pandas().to_html(index=False, max_rows=SHOWN_FILES)
        return f"<table>{rows}</table>{files}"

    def _facts(self) -> dict[str, str]:
        """What a first look asks for, by name: who, how much, since when, what is not read."""
        first, last = self.sets.select(
            pl.col("started_at").min().alias("first"), pl.col("started_at").max().alias("last")
        ).row(0)
        athletes = self.athletes
        more = f" and {len(athletes) - SHOWN_ATHLETES:,} more"
        named = ", ".join(athletes[:SHOWN_ATHLETES])
        return {
            "athletes": f"{named}{more if len(athletes) > SHOWN_ATHLETES else ''}",
            "sets": f"{self.sets.height:,}",
            "days": "none" if first is None else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}",
            "exercises": f"{self.exercises.height:,}, {self.unmapped.height:,} of them unmapped",
            "files": f"{self.ledger.height:,}, {self.ledger.filter(GAVE_SETS).height:,} with sets",
            "rejected": count(self.rejected.height, "record"),
        }

    def told(self, about: Mapping[str, About]) -> Logbook:
        """Return the logbook with what athletes say of themselves; a set's own mass stays."""
        mass = {name: each.body_mass_kg for name, each in about.items() if each.body_mass_kg}
        if not mass:
            return replace(self, about=about) if about else self
        said = pl.col("athlete").replace_strict(mass, default=None, return_dtype=pl.Float64)
        return replace(
            self,
            about=about,
            sets=self.sets.with_columns(pl.col("body_mass_kg").fill_null(said)),
        )

    def regrouped(self, catalogue: Catalogue) -> Logbook:
        """Return the logbook with a catalogue that differs in how it groups muscles, only."""
        new = replace(self, catalogue=catalogue)
        object.__setattr__(new, "_made", self._made)
        return new

    def until(self, day: date) -> Logbook:
        """Return the logbook as it stood at the end of a day."""
        past = self.sets.filter(pl.col("started_at").dt.date() <= day)
        return replace(self, sets=past) if past.height < self.sets.height else self

    def athlete(self, name: str) -> Logbook:
        """Return the part of one athlete: that athlete's sets, files and exercise names."""
        if self.athletes == [name]:
            return self
        sets = self.sets.filter(pl.col("athlete") == name)
        files = [str(entry["file"]) for entry in self.provenance if entry["athlete"] == name]
        counts = sets.group_by("exercise").agg(pl.len().cast(pl.Int64).alias("sets"))
        return replace(
            self,
            sets=sets,
            joined=self.joined.filter(pl.col("athlete") == name),
            ledger=self.ledger.filter(pl.col("source_file").is_in(files)),
            rejected=self.rejected.filter(pl.col("source_file").is_in(files)),
            notes=tuple(note for note in self.notes if note.file in files or note.athlete == name),
            provenance=tuple(entry for entry in self.provenance if entry["athlete"] == name),
            exercises=self.exercises.drop("sets").join(
                counts, on="exercise", how="inner", maintain_order="left"
            ),
        )


def mapped(catalogue: Catalogue, sets: pl.LazyFrame) -> tuple[Catalogue, pl.DataFrame]:
    """Return the catalogue with what names say by their parts, and `schema.EXERCISES` of sets."""
    counts = sets.group_by("exercise").agg(pl.len().cast(pl.Int64).alias("sets")).collect()
    names = counts["exercise"].to_list()
    whole = catalogue.with_parts(names)
    table = (
        whole.match(names)
        .join(counts, on="exercise")
        .select(column.name for column in schema.EXERCISES)
        .sort("sets", "exercise", descending=[True, False])
    )
    return whole, table
