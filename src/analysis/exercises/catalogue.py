"""The exercise catalogue: what every known exercise is, and which muscles it works in what role.

The tables live in `data/*.csv`, so that an anatomist can correct them without reading code. Roles
belong to a *movement* (`movements.csv`, one decision with its reason and source); an exercise is
one movement with one piece of equipment. A role is a word, never a number: the counting rule of
the volume measure turns it into sets (Pelland et al. 2024, doi 10.1007/s40279-025-02344-w).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from analysis.exercises.names import Key, vocabulary

DATA = Path(__file__).parent / "data"
ROLES = ("direct", "indirect", "stabiliser")
"""Strongest first. direct: likely the prime mover; indirect: a synergist; stabiliser: it holds."""

_EXERCISE = ("exercise_id", "name", "equipment", "mechanic", "laterality", "load_basis", "pattern")
_MATCH = {"exercise": pl.String, "exercise_id": pl.String, "method": pl.String}

Record = dict[str, str]


@dataclass(frozen=True)
class Catalogue:
    """Exercises, their muscles by role, and the names they go by.

    Attributes:
        exercises: one row per exercise: exercise_id, name, equipment, mechanic (compound,
            isolation, other), laterality (bilateral, unilateral), load_basis
            (`schema.LOAD_BASES`), pattern (movement pattern).
        roles: one row per exercise and muscle it works: exercise_id, muscle, role.
        muscles: one row per muscle: muscle, name, group (as a coach says it), region, order.
        names: lower-case catalogue names -> id.
        aliases: lower-case other names -> id.
        overridden: the tables of the user's `exercises.toml`: names, roles, exercises.
    """

    exercises: pl.DataFrame
    roles: pl.DataFrame
    muscles: pl.DataFrame
    names: Mapping[str, str]
    aliases: Mapping[str, str]
    overridden: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def overrides(self) -> Mapping[str, str]:
        """The user's own names -> id, as written; they win over everything."""
        return self.overridden.get("names", {})

    def match(self, names: Iterable[str]) -> pl.DataFrame:
        """Map names to exercises: override, exact, alias, rule, else unmapped.

        Args:
            names: names as exports write them; repeats are matched once.

        Returns:
            One row per distinct name in order of first appearance: `exercise`, `exercise_id`
            (null when unmapped), `method`. Similarity never decides.
        """
        rows = [(name, *self._match(name)) for name in dict.fromkeys(names)]
        return pl.DataFrame(rows, schema=_MATCH, orient="row")

    def suggest(self, name: str, limit: int = 3) -> list[str]:
        """Return ids of exercises whose names look most like `name`: for a person to judge."""
        from rapidfuzz import fuzz, process

        wanted = " ".join(sorted(vocabulary().key(name)))
        found = process.extract(
            wanted, self._spelled, scorer=fuzz.token_set_ratio, limit=8 * limit, score_cutoff=55
        )
        ranked = sorted(found, key=lambda hit: (-fuzz.token_sort_ratio(wanted, hit[0]), hit[0]))
        return list(dict.fromkeys(self._keys_of_spelled[hit[0]] for hit in ranked))[:limit]

    @cached_property
    def muscle_roles(self) -> pl.DataFrame:
        """One row per exercise and `muscle` (as a coach says it), with its strongest role.

        A standing calf raise works gastrocnemius and soleus, and is one set for the calves.
        """
        strength = pl.col("role").replace_strict({role: i for i, role in enumerate(ROLES)})
        return (
            self.roles.join(self.muscles.select("muscle", "group"), on="muscle")
            .group_by("exercise_id", pl.col("group").alias("muscle"), maintain_order=True)
            .agg(pl.col("role").sort_by(strength).first())
        )

    def _match(self, name: str) -> tuple[str | None, str]:
        if (found := self.overrides.get(name)) is not None:
            return found, "override"
        spelled = " ".join(name.casefold().split())
        if (found := self.names.get(spelled)) is not None:
            return found, "exact"
        if (found := self.aliases.get(spelled)) is not None:
            return found, "alias"
        words = vocabulary()
        key = words.key(name)
        for candidate in (key, *words.relaxed(key)):
            found = self._by_key.get(candidate) or self._with_equipment(candidate)
            if found is not None:
                return found, "rule"
        return None, "unmapped"

    def _with_equipment(self, key: Key) -> str | None:
        """Return the exercise of a known name said with equipment: "Supino (Halteres)".

        The name without its equipment must be known whole, and the exercise it stands for must
        exist with that equipment under its own name.
        """
        said = key & self._equipment
        known = self._by_key.get(key - said) if said else None
        return None if known is None else self._by_key.get(self._stems[known] | said)

    @cached_property
    def _equipment(self) -> Key:
        keys = map(vocabulary().key, self.exercises["equipment"].unique())
        return frozenset(word for key in keys if len(key) == 1 for word in key)

    @cached_property
    def _stems(self) -> dict[str, Key]:
        """Exercise id -> its normalised name without the equipment in brackets."""
        key = vocabulary().key
        named = self.exercises.select("exercise_id", "name").iter_rows()
        return {found: key(name.partition(" (")[0]) for found, name in named}

    @cached_property
    def _by_key(self) -> dict[Key, str]:
        """Normalised names -> id; a key that two exercises share is left out."""
        return {key: ids[0] for key, ids in self.shared_keys().items() if len(ids) == 1}

    def shared_keys(self) -> dict[Key, list[str]]:
        """Return every normalised name with the exercises that go by it."""
        key = vocabulary().key
        ids: dict[Key, list[str]] = {}
        for names in (self.names, self.aliases):
            for name, exercise_id in names.items():
                known = ids.setdefault(key(name), [])
                if exercise_id not in known:
                    known.append(exercise_id)
        return ids

    @cached_property
    def _keys_of_spelled(self) -> dict[str, str]:
        return {" ".join(sorted(key)): found for key, found in self._by_key.items()}

    @cached_property
    def _spelled(self) -> list[str]:
        return sorted(self._keys_of_spelled)


