"""One thing that a log shows: a number, a sentence, and a word for how far it is done."""

from __future__ import annotations

from dataclasses import dataclass, replace

VERDICTS = {
    "done": "the log shows it",
    "partly done": "the log shows some of it",
    "not done": "the log shows none of it, and would show it",
    "cannot tell yet": "the log is too short or too noisy to say",
    "noted": "a fact that is neither good nor bad",
    "not measurable": "the file has no field for it; the text names the field",
}
"""Words for what a log shows. None says that a thing is worth doing: that is the evidence's."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a log shows of one topic.

    Attributes:
        shows: a short sentence with number, unit and n.
        verdict: a word of `VERDICTS`.
        number: the number the sentence turns on, None without one.
        unit: its unit, in words.
        n: how many sets, days or weeks it rests on; the sentence says which.
        missing: the field that is not in the file, empty when nothing is missing.
    """

    shows: str
    verdict: str
    number: float | None = None
    unit: str = ""
    n: int = 0
    missing: str = ""


def not_measurable(missing: str) -> Finding:
    """Return the finding that the file has no field for it."""
    return Finding(f"Not measurable from this file: {missing}.", "not measurable", missing=missing)


def nothing_logged(what: str) -> Finding:
    """Return the finding that there is nothing to measure."""
    return Finding(f"No {what} in this log (n = 0).", "not done", 0.0, "sets", 0)


def few(names: list[str], by: str = ", ", most: int = 4) -> str:
    """Return the first names and how many are left unnamed.

    >>> few(["calves", "sleep", "tempo"], most=2)
    'calves, sleep and 1 more'
    """
    more = len(names) - most
    return by.join(names[:most]) + (f" and {more} more" if more > 0 else "")


def also(finding: Finding, sentence: str) -> Finding:
    """Return the finding with one more sentence."""
    return replace(finding, shows=f"{finding.shows} {sentence}")
