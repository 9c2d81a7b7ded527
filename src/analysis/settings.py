"""Files of settings in TOML: read whole, every key checked, every error with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from analysis.problems import SettingsError, did_you_mean


def parse_toml(text: str, file: str, error: type[SettingsError] = SettingsError) -> dict[str, Any]:
    """Return the tables of a text; `file` is its name and `error` the class of its errors.

    Raises:
        SettingsError: the text is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise error(file, "file", str(problem), "not valid TOML", "correct that line") from None


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
