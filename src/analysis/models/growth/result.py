"""`growth`: a logbook in, curves of strength along the logarithm of time out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from analysis.logbook import Logbook
from analysis.measures.top_sets import SERIES_CAP, Estimate
from analysis.measures.words import count, spoken
from analysis.measures.working import WorkingRule
from analysis.models.growth import curves, words
from analysis.models.growth.curves import Curves
from analysis.models.growth.drawing import draw
from analysis.models.growth.rows import Enough, rows
from analysis.models.mixed import ModelError
from analysis.result import Result

WEEKS = (1, 2, 4, 8, 12, 26, 52)
"""Weeks after the first log at which curves are told."""

FEWEST_ATHLETES = 5
"""Fewer athletes cannot say how much athletes differ; each is then fitted alone."""


def growth(
    logbook: Logbook,
    muscle: str = "",
    *,
    exercise: str = "",
    weeks: Sequence[float] = WEEKS,
    estimate: Estimate | None = None,
    rule: WorkingRule | None = None,
    enough: Enough | None = None,
    serial: bool = True,
    level: float = 0.95,
) -> Result:
    """Estimate how strength grew along ln(week), for many athletes together or for one.

    Args:
        logbook: the sets and the catalogue.
        muscle: a muscle group of the catalogue; its exercises are those that train it directly.
        exercise: one exercise instead, by the catalogue's name or, unmapped, as logged.
        weeks: weeks after the first log at which the gain is told.
        estimate: the e1RM formula, its rep cap (default 15) and the body mass.
        rule: which sets are working sets.
        enough: what an exercise of an athlete must hold to be used.
        serial: whether residuals of one exercise may correlate over time (five athletes or more;
            for fewer the interval always allows for drift).
        level: probability that an interval holds.

    Returns:
        Result whose table has one row per curve and week: `scope` ("typical": the athlete with
        the mean slope, only with five athletes or more; "athlete"), `athlete`, `week` (after the
        first log), `gain_pct` with `low` and `high` (% above week 1), `extrapolated` (past that
        curve's last logged week); and, the same in all rows of a curve, `doubling_pct` with
        `doubling_low` and `doubling_high` (% per doubling of time), `reliability` (0 to 1; null
        for an athlete fitted alone), `athletes`, `exercises`, `weeks_logged`, `last_week`
        and `loglik_over_line` (log-likelihood of ln(week) above that of a straight line).

    Raises:
        ValueError: neither or both of muscle and exercise, or an unknown muscle.
    """
    estimate, rule = estimate or Estimate(rep_cap=SERIES_CAP), rule or WorkingRule()
    enough = enough or Enough()
    used = rows(logbook, muscle, exercise, estimate, rule, enough)
    name = muscle or exercise
    found, refusal = _fitted(used.table, weeks, level, serial)
    summary = words.summary(found.table, spoken(name), level)
    if found.table.empty:
        summary = _too_little(spoken(name), refusal, used.table, enough)
    return Result(
        name="growth_" + "_".join(name.lower().split()),
        title=f"Growth along the logarithm of time: {spoken(name)}",
        table=found.table,
        summary=summary,
        draw=draw,
        notes=(*words.notes(found), *used.notes, *words.METHOD_NOTES),
        settings={
            "muscle": muscle,
            "exercise": exercise,
            "weeks": list(weeks),
            **asdict(estimate),
            **asdict(rule),
            "least_weeks": enough.weeks,
            "least_span_weeks": enough.span_weeks,
            "serial": serial,
            "level": level,
        },
    )


def _fitted(
    table: pd.DataFrame, weeks: Sequence[float], level: float, serial: bool
) -> tuple[Curves, str]:
    """Return the curves, or none and the engine's reason."""
    athletes = table["athlete"].nunique()
    if not athletes:
        return curves.none(), ""
    if athletes < FEWEST_ATHLETES:
        return curves.apart(table, weeks, level), ""
    try:
        return curves.together(table, weeks, level, serial), ""
    except ModelError as error:
        return curves.none(), str(error)


def _too_little(name: str, refusal: str, table: pd.DataFrame, enough: Enough) -> str:
    reason = refusal or (
        f"no exercise with {enough.weeks} weeks or more of e1RM over {enough.span_weeks} weeks"
    )
    return f"Too little to tell the growth of {name}: {reason} (n = {count(len(table), 'week')})."
