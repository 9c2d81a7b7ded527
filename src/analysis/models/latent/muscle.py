"""`latent_strength`: one muscle group's strength over time, with a band, per athlete."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from analysis.figures import Trace, band, by_athlete, figure, interval_points, line
from analysis.logbook import Logbook
from analysis.models.latent.fit import TAIL_DOF, LatentFit, smooth, status_table
from analysis.models.latent.kalman import Floats
from analysis.models.latent.observations import Estimates, Indices, observations
from analysis.result import DECIMALS, Figure, Result

# The trend that several exercises have in common, by generalised least squares.
#
# Trend and each exercise's own wander are random walks; together they wander as much as the
# exercises do one by one. How much of it is common, and how large it is, are averaged over a few
# candidates by their likelihood. For each candidate the posterior is Gaussian and exact: an
# exercise's weight is its precision, its intercept is its own, and a swap without overlap widens
# the band instead of moving the line.


COMMON_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Candidates for the common trend's share of an exercise's wander, equally likely beforehand."""
WANDER_FACTORS = (0.5, 1.0, 2.0, 4.0)
"""Candidates for the wander, relative to its mean over the exercises one by one."""
DIFFUSE = 100.0
"""Prior variance of an intercept, log units: a factor of e^±20, which is no information."""
WEEK_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Weekly:
    """One row per exercise and week: its mean day, value and error variance.

    `begun` is the first day of the row's exercise.
    """

    exercise: Indices
    day: Floats
    value: Floats
    noise: Floats
    begun: Floats


def by_week(states: pd.DataFrame) -> Weekly:
    """Return precision-weighted weekly means; within a week strength is taken as constant.

    Args:
        states: `LatentFit.states` of the exercises: each day's value and error.
    """
    exercise, _ = pd.factorize(states["series"])
    day = states["day"].to_numpy()
    week = np.floor((day - day.min()) / WEEK_DAYS)
    new = (np.diff(exercise, prepend=-1) != 0) | (np.diff(week, prepend=np.nan) != 0)
    first = np.flatnonzero(new)
    precision = states["error_sd"].to_numpy() ** -2.0
    total = np.add.reduceat(precision, first)
    mean_day = np.add.reduceat(precision * day, first) / total
    value = np.add.reduceat(precision * states["observed"].to_numpy(), first) / total
    begun = day[np.searchsorted(exercise, exercise[first])]
    return Weekly(exercise[first], mean_day, value, 1 / total, begun)


def common_trend(weekly: Weekly, wander: float, weeks: Floats) -> tuple[Floats, Floats, float]:
    """Return mean and covariance of the trend at the weeks, and its share of the wander.

    Args:
        weekly: the exercises' weeks.
        wander: variance of an exercise's daily random step, mean over the exercises.
        weeks: days at which the trend is wanted; it is 0 on the first day of all.
    """
    shares = COMMON_SHARES if weekly.exercise.max() > 0 else (1.0,)
    candidates = [(share, factor) for share in shares for factor in WANDER_FACTORS]
    fits = [_fit(weekly, share, wander * factor, weeks) for share, factor in candidates]
    log_likelihood = np.array([fit.log_likelihood for fit in fits])
    weight = np.exp(log_likelihood - log_likelihood.max())
    weight /= weight.sum()
    mean: Floats = np.einsum("k,kw->w", weight, [fit.mean for fit in fits])
    within = np.einsum("k,kvw->vw", weight, [fit.covariance for fit in fits])
    apart = np.array([fit.mean for fit in fits]) - mean
    between: Floats = np.einsum("k,kv,kw->vw", weight, apart, apart)
    share = float(weight @ np.array([share for share, _ in candidates]))
    return mean, within + between, share


@dataclass(frozen=True, slots=True)
class _Fit:
    mean: Floats
    covariance: Floats
    log_likelihood: float


