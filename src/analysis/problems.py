"""Errors that a user can mend: one clear sentence, and the exit code that goes with it."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from difflib import get_close_matches

FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class UserError(Exception):
    """Wrong usage: an option, a path or a settings file that cannot be used."""

    exit_code = 2


class PathError(UserError, FileNotFoundError):
    """A path that does not exist."""


class NoUsableDataError(UserError, ValueError):
    """Nothing under the given paths could be read.

    Attributes:
        said: why, file by file; the message is one line of each.
    """

    exit_code = 3

    def __init__(self, said: Iterable[object]) -> None:
        self.said = (said,) if isinstance(said, str) else tuple(said)
        super().__init__("\n".join(map(str, self.said)))


class OutputError(UserError, OSError):
    """What is to be written cannot be: no room, no right, or something else in its place."""


class UnreadableError(UserError, ValueError):
    """A file that is not what it should be, or damaged beyond reading; the message says why."""


class SettingsError(UserError, ValueError):
    """A key of a settings file breaks a rule; the message names file, key, value, rule, remedy."""

    def __init__(self, file: str, key: str, value: object, rule: str, remedy: str = "") -> None:
        then = f"; {remedy}" if remedy else ""
        super().__init__(f"{file}: {key} = {value!r}: {rule}{then}")


def is_disk_full(error: BaseException) -> bool:
    """Whether an error means that a disk, or one's share of it, is full.

    polars wraps the system's error, whose number then stands in the text only.
    """
    return getattr(error, "errno", None) in FULL or any(
        f"os error {number}" in str(error) for number in FULL
    )


def nearest(word: str, known: Iterable[str], most: int = 1) -> list[str]:
    """Return the names that are spelt most like a word, capitals aside; often none."""
    names = {name.casefold(): name for name in known}
    return [names[each] for each in get_close_matches(word.strip().casefold(), names, n=most)]


def did_you_mean(word: str, known: Iterable[str], most: int = 1) -> str:
    """Return "did you mean …?" with the names nearest to a word; empty where none is near."""
    near = nearest(word, known, most)
    return f"did you mean {' or '.join(near)}?" if near else ""
