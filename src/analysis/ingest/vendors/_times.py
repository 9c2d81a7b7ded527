"""Dates and durations as apps write them: wall clock, many spellings, no zone.

The readers of dates take a whole column of text and return datetimes, null where the text is no
date that can be read one way only.
"""

from __future__ import annotations

import polars as pl

# Month abbreviations of the six languages that Hevy is seen to write; English comes last so that
# a longer foreign word is replaced first. Full stops and case are dropped before the look-up.
MONTHS: dict[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "jan janv janvier janeiro enero ene januar gennaio gen january",
            "feb fev févr fév février fevereiro febrero februar febbraio february",
            "mar mars março marzo märz mär mrz march",
            "apr avr avril abr abril aprile april",
            "may mai maio mayo mag maggio",
            "jun juin junho junio juni giu giugno june",
            "jul juil juillet julho julio juli lug luglio july",
            "aug août aout ago agosto august",
            "sep sept set septembre setembro septiembre september settembre",
            "oct out okt ott octobre outubro octubre oktober ottobre october",
            "nov novembre novembro noviembre november",
            "dec déc dez dic décembre dezembro diciembre dezember dicembre december",
        ),
        start=1,
    )
    for word in words.split()
}

_DAY_FIRST = r"^(\d{1,2})\s+(?:de\s+)?([^\W\d_]+)\.?\s+(?:de\s+)?(\d{4}),?\s+(\d{1,2}):(\d{2})$"
_MONTH_FIRST = (
    r"^([^\W\d_]+)\.?\s+(\d{1,2}),?\s+(\d{4}),?\s+(\d{1,2}):(\d{2})(?:\s*([AaPp])\.?[Mm]\.?)?$"
)
_SLASHED = r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})\s+(\d{1,2}):(\d{2})(?::\d{2})?$"


def named_month(text: pl.Series) -> pl.Series:
    """Read `16 Jun 2026, 14:37`, `Jun 11, 2026, 1:01 PM` and their translations.

    The English day-first form is tried on the whole column; only what it leaves goes through the
    slower readings.
    """
    quick = text.str.to_datetime("%d %b %Y, %H:%M", strict=False, time_unit="us")
    if quick.null_count() == text.null_count():
        return quick
    left = pl.DataFrame({"text": text.filter(quick.is_null() & text.is_not_null()).unique()})
    slow = left.with_columns(
        at=pl.coalesce(_worded(_DAY_FIRST, 1, 2), _worded(_MONTH_FIRST, 2, 1))
    )
    return _fill(text, quick, slow)


def iso(text: pl.Series) -> pl.Series:
    """Read `2024-01-31 18:05:00`, Excel's `31/01/2024 18:05`, and 12-hour forms.

    Slashed dates are read only where the column itself shows which number is the day: some
    number above 12, always in the same place.
    """
    quick = text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    if quick.null_count() == text.null_count():
        return quick
    left = pl.DataFrame({"text": text.filter(quick.is_null() & text.is_not_null()).unique()})
    clean = pl.col("text").str.replace_all("[\u202f\u00a0]", " ").str.strip_chars()
    forms = ("%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")
    tried = [clean.str.to_datetime(form, strict=False, time_unit="us") for form in forms]
    return _fill(text, quick, left.with_columns(at=pl.coalesce(*tried, _slashed(left["text"]))))


def _worded(pattern: str, day: int, month: int) -> pl.Expr:
    part = pl.col("text").str.replace_all("[\u202f\u00a0]", " ").str.extract_groups(pattern).struct
    word = part.field(str(month)).str.to_lowercase()
    hour = part.field("4").cast(pl.Int32)
    if pattern is _MONTH_FIRST:
        half = part.field("6").str.to_lowercase()
        hour = (
            pl.when(half.is_null()).then(hour)
            .when(half == "p").then(hour % 12 + 12)
            .otherwise(hour % 12)
        )  # fmt: skip
    return _moment(
        part.field("3"),
        word.replace_strict(MONTHS, default=None, return_dtype=pl.Int32),
        part.field(str(day)),
        hour,
        part.field("5"),
    )


def _slashed(text: pl.Series) -> pl.Series:
    part = pl.DataFrame({"text": text}).select(pl.col("text").str.extract_groups(_SLASHED))
    numbers = part.unnest("text").cast(pl.Int32, strict=False)
    first, second = numbers["1"], numbers["2"]
    day_first, month_first = bool((first > 12).any()), bool((second > 12).any())
    if day_first == month_first:  # nothing tells, or the column contradicts itself
        return pl.Series([None] * text.len(), dtype=pl.Datetime("us"))
    day, month = ("1", "2") if day_first else ("2", "1")
    c = pl.col
    return numbers.select(_moment(c("3"), c(month), c(day), c("4"), c("5"))).to_series()


def _moment(
    year: pl.Expr, month: pl.Expr, day: pl.Expr, hour: pl.Expr, minute: pl.Expr
) -> pl.Expr:
    text = pl.format(
        "{}-{}-{} {}:{}", year, *(part.cast(pl.String) for part in (month, day, hour, minute))
    )
    return text.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us")


def _fill(text: pl.Series, quick: pl.Series, slow: pl.DataFrame) -> pl.Series:
    joined = pl.DataFrame({"text": text, "quick": quick}).join(
        slow, on="text", how="left", maintain_order="left"
    )
    return joined.select(pl.coalesce("quick", "at")).to_series()


def worded_seconds(text: pl.Expr) -> pl.Expr:
    """Read `2h 38m`, `38min`, `45s` or plain seconds, as seconds."""
    parts = [
        text.str.extract(rf"(\d+)\s*{letter}").cast(pl.Float64) * factor
        for letter, factor in (("h", 3600), ("m", 60), ("s", 1))
    ]
    total = pl.sum_horizontal(part.fill_null(0) for part in parts)
    worded = pl.when(text.str.contains(r"\d\s*[hms]")).then(total)
    return pl.coalesce(text.cast(pl.Float64, strict=False), worded)


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