def _fit(weekly: Weekly, share: float, wander: float, weeks: Floats) -> _Fit:
    from scipy.linalg import cholesky, solve_triangular

    origin = weekly.begun.min()
    since, own, ahead = weekly.day - origin, weekly.day - weekly.begun, weeks - origin
    same = weekly.exercise[:, None] == weekly.exercise
    total = wander * share * np.minimum.outer(since, since) + np.diag(weekly.noise)
    total += same * (wander * (1 - share) * np.minimum.outer(own, own) + DIFFUSE)
    link = wander * share * np.minimum.outer(since, ahead)
    centred = weekly.value - weekly.value.mean()
    root = cholesky(total, lower=True)
    halves = solve_triangular(root, np.column_stack([link, centred]), lower=True)
    link_half, value_half = halves[:, :-1], halves[:, -1]
    covariance = wander * share * np.minimum.outer(ahead, ahead) - link_half.T @ link_half
    log_likelihood = -0.5 * float(value_half @ value_half) - float(np.log(np.diag(root)).sum())
    return _Fit(link_half.T @ value_half, covariance, log_likelihood)


# One strength index from several exercises, when the exercises come and go.
#
# A mean over the exercises of a week jumps when a lifter swaps squats for leg presses. Here every
# exercise has an intercept of its own, and only its changes speak:
#
#     log e1RM = intercept of the exercise + common trend + the exercise's own wander + error
#
# The arithmetic is in `common_trend`.


@dataclass(frozen=True, slots=True)
class StrengthIndex:
    """The common trend of one group of exercises.

    Attributes:
        table: one row per week: `day` (its first), `log_change` since the first week (log units),
            `sd`, `low`, `high`, and `exercises` observed that week.
        exercises: one row per exercise: `series`, `days`, `first_day`, `last_day`.
        common_share: share of an exercise's wander that the group has in common, mean over the
            candidates; 1 for a single exercise, where the two cannot be told apart.
        change: one row: the last window's change and its status, as in `LatentFit.status`.
        left_out: exercises with too few days, with their number of days.
    """

    table: pd.DataFrame
    exercises: pd.DataFrame
    common_share: float
    change: pd.DataFrame
    left_out: pd.DataFrame


def strength_index(
    observations: pd.DataFrame,
    fit: LatentFit | None = None,
    *,
    level: float = 0.95,
    window_days: float = 56,
    smallest_change: float = 0.02,
    certainty: float = 0.8,
) -> StrengthIndex | None:
    """Return the common trend of the exercises of one athlete and muscle, None without any.

    Like `smooth`, it has seen the whole log: it describes, and is no outcome for a dose-response
    model.

    Args:
        observations: one row per set: `series` (the exercise), `day`, `log_e1rm`, `variance`.
        fit: `smooth(observations, model="level", …)` of these series or more, when it is at hand;
            many athletes in one call are much faster than one by one.
        level: coverage of the band.
        window_days: length of the last window, for `change`.
        smallest_change: smallest change worth noticing, log units.
        certainty: probability from which a word is used.
    """
    names = observations["series"].unique()
    fit = smooth(observations, model="level", tail_dof=TAIL_DOF) if fit is None else fit
    states = fit.states[fit.states["series"].isin(names)]
    if states.empty:
        return None
    parameters = fit.parameters[fit.parameters["series"].isin(names)]
    weekly = by_week(states)
    wander = float(
        np.average(parameters["level_sd_per_sqrt_day"] ** 2, weights=parameters["days"])
    )
    day = states["day"].to_numpy()
    weeks = np.append(np.arange(day.min(), day.max(), WEEK_DAYS), day.max())
    mean, covariance, share = common_trend(weekly, wander, weeks)
    covariance = covariance * fit.widening
    table = _table(weekly, weeks, mean, covariance, level)
    changes = _changes(weeks, mean, covariance, window_days, day)
    return StrengthIndex(
        table,
        _followed(states["series"], day),
        share,
        status_table(changes, smallest_change, certainty),
        fit.left_out[fit.left_out["series"].isin(names)],
    )


