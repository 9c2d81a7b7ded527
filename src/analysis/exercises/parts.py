"""Reading a name that no list holds by its parts: movement, equipment, position, grip, side.

"Behind Back Cuffed Lateral Raises" is a raise, to the side; the rest says how it is done. The
vocabulary is data: `parts.csv` has the parts, `parts_<language>.csv` the words for them, and
`rules.csv` says which parts make which movement. A name is read in one language at a time, each
with English, and every word must be known. Where two rules or two languages disagree on the
muscles, where a part is left over, or where two postures or two pieces of equipment are said,
nothing is read. Likeness of letters decides nothing. docs/exercises.md says how well this reads.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import product
from pathlib import Path

from analysis.exercises.names import plain, singular

DATA = Path(__file__).parent / "data"

SIGNIFICANT = ("head", "body", "shape")
"""Slots whose parts a rule must need or allow. A part of another slot may stand in any name."""

ONE_ONLY = ("equipment", "posture", "side")
"""Slots that hold one part at most: two postures in a name are two exercises, or a slip."""

IMPLIED = {
    "cable": {"barbell", "machine", "ez_bar"},
    "machine": {"barbell"},
    "smith_machine": {"barbell", "machine"},
    "ez_bar": {"barbell"},
    "trap_bar": {"barbell"},
    "safety_bar": {"barbell"},
    "landmine": {"barbell"},
    "plate": {"weighted"},
    "dumbbell": {"weighted"},
    "kettlebell": {"weighted"},
    "suspension": {"bodyweight"},
    "rings": {"bodyweight"},
}
"""Equipment -> equipment that goes without saying beside it: the cable's bar, the smith's."""

ENGLISH = "en"

UNSPECIFIED = "unspecified"
"""Equipment of a name that does not say it, as in the catalogue."""

COMPOUNDING = ("de", "sv")
"""Languages that write words together: kurzhantel|bankdrücken."""

_NUMBER = re.compile(
    r"\d+(st|nd|rd|th|s|sec|min|mm|cm|in|ft|kg|lb|lbs|ct|deg|x|x\d+|rep|reps|rm)?"
)
_SHORTEST = 3  # letters of a word inside a compound

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of `rules.csv`.

    Attributes:
        movement: of `movements.csv`; empty where these parts are ambiguous and nothing is read.
        needs: parts that must be there.
        allows: other significant parts that may be there.
    """

    movement: str
    needs: frozenset[str]
    allows: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a name says.

    Attributes:
        movement: of `movements.csv`.
        parts: the parts read, in the order of the name, without those that say nothing.
        equipment: as the catalogue says it; "unspecified" where the name does not.
        laterality: "unilateral" where one arm, one leg or alternation is said; else "".
        language: the language it was read in.
    """

    movement: str
    parts: Parts
    equipment: str
    laterality: str
    language: str


@dataclass(frozen=True)
class Grammar:
    """The vocabulary and the rules, ready to use.

    Attributes:
        slots: part -> slot.
        rules: in the order of `rules.csv`.
        forms: language -> plain words of a form, joined by blanks -> its parts. Each language
            holds English too; its own meaning of a form wins.
        own: language -> the forms that its own file gives.
        effect: movement -> what is the same for two movements that work the same muscles.
    """

    slots: dict[str, str]
    rules: tuple[Rule, ...]
    forms: dict[str, dict[str, Parts]]
    own: dict[str, frozenset[str]]
    effect: dict[str, object]

    def read(self, name: str) -> Reading | None:
        """Return what a name says, or None where it is silent, ambiguous or not understood."""
        words = plain(name).split()
        english = all(known is not None for _, known in self.cut(words, ENGLISH))
        found: dict[Parts, Reading | None] = {}
        for language in self.forms:
            if self._is_foreign(words, language, english):
                continue
            parts = self.parts(words, language)
            if parts is not None and parts not in found:
                found[parts] = self._reading(parts, language)
        read = [reading for reading in found.values() if reading is not None]
        if len({self.effect[one.movement] for one in read}) != 1:
            return None
        one = read[0]
        agreed = len({other.equipment for other in read}) == 1  # halter: a dumbbell or a barbell
        return one if agreed else replace(one, equipment=UNSPECIFIED)

    def parts(self, words: list[str], language: str) -> Parts | None:
        """Return the parts of a name in a language; None where a word is unknown.

        None too where no word is the language's own: an English name is not Italian for holding
        a word that Italians borrowed.
        """
        parts: list[str] = []
        own = language == ENGLISH
        for piece, known in self.cut(words, language):
            if known is None:
                return None
            parts += known
            own = own or piece not in self.own[ENGLISH]
        return tuple(dict.fromkeys(parts)) if own else None

    def known_parts(self, name: str) -> frozenset[str]:
        """Return the parts that a name says for certain, unknown words left aside.

        Read in the language that leaves the fewest words unknown.
        """
        words = plain(name).split()
        best: tuple[int, frozenset[str]] | None = None
        for language in self.forms:
            if self._is_foreign(words, language):
                continue
            known = [parts for _, parts in self.cut(words, language)]
            unknown = sum(parts is None for parts in known)
            if best is None or unknown < best[0]:
                best = unknown, frozenset(part for parts in known for part in parts or ())
            if unknown == 0:
                break
        return best[1] if best is not None else frozenset()

    def cut(self, words: list[str], language: str) -> Iterator[tuple[str, Parts | None]]:
        """Yield the pieces of a name, each with its parts; the longest known form wins.

        A number says nothing. An unknown word yields None.
        """
        forms = self.forms[language]
        at = 0
        while at < len(words):
            for width in range(min(self._widest, len(words) - at), 0, -1):
                piece = words[at : at + width]
                known = forms.get(" ".join(piece))
                if known is None:
                    known = forms.get(" ".join([*piece[:-1], singular(piece[-1])]))
                if known is not None:
                    break
            else:
                width, piece = 1, words[at : at + 1]
                if _NUMBER.fullmatch(words[at]):
                    known = ()
                elif language in COMPOUNDING:
                    known = self._compound(words[at], language)
            yield " ".join(piece), known
            at += width

    def movement(self, parts: Iterable[str]) -> str | None:
        """Return the movement of these parts, by the most specific rules that fit."""
        said = frozenset(parts)
        significant = self.significant(said)
        fitting = [
            rule
            for part in said
            for rule in self._rules_of.get(part, ())
            if rule.needs <= said and significant <= rule.needs | rule.allows
        ]
        best = [rule for rule in fitting if not any(rule.needs < other.needs for other in fitting)]
        agree = {self.effect.get(rule.movement) for rule in best}
        return best[0].movement if len(agree) == 1 and best[0].movement else None

    def significant(self, parts: Iterable[str]) -> frozenset[str]:
        """Return the parts that tell one movement from another."""
        return frozenset(part for part in parts if self.slots[part] in SIGNIFICANT)

    def _reading(self, parts: Parts, language: str) -> Reading | None:
        implied = {part for said in parts for part in IMPLIED.get(said, ())}
        parts = tuple(part for part in parts if part not in implied)
        of_slot: dict[str, list[str]] = {}
        for part in parts:
            of_slot.setdefault(self.slots[part], []).append(part)
        if any(len(of_slot.get(slot, ())) > 1 for slot in ONE_ONLY):
            return None
        movement = self.movement(parts)
        if movement is None:
            return None
        machine = "machine" if "brand" in of_slot else UNSPECIFIED
        return Reading(
            movement=movement,
            parts=tuple(part for part in parts if self.slots[part] not in ("modifier", "brand")),
            equipment=of_slot.get("equipment", [machine])[0].replace("_", " "),
            laterality="unilateral" if "side" in of_slot else "",
            language=language,
        )

    def _compound(self, word: str, language: str) -> Parts | None:
        """Return the parts of a word made of known words, at least one of the language's own."""
        forms, own = self.forms[language], self.own[language]

        def split(rest: str) -> tuple[str, ...] | None:
            for end in range(len(rest), _SHORTEST - 1, -1):
                if rest[:end] in forms:
                    after = () if end == len(rest) else split(rest[end:])
                    if after is not None:
                        return (rest[:end], *after)
            return None

        pieces = split(word) or ()
        if own.isdisjoint(pieces):
            return None
        return tuple(part for piece in pieces for part in forms[piece])

    def _is_foreign(self, words: list[str], language: str, english: bool = False) -> bool:
        """Whether no word can be of the language, said without reading the name.

        Compounds are no words of a file, so a language that has them is foreign only where
        every word is known to be English.
        """
        if language == ENGLISH or (language in COMPOUNDING and not english):
            return False
        return self._words_of[language].isdisjoint(words)

    @cached_property
    def _words_of(self) -> dict[str, frozenset[str]]:
        """Language -> every word that occurs in a form of its own file."""
        return {
            language: frozenset(word for form in own for word in form.split())
            for language, own in self.own.items()
        }

    @cached_property
    def _widest(self) -> int:
        return max(form.count(" ") + 1 for forms in self.forms.values() for form in forms)

    @cached_property
    def _rules_of(self) -> dict[str, list[Rule]]:
        """The part that the fewest rules need -> the rules: each rule stands once."""
        times: dict[str, int] = {}
        for rule in self.rules:
            for part in rule.needs:
                times[part] = times.get(part, 0) + 1
        rules: dict[str, list[Rule]] = {}
        for rule in self.rules:
            rules.setdefault(min(rule.needs, key=lambda part: (times[part], part)), []).append(
                rule
            )
        return rules