def read_csv(name: str) -> list[Record]:
    """Return the rows of one data file."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def movements() -> dict[str, Record]:
    """Return every movement with its roles, reason and source, by name."""
    return {row["movement"]: row for row in read_csv("movements.csv")}


def shipped() -> Catalogue:
    """Return the catalogue as shipped, without overrides."""
    moves = movements()
    entries = [
        row | {"mechanic": moves[row["movement"]]["mechanic"],
               "pattern": moves[row["movement"]]["pattern"]}
        for path in sorted(DATA.glob("exercises_*.csv"))
        for row in read_csv(path.name)
    ]  # fmt: skip
    roles = [
        (entry["exercise_id"], muscle, role)
        for entry in entries
        for role in ROLES
        for muscle in moves[entry["movement"]][role].split()
    ]
    aliases = [row for path in sorted(DATA.glob("aliases_*.csv")) for row in read_csv(path.name)]
    return Catalogue(
        exercises=exercise_frame(entries),
        roles=role_frame(roles),
        muscles=pl.DataFrame(read_csv("muscles.csv")).cast({"order": pl.Int32}),
        names={row["name"].casefold(): row["exercise_id"] for row in entries},
        aliases={row["alias"].casefold(): row["exercise_id"] for row in aliases},
    )


def exercise_frame(entries: list[Record]) -> pl.DataFrame:
    """Return the `exercises` frame of these entries."""
    columns = {column: [entry[column] for entry in entries] for column in _EXERCISE}
    return pl.DataFrame(columns, schema=dict.fromkeys(_EXERCISE, pl.String))


def role_frame(roles: list[tuple[str, str, str]]) -> pl.DataFrame:
    """Return the `roles` frame of (exercise_id, muscle, role) rows."""
    schema = dict.fromkeys(("exercise_id", "muscle", "role"), pl.String)
    return pl.DataFrame(roles, schema=schema, orient="row")
