"""A logbook without its people: what may be handed to a researcher.

Names become ids, dates move by whole weeks, and free text goes. Ids and shifts follow from a
secret, the salt: one person keeps one id and one shift from export to export, and nobody without
the salt can test a guess. Exercises, loads, repetitions, gaps and weekdays stay: they are the
data, and whoever knows somebody's training by heart may still recognise it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl

from analysis import exercises, schema
from analysis.exercises import Catalogue
from analysis.logbook import Logbook, Machines
from analysis.notes import Note
from analysis.outputs import whole_file

SHIFT_WEEKS = (26, 260)
"""Dates move into the past by half a year to five years."""

LEAST_SALT = 16
"""Characters that make a salt too long to guess."""

OWN_WORDS = ("value", "why")
"""Facts of a note that may hold words of the lifter's."""

FREE_TEXT = ("workout", "note", "technique")
"""Columns of the set table that hold the lifter's own words."""


def anonymise(logbook: Logbook, salt: str, *, together: bool = False) -> Logbook:
    """Return the logbook without names, true dates, free text, file names and file hashes.

    Args:
        logbook: what to hand on.
        salt: the secret that ids and shifts follow from; keep it, and apart from the data.
        together: whether all athletes' dates are shifted alike, for pages that compare days; by
            default each has a shift of their own.

    Returns:
        A logbook of the same sets. `athlete` is `athlete-` and twelve hexadecimal digits; dates
        are shifted per athlete by whole weeks; `session` is a number; an exercise bears the
        catalogue's name, or `exercise N` where it is unmapped or the user's own. Its notes say
        what was done.

    Raises:
        ValueError: the salt is shorter than 16 characters.
    """
    if len(salt) < LEAST_SALT:
        raise ValueError(f"the salt has {len(salt)} characters, expected {LEAST_SALT} or more")
    people = {name: identity(salt, name) for name in _owners(logbook)}
    files = _file_names(logbook, people)
    catalogue, own_ids = _catalogue(logbook.catalogue)
    names = _exercise_names(logbook, own_ids, catalogue, salt)
    weeks_back = {name: _weeks_back(salt, "" if together else name) for name in people}
    return Logbook(
        sets=_sets(logbook.sets, weeks_back, names, own_ids).with_columns(
            _renamed("athlete", people), _renamed("source_file", files)
        ),
        ledger=logbook.ledger.with_columns(_renamed("source_file", files)),
        rejected=logbook.rejected.with_columns(
            _renamed("source_file", files), pl.lit("withheld").alias("value")
        ),
        exercises=_exercises(logbook.exercises, names, own_ids),
        catalogue=catalogue,
        notes=_said(logbook, people, files),
        provenance=tuple(
            {
                "file": files[str(entry["file"])],
                "athlete": people.get(str(entry["athlete"]), ""),
                "app": entry["app"],
            }
            for entry in logbook.provenance
        ),
        units=_units(logbook.units, files, names),
        joined=_joined(logbook.joined, weeks_back).with_columns(_renamed("athlete", people)),
        machines={
            people[athlete]: _machines(said, weeks_back[athlete], names, catalogue)
            for athlete, said in logbook.machines.items()
            if athlete in people
        },
        shared=logbook.shared.with_columns(_renamed("athlete", people), _renamed("other", people)),
        different=tuple(
            tuple(people[name] for name in group if name in people) for group in logbook.different
        ),
    )


def identity(salt: str, name: str) -> str:
    """Return the id that stands for a person."""
    return f"athlete-{_keyed(salt, 'id', name)[:12]}"


def shift(salt: str) -> timedelta:
    """Return how far dates move into the past where all move alike."""
    return timedelta(weeks=_weeks_back(salt, ""))


def keep_salt(path: Path) -> str:
    """Return the salt that a file holds; where there is none, make one and keep it there."""
    if not path.exists():
        with whole_file(path) as aside:
            aside.write_text(secrets.token_hex(16) + "\n", encoding="ascii")
            aside.chmod(0o600)
    return path.read_text(encoding="utf-8").strip()


