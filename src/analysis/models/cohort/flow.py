"""From the files down to the rows of each muscle's model: what is kept, what is not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd
import polars as pl

from analysis.logbook import GAVE_SETS, Logbook
from analysis.models.cohort.drawing import draw_days
from analysis.models.cohort.study import NO_DAYS, CohortStudy, MuscleStudy
from analysis.notes import Note
from analysis.result import Result
from analysis.say import count, spoken

COLUMNS = ("step", "counted", "kept", "left_out", "reason")


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the files to the model.

    Attributes:
        name: what is kept.
        counted: what is counted, a plural.
        kept: how many.
        left_out: how many are not, by reason.
    """

    name: str
    counted: str
    kept: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many came in."""
        return self.kept + sum(self.left_out.values())


def flow_table(steps: Iterable[Step]) -> pd.DataFrame:
    """Return one row per step and reason, a step that loses nothing in one row.

    Columns: `step`, `counted`, `kept` (after the whole step), `left_out` for this `reason`.
    """
    rows = [
        (step.name, step.counted, step.kept, lost, reason)
        for step in steps
        for reason, lost in (_lost(step) or {"": 0}).items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _lost(step: Step) -> dict[str, int]:
    return {reason: n for reason, n in step.left_out.items() if n}


# The files and logs behind a cohort: which gave sets, which are one person's, and why not.


REFUSED = "no export that can be read"
NO_UNIT = "a known app, but every record rejected, most often for want of a unit"
EMPTY = "a known app, but no set in it"


def file_kinds(ledger: pl.DataFrame) -> pd.Series:
    """Return per file of a ledger why it yields no set; "" where it yields some."""
    kind = (
        pl.when(GAVE_SETS)
        .then(pl.lit(""))
        .when(pl.col("vendor").is_null())
        .then(pl.lit(REFUSED))
        .when(pl.col("rejected") > 0)
        .then(pl.lit(NO_UNIT))
        .otherwise(pl.lit(EMPTY))
    )
    return ledger.select(kind.alias("kind"))["kind"].to_pandas()


def same_person_result(study: CohortStudy) -> Result:
    """Return one row per log left out: `athlete`, `kept` (in its place), `sessions` shared."""
    shared = {
        frozenset((row["athlete"], row["other"])): row["sessions"]
        for row in study.shared.to_dict("records")
    }
    rows = [
        (gone, stays, shared[frozenset((gone, stays))])
        for gone, stays in sorted(study.same_person.items())
    ]
    return Result(
        name="same_person",
        title="Logs of the same person",
        table=pd.DataFrame(rows, columns=["athlete", "kept", "sessions"]),
        summary=(
            f"{count(len(rows), 'log')} left out: many sessions of it stand in another log, to "
            "the minute, the sets, the repetitions and the load, and are counted there."
            if rows
            else "No two logs share sessions: each is taken for a person of its own."
        ),
    )


def files_result(logbook: Logbook) -> Result:
    """Return one row per file with what became of its records, and the reason where none is used.

    Columns: those of the ledger, and `reason`.
    """
    notes: dict[str, list[str]] = {file: [] for file in logbook.ledger["source_file"]}
    for note in logbook.notes:
        if note.file in notes:
            notes[note.file].append(note.says)
    table = logbook.ledger.to_pandas()
    kinds = file_kinds(logbook.ledger)
    table["reason"] = [
        "" if not kind else "; ".join(notes[file]) or kind
        for file, kind in zip(table["source_file"], kinds, strict=True)
    ]
    table = table.sort_values(
        "reason", key=lambda told: told == "", kind="stable", ignore_index=True
    )
    unread = int((table["reason"] != "").sum())
    return Result(
        name="files",
        title="What became of every file",
        table=table,
        summary=(
            f"{count(unread, 'file')} of {len(table):,} gave no set, each with its reason; they "
            "stand first."
            if unread
            else f"All {count(len(table), 'file')} gave sets."
        ),
    )


ODD = "far from its neighbours: a light day or a typing error"
UNTOLD = "of an athlete with too few days, or whose sets never vary"

TWIN = "the same person's log under another name"


def steps(study: CohortStudy) -> list[Step]:
    """Return the steps that all muscles share: files, records, people, their sets."""
    ledger, athletes = study.given.ledger, study.n_given
    total = ledger.select(pl.col(pl.Int64).sum()).row(0, named=True)
    kinds = file_kinds(ledger).value_counts()
    lost_sets = study.given_sets - study.people.sets
    return [
        Step(
            "Files read", "files", int(kinds.get("", 0)),
            {kind: int(kinds.get(kind, 0)) for kind in (REFUSED, NO_UNIT, EMPTY)},
        ),
        Step(
            "Sets in them", "records", total["sets"],
            {
                "not a set (rest timer, note, planned)": total["not_sets"],
                "a workout that another file of the athlete holds": total["duplicates"],
                "a value that breaks a rule": total["rejected"],
            },
        ),
        Step(
            "Athletes", "athletes", len(study.people.athletes),
            {TWIN: athletes - len(study.people.athletes)},
        ),
        Step("Sets of these athletes", "sets", study.people.sets, {TWIN: lost_sets}),
    ]  # fmt: skip


def muscle_steps(muscle: MuscleStudy) -> list[Step]:
    """Return one muscle's steps: strength days, athletes in the model, athletes with a slope."""
    own, modelled = muscle.own, muscle.effects["sets"]
    days, odd = muscle.counts.days, muscle.counts.odd_days
    without = int((own["n_days"] == 0).sum())
    in_model = modelled.n_athletes
    told = int(own["own"].notna().sum())
    return [
        Step(
            "Strength days modelled", "exercise-days", modelled.n_rows,
            {ODD: odd, UNTOLD: days - odd - modelled.n_rows},
        ),
        Step(
            "Athletes in the model", "athletes", in_model,
            {NO_DAYS: without, UNTOLD: len(own) - without - in_model},
        ),
        Step("Athletes with a slope of their own", "athletes", told,
             {"too few strength days for a slope of their own": in_model - told}),
    ]  # fmt: skip


