"""Apple Health: `export.xml`, alone or in the zip that the phone makes. Body measures, no sets.

The file may be hundreds of MB: it is streamed, and what is kept is one number per day, measure
and source. Its declaration of document type is left out before the parser sees it: it is broken
in newer exports, and without it there is no entity to expand. A day has one source per measure,
the one that has most days in the export (a scale and a diary that copies it are one weighing);
sleep is the union of all sources, since a watch taken off is followed by a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.parsers import expat

import polars as pl

from analysis.ingest.vendors import COVARIATES, Carries, Measured, Peek, Staged, Vendor
from analysis.units import CM_PER, KG_PER

CHUNK_BYTES = 1 << 20
MAX_DECLARATION_BYTES = 1 << 20
SECONDS_PER = {"ms": 0.001, "s": 1.0}


STONE_LB = 14


def _mass(value: float, unit: str) -> float:
    return value * STONE_LB * KG_PER["lb"] if unit == "st" else value * KG_PER[unit]


# Apple's name -> ours, our unit, and the way there; a unit that is not known raises a KeyError.
QUANTITIES: dict[str, tuple[str, str, Callable[[float, str], float]]] = {
    "BodyMass": ("body_mass_kg", "kg", _mass),
    "LeanBodyMass": ("lean_body_mass_kg", "kg", _mass),
    "BodyFatPercentage": ("body_fat_pct", "%", lambda value, _: value * 100),
    "WaistCircumference": ("waist_cm", "cm", lambda value, unit: value * CM_PER[unit]),
    "HeartRateVariabilitySDNN": (
        "hrv_sdnn_ms",
        "ms",
        lambda value, unit: value * SECONDS_PER[unit] * 1000,
    ),
    "RestingHeartRate": ("resting_heart_rate_bpm", "1/min", lambda value, _: value),
}
PREFIX, SLEEP = "HKQuantityTypeIdentifier", "HKCategoryTypeIdentifierSleepAnalysis"
ASLEEP = "HKCategoryValueSleepAnalysisAsleep"
NIGHT_ENDS = timedelta(hours=6)
"""Sleep that ends after 18:00 belongs to the next day: a night bears the date of its morning."""


class Health:
    """What an export says, gathered while it streams by."""

    def __init__(self) -> None:
        self.days: dict[tuple[str, str, str], tuple[float, int]] = {}
        self.asleep: list[tuple[datetime, datetime]] = []
        self.broken = 0

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """Take in one element of the file."""
        if name != "Record":
            return
        kind = attributes.get("type", "")
        measure = QUANTITIES.get(kind.removeprefix(PREFIX))
        try:
            if measure is not None:
                self._quantity(measure, attributes)
            elif kind == SLEEP and attributes["value"].startswith(ASLEEP):
                self.asleep.append((_wall(attributes["startDate"]), _wall(attributes["endDate"])))
        except (KeyError, ValueError):
            self.broken += 1

    def _quantity(
        self,
        measure: tuple[str, str, Callable[[float, str], float]],
        attributes: dict[str, str],
    ) -> None:
        name, _, converted = measure
        day = attributes["startDate"][:10]
        datetime.strptime(day, "%Y-%m-%d")
        value = converted(float(attributes["value"]), attributes.get("unit", ""))
        key = (name, attributes.get("sourceName", ""), day)
        total, count = self.days.get(key, (0.0, 0))
        self.days[key] = total + value, count + 1

    def table(self) -> pl.DataFrame:
        """One row per day and measure, as `COVARIATES`."""
        units = {name: unit for name, unit, _ in QUANTITIES.values()}
        means = (
            (day, name, source, total / n) for (name, source, day), (total, n) in self.days.items()
        )
        columns = {"date": pl.String, "name": pl.String, "source": pl.String, "value": pl.Float64}
        daily = pl.DataFrame(list(means), schema=columns, orient="row").with_columns(
            days=pl.len().over("name", "source")
        )
        chosen = daily.sort(
            "name", "date", "days", "source", descending=[False, False, True, False]
        )
        one = chosen.unique(["name", "date"], keep="first", maintain_order=True).select(
            pl.col("date").str.to_date(),
            "name",
            "value",
            unit=pl.col("name").replace_strict(units, return_dtype=pl.String),
        )
        nights = pl.DataFrame(list(_nights(self.asleep)), schema=COVARIATES, orient="row")
        return pl.concat([one, nights]).sort("date", "name")


def _wall(text: str) -> datetime:
    """The clock on the wall: the offset is dropped, not applied."""
    return datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S")


def _nights(asleep: list[tuple[datetime, datetime]]) -> Iterator[tuple[date, str, float, str]]:
    """Hours asleep by the date of the morning, stretches that overlap counted once."""
    hours: dict[date, float] = {}
    reached = datetime.min
    for begin, end in sorted(asleep):
        begin = max(begin, reached)
        if end > begin:
            morning = (end + NIGHT_ENDS).date()
            hours[morning] = hours.get(morning, 0.0) + (end - begin).total_seconds() / 3600
            reached = end
    for morning in sorted(hours):
        yield morning, "sleep_h", hours[morning], "h"


def covariates(peek: Peek) -> Measured:
    """Body mass, fat, waist, heart rate, its variability, and sleep: one number a day each.

    A file that breaks off is read up to there, and the note says so.

    Raises:
        ValueError: the file declares entities, or its declaration does not end.
    """
    health, notes = Health(), []
    parser = expat.ParserCreate("utf-8")  # whatever a damaged declaration says
    parser.buffer_text = True
    parser.StartElementHandler = health.element
    parser.EntityDeclHandler = _no_entities
    try:
        for chunk in _without_declaration(peek.path):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        notes.append(
            f"the XML is damaged or breaks off in line {error.lineno:,} "
            f"({expat.errors.messages.get(error.code, 'unknown')}); what stands before is read. "
            "Export it again"
        )
    if health.broken:
        notes.append(
            f"{health.broken:,} of its records cannot be read: a date, a number or a unit is none"
        )
    return Measured(health.table(), tuple(notes))


def _no_entities(*_: object) -> None:
    raise ValueError("declares XML entities, which no export of Apple Health does")


def _without_declaration(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes less its `<!DOCTYPE … ]>`."""
    with path.open("rb") as file:
        head = file.read(CHUNK_BYTES)
        start = head.find(b"<!DOCTYPE")
        if start >= 0:
            root = head.find(b"<HealthData", start)
            while root < 0 and len(head) < MAX_DECLARATION_BYTES + CHUNK_BYTES:
                more = file.read(CHUNK_BYTES)
                if not more:
                    break
                head += more
                root = head.find(b"<HealthData", start)
            if root < 0:
                raise ValueError("its declaration of document type does not end")
            lines = head.count(b"\n", start, root)  # kept, so that a message names the right line
            head = head[:start] + b"\n" * lines + head[root:]
        yield head
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def stage(raw: pl.LazyFrame | None, peek: Peek) -> Staged:
    """No sets: the strength workouts that it lists hold no exercise."""
    del raw, peek
    nothing = pl.LazyFrame(
        schema=dict.fromkeys(("exercise", "started_text"), pl.String)
    ).with_columns(
        source_row=pl.lit(None, dtype=pl.Int64), started_at=pl.lit(None, dtype=pl.Datetime("us"))
    )
    return Staged(nothing, {}, "kg")


def recognise(peek: Peek) -> bool:
    """XML whose root element, or declaration of document type, stands at the start."""
    start = peek.head[:1000].lstrip()
    named = "<HealthData" in start or "<!DOCTYPE HealthData" in start
    return named and start.startswith("<")


VENDOR = Vendor(
    name="apple_health",
    title="Apple Health",
    how_to_export="Health → your picture → Export All Health Data (a zip; it holds no sets)",
    recognise=recognise,
    stage=stage,
    carries=Carries(
        units="column",
        kinds=(),
        body_mass=True,
        verified=("export.xml",),
    ),
    covariates=covariates,
)