def _keyed(salt: str, purpose: str, text: str) -> str:
    return hmac.new(salt.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def _weeks_back(salt: str, name: str) -> int:
    low, high = SHIFT_WEEKS
    return low + int(_keyed(salt, "shift", name), 16) % (high - low + 1)


def _owners(logbook: Logbook) -> list[str]:
    entries = {str(entry["athlete"]) for entry in logbook.provenance}
    return sorted(entries | set(logbook.athletes) - {""})


def _file_names(logbook: Logbook, people: Mapping[str, str]) -> dict[str, str]:
    owners = {str(entry["file"]): str(entry["athlete"]) for entry in logbook.provenance}
    owners |= dict(logbook.sets.select("source_file", "athlete").unique().iter_rows())
    files = [*logbook.ledger["source_file"], *logbook.rejected["source_file"], *sorted(owners)]
    names: dict[str, str] = {}
    for file in dict.fromkeys(files):
        stem = people.get(owners.get(file, ""), "file")
        number = 1 + sum(name.startswith(f"{stem}-export-") for name in names.values())
        names[file] = f"{stem}-export-{number}"
    return names


def _catalogue(catalogue: Catalogue) -> tuple[Catalogue, dict[str, str]]:
    """Return the catalogue without the user's own words, and own id -> new id."""
    shipped = exercises.load()
    theirs = [*catalogue.overridden.get("exercises", {}), *catalogue.read]
    own = {name: f"own-exercise-{number}" for number, name in enumerate(theirs, 1)}
    is_own = pl.col("exercise_id").is_in(list(own))
    patterns = shipped.exercises["pattern"].unique().implode()
    plain = catalogue.exercises.with_columns(
        pl.when(is_own).then(_renamed("exercise_id", own)).otherwise("name").alias("name"),
        pl.when(is_own).then(pl.lit("unspecified")).otherwise("equipment").alias("equipment"),
        pl.when(is_own & ~pl.col("pattern").is_in(patterns))
        .then(pl.lit("other"))
        .otherwise("pattern")
        .alias("pattern"),
        _renamed("exercise_id", own),
    )
    roles = catalogue.roles.with_columns(_renamed("exercise_id", own))
    clean = replace(
        catalogue, exercises=plain, roles=roles, names=shipped.names, aliases=shipped.aliases,
        overridden={}, read={},
    )  # fmt: skip
    return clean, own


def _exercise_names(
    logbook: Logbook, own_ids: Mapping[str, str], catalogue: Catalogue, salt: str
) -> dict[str, str]:
    """Return logged name -> the catalogue's name, or `exercise N` in an order without meaning."""
    known = dict(catalogue.exercises.select("exercise_id", "name").iter_rows())
    ids = dict(logbook.exercises.select("exercise", "exercise_id").iter_rows())
    ids |= dict(logbook.sets.select("exercise", "exercise_id").unique().iter_rows())
    theirs = [name for name, found in ids.items() if found is None or found in own_ids]
    numbered = sorted(theirs, key=lambda name: _keyed(salt, "exercise", name))
    return {name: known.get(found, "") for name, found in ids.items()} | {
        name: f"exercise {number}" for number, name in enumerate(numbered, 1)
    }


def _sets(
    sets: pl.DataFrame,
    weeks_back: Mapping[str, int],
    names: Mapping[str, str],
    own_ids: Mapping[str, str],
) -> pl.DataFrame:
    """Return the sets with shifted dates, numbered sessions, and no word that is not ours."""
    shift = pl.duration(
        weeks=pl.col("athlete").replace_strict(dict(weeks_back), return_dtype=pl.Int64)
    )
    session = pl.struct("started_at", "session").rank("dense").over("athlete")
    superset = pl.col("superset").rank("dense").over("athlete", "session")
    return sets.with_columns(
        session.cast(pl.String).alias("session"),
        superset.cast(pl.String).alias("superset"),
        pl.col("started_at", "ended_at") - shift,
        *(pl.lit(None, pl.String).alias(name) for name in FREE_TEXT),
        _only("kind", pl.col("kind").is_in(list(schema.KINDS))).fill_null("unknown"),
        _only("side", pl.col("side").is_in(["left", "right"])),
        _only("tempo", pl.col("tempo").str.contains(r"^[\dxX][\dxX .:/-]*$")),
        _renamed("exercise", names),
        _renamed("exercise_id", own_ids),
    )


FEWEST_OF_A_WORD = 5
"""People who share a word of a joined table; a rarer one may say who somebody is."""


def _joined(table: pl.DataFrame, weeks_back: Mapping[str, int]) -> pl.DataFrame:
    """Return joined tables with shifted days, and without words that few people share."""
    known = table.filter(pl.col("athlete").is_in(list(weeks_back)))
    shift = pl.duration(
        weeks=pl.col("athlete").replace_strict(dict(weeks_back), return_dtype=pl.Int64)
    )
    shared = pl.col("athlete").n_unique().over("name", "text") >= FEWEST_OF_A_WORD
    return known.with_columns(pl.col("date") - shift, _only("text", shared)).filter(
        pl.col("value").is_not_null() | pl.col("text").is_not_null()
    )


def _exercises(
    table: pl.DataFrame, names: Mapping[str, str], own_ids: Mapping[str, str]
) -> pl.DataFrame:
    return (
        table.with_columns(_renamed("exercise", names), _renamed("exercise_id", own_ids))
        .group_by("exercise", maintain_order=True)
        .agg(pl.col("exercise_id", "method").first(), pl.col("sets").sum())
        .sort("sets", "exercise", descending=[True, False])
    )


def _units(
    units: pl.DataFrame, files: Mapping[str, str], names: Mapping[str, str]
) -> pl.DataFrame:
    if units.is_empty():
        return units
    return units.with_columns(
        _renamed("source_file", files),
        _renamed("exercise", names),
        pl.lit("withheld").alias("reason"),
    )


def _machines(
    said: Machines, weeks_back: int, names: Mapping[str, str], catalogue: Catalogue
) -> Machines:
    """Return what was said of lifts that bear the catalogue's names, dates shifted as the sets."""
    ours = {name.casefold() for name in catalogue.exercises["name"]}
    renamed = {name.casefold(): new for name, new in names.items()}

    def called(name: str) -> str | None:
        plain = name.casefold()
        return name if plain in ours else renamed.get(plain)

    same = [called(name) for name in said.same]
    begun = [(called(name), day - timedelta(weeks=weeks_back)) for name, day in said.new_from]
    return Machines(
        tuple(name for name in same if name), tuple((name, day) for name, day in begun if name)
    )


def _renamed(column: str, names: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace(dict(names))


def _only(column: str, wanted: pl.Expr) -> pl.Expr:
    return pl.when(wanted).then(pl.col(column)).alias(column)


def _said(
    logbook: Logbook, people: Mapping[str, str], files: Mapping[str, str]
) -> tuple[Note, ...]:
    """Return a note per athlete, under the name of a file; those that nobody may miss stay."""
    loud = [
        Note(
            note.kind, files.get(note.file, ""), people.get(note.athlete, ""), note.count,
            {**note.facts, **{key: "withheld" for key in note.facts if key in OWN_WORDS}},
        )
        for note in logbook.notes
        if note.loud
    ]  # fmt: skip
    first = {
        people[owner]: files[file]
        for file, owner in sorted(
            logbook.sets.select("source_file", "athlete").unique().iter_rows(), reverse=True
        )
    }
    withheld = len(logbook.notes) - len(loud)
    done = (Note("anonymised", file, who, withheld) for who, file in sorted(first.items()))
    return (*loud, *done)


__all__ = ["anonymise", "keep_salt"]