def _followed(series: pd.Series[str], day: Floats) -> pd.DataFrame:
    """Return the days of each exercise; its rows stand together, by time."""
    number, names = pd.factorize(series)
    first = np.flatnonzero(np.diff(number, prepend=-1))
    days = np.diff(np.append(first, len(day)))
    return pd.DataFrame(
        {"series": names, "days": days, "first_day": day[first], "last_day": day[first + days - 1]}
    )


def _table(
    weekly: Weekly, weeks: Floats, mean: Floats, covariance: Floats, level: float
) -> pd.DataFrame:
    from scipy.special import ndtri

    sd = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    reach = ndtri((1 + level) / 2) * sd
    # A mean over a week's days can fall a rounding error before the week's first day.
    week = np.maximum(np.searchsorted(weeks, weekly.day, side="right") - 1, 0)
    seen = np.bincount(week, minlength=len(weeks))
    return pd.DataFrame(
        {
            "day": weeks,
            "log_change": mean,
            "sd": sd,
            "low": mean - reach,
            "high": mean + reach,
            "exercises": seen[: len(weeks)],
        }
    )


def _changes(
    weeks: Floats, mean: Floats, covariance: Floats, window_days: float, days: Floats
) -> pd.DataFrame:
    """Return the last two windows' changes as `status_table` takes them; one row."""
    columns: dict[str, float] = {}
    end = len(weeks) - 1
    for name, back in (("change", 0.0), ("earlier_change", window_days)):
        late = int(np.searchsorted(weeks, weeks[end] - back, side="right")) - 1
        early = int(np.searchsorted(weeks, weeks[end] - back - window_days, side="right")) - 1
        known = early >= 0
        contrast = np.zeros(len(weeks))
        contrast[[late, early]] = 1.0, -1.0
        variance = float(contrast @ covariance @ contrast)
        columns[name] = float(mean[late] - mean[early]) if known else np.nan
        columns[f"{name}_sd"] = np.sqrt(max(variance, 0.0)) if known else np.nan
    trained = np.unique(days)
    recent = np.diff(trained)[trained[1:] > weeks[end] - window_days]
    return pd.DataFrame(
        {
            "series": ["index"],
            "last_day": [weeks[end]],
            **{name: [value] for name, value in columns.items()},
            "longest_gap_days": [float(recent.max(initial=0.0))],
            "dof": [float(len(trained))],
        }
    )


SAID = {
    "gaining": "gaining",
    "breakthrough": "gaining, after a period without a clear gain",
    "plateau": "on a plateau",
    "losing": "losing",
    "detraining": "losing, with two weeks or more without these exercises",
    "cannot tell": "the log cannot tell gain from plateau or loss",
    "too short": "the log is too short to compare",
}

COLUMNS = (
    "athlete", "day", "index", "low", "high", "exercises", "change_pct", "change_low_pct",
    "change_high_pct", "p_gain", "p_plateau", "p_loss", "status",
)  # fmt: skip


def latent_strength(
    logbook: Logbook,
    muscle: str,
    *,
    formula: str = "epley",
    window_days: float = 56,
    smallest_change: float = 0.02,
    body_mass_kg: Mapping[str, float] | None = None,
) -> Result:
    """Estimate the strength of one muscle group from every exercise that targets it.

    The line is a trend of changes within exercises, so that swapping an exercise does not move
    it. It is a description that has seen the whole log, never a dose-response outcome.

    Args:
        logbook: the sets and the catalogue.
        muscle: a muscle group of the catalogue, such as "quads"; exercises count when their role
            for it is direct.
        formula: name in `e1rm.FORMULAS`.
        window_days: length of the last window, over which the change is told.
        smallest_change: smallest change worth noticing, log units (0.02 is 2 %).
        body_mass_kg: athlete → body mass, for added loads.

    Returns:
        Result whose table has one row per `athlete` and week: `day` (its first), `index` (100 in
        the athlete's first week), `low`, `high` (95 % band), `exercises` (observed that week);
        and, the same in all rows of an athlete, `change_pct`, `change_low_pct`,
        `change_high_pct` over the last window, `p_gain`, `p_plateau`, `p_loss`, `status`.

    Raises:
        ValueError: the catalogue has no such muscle group.
    """
    ids = _direct(logbook, muscle)
    results = latent_strengths(
        replace(logbook, sets=logbook.sets.filter(pl.col("exercise_id").is_in(ids.implode()))),
        [muscle],
        formula=formula,
        window_days=window_days,
        smallest_change=smallest_change,
        body_mass_kg=body_mass_kg,
    )
    return results[muscle]


