"""The user's own `exercises.toml`: names, roles and whole entries that win over the catalogue."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from analysis import settings
from analysis.exercises.catalogue import ROLES, Catalogue, exercise_frame, role_frame
from analysis.problems import SettingsError, did_you_mean
from analysis.schema import LOAD_BASES
from analysis.settings import Settings

NAMED = settings.Needed("an exercise needs a name", 'add name = "…"')


class ExerciseTable(Settings):
    """One `[exercises.<new id>]`."""

    name: Annotated[str, settings.TEXT, NAMED]
    equipment: Annotated[str, settings.TEXT] = "unspecified"
    mechanic: Annotated[str, settings.word(("compound", "isolation", "other"))] = "other"
    laterality: Annotated[str, settings.word(("bilateral", "unilateral"))] = "bilateral"
    load_basis: Annotated[str, settings.word(tuple(LOAD_BASES))] = "external"
    pattern: Annotated[str, settings.TEXT] = "other"


MUSCLES = settings.Rule(
    lambda v: isinstance(v, str) or settings.NAMES.holds(v),
    "muscles, a list of names in quotes",
    remedy='write direct = ["quads"]',
    into=lambda v: [v] if isinstance(v, str) else list(v),
)


class RolesTable(Settings):
    """One `[roles.<id>]`."""

    direct: Annotated[list[str], MUSCLES] = Field(default=[])
    indirect: Annotated[list[str], MUSCLES] = Field(default=[])
    stabiliser: Annotated[list[str], MUSCLES] = Field(default=[])


class OverridesFile(Settings):
    """What an `exercises.toml` holds."""

    names: dict[str, Annotated[str, settings.TEXT]] = Field(default={})
    exercises: dict[str, ExerciseTable] = Field(default={})
    roles: dict[str, RolesTable] = Field(default={})


def apply(catalogue: Catalogue, text: str, file: str = "exercises.toml") -> Catalogue:
    """Return the catalogue with the overrides of a TOML text.

    Args:
        catalogue: what to override.
        text: the content of an `exercises.toml`.
        file: its name, for errors.

    Raises:
        SettingsError: the text is no TOML, or an entry breaks a rule.
    """
    said = settings.read(text, file, OverridesFile)
    added = [{"exercise_id": key, **each.model_dump()} for key, each in said.exercises.items()]
    exercises = pl.concat(
        [catalogue.exercises, exercise_frame(added)] if added else [catalogue.exercises]
    ).unique("exercise_id", keep="last", maintain_order=True)
    ids = set(exercises["exercise_id"])
    muscles = set(catalogue.muscles["muscle"])
    for key in said.roles:
        _known(f'roles."{key}"', key, ids, file)
    roles = [row for key, value in said.roles.items() for row in _roles(key, value, muscles, file)]
    replaced = list(said.roles)
    for name, target in said.names.items():
        _known(f'names."{name}"', target, ids, file)
    return replace(
        catalogue,
        exercises=exercises,
        roles=pl.concat(
            [catalogue.roles.filter(~pl.col("exercise_id").is_in(replaced)), role_frame(roles)]
        ),
        names={**catalogue.names, **{row["name"].casefold(): row["exercise_id"] for row in added}},
        overridden=said.model_dump(exclude_unset=True),
    )


def _roles(
    exercise_id: str, said: RolesTable, muscles: set[str], file: str
) -> list[tuple[str, str, str]]:
    rows: dict[str, str] = {}
    for role in ROLES:
        for muscle in getattr(said, role):
            if muscle not in muscles or muscle in rows:
                rule = "named twice" if muscle in rows else "no such muscle"
                near = "" if muscle in rows else did_you_mean(str(muscle), muscles)
                remedy = near or f"use each once, from {', '.join(sorted(muscles))}"
                raise SettingsError(file, f'roles."{exercise_id}".{role}', muscle, rule, remedy)
            rows[muscle] = role
    return [(exercise_id, muscle, role) for muscle, role in rows.items()]


def _known(key: str, exercise_id: Any, ids: set[str], file: str) -> None:
    if exercise_id not in ids:
        rule = "no exercise has this id"
        remedy = (
            did_you_mean(str(exercise_id), ids)
            or "use an id of the catalogue or define it under [exercises.<id>]"
        )
        raise SettingsError(file, key, exercise_id, rule, remedy)
