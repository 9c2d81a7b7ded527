"""Files of settings in TOML: one reader, every key checked, every error with its place.

What holds is, in this order: the command line, the file beside the logs, the defaults. A file is
described by a model, a class of `Settings`; what a key may hold stands in its description, and is
what an error says was expected.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.problems import SettingsError, did_you_mean

M = TypeVar("M", bound="Settings")


class Settings(BaseModel):
    """What a file of settings may hold; unknown keys are errors, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def read(text: str, file: str, model: type[M]) -> M:
    """Return the settings of a TOML text; `file` is its name.

    Raises:
        SettingsError: the text is no TOML, a key is unknown, or a value is not what its
            description says; the first of them is named.
    """
    return of_model(parse_toml(text, file), file, model)


def of_model(given: Mapping[str, Any], file: str, model: type[M], place: str = "") -> M:
    """Return a table as its model; `place` stands before its keys in an error.

    Raises:
        SettingsError: as `read`.
    """
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        raise _as_error(problem, file, model, place) from None


def _as_error(
    problem: ValidationError, file: str, model: type[Settings], before: str = ""
) -> SettingsError:
    first = problem.errors(include_url=False)[0]
    place = [part for part in first["loc"] if isinstance(part, str)]
    fields, field, key = model.model_fields, None, before
    for part in place:
        key += ("." if key and not key.endswith(".") else "") + (
            part if part in fields or part == place[0] else f'"{part}"'
        )
        field = fields.get(part, field)
        inner: Any = field.annotation if field is not None and part in fields else None
        if isinstance(inner, type) and issubclass(inner, BaseModel) and part != place[-1]:
            fields = inner.model_fields
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(place[-1], fields) or f"known are {', '.join(fields)}"
        return SettingsError(file, key, first["input"], "no such setting", hint)
    if first["type"] in ("dict_type", "model_type"):
        return SettingsError(file, key, first["input"], f"expected a table, [{key}]")
    rule = (field.description if field is not None else None) or first["msg"]
    return SettingsError(file, key, first["input"], rule)


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """Return the tables of a text; `file` is its name.

    Raises:
        SettingsError: the text is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        said = "not valid TOML", "correct that line"
        raise SettingsError(file, "file", str(problem), *said) from None


def no_others(file: str, place: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise SettingsError at the first key that is not known; `place` stands before the key."""
    for key, value in given.items():
        if key not in known:
            hint = did_you_mean(key, known) or f"known are {', '.join(known)}"
            raise SettingsError(file, f"{place}{key}", value, "no such setting", hint)


def table(file: str, key: str, value: object) -> Mapping[str, Any]:
    """Return a value that must be a table, or raise SettingsError."""
    if not isinstance(value, dict):
        raise SettingsError(file, key, value, f"expected a table, [{key}]")
    return value