def flow_result(study: CohortStudy) -> Result:
    """Return the shared flow, one row per `step` and `reason`; see `flow_table`."""
    shared = steps(study)
    files, records, people = shared[0], shared[1], shared[2]
    return Result(
        name="flow",
        title="From files to athletes",
        table=flow_table(shared),
        summary=(
            f"{files.kept:,} of {count(files.total, 'file')} could be read; "
            f"{records.kept:,} of {count(records.total, 'record')} are sets; "
            f"{people.kept:,} of {count(people.total, 'athlete')} "
            f"{'is' if people.kept == 1 else 'are'} in the cohort."
        ),
        notes=(same_person_result(study).summary,) if study.same_person else (),
    )


def muscle_flow_result(muscle: MuscleStudy) -> Result:
    """Return one muscle's flow, one row per `step` and `reason`."""
    days, athletes, own = muscle_steps(muscle)
    return Result(
        name=f"flow_{muscle.muscle}",
        title=f"{spoken(muscle.muscle).capitalize()}: who is in the model",
        table=flow_table([days, athletes, own]),
        summary=(
            f"{days.kept:,} of {count(days.total, 'strength day')} and {athletes.kept:,} of "
            f"{count(athletes.total, 'athlete')} are in the model; {own.kept:,} have a slope of "
            "their own."
        ),
        notes=muscle.counts.notes(),
    )


def days_result(study: CohortStudy) -> Result:
    """Return one row per `muscle`: its strength days and athletes, in the model and not.

    Columns: `days` (of one exercise), `modelled`, `odd`, `untold` (of athletes who tell nothing),
    `new_intercepts`, `unlogged_weeks`, `athletes`, those modelled and with an own slope.
    """
    rows = [
        {
            "muscle": each.muscle,
            "days": days.total,
            "modelled": days.kept,
            "odd": days.left_out[ODD],
            "untold": days.left_out[UNTOLD],
            "new_intercepts": each.counts.steps,
            "unlogged_weeks": each.counts.unlogged_weeks,
            "athletes": athletes.total,
            "athletes_modelled": athletes.kept,
            "athletes_with_own_slope": own.kept,
        }
        for each in study.muscles
        for days, athletes, own in (muscle_steps(each),)
    ]
    table = pd.DataFrame(rows)
    return Result(
        name="days",
        title="From athletes to modelled rows, muscle by muscle",
        table=table,
        summary=_days_sentence(table),
        draw=draw_days,
        notes=tuple(
            left_out(muscle, reason)
            for muscle, reason in study.too_little.items()
            if reason != NO_DAYS
        )
        + tuple(_silent(study)),
    )


def left_out(muscle: str, reason: str) -> Note:
    """Say that a muscle is not modelled, and why."""
    facts = {"muscle": spoken(muscle).capitalize(), "reason": reason}
    return Note("muscle left out", count=1, facts=facts, sentence="{muscle}: left out, {reason}.")


def _days_sentence(table: pd.DataFrame) -> str:
    if table.empty:
        return "No muscle has strength days enough."
    first = table.iloc[0]
    return (
        f"Most rows: {spoken(first['muscle'])}, {first['modelled']:,} of {first['days']:,} "
        f"strength days of an exercise, of {first['athletes_modelled']:,} of "
        f"{first['athletes']:,} athletes."
    )


def _silent(study: CohortStudy) -> list[str]:
    none = [spoken(muscle) for muscle, reason in study.too_little.items() if reason == NO_DAYS]
    return [f"No athlete has a strength day for: {', '.join(none)}."] if none else []