def read_csv(file: str) -> list[dict[str, str]]:
    """Return the rows of a data file of this room."""
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def languages() -> list[str]:
    """Return the languages that have a file of words, English first."""
    found = sorted(path.stem.removeprefix("parts_") for path in DATA.glob("parts_*.csv"))
    return sorted(found, key=lambda language: language != ENGLISH)


@cache
def grammar() -> Grammar:
    """Return the shipped grammar, read once."""
    slots = {row["part"]: row["slot"] for row in read_csv("parts.csv")}
    words = {language: _forms(f"parts_{language}.csv") for language in languages()}
    movements = read_csv("movements.csv")
    return Grammar(
        slots=slots,
        rules=tuple(_rules()),
        forms={language: {**words[ENGLISH], **own} for language, own in words.items()},
        own={language: frozenset(own) for language, own in words.items()},
        effect={row["movement"]: (row["direct"], row["indirect"]) for row in movements},
    )


def _forms(file: str) -> dict[str, Parts]:
    return {
        plain(form): tuple(row["part"].split("+"))
        for row in read_csv(file)
        for form in row["forms"].split(",")
    }


def _rules() -> Iterator[Rule]:
    """Yield the rules; `a/b` among the needs is one rule with a and one with b."""
    for row in read_csv("rules.csv"):
        allows = frozenset(row["allows"].split())
        for needs in product(*(need.split("/") for need in row["needs"].split())):
            yield Rule(row["movement"], frozenset(needs), allows)
