"""The exercise catalogue: what every known exercise is, and which muscles it works in what role.

The tables live in `data/*.csv`, so that an anatomist can correct them without reading code. Roles
belong to a *movement* (`movements.csv`, one decision with its reason and source); an exercise is
one movement with one piece of equipment. A role is a word, never a number: the counting rule of
the volume measure turns it into sets (Pelland et al. 2024, doi 10.1007/s40279-025-02344-w).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import polars as pl

from analysis.exercises.names import Key, plain, vocabulary
from analysis.exercises.parts import DATA, UNSPECIFIED, Reading, grammar, read_csv

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
        read: ids of the entries that `with_parts` made -> what their names say.
    """

    exercises: pl.DataFrame
    roles: pl.DataFrame
    muscles: pl.DataFrame
    names: Mapping[str, str]
    aliases: Mapping[str, str]
    overridden: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    read: Mapping[str, Reading] = field(default_factory=dict)

    @property
    def overrides(self) -> Mapping[str, str]:
        """The user's own names -> id, as written; they win over everything."""
        return self.overridden.get("names", {})

    def match(self, names: Iterable[str]) -> pl.DataFrame:
        """Map names to exercises: override, exact, alias, rule, parts, else unmapped.

        `parts` needs the entries of `with_parts`, since such a name is an exercise of its own.

        Args:
            names: names as exports write them; repeats are matched once.

        Returns:
            One row per distinct name in order of first appearance: `exercise`, `exercise_id`
            (null when unmapped), `method`. Similarity never decides.
        """
        rows = [(name, *self._match(name)) for name in dict.fromkeys(names)]
        return pl.DataFrame(rows, schema=_MATCH, orient="row")

    def with_parts(self, names: Iterable[str]) -> Catalogue:
        """Return the catalogue with an entry for each name that only its parts explain.

        The entry has the muscles of the movement that the name says and a load basis where the
        catalogue knows that movement with that equipment. It is no known exercise: its id is its
        spelling, so each name keeps a strength history of its own, or partials and full range
        would be one line.

        Args:
            names: names as exports write them.
        """
        rows: dict[str, tuple[str, Reading]] = {}
        for name in sorted(set(names)):
            made = _id_of_spelling(name)
            if made in self.read or self._match(name)[0] is not None:
                continue
            if (reading := grammar().read(name)) is not None:
                rows.setdefault(made, (name, reading))
        if not rows:
            return self
        moves = movements()
        entries = [
            {
                "exercise_id": made,
                "name": name,
                "equipment": reading.equipment,
                "mechanic": moves[reading.movement]["mechanic"],
                "laterality": laterality_of(reading),
                "load_basis": load_basis_of(reading),
                "pattern": moves[reading.movement]["pattern"],
            }
            for made, (name, reading) in rows.items()
        ]
        roles = [
            (made, muscle, role)
            for made, (_, reading) in rows.items()
            for role in ROLES
            for muscle in moves[reading.movement][role].split()
        ]
        return replace(
            self,
            exercises=pl.concat([self.exercises, exercise_frame(entries)]),
            roles=pl.concat([self.roles, role_frame(roles)]),
            read={**self.read, **{made: reading for made, (_, reading) in rows.items()}},
        )

    def suggest(self, name: str, limit: int = 3) -> list[str]:
        """Return ids of the exercises that a name most likely means: for a person to judge.

        What the name says of the movement weighs more than its letters: a row machine is no
        rowing machine.
        """
        from analysis.exercises.suggestions import closest

        return closest(name, self._ids_of_spelled, self._said, limit)

    def likely_muscles(self, name: str) -> list[str]:
        """Return the muscle groups that every suggestion for a name trains directly.

        A name whose suggestions disagree trains nobody knows what, and gives none.
        """
        each = [self._direct.get(found, set()) for found in self.suggest(name)]
        agreed = set.intersection(*each) if each else set()
        return [muscle for muscle in self.muscles["group"].unique(maintain_order=True)
                if muscle in agreed]  # fmt: skip

    @cached_property
    def of_a_muscle(self) -> pl.Series:
        """The exercises that work any muscle group, as one list."""
        return self.muscle_roles["exercise_id"].unique().implode()

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Muscles as a coach says them, in their order, which is from the legs up."""
        return tuple(self.muscles.sort("order")["group"].unique(maintain_order=True))

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

    @cached_property
    def _direct(self) -> dict[str, set[str]]:
        """Exercise id -> the muscle groups that it trains directly."""
        groups: dict[str, set[str]] = {}
        direct = self.muscle_roles.filter(pl.col("role") == "direct")
        for found, muscle in direct.select("exercise_id", "muscle").iter_rows():
            groups.setdefault(found, set()).add(muscle)
        return groups

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
        if (made := _id_of_spelling(name)) in self.read:
            return made, "parts"
        return None, "unmapped"

    def _with_equipment(self, key: Key) -> str | None:
        """Return the exercise of a known name said with equipment: "Supino (Halteres)".

        The name without its equipment must be known whole, and the exercise it stands for must
        exist with that equipment under its own name, or be done with it anyway ("Push-Ups
        Bodyweight").
        """
        said = key & self._equipment
        known = self._by_key.get(key - said) if said else None
        if known is None:
            return None
        return self._by_key.get(self._stems[known] | said) or (
            known if self._done_with[known] == said else None
        )

    @cached_property
    def _equipment(self) -> Key:
        keys = map(vocabulary().key, self.exercises["equipment"].unique())
        return frozenset(word for key in keys if len(key) == 1 for word in key)

    @cached_property
    def _done_with(self) -> dict[str, Key]:
        """Exercise id -> its normalised equipment."""
        rows = self.exercises.select("exercise_id", "equipment").iter_rows()
        return {found: vocabulary().key(equipment) for found, equipment in rows}

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
    def _ids_of_spelled(self) -> dict[str, str]:
        """Words of every known name in alphabetical order, as one text -> id."""
        return {" ".join(sorted(key)): found for key, found in self._by_key.items()}

    @cached_property
    def _said(self) -> dict[str, frozenset[str]]:
        """Id of every listed exercise -> the parts that its name says."""
        listed = self.exercises.filter(~pl.col("exercise_id").is_in(list(self.read)))
        known = listed.select("exercise_id", "name").iter_rows()
        return {found: grammar().known_parts(name) for found, name in known}


def movements() -> dict[str, Record]:
    """Return every movement with its roles, reason and source, by name."""
    return {row["movement"]: row for row in read_csv("movements.csv")}


@cache
def _entries() -> tuple[Record, ...]:
    """Return the rows of every `exercises_*.csv`."""
    files = sorted(DATA.glob("exercises_*.csv"))
    return tuple(row for path in files for row in read_csv(path.name))


MUST_BE_SAID = ("assisted", "band")
"""Equipment that no name means without saying so."""


def load_basis_of(reading: Reading) -> str:
    """Return what a load counts where the catalogue leaves no choice, else "unknown".

    The exercises of the movement with that equipment must agree: first those whose names have the
    same head, body part, position and side (a goblet squat holds one dumbbell, a squat two), then
    all. Without equipment, all must agree, but for a lift of body mass and what is added to it:
    the catalogue's own name for it says no equipment either ("Pull Up").
    """
    said = grammar().significant(reading.parts)
    bare = reading.equipment == UNSPECIFIED
    able = [
        (row, parts)
        for row, parts in _of_movement(reading.movement)
        if row["equipment"] == reading.equipment or (bare and row["equipment"] not in MUST_BE_SAID)
    ]
    like = {
        row["load_basis"]
        for row, parts in able
        if parts == said
        and row["laterality"] == laterality_of(reading)
        and (not bare or "(" not in row["name"])
    }
    if len(like) == 1 and (not bare or like == {"added"}):
        return like.pop()
    every = {row["load_basis"] for row, _ in able} - {"assistance"}
    if every == {"added", "bodyweight"}:  # added with nothing added is body mass alone
        return "added"
    return every.pop() if len(every) == 1 else "unknown"


@cache
def _of_movement(movement: str) -> list[tuple[Record, frozenset[str]]]:
    """Return the exercises of a movement, each with the significant parts of its name."""
    words = grammar()
    return [
        (row, words.significant(words.known_parts(row["name"])))
        for row in _entries()
        if row["movement"] == movement
    ]


def laterality_of(reading: Reading) -> str:
    """Return the side said, else how every exercise of the movement is done."""
    known = {row["laterality"] for row, _ in _of_movement(reading.movement)}
    one_sided = reading.laterality or known == {"unilateral"}
    return "unilateral" if one_sided else "bilateral"


def _id_of_spelling(name: str) -> str:
    return f"parts-{plain(name).replace(' ', '-')}"


def shipped() -> Catalogue:
    """Return the catalogue as shipped, without overrides."""
    moves = movements()
    entries = [
        row | {"mechanic": moves[row["movement"]]["mechanic"],
               "pattern": moves[row["movement"]]["pattern"]}
        for row in _entries()
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
