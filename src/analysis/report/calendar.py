"""A calendar of training days: a row of squares per year, drawn as text, without a script.

At 390 px a year of weeks has 6 px a week; a whole log in one row would have less than one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

STEP, SIDE = 7, 6
"""From square to square, and the side of one, in units of the drawing."""

LEFT, TOP = 26, 10
"""Room for the year, and for the months."""

LEVELS = 4
MONTHS = "JFMAMJJASOND"


@dataclass(frozen=True, slots=True)
class Year:
    """One year of a calendar, drawn."""

    year: int
    svg: Markup


def years(
    days: Mapping[date, float], *, unit: str = "sets", first: date | None = None
) -> list[Year]:
    """Return the drawing of each year, newest first.

    Args:
        days: day -> a number that says how much, such as sets.
        unit: what is counted, in words.
        first: first day that is drawn; that of the first number when not given.
    """
    if not days:
        return []
    steps = _steps(sorted(days.values()))
    start, end = first or min(days), max(days)
    return [
        Year(year, _drawn(year, days, steps, start, end, unit))
        for year in range(end.year, start.year - 1, -1)
    ]


def _steps(ordered: Sequence[float]) -> list[float]:
    """Return the numbers from which a square is of the second, third and fourth shade."""
    return [ordered[len(ordered) * quarter // LEVELS] for quarter in range(1, LEVELS)]


def _drawn(
    year: int, days: Mapping[date, float], steps: list[float], start: date, end: date, unit: str
) -> Markup:
    monday = date(year, 1, 1) - timedelta(days=date(year, 1, 1).weekday())
    paths: list[list[str]] = [[] for _ in range(LEVELS + 1)]
    day = max(date(year, 1, 1), start)
    trained = 0
    while day.year == year and day <= end:
        value = days.get(day)
        level = 0 if value is None else 1 + sum(value >= step for step in steps)
        trained += value is not None
        week, weekday = divmod((day - monday).days, 7)
        square = f"M{LEFT + STEP * week} {TOP + STEP * weekday}h{SIDE}v{SIDE}h-{SIDE}z"
        paths[level].append(square)
        day += timedelta(days=1)
    months = "".join(
        f'<text x="{LEFT + STEP * ((date(year, month, 1) - monday).days // 7)}" y="7">{letter}'
        "</text>"
        for month, letter in enumerate(MONTHS, start=1)
    )
    drawn = "".join(
        f'<path class="d{level}" d="{"".join(path)}"/>' for level, path in enumerate(paths) if path
    )
    label = f"{year}: {trained} days with a log, shaded by {unit}"
    # Numbers of our own and no word of the user's: nothing here needs escaping.
    return Markup(
        f'<svg class="calendar" viewBox="0 0 {LEFT + 54 * STEP} {TOP + 7 * STEP}" role="img" '
        f'aria-label="{label}">{months}<text class="year" x="0" y="{TOP + 4 * STEP}">{year}</text>'
        f"{drawn}</svg>"
    )
