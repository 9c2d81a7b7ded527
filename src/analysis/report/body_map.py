"""The body map: our own drawing, front and back, coloured by one number per muscle group.

Cividis (Nuñez, Anderton & Renslow 2018, PLoS ONE 13:e0199239) reads the same with and without
colour vision. The drawing says how much was trained, nothing about recovery.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import isnan
from typing import Any

from analysis.report.tables import number_texts, plain_text

CIVIDIS = (
    (0, 32, 77), (0, 49, 111), (57, 72, 107), (87, 92, 109), (112, 113, 115),
    (138, 134, 120), (165, 157, 120), (195, 182, 105), (225, 204, 85), (255, 234, 70),
)  # fmt: skip
"""Ten steps of Cividis, dark to light."""


@dataclass(frozen=True, slots=True)
class Region:
    """One group on one side of the body: its outline and how to fill and name it."""

    group: str
    side: str
    paths: tuple[str, ...]
    fill: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list beside the drawing."""

    group: str
    words: str
    value: str
    fill: str
    share: float
    drawn: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that the template needs."""

    outlines: dict[str, tuple[str, ...]]
    regions: list[Region]
    rows: list[Row]
    gradient: tuple[str, ...]
    top: str

    @property
    def all_drawn(self) -> bool:
        """Whether every group of the list has a region."""
        return all(row.drawn for row in self.rows)


@cache
def _shapes() -> dict[str, Any]:
    text = files("analysis.report").joinpath("body.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def known_groups() -> tuple[str, ...]:
    """Return every muscle group that the drawing has a region for."""
    shapes = _shapes()
    return tuple(sorted({group for side in ("front", "back") for group in shapes[side]}))


def drawing(values: dict[str, float], unit: str) -> Drawing:
    """Return the drawing of one number per group; a group without a number stays hatched.

    Args:
        values: group -> number of 0 or more.
        unit: unit of the number, in words.
    """
    shapes = _shapes()
    top = max([value for value in values.values() if not isnan(value)], default=0.0)
    regions = [
        Region(
            group, side, tuple(paths), _fill(values.get(group), top), _label(group, values, unit)
        )
        for side in ("front", "back")
        for group, paths in shapes[side].items()
    ]
    ordered = sorted(values, key=lambda group: (-_sortable(values[group]), group))
    texts = number_texts([values[group] for group in ordered])
    rows = [
        _row(group, values[group], text, top) for group, text in zip(ordered, texts, strict=True)
    ]
    outlines = {side: tuple(shapes["outline"][side]) for side in ("front", "back")}
    return Drawing(outlines, regions, rows, tuple(_hex(c) for c in CIVIDIS), plain_text(top))


def words(group: str) -> str:
    """Return a group's name in words."""
    return group.replace("_", " ")


def _row(group: str, value: float, text: str, top: float) -> Row:
    share = 0.0 if isnan(value) or not top else 100 * value / top
    drawn = group in known_groups()
    return Row(group, words(group), text, _fill(value, top), round(share, 1), drawn)


def _label(group: str, values: dict[str, float], unit: str) -> str:
    value = values.get(group)
    said = "no number" if value is None or isnan(value) else f"{plain_text(value)} {unit}"
    return f"{words(group)}: {said}"


def _sortable(value: float) -> float:
    return -1.0 if isnan(value) else value


def _fill(value: float | None, top: float) -> str:
    if value is None or isnan(value):
        return "url(#untold)"
    place = (value / top if top else 0.0) * (len(CIVIDIS) - 1)
    low = min(int(place), len(CIVIDIS) - 2)
    pairs = zip(CIVIDIS[low], CIVIDIS[low + 1], strict=True)
    return _hex(tuple(round(a + (b - a) * (place - low)) for a, b in pairs))


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
