"""The page's words: which terms occur on it, what they mean, and a link at their first use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True)
class Term:
    """A term, its spellings and its meaning in a sentence."""

    id: str
    term: str
    words: tuple[str, ...]
    text: str


@cache
def default_terms() -> tuple[Term, ...]:
    """Return the terms of `glossary.toml`."""
    text = files("analysis.report").joinpath("glossary.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["term"]
    return tuple(Term(**{**entry, "words": tuple(entry["words"])}) for entry in entries)


def own_terms(glossary: Mapping[str, str]) -> tuple[Term, ...]:
    """Return terms given as term -> meaning."""
    return tuple(
        Term(re.sub(r"\W+", "-", term.lower()).strip("-"), term, (term,), text)
        for term, text in glossary.items()
    )


_MINUS = re.compile(r"(?<![\w.)-])-(?=\d)")


class Glossary:
    """Marks terms in running text and remembers which were used."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._by_word = {word.lower(): term for term in terms for word in term.words}
        longest_first = sorted(self._by_word, key=lambda word: (-len(word), word))
        words = "|".join(re.escape(word) for word in longest_first)
        self._pattern = re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.I) if words else None
        self._used: dict[str, Term] = {}

    @property
    def used(self) -> list[Term]:
        """Terms that occurred so far, by alphabet."""
        return sorted(self._used.values(), key=lambda term: term.term.lower())

    def mark(self, text: str) -> Markup:
        """Return escaped text in which the first use of each term on the page is a link.

        A hyphen before a number becomes a minus sign, as in the tables.
        """
        if isinstance(text, Markup):
            return text
        text = _MINUS.sub("\N{MINUS SIGN}", text)
        if self._pattern is None:
            return escape(text)
        pieces, end = [], 0
        for match in self._pattern.finditer(text):
            pieces += [escape(text[end : match.start()]), self._link(match.group())]
            end = match.end()
        return Markup("").join([*pieces, escape(text[end:])])

    def _link(self, word: str) -> Markup:
        term = self._by_word[word.lower()]
        if term.id in self._used:
            return escape(word)
        self._used[term.id] = term
        link = '<a class="term" href="#term-{}" title="{}">{}</a>'
        return Markup(link).format(term.id, term.text, word)
