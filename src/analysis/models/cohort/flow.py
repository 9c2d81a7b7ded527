"""From the files down to the rows of each muscle's model: what is kept, what is not, and why."""

from __future__ import annotations

import pandas as pd
import polars as pl

from analysis.logbook import GAVE_SETS, Logbook
from analysis.models.cohort.drawing import draw_blocks
from analysis.models.cohort.study import CohortStudy, MuscleStudy
from analysis.models.panel import STATUSES, Step, flow_table, left_out_blocks, unknowns
from analysis.result import Result
from analysis.say import count, spoken

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
    notes: dict[str, list[str]] = {}
    for file in logbook.ledger["source_file"]:
        own = [note.removeprefix(f"{file}: ") for note in logbook.notes if note.startswith(file)]
        notes[file] = own
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


LEFT_OUT = {
    "last_block": "last block",
    "too_few_logged_weeks": "too few logged weeks",
    "no_strength_in_both": "no strength in both blocks",
}
"""Column of `blocks_result` -> status of the blocks it counts."""

TWIN = "the same person's log under another name"


def steps(study: CohortStudy) -> list[Step]:
    """Return the steps that all muscles share: files, records, people, their sets."""
    ledger, athletes = study.given.ledger, len(study.given.athletes)
    total = ledger.select(pl.col(pl.Int64).sum()).row(0, named=True)
    kinds = file_kinds(ledger).value_counts()
    lost_sets = study.given.sets.height - study.logbook.sets.height
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
            "Athletes", "athletes", len(study.logbook.athletes),
            {TWIN: athletes - len(study.logbook.athletes)},
        ),
        Step("Sets of these athletes", "sets", study.logbook.sets.height, {TWIN: lost_sets}),
    ]  # fmt: skip


def muscle_steps(muscle: MuscleStudy) -> list[Step]:
    """Return one muscle's steps: blocks, athletes in the model, athletes with an own slope."""
    own, usable = muscle.own, muscle.own["n_blocks"] > 0
    reasons = own.loc[usable & own["own"].isna(), "reason"].value_counts().sort_index()
    return [
        Step(
            "Changes modelled", "blocks", int((muscle.table["status"] == "ok").sum()),
            left_out_blocks(muscle.table),
        ),
        Step(
            "Athletes in the model", "athletes", int(usable.sum()),
            {"no usable block of this muscle": int((~usable).sum())},
        ),
        Step("Athletes with a slope of their own", "athletes", int(own["own"].notna().sum()),
             {str(reason): int(n) for reason, n in reasons.items()}),
    ]  # fmt: skip


def flow_result(study: CohortStudy) -> Result:
    """Return the shared flow, one row per `step` and `reason`; see `panel.flow_table`."""
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
    blocks, athletes, own = muscle_steps(muscle)
    return Result(
        name=f"flow_{muscle.muscle}",
        title=f"{spoken(muscle.muscle).capitalize()}: who is in the model",
        table=flow_table([blocks, athletes, own]),
        summary=(
            f"{blocks.kept:,} of {count(blocks.total, 'block')} and {athletes.kept:,} of "
            f"{count(athletes.total, 'athlete')} are in the model; {own.kept:,} have a slope of "
            "their own."
        ),
        notes=unknowns(muscle.table),
    )


def blocks_result(study: CohortStudy) -> Result:
    """Return one row per `muscle`: `blocks`, `modelled`, a column per reason, and `athletes`."""
    rows = [
        {
            "muscle": each.muscle,
            "blocks": blocks.total,
            "modelled": blocks.kept,
            **{
                column: blocks.left_out.get(STATUSES[status], 0)
                for column, status in LEFT_OUT.items()
            },
            "athletes": athletes.total,
            "athletes_modelled": athletes.kept,
            "athletes_with_own_slope": own.kept,
        }
        for each in study.muscles
        for blocks, athletes, own in (muscle_steps(each),)
    ]
    table = pd.DataFrame(rows)
    return Result(
        name="blocks",
        title="From athletes to modelled rows, muscle by muscle",
        table=table,
        summary=_blocks_sentence(table, study),
        draw=draw_blocks,
        notes=tuple(
            f"{spoken(muscle).capitalize()}: left out, {reason}."
            for muscle, reason in study.too_little.items()
            if not reason.startswith("0 changes")
        )
        + tuple(_silent(study)),
    )


def _blocks_sentence(table: pd.DataFrame, study: CohortStudy) -> str:
    weeks = study.options.block_weeks
    if table.empty:
        return f"No muscle has enough {weeks}-week blocks with a change of strength after them."
    first = table.iloc[0]
    return (
        f"Most rows: {spoken(first['muscle'])}, {first['modelled']:,} of {first['blocks']:,} "
        f"{weeks}-week blocks, of {first['athletes_modelled']:,} of {first['athletes']:,} "
        "athletes."
    )


def _silent(study: CohortStudy) -> list[str]:
    none = [
        spoken(muscle)
        for muscle, reason in study.too_little.items()
        if reason.startswith("0 changes")
    ]
    return [f"No athlete has a change of strength for: {', '.join(none)}."] if none else []