def latent_strengths(
    logbook: Logbook,
    muscles: Sequence[str],
    *,
    formula: str = "epley",
    window_days: float = 56,
    smallest_change: float = 0.02,
    body_mass_kg: Mapping[str, float] | None = None,
) -> dict[str, Result]:
    """Estimate the strength of several muscle groups; each exercise is followed only once.

    The arguments and each result are those of `latent_strength`, but that the notes on sets left
    out are of all the sets given.
    """
    ids = {muscle: _direct(logbook, muscle) for muscle in muscles}
    estimates = observations(logbook.sets, formula=formula, body_mass_kg=body_mass_kg)
    table = estimates.table
    fit = None if table.empty else smooth(table, model="level", tail_dof=TAIL_DOF)
    results = {}
    for muscle in muscles:
        own = table[table["exercise_id"].isin(ids[muscle].to_list())]
        indices = _indices(own, fit, window_days, smallest_change)
        settings = {
            "muscle": muscle,
            "window_days": window_days,
            "smallest_change": smallest_change,
        }
        results[muscle] = _result(muscle, indices, replace(estimates, table=own), settings)
    return results


def _result(
    muscle: str,
    indices: dict[str, StrengthIndex | None],
    estimates: Estimates,
    settings: dict[str, Any],
) -> Result:
    parts = [_rows(name, index) for name, index in indices.items() if index is not None]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return Result(
        name=f"latent-strength-{muscle.replace('_', '-')}",
        title=f"Strength of the {muscle.replace('_', ' ')}",
        table=table,
        summary=_summary(table, muscle.replace("_", " "), estimates, settings["window_days"]),
        draw=_draw,
        notes=(*estimates.notes, *_unused(indices), *_caveats(str(estimates.settings["formula"]))),
        settings={**estimates.settings, **settings},
    )


def _direct(logbook: Logbook, muscle: str) -> pl.Series:
    roles = logbook.catalogue.muscle_roles
    known = sorted(roles["muscle"].unique().to_list())
    if muscle not in known:
        raise ValueError(f"muscle is {muscle!r}, expected one of {', '.join(known)}")
    direct = roles.filter((pl.col("muscle") == muscle) & (pl.col("role") == "direct"))
    return direct["exercise_id"]


def _indices(
    table: pd.DataFrame, fit: LatentFit | None, window_days: float, smallest_change: float
) -> dict[str, StrengthIndex | None]:
    if fit is None:
        return {}
    return {
        str(name): strength_index(
            own, fit, window_days=window_days, smallest_change=smallest_change
        )
        for name, own in table.groupby("athlete")
    }


def _rows(athlete: str, index: StrengthIndex) -> pd.DataFrame:
    weeks, change = index.table, index.change.iloc[0]
    levels = {"index": "log_change", "low": "low", "high": "high"}
    last = {
        "change_pct": "change_pct",
        "change_low_pct": "low_pct",
        "change_high_pct": "high_pct",
        **{name: name for name in ("p_gain", "p_plateau", "p_loss")},
    }
    return pd.DataFrame(
        {
            "athlete": athlete,
            "day": weeks["day"].to_numpy().round().astype("datetime64[D]").astype("datetime64[s]"),
            **{
                name: np.round(100 * np.exp(weeks[column].to_numpy()), DECIMALS)
                for name, column in levels.items()
            },
            "exercises": weeks["exercises"].to_numpy(),
            **{name: round(float(change[column]), DECIMALS) for name, column in last.items()},
            "status": change["status"],
        }
    )


