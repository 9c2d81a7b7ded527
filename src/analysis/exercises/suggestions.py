"""What an unmapped name may mean: ids for a person to judge, never to map by.

The parts of a name that say its movement weigh most, then position and equipment, then letters.
By letters alone, a row machine is a rowing machine and a stiff-leg deadlift a hanging leg raise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz, process

from analysis.exercises.names import vocabulary
from analysis.exercises.parts import grammar

WEIGHTS = {"head": 4.0, "body": 2.0, "shape": 2.0, "equipment": 1.5, "posture": 1.0, "grip": 1.0,
           "side": 1.0}  # fmt: skip
"""Slot -> what a shared part counts; a part that only one of the names says costs half of it."""

_ALIKE = 55.0  # per cent of letters; below it two names have nothing to do with each other


def closest(
    name: str, spelled: Mapping[str, str], said: Mapping[str, frozenset[str]], limit: int
) -> list[str]:
    """Return the ids that a name most likely means, best first.

    Args:
        name: as logged.
        spelled: sorted words of every known name -> id.
        said: id -> parts that the exercise's name says.
        limit: how many ids at most.
    """
    wanted = " ".join(sorted(vocabulary().key(name)))
    letters: dict[str, float] = {}
    for text, _, _ in process.extract(
        wanted, spelled.keys(), scorer=fuzz.token_set_ratio, limit=None, score_cutoff=_ALIKE
    ):
        alike = fuzz.token_sort_ratio(wanted, text) / 100
        letters[spelled[text]] = max(alike, letters.get(spelled[text], 0.0))
    parts = grammar().known_parts(name)
    same = _of_one_movement(parts, said)
    scores = letters
    if same:
        scores = {
            found: _weight(parts & said[found])
            - _weight(parts ^ said[found]) / 2
            + letters.get(found, 0.0)
            for found in same
        }
    return sorted(scores, key=lambda found: (-scores[found], found))[:limit]


def _of_one_movement(parts: frozenset[str], said: Mapping[str, frozenset[str]]) -> list[str]:
    """Return the exercises that share the name's head, or its body part where it has no head."""
    slots = grammar().slots
    for slot in ("head", "body"):
        wanted = {part for part in parts if slots[part] == slot}
        same = [found for found, theirs in said.items() if wanted & theirs]
        if same:
            return same
    return []


def _weight(parts: Iterable[str]) -> float:
    slots = grammar().slots
    return sum(WEIGHTS.get(slots[part], 0.0) for part in parts)
