"""What a plan may name besides the logs' own: joined columns, and other forms of a weekly dose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from analysis.logbook import Logbook
from analysis.models.dose.inputs import Floats, shape
from analysis.models.dose.logs import MuscleLogs
from analysis.models.dose.pooling import TooLittleError
from analysis.models.dose.whitening import Days
from analysis.models.hypothesis.plan import FORM_AT
from analysis.say import count

HOLDS_WEEKS = 4
"""Weeks that a measured value is taken to hold on; after them it is unknown again."""


def days_of(logbook: Logbook, logs: MuscleLogs, name: str) -> Days:
    """Return a joined column as an outcome: 100 × log, one series per athlete.

    On a log scale an effect is a % of the measure, as it is of strength. Values that are not
    above 0 have none and are left out, as are days outside an athlete's logged weeks.
    """
    at = _placed(logbook, logs, name).filter(pl.col("value") > 0)
    who, since = at["code"].to_numpy(), at["since"].to_numpy()
    return Days(
        athlete=who,
        series=who.copy(),
        week=since // 7,
        day=since,
        strength=100 * np.log(at["value"].to_numpy()),
        weight=np.ones(len(who)),
    )


def weekly_of(logbook: Logbook, logs: MuscleLogs, name: str) -> Floats:
    """Return a joined column by week: what was known when the week began, never later.

    (athletes, weeks); NaN where nothing was measured in the four weeks before.
    """
    at = _placed(logbook, logs, name, inside=False)
    n, weeks = logs.weekly.logged.shape
    found = np.full((n, weeks), np.nan)
    for who, since, value in at.select("code", "since", "value").iter_rows():
        # a Monday's value is known when its week begins
        first = max(-(-since // 7), 0)
        last = min((since + 7 * HOLDS_WEEKS) // 7 + 1, weeks)
        if first < last:
            found[who, first:last] = value
    return found


def _placed(logbook: Logbook, logs: MuscleLogs, name: str, *, inside: bool = True) -> pl.DataFrame:
    """Return the dated values of a column as `code`, `since` (days, in order) and `value`."""
    people = pl.DataFrame(
        {"athlete": logs.athletes, "code": range(len(logs.athletes)), "start": logs.starts},
        schema={"athlete": pl.String, "code": pl.Int64, "start": pl.Int64},
    )
    table = (
        logbook.joined.filter(pl.col("name") == name)
        .drop_nulls(["date", "value"])
        .join(people, on="athlete")
        .with_columns(since=pl.col("date").cast(pl.Int32).cast(pl.Int64) - pl.col("start"))
        .sort("code", "since")
    )
    weeks = pl.DataFrame({"code": people["code"], "weeks": logs.weekly.n_weeks})
    if inside:
        kept = (pl.col("since") >= 0) & (pl.col("since") < 7 * pl.col("weeks"))
        table = table.join(weeks, on="code", maintain_order="left").filter(kept)
    return table


def levels(logbook: Logbook, athletes: tuple[str, ...], name: str) -> list[str | None]:
    """Return each athlete's level of a column that does not change; None where it is not known."""
    said = logbook.joined.filter(pl.col("name") == name, pl.col("date").is_null())
    found = {
        who: text if text is not None else f"{value:g}"
        for who, value, text in said.select("athlete", "value", "text").iter_rows()
    }
    return [found.get(name) for name in athletes]


def in_form(doses: Mapping[str, Floats], measure: str, form: str) -> dict[str, Floats]:
    """Return a weekly dose in a form, in units of one more a week at `FORM_AT`."""
    step = float(np.diff(shape(form, np.array([FORM_AT, FORM_AT + 1])))[0])
    known = np.isfinite(doses[measure])
    curved = shape(form, np.where(known, doses[measure], 0.0)) / step
    return {f"{measure}_{form}": np.where(known, curved, np.nan)}


def parted(doses: Mapping[str, Floats], measure: str, threshold: float) -> dict[str, Floats]:
    """Return a weekly dose parted into what lies above a threshold and what lies below."""
    dose = doses[measure]
    return {
        f"{measure}_above": np.maximum(dose - threshold, 0.0),
        f"{measure}_below": np.minimum(dose, threshold),
    }


@dataclass(frozen=True, eq=False)
class Moderator:
    """What an effect may differ by.

    Attributes:
        values: a number of each athlete; NaN where it is not known.
        words: the two levels where it is words: the second less the first is one step.
    """

    values: Floats
    words: tuple[str, str] | None

    @property
    def step(self) -> str:
        """What one step is, in words."""
        return "one more" if self.words is None else f"from {self.words[0]} to {self.words[1]}"


def moderator(column: str, said: Sequence[str | None]) -> Moderator:
    """Return the levels of a column as numbers: numbers as they are, two words as 0 and 1.

    Raises:
        TooLittleError: nobody's level is known, or words are one or more than two.
    """
    known = sorted({each for each in said if each is not None})
    if not known:
        raise TooLittleError(
            f"nobody's {column} is known: an interaction needs a column that does not change, "
            "of a table without dates"
        )
    try:
        return Moderator(np.array([np.nan if e is None else float(e) for e in said]), None)
    except ValueError:
        pass
    if len(known) != 2:
        raise TooLittleError(
            f"{column} has {count(len(known), 'word')} ({', '.join(known[:6])}), an interaction "
            "needs numbers or two words; write subgroup for an effect by level"
        )
    values = np.array([np.nan if e is None else float(known.index(e)) for e in said])
    return Moderator(values, (known[0], known[1]))
