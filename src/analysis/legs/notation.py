"""How coaches write an exercise on a line: what it holds, found piece by piece.

A line is a name with one or more schemes (`4x6`, `3 sets of 8`, `12,10,8`) and around them effort,
load, rest and tempo in any order. Every piece that is found is taken out of the line; what is left
before the first scheme is the name, or what is left behind it where nothing stands before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_NUMBER = r"\d+(?:[.,]\d+)?"
_RANGE = rf"(?P<low>{_NUMBER})(?:\s*[-–]\s*(?P<high>{_NUMBER}))?"

_REST = re.compile(
    r"\(?\b(?:rest|pause of|r)\s*[:=]?\s*\d[\d:.,]*(?:\s*[-–]\s*\d[\d:.,]*)?\s*"
    r"(?:seconds?|secs?|minutes?|mins?|[sm'\"])?(?:\s*rest)?\b\)?"
    r"|\(?\b\d[\d:.,]*(?:\s*[-–]\s*\d[\d:.,]*)?\s*(?:seconds?|secs?|minutes?|mins?|[sm'\"])?\s*"
    r"(?:of\s+)?rest\b\)?",
    re.IGNORECASE,
)
_TEMPO = re.compile(r"\(?\b(?:tempo|@)\s*[:=]?\s*[0-9xX](?:-?[0-9xX]){2,3}(?![\d.,%])\)?", re.I)
_PERCENT = re.compile(
    rf"@?\s*{_RANGE}\s*%(?:\s*(?:of\s+)?(?:1\s*RM|e1RM|TM|max|training max))?", re.IGNORECASE
)
_LOAD = re.compile(
    rf"(?:@|at|with|w/|\+)?\s*(?<![\w.]){_RANGE}\s*(?:kgs?|kilos?|lbs?|pounds?|#)(?![\w])",
    re.IGNORECASE,
)
_BODY = re.compile(r"(?:@|at|with)?\s*\b(?:BW|bodyweight)\b(?=\s*(?:[,;)@]|$))", re.IGNORECASE)
_EFFORT = (
    re.compile(rf"@?\s*\b(?P<scale>RIR|RPE)\s*[:=@]?\s*{_RANGE}", re.IGNORECASE),
    re.compile(rf"@?\s*(?<![\w.]){_RANGE}\s*(?P<scale>RIR|RPE)\b", re.IGNORECASE),
    re.compile(rf"@\s*{_RANGE}(?!\s*(?:%|kg|lb|s\b))(?P<scale>)"),
)
_SIDE = (
    r"\s*(?:/\s*(?:leg|side|arm|s|l)\b|(?:per|each|a)\s+(?:leg|side|arm|hand)\b|"
    r"(?:each|e/?s|ea|es)\b\.?|p/s\b)"
)
_REP = (
    r"\d+:\d\d|(?:\d+\s*[-–]\s*\d+|\d+)\s*\+?\s*(?:s\b|secs?\b|seconds?\b|min\b|mins\b|m\b|meters?\b|'|\")?"
    r"|amrap\b|max\b|failure\b|f\b"
)
_REPS = rf"(?P<reps>(?:{_REP})(?:\s*[,/]\s*(?:\d+\s*[-–]\s*\d+|\d+)\+?(?!\s*[x×*]))*)"
_TAIL = rf"(?:\s*(?:reps?|repetitions?)\b)?(?P<side>{_SIDE})?(?:\s*(?:to failure|max))?"
_SCHEMES = (
    re.compile(
        rf"(?<![\w.])(?P<sets>\d+)(?:\s*[-–]\s*\d+)?\s*(?:sets?\s*)?[x×*]\s*{_REPS}{_TAIL}", re.I
    ),
    re.compile(
        rf"(?<![\w.])(?P<sets>\d+)(?:\s*[-–]\s*\d+)?\s*sets?\s*(?:of|to|x|×|,|@)?\s*{_REPS}{_TAIL}",
        re.I,
    ),
    re.compile(
        r"(?<![\w.])(?P<reps>\d+(?:\s*[-–]\s*\d+)?)\s*reps?\s*(?:[x×,]|for)?\s*"
        r"(?P<sets>\d+)\s*sets?\b(?P<side>)",
        re.I,
    ),
    re.compile(
        r"(?<![\w.,/])(?P<reps>\d{1,2}(?:\s*[,/]\s*\d{1,2}){1,9})(?![\w%.:])(?P<side>)"
        r"(?P<sets>)(?:\s*reps?)?"
    ),
    re.compile(r"(?<![\w.])(?P<sets>\d+)\s*sets?\b(?P<reps>)(?P<side>)", re.I),
)
_LABEL = re.compile(r"^\(?[A-Ha-h]\s?[1-9][.):]?(?=[\s:.)-])[.):\s-]*|^[A-H][.)]\s+")
_BULLET = re.compile(r"^\s*(?:[-*•–+]\s+|\d{1,2}[.)]\s+|\[[ xX]?\]\s*)")
_JOINED = re.compile(
    r"^(?:s*(?:super\s*set(?:ted)?(?:\s+with)?|ss|w/|with|then|and|plus|into)\b|[+/&])\s*", re.I
)
_COMMENT = re.compile(r"\s//.*$|\s#\s.*$|\s--\s.*$|\*\*|__|`")
_LEFT = re.compile(r"[A-Za-zÀ-ɏЀ-ӿ]{2}")


@dataclass(frozen=True, slots=True)
class Scheme:
    """Sets of one exercise on a line.

    Attributes:
        exercise: as written.
        sets: how many.
        reps: as written, such as "6", "8-12", "30s", "12,10,8" or "AMRAP"; "" where not said.
        rir: repetitions in reserve, None where not said; the middle of a range.
        rest_of_line: what else stands there.
        per_side: whether the repetitions are of each side.
    """

    exercise: str
    sets: int
    reps: str
    rir: float | None = None
    rest_of_line: str = ""
    per_side: bool = False


@dataclass(slots=True)
class _Pieces:
    """A line as its pieces are taken out; a piece leaves a mark, so that places stay known."""

    text: str
    taken: list[str] = field(default_factory=list)

    def take(self, pattern: re.Pattern[str], *, every: bool = True) -> list[re.Match[str]]:
        found = list(pattern.finditer(self.text)) if every else []
        if not every and (first := pattern.search(self.text)):
            found = [first]
        for each in found:
            self.taken.append(each.group().strip())
            blank = " " * len(each.group())
            self.text = self.text[: each.start()] + blank + self.text[each.end() :]
        return found


def schemes(line: str) -> list[Scheme]:
    """Return what a line of a routine prescribes; empty where it holds no sets.

    >>> [(s.exercise, s.sets, s.reps, s.rir) for s in schemes("A1) Bench Press 3 sets of 8 @8")]
    [('Bench Press', 3, '8', 2.0)]
    >>> [(s.exercise, s.sets, s.reps) for s in schemes("Squat 1x5 @ 85%, 3x8 @ 75 %, rest 3 min")]
    [('Squat', 1, '5'), ('Squat', 3, '8')]
    """
    bare = _LABEL.sub("", _BULLET.sub("", _COMMENT.sub("", line)).strip())
    pieces = _Pieces(bare)
    for pattern in (_REST, _TEMPO):
        pieces.take(pattern)
    found = _schemes(pieces)
    if not found:
        return []
    for pattern in (_PERCENT, _LOAD, _BODY):
        pieces.take(pattern)
    efforts = _efforts(pieces)
    return list(_named(found, efforts, pieces))


def _schemes(pieces: _Pieces) -> list[re.Match[str]]:
    """Return the schemes of a line by place; those of one notation, the most telling one."""
    # loads, shares and efforts first, so that no number of theirs is taken for a scheme's
    guarded = _PERCENT.sub(lambda m: "\x00" * len(m.group()), pieces.text)
    for pattern in (_LOAD, *_EFFORT[:2]):
        guarded = pattern.sub(lambda m: "\x00" * len(m.group()), guarded)
    for pattern in _SCHEMES:
        found = list(pattern.finditer(guarded))
        if found:
            for each in found:
                blank = "\x01" * len(each.group())
                pieces.text = pieces.text[: each.start()] + blank + pieces.text[each.end() :]
            return found
    return []


def _efforts(pieces: _Pieces) -> list[tuple[int, float]]:
    """Return each effort with its place, as repetitions in reserve (RIR = 10 − RPE)."""
    efforts = []
    for pattern in _EFFORT:
        for each in pieces.take(pattern):
            low, high = _value(each["low"]), _value(each["high"] or each["low"])
            middle = (low + high) / 2
            rir = middle if each["scale"].lower() == "rir" else 10 - middle
            if 0 <= rir <= 10:
                efforts.append((each.start(), rir))
    return sorted(efforts)


def _named(
    found: list[re.Match[str]], efforts: list[tuple[int, float]], pieces: _Pieces
) -> Iterator[Scheme]:
    edges = [each.start() for each in found[1:]] + [len(pieces.text)]
    name = _words(pieces.text[: found[0].start()])
    after_name = not name
    for place, (each, edge) in enumerate(zip(found, edges, strict=True)):
        behind = _words(pieces.text[each.end() : edge])
        if after_name:
            name, behind = behind, ""
        until = edge if place + 1 < len(found) else len(pieces.text)
        rir = next((value for at, value in efforts if each.start() <= at < until), None)
        if rir is None and len(found) == 1 and efforts:
            rir = efforts[0][1]
        reps = _reps(each["reps"])
        sets = int(each["sets"]) if each["sets"] else len(re.split(r"[,/]", each["reps"]))
        last = place + 1 == len(found)
        yield Scheme(name, sets, reps, rir, behind if last else "", bool(each["side"]))
        if not last and not after_name and _LEFT.search(behind):
            name = _LABEL.sub("", _JOINED.sub("", behind)).strip(" ,;:-")


def _words(text: str) -> str:
    bare = re.sub(r"[\x00\x01]+", " ", text)
    bare = re.sub(r"\(\s*\)|\[\s*\]|@", " ", bare)
    return re.sub(r"\s+", " ", bare).strip(" \t,;:|/+&-–—=·.")


def _reps(text: str) -> str:
    said = re.sub(r"\s+", "", text).lower()
    if said in ("amrap", "max", "failure", "f"):
        return "AMRAP"
    return re.sub(r"(sec|secs|seconds?)$", "s", said)


def _value(text: str) -> float:
    return float(text.replace(",", "."))


DAYS = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue",
    "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun", "montag", "dienstag", "mittwoch",
    "donnerstag", "freitag", "samstag", "sonntag", "lunes", "martes", "miércoles", "jueves",
    "viernes", "sábado", "domingo", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi",
    "dimanche",
)  # fmt: skip
SPLITS = (
    "push", "pull", "legs", "leg", "upper", "lower", "full", "body", "fullbody", "chest", "back",
    "arms", "arm", "shoulders", "shoulder", "delts", "biceps", "triceps", "quads", "hamstrings",
    "glutes", "core", "abs", "conditioning", "strength", "hypertrophy", "volume", "power", "heavy",
    "light", "rest", "off", "day", "session", "workout", "training", "tag", "and", "a", "b", "c",
    "d",
)  # fmt: skip
_DAY = re.compile(
    r"^(?:day|session|workout|training|tag|día|jour|dag)\s*#?\s*(?:\d+|[A-H])\b[\s:.–-]*(?P<more>.*)$",
    re.IGNORECASE,
)
WEEK = re.compile(r"^(?:week|woche|semana|semaine)\s*#?\s*(?P<number>\d+)\b", re.IGNORECASE)


def heading(line: str) -> str:
    """Return the day that a line begins, "" where it begins none.

    >>> heading("**Monday**"), heading("DAY 1: PUSH"), heading("Upper A"), heading("Squat 3x5")
    ('Monday', 'DAY 1: PUSH', 'Upper A', '')
    """
    marked = line.lstrip().startswith("#") or re.fullmatch(r"\s*\*\*.+\*\*:?\s*", line)
    text = re.sub(r"[*_`]+", "", line).strip().lstrip("#").strip().rstrip(":").strip()
    if not text or schemes(text):
        return ""
    words = re.findall(r"[^\W\d_]+", text.lower())
    split = bool(words) and all(word in SPLITS or word in DAYS for word in words)
    named = bool(words) and words[0] in DAYS and len(words) <= 6
    if marked or line.rstrip().endswith(":") or _DAY.match(text) or named or split:
        return text
    return ""


NOTES = re.compile(
    r"^\s*(?://|>|<!--|\(.*\)\s*$|(?:notes?|rest|tempo|warm.?up|cool.?down|goal|focus|tip|cue|"
    r"progression|deload|superset|circuit|repeat)\b)|^\s*[-=_*]{3,}\s*$",
    re.IGNORECASE,
)
"""Lines that prescribe nothing of their own: comments, rest, rules, ornaments."""
