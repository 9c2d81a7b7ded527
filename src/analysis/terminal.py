"""What a terminal may be given: names come from other people, and may hold its commands."""

from __future__ import annotations


def printable(text: str, *, instead: str = "\N{REPLACEMENT CHARACTER}", keep: str = "\n") -> str:
    """Return text in which no character moves the cursor, changes colours or turns the line.

    Args:
        text: what is to be printed.
        instead: stands for each such character.
        keep: those that are let through.

    >>> printable("Ann" + chr(27) + "[2J", instead="?")
    'Ann?[2J'
    """
    return "".join(char if char.isprintable() or char in keep else instead for char in text)
