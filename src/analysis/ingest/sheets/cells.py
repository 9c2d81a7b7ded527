"""What people write into a cell: `3x8 @ 60kg`, `5x5 @ RPE 8`, `BW+20`, `8,8,6`, `70% x 5`.

A cell becomes the sets that it says. What says how much is meant to be done and not how much was
done (`8-12`, `5+`, `AMRAP`, a share of a maximum) is a plan, and a plan is never a set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Order = Literal["sets x reps", "reps x load", "load x reps"]
ORDERS: tuple[Order, ...] = ("sets x reps", "reps x load", "load x reps")
MOST_SETS = 50
MOST_CHARACTERS = 200

_NUMBER = r"\d+(?:[.,]\d+)?"
_UNITS = {"kg": "kg", "kgs": "kg", "кг": "kg", "kilo": "kg", "k": "kg", "lb": "lb", "lbs": "lb",
          "#": "lb", "pounds": "lb"}  # fmt: skip
_UNIT = r"kgs?|кг|kilo|k|lbs?|pounds|#"
_BODY = r"bw|bodyweight|body weight|kg\s*corporal|körpergewicht|poids du corps|corpo livre|вт"
_LOAD = re.compile(
    rf"(?P<body>{_BODY})?\s*(?P<sign>[+\-])?\s*(?:(?P<load>{_NUMBER})\s*(?P<unit>{_UNIT})?)?"
    r"(?P<each>\s*(?:each|ea\.?|per hand|je|x\s*2))?",
    re.IGNORECASE,
)
_REPS = re.compile(
    r"(?P<low>\d+)(?:\s*(?:-|to|bis)\s*(?P<high>\d+))?\s*(?P<open>\+)?"
    r"\s*(?P<seconds>s|sec|secs|seconds|sek)?\s*(?P<each>ea\.?|each|/\s*side|per side)?",
    re.IGNORECASE,
)
_OPEN = re.compile(r"amrap|max|to failure", re.IGNORECASE)
_EFFORT = re.compile(
    rf"\s*[@,(]*\s*(?P<scale>rpe|rir)\s*(?P<value>{_NUMBER})\)?\s*$", re.IGNORECASE
)
_SHARE = re.compile(rf"{_NUMBER}\s*%", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OneSet:
    """What a cell says of one set, as text; a plan where `planned` says why.

    Attributes:
        reps: repetitions; empty where none are said.
        load: the load, without its unit.
        unit: "kg", "lb", or empty where the cell does not say.
        basis: a word of `schema.LOAD_BASES`, where the cell says what the load counts.
        rpe: rating of perceived exertion.
        rir: repetitions in reserve.
        duration_s: seconds, of a timed set.
        planned: why this is no set; empty for a set.
        aim: the repetitions of a plan as a routine says them, such as `8-12` or `AMRAP`.
    """

    reps: str = ""
    load: str = ""
    unit: str = ""
    basis: str = ""
    rpe: str = ""
    rir: str = ""
    duration_s: str = ""
    planned: str = ""
    aim: str = ""


def plain(text: str) -> str:
    """One way to write what is written in many: ×, en dashes, spaces that do not break."""
    text = text.replace("×", "x").replace("х", "x").replace("–", "-").replace("—", "-")
    text = text.replace("\u2212", "-").replace("\u00a0", " ").replace("\u202f", " ")
    return " ".join(text.split())


def decimal(text: str) -> str:
    """A number with a point."""
    return text.replace(",", ".")


def read_load(text: str) -> OneSet | None:
    """Read a load: `60`, `62,5 kg`, `BW+20`, `-15` (assistance), `BW`; None where it is none."""
    text = plain(text)
    if _SHARE.fullmatch(text):
        return OneSet(planned="a share of a maximum")
    found = _LOAD.fullmatch(text)
    if not found or not text:
        return None
    sign, load, body = found["sign"], found["load"], bool(found["body"])
    basis = ""
    if sign == "-" and load:
        basis = "assistance"
    elif body or sign == "+":
        basis = "added" if load else "bodyweight"
    elif found["each"]:
        basis = "per_hand"
    if not load and not body:
        return None
    unit = _UNITS.get((found["unit"] or "").lower(), "")
    return OneSet(load=decimal(load or ""), unit=unit, basis=basis)


def read_reps(text: str) -> OneSet | None:
    """Read repetitions: `8`, `8-12` and `5+` (plans), `30s` (a time); None where it is none."""
    text = plain(text)
    if _OPEN.fullmatch(text):
        return OneSet(planned="as many as possible", aim="AMRAP")
    found = _REPS.fullmatch(text)
    if not found:
        return OneSet(reps=text) if re.fullmatch(r"\d+\.0+", text) else None
    planned, aim = "", ""
    if found["high"]:
        planned, aim = "a range of repetitions", f"{found['low']}-{found['high']}"
    if found["open"]:
        planned, aim = "at least so many repetitions", found["low"]
    if found["seconds"]:
        return OneSet(duration_s=found["low"], planned=planned, aim=f"{aim}s" if aim else "")
    return OneSet(reps=found["low"], planned=planned, aim=aim)


def read_list(text: str) -> list[str]:
    """Split `8,8,6`, `8/8/6`, `8 8 6` and `8-8-6`; one element where it is no list.

    Two numbers with a dash between them are a range, and with a comma one decimal number: a list
    by dash or comma has three members or more, or a space after each comma.
    """
    text = plain(text)
    for pattern, separator in (
        (rf"{_NUMBER}(?:\s*[/;]\s*{_NUMBER})+", r"\s*[/;]\s*"),
        (r"\d+(?:\.\d+)?(?:, +\d+(?:\.\d+)?)+", r",\s+"),
        (r"\d+(?:,\d+){2,}", ","),
        (r"\d+(?: \d+)+", " "),
        (r"\d+(?:-\d+){2,}", "-"),
    ):
        if re.fullmatch(pattern, text):
            return re.split(separator, text)
    return [text]


def read_cell(text: str, order: Order) -> list[OneSet] | None:
    """Read a combined cell as its sets; None where it says none.

    Args:
        text: the cell.
        order: what two bare numbers with an x between them are.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    text = plain(text)
    whole = [
        list(_one(part, order) or ()) for part in re.split(r"\s*[;\n]\s*|,\s+(?=\d+\s*x)", text)
    ]
    if not all(whole):
        return None
    return [one for part in whole for one in part][:MOST_SETS]


