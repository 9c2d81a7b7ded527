"""Errors that a user can mend: one clear sentence, and the exit code that goes with it."""

from __future__ import annotations


class UserError(Exception):
    """Wrong usage: an option, a path or a settings file that cannot be used."""

    exit_code = 2


class PathError(UserError, FileNotFoundError):
    """A path that does not exist."""


class NoUsableDataError(UserError, ValueError):
    """Nothing under the given paths could be read; the message says why, file by file."""

    exit_code = 3
