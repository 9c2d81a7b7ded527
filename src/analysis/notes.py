"""What reading and measuring have to say: facts first, sentences made where they are shown.

A `Note` is a kind with its file, athlete, count and numbers. `str(note)` is its sentence. Whoever
wants to know what happened reads the fields; no code reads a sentence back. The sentences of
reading stand below; a measure's stand with the measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SHOWN_NAMES = 5


class Many(int):
    """A count that agrees with its noun: "2 workouts", or "2 people" for "person|people"."""

    def __format__(self, noun: str) -> str:
        one, _, more = noun.partition("|")
        noun = one if self == 1 else more or (one and f"{one}s")
        return f"{int(self):,} {noun}".rstrip()


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that reading has to say.

    Attributes:
        kind: what happened: a key of `SENTENCES`, or a measure's own word.
        file: the file it is about, as in the ledger; empty where it is about no single file.
        athlete: the person it is about; empty where it is about no single one.
        count: how many (records, values, workouts, as the kind says).
        facts: what else the sentence needs.
        sentence: the template of a measure's own kind; empty for a kind of `SENTENCES`.
    """

    kind: str
    file: str = ""
    athlete: str = ""
    count: int = 0
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)
    sentence: str = ""

    @property
    def loud(self) -> bool:
        """Whether it stands first wherever it is shown: a good part of a file is missing."""
        return self.kind in LOUD

    @property
    def says(self) -> str:
        """The sentence and what to do, without the file's name before it."""
        remedy = self._filled(REMEDIES[self.kind]) if self.kind in REMEDIES else ""
        return f"{self.what} {remedy}".rstrip()

    @property
    def what(self) -> str:
        """What happened, without what to do about it on the command line."""
        return self._filled(self.sentence or SENTENCES[self.kind])

    def _filled(self, sentence: str) -> str:
        known = {"file": self.file, "athlete": self.athlete, "n": Many(self.count)}
        return sentence.format(**known, **self.facts)

    def __str__(self) -> str:
        return f"{self.file}: {self.says}" if self.file else self.says


def first_names(names: Iterable[object], most: int = SHOWN_NAMES) -> str:
    """Return the first of some names and how many more there are."""
    each = [str(name) for name in names]
    more = f" and {len(each) - most:,} more" if len(each) > most else ""
    return ", ".join(each[:most]) + more


def loudest_first(notes: Iterable[Note]) -> list[Note]:
    """Return notes with those that nobody may miss before the others."""
    return sorted(notes, key=lambda note: not note.loud)


SENTENCES: Mapping[str, str] = {
    # A file that is not read at all.
    "empty": "is empty",
    "unknown format": "{why}",
    "unreadable": "cannot be opened: {why}",
    "unreadable folder": "is a folder that cannot be opened: {why}; what is in it is not read",
    "no file": "is neither a file nor a folder",
    "cut zip": "is a zip that is cut short; export or copy it again",
    "office": "is an office document; save the sheet as CSV",
    "broken zip": "is a zip that cannot be opened: {why}",
    "too many members": "holds more than {most:,} files; only the first are read",
    "encrypted": "is encrypted; unpack it first",
    "bomb": "would unpack to far more than a log can be; refused",
    "bombs": "{n:file} in it would unpack to far more than logs can be; refused",
    "broken member": "cannot be unpacked: {why}",
    "cannot be read": "cannot be read as {app}: {why}",
    "fault": "could not be read, by a fault of the program ({why}); please report it",
    "no file at all": "no file under the given paths",
    # A file that is read, with something to say.
    "encoding": "read as {encoding}, {how}",
    "unknown bytes": "{n:character} could not be read as {encoding}; say --encoding",
    "quotes mended": "a quotation mark was never closed, or stood where none belongs: mended in "
    "{n:record} ({lines})",
    "long records": "{n:record} with a quotation mark that is closed only far below ({lines}): "
    "if those are records of their own, mend the mark",
    "mostly rejected": "{n:record} of {of:,} could not be read, mostly for {column}: {value!r} is "
    "not {rule}.{help}",
    "unaccounted": "{n:line} of {of:,} are not accounted for; please report it, with the file",
    "no set": "{app}, but it holds no set",
    "all rejected": "{app}; none of its {n:record} could be read",
    "cleared": "{n:value} of {column} cleared, the sets kept (first: {value!r} in line {line}; "
    "expected {rule})",
    "unknown kind": "{n:set} of a kind that liftdose does not know ({kinds}); the word is kept",
    "unknown words": "{n:record} taken for rest timers, by their shape ({kinds})",
    "distance": "the distance of {n:set} has no unit in this export; left empty",
    "pasted twice": "{n:workout} ({sets:,} sets) stand in it twice, as when an export is pasted "
    "below itself; counted once",
    "headerless": "has no header line; read as {app}'s columns, in their order",
    "utc": "{app} writes times in UTC; they stay so, and a late workout may stand on the next "
    'day. Name the zone with --tz, or with tz = "Europe/Berlin" in a {file_name} beside it',
    "covariates": "{app} holds no set here; the body measures in it are read as covariates",
    # Units.
    "unit said": "read as {unit}, as {who} says",
    "unit against numbers": "{who} {unit} is applied to all, though the numbers of {n:exercise} "
    "tell otherwise: {names}",
    "unit inferred": "no unit is named; read as {unit} ({sure:.0%} sure: {why}){but}. Use --unit "
    "to say otherwise",
    "unit unknown": "{app} does not say whether its loads are kg or lb, and the numbers do not "
    "tell either ({why}).",
    # Several files.
    "unchanged": "{n:input} unchanged since they were read into the store",
    "overrides": "exercises are mapped with {name}",
    "duplicates": "{n:workout} ({sets:,} sets) stand in another export of {athlete} and are "
    "counted once{differ}",
    "halves or copies": "it and another export of {athlete} meet in one workout, with the same "
    "{n:set} in both, which count once. If the workout was cut in two, put both files into one",
    "same person": "{athlete} shares {n:workout} with {others}; if they are one person, say so "
    "with --athlete NAME, or same_person = [{names}] in a liftdose.toml",
    "joined": "{athlete} is read from {n:name}: {names}, as liftdose.toml says",
    "anonymised": "anonymised. The name is an id, dates are shifted by a whole number of weeks "
    "(weekdays and gaps are true, seasons are not), sessions are numbered, unmapped and own "
    "exercises are called exercise N; workout titles, notes, techniques, file names, sizes and "
    "hashes, values of rejected records and {n:note} on the reading are left out",
    "people": "{n:athlete}: {rule}",
    # A table beside the logs.
    "table joined": "{n:value} of {names} joined, of {people} people in the logs",
    "table cells": "{n:cell} left out ({first})",
    "table strangers": "{n:row} of people who are not in the logs: {names}. {near}",
    "table lacks": "{n:person} of the logs with nothing in this table: {names}",
}

REMEDIES: Mapping[str, str] = {
    "unit unknown": "Say it with --unit kg or --unit lb, or with {line} under [units] in a "
    "liftdose.toml beside it",
}
"""What to do, where that depends on how liftdose is used: a coach has a remedy of their own."""

LOUD = frozenset({
    "mostly rejected", "all rejected", "unaccounted", "unreadable folder", "fault",
    "halves or copies",
})  # fmt: skip
