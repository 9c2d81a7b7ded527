"""Phrases that summaries and notes share, so that one number is always said in one way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, inf, isfinite, log10
from typing import Literal

Verdict = Literal["no cause", "no size", "no proof", "higher", "lower", "open"]
"""What an interval allows to say; every question has its own words for it."""


def verdict_of(
    low: float, high: float, *, vetoed: bool = False, smallest: float = 0.0, otherwise: float = 0.0
) -> Verdict:
    """Return what an interval allows to say: the one rule, in this order.

    1. *no cause*: a placebo vetoes, so that the number may not be read as an effect.
    2. *no size*: the whole interval lies within ± the smallest effect that would matter. With a
       95 % interval this is two one-sided tests at 2.5 % each, stricter than the usual 5 %.
    3. *no proof*: above 0, but its lower end no higher than what something else alone could do.
    4. *higher*, *lower*: the whole interval lies above, or below, 0.
    5. *open*: the interval holds 0.

    Args:
        low: lower end of the interval; NaN is open.
        high: its upper end.
        vetoed: whether a placebo vetoes.
        smallest: the smallest effect that would matter; 0 where none was named beforehand.
        otherwise: effect that something else than the work alone could show.

    >>> verdict_of(0.1, 0.4), verdict_of(-0.4, -0.1), verdict_of(-0.1, 0.4)
    ('higher', 'lower', 'open')
    >>> verdict_of(0.1, 0.4, vetoed=True), verdict_of(0.1, 0.4, smallest=0.5)
    ('no cause', 'no size')
    >>> verdict_of(0.1, 0.4, otherwise=0.2)
    'no proof'
    """
    if vetoed:
        return "no cause"
    if -smallest < low and high < smallest:
        return "no size"
    if low > 0:
        return "no proof" if low <= otherwise else "higher"
    return "lower" if high < 0 else "open"


def count(n: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun.

    >>> count(1, "set"), count(12000, "set"), count(2, "entry", "entries")
    ('1 set', '12,000 sets', '2 entries')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def number(value: float, digits: int = 1) -> str:
    """Return a number to a fixed number of decimals, "unknown" for a missing one.

    >>> number(1234.56), number(float("nan"))
    ('1,234.6', 'unknown')
    """
    return f"{value:,.{digits}f}" if isfinite(value) else "unknown"


def interval(
    value: float, low: float, high: float, *, unit: str = " %", level: float | None = None
) -> str:
    """Return an estimate with its interval, and the interval's level where it is not told nearby.

    >>> interval(0.214, -0.1, 0.5, level=0.95)
    '+0.21 % [95 % interval -0.10 to +0.50]'
    >>> interval(0.3, -0.001, 0.5, unit="")
    '+0.30 [+0.00 to +0.50]'
    >>> interval(0.2994, 0.2953, 0.3038, unit="")
    '+0.299 [+0.295 to +0.304]'
    """
    named = "" if level is None else f"{100 * level:.0f} % interval "
    n = interval_decimals(low, high)
    return f"{value:+z.{n}f}{unit} [{named}{low:+z.{n}f} to {high:+z.{n}f}]"


def interval_decimals(low: float, high: float) -> int:
    """Return with how many decimals the ends of an interval are told apart; two at least.

    >>> interval_decimals(-0.1, 0.5), interval_decimals(0.2953, 0.3035), interval_decimals(0, 0)
    (2, 3, 2)
    """
    width = high - low
    return max(2, ceil(-log10(width))) if 0 < width < inf else 2


def times(often: float) -> str:
    """Return how often, in words.

    >>> times(0.2), times(1.2), times(2.0), times(3.4)
    ('less than once', 'once', 'twice', '3 times')
    """
    if often < 0.5:
        return "less than once"
    whole = round(often)
    return {1: "once", 2: "twice"}.get(whole, f"{whole} times")


def time_off(days: float) -> str:
    """Return a length of time as one says it.

    >>> time_off(30), time_off(84), time_off(200), time_off(800)
    ('4 weeks', '12 weeks', '6 months', '2 years')
    """
    if days < 112:
        return count(int(days // 7), "week")
    return count(int(days // 30.4), "month") if days < 730 else count(int(days // 365), "year")


def load(kg: float) -> str:
    """Return a load with its unit, to a tenth.

    >>> load(171.911), load(100.0)
    ('171.9 kg', '100 kg')
    """
    return f"{kg:,.1f}".removesuffix(".0") + " kg"


def listing(counts: Mapping[str, int], *, most: int = 8) -> str:
    """Return names with their counts, the largest first, and how many are left unnamed.

    >>> listing({"Sled": 3, "Yoke": 9, "Prowler": 1}, most=2)
    'Yoke (9), Sled (3) and 1 more'
    """
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{name} ({n:,})" for name, n in ranked[:most])
    rest = len(ranked) - most
    return f"{named} and {rest:,} more" if rest > 0 else named


def spoken(name: str) -> str:
    """Return a column's word as a sentence says it.

    >>> spoken("upper_back")
    'upper back'
    """
    return name.replace("_", " ")


def whose(athletes: Sequence[str]) -> str:
    """Return how many athletes a number is over, empty for a log of one.

    >>> whose(["a"]), whose(["a", "b"])
    ('', ', 2 athletes')
    """
    return "" if len(athletes) < 2 else f", {len(athletes):,} athletes"
