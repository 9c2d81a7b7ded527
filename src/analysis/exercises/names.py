"""How an exercise name is normalised before it is compared.

Two names that normalise to the same set of words are the same exercise: case, accents,
punctuation, brackets, word order, plurals and abbreviations do not count. Words that say nothing
about the exercise ("each side", "left") are dropped. The words are data, in
`data/words.toml`. Nothing here measures similarity: a name matches whole or not at all.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "data" / "words.toml"

Key = frozenset[str]
"""A normalised name: its words, without order or repetition."""

_LETTERS = str.maketrans({"’": "", "º": " ", "ß": "ss", "ø": "o", "ł": "l"})
_NOT_A_WORD = re.compile(r"[^0-9a-z]+")
_IRREGULAR = ("ches", "shes", "sses", "xes")


def plain(name: str) -> str:
    """Return the name in lower case without accents, punctuation or doubled blanks.

    >>> plain("Développé  Couché (Barre)")
    'developpe couche barre'
    """
    text = name.casefold()
    if not text.isascii():
        text = text.translate(_LETTERS)
        text = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in text if not unicodedata.combining(char))
    return _NOT_A_WORD.sub(" ", text.replace("'", "")).strip()


@dataclass(frozen=True, slots=True)
class Optional:
    """Words that may be dropped when the whole name is unknown with them.

    Attributes:
        words: what may go.
        unless: words beside which nothing may go.
    """

    words: Key
    unless: Key


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary of `words.toml`, ready to use.

    Attributes:
        phrases: first word -> (the words of a phrase, what they mean), longest first.
        meaning: one word -> what it means; grows with the words met.
        drop: words that say nothing about the exercise.
        implied: equipment -> the equipment that it includes.
        optional: what may be dropped when the whole name is unknown.
    """

    phrases: dict[str, list[tuple[list[str], list[str]]]]
    meaning: dict[str, list[str]]
    drop: Key
    implied: dict[str, Key]
    optional: tuple[Optional, ...]

    def key(self, name: str) -> Key:
        """Return the normalised words of a name."""
        words: set[str] = set()
        for word in self._joined(plain(name).split()):
            known = self.meaning.get(word)
            if known is None:
                single = singular(word)
                known = self.meaning[word] = self.meaning.get(single) or [single]
            words.update(known)
        for word in self.implied.keys() & words:
            words -= self.implied[word]
        return frozenset(words - self.drop) or frozenset(words)

    def relaxed(self, key: Key) -> Iterator[Key]:
        """Yield the key without the optional words it holds, fewest dropped first."""
        left = key
        for rule in self.optional:
            if not key & rule.unless and left & rule.words:
                left = left - rule.words
                if left:
                    yield left

    def _joined(self, words: list[str]) -> Iterator[str]:
        """Yield the words with every phrase replaced by what it means."""
        at = 0
        while at < len(words):
            for phrase, means in self.phrases.get(words[at], ()):
                if words[at : at + len(phrase)] == phrase:
                    yield from means
                    at += len(phrase)
                    break
            else:
                yield words[at]
                at += 1


@cache
def vocabulary() -> Words:
    """Return the vocabulary, read once."""
    data = tomllib.loads(WORDS.read_text("utf-8"))
    phrases: dict[str, list[tuple[list[str], list[str]]]] = {}
    for phrase, means in data["phrases"].items():
        words = plain(phrase).split()
        phrases.setdefault(words[0], []).append((words, means.split()))
    for known in phrases.values():
        known.sort(key=lambda entry: -len(entry[0]))
    return Words(
        phrases=phrases,
        meaning={word: means.split() for word, means in data["words"].items()},
        drop=frozenset(singular(word) for word in data["drop"]["words"]),
        implied={word: frozenset(others) for word, others in data["implied"].items()},
        optional=tuple(
            Optional(frozenset(map(singular, rule["words"])), frozenset(rule["unless"]))
            for rule in data["optional"]
        ),
    )


def singular(word: str) -> str:
    """Return an English word without its plural s: the same word where there is none."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-2] if word.endswith(_IRREGULAR) else word[:-1]
