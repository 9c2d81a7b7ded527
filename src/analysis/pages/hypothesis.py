"""The page of a pre-registered question: plan first, then verdict, evidence and limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analysis.logbook import Logbook
from analysis.models.hypothesis import REGISTER, Outcome, results, run
from analysis.models.hypothesis.r_script import r_script, rows_for_r
from analysis.models.hypothesis.results import LIMITS, placebo_sentence
from analysis.outputs import whole_folder
from analysis.pages.lifter import made_with
from analysis.progress import Tell, silent
from analysis.report import Block, FlowChart, Prose, Report, Section, Takeaway, Tile, Tiles
from analysis.result import Result


def answer(
    plan: str | Path,
    logbook: Logbook,
    out: str | Path,
    *,
    today: date | None = None,
    anonymous: bool = False,
    tell: Tell = silent,
) -> Iterator[str]:
    """Answer a plan, write its folder and yield what to tell the user.

    Args:
        plan: a `hypothesis.toml`.
        logbook: the sets, of one athlete or many.
        out: folder for `index.html`, `verdict.json`, `analysis.R`, `plan.toml` (a copy),
            `data/` and the register of looks.
        today: day of the run, for the register.
        anonymous: whether nothing may stay in the folder that bears names.
        tell: gets the steps done, the steps in all and the next one.

    Raises:
        UserError: the plan or the register cannot be used.
    """
    folder = Path(out)
    outcome = run(plan, logbook, register=folder / REGISTER, today=today, tell=tell)
    page = hypothesis_page(outcome)
    with whole_folder(folder, "test", anonymous=anonymous) as draft:
        page.save(draft)
        (draft / "plan.toml").write_bytes(outcome.plan_bytes)
        verdict = json.dumps(outcome.record(), indent=2, ensure_ascii=False)
        _write(draft / "verdict.json", verdict)
        _write(draft / "analysis.R", r_script(outcome).rstrip("\n"))
    yield f"Plan {outcome.plan_file}, SHA-256 {outcome.plan_sha256}"
    yield f"{outcome.stamp.word.capitalize()}: {outcome.stamp.reason}"
    yield from (f"- {takeaway.text}" for takeaway in page.takeaways)
    yield f"Page: {folder / 'index.html'}"


def hypothesis_page(outcome: Outcome) -> Report:
    """Return the page of an outcome."""
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
        Section("again", "Fit it again in R", [Prose(_how_to_refit())]),
    ]
    return Report(
        outcome.plan.question,
        sections,
        subtitle=f"{outcome.verdict.capitalize()} · {outcome.stamp.word}",
        takeaways=[
            Takeaway(found[name].summary, name)
            for name in ("estimate", "specifications", "power")
            if name in found
        ],
        header=_header(outcome),
        provenance=_provenance(outcome, list(found.values())),
        tables={"weeks": outcome.logs.weekly_table(), "pseudo_rows": rows_for_r(outcome)},
        footer=("An association in logs, not a trial.",),
    )


def _evidence(outcome: Outcome, found: dict[str, Result]) -> Iterator[Section]:
    titles = {
        "diagnostics": ("Diagnostics", ("noise", "influence")),
        "robustness": ("Specification curve", ("specifications",)),
        "detectable": ("Power", ("power",)),
    }
    for anchor, (title, names) in titles.items():
        items: list[Block] = [found[name] for name in names if name in found]
        if items and anchor == "diagnostics" and outcome.fitted is not None:
            items.insert(0, Prose(placebo_sentence(outcome.fitted.placebo)))
        if items:
            yield Section(anchor, title, items)


def _tiles(outcome: Outcome) -> Tiles:
    tiles = [Tile("Verdict", outcome.verdict, comparison=outcome.stamp.word)]
    if outcome.fitted is not None:
        target = outcome.fitted.target
        between = f"{target.low:+.2f} to {target.high:+.2f}"
        tiles.append(Tile("Estimate", f"{target.estimate:+.2f} %", comparison=outcome.plan.unit))
        tiles.append(Tile(f"{100 * target.level:.0f} % interval", between))
    if outcome.detectable is not None:
        power = f"with {100 * outcome.plan.power.target:.0f} % power"
        tiles.append(Tile("Detectable", f"{outcome.detectable:.2f} %", comparison=power))
    return Tiles(tiles)


def _header(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield "Plan", f"{outcome.plan_file}, SHA-256 {outcome.plan_sha256[:12]}… (in full below)"
    yield "First run on these logs", outcome.stamp.first_look
    yield "Kind of evidence", f"{outcome.stamp.word}: {outcome.stamp.reason}"
    yield "Verdict", outcome.verdict


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
