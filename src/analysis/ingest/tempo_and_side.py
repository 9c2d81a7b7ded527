"""What a note says plainly, as data: the tempo of a set and the side it was done with.

No app's export has a column for tempo, and few have one for the side; some lifters write them.
Six languages are read (English, Portuguese, Spanish, French, German, Italian). Only what can mean
nothing else is taken: `tempo 4010` and `3 s down, 1 s up` are tempos, `5-4-3` and `135 tempo` may
be repetitions and a load and are left alone. The note itself is kept as it is. Other techniques
(pauses, partials, myo-reps …) are counted where they are named, by `measures.technique`; pain by
`signals.pain`.
"""

from __future__ import annotations

import re

import polars as pl

_WORD = r"(?:tempo|cad[êe]ncia|cadence|cadenza)"
_PACKED = r"(?P<{0}1>[0-9x])(?P<{0}2>[0-9x])(?P<{0}3>[0-9x])(?P<{0}4>[0-9x])"
_SPACED = (
    r"(?P<{0}5>[0-9x])(?P<{0}s>[-./])(?P<{0}6>[0-9x])(?P={0}s)(?P<{0}7>[0-9x])"
    r"(?:(?P={0}s)(?P<{0}8>[0-9x]))?"
)
_CODE = r"(?<![\w.-])(?:" + _PACKED + "|" + _SPACED + r")(?![\w-]|[.][0-9])"
_NAMED = re.compile(
    rf"\b{_WORD}\W{{0,3}}{_CODE.replace('{0}', 'a')}"
    rf"|{_CODE.replace('{0}', 'b')}\W{{1,3}}{_WORD}\b",
    re.IGNORECASE,
)

_SECONDS = (
    r"(?P<{0}>\d{{1,2}}) ?"
    r"(?P<{0}u>s|secs?|seconds?|seg|segundos?|secondes?|sek|sekunden?|secondi)?\.? "
    r"(?:an? |the |na |en la |de |in der )?"
)
_DOWN = (
    r"(?:down|eccentrics?|negatives?|lowering|descendo|descida|exc[êe]ntrica|baixando|bajando|"
    r"abajo|bajada|exc[ée]ntrica|descente|excentrique|runter|ablassen|exzentrisch|exzentrik|"
    r"negativ|gi[ùu]|discesa|eccentrica)"
)
_HOLD = r"(?:hold|pause|bottom|pausa|segurando|fermo|halten|tenue)"
_UP = (
    r"(?:up|concentrics?|subindo|subida|conc[êe]ntrica|subiendo|arriba|conc[ée]ntrica|mont[ée]e|"
    r"concentrique|hoch|rauf|konzentrisch|su|salita|concentrica)"
)
_THEN = r"\W{1,4}(?:(?:and|then|e|y|et|und|dann|poi) )?"


def _phase(name: str, words: str) -> str:
    return _SECONDS.replace("{0}", name).replace("{{", "{").replace("}}", "}") + words + r"\b"


_DOWN_UP = re.compile(
    rf"\b{_phase('d', _DOWN)}(?:{_THEN}{_phase('h', _HOLD)})?{_THEN}{_phase('u', _UP)}",
    re.IGNORECASE,
)
_UP_DOWN = re.compile(rf"\b{_phase('u', _UP)}{_THEN}{_phase('d', _DOWN)}", re.IGNORECASE)
_LONE_DOWN = re.compile(rf"\b{_phase('d', _DOWN)}", re.IGNORECASE)
LONGEST_PHASE_S = 20

_LEFT = (
    r"left|links|linke seite|linker arm|linkes bein|gauche|c[ôo]t[ée] gauche|bras gauche|"
    r"jambe gauche|izquierd[oa]|lado izquierdo|brazo izquierdo|pierna izquierda|esquerd[oa]|"
    r"lado esquerdo|bra[çc]o esquerdo|perna esquerda|sinistr[oa]|lato sinistro|"
    r"braccio sinistro|gamba sinistra"
)
_RIGHT = (
    r"right|rechts|rechte seite|rechter arm|rechtes bein|droite|c[ôo]t[ée] droit|bras droit|"
    r"jambe droite|derech[oa]|lado derecho|brazo derecho|pierna derecha|direit[oa]|"
    r"lado direito|bra[çc]o direito|perna direita|destr[oa]|lato destro|braccio destro|"
    r"gamba destra"
)
_SIDE = re.compile(
    rf"\W*(?:only |just |nur |s[óo] |solo |seulement )?(?:(?P<left>{_LEFT})|(?P<right>{_RIGHT}))"
    r"(?: (?:arm|leg|side|hand|foot))?(?: only)?\W*",
    re.IGNORECASE,
)


def tempo(note: str) -> str | None:
    """Return a note's tempo as seconds eccentric-bottom-concentric-top; `?` where it is not said.

    >>> tempo("Tempo 4010, belt"), tempo("3-1-X tempo"), tempo("3s down, 1s up")
    ('4-0-1-0', '3-1-X', '3-?-1-?')
    >>> tempo("5-4-3"), tempo("135 tempo"), tempo("slow down and controlled up")
    (None, None, None)
    """
    if found := _NAMED.search(note):
        digits = [found[f"{side}{place}"] for side in "ab" for place in range(1, 9)]
        return "-".join(digit.upper() for digit in digits if digit)
    if found := _DOWN_UP.search(note):
        return _timed(found["d"], found["h"], found["u"])
    if found := _UP_DOWN.search(note):
        return _timed(found["d"], None, found["u"])
    # Alone, a number needs its unit: `5 down` may be five steps on a dumbbell rack.
    found = _LONE_DOWN.search(note)
    return _timed(found["d"], None, None) if found and found["du"] else None


def _timed(down: str, hold: str | None, up: str | None) -> str | None:
    if any(part is not None and int(part) > LONGEST_PHASE_S for part in (down, hold, up)):
        return None
    return "-".join([down, hold or "?", up or "?", "?"])


def side(note: str) -> str | None:
    """Return "left" or "right" where a line of the note says that and nothing else.

    >>> side("left arm"), side("Links"), side("left side first")
    ('left', 'left', None)
    """
    said = {
        "left" if found["left"] else "right"
        for line in note.splitlines()
        if (found := _SIDE.fullmatch(line))
    }
    return said.pop() if len(said) == 1 else None


TOLD = pl.Struct({"tempo": pl.String, "side": pl.String})


def told(column: str) -> pl.Expr:
    """Return `tempo` and `side` of a column of notes, as `TOLD`; each note is read once."""

    def of_notes(notes: pl.Series) -> pl.Series:
        place = notes.rle_id()  # apps repeat a note on every set of an exercise
        runs = notes.filter(place.ne_missing(place.shift(1)))
        each = runs.unique().drop_nulls()
        said = {note: (tempo(note[:2000]), side(note[:2000])) for note in each}
        known = [note for note, found in said.items() if any(found)]
        if not known:
            return pl.Series(notes.name, [None], TOLD).new_from_index(0, notes.len())
        found = [
            runs.replace_strict(
                known, [said[note][which] for note in known], default=None, return_dtype=pl.String
            ).gather(place)
            for which in (0, 1)
        ]
        return pl.DataFrame(found, schema=["tempo", "side"]).to_struct(notes.name)

    return pl.col(column).map_batches(of_notes, return_dtype=TOLD, is_elementwise=True)
