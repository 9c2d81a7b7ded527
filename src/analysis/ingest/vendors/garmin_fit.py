"""Garmin FIT: an activity file as the watch writes it; its `set` messages.

Sets and rests alternate; every message bears the activity's time in `timestamp`, its own in
`start_time`. Loads are kg in sixteenths; 0 stands where nothing was entered. Three categories are
the watch's guesses; one value thrice is what the lifter confirmed or the workout prescribed. The
`activity` message gives the wall clock beside UTC, so that no zone need be named.

Needs fitdecode (`pip install liftdose[fit]`).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import polars as pl

from analysis.ingest.vendors import Carries, Peek, Staged, Vendor
from analysis.ingest.vendors.garmin_connect import exercise_name

UNKNOWN = 65534  # the profile's word for "no guess"
NAMES = {
    "started_at": "start_time", "exercise": "category", "load": "weight",
    "reps": "repetitions", "duration_s": "duration",
}  # fmt: skip
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("exercise", "load", "reps", "duration_s", "rest_s"), pl.String()),
        **dict.fromkeys(("not_set", "started_text"), pl.String()),
        **dict.fromkeys(("started_at", "ended_at", "done_at"), pl.Datetime("us")),
        "source_row": pl.Int64(),
    }
)


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """Read the sets; `source_row` counts the `set` messages from 1.

    Raises:
        ValueError: fitdecode is not installed, the file is damaged, or it was written by a
            program that puts values into the wrong fields.
    """
    del raw  # not a text format
    chained = _messages(peek)
    misplaced = sum(
        one.get("set_type") == "rest" and bool(one.get("repetitions") or one.get("weight"))
        for messages in chained
        for one in messages.get("set", [])
    )
    if misplaced:
        raise ValueError(
            f"{misplaced} of its rests hold repetitions or a load: another program wrote it, with "
            "values in the wrong fields. Export the activity from Garmin Connect instead"
        )
    each = (row for messages in chained for row in _rows(messages))
    rows = [row | {"source_row": number} for number, row in enumerate(each, start=1)]
    return Staged(pl.DataFrame(rows, schema=SCHEMA, orient="row").lazy(), NAMES, "kg")


Messages = dict[str, list[dict[str, Any]]]
"""Name of a message -> what each of them says, as field -> value."""


def _messages(peek: Peek) -> list[Messages]:
    """The messages that matter here, of each FIT file chained into this one."""
    try:
        fitdecode = importlib.import_module("fitdecode")
    except ImportError:
        raise ValueError(
            "FIT files need fitdecode, which is not installed: pip install 'liftdose[fit]'"
        ) from None
    found: list[Messages] = []
    try:
        with fitdecode.FitReader(
            peek.path,
            check_crc=fitdecode.CrcCheck.RAISE,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        ) as reader:
            for frame in reader:
                if frame.frame_type == fitdecode.FIT_FRAME_HEADER:
                    found.append({})
                elif frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name in WANTED:
                    values = {field.name: field.value for field in frame.fields}
                    found[-1].setdefault(frame.name, []).append(values)
    except Exception as error:  # the decoder asserts and indexes its way through a damaged file
        what = str(error) or type(error).__name__
        raise ValueError(f"is a FIT file that is damaged or cut short: {what}") from None
    return found


WANTED = ("set", "session", "activity", "exercise_title", "workout")


def _rows(messages: Messages) -> Iterator[dict[str, Any]]:
    sets = messages.get("set", [])
    titles = {
        (one.get("exercise_category"), one.get("exercise_name")): one.get("wkt_step_name")
        for one in messages.get("exercise_title", [])
    }
    session = next(iter(messages.get("session", [])), {})
    offset = _offset(messages.get("activity", []))
    begun = session.get("start_time")
    if not isinstance(begun, datetime):
        begun = next((one["start_time"] for one in sets if _is_time(one.get("start_time"))), None)
    lasted = session.get("total_elapsed_time")
    for number, one in enumerate(sets):
        after = sets[number + 1] if number + 1 < len(sets) else {}
        at, duration = one.get("start_time"), one.get("duration")
        yield {
            "exercise": _named(one, titles),
            "load": str(one["weight"]) if one.get("weight") else None,
            "reps": str(one["repetitions"]) if one.get("repetitions") else None,
            "duration_s": None if duration is None else str(duration),
            "rest_s": str(after.get("duration")) if after.get("set_type") == "rest" else None,
            "not_set": "rest timer" if one.get("set_type") == "rest" else None,
            "started_text": str(at),
            "started_at": _local(begun, offset),
            "ended_at": _local(_after(begun, lasted), offset),
            "done_at": _local(_after(at, duration), offset),
        }


def _named(one: dict[str, Any], titles: dict[tuple[Any, Any], Any]) -> str:
    guesses = one.get("category")
    guesses = guesses if isinstance(guesses, tuple) else (guesses,)
    details = one.get("category_subtype")
    details = details if isinstance(details, tuple) else (details,)
    known = [place for place, guess in enumerate(guesses) if guess not in (None, UNKNOWN)]
    if not known:
        return exercise_name(None, None, confirmed=False)
    category = _word("exercise_category", guesses[known[0]])
    detail = details[known[0]] if known[0] < len(details) else None
    confirmed = len(set(guesses)) == 1
    title = titles.get((category, detail))
    if isinstance(title, str) and title and confirmed:
        return title
    return exercise_name(category, _word(f"{category}_exercise_name", detail), confirmed)


def _word(kind: str, value: Any) -> str | None:
    """The profile's word for a value, where it has one."""
    if value is None or isinstance(value, str):
        return value
    types = importlib.import_module("fitdecode.profile").FIELD_TYPES
    words = types[kind].enum if kind in types else {}
    word = words.get(value)
    return str(word) if word is not None else None


