"""From levels to verdicts: which lifts, muscles and lifters are up, down or steady, since when.

A muscle's change is the mean change of the lifter's own recent lifts that train it directly, and a
lifter's that of all recent lifts: a number that the log can be asked for, unlike a latent
"strength of the quads". Each lift counts by how well it is known, less if it strays far from the
others, and errors of lifts correlate (one body, one bad week), so that ten lifts are not ten
times the evidence.

The horizon is the shortest for which the log can tell: 8, 13, 26, 52 weeks, or the whole log. The
price of looking several times is in the simulated figures of docs/strength.md, which are of the
claim as printed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.models.strength.level import BREAK_DAYS, COMEBACK_DAYS, Levels, follow
from analysis.models.strength.population import Population
from analysis.models.strength.regimes import (
    DOUBT_NOISES,
    SIDE,
    SMALLEST_DOUBT,
    Flags,
    Floats,
    Ints,
    Repairs,
    Series,
    day_noise,
)

HORIZONS = (56.0, 91.0, 182.0, 364.0)
"""Days back from the last training day; the whole log is the fifth."""
SHORTEST = 28.0
"""A log shorter than this, in days, has no change."""
RECENT, LATELY, FEW = 28.0, 56.0, 2
"""A lift is current if it was trained in the last 28 days of the log, and twice in the last 56:
one day after a long absence says little of a level."""
ERRATIC, ERRATIC_DAYS = 0.20, 12
"""A lift whose days differ by more than this (SD, log units) measures nothing: neither where all
of its days do, nor where its last ones do, those that its present level rests on (one that goes
back and forth between two machines has neighbours that agree and neighbours that do not)."""
FEWEST_DAYS = 6
"""Days that a lift needs."""
DECIDED, PROBABLE, LEADING = 0.95, 0.90, 0.975
"""Probability of the sign from which "up", "probably up", and a lift to lead with is said."""
LARGE = np.log(1.10)
"""A change within this is no large one."""
STRAY = 1.5
"""Errors from the median beyond which a lift counts less."""
LARGEST_HIDDEN = 0.15
"""No step larger than this hides among a lift's days, however noisy they are (log units)."""
LEAST_SD = 0.02
"""No lift is known better than this when lifts are weighed (log units)."""

