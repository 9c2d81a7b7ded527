"""A pass over the buckets of a store: one piece of work a bucket, whoever does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from analysis.progress import Stages, Tell
from analysis.workers import Lost, Workers, mapped, merged


class Piece(Protocol):
    """One bucket's work."""

    @property
    def bucket(self) -> int:
        """The bucket's number."""


P = TypeVar("P", bound=Piece)
R = TypeVar("R")


def passed(
    step: Callable[[P], R],
    pieces: Sequence[P],
    who: Workers,
    tell: Tell,
    which: str,
    stages: Stages,
) -> tuple[dict[int, R], list[str]]:
    """Do a pass; return what each bucket gave, and the names of those that were lost.

    Args:
        step: what to do for a bucket.
        pieces: the buckets' work.
        who: who does it.
        tell: gets the buckets done, how many there are, and the rate and time left.
        which: what the pass is called there.
        stages: gets what the workers spend.
    """
    found = mapped(
        step, pieces, who, name=_name, stages=stages,
        tell=lambda done, total, what: tell(done, total, f"{which} {what}"),
    )  # fmt: skip
    given = {
        piece.bucket: each
        for piece, each in zip(pieces, found, strict=True)
        if not isinstance(each, Lost)
    }
    return given, [each.name for each in merged(found)[1]]


def _name(piece: Piece) -> str:
    return f"bucket {piece.bucket}"
