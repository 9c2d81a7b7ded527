"""The one place where a verdict on strength becomes words.

A range in a sentence holds with 90 %: then a change is decided, at 95 % for its sign, exactly
where its range leaves out 0. The tables' intervals are of 95 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np

from analysis.say import count, time_off

VERDICTS = ("up", "down", "probably up", "probably down", "no large change", "open", "none")
SPANS = {56: "eight weeks", 91: "13 weeks", 182: "six months", 364: "a year"}
SHIFTS = {
    "doubled": "logged double since {day}: both hands now? Not counted as strength",
    "halved": "logged at half since {day}: one hand now? Not counted as strength",
    "return": "back after {off} off on {day}, {by}; compared from there",
    "other": "jumped by {by} on {day}: another machine or style? Counted from there",
    "told": "another machine since {day}, as you say; counted from there",
    "odd day": "{day} was a light day or a typing error: ignored",
}


def of_row(row: Mapping[str, Any]) -> str:
    """Return a row of `strength` as a sentence; its `aside`, if any, stands at the end.

    >>> of_row({"scope": "muscle", "name": "chest", "verdict": "up", "horizon_days": 91,
    ...         "change_pct": 6.2, "low_pct": 2.1, "high_pct": 10.4, "lifts": 3})
    'Chest: up about 6 % in 13 weeks (likely 3 to 10 %).'
    """
    name = str(row["name"]).replace("_", " ")
    overall = row["scope"] == "lifter"
    name = "Overall" if overall else name[:1].upper() + name[1:]
    lifts = f", {count(int(row['lifts']), 'lift')}" if overall and row["lifts"] > 0 else ""
    return f"{name}: {_change(row)}{lifts}{row.get('aside', '')}."


def _change(row: Mapping[str, Any]) -> str:
    verdict, when = row["verdict"], horizon(row)
    low, high = likely(row)
    if verdict in ("up", "down"):
        by = f"{abs(row['change_pct']):.0f} %"
        by = "less than 1 %" if by == "0 %" else f"about {by}"
        return f"{verdict} {by} {when} (likely {_range(low, high, verdict)})"
    if verdict.startswith("probably"):
        return f"{verdict} {when} ({_ends(low, high)})"
    if verdict == "no large change":
        return f"steady, within 10 % of {_ago(row)}"
    if verdict == "open":
        return f"{_ends(low, high)} {when}, too close to call"
    return "too little recent log to say"


def likely(row: Mapping[str, Any]) -> tuple[float, float]:
    """Return the ends of the 90 % range of a row's change, in percent."""
    low, high = (np.log1p(row[end] / 100) for end in ("low_pct", "high_pct"))
    middle, reach = (low + high) / 2, (high - low) / 2 * 1.645 / 1.96
    return float(100 * np.expm1(middle - reach)), float(100 * np.expm1(middle + reach))


def horizon(row: Mapping[str, Any]) -> str:
    """Return since when a row counts, in words.

    >>> horizon({"horizon_days": 56.0})
    'in eight weeks'
    """
    days = row["horizon_days"]
    if days is None or isnan(days):
        return ""
    if days in SPANS:
        return f"{'over' if days == 182 else 'in'} {SPANS[int(days)]}"
    return f"since {row['since']:%B %Y}"


def _ago(row: Mapping[str, Any]) -> str:
    days = row["horizon_days"]
    return f"{SPANS[int(days)]} ago" if days in SPANS else f"{row['since']:%B %Y}"


def _range(low: float, high: float, verdict: str) -> str:
    """Return the ends of a decided change, the smaller one first."""
    near, far = (low, high) if verdict == "up" else (-high, -low)
    if near < 0:
        return _ends(low, high)
    return f"{near:.0f} to {far:.0f} %"


def _ends(low: float, high: float) -> str:
    def end(value: float) -> str:
        return f"{abs(value):.0f} % {'down' if value < 0 else 'up'}"

    return f"{end(low)} to {end(high)}"


def of_best(row: Mapping[str, Any]) -> str:
    """Return how a lift stands beside its best block; "" where it cannot be told.

    >>> of_best({"name": "Squat", "below_best_pct": 0.0, "best_block": None})
    'Squat: at your best.'
    """
    below = row["below_best_pct"]
    if below is None or isnan(below):
        return ""
    if below == 0:
        return f"{row['name']}: at your best."
    return f"{row['name']}: {below:.0f} % below your best four weeks, {row['best_block']:%B %Y}."


def of_shift(row: Mapping[str, Any]) -> str:
    """Return a row of `shifts` as a sentence."""
    change = row["change_pct"]
    by = "" if isnan(change) else f"{abs(change):.0f} % {'up' if change > 0 else 'down'}"
    off = time_off(max(row["days_off"], row["lifter_days_off"]))
    day = f"{row['day']:%-d %b %Y}"
    return f"{row['lift']}: {SHIFTS[row['kind']].format(day=day, off=off, by=by)}."


def headlines(
    lifter: Mapping[str, Any] | None, leads: Sequence[Mapping[str, Any]], break_days: int = 0
) -> list[str]:
    """Return what a page says first: the lifter, the clearest lifts, and a break that explains."""
    said = [of_row(lifter)] if lifter is not None and lifter["verdict"] != "none" else []
    said += [of_row(row) for row in leads]
    if break_days:
        said.append(f"Coming back after {time_off(break_days)} off: regaining what was there.")
    return said
