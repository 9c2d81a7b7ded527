"""Landmarks of weekly volume: practitioner heuristics that a user may edit, never evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from analysis.problems import SettingsError, did_you_mean
from analysis.settings import parse_toml

LABEL = "practitioner heuristic"


class LandmarkError(SettingsError):
    """An entry of a landmarks file breaks a rule."""


@dataclass(frozen=True, slots=True)
class Band:
    """Weekly direct sets of one muscle, each end itself a range of opinions."""

    minimum: tuple[float, float]
    maximum: tuple[float, float]

    @property
    def said(self) -> str:
        """The band in words, such as "6–12 to 18–22"."""
        ends = ("–".join(f"{n:g}" for n in dict.fromkeys(end)) for end in
                (self.minimum, self.maximum))  # fmt: skip
        return " to ".join(ends)

    def place(self, sets: float) -> str:
        """Return where a number of weekly sets lies; empty inside the band."""
        if sets < self.minimum[0]:
            return "below their minimum"
        return "above their maximum" if sets > self.maximum[1] else ""


def landmarks(path: Path | None = None, *, muscles: Collection[str] = ()) -> Mapping[str, Band]:
    """Return the landmarks by muscle group.

    Args:
        path: a file in the form of `landmarks.toml`; none for the one that is shipped.
        muscles: muscle groups that may be named; empty for any.

    Raises:
        LandmarkError: an entry breaks a rule; the message names file, key, value, rule, remedy.
    """
    shipped = files("analysis.audit").joinpath("landmarks.toml")
    text = (path or shipped).read_text(encoding="utf-8")
    file = path.name if path else "landmarks.toml"
    data = parse_toml(text, file, LandmarkError)
    table = data.get("muscles", {})
    if not isinstance(table, dict):
        raise LandmarkError(file, "muscles", table, "expected tables", "write [muscles.quads]")
    for name in table:
        if muscles and name not in muscles:
            remedy = did_you_mean(name, muscles) or f"use one of {', '.join(sorted(muscles))}"
            raise LandmarkError(file, f"muscles.{name}", table[name], "no such muscle", remedy)
    return {name: _band(file, name, entry) for name, entry in table.items()}


def _band(file: str, muscle: str, entry: Any) -> Band:
    key = f"muscles.{muscle}"
    if not isinstance(entry, dict) or set(entry) != {"minimum", "maximum"}:
        rule = "a muscle needs minimum and maximum, and nothing else"
        raise LandmarkError(file, key, entry, rule, "write minimum = [6, 12], maximum = [18, 22]")
    band = Band(*(_range(file, f"{key}.{name}", entry[name]) for name in ("minimum", "maximum")))
    if band.minimum[0] > band.maximum[1]:
        raise LandmarkError(
            file, key, entry, "the minimum lies above the maximum", "exchange them"
        )
    return band


def _range(file: str, key: str, value: Any) -> tuple[float, float]:
    numbers = value if isinstance(value, list) else [value, value]
    valid = len(numbers) == 2 and all(
        isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n <= 100 for n in numbers
    )
    if not valid or numbers[0] > numbers[1]:
        rule = "expected two numbers of sets from 0 to 100, the smaller first"
        raise LandmarkError(file, key, value, rule, "write [6, 12]")
    return float(numbers[0]), float(numbers[1])
