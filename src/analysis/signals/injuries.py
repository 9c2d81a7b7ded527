"""What an injury explains: the lifts that work a muscle at the part that hurts, and no other.

A hurt knee explains a squat that stands still, and no bench press that does. Sessions and weekly
sets are of the whole body: a part that hurts is named beside them, and explains neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from analysis.logbook import Injury, Logbook

MUSCLES_AT: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"upper back|oberer rücken|trap(s|ezius)?", ("upper_back", "traps")),
    (r"lower back|low back|back|spine|disc|disk|lumbar|sciatica|(unterer )?rücken|kreuz|dos|"
     r"lombaires?|espalda|lumbar(es)?|costas|lombar|schiena|(onder)?rug", ("lower_back",)),
    (r"knees?|patella|meniscus|acl|knie|meniskus|genoux?|rodillas?|joelhos?|ginocchi[oa]",
     ("quads", "hamstrings")),
    (r"hips?|hüften?|hanches?|caderas?|quadril|anc[ah]e?|heup(en)?",
     ("glutes", "hamstrings", "adductors", "abductors")),
    (r"groins?|adductors?|leiste|aine|ingles?|virilha|inguine|lies", ("adductors",)),
    (r"ankles?|achilles|foot|feet|toes?|knöchel|fuß(gelenk)?|fuss|sprunggelenk|chevilles?|pied|tobillos?|pie|"
     r"tornozelos?|pé|caviglie?|caviglia|piede|enkels?|voet", ("calves", "tibialis")),
    (r"cal(f|ves)|waden?|mollets?|gemelos?|panturrilhas?|polpacci[oa]|kuit(en)?", ("calves",)),
    (r"shins?|schienbein", ("tibialis",)),
    (r"quads?|quadriceps|thighs?|oberschenkel|cuisses?|muslos?|coxas?|coscia|dij", ("quads",)),
    (r"hamstrings?|beinbeuger|ischios?|isquios?|femoral", ("hamstrings",)),
    (r"glutes?|gesäß|fessiers?|glúteos?|glutei", ("glutes",)),
    (r"shoulders?|rotator cuff|delts?|ac joint|schultern?|épaules?|hombros?|ombros?|spall[ae]|"
     r"schouders?", ("front_delts", "side_delts", "rear_delts", "chest")),
    (r"chest|pecs?|pectoral|brust|poitrine|pecho|peito|petto|borst", ("chest",)),
    (r"lats?|latissimus", ("lats",)),
    (r"elbows?|ellenbogen|ellbogen|coudes?|codos?|cotovelos?|gomit[oi]|ellebo(o|og)g?",
     ("biceps", "triceps", "forearms")),
    (r"wrists?|hands?|fingers?|thumbs?|handgelenke?|hand|daumen|poignets?|muñecas?|punhos?|"
     r"pols[oi]|pols", ("forearms", "biceps", "triceps")),
    (r"forearms?|unterarme?|avant-bras|antebrazos?|antebraços?|avambracci[oa]", ("forearms",)),
    (r"biceps", ("biceps",)),
    (r"triceps|trizeps", ("triceps",)),
    (r"necks?|nacken|hals|cou|nuque|cuello|pescoço|collo|nek", ("neck", "traps")),
    (r"abs|abdom(en|inal)|hernia|ribs?|obliques?|bauch|rippen?|leistenbruch",
     ("abs", "obliques")),
)  # fmt: skip
"""Words of a part (en, de, fr, es, pt, it, nl) and the muscles there; the first that is said of
a longer and a shorter name holds ("upper back", "back"). Joints stand for what moves them."""


def muscles_at(what: str) -> tuple[str, ...]:
    """Return the muscles at the parts that an injury names; none where it names no known part.

    >>> muscles_at("left knee"), muscles_at("upper back"), muscles_at("flu")
    (('quads', 'hamstrings'), ('upper_back', 'traps'), ())
    """
    rest = what.casefold()
    found: list[str] = []
    for words, muscles in MUSCLES_AT:
        rest, hits = re.subn(rf"(?<!\w)(?:{words})(?!\w)", " ", rest)
        found += muscles if hits else ()
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Hurt:
    """What hurts somebody on a day, and which of their lifts that explains.

    Attributes:
        injuries: those of the day.
        lifts: names of the lifts that work a muscle at a part that hurts.
        everything: whether an injury names no known part, and so may explain anything.
    """

    injuries: tuple[Injury, ...] = ()
    lifts: frozenset[str] = frozenset()
    everything: bool = False

    def explains(self, lift: str) -> bool:
        """Whether the lift works a part that hurts."""
        return self.everything or lift in self.lifts

    def free(self, lift: str = "lift") -> pl.Expr:
        """Whether the lift in a column works no part that hurts."""
        return pl.lit(not self.everything) & ~pl.col(lift).is_in(sorted(self.lifts))

    def known(self, lifts: Iterable[str] | None = None) -> str:
        """Return what hurts as the end of a sentence; "" where it explains none of the lifts.

        Without lifts the sentence is about all training, where what hurts is worth naming.
        """
        if not self.injuries or not (lifts is None or any(map(self.explains, lifts))):
            return ""
        told = ", ".join(f"{each.what} since {each.since:%-d %b %Y}" for each in self.injuries)
        vague = " (no known body part, so it holds every flag back)" if self.everything else ""
        return f" Known: {told}{vague}."


def hurt_on(logbook: Logbook, athlete: str, day: date) -> Hurt:
    """Return what hurts an athlete on a day, by what they or their coach say."""
    about = logbook.about.get(athlete)
    injuries = about.hurt(day) if about else ()
    if not injuries:
        return Hurt()
    at = [muscles_at(each.what) for each in injuries]
    works = logbook.catalogue.muscle_roles.filter(
        pl.col("muscle").is_in([muscle for each in at for muscle in each])
    )
    names = logbook.catalogue.exercises.join(works, on="exercise_id", how="semi")["name"]
    return Hurt(injuries, frozenset(names), not all(at))