def _one(text: str, order: Order) -> Iterator[OneSet] | None:
    effort = _EFFORT.search(text)
    said = OneSet()
    if effort:
        key = effort["scale"].lower()
        said = replace(said, **{key: decimal(effort["value"])})
        text = text[: effort.start()].strip()
    share = _SHARE.search(text)
    parts = [part for part in re.split(r"\s*(?:[x*]|@)\s*", text) if part]
    if re.match(r"[x*@]", text) or re.search(r"[x*@]$", text):
        return None
    if share or len(parts) > 3 or not parts:
        return _planned(text, share is not None)
    at = re.search(r"@\s*(\d+(?:[.,]5)?)$", text)
    if at and len(parts) == 3 and float(decimal(at[1])) <= 10:  # 3x8 @8: an RPE, by custom
        said, parts = replace(said, rpe=decimal(at[1])), parts[:-1]
    return _assembled(parts, "@" in text, order, said)


def _planned(text: str, is_share: bool) -> Iterator[OneSet] | None:
    """A share of a maximum, with the repetitions that stand beside it."""
    if not is_share:
        return None
    rest = [part for part in re.split(r"\s*[x*@]\s*", _SHARE.sub("", text)) if part.strip()]
    found = read_reps(rest[0]) if len(rest) == 1 else None
    aim = (found.aim or found.reps) if found else ""
    return iter([OneSet(planned="a share of a maximum", aim=aim)])


def _assembled(
    parts: list[str], has_at: bool, order: Order, said: OneSet
) -> Iterator[OneSet] | None:
    """Sets, repetitions and load from one to three parts."""
    sets, reps, load = "1", "", ""
    if len(parts) == 3:
        sets, reps, load = parts
    elif len(parts) == 2 and has_at and said.rpe == "":
        reps, load = parts
    elif len(parts) == 2:
        loaded = [part for part in parts if re.search(rf"(?:{_UNIT}|{_BODY}|[.,])", part, re.I)]
        if len(loaded) == 1:
            load = loaded[0]
            reps = parts[1 - parts.index(load)]
        elif order == "sets x reps":
            sets, reps = parts
        else:
            reps, load = parts if order == "reps x load" else reversed(parts)
    else:
        reps = parts[0]
    return _sets(sets, reps, load, said)


def _sets(sets: str, reps: str, load: str, said: OneSet) -> Iterator[OneSet] | None:
    count = read_count(sets)
    weight = read_load(load) if load else OneSet()
    each = [read_reps(part) for part in read_list(reps)]
    if count is None or weight is None or None in each:
        return None
    number, planned = count
    done = [one for one in each if one is not None]
    if len(done) == 1:
        done *= number
    return iter(
        replace(
            one,
            load=weight.load,
            unit=weight.unit,
            basis=weight.basis,
            rpe=said.rpe,
            rir=said.rir,
            planned=planned or one.planned or weight.planned,
        )
        for one in done
    )


def read_count(text: str) -> tuple[int, str] | None:
    """Read a number of sets, with why it is a plan: `3`, `3-4`, `1+`; None where it is none."""
    found = re.fullmatch(r"(\d+)(?:\.0+)?(?:\s*(-)\s*(\d+)|(\+))?(?:\s*\(.*\))?", plain(text))
    if not found or not 0 < int(found[1]) <= MOST_SETS:
        return None
    return int(found[1]), "a range of sets" if found[2] or found[4] else ""
