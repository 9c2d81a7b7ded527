"""How an exercise name is normalised before it is compared.

Two names that normalise to the same set of words are the same exercise: case, accents,
punctuation, brackets, word order, plurals and abbreviations do not count. Words that say nothing
about the exercise ("each side", "machine's old name") are dropped. The words are data, in
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

_NOT_A_WORD = re.compile(r"[^0-9a-z]+")
_IRREGULAR = ("ches", "shes", "sses", "xes")


def plain(name: str) -> str:
    """Return the name in lower case without accents, punctuation or doubled blanks.

    >>> plain("Développé  Couché (Barre)")
    'developpe couche barre'
    """
    text = name.casefold()
    if not text.isascii():
        text = text.replace("’", "").replace("ß", "ss").replace("ø", "o").replace("ł", "l")
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
    """The vocabulary of `words.toml`, compiled."""

    phrases: re.Pattern[str]
    phrase_means: dict[str, str]
    word_means: dict[str, tuple[str, ...]]
    drop: Key
    optional: tuple[Optional, ...]

    def key(self, name: str) -> Key:
        """Return the normalised words of a name."""
        text = self.phrases.sub(lambda found: self.phrase_means[found[0]], plain(name))
        means = self.word_means
        words: set[str] = set()
        for word in text.split():
            known = means.get(word) or means.get(singular := _singular(word)) or (singular,)
            words.update(known)
        return frozenset(words - self.drop) or frozenset(words)

    def relaxed(self, key: Key) -> Iterator[Key]:
        """Yield the key without the optional words it holds, fewest dropped first."""
        left = key
        for rule in self.optional:
            if not key & rule.unless and left & rule.words:
                left = left - rule.words
                if left:
                    yield left


@cache
def vocabulary() -> Words:
    """Return the vocabulary, read once."""
    data = tomllib.loads(WORDS.read_text("utf-8"))
    phrases = {plain(phrase): word for phrase, word in data["phrases"].items()}
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return Words(
        phrases=re.compile(rf"\b(?:{'|'.join(longest_first)})\b"),
        phrase_means=phrases,
        word_means={word: tuple(mean.split()) for word, mean in data["words"].items()},
        drop=frozenset(data["drop"]["words"]),
        optional=tuple(
            Optional(frozenset(rule["words"]), frozenset(rule["unless"]))
            for rule in data["optional"]
        ),
    )


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-2] if word.endswith(_IRREGULAR) else word[:-1]