UP, DOWN, PROBABLY_UP, PROBABLY_DOWN, STEADY, OPEN, NONE = (
    "up", "down", "probably up", "probably down", "no large change", "open", "none",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Units:
    """What is judged together: each unit is one muscle of one lifter, or one lifter.

    Attributes:
        lift: the lift of each membership.
        unit: the unit of each membership, ascending.
        shared: correlation of the errors of a unit's lifts.
        horizons: how many of `HORIZONS` are told.
    """

    lift: Ints
    unit: Ints
    count: int
    shared: float
    horizons: int = len(HORIZONS)


@dataclass(frozen=True, slots=True)
class Changes:
    """Change of each unit over each horizon; arrays are (horizon, unit), shortest first.

    Attributes:
        days: length of the horizon.
        mean: mean change, log units; NaN where no lift reaches back.
        sd: its SD.
        lifts: how many lifts it is of.
        weight: (horizon, membership): share of each lift in the mean; sums to 1 per unit.
    """

    days: Floats
    mean: Floats
    sd: Floats
    lifts: Ints
    weight: Floats

    @property
    def p_up(self) -> Floats:
        """Probability that the change is a rise."""
        chance: Floats = ndtr(self.mean / self.sd)
        return chance

    @property
    def p_within(self) -> Floats:
        """Probability that the change is no large one."""
        chance: Floats = ndtr((LARGE - self.mean) / self.sd) - ndtr((-LARGE - self.mean) / self.sd)
        return chance


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is said of each unit.

    Attributes:
        verdict: a word of this module.
        horizon: row of `Changes` that it speaks of; −1 for `NONE`.
    """

    verdict: NDArray[np.str_]
    horizon: Ints


def changes(
    series: Series,
    repairs: Repairs,
    population: Population,
    kinds: tuple[Units, ...],
    *,
    end: Floats,
) -> tuple[Changes, ...]:
    """Return the changes of every lift, and then of each kind of unit.

    Args:
        series: days of the lifts, all with `FEWEST_DAYS` or more.
        repairs: of the same days.
        population: what is known of lifts in general.
        kinds: muscles and lifters, made of lifts.
        end: (lift): last training day of its lifter.
    """
    current = is_current(series, repairs, end)
    since = _last_regime(series, repairs)
    span = end - since
    starts = [end - np.array(HORIZONS)[:, None], (end - span)[None]]
    whole, places = [], []
    for units in kinds:
        whole.append(_whole_log(units, span, current))
        place = _nth_of_its_kind(units.lift)
        slots = np.full((int(place.max(initial=-1)) + 1, series.lifts), np.nan)
        slots[place, units.lift] = end[units.lift] - whole[-1][units.unit]
        places.append(place + sum(len(part) for part in starts))
        starts.append(slots)
    asked = np.concatenate(starts)
    known = follow(series, repairs, population, starts=asked, end=end)
    mean, sd = _with_doubts(series, repairs, population, asked, end, known)
    mean = np.where(current & (asked >= since), mean, np.nan)
    told = [_alone(mean, sd, span, population)]
    for units, days, place in zip(kinds, whole, places, strict=True):
        fixed = np.arange(units.horizons)[:, None]
        row = np.concatenate([np.broadcast_to(fixed, (units.horizons, len(place))), place[None]])
        length = np.broadcast_to(np.array(HORIZONS)[fixed], (units.horizons, units.count))
        back = _back_since(series, units) > asked[row, units.lift] - COMEBACK_DAYS
        lifts = _Members(mean[row, units.lift], sd[row, units.lift], back)
        middle, error, n, weight = _pooled(lifts, units, population)
        days = np.vstack([length, days])
        told.append(_by_length(days, middle, error, n, weight, units.unit))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class _Members:
    """Changes of the lifts that are pooled; arrays are (horizon, membership).

    Attributes:
        mean: change, log units; NaN where it is not known.
        sd: its SD.
        back: whether the unit came back from a break within the change, or shortly before it.
    """

    mean: Floats
    sd: Floats
    back: Flags


def _back_since(series: Series, units: Units) -> Floats:
    """Return per membership the day on which its unit's training last resumed after a break.

    A break is of all lifts of a unit, not of one that is trained in turn; −inf without one.
    """
    lengths = (series.last - series.first + 1)[units.lift]
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    day = series.day[np.repeat(series.first[units.lift], lengths) + place]
    unit = np.repeat(units.unit, lengths)
    order = np.lexsort((day, unit))
    day, unit = day[order], unit[order]
    resumed = (np.diff(unit, prepend=-1) == 0) & (np.diff(day, prepend=0) >= BREAK_DAYS)
    last = np.full(units.count, -np.inf)
    np.maximum.at(last, unit[resumed], day[resumed])
    return last[units.unit]


def is_current(series: Series, repairs: Repairs, end: Floats) -> Flags:
    """Return whether each lift can be judged on its lifter's last day: lately trained, steady."""
    lately = np.bincount(series.lift, series.day > end[series.lift] - LATELY, series.lifts)
    recent = series.day[series.last] >= end - RECENT
    return recent & (lately >= FEW) & _is_steady(series, repairs)


def _is_steady(series: Series, repairs: Repairs) -> Flags:
    """Return whether each lift's days agree, all of them and the last ones since its last step."""
    near = series.last[series.lift] - np.arange(len(series.lift)) < ERRATIC_DAYS
    rows = near & (repairs.regime == repairs.regime[series.last][series.lift])
    lately = day_noise(Series(series.lift[rows], series.day[rows], series.value[rows]))
    return np.maximum(repairs.noise, lately) <= ERRATIC


def _last_regime(series: Series, repairs: Repairs) -> Floats:
    """Return the day from which each lift counts: that of its last step, or its first day.

    Not the sum of the changes within regimes: where a lift climbs and is set back in turn, that
    would be a rise without end that no raw chart shows.
    """
    since = series.day[series.first]
    rows = np.flatnonzero(repairs.step)
    np.maximum.at(since, series.lift[rows], series.day[rows])
    return since


def _with_doubts(
    series: Series,
    repairs: Repairs,
    population: Population,
    starts: Floats,
    end: Floats,
    known: Levels,
) -> tuple[Floats, Floats]:
    """Return the changes with what may be no strength in them: doubtful steps, and hidden ones.

    A step hides where it is smaller than a lift's own days can tell, so that a noisy lift gains
    more variance a year than a quiet one.
    """
    years = np.clip(end - starts, 0, None) / 365.25
    unseen = DOUBT_NOISES * repairs.noise * np.sqrt(1.57 * 2 / SIDE)
    unseen = np.clip(unseen, SMALLEST_DOUBT, LARGEST_HIDDEN)
    hidden = population.hidden_steps * unseen**2 * years
    doubted, squares = _doubted(series, repairs, starts)
    share = population.doubt
    sd = np.sqrt(known.change_sd**2 + hidden + share * (1 - share) * squares)
    return known.change - share * doubted, sd


def _doubted(series: Series, repairs: Repairs, starts: Floats) -> tuple[Floats, Floats]:
    """Return the sum of the doubtful steps after each start, and the sum of their squares."""
    rows = np.flatnonzero(repairs.doubt)
    lift, size = series.lift[rows], repairs.doubt[rows]
    after = series.day[rows] > starts[:, lift]
    sums = np.zeros((2, *starts.shape))
    for place, inside in enumerate(after):
        sums[0, place] = np.bincount(lift, size * inside, minlength=series.lifts)
        sums[1, place] = np.bincount(lift, size**2 * inside, minlength=series.lifts)
    return sums[0], sums[1]


def _nth_of_its_kind(values: Ints) -> Ints:
    """Return 0 for a value's first place, 1 for its second, and so on."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    nth = np.empty(len(values), np.int64)
    nth[order] = np.arange(len(values)) - np.searchsorted(ordered, ordered)
    return nth


def _whole_log(units: Units, span: Floats, current: Flags) -> Floats:
    """Return per unit the days back to which half of its current lifts reach; NaN without one."""
    kept = current[units.lift]
    reach = np.where(kept, span[units.lift], np.nan)
    return _group_median(reach, units.unit, units.count, lower=True)


def _group_median(values: Floats, group: Ints, groups: int, *, lower: bool = False) -> Floats:
    """Return the median of each group's values, NaN left out; of two middle ones the lower."""
    order = np.lexsort((values, group))  # NaN last within a group
    count = np.bincount(group[~np.isnan(values)], minlength=groups)
    begin = np.searchsorted(group[order], np.arange(groups))
    some = count > 0
    middle = np.full(groups, np.nan)
    ordered = values[order]
    low = ordered[begin[some] + (count[some] - 1) // 2]
    middle[some] = low if lower else (low + ordered[begin[some] + count[some] // 2]) / 2
    return middle


def _alone(mean: Floats, sd: Floats, span: Floats, population: Population) -> Changes:
    """Return each lift's own changes, by the fixed horizons and its own whole log."""
    rows = len(HORIZONS) + 1
    days = np.vstack([np.broadcast_to(np.array(HORIZONS)[:, None], (rows - 1, len(span))), span])
    reach = ~np.isnan(mean[:rows])
    error = sd[:rows] * population.lift_scale
    return _by_length(days, mean[:rows], error, reach.astype(np.int64), reach.astype(float))


def _pooled(
    members: _Members, units: Units, population: Population
) -> tuple[Floats, Floats, Ints, Floats]:
    """Return mean change, SD, lifts and weights: a random-effects mean of each unit's lifts.

    The lifts truly differ, so the weights lean towards equal ones the more they do (DerSimonian
    and Laird 1986), and what weights that are not equal may miss of the plain mean is in the SD.
    After a break all lifts come back together, so that their errors are more of one piece.
    """
    mean, sd = members.mean, members.sd
    rows, of = len(mean), units.unit
    each = of + units.count * np.arange(rows)[:, None]
    known = ~np.isnan(mean)
    change, error = np.where(known, mean, 0.0), np.where(known, sd, 1.0)

    def total(values: Floats) -> Floats:
        sums = np.bincount(each.ravel(), values.ravel(), minlength=rows * units.count)
        return sums.astype(float).reshape(rows, units.count)

    lifts: Ints = total(known.astype(float)).astype(np.int64)
    precision = np.where(known, error**-2, 0.0)
    between = np.maximum(_between(change, precision, total, of), LEAST_SD)[:, of]
    middles = _group_median(mean.ravel(), each.ravel(), rows * units.count)
    centre = middles.reshape(rows, units.count)[:, of]
    away = np.nan_to_num(np.abs(change - centre) / np.hypot(error, between))
    trust = STRAY / np.maximum(away, STRAY)
    weight = np.where(known, trust / (error**2 + between**2), 0.0)
    weight /= np.maximum(total(weight), 1e-300)[:, of]
    apart, together = total((weight * error) ** 2), total(weight * error) ** 2
    uneven = np.where(known, weight - 1 / np.maximum(lifts, 1)[:, of], 0.0)
    back = total(weight * members.back) ** 2
    shared = units.shared + (population.shared_return - units.shared) * back
    variance = (1 - shared) * apart + shared * together
    variance += total((uneven * between) ** 2)
    some = lifts > 0
    middle = np.where(some, total(weight * change), np.nan)
    return middle, np.where(some, np.sqrt(variance), np.nan), lifts, weight


def _between(
    change: Floats, precision: Floats, total: Callable[[Floats], Floats], of: Ints
) -> Floats:
    """Return the SD between the true changes of each unit's lifts, by moments."""
    whole = np.maximum(total(precision), 1e-300)
    centre = total(precision * change) / whole
    squares = total(precision * (change - centre[:, of]) ** 2)
    lifts = total((precision > 0).astype(float))
    scale = whole - total(precision**2) / whole
    excess = (squares - (lifts - 1)) / np.maximum(scale, 1e-9)
    return np.sqrt(np.where(lifts > 1, np.maximum(excess, 0.0), 0.0))


def _by_length(
    days: Floats, mean: Floats, sd: Floats, lifts: Ints, weight: Floats, unit: Ints | None = None
) -> Changes:
    """Return the changes with the horizons of each unit in ascending order, unknown ones last."""
    known = ~np.isnan(mean) & (days >= SHORTEST)
    order = np.argsort(np.where(known, days, np.inf), axis=0, kind="stable")

    def sort(part: Floats) -> Floats:
        return np.take_along_axis(part, order, axis=0)

    of_members = order if unit is None else order[:, unit]
    return Changes(
        days=sort(np.where(known, days, np.nan)),
        mean=sort(np.where(known, mean, np.nan)),
        sd=sort(np.where(known, sd, np.nan)),
        lifts=sort(np.where(known, lifts, 0.0)).astype(np.int64),
        weight=np.take_along_axis(weight, of_members, axis=0),
    )


def through_time(
    series: Series,
    repairs: Repairs,
    population: Population,
    kinds: tuple[Units, ...],
    *,
    end: Floats,
    points: int,
) -> tuple[tuple[Changes, ...], Floats, Floats]:
    """Follow each unit back from the last day.

    Args:
        series: days of the lifts, all with `FEWEST_DAYS` or more.
        repairs: of the same days.
        population: what is known of lifts in general.
        kinds: muscles, lifters or lifts alone, made of lifts.
        end: (lift): last training day of its lifter.
        points: days to look back to, about.

    Returns:
        Per kind, the changes from many days to the last one, the same as `changes` for the fixed
        horizons, which are among them; how many days back they are; the level of each lift on
        the last day.
    """
    current = is_current(series, repairs, end)
    longest = float(np.max(end - series.day[series.first], initial=SHORTEST))
    step = 7 * max(1, int(np.ceil(longest / 7 / points)))
    back = np.unique([*np.arange(step, longest + 1, step), *HORIZONS]).astype(float)
    starts = end - back[:, None]
    known = follow(series, repairs, population, starts=starts, end=end)
    mean, sd = _with_doubts(series, repairs, population, starts, end, known)
    mean = np.where(current & (starts >= _last_regime(series, repairs)), mean, np.nan)
    told = []
    for units in kinds:
        came_back = _back_since(series, units) > starts[:, units.lift] - COMEBACK_DAYS
        members = _Members(mean[:, units.lift], sd[:, units.lift], came_back)
        middle, error, lifts, weight = _pooled(members, units, population)
        days = np.broadcast_to(back[:, None], middle.shape)
        told.append(Changes(days, middle, error, lifts, weight))
    return tuple(told), back, np.sum(known.cells.T * known.level, axis=0)


def judge(told: Changes, *, least: float = DECIDED) -> Verdicts:
    """Say what is known of each unit: the shortest decided horizon, else steady, else open.

    Args:
        told: changes of the units.
        least: probability of the sign from which a change is decided.
    """
    known = ~np.isnan(told.mean)
    up = np.where(known, told.p_up, 0.5)
    sure = np.maximum(up, 1 - up)
    units = told.mean.shape[1]
    verdict = np.full(units, NONE, dtype="U16")
    horizon = np.full(units, -1, dtype=np.int64)
    everyone = np.arange(units)
    for rise, fall, holds in (
        (UP, DOWN, sure >= least),
        (PROBABLY_UP, PROBABLY_DOWN, sure >= PROBABLE),
        (STEADY, STEADY, np.where(known, told.p_within, 0.0) >= DECIDED),
        (OPEN, OPEN, known),
    ):
        shortest = np.argmax(holds, axis=0)
        new = holds.any(axis=0) & (horizon < 0)
        horizon[new] = shortest[new]
        rises = up[shortest, everyone] >= 0.5
        verdict[new] = np.where(rises, rise, fall)[new]
    return Verdicts(verdict, horizon)


def best_blocks(
    series: Series, repairs: Repairs, *, block_days: float = 28.0, fewest: int = 3
) -> tuple[Floats, Floats]:
    """Compare each lift's last 28 days with its best 28 days since its last step.

    Blocks are medians, never the best single day, which stands above them by luck.

    Returns:
        Per lift the first day of its best block, and how far the last block is below it in log
        units: 0 within 3 %, NaN where the difference is too small to be told, a block or two
        are missing, or the lift is erratic.
    """
    last_regime = repairs.regime[series.last]
    used = (repairs.regime == last_regime[series.lift]) & ~repairs.odd
    lift, value = series.lift[used], series.value[used]
    back = ((series.day[series.last][lift] - series.day[used]) // block_days).astype(np.int64)
    key = lift * 100_000 + back
    block, place = np.unique(key, return_inverse=True)
    level = _group_median(value, place, len(block))
    days = np.bincount(place, minlength=len(block))
    of, ago = block // 100_000, block % 100_000
    full = days >= fewest
    best_day, below = np.full((2, series.lifts), np.nan)
    order = np.lexsort((-level[full], of[full]))
    best = np.flatnonzero(full)[order]
    best = best[np.diff(of[best], prepend=-1) != 0]  # highest block of each lift
    now = np.flatnonzero(full & (ago == 0))
    count = np.bincount(of[full], minlength=series.lifts)
    top = np.full(series.lifts, -1)
    top[of[best]] = best
    chosen = now[count[of[now]] >= 2]
    lifts = of[chosen]
    highest = top[lifts]
    gap = level[highest] - level[chosen]
    fewer = np.minimum(days[highest], days[chosen])
    limit = np.maximum(0.03, 2.5 * repairs.noise[lifts] * np.sqrt(2 / fewer))
    best_day[lifts] = series.day[series.last][lifts] - block_days * (ago[highest] + 1) + 1
    told = np.where(gap <= 0.03, 0.0, np.where(gap > limit, gap, np.nan))
    below[lifts] = np.where(_is_steady(series, repairs)[lifts], told, np.nan)
    return best_day, below
