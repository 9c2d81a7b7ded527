"""Words for months and for hours, minutes and seconds in every language, from the Unicode CLDR.

Apps write dates in the phone's language. The words come from babel, never from a list of our own;
the language of a file is the one that knows all of its words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

COMMON = (
    "en", "en_GB", "de", "fr", "es", "es_MX", "pt", "pt_PT", "it", "tr", "nl", "pl", "ru", "sv",
    "da", "nb", "fi", "cs", "uk", "ja", "zh", "zh_Hant", "ko", "hu", "ro", "el", "hr", "sr",
    "sr_Latn", "sk", "sl", "bg", "ca", "et", "lv", "lt", "he", "ar", "fa", "hi", "id", "ms", "vi",
    "th", "fil", "is", "fr_CA", "de_AT",
)  # fmt: skip
"""Languages that are tried first, in this order; all others after them."""

SHORTEST = 3
"""Letters of a month's name that may stand for the whole, where it has no other beginning."""


@dataclass(frozen=True, slots=True)
class Months:
    """What the words of a file mean.

    Attributes:
        numbers: word, as `plain` writes it -> month, 1 to 12.
        unknown: words that no language that knows the others has for a month.
        language: the English name of the language; empty where nothing is known.
    """

    numbers: Mapping[str, int]
    unknown: frozenset[str] = frozenset()
    language: str = ""


def plain(word: str) -> str:
    """Return a word as it is looked up: no capitals, no full stops."""
    return word.replace(".", "").replace("\u0307", "").casefold()


@cache
def months_of(language: str) -> Mapping[str, int]:
    """Return the names of the months of a language, all forms."""
    from babel import Locale

    found: dict[str, int] = {}
    for forms in Locale.parse(language).months.values():
        for width in ("abbreviated", "wide"):
            found |= {plain(str(name)): number for number, name in dict(forms[width]).items()}
    return found


@cache
def _all() -> tuple[str, ...]:
    from babel.localedata import locale_identifiers

    others = sorted(name for name in locale_identifiers() if re.fullmatch(r"[a-z]{2,3}", name))
    return (*COMMON, *(name for name in others if name not in COMMON and name != "root"))


def _month(word: str, language: str) -> int | None:
    names = months_of(language)
    if word in names:
        return names[word]
    if len(word) < SHORTEST:
        return None
    begun = {number for name, number in names.items() if name.startswith(word)}
    return begun.pop() if len(begun) == 1 else None


def read_months(words: Iterable[str]) -> Months:
    """Return what the words of one file mean.

    The language that knows most of them counts; what it does not know may be in another of the
    common languages, for phones change theirs. A word that languages which know as many take for
    different months stays unknown.
    """
    left = {plain(word) for word in words}
    numbers: dict[str, int] = {}
    names: list[str] = []
    while left:
        known = _known(left, (COMMON[:1], COMMON) if names else (COMMON[:1], COMMON, _all()))
        best = max(known, key=lambda name: len(known[name]))
        equal = [each for each in known.values() if len(each) == len(known[best])]
        agreed = {
            word: number
            for word, number in known[best].items()
            if all(each.get(word, number) == number for each in equal)
        }
        if not agreed:
            break
        numbers |= agreed
        left -= set(known[best])
        names.append(best)
    unknown = {plain(word) for word in words} - set(numbers)
    return Months(numbers, frozenset(unknown), _english(names[0]) if names else "")


def _known(words: set[str], rounds: Iterable[Sequence[str]]) -> dict[str, dict[str, int]]:
    """Return language -> word -> month, of the first languages among which one knows all words."""
    known: dict[str, dict[str, int]] = {}
    for languages in rounds:
        for name in languages:
            found = ((word, _month(word, name)) for word in words)
            known[name] = {word: number for word, number in found if number is not None}
        if any(len(each) == len(words) for each in known.values()):
            break
    return known


def _english(language: str) -> str:
    from babel import Locale

    return Locale.parse(language).get_display_name("en") or language


@cache
def units_of_time() -> Mapping[str, int]:
    """Return word -> seconds, for the words for hours, minutes and seconds in every language."""
    from babel import Locale

    votes: dict[str, Counter[int]] = {}
    for language in _all():
        patterns = Locale.parse(language)._data["unit_patterns"]
        for unit, seconds in (("hour", 3600), ("minute", 60), ("second", 1)):
            for forms in patterns.get(f"duration-{unit}", {}).values():
                for form in dict(forms).values():
                    word = plain(re.sub(r"[{}\d\s]", "", str(form)))
                    if word:
                        votes.setdefault(word, Counter())[seconds] += 1
    return {word: seconds.most_common(1)[0][0] for word, seconds in votes.items()}
