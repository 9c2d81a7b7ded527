"""The leg-day audit: every topic of leg training, as far as this log shows it.

A phone shows two columns of a table and hides the sentence in the third. So the audit also comes
as cards, one a topic, with the tables folded away under them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from analysis.legs import dose, exercises, methods, overload
from analysis.legs.leg_log import (
    CARD_LEVELS,
    MUSCLES,
    VERDICTS,
    Answer,
    LegLog,
    columns,
    few,
    logs_of,
    of_each,
    unmapped_note,
)
from analysis.logbook import Logbook
from analysis.report.blocks import Flag, Flags, Prose, Section
from analysis.result import Result
from analysis.say import count

TOPICS: Mapping[str, Callable[[LegLog], Answer]] = {
    **{f"{muscle} volume": partial(dose.muscle_sets, muscle=muscle) for muscle in MUSCLES},
    "all leg groups trained": dose.covered,
    "leg days a week": dose.leg_days,
    "calves trained": dose.calf_neglect,
    "calves against quads": dose.calf_share,
    "calf work, knee straight or bent": dose.calf_kind,
    "compound and isolation": exercises.mechanic_share,
    "knee and hip": exercises.knee_and_hip,
    "one leg at a time": exercises.one_legged,
    "left against right": exercises.side_gap,
    "progressive overload": overload.overload,
    "strength": overload.strength_gain,
    "how heavy": methods.heaviness,
    "how hard": methods.effort,
    "rest between sets": methods.rest_between_sets,
    "supersets": partial(methods.method, name="superset"),
    "drop sets": partial(methods.method, name="drop_set"),
    "blood-flow restriction": partial(methods.method, name="bfr"),
    "tempo": partial(methods.method, name="tempo"),
    "range of motion": methods.range_of_motion,
    "variety": exercises.variety,
    "rest days": methods.rest_days,
    "lighter weeks": methods.deloads,
    "sleep": methods.sleep,
}
"""Topic of the audit → what finds it."""

DETAILS: tuple[Callable[[LegLog], Result], ...] = (
    dose.leg_volume,
    dose.leg_frequency,
    dose.leg_neglect,
    exercises.leg_balance,
    exercises.leg_sides,
    overload.leg_overload,
    overload.leg_top_sets,
    methods.leg_methods,
    methods.leg_recovery,
)


def leg_audit(logbook: Logbook, *, block_weeks: int = 4) -> list[Result]:
    """Audit the leg training of a log.

    Args:
        logbook: the sets and the catalogue; with several athletes, each is audited alone and
            the tables begin with `athlete`.
        block_weeks: length of "now", the weeks that end with the last logged day.

    Returns:
        First the summary, `leg-audit`: one row per `topic` with `this_log` (a sentence),
        `verdict` (a word of `leg_log.VERDICTS`), and the same as data: `number`, `unit`, `n`,
        `missing` (the field that is not in the file). Then the details, each named `leg-…`.
    """
    logs = logs_of(logbook, block_weeks)
    return [of_each(logs, part) for part in (summary, *DETAILS)]


def summary(log: LegLog) -> Result:
    """Return the audit of one leg log in one table; columns as in `leg_audit`."""
    found = {topic: find(log) for topic, find in TOPICS.items()}
    table = pd.DataFrame(
        {
            "topic": list(found),
            "this_log": [finding.shows for finding in found.values()],
            "verdict": [finding.verdict for finding in found.values()],
            **columns(list(found.values())),
        }
    )
    blind = [topic for topic, finding in found.items() if finding.verdict == "not measurable"]
    not_done = [topic for topic, finding in found.items() if finding.verdict == "not done"]
    return Result(
        name="leg-audit",
        title="Leg-day audit",
        table=table,
        summary=f"{found['all leg groups trained'].shows} {found['calves trained'].shows} "
        f"Of {count(len(found), 'topic')}, {len(blind)} cannot be measured from this file"
        + (f"; not done: {few(not_done)}." if not_done else "."),
        notes=(
            "Words: " + "; ".join(f"{word} – {means}" for word, means in VERDICTS.items()) + ".",
            f"A muscle's volume is “done” with direct sets and {dose.FEW_SETS:g} sets a week or "
            "more, sets in which it helps counted half: from there trials could detect growth "
            "(Pelland et al. 2025, doi 10.1007/s40279-025-02344-w). It is no recommended amount. "
            f"Calves count as trained up to {dose.LONG_WEEKS} weeks without them, and as "
            "forgotten from half of the log on: our convention.",
            *unmapped_note(log),
        ),
        settings={"block_weeks": log.block_weeks},
    )


def audit_section(logbook: Logbook) -> Section:
    """Return what the log shows of leg training: sentence, cards, and the tables folded."""
    audited, *details = leg_audit(logbook)
    return Section(
        "leg-day",
        "Leg-day audit",
        [
            Prose(audited.summary),
            audit_cards(audited),
            Section("leg-detail", "Legs in detail", [*details, audited], folded=True),
        ],
        intro="What this log shows of leg training, topic by topic.",
    )


def audit_cards(audited: Result) -> Flags:
    """Return one card per topic: the badge is what the log shows."""
    return Flags(
        [
            Flag(
                row["verdict"],
                (f"{row['athlete']}: " if "athlete" in row else "")
                + f"{row['topic'][:1].upper()}{row['topic'][1:]}. {row['this_log']}",
                CARD_LEVELS.get(row["verdict"], "notice"),
            )
            for row in audited.table.to_dict("records")
        ]
    )
