"""How long work tells how far it is: a plain callback, so that no room needs to draw bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

Tell = Callable[[int, int, str], object]
"""Gets the steps done, the steps in all, and what comes next; may do with it what it likes."""


def silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""


def told(items: Sequence[T], tell: Tell, name: Callable[[T], str]) -> Iterator[T]:
    """Yield the items; before each, tell which one of how many it is."""
    for number, item in enumerate(items):
        tell(number, len(items), name(item))
        yield item
    tell(len(items), len(items), "")
