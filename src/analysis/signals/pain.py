"""Notes with a word of pain or injury, in seven languages, by rule.

A rule is a whole word or phrase; negations such as "no pain" are taken out first. Soreness is
apart: it is expected after training, so alone it is a notice. A rule cannot tell a joke from a
complaint: the note is shown to the coach, who can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from analysis.measures import counting
from analysis.say import count
from analysis.signals.detectors import Finding, Training
from analysis.signals.thresholds import Thresholds

PAIN: Mapping[str, str] = {
    "en": r"pain(s|ful|ed)?|hurt(s|ing)?|injur(y|ies|ed)|sprain(ed|s)?|strained|ach(e|es|ing|y)|"
    r"twing(e|es|ed)|tweak(ed|y)|tend[io]nitis|tendinopathy|inflamed|inflammation|pinched nerve|"
    r"impinge(d|ment)|sciatica|torn|tore|tear|surgery|discomfort|cramp(s|ed|ing)?|numb(ness)?|"
    r"pulled (a |my |the )?(muscle|hamstring|groin|calf|quad|pec|lat|back)",
    "de": r"schmerz(en|t|te|haft|hafte)?|[a-zäöü]+schmerzen|wehgetan|tut weh|tat weh|tun weh|"
    r"verletzt|verletzung(en)?|gezerrt|zerrung|entzündet|entzündung|zwickt|beschwerden|"
    r"operiert|operation",
    "fr": r"douleurs?|douloureu(x|se|ses)|blessure(s)?|blessée?|fait mal|mal (au|aux|à la)|"
    r"tendinite|déchirure|claquage|opérée?|opération|chirurgie",
    "es": r"dolor(es|ido|ida)?|duelen?|dolía|me dolió|molestias?|lesión|lesion(es|ado|ada)?|"
    r"tendinitis|desgarro|calambres?|cirugía|operad[oa]",
    "pt": r"dor(es)?|dolorid[oa]|doeu|doendo|dói|les(ão|ões|ionad[oa])|machu(quei|cad[oa])|"
    r"incômodo|tendinite|distensão|cãibras?|cirurgia|operad[oa]",
    "it": r"dolor(e|i|ante)|doloros[oa]|fa(ceva)? male|mi fa male|infortunat[oa]|infortunio|"
    r"fastidio|stiramento|tendinite|strappo|crampi?|operat[oa]|operazione",
    "nl": r"pijn(lijk)?|[a-z]+pijn|geblesseerd|last van|ontstoken|verrekt|geopereerd",
}
"""Words of pain, injury and surgery, by language; regular expressions of whole words."""

SORE: Mapping[str, str] = {
    "en": r"sore|soreness|doms",
    "de": r"muskelkater",
    "fr": r"courbatures?|courbaturée?",
    "es": r"agujetas",
    "pt": r"dor muscular tardia",
    "it": r"indolenzit[oaie]|indolenzimento",
    "nl": r"spierpijn",
}
"""Words of soreness, by language; where one holds a word of pain, it is soreness."""

DENIED = (
    r"(no|zero|without|w/o|less|pain free|not|(is|did|does|do|was)n['’]?t|never|no more|"
    r"kein(e|en)?|ohne|nicht|sans|pas de|plus de|aucune|sin|sem|n[ãa]o|senza|nessun|non|geen|"
    r"zonder|niet)"
)
"""Words that, just before, say that there is none."""


def pain(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the notes of the last weeks that hold a word of pain, one row per day and exercise.

    A note that stands on several exercises of a session is one row, with the first of them. The
    note is in the rows, for the client's own page; the sentence never quotes it. Pain of lifts
    that a known injury explains is a notice.
    """
    start = training.block_start(rule.pain_weeks)
    noted = (
        counting.named(training.sets, training.logbook.catalogue)
        .filter(pl.col("note").is_not_null(), pl.col("day") >= start)
        .unique(["day", "note"], keep="first", maintain_order=True)
        .sort("day", maintain_order=True)
        .with_columns(_words(PAIN).alias("pain"), _words(SORE).alias("sore"))
    )
    both = pl.concat_list("pain", "sore").list.unique(maintain_order=True)
    hits = noted.with_columns(both.list.join(", ").alias("words")).filter(pl.col("words") != "")
    if hits.is_empty():
        return
    in_pain = hits.filter(pl.col("pain").list.len() > 0)
    first: Any = hits["day"].min()
    last: Any = hits["day"].max()
    assert isinstance(last, date)
    where = ", ".join(dict.fromkeys(hits.sort("day", descending=True)["lift"].head(3)))
    what = "pain or injury" if in_pain.height else "soreness"
    sentence = (
        f"{count(hits.height, 'note')} with a word of {what} in the last {rule.pain_weeks} "
        f"weeks, the last on {last:%-d %B}: {where}."
    )
    sentence += training.hurt.known(hits["lift"])
    rows = hits.select("day", "lift", "words", "note").to_pandas()
    level = "attention" if in_pain.filter(training.hurt.free()).height else "notice"
    yield Finding(training.athlete, "pain note", level, sentence, rows, first, last)


def _words(rules: Mapping[str, str]) -> pl.Expr:
    any_of = _any_of(tuple(rules.values()))
    free = rf"(?i)\b{DENIED}[ -]+(\w+[ -]+){{0,1}}{any_of}\b|\b{any_of}[ -]?(free|frei|vrij)\b"
    told = pl.col("note").str.replace_all(free, " ")
    if rules is PAIN:
        told = told.str.replace_all(rf"(?i)\b{_any_of(tuple(SORE.values()))}\b", " ")
    return told.str.to_lowercase().str.extract_all(rf"\b{any_of}\b")


@cache
def _any_of(rules: tuple[str, ...]) -> str:
    return "(?:" + "|".join(rules) + ")"