def _summary(table: pd.DataFrame, muscle: str, estimates: Estimates, window_days: float) -> str:
    if table.empty:
        return (
            f"Too little to estimate {muscle} strength: {len(estimates.table)} usable sets, and "
            "no exercise on three days or more."
        )
    last = table[~table["athlete"].duplicated(keep="last")]
    if len(last) > 1:
        counts = last["status"].value_counts()
        told = ", ".join(f"{number} {status}" for status, number in counts.items())
        days = f"last {window_days:.0f} days"
        return f"{muscle.capitalize()} strength of {len(last)} athletes, {days}: {told}."
    row = last.iloc[0]
    return (
        f"{muscle.capitalize()}: strength changed by {row['change_pct']:+.1f} % over the last "
        f"{window_days:.0f} days (95 % interval {row['change_low_pct']:+.1f} to "
        f"{row['change_high_pct']:+.1f} %; {len(estimates.table)} sets): {SAID[row['status']]}. "
        f"Probability of gain {row['p_gain']:.0%}, plateau {row['p_plateau']:.0%}, "
        f"loss {row['p_loss']:.0%}."
    )


def _unused(indices: Mapping[str, StrengthIndex | None]) -> tuple[str, ...]:
    short = sum(len(index.left_out) for index in indices.values() if index is not None)
    empty = [name for name, index in indices.items() if index is None]
    notes = [f"{short} exercises on fewer than three days have no trend."] if short else []
    if empty:
        notes.append(f"No exercise on three days or more: {', '.join(empty)}.")
    return tuple(notes)


def _caveats(formula: str) -> tuple[str, ...]:
    return (
        f"Strength is estimated from sets by the {formula} formula, not tested; other formulas "
        "show other gains from the same log.",
        "The line has seen the whole log: it describes the past and is no outcome for a "
        "dose-response model.",
    )


def _draw(table: pd.DataFrame) -> Figure:
    traces, layout = by_athlete(table, _traces)
    return figure(traces, x="Week", y="Strength index (first week = 100)", time_axis="x", **layout)


def _traces(rows: pd.DataFrame) -> list[Trace]:
    hover = "%{x}<br>index %{y:.1f}<br>%{customdata} exercises that week<extra></extra>"
    return [
        band(rows["day"].tolist(), rows["low"].tolist(), rows["high"].tolist(), "95 % band"),
        line(
            rows["day"],
            rows["index"],
            "strength index",
            hover=hover,
            mode="lines",
            customdata=rows["exercises"].tolist(),
        ),
    ]


# All muscles of a lifter side by side: what changed over the last window, and how sure.


OVERVIEW_COLUMNS = [
    "change_pct", "change_low_pct", "change_high_pct", "p_gain", "p_plateau", "p_loss",
           "status"]  # fmt: skip


LIKELY = {
    "gaining": ("gaining", "breakthrough"),
    "losing": ("losing", "detraining"),
}
"""Words for a change of more than 2 % that is 80 % probable or more; its interval may well hold 0,
so the probability is always said with the word."""
FAR = 4.0
"""Ends this many times the middle one run off the chart: one muscle that the log hardly knows
would otherwise flatten all others. The table holds them."""
PROBABILITY = {"gaining": "p_gain", "losing": "p_loss", "plateau": "p_plateau"}


def strength_overview(strengths: Mapping[str, Result]) -> Result:
    """Gather the last window of `latent_strengths` of one athlete.

    Returns:
        Result whose table has one row per muscle `muscle` with enough data: `change_pct` over the
        last window with `change_low_pct` and `change_high_pct` (95 % interval), `p_gain`,
        `p_plateau`, `p_loss` (probabilities) and `status`.
    """
    rows = [
        {"muscle": group, **result.table.iloc[-1][OVERVIEW_COLUMNS].to_dict()}
        for group, result in strengths.items()
        if not result.table.empty
    ]
    table = pd.DataFrame(rows, columns=["muscle", *OVERVIEW_COLUMNS]).dropna(subset=["change_pct"])
    table = table.sort_values("change_pct", ascending=False, ignore_index=True)
    days = next((result.settings["window_days"] for result in strengths.values()), 56)
    missing = [group.replace("_", " ") for group in strengths if group not in set(table["muscle"])]
    notes = [f"Too little to tell: {', '.join(missing)}."] if missing else []
    return Result(
        name="muscle-strength",
        title=f"What changed in the last {days:.0f} days",
        table=table,
        summary=_summary_overview(table, days),
        draw=_draw_overview,
        notes=(
            *notes,
            *shared_notes(strengths),
            "Strength is estimated from sets; a plateau is a change within ±2 %. A word is used "
            "only from a probability of 80 %.",
        ),
        settings={"window_days": days},
    )


