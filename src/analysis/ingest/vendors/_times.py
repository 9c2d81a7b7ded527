"""Dates and durations as apps write them: wall clock, many spellings, no zone.

The readers of dates take a whole column of text and return datetimes, null where the text is no
date that can be read one way only. What one date does not tell, the column does: the language of
its months, and which of two numbers is the day.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache

import polars as pl

from analysis.ingest.vendors._languages import Months, plain, read_months, units_of_time

QUICK = ("%d %b %Y, %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")
"""Forms that most files are in throughout; read a column at a time."""

MORE_VOTES = 20
"""How many times more dates must say that the day comes first (or second) than say otherwise."""

_CLOCK = re.compile(r"(?<!\d)(\d{1,2})\s?[:h.]\s?(\d{2})(?:[:.](\d{2}))?(?!\d)")
_NUMERIC = re.compile(r"^(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,4})\b")
_MERIDIEM = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def dates(column: str, *, quick: bool) -> pl.Expr:
    """Return the dates of a column.

    Args:
        column: text.
        quick: whether all are taken to be in forms that each tell by themselves what they mean
            (`QUICK`), so that a column can be read in pieces. Where one is not, a ComputeError
            is raised as it is read, and the file must be read with care.
    """
    return pl.col(column).map_batches(
        _plain_moments if quick else moments, return_dtype=pl.Datetime("us"), is_elementwise=quick
    )


def _plain_moments(text: pl.Series) -> pl.Series:
    read = _quick_moments(text)
    if read.null_count() > text.null_count():
        raise pl.exceptions.ComputeError("a date is in another form")
    return read


def moments(text: pl.Series) -> pl.Series:
    """Read the dates of a column.

    Read are ISO 8601, months as words in any language, numbers in any order with any of `/.-`
    between them, 12-hour clocks. Numbers in two orders are read only where the column shows
    which is the day: some number above 12, nearly always in the same place.
    """
    quick = _quick_moments(text)
    if quick.null_count() == text.null_count():
        return quick
    left = text.filter(quick.is_null() & text.is_not_null()).unique(maintain_order=True)
    read = _each(left.to_list())
    slow = pl.DataFrame({"text": left, "at": read}, schema_overrides={"at": pl.Datetime("us")})
    joined = pl.DataFrame({"text": text, "quick": quick}).join(
        slow, on="text", how="left", maintain_order="left"
    )
    return joined.select(pl.coalesce("quick", "at")).to_series()


def _quick_moments(text: pl.Series) -> pl.Series:
    """Read the dates that are in one of the forms of `QUICK`; null for others."""
    read = pl.Series(text.name, [None] * text.len(), dtype=pl.Datetime("us"))
    for form in QUICK:
        if read.null_count() == text.null_count():
            break
        read = read.fill_null(text.str.to_datetime(form, strict=False, time_unit="us"))
    return read


def month_words(text: Iterable[str]) -> Months:
    """Return what the words of dates mean: which months, which are none, in what language."""
    words = {word for each in text for word in _words(_tidy(each))}
    return read_months(word for word in words if len(word) > 1)


def _each(texts: list[str]) -> list[datetime | None]:
    tidy = [_tidy(text) for text in texts]
    day_first = _day_first(tidy)
    worded = [text for text in tidy if not _NUMERIC.match(text) and _WORD.search(text)]
    months = month_words(worded) if worded else Months({})
    return [_numeric(text, day_first) or _worded(text, months) for text in tidy]


def _tidy(text: str) -> str:
    """Spaces of one kind, digits of ours, letters in one form."""
    plain_digits = "".join(
        str(unicodedata.digit(char)) if char.isdecimal() else char
        for char in unicodedata.normalize("NFKC", text)
    )
    return re.sub(r"\s+", " ", plain_digits.replace("\u200f", "").replace("\u200e", "")).strip()


def _words(text: str) -> list[str]:
    return _WORD.findall(_MERIDIEM.sub(" ", text))


def _day_first(texts: Iterable[str]) -> bool | None:
    """Whether the first of two small numbers is the day; None where nothing shows it."""
    first = second = 0
    for text in texts:
        found = _NUMERIC.match(text)
        if found and len(found[1]) <= 2 and len(found[4]) == 4:
            first += int(found[1]) > 12
            second += int(found[3]) > 12
    if first > second * MORE_VOTES:
        return True
    return False if second > first * MORE_VOTES else None


def _numeric(text: str, day_first: bool | None) -> datetime | None:
    found = _NUMERIC.match(text)
    if not found:
        return None
    one, two, three = (int(found[place]) for place in (1, 3, 4))
    rest = text[found.end() :].strip(" ,T")
    if len(found[1]) == 4:
        return _moment(one, two, three, rest)
    if len(found[4]) != 4 or day_first is None:
        return None
    day, month = (one, two) if day_first else (two, one)
    return _moment(three, month, day, rest)


def _worded(text: str, months: Months) -> datetime | None:
    """Read a date with a month in words, or with words between year, month and day."""
    clock = _CLOCK.search(text)
    date = text if clock is None else text[: clock.start()] + " " + text[clock.end() :]
    numbers = [int(number) for number in re.findall(r"\d+", date)]
    named = [months.numbers[word] for word in map(plain, _words(date)) if word in months.numbers]
    rest = "" if clock is None else text[clock.start() :]
    if len(named) == 1 and len(numbers) == 2:
        year, day = sorted(numbers, reverse=True)
        return _moment(year, named[0], day, rest)
    if not named and len(numbers) == 3 and numbers[0] > 1000:  # 2026年6月16日
        return _moment(numbers[0], numbers[1], numbers[2], rest)
    return None


def _moment(year: int, month: int, day: int, rest: str) -> datetime | None:
    clock = _CLOCK.match(rest)
    if rest and not clock:
        return None
    hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
    half = _MERIDIEM.search(rest)
    if half:
        hour = hour % 12 + 12 * (half[1].lower() == "p")
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


def worded_seconds(text: pl.Expr) -> pl.Expr:
    """Read `2h 38m`, `1 h 46 min`, `1小时13分钟` or plain seconds, as seconds."""
    return pl.coalesce(
        text.cast(pl.Float64, strict=False),
        text.map_batches(_seconds, return_dtype=pl.Float64, is_elementwise=True),
    )


def _seconds(text: pl.Series) -> pl.Series:
    distinct = text.unique().drop_nulls()
    read = pl.DataFrame(
        {"text": distinct, "seconds": [_duration(each) for each in distinct]},
        schema_overrides={"seconds": pl.Float64},
    )
    joined = text.to_frame("text").join(read, on="text", how="left", maintain_order="left")
    return joined["seconds"]


@cache
def _duration(text: str) -> float | None:
    parts = re.findall(r"(\d+)\s*([^\W\d_]+)", text)
    known = {"h": 3600, "m": 60, "min": 60, "s": 1, "sec": 1}
    if any(word.lower() not in known for _, word in parts):
        known |= dict(units_of_time())
    seconds = [known.get(plain(word)) for _, word in parts]
    if not parts or None in seconds:
        return None
    return float(sum(int(n) * (each or 0) for (n, _), each in zip(parts, seconds, strict=True)))


def clock_seconds(text: pl.Expr) -> pl.Expr:
    """Read `H:MM:SS` as seconds, in text; anything else stays as it is."""
    part = text.str.extract_groups(r"^(\d+):(\d{2}):(\d{2})$").struct
    hours, minutes, seconds = (part.field(str(place)).cast(pl.Int64) for place in (1, 2, 3))
    return pl.coalesce((hours * 3600 + minutes * 60 + seconds).cast(pl.String), text)


def since(start: pl.Expr, seconds: pl.Expr) -> pl.Expr:
    """Return start + seconds."""
    return start + pl.duration(milliseconds=seconds * 1000)


def utc(text: pl.Expr) -> pl.Expr:
    """Read an instant with its offset, as UTC without a zone.

    `2024-04-16 20:45:37 +0000`, `2026-06-29T04:56:39.712Z` and `2026-06-29T04:56:39+02:00` are
    all seen, some in one file. Fractions of a second are dropped: they tell nobody anything, and
    a workout is known by its start.
    """
    parts = text.str.strip_chars().str.extract_groups(
        r"^(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2}:\d{2})(?:\.\d+)? ?(Z|[+-]\d{2}:?\d{2})$"
    )
    offset = parts.struct.field("3").str.replace("Z", "+0000", literal=True)
    plain = pl.concat_str(
        parts.struct.field("1"), parts.struct.field("2"),
        offset.str.replace(":", "", literal=True), separator=" ",
    )  # fmt: skip
    moment = plain.str.to_datetime("%Y-%m-%d %H:%M:%S %z", strict=False, time_unit="us")
    return moment.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def sitting(at: str, *apart: str | pl.Expr, hours: float = 3) -> pl.Expr:
    """Return the start of the workout that each time belongs to.

    A pause of `hours` ends a workout; midnight does not.

    Args:
        at: the column of the times, in any order.
        apart: what is never one workout: rows that differ in any of these.
        hours: the longest pause within a workout.
    """
    moment = pl.col(at)
    begins = (moment - moment.shift(1) > pl.duration(minutes=60 * hours)).fill_null(True)
    start = pl.when(begins).then(moment).forward_fill()
    start = pl.when(moment.is_not_null()).then(start)  # a time that cannot be read has no workout
    return start.over(*(apart or (pl.lit(0),)), order_by=at)
