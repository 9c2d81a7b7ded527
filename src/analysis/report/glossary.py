"""The page's words: which terms occur on it, what they mean, and a link at their first use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from analysis.units import KG_PER


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


_LOAD = re.compile(r"(?<![\w.,])(\d[\d,]*(?:\.\d+)?)([ \u00a0])kg\b")
"""A load in a sentence."""


def loads_marked(escaped: str) -> Markup:
    """Return escaped text in which every load in kg follows the page's kg/lb switch.

    >>> loads_marked("Squat 1,020 kg × 5")
    Markup('Squat <span data-loose data-kg=1020>1,020</span> <span data-kg-head>kg</span> × 5')
    """
    return Markup(
        _LOAD.sub(
            lambda found: (
                f"<span data-loose data-kg={found[1].replace(',', '')}>{found[1]}</span>{found[2]}"
                "<span data-kg-head>kg</span>"
            ),
            escaped,
        )
    )


def loads_in(text: str, unit: str) -> str:
    """Return a sentence with its loads in this unit, for what no switch can change.

    >>> loads_in("Squat 100 kg × 5", "lb")
    'Squat 220.5 lb × 5'
    """
    if unit == "kg":
        return text

    def other(found: re.Match[str]) -> str:
        value = float(found[1].replace(",", "")) / KG_PER[unit]
        return f"{value:,.1f}".removesuffix(".0") + f"{found[2]}{unit}"

    return _LOAD.sub(other, text)


_MINUS = re.compile(r"(?<![\w.)-])-(?=\d)")


class Glossary:
    """Marks terms in running text and remembers which were used."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._by_word = {word.lower(): term for term in terms for word in term.words}
        longest_first = sorted(self._by_word, key=lambda word: (-len(word), word))
        words = "|".join(re.escape(word) for word in longest_first)
        self._pattern = re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.I) if words else None
        self._used: dict[str, Term] = {}
        self.has_loads = False

    @property
    def used(self) -> list[Term]:
        """Terms that occurred so far, by alphabet."""
        return sorted(self._used.values(), key=lambda term: term.term.lower())

    def mark(self, text: str) -> Markup:
        """Return escaped text in which the first use of each term on the page is a link.

        A hyphen before a number becomes a minus sign, as in the tables; loads follow the page's
        kg/lb switch.
        """
        if isinstance(text, Markup):
            return text
        text = _MINUS.sub("\N{MINUS SIGN}", text)
        pieces, end = [], 0
        for load in _LOAD.finditer(text):
            pieces += [self._terms(text[end : load.start()]), loads_marked(load.group())]
            end, self.has_loads = load.end(), True
        return Markup("").join([*pieces, self._terms(text[end:])])

    def _terms(self, text: str) -> Markup:
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
