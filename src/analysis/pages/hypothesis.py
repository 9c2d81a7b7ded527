"""The page of a pre-registered question: plan first, then verdict, evidence and limits.

Several plans are a family: a page each, and one above them that leaves none out.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis import __version__, exercises
from analysis.ingest.joined import columns_of
from analysis.ingest.sources import REGISTER, SETTINGS, overrides_beside
from analysis.logbook import Logbook
from analysis.models.hypothesis.family import Adjusted, adjusted
from analysis.models.hypothesis.plan import check_names, read_plan
from analysis.models.hypothesis.r_script import r_script, rows_for_r
from analysis.models.hypothesis.results import LIMITS, results
from analysis.models.hypothesis.run import Outcome, run
from analysis.outputs import whole_folder
from analysis.pages.answers import refuse_other_plan, verdict_tiles
from analysis.pages.lifter import made_with
from analysis.pages.slices import missing
from analysis.paths import existing
from analysis.problems import PathError
from analysis.progress import Tell, silent
from analysis.report import Block, FlowChart, Prose, Report, Section, Takeaway, Tile, Tiles
from analysis.result import Result
from analysis.say import count


def answer(
    plan: str | Path,
    logbook: Logbook,
    out: str | Path,
    *,
    register: str | Path | None = None,
    command: Sequence[str] = (),
    today: date | None = None,
    anonymous: bool = False,
    tell: Tell = silent,
) -> Iterator[str]:
    """Answer a plan, write its folder and yield what to tell the user.

    Args:
        plan: a `hypothesis.toml`.
        logbook: the sets, of one athlete or many.
        out: folder for `index.html`, `verdict.json`, `analysis.R`, `plan.toml` (a copy),
            and `data/`.
        register: JSON file of earlier looks at these logs; without it no run is confirmatory.
        command: the arguments of the command that was run, for the page.
        today: day of the run, for the register.
        anonymous: whether nothing may stay in the folder that bears names.
        tell: gets the steps done, the steps in all and the next one.

    Raises:
        UserError: the plan or the register cannot be used.
    """
    folder = Path(out)
    outcome = run(plan, logbook, register=register, today=today, tell=tell)
    yield from written(outcome, folder, command, anonymous=anonymous)


def written(
    outcome: Outcome,
    folder: Path,
    command: Sequence[str] = (),
    adjusted: Adjusted | None = None,
    *,
    anonymous: bool = False,
) -> Iterator[str]:
    """Write the folder of an outcome and yield what to tell the user.

    Args:
        outcome: the answer.
        folder: where to.
        command: the arguments of the command that was run.
        adjusted: what the other plans of its family make of its p-value.
        anonymous: whether nothing may stay in the folder that bears names.

    Raises:
        UserError: the folder holds the answer to another plan.
    """
    refuse_other_plan(folder, outcome.plan_sha256)
    # a command names files, and files are often named after people
    page = hypothesis_page(outcome, () if anonymous else command, adjusted)
    with whole_folder(folder, "test", anonymous=anonymous) as draft:
        page.save(draft)
        (draft / "plan.toml").write_bytes(outcome.plan_bytes)
        verdict = json.dumps(_record(outcome, adjusted), indent=2, ensure_ascii=False)
        _write(draft / "verdict.json", verdict)
        _write(draft / "analysis.R", r_script(outcome).rstrip("\n"))
    yield f"Plan {outcome.plan_file}, SHA-256 {outcome.plan_sha256}"
    yield f"{outcome.stamp.word.capitalize()}: {outcome.stamp.reason}"
    yield from (f"- {takeaway.text}" for takeaway in page.takeaways)
    yield f"Page: {folder / 'index.html'}"


def _record(outcome: Outcome, adjusted: Adjusted | None) -> dict[str, Any]:
    family = None if adjusted is None else asdict(adjusted)
    return {**outcome.record(), "family": family}


def checked_plans(
    given: Path,
    paths: Sequence[str | Path],
    tables: Sequence[Path] = (),
    overrides: Path | None = None,
) -> list[Path]:
    """Return the plan, or those of a folder, each key and name checked before a log is read.

    Raises:
        PathError, SettingsError: no plan is there, or a key of one breaks a rule.
        UserError: a table cannot be read, or names nothing.
    """
    plans = sorted(given.glob("*.toml")) if given.is_dir() else [given]
    plans = [plan for plan in plans if plan.name not in SETTINGS]
    if not plans:
        raise PathError(f"{given}: holds no plan; a plan is a .toml file, docs/hypothesis.md")
    catalogue = exercises.load(overrides or overrides_beside(paths))
    columns = columns_of(tables)
    for plan in plans:
        check_names(read_plan(plan)[0], catalogue, columns, plan.name)
    return plans


def register_of(paths: Iterable[str | Path]) -> Path:
    """Return where the register of some logs stands: in the folder that is given or holds them."""
    first = existing(next(iter(paths)))
    return (first if first.is_dir() else first.parent) / REGISTER


def hypothesis_page(
    outcome: Outcome, command: Sequence[str] = (), adjusted: Adjusted | None = None
) -> Report:
    """Return the page of an outcome; the arguments are those of `written`."""
    found = results(outcome)
    who = FlowChart(found["flow"], kept="athletes", counted="athletes")
    sections = [
        Section(
            "the-plan",
            "The question and its plan",
            [found["plan"], who],
        ),
        Section("the-verdict", "Verdict", [_tiles(outcome), found["estimate"]]),
        *_evidence(outcome, found),
        Section("limits", "What it cannot show", [Prose("\n\n".join(LIMITS))]),
        Section(
            "again",
            "Again, in R, and how to cite it",
            [Prose(_how_to_refit()), Prose(_how_to_cite(outcome, command))],
        ),
    ]
    return Report(
        outcome.plan.question,
        sections,
        subtitle=f"{outcome.verdict.capitalize()} · {outcome.stamp.word}",
        takeaways=[
            *missing(outcome.logbook),
            *(
                Takeaway(found[name].summary, name)
                for name in ("estimate", "specifications", "power")
                if name in found
            ),
        ],
        header=[*_header(outcome), *_family(adjusted)],
        provenance=_provenance(outcome, list(found.values())),
        tables={"weeks": outcome.logs.weekly_table(), "pseudo_rows": rows_for_r(outcome)},
        footer=("An association in logs, not a trial.",),
    )


def _evidence(outcome: Outcome, found: dict[str, Result]) -> Iterator[Section]:
    titles = {
        "diagnostics": ("Diagnostics", ("noise", "influence")),
        "by-level": ("Subgroups", ("subgroups",)),
        "robustness": ("Specification curve", ("specifications",)),
        "detectable": ("Power", ("power",)),
    }
    for anchor, (title, names) in titles.items():
        items: list[Block] = [found[name] for name in names if name in found]
        if items and anchor == "diagnostics" and outcome.fitted is not None:
            items.insert(0, Prose(" ".join(outcome.fitted.placebo.sentences())))
        if items:
            yield Section(anchor, title, items)


def _tiles(outcome: Outcome) -> Tiles:
    target = None if outcome.fitted is None else outcome.fitted.target
    tiles = verdict_tiles(outcome.verdict, target, outcome.plan.unit, outcome.stamp.word)
    if outcome.detectable is not None:
        power = f"with {100 * outcome.plan.power.target:.0f} % power"
        tiles.append(Tile("Detectable", f"{outcome.detectable:.2f} %", comparison=power))
    return Tiles(tiles)


def _header(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield "Plan", f"{outcome.plan_file}, SHA-256 {outcome.plan_sha256[:12]}… (in full below)"
    yield "First run on these logs", outcome.stamp.first_look
    yield "Kind of evidence", f"{outcome.stamp.word}: {outcome.stamp.reason}"
    yield "Verdict", outcome.verdict


def _family(adjusted: Adjusted | None) -> Iterator[tuple[str, str]]:
    if adjusted is not None:
        yield "Family of plans", adjusted.sentence


def _how_to_cite(outcome: Outcome, command: Sequence[str]) -> Markup:
    year = outcome.stamp.first_look[:4]
    cite = Markup(
        "Cite as: {} ({}). Registered question, plan SHA-256 {}, people SHA-256 {}; answered with "
        "liftdose {}. "
    ).format(outcome.plan.question, year, outcome.plan_sha256, outcome.stamp.people_sha256,
             __version__)  # fmt: skip
    if not command:
        return cite
    # names of files, not where they stand: a page says nothing of somebody's disk
    said = shlex.join(Path(each).name if "/" in each or "\\" in each else each
                      for each in command)  # fmt: skip
    return cite + Markup("Run again: <code>{}</code>").format(said)


def _how_to_refit() -> Markup:
    return Markup(
        '<a href="analysis.R">analysis.R</a> fits the same model in R from '
        '<a href="data/pseudo_rows.csv">data/pseudo_rows.csv</a> and prints its estimate beside '
        "the one here. "
        "<code>Rscript analysis.R</code> in this folder runs it."
    )


def _provenance(outcome: Outcome, shown: list[Result]) -> dict[str, Any]:
    people = set(outcome.logbook.athletes)
    return {
        **made_with("polars", "pandas", "numpy", "scipy"),
        "plan": {"file": outcome.plan_file, "sha256": outcome.plan_sha256},
        "inputs": {
            str(entry["file"]): entry
            for entry in outcome.logbook.provenance
            if entry["athlete"] in people
        },
        "counts": {"sets": outcome.logbook.sets.height, "athletes": len(people)},
        "settings": {result.name: dict(result.settings) for result in shown if result.settings},
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


# A family of plans.


def answer_all(
    plans: Sequence[Path],
    logbook: Logbook,
    out: Path,
    *,
    register: Path | None = None,
    command: Sequence[str] = (),
    today: date | None = None,
    anonymous: bool = False,
    tell: Tell = silent,
) -> Iterator[str]:
    """Answer one plan, or a family of them, and yield what to tell the user.

    A family gets a folder per plan, named as the plan's file, and an `index.html` above them.

    Raises:
        UserError: a plan or the register cannot be used, or a folder holds another plan's answer.
    """
    if len(plans) == 1:
        yield from answer(
            plans[0], logbook, out, register=register, command=command, today=today,
            anonymous=anonymous, tell=tell,
        )  # fmt: skip
        return
    # before anything is looked at: a look that leaves no page is still a look
    for plan in plans:
        refuse_other_plan(out / plan.stem, read_plan(plan)[1])
    outcomes = [run(plan, logbook, register=register, today=today, tell=tell) for plan in plans]
    family = adjusted(outcomes)
    for plan, outcome, each in zip(plans, outcomes, family, strict=True):
        yield from written(outcome, out / plan.stem, command, each, anonymous=anonymous)
    with whole_folder(out, "family", anonymous=anonymous) as draft:
        family_page(plans, outcomes, family).save(draft)
    yield f"Family: {out / 'index.html'}"


def family_page(
    plans: Sequence[Path], outcomes: Sequence[Outcome], family: Sequence[Adjusted]
) -> Report:
    """Return the page above the plans of a family: one row per plan, none left out."""
    rows = []
    for plan, outcome, each in zip(plans, outcomes, family, strict=True):
        target = None if outcome.fitted is None else outcome.fitted.target
        numbers = ("estimate", "low", "high")
        rows.append(
            {
                "plan": plan.stem,
                "question": outcome.plan.question,
                **{name: None if target is None else target.cells[name] for name in numbers},
                "unit": outcome.plan.unit,
                "p_value": each.p_value,
                "p_holm": each.p_holm,
                "verdict_alone": outcome.verdict,
                "verdict": each.verdict,
                "stamp": outcome.stamp.word,
            }
        )
    table = pd.DataFrame(rows)
    words = table["verdict"].value_counts(sort=False)
    counts = ", ".join(f"{number} {word}" for word, number in words.items())
    result = Result(
        name="family",
        title="Every question that was asked",
        table=table,
        summary=f"{count(len(table), 'plan')} on the same logs: {counts}.",
        notes=(
            "p-values are adjusted together (Holm 1979): with several questions one of them comes "
            "out by chance more often than each alone. Intervals are each plan's own.",
        ),
    )
    return Report(
        "A family of questions",
        [Section("questions", "Questions", [result])],
        takeaways=[*missing(outcomes[0].logbook), Takeaway(result.summary, "family")],
        provenance=made_with("polars", "pandas", "numpy", "scipy"),
        footer=("Associations in logs, not a trial.",),
    )
