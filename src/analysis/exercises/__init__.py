"""From an exercise name to the muscles it works, by role; every guess listed, none made.

`load()` returns the catalogue; `Catalogue.match` maps the names of an export by override, exact
name, alias or normalising rule, and leaves the rest unmapped. Sources: docs/exercises.md.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from analysis.exercises.catalogue import ROLES, Catalogue, shipped
from analysis.exercises.overrides import write_overrides

__all__ = ["ROLES", "Catalogue", "load", "write_overrides"]


def load(overrides: Path | None = None) -> Catalogue:
    """Return the exercise catalogue, with the user's overrides where a file is given.

    Args:
        overrides: an `exercises.toml` as `write_overrides` makes it; read again when its
            content changes.

    Returns:
        The catalogue; the same object for the same content.

    Raises:
        SettingsError: an entry of the file breaks a rule; the message names file, key, value,
            rule and what to do.
    """
    if overrides is None:
        return _shipped()
    return _overridden(overrides, overrides.read_text("utf-8"))


@cache
def _shipped() -> Catalogue:
    return shipped()


@cache
def _overridden(path: Path, text: str) -> Catalogue:
    from analysis.exercises.corrections import apply  # loads pydantic, which few runs need

    return apply(_shipped(), text, path.name)