def shared_notes(strengths: Mapping[str, Result]) -> tuple[str, ...]:
    """Return the notes that all muscles have in common, to be said once."""
    each = [result.notes for result in strengths.values()]
    return tuple(note for note in each[0] if all(note in notes for notes in each)) if each else ()


def status_in_words(row: Mapping[Hashable, Any]) -> str:
    """Return the word for a muscle's change with its probability, both or "cannot tell"."""
    words = [word for word, statuses in LIKELY.items() if row["status"] in statuses]
    word = words[0] if words else str(row["status"])
    if word not in PROBABILITY:
        return word
    return f"probably {word}, {row[PROBABILITY[word]]:.0%}".replace("plateau", "a plateau")


def _summary_overview(table: pd.DataFrame, days: float) -> str:
    if table.empty:
        return f"Too little log to say how strength changed over the last {days:.0f} days."
    parts = [
        f"probably {word}: {_named(table[table['status'].isin(statuses)], word)}"
        for word, statuses in LIKELY.items()
        if table["status"].isin(statuses).any()
    ]
    flat = int((table["status"] == "plateau").sum())
    known = flat + int(
        table["status"].isin([name for names in LIKELY.values() for name in names]).sum()
    )
    if not parts:
        width = table["change_high_pct"] - table["change_low_pct"]
        surest = table.loc[[width.idxmin()]].to_dict("records")[0]
        parts.append(
            f"no muscle has probably gained or lost; the surest number is {_said(surest)}"
        )
    if flat:
        parts.append(f"{flat} of {len(table)} muscles on a plateau")
    if known < len(table):
        parts.append(f"for {len(table) - known} of {len(table)} the log cannot tell")
    return f"Strength over the last {days:.0f} days: {'; '.join(parts)}."


def _named(rows: pd.DataFrame, word: str, most: int = 2) -> str:
    """Return the most probable changes with their numbers."""
    chance = PROBABILITY[word]
    surest = rows.sort_values(chance, ascending=False, kind="stable").to_dict("records")
    said = [f"{_said(row)}, probability {row[chance]:.0%}" for row in surest]
    more = f"; and {len(said) - most} more" if len(said) > most else ""
    return "; ".join(said[:most]) + more


def _said(row: Mapping[Hashable, Any]) -> str:
    name = str(row["muscle"]).replace("_", " ")
    low, high = row["change_low_pct"], row["change_high_pct"]
    return f"{name} {row['change_pct']:+.1f} % (95 % interval {low:+.1f} to {high:+.1f} %)"


def _draw_overview(table: pd.DataFrame) -> Figure:
    rows = table.iloc[::-1]
    hover = "%{y}: %{x:+.1f} %<extra></extra>"
    names = rows["muscle"].str.replace("_", " ").tolist()
    points = interval_points(
        rows["change_pct"], names, rows["change_low_pct"], rows["change_high_pct"],
        "change with 95 % interval", hover=hover,
    )  # fmt: skip
    drawn = figure([points], x="Change of estimated strength (%)", y="")
    drawn["layout"] |= {"height": 110 + 26 * len(rows), "showlegend": False}
    drawn["layout"]["xaxis"] |= {"zeroline": True, "zerolinewidth": 2}
    ends = table[["change_low_pct", "change_high_pct"]].abs().to_numpy()
    if len(table) and ends.max() > (most := FAR * float(np.median(ends))):
        drawn["layout"]["xaxis"]["range"] = [-most, most]
    return drawn