def _offset(activities: Sequence[dict[str, Any]]) -> timedelta:
    """Wall clock less UTC, to the quarter of an hour."""
    for one in activities:
        local, utc = one.get("local_timestamp"), one.get("timestamp")
        if isinstance(local, datetime) and isinstance(utc, datetime):
            quarters = round((local - utc).total_seconds() / 900)
            return timedelta(seconds=900 * quarters)
    return timedelta(0)


def _is_time(value: Any) -> bool:
    return isinstance(value, datetime)


def _after(at: Any, seconds: Any) -> Any:
    if isinstance(at, datetime) and isinstance(seconds, int | float):
        return at + timedelta(seconds=seconds)
    return None


def _local(at: Any, offset: timedelta) -> datetime | None:
    return (at + offset).replace(tzinfo=None) if isinstance(at, datetime) else None


SET_MESSAGE = 225


def count(peek: Peek) -> int:
    """Set messages, by walking the file's own definitions instead of decoding its fields."""
    data, found = peek.path.read_bytes(), 0
    while data[8:12] == b".FIT":
        size = data[0] + int.from_bytes(data[4:8], "little")
        found += _count_of_one(data, min(size, len(data)))
        data = data[size + CHECKSUM_BYTES :]  # files may be chained
    return found


CHECKSUM_BYTES = 2


def _count_of_one(data: bytes, end: int) -> int:
    place, found = data[0], 0
    known: dict[int, tuple[int, int]] = {}  # local number -> message, bytes
    while place < end:
        head, place = data[place], place + 1
        if head & 0x80:  # a compressed time stamp
            message, size = known.get(head >> 5 & 3, (-1, end))
        elif head & 0x40:
            order: Literal["big", "little"] = "big" if data[place + 1] else "little"
            message = int.from_bytes(data[place + 2 : place + 4], order)
            fields = data[place + 4]
            sizes = data[place + 6 : place + 5 + 3 * fields : 3]
            place += 5 + 3 * fields
            if head & 0x20:  # developers' fields
                own = data[place]
                sizes += data[place + 2 : place + 1 + 3 * own : 3]
                place += 1 + 3 * own
            known[head & 15] = message, sum(sizes)
            continue
        else:
            message, size = known.get(head & 15, (-1, end))
        found += message == SET_MESSAGE
        place += size
    return found


VENDOR = Vendor(
    name="garmin_fit",
    title="Garmin FIT",
    how_to_export="connect.garmin.com → the activity → gear → Export Original",
    recognise=lambda peek: peek.magic[8:12] == b".FIT",
    stage=stage,
    count=count,
    carries=Carries(
        units="fixed",
        set_times=True,
        durations=True,
        verified=("set messages of a watch",),
    ),
)
